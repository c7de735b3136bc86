"""Bias correction: with it Adam's step on a constant slope is one learning rate, from the first step on."""

import torch

lr, beta1, beta2, slope = 0.01, 0.9, 0.999, 3.0
point = torch.tensor(0.0, requires_grad=True, dtype=torch.float64)
optimizer = torch.optim.Adam([point], lr=lr, betas=(beta1, beta2))

longest = 0.0
m = v = 0.0
for _ in range(100):
    before = point.item()
    point.grad = torch.full_like(point, slope)
    optimizer.step()
    m = beta1 * m + (1 - beta1) * slope
    v = beta2 * v + (1 - beta2) * slope**2
    longest = max(longest, m / v**0.5)
    assert abs((before - point.item()) / lr - 1) < 1e-6

print(f"longest step: 1.00 rates with the correction, {longest:.2f} without")
assert abs(longest - 6.5685) < 1e-3
