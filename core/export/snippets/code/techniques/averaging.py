"""An average of the points: on noisy gradients it ends lower than the last point does."""

import torch
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(0)


class Point(torch.nn.Module):
    """Ten coordinates, whose loss is half the sum of their squares."""

    def __init__(self) -> None:
        super().__init__()
        self.x = torch.nn.Parameter(torch.ones(10))

    def loss(self) -> torch.Tensor:
        """The exact loss."""
        return (self.x**2).sum() / 2


model = Point()
average = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(2000):
    optimizer.zero_grad()
    model.loss().backward()
    model.x.grad += torch.randn(10)
    optimizer.step()
    # The first points are still on their way down and would only spoil the average.
    if step >= 200:
        average.update_parameters(model)

last, mean = model.loss().item(), average.module.loss().item()
print(f"loss: {last:.4f} at the last point, {mean:.4f} at the average")
assert mean < last / 5
