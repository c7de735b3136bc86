"""Two jobs compute, others wait in order; what is cancelled, unwatched or dead makes room; nothing stays behind."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.problems.training.reports import Outcome
from core.problems.training.server import MOST_OF_OWNER, Server, State, Status, server
from core.problems.training.settings import Training

# Many minutes, if nobody ends it.
LONG = Training("spirals", steps=5000, batch=0, model_settings={"width": 128})
SHORT = Training("moons", steps=20, model_settings={"width": 4})
# Seconds; two processes that import torch at once take a few on a busy machine.
MOST = 300.0


@pytest.fixture
def running() -> Iterator[Server]:
    made = Server(patience=MOST)
    yield made
    made.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + MOST
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def computing(running: Server) -> list[subprocess.Popen[bytes]]:
    return [job.process for job in running._jobs.values() if job.process is not None]


def finished(running: Server, name: str) -> State:
    until(lambda: running.poll(name).status.over)
    return running.poll(name)


def test_the_third_waits_in_first_place_until_one_is_cancelled_at_once(running: Server) -> None:
    first, second, third, fourth = (running.submit(f"owner {n}", LONG) for n in range(4))
    assert [running.poll(one).status for one in (first, second, third)] == ["running", "running", "queued"]
    assert [running.poll(one).place for one in (first, second, third, fourth)] == [0, 0, 1, 2]
    until(lambda: running.poll(first).seen > 1)
    assert (running.poll(first).seconds_left or 0) > 1
    (process, _) = computing(running)
    running.cancel(first)
    assert running.poll(first).status is Status.CANCELLED
    # Killed and not asked: 0.05 s where nothing else runs.
    assert process.wait(timeout=MOST) == -9
    assert running.poll(first).seen > 1
    until(lambda: running.poll(third).status is Status.RUNNING)
    assert running.poll(fourth).place == 1
    running.cancel(fourth)
    assert running.poll(fourth).place == 0
    assert len(computing(running)) == 2


def test_four_side_by_side_tell_as_each_does_alone(running: Server) -> None:
    from core.problems.training.loop import final

    job = running.submit("me", SHORT, Training("moons", optimizer="sgd", steps=10))
    state = finished(running, job)
    assert (state.status, state.sentence) == (Status.DONE, "")
    alone = final(SHORT).reports
    mine = [report for report in state.reports if report.racer == 0]
    assert [report.train_loss for report in mine] == [report.train_loss for report in alone]
    assert mine[0].facts == alone[0].facts
    assert mine[-1].end == alone[-1].end
    assert [report.step for report in state.reports if report.racer == 1] == list(range(11))
    assert running.poll(job, state.seen - 1).reports == state.reports[-1:]
    with pytest.raises(ValueError, match="1 to 4 trainings run side by side"):
        running.submit("me", *[SHORT] * 5)


def test_pausing_makes_room_and_the_rate_changes_in_mid_run(running: Server) -> None:
    running._computing = 1
    long, short = running.submit("me", LONG), running.submit("me", SHORT)
    until(lambda: running.poll(long).seen > 1)
    running.pause(long)
    assert running.poll(long).status is Status.PAUSED
    assert finished(running, short).status is Status.DONE
    seen = running.poll(long).seen
    with pytest.raises(ValueError, match="lr must lie in"):
        running.set_rate(long, -1.0)
    running.set_rate(long, 0.25)
    running.resume(long)
    until(lambda: running.poll(long).seen > seen + 2)
    assert running.poll(long).status is Status.RUNNING
    assert running.poll(long).reports[-1].rate == 0.25
    running.stop(long)
    state = finished(running, long)
    assert state.status is Status.DONE
    assert state.reports[-1].end is not None
    assert state.reports[-1].end.outcome is Outcome.STOPPED


def test_what_nobody_watches_ends_and_a_heartbeat_is_enough(running: Server) -> None:
    watched, forgotten = running.submit("here", LONG), running.submit("gone", LONG)
    running._patience = 1.0

    def ended() -> bool:
        running.alive("here")
        return running._jobs[forgotten].status.over

    until(ended)
    assert running.poll(forgotten).sentence == "Its page was closed."
    assert running.poll(watched).status is Status.RUNNING


def test_a_process_that_dies_fails_its_job_and_the_next_begins(running: Server) -> None:
    running._computing = 1
    dying, waiting = running.submit("me", LONG), running.submit("me", SHORT)
    until(lambda: running.poll(dying).seen > 0)
    (process,) = computing(running)
    process.kill()
    state = finished(running, dying)
    assert state.status is Status.FAILED
    assert "ended unexpectedly (code -9)" in state.sentence
    assert finished(running, waiting).status is Status.DONE


def test_a_torch_that_cannot_be_loaded_is_named(
    running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert finished(running, running.submit("me", SHORT)).sentence == "PyTorch could not be loaded here."


def test_closing_leaves_no_process_behind_and_nothing_begins_after(running: Server) -> None:
    jobs = [running.submit("me", LONG) for _ in range(3)]
    processes = computing(running)
    running.close()
    assert all(process.returncode is not None for process in processes)
    assert {running.poll(job).status for job in jobs} == {Status.CANCELLED}
    until(lambda: not computing(running))


def test_too_many_of_one_page_are_refused_and_old_results_are_forgotten(running: Server) -> None:
    running._computing, running._kept = 0, 2
    jobs = [running.submit("me", LONG) for _ in range(MOST_OF_OWNER)]
    with pytest.raises(ValueError, match="cancel one of them first"):
        running.submit("me", LONG)
    for job in jobs:
        running.cancel(job)
    running.submit("me", LONG)
    assert "not known here any more" in running.poll(jobs[0]).sentence
    assert running.poll(jobs[-1]).sentence == "Cancelled."
    for name in (jobs[0], "nonsense"):
        running.cancel(name)
        running.pause(name)
        running.resume(name)
        running.set_rate(name, 1.0)


def test_a_worker_ends_with_the_process_that_started_it() -> None:
    program = (
        "import os, time\n"
        "from core.problems.training.server import Server\n"
        "from core.problems.training.settings import Training\n"
        "made = Server()\n"
        "made.submit('me', Training('spirals', steps=5000, batch=0))\n"
        "print(*[job.process.pid for job in made._jobs.values()], flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not alive(worker))


def alive(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and "Z" not in listed


def test_there_is_one_server_and_it_needs_no_torch() -> None:
    assert server() is server()
    code = "import sys, core.problems.training.server\nprint('torch' in sys.modules, 'sklearn' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )
