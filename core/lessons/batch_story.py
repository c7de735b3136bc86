"""What happened when the variants ran side by side, and what their time was spent on, in words with their numbers."""

from collections.abc import Sequence

import numpy as np

from core.formula.latex import measured
from core.formula.words import apart, counted, digits, listed
from core.problems.batches.data import Pair
from core.problems.batches.descent import DECAYS, updates_per_epoch
from core.problems.batches.race import Outlook, Ran, Settings

# Share of a run, at its end, over which its height above the lowest loss is averaged.
_LAST = 0.25
# Share of a loss that may be left of a difference by rounding.
_ROUNDING = 1e-13


def update_rule(settings: Settings, samples: int) -> str:
    """The step of every variant in LaTeX, with the values of ``settings``."""
    decay = DECAYS[settings.decay]
    start = ", ".join(measured(weight, ".6g").latex for weight in settings.start)
    sizes = r"\ \text{or}\ ".join(str(size) for size in dict.fromkeys((samples, settings.batch, 1)))
    return (
        r"\begin{gathered}"
        rf"\theta_t = \theta_{{t-1}} - {decay.formula}\;\frac{{1}}{{B}}\sum_{{i\in\mathcal B_t}}"
        r"\nabla\left(w x_i + b - y_i\right)^2 \\[4pt]"
        rf"\theta = (w, b),\quad \theta_0 = ({start}),\quad \alpha = {measured(settings.rate, '.6g').latex} \\[4pt]"
        rf"B = {sizes},\quad n = {samples}"
        r"\end{gathered}"
    )


def retold(runs: Sequence[Ran], settings: Settings, outlooks: Sequence[Outlook]) -> list[str]:
    """What happened, in Markdown: a sentence or two for each run, then what one pass over the samples gave each.

    ``outlooks`` is empty where theory has none.
    """
    sentences = []
    for index, ran in enumerate(runs):
        expected = outlooks[index] if outlooks else None
        sentences.append(f"**{_capital(ran.variant.name)}.** {_ending(ran, settings, expected)}")
    return [*sentences, _one_pass(runs)]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _ending(ran: Ran, settings: Settings, expected: Outlook | None) -> str:
    if ran.diverged_at >= 0:
        text = f"Diverged at update {digits(ran.diverged_at)}"
        if expected is None:
            return f"{text}."
        share = settings.rate / expected.limit
        rate, limit = apart(settings.rate, expected.limit)
        return f"{text}: the rate {rate} is {digits(share)} times the largest stable one, {limit}."
    text = (
        f"After {counted(settings.updates, 'update')} and {counted(int(ran.samples[-1]), 'sample')} the loss is "
        f"{digits(ran.loss[-1])}, {_above(ran.excess[-1], ran.loss[-1])}."
    )
    if settings.decay == "constant" and expected and 0 < expected.floor < np.inf:
        last = ran.excess[-max(int(_LAST * settings.updates), 1) :]
        text += (
            f" Over the last quarter it was {digits(last.mean())} above on average; theory expects "
            f"{digits(expected.floor)} in the long run if every batch is full and drawn afresh."
        )
    return text


def _above(excess: float, loss: float) -> str:
    return f"{digits(excess)} above the lowest possible" if excess > _ROUNDING * loss else "the lowest possible"


def _one_pass(runs: Sequence[Ran]) -> str:
    samples = runs[0].variant.batch
    parts, short = [], []
    for ran in runs:
        update = updates_per_epoch(samples, ran.variant.batch)
        if update >= ran.loss.size:
            short.append(ran.variant.name)
        elif np.isnan(ran.excess[update]):
            parts.append(f"{ran.variant.name}, diverged")
        else:
            stood = _above(ran.excess[update], ran.loss[update])
            parts.append(f"{ran.variant.name}, {stood} (after {counted(update, 'update')})")
    said = f"The loss after one pass over {digits(samples)} samples: {'; '.join(parts)}." if parts else ""
    missing = f"{_capital(listed(short))} did not get that far." if short else ""
    return f"**One pass.** {said} {missing}".replace("  ", " ").rstrip()


def fitted(pair: Pair, standardised: bool, weights: Sequence[float]) -> str:
    """The line with ``weights``, told in the units of ``pair``; they may be those of its standardised form."""
    slope, intercept = pair.in_units(*weights) if standardised else weights
    return f"y = {digits(slope)}·x {'−' if intercept < 0 else '+'} {digits(abs(intercept))}"


def time_sentence(runs: Sequence[Ran], seconds: Sequence[float]) -> str:
    """What an update of each variant took, and why that says little about their arithmetic."""
    times = listed(
        [f"{digits(1e6 * time, '.3g')} µs with {ran.variant.name}" for ran, time in zip(runs, seconds, strict=True)]
    )
    ratio = runs[0].variant.batch / runs[-1].variant.batch
    return (
        f"Measured on this machine, an update takes {times}. So {digits(ratio)} times the samples take "
        f"{digits(seconds[0] / seconds[-1], '.2g')} times as long: with tables this small most of it is Python's own "
        "overhead for an update, whatever the batch size."
    )
