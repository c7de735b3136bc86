"""The landscape of what was trained, drawn when it is asked for, and what of a training is taken home."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from hashlib import sha256
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.catalogue.racers import Racer
from core.export.curves import event_files, writes_events
from core.export.training_script import reached_loss, training_script
from core.figures import Look
from core.figures.loss_terrain import sharpness_figure, terrain_figure, terrain_space, ways_figure
from core.formula.words import listed
from core.lessons.terrain_story import (
    plane_sentences,
    random_sentence,
    rows_sentence,
    sharpness_sentences,
    way_sentences,
)
from core.problems.training.land import Slice, Terrain, effort, terrain
from core.problems.training.reports import Report
from core.problems.training.settings import Training
from ui.controls import choice, named, view_control
from ui.kit import share
from ui.kit.elements import bullets, look, picture, program, prose, torch_for

_HEIGHT, _SMALL = 420, 300
# Some hundred kilobytes each.
_KEPT = 16
_PLANES = {"of the paths": True, "of random directions": False}
_Drawn = Callable[[Sequence[Racer], Slice, Look, str], go.Figure]
_VIEWS: Mapping[str, _Drawn] = {"Contour": terrain_figure, "3-D": terrain_space}


@st.fragment
@share.part("terrain")
def terrain_panel(racers: Sequence[Racer], trainings: Sequence[Training], prefix: str) -> None:
    """The loss around what ``racers`` were trained to by ``trainings``, computed when a button asks for it.

    A fragment: it leaves the rest of the page alone.
    """
    prose(
        "The loss is a function of all weights. Two directions of them can be drawn: those along which the paths "
        "moved most, or random ones. To see the weights along the way, the networks are trained once more, as they "
        "were set up; a learning rate that was changed by hand is not changed again."
    )
    if not torch_for("The landscape"):
        return
    with st.container(horizontal=True):
        joined = view_control("Plane", _PLANES, f"{prefix}plane")
        drawn = view_control("View", _VIEWS, f"{prefix}plane_view")
    plain = tuple(astuple(training) for training in trainings)
    asked, now = f"{prefix}landscape_of", sha256(repr(plain).encode()).hexdigest()
    try:
        effort(trainings)
    except ValueError as error:
        st.info(str(error), icon=":material/hourglass_disabled:")
        return
    pressed = st.button("Draw the landscape", key=f"{prefix}landscape", icon=":material/landscape:")
    if pressed:
        st.session_state[asked] = now
    if st.session_state.get(asked) != now:
        st.caption("It takes up to a minute or two, and is kept for as long as the settings stay as they are.")
        return
    try:
        seen = _surveyed(plain)
    except ValueError as error:
        del st.session_state[asked]
        st.warning(f"The landscape was not drawn. {error}", icon=":material/hourglass_disabled:")
        return
    if said := rows_sentence(seen):
        st.caption(said)
    _plane(racers, seen, joined, drawn, prefix)
    _measured(racers, seen, prefix)


def _plane(racers: Sequence[Racer], seen: Terrain, joined: bool, drawn: _Drawn, prefix: str) -> None:
    names = [racer.name for racer in racers]
    piece, kind = (seen.joined, "principal") if joined else (seen.random, "random")
    alt = f"Training loss on the plane of two {kind} directions, with the paths of {listed(names)}"
    picture(drawn(racers, piece, look(), kind), f"{prefix}{kind}_plane", _HEIGHT, alt)
    bullets(plane_sentences(names, piece) if joined else [random_sentence(piece)])


def _measured(racers: Sequence[Racer], seen: Terrain, prefix: str) -> None:
    names = [racer.name for racer in racers]
    sharp, ways = st.columns(2)
    with sharp:
        alt = f"Largest eigenvalue of the Hessian along the training of {listed(names)}, and 2/α"
        picture(sharpness_figure(racers, seen.sharpness, look()), f"{prefix}sharpness", _SMALL, alt)
        bullets(sharpness_sentences(names, seen))
    with ways:
        alt = f"Training loss on straight lines between ends of {listed(names)}"
        picture(ways_figure(racers, seen, look()), f"{prefix}ways", _SMALL, alt)
        bullets(way_sentences(names, seen))


@st.cache_data(max_entries=_KEPT, show_spinner="The networks are trained once more …")
def _surveyed(trainings: tuple[tuple[Any, ...], ...]) -> Terrain:
    return terrain([Training(*training) for training in trainings])


def training_code_panel(
    racers: Sequence[Racer],
    trainings: Sequence[Training],
    prefix: str,
    reports: Mapping[str, Sequence[Report]],
) -> None:
    """The script of one of ``trainings``, and its ``reports``, by the names of ``racers``, as files.

    A script asserts the loss at the end of a training that is over and whose learning rate was left alone.
    """
    racer = choice("Training of", named(racers), f"{prefix}script_of")
    training = trainings[racers.index(racer)]
    loss = reached_loss(training, reports.get(racer.name, ()))
    prose(
        "The script needs nothing from this guide: data, network, rule and batches are written out in it."
        + ("" if loss is None else " It asserts that it reaches the training loss that was reached here.")
    )
    source = training_script(training, loss)
    files: list[tuple[str, str, str, Any]] = [("Training script", f"train_{racer.key}.py", "text/x-python", source)]
    if reports and writes_events():
        files.append(("TensorBoard events", "events.zip", "application/zip", lambda: event_files(reports)))
    with st.container(horizontal=True):
        for label, name, kind, make in files:
            st.download_button(
                label,
                make,
                name,
                kind,
                key=f"{prefix}download_{name}",
                on_click="ignore",
                icon=":material/download:",
            )
    if not writes_events():
        st.caption(
            "TensorBoard is not installed here, so there are no event files to download; the script writes them where "
            "it is (`pip install tensorboard`)."
        )
    program(source, 420)
