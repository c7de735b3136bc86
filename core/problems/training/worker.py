"""The process that computes one job, of up to four trainings side by side, with one thread.

It reads a job and then commands from its standard input, and writes what happens to its standard
output, all of it pickled. It ends when its input does, and so with the process that started it.
"""

import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event, Thread
from typing import BinaryIO

from core.problems.training.reports import Command, Report
from core.problems.training.settings import Training

# How the process ends that cannot load torch.
NO_TORCH = 3


@dataclass(frozen=True)
class Pause:
    """A command to the process: nothing is computed until ``Resume``."""


@dataclass(frozen=True)
class Resume:
    """A command to the process: it goes on."""


@dataclass(frozen=True)
class To:
    """A command to one of the trainings."""

    racer: int
    command: Command


@dataclass(frozen=True, eq=False)
class Told:
    """A report, and how many seconds the process has computed so far, pauses left out."""

    report: Report
    seconds: float


@dataclass
class _Clock:
    """The seconds spent computing."""

    begun: float = field(default_factory=time.perf_counter)
    paused: float = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begun - self.paused

    def wait(self, going: Event) -> None:
        """Waits until it goes on; that time does not count."""
        if not going.is_set():
            since = time.perf_counter()
            going.wait()
            self.paused += time.perf_counter() - since


def _listen(source: BinaryIO, going: Event, waiting: Mapping[int, deque[Command]]) -> None:
    """Takes commands until the input ends, and with it the process."""
    # The last command may be broken off.
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            match pickle.load(source):
                case Pause():
                    going.clear()
                case Resume():
                    going.set()
                case To(racer, command):
                    waiting[racer].append(command)
    # The computing thread may be deep in torch, and nobody is left to hear from it.
    os._exit(0)


def _taken(commands: deque[Command]) -> Iterator[Command]:
    while commands:
        yield commands.popleft()


def main() -> None:
    """Computes the job."""
    # What a library prints must not get between the messages.
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        import torch
    except (ImportError, OSError):
        # One that is there may miss a library of the system.
        sys.exit(NO_TORCH)

    from core.problems.training.loop import train

    torch.set_num_threads(1)
    source = sys.stdin.buffer
    try:
        trainings: tuple[Training, ...] = pickle.load(source)
    except EOFError:
        return
    going = Event()
    going.set()
    waiting: dict[int, deque[Command]] = {racer: deque() for racer in range(len(trainings))}
    Thread(target=_listen, args=(source, going, waiting), daemon=True).start()
    if hasattr(os, "nice"):
        # Pages come before trainings.
        os.nice(5)
    clock = _Clock()

    def commands(racer: int) -> Iterator[Command]:
        clock.wait(going)
        return _taken(waiting[racer])

    running = {
        racer: train(training, lambda racer=racer: commands(racer))  # type: ignore[misc]
        for racer, training in enumerate(trainings)
    }
    while running:
        for racer, reports in list(running.items()):
            report = next(reports, None)
            if report is None:
                del running[racer]
                continue
            pickle.dump(Told(replace(report, racer=racer), clock.seconds), target)
            target.flush()
    target.close()
    # Threads that wait for input do not hold it up.
    os._exit(0)
