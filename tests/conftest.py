"""What all tests share: one thread in each process, and the seed of what is drawn anew in every run."""

import os
import secrets
from random import Random

import pytest

# Before NumPy or PyTorch is imported, here and in the interpreters that tests start: on two cores, threads that share
# such small work wait for each other far longer than they work.
os.environ["OMP_NUM_THREADS"] = "1"
# The processes of pytest-xdist inherit it, and so draw the same.
os.environ.setdefault("TEST_SEED", str(secrets.randbelow(10**6)))


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: a test that drives a browser mostly waits for it."""
    return len(os.sched_getaffinity(0)) + 1


# Errors stay boxes with all they say, where visitors read an apology.
os.environ["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = "full"
# Cases of one test that run at a time; of more, such as all rules on all objectives, others are drawn in every run.
_CASES = 12


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Draws the cases to run, unless ``TEST_ALL`` is set, and puts what takes longest first.

    Of more than a few tests that drive a browser a third are drawn, beside those that open every page. Without the
    longest first, one process would still be at it when the others have nothing left to do.
    """
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    driven = sorted(name for name in cases if "tests/browser/" in name and "test_pages.py" not in name)
    idle = set(
        Random(f"{os.environ['TEST_SEED']} browser").sample(driven, 2 * len(driven) // 3 if len(driven) > _CASES else 0)
    )
    left_out: set[pytest.Item] = set()
    for name, alike in cases.items():
        if "TEST_ALL" in os.environ:
            continue
        if name in idle:
            left_out |= {*alike}
        elif len(alike) > _CASES:
            drawn = Random(f"{os.environ['TEST_SEED']} {name}").sample(alike, _CASES)
            left_out |= {*alike} - {*drawn}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = sorted(
        (item for item in items if item not in left_out), key=lambda item: item.get_closest_marker("long") is None
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"What was drawn is drawn again with TEST_SEED={os.environ['TEST_SEED']}.")
