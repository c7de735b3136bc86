"""16 bits: what float16 loses, how scaling saves it, and why to unscale before clipping."""

import torch

gradient, scale = torch.tensor(2e-8), 65536.0
half, brain = gradient.half().item(), gradient.bfloat16().item()
saved = (gradient * scale).half().float().item() / scale
print(f"2e-08 is {half:.3g} in float16, {brain:.4g} in bfloat16, {saved:.4g} in float16 if scaled first")
assert half == 0
assert abs(saved / 2e-8 - 1) < 1e-3

p = torch.zeros(2, requires_grad=True)
p.grad = torch.tensor([0.768, 1.024]) * scale
torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
too_early = (p.grad / scale).norm().item()
p.grad = torch.tensor([0.768, 1.024])
torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
print(f"norm left: {too_early:.3g} clipped before unscaling, {p.grad.norm():.3g} after")
assert too_early < 1e-4 < p.grad.norm()
# With torch.amp.GradScaler: scaler.scale(loss).backward(), scaler.unscale_(optimizer), clip, scaler.step(optimizer).
