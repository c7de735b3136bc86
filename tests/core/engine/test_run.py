"""What a ``Run`` is: plain, hashable, complete values, every one of which is checked against its declaration."""

import math
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.hypers import Hyper
from core.formula import FormulaError
from core.formula.words import outside

every = pytest.mark.parametrize("key", OPTIMIZERS)
HYPERS = [pytest.param(key, h, id=f"{key}-{h.name}") for key, one in OPTIMIZERS.items() for h in one.hypers]
SCHEDULE_HYPERS = [pytest.param(key, h, id=f"{key}-{h.name}") for key, one in SCHEDULES.items() for h in one.hypers]


def _run(**changes: Any) -> Run:
    return Run(**{"objective": "rosenbrock", "optimizer": "adam", "start": (-1.5, 2.0), **changes})


def _outside(hyper: Hyper) -> Iterator[float]:
    """Values that the declaration does not allow, the nearest ones first."""
    low, high = hyper.bounds
    yield from (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), -math.inf, math.inf, math.nan)
    if hyper.whole:
        yield from (low + 0.5, math.nextafter(high, low))


# --- Values. ---


@every
def test_runs_are_hashable_and_equal_when_their_values_are(key: str) -> None:
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers}
    one, other = _run(optimizer=key, hypers=hypers), _run(optimizer=key, hypers=dict(reversed(hypers.items())))
    assert one == other
    assert hash(one) == hash(other)
    assert one in {other}
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "beale"},
        {"optimizer": "sgd"},
        {"start": (-1.5, 2.1)},
        {"steps": 501},
        {"hypers": {"lr": 0.5}},
        {"schedule": "cosine"},
        {"noise": 0.1},
        {"clip_norm": 1.0},
        {"seed": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_runs_that_differ_in_one_value_are_different(changes: Mapping[str, Any]) -> None:
    assert _run(**changes) != _run()


def test_a_mapping_and_pairs_in_any_order_are_the_same_hyperparameters() -> None:
    as_mapping = _run(hypers={"lr": 0.1, "beta1": 0.5})
    as_pairs = _run(hypers=(("beta1", 0.5), ("lr", 0.1)))
    as_list = _run(hypers=[("lr", 0.1), ("beta1", np.float64(0.5))])
    assert as_mapping == as_pairs == as_list
    assert as_mapping.hypers == (("beta1", 0.5), ("lr", 0.1))
    assert _run(schedule="cosine", schedule_hypers={"eta_min": 0.1}).schedule_hypers == (("eta_min", 0.1),)


def test_everything_is_kept_as_plain_numbers() -> None:
    run = _run(start=np.array([1, 2]), hypers={"lr": np.float32(0.5)})
    assert run.start == (1.0, 2.0)
    assert {type(number) for number in (*run.start, *(value for _, value in run.hypers))} == {float}
    assert _run(start=[-1.5, 2]) == _run()


@pytest.mark.parametrize("five", [5, 5.0, np.int64(5), np.float64(5.0)], ids=lambda value: type(value).__name__)
def test_whole_numbers_of_any_type_are_kept_as_int(five: Any) -> None:
    run = _run(steps=five, seed=five, noise=0.1)
    assert (type(run.steps), type(run.seed)) == (int, int)
    np.testing.assert_array_equal(trace(run).x, trace(_run(steps=5, seed=5, noise=0.1)).x)


def test_a_run_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        _run().steps = 3  # type: ignore[misc]


def test_a_changed_copy_is_checked_too() -> None:
    with pytest.raises(ValueError, match="steps"):
        replace(_run(), steps=0)


@every
def test_missing_hyperparameters_take_their_declared_defaults(key: str) -> None:
    hypers = OPTIMIZERS[key].hypers
    run = _run(optimizer=key)
    assert run.settings == {hyper.name: hyper.default for hyper in hypers}
    given = hypers[0]
    value = (given.bounds[0] + given.slider[1]) / 2
    run = _run(optimizer=key, hypers={given.name: value})
    assert run.settings == {**{hyper.name: hyper.default for hyper in hypers}, given.name: value}
    assert run.hypers == ((given.name, value),)


@pytest.mark.parametrize("key", SCHEDULES)
def test_missing_schedule_hyperparameters_take_their_declared_defaults(key: str) -> None:
    assert _run(schedule=key).schedule_settings == {h.name: h.default for h in SCHEDULES[key].hypers}


def test_the_other_defaults_are_neutral() -> None:
    run = _run()
    assert (run.steps, run.schedule, run.noise, run.clip_norm, run.seed) == (500, "constant", 0.0, None, 0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_key_resolves_to_its_declaration(objective: str) -> None:
    run = _run(objective=objective, start=OBJECTIVES[objective].start)
    assert run.resolved_objective is OBJECTIVES[objective]
    assert run.resolved_optimizer is OPTIMIZERS["adam"]
    assert run.resolved_schedule is SCHEDULES["constant"]


# --- What is refused: derived from the declarations. ---


@pytest.mark.parametrize(("key", "hyper"), HYPERS)
def test_each_declared_bound_is_enforced_and_inclusive(key: str, hyper: Hyper) -> None:
    low, high = hyper.bounds
    for bound in hyper.bounds:
        assert _run(optimizer=key, hypers={hyper.name: bound}).settings[hyper.name] == bound
    for value in _outside(hyper):
        with pytest.raises(ValueError, match=f"^{hyper.name} must ") as seen:
            _run(optimizer=key, hypers={hyper.name: value})
        assert outside(value, low, high) in str(seen.value)


@pytest.mark.parametrize(("key", "hyper"), SCHEDULE_HYPERS)
def test_each_bound_of_a_schedule_is_enforced_and_inclusive(key: str, hyper: Hyper) -> None:
    low, high = hyper.bounds
    for bound in hyper.bounds:
        assert _run(schedule=key, schedule_hypers={hyper.name: bound}).schedule_settings[hyper.name] == bound
    for value in _outside(hyper):
        with pytest.raises(ValueError, match=f"^{hyper.name} must ") as seen:
            _run(schedule=key, schedule_hypers={hyper.name: value})
        assert outside(value, low, high) in str(seen.value)


@pytest.mark.parametrize("value", [1.5, 0.999, 9.000001])
def test_what_counts_steps_must_be_whole(value: float) -> None:
    with pytest.raises(ValueError, match=r"^k must (be a whole number|lie) in \[1, 1000\]; "):
        _run(optimizer="sophia", hypers={"k": value})


def test_the_bounds_of_a_visitors_rule_are_enforced() -> None:
    text = "lr: (0.1, 2) = 0.5\nshare: (0, 1) = 0.5\nx = x - lr*share*g"
    assert _run(optimizer=text).settings == {"lr": 0.5, "share": 0.5}
    for name, value, said in (("lr", 0.05, "[0.1, 2]; 0.05"), ("share", 1.5, "[0, 1]; 1.5")):
        with pytest.raises(ValueError, match=f"^{name} must lie in ") as seen:
            _run(optimizer=text, hypers={name: value})
        assert said in str(seen.value)


@every
def test_a_name_that_the_rule_does_not_have_is_refused_with_those_it_has(key: str) -> None:
    optimizer = OPTIMIZERS[key]
    for name in ("learning_rate", "", "LR", "eta_min"):
        with pytest.raises(ValueError, match=f"has no hyperparameter {name}; ") as seen:
            _run(optimizer=key, hypers={name: 0.1})
        assert str(seen.value).startswith(optimizer.name)
        assert str(seen.value).endswith(f"its hyperparameters: {', '.join(h.name for h in optimizer.hypers)}.")


def test_a_name_that_the_schedule_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="Constant has no hyperparameter gamma; its hyperparameters: none"):
        _run(schedule_hypers={"gamma": 0.5})


@pytest.mark.parametrize(
    ("changes", "what", "known", "near"),
    [
        ({"optimizer": "adm"}, "optimizer", OPTIMIZERS, "adam"),
        ({"optimizer": "nestorov"}, "optimizer", OPTIMIZERS, "nesterov"),
        ({"optimizer": "schedulefree"}, "optimizer", OPTIMIZERS, "schedule_free"),
        ({"objective": "rosenbrok"}, "objective", OBJECTIVES, "rosenbrock"),
        ({"objective": "himelblau"}, "objective", OBJECTIVES, "himmelblau"),
        ({"schedule": "cosin"}, "schedule", SCHEDULES, "cosine"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else "",
)
def test_unknown_keys_are_refused_with_the_known_ones_and_the_nearest(
    changes: dict[str, str], what: str, known: Mapping[str, Any], near: str
) -> None:
    with pytest.raises(ValueError, match=f"^Unknown {what} ") as seen:
        _run(**changes)
    message = str(seen.value)
    assert repr(next(iter(changes.values()))) in message
    assert f"known are {', '.join(known)}." in message
    assert message.endswith(f"Did you mean {near}?")


@pytest.mark.parametrize("changes", [{"optimizer": "qqqq"}, {"objective": "qqqq"}, {"schedule": "qqqq"}])
def test_no_key_is_proposed_where_none_is_near(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^Unknown ") as seen:
        _run(**changes)
    assert "mean" not in str(seen.value)


@pytest.mark.parametrize("key", ["Constant", "x"])
def test_a_schedule_is_only_known_by_its_key(key: str) -> None:
    with pytest.raises(ValueError, match=r"^Unknown schedule"):
        _run(schedule=key)


@pytest.mark.parametrize(
    "changes", [{"objective": "x +"}, {"objective": "z**2"}, {"optimizer": "x = x -"}, {"optimizer": "v = g + 1"}]
)
def test_a_text_that_is_no_formula_is_refused_with_a_place(changes: dict[str, str]) -> None:
    with pytest.raises(FormulaError):
        _run(**changes)


@pytest.mark.parametrize("start", [(), (1.0, 2.0, 3.0)])
def test_a_start_has_one_or_two_numbers(start: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=f"start must have 1 or 2 numbers; {len(start)} were given"):
        _run(objective="x**2", start=start)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan, 1.0001e12, -1.0001e12])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_start_lies_where_a_run_may_be(bad: float, axis: int) -> None:
    start = [1.0, 1.0]
    start[axis] = bad
    with pytest.raises(ValueError, match=r"^start must lie in \[−10¹², 10¹²\]; "):
        _run(start=start)


@pytest.mark.parametrize("start", [(1e12, 0.0), (0.0, -1e12)])
def test_the_bound_of_a_start_is_inclusive(start: tuple[float, float]) -> None:
    assert _run(start=start).start == start


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_start_with_another_number_of_variables_than_the_objective_is_refused(objective: str) -> None:
    other = 3 - OBJECTIVES[objective].dimension
    with pytest.raises(ValueError, match=rf"^{objective} is a function of .*; one of {other} variable"):
        _run(objective=objective, start=(1.0,) * other)


# The ranges of what every run has, as its docstring and the design give them.
RANGES = [
    ("steps", 1, 100_000, [0, -1, 100_001, 1.5, True, math.nan, math.inf]),
    ("seed", 0, 2**63 - 1, [-1, 2**63, 0.5, False, math.nan]),
    ("noise", 0.0, 1e6, [-1e-300, 1.0000001e6, math.nan, math.inf]),
    ("clip_norm", 1e-12, 1e12, [0.0, -1.0, 0.9e-12, 1.1e12, math.nan, math.inf]),
]


@pytest.mark.parametrize(("name", "low", "high"), [row[:3] for row in RANGES], ids=[row[0] for row in RANGES])
def test_both_ends_of_a_range_are_allowed(name: str, low: float, high: float) -> None:
    for value in (low, high):
        assert getattr(_run(**{name: value}), name) == value


@pytest.mark.parametrize(("name", "low", "high", "value"), [(*row[:3], value) for row in RANGES for value in row[3]])
def test_what_is_outside_a_range_is_refused_with_name_range_and_value(
    name: str, low: float, high: float, value: Any
) -> None:
    with pytest.raises(ValueError, match=f"^{name} must ") as seen:
        _run(**{name: value})
    assert (f"{value} was given." if isinstance(value, bool) else outside(value, low, high)) in str(seen.value)
