"""First weights for ReLU: He's variance keeps the size of values, nn.Linear's own does not."""

import torch
from torch import nn

torch.manual_seed(0)


def deep(own: bool) -> nn.Sequential:
    """Thirty ReLU layers, with nn.Linear's own weights or with He's."""
    layers = []
    for _ in range(30):
        linear = nn.Linear(256, 256)
        if not own:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
            nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers)


x = torch.randn(64, 256)
with torch.no_grad():
    # What the input has to say: how much the outputs differ from item to item.
    own, he = (deep(own)(x).std(dim=0).mean().item() for own in (True, False))
print(f"spread behind 30 layers: {own:.2g} with nn.Linear's own weights, {he:.2g} with He's")
assert own < 1e-6 < 1e-2 < he
