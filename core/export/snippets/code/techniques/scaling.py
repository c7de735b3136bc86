"""Standardised features: the scaler is fitted on the training data only, and goes with the model."""

import torch

torch.manual_seed(0)
area = 2000 + 500 * torch.randn(200, dtype=torch.float64)
rooms = torch.randint(1, 6, (200,)).double()
features = torch.stack([area, rooms], dim=1)
train, test = features[:150], features[150:]

mean, spread = train.mean(dim=0), train.std(dim=0)
scaled, unseen = (train - mean) / spread, (test - mean) / spread


def condition(x: torch.Tensor) -> float:
    """κ of the least-squares loss with a bias."""
    return torch.linalg.cond(torch.cat([torch.ones(len(x), 1, dtype=x.dtype), x], dim=1)).item() ** 2


print(f"condition number: {condition(train):.3g} as they are, {condition(scaled):.3g} standardised")
assert condition(scaled) < 2 < 1e6 < condition(train)
# What is unseen is scaled with the numbers of the training data, so its mean is near 0 and not exactly 0.
assert (unseen.mean(dim=0) != 0).all()
