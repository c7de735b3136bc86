"""The state of an optimizer, counted: numbers that it keeps for each weight after a step."""

import torch

counts = {}
for kind, options in (
    (torch.optim.SGD, {}),
    (torch.optim.SGD, {"momentum": 0.9}),
    (torch.optim.AdamW, {}),
    (torch.optim.AdamW, {"amsgrad": True}),
):
    weight = torch.zeros(1000, 1000, requires_grad=True)
    optimizer = kind([weight], lr=0.01, **options)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    kept = sum(
        value.numel()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.numel() > 1
    )
    counts[kind.__name__, *options] = kept / weight.numel()
    print(f"{kind.__name__} {options}: {kept / weight.numel():g} numbers for each weight")

assert list(counts.values()) == [0, 1, 2, 3]
