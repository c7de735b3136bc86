"""Computes the landscape that networks were trained in. Importing this module imports torch.

All of it is in float64. A batch norm takes its means from all rows here, so that the loss depends on weights alone.
"""

import math
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.engine.status import MAX_POSITION
from core.problems.many_variables.plane import Plane, plane
from core.problems.training.land import (
    EFFORTS,
    POINTS,
    SNAPSHOTS,
    Array,
    Effort,
    Sharpness,
    Slice,
    Terrain,
    Walk,
    Way,
    Whole,
    effort,
    pairs,
)
from core.problems.training.loop import loss_of, train
from core.problems.training.nets import build
from core.problems.training.reports import Outcome
from core.problems.training.settings import Training

Tensor = torch.Tensor

# Room around the paths, as a share of their range, and the radius of a plane of random directions.
_ROOM, _RADIUS = 0.2, 1.0
# Multiplications that are done for several points at once, where setting out takes longer than computing.
_AT_ONCE = 2e7
# How far a vector may be from an eigenvector, as a share of the eigenvalue, whose error is about the square of that.
TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Losses:
    """The losses of a network as functions of all its weights in a row, of shape ``(weights,)``."""

    shapes: dict[str, torch.Size]
    train: Callable[[Tensor], Tensor]
    minimised: Callable[[Tensor], Tensor]
    valid: Callable[[Tensor], Tensor]
    at_once: int

    def row(self, weights: dict[str, npt.NDArray[Any]]) -> Array:
        """The weights, by the names that torch gives them, in a row."""
        return np.concatenate([weights[name].astype(np.float64).ravel() for name in self.shapes])

    def many(self, points: Iterable[Array], loss: Callable[[Tensor], Tensor] | None = None) -> Array:
        """The training loss, or another ``loss``, at ``points`` ``(weights,)``, NaN where it is not finite."""
        function = torch.vmap(loss or self.train)
        values: list[Array] = []
        waiting: list[Array] = []
        with torch.no_grad():
            for point in points:
                waiting.append(point)
                if len(waiting) == self.at_once:
                    values.append(function(torch.from_numpy(np.stack(waiting))).numpy())
                    waiting = []
            if waiting:
                values.append(function(torch.from_numpy(np.stack(waiting))).numpy())
        found = np.concatenate(values)
        return np.where(np.isfinite(found), found, np.nan)


def losses(training: Training, rows: int = EFFORTS[0].rows) -> Losses:
    """The losses of the network that ``training`` trains, on at most ``rows`` rows, evenly spaced."""
    dataset = training.resolved_dataset
    split = dataset.load(training.seed)
    net = build(training.model, training.model_values, dataset, training.seed).double()
    for part in net.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.track_running_stats = False
            part.running_mean = part.running_var = part.num_batches_tracked = None
    shapes = {name: parameter.shape for name, parameter in net.named_parameters()}
    sizes = [shape.numel() for shape in shapes.values()]
    single = training.model == "logistic"

    def function(x: npt.NDArray[Any], y: npt.NDArray[Any], smoothing: float = 0.0) -> Callable[[Tensor], Tensor]:
        some = np.linspace(0, len(x) - 1, min(rows, len(x))).round().astype(np.int64)
        loss, given, wanted = loss_of(dataset, single, smoothing), torch.tensor(x[some]), torch.tensor(y[some])

        def of_row(row: Tensor) -> Tensor:
            parts = zip(shapes.items(), torch.split(row, sizes), strict=True)
            weights = {name: part.reshape(shape) for (name, shape), part in parts}
            return loss(torch.func.functional_call(net, weights, (given,)), wanted)

        return of_row

    once = min(dataset.rows, rows) * training.resolved_model.work(dataset, training.model_values)
    return Losses(
        shapes,
        function(split.train_x, split.train_y),
        function(split.train_x, split.train_y, training.smoothing),
        function(split.valid_x, split.valid_y),
        int(min(max(_AT_ONCE / once, 1), 64)),
    )


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Weights along a training, ``(n, weights)``, with the steps and learning rates that they come from."""

    rows: Array
    steps: Whole
    rates: Array
    diverged: int


def snapshots(training: Training, losses: Losses, most: int = SNAPSHOTS) -> Snapshots:
    """Trains, and keeps about ``most`` weights along the way, without those that a divergence makes useless."""
    reports = list(train(training, every=math.ceil(training.steps / most), weights=True, snapshots=True))
    rows = [losses.row(report.weights) for report in reports if report.weights is not None]
    kept = [place for place, row in enumerate(rows) if (np.abs(row) <= MAX_POSITION).all()]
    end = reports[-1].end
    assert end is not None
    return Snapshots(
        np.stack([rows[place] for place in kept]),
        np.array([reports[place].step for place in kept]),
        np.array([reports[place].rate for place in kept]),
        end.step if end.outcome is Outcome.DIVERGED else 0,
    )


def plane_of(paths: Sequence[Array], origin: Array) -> Plane:
    """The plane through ``origin`` along the two leading principal components of the joined ``paths``."""
    return plane(paths, origin)


def filter_plane(weights: Array, shapes: Sequence[torch.Size], seed: int) -> Array:
    """Two random directions, ``(weights, 2)``, with the norm that ``weights`` have in each filter.

    A filter is what belongs to one output, a row of a matrix; biases and the factors of norms are left as they are
    (Li et al. 2018, arXiv:1712.09913).
    """
    random = np.random.default_rng(seed)
    columns = []
    for _ in range(2):
        parts, begin = [], 0
        for shape in shapes:
            here = weights[begin : begin + shape.numel()]
            begin += shape.numel()
            drawn = random.standard_normal(here.shape)
            if len(shape) < 2:
                parts.append(np.zeros_like(here))
                continue
            filters, drawn = here.reshape(shape[0], -1), drawn.reshape(shape[0], -1)
            norms = np.linalg.norm(filters, axis=1, keepdims=True) / np.linalg.norm(drawn, axis=1, keepdims=True)
            parts.append((drawn * norms).ravel())
        columns.append(np.concatenate(parts))
    return np.stack(columns, axis=1)


def slice_of(
    losses: Losses, paths: Sequence[Snapshots], origin: Array, directions: Array, size: int, radius: float | None = None
) -> Slice:
    """The training loss on the plane through ``origin`` along ``directions`` ``(weights, 2)``, with ``paths`` in it.

    The view holds the paths, or reaches as far as ``radius`` on each side.
    """
    reach = 3 * np.linalg.norm(paths[0].rows[0] - origin)
    across = np.linalg.pinv(directions).T
    walks, moved, along = [], 0.0, np.zeros(2)
    for path in paths:
        points = (path.rows - origin) @ across
        near = np.linalg.norm(path.rows - origin, axis=1) <= reach
        inside = points @ directions.T
        movement, kept = path.rows - path.rows[0], inside - inside[0]
        whole = float((movement[near] ** 2).sum())
        held = float((kept[near] ** 2).sum()) / whole if whole else 0.0
        moved += whole
        along += ((points - points[0])[near] ** 2).sum(axis=0) * (directions**2).sum(axis=0)
        actual, drawn = losses.many(path.rows), losses.many(origin + inside)
        walks.append(Walk(path.steps, points, actual, drawn, near, held, path.diverged))
    x, y = _axes(np.concatenate([walk.points[walk.near] for walk in walks]), size, radius)
    grid = (origin + directions @ (right, up) for up in y for right in x)
    first, second = along / moved if moved else along
    return Slice(x, y, losses.many(grid).reshape(size, size), (float(first), float(second)), tuple(walks))


def _axes(points: Array, size: int, radius: float | None) -> tuple[Array, Array]:
    if radius is not None:
        axis = np.linspace(-radius, radius, size)
        return axis, axis
    low, high = np.minimum(points.min(axis=0), 0.0), np.maximum(points.max(axis=0), 0.0)
    room = np.maximum(_ROOM * (high - low), 0.05 * max(float((high - low).max()), 1e-9))
    x, y = (np.linspace(*ends, size) for ends in zip(low - room, high + room, strict=True))
    return x, y


def top_eigenvalue(
    loss: Callable[[Tensor], Tensor],
    row: Array,
    begin: Array,
    tolerance: float = TOLERANCE,
    most: int = EFFORTS[0].products,
) -> tuple[float, Array, bool]:
    """The largest eigenvalue of the Hessian of ``loss`` at ``row``, its vector, and whether it has settled.

    It is found by power iteration from ``begin`` on products of the Hessian with a vector. Where the eigenvalue that is
    largest in size is negative, it goes on with what lifts all of them above 0.
    """
    at = torch.tensor(row, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(at), at, create_graph=True)

    def product(vector: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(slope, at, vector, retain_graph=True, materialize_grads=True)
        return found

    vector = torch.from_numpy(begin / np.linalg.norm(begin))
    value, last, settled, used = _power(product, vector, 0.0, tolerance, most)
    if value < 0:
        # The vector that was found is the very one to leave.
        value, last, settled, _ = _power(product, vector, -value, tolerance, max(most - used, most // 2))
    return value, last.numpy(), settled


def _power(
    product: Callable[[Tensor], Tensor], vector: Tensor, lift: float, tolerance: float, most: int
) -> tuple[float, Tensor, bool, int]:
    """The eigenvalue, its vector, whether it has settled, and how many products that took."""
    value = 0.0
    for used in range(1, most + 1):
        image = product(vector)
        value = float(vector @ image)
        size = float(torch.linalg.vector_norm(image + lift * vector))
        if float(torch.linalg.vector_norm(image - value * vector)) <= tolerance * abs(value):
            return value, vector, True, used
        if not math.isfinite(size) or not size:
            return value, vector, False, used
        vector = (image + lift * vector) / size
    return value, vector, False, most


def sharpness(losses: Losses, path: Snapshots, effort: Effort = EFFORTS[0]) -> Sharpness:
    """The largest eigenvalue of the Hessian at some snapshots from the first to the last."""
    chosen = np.unique(np.linspace(0, len(path.rows) - 1, effort.places).round().astype(np.int64))
    vector: Array = np.random.default_rng(0).standard_normal((path.rows.shape[1],))
    top: list[float] = []
    settled: list[bool] = []
    for place in chosen:
        value, found, done = top_eigenvalue(losses.minimised, path.rows[place], vector, most=effort.products)
        top.append(value)
        settled.append(done)
        # The next one is not far; a little of everything keeps it from missing a direction that has become steeper.
        fresh: Array = np.random.default_rng(int(place)).standard_normal(vector.shape)
        vector = found / np.linalg.norm(found) + 0.1 * fresh / np.linalg.norm(fresh)
    return Sharpness(path.steps[chosen], np.array(top), path.rates[chosen], np.array(settled))


def between(losses: Losses, one: Array, other: Array, points: int = POINTS) -> tuple[Array, Array, Array]:
    """The share of the way from ``one`` to ``other``, and training and validation loss there, each ``(points,)``."""
    share = np.linspace(0.0, 1.0, points)
    rows = [(1 - part) * one + part * other for part in share]
    return share, losses.many(rows), losses.many(rows, losses.valid)


def survey(trainings: Sequence[Training], seed: int = 0) -> Terrain:
    """The landscape of ``trainings``, which are trained for it. Raises ``ValueError`` where it costs too much."""
    closely, all_rows = effort(trainings), trainings[0].resolved_dataset.rows
    found = losses(trainings[0], closely.rows)
    paths = [snapshots(training, found) for training in trainings]
    ends = np.nan_to_num(found.many([path.rows[-1] for path in paths]), nan=np.inf)
    best = int(ends.argmin())
    origin = paths[best].rows[-1]
    rows = [path.rows for path in paths]
    joined = plane_of(rows, origin)
    ways = []
    for one, other in pairs(len(paths)):
        begin = paths[one].rows[-1] if one != other else paths[one].rows[0]
        ways.append(Way(one, other, *between(found, begin, paths[other].rows[-1])))
    drawn = filter_plane(origin, list(found.shapes.values()), seed)
    return Terrain(
        replace(slice_of(found, paths, origin, joined.directions, closely.side), shares=joined.shares),
        slice_of(found, paths, origin, drawn, closely.side, _RADIUS),
        tuple(
            sharpness(losses(training, closely.rows), path, closely)
            for training, path in zip(trainings, paths, strict=True)
        ),
        tuple(ways),
        best,
        min(closely.rows, all_rows),
        all_rows,
    )


def main() -> None:
    """Computes a landscape that is read from standard input, and writes it to standard output, both pickled."""
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(5)
    torch.set_num_threads(1)
    trainings, seed = pickle.load(sys.stdin.buffer)
    with target:
        pickle.dump(survey(trainings, seed), target)
