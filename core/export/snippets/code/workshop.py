"""Four tools for a training loop: gathered gradients, their norm, a learning-rate range test, and mixed precision."""

import copy
import math
from itertools import pairwise

import torch
from torch import nn

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"

inputs = torch.randn(130, 20, device=device)
targets = torch.sin(inputs[:, :1]) + inputs[:, 1:2] * inputs[:, 2:3]
model = nn.Sequential(nn.Linear(20, 64), nn.Tanh(), nn.Linear(64, 1)).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
criterion = nn.MSELoss()


# 1. Gradient accumulation: 130 items in batches of 16, one step for every four batches; the ninth batch has two items.

batches = list(zip(inputs.split(16), targets.split(16), strict=True))
windows = [batches[start : start + 4] for start in range(0, len(batches), 4)]
for window in windows:
    items = sum(len(x) for x, _ in window)
    optimizer.zero_grad()
    for x, y in window:
        loss = criterion(model(x), y)
        # Each batch counts by its items, so that the last, partial window is neither dropped nor too loud.
        (loss * (len(x) / items)).backward()
    optimizer.step()
print(f"accumulation: {len(batches)} batches, {len(windows)} steps, {items} items in the last window")

optimizer.zero_grad()
for x, y in batches:
    (criterion(model(x), y) * (len(x) / len(inputs))).backward()
gathered = [p.grad.clone() for p in model.parameters()]
optimizer.zero_grad()
criterion(model(inputs), targets).backward()
for part, together in zip(gathered, (p.grad for p in model.parameters()), strict=True):
    torch.testing.assert_close(part, together)


# 2. The norm of the gradient, before every step: clip_grad_norm_ returns it; get_total_norm only measures.

measured = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()])
returned = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.1)
left = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()])
print(f"gradient norm: {measured:.4f} before clipping, {left:.4f} after")
assert torch.equal(measured, returned), "the norm that clipping returns is the one before clipping"
assert math.isclose(left, 0.1, rel_tol=1e-4)


# 3. A learning-rate range test: raise the rate at every step, watch the smoothed loss, and put everything back.


def range_test(low: float = 1e-5, high: float = 10.0, steps: int = 100, kept: float = 0.9) -> tuple[list, list]:
    """The learning rates tried and the smoothed losses, until the loss is far above its lowest value."""
    state = copy.deepcopy(model.state_dict())
    tester = torch.optim.AdamW(model.parameters(), lr=low)
    mean, rates, losses = 0.0, [], []
    for step in range(steps):
        rate = low * (high / low) ** (step / (steps - 1))
        for group in tester.param_groups:
            group["lr"] = rate
        tester.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        tester.step()
        mean = kept * mean + (1 - kept) * loss.item()
        rates.append(rate)
        losses.append(mean / (1 - kept ** (step + 1)))
        if losses[-1] > 4 * min(losses):
            break
    model.load_state_dict(state)
    tester.zero_grad()
    return rates, losses


untouched = [p.detach().clone() for p in model.parameters()]
rates, losses = range_test()
lowest = losses.index(min(losses))
falls = [later - earlier for earlier, later in pairwise(losses[: lowest + 1])]
print(f"range test: steepest at {rates[falls.index(min(falls))]:.2g}, lowest at {rates[lowest]:.2g}: start below both")
assert all(torch.equal(p, q) for p, q in zip(model.parameters(), untouched, strict=True)), "the test left no trace"
assert rates[-1] < 10, "it stops once the loss has blown up"


# 4. Mixed precision: the forward pass in float16, the weights in float32. bfloat16 needs no scaler.

scaler = torch.amp.GradScaler(device)
first_loss = criterion(model(inputs), targets).item()
for _ in range(50):
    optimizer.zero_grad()
    with torch.amp.autocast(device, dtype=torch.float16):
        outputs = model(inputs)
        loss = criterion(outputs, targets)
    scaler.scale(loss).backward()
    # Gradients are too large by the scale until here; clipping before this line would shrink them to nothing.
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    scaler.step(optimizer)
    scaler.update()
print(f"mixed precision: loss {first_loss:.4f} -> {loss.item():.4f}, outputs in {outputs.dtype}")
assert outputs.dtype == torch.float16
assert norm < scaler.get_scale() / 1000, "the norm of the gradient itself, not of the scaled one"
assert all(p.dtype == torch.float32 for p in model.parameters()), "weights stay in float32"
assert loss.item() < first_loss
