"""What training keeps in memory for each weight: the weight, its gradient, and what the update rule remembers of it.

Activations are left out: they depend on the network and the batch, and can be the largest part.
"""

from dataclasses import dataclass
from enum import Enum

from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.formula.words import digits

GIGA = 1e9
# Weights of a model that can be typed, in billions: from a thousand weights to a thousand times the largest known.
LEAST, DEFAULT, MOST = 1e-6, 7.0, 1e6


class Precision(Enum):
    """How numbers are kept: the value is bytes of a weight, of its gradient, and of its copy in float32.

    What a rule remembers is kept in float32 by both. Mixed precision as in Rajbhandari et al. 2020, arXiv:1910.02054.
    """

    FLOAT32 = (4, 4, 0)
    MIXED = (2, 2, 4)

    @property
    def label(self) -> str:
        """What it is called."""
        return "float32" if self is Precision.FLOAT32 else "16 bits with a float32 copy"


# Bytes of each number that a rule remembers.
_STATE_BYTES = 4


@dataclass(frozen=True)
class Memory:
    """Gigabytes for one rule: ``parts`` by name, in the order in which they are stacked."""

    optimizer: Optimizer
    parts: dict[str, float]

    @property
    def total(self) -> float:
        """All parts together."""
        return sum(self.parts.values())


def memories(weights: float, precision: Precision) -> list[Memory]:
    """What each rule needs for ``weights`` weights, the hungriest last. The few numbers kept for all are left out.

    Raises ``ValueError`` for a number of weights that is not positive and finite.
    """
    if not 0 < weights <= MOST * GIGA:
        raise ValueError(
            f"A model has more than 0 and at most {digits(MOST * GIGA)} weights; {digits(weights)} was given."
        )
    weight, gradient, copy = (size * weights / GIGA for size in precision.value)
    needs = []
    for optimizer in OPTIMIZERS.values():
        state = optimizer.parsed.numbers_per_weight * _STATE_BYTES * weights / GIGA
        parts = {"weights": weight, "gradients": gradient, "float32 copy": copy, "state of the rule": state}
        needs.append(
            Memory(optimizer, {name: size for name, size in parts.items() if size or name.startswith("state")})
        )
    return sorted(needs, key=lambda memory: memory.total)


def memory_sentence(weights: float, precision: Precision) -> str:
    """The same for a few rules, in a sentence."""
    sizes = {memory.optimizer.key: memory for memory in memories(weights, precision)}
    plain, momentum, adam = (sizes[key].total for key in ("sgd", "momentum", "adamw"))
    other = next(one for one in Precision if one is not precision)
    (again,) = [memory.total for memory in memories(weights, other) if memory.optimizer.key == "adamw"]
    return (
        f"For {digits(weights / GIGA)} billion weights, kept as {precision.label}, gradient descent needs "
        f"{digits(plain)} GB, momentum {digits(momentum)} GB and AdamW {digits(adam)} GB before the first activation. "
        f"Kept as {other.label}, AdamW would need {digits(again)} GB."
    )
