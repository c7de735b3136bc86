"""An experiment about the gradient through time: what reaches the first of many steps in an RNN, an LSTM and a GRU."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Expected, Experiment, Finding, Plot, Series
from core.evidence.experiments.telling import whole
from core.formula.words import counted, digits
from core.problems.network.recurrent import Cell, gru, lstm, plain, through_time

# Colour and dash of the five lines: one colour a cell.
_LOOKS: tuple[tuple[str, Literal["solid", "dot"]], ...] = (
    (PALETTE[0], "solid"),
    (PALETTE[1], "dot"),
    (PALETTE[1], "solid"),
    (PALETTE[2], "dot"),
    (PALETTE[2], "solid"),
)


def _memory(settings: Mapping[str, float]) -> Finding:
    radius, keep = settings["radius"], settings["keep"]
    steps, seed = int(settings["steps"]), int(settings["seed"])
    cells: dict[str, Cell] = {
        "tanh RNN": plain(radius, seed),
        "LSTM, bias 0": lstm(0.0, seed),
        "LSTM, chosen bias": lstm(keep, seed),
        "GRU, bias 0": gru(0.0, seed),
        "GRU, chosen bias": gru(keep, seed),
    }
    norms = {name: through_time(cell, steps, seed) for name, cell in cells.items()}
    left = {name: float(norm[0] / norm[-1]) for name, norm in norms.items()}
    rnn, lstm_0, lstm_kept, gru_0, gru_kept = left.values()
    per_step = rnn ** (1 / (steps - 1))
    numbers = {f"first / last step, {name}": share for name, share in left.items()}
    numbers["factor per step, tanh RNN"] = per_step
    sentence = (
        f"Before any training and over {counted(steps)}, the gradient of the first step is {digits(rnn)} times that of "
        f"the last in a tanh RNN of spectral radius {digits(radius)}, which is a factor of {digits(per_step)} per "
        f"step; in an LSTM {digits(lstm_0)} times if the bias of its forget gate is 0 and {digits(lstm_kept)} times if "
        f"it is {digits(keep)}; in a GRU {digits(gru_0)} and {digits(gru_kept)} times, with the same biases in its "
        "update gate."
    )
    at = np.arange(1.0, steps + 1)
    series = tuple(
        Series(name, at, np.log10(norm), color, dash)
        for (name, norm), (color, dash) in zip(norms.items(), _LOOKS, strict=True)
    )
    return Finding(numbers, sentence, Plot("step", "log₁₀ of its gradient's norm", series))


_ORDER = "Seeded, and a product of 99 factors: other seeds change it tens of times."
_X75 = Experiment(
    key="X75",
    question="How much of the gradient reaches the first of 100 steps in an RNN, an LSTM and a GRU?",
    settings=(
        Hyper("radius", r"\rho", 1.0, (0.5, 3.0), (0.5, 2.0), "linear", "Spectral radius of the RNN's matrix."),
        Hyper("keep", "b", 4.0, (-2.0, 8.0), (-2.0, 8.0), "linear", "Bias of the gate that keeps the memory."),
        whole("steps", "T", 100, (10, 200), "Steps between the first input and the loss."),
        whole("seed", "s", 0, (0, 999), "Draws other weights and inputs."),
    ),
    find=_memory,
    expected=(
        Expected("first / last step, tanh RNN", 5.18e-8, 0.01e-8, _ORDER),
        Expected("first / last step, tanh RNN", 2.954e6, 0.01e6, _ORDER, {"radius": 2.0}),
        Expected("first / last step, LSTM, bias 0", 2.349e-22, 0.01e-22, _ORDER),
        Expected("first / last step, LSTM, chosen bias", 7.46, 0.01, _ORDER),
        Expected("first / last step, GRU, bias 0", 6.78e-22, 0.01e-22, _ORDER),
        Expected("first / last step, GRU, chosen bias", 0.132, 0.001, _ORDER),
    ),
)


ALL: tuple[Experiment, ...] = (_X75,)
