"""What every control is made of: a choice bound to the link, and a note about what the link asked for in vain."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from core.formula import FormulaError
from ui import share

Choice = TypeVar("Choice")


def choice(
    label: str, options: Sequence[str], default: str, key: str, on_change: Callable[[], None] | None = None
) -> str:
    """One of ``options``."""
    check_asked(key, lambda text: text in options, "choose one from the list")
    chosen: str = st.selectbox(
        label, options, options.index(default), key=key, on_change=on_change or "rerun", bind="query-params"
    )
    return chosen


def view_control(
    label: str, options: Mapping[str, Choice], key: str, on_change: Callable[[], None] | None = None
) -> Choice:
    """The value of one of a few ``options``, side by side; the first is the default."""
    names = list(options)
    check_asked(key, lambda text: text in names, f"it is {' or '.join(names)}")
    chosen = st.segmented_control(
        label,
        names,
        default=names[0],
        required=True,
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
        bind="query-params",
    )
    return options[chosen or names[0]]


def explain(error: FormulaError) -> None:
    """Shows what is wrong with a text, where, and what was probably meant."""
    st.error(error.message, icon=":material/error:")
    st.code(error.pointer(), language=None)
    if error.suggestion:
        st.markdown(f"Perhaps {share.quoted(error.suggestion)} was meant.")


def refuse(heading: str, reason: str) -> None:
    """Says that something pasted or typed cannot be used, and why; ``reason`` may repeat what was typed."""
    st.error(heading, icon=":material/error:")
    # As code, in which nothing is markup.
    st.code(reason, language=None, wrap_lines=True)


def within(low: float, high: float, whole: bool = False) -> Callable[[str], bool]:
    """Whether a text is a number in ``[low, high]``, and a whole one if it must be."""

    def fits(text: str) -> bool:
        try:
            return low <= float(text) <= high and (not whole or float(text).is_integer())
        except ValueError:
            return False

    return fits


def check_asked(key: str, fits: Callable[[str], bool], problem: str, most: int = 1) -> None:
    """Notes each value that the link gave for ``key`` and that does not fit."""
    for text in share.asked(key):
        if not fits(text):
            share.note(key, text, problem)
    if len(share.asked(key)) > most:
        share.note(key, share.asked(key)[-1], f"it may be given {'once' if most == 1 else f'{most} times'}")
