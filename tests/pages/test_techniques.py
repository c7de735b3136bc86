"""The Techniques page: every section has an address, computes only while open, and shows exactly what a link says."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.lessons.flat_walk import walk_sentences, walks
from core.lessons.sections import Section
from core.lessons.state_memory import GIGA, Precision, memory_sentence
from core.lessons.techniques import TECHNIQUES
from core.lessons.two_features import Bowl
from tests.core.evidence.experiments.findings import ask
from tests.pages.visits import clean, notes, open_page, state, words
from tests.programs import run_here
from ui import navigation
from ui.page.techniques import MORE
from ui.panels.claims import section_key

PAGE = navigation.TECHNIQUES
PREFIX = PAGE.prefix
every = pytest.mark.parametrize("section", TECHNIQUES, ids=lambda section: section.key)
SECTIONS = {section.key: section for section in TECHNIQUES}


def _link(key: str, more: Mapping[str, str] | None = None) -> dict[str, str | list[str]]:
    """A link that opens the section ``key``, with ``more`` settings."""
    return {section_key(PAGE, key): "true", **(more or {})}


def _runs(app: AppTest) -> set[str]:
    """The keys of the switches of experiments on the page."""
    return {toggle.key for toggle in app.toggle if toggle.key and toggle.key.startswith("run_")}


def test_every_section_has_a_heading_a_picture_and_a_way_to_it() -> None:
    app = open_page(PAGE)
    headings = {heading.proto.anchor: heading.value for heading in app.header}
    contents = next(text.value for text in app.markdown if "](#" in text.value)
    assert re.findall(r"\(#(\w+)\)", contents) == [section.key for section in TECHNIQUES]
    for section in TECHNIQUES:
        assert headings[section.key] == section.title
        assert section.introduction in words(app)
    assert len(app.get("plotly_chart")) == len(TECHNIQUES)
    assert [latex.value for latex in app.latex] == [
        f"$$\n{section.formula}\\,\n$$" for section in TECHNIQUES if section.formula
    ]


def test_nothing_but_the_pictures_is_there_until_a_section_is_opened() -> None:
    app = open_page(PAGE)
    assert _runs(app) == set()
    assert len(app.slider) + len(app.number_input) + len(app.select_slider) == 0


@every
def test_a_link_opens_a_section_with_its_experiments_and_statements_and_no_other(section: Section) -> None:
    app = open_page(PAGE, _link(section.key))
    assert notes(app) == ""
    claims = [claim for claim in CLAIMS.values() if (claim.page, claim.topic) == (PAGE.path, section.key)]
    expected = {f"run_{key}" for key in section.experiments} | {f"run_{one.key}" for one in claims if one.experiment}
    assert _runs(app) == expected
    for claim in claims:
        assert claim.correct in words(app)
    for key in section.experiments:
        assert f"**{EXPERIMENTS[key].question}**" in words(app)


def test_every_statement_of_the_page_stands_in_a_section() -> None:
    # The last stands at the end of the page.
    assert {claim.topic for claim in CLAIMS.values() if claim.page == PAGE.path} <= {*SECTIONS, "all"}
    assert set(MORE) <= set(SECTIONS)


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


WALK = {"x": "4.5", "y": "-0.25", "lr": "0.02", "rho": "0.35", "t": "120"}


def test_the_walks_are_those_of_the_settings() -> None:
    app = open_page(PAGE, _link("sam", {PREFIX + name: value for name, value in WALK.items()}))
    assert notes(app) == ""
    assert {name: float(state(app, PREFIX + name)) for name in WALK} == {n: float(v) for n, v in WALK.items()}
    for sentence in walk_sentences(walks((4.5, -0.25), 0.02, 0.35)):
        assert f"- {sentence}" in words(app)


def test_the_walk_in_pytorch_runs_and_ends_where_the_picture_does(tmp_path: Path) -> None:
    settings = {PREFIX + name: value for name, value in WALK.items()} | {f"{PREFIX}code_sam": "true"}
    (code,) = open_page(PAGE, _link("sam", settings)).code
    for number in ("4.5", "-0.25", "0.02", "0.35"):
        assert number in code.value
    assert "assert" in code.value
    run_here(code.value, tmp_path)


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


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, object]:
    app = open_page(PAGE, FOLDS)
    return {key: state(app, key) for key in KEYS}


FOLDS = {section_key(PAGE, key): "true" for key in MORE}
KEYS = [PREFIX + name for name in ("ratio", "x", "y", "lr", "rho", "t", "weights", "numbers", "correlation")]


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e999", "x" * 20_000, "<script>", "`", "\x00", "9" * 400, ""])
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    # A start may be −1; nothing else here may.
    fine = {f"{PREFIX}x", f"{PREFIX}y"} if value == "-1" else set()
    app = open_page(PAGE, {**FOLDS, **dict.fromkeys(KEYS, value)})
    for key in KEYS:
        if key not in fine:
            assert f"- `{key} = " in notes(app)
            # Streamlit clears a segmented control for an empty value; the page shows its first option all the same.
            assert state(app, key) in (_defaults()[key], None)


@pytest.mark.parametrize("value", ["nan", "maybe", "2", "x" * 20_000, "\x00"])
def test_a_fold_that_is_neither_open_nor_closed_stays_closed(value: str) -> None:
    app = open_page(PAGE, {section_key(PAGE, section.key): value for section in TECHNIQUES})
    assert _runs(app) == set()
    clean(app.run())


@pytest.mark.parametrize("billions", ["1e-6", "1e6"])
def test_the_smallest_and_the_largest_model_are_drawn(billions: str) -> None:
    app = open_page(PAGE, _link("memory", {f"{PREFIX}weights": billions}))
    assert notes(app) == ""
    assert memory_sentence(float(billions) * GIGA, Precision.FLOAT32) in words(app)


@pytest.mark.parametrize("start", ["1e6", "-1e6", "0"])
def test_a_start_far_out_or_on_the_saddle_breaks_nothing(start: str) -> None:
    link = _link("sam", {f"{PREFIX}x": start, f"{PREFIX}y": start, f"{PREFIX}rho": "1000", f"{PREFIX}lr": "1"})
    app = open_page(PAGE, link)
    assert notes(app) == ""
    assert len(app.error) == 0
