"""The stage as a Streamlit element: payload in, the visitor's clicks and the clock's rests out."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import streamlit as st

from core.catalogue.objectives import VARIABLES, Objective
from core.engine.summary import Race
from ui.kit import share
from ui.stage.payload import Kind, Paper, believed_start, believed_step, gestures, packed, stage_payload

_FOLDER = Path(__file__).parent
# The code of the stage, in the order in which each needs the ones before it.
_SCRIPTS = ("tracks.js", "views.js", "draw.js", "panel.js", "stage.js")
_STATIC = Path(st.__file__).parent / "static" / "static" / "js"


@lru_cache(maxsize=1)
def plotly_chunk() -> str:
    """The file of Streamlit's own that sets ``window.Plotly``; its name changes with each release of Streamlit.

    Looked for once: the folder holds hundreds of files, and every stage of every visitor asks.
    """
    (chunk,) = _STATIC.glob("PlotlyChart.*.js")
    return chunk.name


# Streamlit sends a component's code again with every change of its data. So the code, which does not change, is a
# component of its own, and the parts that do change are mounted with a few lines.
_code = st.components.v2.component(
    "gradient_descent_stage",
    css=(_FOLDER / "stage.css").read_text(),
    js="\n".join((_FOLDER / script).read_text() for script in _SCRIPTS),
    # Plotly puts its style sheet into the page, which does not reach into a shadow tree.
    isolate_styles=False,
)
_part = st.components.v2.component(
    "gradient_descent_stage_part", js=(_FOLDER / "mount.js").read_text(), isolate_styles=False
)


def stage(
    objective: Objective,
    race: Race,
    kinds: Sequence[Kind],
    step: int,
    height: int,
    label: str,
    prefix: str = "",
    autoplay: bool = False,
    paper: Paper | None = None,
) -> None:
    """Shows a race on ``objective`` in several views on one clock, which stands at ``step``.

    A start chosen in a landscape goes to the controls of the start, the step at which the clock comes to rest to the
    control of the step (keys ``x``, ``y`` and ``t``, after ``prefix`` where a page has a second stage). ``autoplay``
    starts the clock at once, unless the visitor asked for less motion. Above the views stands what controls have left
    for this stage (``share.tell_stage``). ``paper`` makes the figure of a view "fit".
    """
    key = f"{prefix}stage"
    payload = stage_payload(objective, race, kinds, height, label, paper)
    steps = payload.data["steps"]

    def choose_start() -> None:
        start = believed_start(st.session_state[key]["start"], objective)
        if start is not None:
            st.session_state.update({f"{prefix}{name}": number for name, number in zip(VARIABLES, start, strict=False)})

    def come_to_rest() -> None:
        rested = believed_step(st.session_state[key]["clock"], steps)
        if rested is not None:
            st.session_state[f"{prefix}t"] = float(rested)

    for sentence in share.stage_sentences(prefix):
        st.warning(sentence, icon=":material/edit_off:")
    with st.container(gap=None, key=f"{key}_parts"):
        _code(key=f"{key}_code", height=1)
        for index, ground in enumerate(payload.grounds):
            data = {"part": "ground", "id": ground.id, "figure": ground.figure}
            _part(data=data, key=f"{key}_ground_{index}", height=1)
        _part(
            data=packed({**payload.data, "id": key, "plotly": plotly_chunk(), "autoplay": autoplay}, payload.numbers),
            key=key,
            on_start_change=choose_start,
            on_clock_change=come_to_rest,
        )
        _part(data={"part": "cue", "stage": key, "step": step}, key=f"{key}_cue", height=1)
    # One that plays by itself is for looking: no control behind it takes a start.
    if not autoplay:
        st.caption(gestures(kinds))
