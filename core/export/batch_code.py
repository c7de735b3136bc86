"""A descent on batches as a PyTorch program: the same samples in the same order, and a check of its own last loss."""

from core.problems.batches.data import Pair
from core.problems.batches.descent import DECAYS, FAR, descend, line, updates_per_epoch


def torch_code(
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
