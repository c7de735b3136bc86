"""All pages, and what every page begins with. To add a page, add a script to ``pages`` and its entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.catalogue.optimizers import OPTIMIZERS as RULES
from core.lessons.tour import STOPS, minutes
from ui.kit import classroom, share, terms, tour
from ui.kit.elements import prose
from ui.kit.limits import OWN

Section = Literal["", "Learn", "Explore", "Look up"]

PRODUCT = "The gradient descent guide"
_ICON = str(Path(__file__).with_name("icon.svg"))
# Pixels: two titles of pages fit beside each other, also in bold.
_SIDEBAR = 320
# Pixels: the narrowest link of the menu, and the height of its lines, so that nothing moves when links come.
_LINK, _LINE = 100, 24
# Streamlit's containers are no landmarks, and on paper its charts stay as wide as they were on the screen. After a lost
# connection it runs nothing, and a session that is new, on this server or another one, knows neither the parts of the
# page nor what was set since it was opened, so that all of it is run once more, by its address.
_landmark = st.components.v2.component(
    "gradient_descent_menu",
    js="""export default function ({ parentElement, setTriggerValue }) {
  const menu = parentElement.closest(".st-key-menu");
  menu.setAttribute("role", "navigation");
  menu.setAttribute("aria-label", "Pages");
  const paper = (window.gradientDescentPaper ??= window.matchMedia("print"));
  paper.onchange = () => {
    for (const chart of document.querySelectorAll(".js-plotly-plot:not(.gd-plot)")) {
      const { data, layout, clientWidth: width } = chart;
      // Streamlit would undo Plotly.relayout, of which it is told.
      if (width) window.Plotly.react(chart, data, { ...layout, width });
    }
  };
  const app = document.querySelector("[data-testid=stApp]");
  const connected = () => app.dataset.testConnectionState === "CONNECTED";
  let before = connected();
  window.gradientDescentConnection?.disconnect();
  window.gradientDescentConnection = new MutationObserver(() => {
    if (connected() && !before) setTriggerValue("back", window.location.search);
    before = connected();
  });
  window.gradientDescentConnection.observe(app, { attributeFilter: ["data-test-connection-state"] });
}""",
    isolate_styles=False,
)
# Over the home page Streamlit lays a dialog that says less than the page itself. It is closed as a visitor would close
# it, as soon as it has the focus.
_dismissal = st.components.v2.component(
    "gradient_descent_dismissal",
    js="""export default function ({ parentElement }) {
  if (parentElement.dataset.waits) return;
  parentElement.dataset.waits = "once";
  const close = ({ target }) => {
    const escape = new KeyboardEvent("keydown", { key: "Escape", bubbles: true });
    if (target.matches("[role=dialog]")) setTimeout(() => target.dispatchEvent(escape));
  };
  document.addEventListener("focusin", close, { signal: AbortSignal.timeout(5000) });
  close({ target: document.activeElement });
}""",
    isolate_styles=False,
)
# Session key: the name in the address of which there is no page.
_LOST = "navigation:lost"


@dataclass(frozen=True)
class Page:
    """One page: its script, title, material icon, section of the menu, and what a visitor will know afterwards."""

    file: str
    title: str
    icon: str
    section: Section
    promise: str
    # Begins the keys of the page's controls: Streamlit would let equal keys carry a setting to the next page.
    prefix: str = ""
    # Of a page that shows one of its parts at a time: that with the claims about a topic, empty if they stand outside.
    part_of: Callable[[str], str] = lambda _: ""
    # The heading, where that is more than the title in the menu.
    heading: str = ""

    @property
    def classroom(self) -> str:
        """The key of the fold in which a teacher makes links of the page."""
        return f"{self.prefix}classroom"

    @property
    def path(self) -> str:
        """The page's place in an address: empty for the home page."""
        return "" if self.file == "app.py" else self.file.removeprefix("pages/").removesuffix(".py")


HOME = Page(
    "app.py",
    "Home",
    ":material/home:",
    "",
    "Machines learn by walking downhill: look at the slope, step against it, again and again. Here you see why that "
    "works and when it fails, whether you study it, teach it or train with it. Every statement can be run on the spot, "
    "or names its source.",
)
FOUNDATIONS = Page(
    "pages/foundations.py",
    "Foundations",
    ":material/landscape:",
    "Learn",
    "How does a machine find its way downhill? After this page you can predict the next step, and spot a run that will "
    "never arrive.",
    prefix="d",
)
UPDATE_RULE = Page(
    "pages/update_rule.py",
    "Update rule",
    ":material/calculate:",
    "Learn",
    "After this page you can do one step of gradient descent by hand, and say how large the learning rate may be.",
    prefix="u",
)
LEARNING_RATE = Page(
    "pages/learning_rate.py",
    "Learning rate",
    ":material/speed:",
    "Learn",
    "After this page you can say what a learning rate will do before you try it, and what a schedule changes.",
    prefix="l",
)
VARIANTS = Page(
    "pages/variants.py",
    "Variants",
    ":material/scatter_plot:",
    "Learn",
    "How many samples should a step look at? After this page you can say what a batch size buys, what its noise "
    "costs, and how it limits the learning rate.",
    prefix="v",
    heading="Variants of gradient descent",
)
OPTIMIZERS = Page(
    "pages/optimizers.py",
    "Optimizers",
    ":material/route:",
    "Learn",
    "After this page you know what each optimizer keeps from step to step, what that costs, and why no single race "
    "decides which is best.",
    part_of=lambda topic: topic if topic in RULES else "",
)
TECHNIQUES = Page(
    "pages/techniques.py",
    "Techniques",
    ":material/handyman:",
    "Learn",
    "After this page you can say which problem each technique solves, when it does nothing, and how to tell in your "
    "own run.",
    prefix="q",
    part_of=lambda topic: topic if topic != "all" else "",
)
PITFALLS = Page(
    "pages/pitfalls.py",
    "Pitfalls",
    ":material/warning:",
    "Learn",
    "Why does my training fail? After this page you can diagnose a failing run from its curves, test the "
    "diagnosis, and choose what helps.",
    prefix="z",
    part_of=lambda topic: topic,
)
PLAYGROUND = Page(
    "pages/playground.py",
    "Playground",
    ":material/science:",
    "Explore",
    "What if the rate, the rule or the start were another one? After this page you can answer such a question in ten "
    "seconds, for any function, and take the answer home.",
    prefix="p",
)
REAL_NETWORK = Page(
    "pages/real_network.py",
    "Real network",
    ":material/hub:",
    "Explore",
    "Does the rule that wins on a picture of two variables win on a real network? After this page you can train one "
    "with any rule, read its curves, and say what the pictures had promised.",
    prefix="n",
)
HISTORY = Page(
    "pages/history.py",
    "History",
    ":material/history_edu:",
    "Look up",
    "After this page you know where each update rule came from, what it improved, and what later rules improved on it.",
    prefix="k",
)
FOR_TEACHERS = Page(
    "pages/for_teachers.py",
    "For teachers",
    ":material/school:",
    "Look up",
    "After this page you can hold a lesson on gradient descent: eight plans made of links that open the right picture, "
    "exercises with answers, and a handout for each page of the course.",
    prefix="w",
)
REFERENCE = Page(
    "pages/reference.py",
    "Reference",
    ":material/menu_book:",
    "Look up",
    "After this page you can choose an optimizer and a schedule, check both against PyTorch, and leave with code that "
    "runs.",
    prefix="r",
    part_of=lambda _: "statements",
)

ALL = (
    *(HOME, FOUNDATIONS, UPDATE_RULE, LEARNING_RATE, VARIANTS, OPTIMIZERS, TECHNIQUES, PITFALLS),
    *(PLAYGROUND, REAL_NETWORK, HISTORY, REFERENCE, FOR_TEACHERS),
)


def of(path: str) -> Page:
    """The page at ``path``. Raises ``KeyError`` for an address without a page."""
    return {page.path: page for page in ALL}[path]


def begin(page: Page) -> None:
    """Sets up ``page``: window title, menu, heading, promise, and a place for notes about its link."""
    title = PRODUCT if page is HOME else f"{page.title} · {PRODUCT}"
    st.set_page_config(page_title=title, page_icon=_ICON, layout="wide", initial_sidebar_state=_SIDEBAR)
    if st.context.is_embedded:
        # In a frame of another site there is little room, and the picture comes first.
        st.set_page_config(initial_sidebar_state="collapsed")
    with st.sidebar:
        address = _menu()
    above, heading = st.container(), st.container(key="page_head")
    share.begin(page.path, address)
    classroom.greet()
    with above:
        _offer_pages()
    stop = tour.stop_here()
    with heading:
        if stop:
            tour.bar(stop, page.title)
        else:
            st.title(PRODUCT if page is HOME else page.heading or page.title, anchor=False)
        # What explains the terms is invisible, and takes no room.
        with st.container(gap=None):
            if not stop:
                prose(page.promise)
            terms.explained()


def _offer_pages() -> None:
    """Says that there is no page at the address that was asked for, if so, and which pages there are."""
    context = get_script_run_ctx()
    if share.arriving():
        st.session_state[_LOST] = context and share.here() == HOME.path and context.pages_manager.intended_page_name
    if not st.session_state[_LOST]:
        return
    _dismissal(key="dismissal", height=1)
    called = share.quoted(st.session_state[_LOST])
    st.warning(f"There is no page called {called} here; these are the pages.", icon=":material/wrong_location:")
    with st.container(horizontal=True, gap="xxsmall"):
        for page in ALL:
            st.page_link(page.file, label=page.title, icon=page.icon)


def _menu() -> object:
    """Draws the menu; returns the query in the address of a browser whose connection is back."""
    # Streamlit's links look alike where one is and where the keyboard is. It would print the sidebar, and hide what had
    # no room on the screen.
    st.html(
        "<style>.st-key-menu :focus-visible { outline: 2px solid; outline-offset: -2px; }"
        "@media print { section:has(.st-key-menu) { display: none; }"
        ".js-plotly-plot { break-inside: avoid; overflow: clip; visibility: visible !important; } }</style>"
    )
    with st.container(key="menu", gap="xxsmall"):
        address: object = _landmark(key="landmark", height=1, on_back_change=lambda: None).back
        for section, pages in groupby(ALL, lambda page: page.section):
            if section:
                st.caption(section)
            # Two pages a line, so that the controls below it are in sight.
            with st.grid(2, min_column_width=_LINK, row_height=_LINE, gap="xxsmall"):
                for page in pages:
                    st.page_link(page.file, label=page.title, icon=page.icon)
    return address


def link(page: Page, label: str, settings: Mapping[str, share.Setting] | None = None, at: str = "") -> None:
    """The way to ``page``, with ``settings`` of its controls, and there to the element with the key or id ``at``."""
    if settings is not None and page.path == share.here():
        st.button(
            label, key=f"go_{at}_{label}", icon=page.icon, type="tertiary", on_click=share.ask, args=(settings, at)
        )
        return
    fields = share.encode(settings or {}) | ({"at": [at]} if at else {})
    st.page_link(page.file, label=label, icon=page.icon, query_params=fields)


def doors(stop: int) -> None:
    """The ways into the guide: to read it, to be led, from ``stop`` on if that is one, or to play."""
    with st.container(horizontal=True):
        if st.button("Start learning", type="primary", icon=FOUNDATIONS.icon):
            st.switch_page(FOUNDATIONS.file)
        begun = 0 < stop < len(STOPS)
        label = f"Go on with the tour: stop {stop}" if begun else f"Take the tour: {minutes()} minutes"
        if st.button(label, key="door_tour", icon=":material/tour:"):
            tour.go(stop if begun else 1)
        if st.button("Explore freely", icon=PLAYGROUND.icon):
            st.switch_page(PLAYGROUND.file)
        if st.button("Try your own function", icon=":material/function:"):
            st.switch_page(PLAYGROUND.file, query_params={f"{PLAYGROUND.prefix}f": OWN})


def onwards(page: Page) -> None:
    """The end of ``page``: what of its link was not used, and the way to the next one, or back home from the last."""
    share.end()
    index = ALL.index(page) + 1
    following = ALL[index] if index < len(ALL) else HOME
    st.space("small")
    st.page_link(following.file, label=f"Next: **{following.title}**", icon=":material/arrow_forward:")
