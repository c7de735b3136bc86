"""What was changed on a page, as the links that it had: what is undone, and what is done again."""

from typing import NamedTuple
from urllib.parse import parse_qs

# Changes that can be taken back, and seconds within which those of one setting are one change.
MOST = 50
_TOGETHER = 1.0


class History(NamedTuple):
    """The links of a page as texts: those before the ``present`` one, the oldest first, and those that come again.

    ``touched`` are the settings that the last change was of, at the time ``at``, in seconds. ``moved`` says that
    ``present`` was gone to and not come to by a change.
    """

    past: tuple[str, ...]
    present: str
    future: tuple[str, ...]
    touched: tuple[str, ...]
    at: float
    moved: bool


NOTHING = History((), "", (), (), 0.0, True)
"""The history of a page before its first link is written."""


def changed(history: History, link: str, at: float) -> History:
    """``history`` when ``link`` has been written at the time ``at``, in seconds.

    What the page makes of a link that it was taken to is no change.
    """
    if history.moved:
        return history._replace(present=link, moved=False)
    if link == history.present:
        return history
    touched = _differing(history.present, link)
    past = history.past
    if touched != history.touched or at - history.at > _TOGETHER or not past:
        past = (*past, history.present)[-MOST:]
    elif link == past[-1]:
        # To and fro: nothing is left to take back.
        return History(past[:-1], link, (), (), at, False)
    return History(past, link, (), touched, at, False)


def _differing(one: str, other: str) -> tuple[str, ...]:
    """The settings in which two links differ."""
    before, after = (parse_qs(link, keep_blank_values=True) for link in (one, other))
    return tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))


def back(history: History) -> History:
    """``history`` with its last change taken back; the same if there is none."""
    if not history.past:
        return history
    *past, present = history.past
    return History(tuple(past), present, (history.present, *history.future), (), 0.0, True)


def forward(history: History) -> History:
    """``history`` with the change that was last taken back made again; the same if there is none."""
    if not history.future:
        return history
    present, *future = history.future
    return History((*history.past, history.present), present, tuple(future), (), 0.0, True)
