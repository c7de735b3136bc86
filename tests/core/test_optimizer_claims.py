"""The statements about the rules: each is about a shipped rule, and the numbers it gives are what experiments find."""

import pytest

from core import OPTIMIZERS
from core.claim_texts import optimizers
from core.claim_texts.claim import Verdict
from core.experiments import adaptive, decay, modern, momentum
from core.findings import Finding

CLAIMS = {claim.key: claim for claim in optimizers.ALL}
EXPERIMENTS = {
    experiment.key: experiment for module in (momentum, adaptive, decay, modern) for experiment in module.ALL
}

# The verdicts of the fact check. C064 has a false reason for a size that is true under conditions.
VERDICTS = {
    Verdict.TRUE: "C046 C051 C055 C056 C057 C058 C059 C060 C062",
    Verdict.CONDITIONS: "C047 C048 C049 C052 C053 C061 C065",
    Verdict.OVERSIMPLIFIED: "C050 C063",
    Verdict.FALSE: "C045 C064",
    Verdict.CONTESTED: "C054 C066",
}


def _found(key: str, **settings: float) -> Finding:
    return EXPERIMENTS[key].run(settings)


def _number(experiment: str, label: str, **settings: float) -> float:
    return _found(experiment, **settings).numbers[label]


def test_the_verdicts_are_those_of_the_fact_check() -> None:
    judged = {key: verdict for verdict, keys in VERDICTS.items() for key in keys.split()}
    assert {key: claim.verdict for key, claim in CLAIMS.items()} == judged


def test_the_claims_are_in_the_guides_order_and_about_shipped_rules() -> None:
    assert list(CLAIMS) == [f"C{number:03}" for number in range(45, 67)]
    for claim in CLAIMS.values():
        assert claim.page == "optimizers"
        assert claim.topic in {"race", *OPTIMIZERS}


@pytest.mark.parametrize(
    ("claim", "shown", "experiment", "label", "settings"),
    [
        ("C047", "691.", "X19", "steps, gradient descent", {}),
        ("C047", "93 ", "X19", "steps, heavy ball", {}),
        ("C047", " 133,", "X19", "steps, Nesterov, best lr", {}),
        ("C049", "0.99 ", "X29", "step / lr, √G + ε", {}),
        ("C049", "0.01 ", "X29", "step / lr, √(G + ε)", {}),
        ("C050", "0.0316 ", "X27", "effective rate after 1000 steps", {}),
        ("C052", "0.089 ", "X29", "RMSProp after 100 steps, √v + ε", {}),
        ("C052", "0.905 ", "X29", "RMSProp after 100 steps, √(v + ε)", {}),
        ("C054", "305 ", "X32", "steps, Adam", {}),
        ("C054", "3306 ", "X32", "steps, Adam, turned", {}),
        ("C054", "444 ", "X32", "steps, gradient descent, turned", {}),
        ("C057", "3.16 ", "X30", "ratio at step 1", {}),
        ("C057", "6.57 ", "X30", "largest ratio", {}),
        ("C057", "1.26 ", "X30", "ratio at step 1000", {}),
        ("C059", "3.16 ", "X34", "first step / lr", {}),
        ("C059", "0.45.", "X34", "first step / lr", {"beta2": 0.95}),
        ("C060", "0.9048 ", "X35", "AdamW after 100 steps", {}),
        ("C062", "0.820 ", "X36", "left, AdamW", {}),
        ("C062", "0.023 ", "X36", "left, Adam + L2", {"size": 0.01}),
        ("C062", "0.9998 ", "X36", "left, Adam + L2", {"size": 100.0}),
        ("C065", "1902,", "X40", "curvature along x at the start", {}),
        ("C065", "±600.", "X40", "scatter of one estimate, signs", {}),
    ],
)
def test_a_number_in_a_claim_is_what_the_experiment_finds(
    claim: str, shown: str, experiment: str, label: str, settings: dict[str, float]
) -> None:
    assert shown in CLAIMS[claim].correct
    text = shown.strip(" ,±").rstrip(".")
    # Half a unit of the last digit that is printed.
    digits = len(text.partition(".")[2])
    assert _number(experiment, label, **settings) == pytest.approx(float(text), abs=0.5001 * 10**-digits)


def test_other_numbers_of_claims_follow_from_their_formulas() -> None:
    assert f"{((100**0.5 - 1) / (100**0.5 + 1)) ** 2:.2g} for κ = 100" in CLAIMS["C046"].correct
    assert "ten times" in CLAIMS["C046"].correct
    assert _number("X23", "last step, no dampening") / 0.01 == pytest.approx(10)
    assert _number("X27", "distance, AdaGrad") < 1e-14
    assert _number("X31", "largest change of Adam's points") < 1e-8
    assert _number("X30", "step of the largest ratio") == 12
    memory = _found("X38", weights=1e9).numbers
    assert memory["state in GB, AdamW"] + 8 == 16
    assert memory["state in GB, Lion"] + 8 == 12
    assert memory["state in GB, Lion"] == memory["state in GB, Momentum"]
    assert f"{(1 - 0.9) ** -0.5:.2f} at 0.9, and {(1 - 0.99) ** -0.5:.0f} at 0.99" in CLAIMS["C051"].correct
