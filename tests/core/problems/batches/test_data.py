"""The shipped data are what their declarations say, and a pair of columns is checked before a line is fitted."""

import numpy as np
import pytest

from core.problems.batches.data import DATASETS, LARGEST, SMALLEST, Dataset, dataset, literal_pair
from core.problems.batches.descent import least_squares, line

every = pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
_LINE = np.array([1.0, 2.0, 4.0])


@every
def test_a_data_set_is_declared_in_full(entry: Dataset) -> None:
    assert DATASETS[entry.key] is entry
    assert entry.idea.endswith(".")
    assert entry.source
    # With units, or the remark that there are none.
    for name in (entry.x_name, entry.y_name):
        assert " in " in name or "unit)" in name


@every
def test_the_points_are_loaded_once_and_cannot_be_changed(entry: Dataset) -> None:
    pair = entry.load()
    assert entry.load() is pair
    assert pair.x.shape == pair.y.shape
    assert (pair.x_name, pair.y_name) == (entry.x_name, entry.y_name)
    with pytest.raises(ValueError, match="read-only"):
        pair.x[0] = 0.0


@every
@pytest.mark.parametrize("standardised", [False, True])
def test_the_code_of_a_pair_makes_the_same_numbers(entry: Dataset, standardised: bool) -> None:
    pair = entry.load().standardised() if standardised else entry.load()
    names: dict[str, np.ndarray] = {}
    exec(pair.code, {"np": np}, names)
    np.testing.assert_array_equal(names["x"], pair.x)
    np.testing.assert_array_equal(names["y"], pair.y)


@every
def test_a_known_answer_is_the_least_squares_line(entry: Dataset) -> None:
    solution = least_squares(line(entry.load().x), entry.load().y)[0]
    if entry.known is not None:
        # Rounding of 40 sums.
        np.testing.assert_allclose(solution, entry.known, rtol=1e-13)


def test_one_set_is_measured_and_one_has_a_known_answer() -> None:
    assert dataset("known_line").known == (2.0, 1.0)
    measured = dataset("diabetes").load()
    # As in the published table: 442 patients, the first of them with a body mass index of 32.1 and a score of 151.
    assert measured.x.size == 442
    assert (measured.x[0], measured.y[0]) == (32.1, 151.0)
    # Efron et al. 2004, table 1, gives these two columns; a scaled one would have a mean of 0.
    assert 26 < measured.x.mean() < 27


@every
def test_standardised_columns_have_mean_zero_and_spread_one(entry: Dataset) -> None:
    pair = entry.load().standardised()
    for column in (pair.x, pair.y):
        # Rounding of sums of up to 442 numbers around 1.
        assert abs(column.mean()) < 1e-14
        assert column.std() == pytest.approx(1.0, abs=1e-14)
    curvatures = np.linalg.eigvalsh(2 * line(pair.x).T @ line(pair.x) / pair.x.size)
    # The bowl is round, as the text about it says.
    np.testing.assert_allclose(curvatures, 2.0, rtol=1e-13)


@every
def test_a_line_on_standardised_columns_is_told_in_the_units_of_the_data(entry: Dataset) -> None:
    pair = entry.load()
    scaled = pair.standardised()
    there = least_squares(line(scaled.x), scaled.y)[0]
    # Two least-squares solutions, of which the raw one has a condition number of up to 26 000.
    np.testing.assert_allclose(pair.in_units(*there), least_squares(line(pair.x), pair.y)[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([1.0, 2.0]), "x has 2 numbers and y has 3"),
        (np.array([1.0]), "too few rows"),
        (np.zeros((3, 1)), "too few rows"),
        (np.array([1.0, 2.0, np.nan]), "neither 0 nor between"),
        (np.array([1.0, 2.0, np.inf]), "neither 0 nor between"),
        (np.array([1.0, 2.0, 10 * LARGEST]), "neither 0 nor between"),
        (np.array([1.0, 2.0, SMALLEST / 10]), "neither 0 nor between"),
        (np.array([3.0, 3.0, 3.0]), "the same in every row"),
        (np.array([0.0, 0.0, 0.0]), "the same in every row"),
        (np.array([1e11, 1e11, 1e11 + 1]), "the same in every row"),
    ],
)
def test_a_column_that_no_line_can_be_fitted_to_is_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        literal_pair("x", "y", x, _LINE.copy())
    if x.ndim == 1 and x.size == _LINE.size:
        with pytest.raises(ValueError, match=f"the answer.*{message}"):
            literal_pair("x", "the answer", _LINE.copy(), x)


def test_extreme_but_allowed_columns_can_be_standardised() -> None:
    pair = literal_pair("x", "y", np.array([SMALLEST, 0.0, -SMALLEST]), np.array([LARGEST, 0.0, -LARGEST]))
    for column in (pair.standardised().x, pair.standardised().y):
        # √1.5: three points, of which the middle one is the mean.
        np.testing.assert_allclose(column, [1.5**0.5, 0, -(1.5**0.5)], rtol=1e-12, atol=1e-12)


def test_written_out_numbers_are_the_same_to_the_last_digit() -> None:
    numbers = np.random.default_rng(1).standard_normal(21) * 10.0 ** np.arange(-10, 11)
    pair = literal_pair("x", "y", numbers, np.arange(21.0))
    names: dict[str, np.ndarray] = {}
    exec(pair.code, {"np": np}, names)
    np.testing.assert_array_equal(names["x"], numbers)


def test_an_unknown_data_set_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Unknown data set 'diabetis'; known are .*Did you mean diabetes"):
        dataset("diabetis")
