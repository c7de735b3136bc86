"""What is said of the usual table of optimizers agrees with the table here, and its numbers are found by running."""

import re

import pytest

from core import OPTIMIZERS
from core.claim_texts import table
from core.experiments import EXPERIMENTS
from core.reference import optimizer_rows

CLAIMS = {claim.key: claim for claim in table.ALL}
ROWS = {row.key: row for row in optimizer_rows()}

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)

# The rule that a claim is about.
ABOUT = {
    "C151": "sgd",
    "C152": "sgd",
    "C153": "momentum",
    "C154": "adagrad",
    "C155": "rmsprop",
    "C156": "adam",
    "C157": "adamw",
    "C158": "lion",
    "C159": "sophia",
}


@pytest.mark.parametrize(("claim", "key"), ABOUT.items())
def test_the_memory_that_a_claim_gives_is_that_of_the_table(claim: str, key: str) -> None:
    kept = re.search(r"keeps (\d) numbers? per weight", CLAIMS[claim].correct)
    assert kept is not None
    assert int(kept[1]) == ROWS[key].memory


@pytest.mark.parametrize(("claim", "key"), [("C154", "adagrad"), ("C157", "adamw")])
def test_the_years_of_a_claim_are_those_of_the_declaration(claim: str, key: str) -> None:
    declared = OPTIMIZERS[key]
    for year in (declared.year, declared.venue):
        assert str(year) in CLAIMS[claim].correct
    # What is commonly said is the year of print.
    assert str(declared.venue) in CLAIMS[claim].said


def test_sparse_features_end_at_the_losses_that_are_told() -> None:
    numbers = EXPERIMENTS["X28"].run().numbers
    for name in ("AdaGrad", "Adam", "Gradient descent"):
        assert f"{numbers[f'loss, {name}']:.3g}" in CLAIMS["C154"].correct
    losses = [numbers[f"loss, {name}"] for name in ("AdaGrad", "Adam", "Gradient descent")]
    assert losses == sorted(losses)


def test_lions_memory_is_half_of_adamws_and_as_much_as_momentums() -> None:
    numbers = EXPERIMENTS["X38"].run({"weights": 1e9}).numbers
    lion, adamw, momentum = (numbers[f"state in GB, {name}"] for name in ("Lion", "AdamW", "Momentum"))
    assert f"{lion:.0f} GB in place of {adamw:.0f}" in CLAIMS["C158"].correct
    assert lion == momentum == adamw / 2


def test_sophia_clips_the_share_that_is_told_and_looks_at_the_curvature_as_often() -> None:
    assert f"{EXPERIMENTS['X40'].run().numbers['clipped in %']:.0f} %" in CLAIMS["C159"].correct
    (every_so_often,) = (hyper.default for hyper in OPTIMIZERS["sophia"].hypers if hyper.name == "k")
    assert f"every {every_so_often:.0f} steps" in CLAIMS["C159"].correct


def test_pytorchs_centred_rmsprop_with_momentum_keeps_the_numbers_that_are_told() -> None:
    import torch

    weight = torch.nn.Parameter(torch.ones(5))
    optimizer = torch.optim.RMSprop([weight], centered=True, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    kept = sum(value.shape == weight.shape for value in optimizer.state[weight].values())
    assert f"momentum it keeps {kept}." in CLAIMS["C155"].correct


def test_the_rows_said_to_be_missing_are_in_the_table_and_the_others_are_not() -> None:
    present, _, absent = CLAIMS["C160"].correct.partition(" are missing")
    names = {row.name for row in ROWS.values()}
    assert set(re.split(r", | and ", present)) <= names
    for name in ("Adafactor", "Shampoo", "SOAP"):
        assert name in absent
        assert name not in names
