"""The curvature of an objective at a point: eigenvalues and directions."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.engine.status import point_text
from core.formula import Formula
from core.formula.words import digits

Array = npt.NDArray[np.float64]

# Two entries this close, relative to the largest one, differ by rounding only.
_ROUNDING = 1e-12
# Sums of a few larger entries would overflow.
_LARGEST = 1e300
# Entries that are themselves rounded leave a flat direction with an eigenvalue of a few units of rounding a row.
_FLAT = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Curvature:
    """A symmetric matrix of second derivatives by its eigenvalues, ascending, of shape ``(d,)``.

    ``vectors`` are the directions of ``values``, unit columns of shape ``(d, d)``. A value that is no larger than the
    rounding of the largest one is 0.
    """

    values: Array
    vectors: Array

    @property
    def smallest(self) -> float:
        """The smallest curvature μ, negative where the objective curves downwards."""
        return float(self.values[0])

    @property
    def largest(self) -> float:
        """The largest curvature L, negative only if every direction curves downwards."""
        return float(self.values[-1])

    @property
    def condition(self) -> float:
        """The condition number κ = L/μ, at least 1, and infinity if some direction is flat.

        Raises ``ValueError`` where some direction curves downwards, which gives κ no meaning.
        """
        if self.smallest < 0:
            raise ValueError(
                f"A condition number needs curvatures of at least 0; the smallest here is {digits(self.smallest)}."
            )
        return self.largest / self.smallest if self.smallest > 0 else math.inf


def spectrum(matrix: npt.ArrayLike) -> Curvature:
    """The curvature of a symmetric ``matrix`` of shape ``(d, d)``.

    Raises ``ValueError`` for another shape, an entry that is not a number of at most 1e300 in size, and a matrix that
    is not symmetric.
    """
    square = np.asarray(matrix, dtype=np.float64)
    if square.ndim != 2 or square.shape[0] != square.shape[1] or not square.size:
        raise ValueError(f"A matrix of second derivatives is square; the shape {square.shape} was given.")
    if not (np.abs(square) <= _LARGEST).all():
        raise ValueError(
            f"Second derivatives must be finite and at most {digits(_LARGEST)} in size; at least one is not."
        )
    size = float(np.abs(square).max())
    if (np.abs(square - square.T) > _ROUNDING * size).any():
        raise ValueError("A matrix of second derivatives is symmetric; the one that was given is not.")
    # Scaled, because products of eigenvector entries of a huge matrix would overflow.
    values, vectors = np.linalg.eigh(square / size if size else square)
    values[np.abs(values) <= _FLAT * len(square)] = 0.0
    return Curvature(values * size, vectors)


def curvature(formula: Formula, point: npt.ArrayLike) -> Curvature:
    """The curvature of ``formula`` at one ``point`` of shape ``(d,)``.

    Raises ``ValueError`` if the second derivatives there are not finite.
    """
    position = np.asarray(point, dtype=np.float64)
    hessian = formula.hessian(position)
    if not np.isfinite(hessian).all():
        raise ValueError(
            f"The second derivatives at {point_text(position)} are not finite, so there is no curvature to go by."
        )
    return spectrum(hessian)
