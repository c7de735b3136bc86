"""The panels of the Variants page: three runs side by side, what happened in words, theory beside what is measured."""

from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import partial

import streamlit as st

from core.batches.code import torch_code
from core.batches.data import STANDARDISING, Pair
from core.batches.descent import DECAYS, Band
from core.batches.findings import floors, scatter_of_gradients, stable_rates
from core.batches.race import AXES, SEEDS, Outlook, Ran, Settings, calm_rate, ensemble, fingerprint, outlook, timed
from core.batches.story import fitted, retold, time_sentence
from core.figures import batch_lines, batch_paths, batch_progress, plot
from core.findings import Finding
from ui import share
from ui.controls import view_control
from ui.navigation import VARIANTS
from ui.panels import look, number_cell, picture
from ui.variant_controls import Chosen, moment_slider

_PREFIX = VARIANTS.prefix
_HEIGHT = 380
# The fields of ``Settings``, as a key by which results are kept.
Fields = tuple[int, float, int, tuple[float, float], bool, int, str]


def pictures(data: Chosen, runs: Sequence[Ran], settings: Settings) -> None:
    """The paths or the fitted lines beside the loss, at the update that the slider below shows."""
    with st.container(horizontal=True):
        drawn = view_control("Picture", {"Paths": batch_paths, "Data": batch_lines}, f"{_PREFIX}view")
        along = view_control("Loss against", {name: name for name in AXES}, f"{_PREFIX}along")
        many = view_control("Runs", {"This seed": False, f"{SEEDS} seeds": True}, f"{_PREFIX}many")
    left, right = st.columns(2, gap="medium")
    moment = moment_slider(settings.updates)
    pair = data.used
    bands = _bands(fingerprint(pair), astuple(settings), pair) if many else []
    seconds = [_seconds(pair.x.size, ran.variant.batch, pair) for ran in runs] if along == "Time" else [0.0] * len(runs)
    with left:
        alt = f"{', '.join(ran.variant.name for ran in runs)}: paths of slope and intercept, or the lines they fit"
        picture(drawn(pair, runs, moment, look()), f"{_PREFIX}_paths", _HEIGHT, alt)
    with right:
        figure = batch_progress(pair, runs, bands, AXES[along], seconds, moment, look())
        picture(figure, f"{_PREFIX}_progress", _HEIGHT, "Loss above the lowest possible for each batch size")
    if along == "Time":
        st.caption(time_sentence(runs, seconds))
    if many:
        st.caption(f"Lines are medians over {SEEDS} seeds, shades hold the middle 80 % of them.")


@st.cache_data(max_entries=64, show_spinner=f"Running {SEEDS} seeds …")
def _bands(table: str, fields: Fields, _pair: Pair) -> list[Band]:
    return ensemble(_pair, Settings(*fields))


@st.cache_data(max_entries=256, show_spinner=False)
def _seconds(samples: int, batch: int, _pair: Pair) -> float:
    """Kept, so that what was told stays true; the numbers of a table do not matter, their count does."""
    return timed(_pair, batch)


def outlooks(pair: Pair, runs: Sequence[Ran], settings: Settings) -> list[Outlook]:
    """What theory says of each run; nothing where rounding would decide about it."""
    try:
        return [outlook(pair, ran.variant, settings.rate) for ran in runs]
    except ValueError:
        return []


def story_panel(data: Chosen, runs: Sequence[Ran], settings: Settings, known: Sequence[Outlook]) -> None:
    """What happened in these runs, in words with their numbers."""
    st.markdown("\n".join(f"- {sentence}" for sentence in retold(runs, settings, known)))
    whole = runs[0]
    if whole.diverged_at < 0:
        told = fitted(data.measured, data.standardised, whole.weights[-1].tolist())
        st.caption(f"In the table's own units the line of {whole.variant.name} is {told}.")


def rates_panel(pair: Pair, settings: Settings, known: Sequence[Outlook]) -> None:
    """Where the chosen rate stands against the largest stable one of every batch size."""
    _tell(partial(stable_rates, pair, settings), "rates", "Largest stable learning rate against batch size")
    if known and settings.rate >= min(one.limit for one in known):
        calm = share.number_text(calm_rate(known))
        st.button(f"Use {calm}, at which none diverges", on_click=share.ask, args=({f"{_PREFIX}lr": calm},))


def scatter_panel(pair: Pair, settings: Settings) -> None:
    """The variance of a batch's gradient, measured, against S/B; computed while its section is open."""
    _section("Scatter of the gradient, measured", "scatter", scatter_of_gradients, pair, settings)


def floor_panel(pair: Pair, settings: Settings) -> None:
    """How high batches hover at constant rates, measured, against the closed form; computed while it is open."""
    _section("Noise floor against the learning rate, measured", "floor", floors, pair, settings)


def _section(label: str, name: str, find: Callable[[Pair, Settings], Finding], pair: Pair, settings: Settings) -> None:
    section = st.expander(label, key=f"{_PREFIX}{name}", on_change="rerun", bind="query-params")
    if section.open:
        with section:
            _tell(partial(_found, name, fingerprint(pair), astuple(settings), find, pair), name, label)


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def _found(
    name: str,
    table: str,
    fields: Fields,
    _find: Callable[[Pair, Settings], Finding],
    _pair: Pair,
) -> Finding:
    return _find(_pair, Settings(*fields))


def _tell(find: Callable[[], Finding], name: str, alt: str) -> None:
    """A finding: its sentence, its numbers, its picture; or the sentence that says why there is none."""
    try:
        found = find()
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.markdown(found.sentence)
    if not found.numbers or found.plot is None:
        return
    numbers, shown = st.columns([2, 3], gap="medium")
    with numbers:
        rows = "\n".join(f"| {label} | {number_cell(value)} |" for label, value in found.numbers.items())
        st.markdown(f"| in this run | |\n|:--|--:|\n{rows}")
    with shown:
        picture(plot(found.plot, look()), f"{_PREFIX}_{name}", 320, alt)


def decays_panel() -> None:
    """Which decays of the rate fulfil Robbins and Monro's two conditions."""
    answers = {True: "yes", False: "no"}
    rows = [r"| Decay | $\alpha_t$ | $\sum\alpha_t=\infty$ | $\sum\alpha_t^2<\infty$ |", "|:--|:--|:--|:--|"]
    for decay in DECAYS.values():
        rows.append(f"| {decay.name} | ${decay.formula}$ | {answers[decay.reaches]} | {answers[decay.quietens]} |")
    st.markdown("\n".join(rows))


def code_panel(pair: Pair, settings: Settings) -> None:
    """The chosen batch's run as a PyTorch program."""
    section = st.expander(
        f"The run of {settings.batch} at a time, as a program that checks its own end",
        key=f"{_PREFIX}code",
        on_change="rerun",
        bind="query-params",
    )
    if section.open:
        with section:
            code = torch_code(
                pair,
                batch=settings.batch,
                rate=settings.rate,
                updates=settings.updates,
                start=settings.start,
                replacement=settings.replacement,
                seed=settings.seed,
                decay=settings.decay,
            )
            st.code(code, language="python", height=460)


def data_panel(data: Chosen) -> None:
    """What the table is, where it is from, and what standardising does."""
    st.markdown(data.about)
    st.markdown(f"**Standardising.** {STANDARDISING}")
