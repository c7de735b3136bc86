"""The edge of stability in a map, and the variance that noise keeps up: theory beside what runs do."""

from dataclasses import replace

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.engine.seeds import spread
from core.engine.two_settings import SettingsMap, axes_of, bare, settings_map, settings_of
from core.problems.theory import curvature, stable_limit
from core.problems.theory.edge import Edge, edge, minimum_of
from core.problems.theory.noise import noise_floor, stationary_variance


def _edge(run: Run, across: str, up: str) -> tuple[Edge, SettingsMap]:
    known = {one.name: one for one in settings_of(run)}
    varied = (known[across], known[up])
    return edge(bare(run, varied), *axes_of(run, *varied), minimum_of(trace(run))), settings_map(run, *varied)


def _run(objective: str, optimizer: str, steps: int = 1000) -> Run:
    return Run(objective, optimizer, OBJECTIVES[objective].start, steps)


def _cells_from(values: np.ndarray, rate: float, other: float) -> float:
    """How many cells apart two places on a log axis are."""
    return abs(np.log(rate / other)) / np.log(values[1] / values[0])


@pytest.mark.parametrize("objective", ["bowl", "ravine"])
def test_the_edge_of_gradient_descent_is_two_over_the_largest_curvature(objective: str) -> None:
    made, sheet = _edge(_run(objective, "sgd"), "lr", "start y")
    limit = 2 / curvature(OBJECTIVES[objective].parsed, (0.0, 0.0)).largest
    np.testing.assert_allclose(made.rates, limit, rtol=1e-12)
    # The runs say so, too: within one cell of it they stop coming down, wherever they start.
    begun = trace(_run(objective, "sgd", 1)).loss[0]
    for losses in sheet.loss:
        low = np.flatnonzero(losses < 1e-3 * begun)
        assert _cells_from(sheet.x.values, sheet.x.values[low[-1]], limit) <= 1


@pytest.mark.parametrize("objective", ["bowl", "ravine"])
@pytest.mark.parametrize("rule", ["momentum", "nesterov"])
def test_the_edge_of_momentum_moves_with_beta_as_theory_says(objective: str, rule: str) -> None:
    made, sheet = _edge(_run(objective, rule, 3000), "lr", "beta")
    largest = curvature(OBJECTIVES[objective].parsed, (0.0, 0.0)).largest
    limits = [stable_limit(rule, largest, float(beta)) for beta in made.other]
    if rule == "momentum":
        np.testing.assert_allclose(limits, 2 * (1 + made.other) / largest)
    known = np.isfinite(made.rates)
    assert known.sum() > 10
    # It is looked for among rates a quarter of a cell apart.
    for rate, limit in zip(made.rates[known], np.array(limits)[known], strict=True):
        assert _cells_from(sheet.x.values, rate, limit) < 0.25
    # Slow ones, at a large β, have not come down yet; the others do up to the cell of the edge.
    for beta, losses in zip(sheet.y.values[:40], sheet.loss[:40], strict=True):
        limit = stable_limit(rule, largest, float(beta))
        if limit < sheet.x.values[-2]:
            low = np.flatnonzero(losses < 1e-3)
            assert _cells_from(sheet.x.values, sheet.x.values[low[-1]], limit) <= 1.5


def test_the_axes_may_be_exchanged() -> None:
    (one, _), (other, _) = (_edge(_run("ravine", "momentum"), *names) for names in (("lr", "beta"), ("beta", "lr")))
    np.testing.assert_array_equal(one.rates, other.rates)
    np.testing.assert_array_equal(one.other, other.other)


def test_in_one_variable_the_edge_is_that_of_the_minimum_where_the_run_arrives() -> None:
    run = Run("x**4 - 2*x**2 + 0.2*x", "sgd", (1.5,), 300, {"lr": 0.02})
    right = minimum_of(trace(run))
    assert right[0] > 0
    made, _ = _edge(run, "lr", "start x")
    np.testing.assert_allclose(made.rates, 2 / curvature(run.resolved_objective.parsed, right).largest)


@pytest.mark.parametrize(
    ("run", "names", "words"),
    [
        (_run("bowl", "adam"), ("lr", "beta1"), "no derivative at a minimum"),
        (_run("bowl", "muon"), ("lr", "beta"), "mixes the weights"),
        (_run("bowl", "momentum"), ("beta", "start x"), "learning rate only"),
        (replace(_run("bowl", "momentum"), schedule="cosine"), ("lr", "beta"), "Under a schedule"),
        (_run("absolute", "momentum"), ("lr", "beta"), "kink"),
        (Run("x + y", "momentum", (0.0, 0.0), 50), ("lr", "beta"), "No minimum"),
        (_run("flat_quartic", "momentum"), ("lr", "beta"), "no curvature"),
        (_run("parabola", "sgd"), ("lr", "start x"), "No learning rate in this range"),
    ],
)
def test_where_there_is_no_edge_a_sentence_says_why(run: Run, names: tuple[str, str], words: str) -> None:
    made, _ = _edge(run, *names)
    assert made.rates.size == made.other.size == 0
    assert words in made.sentence


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_rule_has_an_edge_or_a_reason(key: str) -> None:
    run = _run("bowl", key, 20)
    second = next((hyper.name for hyper in OPTIMIZERS[key].hypers[1:]), "start x")
    made, _ = _edge(run, "lr", second)
    assert made.sentence.endswith(".")
    assert made.rates.shape == made.other.shape


# --- Noise ---


@pytest.mark.parametrize(
    ("objective", "lr"),
    [("bowl", 0.1), ("bowl", 0.5), ("parabola", 0.3), ("parabola", 1.5), ("x**2 + x*y + y**2", 0.2)],
)
def test_the_variance_of_gradient_descent_is_that_of_theory(objective: str, lr: float) -> None:
    start = OBJECTIVES[objective].start if objective in OBJECTIVES else (1.0, 1.0)
    run = Run(objective, "sgd", start, 500, {"lr": lr}, noise=0.7, seed=100)
    rows, sentence = noise_floor(run, spread(bare(run, ()), 200))
    assert len(rows) == len(start)
    for row in rows:
        # A hundred steps of two hundred seeds leave an error of a few percent.
        assert row.measured == pytest.approx(row.theory, rel=0.1)
    assert "not settled" not in sentence


def test_the_variance_stays_after_one_more_step() -> None:
    for lr, curved in ((0.1, 3.0), (0.5, 1.0), (1.9, 1.0)):
        (variance,) = stationary_variance(lr, 0.4, [curved])
        assert (1 - lr * curved) ** 2 * variance + lr**2 * 0.4**2 == pytest.approx(variance)
    assert np.isinf(stationary_variance(2.0, 1.0, [1.0])).all()
    with pytest.raises(ValueError, match="above 0"):
        stationary_variance(0.1, 1.0, [1.0, 0.0])


def test_a_direction_that_is_not_settled_yet_is_told() -> None:
    run = Run("ravine", "sgd", OBJECTIVES["ravine"].start, 100, {"lr": 0.002}, noise=1.0)
    rows, sentence = noise_floor(run, spread(bare(run, ()), 20))
    assert rows
    assert "not settled yet" in sentence


NOISY = Run("bowl", "sgd", (1.0, 1.0), 50, {"lr": 0.1}, noise=1.0)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(NOISY, optimizer="momentum"), "only measured"),
        (replace(NOISY, schedule="cosine"), "schedule"),
        (replace(NOISY, clip_norm=1.0), "Clipping"),
        (replace(NOISY, objective="rosenbrock", hypers={"lr": 1e-4}), "this objective is none"),
        (replace(NOISY, objective="x**2 + y**2; x: (-1, 1)"), "this objective is none"),
        (replace(NOISY, objective="x**2"), "without upward curvature"),
        (replace(NOISY, objective="x + y"), "this objective is none"),
        (replace(NOISY, hypers={"lr": 0.7}), "at or beyond 2/L"),
    ],
)
def test_without_a_closed_form_a_sentence_says_why(run: Run, words: str) -> None:
    rows, sentence = noise_floor(run, spread(bare(run, ()), 5))
    assert rows == ()
    assert words in sentence
