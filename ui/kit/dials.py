"""What can be turned on a stage, and under which key the number is kept."""

from collections.abc import Callable
from dataclasses import dataclass

from core.catalogue.hypers import Hyper
from ui.kit.share import Setting


@dataclass(frozen=True)
class Dial:
    """A number of a run that can be turned where the run is drawn.

    ``key`` is that of the control that keeps it, ``label`` says in words what it is, ``hyper`` what it may be, and
    ``name`` what the program of the run calls it (``core.engine.live``). ``kept`` is a number as that control keeps it.
    """

    key: str
    label: str
    hyper: Hyper
    name: str
    kept: Callable[[float], Setting] = float
