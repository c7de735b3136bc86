"""Clipping: by norm over all parameters at once, which keeps the direction; by value, which does not."""

import torch

p = torch.zeros(2, requires_grad=True)
p.grad = torch.tensor([3.0, 0.4])
norm = torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
by_norm = p.grad.clone()

p.grad = torch.tensor([3.0, 0.4])
torch.nn.utils.clip_grad_value_([p], clip_value=1.0)
by_value = p.grad.clone()

print(f"norm {norm:.3f}; by norm {by_norm.tolist()}, by value {by_value.tolist()}")
torch.testing.assert_close(by_norm[1] / by_norm[0], torch.tensor(0.4 / 3))
assert by_value.tolist() == [1.0, torch.tensor(0.4).item()]
# In a training loop: after backward, before step, and after unscaling if the loss was scaled.
