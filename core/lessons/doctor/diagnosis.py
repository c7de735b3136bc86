"""The doctor: what a run suffers from, by its own numbers, why, and a change of it that was tried and helps."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from core.engine.sensitivity import fewer_steps, step_size
from core.engine.summary import Race
from core.engine.trace import Path
from core.formula.words import counted, digits
from core.lessons.doctor import findings as found
from core.lessons.doctor import remedies as cure
from core.lessons.doctor.findings import Finding
from core.lessons.doctor.remedies import Fix, Remedy
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
    test: Callable[[Signs], str | None]
    cause: str
    remedies: tuple[Remedy, ...] = ()
    symptom: str = ""


# Operations of all steps of a race of which one second is spent to try changes.
_MOST = 5_000_000
_GRADES = dict.fromkeys((Finding.ARRIVED, Finding.UNDERWAY), Grade.FINE) | dict.fromkeys(
    (Finding.UNDEFINED, Finding.BOTTOMLESS, Finding.DIVERGING), Grade.FAILED
)
# In the order in which they are asked: what ended a run before how it went, standing before moving, and a special cause
# before the general one that it is a case of.
_TABLE = (
    _Entry(
        Finding.UNDEFINED,
        found.undefined,
        "One operation has no value there, and whatever is computed from what is not a number is not one either.",
        (cure.declared_start, cure.zeros, cure.lower_rate),
        "poisoned",
    ),
    _Entry(
        Finding.BOTTOMLESS,
        found.bottomless,
        "This way the loss has no lowest value, so going downhill never ends, whatever the rule.",
    ),
    _Entry(
        Finding.DIVERGING,
        found.diverging,
        "Its steps overshoot by more than they correct: the learning rate is too large for the steepest curvature.",
        (cure.below_limit, cure.lower_rate, cure.other_memory),
        "diverging",
    ),
    _Entry(
        Finding.STUCK,
        found.stuck,
        "A step is made from the learning rate and the gradient, and one of them is 0 or the rule refused the step.",
        (cure.other_rate, cure.start_nearer),
    ),
    _Entry(
        Finding.RISING_AGAIN,
        found.rising_again,
        "Near a minimum gradients become tiny and a memory of their squares forgets the large ones, so its steps grow.",
        (cure.falling_rate, cure.lower_rate, cure.other_memory),
    ),
    _Entry(Finding.ARRIVED, found.arrived_well, "The learning rate suited the curvature on its way."),
    _Entry(
        Finding.SADDLE,
        found.saddle,
        "Without a slope no step is taken. The offset along the way out grows by a constant factor a step, and takes "
        "long to be felt where it is next to nothing.",
        (cure.higher_rate, cure.other_memory, cure.start_aside),
        "saddle",
    ),
    _Entry(
        Finding.HIGHER,
        found.higher,
        "A rule sees the slope where it stands: it ends in the valley that its start and its first steps lead to.",
        (cure.other_rate, cure.other_memory, cure.start_nearer),
        "unlucky",
    ),
    _Entry(
        Finding.NOISE_FLOOR,
        found.noise_floor,
        "The noise does not shrink with the slope, and every step passes on α times as much of it.",
        (cure.falling_rate, cure.lower_rate, cure.other_memory),
    ),
    _Entry(
        Finding.BOUNCING,
        found.bouncing,
        "The rate is at the limit that the curvature sets: a step leads across to the other wall, and gains nothing.",
        (cure.below_limit, cure.lower_rate, cure.falling_rate),
        "zigzag",
    ),
    _Entry(
        Finding.CIRCLING,
        found.circling,
        "Its steps do not get shorter as it comes nearer, or it arrives with more speed than it loses on the way.",
        (cure.falling_rate, cure.other_memory, cure.lower_rate),
        "circling",
    ),
    _Entry(
        Finding.STARVED,
        found.starved,
        "It divides by what only grows, so the large slopes at the start go on shortening every later step.",
        (cure.higher_rate, cure.other_memory, cure.longer),
        "fading",
    ),
    _Entry(
        Finding.PLATEAU,
        found.plateau,
        "The ground is nearly level here, and a step is as short as the slope is small.",
        (cure.higher_rate, cure.other_memory, cure.longer, cure.start_nearer),
        "plateau",
    ),
    _Entry(
        Finding.CRAWLING,
        found.crawling,
        "At this learning rate, on slopes like these, so many steps do not lead that far.",
        (cure.higher_rate, cure.zeros, cure.other_memory, cure.longer),
        "zigzag",
    ),
    _Entry(Finding.UNDERWAY, found.underway, "Nothing in the way it goes calls for a change."),
)


def too_dear(race: Race) -> str:
    """Why trying changes to the runs of ``race`` costs more than a page may spend, and what to lower; or empty."""
    steps, size = race[0][1].run.steps, step_size(race)
    if steps * size <= _MOST:
        return ""
    return (
        f"Finding a change that helps means many more runs of these {counted(steps)}, {digits(steps * size / _MOST)} "
        f"times what a page may spend on them. It is done for {counted(fewer_steps(size, _MOST))} or fewer, "
        "with fewer or simpler rules, or on a shorter formula."
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
            fix = cure.best(signs, entry.remedies)
            grade = _GRADES.get(entry.finding, Grade.TROUBLE)
            return Diagnosis(entry.finding, grade, evidence, entry.cause, fix, entry.symptom)
    raise AssertionError("The last entry of the table fits every path.")
