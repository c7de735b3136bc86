"""Warm-up: the same peak rate explodes at once, and is no trouble after fifty rising steps."""

import torch

peak, rise = 0.5, 50


def ends_at(warm: bool) -> float:
    """The loss ¼x⁴ after 200 steps from 5."""
    x = torch.tensor(5.0, requires_grad=True, dtype=torch.float64)
    optimizer = torch.optim.SGD([x], lr=peak)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / rise if warm else 1.0, 1.0, total_iters=rise)
    for _ in range(200):
        optimizer.zero_grad()
        (x**4 / 4).backward()
        optimizer.step()
        scheduler.step()
    return (x**4 / 4).item()


cold, warm = ends_at(False), ends_at(True)
print(f"loss at the end: {cold:.3g} from full rate, {warm:.3g} after {rise} rising steps")
assert not cold < 1e6
assert warm < 1e-3
