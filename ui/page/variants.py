"""The panels of the Variants page: what its three runs share, what they did, theory beside measurement."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from functools import partial

import streamlit as st

from core.engine.findings import Finding
from core.export.line_scripts import batch_script
from core.figures import batch_lines, batch_progress
from core.formula.words import digits
from core.lessons.batch_boxes import boxes
from core.lessons.batch_findings import floors, scatter_of_gradients, stable_rates
from core.lessons.batch_story import fitted, retold, time_sentence
from core.problems.batches.bowl import bowl, tracks
from core.problems.batches.data import STANDARDISING, Pair
from core.problems.batches.descent import DECAYS, Band
from core.problems.batches.race import (
    AXES,
    BATCH,
    RATE,
    SEEDS,
    START,
    UPDATES,
    Outlook,
    Ran,
    Settings,
    batch_stops,
    calm_rate,
    ensemble,
    fingerprint,
    outlook,
    timed,
)
from ui.controls import (
    choice,
    fold,
    hyper_control,
    moment_control,
    named,
    number_control,
    stops_control,
    view_control,
)
from ui.controls.tables import Chosen
from ui.kit import share
from ui.kit.elements import bullets, program, prose, written_table
from ui.kit.limits import MAX_SEED, MAX_START
from ui.navigation import VARIANTS
from ui.panels.claims import details_panel, experiment_card, finding_panel
from ui.stage import Asks, Costs, room, stage
from ui.stage.payload import Kind

_PREFIX = VARIANTS.prefix
_HEIGHT = 380
# The fields of ``Settings``, as a key by which results are kept.
Fields = tuple[int, float, int, tuple[float, float], bool, int, str]


def settings_control(pair: Pair) -> Settings:
    """The batch size, the learning rate and the number of updates; what else can be changed is folded away."""
    batch = _batch_control(pair.x.size)
    rate = hyper_control(RATE, f"{_PREFIX}lr")
    updates = int(hyper_control(UPDATES, f"{_PREFIX}updates", "Updates"))
    with st.expander("More settings"):
        decay = choice("Decay of the learning rate", named(DECAYS.values()), f"{_PREFIX}decay")
        sampling = {"Without replacement": False, "With replacement": True}
        replacement = choice("Samples are drawn", sampling, f"{_PREFIX}drawn")
        slope, intercept = (
            number_control(f"Start {name}", f"{_PREFIX}{name}", -MAX_START, MAX_START, start)
            for name, start in zip(("w", "b"), START, strict=True)
        )
        seed = int(number_control("Seed", f"{_PREFIX}seed", 0.0, MAX_SEED, 0.0, whole=True))
    return Settings(batch, rate, updates, (slope, intercept), replacement, seed, decay.key)


def _batch_control(samples: int) -> int:
    key, default = f"{_PREFIX}batch", float(min(BATCH, samples))
    stops = map(float, batch_stops(samples))
    help_text = "The batch size of the middle run; the other two use all samples and one."
    return int(stops_control("Batch size $B$", key, stops, default, (1, samples), True, help_text))


@st.fragment
@share.part("runs")
def pictures(data: Chosen, runs: Sequence[Ran], settings: Settings) -> None:
    """The runs on a stage: their paths or the lines they fit, beside the loss over what it costs.

    A fragment: another view leaves the rest of the page alone.
    """
    grounds: dict[str, Kind] = {"Paths": "plane", "Data": "fit"}
    with st.container(horizontal=True, wrap=False):
        ground = view_control("Picture", grounds, f"{_PREFIX}view")
        along = view_control("Loss against", {name: name for name in AXES}, f"{_PREFIX}along")
        many = view_control("Runs", {"This seed": False, f"{SEEDS} seeds": True}, f"{_PREFIX}many")
    place = room([ground, "cost"], _HEIGHT, _PREFIX)
    step = moment_control(settings.updates, _PREFIX)
    pair = data.used
    bands = _bands(fingerprint(pair), astuple(settings), pair) if many else []
    seconds = [_seconds(pair.x.size, ran.variant.batch, pair) for ran in runs] if along == "Time" else [0.0] * len(runs)
    landscape = bowl(pair, settings.start)
    race = tracks(landscape, runs, settings)
    across = [AXES[along].of(ran, time)[: len(one.x)] for ran, time, (_, one) in zip(runs, seconds, race, strict=True)]
    costs = Costs(
        across,
        lambda look: batch_progress(pair, runs, bands, AXES[along], seconds, look),
        "Loss above the lowest possible for each batch size",
    )
    label = f"{', '.join(ran.variant.name for ran in runs)}: gradient descent on batches"
    stage(
        place,
        landscape,
        race,
        step,
        label,
        paper=lambda look: batch_lines(pair, runs, look),
        costs=costs,
        who="batch",
        start_keys=("w", "b"),
        asks=Asks("variants/batches", (pair, settings)),
    )
    if along == "Time":
        st.caption(time_sentence(runs, seconds))
    if many:
        st.caption(
            f"The shaded bands hold the middle 80 % of {SEEDS} seeds, and the thin lines in them are the medians; the "
            "runs that move use this page's seed."
        )


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
    bullets(retold(runs, settings, known))
    whole = runs[0]
    if whole.diverged_at < 0:
        text = fitted(data.measured, data.standardised, whole.weights[-1].tolist())
        st.caption(f"In the table's own units the line of {whole.variant.name} is {text}.")


def boxes_panel(samples: int, batch: int) -> None:
    """The three variants beside each other: their loops, and what speaks for and against each."""
    for box, column in zip(boxes(samples, batch), st.columns(3), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{box.name}**")
            st.code(box.code, language=None, wrap_lines=True)
            st.markdown("**For it**")
            bullets(box.pros.values())
            st.markdown("**Against it**")
            bullets(box.cons.values())


def rates_panel(pair: Pair, settings: Settings, known: Sequence[Outlook]) -> None:
    """Where the chosen rate stands against the largest stable one of every batch size; its picture is folded."""
    finding = _found(partial(stable_rates, pair, settings))
    if finding is not None:
        prose(finding.sentence)
        label = "Largest stable learning rate against batch size"
        fold(label, f"{_PREFIX}stable", partial(details_panel, finding, f"{_PREFIX}_rates", label))
    if known and settings.rate >= min(one.limit for one in known):
        calm = calm_rate(known)
        link = {f"{_PREFIX}lr": share.number_text(calm)}
        st.button(f"Use {digits(calm)}, at which none diverges", on_click=share.ask, args=(link,))


def noise_panels(pair: Pair, settings: Settings) -> None:
    """A batch's scatter against S/B and how high it holds a run, each measured only while its fold is open."""
    for label, name, find in (
        ("Scatter of the gradient, measured", "scatter", scatter_of_gradients),
        ("Noise floor against the learning rate, measured", "floor", floors),
    ):
        measured = partial(_finding, name, fingerprint(pair), astuple(settings), find, pair)
        fold(label, f"{_PREFIX}{name}", partial(_tell, measured, name, label))


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def _finding(
    name: str,
    table: str,
    fields: Fields,
    _find: Callable[[Pair, Settings], Finding],
    _pair: Pair,
) -> Finding:
    return _find(_pair, Settings(*fields))


def _tell(find: Callable[[], Finding], name: str, alt: str) -> None:
    finding = _found(find)
    if finding is not None:
        finding_panel(finding, f"{_PREFIX}_{name}", alt)


def _found(find: Callable[[], Finding]) -> Finding | None:
    """A finding, or nothing after the sentence that says why there is none."""
    try:
        return find()
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return None


def decays_fold() -> None:
    """Which decays of the rate fulfil Robbins and Monro's two conditions, and whether that shows."""

    def draw() -> None:
        prose(
            "Robbins and Monro set two conditions on the sequence of learning rates. Their sum must be infinite, or a "
            "far minimum is never reached; the sum of their squares must be finite, or the noise never dies out. "
            "Choose a decay under “More settings” and see it in the curves above."
        )
        answers = {True: "yes", False: "no"}
        rows = [r"| Decay | $\alpha_t$ | $\sum\alpha_t=\infty$ | $\sum\alpha_t^2<\infty$ |", "|:--|:--|:--|:--|"]
        for decay in DECAYS.values():
            rows.append(f"| {decay.name} | ${decay.formula}$ | {answers[decay.reaches]} | {answers[decay.quietens]} |")
        written_table("\n".join(rows), f"{_PREFIX}decays")
        experiment_card("X12")

    fold("How the rate must fall for the run to arrive all the same", f"{_PREFIX}falls", draw, "run_X12")


def code_panel(pair: Pair, settings: Settings) -> None:
    """The chosen batch's run as a PyTorch program."""

    def draw() -> None:
        program(batch_script(pair, **asdict(settings)), 460)

    fold(f"The run with batches of {settings.batch}, as a program that checks its own result", f"{_PREFIX}code", draw)


def data_panel(data: Chosen) -> None:
    """What the table is, where it is from, and what standardising does."""
    with st.expander("The data"):
        prose(data.about)
        prose(f"**Standardising.** {STANDARDISING}")
