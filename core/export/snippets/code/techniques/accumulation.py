"""Gradient accumulation: each part counts by its items, and the sum is the gradient of the whole batch."""

import torch
from torch import nn

torch.manual_seed(0)
inputs, targets = torch.randn(256, 20), torch.randn(256, 5)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 5))
criterion = nn.MSELoss()

criterion(model(inputs), targets).backward()
whole = torch.cat([p.grad.flatten() for p in model.parameters()])

model.zero_grad()
# Parts of 40 items; the last has 16.
for x, y in zip(inputs.split(40), targets.split(40), strict=True):
    (criterion(model(x), y) * len(x) / len(inputs)).backward()
gathered = torch.cat([p.grad.flatten() for p in model.parameters()])

error = ((gathered - whole).norm() / whole.norm()).item()
print(f"relative error: {error:.2g}")
assert error < 1e-6
