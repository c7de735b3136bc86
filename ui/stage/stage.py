"""The stage as a Streamlit element: payload in, the visitor's clicks and the clock's rests out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.catalogue.objectives import VARIABLES, Objective
from core.engine.tracks import Tracks
from core.formula.rule_latex import step_lines
from core.lessons.classroom import HANDOUTS
from core.lessons.prediction import Shown
from core.lessons.rate_check import Check
from ui.kit import share
from ui.kit.classroom import ENLARGED
from ui.stage.asking import Asks, asking
from ui.stage.ledger import Account, ledger_payload
from ui.stage.modules import bundle
from ui.stage.payload import (
    Costs,
    Dials,
    EndsMap,
    Kind,
    Paper,
    believed_dials,
    believed_racers,
    believed_schedules,
    believed_start,
    believed_step,
    packed,
    stage_payload,
)

_FOLDER = Path(__file__).parent
# Pixels of a stage below its views, at least, and of a gauge among them.
_BELOW_VIEWS, _GAUGE = 120, 208
_STATIC = Path(st.__file__).parent / "static" / "static" / "js"


@lru_cache(maxsize=1)
def plotly_chunk() -> str:
    """The file of Streamlit's own that sets ``window.Plotly``; its name changes with each release of Streamlit.

    Looked for once: the folder holds hundreds of files, and every stage of every visitor asks.
    """
    (chunk,) = _STATIC.glob("PlotlyChart.*.js")
    return chunk.name


@lru_cache(maxsize=1)
def katex_chunk() -> str:
    """The file of Streamlit's own that exports KaTeX as a plug-in of rehype, likewise.

    There is another one of KaTeX alone, but of a version that the style sheet of the page does not fit.
    """
    (chunk,) = _STATIC.glob("rehype-katex.*.js")
    return chunk.name


# Streamlit sends a component's code again with every change of its data. So the code, which does not change, is a
# component of its own, and the parts that do change are mounted with a few lines.
_code = st.components.v2.component(
    "gradient_descent_stage",
    css=(_FOLDER / "stage.css").read_text(),
    js=f"{bundle('stage')}export default stage.enter;\n",
    # Plotly puts its style sheet into the page, which does not reach into a shadow tree.
    isolate_styles=False,
)
_part = st.components.v2.component(
    "gradient_descent_stage_part", js=(_FOLDER / "mount.js").read_text(), isolate_styles=False
)


# Characters of LaTeX that fit on a line or two of a projector.
_LONG_FORMULA = 400


def _heading(objective: Objective, race: Tracks, label: str) -> dict[str, Any]:
    """What a stage says above its picture on a projector: its title, its formulas, and the task of the page's link."""
    names = objective.parsed.variables
    formulas = [rf"f({', '.join(names)}) = {objective.parsed.latex}"]
    rules = [path.run.resolved_optimizer.parsed for _, path in race if path.run is not None]
    if len(rules) == 1:
        formulas += [rf"{left} = {right}" for left, right in step_lines(rules[0])]
    if objective.called[: len(names)] != names:
        # A loss on data, which a sum over the data says better than all of its numbers.
        formulas = [handout.formula for handout in HANDOUTS if handout.page == share.here()]
    return {
        "title": label,
        "formulas": [formula for formula in formulas if len(formula) <= _LONG_FORMULA],
        "task": " ".join(st.session_state[share.TASK].split()),
        "katex": katex_chunk(),
        "enlarged": ENLARGED,
    }


@dataclass(frozen=True)
class Room:
    """A place for a stage on its page: the parts it is made of, its views and their height, what begins its keys."""

    parts: DeltaGenerator
    kinds: Sequence[Kind]
    height: int
    prefix: str


def room(kinds: Sequence[Kind], height: int, prefix: str = "") -> Room:
    """A place for a stage with views of these ``kinds``, ``height`` pixels high; ``prefix`` begins its keys.

    It is at once as high as the stage will be at least, so that what stands below it does not move when that comes.
    """
    row = st.container(horizontal=True, gap=None)
    parts = row.container(gap=None, key=f"{prefix}stage_parts")
    with row:
        least = height + _BELOW_VIEWS + (_GAUGE if "gauge" in kinds else 0)
        _code(key=f"{prefix}stage_code", width=1, height=least)
    return Room(parts, kinds, height, prefix)


def stage(
    room: Room,
    objective: Objective,
    race: Tracks,
    step: int,
    label: str,
    paper: Paper | None = None,
    dials: Dials = Dials(),  # noqa: B008 (it cannot be changed)
    look_for: str = "",
    costs: Costs | None = None,
    checked: Check | None = None,
    who: str = "update rule",
    start_keys: Sequence[str] = VARIABLES,
    account: Account | None = None,
    ends: EndsMap | None = None,
    asks: Asks | None = None,
) -> None:
    """Shows a race on ``objective`` in several views on one clock, which stands at ``step``, in its ``room``.

    A start chosen in a landscape goes to the controls of the start, the step at which the clock comes to rest to the
    control of the step (``start_keys`` and ``t``, after the prefix of the room), and what
    ``dials`` are turned to under their keys. It plays once when it is first seen in a visit, unless the link says where
    the clock stands or the visitor asked for less motion. Above the views stands what controls have left for this stage
    (``share.tell_stage``), and ``look_for`` in it. ``paper``, ``costs``, ``checked``, ``who`` and ``ends``
    are those of ``stage_payload``. ``account`` is a step in numbers below it, and ``asks`` what may be asked above it.
    """
    prefix = room.prefix
    key = f"{prefix}stage"
    starts = [prefix + name for name in start_keys[: objective.dimension]]
    keys = [*starts, f"{prefix}rules", *dials.schedules.values(), *(dial.key for dial in dials.kept)]
    dials = replace(dials, locked={*filter(share.locked, keys)}, hidden={*filter(share.hidden, keys)})
    if f"{prefix}rules" in dials.locked:
        dials = replace(dials, most=0)
    payload = stage_payload(
        objective, race, room.kinds, room.height, label, paper, dials, costs, checked, who, ends, starts
    )
    sources = dict(payload.programs)
    cue: dict[str, Any] = {"part": "cue", "stage": key, "step": step}
    if account is not None:
        ledger, program = ledger_payload(account)
        sources[program.id] = program.source
        cue["ledger"] = ledger | {"numbers": payload.data["numbers"], "katex": katex_chunk()}
    steps = payload.data["steps"]
    first = not share.asked(f"{prefix}t") and f"{key}:seen" not in st.session_state
    st.session_state[f"{key}:seen"] = True

    def choose_start() -> None:
        start = believed_start(st.session_state[key]["start"], objective)
        if start is not None:
            share.ask(dict(zip(starts, start, strict=True)))

    def come_to_rest() -> None:
        rested = believed_step(st.session_state[key]["clock"], steps)
        if rested is not None:
            st.session_state[f"{prefix}t"] = float(rested)

    def turn() -> None:
        believed = believed_dials(st.session_state[key]["dial"], dials)
        turned = {name: number for name, number in believed.items() if name not in dials.locked}
        share.ask({dial.key: dial.kept(turned[dial.key]) for dial in dials.kept if dial.key in turned})
        # Turned to more steps or fewer, a clock at its end stays there.
        for dial in dials.everyone:
            if dial.name == "T" and dial.key in turned and st.session_state[f"{prefix}t"] == steps:
                st.session_state[f"{prefix}t"] = turned[dial.key]

    def change_racers() -> None:
        rules = f"{prefix}rules"
        chosen = believed_racers(st.session_state[key]["racers"], st.session_state[rules], dials)
        share.ask({rules: chosen})

    ask, take_answer = asking(asks, Shown(objective, race, asks.data), key, prefix) if asks else ({}, lambda: None)

    def follow() -> None:
        share.ask(believed_schedules(st.session_state[key]["schedule"], dials))

    with room.parts:
        for sentence in share.stage_sentences(prefix):
            st.warning(sentence, icon=":material/edit_off:")
        for index, ground in enumerate(payload.grounds):
            data = {"part": "ground", "id": ground.id, "figure": ground.figure}
            _part(data=data, key=f"{key}_ground_{index}", height=1)
        if sources:
            _part(data={"part": "programs", "sources": sources}, key=f"{key}_programs", height=1)
        if (script := payload.map) is not None:
            _part(data={"part": "map", "id": script.id, "source": script.source}, key=f"{key}_map", height=1)
        if (noise := payload.noise) is not None:
            _part(data=packed({"part": "normals", "id": noise.id}, noise.numbers), key=f"{key}_normals", height=1)
        told = {"id": key, "plotly": plotly_chunk(), "first": first, "look_for": look_for, "ask": ask}
        if st.session_state[share.PROJECTOR]:
            told["heading"] = _heading(objective, race, label)
        _part(
            data=packed(payload.data | told, payload.numbers),
            key=key,
            on_start_change=choose_start,
            on_clock_change=come_to_rest,
            on_dial_change=turn,
            on_racers_change=change_racers,
            on_schedule_change=follow,
            on_ask_change=take_answer,
        )
        _part(data=cue, key=f"{key}_cue", height=1)
