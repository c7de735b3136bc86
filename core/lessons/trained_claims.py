"""Claims about networks that a training shows: what to train for each, and what to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Of a control of the page of networks.
Setting = str | float | bool | list[str]


@dataclass(frozen=True)
class Trained:
    """The ``settings`` of a training, by the controls of its page, and what to ``see`` in it."""

    see: str
    settings: Mapping[str, Setting]


_SHOWN = {
    "C011": Trained(
        "with all weights at zero: no layer but the last has a gradient, and it stays a guess",
        {"mlp_initialisation": "Zeros"},
    ),
    "C117": Trained(
        "through eight sigmoid layers: the gradient of the first is millions of times smaller",
        {"mlp_depth": 8, "mlp_activation": "Sigmoid"},
    ),
    "C118": Trained(
        "through eight sigmoid layers with residual connections: now it learns",
        {"mlp_depth": 8, "mlp_activation": "Sigmoid", "mlp_residual": "On"},
    ),
    "C075": Trained(
        "at a learning rate of 3 with batch norm: without it, the network only guesses there",
        {"data": "Handwritten digits", "mlp_normalisation": "Batch norm", "rules": ["Gradient descent"], "sgd_lr": 3.0},
    ),
    "C043": Trained("in batches of 2: the loss jumps, and ends higher than with 32", {"batch": 2.0}),
    "C080": Trained(
        "in four batches of 8 a step: as far in 300 steps as with one batch of 32", {"batch": 8.0, "accumulation": 4.0}
    ),
    "C064": Trained("with Adam and Lion: what they keep stands before the first step", {"rules": ["Adam", "Lion"]}),
    "C132": Trained(
        "with AdamW at 0.0003 and at 0.01: on this network the first is far too small",
        {"rules": ["AdamW", "AdamW 2"], "adamw_lr": 0.0003},
    ),
    "C054": Trained(
        "on a table with a linear model: the loss is a bowl, and plain descent needs a far smaller rate than Adam",
        {"data": "Diabetes", "model": "Linear regression"},
    ),
    "C136": Trained("and test the range: both suggestions are places to begin a search", {"ranges": True}),
    "C006": Trained("and draw the landscape: where it ends, and how flat it is there", {"terrain": True}),
    "C007": Trained("and draw the landscape: is there a hill between three ends?", {"terrain": True}),
    "C126": Trained("and draw the landscape: how sharp each end is, and how well it predicts", {"terrain": True}),
}
TRAINED: Mapping[str, Trained] = MappingProxyType(_SHOWN)
"""By the key of the claim."""
