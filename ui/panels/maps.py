"""Maps of a race: the loss over two settings, the basins of two rules, and what noise makes of many seeds."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core import outside
from core.catalogue.racers import Racer
from core.engine.basins import Basins, basin_rows, basins, basins_refused, labels_over
from core.engine.run import Run
from core.engine.seeds import spread
from core.engine.seeds import too_dear as seeds_too_dear
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.two_settings import Setting, SettingsMap, axes_of, bare, ends_over, settings_map, settings_of, too_dear
from core.figures import basins_figure, cloud_figure, seeds_figure, settings_figure
from core.formula.words import counted, digits
from core.problems.theory.edge import edge, minimum_of
from core.problems.theory.noise import noise_floor
from ui import controls
from ui.controls.objective import start_state
from ui.kit import share
from ui.kit.elements import clicked, look, picture, prose, table
from ui.kit.limits import MAX_START

_HEIGHT = 460
# Grids of a few hundred kilobytes; nothing but the settings of one racer changes them.
_ends = st.cache_data(max_entries=64, show_spinner=False)(ends_over)
_edge = st.cache_data(max_entries=64, show_spinner=False)(edge)
_labels = st.cache_data(max_entries=64, show_spinner=False)(labels_over)
_spread = st.cache_data(max_entries=32, show_spinner=False)(spread)
_SEEDS = (50, 20, 100, 200)
# As large as a slope near a minimum.
_NOISE = 0.5


@st.fragment
@share.part("maps")
def maps_panel(race: Race, prefix: str) -> None:
    """Three maps of ``race``, one at a time; ``prefix`` begins the keys of the page's controls, ``maps`` goes on.

    A click in a map sets those controls: what a racer is tuned with, or the start. A fragment: what chooses a map
    leaves the rest of the page alone.
    """
    maps: Mapping[str, Callable[[Race, str], None]] = {
        "Two settings": _two_settings,
        "Basins of two rules": _basins,
        "Seeds": _seeds,
    }
    controls.view_control("Map", maps, f"{prefix}maps")(race, prefix)


def _racer(race: Race, key: str, label: str = "Update rule", default: int = 0) -> tuple[Racer, Path]:
    """One of those in ``race``."""
    return controls.choice(label, {pair[0].name: pair for pair in race}, key, race[default][0].name)


def _refused(reason: str) -> bool:
    """Whether there is a ``reason`` not to draw, which is said."""
    if reason:
        st.info(reason, icon=":material/hourglass_disabled:")
    return bool(reason)


# --- Two settings ---


def _two_settings(race: Race, prefix: str) -> None:
    who, left, right = st.columns(3)
    with who:
        racer, path = _racer(race, f"{prefix}maps_of")
    known = {one.label: one for one in settings_of(path.run)}
    with left:
        across = controls.choice("Across", known, f"{prefix}maps_across")
    others = {label: one for label, one in known.items() if one is not across}
    with right:
        up = controls.choice("Upwards", others, f"{prefix}maps_up")
    if _refused(too_dear(path.run, (across, up))):
        return
    sheet = settings_map(path.run, across, up, _ends)
    limit = _edge(bare(path.run, (across, up)), *axes_of(path.run, across, up), minimum_of(path))
    key = f"{prefix}maps_settings"
    picture(
        settings_figure(sheet, limit, racer, look()),
        key,
        _HEIGHT,
        f"Loss of {racer.name} at the end over {across.label} and {up.label}",
        partial(_load, key, sheet, racer, prefix),
    )
    prose(
        f"Each of the {digits(sheet.loss.size)} cells is a run of {racer.name} with everything else unchanged. Click "
        f"one to load its two settings. {limit.sentence}"
    )


def _load(figure: str, sheet: SettingsMap, racer: Racer, prefix: str) -> None:
    """Sets the controls of the two settings to those of the cell that was clicked."""
    cell = believed_cell(st.session_state[figure], sheet.loss.size)
    if cell is not None:
        share.ask(cell_state(sheet, cell, racer, prefix))


def cell_state(sheet: SettingsMap, cell: int, racer: Racer, prefix: str) -> dict[str, share.Setting]:
    """The controls of the two settings of a map of ``racer`` as they are in ``cell``."""
    return {
        setting_key(one, sheet.run, racer, prefix): min(max(value, -MAX_START), MAX_START)
        if one.of == "start"
        else value
        for one, value in zip((sheet.across, sheet.up), sheet.at(cell), strict=True)
    }


def setting_key(one: Setting, run: Run, racer: Racer, prefix: str) -> str:
    """The key of the control that keeps a setting of ``racer``, whose run is ``run``."""
    if one.of == "rule":
        return prefix + controls.hyper_key(racer, one.hyper.name)
    if one.of == "schedule":
        return prefix + controls.schedule_hyper_key(racer, run.resolved_schedule, one.hyper.name)
    return prefix + one.hyper.name


def believed_cell(raw: Any, count: int) -> int | None:
    """Which of the ``count`` cells of a map a figure says was clicked; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    key, _ = clicked(raw) or ("", None)
    return int(key) if outside.member(key, map(str, range(count))) else None


# --- Basins of two rules ---


def _basins(race: Race, prefix: str) -> None:
    if _refused(basins_refused(race)):
        return
    left, right = st.columns(2)
    with left:
        one = _racer(race, f"{prefix}maps_first", "First rule")
    others = [pair for pair in race if pair is not one]
    with right:
        other = _racer(others, f"{prefix}maps_second", "Second rule")
    both = basins([one, other], _labels)
    key = f"{prefix}maps_basins"
    picture(
        basins_figure(both, look()),
        key,
        _HEIGHT,
        f"Where {one[0].name} and {other[0].name} end from each start",
        partial(_begin, key, both, prefix),
    )
    prose(
        f"Each of the {digits(both.meeting.size)} cells is a start; both rules run from it for "
        f"{counted(one[1].run.steps)}, set as in the race. Click a cell to start the race there."
    )
    share_of = partial(st.column_config.NumberColumn, help="Of a hundred starts of the map.")
    columns = {
        "end": "Where a run ends",
        "loss": "Loss there",
        "first": share_of(f"{one[0].name}, %"),
        "second": share_of(f"{other[0].name}, %"),
    }
    table(basin_rows(both), columns, f"{prefix}maps_shares")


def _begin(figure: str, both: Basins, prefix: str) -> None:
    """Moves the start of the race to that of the cell that was clicked."""
    cell = believed_cell(st.session_state[figure], both.meeting.size)
    if cell is not None:
        share.ask(start_state([min(max(at, -MAX_START), MAX_START) for at in both.start(cell)], prefix))


# --- Seeds ---


def _seeds(race: Race, prefix: str) -> None:
    left, right = st.columns(2)
    with left:
        racer, path = _racer(race, f"{prefix}maps_of")
    with right:
        counts = {counted(count, "seed"): count for count in _SEEDS}
        count = controls.choice("How many", counts, f"{prefix}maps_seeds")
    run = path.run
    if not run.noise:
        prose(
            "Without noise every seed gives the same run, so there is nothing to compare. Noise is added to every "
            "coordinate of every gradient; its size σ is one of the settings of the race."
        )
        st.button(
            f"Add noise with σ = {digits(_NOISE)}",
            icon=":material/grain:",
            key=f"{prefix}maps_noise",
            on_click=share.ask,
            args=({f"{prefix}noise": _NOISE},),
        )
        return
    if _refused(seeds_too_dear(run, count)):
        return
    seeds, objective = _spread(bare(run, ()), count), run.resolved_objective
    over, cloud = st.columns([3, 2])
    with over:
        picture(
            seeds_figure(seeds, racer, objective, look()),
            f"{prefix}maps_losses",
            400,
            f"Loss of {racer.name} over the steps: median and band of {counted(count, 'seed')}",
        )
    with cloud:
        picture(
            cloud_figure(seeds, racer, objective, look()),
            f"{prefix}maps_cloud",
            400,
            f"Where {counted(count, 'seed')} of {racer.name} end",
        )
    rows, sentence = noise_floor(run, seeds)
    lost = f" {counted(seeds.failed, 'seed')} of {digits(count)} failed and have no end." if seeds.failed else ""
    prose(
        f"{counted(count, 'seed')} of {racer.name} from the same start, with noise of σ = {digits(run.noise)}.{lost} "
        + sentence
    )
    if rows:
        columns = {"curvature": "Curvature λ", "theory": "Variance in theory", "measured": "Variance measured"}
        table(rows, columns, f"{prefix}maps_variance")
