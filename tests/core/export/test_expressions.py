"""Lines of PyTorch with their numbers filled in: each is valid, short, and makes what it says."""

import ast
from collections.abc import Mapping

import pytest

from core import OPTIMIZERS, SCHEDULES
from core.export import optimizer_source, schedule_line, torch_line
from core.export.expressions import called_classes, filled

LINES: Mapping[str, str] = {
    "sgd": "torch.optim.SGD(params, lr=0.001)",
    "adam": "torch.optim.Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08)",
    "nesterov": "torch.optim.SGD(params, lr=0.001, momentum=0.9, nesterov=True)",
    "sophia": "Sophia(params, lr=0.001, beta1=0.965, beta2=0.99, gamma=0.01, eps=1e-12, weight_decay=0.0, k=10)",
    "schedule_free": "ScheduleFree(params, lr=0.01, beta=0.9)",
    "newton": "Newton(params, lr=1.0, damping=0.0)",
}
SCHEDULE_LINES: Mapping[str, str] = {
    "step": "StepLR(optimizer, step_size=100, gamma=0.1)",
    "cosine": "CosineAnnealingLR(optimizer, T_max=1000, eta_min=0.0)",
    "warmup_cosine": "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.01, total_iters=25), "
    "CosineAnnealingLR(optimizer, T_max=975, eta_min=0.0)], milestones=[25])",
    "inverse_sqrt": "LambdaLR(optimizer, lambda n: min((n + 1) / 25, (25 / (n + 1)) ** 0.5))",
    "triangular": "CyclicLR(optimizer, base_lr=0.03, max_lr=0.3, step_size_up=50, cycle_momentum=False)",
}


@pytest.mark.parametrize("key", LINES)
def test_an_optimizer_is_one_line_of_torch_with_its_numbers(key: str) -> None:
    optimizer = OPTIMIZERS[key]
    assert torch_line(optimizer, {hyper.name: hyper.default for hyper in optimizer.hypers}) == LINES[key]


@pytest.mark.parametrize("key", SCHEDULE_LINES)
def test_a_schedule_is_one_line_of_torch_with_its_numbers(key: str) -> None:
    schedule = SCHEDULES[key]
    settings = {hyper.name: hyper.default for hyper in schedule.hypers}
    assert schedule_line(schedule, settings, 0.3, 1000) == SCHEDULE_LINES[key]


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_line_of_every_optimizer_makes_one(key: str) -> None:
    import torch

    optimizer = OPTIMIZERS[key]
    settings = {hyper.name: hyper.default for hyper in optimizer.hypers}
    scope = {"params": [torch.nn.Parameter(torch.ones(2, 3))]}
    exec(optimizer_source(optimizer), scope)
    made = eval(torch_line(optimizer, settings), scope)
    assert isinstance(made, torch.optim.Optimizer)
    assert made.param_groups[0]["lr"] == settings["lr"]


@pytest.mark.parametrize("key", SCHEDULES)
def test_the_line_of_every_schedule_makes_one(key: str) -> None:
    import torch

    schedule = SCHEDULES[key]
    settings = {hyper.name: hyper.default for hyper in schedule.hypers}
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.3)
    line = schedule_line(schedule, settings, 0.3, 1000)
    made = eval(line, {**vars(torch.optim.lr_scheduler), "optimizer": optimizer})
    assert type(made).__name__ in called_classes(line)
    names = {node.id for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Name)}
    # Nothing is left to fill in but the optimizer; n is the step of a lambda.
    assert names - {"n", "min"} == {"optimizer", *called_classes(line)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a*b)", "f(0.3)"),
        ("f(a*0.0)", "f(0.0)"),
        ("f(x*b, b*x)", "f(x * 3, 3 * x)"),
        ("f(1.0*x, x*1)", "f(x, x)"),
        ("f(-a)", "f(-0.1)"),
        ("f(-x)", "f(-x)"),
        ("f(max(int(2.5*b + 0.5), 1))", "f(8)"),
        ("f(max(x - b, 1))", "f(max(x - 3, 1))"),
        ("f(b/0)", "f(3 / 0)"),
        ("f(lambda a: a*b)", "f(lambda a: a * 3)"),
        ("b(b=b)", "b(b=3)"),
        ("f((a, b)[0])", "f((0.1, 3)[0])"),
        ("f(new)", "f(old)"),
        ("f(2**b - 10)", "f(-2)"),
    ],
)
def test_names_become_numbers_and_arithmetic_of_numbers_its_result(text: str, expected: str) -> None:
    assert filled(text, {"a": 0.1, "b": 3, "new": "old"}) == expected
