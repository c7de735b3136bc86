"""Scripts of runs drawn anew in every run of the suite: none fails, whatever rule, objective and rate it is of."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run
from core.export import numpy_script, torch_script
from tests.programs import run_alone, run_here

# What two cores do in about fifteen seconds.
COUNT = 50
SEED = int(os.environ["TEST_SEED"])


def drawn(seed: int, count: int) -> list[Run]:
    """``count`` runs: all rules, objectives, and three rates, 500 and 1 500 steps, some with more settings."""
    random = np.random.default_rng(seed)
    runs = []
    for _ in range(count):
        objective = OBJECTIVES[random.choice(list(OBJECTIVES))]
        optimizer = OPTIMIZERS[random.choice(list(OPTIMIZERS))]
        rate = optimizer.hypers[0]
        more: dict[str, Any] = {}
        if random.random() < 0.25:
            more["schedule"] = str(random.choice(list(SCHEDULES)))
        if random.random() < 0.15:
            more["clip_norm"] = 1.0
        if random.random() < 0.15:
            more["noise"] = 0.1
        inside = tuple(float(random.uniform(*bounds)) for bounds in objective.domain)
        starts = [objective.start, tuple(round(number, 1) for number in inside), inside, *objective.minima]
        runs.append(
            Run(
                objective.key,
                optimizer.key,
                starts[random.choice(min(4, len(starts)))],
                int(random.choice([500, 1500])),
                {"lr": float(np.clip(rate.default * random.choice([0.1, 1.0, 10.0]), *rate.bounds))},
                **more,
            )
        )
    return runs


RUNS = drawn(SEED, COUNT)


@pytest.mark.parametrize("write", [numpy_script, torch_script])
@pytest.mark.parametrize("run", RUNS, ids=map(str, range(COUNT)))
def test_no_script_of_a_drawn_run_fails(run: Run, write: Any, tmp_path: Path) -> None:
    try:
        run_here(write(run), tmp_path)
    except Exception as error:
        raise AssertionError(run) from error


def test_a_script_of_a_drawn_run_is_a_file_of_its_own(tmp_path: Path) -> None:
    assert "After" in run_alone(numpy_script(RUNS[0]), tmp_path)
