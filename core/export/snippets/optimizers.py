"""The tab of optimizers: one line for each rule that ``torch.optim`` has, written from the declarations."""

from textwrap import fill

from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.export.expressions import torch_line
from core.export.snippets.snippet import Snippet, laid_out

# Characters in a line of a comment.
_WIDTH = 110

_HEAD = '''\
"""Every optimizer of this guide that torch.optim has, with the guide's defaults, on one small network."""

import torch
from torch import nn

torch.manual_seed(0)
inputs = torch.randn(128, 10)
targets = torch.sin(inputs[:, :1]) + inputs[:, 1:2] * inputs[:, 2:3]


def new_model() -> nn.Sequential:
    torch.manual_seed(1)  # the same start for all
    return nn.Sequential(nn.Linear(10, 32), nn.LayerNorm(32), nn.Tanh(), nn.Linear(32, 1))


def loss_of(model: nn.Module) -> torch.Tensor:
    return nn.functional.mse_loss(model(inputs), targets)


def train(model: nn.Module, *optimizers: torch.optim.Optimizer) -> float:
    for _ in range(60):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss_of(model).backward()
        for optimizer in optimizers:
            optimizer.step()
    return loss_of(model).item()


# At these rates the losses say that each one works, not which one is best.
makers = {
'''

_TAIL = """\
}}
start = loss_of(new_model()).item()
for name, make in makers.items():
    model = new_model()
    after = train(model, make(model.parameters()))
    print(f"{{name}}: {{start:.4f}} -> {{after:.4f}}")
    assert after < start, name
{missing}


# Weight decay for matrices only: biases and the scales of normalisation are left alone.
model = new_model()
matrices = [p for p in model.parameters() if p.ndim >= 2]
vectors = [p for p in model.parameters() if p.ndim < 2]
params = [{{"params": matrices, "weight_decay": 0.1}}, {{"params": vectors, "weight_decay": 0.0}}]
optimizer = {adamw}
before = [p.detach().clone() for p in vectors]
for p in model.parameters():
    p.grad = torch.zeros_like(p)
lengths = [p.norm().item() for p in matrices]
optimizer.step()  # nothing but the decay, for there is no gradient
assert all(torch.equal(p, q) for p, q in zip(vectors, before, strict=True))
assert all(p.norm().item() < length for p, length in zip(matrices, lengths, strict=True))
print(f"AdamW, decay for matrices only: {{start:.4f}} -> {{train(model, optimizer):.4f}}")


# Muon takes matrices only, and is meant for those of hidden layers; AdamW takes the rest.
model = new_model()
params = [model[0].weight]
muon = {muon}
params = [p for p in model.parameters() if p is not model[0].weight]
adamw = {adamw}
after = train(model, muon, adamw)
print(f"Muon and AdamW: {{start:.4f}} -> {{after:.4f}}")
assert after < start
"""


def _line(optimizer: Optimizer) -> str:
    return torch_line(optimizer, {hyper.name: hyper.default for hyper in optimizer.hypers})


def _entry(optimizer: Optimizer) -> str:
    key = f'    "{optimizer.name}": '
    made = laid_out(f"lambda params: {_line(optimizer)}", 4, len(key))
    return f"    # {optimizer.source}\n{key}{made},\n"


def _for_matrices(optimizer: Optimizer) -> bool:
    """Whether PyTorch's class refuses vectors, as it must where a matrix is made orthogonal."""
    return "orthogonalize" in optimizer.rule


def _code() -> str:
    in_torch = [optimizer for optimizer in OPTIMIZERS.values() if optimizer.torch is not None]
    missing = ", ".join(optimizer.name for optimizer in OPTIMIZERS.values() if optimizer.torch is None)
    comment = fill(
        f"Not in torch.optim: {missing}.", _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )
    entries = "".join(_entry(optimizer) for optimizer in in_torch if not _for_matrices(optimizer))
    muon, adamw = (_line(OPTIMIZERS[key]) for key in ("muon", "adamw"))
    return _HEAD + entries + _TAIL.format(missing=comment, muon=muon, adamw=adamw)


OPTIMIZERS_TAB = Snippet(
    key="optimizers",
    title="Optimizers",
    introduction="One line for each rule that PyTorch has, with the settings that this guide starts from.",
    notes=(
        "nesterov=True needs a momentum above 0 and no dampening; otherwise SGD raises a ValueError.",
        "PyTorch's RMSprop forgets with alpha=0.99 unless told otherwise, where the lecture it comes from has 0.9.",
        "Adam's weight_decay is added to the gradient and then divided by its size; AdamW's acts on the weights.",
        "Muon refuses anything but matrices and decays weights by 0.1 unless told otherwise.",
    ),
    code=_code(),
)
