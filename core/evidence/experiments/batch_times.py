"""What a sample costs in batches of several sizes, measured on the machine at hand."""

import time
from collections.abc import Mapping
from functools import cache

import numpy as np

from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.telling import whole
from core.formula.words import digits, listed

# Powers of two, their neighbours, and multiples of 16 between them, which are no powers.
_POWERS_OF_TWO, _BETWEEN = (64, 128), (80, 96, 112)
_COMPARED = (63, 64, 65, *_BETWEEN, 127, 128, 129)
# Rounds, and seconds after which a busy machine starts no other.
_ROUNDS, _LONGEST = 12, 1.0


@cache
def _microseconds(width: int, attempt: int) -> tuple[float, ...]:
    """Shortest time per sample of one layer for each batch size, in µs: kept, so that what was told stays true.

    One thread computes. The sizes take turns, so that what else the machine does disturbs all of them alike; the
    shortest time is the one that it disturbed least.
    """
    # Only whoever asks for times should wait for it.
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(attempt)
    layer = random.standard_normal((width, width), dtype=np.float32)
    inputs = [random.standard_normal((size, width), dtype=np.float32) for size in _COMPARED]
    shortest = np.full(len(_COMPARED), np.inf)
    end = time.perf_counter() + _LONGEST
    # Threads that wait for each other on a busy machine would make the times those of the waiting.
    with threadpool_limits(1, "blas"):
        for _ in range(_ROUNDS):
            for index, batch in enumerate(inputs):
                began = time.perf_counter()
                batch @ layer
                shortest[index] = min(shortest[index], (time.perf_counter() - began) / len(batch))
            if time.perf_counter() > end:
                break
    return tuple((1e6 * shortest).tolist())


def _powers(settings: Mapping[str, float]) -> Finding:
    width = int(settings["width"])
    taken = dict(zip(_COMPARED, _microseconds(width, int(settings["attempt"])), strict=True))
    gaps = [2 * taken[size] / (taken[size - 1] + taken[size + 1]) for size in _POWERS_OF_TWO]
    powers, between = (float(np.mean([taken[size] for size in some])) for some in (_POWERS_OF_TWO, _BETWEEN))
    numbers = {
        "multiplications per sample in millions": width**2 / 1e6,
        **{f"µs per sample, batch of {size}": value for size, value in taken.items()},
        **{f"{size} / its neighbours": gap for size, gap in zip(_POWERS_OF_TWO, gaps, strict=True)},
        "64 and 128 / 80, 96 and 112": powers / between,
    }
    sentence = (
        f"On this machine a layer of {width} × {width} weights ({digits(width**2 / 1e6)} million multiplications a "
        f"sample) takes {listed([f'{digits(taken[size])} µs a sample at {size}' for size in _COMPARED[:3]])}. 64 and "
        f"128 take {listed([digits(gap) for gap in gaps])} times as long as the mean of their neighbours, and "
        f"{digits(powers / between)} times as long as {listed([str(size) for size in _BETWEEN])}, multiples of 16 that "
        "are no powers of two."
    )
    sizes = np.array(_COMPARED, dtype=np.float64)
    series = (Series("measured", sizes, np.array([*taken.values()]), mode="lines+markers"),)
    marks = tuple(Mark("x", size, f"{size}") for size in _POWERS_OF_TWO)
    return Finding(numbers, sentence, Plot("batch size", "µs per sample", series, marks=marks))


_POWERS = Experiment(
    key="X18",
    question="Are batch sizes that are powers of two faster?",
    settings=(
        whole("width", "d", 1024, (128, 1024), "Inputs and outputs of the layer that is timed."),
        whole("attempt", "k", 1, (1, 20), "Measures again: the time of one measurement is kept."),
    ),
    find=_powers,
    expected=(
        Expected("multiplications per sample in millions", 1.048576, 0.0, "A count; times differ between machines."),
    ),
)


ALL: tuple[Experiment, ...] = (_POWERS,)
