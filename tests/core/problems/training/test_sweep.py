"""A sweep: trained together as one after the other, bit for bit the same whoever computes it, told and limited."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from core import OPTIMIZERS
from core.problems.training.engines import Engine, chosen_engine
from core.problems.training.settings import Training
from core.problems.training.stack import Ends, one_by_one, together
from core.problems.training.sweep import MOST_SWEEP, Sweep, Table, Unit, _asks_more, sweep, too_dear

SMALL = {"depth": 2, "width": 8, "activation": "tanh"}
STEPS = 25
TOGETHER = [key for key, entry in OPTIMIZERS.items() if not _asks_more(entry.parsed)]
ARRAYS = ("train_loss", "valid_loss", "diverged_at")


def training(key: str = "adam", **more: object) -> Training:
    return replace(Training(optimizer=key, model_settings=SMALL, steps=STEPS, float64=True), **more)


def same(one: Ends | Table, other: Ends | Table) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in ARRAYS)


def assert_close(one: Ends, other: Ends) -> None:
    np.testing.assert_array_equal(one.diverged_at, other.diverged_at)
    # Sums in another order; far from chaos they stay that near for so few steps.
    np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-10)
    np.testing.assert_allclose(one.valid_loss, other.valid_loss, rtol=1e-10)


@pytest.mark.parametrize("key", TOGETHER)
def test_networks_trained_together_end_as_those_trained_one_after_the_other(key: str) -> None:
    unit = Sweep(training(key), (key,), (1e-3, 3e-3), (0, 1)).units[0]
    assert not unit.apart
    assert_close(together(*unit), one_by_one(*unit))


@pytest.mark.parametrize(
    "more",
    [
        {"batch": 0},
        {"clip_norm": 0.05},
        {"accumulation": 3},
        {"schedule": "cosine"},
        {"schedule": "plateau"},
        {"dataset": "spirals", "smoothing": 0.2},
        {"dataset": "diabetes"},
        {"dataset": "moons", "model": "logistic", "model_settings": ()},
        {"model_settings": {**SMALL, "normalisation": "layer", "residual": "on"}},
        {"dataset": "digits", "model": "conv", "model_settings": {"channels": 2}, "steps": 4},
        {"dataset": "text", "model": "transformer", "model_settings": {"width": 8, "heads": 2}, "steps": 4},
    ],
    ids=str,
)
def test_so_they_do_with_any_setting_and_model(more: dict[str, object]) -> None:
    unit = Sweep(training(**more), ("adam",), (1e-3, 1e-2), (0, 3)).units[0]
    assert not unit.apart
    assert_close(together(*unit), one_by_one(*unit))


def test_most_rules_train_together() -> None:
    assert {"sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad", "nadam", "lion"} <= set(TOGETHER)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (training("sam"), "asks for losses or gradients itself"),
        (training("lamb"), "looks at whole tensors (norm)"),
        (training("muon"), "looks at whole tensors (orthogonalize)"),
        (training("x = x - where(lr < 0.1, lr, 0.1)*g"), "decides by its learning rate"),
        (training("h = lr*2\nx = x - where(t*h < 0.1, lr, 0.1)*g"), "decides by its learning rate"),
        (training(model_settings={"normalisation": "batch"}), "Batch norm keeps running means"),
        (training(dataset="digits", batch=0, steps=5, model_settings={"width": 256}), "A step is so large"),
    ],
)
def test_what_cannot_be_trained_together_says_why(plan: Training, reason: str) -> None:
    made = Sweep(plan, (plan.optimizer,), (0.01, 0.02), (0, 1))
    (note,) = made.notes
    assert reason in note
    assert note.endswith("one after the other.")


def test_a_rule_may_decide_by_the_step() -> None:
    unit = Sweep(training("x = x - where(t < 5, lr, 2*lr)*g"), ("x = x - where(t < 5, lr, 2*lr)*g",), (0.01,), (0,))
    assert not unit.notes
    assert_close(together(*unit.units[0]), one_by_one(*unit.units[0]))


def test_a_network_that_diverges_leaves_the_others_alone() -> None:
    plan = training("sgd", dataset="diabetes", model="linear", model_settings=(), batch=0, steps=100)
    found = together(plan, (0.01, 50.0), (0, 1))
    assert_close(found, one_by_one(plan, (0.01, 50.0), (0, 1)))
    assert (found.diverged_at[:, 1] > 1).all()
    assert np.isnan(found.valid_loss[:, 1]).all()
    assert np.array_equal(found.train_loss[:, :1], together(plan, (0.01, 0.02), (0, 1)).train_loss[:, :1])


def test_every_cell_is_the_training_with_its_settings() -> None:
    plan = Sweep(training(hypers={"beta1": 0.5}), ("adam", "sgd"), (1e-3, 1e-2), (0, 1, 2, 3, 4))
    table = sweep(plan, Engine("threading", workers=1))
    assert table.valid_loss.shape == (2, 2, 5)
    assert [unit.seeds for unit in plan.units] == [(0, 1, 2, 3), (4,)] * 2
    for row, hypers in enumerate(({"beta1": 0.5}, {})):
        rule = plan.rules[row]
        alone = one_by_one(training(rule, hypers=hypers), (1e-2,), (4,))
        assert table.valid_loss[row, 1, 4] == pytest.approx(alone.valid_loss[0, 0], rel=1e-10)


PLAN = Sweep(Training(model_settings=SMALL, steps=10, batch=16), ("adam", "sgd", "lamb"), (1e-3, 0.1), (0, 1, 2, 3, 4))


@cache
def table_of_plan() -> Table:
    return sweep(PLAN, Engine("threading", workers=1))


@contextmanager
def _cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is a development requirement")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize(
    "engine", [Engine("threading", workers=4), Engine("loky", workers=2), Engine("loky", workers=1)], ids=str
)
def test_the_table_is_the_same_whoever_computes_it(engine: Engine) -> None:
    done: list[tuple[int, int]] = []
    assert same(sweep(PLAN, engine, lambda *seen: done.append(seen)), table_of_plan())
    assert done == [(count, 6) for count in range(1, 7)]


@pytest.mark.long
# The cluster's own threads may outlive it by a moment.
@pytest.mark.filterwarnings("default::pytest.PytestUnhandledThreadExceptionWarning", "default::ResourceWarning")
def test_a_cluster_computes_the_same_table() -> None:
    with _cluster() as address:
        assert same(sweep(PLAN, Engine("dask", address)), table_of_plan())


def test_the_engine_is_chosen_by_the_environment() -> None:
    assert chosen_engine({}) == Engine("loky")
    assert chosen_engine({"SWEEP_BACKEND": "dask", "SWEEP_CLUSTER": "tcp://10.0.0.1:8786"}) == Engine(
        "dask", "tcp://10.0.0.1:8786"
    )
    with pytest.raises(ValueError, match="SWEEP_BACKEND must be one of loky, threading, dask, ray; 'cloud' was given"):
        chosen_engine({"SWEEP_BACKEND": "cloud"})
    with pytest.raises(ValueError, match="workers must be at least 1; 0 was given"):
        Engine(workers=0)


@pytest.mark.parametrize("field", ["rules", "rates", "seeds"])
def test_nothing_and_the_same_twice_are_refused(field: str) -> None:
    plan = {"rules": ("adam",), "rates": (0.1,), "seeds": (0,)}
    for wrong in ((), plan[field] * 2):
        with pytest.raises(ValueError, match=f"{field} must be one or more, each once"):
            Sweep(training(), **{**plan, field: wrong})


def test_each_training_checks_itself() -> None:
    with pytest.raises(ValueError, match="lr must lie in"):
        Sweep(training(), ("adam",), (0.1, -1.0), (0,))


def test_the_sweep_of_the_goal_is_within_the_budget_and_ten_times_it_is_not() -> None:
    plan = Training(model_settings={"depth": 2, "width": 16}, steps=300, batch=0)
    rules, rates = ("sgd", "momentum", "rmsprop", "adam"), tuple(np.geomspace(1e-4, 1, 8).tolist())
    assert not too_dear(Sweep(plan, rules, rates, (0, 1, 2)))
    long = Sweep(replace(plan, steps=5000), (*rules, "lamb"), rates, tuple(range(20)))
    assert long.cost > MOST_SWEEP
    refused = too_dear(long)
    assert refused.startswith("These 800 trainings cost about ")
    assert "Take fewer steps, fewer rates, rules or seeds, smaller batches or a smaller model." in refused
    assert refused.endswith("training together cost far less.")


def test_a_table_tells_its_medians_and_what_diverged() -> None:
    plan = Sweep(training(), ("adam", "sgd"), (0.1, 1.0), (0, 1, 2))
    losses = np.array([[[3.0, 1.0, 2.0], [np.nan, 0.5, np.nan]], [[np.nan] * 3, [4.0, 4.0, np.nan]]])
    table = Table(plan, losses, losses, np.where(np.isnan(losses), 7, 0))
    assert table.spread.median.tolist() == [[2.0, np.inf], [np.inf, 4.0]]
    assert table.spread.low.tolist() == [[1.0, 0.5], [np.inf, 4.0]]
    assert table.sentence == (
        "Adam at 0.1 ends lowest: 2 on the rows held back, the median of 3 seeds. 6 of 12 trainings diverged."
    )
    none = Table(plan, losses, np.full_like(losses, np.nan), np.ones_like(losses, dtype=np.int64))
    assert none.sentence == "No rule at any of these learning rates keeps the median of 3 seeds from diverging."


def test_a_unit_can_be_sent_anywhere() -> None:
    import pickle

    unit = PLAN.units[0]
    assert isinstance(unit, Unit)
    assert pickle.loads(pickle.dumps(unit)) == unit
