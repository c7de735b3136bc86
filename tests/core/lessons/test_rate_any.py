"""Theory of a function of one's own: that of the quadratic at its minimum, measured near it, or the reason why not."""

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.objectives import objective
from core.catalogue.racers import RACERS, own_racer
from core.engine.trace import Path
from core.formula.words import digits
from core.lessons.rate_any import ANY, any_opening, any_rate, reaching
from core.lessons.rate_check import QUADRATICS, Check, beside_sentences, check, check_any, rate_sentences
from core.problems.theory import METHODS, stable_limit

# stats.stackexchange.com/questions/432707.
ASKED = "(41678*x^2+1704*x*y+20*y^2-228972*x-5260*y+347080)/20"
every_rule = pytest.mark.parametrize("rule", METHODS)


def _path(text: str, rule: str, start: tuple[float, ...], steps: int = 200, **hypers: float) -> Path:
    declared = objective(text, len(start))
    return trace(Run(declared.reference, rule, start, steps, {**any_opening(rule, declared), **hypers}))


def _checked(path: Path) -> Check:
    checked = check_any(path)
    assert isinstance(checked, Check), checked
    return checked


@every_rule
def test_the_ravine_in_the_words_of_a_visitor_is_checked_as_the_shipped_one(rule: str) -> None:
    scenario = QUADRATICS["ravine"]
    run = Run("ravine", rule, (-2.7, 0.83), 100, scenario.rules[rule])
    shipped, own = trace(run), trace(Run("(x^2 + 100*y^2)/2", rule, (-2.7, 0.83), 100, scenario.rules[rule]))
    expected = check(shipped, OBJECTIVES["ravine"])
    for path in (shipped, own):
        checked = _checked(path)
        for name in Check.__dataclass_fields__:
            if name != "bowl":
                np.testing.assert_array_equal(getattr(checked, name), getattr(expected, name), name)
        np.testing.assert_array_equal(checked.bowl.values, expected.bowl.values)
        assert rate_sentences(path, checked) == rate_sentences(shipped, expected)


def test_a_public_question_gets_its_known_answer() -> None:
    checked = _checked(_path(ASKED, "sgd", (0.0, 0.0), lr=0.0005))
    assert checked.everywhere
    # As many digits as were published.
    assert checked.minimum == pytest.approx((0.45478, 112.126), rel=1e-5)
    assert checked.limit == pytest.approx(0.00047967, rel=1e-5)
    assert 1 - 0.0005 * checked.largest == pytest.approx(-1.08477, rel=1e-5)
    assert checked.factor(0.0005) == pytest.approx(1.08477, rel=1e-5)
    assert checked.measured == pytest.approx(1.08477, rel=1e-5)


@pytest.mark.parametrize("share", [0.2, 0.35])
@every_rule
@pytest.mark.parametrize(
    ("text", "start"), [("x^4 - 3*x^3 + 2", (2.6,)), ("quartic", (1.5,)), ("himmelblau", (-0.5, -0.5))]
)
def test_near_a_minimum_a_run_shrinks_as_predicted(
    text: str, start: tuple[float, ...], rule: str, share: float
) -> None:
    hypers = {} if rule == "sgd" else {"beta": 0.5}
    limit = _checked(_path(text, rule, start, **hypers)).limit
    checked = _checked(_path(text, rule, start, 400, lr=share * limit, **hypers))
    assert not checked.everywhere
    assert checked.measured is not None
    # With momentum the distance swings, and a fit over two or three swings meets them somewhere.
    assert checked.measured == pytest.approx(checked.factor(checked.lr), rel=0.02 if rule == "sgd" else 0.05)


def test_the_words_say_where_theory_holds_and_how_far_away_the_run_ends() -> None:
    path = _path("x^4 - 3*x^3 + 2", "sgd", (1.2,), 12)
    checked = _checked(path)
    shape, *_, best = rate_sentences(path, checked)
    assert "no quadratic. Near its minimum x = 2.25" in shape
    assert f"curvature L = {digits(20.25)}" in shape
    assert f"ends {digits(abs(path.x[-1, 0] - 2.25))} away from it" in shape
    assert "near the minimum, α = 0.04938" in best
    path = _path("x^4 - 3*x^3 + 2", "sgd", (1.2,), 300)
    assert "ends exactly there" in rate_sentences(path, _checked(path))[0]
    lasting = _path("x^4 - 3*x^3 + 2", "sgd", (2.3,), 300, lr=0.105)
    assert "near the minimum nothing shrinks" in " ".join(rate_sentences(lasting, _checked(lasting)))


def test_a_run_that_arrives_is_measured_on_its_way() -> None:
    path = _path("himmelblau", "sgd", (-0.5, -0.5))
    checked = _checked(path)
    pace = rate_sentences(path, checked)[2]
    assert f"of your run: **{digits(checked.measured)}**" in pace
    assert f"exactly at the minimum from step {checked.arrived} on" in pace


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [("x^4", (1.0,), "second derivatives are 0"), ("abs(x)", (1.0,), "kink"), ("x*y", (1.0, 1.0), "No minimum")],
)
def test_where_theory_does_not_apply_it_says_why(text: str, start: tuple[float, ...], words: str) -> None:
    reason = check_any(_path(text, "sgd", start))
    assert isinstance(reason, str)
    assert words in reason


@every_rule
@pytest.mark.parametrize("key", OBJECTIVES)
def test_every_function_opens_below_its_limit_on_a_slider_that_passes_it(key: str, rule: str) -> None:
    declared = OBJECTIVES[key]
    opening, rate = any_opening(rule, declared), any_rate(rule, declared)
    low, high = rate.slider
    assert rate.bounds[0] <= low <= opening["lr"] <= high
    assert set(opening) == {hyper.name for hyper in RACERS[rule].optimizer.hypers}
    checked = check_any(trace(Run(key, rule, declared.start, 5, opening)))
    if isinstance(checked, Check) and checked.minimum == declared.minima[0]:
        beta = opening.get("beta", 0.0)
        assert opening["lr"] < stable_limit(rule, checked.bowl.largest, beta) < high


def test_the_chips_open_with_functions_of_their_number_of_variables() -> None:
    assert [one.resolved_objective.dimension for one in ANY.values()] == [1, 2]
    for scenario in ANY.values():
        declared = scenario.resolved_objective
        path = _path(declared.key, "sgd", declared.start, scenario.steps)
        checked = _checked(path)
        # What a visitor sees first: a prediction, and a run that keeps to it.
        assert checked.measured == pytest.approx(checked.factor(checked.lr), rel=0.02)


# --- Rules that have no closed form ---


def test_a_rule_of_ones_own_shrinks_as_its_lines_say() -> None:
    text = "beta: (0, 1) = 0.6\nm = beta*m + (1 - beta)*g\nx = x - lr*(m + g)"
    checked = _checked(_path("booth", "sgd", (3.0, -2.0)))
    path = trace(Run("booth", text, (3.0, -2.0), 120, {"lr": 0.04}))
    (said,) = beside_sentences([(own_racer(text), path)], checked)
    distances = np.linalg.norm(path.x - checked.minimum, axis=1)
    # One real eigenvalue is ahead of the others by now, and rounding far below; four digits are shown.
    factor = (distances[105] / distances[85]) ** (1 / 20)
    assert f"a factor of {digits(factor)} per step; measured over steps 54 to 108: {digits(factor)}." in said


@every_rule
def test_the_lines_of_a_rule_with_a_closed_form_say_what_that_says(rule: str) -> None:
    checked = _checked(_path("himmelblau", rule, (-0.5, -0.5)))
    path = _path("himmelblau", rule, (-0.5, -0.5))
    (said,) = beside_sentences([(RACERS[rule], path)], checked)
    assert f"a factor of {digits(checked.factor(checked.lr))} per step" in said


def test_a_rule_that_no_factor_describes_says_why_and_none_fails() -> None:
    checked = _checked(_path("booth", "sgd", (3.0, -2.0)))
    race = [(racer, trace(Run("booth", racer.optimizer.key, (3.0, -2.0), 40))) for racer in RACERS.values()]
    said = dict(zip([racer.key for racer, _ in race], beside_sentences(race, checked), strict=True))
    assert "no derivative at a minimum" in said["adam"]
    assert "mixes the weights" in said["muon"]
    assert all(sentence.endswith(".") for sentence in said.values())
    path = trace(Run("booth", "momentum", (3.0, -2.0), 40, schedule="cosine"))
    (scheduled,) = beside_sentences([(RACERS["momentum"], path)], checked)
    assert "no single factor" in scheduled
    (short,) = beside_sentences([(RACERS["momentum"], trace(Run("booth", "momentum", (3.0, -2.0), 4)))], checked)
    assert "too short to measure" in short


@pytest.mark.parametrize("key", OBJECTIVES)
def test_the_slider_of_a_learning_rate_shows_what_is_too_large(key: str) -> None:
    declared = OPTIMIZERS["sgd"].hypers[0]
    low, high = reaching(declared, OBJECTIVES[key]).slider
    assert low == declared.slider[0]
    assert high >= declared.slider[1]
    minimum = OBJECTIVES[key].minima[:1]
    if minimum and (curvature := np.linalg.eigvalsh(OBJECTIVES[key].parsed.hessian(np.array(minimum[0])))[-1]) > 1e-9:
        assert high > 1.1 * 2 / curvature
    reaching(declared, objective("x**3", 1))


def test_the_walk_of_the_home_page_can_be_turned_until_it_runs_away() -> None:
    assert reaching(OPTIMIZERS["sgd"].hypers[0], OBJECTIVES["parabola"]).slider[1] == 3.0
