"""The link of a page: what every control that is not at its default is set to, under the control's key.

``setting`` announces each control just before it is drawn, and reads the link for it. At the end of a run the link is
written from the values of all controls that were announced, and put into the address. Nothing else reads or writes the
address: Streamlit's own binding loses controls that move on the page, and ``st.query_params`` makes an entry in the
browser's history each time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.formula.words import digits
from ui.kit import codec
from ui.kit.codec import Link
from ui.kit.history import NOTHING, History, back, changed, forward
from ui.kit.limits import MAX_LINK

Setting = str | float | bool | list[str]

FIELDS = LOCK, HIDE, TASK, PROJECTOR = "lock", "hide", "task", "projector"
"""What a teacher's link says of the whole page: keys of controls that stay as it sets them, of such that are not even
drawn, a task for those who open it, and whether the page is set for a projector."""

# Session keys. The page that is open; what its link asked for, as plain text, the keys of that which no control has had
# yet, those that it locks and no control has had yet, and notes about what could not be used; and where on the page to
# go.
_PAGE = "link:page"
_ASKED = "link:asked"
_UNUSED = "link:unused"
_UNLOCKED = "link:unlocked"
_NOTES = "link:notes"
_AT = "link:at"
# The keys of the controls that were set since the last run; and those of all controls, by the parts that drew them.
_CHANGED = "link:changed"
_DRAWN = "link:drawn"
# The controls of the page that is open, drawn now or before: what each is called, by its key.
_CALLED = "link:called"
# By the path of each page: what its controls were last set to, drawn now or not, and its link; and the link of the page
# that is open, by the parts of the page that can run by themselves.
_KEPT = "link:kept"
_LINKS = "link:links"
_PARTS = "link:parts"
_WRITTEN = "link:written"
# By the path of each page that has buttons for it, what was changed there; what these buttons offered when they were
# drawn; and the link to be followed by the next run, of which page.
_HISTORIES = "link:histories"
_OFFERED = "link:offered"
_FOLLOWED = "link:followed"
# What the browser is to remember as done.
_DONE = "link:done"
# Characters that are repeated to the visitor, and notes; a link can hold half a million and a thousand.
_LONGEST = 80
_MOST_NOTES = 100
# Controls that a link may lock, and characters of a task: a sentence or two.
_MOST_LOCKED, MAX_TASK = 100, 300
# What sites and mailing lists add to any link that is shared on them begins like this, and nobody meant it for a page.
_ADDED = ("utm_", "fbclid", "gclid", "igshid", "mc_", "msclkid")

# Streamlit sends a component's code again with every change of its data. So the code, which does not change, is a
# component of its own.
_code = st.components.v2.component(
    "gradient_descent_address_code",
    js="".join(Path(__file__).with_name(name).read_text() for name in ("memory.js", "address.js")),
    isolate_styles=False,
)
_address = st.components.v2.component(
    "gradient_descent_address",
    js="""export default function ({ data }) {
  const address = (window.gradientDescentAddress ??= {});
  if (address.show) address.show(data);
  else address.early = data;
}""",
    isolate_styles=False,
)


@dataclass
class _Part:
    """The controls drawn in a part of a page: the default of each, and what the link says in place of its value.

    With what each is ``called``, also in the parts ``within`` it, and the links of those, by their names from the
    outermost inwards.
    """

    defaults: dict[str, Setting] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    instead: dict[str, Setting | None] = field(default_factory=dict)
    within: dict[tuple[str, ...], Link] = field(default_factory=dict)


@dataclass
class _Run:
    """A run of a whole page.

    ``slot`` is the place for notes, ``first`` says whether it is the first since the page was gone to, and ``anew``
    whether the page shows just what its link says.
    """

    slot: DeltaGenerator
    first: bool
    anew: bool


_run: ContextVar[_Run | None] = ContextVar("run", default=None)
# The part that is drawn.
_drawn: ContextVar[_Part | None] = ContextVar("drawn", default=None)
# What controls have to say where the picture is, by the prefix of its keys.
_sentences: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar("sentences", default=MappingProxyType({}))


def begin(path: str, address: object = None) -> None:
    """Reads the link with which the page at ``path`` was opened, and reserves the place for notes about it.

    ``address`` is the query that a browser says its address has by now, believed where nothing else is known.
    """
    now = st.session_state
    context = get_script_run_ctx()
    returned = context is not None and context.is_history_navigation
    followed = now.pop(_FOLLOWED, {}).get(path)
    if isinstance(address, str) and _PAGE not in now:
        fields = parse_qs(address.removeprefix("?"), keep_blank_values=True)
        followed = {key: values for key, values in fields.items() if not key.startswith("embed")}
    anew, first = False, now.get(_PAGE) != path or returned or followed is not None
    if first:
        now[_PAGE] = path
        asked = {key: st.query_params.get_all(key) for key in st.query_params} if followed is None else followed
        now[_AT] = asked.pop("at", [""])[-1]
        packed = asked.pop(codec.PACKED, [])
        found = codec.unpacked(packed[-1]) if packed else {}
        asked |= found or {}
        kept, links = now.setdefault(_KEPT, {}), now.setdefault(_LINKS, {})
        # From the menu a page comes as it was left; a link says all there is to say.
        anew = (bool(asked) or returned or path not in links or followed is not None) and asked != links.get(path)
        damaged = "the rest of this link is cut off or damaged"
        now[_NOTES] = [_note(codec.PACKED, packed[-1], damaged)] if found is None else []
        now[_UNUSED] = {key for key in asked if anew and not key.startswith(_ADDED)}
        if anew:
            kept[path] = asked
        now[_ASKED] = dict(kept[path])
        # Their keys are the same on every page.
        for key in FIELDS:
            now.pop(key, None)
        now[_CALLED] = {}
    now.pop(_CHANGED, None)
    _run.set(_Run(st.empty(), first, anew))
    _drawn.set(_Part())
    _announce_fields()
    if first:
        now[_UNLOCKED] = {*now[LOCK], *now[HIDE]} if anew else set()


def _announce_fields() -> None:
    """Announces what a teacher's link says of the whole page."""

    def key(text: str) -> str | None:
        known = re.fullmatch(r"\w{1,80}", text) and text not in FIELDS
        return text if known else None

    for name in (LOCK, HIDE):
        setting(name, [], key, "it is the name of a control", _MOST_LOCKED)
    task = f"a text of at most {MAX_TASK} characters"
    setting(TASK, "", lambda text: text if len(text) <= MAX_TASK else None, task)
    setting(PROJECTOR, False, read_switch, "it is true or false")


def read_switch(text: str) -> bool | None:
    """Reads true or false from a link."""
    return {"true": True, "false": False}.get(text.lower())


def end() -> None:
    """Writes the link, and tells the visitor what of the link that was asked for could not be used."""
    run, page = _run.get(), _drawn.get()
    if run is None or page is None:
        raise RuntimeError("A page ends that has not begun.")
    _code(key="address_code", height=1)
    _write({(): _keep(page), **page.within}, "")
    now = st.session_state
    unknown = "no control on this page, as it is now, has this name"
    notes = [*now[_NOTES], *(_note(key, now[_ASKED][key][-1], unknown) for key in sorted(now[_UNUSED]))]
    notes += [_note(HIDE if key in now[HIDE] else LOCK, key, unknown) for key in sorted(now[_UNLOCKED])]
    now[_CALLED] = now[_CALLED] | page.called
    length = len(codec.query(link()))
    if not notes and length <= MAX_LINK:
        run.slot.empty()
    else:
        with run.slot.container():
            _tell(notes, length)
    # The next run of this thread may be that of a fragment by itself.
    _run.set(None)
    _drawn.set(None)
    _offer_anew()


def abandoned() -> tuple[str, Link]:
    """Ends a run that has failed: its page, and the link of what it was to show, as far as its controls were drawn."""
    now, drawn = st.session_state, _drawn.get() or _Part()
    values = {key: now[key] for key in drawn.defaults if key in now}
    page = now.get(_PAGE, "")
    kept: Link = now.get(_KEPT, {}).get(page, {})
    _run.set(None)
    _drawn.set(None)
    return page, {key: texts for key, texts in kept.items() if key not in values} | encode(values, drawn.defaults)


def _tell(notes: list[str], length: int) -> None:
    """What of the link could not be used, and that the link of the page, of ``length`` characters, is too long."""
    if notes:
        heading = "Part of this link could not be used; the controls show what is used instead."
        more = [f"- … and {len(notes) - _MOST_NOTES} more."] if len(notes) > _MOST_NOTES else []
        st.warning("\n".join([heading, "", *notes[:_MOST_NOTES], *more]), icon=":material/link_off:")
    if length > MAX_LINK:
        st.info(
            f"The link of this page has {digits(length)} characters, and beyond {digits(MAX_LINK)} some programs "
            "cut a link off. A file keeps all of it: see “Keep this laboratory”.",
            icon=":material/link_off:",
        )


@contextmanager
def part(name: str) -> Iterator[None]:
    """Surrounds what is drawn by a fragment, called ``name`` on its page and nowhere else on it.

    When the fragment runs by itself, its settings take the place in the link of those that it had before.
    """
    around, mine, now = _drawn.get(), _Part(), st.session_state
    beyond = not now.pop(_CHANGED, set()) <= now.get(_DRAWN, {}).get(name, frozenset())
    if around is None and (beyond or _FOLLOWED in now):
        st.rerun()
    token = _drawn.set(mine)
    try:
        yield
    finally:
        _drawn.reset(token)
    if around is not None:
        around.called |= mine.called
    now[_DRAWN] = {**now.get(_DRAWN, {}), name: frozenset(mine.called)}
    now[_CALLED] = now.get(_CALLED, {}) | mine.called
    links = {(name,): _keep(mine), **{(name, *path): link for path, link in mine.within.items()}}
    if around is not None:
        around.within.update(links)
        return
    before: dict[tuple[str, ...], Link] = now[_PARTS]
    (outer,) = {path[: path.index(name)] for path in before if name in path} or {()}
    others = {path: link for path, link in before.items() if name not in path}
    _write(others | {(*outer, *path): link for path, link in links.items()}, name)
    _offer_anew()


def arriving() -> bool:
    """Whether this is the first run since the open page was gone to."""
    run = _run.get()
    return run is not None and run.first


def arriving_at(prefix: str) -> bool:
    """Whether this is the first run since a link was followed that sets a control whose key begins with ``prefix``."""
    run = _run.get()
    return run is not None and run.anew and any(key.startswith(prefix) for key in st.session_state[_ASKED])


def said(key: str) -> bool:
    """Whether the control ``key`` of the open page, drawn or not, was ever set to what is not its default."""
    return key in st.session_state[_KEPT][here()]


def setting(
    key: str,
    default: Setting,
    read: Callable[[str], Setting | None],
    allowed: str,
    most: int = 1,
    called: str = "",
) -> None:
    """Announces the control ``key``, which is drawn next: sets it to what the link or its last value says.

    ``read`` makes a value of a text of the link, ``None`` of one that does not fit, and ``allowed`` says what does. A
    list of up to ``most`` values has a list for its ``default``. What the control is ``called`` is offered to teachers,
    who may lock it: then it is what the link says, whoever has set it to anything else.
    """
    several = isinstance(default, list)
    now, run = st.session_state, _run.get()
    # What the link said was said of the other settings as the link had them.
    if key in now.get(_UNUSED, ()):
        now[_UNUSED].discard(key)
        texts = asked(key)
        unfit = [text for text in texts if read(text) is None and not (several and texts == [""])]
        now[_NOTES].extend(_note(key, text, allowed) for text in unfit)
        if len(texts) > most:
            often = "once" if most == 1 else f"{most} times"
            now[_NOTES].append(_note(key, texts[-1], f"it may be given {often}"))
    now.get(_UNLOCKED, set()).discard(key)
    if key not in now or locked(key) or (run is not None and run.anew):
        now[key] = _read(now.get(_KEPT, {}).get(now.get(_PAGE), {}).get(key), default, read, most)
    else:
        # Another setting may have taken away what this one stood at, or a forged message.
        believed = _believed(now[key], default, read, most)
        if now[key] != believed:
            now[key] = believed
    if (drawn := _drawn.get()) is not None:
        drawn.defaults[key] = default
        drawn.called[key] = drawn.called.get(key) or called
    if hidden(key):
        # It takes no room, nor does the row that some controls keep for themselves.
        st.html(f"<style>.st-key-{key}, .st-key-{key}_row {{ display: none; }}</style>")


def fields(
    task: str = "", lock: Sequence[str] = (), hide: Sequence[str] = (), projector: bool = False
) -> dict[str, Setting]:
    """The settings by which a teacher's link says these things of the whole page; none of what it does not say."""
    said: dict[str, Setting] = {TASK: task, LOCK: [*lock], HIDE: [*hide], PROJECTOR: projector}
    return {name: value for name, value in said.items() if value}


def locked(key: str) -> bool:
    """Whether the control ``key`` of the open page stays as the link sets it."""
    return key in st.session_state.get(LOCK, ()) or hidden(key)


def hidden(key: str) -> bool:
    """Whether the control ``key`` of the open page is locked and not even to be seen."""
    return key in st.session_state.get(HIDE, ())


def called() -> Mapping[str, str]:
    """What the controls of the open page are called, by their keys; empty where that is not offered."""
    drawn = _drawn.get()
    return {**st.session_state[_CALLED], **(drawn.called if drawn is not None else {})}


def _read(texts: list[str] | None, default: Setting, read: Callable[[str], Setting | None], most: int) -> Setting:
    """The value that ``texts`` give a control, as ``encode`` wrote it."""
    if texts is None:
        return default
    values = [value for text in texts if (value := read(text)) is not None]
    if isinstance(default, list):
        return [*dict.fromkeys(map(str, values))][:most] if values or texts == [""] else default
    return values[-1] if values else default


def _believed(value: Any, default: Setting, read: Callable[[str], Setting | None], most: int) -> Setting:
    """``value``, which a widget gave, if it is of the kind of ``default`` and ``read`` knows it; else ``default``.

    Of a list, those of its texts that are known, each once.
    """
    if isinstance(default, list):
        if not isinstance(value, list):
            return default
        texts = dict.fromkeys(text for text in value if isinstance(text, str))
        return [text for text in texts if read(text) is not None][:most]
    alike = all(isinstance(value, kind) == isinstance(default, kind) for kind in (str, bool))
    known = alike and isinstance(value, str | int | float) and read(*_texts(value)) is not None
    return value if known else default


def instead(key: str, value: Setting | None) -> None:
    """Has the link say ``value`` of the control ``key``, whose own is not what is used; nothing if it is ``None``."""
    if (drawn := _drawn.get()) is not None:
        drawn.instead[key] = value


def encode(settings: Mapping[str, Setting], defaults: Mapping[str, Setting] = MappingProxyType({})) -> Link:
    """The link that says ``settings``, without those that are what ``defaults`` says."""
    return {
        key: _texts(value)
        for key, value in settings.items()
        if key not in defaults or _texts(value) != _texts(defaults[key])
    }


def _texts(value: Setting) -> list[str]:
    if isinstance(value, list):
        return value or [""]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [value if isinstance(value, str) else number_text(value)]


def number_text(number: float) -> str:
    """``number`` as it stands on a slider and in a link: short, and read back to the very same number."""
    short = f"{number:.6g}"
    return short if float(short) == number else repr(number)


def _keep(drawn: _Part) -> Link:
    """The link of a part of the open page, whose settings are what its controls come back with."""
    now = st.session_state
    values: dict[str, Setting] = {key: now[key] for key in drawn.defaults}
    kept = {key: texts for key, texts in now[_KEPT][here()].items() if key not in values}
    now[_KEPT] = {**now[_KEPT], here(): kept | encode(values, drawn.defaults)}
    used = {key: value for key, value in (values | drawn.instead).items() if value is not None}
    return encode(used, drawn.defaults)


def _write(parts: dict[tuple[str, ...], Link], name: str) -> None:
    """Puts the link of the open page into the address, from the part ``name``."""
    now = st.session_state
    link = {key: texts for settings in parts.values() for key, texts in settings.items()}
    now[_PARTS] = parts
    # In place, for whoever waits to read it later.
    now[_LINKS][now[_PAGE]] = link
    # A count, so that the browser is told after every run.
    now[_WRITTEN] = now.get(_WRITTEN, 0) + 1
    at = now.pop(_AT, "")
    histories: Mapping[str, History] = now.get(_HISTORIES, {})
    if here() in histories:
        now[_HISTORIES] = {**histories, here(): changed(histories[here()], codec.readable(link), monotonic())}
    data = {"query": codec.query(link), "written": now[_WRITTEN], "done": now.pop(_DONE, [])}
    _address(data=data | ({"at": at} if re.fullmatch(r"[\w-]{1,80}", at) else {}), key=f"address_{name}", height=1)


def done(key: str) -> None:
    """Has the reader's browser, and nobody else, remember that ``key`` was done."""
    st.session_state[_DONE] = [*st.session_state.get(_DONE, []), key]


def link() -> Link:
    """The link of the open page as it was last written."""
    settings: Link = st.session_state[_LINKS].get(here(), {})
    return settings


def later() -> Callable[[], Link]:
    """Gives the link of the page that is open now, whenever it is called, also outside of a run."""
    links, page = st.session_state[_LINKS], here()
    return lambda: links.get(page, {})


def follow(settings: Link) -> None:
    """Has the open page show what the link ``settings`` says; what it does not speak of goes to its default.

    What the page's own link has locked stays.
    """

    def fixed(link: Link) -> Link:
        return {key: texts for key, texts in link.items() if key in (LOCK, HIDE, TASK) or locked(key)}

    kept, own = st.session_state[_KEPT][here()], fixed(settings)
    free = {key: texts for key, texts in settings.items() if key not in own}
    st.session_state[_FOLLOWED] = {here(): free | fixed(kept)}


def length_with(settings: Mapping[str, Setting]) -> int:
    """The characters of the link as it was last written, with ``settings`` in the place of its own."""
    return len(codec.query(link() | encode(settings)))


def offer() -> tuple[bool, bool]:
    """Whether there is a change of the open page to take back, and one to make again; buttons for it are drawn next.

    From then on changes are kept.
    """
    now = st.session_state
    history: History = now.setdefault(_HISTORIES, {}).setdefault(here(), NOTHING)
    offered = bool(history.past), bool(history.future)
    now[_OFFERED] = {here(): offered}
    return offered


def take_back() -> None:
    """Has the open page show what it showed before its last change."""
    _retrace(back)


def make_again() -> None:
    """Has the open page show what it showed before that was taken back."""
    _retrace(forward)


def _retrace(move: Callable[[History], History]) -> None:
    now = st.session_state
    # A forged message may press the buttons of another page.
    if here() not in now.get(_HISTORIES, {}):
        return
    history = move(now[_HISTORIES][here()])
    now[_HISTORIES] = {**now[_HISTORIES], here(): history}
    follow(parse_qs(history.present, keep_blank_values=True))


def _offer_anew() -> None:
    """Draws the page once more if the buttons for its history were drawn before the first change that they are for."""
    now = st.session_state
    offered = now.get(_OFFERED, {}).get(here())
    if offered is not None and offered != offer():
        st.rerun()


def here() -> str:
    """The path of the page that is open."""
    path: str = st.session_state[_PAGE]
    return path


def asked(key: str) -> list[str]:
    """What the link gave for the control ``key``, in its order; empty if it gave nothing."""
    values: list[str] = st.session_state[_ASKED].get(key, [])
    return values


def ask(settings: Mapping[str, Setting], at: str = "") -> None:
    """Sets controls of the open page, drawn now or not, as a link would that says ``settings`` and leads to ``at``.

    The whole page runs then, unless the part of it that runs has drawn them all. Those that are locked stay.
    """
    now = st.session_state
    settings = {key: value for key, value in settings.items() if not locked(key)}
    now[_CHANGED] = now.get(_CHANGED, set()) | settings.keys()
    now.update(settings)
    link = encode(settings)
    now[_ASKED] = now[_ASKED] | link
    now[_KEPT] = {**now[_KEPT], here(): now[_KEPT][here()] | link}
    now[_AT] = at


def _note(key: str, value: str, problem: str) -> str:
    """That the link's ``value`` for ``key`` was not used, and what is allowed."""
    return f"- {quoted(f'{key} = {value}')}: {problem}"


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
