"""The catalogue of learning-rate schedules: each is a factor on the learning rate, in the formula language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.formula import Formula, parse
from core.hypers import Hyper


@dataclass(frozen=True)
class Schedule:
    """A schedule: ``factor`` is a formula of ``t`` (the step, from 1), ``T`` (the number of steps) and ``hypers``."""

    key: str
    name: str
    source: str
    idea: str
    factor: str
    hypers: tuple[Hyper, ...] = ()

    @cached_property
    def formula(self) -> Formula:
        """The checked formula of the factor."""
        return parse(self.factor, variables=("t", "T", *(hyper.name for hyper in self.hypers)))

    def factors(self, steps: int, hypers: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """The factor at each of ``steps`` steps, of shape ``(steps,)``."""
        t = np.arange(1.0, steps + 1)
        rest = [np.full(steps, value) for value in (steps, *(hypers[hyper.name] for hyper in self.hypers))]
        return self.formula.value(np.stack([t, *rest]))


_FLOOR = Hyper(
    "eta_min",
    r"\eta_{\min}",
    0.0,
    (0.0, 1.0),
    (0.0, 1.0),
    "linear",
    "The factor at the end, as a share of the peak.",
)

_DECLARATIONS = (
    Schedule(
        "constant",
        "Constant",
        "Cauchy 1847, Comptes rendus 25:536",
        "The same learning rate at every step.",
        "1",
    ),
    Schedule(
        "step",
        "Step decay",
        "He et al. 2016, arXiv:1512.03385; torch.optim.lr_scheduler.StepLR",
        "Multiply the learning rate by gamma every so many steps.",
        "gamma**floor((t - 1)/period)",
        (
            Hyper(
                "gamma",
                r"\gamma",
                0.1,
                (0.0, 1.0),
                (0.01, 1.0),
                "linear",
                "What the learning rate is multiplied by.",
            ),
            Hyper(
                "period",
                "p",
                100,
                (1, 1_000_000),
                (10, 1000),
                "log",
                "Steps between two reductions.",
                whole=True,
            ),
        ),
    ),
    Schedule(
        "cosine",
        "Cosine",
        "Loshchilov & Hutter 2017, arXiv:1608.03983; torch.optim.lr_scheduler.CosineAnnealingLR with T_max = T",
        "Fall along half a cosine from the peak to eta_min over the whole run.",
        "eta_min + (1 - eta_min)*(1 + cos(pi*(t - 1)/T))/2",
        (_FLOOR,),
    ),
)

SCHEDULES: Mapping[str, Schedule] = MappingProxyType({declared.key: declared for declared in _DECLARATIONS})
