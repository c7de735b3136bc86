"""The curvature of an objective at a point: eigenvalues, directions, and how far a step may follow the gradient."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core.formula import Formula

Array = npt.NDArray[np.float64]

# Two entries this close, relative to the largest one, differ by rounding only.
_ROUNDING = 1e-12
# Sums of a few larger entries would overflow.
_LARGEST = 1e300
# Entries that are themselves rounded leave a flat direction with an eigenvalue of a few units of rounding a row.
_FLAT = 4 * float(np.finfo(np.float64).eps)


class Shape(StrEnum):
    """What the curvatures at a point say about its surroundings."""

    BOWL = "It curves upwards in every direction."
    FLAT = "It curves downwards in no direction, and in some direction not at all."
    DOWNWARD = "It curves downwards in some direction, so no learning rate settles here."


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
    def shape(self) -> Shape:
        """Whether all curvatures are positive, some 0, or some negative."""
        if self.smallest > 0:
            return Shape.BOWL
        return Shape.FLAT if self.smallest == 0 else Shape.DOWNWARD

    @property
    def condition(self) -> float:
        """The condition number κ = L/μ, at least 1, and infinity if some direction is flat.

        Raises ``ValueError`` where some direction curves downwards, which gives κ no meaning.
        """
        if self.shape is Shape.DOWNWARD:
            raise ValueError(
                f"A condition number needs curvatures of at least 0; the smallest here is {self.smallest:.4g}."
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
        raise ValueError(f"Second derivatives must be finite and at most {_LARGEST:g} in size; at least one is not.")
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
    place = np.asarray(point, dtype=np.float64)
    hessian = formula.hessian(place)
    if not np.isfinite(hessian).all():
        told = ", ".join(f"{number:.4g}" for number in place)
        raise ValueError(f"The second derivatives at ({told}) are not finite, so there is no curvature to go by.")
    return spectrum(hessian)


def cauchy_step(gradient: npt.ArrayLike, hessian: npt.ArrayLike) -> float:
    """The learning rate that takes gradient descent to the lowest point along its line, by the quadratic model.

    gᵀg/(gᵀHg) for a gradient of shape ``(d,)`` and a Hessian of shape ``(d, d)``: above 0. Infinity if the line does
    not curve upwards, so that the model has no lowest point; 0 where the gradient is 0 and there is no line. Raises
    ``ValueError`` for entries that are not numbers of at most 1e300 in size. Source: Cauchy 1847, Comptes rendus
    25:536.
    """
    g, h = np.asarray(gradient, dtype=np.float64), np.asarray(hessian, dtype=np.float64)
    if not ((np.abs(g) <= _LARGEST).all() and (np.abs(h) <= _LARGEST).all()):
        raise ValueError(f"Derivatives must be finite and at most {_LARGEST:g} in size; at least one here is not.")
    size = float(np.abs(g).max(initial=0.0))
    if size == 0:
        return 0.0
    # Of length about 1, so that squares neither overflow nor vanish.
    unit = g / size
    bend = float(unit @ h @ unit)
    return float(unit @ unit) / bend if bend > 0 else math.inf
