"""What a reader's browser remembers of the guide: asked for on the spot, believed with care, and forgotten on demand.

It is kept in that browser alone (``ui/kit/memory.js``). A page that shows some of it asks; the server keeps nothing
beyond the visit.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import streamlit as st

from core import outside
from core.evidence.claims import CLAIMS
from core.formula.words import counted, listed
from core.lessons.missions import MISSIONS
from core.lessons.predictions import PREDICTIONS
from core.lessons.tour import STOPS
from ui import navigation
from ui.kit.codec import Link
from ui.kit.elements import sent
from ui.kit.limits import MAX_LINK
from ui.navigation import Page

# Session keys: what was last sent, as it came, and how often the browser was told to forget.
_SENT, _FORGOTTEN = "memory:sent", "memory:forgotten"
# Characters of everything that can be remembered, with room to spare.
_MOST = 50_000
_FIELDS = 500
# Pixels of the line on the home page, which comes later than its page.
_LINE = 40

# It speaks once when a page asks, and only if it has something new to say.
_browser = st.components.v2.component(
    "gradient_descent_memory",
    js="""export default function ({ data, parentElement, setStateValue }) {
  const speak = (patience) => {
    const address = window.gradientDescentAddress;
    if (!address?.kept) {
      if (patience) setTimeout(speak, 100, patience - 1);
      return;
    }
    if (data.forget > (address.forgotten ?? 0)) {
      address.forgotten = data.forget;
      address.forget();
      return;
    }
    const text = address.kept();
    if (parentElement.dataset.spoke || !text || text === data.known) return;
    parentElement.dataset.spoke = "once";
    setStateValue("kept", text);
  };
  speak(100);
}""",
    isolate_styles=False,
)


@dataclass(frozen=True)
class Memory:
    """The keys of what was done, the page that was last open and its link, and the last stop of the tour, 0 if none."""

    claims: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    missions: frozenset[str] = frozenset()
    page: Page | None = None
    link: Link = field(default_factory=dict)
    stop: int = 0


def believed_memory(raw: Any) -> Memory:
    """What of ``raw``, which a browser sent and which may hold anything, can be true; nothing of anything else."""
    if not isinstance(raw, str) or len(raw) > _MOST:
        return Memory()
    try:
        kept = outside.json_value(raw)
    except ValueError:
        return Memory()
    done = outside.part(kept, "done")
    keys = {key for key in done if isinstance(key, str)} if isinstance(done, list) else set()
    page, link = _believed_last(outside.part(kept, "last"))
    return Memory(
        frozenset(key for key in CLAIMS if f"claim_{key}" in keys),
        frozenset(key for key in PREDICTIONS if f"ask_{key}" in keys),
        frozenset(key for key in MISSIONS if f"mission_{key}" in keys),
        page,
        link,
        outside.index(outside.part(kept, "tour"), len(STOPS) + 1) or 0,
    )


def _believed_last(raw: Any) -> tuple[Page | None, Link]:
    """The page that was last open, any but the home page, and its link, which that page will check."""
    pages = {page.path: page for page in navigation.ALL if page is not navigation.HOME}
    path, query = outside.member(outside.part(raw, "page"), pages), outside.part(raw, "query")
    if path is None or not isinstance(query, str) or len(query) > MAX_LINK:
        return None, {}
    try:
        return pages[path], parse_qs(query, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return None, {}


def recalled() -> Memory:
    """What the browser remembers. It is asked, and the part of the page around this is drawn anew if it knows more."""
    now = st.session_state
    key = "memory_browser"

    def take() -> None:
        kept = sent(key, "kept")
        now[_SENT] = kept if isinstance(kept, str) and len(kept) <= _MOST else ""

    _browser(
        data={"known": now.get(_SENT, ""), "forget": now.get(_FORGOTTEN, 0)}, key=key, height=1, on_kept_change=take
    )
    return believed_memory(now.get(_SENT, ""))


@st.fragment
def entrance_panel() -> None:
    """The ways into the guide; the way back to where the reader was, what was done, and how to have it forgotten.

    A fragment: what the browser remembers comes when the page is there.
    """
    # What asks the browser is invisible, and takes no room.
    with st.container(gap=None):
        st.html(f"<style>.st-key-memory {{ min-height: {_LINE}px; }}</style>")
        memory = recalled()
        navigation.doors(memory.stop)
    with st.container(key="memory", horizontal=True, vertical_alignment="center", gap="small"):
        if memory.page is None:
            st.caption(
                "New here? Begin with the walk below. What you do is kept in this browser only.", width="content"
            )
            return
        where = f"the tour, stop {memory.stop}" if "tour" in memory.link and memory.stop else memory.page.title
        icon = ":material/play_arrow:"
        st.page_link(memory.page.file, label=f"Continue: **{where}**", icon=icon, query_params=memory.link)
        counts = [
            counted(len(done), thing)
            for done, thing in (
                (memory.claims, "statement"),
                (memory.predictions, "prediction"),
                (memory.missions, "mission"),
            )
        ]
        st.caption(f"Done: {listed(counts)}. Kept in this browser only.", width="content")
        st.button("Forget", type="tertiary", on_click=_forget, help="Takes all of it out of this browser.")


def _forget() -> None:
    now = st.session_state
    now[_FORGOTTEN] = now.get(_FORGOTTEN, 0) + 1
    now[_SENT] = ""
