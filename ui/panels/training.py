"""Trainings of one model by several rules: started by a button, watched while they run, told when they are over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import uuid4

import streamlit as st

from core.catalogue.racers import RACERS, Racer, own_racer
from core.export.curves import curves_csv
from core.figures.samples import Cell, boundary_cell, cells_figure, confusion_cell, fit_cell, mistakes_cell
from core.figures.samples import samples_figure as data_figure
from core.figures.training import OfLayers, layer_figure, loss_figure, rate_figure, score_figure
from core.formula.words import counted, digits, listed
from core.lessons.training_story import Ran, promise_sentence, promised, retold
from core.problems.training import server as trainer
from core.problems.training.reports import Boundary, Fit, Mistakes, Report, Sample, View
from core.problems.training.server import Server, State, Status
from core.problems.training.settings import Training
from core.problems.training.split import Dataset, Split
from ui.controls import choice
from ui.controls.training import Chosen
from ui.kit import share
from ui.kit.basics import one_of, whole_in
from ui.kit.codec import Link
from ui.kit.elements import bullets, look, torch_for
from ui.stage import growing_figure

# Seconds between two looks at a training that runs.
_TICK = 0.7
# Pixels of the pictures, large and small.
_HEIGHT, _SMALL = 340, 240
# Session keys: who watches, and what was trained last.
_OWNER, _LAST = "training:owner", "training:last"


@dataclass(frozen=True, eq=False)
class Entry:
    """What can be trained: the data, and a training for each racer, or none at all if one of them cannot be."""

    chosen: Chosen
    racers: Sequence[Racer]
    trainings: Sequence[Training]
    steps: int
    seed: int

    @property
    def dataset(self) -> Dataset:
        """The declaration of the data."""
        return self.chosen.dataset

    @cached_property
    def split(self) -> Split:
        """The data as they are split."""
        return self.dataset.load(self.seed)

    def same_data(self, training: Training) -> bool:
        """Whether ``training`` saw these data, split like this."""
        chosen = self.chosen
        now = (chosen.dataset.key, chosen.table, chosen.target, chosen.features, self.seed)
        return now == (training.dataset, training.table, training.target, training.features, training.seed)


@dataclass(frozen=True)
class _Last:
    """The last job of the visit: its id, its trainings, whose they are (key and colour), and the link of the page."""

    job: str
    trainings: tuple[Training, ...]
    racers: tuple[tuple[str, str], ...]
    link: Link

    def runs(self, reports: Sequence[Report]) -> list[Ran]:
        """What each of its configurations has told, of those that have."""
        told: dict[int, list[Report]] = {}
        for report in reports:
            told.setdefault(report.racer, []).append(report)
        return [
            Ran(_racer(key, tint, self.trainings[place]), self.trainings[place], told[place])
            for place, (key, tint) in enumerate(self.racers)
            if place in told
        ]


def _racer(key: str, tint: str, training: Training) -> Racer:
    shipped = RACERS.get(key)
    racer = shipped or own_racer(training.optimizer, int(key.removeprefix("own") or 1))
    return replace(racer, tint=tint)


def desk() -> Server:
    """Who trains, for everybody."""
    return trainer.server()


def training_panel(entry: Entry, prefix: str) -> None:
    """The buttons of a training, its pictures and, when it is over, what happened.

    A fragment that looks again and again only while something trains; that also tells the server that its page is
    still open.
    """
    state = _state()
    watched = state is not None and not state.status.over
    st.fragment(_panel, run_every=_TICK if watched else None)(entry, prefix, watched)


def _last() -> _Last | None:
    last: _Last | None = st.session_state.get(_LAST)
    return last


def _state() -> State | None:
    """Where the last job of the visit is, if there was one."""
    last = _last()
    return None if last is None else desk().poll(last.job)


def told(entry: Entry) -> dict[str, Sequence[Report]]:
    """What the last job told, by the names of its configurations, if it is over and trained what ``entry`` says."""
    last, state = _last(), _state()
    if last is None or state is None or not state.status.over or last.trainings != tuple(entry.trainings):
        return {}
    return {ran.name: ran.reports for ran in last.runs(state.reports)}


def _panel(entry: Entry, prefix: str, watched: bool) -> None:
    with share.part("training"):
        last, state = _last(), _state()
        active = state is not None and not state.status.over
        # Only the whole page begins or ends to look.
        if active != watched:
            st.rerun()
        runs = [] if last is None or state is None else last.runs(state.reports)
        _buttons(entry, last, state, runs, prefix)
        fits = last is not None and (active or entry.same_data(last.trainings[0]))
        if last is not None and runs and not fits:
            _elsewhere(last)
        shown = runs if fits else []
        steps = shown[0].training.steps if shown else entry.steps
        step = _pictures(entry, shown, steps, active, prefix)
        if shown:
            _curves(shown, steps, step, prefix)
        else:
            names = [racer.name for racer in entry.racers]
            share.setting(f"{prefix}layers", names[0], one_of(names), "choose one from the list")
        if shown and not active:
            _story(shown, prefix)


# --- The buttons, and how far it is ---


def _buttons(entry: Entry, last: _Last | None, state: State | None, runs: Sequence[Ran], prefix: str) -> None:
    status = None if state is None else state.status
    active = status is not None and not status.over
    resting = status is Status.PAUSED
    trainable = torch_for("Training")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Train",
            key=f"{prefix}train",
            type="primary",
            icon=":material/model_training:",
            disabled=active or not entry.trainings or not trainable,
            on_click=_train,
            args=(entry, prefix),
        )
        st.button(
            "Resume" if resting else "Pause",
            key=f"{prefix}pause",
            icon=":material/play_arrow:" if resting else ":material/pause:",
            disabled=status not in (Status.RUNNING, Status.PAUSED),
            on_click=_command,
            args=("resume" if resting else "pause",),
        )
        st.button(
            "Cancel",
            key=f"{prefix}cancel",
            icon=":material/stop:",
            disabled=not active,
            on_click=_command,
            args=("cancel",),
        )
        with st.popover("Rates now", icon=":material/speed:", disabled=not active):
            if last is not None:
                _rates_now(last, prefix)
    share_done, said = _progress(last, state, runs)
    st.progress(share_done, said)


def _train(entry: Entry, prefix: str) -> None:
    """Puts the trainings into the queue, in place of what this visit trains."""
    now = st.session_state
    owner: str = now.setdefault(_OWNER, uuid4().hex)
    racers = tuple((racer.key, racer.tint) for racer in entry.racers)
    try:
        job = desk().submit(owner, *entry.trainings)
    except ValueError as error:
        st.toast(str(error), icon=":material/error:")
        return
    now[_LAST] = _Last(job, tuple(entry.trainings), racers, share.link())
    now[f"{prefix}t"] = entry.trainings[0].steps
    for racer in entry.racers:
        now.pop(_now_key(racer.key, prefix), None)


def _command(what: str) -> None:
    last = _last()
    if last is not None:
        {"pause": desk().pause, "resume": desk().resume, "cancel": desk().cancel}[what](last.job)


def _now_key(racer: str, prefix: str) -> str:
    return f"{prefix}now_{racer}"


def _rates_now(last: _Last, prefix: str) -> None:
    """The learning rates that the running training goes on with; what the rules keep stays."""
    st.caption("From the next step on; what each rule has gathered is kept. The link keeps the rates of the start.")
    for place, ((key, tint), training) in enumerate(zip(last.racers, last.trainings, strict=True)):
        for hyper in training.resolved_optimizer.hypers:
            if hyper.name == "lr":
                name = _now_key(key, prefix)
                st.number_input(
                    _racer(key, tint, training).name,
                    *hyper.bounds,
                    training.settings["lr"],
                    hyper.default / 10,
                    "%.6g",
                    key=name,
                    on_change=_set_rate,
                    args=(name, place),
                )


def _set_rate(key: str, place: int) -> None:
    last, rate = _last(), st.session_state.get(key)
    if last is not None and rate is not None:
        desk().set_rate(last.job, float(rate), place)


def _progress(last: _Last | None, state: State | None, runs: Sequence[Ran]) -> tuple[float, str]:
    """How much of the training is done, and what is to be said of it."""
    if last is None or state is None:
        return 0.0, "Nothing is trained yet."
    total = sum(training.steps for training in last.trainings)
    done = sum(ran.training.steps if ran.end is not None else ran.reports[-1].step for ran in runs)
    at = min((ran.reports[-1].step for ran in runs if ran.end is None), default=last.trainings[0].steps)
    where = f"step {digits(at)} of {digits(last.trainings[0].steps)}"
    left = "" if state.seconds_left is None else f", about {digits(max(1, round(state.seconds_left)))} s left"
    match state.status:
        case Status.QUEUED:
            before = state.place - 1
            others = "You are next" if before <= 0 else f"{counted(before, 'other')} {_are(before)} before you"
            said = f"Waiting for a free place. {others}."
        case Status.RUNNING:
            said = f"Training: {where}{left}." if runs else "Starting: PyTorch is loaded …"
        case Status.PAUSED:
            said = f"Paused at {where}."
        case Status.DONE:
            said = "Done."
        case _:
            said = state.sentence
    return min(1.0, done / total), said


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _elsewhere(last: _Last) -> None:
    """The way back to what was trained last, whose data are not those that the page shows now."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The curves of the last training belong to other data. They are kept:")
        st.button("Back to them", key="training_back", type="tertiary", on_click=share.follow, args=(last.link,))


# --- The pictures ---


def _pictures(entry: Entry, runs: Sequence[Ran], steps: int, active: bool, prefix: str) -> int | None:
    """The data, or what the networks make of them, beside the losses; returns the step to look at, if not the last."""
    what, losses = st.columns(2)
    step = _clock(steps, bool(runs) and not active, prefix)
    with what:
        _samples(entry, runs, step)
    with losses:
        names = [ran.name for ran in runs] or [racer.name for racer in entry.racers]
        baseline = runs[0].facts.baseline if runs else entry.split.baseline
        figure = loss_figure(runs, baseline, steps, _HEIGHT, look(), names, step)
        growing_figure(figure, f"{prefix}loss", _HEIGHT, f"Training and validation loss of {listed(names)}")
        st.caption("Solid: on the samples to learn from. Dashed: on those held back.")
    return step


def _clock(steps: int, ready: bool, prefix: str) -> int | None:
    """The step at which everything stands, chosen once the training is over; nothing at its end."""
    key = f"{prefix}t"
    label = "Step shown"
    share.setting(key, steps, *whole_in(0, steps), called=label)
    # Streamlit greys the label of what cannot be used more than is easy to read.
    st.caption(label)
    disabled = not ready or share.locked(key)
    step = int(st.slider(label, 0, steps, key=key, disabled=disabled, label_visibility="collapsed"))
    return step if ready and step < steps else None


def _samples(entry: Entry, runs: Sequence[Ran], step: int | None) -> None:
    """What the networks make of the data at ``step``, or the data themselves."""
    seen = [(ran, view) for ran in runs if (view := _view(ran, step)) is not None]
    if entry.dataset.kind == "text" if not runs else isinstance(seen[0][1], Sample):
        _texts(entry, seen)
        return
    figure = cells_figure([_cell(ran, view, entry) for ran, view in seen], look()) if seen else None
    names = listed([ran.name for ran, _ in seen]) if seen else ""
    alt = f"What the networks of {names} make of the samples" if seen else f"Samples: {entry.dataset.idea}"
    growing_figure(figure or data_figure(entry.dataset, entry.split, look()), "training_samples", _HEIGHT, alt)
    st.caption(_caption(seen[0][1] if seen else None, entry))


def _caption(view: View | None, entry: Entry) -> str:
    """What the pictures of the samples show."""
    match view:
        case None if entry.dataset.image is not None:
            return "Under each image stands its class."
        case None:
            return "Each dot is a sample; hollow ones are held back."
        case Boundary():
            return "Behind the samples: what each network answers."
        case Mistakes() if entry.dataset.image is not None:
            return "Held back and mistaken: what it is → what the network says."
        case Mistakes():
            return "Of the rows held back: what they are, and what they are taken for."
        case Fit():
            return "Rows held back: on the dotted line the network is right."
    return "What each network writes after what it was given."


def _view(ran: Ran, step: int | None) -> View | None:
    """The last thing to look at that ``ran`` has told of, up to ``step``."""
    until = [one for one in ran.reports if one.view is not None and (step is None or one.step <= step)]
    return until[-1].view if until else None


def _cell(ran: Ran, view: View, entry: Entry) -> Cell:
    dataset, colors = ran.training.resolved_dataset, look()
    match view:
        case Boundary():
            return boundary_cell(ran.name, ran.racer.color, view, dataset.load(ran.training.seed), colors)
        case Mistakes() if dataset.image is not None:
            return mistakes_cell(ran.name, ran.racer.color, view, dataset.image, ran.facts.labels)
        case Mistakes():
            return confusion_cell(ran.name, ran.racer.color, view, ran.facts.labels, colors)
        case Fit():
            return fit_cell(ran.name, ran.racer.color, view, colors)
    raise TypeError(view)


def _texts(entry: Entry, seen: Sequence[tuple[Ran, View]]) -> None:
    """What is read or, beginning with what was given, what the networks write."""
    with st.container(height=_HEIGHT, border=False):
        if not seen:
            text = "".join(entry.split.labels[code] for code in entry.split.train_x[::4].ravel())
            st.code(text, language=None, wrap_lines=True)
        for ran, view in seen:
            if isinstance(view, Sample):
                st.markdown(f"**{ran.name}** writes, after “{share.verbatim(view.begin)}”:")
                st.code(view.text, language=None, wrap_lines=True)
    st.caption(_caption(seen[0][1], entry) if seen else "The text that is read, but for its end.")


def _curves(runs: Sequence[Ran], steps: int, step: int | None, prefix: str) -> None:
    """Scores and learning rates of all, gradients and updates of the layers of one."""
    names = listed([ran.name for ran in runs])
    score, rate = st.columns(2)
    with score:
        figure = score_figure(runs, steps, _SMALL, look(), step)
        growing_figure(figure, f"{prefix}score", _SMALL, f"How well {names} do on what is held back")
    with rate:
        figure = rate_figure(runs, steps, _SMALL, look(), step)
        growing_figure(figure, f"{prefix}rates", _SMALL, f"Learning rates of {names}")
    which, _ = st.columns(2)
    with which:
        ran = choice("Layer by layer", {ran.name: ran for ran in runs}, f"{prefix}layers")
    for column, (what, words) in zip(st.columns(2), _OF_LAYERS.items(), strict=True):
        with column:
            figure = layer_figure(ran, what, steps, _SMALL, look(), step)
            growing_figure(figure, f"{prefix}{what}", _SMALL, f"{words} of each layer of {ran.name}")


# What a report tells of layers, and what that is.
_OF_LAYERS: Mapping[OfLayers, str] = {
    "gradient_norms": "Gradient norm",
    "ratios": "Length of a step as a share of the weights",
}


# --- What happened ---


def _story(runs: Sequence[Ran], prefix: str) -> None:
    st.header("What happened", anchor="story")
    said = retold(runs)
    if len(runs) > 1:
        texts = tuple(ran.training.optimizer for ran in runs)
        said.append(promise_sentence(runs, _promised(texts, [ran.racer for ran in runs])))
    bullets([sentence for sentence in said if sentence])
    st.download_button(
        "All curves as CSV",
        lambda: curves_csv({ran.name: ran.reports for ran in runs}),
        "training.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"{prefix}csv",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _promised(rules: tuple[str, ...], _racers: Sequence[Racer]) -> str:
    """What the picture of two variables promises of these ``rules``."""
    return promised(_racers)
