"""What happens in a small network going forward and coming back, in words with its numbers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.network.backprop import INPUTS, Example


def _forward(example: Example) -> str:
    unit = next(node for node in example.nodes if node.key == "h1")
    return (
        f"**Forward.** Each hidden unit adds up its inputs times their weights and passes the sum through "
        f"{example.activation.label}: the first gets {unit.sum:.4g} and gives {unit.value:.4g}. The output adds up the "
        f"units in the same way, ŷ = {example.prediction:.4g}, and the loss is (ŷ − y)² = {example.loss:.4g}."
    )


def _backward(example: Example) -> str:
    unit = next(node for node in example.nodes if node.key == "h1")
    slope = 2 * (example.prediction - example.target)
    count = example.hidden * (INPUTS + 2) + 1
    return (
        f"**Backward.** The slope along ŷ is 2(ŷ − y) = {slope:.4g}. Each connection hands it back times its weight, "
        f"each unit times the slope of {example.activation.label} at its sum: the first unit's output has "
        f"{unit.gradient:.4g}, its sum {unit.sum_gradient:.4g}. A weight's slope is what comes back at its end times "
        f"the value at its beginning. One sweep gives all {count} slopes; differences of the loss would need "
        f"{count + 1} runs forward."
    )


TELLERS: Mapping[str, Callable[[Example], str]] = MappingProxyType({"forward": _forward, "backward": _backward})
"""For each direction of ``core.figures.backprop`` a few sentences about an example."""
