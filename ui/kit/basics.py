"""What every control is made of: choices and numbers bound to the link, and notes about what that asked for in vain."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Literal, Protocol, TypeVar

import streamlit as st

from core import outside
from core.formula import FormulaError
from core.formula.words import digits
from ui.kit import share
from ui.kit.limits import MAX_LINKED, MAX_PASTE, MAX_RACERS, MAX_TEXT


class Named(Protocol):
    """Whatever is called by its name."""

    @property
    def name(self) -> str:
        """What a visitor and a link call it."""


# Pixels: the height of a line of chips; of a chip, with the gap behind it, and of a segment what is not their name, and
# a letter; windows for which lines of chips are counted, and what of a window they do not have.
_CHIP, _CHIP_EDGES, _CHIP_LETTER, _SEGMENT_EDGES, _SEGMENT_LETTER = 36, 41, 5.6, 39, 6.7
_WIDTHS, _BESIDE, _BESIDE_EMBEDDED = (800, 1000, 1200, 1280, 1440, 1700, 2000), 480, 160

Choice = TypeVar("Choice")
Made = TypeVar("Made")
Other = TypeVar("Other")
Thing = TypeVar("Thing", bound=Named)


def named(things: Iterable[Thing]) -> dict[str, Thing]:
    """``things`` by their names, to choose from."""
    return {thing.name: thing for thing in things}


def choice(
    label: str,
    options: Mapping[str, Choice],
    key: str,
    default: str = "",
    on_change: Callable[[], None] | None = None,
) -> Choice:
    """The value of one of ``options``; the first unless ``default`` names another."""
    names = list(options)
    share.setting(key, default or names[0], one_of(names), "choose one from the list", called=label)
    index, disabled = names.index(default or names[0]), share.locked(key)
    return options[st.selectbox(label, names, index, key=key, on_change=on_change or "rerun", disabled=disabled)]


def view_control(
    label: str, options: Mapping[str, Choice], key: str, on_change: Callable[[], None] | None = None
) -> Choice:
    """The value of one of a few ``options``, side by side; the first is the default."""
    names = list(options)
    share.setting(key, names[0], one_of(names), f"it is {' or '.join(names)}", called=label)
    segments = sum(_SEGMENT_EDGES + _SEGMENT_LETTER * len(name) for name in names)
    # A label that is wider than what it stands above would be broken.
    width = math.ceil(max(segments, _SEGMENT_LETTER * (len(label) + 1)))
    chosen = st.segmented_control(
        label,
        names,
        default=names[0],
        required=True,
        key=key,
        on_change=on_change,
        width=width,
        disabled=share.locked(key),
    )
    return options[chosen or names[0]]


def chip_control(
    label: str,
    options: Mapping[str, Choice],
    key: str,
    name: Callable[[Choice], str],
    on_change: Callable[[], None] | None = None,
) -> Choice:
    """The value of one of many ``options``, each a chip with its ``name``; the first is the default."""
    keys = list(options)
    share.setting(key, keys[0], one_of(keys), f"it is {' or '.join(keys)}", called=label)
    with chips_row(key, [name(option) for option in options.values()]):
        chosen = st.pills(
            label,
            keys,
            default=keys[0],
            required=True,
            key=key,
            on_change=on_change,
            format_func=lambda one: name(options[one]),
            label_visibility="collapsed",
            disabled=share.locked(key),
        )
    return options[chosen or keys[0]]


@contextmanager
def chips_row(key: str, names: Sequence[str]) -> Iterator[None]:
    """Surrounds chips called ``names``, whose control is called ``key``: from the beginning as high as they will be.

    So nothing moves when they come. On a phone they are one line, which is scrolled.
    """
    rules = [f".st-key-{key}_row {{ min-height: {_CHIP}px; }}"]
    for width in _WIDTHS:
        height = _chip_lines(names, width) * _CHIP
        rules.append(f"@media (min-width: {width}px) {{ .st-key-{key}_row {{ min-height: {height}px; }} }}")
    rules.append(
        f"@media (max-width: {_WIDTHS[0] - 1}px) {{ .st-key-{key}_row {{ overflow-x: auto; }} "
        f".st-key-{key} {{ width: max-content !important; max-width: none !important; }} }}"
    )
    st.html(f"<style>{''.join(rules)}</style>")
    with st.container(key=f"{key}_row"):
        yield


def _chip_lines(names: Sequence[str], window: int) -> int:
    """The lines that chips take in a ``window`` of so many pixels, with the sidebar beside them unless embedded."""
    room, lines, taken = window - (_BESIDE_EMBEDDED if st.context.is_embedded else _BESIDE), 1, 0.0
    for name in names:
        chip = _CHIP_EDGES + _CHIP_LETTER * len(name)
        if taken and taken + chip > room:
            lines, taken = lines + 1, 0.0
        taken += chip
    return lines


def several(
    label: str,
    options: Mapping[str, Choice],
    key: str,
    default: Sequence[str],
    help: str | None = None,
    most: int = MAX_RACERS,
) -> list[Choice]:
    """The values of those of ``options`` that race, in their order and at most ``most``.

    They are at least one, the first of ``default``, unless that is empty.
    """
    share.setting(key, list(default), one_of(options), "choose from the list", most, label)
    chosen = st.multiselect(
        label,
        list(options),
        default=list(default),
        key=key,
        max_selections=most,
        placeholder="Choose at least one" if default else "Choose any",
        help=help,
        # Enter chooses the option that was typed; with a row for all of them it would choose every one that fits.
        select_all=False,
        disabled=share.locked(key),
    )
    if default and not chosen:
        st.caption(f"None is chosen, so {default[0]} runs.")
    # A forged message may repeat a name.
    return [option for name, option in options.items() if name in (chosen or default[:1])][:most]


def number_control(
    label: str,
    key: str,
    low: float,
    high: float,
    default: float,
    whole: bool = False,
    step: float = 0.1,
    help: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> float:
    """A number in ``[low, high]``, typed; ``step`` is what its buttons add, 1 to a ``whole`` one."""
    share.setting(key, float(default), *number_in(low, high, whole), called=label)
    # A float box for whole numbers too: Streamlit's whole-number box raises for a link that says inf.
    step, shape = (1.0, "%.0f") if whole else (step, "%.6g")
    disabled = share.locked(key)
    box = st.number_input(label, low, high, default, step, shape, key=key, help=help, width=width, disabled=disabled)
    return float(box)


def switch(label: str, key: str) -> bool:
    """Whether a switch is on; it is off unless a link says otherwise."""
    _switch_setting(key, label)
    return st.toggle(label, key=key, disabled=share.locked(key))


def fold(label: str, key: str, draw: Callable[[], object], holds: str = "") -> None:
    """A section that a link may open; ``draw`` fills it only while it is open.

    A link that sets any control in it, whose keys begin with ``holds``, opens it too. One that is locked stays open or
    closed, and one that is hidden is not there.
    """
    _switch_setting(key, label)
    if share.locked(key):
        _fixed_fold(label, key, draw)
        return
    if holds and share.arriving_at(holds):
        st.session_state[key] = True
    section = st.expander(label, key=key, on_change="rerun")
    if section.open:
        with section:
            draw()


def _fixed_fold(label: str, key: str, draw: Callable[[], object]) -> None:
    """A fold that cannot be opened or closed, which Streamlit's own cannot be told."""
    if share.hidden(key):
        return
    if not st.session_state[key]:
        st.button(label, key=f"{key}:locked", icon=":material/lock:", disabled=True, width="stretch")
        return
    with st.container(border=True):
        st.markdown(label)
        draw()


def _switch_setting(key: str, label: str) -> None:
    share.setting(key, False, share.read_switch, "it is true or false", called=label)


def last_good(
    prefix: str, key: str, text: str, make: Callable[[str], Made], default: Other, subject: str, instead: str
) -> Made | Other:
    """What ``make`` makes of ``text``, which stands in the box ``key``.

    While it makes nothing of it, that is explained, what it made of the last text that was good stays, and the stage
    whose keys begin with ``prefix`` says so; without one ``default`` is used, which ``instead`` tells.
    """
    good = _good(key)
    try:
        made = make(text)
    except FormulaError as error:
        explain(error)
        kept = st.session_state.get(good)
        if kept is not None:
            instead = f"the last one that could be is still used: {share.quoted(kept)}"
        st.caption(f"Until then {instead}.")
        share.tell_stage(prefix, f"{subject} cannot be read, so {instead}.")
        share.instead(key, kept)
        return default if kept is None else make(kept)
    st.session_state[good] = text
    return made


def good(key: str) -> str | None:
    """The last good text of the box ``key``, if there was one."""
    text: str | None = st.session_state.get(_good(key))
    return text


def forget(key: str) -> None:
    """Forgets the last good text of the box ``key``."""
    st.session_state.pop(_good(key), None)


def _good(key: str) -> str:
    return f"{key}:good"


def explain(error: FormulaError) -> None:
    """Shows what is wrong with a text, where, and what was probably meant."""
    st.error(share.verbatim(error.message), icon=":material/error:")
    _point(error)


def refuse(heading: str, reason: ValueError) -> None:
    """Says that something pasted or typed cannot be used, and why; ``reason`` may repeat what was typed."""
    st.error(heading, icon=":material/error:")
    # As code, in which nothing is markup.
    st.code(str(reason), language=None, wrap_lines=True)
    if isinstance(reason, FormulaError):
        _point(reason)


def _point(error: FormulaError) -> None:
    st.code(error.pointer(), language=None)
    if error.suggestion:
        st.markdown(f"Perhaps {share.quoted(error.suggestion)} was meant.")


def one_of(names: Iterable[str]) -> Callable[[str], str | None]:
    """Reads one of ``names`` from a link."""
    return partial(outside.member, known=frozenset(names))


def number_in(low: float, high: float, whole: bool = False) -> tuple[Callable[[str], float | None], str]:
    """Reads a number in ``[low, high]`` from a link, and what is allowed in words."""
    allowed = f"{'a whole number' if whole else 'a number'} from {digits(low)} to {digits(high)}"
    return partial(outside.written, low=low, high=high, whole=whole), allowed


def whole_in(low: float, high: float) -> tuple[Callable[[str], int | None], str]:
    """``number_in`` for a control that holds whole numbers as such."""
    read, allowed = number_in(low, high, whole=True)
    return lambda text: None if (number := read(text)) is None else int(number), allowed


def asked_number(key: str, low: float, high: float, whole: bool = False) -> list[float]:
    """The last number in ``[low, high]`` that the link gives for ``key``, alone in a list."""
    read, _ = number_in(low, high, whole)
    return [number for text in share.asked(key) if (number := read(text)) is not None][-1:]


def pasted(label: str, key: str, of: str, height: int, placeholder: str, help: str) -> str:
    """What stands in a box for something pasted, ``of`` which a link holds no more than is short."""
    share.setting(key, "", lambda text: text, f"text of {of}", called=label)
    box = st.text_area(
        label,
        key=key,
        height=height,
        max_chars=MAX_PASTE,
        placeholder=placeholder,
        help=help,
        disabled=share.locked(key),
    )
    text = str(box)
    if len(text) > MAX_LINKED:
        share.instead(key, None)
        st.caption(f"This is too long for a link: the link holds the settings but not {of}.")
    return text


def text_setting(key: str, label: str, default: str = "") -> None:
    """Announces a box with this ``label`` for a text of at most ``MAX_TEXT`` characters, called ``key`` in the link."""
    share.setting(
        key,
        default,
        lambda text: text if len(text) <= MAX_TEXT else None,
        f"a text has at most {digits(MAX_TEXT)} characters",
        called=label,
    )
