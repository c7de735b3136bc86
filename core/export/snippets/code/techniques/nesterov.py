"""Nesterov's method in PyTorch: the parameter is the look-ahead point, not the point that a text calls θ."""

import torch

lr, beta = 0.1, 0.9
point = torch.tensor(1.0, requires_grad=True)
optimizer = torch.optim.SGD([point], lr=lr, momentum=beta, nesterov=True)

# θ and v of Sutskever's form, with the sign of v turned: v = βv + lr·∇(θ − βv), θ = θ − v.
theta, v = 1.0, 0.0
lowest = 1.0
for _ in range(100):
    optimizer.zero_grad()
    (point**2 / 2).backward()
    optimizer.step()
    v = beta * v + lr * (theta - beta * v)
    theta = theta - v
    lowest = min(lowest, theta)
    torch.testing.assert_close(point.item(), theta - beta * v, rtol=0, atol=1e-5)

print(f"overshoot of θ: {-lowest:.3f}")
assert abs(lowest + 0.355) < 1e-3
