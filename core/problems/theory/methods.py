"""What curvature predicts of the three rules of descent: stable and best learning rates, contraction, regimes.

Everything here is exact for a quadratic. Near a minimum any smooth objective is close to one; elsewhere the same
numbers describe the quadratic that touches the objective at the point.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.formula.words import apart, digits

Array = npt.NDArray[np.float64]

# A rate this close to a limit, relative to it, is meant to be the limit.
_ROUNDING = 1e-12
# Beyond this the square of lr·λ would overflow.
_HOPELESS = 1e100


@dataclass(frozen=True)
class Tuning:
    """Fixed settings of a method and the factor by which they shrink the distance to the minimum at every step.

    ``contraction`` is asymptotic: momentum may first move away, and at its best settings k steps shrink the distance
    like k times the power.
    """

    lr: float
    beta: float
    contraction: float


@dataclass(frozen=True)
class Method:
    """What is known about one rule on a quadratic.

    Along a direction of curvature λ a step multiplies the error and its predecessor by a companion matrix;
    ``companion(s, beta)`` gives its trace and determinant for s = lr·λ, both linear in each of the two. ``smooth`` and
    ``stable`` give, for a β, the s up to which the error does not change sides and the s at which it stops to shrink.
    """

    companion: Callable[[Array, Array | float], tuple[Array, Array]]
    smooth: Callable[[float], float]
    stable: Callable[[float], float]
    best: Callable[[float, float], Tuning]


def _best_descent(low: float, high: float) -> Tuning:
    return Tuning(2 / (high + low), 0.0, (high - low) / (high + low))


def _best_ball(low: float, high: float) -> Tuning:
    share = (math.sqrt(high) - math.sqrt(low)) / (math.sqrt(high) + math.sqrt(low))
    return Tuning(4 / (math.sqrt(high) + math.sqrt(low)) ** 2, share**2, share)


def _best_look_ahead(low: float, high: float) -> Tuning:
    root = math.sqrt(3 * high / low + 1)
    return Tuning(4 / (3 * high + low), (root - 2) / (root + 2), 1 - 2 / root)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "sgd": Method(
            companion=lambda s, beta: (1 - s, 0 * s),
            smooth=lambda beta: 1.0,
            stable=lambda beta: 2.0,
            best=_best_descent,
        ),
        "momentum": Method(
            companion=lambda s, beta: (1 + beta - s, beta + 0 * s),
            smooth=lambda beta: (1 - math.sqrt(beta)) ** 2,
            stable=lambda beta: 2 * (1 + beta),
            best=_best_ball,
        ),
        "nesterov": Method(
            companion=lambda s, beta: ((1 + beta) * (1 - s), beta * (1 - s)),
            smooth=lambda beta: ((1 - beta) / (1 + beta)) ** 2,
            stable=lambda beta: 2 * (1 + beta) / (1 + 2 * beta),
            best=_best_look_ahead,
        ),
    }
)
"""The rules whose behaviour on a quadratic is known in closed form, by the key of their declaration.

Polyak 1964, doi:10.1016/0041-5553(64)90137-5; Lessard, Recht & Packard 2016, arXiv:1408.3595, whose table of best
settings these are. Nesterov's common choice lr = 1/L, β = (√κ − 1)/(√κ + 1) contracts by 1 − 1/√κ, a little less well.
"""


def _method(key: str) -> Method:
    if key not in METHODS:
        raise ValueError(f"Theory in closed form is known here for {', '.join(METHODS)}; {key!r} was given.")
    return METHODS[key]


def _check_beta(beta: float) -> None:
    if not 0 <= beta < 1:
        raise ValueError(f"beta must lie in [0, 1); {digits(beta)} was given.")


def _check_rate(lr: float) -> None:
    if not 0 <= lr < math.inf:
        raise ValueError(f"lr must be a finite number of at least 0; {digits(lr)} was given.")


def stable_limit(key: str, largest: float, beta: float = 0.0) -> float:
    """The learning rate at and beyond which the rule ``key`` no longer settles, for a largest curvature ``largest``.

    2/L for gradient descent, 2(1 + β)/L for the heavy ball, 2(1 + β)/((1 + 2β)L) for Nesterov's look-ahead form.
    Infinity where nothing curves upwards. Raises ``ValueError`` for a curvature that is not finite, for β outside
    [0, 1) and for another rule.
    """
    _check_beta(beta)
    if not math.isfinite(largest):
        raise ValueError(f"The largest curvature must be finite; {digits(largest)} was given.")
    return _method(key).stable(beta) / largest if largest > 0 else math.inf


def best_settings(key: str, smallest: float, largest: float) -> Tuning:
    """The fixed settings of the rule ``key`` that contract most on curvatures from ``smallest`` to ``largest``.

    Gradient descent: lr = 2/(L + μ). Heavy ball: lr = 4/(√L + √μ)², β = ((√κ − 1)/(√κ + 1))². Nesterov's look-ahead
    form: lr = 4/(3L + μ), β = (√(3κ + 1) − 2)/(√(3κ + 1) + 2). Raises ``ValueError`` unless 0 < μ ≤ L.
    """
    if not 0 < smallest <= largest < math.inf:
        raise ValueError(
            f"Best settings need curvatures above 0; they lie between {' and '.join(apart(smallest, largest))} here."
        )
    return _method(key).best(smallest, largest)


def contraction(key: str, curvatures: npt.ArrayLike, lr: float, beta: float = 0.0) -> float:
    """The factor on the distance to the minimum per step of the rule ``key``, in the long run: at least 0.

    It is the largest absolute eigenvalue of the companion matrices over ``curvatures``, of shape ``(n,)``; below 1 the
    rule converges. Flat directions are left out, because nothing is to be approached along them; if all are flat,
    nothing moves and the factor is 1. A negative curvature gives more than 1, a product lr·λ beyond 1e100 infinity.
    Raises ``ValueError`` for numbers that are not finite, for β outside [0, 1) and for another rule.
    """
    return float(contractions(key, curvatures, lr, beta))


def contractions(key: str, curvatures: npt.ArrayLike, lr: npt.ArrayLike, beta: npt.ArrayLike) -> Array:
    """``contraction`` for every pair of ``lr`` and ``beta``, which broadcast against each other and give the shape."""
    method = _method(key)
    rates, betas = np.broadcast_arrays(np.asarray(lr, dtype=np.float64), np.asarray(beta, dtype=np.float64))
    for end in (rates.min(), rates.max()):
        _check_rate(float(end))
    for end in (betas.min(), betas.max()):
        _check_beta(float(end))
    values = np.asarray(curvatures, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("Every curvature must be a finite number to predict a rate; at least one is not.")
    curved = values[values != 0]
    if not curved.size:
        return np.ones(rates.shape)
    with np.errstate(over="ignore"):
        reach = rates[..., None] * curved
    hopeless = np.abs(reach).max(axis=-1) > _HOPELESS
    trace_, determinant = method.companion(np.where(hopeless[..., None], 0.0, reach), betas[..., None])
    inside = trace_**2 - 4 * determinant
    real = (np.abs(trace_) + np.sqrt(np.maximum(inside, 0.0))) / 2
    # A pair of complex eigenvalues has the determinant as its squared size.
    factors = np.where(inside < 0, np.sqrt(np.maximum(determinant, 0.0)), real).max(axis=-1)
    return np.where(hopeless, math.inf, factors)


class Regime(StrEnum):
    """What a learning rate does along the direction of the largest curvature of a quadratic."""

    MONOTONE = "The point approaches the minimum from one side."
    OSCILLATING = "The point changes sides and comes closer."
    CYCLING = "The point hops between two places for ever."
    DIVERGING = "The point changes sides and moves away."


@dataclass(frozen=True)
class Band:
    """The learning rates of one regime, from ``low`` to ``high``; the cycle is the single rate between two others."""

    regime: Regime
    low: float
    high: float


def bands(key: str, largest: float, beta: float = 0.0) -> tuple[Band, ...]:
    """The four regimes of the rule ``key`` in ascending order of learning rate, for a largest curvature above 0.

    The first includes its upper end; the third is the limit itself. Raises ``ValueError`` for a
    curvature that is not above 0, for β outside [0, 1) and for another rule. Source: Nesterov 2004, section 1.2.3,
    for gradient descent; for momentum, the signs of the companion matrix's eigenvalues.
    """
    limit = stable_limit(key, largest, beta)
    if math.isinf(limit):
        raise ValueError(f"Regimes need a curvature above 0; {digits(largest)} was given.")
    smooth = _method(key).smooth(beta) / largest
    return (
        Band(Regime.MONOTONE, 0.0, smooth),
        Band(Regime.OSCILLATING, smooth, limit),
        Band(Regime.CYCLING, limit, limit),
        Band(Regime.DIVERGING, limit, math.inf),
    )


def regime(key: str, lr: float, largest: float, beta: float = 0.0) -> Regime:
    """The regime that ``lr`` lies in; within rounding of the limit it is the limit. Errors are those of ``bands``."""
    _check_rate(lr)
    monotone, oscillating, _, _ = bands(key, largest, beta)
    if math.isclose(lr, oscillating.high, rel_tol=_ROUNDING):
        return Regime.CYCLING
    if lr > oscillating.high:
        return Regime.DIVERGING
    return Regime.MONOTONE if lr <= monotone.high * (1 + _ROUNDING) else Regime.OSCILLATING
