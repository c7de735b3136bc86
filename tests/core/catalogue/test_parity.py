"""Every shipped rule takes the steps of other people's implementations of it (see ``tests.core.catalogue.oracles``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.optimizers import Optimizer
from core.engine.gradients import GivenGradient
from core.engine.program import program
from core.formula import Formula, parse, parse_rule
from core.formula.graph import Graph
from core.formula.lower import Values
from core.formula.rule import Kind
from tests.core.catalogue.loud import REACH, halves, loud, steady
from tests.core.catalogue.oracles import ORACLES, Snapshot, muon_in_bfloat16, newton_schulz, sam_in_double

Array = npt.NDArray[np.float64]

STEPS = 25
PATH_STEPS = 200
# Rounding of one step: a few dozen operations of 1e-16 each, and cancellation of up to two digits.
TOLERANCE = 1e-12
# pytorch_optimizer.SAM computes the norm of the gradient in float32, which shifts the point of its second gradient by
# 6e-8 of rho; the step from there changes by lr times the curvature, about 2, of that.
TOLERANCES = {"sam": 1.2e-7}
# Rounding of 200 steps where it does not grow. optax's Polyak step stands still once the squared gradient is below
# 2.2e-16, which on the bowl is up to 1.5e-8 from the minimum.
PATH_TOLERANCES = {"polyak": 1.5e-8}
PATH_TOLERANCE = 1e-10
# In a ravine no run of Barzilai and Borwein's rule is steady: every step multiplies a difference along one direction.
UNSTEADY = {("barzilai_borwein", "ravine")}

SURFACES = ("rosenbrock", "beale", "ravine", "himmelblau")


@dataclass(frozen=True)
class Case:
    """A rule on an objective at complete settings."""

    optimizer: Optimizer
    objective: str
    hypers: Mapping[str, float]

    @property
    def formula(self) -> Formula:
        return OBJECTIVES[self.objective].parsed

    @property
    def start(self) -> Array:
        return np.array(OBJECTIVES[self.objective].start)

    def __str__(self) -> str:
        settings = ",".join(f"{name}={value:g}" for name, value in self.hypers.items())
        return f"{self.optimizer.key}-{self.objective}-{settings}"


@cache
def _settings(key: str) -> list[dict[str, float]]:
    """Complete settings of the optimizer ``key``: its defaults and loud ones, each as fast as the surfaces allow."""
    defaults = {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers}
    largest = OPTIMIZERS[key].hypers[0].slider[1]
    louder = [{"lr": largest, **more} for more in loud(OPTIMIZERS[key].hypers)]
    return [_slowed(key, given) for given in (defaults, *louder)]


def _slowed(key: str, hypers: Mapping[str, float]) -> dict[str, float]:
    """``hypers`` with the learning rate halved until no path goes beyond ``REACH``."""
    for rate in halves(hypers["lr"]):
        slower = {**hypers, "lr": rate}
        paths = [trace(Run(surface, key, OBJECTIVES[surface].start, STEPS, slower)).x for surface in SURFACES]
        if max(np.abs(path).max() for path in paths) <= REACH:
            return slower
    raise AssertionError(f"At no learning rate does {key} stay near.")


def _case(key: str, surface: str, setting: int) -> Case:
    return Case(OPTIMIZERS[key], surface, _settings(key)[setting])


surfaces = pytest.mark.parametrize("surface", SURFACES)
settings = pytest.mark.parametrize("setting", range(4), ids=["defaults", "loud", "louder", "loudest"])


def _sizes(case: Case) -> dict[str, int]:
    rule = case.optimizer.parsed
    return {name: len(case.start) if rule.kinds[name] is Kind.TENSOR else 1 for name in rule.state}


def _compiled_step(case: Case, before: Snapshot, t: int, recording: bool) -> Snapshot:
    """Our step number ``t`` from ``before``, by the code that runs; from the rule's own start if there is no state."""
    rule = case.optimizer.parsed
    compiled = program(case.formula, rule, False, False, recording)
    # Recording code takes scalars, the other kind arrays of runs and, for state shared by all of them, scalars.
    number = (lambda value: np.float64(value)) if recording else (lambda value: np.array([value]))
    point = tuple(map(number, before.x))
    lr, *hypers = (np.float64(case.hypers[name]) for name in rule.hypers)
    if before.state:
        assert set(before.state) == set(rule.state)
        state = tuple(
            number(value) if rule.kinds[name] is Kind.TENSOR else np.float64(value)
            for name in rule.state
            for value in np.atleast_1d(before.state[name])
        )
    else:
        state = compiled.start(point, (*hypers, lr))
    with np.errstate(all="ignore"):
        x, state = compiled.run(point, state, tuple(hypers), np.float64(STEPS), None, [(np.float64(t), lr)], bool)
    flat = iter([float(np.ravel(value)[0]) for value in state])
    return Snapshot(
        np.array([float(np.ravel(value)[0]) for value in x]),
        {name: np.array([next(flat) for _ in range(size)]) for name, size in _sizes(case).items()},
    )


def _folded_step(case: Case, before: Snapshot, t: int) -> Snapshot:
    """The same by writing the rule into a graph whose inputs are all numbers, so that every result is one."""
    rule, graph = case.optimizer.parsed, Graph()

    def put(values: npt.ArrayLike) -> Values:
        return tuple(graph.constant(float(value)) for value in np.atleast_1d(np.asarray(values)))

    hypers = {name: put(value) for name, value in case.hypers.items()}
    point = put(before.x)
    state = {name: put(values) for name, values in before.state.items()} or rule.start(graph, point, hypers)
    step = rule.step(graph, point, {**hypers, **state, "t": put(t), "T": put(STEPS)}, GivenGradient(case.formula))
    get = lambda name: np.array([graph.number(value) for value in step.names[name]], dtype=np.float64)  # noqa: E731
    return Snapshot(get("x"), {name: get(name) for name in rule.state})


def _difference(ours: Array, theirs: Array) -> float:
    """The largest difference, relative to numbers beyond 1; NaN if either has one."""
    return float((np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))).max())


def _snapshots(case: Case, count: int) -> list[Snapshot]:
    return list(islice(ORACLES[case.optimizer.key](case.formula, case.start, case.hypers), count))


def _tolerance(case: Case, before: Snapshot) -> float:
    if case.optimizer.key != "newton":
        return TOLERANCES.get(case.optimizer.key, TOLERANCE)
    # Both ways of solving are exact to rounding times the condition number.
    damped = case.formula.hessian(before.x) + case.hypers["damping"] * np.eye(len(before.x))
    return 1e-14 * float(np.linalg.cond(damped))


def test_every_hyperparameter_is_tested_at_three_values_other_than_its_default() -> None:
    for key, optimizer in OPTIMIZERS.items():
        for hyper in optimizer.hypers[1:]:
            values = {setting[hyper.name] for setting in loud(optimizer.hypers)} - {hyper.default}
            assert len(values) == 3, (key, hyper.name)
            assert all(hyper.bounds[0] < value < hyper.bounds[1] for value in values), (key, hyper.name)


@surfaces
@settings
@pytest.mark.parametrize("key", ORACLES)
def test_each_step_from_the_oracles_own_state_is_the_oracles(key: str, setting: int, surface: str) -> None:
    case = _case(key, surface, setting)
    snapshots = _snapshots(case, STEPS + 1)
    assert set(snapshots[-1].state) == set(case.optimizer.parsed.state)
    for t, (before, after) in enumerate(pairwise(snapshots), start=1):
        assert np.abs(after.x).max() <= 2 * REACH, f"{case} leads elsewhere at step {t}"
        tolerance = _tolerance(case, before)
        scalar = _compiled_step(case, before, t, recording=True)
        for ours in (scalar, _compiled_step(case, before, t, recording=False), _folded_step(case, before, t)):
            assert _difference(ours.x, after.x) <= tolerance, f"{case}: x at step {t}"
            for name, theirs in after.state.items():
                assert _difference(ours.state[name], theirs) <= tolerance, f"{case}: {name} at step {t}"
            # The three forms are one computation; they differ where NumPy's powers of arrays and scalars do.
            assert _difference(ours.x, scalar.x) <= 1e-14 * max(1.0, tolerance / TOLERANCE), f"{case}: forms at {t}"


@pytest.mark.parametrize(
    ("objective", "key"),
    [(objective, key) for objective in ("bowl", "ravine") for key in ORACLES if (key, objective) not in UNSTEADY],
)
def test_a_whole_path_of_200_steps_is_the_oracles(key: str, objective: str) -> None:
    oracle = sam_in_double if key == "sam" else ORACLES[key]
    for hypers in loud(OPTIMIZERS[key].hypers):
        run = steady(Run(objective, key, OBJECTIVES[objective].start, PATH_STEPS, hypers))
        path = trace(run).x
        theirs = oracle(OBJECTIVES[objective].parsed, path[0], run.settings)
        tolerance = PATH_TOLERANCES.get(key, PATH_TOLERANCE)
        np.testing.assert_allclose(path, [one.x for one in islice(theirs, PATH_STEPS + 1)], rtol=0, atol=tolerance)
        # A path that stands still would agree with anything.
        assert np.linalg.norm(path[-1] - path[0]) > 0.1


@surfaces
@settings
def test_sam_also_agrees_with_its_paper_in_double_precision(setting: int, surface: str) -> None:
    case = _case("sam", surface, setting)
    path = sam_in_double(case.formula, case.start, case.hypers)
    for t, (before, after) in enumerate(pairwise(islice(path, STEPS + 1)), start=1):
        assert _difference(_compiled_step(case, before, t, recording=True).x, after.x) <= TOLERANCE


@surfaces
@settings
def test_muon_agrees_with_torch_to_the_two_digits_of_bfloat16(setting: int, surface: str) -> None:
    case = _case("muon", surface, setting)
    path = muon_in_bfloat16(case.formula, case.start, case.hypers)
    for t, (before, after) in enumerate(pairwise(islice(path, STEPS + 1)), start=1):
        ours = _compiled_step(case, before, t, recording=True)
        # bfloat16 rounds by up to 2e-3, three times in each of the five Newton–Schulz steps; that enters x times lr.
        assert np.abs(ours.x - after.x).max() <= 15 * 2e-3 * case.hypers["lr"]
        assert _difference(ours.state["m"], after.state["m"]) <= TOLERANCE


@pytest.mark.parametrize("size", [1, 2])
def test_orthogonalizing_a_vector_is_newton_schulz_on_a_matrix_of_one_column(size: int) -> None:
    rule = parse_rule("x = orthogonalize(g)")
    slope = parse("0.75*x" if size == 1 else "0.75*x - 1.5*y", ("x", "y")[:size])
    compiled = program(slope, rule, True, False, True)
    random = np.random.default_rng(3)
    for scale in (1e-9, 1e-7, 1e-3, 1.0, 1e6):
        for _ in range(20):
            vector = scale * random.standard_normal(size)
            # The noise makes the gradient whatever vector is wanted, to the last digit of the slope.
            noise = vector - slope.grad(np.zeros(size))
            vector = slope.grad(np.zeros(size)) + noise
            point = (np.float64(0.0),) * size
            x, _ = compiled.run(point, (), (), np.float64(1), None, [(np.float64(1), np.float64(1), *noise)], bool)
            np.testing.assert_allclose(x, newton_schulz(vector.reshape(-1, 1)).ravel(), rtol=1e-12, atol=1e-15)
            if scale >= 1e-3:
                # What the declaration says about the length of its steps.
                assert 0.65 < np.linalg.norm(x) < 0.75


def test_nesterovs_point_is_the_one_torch_stores_moved_back_by_the_velocity() -> None:
    formula = OBJECTIVES["ravine"].parsed
    run = Run("ravine", "nesterov", OBJECTIVES["ravine"].start, 50, {"lr": 0.005})
    path = trace(run)
    look_ahead = path.x[1:] - run.settings["beta"] * path.terms["v"]
    # v is lr times torch's buffer, so the next velocity shows the gradient at the look-ahead point.
    gradient = (path.terms["v"][1:] - run.settings["beta"] * path.terms["v"][:-1]) / run.settings["lr"]
    # Subtracting and dividing by lr costs three digits.
    np.testing.assert_allclose(gradient, formula.grad(look_ahead[:-1].T).T, rtol=0, atol=1e-12)
