"""What the landscape of trainings shows, in words and numbers, and where its picture lies."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.formula.words import digits
from core.problems.training.land import Sharpness, Slice, Terrain, Walk, threshold

# A picture is wrong by a share of the loss, and a line has a barrier, from here on.
_WRONG, _BARRIER = 0.1, 0.1


def plane_sentences(names: Sequence[str], piece: Slice) -> list[str]:
    """How much of the movement the plane of ``piece`` holds, and where what it shows is not the loss of the path."""
    first, second = piece.shares
    said = [
        f"The two directions hold {digits(first + second, '.1%')} of all movement. The heights are those of the plane; "
        "the weights lie off it, and may have another loss. In 3-D a path is drawn at its own losses, with threads to "
        "the plane's."
    ]
    return [*said, *(_gap(name, walk) for name, walk in zip(names, piece.walks, strict=True))]


def _gap(name: str, walk: Walk) -> str:
    usable = walk.near & np.isfinite(walk.actual) & np.isfinite(walk.drawn)
    if not usable.any():
        return f"**{name}**: no finite loss to compare."
    off = np.where(usable, np.abs(walk.drawn - walk.actual), -1.0)
    worst = int(off.argmax())
    if off[worst] <= _WRONG * abs(walk.actual[worst]):
        return (
            f"**{name}**: where the picture is farthest off, at step {digits(walk.steps[worst])}, it shows a loss of "
            f"{digits(walk.drawn[worst])} and the weights have {digits(walk.actual[worst])}. It can be trusted."
        )
    last = int(np.flatnonzero(usable)[-1])
    return (
        f"**{name}**: at step {digits(walk.steps[worst])} the picture shows a loss of {digits(walk.drawn[worst])}, but "
        f"the weights have {digits(walk.actual[worst])}: there it lies. At the last point it shows "
        f"{digits(walk.drawn[last])} and they have {digits(walk.actual[last])}."
    )


def rows_sentence(terrain: Terrain) -> str:
    """On how many rows all losses were measured, if not on all."""
    if terrain.rows == terrain.all_rows:
        return ""
    return (
        f"The network is large, so all losses here are those of {digits(terrain.rows)} of the "
        f"{digits(terrain.all_rows)} rows to learn from, and fewer points are measured."
    )


def random_sentence(piece: Slice) -> str:
    """How little of the paths a plane of random directions shows."""
    held = sum(piece.shares)
    return (
        "Random directions with the norm of each filter show how steep it is around the end, in units of the weights "
        f"themselves (Li et al. 2018, arXiv:1712.09913). They hold {digits(held, '.2%')} of all movement, so the paths "
        "shrink to almost nothing: in many dimensions random directions miss them."
    )


def sharpness_sentences(names: Sequence[str], terrain: Terrain) -> list[str]:
    """How sharp the loss was along each training, beside 2/α."""
    said = [
        "Plain gradient descent with all rows is unstable where the largest eigenvalue is above 2/α (Cohen et al. "
        "2021, arXiv:2103.00065). Other rules and small batches have other bounds; for them the line only compares."
    ]
    return [*said, *(_sharp(name, one) for name, one in zip(names, terrain.sharpness, strict=True))]


def _sharp(name: str, measured: Sharpness) -> str:
    bound = threshold(measured.rates)
    above = int((measured.top > bound).sum())
    where = "never above" if not above else f"above at {digits(above)} of {digits(len(bound))} steps measured"
    settled = "" if measured.settled.all() else " Where power iteration did not settle, the number is a lower bound."
    return (
        f"**{name}**: {digits(measured.top[0])} at the start and {digits(measured.top[-1])} at the end, where 2/α is "
        f"{digits(bound[-1])}; {where} it.{settled}"
    )


def way_sentences(names: Sequence[str], terrain: Terrain) -> Iterator[str]:
    """Whether there is a hill between two ends."""
    for way in terrain.ways:
        who = (
            f"From the start of {names[way.one]} to its end"
            if way.one == way.other
            else f"Between {names[way.one]} and {names[way.other]}"
        )
        if not np.isfinite(way.barrier):
            yield f"{who} the loss is not finite everywhere."
            continue
        ends = f"{digits(way.train[0])} and {digits(way.train[-1])} at the ends"
        highest, height = max(way.train[0], way.train[-1]), digits(np.max(way.train))
        if np.max(way.train) > (1 + _BARRIER) * highest:
            yield f"{who} lies a hill: on the straight line the loss reaches {height} ({ends})."
        elif way.barrier > _BARRIER * highest:
            yield f"{who} is no hill but a bulge: up to {digits(way.barrier)} above a straight slope ({ends})."
        else:
            yield f"{who} there is no hill: on the straight line the loss is at most {height} ({ends})."
