"""Many runs at once: sweeps over starts, hyperparameters and seeds, of which only the ends are kept."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import complete
from core.catalogue.optimizers import Optimizer
from core.catalogue.schedules import Schedule
from core.engine.gradients import noise_table
from core.engine.rest import rests
from core.engine.run import Run
from core.engine.status import MAX_LOSS, MAX_POSITION, REST_NORM, Outcome, failed, failure
from core.engine.trace import Path
from core.formula.words import digits

Array = npt.NDArray[np.float64]

# Runs computed at once: their temporaries stay in the processor's cache.
BLOCK = 8192


@dataclass(frozen=True)
class Many:
    """How many runs ended: ``x`` of shape ``(d, B)``, everything else of shape ``(B,)``.

    ``x`` and ``loss`` belong to the last point before a failing step, ``best_loss`` to the best point so far,
    ``late_loss`` is the median of the last losses that were asked for.
    ``status`` holds values of ``Outcome``; ``diverged_at`` is the failing step, or -1.
    """

    x: Array
    loss: Array
    best_loss: Array
    late_loss: Array
    status: npt.NDArray[np.str_]
    diverged_at: npt.NDArray[np.int64]


def trace_many(
    run: Run,
    starts: npt.ArrayLike | None = None,
    hypers: Mapping[str, npt.ArrayLike] | None = None,
    seeds: npt.ArrayLike | None = None,
    late: int = 1,
    schedule_hypers: Mapping[str, npt.ArrayLike] | None = None,
) -> Many:
    """Runs ``run`` many times.

    ``starts`` has shape ``(d, B)``, each of ``hypers`` and ``schedule_hypers`` shape ``(B,)`` or none, ``seeds`` shape
    ``(B,)``. ``late`` is how many losses, the last one included, ``late_loss`` is the median of.

    Column b equals the single run with that start, those hyperparameters and that seed: bit for bit where the objective
    and the rule only use + − × ÷ and √, to rounding otherwise. Raises ``ValueError`` as ``Run`` does.
    """
    size = len(run.start)
    points = np.asarray(run.start if starts is None else starts, dtype=np.float64)
    points = points.reshape(size, 1) if starts is None else points
    if points.ndim != 2 or len(points) != size:
        raise ValueError(f"starts must have shape ({size}, B); an array of shape {points.shape} was given.")
    if not (np.abs(points) <= MAX_POSITION).all():
        raise ValueError(f"starts must lie in [−{digits(MAX_POSITION)}, {digits(MAX_POSITION)}].")
    settings = _swept(run.resolved_optimizer, run.settings, hypers or {})
    tuned = _swept(run.resolved_schedule, run.schedule_settings, schedule_hypers) if schedule_hypers else {}
    seed = np.atleast_1d(np.asarray(run.seed if seeds is None else seeds))
    if seed.ndim != 1 or seed.dtype.kind not in "iu" or (seed < 0).any():
        raise ValueError("seeds must be whole numbers of at least 0, of shape (B,).")
    try:
        (count,) = np.broadcast_shapes(
            (points.shape[1],), seed.shape, *(np.shape(value) for value in [*settings.values(), *tuned.values()])
        )
    except ValueError:
        raise ValueError("starts, hypers and seeds must have the same number of columns, or one.") from None

    if not count:
        raise ValueError("There must be at least one run; starts, hypers or seeds are empty.")
    points = np.broadcast_to(points, (size, count))
    seed = np.broadcast_to(seed, (count,))

    def part(first: int) -> Many:
        block = slice(first, first + BLOCK)
        rule, schedule = (
            {name: np.broadcast_to(value, (count,))[block] if np.ndim(value) else value for name, value in one.items()}
            for one in (settings, tuned)
        )
        return _many_block(run, points[:, block], rule, seed[block], late, schedule)

    blocks = [part(first) for first in range(0, count, BLOCK)]
    return Many(
        *(np.concatenate([getattr(block, name) for block in blocks], axis=-1) for name in Many.__dataclass_fields__)
    )


def disturbed_losses(path: Path, copies: int, size: float) -> Array:
    """The losses of ``copies`` of the run of ``path`` at each of its steps, of shape ``(steps+1, copies)``.

    At every step each copy has its learning rate and every coordinate of its point multiplied by 1 + ``size`` or
    1 - ``size``, by chance (always the same one), as rounding might: a coordinate that is exactly 0 stays so. The start
    is exact, but the first gradient is off by what such a start would change, and a gradient below the smallest number
    that has all its digits by that number. A copy that diverges or becomes undefined goes on as it may.
    """
    run, steps = path.run, len(path.x) - 1
    formula, settings = run.resolved_objective.parsed, run.settings
    # Noise is how a gradient is disturbed.
    compiled = replace(run, noise=run.noise or 1.0).program(recording=False)
    hypers = (*(np.float64(settings[name]) for name in run.resolved_optimizer.parsed.hypers[1:]), *run.schedule_inputs)
    rate = np.full(copies, settings["lr"])
    point = tuple(np.full(copies, coordinate) for coordinate in run.start)
    points = np.empty((len(point), steps + 1, copies))
    points[:, 0] = point
    tilts = np.random.default_rng(0).choice((-1.0, 1.0), (steps, len(point) + 1, copies))
    least = np.finfo(np.float64).tiny
    off = np.where((path.grad != 0) & (np.abs(path.grad) < least), least, 0.0)
    with np.errstate(all="ignore"):
        off[0] += np.nan_to_num(size * (np.abs(formula.hessian(run.start)) @ np.abs(run.start)), posinf=0.0)
        state = compiled.start(point, (*hypers, rate))
        given = zip(_many_steps(run, rate, np.array([run.seed]), run.factors), off, tilts, strict=False)
        for step, ((t, lr, *noise), errors, (tilt, *signs)) in enumerate(given, start=1):
            drawn = noise or [0.0] * len(point)
            added = [number + error * sign for number, error, sign in zip(drawn, errors, signs, strict=True)]
            one = [(t, lr * (1 + size * tilt), *added)]
            point, state = compiled.run(point, state, hypers, np.float64(run.steps), run.clip_limit, one, _unwatched)
            points[:, step] = point = tuple(at * (1 + size * sign) for at, sign in zip(point, signs, strict=True))
    return formula.value(points)


def _unwatched(row: tuple[Any, ...]) -> bool:
    return False


def losses_at(run: Run, rates: npt.ArrayLike, late: int = 1) -> Array:
    """The loss at the end of ``run`` at each learning rate of ``rates`` in place of its own, and the late one.

    ``rates`` have shape ``(B,)``, the result ``(2, B)``: first the last loss, then the median of the ``late`` last
    ones. A run that diverges or becomes undefined has the loss NaN: the last finite loss of such a run says how late it
    failed and not how far it got. Raises ``ValueError`` as ``Run`` does.
    """
    many = trace_many(run, hypers={"lr": rates}, late=late)
    return np.where(many.diverged_at >= 0, np.nan, [many.loss, many.late_loss])


def _swept(owner: Optimizer | Schedule, own: Mapping[str, float], given: Mapping[str, npt.ArrayLike]) -> dict[str, Any]:
    """Every hyperparameter of ``owner`` as a float64 scalar or an array of shape ``(B,)``, each value checked.

    What is missing in ``given`` is taken from its ``own``.
    """
    settings: dict[str, Any] = {name: np.float64(value) for name, value in own.items()}
    known = {hyper.name: hyper for hyper in owner.hypers}
    for name, values in given.items():
        array = np.asarray(values, dtype=np.float64)
        if name in known:
            for extreme in (np.min(array), np.max(array)) if array.size else ():
                known[name].check(float(extreme))
            if known[name].whole and (array != np.round(array)).any():
                known[name].check(float(array[array != np.round(array)][0]))
        else:
            complete(owner.hypers, {name: 0.0}, owner.name)
        if array.ndim > 1:
            raise ValueError(f"{name} must be a number or have shape (B,); an array of shape {array.shape} was given.")
        settings[name] = array if array.ndim else np.float64(array)
    return settings


class _Watch:
    """Follows a block of runs: keeps what each had before it failed, and the best loss."""

    def __init__(self, point: tuple[Array, ...], late: int) -> None:
        self.point = point
        self.losses: deque[Array] = deque(maxlen=late)
        # The loss and the point one step earlier.
        self.before: tuple[Any, ...] = ()
        self.step = 0
        count = len(point[0])
        self.alive = np.ones(count, dtype=bool)
        self.kept = Many(
            np.array(point),
            np.full(count, np.nan),
            np.full(count, np.inf),
            np.full(count, np.nan),
            np.full(count, Outcome.FINISHED, dtype="<U9"),
            np.full(count, -1),
        )

    def __call__(self, row: tuple[Any, ...]) -> bool:
        """Takes the loss before a step and the point after it; returns whether every run has failed."""
        loss, *after = row
        self.look(loss)
        self.point = tuple(after)
        self.step += 1
        return not self.alive.any()

    def look(self, loss: Any) -> None:
        """Judges the present points by their ``loss``."""
        here = (loss, *self.point)
        if not all(map(_is_within, here, (MAX_LOSS, *(MAX_POSITION for _ in self.point)))):
            self._fail(failed(self.point, loss) & self.alive, here)
        # What a failed run does later does not count.
        np.minimum(self.kept.best_loss, loss, out=self.kept.best_loss, where=self.alive.all() or self.alive)
        self.before = here
        self.losses.append(loss)

    def _fail(self, new: npt.NDArray[np.bool_], here: tuple[Any, ...]) -> None:
        """Ends the runs marked in ``new``, which have just failed ``here``."""
        self.alive &= ~new
        self.kept.diverged_at[new] = self.step
        # A start that fails has nothing before it.
        self.keep(new, self.before or here)
        lost = np.array([np.broadcast_to(values, new.shape)[new] for values in here])
        self.kept.status[new] = [failure(row[1:], row[0], self.step) for row in lost.T]

    def keep(self, which: npt.NDArray[np.bool_], row: tuple[Any, ...]) -> None:
        """Keeps ``row``, a loss and a point, for the runs marked in ``which``."""
        for kept, values in zip((self.kept.loss, *self.kept.x), row, strict=True):
            kept[which] = np.broadcast_to(values, which.shape)[which]


def _is_within(values: Any, bound: float) -> bool:
    """Whether all of ``values`` are surely within ±``bound``; NaN is not.

    A sum of squares is one fast pass, and no value exceeds its root. The few sums that are too large are looked at
    value by value.
    """
    return bool(np.dot(values, values) <= bound * bound)


def _many_block(
    run: Run,
    starts: Array,
    settings: Mapping[str, Any],
    seeds: npt.NDArray[np.int64],
    late: int,
    tuned: Mapping[str, Any],
) -> Many:
    """The runs of a block; ``tuned`` is the schedule's where it is not that of ``run``."""
    formula, rule, compiled = run.resolved_objective.parsed, run.resolved_optimizer.parsed, run.program(recording=False)
    schedule = run.resolved_schedule
    inputs = (
        [tuned[name] for name in schedule.parsed.hypers] if tuned and schedule.follows_loss else run.schedule_inputs
    )
    hypers = (*(settings[name] for name in rule.hypers[1:]), *inputs)
    point = tuple(np.ascontiguousarray(row) for row in starts)
    watch = _Watch(point, late)
    with np.errstate(all="ignore"):
        state = compiled.start(point, (*hypers, settings["lr"]))
        factors = run.factors if not tuned or schedule.follows_loss else schedule.each_factor(run.steps, tuned)
        steps = _many_steps(run, settings["lr"], seeds, factors)
        compiled.run(point, state, hypers, np.float64(run.steps), run.clip_limit, steps, watch)
        if watch.alive.any():
            watch.look(formula.value([np.broadcast_to(coordinate, seeds.shape) for coordinate in watch.point]))
            watch.keep(watch.alive, watch.before)
            losses = [np.broadcast_to(loss, seeds.shape)[watch.alive] for loss in watch.losses]
            watch.kept.late_loss[watch.alive] = np.median(losses, axis=0) if late > 1 else losses[0]
            grad = formula.grad(watch.kept.x)
            resting = watch.alive & (np.sqrt((grad**2).sum(axis=0)) <= REST_NORM)
            held = watch.alive & ~resting & (np.sqrt((formula.free(watch.kept.x, grad) ** 2).sum(axis=0)) <= REST_NORM)
            watch.kept.status[held] = Outcome.HELD
            watch.kept.status[resting] = rests(formula, watch.kept.x[:, resting], grad[:, resting]).outcomes
    return watch.kept


def _many_steps(run: Run, lr: Any, seeds: npt.NDArray[np.int64], factors: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """``(t, lr, *noise)`` for each step; the noise differs between columns only where the seeds do."""
    tables: Array | None = None
    column: Any = 0
    if run.noise > 0:
        different, place = np.unique(seeds, return_inverse=True)
        column = place if len(different) > 1 else 0
        # (steps, d, seeds); a number for each column at every step would be too many to keep.
        tables = run.noise * np.stack(
            [noise_table(int(seed), run.steps, len(run.start)) for seed in different], axis=-1
        )
    for t, factor in enumerate(factors, start=1):
        yield (np.float64(t), lr * factor, *(() if tables is None else tables[t - 1][:, column]))
