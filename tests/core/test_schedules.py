"""What the schedules promise: factors that are PyTorch's, and a run that multiplies its learning rate by them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OPTIMIZERS, SCHEDULES, Run, trace

Array = npt.NDArray[np.float64]

STEPS = 200
CASES: list[tuple[str, Mapping[str, float]]] = [
    ("constant", {}),
    ("step", {"gamma": 0.1, "period": 100}),
    ("step", {"gamma": 0.5, "period": 7}),
    ("step", {"gamma": 0.99, "period": 1}),
    ("step", {"gamma": 1.0, "period": 3}),
    ("step", {"gamma": 0.0, "period": 50}),
    ("cosine", {"eta_min": 0.0}),
    ("cosine", {"eta_min": 0.3}),
    ("cosine", {"eta_min": 1.0}),
]
cases = pytest.mark.parametrize(("key", "hypers"), CASES)


def _torch_scheduler(key: str, optimizer: Any, lr: float, hypers: Mapping[str, float]) -> Any:
    from torch.optim import lr_scheduler

    if key == "step":
        return lr_scheduler.StepLR(optimizer, step_size=int(hypers["period"]), gamma=hypers["gamma"])
    if key == "cosine":
        # Ours gives the floor as a share of the peak, torch's as a learning rate.
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS, eta_min=lr * hypers["eta_min"])
    return lr_scheduler.ConstantLR(optimizer, factor=1.0)


def _torch_rates(key: str, lr: float, hypers: Mapping[str, float]) -> Array:
    """The learning rate at each step of PyTorch's schedule."""
    import torch

    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    optimizer = torch.optim.SGD([parameter], lr=lr)
    scheduler = _torch_scheduler(key, optimizer, lr, hypers)
    rates = []
    for _ in range(STEPS):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def test_the_keys_agree_with_the_declarations() -> None:
    assert list(SCHEDULES) == ["constant", "step", "cosine"]
    assert [declared.key for declared in SCHEDULES.values()] == list(SCHEDULES)
    assert {key for key, _ in CASES} == set(SCHEDULES)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SCHEDULES["step"] = SCHEDULES["cosine"]  # type: ignore[index]


@pytest.mark.parametrize("declared", SCHEDULES.values(), ids=SCHEDULES)
def test_declarations_are_consistent(declared: Any) -> None:
    assert declared.name
    assert declared.source
    assert declared.idea.endswith(".")
    used = {name for name in declared.formula.variables if name not in ("t", "T")}
    assert used == {hyper.name for hyper in declared.hypers}
    for hyper in declared.hypers:
        assert hyper.name in declared.factor
        assert hyper.bounds[0] <= hyper.slider[0] < hyper.slider[1] <= hyper.bounds[1]
        assert hyper.slider[0] <= hyper.default <= hyper.slider[1]
        assert hyper.scale == "linear" or hyper.slider[0] > 0
        assert hyper.help.endswith(".")


@cases
def test_factors_are_those_of_torch(key: str, hypers: Mapping[str, float]) -> None:
    factors = SCHEDULES[key].factors(STEPS, hypers)
    assert factors.shape == (STEPS,)
    # torch multiplies up from step to step, which rounds 200 times.
    np.testing.assert_allclose(0.3 * factors, _torch_rates(key, 0.3, hypers), rtol=0, atol=1e-12)


@pytest.mark.parametrize("key", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 7, 1000])
def test_every_schedule_starts_at_the_peak_and_never_exceeds_it(key: str, steps: int) -> None:
    declared = SCHEDULES[key]
    factors = declared.factors(steps, {hyper.name: hyper.default for hyper in declared.hypers})
    assert factors[0] == 1.0
    assert ((factors >= 0) & (factors <= 1)).all()
    assert (np.diff(factors) <= 0).all()


def test_constant_is_1_at_every_step() -> None:
    np.testing.assert_array_equal(SCHEDULES["constant"].factors(STEPS, {}), np.ones(STEPS))


@pytest.mark.parametrize("period", [1, 3, 10, 49, 100])
def test_step_decay_falls_exactly_after_each_period(period: int) -> None:
    factors = SCHEDULES["step"].factors(STEPS, {"gamma": 0.5, "period": period})
    np.testing.assert_array_equal(factors, [0.5 ** ((t - 1) // period) for t in range(1, STEPS + 1)])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@cases
def test_the_recorded_lr_is_lr_times_the_factor(optimizer: str, key: str, hypers: Mapping[str, float]) -> None:
    run = Run("bowl", optimizer, (1.0, 1.0), STEPS, {"lr": 0.01}, schedule=key, schedule_hypers=hypers)
    path = trace(run)
    np.testing.assert_array_equal(path.terms["lr"], 0.01 * SCHEDULES[key].factors(STEPS, hypers))


@cases
def test_a_scheduled_run_is_torchs_scheduled_run(key: str, hypers: Mapping[str, float]) -> None:
    import torch

    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimizer = torch.optim.Adam([parameter], lr=0.05)
    scheduler = _torch_scheduler(key, optimizer, 0.05, hypers)
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((parameter[0] ** 2 + 3 * parameter[1] ** 2) / 2).backward()
        optimizer.step()
        scheduler.step()
    run = Run("bowl", "adam", (1.0, -2.0), STEPS, {"lr": 0.05}, schedule=key, schedule_hypers=hypers)
    # The bowl contracts, so that roundings do not grow.
    np.testing.assert_allclose(trace(run).x[-1], parameter.detach().numpy(), rtol=0, atol=1e-10)
