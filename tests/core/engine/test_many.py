"""What ``trace_many`` promises: column b is the single run with that start, those hyperparameters and that seed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import core.engine.many
from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace, trace_many
from core.catalogue.hypers import Hyper
from core.engine.many import Many, disturbed_losses, losses_at
from core.engine.status import AT_REST, Outcome
from core.formula.rule import Rule
from core.formula.tree import Binary, Number, walk
from core.formula.words import outside

Array = npt.NDArray[np.float64]

STEPS = 30
COLUMNS = 12
every = pytest.mark.parametrize("key", OPTIMIZERS)
# A function of + − × ÷ and √ only that has no value for x ≤ 0, and where long steps get there.
FENCED = "x + 1/sqrt(x) + 10*(y - x)**2"
# Where every rule below contracts, so that rounding does not grow: a ravine with slopes of at most 40.
CONTRACTIVE = "(x**2 + 20*y**2)/2"


def _is_exact(rule: Rule) -> bool:
    """Whether a rule has no power but whole constant ones, which are products; NumPy's powers of arrays and of scalars
    may differ in the last digit, while + − × ÷ and √ are rounded alike everywhere."""
    powers = [
        node.right
        for line in rule.lines
        for node in walk(line.tree)
        if isinstance(node, Binary) and node.operator == "**"
    ]
    return all(isinstance(exponent, Number) and exponent.value == round(exponent.value) for exponent in powers)


EXACT = [key for key, optimizer in OPTIMIZERS.items() if _is_exact(optimizer.parsed)]
INEXACT = [key for key in OPTIMIZERS if key not in EXACT]


def _singles(run: Run, count: int, **swept: Any) -> list[Run]:
    """The single run of each column."""
    runs = []
    for b in range(count):
        changes: dict[str, Any] = {}
        if "starts" in swept:
            changes["start"] = tuple(np.asarray(swept["starts"])[:, b])
        if "hypers" in swept:
            own = {name: float(np.broadcast_to(values, (count,))[b]) for name, values in swept["hypers"].items()}
            changes["hypers"] = {**dict(run.hypers), **own}
        if "seeds" in swept:
            changes["seed"] = int(swept["seeds"][b])
        runs.append(replace(run, **changes))
    return runs


def _assert_columns_equal_single_runs(run: Run, many: Many, count: int, rtol: float = 0.0, **swept: Any) -> None:
    assert many.x.shape == (len(run.start), count)
    assert many.loss.shape == many.best_loss.shape == many.status.shape == many.diverged_at.shape == (count,)
    for b, single in enumerate(_singles(run, count, **swept)):
        path = trace(single)
        assert many.status[b] == path.status.outcome, b
        failed = path.status.outcome in (Outcome.DIVERGED, Outcome.UNDEFINED)
        assert many.diverged_at[b] == (path.status.step if failed else -1), b
        started = np.isfinite(path.loss[0])
        expected = {
            "x": (many.x[:, b], path.x[-1]),
            "loss": (many.loss[b], path.loss[-1]),
            # A run that is undefined at the start has no best loss.
            "best_loss": (many.best_loss[b], path.loss.min() if started else np.inf),
        }
        for name, (got, wanted) in expected.items():
            if rtol:
                np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol, err_msg=f"{name} of column {b}")
            else:
                np.testing.assert_array_equal(got, wanted, err_msg=f"{name} of column {b}")


def _starts(count: int = COLUMNS) -> Array:
    return np.random.default_rng(5).uniform(-1.0, 3.0, (2, count))


def _values(hyper: Hyper, count: int = COLUMNS) -> Array:
    """Values of a hyperparameter from one end of its bounds to the other, most of them where sliders are."""
    low, high = hyper.slider
    random = np.random.default_rng(6)
    values = (
        np.exp(random.uniform(np.log(low), np.log(high), count))
        if hyper.scale == "log"
        else random.uniform(low, high, count)
    )
    values[:2] = hyper.bounds
    return np.round(values) if hyper.whole else values


def _swept(key: str, names: list[str] | None = None) -> dict[str, Array]:
    return {h.name: _values(h) for h in OPTIMIZERS[key].hypers if names is None or h.name in names}


def test_the_rules_compared_bit_for_bit_are_those_without_powers_of_t() -> None:
    adams = ["adam", "amsgrad", "adamax", "nadam", "radam", "adamw", "adabelief", "adan", "ademamix", "adopt"]
    assert [*adams, "cautious", "mars", "lamb", "adamw_schedule_free"] == INEXACT


@pytest.mark.parametrize("key", EXACT)
@pytest.mark.parametrize("objective", ["rosenbrock", "beale", "himmelblau", FENCED])
def test_starts_are_swept_bit_for_bit(key: str, objective: str) -> None:
    run = Run(objective, key, (0.5, 1.5), STEPS)
    many = trace_many(run, starts=_starts())
    _assert_columns_equal_single_runs(run, many, COLUMNS, starts=_starts())


@pytest.mark.parametrize(("key", "name"), [(key, hyper.name) for key in EXACT for hyper in OPTIMIZERS[key].hypers])
@pytest.mark.parametrize("objective", ["rosenbrock", FENCED])
def test_each_hyperparameter_is_swept_bit_for_bit(key: str, name: str, objective: str) -> None:
    run = Run(objective, key, (0.5, 1.5), STEPS)
    hypers = _swept(key, [name])
    many = trace_many(run, hypers=hypers)
    _assert_columns_equal_single_runs(run, many, COLUMNS, hypers=hypers)


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "noise, clipping and a schedule": {
        "noise": 0.3,
        "clip_norm": 5.0,
        "schedule": "step",
        "schedule_hypers": {"gamma": 0.5, "period": 4},
    },
}


@pytest.mark.parametrize("key", EXACT)
@pytest.mark.parametrize("objective", ["rosenbrock", FENCED])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_everything_is_swept_together_bit_for_bit(key: str, objective: str, settings: Mapping[str, Any]) -> None:
    run = Run(objective, key, (0.5, 1.5), STEPS, **settings)
    swept: dict[str, Any] = {"starts": _starts(), "hypers": _swept(key), "seeds": np.arange(COLUMNS) % 5}
    many = trace_many(run, **swept)
    _assert_columns_equal_single_runs(run, many, COLUMNS, **swept)


def test_the_sweeps_above_have_columns_of_every_outcome() -> None:
    outcomes: set[str] = set()
    for key in ("sgd", "newton", "momentum"):
        for objective in ("rosenbrock", FENCED):
            run = Run(objective, key, (0.5, 1.5), STEPS)
            many = trace_many(run, starts=_starts(), hypers=_swept(key))
            outcomes |= set(many.status)
            assert {"undefined"} <= set(many.status) or objective != FENCED
            # Starts outside, and steps that leave.
            assert (many.diverged_at[many.status == "undefined"] >= 0).all()
    assert trace_many(Run("bowl", "newton", (1.0, 1.0), 3)).status == ["minimum"]
    assert outcomes >= {"diverged", "undefined", "finished"}


@every
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_noise_is_that_of_each_columns_seed(key: str, settings: Mapping[str, Any]) -> None:
    # Noise larger than the slopes, so that it shows even where a rule only looks at signs or clips its steps.
    run = Run(CONTRACTIVE, key, (0.05, -0.05), STEPS, {"lr": 0.01}, **{**settings, "noise": 2.0})
    # One seed twice, in columns that are not neighbours.
    seeds = [3, 8, 3, 2**62, 0]
    many = trace_many(run, seeds=seeds)
    # Contractive: rounding of powers, 1e-16 a step, does not grow.
    _assert_columns_equal_single_runs(run, many, 5, rtol=0.0 if key in EXACT else 1e-13, seeds=seeds)
    np.testing.assert_array_equal(many.x[:, 0], many.x[:, 2])
    assert len({tuple(column) for column in many.x.T}) == 4


def _mild(hyper: Hyper) -> Array:
    """Values with which every rule contracts."""
    ranges = {"lr": (1e-3, 0.02), "beta2": (0.9, 0.999), "eps": (0.5, 1.0), "weight_decay": (0.0, 0.5)}
    low, high = ranges.get(hyper.name, (max(hyper.slider[0], 0.0), min(hyper.slider[1], 0.9)))
    return np.random.default_rng(6).uniform(low, high, COLUMNS)


@pytest.mark.parametrize("key", INEXACT)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_rules_with_powers_of_t_are_swept_to_rounding(key: str, settings: Mapping[str, Any]) -> None:
    run = Run(CONTRACTIVE, key, (1.0, -0.5), STEPS, **settings)
    hypers = OPTIMIZERS[key].hypers
    starts, seeds = _starts() / 2, np.arange(COLUMNS)
    mild = {hyper.name: _mild(hyper) for hyper in hypers}
    fixed = replace(run, hypers={name: float(values[0]) for name, values in mild.items()})
    sweeps: list[dict[str, Any]] = [{"starts": starts}, {"starts": starts, "hypers": mild, "seeds": seeds}]
    sweeps += [{"hypers": {name: values}} for name, values in mild.items()]
    for swept in sweeps:
        many = trace_many(fixed, **swept)
        # A bias correction divides by 1 − beta2**t, which multiplies the rounding of the power by up to 1000 at first.
        _assert_columns_equal_single_runs(fixed, many, COLUMNS, rtol=1e-11, **swept)


@pytest.mark.parametrize("key", INEXACT)
def test_rules_with_powers_of_t_fail_at_the_step_the_single_run_does(key: str) -> None:
    run = Run(FENCED, key, (0.5, 1.5), STEPS)
    swept: dict[str, Any] = {"starts": _starts(), "hypers": {"lr": np.logspace(-4, 6, COLUMNS)}}
    many = trace_many(run, **swept)
    for b, single in enumerate(_singles(run, COLUMNS, **swept)):
        path = trace(single)
        assert many.status[b] == path.status.outcome
        assert many.diverged_at[b] == (-1 if path.status.outcome in ("finished", *AT_REST) else path.status.step)
    assert "undefined" in many.status


@every
def test_every_objective_can_be_swept(key: str) -> None:
    for name, objective in OBJECTIVES.items():
        # A short stretch at the defaults: sine, cosine and exp of arrays and scalars differ in the last digits only.
        run = Run(name, key, objective.start, 3)
        many = trace_many(run, hypers={"lr": [1e-4, 1e-3]})
        _assert_columns_equal_single_runs(run, many, 2, rtol=1e-9, hypers={"lr": [1e-4, 1e-3]})


@pytest.mark.parametrize("key", ["sgd", "nadam", "schedule_free", "sophia"])
@pytest.mark.parametrize("columns", [6, 7, 8, 21, 23])
def test_columns_do_not_depend_on_the_block_they_are_in(
    key: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run("rosenbrock", key, (0.5, 1.5), STEPS, noise=0.1)
    random = np.random.default_rng(8)
    swept: dict[str, Any] = {
        "starts": random.uniform(-2, 2, (2, columns)),
        "hypers": {"lr": np.logspace(-5, 2, columns)},
        "seeds": random.integers(0, 3, columns),
    }
    whole = trace_many(run, **swept)
    monkeypatch.setattr(core.engine.many, "BLOCK", 7)
    parts = trace_many(run, **swept)
    for name in Many.__dataclass_fields__:
        got, wanted = getattr(parts, name), getattr(whole, name)
        assert got.dtype == wanted.dtype
        if got.dtype.kind == "f" and key == "nadam":
            # Powers of arrays of another length may be computed by other instructions.
            finite = whole.diverged_at < 0
            np.testing.assert_allclose(got[..., finite], wanted[..., finite], rtol=1e-8)
        else:
            np.testing.assert_array_equal(got, wanted)
    if key == "sgd":
        _assert_columns_equal_single_runs(run, parts, columns, **swept)


@every
def test_nothing_that_is_passed_in_is_changed(key: str) -> None:
    starts, seeds = _starts(), np.arange(COLUMNS)
    hypers = {h.name: np.full(COLUMNS, h.default) for h in OPTIMIZERS[key].hypers}
    copies = (starts.copy(), seeds.copy(), {name: values.copy() for name, values in hypers.items()})
    for array in (starts, seeds, *hypers.values()):
        array.flags.writeable = False
    trace_many(Run("himmelblau", key, (0.0, 0.0), STEPS, noise=0.1), starts, hypers, seeds)
    np.testing.assert_array_equal(starts, copies[0])
    np.testing.assert_array_equal(seeds, copies[1])
    for name, values in hypers.items():
        np.testing.assert_array_equal(values, copies[2][name])


@every
def test_without_sweeps_there_is_one_column_the_run_itself(key: str) -> None:
    run = Run("bowl", key, (1.0, -0.5), STEPS, {"lr": 0.01})
    many = trace_many(run)
    _assert_columns_equal_single_runs(run, many, 1, rtol=0.0 if key in EXACT else 1e-13)


def _sharing_rule(rng: np.random.Generator) -> str:
    """A rule of + − × whose states are copied to and fro: from each other, the point, the gradient and the loss."""
    names = ["x", "g", "loss", "a", "b", "c", "0.5*a", "a + b", "0.9*c + g"]
    lines = [f"{rng.choice(['a', 'b', 'c', 'x'])} = {rng.choice(names)}" for _ in range(rng.integers(1, 4))]
    # Every state is assigned and moves the point, so that none is left out and a wrong one is seen.
    lines += [f"{name} = {rng.choice(names)}" for name in rng.permutation(["a", "b", "c"])]
    lines.insert(int(rng.integers(0, len(lines) + 1)), "x = x - lr*(g + 0.1*(a - b) + 0.01*c)")
    return "\n".join(lines)


@pytest.mark.parametrize("objective", ["ravine", "hyperbola_valley", "x", "x**2", "0.5*x**2 + 0*y"])
def test_states_that_hold_the_same_value_stay_apart(objective: str) -> None:
    rng = np.random.default_rng(31)
    rates = np.geomspace(1e-3, 2.0, COLUMNS)
    for _ in range(60):
        run = Run(objective, _sharing_rule(rng), (1.5, -1.0), STEPS)
        for count in (1, COLUMNS):
            swept = {"hypers": {"lr": rates[:count]}}
            _assert_columns_equal_single_runs(run, trace_many(run, **swept), count, **swept)
        starts = np.array([rates, -rates])
        _assert_columns_equal_single_runs(run, trace_many(run, starts=starts), COLUMNS, starts=starts)


def test_a_velocity_made_from_the_last_two_points_is_swept() -> None:
    run = Run("ravine", "step = x - prev\nprev = x\nx = x - lr*g + 0.9*step\nprev: state = x", (1.0, 1.0), 200)
    swept = {"hypers": {"lr": np.geomspace(1e-3, 1.0, COLUMNS)}}
    _assert_columns_equal_single_runs(run, trace_many(run, **swept), COLUMNS, **swept)


@pytest.mark.parametrize("objective", ["parabola", "quartic", "absolute"])
def test_functions_of_one_variable_are_swept_too(objective: str) -> None:
    run = Run(objective, "momentum", (0.5,), STEPS)
    starts = np.linspace(-1.0, 3.0, 9).reshape(1, 9)
    many = trace_many(run, starts=starts, hypers={"beta": 0.5})
    _assert_columns_equal_single_runs(run, many, 9, starts=starts, hypers={"beta": 0.5})


def test_a_single_column_is_repeated_for_all_others() -> None:
    run = Run("bowl", "sgd", (1.0, -0.5), STEPS)
    lrs = [0.01, 0.1, 0.2]
    many = trace_many(run, starts=[[2.0], [1.0]], hypers={"lr": lrs}, seeds=[0])
    expected: dict[str, Any] = {"starts": np.tile([[2.0], [1.0]], 3), "hypers": {"lr": lrs}}
    _assert_columns_equal_single_runs(run, many, 3, **expected)


def test_a_run_may_be_swept_where_its_own_start_has_no_value() -> None:
    run = Run("log(x)", "sgd", (-1.0,), 3, {"lr": 0.01})
    many = trace_many(run, starts=[[0.5, 1.0]])
    assert list(many.status) == ["finished", "finished"]
    one = trace_many(run)
    assert (one.status[0], one.diverged_at[0], one.x[0, 0], one.best_loss[0]) == ("undefined", 0, -1.0, np.inf)
    assert np.isnan(one.loss[0])


def test_what_a_failed_column_does_later_is_not_seen() -> None:
    # With lr 1e13 x leaves at the second step and comes back at the third, where the loss is lowest.
    text = "lr: (0, 1e15) = 1\nx = where(t < 2, x + 0.5, where(t < 3, x + lr, 0))"
    many = trace_many(Run("x**2", text, (1.0,), 5), hypers={"lr": [0.1, 1e13]})
    assert list(many.status) == ["minimum", "diverged"]
    assert list(many.diverged_at) == [-1, 2]
    np.testing.assert_array_equal(many.x, [[0.0, 1.5]])
    np.testing.assert_array_equal(many.loss, [0.0, 2.25])
    np.testing.assert_array_equal(many.best_loss, [0.0, 1.0])


def test_a_column_that_comes_back_from_where_there_is_no_value_stays_undefined() -> None:
    # 1/x, the slope of log x, exists for negative x too: from 0.5 the points are -1.5, -0.83 and 0.37.
    run = Run("log(x)", "sgd", (0.5,), 3, {"lr": 1.0})
    starts = [[0.5, 30.0]]
    # Columns of logarithms and single ones differ in the last digit only.
    _assert_columns_equal_single_runs(run, trace_many(run, starts=starts), 2, rtol=1e-14, starts=starts)


# --- What is refused. ---

RUN = Run("bowl", "adam", (1.0, -0.5), 5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"starts": [1.0, 2.0]}, r"starts must have shape \(2, B\).*\(2,\)"),
        ({"starts": np.zeros((3, 4))}, r"starts must have shape \(2, B\).*\(3, 4\)"),
        ({"starts": np.zeros((2, 3, 4))}, r"starts must have shape \(2, B\).*\(2, 3, 4\)"),
        ({"hypers": {"lr": np.zeros((2, 3))}}, r"lr must be a number or have shape \(B,\).*\(2, 3\)"),
        ({"seeds": np.zeros((2, 2), dtype=int)}, r"seeds must be whole numbers of at least 0, of shape \(B,\)"),
        ({"starts": np.zeros((2, 3)), "seeds": [0, 1]}, "same number of columns"),
        ({"hypers": {"lr": [0.1, 0.2], "eps": [0.1] * 3}}, "same number of columns"),
    ],
)
def test_wrong_shapes_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trace_many(RUN, **arguments)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2e12])
def test_starts_that_no_run_may_have_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"starts must lie in \[−10¹², 10¹²\]"):
        trace_many(RUN, starts=[[0.0, bad], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("key", "hyper"), [(key, h) for key, optimizer in OPTIMIZERS.items() for h in optimizer.hypers], ids=str
)
def test_every_bound_holds_for_every_column(key: str, hyper: Hyper) -> None:
    run = Run("bowl", key, (1.0, -0.5), 5)
    low, high = hyper.bounds
    below, above = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    for bad in (below, above, np.nan, np.inf, *((1.5,) if hyper.whole else ())):
        with pytest.raises(ValueError, match=f"^{hyper.name} must ") as seen:
            trace_many(run, hypers={hyper.name: [low, bad, high]})
        assert outside(bad, low, high) in str(seen.value)
    trace_many(run, hypers={hyper.name: [low, high]})


def test_unknown_hyperparameters_are_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="Adam has no hyperparameter beta; its hyperparameters: lr, beta1, beta2, eps"):
        trace_many(RUN, hypers={"beta": [0.5]})


@pytest.mark.parametrize("seeds", [[-1], [0, -5], [0.5], [1.0], ["a"], [True]])
def test_seeds_that_are_not_whole_numbers_of_at_least_0_are_refused(seeds: list[Any]) -> None:
    with pytest.raises(ValueError, match="seeds must be whole numbers of at least 0"):
        trace_many(RUN, seeds=seeds)


@pytest.mark.parametrize(
    "arguments", [{"starts": np.zeros((2, 0))}, {"hypers": {"lr": []}}, {"seeds": np.zeros(0, dtype=int)}]
)
def test_no_columns_at_all_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        trace_many(RUN, **arguments)


VALLEY_START = (-1.5, 2.0)
SWEPT = np.array([1e-4, 8e-4, 0.00199, 0.003, 0.1])


@pytest.mark.parametrize(
    ("optimizer", "hypers"), [("sgd", {}), ("momentum", {"beta": 0.5}), ("adam", {"beta1": 0.8}), ("x = x - lr*g", {})]
)
def test_each_loss_is_that_of_the_single_run_or_nan(optimizer: str, hypers: dict[str, float]) -> None:
    losses = losses_at(Run("rosenbrock", optimizer, VALLEY_START, 300, hypers), SWEPT, 7)
    assert losses.shape == (2, *SWEPT.shape)
    for rate, loss, late in zip(SWEPT, *losses, strict=True):
        path = trace(Run("rosenbrock", optimizer, VALLEY_START, 300, {**hypers, "lr": float(rate)}))
        if path.status.outcome in (Outcome.DIVERGED, Outcome.UNDEFINED):
            assert np.isnan([loss, late]).all()
        else:
            # The same operations; powers of arrays and of single numbers may differ in the last digit.
            assert loss == pytest.approx(path.loss[-1], rel=1e-9)
            assert late == pytest.approx(np.median(path.loss[-7:]), rel=1e-9)


def test_diverged_and_undefined_runs_have_no_loss() -> None:
    assert np.isnan(losses_at(Run("rosenbrock", "sgd", VALLEY_START, 300), [8e-4, 0.003]))[0].tolist() == [False, True]
    # A long step leaves where the logarithm has a value.
    assert np.isnan(losses_at(Run("x - log(x)", "sgd", (10.0,), 10), [0.1, 100.0]))[0].tolist() == [False, True]


def test_a_formula_of_one_variable_and_a_single_rate_will_do() -> None:
    # One step of gradient descent on x² from 1 at 0.25 halves x.
    np.testing.assert_allclose(losses_at(Run("x**2", "sgd", (1.0,), 1), 0.25), [[0.25], [0.25]], rtol=1e-15)


def test_the_rates_replace_the_rate_of_the_settings() -> None:
    with_rate = losses_at(Run("bowl", "sgd", (1.0, 1.0), 20, {"lr": 0.5}), [0.1, 0.2])
    np.testing.assert_array_equal(with_rate, losses_at(Run("bowl", "sgd", (1.0, 1.0), 20), [0.1, 0.2]))


def test_a_bad_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="lr must lie in"):
        losses_at(Run("bowl", "sgd", (1.0, 1.0), 20), [-1.0])


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.parametrize("settings", [{}, {"schedule": "plateau", "noise": 0.1, "clip_norm": 1.0}], ids=str)
def test_copies_that_nothing_disturbs_are_the_run(key: str, settings: Mapping[str, Any]) -> None:
    # Without noise the run itself adds none, and the copies add 0.
    path = trace(Run("beale", key, (0.5, -0.7), 60, **settings))
    losses = disturbed_losses(path, 3, 0.0)
    assert losses.shape == (len(path.x), 3)
    # Powers of t round differently in arrays.
    np.testing.assert_allclose(losses, np.repeat(path.loss[:, None], 3, axis=1), rtol=1e-12)


def test_disturbed_copies_part_in_chaos_stay_together_in_a_valley_and_keep_a_zero() -> None:
    def spread(run: Run) -> float:
        losses = disturbed_losses(trace(run), 16, 1e-15)
        return float(np.ptp(losses[-1]) / np.abs(losses[-1]).mean())

    assert spread(Run("rastrigin", "sgd", (2.3, -1.7), 200, {"lr": 0.1})) > 0.1
    assert 0 < spread(Run("rosenbrock", "adam", (-1.5, 2.0), 200)) < 1e-10
    # On the ridge of a saddle the slope across is exactly 0, and no rounding leads off it.
    assert spread(Run("saddle", "sgd", (1.0, 0.0), 200, {"lr": 0.05})) < 1e-10


def test_the_first_gradient_is_disturbed_where_it_is_nothing_but_rounding() -> None:
    path = trace(Run("double_well", "muon", (-1.0466805318046022,), 3, {"lr": 0.002}))
    losses = disturbed_losses(path, 16, 1e-15)
    assert (losses[0] == path.loss[0]).all()
    assert (np.abs(losses[2] - path.loss[2]) > 1e-7).any()


# --- The schedule's ---


@pytest.mark.parametrize("key", [key for key, schedule in SCHEDULES.items() if schedule.hypers])
def test_each_hyperparameter_of_a_schedule_is_swept(key: str) -> None:
    draw = np.random.default_rng(7)
    swept = {
        hyper.name: np.round(values) if hyper.whole else values
        for hyper in SCHEDULES[key].hypers
        for values in [draw.uniform(*hyper.slider, 5)]
    }
    run = Run(CONTRACTIVE, "momentum", (1.0, 2.0), 60, {"lr": 0.01}, schedule=key)
    many = trace_many(run, hypers={"lr": np.linspace(0.001, 0.01, 5)}, schedule_hypers=swept)
    for column in range(5):
        own = {name: float(values[column]) for name, values in swept.items()}
        lr = float(np.linspace(0.001, 0.01, 5)[column])
        path = trace(replace(run, hypers={"lr": lr}, schedule_hypers=own))
        # Powers and cosines may round differently in arrays.
        assert many.loss[column] == pytest.approx(path.loss[-1], rel=1e-9)


def test_unknown_and_impossible_hyperparameters_of_a_schedule_are_refused() -> None:
    run = Run("bowl", "sgd", (1.0, 1.0), 5, schedule="cosine")
    with pytest.raises(ValueError, match="has no hyperparameter gamma"):
        trace_many(run, schedule_hypers={"gamma": [0.1]})
    with pytest.raises(ValueError, match="eta_min must lie in"):
        trace_many(run, schedule_hypers={"eta_min": [0.1, 2.0]})
    with pytest.raises(ValueError, match="same number of columns"):
        trace_many(run, hypers={"lr": [0.1, 0.2]}, schedule_hypers={"eta_min": [0.1, 0.2, 0.3]})
