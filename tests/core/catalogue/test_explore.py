"""What is found of a formula, held against what the catalogue declares of its own and against the formula's values."""

from typing import Any

import numpy as np
import pytest

from core.catalogue.explore import LOW, WIDE, explore
from core.catalogue.objectives import OBJECTIVES, VARIABLES, Objective, own_objective
from core.figures import LIGHT, contour
from core.formula import read
from tests.core.formula.test_hostile import MEANINGFUL
from ui.kit.limits import MAX_START

CATALOGUE = list(OBJECTIVES.values())
every = pytest.mark.parametrize("shipped", CATALOGUE, ids=[shipped.key for shipped in CATALOGUE])
TYPED = [
    "x**2 + y**2", "x", "5", "x*y", "sin(x)*cos(y)", "abs(x) + abs(y - 1)", "log(x) + y**2", "sqrt(x) + sqrt(y)",
    "(x - 50)**2 + (y + 20)**2", "1/x + y", "exp(x + y)", "x**2", "max(x, y)", "exp(-x**2 - y**2)", "(x + y)**2",
    "x**4 + 4*x**2*y + 4*y**2 + 2*x + 2*y", "where(x > 0, x, -x) + y**2", "x**3 - 3*x", "sin(x)**2 + abs(y - 1)",
    "x**x", "tan(x)",
]  # fmt: skip


def typed(shipped: Objective) -> Objective:
    """``shipped`` as if a visitor had typed it."""
    return own_objective(shipped.formula, shipped.dimension)


def inside(objective: Objective, point: tuple[float, ...]) -> bool:
    return all(low <= number <= high for number, (low, high) in zip(point, objective.domain, strict=True))


def around(point: tuple[float, ...], radius: float) -> Any:
    if len(point) == 1:
        return np.array([[point[0] - radius, point[0] + radius]])
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.array(point)[:, None] + radius * np.stack([np.cos(turns), np.sin(turns)])


def grid(objective: Objective) -> Any:
    # Not the points that were looked at.
    sides = [np.linspace(low, high, 97) for low, high in objective.domain]
    values = objective.parsed.value(np.stack([side.ravel() for side in np.meshgrid(*sides)]))
    return values[np.isfinite(values)]


def check_marks(own: Objective) -> None:
    """Every mark is what it says, in the part that is shown."""
    for point in own.minima + own.other_minima:
        assert inside(own, point)
        value = float(own.parsed.value(point))
        for radius in (1e-3, 1e-4):
            # A value is known to a few units in its last place.
            assert (own.parsed.value(around(point, radius)) >= value - 1e-13 * (1 + abs(value))).all()
    if own.minimum is None:
        assert own.minima == ()
    else:
        span = float(np.ptp(grid(own)))
        assert grid(own).min() >= own.minimum - 1e-9 * span
        assert own.parsed.value(np.array(own.minima).T) == pytest.approx(own.minimum, abs=2e-9 * span)


@every
def test_what_the_catalogue_knows_is_found_of_the_formula_alone(shipped: Objective) -> None:
    own = typed(shipped)
    check_marks(own)
    # Where minima form a curve, other points may stand for it.
    if shipped.key == "hyperbola_valley":
        return
    lowest = [point for point in shipped.minima if inside(own, point)]
    if own.minimum is not None and lowest and own.minimum == pytest.approx(shipped.minimum, abs=1e-9):
        assert own.kink == shipped.kink
        assert sorted(own.minima) == [pytest.approx(point, abs=1e-8) for point in sorted(lowest)]
    else:
        # The shown part of a trough without an end has a lower dip, or none is the lowest.
        assert shipped.key in ("cubic", "monkey_saddle", "mccormick")
    for point in shipped.other_minima:
        known = own.minima + own.other_minima
        assert not inside(own, point) or any(point == pytest.approx(other, abs=1e-8) for other in known)


@pytest.mark.parametrize("text", TYPED)
def test_nothing_false_is_marked_on_what_people_type(text: str) -> None:
    check_marks(own_objective(text, 2))
    if "y" not in text:
        check_marks(own_objective(text, 1))


@pytest.mark.parametrize("text", MEANINGFUL)
@pytest.mark.parametrize("dimension", [1, 2])
def test_a_formula_without_sense_is_shown_all_the_same(text: str, dimension: int) -> None:
    own = own_objective(text, dimension)
    assert all(-1e7 < low < high < 1e7 for low, high in own.domain)
    assert inside(own, own.start)


@pytest.mark.parametrize(
    "own", [*map(typed, CATALOGUE), *(own_objective(text, 2) for text in TYPED)], ids=lambda own: own.formula[:40]
)
def test_heights_are_logarithmic_where_evenly_spaced_lines_would_leave_the_picture_empty(own: Objective) -> None:
    values = grid(own)
    share = float(np.mean(values - values.min() < LOW * np.ptp(values)))
    if own.minimum is None or own.dimension == 1:
        assert own.levels == "linear"
    # So near the limit another grid may decide otherwise.
    elif abs(share - WIDE) > 0.01:
        assert own.levels == ("log" if share > WIDE else "linear")


@pytest.mark.parametrize(
    "own", [*map(typed, CATALOGUE), *(own_objective(text, 2) for text in TYPED)], ids=lambda own: own.formula[:40]
)
def test_a_path_starts_in_the_picture_where_the_formula_has_a_value(own: Objective) -> None:
    assert inside(own, own.start)
    assert np.isfinite(own.parsed.value(own.start))


@pytest.mark.parametrize("shift", [(0.0, 0.0), (7.0, 0.0), (-40.0, 300.0), (0.25, -2000.0)])
def test_the_picture_goes_where_the_minimum_is(shift: tuple[float, float]) -> None:
    x, y = shift
    own = own_objective(f"(x - ({x}))**2 + 3*(y - ({y}))**2 + 1", 2)
    assert own.minima == (shift,)
    assert own.minimum == 1
    assert inside(own, shift)
    assert all(high - low == 6 for low, high in own.domain)


@pytest.mark.parametrize("far", [9e4, -9e4, 999_999, -999_999, 1e9])
def test_a_path_starts_where_a_start_may_be(far: float) -> None:
    for own in (own_objective(f"(x - ({far}))**2 + y**2", 2), own_objective(f"(x**2 - {abs(far)}**2)**2", 1)):
        assert all(abs(number) < MAX_START for number in own.start)


@pytest.mark.parametrize("text", ["1/x + y", "x - 1/y", "x*y/(x - 1)**4"])
def test_a_pole_is_no_place_to_look_at(text: str) -> None:
    assert own_objective(text, 2).domain == ((-3.0, 3.0), (-3.0, 3.0))


def test_a_minimum_that_is_a_kink_is_one() -> None:
    assert own_objective("abs(x) + y**2", 2).kink
    assert own_objective("1000*sqrt((x - 2)**2 + y**2) + 1e4", 2).kink
    assert not own_objective("x**4 + y**2", 2).kink


def stars(objective: Objective) -> list[Any]:
    figure = contour(objective, [], LIGHT)
    marks = [trace for trace in figure.data if trace.type == "scatter" and "star" in str(trace.marker.symbol)]
    return [(*trace.x, *trace.y, *trace.hovertext) for trace in marks]


def test_rosenbrock_typed_by_hand_looks_like_rosenbrock_chosen() -> None:
    shipped = OBJECTIVES["rosenbrock"]
    strict = read("f(x, y) = (1 - x)² + 100(y - x²)²", VARIABLES)
    own = own_objective(strict, 2)
    assert own.minima == shipped.minima
    assert own.minimum == shipped.minimum
    assert own.levels == shipped.levels
    assert stars(own) == stars(shipped) != []
    notes = [contour(objective, [], LIGHT).layout.meta["levels"] for objective in (own, shipped)]
    assert all(note.startswith("contour lines at powers of") for note in notes)


def test_one_text_is_explored_once() -> None:
    assert own_objective("x**2 + y**4", 2) is own_objective("x**2 + y**4", 2)
    assert explore(own_objective("x", 1).parsed).domain == ((-3.0, 3.0),)
