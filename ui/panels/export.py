"""What is taken home of a race, as scripts, numbers and a page, and a run that was taken home opened again."""

from collections.abc import Mapping

import streamlit as st

from core.catalogue.objectives import Objective, with_start_in_view
from core.catalogue.racers import RACERS, Racer, own_racer
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
from core.formula.source import Library
from ui.controls import choice, fold, race_state, refuse, view_control
from ui.kit import codec, share
from ui.kit.elements import program, prose
from ui.kit.limits import MAX_PASTE, unsuited
from ui.kit.share import Setting
from ui.navigation import FOUNDATIONS, OPTIMIZERS, PLAYGROUND, Page
from ui.panels.race import race_dials
from ui.stage.living import living_html

_NOTEBOOK = "application/x-ipynb+json"
# Where runs are shown, by the number of their variables; the Playground shows both.
_PAGES: Mapping[int, Page] = {1: FOUNDATIONS, 2: OPTIMIZERS}


def export_panel(objective: Objective, race: Race, page: Page) -> None:
    """Scripts and numbers of ``race`` on ``page`` and its runs, and a page that plays it.

    They are made only while the section is open.
    """

    def draw() -> None:
        _export(objective, race, page.prefix)
        _reopen(page)

    fold("Download: code, numbers and a page that plays", f"{page.prefix}export", draw)


def _export(objective: Objective, race: Race, prefix: str) -> None:
    who, language = st.columns(2, vertical_alignment="bottom")
    with who:
        racer, path = choice("Run of", {pair[0].name: pair for pair in race}, f"{prefix}export_of")
    with language:
        libraries: Mapping[str, Library] = {"PyTorch": "torch", "NumPy": "numpy"}
        library = view_control("Language", libraries, f"{prefix}export_as")
    prose(f"The script takes exactly these steps and needs nothing from this guide. {facts(path.run).assertion}")
    _downloads(objective, race, racer, path, library, prefix)
    write = torch_script if library == "torch" else numpy_script
    program(write(path.run), 420)


def _downloads(objective: Objective, race: Race, racer: Racer, path: Path, library: Library, prefix: str) -> None:
    """A button for each kind of file; a file is made when its button is pressed."""
    stem = f"{racer.key}_{objective.key}"
    runs = {one.name: raced.run for one, raced in race}
    address, asked = st.context.url, share.later()

    def living() -> str:
        shown = with_start_in_view(objective, path.run.start)
        link = f"{address}?{codec.query(asked())}" if address else ""
        return living_html(shown, race, race_dials(objective, race, prefix), link)

    with st.container(horizontal=True):
        for label, name, kind, make in (
            ("PyTorch script", f"{stem}_torch.py", "text/x-python", lambda: torch_script(path.run)),
            ("NumPy script", f"{stem}_numpy.py", "text/x-python", lambda: numpy_script(path.run)),
            ("Race as a script", f"race_{objective.key}.py", "text/x-python", lambda: race_script(runs, library)),
            ("Race as a notebook", f"race_{objective.key}.ipynb", _NOTEBOOK, lambda: race_notebook(runs, library)),
            ("Path as CSV", f"{stem}.csv", "text/csv", lambda: path_csv(path)),
            ("Run as JSON", f"{stem}.json", "application/json", lambda: run_json(path.run)),
            ("Race as a web page", f"race_{objective.key}.html", "text/html", living),
        ):
            st.download_button(
                label,
                make,
                name,
                kind,
                key=f"download_{kind}_{label}",
                help="One file that works without the internet: it plays, the start can be dragged, and the dials turn."
                if make is living
                else None,
                on_click="ignore",
                icon=":material/download:",
            )


def _reopen(page: Page) -> None:
    """A place on ``page`` for a run that was taken home earlier; it opens on the page that shows such runs."""
    key = f"{page.prefix}reopen"

    def take() -> None:
        text = str(st.session_state.get(key, ""))
        try:
            there, state = _opening(text, page)
        except ValueError:
            st.session_state[f"{key}_refused"] = text
        else:
            st.session_state.pop(f"{key}_refused", None)
            if there == page:
                share.ask(state)

    st.text_area(
        "Open a run again",
        key=key,
        height=100,
        max_chars=MAX_PASTE,
        placeholder='{"objective": "rosenbrock", …}',
        help="Paste the contents of a file saved with “Run as JSON”."
        + (
            ""
            if page is PLAYGROUND
            else f" A run in one variable opens on {_PAGES[1].title}, one in two on {_PAGES[2].title}."
        ),
    )
    pressed = st.button("Open it", key=f"{key}_button", on_click=take)
    refused = st.session_state.get(f"{key}_refused")
    if refused is not None:
        try:
            _opening(refused, page)
        except ValueError as error:
            refuse("This run cannot be opened.", error)
    elif pressed:
        there, state = _opening(st.session_state[key], page)
        if there != page:
            st.switch_page(there.file, query_params=share.encode(state))


def _opening(text: str, page: Page) -> tuple[Page, dict[str, Setting]]:
    """The page that shows the run that ``text`` holds, ``page`` if it can, and the value of every control that it sets.

    Raises ``ValueError`` if there is none that a page can show.
    """
    run = run_from_json(text)
    racer = RACERS.get(run.optimizer) or own_racer(run.optimizer)
    if reason := unsuited(run):
        raise ValueError(reason)
    there = page if page is PLAYGROUND else _PAGES[len(run.start)]
    return there, race_state([racer], [run], there.prefix)
