"""What PyTorch computes for the same runs: paths, and the check that any visitor may start."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.optimizers import Optimizer
from tests.core.catalogue.loud import loud, steady
from tests.numerals import value_of

if TYPE_CHECKING:
    from core.export.torch_peer import Parity
    from core.export.torch_peer.paths import Peer

STEPS = 60
START = (-2.5, 2.0)
# Everything that changes what a rule is given.
SETTINGS: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "noise": {"noise": 0.5, "seed": 3},
    "clipping": {"clip_norm": 0.7},
    "noise, clipping and a schedule": {
        "noise": 0.5, "clip_norm": 2.0, "schedule": "warmup_cosine", "schedule_hypers": {"warmup": 7}, "seed": 11,
    },
}  # fmt: skip
VECTORS = [key for key, optimizer in OPTIMIZERS.items() if not (optimizer.torch and optimizer.torch.matrices_only)]


def _run(key: str, objective: str = "bowl", **settings: Any) -> Run:
    return steady(Run(objective, key, START, STEPS, loud(OPTIMIZERS[key].hypers)[1], **settings))


def _peer(run: Run) -> "Peer":
    from core.export.torch_peer.paths import counterpart

    peer = counterpart(run)
    assert peer is not None
    return peer


def _through_torch(run: Run) -> np.ndarray:
    from core.export.torch_peer.paths import points

    path = points(run, _peer(run))
    assert path.dtype == np.float64
    return path


# A limit on the gradient makes the rates of Barzilai and Borwein's rule wild.
@pytest.mark.parametrize(
    ("settings", "key"),
    [
        pytest.param(settings, key, id=f"{name}-{key}")
        for name, settings in SETTINGS.items()
        for key in VECTORS
        if key != "barzilai_borwein" or "clip_norm" not in settings
    ],
)
def test_a_run_is_the_same_through_torch(key: str, settings: dict[str, Any]) -> None:
    run = _run(key, **settings)
    ours, theirs = trace(run), _through_torch(run)
    assert theirs.shape == (STEPS + 1, 2)
    np.testing.assert_array_equal(theirs[0], START)
    # Such a run contracts, so that roundings do not grow; a product of momenta in float32 would be off by 1e-7.
    np.testing.assert_allclose(ours.x, theirs, rtol=0, atol=1e-12)
    assert np.abs(theirs[-1] - theirs[0]).max() > 1e-2


# Rprop goes by signs alone, which no limit changes; for the other see above.
UNLIMITED = ("rprop", "barzilai_borwein")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        *(({"noise": 0.5}, key) for key in VECTORS),
        *(({"clip_norm": 0.2}, key) for key in VECTORS if key not in UNLIMITED),
    ],
    ids=str,
)
def test_noise_and_clipping_reach_torchs_optimizers(key: str, settings: dict[str, Any]) -> None:
    # So close to the minimum, and so slow there, that even signs and clipped steps change.
    near = steady(Run("bowl", key, (0.3, -0.2), STEPS, loud(OPTIMIZERS[key].hypers)[1], **settings), below=0.1)
    theirs = _through_torch(near)
    # As above.
    np.testing.assert_allclose(trace(near).x, theirs, rtol=0, atol=1e-12)
    assert np.abs(theirs - _through_torch(replace(near, noise=0.0, clip_norm=None))).max() > 1e-6


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("key", ["sgd", "nesterov", "nadam", "lion", "sam"])
def test_every_schedule_drives_torchs_optimizers(key: str, schedule: str) -> None:
    hypers = {"patience": 1, "threshold": 0.1} if schedule == "plateau" else {}
    run = _run(key, schedule=schedule, schedule_hypers=hypers, noise=0.3)
    # As above.
    np.testing.assert_allclose(trace(run).x, _through_torch(run), rtol=0, atol=1e-12)


@pytest.mark.parametrize("key", [key for key in VECTORS if OPTIMIZERS[key].torch])
def test_a_rule_that_torch_has_goes_through_the_class_it_declares(key: str) -> None:
    peer = OPTIMIZERS[key].torch
    assert peer is not None
    assert _peer(_run(key)).name == f"torch.optim.{peer.name}"


@pytest.mark.parametrize("key", [key for key in OPTIMIZERS if not OPTIMIZERS[key].torch])
def test_a_rule_that_torch_lacks_goes_through_the_class_made_from_it(key: str) -> None:
    assert _peer(_run(key)).name == "torch.optim.Optimizer made from the rule"


def test_a_visitors_rule_goes_through_torch_as_well() -> None:
    rule = "k: (0, 1) = 0.5\nv: state = x\nv = k*v + norm(g)*grad(x)\nx = x - lr*(v + 0.1*loss + t/T)"
    run = Run("rosenbrock", rule, (-1.0, 1.5), 30, {"lr": 1e-4}, noise=0.2, clip_norm=1.0)
    # Thirty short steps, each good to a few roundings of numbers near 100.
    np.testing.assert_allclose(trace(run).x, _through_torch(run), rtol=0, atol=1e-11)


@pytest.mark.parametrize("key", ["sophia", "newton"])
def test_curvature_is_exact_where_the_variables_are_coupled(key: str) -> None:
    run = _run(key, "x**2 + x*y + 3*y**2", noise=0.3)
    # Hutchinson's estimate would be off by the coupling.
    np.testing.assert_allclose(trace(run).x, _through_torch(run), rtol=0, atol=1e-12)


@pytest.mark.parametrize("objective", ["double_well", "sin(3*x) + x**2", "3"])
def test_one_variable_and_a_constant_go_through_torch(objective: str) -> None:
    run = Run(objective, "adam", (0.7,), 40, {"lr": 0.05, "eps": 0.1})
    theirs = _through_torch(run)
    assert theirs.shape == (41, 1)
    # Both wells contract.
    np.testing.assert_allclose(trace(run).x, theirs, rtol=0, atol=1e-12)


def test_torchs_nesterov_stands_elsewhere_than_the_point_shown() -> None:
    import torch

    run = _run("nesterov")
    weight = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=run.settings["lr"], momentum=run.settings["beta"], nesterov=True)
    weight.grad = torch.tensor([START[0], 3 * START[1]], dtype=torch.float64)
    optimizer.step()
    stored, own = weight.detach().numpy(), _through_torch(run)[1]
    np.testing.assert_allclose(own, trace(run).x[1], rtol=0, atol=1e-15)
    assert np.abs(stored - own).max() > 1e-2


@pytest.mark.parametrize(
    ("settings", "torchs"),
    [
        ({}, True),
        # Equal at every step all the same.
        ({"schedule": "exponential", "schedule_hypers": {"gamma": 1.0}}, True),
        ({"schedule": "cosine"}, False),
        ({"schedule": "plateau"}, False),
        ({"hypers": {"lr": 0.02, "beta": 0.0}}, False),
    ],
    ids=str,
)
def test_torchs_nesterov_is_ours_only_while_lr_is_constant(settings: dict[str, Any], torchs: bool) -> None:
    run = replace(_run("nesterov"), **settings)
    assert (_peer(run).name == "torch.optim.SGD") == torchs
    # As above.
    np.testing.assert_allclose(trace(run).x, _through_torch(run), rtol=0, atol=1e-12)


def test_muon_has_no_peer_on_a_vector() -> None:
    from core.export.torch_peer.paths import counterpart

    assert counterpart(_run("muon")) is None


@pytest.mark.parametrize("key", ["sgd", "nesterov", "newton", "sam"])
def test_a_run_that_diverges_goes_on_in_torch_for_all_its_steps(key: str) -> None:
    hypers = {"lr": 3.0, **({"damping": 2.5} if key == "newton" else {})}
    run = Run("-x**2 - y**2", key, (1.0, 2.0), 100, hypers)
    ours, theirs = trace(run).x, _through_torch(run)
    assert 1 < len(ours) < 101 == len(theirs)
    # Each step grows the point and its rounding by the same factor.
    np.testing.assert_allclose(ours, theirs[: len(ours)], rtol=1e-12)


@pytest.fixture(scope="module")
def checked() -> "list[Parity]":
    from core.export import torch_peer

    return torch_peer.check()


def _tolerance(parity: "Parity") -> float:
    if parity.key == "prodigy":
        # While its estimate grows a millionfold, so do the roundings of the first steps.
        return 1e-10
    # bfloat16 rounds by up to 2e-3 in each of 15 operations, which 200 steps of lr 0.02 turn into at most 0.12.
    return 200 * 0.02 * 15 * 2e-3 if parity.peer == "torch.optim.Muon" else 1e-12


def test_the_check_has_a_line_for_every_rule(checked: "list[Parity]") -> None:
    import torch

    assert [(one.key, one.name) for one in checked] == [(key, one.name) for key, one in OPTIMIZERS.items()]
    assert {one.version for one in checked} == {torch.__version__}
    for one in checked:
        peer = OPTIMIZERS[one.key].torch
        assert one.peer == (f"torch.optim.{peer.name}" if peer else "torch.optim.Optimizer made from the rule")
        assert 0 <= one.deviation <= _tolerance(one), one
        assert not one.note or one.note.endswith(".")


def test_the_check_tells_what_bfloat16_does_and_what_muon_is_without_it(checked: "list[Parity]") -> None:
    (muon,) = (one for one in checked if one.key == "muon")
    assert muon.deviation > 1e-3
    exact = value_of(muon.note.partition("float64 is ")[2].partition(" apart")[0])
    # Numbers near 200, good to 3e-14, over 200 steps.
    assert exact < 1e-11


def test_the_check_has_a_line_for_every_schedule() -> None:
    from core.export import torch_peer

    parities = torch_peer.check_schedules()
    assert [(one.key, one.name) for one in parities] == [(key, one.name) for key, one in SCHEDULES.items()]
    for one in parities:
        assert one.peer.removeprefix("torch.optim.lr_scheduler.") == SCHEDULES[one.key].torch.partition("(")[0]
        # torch multiplies up from step to step, which rounds 200 times.
        assert one.deviation <= 1e-12, one


def _wrong(optimizer: Optimizer, old: str, new: str) -> Optimizer:
    assert optimizer.rule.count(old) == 1
    return replace(optimizer, rule=optimizer.rule.replace(old, new))


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("sgd", "lr*g", "1.000001*lr*g"),
        ("adam", "sqrt(v_hat) + eps", "sqrt(v_hat + eps)"),
        ("rmsprop", "(1 - gamma)*g**2", "g**2"),
        ("nesterov", "x - beta*v)", "x)"),
        ("adamw", "weight_decay*x", "0*x"),
        ("muon", "g + beta*m", "m"),
    ],
)
def test_the_check_sees_a_rule_that_is_slightly_wrong(
    key: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.catalogue.optimizers
    from core.export.torch_peer import parity

    wrong = _wrong(OPTIMIZERS[key], old, new)
    altered = {**OPTIMIZERS, key: wrong}
    # The runs of a check find their rule by its key.
    monkeypatch.setattr(core.catalogue.optimizers, "OPTIMIZERS", altered)
    monkeypatch.setattr(parity, "OPTIMIZERS", {key: wrong})
    (one,) = parity.check()
    assert one.deviation > 1e-9
    if key == "muon":
        assert float(one.note.partition("float64 is ")[2].partition(" apart")[0]) > 1e-3


@pytest.mark.parametrize(("key", "old", "new"), [("cosine", "(t - 1)", "t"), ("plateau", "> patience", ">= patience")])
def test_the_check_sees_a_schedule_that_is_a_step_off(
    key: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.engine.run
    from core.export.torch_peer import parity

    schedule = SCHEDULES[key]
    assert old in schedule.rule
    wrong = replace(schedule, rule=schedule.rule.replace(old, new))
    monkeypatch.setattr(core.engine.run, "schedule", {**SCHEDULES, key: wrong}.__getitem__)
    monkeypatch.setattr(parity, "SCHEDULES", {key: wrong})
    (one,) = parity.check_schedules()
    assert one.deviation > 1e-3


def test_a_check_leaves_torch_as_it_was() -> None:
    import torch

    from core.export import torch_peer

    def state() -> tuple[Any, ...]:
        return torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(), torch.Tensor.bfloat16

    before = state()
    torch.manual_seed(5)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    torch_peer.check()
    torch_peer.check_schedules()
    assert state() == before
    assert torch.equal(torch.rand(3), drawn)
