"""The panels of the Optimizers page: a rule to edit, whose step is told, what can be taken home, rule by rule."""

from collections.abc import Mapping

import streamlit as st

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS, Family
from core.catalogue.racers import RACERS, Racer, own_racer
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path
from core.export import (
    facts,
    numpy_script,
    path_csv,
    race_notebook,
    race_script,
    run_from_json,
    run_json,
    torch_script,
)
from core.figures import contour
from core.figures.picture import figure_html
from core.formula.source import Library
from ui.controls import choice, edited_state, fold, moment_control, named, race_state, refuse, view_control
from ui.kit import share
from ui.kit.elements import look
from ui.kit.limits import MAX_CLIP, MAX_NOISE, MAX_PASTE, MAX_SEED, MAX_START, MAX_STEPS
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels.catalogue import rule_panel
from ui.panels.claims import claim_cards, claims_about, experiment_card, section_key

_NOTEBOOK = "application/x-ipynb+json"


def edit_control() -> None:
    """Puts the text of a rule into the editor, and the settings it races with to those of the edited one."""
    rules = named(OPTIMIZERS.values())

    def take() -> None:
        # Nothing is chosen where the choice was cleared.
        chosen = rules.get(st.session_state["edit"])
        settings = edited_state(chosen, own_racer(chosen.text)) if chosen is not None else {}
        share.ask({"own": chosen.text if chosen is not None else "", **settings})

    st.selectbox("Begin with", list(rules), None, key="edit", on_change=take, placeholder="Choose a rule to change")


def ledger_controls(race: Race, steps: int) -> tuple[Path, int, int]:
    """Whose step is looked at, along which coordinate, and which step: the path, the coordinate, the step."""
    who, where, when = st.columns([2, 2, 1], vertical_alignment="bottom")
    with who:
        path = choice("Update rule", {racer.name: path for racer, path in race}, "of")
    with where:
        variables = list(path.run.resolved_objective.parsed.variables)
        coordinate = view_control("Coordinate", {name: index for index, name in enumerate(variables)}, "along")
    with when:
        step = moment_control(steps)
    return path, coordinate, step


def export_panel(objective: Objective, race: Race) -> None:
    """Scripts, numbers and picture of ``race`` and its runs, made only while the section is open."""

    def draw() -> None:
        _export(objective, race)
        _reopen()

    fold("Code, numbers and picture of a run", "export", draw)


def _export(objective: Objective, race: Race) -> None:
    who, language = st.columns(2, vertical_alignment="bottom")
    with who:
        racer, path = choice("Run of", {pair[0].name: pair for pair in race}, "export_of")
    with language:
        libraries: Mapping[str, Library] = {"PyTorch": "torch", "NumPy": "numpy"}
        library = view_control("Language", libraries, "export_as")
    st.markdown(f"The script takes these very steps with nothing of this guide in it. {facts(path.run).assertion}")
    _downloads(objective, race, racer, path, library)
    write = torch_script if library == "torch" else numpy_script
    st.code(write(path.run), language="python", height=420)


def _downloads(objective: Objective, race: Race, racer: Racer, path: Path, library: Library) -> None:
    """A button for each kind of file; a file is made when its button is pressed."""
    stem = f"{racer.key}_{objective.key}"
    runs = {one.name: raced.run for one, raced in race}
    style = look()

    def picture() -> str:
        return figure_html(contour(objective, race, style), objective.name)

    with st.container(horizontal=True):
        for label, name, kind, make in (
            ("PyTorch script", f"{stem}_torch.py", "text/x-python", lambda: torch_script(path.run)),
            ("NumPy script", f"{stem}_numpy.py", "text/x-python", lambda: numpy_script(path.run)),
            ("Race as a script", f"race_{objective.key}.py", "text/x-python", lambda: race_script(runs, library)),
            ("Race as a notebook", f"race_{objective.key}.ipynb", _NOTEBOOK, lambda: race_notebook(runs, library)),
            ("Path as CSV", f"{stem}.csv", "text/csv", lambda: path_csv(path)),
            ("Run as JSON", f"{stem}.json", "application/json", lambda: run_json(path.run)),
            ("Picture as HTML", f"{objective.key}.html", "text/html", picture),
        ):
            st.download_button(
                label,
                make,
                name,
                kind,
                key=f"download_{kind}_{label}",
                help="The camera above the picture in the file saves a PNG." if make is picture else None,
                on_click="ignore",
                icon=":material/download:",
            )


def _reopen() -> None:
    """A place for a run that was taken home earlier."""

    def take() -> None:
        text = str(st.session_state.get("reopen", ""))
        try:
            racer, run = _read_run(text)
        except ValueError:
            st.session_state["reopen_refused"] = text
        else:
            st.session_state.pop("reopen_refused", None)
            share.ask(race_state([racer], [run]))

    st.text_area(
        "Open a run again",
        key="reopen",
        height=100,
        max_chars=MAX_PASTE,
        placeholder='{"objective": "rosenbrock", …}',
        help="Paste what the file of “Run as JSON” holds.",
    )
    st.button("Open it", key="reopen_button", on_click=take)
    refused = st.session_state.get("reopen_refused")
    if refused is not None:
        try:
            _read_run(refused)
        except ValueError as error:
            refuse("This run cannot be opened.", error)


def _read_run(text: str) -> tuple[Racer, Run]:
    """The run that ``text`` holds, and who takes it; raises ``ValueError`` if there is none that this page can show."""
    run = run_from_json(text)
    racer = RACERS.get(run.optimizer) or own_racer(run.optimizer)
    if reason := _unsuited(run):
        raise ValueError(reason)
    return racer, run


def _unsuited(run: Run) -> str:
    """Why this page cannot show ``run``; empty if it can."""
    if len(run.start) != 2:
        return "This page shows functions of two variables; the run is of one."
    for name, value, most in (
        ("steps", run.steps, MAX_STEPS),
        ("start", max(map(abs, run.start)), MAX_START),
        ("noise", run.noise, MAX_NOISE),
        ("clip_norm", run.clip_norm or 0.0, MAX_CLIP),
        ("seed", run.seed, MAX_SEED),
    ):
        if value > most:
            return f"This page shows runs with {name} up to {most:g}; this one has {value:g}."
    return ""


def rule_sections(settings: Mapping[str, Mapping[str, float]]) -> None:
    """A section for each rule, family by family; ``settings`` are those of the racers by their keys."""
    for family in Family:
        st.markdown(f"**{family}.** {family.idea}")
        for key, optimizer in OPTIMIZERS.items():
            if optimizer.family is family:
                _rule_section(RACERS[key], settings.get(key))


def _rule_section(racer: Racer, settings: Mapping[str, float] | None) -> None:
    """Everything about one rule with its claims, drawn only while it is open.

    ``settings`` are those of the race, ``None`` if the rule is not in it.
    """
    races = " · in this race" if settings is not None else ""
    label = f"**{racer.name}** · {racer.optimizer.year}{races}"

    def draw() -> None:
        rule_panel(racer, settings)
        claim_cards(claims_about(OPTIMIZERS_PAGE.path, racer.key))
        for key in racer.optimizer.experiments:
            experiment_card(key)

    fold(label, section_key(OPTIMIZERS_PAGE, racer.key), draw)
