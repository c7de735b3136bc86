"""The gradient of a 20-64-5 network whose hidden layer is normalised in one of several ways, in NumPy.

The layers are linear without biases, with normalisation and ReLU between them; the loss is the cross-entropy of the
softmax, its mean over the items. Normalisation has no scale and shift of its own, and adds 1e-5 to the variance, as
PyTorch does.
"""

from collections.abc import Callable
from enum import Enum

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.floating]

SIZES = (20, 64, 5)
GROUPS = 8
_EPS = 1e-5


class Norm(Enum):
    """How the hidden layer is normalised; the value is its name."""

    NONE = "no normalisation"
    BATCH = "BatchNorm"
    LAYER = "LayerNorm"
    GROUP = "GroupNorm"

    def forward(self, hidden: Reals) -> tuple[Reals, Callable[[Reals], Reals]]:
        """``hidden``, of shape ``(items, units)``, normalised, and the function that takes a gradient back."""
        if self is Norm.NONE:
            return hidden, lambda back: back
        shape, axis = _SEEN_TOGETHER[self]
        seen = hidden.reshape(shape)
        centred = seen - seen.mean(axis=axis, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + _EPS)
        normal = centred / spread

        def backward(back: Reals) -> Reals:
            given = back.reshape(shape)
            along = (given * normal).mean(axis=axis, keepdims=True)
            inner: Reals = (given - given.mean(axis=axis, keepdims=True) - normal * along) / spread
            return inner.reshape(hidden.shape)

        return normal.reshape(hidden.shape), backward


# The shape to which the hidden layer is brought and the axis whose entries share a mean and a variance.
_SEEN_TOGETHER = {
    Norm.BATCH: ((-1, SIZES[1]), 0),
    Norm.LAYER: ((-1, SIZES[1]), 1),
    Norm.GROUP: ((-1, GROUPS, SIZES[1] // GROUPS), 2),
}


def gradient(weights: tuple[Reals, Reals], x: Reals, classes: npt.NDArray[np.integer], norm: Norm) -> Reals:
    """The gradient of the mean loss with respect to both matrices, as one vector in the floating type of ``x``.

    ``x`` has shape ``(items, 20)``, ``classes`` (0 to 4) ``(items,)``.
    """
    first, second = weights
    normal, backward = norm.forward(x @ first)
    hidden = np.maximum(normal, 0)
    scores = hidden @ second
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    back = likely / likely.sum(axis=1, keepdims=True)
    back[np.arange(len(x)), classes] -= 1
    back /= len(x)
    inner = backward((back @ second.T) * (hidden > 0))
    return np.concatenate([(x.T @ inner).ravel(), (hidden.T @ back).ravel()])
