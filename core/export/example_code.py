"""The worked example as a PyTorch script that checks its own numbers."""

from textwrap import wrap

from core.engine.status import Outcome
from core.engine.trace import Path
from core.problems.example import Example
from core.problems.example_data import Data

# Both use float64 and round differently.
_TOLERANCE = "1e-9"
# What cancels leaves rounding of the terms it is made of, as a share of these.
_TERMS = 1e-12


def torch_script(example: Example, steps: int) -> str:
    """A complete script that takes ``steps`` steps as ``example`` does and asserts its own numbers.

    They are those of the first step and, if the learning rate settles, the loss at the end; beyond the limit every
    rounding grows. If the descent diverges, it stops before the step that failed. Raises ``ValueError`` for a number
    of steps a run does not take.
    """
    path = example.path(steps)
    taken, done = len(path.x) - 1, example.step
    terms = abs(example.w * example.x) + abs(example.b) + abs(example.y)
    size = _TERMS * max(1.0, float(example.factor * (terms * (1 + terms + abs(example.x))).sum()))
    end = [f"check(loss_of_line(), {float(path.loss[-1])!r})"] if example.share < 1 else []
    lines = [
        f'"""A line fitted by gradient descent; the loss is the {example.convention.label}. Needs PyTorch."""',
        "",
        "import torch",
        "from torch.nn.functional import mse_loss",
        "",
        *_points(example.data),
        f"w = torch.tensor({example.w!r}, dtype=torch.float64, requires_grad=True)",
        f"b = torch.tensor({example.b!r}, dtype=torch.float64, requires_grad=True)",
        f"optimizer = torch.optim.SGD([w, b], lr={example.lr!r})",
        "",
        "",
        "def loss_of_line():",
        "    prediction = w * x + b",
        f"    return {example.convention.torch}",
        "",
        "",
        "def check(found, expected):",
        "    expected = torch.tensor(expected, dtype=torch.float64)",
        f"    torch.testing.assert_close(found.detach(), expected, rtol={_TOLERANCE}, atol={size:.3g})",
        "",
        "",
        *_loop(path, taken),
        "    optimizer.zero_grad()",
        "    loss = loss_of_line()",
        "    loss.backward()",
        "    if step == 1:",
        f"        check(loss, {done.loss!r})",
        f"        check(w.grad, {done.slope_w!r})",
        f"        check(b.grad, {done.slope_b!r})",
        "    optimizer.step()",
        "",
        *end,
        'print(f"w = {w.item():.6g}, b = {b.item():.6g}, loss = {loss_of_line().item():.6g}")',
    ]
    return "\n".join(lines) + "\n"


def _loop(path: Path, taken: int) -> list[str]:
    warning = wrap(str(path.status), 100) if path.status.outcome is Outcome.DIVERGED else []
    return [*(f"# {line}" for line in warning), f"for step in range(1, {taken + 1}):"]


def _points(data: Data) -> list[str]:
    lines = []
    for name, values in zip("xy", zip(*data, strict=True), strict=True):
        rows = [", ".join(map(repr, values[at : at + 4])) for at in range(0, len(values), 4)]
        if len(rows) == 1:
            lines.append(f"{name} = torch.tensor([{rows[0]}], dtype=torch.float64)")
        else:
            lines += [f"{name} = torch.tensor(", "    [", *(f"        {row}," for row in rows), "    ],"]
            lines += ["    dtype=torch.float64,", ")"]
    return lines
