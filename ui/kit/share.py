"""The link of a page: what it asked for when the page was opened, and what of that could not be used.

Streamlit binds widgets to the address and drops values that do not fit without a word. Here the address with which a
page was opened is remembered as text, so that a control can say what it could not use.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Setting = str | int | float | list[str]

# Session keys: the page that was opened, and what its address held, as plain text.
_PAGE = "link:page"
_ASKED = "link:asked"
# Characters that are repeated to the visitor; a link can hold half a million.
_LONGEST = 80

# The place for notes and the notes of this script run. Every run has a context of its own.
# A fragment that runs by itself has no place for notes; what there was to say was said when the page was opened.
_slot: ContextVar[DeltaGenerator | None] = ContextVar("slot", default=None)
_notes: ContextVar[list[str]] = ContextVar("notes")
# What controls have to say where the picture is, by the prefix of its keys.
_sentences: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar("sentences", default=MappingProxyType({}))


def begin(path: str) -> None:
    """Remembers the address with which the page at ``path`` was opened, and reserves the place for notes about it."""
    if st.session_state.get(_PAGE) != path:
        st.session_state[_PAGE] = path
        st.session_state[_ASKED] = {key: st.query_params.get_all(key) for key in st.query_params}
    _slot.set(st.empty())
    _notes.set([])


def as_link(settings: Mapping[str, Setting]) -> dict[str, str | list[str]]:
    """``settings`` as the fields of a link."""
    return {key: value if isinstance(value, str | list) else number_text(value) for key, value in settings.items()}


def number_text(number: float) -> str:
    """``number`` as it stands on a slider and in a link: short, and read back to the very same number."""
    short = f"{number:.6g}"
    return short if float(short) == number else repr(number)


def here() -> str:
    """The path of the page that is open."""
    path: str = st.session_state[_PAGE]
    return path


def asked(key: str) -> list[str]:
    """What the link gave for ``key``, in its order; empty if it gave nothing."""
    values: list[str] = st.session_state[_ASKED].get(key, [])
    return values


def ask(settings: Mapping[str, Setting]) -> None:
    """Sets the controls of the open page to ``settings``, which then count as asked for by its link."""
    st.session_state.update(settings)
    asked_for = {key: value if isinstance(value, list) else [value] for key, value in as_link(settings).items()}
    st.session_state[_ASKED] = {**st.session_state[_ASKED], **asked_for}


def note(key: str, value: str, problem: str) -> None:
    """Tells the visitor that the link's ``value`` for ``key`` was not used, and what is allowed."""
    slot = _slot.get()
    if slot is None:
        return
    _notes.get().append(f"- {quoted(f'{key} = {value}')}: {problem}")
    heading = "Part of this link could not be used; the controls show what is used instead."
    slot.warning("\n".join([heading, "", *_notes.get()]), icon=":material/link_off:")


def quoted(text: str) -> str:
    """``text`` as code within a line of Markdown, in which nothing is markup: one line, and not too long."""
    line = "".join(character if character.isprintable() and character != "`" else " " for character in text)
    return f"`{line}`" if len(line) <= _LONGEST else f"`{line[:_LONGEST]}…`"


def verbatim(text: str) -> str:
    """``text`` as Markdown that shows it as it is, with a backslash before every sign that could be markup."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def tell_stage(prefix: str, sentence: str) -> None:
    """Has the stage whose keys begin with ``prefix`` say ``sentence`` above its picture in this run."""
    sentences = _sentences.get()
    _sentences.set({**sentences, prefix: (*sentences.get(prefix, ()), sentence)})


def stage_sentences(prefix: str) -> tuple[str, ...]:
    """What was left for the stage whose keys begin with ``prefix``."""
    return _sentences.get().get(prefix, ())
