"""What is told of a run on a quadratic: the prediction is theory's, the measurement is the run's, and they agree."""

import math

import numpy as np
import pytest

from core import Run, trace
from core.engine.trace import Path
from core.formula.words import digits
from core.lessons.rate_check import LIMITS, QUADRATICS, Check, rate_hyper, rate_sentences
from core.lessons.rate_check import check as check_on
from core.problems.example import Example
from core.problems.theory import METHODS, Regime, contraction, regime, stable_limit

LIMIT = Example().limit

every_pair = pytest.mark.parametrize(
    ("shape", "rule"), [(shape, rule) for shape in QUADRATICS for rule in METHODS], ids=lambda value: value
)


def _path(shape: str, rule: str, steps: int | None = None, start: tuple[float, ...] | None = None, **hypers) -> Path:  # type: ignore[no-untyped-def]
    scenario = QUADRATICS[shape]
    settings = {**scenario.rules[rule], **hypers}
    return trace(
        Run(
            scenario.objective,
            rule,
            start or scenario.start or scenario.resolved_objective.start,
            steps or scenario.steps,
            settings,
        )
    )


def check(path: Path) -> Check:
    return check_on(path, path.run.resolved_objective)


def _worked(example: Example, steps: int) -> tuple[Path, Check]:
    path = example.path(steps)
    return path, check_on(path, example.objective)


def test_every_quadratic_has_settings_for_every_method_and_every_method_a_formula() -> None:
    for scenario in QUADRATICS.values():
        assert set(scenario.rules) == set(METHODS) == set(LIMITS)
        assert scenario.resolved_objective.minima == ((0.0,) * scenario.resolved_objective.dimension,)


@every_pair
def test_the_slider_shows_every_regime_and_opens_where_the_run_settles(shape: str, rule: str) -> None:
    scenario = QUADRATICS[shape]
    hyper = rate_hyper(rule, scenario)
    checked = check(_path(shape, rule))
    low, high = hyper.slider
    assert hyper.bounds[0] <= low < hyper.default < high
    assert hyper.default == scenario.rules[rule]["lr"]
    # At every β the limit can be passed; at the opening's β the smooth rates can be reached.
    assert all(stable_limit(rule, checked.curvatures[-1], beta) < high for beta in (0.0, 0.5, 0.999))
    assert regime(rule, low, checked.curvatures[-1], checked.beta) is Regime.MONOTONE
    assert checked.factor(checked.lr) < 1


@every_pair
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97, 1.04])
def test_the_measured_factor_is_the_predicted_one(shape: str, rule: str, share: float) -> None:
    beta = {} if rule == "sgd" else {"beta": 0.8}
    scenario = QUADRATICS[shape]
    limit = check(_path(shape, rule, **beta)).limit
    checked = check(_path(shape, rule, steps=400, lr=share * limit, **beta))
    assert checked.limit == limit
    assert checked.measured is not None
    assert checked.factor(checked.lr) == contraction(rule, checked.curvatures, share * limit, beta.get("beta", 0.0))
    assert (checked.factor(checked.lr) < 1) is (share < 1)
    # The fit covers a few swings of a complex pair, each of which it meets somewhere; that is below one per cent.
    assert checked.measured == pytest.approx(checked.factor(checked.lr), rel=0.01), scenario.title


@pytest.mark.parametrize(
    ("start", "lr", "arrived"), [((-4.0,), 1.0, 1), ((0.0,), 0.7, 0), ((-4.0,), 0.7, None), ((-4.0,), 2.0, None)]
)
def test_a_run_has_arrived_if_it_stays_at_the_minimum(start: tuple[float, ...], lr: float, arrived: int | None) -> None:
    path = _path("parabola", "sgd", start=start, lr=lr)
    assert check(path).arrived == arrived
    assert ("exactly at the minimum from step" in " ".join(rate_sentences(path, check(path)))) is (arrived is not None)


def test_a_run_that_crosses_the_minimum_has_not_arrived() -> None:
    path = _path("parabola", "momentum", steps=50, lr=0.5, beta=0.5)
    assert path.x[2, 0] == 0
    checked = check(path)
    assert checked.arrived is None
    assert checked.measured == pytest.approx(math.sqrt(0.5), rel=0.01)


@pytest.mark.parametrize(("start", "felt"), [((1.0, 0.0), 1.0), ((0.0, 0.5), 100.0)])
def test_a_start_on_an_axis_feels_the_curvature_along_it_alone(start: tuple[float, float], felt: float) -> None:
    path = _path("ravine", "sgd", start=start, lr=0.004)
    checked = check(path)
    assert checked.curvatures.tolist() == [felt]
    assert checked.left_out
    assert checked.limit == 2 / felt
    assert checked.measured == pytest.approx(1 - 0.004 * felt, rel=1e-12)
    assert "moves in one direction only" in rate_sentences(path, checked)[-1]


def test_the_words_have_the_numbers_of_the_run() -> None:
    path = _path("bowl", "nesterov", lr=0.4, beta=0.2)
    checked = check(path)
    said = " ".join(rate_sentences(path, checked))
    limit = 2 * 1.2 / (1.4 * 3)
    assert f"α = 0.4 is **{digits(40 / limit)} % of the limit** {digits(limit)}" in said
    assert f"by **{digits(checked.factor(checked.lr))}** in the long run" in said
    assert f"of your run: **{digits(checked.measured)}**" in said
    assert f"takes {math.ceil(math.log(0.01) / math.log(checked.factor(checked.lr)))} steps to cut" in said
    assert f"α = {digits(checked.best.lr)} and β = {digits(checked.best.beta)}" in said


@pytest.mark.parametrize("lr", [0.0, 1e-300, 0.01, 1.0, 2.0, 2.1, 1e6])
@pytest.mark.parametrize("start", [(0.0,), (1e-320,), (-4.0,), (1e6,)])
@pytest.mark.parametrize("steps", [1, 5, 100])
def test_whatever_is_set_is_told_in_sentences(lr: float, start: tuple[float, ...], steps: int) -> None:
    path = _path("parabola", "sgd", steps=steps, start=start, lr=lr)
    checked = check(path)
    said = rate_sentences(path, checked)
    assert all(sentence.endswith(".") for sentence in said)
    assert "nan" not in " ".join(said)
    assert ("nothing shrinks" in " ".join(said)) is (lr >= 2)
    assert checked.measured is None or np.isfinite(checked.measured)


# --- The worked example: a line through a table, whose bowl lies askew and not about the origin ---


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99, 1.01, 1.2])
def test_the_measured_factor_of_the_worked_example_is_the_predicted_one(share: float) -> None:
    _, checked = _worked(Example(lr=share * LIMIT), 600)
    # The direction that shrinks least is not quite alone after half of the run.
    assert checked.measured == pytest.approx(checked.factor(checked.lr), rel=2e-3)


def test_rounding_is_not_measured() -> None:
    path, checked = _worked(Example(lr=0.17), 5000)
    assert path.grad_norm[-1] < 1e-12
    # Beyond rounding nothing shrinks, and the factor would be 1.
    assert checked.measured == pytest.approx(checked.factor(checked.lr), rel=2e-3)


def test_where_there_is_nothing_to_measure_nothing_is_told() -> None:
    assert _worked(Example(), 3)[1].measured is None
    assert "too short to measure" in " ".join(rate_sentences(*_worked(Example(), 3)))
    assert "exactly at the minimum from step 0" in " ".join(rate_sentences(*_worked(Example(w=2.0, b=0.0), 50)))
    assert "of your run: **" in " ".join(rate_sentences(*_worked(Example(), 100)))


def test_the_sentences_hold_the_numbers_of_the_bowl() -> None:
    said = " ".join(rate_sentences(*_worked(Example(), 100)))
    for part in ("κ of 46.145", "**5.546 % of the limit** 0.1803", "α = 0.1765", "from one side"):
        assert part in said
    assert "moves away" in " ".join(rate_sentences(*_worked(Example(lr=0.19), 9)))


def test_the_best_rate_of_the_worked_example_is_the_known_one() -> None:
    _, checked = _worked(Example(), 100)
    assert checked.best.lr == pytest.approx(0.176471, abs=5e-7)
    errors = np.linalg.norm(Example(lr=checked.best.lr).path(400).x - Example().solution, axis=1)
    # A plain power once both directions shrink alike; 400 steps leave 3e-8, far above rounding.
    assert (errors[400] / errors[200]) ** (1 / 200) == pytest.approx(checked.best.contraction, rel=1e-6)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.4, Regime.MONOTONE), (0.9, Regime.OSCILLATING), (1.0, Regime.CYCLING), (1.05, Regime.DIVERGING)],
)
def test_the_regime_of_the_worked_example_is_theorys(share: float, expected: Regime) -> None:
    _, checked = _worked(Example(lr=share * LIMIT), 9)
    assert checked.regime is expected
    assert checked.percent == pytest.approx(100 * share)


def test_a_loss_that_is_flat_in_one_direction_is_told_as_one() -> None:
    gutter = Example(((3.0, 1.0), (3.0, 2.0)), lr=0.01)
    path, checked = _worked(gutter, 100)
    said = " ".join(rate_sentences(path, checked))
    assert "flat in one direction" in said
    assert "inf" not in said
    assert "moves in one direction" not in said
    assert len(checked.curvatures) == 1
    assert checked.measured == pytest.approx(1 - 0.01 * gutter.curvature.largest, rel=1e-6)
    assert checked.best.contraction == 0
