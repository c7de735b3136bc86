"""A teacher's link of a page: its settings as they are, some of them fixed or hidden, with a task and a question."""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.formula.words import digits
from ui.controls import fold
from ui.kit import share
from ui.kit.codec import Link
from ui.kit.elements import prose
from ui.kit.limits import MAX_LINK
from ui.kit.places import MAX_SCANNED, address, qr_code, reach
from ui.navigation import Page
from ui.stage.asking import offers

# Pixels of a QR code that is read across a room.
_CODE = 360


def classroom_fold(page: Page) -> None:
    """A teacher's tools for ``page``: a link of it as it is set, and the way to show it on a projector."""
    fold("For the classroom: a link with a task, a projector", page.classroom, lambda: _tools(page))


def _tools(page: Page) -> None:
    # The button stands outside of the fragment, because it changes the whole page.
    st.button(
        "Show this page on a projector",
        key=_key(page, "project"),
        icon=":material/present_to_all:",
        help="Without the sidebar, in large type. The picture takes the keys: ← and → step, space plays, R goes back "
        "to the start, Esc leaves.",
        on_click=share.ask,
        args=({share.PROJECTOR: True},),
    )
    _builder(page)


@st.fragment
def _builder(page: Page) -> None:
    prose(
        "A link opens this page just as it is set now. Here you decide what else it does. What is fixed can be seen "
        "but not changed; that is a courtesy to your students and not security, for anyone can edit an address."
    )
    names = _names(share.called())
    fixed, away = st.columns(2)
    with fixed:
        locked = _choose("Fix these controls", names, _key(page, "lock"), share.LOCK)
    with away:
        hidden = _choose("Hide these, fixed as they are", names, _key(page, "hide"), share.HIDE)
    # A page that was opened by such a link is where the next one begins.
    st.session_state.setdefault(_key(page, "task"), st.session_state[share.TASK])
    task = st.text_input(
        "Task, shown at the top",
        key=_key(page, "task"),
        max_chars=share.MAX_TASK,
        placeholder="Find the largest learning rate at which this run still arrives.",
    )
    questions = _questions(names)
    asked = None
    if questions:
        asked = st.selectbox(
            "Ask first",
            [*questions],
            None,
            format_func=lambda one: questions[one],
            key=_key(page, "ask"),
            placeholder="Nothing is asked before the run is played",
        )
    with st.container(horizontal=True):
        clocks = _clocks(names)
        paused = bool(clocks) and st.toggle("Start paused, before the first step", key=_key(page, "paused"))
        projector = st.toggle("Open on a projector", key=_key(page, "projector"))
    settings: dict[str, share.Setting] = {
        **(dict.fromkeys(clocks, "0") if paused else {}),
        **({asked[0]: asked[1]} if asked else {}),
        **share.fields(task if task.strip() else "", locked, hidden, projector),
    }
    link, kept = teachers_link(share.link(), page, settings), _key(page, "made")
    if st.button("Make the link", key=_key(page, "make"), type="primary", icon=":material/link:"):
        st.session_state[kept] = link
    if (made := st.session_state.get(kept)) is not None:
        link_panel(address(page.path, share.here(), made))
        if made != link:
            st.caption("Something was changed since this link was made. Make it again to have that in it.")


def teachers_link(link: Link, page: Page, settings: Mapping[str, share.Setting]) -> Link:
    """``link`` of ``page`` with the ``settings`` of a teacher, and nothing of an earlier teacher's."""
    left = {key: texts for key, texts in link.items() if key not in (*share.FIELDS, page.classroom)}
    return left | share.encode(settings)


def link_panel(link: str) -> None:
    """``link`` to copy, how long it is and whom it reaches, and as a QR code if it is short enough."""
    st.code(link, language=None, wrap_lines=True)
    length = f"{digits(len(link))} characters."
    if len(link) > MAX_LINK:
        length = f"{length} Some programs cut a link off beyond {digits(MAX_LINK)}."
    st.caption(f"{length} {reach(link)}")
    if len(link) > MAX_SCANNED:
        st.caption(f"A QR code is read from a wall up to {digits(MAX_SCANNED)} characters, so there is none.")
    else:
        st.image(qr_code(link), width=_CODE, alt="QR code of the link")


def _key(page: Page, name: str) -> str:
    return f"{page.prefix}class_{name}"


def _names(called: Mapping[str, str]) -> dict[str, str]:
    """What each control is called, by its key; where several have one name, with the key."""
    # Streamlit's lists show formulas as they are written.
    names = {key: name.partition(" $")[0] for key, name in called.items()}
    counts = Counter(names.values())
    return {
        key: f"{name} ({key})" if counts[name] > 1 else name for key, name in names.items() if key not in share.FIELDS
    }


def _choose(label: str, names: Mapping[str, str], key: str, field: str) -> list[str]:
    """Some of the controls called ``names``; at first those that the ``field`` of the page's own link names."""
    offered = [name for name in names if names[name]]
    kept: Sequence[str] = st.session_state.get(key, st.session_state[field])
    # A control may have gone since it was chosen.
    st.session_state[key] = [name for name in kept if name in offered]
    return list(st.multiselect(label, offered, format_func=lambda one: names[one], key=key, placeholder="None"))


def _questions(names: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """What the stages of the page can ask now, by the key of the control and of the question."""
    now = st.session_state
    return {(key, one): text for key in names for one, text in now.get(offers(key), {}).items()}


def _clocks(names: Mapping[str, str]) -> list[str]:
    """The keys of the controls in which the stages of the page keep their steps."""
    return [key for key in names if key.endswith("t") and f"{key[:-1]}stage:seen" in st.session_state]
