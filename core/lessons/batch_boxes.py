"""The three variants side by side: each as a few lines of pseudo-code, with what speaks for it and against it."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.formula.words import counted
from core.problems.batches.descent import updates_per_epoch


@dataclass(frozen=True)
class Box:
    """One variant: its loop in pseudo-code, what speaks for it and what against it.

    Each of ``pros`` and ``cons`` stands under the key of the statement that examines it.
    """

    name: str
    code: str
    pros: Mapping[str, str]
    cons: Mapping[str, str]


def boxes(samples: int, batch: int) -> tuple[Box, ...]:
    """Descent on a table of ``samples``: on all of them, in batches of ``batch``, and on one at a time."""
    return (
        Box(
            "Batch",
            f"for each epoch:\n  g = mean ∇ℓ of {samples}\n  θ = θ − α·g",
            pros={
                "C034": "The gradient is exact: nothing is left to chance.",
                "C033": "On a bowl every update lowers the loss, as long as the rate is below 2/L.",
            },
            cons={
                "C035": f"{counted(1, 'update')} per pass over the data, however alike the samples are.",
                "C039": "No noise carries it out of a poor minimum.",
            },
        ),
        Box(
            "Mini-batch",
            f"for each epoch:\n  shuffle the samples\n  for each batch of {batch}:\n"
            "    g = mean ∇ℓ of it\n    θ = θ − α·g",
            pros={
                "C035": f"{counted(updates_per_epoch(samples, batch), 'update')} per pass over the data.",
                "C042": "The variance of the gradient falls as 1/B.",
                "C038": "Hardware processes many samples at once in little more time than one.",
            },
            cons={
                "C041": (
                    "At a constant rate it hovers above the lowest loss, though lower than with one sample at a time."
                ),
                "C129": "One more number to choose, and the best rate changes with it.",
            },
        ),
        Box(
            "Stochastic",
            "for each epoch:\n  shuffle the samples\n  for each sample:\n    g = ∇ℓ of it\n    θ = θ − α·g",
            pros={
                "C038": f"{counted(samples, 'update')} per pass over the data.",
                "C152": "A sample can be used once and discarded, so it can learn from a stream.",
                "C039": "Its noise can carry it out of a poor minimum, if rate and noise are large enough.",
            },
            cons={
                "C040": "No other batch size has a noisier gradient.",
                "C041": "At a constant rate it hovers highest; it arrives only if the rate falls.",
            },
        ),
    )
