"""The Techniques page: every section has an address, computes only while open, and shows exactly what a link says."""

from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.state_memory import GIGA, Precision, memory_sentence
from core.lessons.techniques import TECHNIQUES
from core.lessons.two_features import Bowl
from tests.core.evidence.experiments.findings import ask
from tests.pages.visits import clean, notes, open_page, state, words
from ui import navigation
from ui.page.techniques import MORE
from ui.panels.claims import section_key, topic_key

PAGE = navigation.TECHNIQUES
PREFIX = PAGE.prefix
every = pytest.mark.parametrize("section", TECHNIQUES, ids=lambda section: section.key)
SECTIONS = {section.key: section for section in TECHNIQUES}


def _link(key: str, more: Mapping[str, str] | None = None) -> dict[str, str | list[str]]:
    """A link that shows the section ``key`` and opens what folds in it, with ``more`` settings."""
    return {topic_key(PAGE): key, section_key(PAGE, key): "true", **(more or {})}


def _runs(app: AppTest) -> set[str]:
    """The keys of the switches of experiments on the page."""
    return {toggle.key for toggle in app.toggle if toggle.key and toggle.key.startswith("run_")}


@pytest.mark.parametrize(("key", "experiment"), [("nesterov", "X24"), ("formats", "X65"), ("decay", "X35")])
def test_a_link_opens_a_section_with_an_experiment_that_has_run(key: str, experiment: str) -> None:
    app = open_page(PAGE, _link(key, {f"run_{experiment}": "true"}))
    assert notes(app) == ""
    assert state(app, f"run_{experiment}") is True
    assert ask(experiment).sentence in words(app)


def test_the_two_bowls_are_those_of_the_settings() -> None:
    app = open_page(PAGE, _link("scaling", {f"{PREFIX}ratio": "7.5", f"{PREFIX}correlation": "0.62"}))
    assert notes(app) == ""
    for bowl in (Bowl(7.5, 0.62), Bowl(1.0, 0.62)):
        assert bowl.sentence in words(app)
    clean(app.slider(key=f"{PREFIX}ratio").set_value(2.0).run())
    assert Bowl(2.0, 0.62).sentence in words(app)


@pytest.mark.parametrize("precision", Precision)
def test_the_bars_are_for_the_model_that_was_typed(precision: Precision) -> None:
    link = _link("memory", {f"{PREFIX}weights": "0.124", f"{PREFIX}numbers": precision.label})
    app = open_page(PAGE, link)
    assert notes(app) == ""
    assert memory_sentence(0.124 * GIGA, precision) in words(app)
    clean(app.number_input(key=f"{PREFIX}weights").set_value(70.0).run())
    assert memory_sentence(70 * GIGA, precision) in words(app)


@pytest.mark.parametrize("key", [section.key for section in TECHNIQUES if section.code][::4])
def test_a_section_shows_its_code_exactly_as_it_is_tested(key: str) -> None:
    app = open_page(PAGE, _link(key, {f"{PREFIX}code_{key}": "true"}))
    assert SECTIONS[key].code.rstrip() in [block.value.rstrip() for block in app.code]


KEYS = {"scaling": ("ratio", "correlation"), "memory": ("weights", "numbers")}


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e999", "x" * 20_000, "<script>", "`", "\x00", "9" * 400, ""])
@pytest.mark.parametrize("section", KEYS)
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(section: str, value: str) -> None:
    keys = [PREFIX + name for name in KEYS[section]]
    assert section in MORE
    app, plain = open_page(PAGE, _link(section, dict.fromkeys(keys, value))), open_page(PAGE, _link(section))
    for key in keys:
        assert f"- `{key} = " in notes(app)
        # Streamlit clears a segmented control for an empty value; the page shows its first option all the same.
        assert state(app, key) in (state(plain, key), None)


@pytest.mark.parametrize("billions", ["1e-6", "1e6"])
def test_the_smallest_and_the_largest_model_are_drawn(billions: str) -> None:
    app = open_page(PAGE, _link("memory", {f"{PREFIX}weights": billions}))
    assert notes(app) == ""
    assert memory_sentence(float(billions) * GIGA, Precision.FLOAT32) in words(app)
