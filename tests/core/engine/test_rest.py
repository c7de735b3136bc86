"""What a run ended at: the kind of every known point, of kinks and of flat ground, in the numbers of the Hessian."""

import re
from itertools import product

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace, trace_many
from core.engine.rest import rests
from core.engine.status import AT_REST, REST_NORM, Outcome
from core.formula import parse
from core.formula.words import digits


def _at(objective: str, *point: float) -> tuple[Outcome, str]:
    """The outcome and the sentence of a run that stands still at ``point``."""
    status = trace(Run(objective, "x = x", point, 1)).status
    return status.outcome, str(status)


@pytest.mark.parametrize("key", OBJECTIVES)
def test_a_known_minimum_is_a_minimum_or_flat_and_its_mirror_image_a_maximum(key: str) -> None:
    objective = OBJECTIVES[key]
    turned = {Outcome.MINIMUM: Outcome.MAXIMUM, Outcome.FLAT: Outcome.FLAT}
    for minimum in objective.minima:
        outcome, _ = _at(key, *minimum)
        # Some minima are known to so few digits that the slope there is not yet 0.
        if outcome is not Outcome.FINISHED:
            assert outcome in turned
            assert _at(f"-({objective.formula})", *minimum)[0] is turned[outcome]


def test_only_minima_without_curvature_count_as_flat() -> None:
    flat = {key for key, one in OBJECTIVES.items() for point in one.minima if _at(key, *point)[0] is Outcome.FLAT}
    assert flat == {"flat_quartic", "hyperbola_valley"}


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 2])
def test_runs_from_everywhere_end_at_what_the_losses_around_say(key: str) -> None:
    objective = OBJECTIVES[key]
    starts = np.random.default_rng(3).uniform(*np.array(objective.domain).T, (200, 2)).T
    many = trace_many(Run(key, "newton", objective.start, 60), starts=starts)
    formula = objective.parsed
    assert set(many.status) <= set(Outcome)
    for x, outcome in zip(many.x.T, many.status, strict=True):
        if outcome not in AT_REST or outcome == Outcome.FLAT:
            continue
        # Far enough for the loss to change by more than rounding, near enough for the curvature to decide.
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        around = formula.value(x[:, None] + 1e-4 * np.array([np.cos(angles), np.sin(angles)])) - formula.value(x)
        seen = {"minimum": around.min() > 0, "maximum": around.max() < 0, "saddle": around.min() < 0 < around.max()}
        assert seen[outcome], (x, outcome)


@pytest.mark.parametrize(
    ("objective", "point", "outcome"),
    [
        ("abs(x)", (0,), "minimum"),
        ("-abs(x)", (0,), "maximum"),
        # The second derivative is 2 and says nothing of the kink.
        ("x**2 - 3*abs(x)", (0,), "maximum"),
        ("abs(x)**1.5", (0,), "minimum"),
        ("where(x <= 0, x**2, -x)", (0,), "flat"),
        ("abs(x) + y**2", (0, 0), "minimum"),
        ("abs(x) - y**2", (0, 0), "saddle"),
        ("abs(x) - abs(y)", (0, 0), "saddle"),
        ("abs(x)", (0, 3), "flat"),
        ("abs(x - y) + x**2 + y**2", (0, 0), "minimum"),
        ("sqrt(x**2 + y**2)", (0, 0), "minimum"),
        ("max(x, 0)", (-1,), "flat"),
        ("floor(x)", (0.5,), "flat"),
        ("x**3", (0,), "flat"),
        # Beside a flat point the second derivative has a sign, which says nothing of it.
        *((f"x**{power}", (side * 1e-3,), "flat") for power, side in product((4, 5, 6), (-1, 1))),
        ("x**3", (1e-4,), "flat"),
        ("-x**3", (1e-4,), "flat"),
        ("x**3 - 3*x*y**2", (1e-4, 1e-4), "flat"),
        ("exp(-x)", (20,), "flat"),
        # A slope of nearly 0 far from where it is 0.
        ("1e-9*x**2", (20,), "flat"),
        ("x**2 + 1e-16*y**2", (0, 0), "flat"),
        ("-x**2 - y**2", (0, 0), "maximum"),
        ("x*y", (0, 0), "saddle"),
        ("100*x**2 + y**2", (1e-9, 1e-9), "minimum"),
    ],
)
def test_kinks_and_flat_ground_are_called_what_they_are(objective: str, point: tuple[float, ...], outcome: str) -> None:
    assert _at(objective, *point)[0] == outcome


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (Run("saddle", "sgd", (1.0, 0.0), 300, {"lr": 0.1}), "saddle"),
        (Run("cubic", "rmsprop", (1.0,), 5000), "flat"),
        (Run("quartic", "sgd", (0.0,)), "flat"),
        (Run("quartic", "sgd", (-0.5,), 100_000, {"lr": 0.01}), "flat"),
        (Run("himmelblau", "newton", (-0.5, -0.5), 40), "maximum"),
    ],
)
def test_what_is_no_minimum_is_never_called_one(run: Run, outcome: str) -> None:
    path = trace(run)
    assert path.grad_norm[-1] <= REST_NORM
    assert path.status.outcome == outcome
    assert "onverged" not in str(path.status)


def test_a_saddle_is_named_with_its_eigenvalues() -> None:
    path = trace(Run("x**4 + 4*x**2*y + 4*y**2 + 2*x + 2*y", "newton", (1.0, 1.0), 100))
    # The Hessian at (1, −3/4) is ((6, 8), (8, 8)), whose eigenvalues are 7 ± √65.
    np.testing.assert_allclose(path.x[-1], [1.0, -0.75], rtol=1e-12)
    assert path.status.outcome is Outcome.SADDLE
    assert f"the eigenvalues of the Hessian, {digits(7 - 65**0.5)} and {digits(7 + 65**0.5)}, differ in sign" in str(
        path.status
    )


@pytest.mark.parametrize(("objective", "point"), [("3*x**2 - 2*x*y + y**2", (0, 0)), ("abs(x)", (0,)), ("x**4", (0,))])
def test_a_sentence_is_a_sentence(objective: str, point: tuple[float, ...]) -> None:
    _, sentence = _at(objective, *point)
    assert re.fullmatch(r"Ended (at|on) (a|flat) \w+: after 1 step the gradient norm is 0(, and|;) .*\.", sentence)


def test_the_curvatures_are_the_eigenvalues_of_the_hessian() -> None:
    formula = parse("exp(x*y) + 1e3*x**2 + sin(y)")
    points = np.random.default_rng(1).normal(size=(2, 50))
    expected = np.linalg.eigvalsh(formula.hessian(points).transpose(2, 0, 1)).T
    # The smaller one is the difference of numbers as large as the larger one.
    np.testing.assert_allclose(rests(formula, points, formula.grad(points)).curvatures, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("key", OBJECTIVES)
@pytest.mark.parametrize("optimizer", ["newton", "sgd", "rmsprop"])
def test_every_column_says_what_its_single_run_says(key: str, optimizer: str) -> None:
    objective = OBJECTIVES[key]
    ends = np.array(objective.domain).T
    starts = np.random.default_rng(7).uniform(*ends, (6, objective.dimension)).T
    starts = np.concatenate([starts, np.array(objective.minima[:2]).T.reshape(objective.dimension, -1)], axis=1)
    run = Run(key, optimizer, objective.start, 40, {"lr": 0.05} if optimizer != "newton" else {})
    many = trace_many(run, starts=starts)
    for start, status in zip(starts.T, many.status, strict=True):
        single = trace(Run(key, optimizer, tuple(start), 40, run.hypers))
        assert single.status.outcome == status
