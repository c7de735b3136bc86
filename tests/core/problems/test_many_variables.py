"""Problems of many variables: exact derivatives, the catalogue's own steps in two, theory's losses, an honest plane."""

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.engine.status import Outcome
from core.problems.many_variables import (
    FAMILIES,
    LARGEST,
    SMALLEST,
    Problem,
    Quadratic,
    curvatures,
    descend,
    plane,
)
from core.problems.many_variables.families import newton_direction
from core.problems.theory import best_settings
from tests.work import at_most

every_family = pytest.mark.parametrize("family", FAMILIES)
every_rule = pytest.mark.parametrize("rule", OPTIMIZERS)


def _run(problem: Problem, rule: str, steps: int = 40, **more) -> Run:  # type: ignore[no-untyped-def]
    return Run(problem.plane.objective, rule, FAMILIES[problem.family].start, steps, **more)


def _point(problem: Problem) -> np.ndarray:
    return problem.start + 0.3 * np.random.default_rng(4).standard_normal(problem.dimension)


@every_family
def test_the_member_of_two_variables_is_the_catalogues(family: str) -> None:
    problem, objective = Problem(family, 2), OBJECTIVES[family]
    surface = problem.surface
    for x in (problem.start, np.array([0.3, -0.7]), np.array(objective.minima[0])):
        assert surface.value(x) == objective.parsed.value(x)
        assert (surface.gradient(x) == objective.parsed.grad(x)).all()
        middle, beside = surface.hessian(x)
        # The order of operations is another one there, so the last digit may differ.
        expected = objective.parsed.hessian(x)
        np.testing.assert_allclose([[middle[0], beside[0]], [beside[0], middle[1]]], expected, rtol=1e-14)
    np.testing.assert_array_equal(surface.minimum, objective.minima[0])


@pytest.mark.parametrize("dimension", [2, 3, 50])
@every_family
def test_gradient_and_hessian_are_what_values_and_gradients_change_by(family: str, dimension: int) -> None:
    problem = Problem(family, dimension)
    surface, x = problem.surface, _point(problem)
    along = np.random.default_rng(5).standard_normal(dimension)
    aside = 1e-5
    rise = (surface.value(x + aside * along) - surface.value(x - aside * along)) / (2 * aside)
    # A central difference misses the third power of 1e-5 and rounds at 1e-16 of the value, divided by 1e-5.
    assert rise == pytest.approx(surface.gradient(x) @ along, rel=1e-7)
    turn = (surface.gradient(x + aside * along) - surface.gradient(x - aside * along)) / (2 * aside)
    middle, beside = surface.hessian(x)
    hessian = np.diag(middle) + np.diag(beside, 1) + np.diag(beside, -1)
    np.testing.assert_allclose(turn, hessian @ along, rtol=1e-6, atol=1e-6 * np.abs(turn).max())
    np.testing.assert_allclose(curvatures(surface, x), np.linalg.eigvalsh(hessian), atol=1e-10 * np.abs(hessian).max())
    gradient = surface.gradient(x)
    direction = newton_direction(surface, x, gradient, 0.1)
    # Elimination with exchanges leaves rounding of the size of the right-hand side.
    residual = (hessian + 0.1 * np.eye(dimension)) @ direction - gradient
    assert np.abs(residual).max() < 1e-10 * np.abs(gradient).max()


def test_newtons_direction_in_a_singular_matrix_is_no_number() -> None:
    surface = Problem("bowl", 3).surface
    assert np.isnan(newton_direction(surface, np.ones(3), np.ones(3), -1.0)).all()


@every_family
@every_rule
def test_in_two_variables_every_rule_takes_the_steps_of_the_engine(rule: str, family: str) -> None:
    problem = Problem(family, 2)
    for settings in ({}, {"hypers": {"lr": 0.0008}}, {"noise": 0.2, "seed": 7, "clip_norm": 3.0}):
        run = _run(problem, rule, **settings)
        path, descent = trace(run), descend(problem, run)
        assert len(descent.loss) == len(path.loss)
        # Every operation is the same but for sums over two coordinates and for how Newton's equation is solved.
        size = np.maximum(np.abs(path.x[descent.moments]), 1)
        assert (np.abs(descent.points - path.x[descent.moments]) <= 1e-12 * size).all()
        np.testing.assert_allclose(descent.loss, path.loss, rtol=1e-10, atol=1e-12)
        assert descent.evaluations == path.evaluations
        assert (descent.status.outcome, descent.status.step) == (path.status.outcome, path.status.step)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_gives_the_factors_that_it_gives_the_engine(schedule: str) -> None:
    problem = Problem("ravine", 2)
    # With so much noise the loss stands still, which a schedule that follows it notices.
    run = _run(problem, "momentum", 300, hypers={"lr": 0.01}, schedule=schedule, noise=3.0, seed=1)
    path = trace(run)
    assert bool(np.ptp(path.rate_share) > 0) is (schedule != "constant")
    # A sum over two coordinates may round differently.
    np.testing.assert_allclose(descend(problem, run).loss, path.loss, rtol=1e-10)


def test_a_visitors_rule_and_its_own_condition_number_run_too() -> None:
    text = "beta: (0, 1) = 0.8\nz: state = x\nz = beta*z + (1 - beta)*x\nx = x - lr*grad(z)/(1 + norm(g))"
    problem = Problem("ravine", 2, 37.5)
    run = Run(problem.objective, text, FAMILIES["ravine"].start, 80, {"lr": 0.05})
    np.testing.assert_allclose(descend(problem, run).loss, trace(run).loss, rtol=1e-12)
    assert np.isfinite(descend(Problem("rosenbrock", 300), run).loss).all()


@pytest.mark.parametrize("dimension", [2, 17, 1000])
@pytest.mark.parametrize("family", [key for key, one in FAMILIES.items() if one.kappa is not None])
def test_gradient_descent_on_a_quadratic_has_exactly_the_loss_of_theory(family: str, dimension: int) -> None:
    problem = Problem(family, dimension, 100.0)
    surface = problem.surface
    assert isinstance(surface, Quadratic)
    low, high = surface.curvatures[[0, -1]]
    assert (low, high) == pytest.approx((1, 100), rel=1e-14)
    best = best_settings("sgd", low, high)
    for lr in (0.003, best.lr, 0.021):
        loss = descend(problem, _run(problem, "sgd", 50, hypers={"lr": lr})).loss
        expected = [surface.descended(problem.start, lr, step) for step in range(51)]
        np.testing.assert_allclose(loss, expected, rtol=1e-10)
    loss = descend(problem, _run(problem, "sgd", 600, hypers={"lr": best.lr})).loss
    # The loss is a square. By now the two extreme directions are alone but for their neighbours, which are many in a
    # thousand variables.
    assert np.sqrt(loss[-1] / loss[-2]) == pytest.approx(best.contraction, rel=1e-3)


def test_the_curvatures_of_a_ravine_have_equal_ratios_and_those_of_a_bowl_equal_distances() -> None:
    ravine, bowl = (Problem(family, 5, 16.0).surface for family in ("ravine", "bowl"))
    assert isinstance(ravine, Quadratic)
    assert isinstance(bowl, Quadratic)
    np.testing.assert_allclose(ravine.curvatures, [1, 2, 4, 8, 16], rtol=1e-14)
    np.testing.assert_allclose(bowl.curvatures, [1, 4.75, 8.5, 12.25, 16], rtol=1e-14)


@pytest.mark.parametrize("dimension", [4, 7, 100, 1000])
def test_from_four_variables_on_rosenbrocks_chain_has_a_second_minimum(dimension: int) -> None:
    surface = Problem("rosenbrock", dimension).surface
    x = np.ones(dimension)
    x[0] = -1.0
    for _ in range(30):
        x = x - newton_direction(surface, x, surface.gradient(x), 0.0)
    assert np.linalg.norm(surface.gradient(x)) < 1e-9
    assert curvatures(surface, x)[0] > 0
    assert x[0] == pytest.approx(-1, abs=0.3)
    assert surface.value(x) > 3


def test_a_run_that_ends_in_the_second_minimum_says_that_it_is_not_the_lowest() -> None:
    problem = Problem("rosenbrock", 4)
    status = descend(problem, _run(problem, "newton", 40), np.array([-1.0, 1.0, 1.0, 1.0])).status
    assert status.outcome is Outcome.MINIMUM
    assert "not the lowest" in status.value
    status = descend(problem, _run(problem, "newton", 40), np.full(4, 0.9)).status
    assert status.outcome is Outcome.MINIMUM
    assert "not the lowest" not in status.value


@pytest.mark.parametrize(
    ("rule", "lr", "outcome", "words"),
    [
        ("sgd", 10.0, Outcome.DIVERGED, "a coordinate left ±10¹²"),
        ("x = x - lr*g/sqrt(1.5 - t)", 0.001, Outcome.UNDEFINED, "the rule gave no number"),
    ],
)
def test_a_run_that_fails_ends_before_the_step_that_failed_and_says_why(
    rule: str, lr: float, outcome: Outcome, words: str
) -> None:
    problem = Problem("ravine", 30)
    descent = descend(problem, Run("ravine", rule, (1.0, 1.0), 200, {"lr": lr}))
    assert descent.status.outcome is outcome
    assert words in descent.status.value
    assert len(descent.loss) == descent.status.step
    assert descent.moments[-1] == descent.status.step - 1
    assert np.isfinite(descent.points).all()


def test_the_last_point_before_a_late_failure_is_kept() -> None:
    problem = Problem("ravine", 10)
    descent = descend(problem, _run(problem, "sgd", 5000, hypers={"lr": 0.0204}))
    assert descent.status.failed
    assert 300 < descent.status.step < 5000
    assert descent.moments[-1] == descent.status.step - 1
    assert problem.surface.value(descent.points[-1]) == descent.loss[-1]


def test_a_long_run_keeps_few_points_the_first_and_the_last_among_them() -> None:
    problem = Problem("bowl", 3)
    descent = descend(problem, _run(problem, "adam", 5000))
    assert len(descent.loss) == 5001
    assert len(descent.moments) == len(descent.points) <= 160
    assert (descent.moments[0], descent.moments[-1]) == (0, 5000)
    assert (np.diff(descent.moments) > 0).all()
    assert problem.surface.value(descent.points[-1]) == descent.loss[-1]


def test_four_rules_in_a_thousand_variables_take_little_work() -> None:
    problem = Problem("rosenbrock", LARGEST)
    runs = [_run(problem, rule, 500) for rule in ("sgd", "momentum", "rmsprop", "adam")]
    # Twice as many as it takes, which is a fifth of a second.
    with at_most(200 * sum(run.steps for run in runs)):
        descents = [descend(problem, run) for run in runs]
        plane([descent.points for descent in descents], problem.surface.minimum)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("wok", 10), "There is no family 'wok'"),
        (("bowl", SMALLEST - 1), "[2, 1000]; 1 was given"),
        (("bowl", LARGEST + 1), "[2, 1000]; 1001 was given"),
        (("bowl", 10, 0.5), "kappa must lie in"),
        (("rosenbrock", 10, 3.0), "has no condition number"),
    ],
)
def test_what_does_not_exist_is_refused_with_its_range(settings, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r".") as error:
        Problem(*settings)
    assert words in str(error.value)


# --- The plane ---


def _paths(dimension: int, lengths: tuple[int, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(8)
    walks = [np.cumsum(random.standard_normal((length, dimension)), axis=0) for length in lengths]
    return [0.1 * (walk - walk[0]) + 5 for walk in walks]


@pytest.mark.parametrize(("dimension", "lengths"), [(2, (30, 40)), (5, (30, 40)), (300, (30, 40, 20))])
def test_the_plane_is_that_of_the_leading_singular_vectors_of_all_points(
    dimension: int, lengths: tuple[int, ...]
) -> None:
    paths, minimum = _paths(dimension, lengths), np.zeros(dimension)
    seen = plane(paths, minimum)
    points = np.concatenate(paths)
    _, sizes, vectors = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    # The inner products square the condition, which leaves half of the digits.
    np.testing.assert_allclose(seen.shares, (sizes**2 / (sizes**2).sum())[:2], rtol=1e-8)
    np.testing.assert_allclose(np.abs(vectors[:2] @ seen.directions), np.eye(2), atol=1e-6)
    np.testing.assert_allclose(seen.directions.T @ seen.directions, np.eye(2), atol=1e-12)
    for path, flat in zip(paths, seen.paths, strict=True):
        np.testing.assert_allclose(flat, path @ seen.directions, atol=1e-12)
    assert (seen.start <= 0).all()


def test_in_two_variables_the_plane_holds_everything_and_distances_are_kept() -> None:
    paths = _paths(2, (30, 40))
    seen = plane(paths, np.ones(2))
    assert sum(seen.shares) == pytest.approx(1, abs=1e-12)
    for path, flat in zip(paths, seen.paths, strict=True):
        np.testing.assert_allclose(np.linalg.norm(flat, axis=1), np.linalg.norm(path - 1, axis=1), rtol=1e-12)


def test_a_path_that_is_thrown_out_does_not_choose_the_plane() -> None:
    paths = _paths(40, (30, 40))
    lost = np.concatenate([paths[0][:1], 1e9 * np.random.default_rng(2).standard_normal((3, 40))])
    seen, with_lost = plane(paths, np.zeros(40)), plane([*paths, lost], np.zeros(40))
    assert with_lost.near[2].tolist() == [True, False, False, False]
    # The start counts once more.
    assert sum(with_lost.shares) == pytest.approx(sum(seen.shares), rel=0.05)


@pytest.mark.parametrize("dimension", [2, 60])
def test_where_nothing_moves_or_all_is_on_a_line_there_is_still_a_plane(dimension: int) -> None:
    start = np.ones(dimension)
    still = plane([start[None]], np.zeros(dimension))
    assert still.shares == (0.0, 0.0)
    line = plane([start * np.linspace(1, 0, 9)[:, None]], np.zeros(dimension))
    assert line.shares == pytest.approx((1, 0), abs=1e-12)
    for seen in (still, line):
        np.testing.assert_allclose(seen.directions.T @ seen.directions, np.eye(2), atol=1e-12)


def test_a_run_from_the_minimum_stays_there() -> None:
    problem = Problem("bowl", 20)
    descent = descend(problem, _run(problem, "momentum", 5), np.zeros(20))
    assert (descent.loss == 0).all()
    assert plane([descent.points], problem.surface.minimum).shares == (0.0, 0.0)
