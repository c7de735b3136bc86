"""A sweep of a perceptron on two moons: seconds, and how much faster than one training after the other.

python -m benchmarks.sweep [--json]
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from benchmarks.measure import Result, report
from core.problems.training.engines import chosen_engine
from core.problems.training.settings import Training
from core.problems.training.stack import one_by_one
from core.problems.training.sweep import Sweep, sweep

RULES, SEEDS = ("sgd", "momentum", "rmsprop", "adam"), (0, 1, 2)
RATES = tuple(np.geomspace(1e-4, 1, 8).tolist())
# The whole gradient of 300 rows.
NETWORK = Training(model_settings={"depth": 2, "width": 16}, steps=300, batch=0)
# Seconds, and times as fast.
LONGEST, FASTER = 20.0, 3.0
# One after the other is measured on some of the trainings: all of them take a minute.
_RATES, _SEEDS = RATES[::4], SEEDS[:1]


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Measures and prints."""
    plan = Sweep(NETWORK, RULES, RATES, SEEDS)
    # With the start of its processes, which import torch.
    cold = _seconds(lambda: sweep(plan, chosen_engine()))
    torch.set_num_threads(1)
    some = [partial(one_by_one, unit.training, _RATES, _SEEDS) for unit in plan.units]
    # On both sides, so that a busy moment hits what is compared.
    before = sum(map(_seconds, some))
    warm = min(_seconds(lambda: sweep(plan, chosen_engine())) for _ in range(2))
    after = sum(map(_seconds, some))
    apart = min(before, after) * plan.count / (len(plan.units) * len(_RATES) * len(_SEEDS))
    name = f"{plan.count} trainings of {NETWORK.steps} steps"
    report(
        [
            Result(f"{name}, first", cold, None, cold, f"<= {LONGEST:g} s", "s", cold <= LONGEST),
            Result(f"{name}, again", warm, None, warm, f"<= {LONGEST:g} s", "s", warm <= LONGEST),
            Result(
                f"{name}, one by one",
                warm,
                apart,
                apart / warm,
                f">= {FASTER:g}",
                "times as fast",
                apart >= FASTER * warm,
            ),
        ]
    )


if __name__ == "__main__":
    main()
