"""What the catalogue of objectives promises: its points, values, derivatives and pictures are what they say."""

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from core.catalogue.objectives import (
    OBJECTIVES,
    VARIABLES,
    Objective,
    objective,
    own_objective,
    penalised,
    with_start_in_view,
)
from core.formula import FormulaError, parse

Array = npt.NDArray[np.float64]

# The keys that outside code relies on, in teaching order.
ONE_VARIABLE = ["parabola", "quartic", "cubic", "double_well", "wavy", "absolute", "plateau", "flat_quartic"]
TWO_VARIABLES = [
    "bowl",
    "ravine",
    "rosenbrock",
    "beale",
    "himmelblau",
    "saddle",
    "monkey_saddle",
    "rastrigin",
    "ackley",
    "booth",
    "matyas",
    "three_hump_camel",
    "six_hump_camel",
    "styblinski_tang",
    "levy",
    "mccormick",
    "goldstein_price",
    "hyperbola_valley",
]
# Documented as having too many local minima to list.
DOZENS_OF_MINIMA = {"rastrigin", "ackley", "levy"}
# Its minima are a curve, of which points are listed as representatives.
CURVE_OF_MINIMA = {"hyperbola_valley"}

EPSILON = float(np.finfo(np.float64).eps)

every = pytest.mark.parametrize("entry", OBJECTIVES.values(), ids=OBJECTIVES)
every_with_minima = pytest.mark.parametrize(
    "entry", [one for one in OBJECTIVES.values() if one.minima], ids=lambda one: one.key
)
every_with_two_variables = pytest.mark.parametrize(
    "entry", [one for one in OBJECTIVES.values() if one.dimension == 2], ids=lambda one: one.key
)


def _grid(entry: Objective, size: int = 401, zoom: float = 1.0) -> Array:
    """The points of a regular grid on the domain (times ``zoom``), of shape ``(d, size, …)``."""
    axes = [zoom * np.linspace(low, high, size) for low, high in entry.domain]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def _random(entry: Objective, count: int) -> Array:
    low, high = np.array(entry.domain).T[..., None]
    return np.random.default_rng(20).uniform(low, high, (entry.dimension, count))


def _value_tolerance(entry: Objective) -> float:
    """The rounding of a value near the minimum, whose largest terms are about 16, or 16 times the minimum."""
    assert entry.minimum is not None
    return 16 * EPSILON * (1 + abs(entry.minimum))


def _gradient_tolerance(entry: Objective, point: tuple[float, ...]) -> float:
    """What the gradient may be at a point that is rounded to double precision, with the rounding of its own terms."""
    hessian = entry.parsed.hessian(point)
    return 64 * EPSILON * float(np.abs(hessian).max()) * (1 + max(map(abs, point)))


def _inside(entry: Objective, point: npt.ArrayLike) -> bool:
    return all(low < number < high for number, (low, high) in zip(np.asarray(point), entry.domain, strict=True))


def test_the_keys_are_in_teaching_order_and_agree_with_the_declarations() -> None:
    assert [entry.key for entry in OBJECTIVES.values()] == list(OBJECTIVES)
    assert [key for key in OBJECTIVES if key in ONE_VARIABLE + TWO_VARIABLES] == ONE_VARIABLE + TWO_VARIABLES
    for key in ONE_VARIABLE + TWO_VARIABLES:
        assert OBJECTIVES[key].dimension == (1 if key in ONE_VARIABLE else 2)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OBJECTIVES["parabola"] = OBJECTIVES["cubic"]  # type: ignore[index]


@every
def test_each_objective_has_a_name_and_one_sentence_on_why_it_is_here(entry: Objective) -> None:
    assert entry.name
    # Somebody and a year: where to look.
    assert re.search(r"[A-Z]\w+.*\b\d{4}\b", entry.source)
    assert entry.idea.endswith(".")
    assert ". " not in entry.idea


def test_names_are_unique() -> None:
    assert len({entry.name for entry in OBJECTIVES.values()}) == len(OBJECTIVES)


@every
def test_the_formula_uses_every_variable_and_no_other(entry: Objective) -> None:
    assert entry.parsed.variables == ("x", "y")[: entry.dimension]
    slopes = entry.parsed.grad(_random(entry, 10))
    assert (slopes != 0).any(axis=1).all()


@every
def test_start_and_minima_lie_inside_the_domain(entry: Objective) -> None:
    for point in (entry.start, *entry.minima, *entry.other_minima):
        assert _inside(entry, point), point


@every
def test_no_minimum_is_listed_twice(entry: Objective) -> None:
    points = [*entry.minima, *entry.other_minima]
    assert len(set(points)) == len(points)


@every
def test_the_gradient_at_the_start_is_not_zero(entry: Objective) -> None:
    assert np.linalg.norm(entry.parsed.grad(entry.start)) > 1e-3


@every
def test_an_objective_has_a_lowest_value_exactly_if_it_has_minima(entry: Objective) -> None:
    assert (entry.minimum is None) == (not entry.minima)


@every_with_minima
def test_the_gradient_vanishes_at_the_minima_unless_there_is_a_kink(entry: Objective) -> None:
    for point in entry.minima:
        if not entry.kink:
            assert np.abs(entry.parsed.grad(point)).max() <= _gradient_tolerance(entry, point), point


@every_with_minima
def test_the_gradient_is_still_there_just_beside_the_minima_exactly_if_there_is_a_kink(entry: Objective) -> None:
    for point in entry.minima:
        for shift in (-1e-6, 1e-6):
            # The slopes at the kinks are 1 and 2.8; the largest curvature elsewhere, 1e3, makes 1e-3 of the shift.
            assert (np.linalg.norm(entry.parsed.grad(np.array(point) + shift)) > 0.1) == entry.kink


@every_with_minima
def test_the_value_at_every_minimum_is_the_declared_one(entry: Objective) -> None:
    for point in entry.minima:
        assert abs(entry.parsed.value(point) - entry.minimum) <= _value_tolerance(entry), point


@every_with_minima
@pytest.mark.parametrize("points", [_grid, lambda entry: _random(entry, 100_000)], ids=["grid", "random"])
def test_no_value_in_the_domain_is_lower_than_the_minimum(
    entry: Objective, points: Callable[[Objective], Array]
) -> None:
    values = entry.parsed.value(points(entry))
    assert np.isfinite(values).all()
    assert values.min() >= entry.minimum - _value_tolerance(entry)


@pytest.mark.parametrize("key", [key for key, entry in OBJECTIVES.items() if not entry.minima])
def test_an_objective_without_minima_is_unbounded_below(key: str) -> None:
    entry = OBJECTIVES[key]
    lowest = [entry.parsed.value(_grid(entry, 101, zoom)).min() for zoom in (1, 10, 100, 1000)]
    # Both are homogeneous of degree 3: ten times as far is a thousand times as low.
    assert all(further < 900 * near for near, further in pairwise(lowest))


@every
def test_the_other_minima_are_local_minima_and_higher(entry: Objective) -> None:
    for point in entry.other_minima:
        assert np.abs(entry.parsed.grad(point)).max() <= _gradient_tolerance(entry, point), point
        assert np.linalg.eigvalsh(entry.parsed.hessian(point)).min() > 0, point
        # The least difference in the catalogue is 0.16, between the ripples of wavy.
        assert entry.parsed.value(point) > entry.minimum + 0.1, point


def _dips(entry: Objective) -> Array:
    """The points of a grid that are lower than all their neighbours, of shape ``(d, count)``."""
    points = _grid(entry)
    values = entry.parsed.value(points)
    inner = (slice(1, -1),) * entry.dimension
    lower = np.ones_like(values[inner], dtype=bool)
    for shift in np.ndindex((3,) * entry.dimension):
        if shift != (1,) * entry.dimension:
            lower &= values[inner] < values[tuple(slice(at, at + values.shape[0] - 2) for at in shift)]
    return points[(slice(None), *inner)][:, lower]


@pytest.mark.parametrize("key", [key for key in OBJECTIVES if key not in DOZENS_OF_MINIMA | CURVE_OF_MINIMA])
def test_every_local_minimum_in_the_domain_is_listed(key: str) -> None:
    entry = OBJECTIVES[key]
    known = np.array([*entry.minima, *entry.other_minima])
    for point in _dips(entry).T:
        for _ in range(60):
            hessian = entry.parsed.hessian(point)
            point = point - np.linalg.lstsq(hessian, entry.parsed.grad(point), rcond=None)[0]
        # A dip of the grid need not be one of the function: it may be a notch of a slanting valley.
        if _inside(entry, point) and np.linalg.eigvalsh(hessian).min() > 1e-6:
            # Newton's method has converged to rounding; the minima are further than 0.1 apart.
            assert np.abs(known - point).max(axis=1).min() < 1e-6, point


@pytest.mark.parametrize("key", sorted(DOZENS_OF_MINIMA))
def test_the_local_minima_left_out_are_dozens(key: str) -> None:
    assert _dips(OBJECTIVES[key]).shape[1] >= 36
    assert OBJECTIVES[key].other_minima == ()


@every
def test_gradient_and_hessian_agree_with_central_differences(entry: Objective) -> None:
    points = _random(entry, 200)
    # The step balances truncation, step², against rounding, epsilon/step. With it both stay below 1e-7 of the largest
    # slope (curvature) among the points; a wrong term is of its size.
    step = EPSILON ** (1 / 3) * 4
    for exact, function in (
        (entry.parsed.grad(points), entry.parsed.value),
        (entry.parsed.hessian(points), entry.parsed.grad),
    ):
        shifts = step * np.eye(entry.dimension)[:, :, None]
        differences = np.stack([(function(points + shift) - function(points - shift)) / (2 * step) for shift in shifts])
        assert np.abs(exact - differences).max() <= 1e-7 * np.abs(differences).max() + 1e-9


def test_the_quartic_has_its_minimum_at_nine_quarters_and_is_flat_at_zero() -> None:
    quartic = OBJECTIVES["quartic"]
    # Exact in binary: 2.25 and its powers have few digits.
    assert quartic.minima == ((2.25,),)
    assert quartic.parsed.value([2.25]) == quartic.minimum == -6.54296875
    assert quartic.parsed.grad([2.25]) == 0
    assert quartic.parsed.grad([0.0]) == 0
    assert quartic.parsed.hessian([0.0]) == 0


@pytest.mark.parametrize(
    ("key", "point", "value"),
    [("rosenbrock", (-1.5, 2.0), 12.5), ("beale", (1.0, 1.0), 14.203125), ("saddle", (0.0, 0.0), 0.0)],
)
def test_known_values_are_exact(key: str, point: tuple[float, float], value: float) -> None:
    # Exact in binary: the points and all intermediate values have few digits.
    assert OBJECTIVES[key].parsed.value(point) == value


def test_rosenbrock_and_beale_start_where_the_guide_says() -> None:
    assert OBJECTIVES["rosenbrock"].start == (-1.5, 2.0)
    assert OBJECTIVES["beale"].start == (1.0, 1.0)


@every_with_two_variables
def test_levels_are_logarithmic_where_the_lowest_twentieth_of_the_range_fills_a_sixth_of_the_domain(
    entry: Objective,
) -> None:
    values = entry.parsed.value(_grid(entry))
    share = np.mean(values - values.min() < np.ptp(values) / 20)
    # The nearest on either side are ravine, 0.142, and himmelblau, 0.194, so the grid's own error does not matter.
    assert entry.levels == ("log" if share > 1 / 6 else "linear")


@every
def test_logarithmic_levels_have_a_minimum_to_start_from(entry: Objective) -> None:
    assert entry.levels == "linear" or entry.minimum is not None


@every
def test_a_key_gives_the_catalogues_objective(entry: Objective) -> None:
    assert objective(entry.key, entry.dimension) is entry


@every
@pytest.mark.parametrize("excess", [-1, 1, 2])
def test_a_key_with_the_wrong_number_of_variables_is_refused(entry: Objective, excess: int) -> None:
    dimension = entry.dimension + excess
    with pytest.raises(ValueError, match=rf"^{entry.key} .*{entry.dimension} variable.*{dimension} variable"):
        objective(entry.key, dimension)


@pytest.mark.parametrize(("text", "dimension"), [("x**2 + 1", 1), ("x**2 + sin(3*y)", 2), ("x", 1), ("pi", 2)])
def test_any_other_text_is_a_visitors_own_formula(text: str, dimension: int) -> None:
    own = objective(text, dimension)
    assert (own.key, own.name, own.formula) == ("own", "Own formula", text)
    assert own.dimension == dimension
    assert _inside(own, own.start)
    assert own.parsed.text == text


def test_one_text_gives_equal_objectives() -> None:
    assert objective("x**2 + y", 2) == objective("x**2 + y", 2)
    assert hash(objective("x**2 + y", 2)) == hash(objective("x**2 + y", 2))


@pytest.mark.parametrize(("text", "dimension"), [("x + y", 1), ("x +", 2), ("", 2), ("__import__('os')", 2), ("z", 2)])
def test_a_text_that_is_no_formula_is_refused_by_the_language(text: str, dimension: int) -> None:
    with pytest.raises(FormulaError):
        objective(text, dimension)


def test_a_word_that_is_no_key_is_refused_with_the_keys_and_a_near_one() -> None:
    with pytest.raises(
        ValueError, match=r"Unknown objective .*rosenbrok.*known are parabola, .*mean rosenbrock"
    ) as seen:
        objective("rosenbrok", 2)
    assert not isinstance(seen.value, FormulaError)
    with pytest.raises(ValueError, match="Unknown objective") as seen:
        objective("qqqqqq", 2)
    assert "mean" not in str(seen.value)


@pytest.mark.parametrize("dimension", [0, 3])
def test_a_formula_of_other_than_one_or_two_variables_is_refused(dimension: int) -> None:
    with pytest.raises(ValueError, match=f"1 or 2 variables.*{dimension}"):
        objective("x**2", dimension)


@every
def test_a_penalty_draws_the_minimum_towards_zero(entry: Objective) -> None:
    text = penalised(entry)
    point = np.asarray(entry.start)
    there = parse(text, VARIABLES[: entry.dimension]).value(point)
    assert there == pytest.approx(entry.parsed.value(point) + 0.1 * point @ point)
    own = own_objective(text, entry.dimension)
    # McCormick's function is lower outside the domain that is drawn.
    if entry.minima and own.minima and entry.key != "mccormick":
        assert np.linalg.norm(own.minima, axis=-1).min() <= np.linalg.norm(entry.minima, axis=-1).min() + 1e-9


def test_the_domain_of_a_formula_grows_in_steps_to_a_start_outside_of_it() -> None:
    # The report that averages its momentum starts at -4, one beyond what is shown around the minimum.
    valley = own_objective("0.05*x**2 + 5*y**2", 2)
    assert valley.domain == ((-3.0, 3.0), (-3.0, 3.0))
    assert with_start_in_view(valley, (-4.0, 1.5)).domain == ((-4.5, 3.0), (-3.0, 3.0))
    assert with_start_in_view(valley, (-3.8, 7.0)).domain == ((-4.5, 3.0), (-3.0, 7.5))
    assert with_start_in_view(valley, (2.9, -3.0)) == valley
    # Around this start the domain would be a speck.
    assert with_start_in_view(valley, (1e4, 0.0)) == valley
    line = own_objective("(x - 2)**2", 1)
    ((low, high),) = with_start_in_view(line, (-6.0,)).domain
    assert low < -6 < high == line.domain[0][1]


def test_the_domain_of_a_shipped_objective_is_the_one_it_declares() -> None:
    assert with_start_in_view(OBJECTIVES["bowl"], (9.0, 9.0)) is OBJECTIVES["bowl"]
