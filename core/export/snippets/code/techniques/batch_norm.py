"""BatchNorm: the batch's own mean and biased variance in training, running averages in evaluation."""

import torch
from torch import nn

x = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
layer = nn.BatchNorm1d(1)

out = layer(x)
by_hand = (x - x.mean()) / torch.sqrt(x.var(correction=0) + layer.eps)
torch.testing.assert_close(out, by_hand)
# The running variance takes the unbiased one, with a momentum of 0.1.
torch.testing.assert_close(layer.running_var, 0.9 + 0.1 * x.var(dim=0))

layer.eval()
alone = layer(x[:1])
print(f"1.0 becomes {out[0].item():.3f} in its batch and {alone.item():.3f} in evaluation")
assert abs(alone.item() - out[0].item()) > 0.5
