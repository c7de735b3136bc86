"""The link of a page: what it asked for when the page was opened, and what of that could not be used.

Streamlit binds widgets to the address and drops values that do not fit without a word. Here the address with which a
page was opened is remembered as text, so that a control can say what it could not use, and the end of the page what no
control asked for.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Setting = str | int | float | list[str]

# Session keys: the page that was opened, what its address held, as plain text, and the keys of that which no control
# has had yet.
_PAGE = "link:page"
_ASKED = "link:asked"
_UNUSED = "link:unused"
# Characters that are repeated to the visitor, and notes; a link can hold half a million and a thousand.
_LONGEST = 80
_MOST_NOTES = 100
# What sites and mailing lists add to any link that is shared on them begins like this, and nobody meant it for a page.
_ADDED = ("utm_", "fbclid", "gclid", "igshid", "mc_", "msclkid")

# The place for notes and the notes of this script run. Every run has a context of its own.
# A fragment that runs by itself has no place for notes; what there was to say was said when the page was opened.
_slot: ContextVar[DeltaGenerator] = ContextVar("slot")
_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)
# What controls have to say where the picture is, by the prefix of its keys.
_sentences: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar("sentences", default=MappingProxyType({}))


def begin(path: str) -> None:
    """Remembers the address with which the page at ``path`` was opened, and reserves the place for notes about it."""
    if st.session_state.get(_PAGE) != path:
        st.session_state[_PAGE] = path
        st.session_state[_ASKED] = {key: st.query_params.get_all(key) for key in st.query_params}
        st.session_state[_UNUSED] = {key for key in st.session_state[_ASKED] if not key.startswith(_ADDED)}
    _slot.set(st.empty())
    _notes.set([])


def end() -> None:
    """Tells the visitor what of the link could not be used: the notes of the controls, and keys that none had."""
    for key in sorted(st.session_state[_UNUSED]):
        note(key, st.session_state[_ASKED][key][-1], "no control on this page, as it is now, has this name")
    notes = _notes.get()
    if not notes:
        return
    heading = "Part of this link could not be used; the controls show what is used instead."
    more = [f"- … and {len(notes) - _MOST_NOTES} more."] if len(notes) > _MOST_NOTES else []
    _slot.get().warning("\n".join([heading, "", *notes[:_MOST_NOTES], *more]), icon=":material/link_off:")


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
    """What the link gave for the control ``key``, in its order; empty if it gave nothing."""
    st.session_state[_UNUSED].discard(key)
    values: list[str] = st.session_state[_ASKED].get(key, [])
    return values


def ask(settings: Mapping[str, Setting]) -> None:
    """Sets the controls of the open page to ``settings``, which then count as asked for by its link."""
    st.session_state.update(settings)
    asked_for = {key: value if isinstance(value, list) else [value] for key, value in as_link(settings).items()}
    st.session_state[_ASKED] = {**st.session_state[_ASKED], **asked_for}


def note(key: str, value: str, problem: str) -> None:
    """Notes that the link's ``value`` for ``key`` was not used, and what is allowed; ``end`` tells the visitor."""
    notes = _notes.get()
    if notes is not None:
        notes.append(f"- {quoted(f'{key} = {value}')}: {problem}")


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
