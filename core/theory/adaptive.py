"""The curvature that Adam and RMSProp are stable against: the objective's, divided by their own denominators."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.theory.curvature import spectrum
from core.trace import Path

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Preconditioned:
    """The curvatures that an adaptive rule sees, ascending, of shape ``(d,)``, and the learning rate they allow.

    ``limit`` is the rate at which the step becomes unstable if the denominator stays as it is; infinity where nothing
    curves upwards. ``level`` is the value of the largest curvature at which the run's own rate is the limit.
    """

    values: Array
    limit: float
    level: float


@dataclass(frozen=True)
class _Adaptive:
    second: str
    stable: Callable[[Mapping[str, float]], float]


# With a mean of gradients in place of a sum, the heavy ball's limit 2(1 + β) is divided by 1 − β.
_ADAPTIVE: Mapping[str, _Adaptive] = MappingProxyType(
    {
        "adam": _Adaptive("v_hat", lambda hypers: 2 * (1 + hypers["beta1"]) / (1 - hypers["beta1"])),
        "rmsprop": _Adaptive("v", lambda hypers: 2.0),
    }
)


def preconditioned(path: Path, step: int) -> Preconditioned:
    """The curvature that the step number ``step``, from 1, of a run of Adam or RMSProp is stable against.

    The eigenvalues of D^(−1/2) H D^(−1/2), with H at the point where the step begins and D = √v̂ + ε as the run had
    it (√v + ε for RMSProp). For Adam the limit is 2(1 + β₁)/((1 − β₁)L), 38/L at β₁ = 0.9, and for RMSProp 2/L.
    Raises ``ValueError`` for another rule, a step the run did not take and curvatures that are not finite. Source:
    Cohen et al. 2022, arXiv:2207.14484.
    """
    run = path.run
    if run.optimizer not in _ADAPTIVE:
        raise ValueError(f"Preconditioned curvature is known for {' and '.join(_ADAPTIVE)}, not {run.optimizer!r}.")
    rule = _ADAPTIVE[run.optimizer]
    if not 1 <= step < len(path.x):
        raise ValueError(f"step must lie in [1, {len(path.x) - 1}], the steps of the run; {step} was given.")
    scale = np.sqrt(path.terms[rule.second][step - 1]) + run.settings["eps"]
    point = path.x[step - 1]
    hessian = run.resolved_objective.parsed.hessian(point)
    root = np.sqrt(scale)
    with np.errstate(over="ignore", invalid="ignore"):
        seen = hessian / np.outer(root, root)
    values = spectrum(seen).values
    stable = rule.stable(run.settings)
    rate = float(path.terms["lr"][step - 1])
    largest = float(values[-1])
    return Preconditioned(values, stable / largest if largest > 0 else math.inf, stable / rate if rate else math.inf)
