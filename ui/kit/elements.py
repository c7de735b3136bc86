"""Figures, tables and lists as elements of a page, and what a visitor chose in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.figures import DARK, LIGHT, Look
from core.figures.picture import CONFIG
from core.formula.words import digits
from core.lessons.glossary import marked
from core.lessons.reference import as_csv

_REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
# Streamlit's own sans-serif, which it serves itself.
_FONT = '"Source Sans", sans-serif'
# Pixels of a window in which a wide figure would be too small to read.
_NARROW = 760
# Pixels of a line of text, about seventy characters.
_LINE = 560
# The accent of the theme, faint enough to read numbers on.
_HIGHLIGHT = {"light": "background-color: #DDE1F7", "dark": "background-color: #2A3260"}


def look() -> Look:
    """The look that suits the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def torch_for(what: str) -> bool:
    """Whether PyTorch is installed, without importing it; if not, says that ``what`` needs it and how to get it."""
    there = find_spec("torch") is not None
    if not there:
        lines = _REQUIREMENTS.read_text().splitlines()
        wanted = next((line for line in lines if line.startswith("torch")), "torch")
        st.info(
            f"{what} needs PyTorch, which is not installed here: `pip install {wanted}`, then start the app again. "
            "Everything else works without it.",
            icon=":material/download:",
        )
    return there


def picture(
    figure: go.Figure, key: str, height: int, alt: str, on_select: Callable[[], None] | Literal["ignore"] = "ignore"
) -> None:
    """``figure`` across its column; ``alt`` says in words what it shows, ``on_select`` what follows a click."""
    figure.update_layout(font_family=_FONT)
    st.plotly_chart(
        figure,
        key=key,
        height=height,
        theme=None,
        config=dict(CONFIG),
        alt=alt,
        on_select=on_select,
        selection_mode="points",
    )


def sheet(wide: go.Figure, narrow: go.Figure, key: str, alt: str, on_select: Callable[[str], None]) -> None:
    """A figure of fixed height in two arrangements, of which the browser shows the one that suits its width.

    Python does not know that width. ``on_select`` is given the key of the figure that was clicked in.
    """
    st.html(
        f"<style>@media (max-width: {_NARROW}px) {{ .st-key-{key}_wide_sheet {{ display: none; }} }}"
        f"@media (min-width: {_NARROW + 1}px) {{ .st-key-{key}_narrow_sheet {{ display: none; }} }}"
        # Higher than a sheet of paper.
        f".st-key-{key}_narrow_sheet .js-plotly-plot {{ break-inside: auto; }}"
        f".st-key-{key}_wide_sheet {{ min-height: {wide.layout.height}px; }}"
        f".st-key-{key}_narrow_sheet {{ min-height: {narrow.layout.height}px; }}</style>"
    )
    sheets = [(f"{key}_wide", wide), (f"{key}_narrow", narrow)]
    # Until the style has come, the first one is seen.
    if "Mobi" in st.context.headers.get("User-Agent", ""):
        sheets.reverse()
    for name, figure in sheets:
        with st.container(key=f"{name}_sheet"):
            picture(figure, name, int(figure.layout.height), alt, partial(on_select, name))


def clicked(raw: Any) -> tuple[str, Any] | None:
    """The key that a figure says a clicked point bears, and the point's x; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    try:
        point = raw["selection"]["points"][0]
        key, x = point["customdata"], point.get("x")
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    key = key[0] if isinstance(key, list) and key else key
    return (key, x) if isinstance(key, str) else None


def table(
    rows: Sequence[Any],
    columns: Mapping[str, Any],
    key: str,
    choose: Callable[[Any], object] | None = None,
    **more: Any,
) -> None:
    """``rows``, dataclasses of plain values, under the headings ``columns``; ``choose`` is given the one chosen."""

    def take() -> None:
        index = believed_row(st.session_state[key], len(rows))
        if choose is not None and index is not None:
            choose(rows[index])

    frame = pd.DataFrame([asdict(row) for row in rows])[[*columns]]
    select: dict[str, Any] = {} if choose is None else {"on_select": take, "selection_mode": "single-row"}
    st.dataframe(in_digits(frame), hide_index=True, key=key, column_config=columns, **select, **more)


def in_digits(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> Any:
    """``frame`` styled so that its ``columns``, by default all, show their numbers as texts write them.

    The numbers stay what they are: a click on a heading sorts by size, and what is downloaded has all digits. Columns
    with a format of their own keep it.
    """
    numeric = (frame if columns is None else frame[[*columns]]).select_dtypes("number").columns
    return frame.style.format(digits, subset=numeric)


def highlight() -> str:
    """The style of a cell that stands out, in the visitor's theme."""
    return _HIGHLIGHT[look().name]


def believed_row(raw: Any, count: int) -> int | None:
    """The row that a table of ``count`` rows says was chosen; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    try:
        row = raw["selection"]["rows"][0]
    except (KeyError, IndexError, TypeError):
        return None
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < count else None


def written_table(markdown: str, key: str) -> None:
    """A table of Markdown; where a window is narrower than it is, the table is scrolled and not the page."""
    st.html(f"<style>.st-key-{key} {{ overflow-x: auto; }}</style>")
    with st.container(key=key):
        st.markdown(markdown)


def formula_line(latex: str) -> None:
    """``latex`` on a line of its own.

    KaTeX lets some signs hang over the right edge by two pixels, which could be scrolled; the space takes them in.
    """
    st.latex(rf"{latex}\,")


def program(code: str, height: int) -> None:
    """``code``, a Python program, in a window ``height`` pixels high.

    The window is a container, in which the copy button takes the focus: a block of code that scrolls by itself has
    nothing that does, so that no keyboard could scroll it.
    """
    with st.container(height=height, border=False):
        st.code(code, language="python", wrap_lines=True)


def csv_button(label: str, rows: Sequence[Any], file: str, key: str) -> None:
    """A button that gives ``rows``, dataclasses of plain values, away as ``file``, made when it is pressed."""
    st.download_button(
        label, lambda: as_csv(rows), file, "text/csv", on_click="ignore", icon=":material/download:", key=key
    )


def prose(text: str) -> None:
    """``text``, Markdown, its terms marked, in lines that are no longer than the eye follows; figures may be wider."""
    st.markdown(marked(text), width=_LINE)


def bullets(sentences: Iterable[str]) -> None:
    """``sentences``, one below the other."""
    prose("\n".join(f"- {sentence}" for sentence in sentences))
