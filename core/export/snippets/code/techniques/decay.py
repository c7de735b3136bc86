"""Weight decay with no other gradient: AdamW shrinks by 1 − lr·λ a step, Adam with an L2 term by about lr."""

import torch

lr, steps = 0.01, 50
ends = {}
for kind in (torch.optim.AdamW, torch.optim.Adam):
    for decay in (0.1, 0.0001):
        weight = torch.tensor(1.0, requires_grad=True, dtype=torch.float64)
        optimizer = kind([weight], lr=lr, weight_decay=decay)
        for _ in range(steps):
            weight.grad = torch.zeros_like(weight)
            optimizer.step()
        ends[kind.__name__, decay] = weight.item()
        print(f"{kind.__name__}, λ = {decay}: {weight.item():.5f} after {steps} steps")

assert abs(ends["AdamW", 0.1] - (1 - lr * 0.1) ** steps) < 1e-12
# In Adam λ hardly matters: it is divided away.
assert abs(ends["Adam", 0.1] - ends["Adam", 0.0001]) < 1e-3
