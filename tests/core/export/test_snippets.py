"""The code to take home: it runs exactly as shown, follows the declarations, and its notes are true."""

import ast
import math
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from core import OPTIMIZERS, SCHEDULES
from core.export.expressions import schedule_line, torch_line
from core.export.snippets import SNIPPETS, Snippet, optimizers
from core.export.snippets.snippet import laid_out
from tests.programs import fails, imported, run_alone, run_here

every = pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)


def _note(key: str, words: str) -> None:
    """Asserts that a note of the snippet says ``words``."""
    assert any(words in note for note in SNIPPETS[key].notes), words


def _plain(text: str) -> str:
    """``text`` without what lays it out."""
    return re.sub(r",(?=[)\]])", "", re.sub(r"\s", "", text))


@every
def test_a_snippet_runs_as_it_is_printed(snippet: Snippet, tmp_path: Path) -> None:
    lines = run_here(snippet.code, tmp_path).printed.splitlines()
    assert 3 <= len(lines) <= 20
    assert all(re.search(r"\d", line) for line in lines)


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("optimizers", '{"params": vectors, "weight_decay": 0.0}', '{"params": vectors, "weight_decay": 0.1}'),
        ("schedulers", "CosineAnnealingLR(optimizer, T_max=200", "CosineAnnealingLR(optimizer, T_max=100"),
        ("training_loop", "T_max=steps - steps // 10", "T_max=steps"),
        ("workshop", "* (len(x) / len(inputs))", "/ len(batches)"),
        ("workshop", "    model.load_state_dict(state)\n", ""),
        ("workshop", "    scaler.unscale_(optimizer)\n", ""),
    ],
)
def test_a_mistake_in_a_snippet_is_found_by_the_snippet_itself(key: str, old: str, new: str, tmp_path: Path) -> None:
    code = SNIPPETS[key].code
    assert old in code
    assert fails(code.replace(old, new), tmp_path)


def test_a_new_python_prints_the_same(tmp_path: Path) -> None:
    code = SNIPPETS["training_loop"].code
    assert run_alone(code, tmp_path) == run_here(code, tmp_path).printed


@every
def test_a_snippet_is_told_in_sentences(snippet: Snippet) -> None:
    assert SNIPPETS[snippet.key] is snippet
    assert re.fullmatch(r"[A-Z][a-z]+( [a-z]+)?", snippet.title)
    for text in (snippet.introduction, *snippet.notes):
        assert text.endswith(".")
    assert snippet.introduction.count(". ") == 0
    assert len(snippet.notes) >= 3


@every
def test_a_snippet_needs_only_torch_and_fits_on_a_page(snippet: Snippet) -> None:
    tree = ast.parse(snippet.code)
    assert ast.get_docstring(tree)
    assert imported(snippet.code) - set(sys.stdlib_module_names) == {"torch"}
    assert max(map(len, snippet.code.splitlines())) <= 120
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))


def test_the_optimizers_are_those_of_the_declarations() -> None:
    code = _plain(SNIPPETS["optimizers"].code)
    for optimizer in OPTIMIZERS.values():
        if optimizer.torch is None:
            comments = SNIPPETS["optimizers"].code.replace("\n# ", " ")
            assert re.search(rf" Not in torch.optim: .*{re.escape(optimizer.name)}[,.]", comments)
        else:
            assert _plain(torch_line(optimizer, {hyper.name: hyper.default for hyper in optimizer.hypers})) in code


def test_only_rules_that_torch_refuses_for_vectors_are_kept_from_them() -> None:
    for optimizer in OPTIMIZERS.values():
        if optimizer.torch is not None:
            make = getattr(torch.optim, optimizer.torch.name)
            if optimizers._for_matrices(optimizer):
                with pytest.raises(ValueError, match="2D"):
                    make([torch.zeros(3, requires_grad=True)])
            else:
                make([torch.zeros(3, requires_grad=True)])


def test_the_schedulers_are_those_of_the_declarations_with_their_own_rates() -> None:
    code = SNIPPETS["schedulers"].code
    for schedule in SCHEDULES.values():
        settings = {hyper.name: hyper.default for hyper in schedule.hypers}
        assert _plain(schedule_line(schedule, settings, 0.1, 200)) in _plain(code)
        entry = re.search(rf'"{re.escape(schedule.name)}": \(\n(.*?)\n    \),\n', code, re.DOTALL)
        # What follows the loss has no rates that are known in advance.
        assert (entry is None) == schedule.follows_loss
        if entry is not None:
            printed = ast.literal_eval(entry[1].splitlines()[-1].strip().rstrip(","))
            factors = schedule.factors(200, settings)
            # Twelve digits are printed.
            np.testing.assert_allclose(printed, 0.1 * factors[[0, 100, 199]], rtol=1e-11)


def _in_order(code: str, *lines: str) -> None:
    positions = [code.index(line) for line in lines]
    assert positions == sorted(positions), lines


def test_the_lines_of_a_step_are_in_the_right_order() -> None:
    _note("training_loop", "zero_grad comes first")
    _note("training_loop", "Clip after backward and before the step")
    loop = SNIPPETS["training_loop"].code.partition("model.train()")[2]
    _in_order(
        loop, "zero_grad()", "model(inputs)", ".backward()", "clip_grad_norm_", "optimizer.step()", "scheduler.step()"
    )
    mixed = SNIPPETS["workshop"].code.partition("# 4.")[2]
    _in_order(
        mixed,
        "zero_grad()",
        "torch.amp.autocast(",
        "scaler.scale(loss).backward()",
        "scaler.unscale_(",
        "clip_grad_norm_",
        "scaler.step(",
        "scaler.update()",
    )
    assert "torch.cuda.amp" not in mixed


def test_a_call_is_laid_out_in_short_lines_that_mean_the_same() -> None:
    for text in (schedule.torch for schedule in SCHEDULES.values()):
        lines = laid_out(f"lambda optimizer: {text}", 8, 8)
        assert ast.dump(ast.parse(lines)) == ast.dump(ast.parse(f"lambda optimizer: {text}"))
        # The longest piece without an argument to break at: a share of the run, rounded.
        assert max(map(len, lines.splitlines())) <= 110
    assert laid_out("f(1)", 0) == "f(1)"
    assert laid_out(f"f({'1' * 60}, a={'2' * 60})", 4) == f"f(\n        {'1' * 60},\n        a={'2' * 60},\n    )"


# The notes, one by one.


def _weight(value: float = 1.0) -> nn.Parameter:
    return nn.Parameter(torch.full((1,), value))


def _adamw(lr: float = 3e-4) -> torch.optim.Optimizer:
    return torch.optim.AdamW([_weight()], lr=lr)


def test_nesterovs_form_needs_momentum_and_no_dampening() -> None:
    _note("optimizers", "nesterov=True needs a momentum above 0 and no dampening")
    for settings in ({"momentum": 0.0}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(ValueError, match="Nesterov"):
            torch.optim.SGD([_weight()], lr=0.1, nesterov=True, **settings)


def test_rmsprop_forgets_more_slowly_than_the_lectures() -> None:
    _note("optimizers", "alpha=0.99 unless told otherwise")
    assert torch.optim.RMSprop([_weight()]).defaults["alpha"] == 0.99


def test_adams_decay_is_scaled_and_adamws_is_not() -> None:
    _note("optimizers", "Adam's weight_decay is added to the gradient and then divided by its size")
    left = {}
    for make in (torch.optim.Adam, torch.optim.AdamW):
        weight = _weight()
        weight.grad = torch.zeros(1)
        make([weight], lr=0.01, weight_decay=0.1).step()
        left[make] = weight.item()
    # Adam turns the decay into a step of one learning rate, whatever the decay is.
    assert left[torch.optim.Adam] == pytest.approx(0.99, abs=1e-6)
    assert left[torch.optim.AdamW] == pytest.approx(0.999, abs=1e-6)


def test_muon_takes_matrices_only_and_decays_by_itself() -> None:
    _note("optimizers", "Muon refuses anything but matrices and decays weights by 0.1 unless told otherwise")
    with pytest.raises(ValueError, match="2D"):
        torch.optim.Muon([_weight()])
    assert torch.optim.Muon([nn.Parameter(torch.eye(2))]).defaults["weight_decay"] == 0.1


def test_a_scheduler_writes_when_it_is_built() -> None:
    _note("schedulers", "when it is built, not only when it is stepped")
    optimizer = _adamw()
    lr_scheduler.LinearLR(optimizer, start_factor=0.01)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(3e-6)


def _rates(make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], steps: int) -> list[float]:
    optimizer = _adamw()
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_a_cosine_climbs_again() -> None:
    _note("schedulers", "climbs again after T_max and is back at the top at twice T_max")
    rates = _rates(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=10), 20)
    assert min(rates) == rates[10] == pytest.approx(0, abs=1e-18)
    assert rates[20] == pytest.approx(3e-4)


def test_one_cycle_counts_batches_and_no_more_than_it_was_told() -> None:
    _note("schedulers", "stepped once an epoch it does not reach its peak")
    _note("schedulers", "stepped more often than total_steps it raises a ValueError")
    seldom = _rates(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=1000), 100)
    assert max(seldom) < 0.01 / 3
    with pytest.raises(ValueError, match="Tried to step"):
        _rates(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=10), 11)


def test_one_cycle_moves_the_momentum_unless_told_not_to() -> None:
    _note("schedulers", "moves the momentum, or beta1, unless cycle_momentum=False")
    moved, kept = _adamw(), _adamw()
    lr_scheduler.OneCycleLR(moved, max_lr=0.01, total_steps=10)
    lr_scheduler.OneCycleLR(kept, max_lr=0.01, total_steps=10, cycle_momentum=False)
    assert moved.param_groups[0]["betas"][0] == 0.95
    assert kept.param_groups[0]["betas"][0] == 0.9


def test_the_linear_schedule_rises_by_default() -> None:
    _note("schedulers", "LinearLR rises by default, from a third of the learning rate to all of it")
    rates = _rates(lr_scheduler.LinearLR, 5)
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(3e-4)


def test_reducing_on_a_plateau_needs_the_loss() -> None:
    _note("schedulers", "ReduceLROnPlateau must be given the loss")
    with pytest.raises(TypeError, match="metrics"):
        lr_scheduler.ReduceLROnPlateau(_adamw()).step()


def test_without_zeroing_gradients_add_up() -> None:
    _note("training_loop", "without it backward adds each gradient to the last")
    weight = _weight(3.0)
    norms = []
    for _ in range(3):
        (weight**2).sum().backward()
        norms.append(weight.grad.norm().item())
    assert norms == [6.0, 12.0, 18.0]


def test_evaluation_and_no_grad_do_different_things() -> None:
    _note("training_loop", "One does not do the other's work")
    _note("training_loop", "switches dropout off and BatchNorm to its running averages")
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)), torch.randn(8, 4) + 5
    model.eval()
    assert model(x).requires_grad
    # Fresh running averages are 0 and 1.
    torch.testing.assert_close(model(x), x, rtol=1e-4, atol=1e-4)
    model.train()
    with torch.no_grad():
        assert not model(x).requires_grad
        assert (model(x) == 0).any()


def test_a_mean_over_uneven_batches_is_not_the_mean_over_items() -> None:
    _note("training_loop", "A mean over batches is not the mean over items if the last batch is smaller")
    values = torch.tensor([1.0, 1.0, 1.0, 5.0])
    assert torch.stack([part.mean() for part in values.split(3)]).mean() == 3
    assert values.mean() == 2


def test_clipping_each_parameter_alone_is_not_clipping_all_at_once() -> None:
    _note("training_loop", "over all parameters at once")
    left = []
    for groups in (1, 2):
        weights = [_weight(), _weight()]
        for weight, gradient in zip(weights, (3.0, 4.0), strict=True):
            weight.grad = torch.full((1,), gradient)
        for part in [weights] if groups == 1 else [[weight] for weight in weights]:
            nn.utils.clip_grad_norm_(part, 1.0)
        left.append([weight.grad.item() for weight in weights])
    assert left[0] == pytest.approx([0.6, 0.8], abs=1e-5)
    assert left[1] == pytest.approx([1.0, 1.0], abs=1e-5)


def test_stepping_the_scheduler_first_is_warned_about() -> None:
    _note("training_loop", "The scheduler is stepped after the optimizer")
    optimizer = _adamw()
    scheduler = lr_scheduler.StepLR(optimizer, 10)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()
    optimizer.step()


@pytest.mark.parametrize(("normalised", "close"), [(False, True), (True, False)])
def test_gathering_equals_one_large_batch_only_without_batch_norm(normalised: bool, close: bool) -> None:
    _note("workshop", "only without BatchNorm, and only if each part counts by its items")
    torch.manual_seed(0)
    middle = nn.BatchNorm1d(16) if normalised else nn.Identity()
    model = nn.Sequential(nn.Linear(8, 16), middle, nn.ReLU(), nn.Linear(16, 1)).double()
    x, y = torch.randn(50, 8).double(), torch.randn(50, 1).double()

    def gradient(weighted: bool, size: int) -> torch.Tensor:
        model.zero_grad()
        parts = list(zip(x.split(size), y.split(size), strict=True))
        for inputs, targets in parts:
            share = len(inputs) / len(x) if weighted else 1 / len(parts)
            (nn.functional.mse_loss(model(inputs), targets) * share).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()])

    large, gathered, unweighted = gradient(True, 50).clone(), gradient(True, 16).clone(), gradient(False, 16)
    # Rounding of float64.
    assert torch.allclose(gathered, large, rtol=1e-9, atol=1e-12) == close
    assert not torch.allclose(unweighted, large, rtol=1e-2)


def test_the_old_names_of_mixed_precision_are_deprecated() -> None:
    _note("workshop", "torch.cuda.amp is deprecated; torch.amp takes the device")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.cuda.amp.autocast()
        torch.cuda.amp.GradScaler(enabled=False)
    assert [warning.category for warning in seen if "deprecated" in str(warning.message)] == [FutureWarning] * 2


def test_autocast_leaves_weights_gradients_and_state_in_float32() -> None:
    _note("workshop", "Autocast leaves weights, gradients and optimizer state in float32")
    model = nn.Linear(4, 4)
    optimizer = torch.optim.Adam(model.parameters())
    with torch.amp.autocast("cpu", dtype=torch.bfloat16):
        outputs = model(torch.ones(2, 4))
    outputs.sum().backward()
    optimizer.step()
    assert outputs.dtype == torch.bfloat16
    kept = [optimizer.state[model.weight][name] for name in ("exp_avg", "exp_avg_sq")]
    assert {tensor.dtype for tensor in (model.weight, model.weight.grad, *kept)} == {torch.float32}


def test_clipping_a_scaled_gradient_leaves_almost_nothing() -> None:
    _note("workshop", "Unscale before clipping")
    weight = _weight()
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale((1.28 * weight).sum()).backward()
    assert nn.utils.clip_grad_norm_([weight], 1.0).item() == pytest.approx(1.28 * 65_536)
    scaler.unscale_(torch.optim.SGD([weight], lr=1.0))
    assert math.isclose(weight.grad.item(), 1 / 65_536, rel_tol=1e-4)


def _kept_for_backward(items: int) -> int:
    """How many numbers PyTorch saves for the backward pass over ``items`` items, weights apart."""
    model, kept = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 1)), []
    weights = {weight.data_ptr() for weight in model.parameters()}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            kept.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = model(torch.ones(items, 4)).square().mean()
    loss.backward()
    return sum(kept)


def test_gathering_saves_the_memory_of_activations() -> None:
    _note("workshop", "It saves the memory of activations")
    # The mean itself keeps a number or two whatever the batch is.
    assert _kept_for_backward(64) == pytest.approx(4 * _kept_for_backward(16), rel=0.01)


def test_a_range_test_must_put_the_weights_back() -> None:
    _note("workshop", "A range test changes the weights: restore them")
    test = SNIPPETS["workshop"].code.partition("def range_test")[2].partition("return")[0]
    _in_order(test, "copy.deepcopy(model.state_dict())", "tester = torch.optim", "model.load_state_dict(state)")


def test_bfloat16_has_the_range_of_float32() -> None:
    _note("workshop", "bfloat16 needs no scaler")
    single, brain, half = (torch.finfo(dtype) for dtype in (torch.float32, torch.bfloat16, torch.float16))
    assert brain.smallest_normal == single.smallest_normal < 1e-37
    assert brain.max == pytest.approx(single.max, rel=0.01)
    assert half.smallest_normal > 1e-5


def test_every_note_has_a_test() -> None:
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_note"]
    checked = [tuple(ast.literal_eval(argument) for argument in call.args) for call in calls]
    for snippet in SNIPPETS.values():
        for note in snippet.notes:
            assert any(key == snippet.key and words in note for key, words in checked), note
