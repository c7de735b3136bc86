"""The plane in which paths of many variables move most, and the paths as seen in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.problems.many_variables.families import Array

# Points that are farther from the minimum than so many times the start are thrown out by a divergence, which would be
# all that a plane chosen by them shows.
_FAR = 3.0


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of the two leading principal components of paths, and what lies in it.

    ``directions`` are orthonormal columns, ``(d, 2)``, ``shares`` the part of the variance of the points along each.
    ``paths`` hold a row ``(2,)`` for each point, relative to the minimum, as does ``start``; ``near`` says which rows
    the plane was chosen by.
    """

    directions: Array
    shares: tuple[float, float]
    start: Array
    paths: tuple[Array, ...]
    near: tuple[npt.NDArray[np.bool_], ...]


def plane(paths: Sequence[Array], minimum: Array) -> Plane:
    """The plane of ``paths``, each of shape ``(n, d)`` and all from one start, about ``minimum`` of shape ``(d,)``.

    Both directions point from the start towards the minimum. Points far beyond the start, as a divergence has them,
    are projected but not asked. The shares are 0 where nothing moves.
    """
    distances = [np.linalg.norm(path - minimum, axis=1) for path in paths]
    reach = _FAR * distances[0][0]
    near = tuple(np.asarray(distance <= reach) for distance in distances)
    points = np.concatenate([path[rows] for path, rows in zip(paths, near, strict=True)])
    centered = points - points.mean(axis=0)
    total = float((centered**2).sum())
    squares, directions = _leading(centered)
    start = paths[0][0] - minimum
    directions = directions * np.where(start @ directions > 0, -1.0, 1.0)
    first, second = (float(square) / total if total else 0.0 for square in squares)
    return Plane(
        directions,
        (first, second),
        start @ directions,
        tuple((path - minimum) @ directions for path in paths),
        near,
    )


def _leading(centered: Array) -> tuple[Array, Array]:
    """The sums of squares along the two leading principal directions of the rows, ``(2,)``, and these, ``(d, 2)``.

    The smaller of both matrices of inner products has the same eigenvalues as the larger, and they are what takes time.
    """
    count, size = centered.shape
    by_point = count < size
    products = centered @ centered.T if by_point else centered.T @ centered
    values, vectors = np.linalg.eigh(products)
    values, vectors = np.maximum(values[:-3:-1], 0.0), vectors[:, :-3:-1]
    found = centered.T @ vectors if by_point else vectors
    # Where the points lie on a line, or are one, any direction across it will do.
    directions, _ = np.linalg.qr(np.column_stack([found, np.eye(size, 2)]))
    return np.resize(np.append(values, 0.0), 2), np.asarray(directions[:, :2])
