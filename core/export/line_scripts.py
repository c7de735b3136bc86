"""A line fitted to data as a PyTorch program that checks its own end: the worked example, and a descent on batches."""

from textwrap import wrap

from core.engine.status import Outcome
from core.engine.trace import Path
from core.problems.batches.data import Pair
from core.problems.batches.descent import DECAYS, FAR, descend, line, updates_per_epoch
from core.problems.example import Example
from core.problems.example_data import Data

# Both use float64 and round differently.
_TOLERANCE = "1e-9"
# What cancels leaves rounding of the terms it is made of, as a share of these.
_TERMS = 1e-12


def example_script(example: Example, steps: int) -> str:
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


def batch_script(
    pair: Pair,
    *,
    batch: int,
    rate: float,
    updates: int,
    start: tuple[float, float],
    replacement: bool,
    seed: int,
    decay: str = "constant",
) -> str:
    """A program that makes exactly this descent of one seed with ``torch.optim.SGD`` and asserts how it ends.

    A run that diverges is followed until it has. Raises ``ValueError`` for settings out of range.
    """
    run = descend(
        line(pair.x),
        pair.y,
        batch=batch,
        rate=rate,
        updates=updates,
        start=start,
        replacement=replacement,
        seeds=(seed,),
        decay=decay,
    )
    diverged = int(run.diverged_at[0])
    imports = "import math\n\nimport numpy as np\nimport torch"
    program = [
        imports,
        pair.code,
        "x, y = torch.tensor(x), torch.tensor(y)",
        "w, b = (torch.tensor(number, dtype=torch.float64, requires_grad=True) "
        f"for number in ({start[0]!r}, {start[1]!r}))",
        f"optimizer = torch.optim.SGD([w, b], lr={rate!r})",
        *_scheduler(decay),
        "",
        f"samples, batch = {pair.x.size}, {batch}",
        f"per_epoch = {updates_per_epoch(pair.x.size, batch)}",
        f"for update in range({updates if diverged < 0 else diverged}):",
        "    epoch, place = divmod(update, per_epoch)",
        "    if place == 0:",
        f"        order = np.random.default_rng(({seed}, epoch)).{_ORDERS[replacement]}",
        "    picked = torch.from_numpy(order[place * batch : (place + 1) * batch])",
        "    loss = ((w * x[picked] + b - y[picked]) ** 2).mean()",
        "    optimizer.zero_grad()",
        "    loss.backward()",
        "    optimizer.step()",
        *(["    scheduler.step()"] if _scheduler(decay) else []),
        "",
        *_ending(float(run.loss[0, -1]), float(pair.y.var()), diverged),
    ]
    return "\n".join(program) + "\n"


_ORDERS = {False: "permutation(samples)", True: "integers(samples, size=per_epoch * batch)"}


def _scheduler(decay: str) -> list[str]:
    factor = DECAYS[decay].code
    return [f"scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: {factor})"] if factor else []


def _ending(loss: float, spread: float, diverged: int) -> list[str]:
    report = 'print(f"w = {w.item():.6g}, b = {b.item():.6g}, mean squared error = {loss:.6g}")'
    computed = ["loss = ((w * x + b - y) ** 2).mean().item()", report]
    if diverged >= 0:
        return [*computed, f"assert not max(abs(w.item()), abs(b.item())) <= {FAR:g}  # diverged"]
    # Rounding in another order of sums; relative to the spread of y where the line fits perfectly.
    return [*computed, f"assert math.isclose(loss, {loss!r}, rel_tol=1e-6, abs_tol={1e-9 * spread:.1g})"]
