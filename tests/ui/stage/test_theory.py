"""Theory on the stage: the browser's factor, limits and measurement are Python's, and a hand turns a run's numbers."""

import os
from random import Random
from typing import Any

import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from core.lessons.rate_any import any_opening
from core.lessons.rate_check import QUADRATICS, Check, check, check_any, rate_hyper
from core.problems.example import Convention, Example
from core.problems.theory import METHODS, Regime, bands, contraction, stable_limit
from tests.javascript import Engine
from ui.controls import hyper_key, hyper_state, slider_dial, steps_dial
from ui.stage import Dials
from ui.stage.modules import bundle
from ui.stage.payload import Kind, Payload, _dial, packed, stage_payload
from ui.stage.theory import theory

SEED = os.environ["TEST_SEED"]
# Of sums and roots that are taken in another order.
ROUNDING = 1e-9

every_method = pytest.mark.parametrize("rule", METHODS)
every_shape = pytest.mark.parametrize("shape", QUADRATICS)


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("theory", "grips", "scales"))
    return engine


def _run(shape: str, rule: str, start: tuple[float, ...] = (), steps: int = 100, **hypers: float) -> tuple[Race, Check]:
    scenario = QUADRATICS[shape]
    start = start or scenario.resolved_objective.start
    path = trace(Run(scenario.objective, rule, start, steps, {**scenario.rules[rule], **hypers}))
    return [(RACERS[rule], path)], check(path, scenario.resolved_objective)


def _theory(race: Race, checked: Check) -> dict[str, Any]:
    return theory(race[0][0].key, checked)


@every_method
@every_shape
def test_the_browser_predicts_what_theory_does_at_any_settings(engine: Engine, shape: str, rule: str) -> None:
    race, checked = _run(shape, rule)
    known, curvatures = _theory(race, checked), checked.curvatures.tolist()
    draw = Random(f"{SEED} {shape} {rule}")
    for _ in range(200):
        lr, beta = draw.uniform(0, 2 * checked.horizon), draw.choice((0.0, draw.random()))
        factor = engine.call("theory.factor", known, curvatures, lr, beta)
        # Where two eigenvalues meet, the root of a difference keeps half of the digits.
        assert factor == pytest.approx(contraction(rule, curvatures, lr, beta), rel=1e-6), (lr, beta)
        limits = engine.call("theory.limits", known, checked.largest, beta)
        smooth, *_ = bands(rule, checked.largest, beta)
        assert limits["smooth"] == pytest.approx(smooth.high, rel=1e-6, abs=1e-12)
        assert limits["stable"] == pytest.approx(stable_limit(rule, checked.largest, beta), rel=ROUNDING)


_MEASURED = "(known, x) => theory.measured(known, x, x[0].length)"


@every_method
@every_shape
@pytest.mark.parametrize("steps", [3, 20, 100, 1000])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 1.02])
def test_a_run_is_measured_in_the_browser_as_in_python(
    engine: Engine, shape: str, rule: str, steps: int, share: float
) -> None:
    _, checked = _run(shape, rule)
    race, checked = _run(shape, rule, steps=steps, lr=share * checked.limit)
    measured = engine.call(_MEASURED, _theory(race, checked), race[0][1].x.T.tolist())
    # The last steps above rounding are a few digits of the distance only.
    assert measured == (None if checked.measured is None else pytest.approx(checked.measured, rel=1e-6))


@pytest.mark.parametrize("steps", [5, 20, 60, 300])
@pytest.mark.parametrize("rule", METHODS)
@pytest.mark.parametrize(("objective", "start"), [("himmelblau", (-0.5, -0.5)), ("quartic", (1.2,))])
def test_a_run_that_is_on_a_quadratic_only_near_the_minimum_is_measured_near_it(
    engine: Engine, objective: str, start: tuple[float, ...], rule: str, steps: int
) -> None:
    path = trace(Run(objective, rule, start, steps, any_opening(rule, OBJECTIVES[objective])))
    checked = check_any(path)
    assert isinstance(checked, Check)
    measured = engine.call(_MEASURED, theory(rule, checked), path.x.T.tolist())
    # The last steps above rounding are a few digits of the distance only.
    assert measured == (None if checked.measured is None else pytest.approx(checked.measured, rel=1e-6))


def test_a_start_on_an_axis_feels_one_curvature_only(engine: Engine) -> None:
    for start in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.0, 0.0)):
        race, checked = _run("ravine", "sgd", start)
        felt = engine.call("theory.curvaturesOf", _theory(race, checked), race[0][1].x.T.tolist())
        assert felt == pytest.approx(checked.curvatures.tolist())


def test_directions_are_those_of_a_bowl_that_is_turned(engine: Engine) -> None:
    (w, b), vectors = Example().solution, check(Example().path(9), Example().objective).bowl.vectors
    for place in range(2):
        example = Example(w=w + vectors[0, place], b=b + vectors[1, place])
        path = example.path(9)
        known = theory("sgd", check(path, example.objective))
        felt = engine.call("theory.curvaturesOf", known, path.x.T.tolist())
        assert felt == [known["curvatures"][place]]


def test_the_bowl_of_a_table_is_measured_about_its_solution_and_a_gutter_across_it(engine: Engine) -> None:
    for data in (((1.0, 2.0), (2.0, 4.0), (3.0, 7.0)), ((2.0, 1.0), (2.0, 3.0))):
        example = Example(data, 0.5, 0.1, 0.02, Convention.MEAN)
        path = example.path(100)
        checked = check(path, example.objective)
        known = theory("sgd", checked)
        assert engine.call(_MEASURED, known, path.x.T.tolist()) == pytest.approx(checked.measured, rel=1e-6)
        assert len(known["curvatures"]) == (1 if data[0][0] == data[1][0] else 2)


# --- What is sent ---


def _dials(shape: str, rule: str) -> Dials:
    racer = RACERS[rule]
    hypers = (rate_hyper(rule, QUADRATICS[shape]), *racer.optimizer.hypers[1:])
    return Dials({rule: [slider_dial(hyper, hyper_key(racer, hyper.name)) for hyper in hypers]}, [steps_dial()])


def _payload(shape: str, rule: str, kinds: tuple[Kind, ...], **hypers: float) -> Payload:
    race, checked = _run(shape, rule, **hypers)
    objective = QUADRATICS[shape].resolved_objective
    return stage_payload(objective, race, kinds, 300, "", dials=_dials(shape, rule), checked=checked)


def test_a_view_of_theory_says_which_numbers_its_axes_turn_and_what_the_run_measured() -> None:
    payload = _payload("bowl", "nesterov", ("plane", "gauge", "tuning"))
    _, gauge, tuning = payload.data["views"]
    _, checked = _run("bowl", "nesterov")
    assert (gauge["turns"], tuning["turns"]) == (["nesterov_lr"], ["nesterov_lr", "nesterov_beta"])
    for view in (gauge, tuning):
        assert view["ground"] in [ground.id for ground in payload.grounds]
        known = view["theory"]
        assert (known["lr"], known["beta"], known["measured"]) == (checked.lr, checked.beta, checked.measured)
        assert known["keys"] == {"lr": "nesterov_lr", "beta": "nesterov_beta"}
        assert [regime["name"] for regime in known["regimes"]] == ["monotone", "oscillating", "diverging"]
    assert tuning["stars"] == [[checked.best.lr, checked.best.beta]]
    assert Regime.CYCLING.name.lower() not in str(gauge["theory"]["regimes"])
    packed(payload.data, payload.numbers)
    race, _ = _run("bowl", "nesterov")
    with pytest.raises(ValueError, match="needs what theory says"):
        stage_payload(QUADRATICS["bowl"].resolved_objective, race, ["gauge"], 300, "")


def test_what_theory_is_drawn_on_stays_while_its_numbers_are_turned() -> None:
    before, after = (
        _payload("ravine", "momentum", ("gauge", "tuning"), lr=lr, beta=beta) for lr, beta in ((0.01, 0.5), (0.04, 0.9))
    )
    assert before.grounds == after.grounds
    assert before.grounds != _payload("bowl", "momentum", ("gauge", "tuning")).grounds


@every_method
@every_shape
def test_a_dial_of_a_slider_keeps_a_number_as_the_slider_does(shape: str, rule: str) -> None:
    for dial in _dials(shape, rule).own[rule]:
        assert dial.kept(0.5) == hyper_state(dial.hyper, 0.5)
    (rate,) = RACERS["sgd"].optimizer.hypers
    assert slider_dial(rate, "lr").kept(0.01) == "0.01"


# --- The hand ---

_DRAGGED = """(specs, view, place) => {
    const turned = {};
    grips.NUMBERS.drag({ spec: (key) => specs[key], hold: (key, value) => (turned[key] = value) }, { view }, place);
    return turned;
}"""


def test_a_drag_turns_the_number_of_each_axis_by_its_dials_stops_and_within_its_ends(engine: Engine) -> None:
    specs = {dial.key: _dial(dial, (dial.name,), (0.5,)) for dial in _dials("ravine", "momentum").own["momentum"]}
    both, one = {"turns": ["momentum_lr", "momentum_beta"]}, {"turns": ["momentum_lr"]}
    assert engine.call(_DRAGGED, specs, both, [0.012345, 0.654321]) == {"momentum_lr": 0.0123, "momentum_beta": 0.65}
    assert engine.call(_DRAGGED, specs, one, [0.012345, 0.654321]) == {"momentum_lr": 0.0123}
    low, high = specs["momentum_lr"]["low"], specs["momentum_lr"]["high"]
    assert engine.call(_DRAGGED, specs, both, [-1, -1]) == {"momentum_lr": low, "momentum_beta": 0}
    assert engine.call(_DRAGGED, specs, both, [9, 9]) == {
        "momentum_lr": high,
        "momentum_beta": specs["momentum_beta"]["high"],
    }


def test_an_upright_line_is_near_at_any_height_and_a_mark_only_about_its_place(engine: Engine) -> None:
    away = "(view, mark, spot) => grips.NUMBERS.away(null, { view, mark }, spot)"
    assert engine.call(away, {"turns": ["lr"]}, [100, 50], [103, 400]) == 3
    assert engine.call(away, {"turns": ["lr", "beta"]}, [100, 50], [103, 54]) == 5
    # Nothing that can be turned is never near.
    assert engine.call(away, {"turns": []}, [100, 50], [100, 50]) is None
