"""The guide's statements: told in sentences, with a source, and their numbers are what the engine finds."""

import re

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, claims, trace
from core.claims import CLAIMS, Claim, Verdict
from core.experiments import EXPERIMENTS

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)

# The verdicts of the fact check. C005 is true where the loss is not convex and false where it is; C007 is open in
# general and true under conditions; the cause that C064 gives is false, the size holds under conditions; C103 was a
# blank in the guide and stands here for what its number shows, as C160 does for the rows its table lacks.
VERDICTS = {
    Verdict.TRUE: "C003 C010 C012 C014 C015 C021 C022 C024 C025 C028 C029 C030 C031 C032 C034 C035 C037 C038 C040 "
    "C041 C042 C044 C046 C051 C055 C056 C057 C058 C059 C060 C062 C068 C069 C072 C073 C075 C078 C079 C082 C083 C085 "
    "C089 C090 C091 C097 C101 C102 C104 C105 C107 C109 C115 C121 C127 C131 C135 C139 C141 C142 C143 C144 C145 C146 "
    "C148 C149 C152 C154",
    Verdict.CONDITIONS: "C005 C007 C011 C013 C017 C018 C019 C020 C027 C033 C039 C047 C048 C049 C052 C053 C061 C065 "
    "C076 C080 C088 C092 C093 C099 C106 C108 C110 C114 C116 C117 C125 C128 C134 C150 C151 C153 C156 C157 C158",
    Verdict.OVERSIMPLIFIED: "C001 C004 C006 C008 C009 C016 C023 C026 C043 C050 C063 C070 C071 C077 C084 C086 C094 "
    "C100 C112 C122 C133 C136 C140 C155",
    Verdict.FALSE: "C002 C036 C045 C064 C067 C087 C095 C096 C098 C103 C111 C113 C118 C119 C120 C123 C124 C132 C138 "
    "C147 C160",
    Verdict.CONTESTED: "C054 C066 C074 C081 C126 C129 C130 C137 C159",
}
SECTIONS = {
    ("foundations", "mountain"): "C001 C002 C003 C004",
    ("foundations", "minima"): "C005 C006 C007 C008",
    ("foundations", "playground"): "C094 C095 C096",
    ("history", "timeline"): "C139 C140 C141 C142 C143 C144 C145 C146 C147 C148 C149 C150",
    ("learning_rate", "choice"): "C021 C022 C023 C024 C025 C026",
    ("learning_rate", "schedules"): "C027 C028 C029 C030 C104",
    ("optimizers", "race"): "C097 C098 C099 C100 C101 C102 C103 C045",
    ("pitfalls", "depth"): "C117 C118 C121 C122 C123 C124 C125",
    ("pitfalls", "minima"): "C114",
    ("pitfalls", "plateaus"): "C119",
    ("pitfalls", "saddles"): "C115 C116 C120",
    ("pitfalls", "sharpness"): "C126 C127 C128 C130",
    ("reference", "code"): "C105 C106 C107 C108 C109 C110 C111 C112 C113",
    ("reference", "table"): "C151 C152 C153 C154 C155 C156 C157 C158 C159 C160",
    ("reference", "tips"): "C132 C133 C134 C135 C136 C137 C138",
    ("techniques", "accumulation"): "C079 C080 C081 C082",
    ("techniques", "all"): "C067",
    ("techniques", "batch_norm"): "C073 C074 C075 C076 C077 C078",
    ("techniques", "clipping"): "C088 C089 C090 C091 C092 C093",
    ("techniques", "nesterov"): "C083 C084 C085 C086 C087",
    ("techniques", "sam"): "C131",
    ("techniques", "scaling"): "C068 C069 C070 C071 C072",
    ("update_rule", "example"): "C017 C018 C019 C020",
    ("update_rule", "steps"): "C009 C010 C011 C012 C013 C014 C015 C016",
    ("variants", "batch"): "C031 C032 C033 C034 C035 C036",
    ("variants", "generalisation"): "C129",
    ("variants", "minibatch"): "C042 C043 C044",
    ("variants", "stochastic"): "C037 C038 C039 C040 C041",
}


def test_no_two_claims_share_a_key() -> None:
    assert len(CLAIMS) == len(claims._ALL)


@every
def test_a_claim_is_told_in_sentences_with_a_source(claim: Claim) -> None:
    assert CLAIMS[claim.key] is claim
    assert re.fullmatch(r"C\d{3}", claim.key)
    for text in (claim.said, claim.correct):
        # One correction begins with a number.
        assert text[0].isupper() or (claim.key == "C051" and text is claim.correct)
        assert text.endswith(".")
    assert claim.source
    assert not claim.source.endswith(".")
    assert claim.page
    assert claim.topic


@every
def test_a_claim_is_plain_text(claim: Claim) -> None:
    # Cards show texts as Markdown, where these would be marks.
    for text in (claim.said, claim.correct, claim.source):
        assert not set("*_$`~|<>#\\") & set(text)
        assert "  " not in text


@every
def test_the_experiments_of_a_claim_exist(claim: Claim) -> None:
    named = [*re.findall(r"X\d\d", claim.correct), *([claim.experiment] if claim.experiment else [])]
    assert set(named) <= set(EXPERIMENTS)


def test_the_verdicts_are_those_of_the_fact_check() -> None:
    known = {key: verdict for verdict, keys in VERDICTS.items() for key in keys.split()}
    assert {key: claim.verdict for key, claim in CLAIMS.items()} == known


def test_the_sections_have_their_claims_in_the_guides_order() -> None:
    for (page, topic), keys in SECTIONS.items():
        assert [claim.key for claim in CLAIMS.values() if (claim.page, claim.topic) == (page, topic)] == keys.split()
    elsewhere = [claim for claim in CLAIMS.values() if (claim.page, claim.topic) not in SECTIONS]
    assert {claim.page for claim in elsewhere} == {"optimizers"}
    assert {claim.topic for claim in elsewhere} <= {*OPTIMIZERS}


def _curvatures(objective: str, *point: float) -> np.ndarray:
    return np.linalg.eigvalsh(OBJECTIVES[objective].parsed.hessian(np.array(point)))


def _shown(key: str, *numbers: str) -> None:
    """Asserts that the correction of claim ``key`` contains ``numbers``."""
    for number in numbers:
        assert number.replace("-", "−") in CLAIMS[key].correct, (key, number)


def test_the_numbers_about_the_first_playground_are_the_engines() -> None:
    hill = OBJECTIVES["quartic"].parsed
    start, bottom = np.array([-0.5]), np.array([9 / 4])
    _shown("C094", f"{hill.value(bottom):.3f}", f"{8 / 81:.4f}")
    assert hill.hessian(bottom)[0, 0] == 81 / 4
    _shown("C095", f"{hill.value(start)}", f"{hill.grad(start)[0]}")
    assert hill.value(np.array([0.0])) == 2
    after = trace(Run("quartic", "sgd", (0.5,), 200, {"lr": 0.012})).x[:, 0]
    _shown("C096", f"in {np.flatnonzero(np.abs(after - 9 / 4) <= 1e-6)[0]} steps", f"{2 / 11:.3f}", f"{9 * 0.012:.3f}")
    _shown("C001", f"{EXPERIMENTS['X01'].run().numbers['position']:.3g}")


def test_the_numbers_about_rosenbrock_are_the_engines() -> None:
    valley = OBJECTIVES["rosenbrock"].parsed
    low, high = _curvatures("rosenbrock", 1.0, 1.0)
    _shown("C097", f"{high / low:.0f}")
    _shown("C098", f"{valley.value(np.array([-1.5, 2.0]))}")
    for place in ((-1.5, -0.75), (-1.5, 5.25)):
        assert valley.value(np.array(place)) == 906.25
    _shown("C099", f"{2 / high:.6f}", f"{2 / _curvatures('rosenbrock', -1.5, 2.0).max():.6f}")
    loss = trace(Run("rosenbrock", "sgd", (-1.5, 2.0), 10_000, {"lr": 0.0008})).loss
    _shown("C099", f"{loss[1]:.2f}", f"{loss[100]:.2f}", f"{loss[1000]:.2f}", f"{loss[10_000]:.6f}")


def test_the_numbers_about_beale_are_the_engines() -> None:
    beale = OBJECTIVES["beale"].parsed
    start = np.array([1.0, 1.0])
    _shown("C101", f"{beale.value(start)}")
    _shown("C103", *(f"{curvature:.3g}" for curvature in _curvatures("beale", 1.0, 1.0)))
    assert beale.grad(start).tolist() == [0, 27.75]
    loss = trace(Run("beale", "sgd", (1.0, 1.0), 100_000, {"lr": 0.001})).loss
    _shown("C102", f"{loss[1000]:.3f}")
    # What rounding leaves.
    assert loss[-1] < 1e-24


def test_the_race_ends_as_its_claim_says() -> None:
    sentence = EXPERIMENTS["X42"].run().sentence
    for told in ("Nesterov at 0.0008", "RMSProp at 0.003", "Adam at 0.01", "Adam at 0.1"):
        assert told in sentence
    for key in ("sgd", "momentum", "nesterov"):
        assert trace(Run("rosenbrock", key, (-1.5, 2.0), 2000, {"lr": 0.003})).status.outcome == "diverged"
