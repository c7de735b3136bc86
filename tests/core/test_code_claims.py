"""The statements about PyTorch code: their verdicts, and their numbers, found by experiments or by PyTorch itself."""

import inspect
import re

import pytest
import torch
from torch.optim import lr_scheduler

from core import OPTIMIZERS
from core.claim_texts import code
from core.experiments import EXPERIMENTS

CLAIMS = {claim.key: claim for claim in code.ALL}


@pytest.mark.parametrize(
    ("claim", "shown", "experiment", "label", "factor", "settings"),
    [
        ("C106", "0.0004 ", "X67", "learning rate after building all", 1, {}),
        ("C106", "0.95 ", "X67", "beta1 after building all", 1, {}),
        ("C106", "0.0028 ", "X67", "one-cycle, largest, by epoch", 1, {}),
        ("C106", "0.01.", "X67", "one-cycle, largest, by batch", 1, {}),
        ("C108", "32 %", "X47", "relative error, uneven, divided by their number", 100, {}),
        ("C108", "19 %", "X47", "relative error, BatchNorm", 100, {}),
        ("C110", "1.5 ", "X63", "steepest / best, Gradient descent", 1, {}),
        ("C110", "0.8 ", "X63", "steepest / best, AdamW", 1, {}),
        ("C111", "83 886 ", "X65", "norm seen before unscaling", 1, {}),
        ("C111", "0.000015 ", "X65", "norm left, clipped before unscaling", 1, {}),
        ("C112", "16 bytes", "X65", "bytes per weight, Adam in float32", 1, {}),
        ("C112", "16 again", "X65", "bytes per weight, Adam in 16 bits with a float32 copy", 1, {}),
    ],
)
def test_a_number_in_a_claim_is_what_the_experiment_finds(
    claim: str, shown: str, experiment: str, label: str, factor: float, settings: dict[str, float]
) -> None:
    assert shown in CLAIMS[claim].correct
    assert CLAIMS[claim].experiment == experiment
    text = re.sub(r"[^0-9.]", "", shown).rstrip(".")
    digits = len(text.partition(".")[2])
    found = factor * EXPERIMENTS[experiment].run(settings).numbers[label]
    # Half a unit of the last digit that is printed.
    assert found == pytest.approx(float(text), abs=0.5001 * 10**-digits)


@pytest.mark.parametrize("rule", ["Gradient descent", "AdamW"])
def test_a_noisy_range_test_finds_the_noise(rule: str) -> None:
    assert "in batches of 32 it only finds the noise, a hundred times too low or worse" in CLAIMS["C110"].correct
    assert EXPERIMENTS["X63"].run({"batch": 32}).numbers[f"steepest / best, {rule}"] < 0.01


def test_every_common_optimizer_has_a_default_learning_rate() -> None:
    assert "each of them has a default learning rate" in CLAIMS["C105"].correct
    for key in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"):
        peer = OPTIMIZERS[key].torch
        assert peer is not None
        assert inspect.signature(getattr(torch.optim, peer.name)).parameters["lr"].default > 0


def test_a_cosine_stepped_per_epoch_has_three_rates_in_three_epochs() -> None:
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    trained, printed = [], []
    for _ in range(3):
        trained.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
        printed.append(scheduler.get_last_lr()[0])
    assert trained == pytest.approx([0.0003, 0.000225, 0.000075])
    assert printed[-1] == pytest.approx(0, abs=1e-18)
    assert "0.0003, 0.000225 and 0.000075 only, and prints 0 for the last" in CLAIMS["C107"].correct


def test_three_backward_passes_leave_three_times_the_gradient() -> None:
    weight = torch.nn.Parameter(torch.tensor([3.0]))
    for _ in range(3):
        (weight**2).sum().backward()
    assert weight.grad.item() == 3 * 6.0
    assert "three backward passes over one batch leave three times its gradient" in CLAIMS["C107"].correct


def test_130_items_make_two_steps_and_a_leftover() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    steps, batches = 0, torch.ones(130).split(16)
    for i, batch in enumerate(batches):
        ((weight - batch) ** 2).mean().div(4).backward()
        if (i + 1) % 4 == 0:
            steps += 1
            weight.grad = None
    assert (len(batches), steps) == (9, 2)
    # The ninth gradient waits for the next epoch.
    assert weight.grad is not None
    assert weight.grad.norm() > 0
    assert "with N = 4, eight batches make two steps; the ninth is lost" in CLAIMS["C108"].correct


def test_the_norm_is_measured_in_one_call_and_returned_by_clipping() -> None:
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(3, 4)), torch.nn.Parameter(torch.randn(5))]
    for weight in weights:
        weight.grad = torch.randn_like(weight)
    by_hand = sum(weight.grad.norm() ** 2 for weight in weights) ** 0.5
    measured = torch.nn.utils.get_total_norm([weight.grad for weight in weights])
    assert measured.item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert torch.nn.utils.clip_grad_norm_(weights, 0.1).item() == measured.item()


def test_what_pytorch_has_and_lacks_is_told() -> None:
    told = CLAIMS["C113"].correct
    has, _, lacks = told.partition("but not")
    lacks = lacks.partition(".")[0]
    assert f"PyTorch {'.'.join(torch.__version__.split('.')[:2])} has" in has
    for name in ("Muon", "NAdam", "RAdam", "Adafactor"):
        assert name in has
        assert hasattr(torch.optim, name)
    missing = [rule.name.partition(" (")[0] for rule in OPTIMIZERS.values() if rule.torch is None]
    assert all(name in lacks for name in missing), missing
    assert not any(hasattr(torch.optim, name) for name in ("Lion", "Sophia", "SophiaG", "LAMB", "Lamb", "SAM"))
