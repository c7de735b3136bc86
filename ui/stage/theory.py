"""What a stage is told of theory, so that it can say what a rule does at settings that only the hand knows."""

from itertools import product
from typing import Any

import numpy as np

from core.figures import DARK, LIGHT
from core.figures.look import readable
from core.figures.regimes import COLORS
from core.lessons.rate_check import Check
from core.problems.theory import METHODS, Regime

_CONTRAST = 4.5
_SPANS = (Regime.MONOTONE, Regime.OSCILLATING, Regime.DIVERGING)


def theory(track: str, checked: Check) -> dict[str, Any]:
    """Theory of the run ``checked`` (``theory.js``), drawn as ``track``.

    ``trace`` and ``determinant`` of a rule's companion are a + b·s + c·β + d·s·β, given as [a, b, c, d].
    """
    curved = checked.bowl.values > 0
    return {
        "track": track,
        "lr": checked.lr,
        "beta": checked.beta,
        "measured": checked.measured,
        **dict(zip(("trace", "determinant"), _companion(checked.key), strict=True)),
        "curvatures": checked.bowl.values[curved].tolist(),
        "directions": checked.bowl.vectors[:, curved].T.tolist(),
        "minimum": list(checked.minimum),
        "everywhere": checked.everywhere,
        "best": {"lr": checked.best.lr, "beta": checked.best.beta},
        "regimes": [
            {
                "name": regime.name.lower(),
                "color": COLORS[regime],
                "inks": {look.name: readable(COLORS[regime], look.background, _CONTRAST) for look in (LIGHT, DARK)},
            }
            for regime in _SPANS
        ],
    }


def _companion(key: str) -> list[list[float]]:
    """The coefficients of trace and determinant, from their values where s and β are 0 or 1."""
    values = [
        [float(part) for part in METHODS[key].companion(np.array(s), np.array(beta))]
        for beta, s in product((0.0, 1.0), (0.0, 1.0))
    ]
    return [[none, s - none, beta - none, both - s - beta + none] for none, s, beta, both in zip(*values, strict=True)]
