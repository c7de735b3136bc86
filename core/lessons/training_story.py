"""What trainings of one model did, in words and numbers: how each ended, who wins, what pictures had promised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.catalogue.racers import Racer
from core.engine.run import Run
from core.engine.scenarios import RACES
from core.engine.sensitivity import late, tuned_rate
from core.engine.trace import trace
from core.formula.words import apart, counted, digits, listed
from core.problems.training.reports import End, Facts, Outcome, Report
from core.problems.training.settings import Training

# A validation loss so many times its lowest has risen again.
_RISEN = 1.05
# Learning rates that a rule is tuned with for the picture.
_RATES = 60


@dataclass(frozen=True, eq=False)
class Ran:
    """A configuration and what its training told so far, one report at least."""

    racer: Racer
    training: Training
    reports: Sequence[Report]

    @property
    def name(self) -> str:
        """What the configuration is called."""
        return self.racer.name

    @property
    def facts(self) -> Facts:
        """What was known before its first step."""
        facts = self.reports[0].facts
        assert facts is not None
        return facts

    @property
    def end(self) -> End | None:
        """How it ended, if it has."""
        return self.reports[-1].end

    @property
    def last(self) -> Report:
        """Its last report in which there is a loss."""
        return next((one for one in reversed(self.reports) if np.isfinite(one.valid_loss)), self.reports[0])

    @property
    def diverged(self) -> bool:
        """Whether it threw its weights out."""
        return self.end is not None and self.end.outcome is Outcome.DIVERGED

    def score(self, report: Report) -> float | None:
        """The accuracy on the rows held back or, for numbers, R², the share of their variance that is explained."""
        if report.valid_accuracy is not None:
            return report.valid_accuracy
        return 1 - report.valid_loss / self.facts.baseline if self.facts.baseline > 0 else None

    def reaches(self, loss: float) -> int | None:
        """The gradients of batches after which its validation loss is first at ``loss`` or below, if it ever is."""
        first = next((one.step for one in self.reports if one.valid_loss <= loss), None)
        each = self.racer.optimizer.parsed.cost[0] * self.training.accumulation
        return None if first is None else each * first


def retold(runs: Sequence[Ran]) -> list[str]:
    """One entry for each of ``runs``, which are over, and who wins."""
    return [*map(_told, runs), *_winners(runs)]


def _told(ran: Ran) -> str:
    if ran.diverged:
        assert ran.end is not None
        return f"**{ran.name}**: {ran.end.sentence}"
    last, first = ran.last, ran.reports[0]
    sentences = [
        f"**{ran.name}** ends at a validation loss of {digits(last.valid_loss)}, from {digits(first.valid_loss)} "
        f"before the first step; its training loss is {digits(last.train_loss)}."
    ]
    if ran.end is None or ran.end.outcome is Outcome.STOPPED:
        sentences[0] = f"{sentences[0][:-1]}. It was stopped after {counted(last.step)}."
    score = ran.score(last)
    if last.valid_accuracy is not None and score is not None:
        sentences.append(f"It gets {digits(score, '.1%')} of what was held back right.")
    elif score is not None:
        sentences.append(f"It explains {digits(score, '.1%')} of the variance of what was held back.")
    sentences += [*_risen(ran), *_turned(ran)]
    return " ".join(sentences)


def _risen(ran: Ran) -> Iterator[str]:
    """That it learns the rows by heart, where that shows."""
    best = min(ran.reports, key=lambda one: one.valid_loss if np.isfinite(one.valid_loss) else np.inf)
    if ran.last.valid_loss > _RISEN * best.valid_loss and ran.last.train_loss < best.train_loss:
        yield (
            f"Its validation loss was lowest at step {digits(best.step)}, {digits(best.valid_loss)}; after that only "
            "the training loss fell, so it learnt those rows by heart."
        )


def _turned(ran: Ran) -> Iterator[str]:
    """Where the rate was changed by hand, which shows if no schedule changes it."""
    if ran.training.schedule != "constant":
        return
    for before, after in zip(ran.reports, ran.reports[1:], strict=False):
        if before.step and after.rate != before.rate:
            yield f"Its learning rate was changed to {digits(after.rate)} before step {digits(after.step)}."


def _winners(runs: Sequence[Ran]) -> Iterator[str]:
    held = sorted((ran for ran in runs if not ran.diverged), key=lambda ran: ran.last.valid_loss)
    if len(runs) < 2:
        return
    if not held:
        yield "None of them trains at these learning rates."
        return
    best, *others = held
    if not others:
        yield f"**{best.name}** wins: the others diverged."
        return
    losses = apart(best.last.valid_loss, others[0].last.valid_loss)
    if losses[0] == losses[1]:
        alike = [ran.name for ran in held if ran.last.valid_loss == best.last.valid_loss]
        yield f"By validation loss {listed(alike)} end alike, at {losses[0]}."
    else:
        yield f"By validation loss **{best.name}** wins: {losses[0]} against {losses[1]} of {others[0].name}."
    # What all of them reach.
    target = max(min(one.valid_loss for one in ran.reports) for ran in held)
    needs = [(gradients, ran) for ran in held if (gradients := ran.reaches(target)) is not None]
    least, first = min(needs, key=lambda one: one[0])
    most, last = max(needs, key=lambda one: one[0])
    if least < most:
        yield (
            f"By time, counted in gradients, **{first.name}** wins: {digits(target)}, which all of them reach, takes "
            f"it {counted(least, 'gradient')}, and {last.name} {digits(most)}."
        )


def promised(racers: Sequence[Racer]) -> str:
    """The name of the one of ``racers`` that ends lowest in the first race of two variables, tuned for it."""
    scenario = next(iter(RACES.values()))
    start = scenario.resolved_objective.start
    levels = {}
    for racer in racers:
        run = Run(scenario.objective, racer.optimizer.reference, start, scenario.steps)
        path = trace(Run(run.objective, run.optimizer, start, run.steps, {"lr": tuned_rate(run, _RATES)}))
        level = float(np.median(path.loss[-late(run.steps) :]))
        levels[racer.name] = level if len(path.loss) > run.steps else np.inf
    return min(levels, key=lambda name: levels[name])


def promise_sentence(runs: Sequence[Ran], name: str) -> str:
    """What the picture of two variables, in which ``name`` ends lowest, would have suggested."""
    scenario = next(iter(RACES.values()))
    held = [ran for ran in runs if not ran.diverged]
    if len(runs) < 2 or not held:
        return ""
    best = min(held, key=lambda ran: ran.last.valid_loss)
    kept = "it wins here too" if best.name == name else f"here **{best.name}** ends lower"
    return (
        f"On {scenario.resolved_objective.name} in two variables, with each learning rate tuned there, **{name}** ends "
        f"lowest of these. That picture would have suggested {name}: {kept}. One run with one seed decides nothing; "
        "try other rates and seeds."
    )
