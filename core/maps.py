"""Many runs at once, reduced to what a picture needs: how the result depends on what was chosen."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.many import trace_many
from core.run import Run

Array = npt.NDArray[np.float64]


def losses_at(run: Run, rates: npt.ArrayLike) -> Array:
    """The loss at the end of ``run`` at each learning rate of ``rates`` in place of its own, both of shape ``(B,)``.

    A run that diverges or becomes undefined has the loss NaN: the last finite loss of such a run says how late it
    failed and not how far it got. Raises ``ValueError`` as ``Run`` does.
    """
    many = trace_many(run, hypers={"lr": np.atleast_1d(np.asarray(rates, dtype=np.float64))})
    return np.where(many.diverged_at >= 0, np.nan, many.loss)


def rate_sweep(
    objective: str,
    start: Sequence[float],
    steps: int,
    optimizer: str,
    hypers: Mapping[str, float],
    rates: npt.ArrayLike,
) -> Array:
    """``losses_at`` of a run with these settings; ``objective`` and ``optimizer`` are keys or formula text."""
    return losses_at(Run(objective, optimizer, tuple(start), steps, hypers), rates)
