"""The experiment about schedules and averages: what is left of noise, exactly, with each at its best learning rate."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper, complete
from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.catalogue.schedules import SCHEDULES
from core.engine.findings import Array, Expected, Experiment, Finding, Plot, Series
from core.evidence.experiments.telling import whole
from core.formula.words import digits

_DIMENSIONS = 10
_RATES = np.geomspace(1e-3, 2, 40)
# A polynomial of power 1, its default, is a line.
_SCHEDULES = {"constant rate": "constant", "linear decay": "polynomial", "cosine": "cosine"}
_FREE = OPTIMIZERS["schedule_free"]


def _scheduled(curvatures: Array, noise: float, factors: Array) -> Array:
    """The expected loss of gradient descent for each rate, shape ``(rates,)``; ``factors`` multiply it step by step.

    The loss is ½Σhx² from x = 1, each component of the gradient has noise of that standard deviation: the mean of x²
    is multiplied by (1 − αh)² and grows by α²σ² in each step.
    """
    squares = np.ones((len(curvatures), len(_RATES)))
    for factor in factors:
        rates = factor * _RATES
        squares = (1 - curvatures[:, None] * rates) ** 2 * squares + (rates * noise) ** 2
    return np.asarray(curvatures @ squares / 2)


def _free(curvatures: Array, noise: float, beta: float, steps: int) -> Array:
    """The expected loss of Schedule-Free's average x, as in ``_scheduled``; beta 0 averages plain gradient descent.

    Mean squares of z and x and the mean of their product are carried along.
    """
    z_z = z_x = x_x = np.ones((len(curvatures), len(_RATES)))
    from_z, from_x = 1 - curvatures[:, None] * _RATES * (1 - beta), -curvatures[:, None] * _RATES * beta
    for t in range(1, steps + 1):
        new = 1 / t
        z_old = from_z * z_x + from_x * x_x
        z_z = from_z**2 * z_z + 2 * from_z * from_x * z_x + from_x**2 * x_x + (_RATES * noise) ** 2
        z_x = (1 - new) * z_old + new * z_z
        x_x = (1 - new) ** 2 * x_x + 2 * new * (1 - new) * z_old + new**2 * z_z
    return np.asarray(curvatures @ x_x / 2)


def _schedule_free(settings: Mapping[str, float]) -> Finding:
    steps, beta, noise = int(settings["steps"]), settings["beta"], settings["noise"]
    curvatures = np.geomspace(1 / settings["kappa"], 1, _DIMENSIONS)
    losses = {}
    for name, key in _SCHEDULES.items():
        schedule = SCHEDULES[key]
        factors = schedule.factors(steps, complete(schedule.hypers, {}, schedule.name))
        losses[name] = _scheduled(curvatures, noise, factors)
    losses[_FREE.name] = _free(curvatures, noise, beta, steps)
    losses["average of all points"] = _free(curvatures, noise, 0.0, steps)
    best = {name: int(np.nanargmin(loss)) for name, loss in losses.items()}
    lowest = {name: float(losses[name][index]) for name, index in best.items()}
    numbers = {f"lowest loss, {name}": loss for name, loss in lowest.items()}
    numbers |= {f"best rate, {name}": float(_RATES[index]) for name, index in best.items()}
    constant, linear, cosine, free, average = lowest.values()
    sentence = (
        f"After {steps} noisy steps, each at the best of {len(_RATES)} rates, a constant rate leaves an expected loss "
        f"of {digits(constant)}, linear decay {digits(linear)}, cosine {digits(cosine)} and Schedule-Free with β = "
        f"{digits(beta)} {digits(free)}. The plain average of all points, which is Schedule-Free with β = 0, leaves "
        f"{digits(average)}."
    )
    series = tuple(
        Series(name, _RATES, loss, _FREE.color if name == _FREE.name else color)
        for (name, loss), color in zip(losses.items(), PALETTE, strict=False)
    )
    return Finding(numbers, sentence, Plot("learning rate α", "expected loss", series, True, True))


_EXACT = "Means are exact, not drawn; the digits given are known."

_X71 = Experiment(
    key="X71",
    question="Can averaging replace a schedule that lowers the learning rate?",
    settings=(
        whole("steps", "T", 1000, (100, 5000), "Steps of every run."),
        Hyper("beta", r"\beta", 0.9, (0.0, 0.99), (0.0, 0.99), "linear", "Schedule-Free's: 0 is a plain average."),
        Hyper("kappa", r"\kappa", 10.0, (1.0, 1000.0), (1.0, 1000.0), "log", "Condition number; the steepest is 1."),
        Hyper("noise", r"\sigma", 1.0, (0.01, 3.0), (0.01, 3.0), "log", "Standard deviation of the gradient's noise."),
    ),
    find=_schedule_free,
    expected=(
        Expected("lowest loss, constant rate", 0.0395, 0.00005, _EXACT),
        Expected("lowest loss, linear decay", 0.0269, 0.00005, _EXACT),
        Expected("lowest loss, cosine", 0.0292, 0.00005, _EXACT),
        Expected("lowest loss, Schedule-Free", 0.0363, 0.00005, _EXACT),
        Expected("lowest loss, average of all points", 0.0200, 0.00005, _EXACT),
    ),
)

ALL: tuple[Experiment, ...] = (_X71,)
