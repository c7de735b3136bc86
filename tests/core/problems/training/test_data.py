"""The data that networks learn: what is declared is what loads, and a pasted table is read or refused in a sentence."""

import numpy as np
import pytest

from core.problems.batches.own_data import MOST_BYTES
from core.problems.training.data import DATASETS, Dataset, dataset, own_split, own_table
from core.problems.training.own_table import MOST_CLASSES
from core.problems.training.split import shares_text


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_a_set_of_data_is_what_its_declaration_says(entry: Dataset) -> None:
    split = entry.load(3)
    assert split.train_x.shape == (entry.rows, entry.features)
    assert split.valid_x.shape[1:] == split.train_x.shape[1:]
    assert len(split.labels) == entry.classes
    assert entry.plane == (entry.kind == "classes" and entry.features == 2)
    assert split.train_x.dtype == (np.int64 if entry.kind == "text" else np.float64)
    assert split.train_y.dtype == (np.float64 if entry.kind == "numbers" else np.int64)
    assert np.isfinite(split.train_x).all()
    assert np.isfinite(split.baseline)
    if entry.kind == "classes":
        assert set(split.valid_y.tolist()) == set(range(entry.classes))
        assert 0 < split.baseline <= np.log(entry.classes) + 1e-3
        assert sum(split.balance) == pytest.approx(1)
        assert "%" in shares_text(split)


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_the_same_seed_gives_the_same_split_which_nobody_can_change(entry: Dataset) -> None:
    np.testing.assert_array_equal(entry.load(1).train_x, entry.load(1).train_x)
    with pytest.raises(ValueError, match="read-only"):
        entry.load(1).train_x[0] = 0
    if entry.kind != "text":
        assert not np.array_equal(entry.load(1).train_x, entry.load(2).train_x)


def test_no_row_of_the_digits_is_in_both_parts_and_none_is_lost() -> None:
    split = DATASETS["digits"].load(0)
    rows = np.concatenate([split.train_x, split.valid_x])
    assert len(rows) == 1797
    assert len(np.unique(rows, axis=0)) == 1797


def test_features_are_standardised_on_the_rows_to_learn_from_alone() -> None:
    split = DATASETS["diabetes"].load(0)
    np.testing.assert_allclose(split.train_x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(split.train_x.std(axis=0), 1)
    assert abs(split.valid_x.mean()) > 1e-6
    mean, spread = split.target_scale
    assert 100 < mean + spread * split.train_y.max() < 400


def test_the_baselines_are_those_of_always_giving_one_answer() -> None:
    split = own_split("x,y\n" + "\n".join(f"{n},{'rare' if n % 4 == 0 else 'common'}" for n in range(40)))
    shares = np.array(split.balance)
    assert split.labels == ("common", "rare")
    np.testing.assert_allclose(shares, [0.75, 0.25], atol=0.03)
    expected = -np.mean([np.log(shares[label]) for label in split.valid_y])
    assert split.baseline == pytest.approx(expected)
    assert split.baseline_accuracy == pytest.approx(np.mean(split.valid_y == 0))


ROWS = [(n, n * n % 7, n % 2, "yes" if n % 3 else "no") for n in range(24)]
TABLE = "a;b;flag;word\n" + "\n".join(";".join(map(str, row)) for row in ROWS)


def test_texts_and_zeros_and_ones_are_offered_as_classes_and_then_numbers() -> None:
    table = own_table(TABLE)
    assert table.targets == ("word", "flag", "b", "a")
    assert table.features("word") == ("a", "b", "flag")
    entry = dataset("own", TABLE)
    assert (entry.kind, entry.features, entry.classes) == ("classes", 3, 2)
    assert dataset("own", TABLE, "b").kind == "numbers"
    assert dataset("own", TABLE, "flag", ("a", "b")).plane
    assert own_split(TABLE, "flag").labels == ("0", "1")
    for seed in range(5):
        assert len(dataset("own", TABLE).load(seed).train_x) == entry.rows


def test_one_feature_is_enough() -> None:
    split = own_split("x,y\n" + "\n".join(f"{n},{n * n}" for n in range(12)))
    assert split.features == ("x",)
    assert split.labels == ()


def test_columns_that_cannot_be_used_are_told_and_do_no_harm() -> None:
    text = "name,constant,x,gap,y\n" + "\n".join(f"person {n},5,{n},{'' if n == 3 else n},{n % 5}" for n in range(12))
    table = own_table(text)
    assert set(table.unusable) == {"name", "constant", "gap"}
    assert f"has 12 different texts; classes can be 2 to {MOST_CLASSES}" in table.unusable["name"]
    assert "the same in every row" in table.unusable["constant"]
    assert "Row 5, column 4 (gap) is empty" in table.unusable["gap"]
    assert own_split(text).features == ("x",)


def numbered(rows: int, last: str = "{0}") -> str:
    return "x,y\n" + "\n".join(f"{n},{last.format(n)}" for n in range(rows))


@pytest.mark.parametrize(
    ("text", "target", "features", "sentence"),
    [
        ("", "", (), "The text is empty"),
        ("x,y\n1,2", "", (), "1 row of data; training needs at least 8"),
        ("x,y\n", "", (), "0 rows|no data|at least"),
        (numbered(9, "same"), "", (), "needs a column to predict and at least one other column of numbers"),
        ("\n".join(f"{n}" for n in range(20)), "", (), "one column only"),
        (numbered(12), "z", (), "Unknown column 'z'; known are y, x"),
        (numbered(12), "y", ("z",), "Unknown column 'z'; known are x"),
        (numbered(12), "y", ("y",), "y is what is predicted"),
        (TABLE, "b", ("word",), "word is a column of texts; features are numbers"),
        (numbered(12, "row {0}"), "y", (), "different texts|needs a column to predict"),
        (numbered(12, "{0}e300"), "", (), "between"),
        (numbered(12, "\0{0}"), "", (), "control character"),
        ("x,x\n" + "\n".join("1,2" for _ in range(12)), "", (), "both called x"),
        ("x,y\n" + "\n".join(["1,2"] * 9 + ["3"]), "", (), "every row needs as many"),
        ("x,y\n" + '"' * 50 + "\n" * 9, "", (), "quote|row"),
        ("1," * 400_000, "", (), f"longer than {MOST_BYTES // 1000} kB"),
        ("x,y\n" + "\n".join(f"{n},{'a' if n else 'b'}" for n in range(12)), "", (), "in one row only"),
        ("x,y\n" + "\n".join(f"{n},{'a' if n % 2 else chr(0x202E)}" for n in range(12)), "", (), "cannot be seen"),
    ],
)
def test_a_hostile_table_is_refused_in_a_sentence(
    text: str, target: str, features: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        own_split(text, target, features)
    assert str(refused.value).endswith((".", "?"))
    assert len(str(refused.value)) < 400


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Unknown data set 'moon'; known are .* Did you mean moons"):
        dataset("moon")
