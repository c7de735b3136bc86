"""The worked example: its numbers are those done by hand, its formula and its scripts say the same."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core import Run, trace
from core.export.line_scripts import example_script
from core.formula import parse
from core.formula.objective import MAX_CHARACTERS
from core.formula.words import digits
from core.lessons.steps import REPEATED, six_steps
from core.problems.example import Convention, Example, convention_rows
from core.problems.example_data import Data
from tests.programs import run_here

Array = npt.NDArray[np.float64]

EXAMPLE = Example()
ROUNDING = 1e-12
in_every_convention = pytest.mark.parametrize("convention", Convention)


def _random(points: int, size: float, offset: float, seed: int = 0) -> Data:
    x, y = size * np.random.default_rng(seed).normal(size=(2, points)).clip(-4, 4)
    return tuple(zip((x + offset).tolist(), y.tolist(), strict=True))


TABLES = {
    "the guide's": EXAMPLE.data,
    "two points": ((0.0, 1.0), (-2.5, 1e-3)),
    "ten": _random(10, 1.0, 0.0),
    "fifty": _random(50, 3.0, 1.0),
    "fifty large": _random(50, 1e5, 5e5),
    "eleven small": _random(11, 1e-4, 0.0),
    "one place": ((3.0, 1.0), (3.0, 2.0), (3.0, 4.0)),
    "one place, many": tuple((0.1, float(y)) for y in range(12)),
}
on_every_table = pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)


def test_the_step_is_the_one_done_by_hand() -> None:
    done = EXAMPLE.step
    assert done.predictions == pytest.approx([0.6, 1.1, 1.6], abs=ROUNDING)
    assert done.residuals == pytest.approx([-1.4, -2.9, -4.4], abs=ROUNDING)
    assert done.squares == pytest.approx([1.96, 8.41, 19.36], abs=ROUNDING)
    assert (done.slope_w, done.slope_b) == pytest.approx((-13.6, -5.8), abs=ROUNDING)
    assert (done.next_w, done.next_b) == pytest.approx((0.636, 0.158), abs=ROUNDING)
    assert done.next_predictions == pytest.approx([0.794, 1.43, 2.066], abs=ROUNDING)
    assert done.loss == pytest.approx(9.91, abs=ROUNDING)
    # Five decimals are known.
    assert done.next_loss == pytest.approx(7.84523, abs=5e-6)


def test_the_bowl_is_the_known_one() -> None:
    assert EXAMPLE.hessian == pytest.approx(np.array([[28 / 3, 4], [4, 2]]), abs=ROUNDING)
    # As many digits as are known.
    assert EXAMPLE.curvature.values == pytest.approx([0.24039, 11.09294], abs=5e-6)
    assert EXAMPLE.curvature.condition == pytest.approx(46.145, abs=5e-4)
    assert EXAMPLE.limit == pytest.approx(0.180295, abs=5e-7)
    assert EXAMPLE.share == pytest.approx(0.01 / 0.180295, rel=1e-5)
    assert EXAMPLE.solution == pytest.approx((2.0, 0.0), abs=ROUNDING)
    assert not EXAMPLE.flat


def test_the_convention_scales_the_gradient_and_the_limit() -> None:
    slopes = {kind: Example(convention=kind).step.slope_w for kind in Convention}
    assert list(slopes.values()) == pytest.approx([-13.6, -6.8, -40.8, -20.4], abs=ROUNDING)
    for kind, slope in slopes.items():
        assert Example(convention=kind).limit * slope == pytest.approx(EXAMPLE.limit * -13.6, rel=ROUNDING)
        assert kind.divisor(3) * kind.factor(3) == pytest.approx(1, rel=ROUNDING)


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_below_the_limit_the_run_settles(share: float) -> None:
    example = Example(lr=share * EXAMPLE.limit)
    # 2000 steps at a factor of at most 0.98.
    assert example.path(2000).x[-1] == pytest.approx([2, 0], abs=1e-8)
    assert example.share == pytest.approx(share)


def test_beyond_the_limit_the_run_diverges() -> None:
    assert Example(lr=0.19).path(2000).status.outcome == "diverged"
    # Slowly just beyond it: X05 of the fact check.
    slow = Example(lr=0.1803).path(200)
    assert slow.status.outcome == "finished"
    assert slow.loss[-1] > slow.loss[100]


def test_the_conventions_scale_slopes_and_limit() -> None:
    rows = convention_rows(Example())
    assert [row.name for row in rows] == [convention.label for convention in Convention]
    assert [row.slope_w for row in rows] == pytest.approx([-13.6, -6.8, -40.8, -20.4], abs=1e-12)
    assert [row.slope_b for row in rows] == pytest.approx([-5.8, -2.9, -17.4, -8.7], abs=1e-12)
    assert np.ptp([row.limit * row.slope_w for row in rows]) < 1e-12
    assert rows[0].percent == pytest.approx(100 * Example().share)


@in_every_convention
@on_every_table
def test_the_formula_equals_the_direct_computation(data: Data, convention: Convention) -> None:
    example = Example(data, convention=convention)
    assert len(example.formula) <= MAX_CHARACTERS
    lines = np.random.default_rng(1).normal(size=(2, 200)) * 3
    for text in (example.formula, example._completed):
        # Relative to the squares of all that is added up before it is squared: each addition may round by 1e-16.
        size = example.factor * sum((abs(lines[0] * x) + abs(lines[1]) + abs(y)) ** 2 for x, y in data)
        losses = parse(text).value(lines)
        assert (np.abs(losses - example.loss(*lines)) <= ROUNDING * size).all()


@in_every_convention
@on_every_table
def test_the_formula_has_the_gradient_and_the_curvature_of_the_example(data: Data, convention: Convention) -> None:
    example = Example(data, 0.5, 0.1, convention=convention)
    formula = parse(example.formula)
    hessian = example.hessian
    assert formula.hessian(np.zeros(2)) == pytest.approx(hessian, rel=ROUNDING, abs=ROUNDING * hessian.max())
    slopes = formula.grad(np.array([0.5, 0.1]))
    # Slopes that nearly cancel keep the rounding of what they are made of.
    size = 2 * example.factor * float(sum((abs(0.5 * x) + 0.1 + abs(y)) * (1 + abs(x)) for x, y in data))
    assert slopes == pytest.approx([example.step.slope_w, example.step.slope_b], abs=ROUNDING * size)
    assert example.formula == example.objective.formula
    # At the solution the gradient is 0 and no line nearby is better.
    best = np.array(example.solution)
    assert formula.grad(best) == pytest.approx([0, 0], abs=ROUNDING * size)


def test_few_points_are_written_one_by_one_and_many_as_completed_squares() -> None:
    assert EXAMPLE.formula == "((x + y - 2)**2 + (2*x + y - 4)**2 + (3*x + y - 6)**2)/3"
    assert Example(convention=Convention.SUM).formula == "(x + y - 2)**2 + (2*x + y - 4)**2 + (3*x + y - 6)**2"
    assert Example(convention=Convention.HALF_SUM).formula.endswith("/2")
    assert Example(((-1.5, -2.0), (0.0, 0.25))).formula == "((-1.5*x + y + 2)**2 + (0*x + y - 0.25)**2)/2"
    assert parse(Example(TABLES["fifty"]).formula).text.count("**2") == 2
    assert parse(Example(TABLES["one place, many"]).formula).text.count("**2") == 1


def test_the_path_begins_with_the_step() -> None:
    for example in (EXAMPLE, Example(TABLES["fifty"], -1.0, 2.0, 0.05)):
        path = example.path(3)
        assert path.loss[:2] == pytest.approx([example.step.loss, example.step.next_loss], rel=ROUNDING)
        assert path.x[1] == pytest.approx([example.step.next_w, example.step.next_b], rel=ROUNDING)
    assert trace(Run(EXAMPLE.objective.formula, "adam", (0.5, 0.1), 5)).loss[0] == pytest.approx(9.91)


@on_every_table
def test_the_objective_shows_the_start_and_the_solution(data: Data) -> None:
    objective = Example(data).objective
    for point in (objective.start, *objective.minima):
        assert all(low < number < high for (low, high), number in zip(objective.domain, point, strict=True))
    assert objective.reference == objective.formula


def test_equal_x_make_a_gutter_that_is_said_to_be_flat() -> None:
    for key in ("one place", "one place, many"):
        gutter = Example(TABLES[key], lr=1e-3)
        assert gutter.flat
        assert gutter.curvature.condition == np.inf
        # One step along the curved direction is enough, from anywhere.
        there = Example(TABLES[key], 5.0, -3.0, gutter.limit / 2).step
        assert there.next_loss == pytest.approx(float(gutter.loss(*gutter.solution)), rel=1e-9)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data": ((1.0, 2.0),)}, "2 to 50 rows"),
        ({"data": ((1.0, 2.0), (1.0, float("nan")))}, "Row 2: y"),
        ({"w": float("nan")}, "w must lie"),
        ({"b": 1e7}, "b must lie"),
        ({"lr": -0.1}, "lr must lie"),
        ({"lr": float("inf")}, "lr must lie"),
    ],
)
def test_settings_that_make_no_example_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Example(**changed)  # type: ignore[arg-type]


CASES = [
    EXAMPLE,
    Example(lr=0.19),
    Example(lr=1e6),
    Example(lr=0.0),
    Example(w=2.0, b=0.0),
    *(Example(data, -1.0, 2.0, 1e-3) for data in TABLES.values()),
    *(Example(convention=convention) for convention in Convention),
]


@pytest.mark.parametrize("example", CASES)
def test_the_six_steps_are_told_with_the_examples_numbers(example: Example) -> None:
    stages = six_steps(example)
    assert [stage.key for stage in stages] == ["initialise", "predict", "loss", "gradient", "update", "repeat"]
    for stage in stages:
        assert stage.sentence[0].isupper()
        assert stage.sentence.endswith(".")
        assert "nan" not in stage.sentence + stage.latex
        for text in (stage.latex, stage.symbols):
            assert text
            assert text.count("{") == text.count("}")
        assert "None" not in stage.latex
        assert all(np.isfinite(value) for value in stage.numbers.values())
    assert len(stages[1].numbers) == len(example.data)
    assert digits(example.step.loss) in stages[2].sentence
    assert stages[4].numbers["w"] == example.step.next_w


def test_the_six_steps_of_the_guides_example_show_its_numbers() -> None:
    by_key = {stage.key: stage for stage in six_steps(EXAMPLE)}
    assert r"\frac{(-1.4)^2 + (-2.9)^2 + (-4.4)^2}{3} = 9.91" in by_key["loss"].latex
    assert r"\frac{2}{3}\,\bigl(-1.4 \cdot 1 - 2.9 \cdot 2 - 4.4 \cdot 3\bigr)" in by_key["gradient"].latex
    assert r"{} &= -13.6\\" in by_key["gradient"].latex
    assert r"{} &= -5.8\end" in by_key["gradient"].latex
    assert "has to go up" in by_key["gradient"].sentence
    assert "falls from 9.91 to 7.845" in by_key["update"].sentence
    assert r"w_1 &= 0.5 - 0.01 \cdot (-13.6) = 0.636" in by_key["update"].latex
    assert f"After {REPEATED} steps" in by_key["repeat"].sentence
    for steps, beginning in ((1, "After 1 step of"), (7, "After 7 steps of")):
        assert beginning in six_steps(EXAMPLE, steps)[5].sentence
        assert rf"w_{{{steps}}} &= " in six_steps(EXAMPLE, steps)[5].latex
    assert "rises from" in six_steps(Example(lr=0.19))[4].sentence
    assert "Diverged at step" in six_steps(Example(lr=1.0))[5].sentence
    assert "already the best" in six_steps(Example(w=2.0, b=0.0))[3].sentence
    assert r"\vdots" in six_steps(Example(TABLES["ten"]))[1].latex


@pytest.mark.parametrize(
    ("convention", "loss", "slope"),
    [
        (Convention.MEAN, r"\frac{1}{n}\sum", r"\frac{2}{n}\sum"),
        (Convention.HALF_MEAN, r"\frac{1}{2n}\sum", r"\frac{2}{2n}\sum"),
        (Convention.SUM, r"J = \sum", r"2\sum"),
        (Convention.HALF_SUM, r"\frac{1}{2}\sum", r"\frac{2}{2}\sum"),
    ],
)
def test_the_symbols_state_the_convention(convention: Convention, loss: str, slope: str) -> None:
    stages = {stage.key: stage for stage in six_steps(Example(convention=convention))}
    assert loss in stages["loss"].symbols
    assert stages["gradient"].symbols.count(slope) == 2


def test_a_number_with_an_exponent_is_bracketed_where_it_is_squared() -> None:
    latex = six_steps(Example(((1e5, 2e-5), (2e5, 0.0)), 1.0, 0.0))[2].latex
    assert re.search(r"\(1 *\\cdot 10|\(10\^", latex)
    assert not re.search(r"\}\^2", latex.replace(")^2", ""))


def test_every_script_runs_and_finds_its_own_numbers(tmp_path: Path) -> None:
    scripts = [example_script(example, 40) for example in CASES]
    printed = [run_here(script, tmp_path).printed for script in scripts]
    for script, line in zip(scripts, printed, strict=True):
        assert max(map(len, script.splitlines())) <= 120
        assert line.count("\n") == 1
    path = EXAMPLE.path(40)
    w, b = path.x[-1]
    assert printed[0] == f"w = {w:.6g}, b = {b:.6g}, loss = {path.loss[-1]:.6g}\n"


@pytest.mark.parametrize("wrong", ["-13.5", "7.8"])
def test_a_script_with_a_wrong_number_fails(wrong: str, tmp_path: Path) -> None:
    script = example_script(EXAMPLE, 1)
    right = {"-13.5": repr(EXAMPLE.step.slope_w), "7.8": repr(float(EXAMPLE.path(1).loss[-1]))}[wrong]
    assert right in script
    with pytest.raises(AssertionError, match="not close"):
        run_here(script.replace(right, wrong), tmp_path)


def test_a_start_dragged_a_little_leaves_the_picture_as_it_is() -> None:
    domains = {Example(w=w, b=b).objective.domain for w in (0.4, 0.45, 0.5) for b in (0.5, 0.55)}
    assert len(domains) == 1
    assert Example(w=50.0).objective.domain not in domains
