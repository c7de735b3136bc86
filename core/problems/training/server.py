"""Who trains when: a few processes at a time, everybody else in a queue, and an end for what nobody watches any more.

Nothing here imports torch, nor Streamlit.
"""

import atexit
import os
import pickle
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread
from typing import IO

import core
from core.problems.training.reports import Rate, Report, Stop
from core.problems.training.settings import Training
from core.problems.training.worker import NO_TORCH, Pause, Resume, To, Told, main

MOST_SIDE_BY_SIDE = 4
# Jobs of one owner that are not over, those of all, and those that may be paused and so hold memory for nothing.
MOST_OF_OWNER, MOST_UNFINISHED, MOST_PAUSED = 4, 24, 4
# Seconds.
_LONGEST_PAUSE = 600.0
_SWEEP = 0.25

_PROGRAM = f"from {main.__module__} import main; main()"
_ROOT = Path(core.__file__).parents[1]
# On a few cores, threads that share such small work wait for each other far longer than they work.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Status(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


@dataclass(frozen=True, eq=False)
class State:
    """What a job has to tell.

    ``place`` is that in the queue, from 1, and 0 outside of it. ``reports`` are those asked for, of all trainings in
    the order in which they came (``Report.racer`` tells whose); ``seen`` is what to ask from next time.
    ``seconds_left`` is a guess, ``None`` where there is none. ``sentence`` says what happened where the status alone
    does not.
    """

    status: Status
    place: int = 0
    reports: tuple[Report, ...] = ()
    seen: int = 0
    seconds_left: float | None = None
    sentence: str = ""


@dataclass(eq=False)
class _Job:
    owner: str
    trainings: tuple[Training, ...]
    status: Status = Status.QUEUED
    sentence: str = ""
    reports: list[Report] = field(default_factory=list)
    # Of each training.
    steps: dict[int, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    seconds: float = 0.0
    paused_at: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    outbox: SimpleQueue[object] = field(default_factory=SimpleQueue)

    @property
    def seconds_left(self) -> float | None:
        done = sum(self.steps.values())
        left = sum(
            training.steps - self.steps.get(racer, 0)
            for racer, training in enumerate(self.trainings)
            if racer not in self.ended
        )
        return self.seconds / done * left if done else None


class Server:
    """The trainings of one server process. Its methods may be called from any thread and return at once.

    At most ``computing`` jobs compute at a time, each in a process of its own; the others wait in the order in which
    they came. What is paused makes room. A job whose owner has not been heard of for ``patience`` seconds is cancelled.
    Of those that are over, the last ``kept`` can still be asked for.
    """

    def __init__(self, computing: int = 2, patience: float = 15.0, kept: int = 50) -> None:
        self._computing, self._patience, self._kept = computing, patience, kept
        self._jobs: dict[str, _Job] = {}
        self._queue: list[str] = []
        self._heard: dict[str, float] = {}
        # Guards everything, and tells the sweeper that there is something to sweep.
        self._changed = Condition()
        self._sweeper: Thread | None = None
        atexit.register(self.close)

    def submit(self, owner: str, *trainings: Training) -> str:
        """Puts a job of one to four ``trainings`` side by side into the queue and returns its id.

        They run in turns in one process, each as if it were alone. Raises ``ValueError`` where there are too many.
        """
        if not 1 <= len(trainings) <= MOST_SIDE_BY_SIDE:
            raise ValueError(f"1 to {MOST_SIDE_BY_SIDE} trainings run side by side; {len(trainings)} were given.")
        with self._changed:
            unfinished = [job.owner for job in self._jobs.values() if not job.status.over]
            if unfinished.count(owner) >= MOST_OF_OWNER:
                raise ValueError(f"{MOST_OF_OWNER} trainings of this page are not over yet; cancel one of them first.")
            if len(unfinished) >= MOST_UNFINISHED:
                raise ValueError("Too many trainings are waiting on this server; try again in a few minutes.")
            name = secrets.token_hex(8)
            self._jobs[name] = _Job(owner, trainings)
            self._queue.append(name)
            self._heard[owner] = time.monotonic()
            self._fill()
            self._forget()
            self._watch()
        return name

    def poll(self, name: str, since: int = 0) -> State:
        """What the job has to tell from report ``since`` on; its owner counts as heard of."""
        with self._changed:
            job = self._jobs.get(name)
            if job is None:
                return State(Status.CANCELLED, sentence="This training is not known here any more; start it again.")
            self._heard[job.owner] = time.monotonic()
            return State(
                job.status,
                self._queue.index(name) + 1 if name in self._queue else 0,
                tuple(job.reports[since:]),
                len(job.reports),
                job.seconds_left if job.status in (Status.RUNNING, Status.PAUSED) else None,
                job.sentence,
            )

    def alive(self, owner: str) -> None:
        """Tells that ``owner`` is still watching."""
        with self._changed:
            if owner in self._heard:
                self._heard[owner] = time.monotonic()

    def pause(self, name: str) -> None:
        """Lets a running job rest, which makes room for another; of too many that rest, the oldest is cancelled."""
        with self._changed:
            job = self._jobs.get(name)
            if job is None or job.status is not Status.RUNNING:
                return
            job.status, job.paused_at = Status.PAUSED, time.monotonic()
            job.outbox.put(Pause())
            paused = sorted(self._with(Status.PAUSED), key=lambda one: one.paused_at)
            for oldest in paused[:-MOST_PAUSED]:
                self._end(oldest, Status.CANCELLED, "It was paused, and others needed its room.")
            self._fill()

    def resume(self, name: str) -> None:
        """Puts a paused job back into the queue, from which it goes on as it was."""
        with self._changed:
            job = self._jobs.get(name)
            if job is not None and job.status is Status.PAUSED:
                job.status = Status.QUEUED
                self._queue.append(name)
                self._fill()

    def cancel(self, name: str) -> None:
        """Ends a job at once; what it has told is kept."""
        with self._changed:
            job = self._jobs.get(name)
            if job is not None:
                self._end(job, Status.CANCELLED, "Cancelled.")

    def set_rate(self, name: str, rate: float, racer: int = 0) -> None:
        """Changes the learning rate of one training from its next step on. Raises ``ValueError`` if out of range."""
        with self._changed:
            job = self._jobs.get(name)
            if job is not None and not job.status.over and racer < len(job.trainings):
                lr = next(one for one in job.trainings[racer].resolved_optimizer.hypers if one.name == "lr")
                job.outbox.put(To(racer, Rate(lr.check(rate))))

    def stop(self, name: str, racer: int = 0) -> None:
        """Lets one training end as it is, with a last report."""
        with self._changed:
            job = self._jobs.get(name)
            if job is not None and not job.status.over and racer < len(job.trainings):
                job.outbox.put(To(racer, Stop()))

    def close(self) -> None:
        """Ends everything."""
        with self._changed:
            for job in self._jobs.values():
                self._end(job, Status.CANCELLED, "The server was stopped.")
            processes = [job.process for job in self._jobs.values() if job.process is not None]
        for process in processes:
            process.wait()
        atexit.unregister(self.close)

    def _with(self, status: Status) -> list[_Job]:
        return [job for job in self._jobs.values() if job.status is status]

    def _fill(self) -> None:
        """Starts or resumes what waits, as long as there is room. A process that is not gone yet takes some."""
        busy = sum(job.process is not None and job.status is not Status.PAUSED for job in self._jobs.values())
        busy -= sum(self._jobs[name].process is not None for name in self._queue)
        while self._queue and busy < self._computing:
            job = self._jobs[self._queue.pop(0)]
            job.status = Status.RUNNING
            busy += 1
            if job.process is None:
                self._start(job)
            else:
                job.outbox.put(Resume())

    def _start(self, job: _Job) -> None:
        job.process = _process()
        for work in (self._write, self._read):
            Thread(target=work, args=(job, job.process), name="training", daemon=True).start()

    def _write(self, job: _Job, process: subprocess.Popen[bytes]) -> None:
        """Sends the job and then what is put into its outbox, until that is ``None``."""
        assert process.stdin is not None
        # A process that has died is noticed by whoever reads from it.
        with suppress(OSError), process.stdin as target:
            message: object = job.trainings
            while message is not None:
                pickle.dump(message, target)
                target.flush()
                message = job.outbox.get()

    def _read(self, job: _Job, process: subprocess.Popen[bytes]) -> None:
        """Takes what the process tells, until it is gone."""
        assert process.stdout is not None
        with process.stdout as source:
            for told in _told(source):
                with self._changed:
                    self._take(job, told)
        code = process.wait()
        job.outbox.put(None)
        with self._changed:
            job.process = None
            if len(job.ended) == len(job.trainings):
                self._end(job, Status.DONE, "")
            else:
                said = f"The process that computed it ended unexpectedly (code {code})."
                self._end(job, Status.FAILED, "PyTorch could not be loaded here." if code == NO_TORCH else said)
            self._fill()

    def _take(self, job: _Job, told: Told) -> None:
        report = told.report
        job.reports.append(report)
        job.steps[report.racer] = report.step
        job.seconds = told.seconds
        if report.end is not None:
            job.ended.add(report.racer)

    def _end(self, job: _Job, status: Status, sentence: str) -> None:
        """Ends ``job`` unless it is over, and its process."""
        if job.status.over:
            return
        job.status, job.sentence = status, sentence
        self._queue = [name for name in self._queue if self._jobs[name] is not job]
        if job.process is not None:
            job.process.kill()

    def _forget(self) -> None:
        """Drops the oldest of what is over."""
        over = [name for name, job in self._jobs.items() if job.status.over and job.process is None]
        for name in over[: max(len(over) - self._kept, 0)]:
            del self._jobs[name]
        owners = {job.owner for job in self._jobs.values()}
        self._heard = {owner: when for owner, when in self._heard.items() if owner in owners}

    def _watch(self) -> None:
        """Wakes the sweeper, or makes it."""
        if self._sweeper is None:
            self._sweeper = Thread(target=self._sweep, name="training-sweeper", daemon=True)
            self._sweeper.start()
        self._changed.notify_all()

    def _sweep(self) -> None:
        """Ends what nobody watches, and what has been paused for too long."""
        with self._changed:
            while True:
                unfinished = [job for job in self._jobs.values() if not job.status.over]
                now = time.monotonic()
                for job in unfinished:
                    if now - self._heard[job.owner] > self._patience:
                        self._end(job, Status.CANCELLED, "Its page was closed.")
                    elif job.status is Status.PAUSED and now - job.paused_at > _LONGEST_PAUSE:
                        self._end(job, Status.CANCELLED, "It was paused for too long.")
                self._forget()
                self._changed.wait(_SWEEP if unfinished else None)


def _process() -> subprocess.Popen[bytes]:
    # Not by multiprocessing: it would run the main module again, which while a page is drawn is that page.
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, **_ONE_THREAD},
    )


def _told(source: IO[bytes]) -> Iterator[Told]:
    """What the process tells; it may end in the middle of it."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(source)


@lru_cache(maxsize=1)
def server() -> Server:
    """The one server of this process, made when it is first asked for."""
    return Server()
