"""Visits to pages as tests see them: a page opened by a link, and what it shows."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs

from pandas import DataFrame
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from core.catalogue.optimizers import OPTIMIZERS
from core.engine.scenarios import Scenario
from core.lessons.pitfalls import SECTIONS
from core.lessons.techniques import TECHNIQUES
from tests.marks import unmarked
from ui import navigation
from ui.kit.limits import OWN
from ui.navigation import Page
from ui.page.reference import PARTS
from ui.panels.claims import topic_key

# A visit looks through all installed packages for components, which takes longer than to open a page.
manifest_scanner.scan_component_manifests = lru_cache(manifest_scanner.scan_component_manifests)

ROOT = Path(__file__).parents[2]
Link = Mapping[str, str | list[str]]


def new_visit() -> AppTest:
    """A visit that has not opened anything yet; its first run opens the home page."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)


def open_page(page: Page, link: Link | None = None) -> AppTest:
    """``page`` as a visitor sees it who opens it by ``link``."""
    app = new_visit()
    app.switch_page(page.file)
    for key, value in (link or {}).items():
        app.query_params[key] = value
    return clean(app.run())


def open_scenario(app: AppTest, page: Page, scenario: Scenario) -> AppTest:
    """``app``, which shows ``page``, after the chip of ``scenario`` was pressed there."""
    return clean(chips(app, page).set_value(scenario.title).run())


def chips(app: AppTest, page: Page) -> ButtonGroup:
    """The scenarios of ``page``, of which the one that is shown is marked."""
    (group,) = [group for group in app.button_group if (group.key or "").startswith(f"{page.prefix}try_")]
    return group


def parts(page: Page) -> list[dict[str, str]]:
    """The links to all parts of ``page`` if it shows one at a time; the empty link otherwise."""
    of = {
        navigation.OPTIMIZERS: OPTIMIZERS,
        navigation.TECHNIQUES: [section.key for section in TECHNIQUES],
        navigation.PITFALLS: [section.key for section in SECTIONS],
        navigation.REFERENCE: PARTS,
    }
    return [{topic_key(page): key} for key in of.get(page, ())] or [{}]


def run_table(app: AppTest, prefix: str = "") -> DataFrame:
    """The table of all runs of the race on the page, which is in a fold that this opens."""
    app.session_state[f"{prefix}numbers"] = True
    return clean(app.run()).dataframe[0].value


def clean(app: AppTest) -> AppTest:
    """``app``, which must not have raised anything."""
    assert [error.value for error in app.exception] == []
    return app


def figures(app: AppTest) -> dict[str, Any]:
    """The figures of the page that stay in place, by their keys, as text."""
    parts = [part.proto for part in app.get("bidi_component") if part.proto.component_name.endswith("_figure")]
    return {part.id.rpartition("-")[2]: part.json for part in parts}


def notes(app: AppTest) -> str:
    """What the page says about its link."""
    return "\n".join(warning.value for warning in app.warning)


def latex(app: AppTest) -> str:
    """All formulas on the page."""
    return "\n".join(element.value for element in app.latex)


def words(app: AppTest) -> str:
    """All prose on the page, without the marks of terms."""
    return unmarked("\n".join(element.value for element in app.markdown))


def state(app: AppTest, key: str) -> Any:
    """The value of the control ``key``."""
    assert key in app.session_state, key
    return app.session_state[key]


# Settings are kept by these, by the names that AppTest gives them.
_KINDS = (
    "button_group",
    "expander",
    "multiselect",
    "number_input",
    "select_slider",
    "selectbox",
    "slider",
    "tab_container",
    "text_area",
    "text_input",
    "toggle",
)
# What acts once and keeps nothing: a rule to begin with, a run, a scenario or a mission to open, the choice by family
# that writes into another, the rate of a network that trains, what a teacher's link is made of.
_ACTS = re.compile(
    r"\w?edit|\w?load|\w?try_\w+|\w?mission_of_[\w-]+|\w?reopen|\w?laboratory|\w{0,2}family_\w+"
    r"|\w?schedule_all|\w?now_\w+|\w?class_\w+"
)


def controls(app: AppTest) -> dict[str, str]:
    """The kind of each control of the page that keeps a setting, by its key, in page order."""

    def walk(node: Any) -> Iterator[tuple[str, str]]:
        key = re.search(r'id: "\$\$ID-[0-9a-f]+-([^"]+)"', str(getattr(node, "proto", "")))
        if key and node.type in _KINDS and key[1] != "None":
            yield key[1], node.type
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    return {key: kind for key, kind in walk(app._tree) if not _ACTS.fullmatch(key)}


def link_of(app: AppTest) -> dict[str, list[str]]:
    """The link of the page as the address says it after the last run."""
    (address,) = [part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_address"]
    return parse_qs(json.loads(address.proto.json)["query"], keep_blank_values=True)


# Makes a browser ask a machine elsewhere where it is taken for Markdown.
MARKUP = "![x](http://elsewhere.example/x.png)"


def markup_shown(app: AppTest) -> list[str]:
    """Where the page shows ``MARKUP`` as Markdown, and not as code."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success", "subheader", "header", "title")
    texts = [element.value for kind in kinds for element in app.get(kind)]
    texts += [element.label for kind in ("expander", "toggle", "slider", "selectbox") for element in app.get(kind)]
    return [text for text in texts if "elsewhere.example" in re.sub(r"`[^`\n]*`", "", text)]


def opened(page: Page) -> tuple[Link, dict[str, str]]:
    """A link that opens every fold of ``page`` and takes every choice of its own, and the controls that are there then.

    Experiments stay off: they would take minutes, and their settings are the same sliders.
    """
    link: dict[str, str] = {}
    while True:
        drawn = controls(open_page(page, link))
        closed = {key for key, kind in drawn.items() if kind == "expander" or key.startswith(f"{page.prefix}code_")}
        own = {f"{page.prefix}f": OWN, f"{page.prefix}data": "Own table"}
        more = dict.fromkeys(closed, "true") | {key: own[key] for key in own if drawn.get(key) == "selectbox"}
        if more == link:
            return link, drawn
        link = more


def control(app: AppTest, key: str, kind: str) -> Any:
    """The control ``key`` of this ``kind``, as AppTest gives it."""
    (control,) = [control for control in app.get(kind) if control.proto.id.endswith(f"-{key}")]
    return control


FORMULAS = ("x**2 + 2*y**2", "(x+3)(y+2)", "x**2 +", "2x² + |y|", "x**4")


def drawn_value(app: AppTest, key: str, kind: str, draw: Random) -> object:
    """A value at random that a visitor could give the control ``key``."""
    if kind in ("expander", "toggle"):
        return draw.random() < 0.5
    if kind in ("text_input", "text_area"):
        return draw.choice(FORMULAS) if key.endswith("formula") else draw.choice(("1,2; 3,4; 5,7", "adam", ""))
    one = control(app, key, kind)
    proto = one.proto
    if kind == "tab_container":
        return draw.choice([tab.label for tab in one.children.values()])
    if kind == "number_input":
        number = draw.choice((proto.min, draw.uniform(max(proto.min, -3), min(proto.max, 3)), proto.default))
        return float(round(number)) if proto.format == "%.0f" else number
    if kind == "multiselect":
        return draw.sample(list(proto.options), draw.randint(0, min(4, proto.max_selections)))
    if kind in ("selectbox", "select_slider"):
        return draw.choice(list(proto.options))
    if kind == "button_group":
        return draw.choice([option.content for option in proto.options])
    number = draw.uniform(proto.min, proto.max)
    return round(number) if proto.data_type == proto.INT else number
