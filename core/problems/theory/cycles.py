"""How a run that does not settle behaves: whether it repeats itself, and whether its round draws others in."""

import numpy as np
import numpy.typing as npt

from core.formula import Formula

Array = npt.NDArray[np.float64]

LONGEST_CYCLE = 64
"""The longest round that is looked for, in steps."""

# Positions this close are the same position.
_SAME = 1e-6


def cycle_length(positions: Array) -> int:
    """The number of steps after which ``positions`` repeat to a millionth, 1 at rest, 0 if none up to 64 does.

    ``positions`` are the last steps of a run in one variable, of shape ``(n,)``, n twice the longest round or more.
    """
    for period in range(1, LONGEST_CYCLE + 1):
        if np.abs(positions[period:] - positions[:-period]).max() <= _SAME:
            return period
    return 0


def multiplier(formula: Formula, positions: Array, lr: float) -> float:
    """What one round of gradient descent through ``positions``, of shape ``(n,)``, multiplies a small deviation by.

    The product of 1 − lr·f″ over the round; below 1 in size the round attracts. Source: the chain rule.
    """
    return float(np.prod(1 - lr * formula.hessian(positions.reshape(1, -1))[0, 0]))
