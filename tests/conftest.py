"""What all tests share: one thread in each process, and the seed of what is drawn anew in every run."""

import os
import secrets

import pytest

# Before NumPy or PyTorch is imported, here and in the interpreters that tests start: on two cores, threads that share
# such small work wait for each other far longer than they work.
os.environ["OMP_NUM_THREADS"] = "1"
# The processes of pytest-xdist inherit it, and so draw the same.
os.environ.setdefault("TEST_SEED", str(secrets.randbelow(10**6)))


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: a test that drives a browser mostly waits for it."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, or one process would still be at it when the others have nothing left to do."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"What was drawn is drawn again with TEST_SEED={os.environ['TEST_SEED']}.")
