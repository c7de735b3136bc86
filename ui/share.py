"""The link of a page: what it asked for when the page was opened, and what of that could not be used.

Streamlit binds widgets to the address and drops values that do not fit without a word. Here the address with which a
page was opened is remembered as text, so that a control can say what it could not use.
"""

from contextvars import ContextVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

# Session keys: the page that was opened, what its address held, and the settings of other pages, as plain values.
_PAGE = "link:page"
_ASKED = "link:asked"
_KEPT = "link:kept"
# Characters of a value that are repeated to the visitor; a link can hold half a million.
_SHOWN = 60

# The place for notes and the notes of this script run. Every run has a context of its own.
_place: ContextVar[DeltaGenerator] = ContextVar("place")
_notes: ContextVar[list[str]] = ContextVar("notes")


def begin(path: str) -> None:
    """Remembers the address with which the page at ``path`` was opened, and reserves the place for notes about it."""
    if st.session_state.get(_PAGE) != path:
        _change_page(path)
        st.session_state[_PAGE] = path
        st.session_state[_ASKED] = {key: st.query_params.get_all(key) for key in st.query_params}
    _place.set(st.empty())
    _notes.set([])


def _change_page(path: str) -> None:
    """Puts the settings of the page that is left aside, and those of the page at ``path`` back where they were.

    Pages name the same controls alike, and Streamlit would let the settings of one come along to another.
    """
    kept: dict[str, dict[str, object]] = st.session_state.get(_KEPT, {})
    if _PAGE in st.session_state:
        here_now = [str(key) for key in st.session_state if key not in (_PAGE, _ASKED, _KEPT)]
        kept[st.session_state[_PAGE]] = {key: st.session_state[key] for key in here_now if _is_setting(key)}
        for key in here_now:
            if key not in st.query_params:
                del st.session_state[key]
    for key, value in kept.pop(path, {}).items():
        if key not in st.query_params:
            st.session_state[key] = value
    st.session_state[_KEPT] = kept


def _is_setting(key: str) -> bool:
    """Whether ``key`` is a control with a plain value; buttons and sections cannot be set, the stage has its own."""
    value = st.session_state[key]
    return isinstance(value, str | int | float | list) and not key.startswith(("try_", "edit_", "rule_"))


def here() -> str:
    """The path of the page that is open."""
    path: str = st.session_state[_PAGE]
    return path


def asked(key: str) -> list[str]:
    """What the link gave for ``key``, in its order; empty if it gave nothing."""
    values: list[str] = st.session_state[_ASKED].get(key, [])
    return values


def note(key: str, value: str, problem: str) -> None:
    """Tells the visitor that the link's ``value`` for ``key`` was not used, and what is allowed."""
    _notes.get().append(f"- `{key} = {quoted(value)}`: {problem}")
    heading = "Part of this link could not be used; what is shown instead is the default."
    _place.get().warning("\n".join([heading, "", *_notes.get()]), icon=":material/link_off:")


def quoted(text: str) -> str:
    """``text`` made fit for code within a line of Markdown: one line, no end of the code, not too long."""
    line = "".join(character if character.isprintable() and character != "`" else " " for character in text)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
