"""A demonstration on a stage: its runs, all that can be turned in them, and what happened."""

from collections.abc import Sequence

import streamlit as st

from core.lessons.demo import Demo
from ui import controls
from ui.controls.hypers import hyper_field, hyper_value
from ui.kit.dials import Dial
from ui.kit.elements import bullets
from ui.panels.outcome import code_panel
from ui.stage import Asks, Dials, room, stage

_HEIGHT = 340


def demos_panel(demos: Sequence[Demo], prefix: str, page: str) -> None:
    """One of ``demos`` on a stage of the page with the path ``page``, chosen above it if there are several."""
    demo = demos[0]
    if len(demos) > 1:
        runs = {one.key: one for one in demos}
        demo = controls.chip_control("Run", runs, f"{prefix}{demo.key}_run", lambda one: one.title)
    mine = f"{prefix}{demo.key}_"
    start = controls.kept_start(demo.objective, mine)
    steps, lasts = controls.kept_steps(demo.steps, mine)
    who = {
        turn.key: " and ".join(racer.name for racer, _ in demo.entrants if racer.key in turn.of) for turn in demo.turns
    }
    turned = {turn.key: hyper_value(turn.hyper, mine + turn.key, of=who[turn.key]) for turn in demo.turns}
    place = room(["plane" if demo.objective.dimension > 1 else "curve", demo.beside], _HEIGHT, mine)

    def fields() -> None:
        controls.start_control(demo.objective, mine)
        with st.container(horizontal=True):
            hyper_field(lasts.hyper, lasts.key, demo.steps)
            for turn in demo.turns:
                hyper_field(turn.hyper, mine + turn.key, label=f"{turn.hyper.words} of {who[turn.key]}")

    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = controls.moment_control(steps, mine)
        controls.fold("The same settings as fields", f"{mine}fields", fields)
    race = demo.race(start, steps, turned)
    dials = Dials(
        {
            racer.key: [
                Dial(mine + turn.key, turn.hyper.words, turn.hyper, turn.hyper.name)
                for turn in demo.turns
                if racer.key in turn.of
            ]
            for racer, _ in demo.entrants
        },
        [lasts],
    )
    look_for = f"{demo.title}. {demo.look_for}"
    asks = Asks(f"{page}/{demo.key}")
    stage(place, demo.objective, race, step, demo.title, dials=dials, look_for=look_for, asks=asks)
    st.header("What happened", anchor="story")
    bullets(demo.tell(race))
    ran = {racer.name: path.run for racer, path in race}
    code_panel("These runs in PyTorch", f"{mine}code", f"{mine}of", ran)
