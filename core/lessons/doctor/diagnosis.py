"""The doctor: what a run suffers from, by its own numbers, why, and a change of it that was tried and helps."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from core.engine.trace import Path
from core.lessons.doctor import findings as found
from core.lessons.doctor import remedies as cure
from core.lessons.doctor.findings import Finding
from core.lessons.doctor.remedies import Fix, Helps, Remedy
from core.lessons.doctor.signs import Signs


class Grade(IntEnum):
    """How bad a finding is, the worst first."""

    FAILED = 0
    TROUBLE = 1
    FINE = 2


@dataclass(frozen=True)
class Diagnosis:
    """What was found of a run: the ``evidence`` in its own numbers, the ``cause``, and what helps, if anything does.

    ``symptom`` is the key of the row of ``core.lessons.symptoms.SYMPTOMS`` that says more, or empty.
    """

    finding: Finding
    grade: Grade
    evidence: str
    cause: str
    fix: Fix | None
    symptom: str = ""


@dataclass(frozen=True)
class _Entry:
    """A finding with its test, the cause to tell, and what may help, the best first."""

    finding: Finding
    grade: Grade
    test: Callable[[Signs], str | None]
    cause: str
    remedies: tuple[Remedy, ...] = ()
    symptom: str = ""
    helps: Helps = cure.ends_lower


def _stays_low(changed: Signs, signs: Signs) -> bool:
    """Whether a changed run arrives and does not rise again."""
    return changed.arrived and found.rising_again(changed) is None


# In the order in which they are asked: what ended a run before how it went, standing before moving, and a special cause
# before the general one that it is a case of.
_TABLE = (
    _Entry(
        Finding.UNDEFINED_START,
        Grade.FAILED,
        found.undefined_start,
        "A run can only begin where the loss has a value.",
        (cure.declared_start,),
        "poisoned",
    ),
    _Entry(
        Finding.UNDEFINED,
        Grade.FAILED,
        found.undefined,
        "One operation had no value there, and whatever is computed from what is not a number is not one either.",
        (cure.without_zeros, cure.lower_rate),
        "poisoned",
    ),
    _Entry(
        Finding.BOTTOMLESS,
        Grade.FAILED,
        found.bottomless,
        "This way the loss has no lowest value, so going downhill never ends, whatever the rule.",
    ),
    _Entry(
        Finding.DIVERGING,
        Grade.FAILED,
        found.diverging,
        "Its steps overshoot by more than they correct: the learning rate is too large for the steepest curvature.",
        (cure.below_limit, cure.lower_rate, cure.other_hyper),
        "diverging",
    ),
    _Entry(
        Finding.STUCK,
        Grade.TROUBLE,
        found.stuck,
        "A step is made from the learning rate and the gradient, and one of them is 0 or the rule refused the step.",
        (cure.other_rate, cure.start_nearer),
    ),
    _Entry(
        Finding.RISING_AGAIN,
        Grade.TROUBLE,
        found.rising_again,
        "Near a minimum the gradients become tiny, the rule's memory of their squares forgets the large ones, and so "
        "its steps grow until one of them is too long.",
        (cure.falling_rate, cure.lower_rate, cure.other_hyper),
        helps=_stays_low,
    ),
    _Entry(
        Finding.ARRIVED,
        Grade.FINE,
        found.arrived_well,
        "The learning rate suited the curvature on its way.",
    ),
    _Entry(
        Finding.HILLTOP,
        Grade.TROUBLE,
        found.hilltop,
        "On a hilltop the slope is 0 as it is in a valley, and without a slope no step is taken.",
        (cure.start_aside,),
        "saddle",
    ),
    _Entry(
        Finding.SADDLE,
        Grade.TROUBLE,
        found.saddle,
        "The way out is the direction that curves down, and the run has next to no offset along it: that grows by a "
        "constant factor in each step and takes long to be felt.",
        (cure.higher_rate, cure.other_memory, cure.start_aside),
        "saddle",
    ),
    _Entry(
        Finding.HIGHER,
        Grade.TROUBLE,
        found.higher,
        "A rule sees the slope where it stands: it ends in the valley that its start and its first steps lead to.",
        (cure.other_rate, cure.other_memory, cure.falling_higher_rate, cure.start_nearer),
        "unlucky",
    ),
    _Entry(
        Finding.INFLECTION,
        Grade.TROUBLE,
        found.inflection,
        "Steps are as short as the slope is small, and here it vanishes faster than the run comes nearer.",
        (cure.higher_rate, cure.other_memory, cure.falling_higher_rate, cure.start_nearer),
        "plateau",
    ),
    _Entry(
        Finding.NOISE_FLOOR,
        Grade.TROUBLE,
        found.noise_floor,
        "The noise does not shrink with the slope, and every step passes on α times as much of it: the smaller α, the "
        "lower the floor.",
        (cure.falling_rate, cure.lower_rate, cure.other_memory),
    ),
    _Entry(
        Finding.BOUNCING,
        Grade.TROUBLE,
        found.bouncing,
        "The rate is at the limit that the largest curvature sets: a step leads across to the other wall, and next to "
        "nothing is gained.",
        (cure.below_limit, cure.lower_rate, cure.falling_rate),
        "zigzag",
    ),
    _Entry(
        Finding.CIRCLING,
        Grade.TROUBLE,
        found.circling,
        "Its steps do not get shorter as it comes nearer, so it steps over what it is looking for again and again.",
        (cure.falling_rate, cure.lower_rate, cure.other_memory),
        "circling",
    ),
    _Entry(
        Finding.SWINGING,
        Grade.TROUBLE,
        found.swinging,
        "It arrives with more speed than it loses on the way, and so it is carried past.",
        (cure.other_memory, cure.lower_rate, cure.falling_rate),
        "circling",
    ),
    _Entry(
        Finding.STARVED,
        Grade.TROUBLE,
        found.starved,
        "It divides by what only grows, so the large slopes at the start go on shortening every later step.",
        (cure.higher_rate, cure.other_memory, cure.longer),
        "fading",
    ),
    _Entry(
        Finding.EXHAUSTED,
        Grade.TROUBLE,
        found.exhausted,
        "A schedule lowers the learning rate by the clock or by the loss, wherever the run stands then.",
        (cure.constant_rate, cure.higher_rate, cure.longer),
    ),
    _Entry(
        Finding.BESIDE,
        Grade.TROUBLE,
        found.beside,
        "Something in the rule balances the slope, as weight decay does when it pulls back towards 0.",
        (cure.zeroed, cure.other_memory, cure.higher_rate),
    ),
    _Entry(
        Finding.PLATEAU,
        Grade.TROUBLE,
        found.plateau,
        "The ground is nearly level here, and a step is as short as the slope is small.",
        (cure.higher_rate, cure.other_memory, cure.longer, cure.start_nearer),
        "plateau",
    ),
    _Entry(
        Finding.CRAWLING,
        Grade.TROUBLE,
        found.crawling,
        "At this learning rate, on slopes like these, so many steps do not lead that far.",
        (cure.higher_rate, cure.other_memory, cure.longer),
        "zigzag",
    ),
    _Entry(Finding.UNDERWAY, Grade.FINE, found.underway, "Nothing in the way it goes calls for a change."),
)


@np.errstate(all="ignore")
def diagnose(path: Path) -> Diagnosis:
    """The first finding of the table that ``path`` shows, with a fix that was computed and tried.

    For 5 000 steps it takes some tens of milliseconds, most of them for the fix.
    """
    signs = Signs(path)
    for entry in _TABLE:
        evidence = entry.test(signs)
        if evidence is not None:
            fix = cure.best(signs, entry.remedies, entry.helps)
            return Diagnosis(entry.finding, entry.grade, evidence, entry.cause, fix, entry.symptom)
    raise AssertionError("The last entry of the table fits every path.")
