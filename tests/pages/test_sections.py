"""Pages that show one of many sections: all have a card, a link shows any with exactly its settings, and runs run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.lessons.demo import Demo
from core.lessons.pitfalls import SECTIONS
from core.lessons.sections import Section
from core.lessons.techniques import TECHNIQUES
from tests.pages.visits import Link, clean, figures, latex, notes, open_page, state, words
from tests.programs import run_here
from ui import navigation
from ui.navigation import Page
from ui.panels.claims import claims_about, section_key, topic_key
from ui.stage import figure

OF = {navigation.TECHNIQUES: TECHNIQUES, navigation.PITFALLS: SECTIONS}
PAIRS = [(page, section) for page, sections in OF.items() for section in sections]
DEMOS = [(page, section, demo) for page, section in PAIRS for demo in section.demos]
pages = pytest.mark.parametrize(("page", "sections"), OF.items(), ids=lambda one: getattr(one, "title", ""))
every = pytest.mark.parametrize(("page", "section"), PAIRS, ids=lambda one: getattr(one, "key", ""))
each = pytest.mark.parametrize(("page", "section", "demo"), DEMOS, ids=lambda one: getattr(one, "key", ""))


def _stages(app: AppTest) -> int:
    return len([part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_stage"])


def _link(page: Page, section: Section, **more: str) -> dict[str, str | list[str]]:
    return {topic_key(page): section.key, section_key(page, section.key): "true", **more}


def _shown(page: Page, section: Section, demo: Demo, **settings: str) -> dict[str, str | list[str]]:
    """A link that shows ``demo`` with ``settings`` of it."""
    first = section.demos[0]
    run = {f"{page.prefix}{first.key}_run": demo.key} if demo is not first else {}
    return {topic_key(page): section.key, **run, **{f"{page.prefix}{demo.key}_{key}": v for key, v in settings.items()}}


def _changed(demo: Demo) -> Iterator[tuple[str, float]]:
    """Another value, between two stops of a slider, for every number of ``demo``."""
    for name, number in zip("xy", demo.objective.start, strict=False):
        yield name, round(0.9 * number + 0.01, 6)
    yield "steps", float(demo.steps // 2 + 1)
    for turn in demo.turns:
        yield turn.key, round(0.83 * turn.hyper.default, 0 if turn.hyper.whole else 8)


def _split(demo: Demo, numbers: dict[str, float]) -> tuple[tuple[float, ...], int, dict[str, float]]:
    start = tuple(numbers[name] for name in "xy"[: demo.objective.dimension])
    return start, int(numbers["steps"]), {turn.key: numbers[turn.key] for turn in demo.turns}


@pages
def test_the_page_opens_on_its_first_section_playing_with_a_card_for_each(
    page: Page, sections: tuple[Section, ...]
) -> None:
    app = open_page(page)
    first = sections[0]
    assert _stages(app) == 1
    assert first.introduction in words(app)
    assert [button.label for button in app.button if (button.key or "").startswith(f"{page.prefix}show_")] == [
        f"**{section.title}**" for section in sections
    ]
    assert len(figures(app)) == len(sections)
    headings = [heading.value for heading in app.header]
    groups = list(dict.fromkeys(section.group for section in sections))
    assert [heading for heading in headings if heading in groups] == groups
    assert len(app.toggle) == 0


@pages
def test_chips_fit_and_no_two_are_alike(page: Page, sections: tuple[Section, ...]) -> None:
    chips = [section.chip for section in sections]
    assert len(set(chips)) == len(chips)
    assert all(0 < len(chip) <= 18 for chip in chips)
    # Cards are grouped in the order of the sections.
    groups = [section.group for section in sections]
    assert groups == sorted(groups, key=groups.index)


@every
def test_a_link_shows_a_section_with_its_experiments_and_statements(page: Page, section: Section) -> None:
    app = open_page(page, _link(page, section))
    assert notes(app) == ""
    about = claims_about(page.path, section.key)
    wanted = {f"run_{key}" for key in section.experiments} | {f"run_{claim.key}" for claim in about if claim.experiment}
    assert {toggle.key for toggle in app.toggle if (toggle.key or "").startswith("run_")} == wanted
    assert wanted or about
    assert section.introduction in words(app)
    assert _stages(app) == bool(section.demos)
    if section.formula:
        assert section.formula in latex(app)
    for claim in about:
        assert claim.correct in words(app)
    for key in section.experiments:
        assert f"**{EXPERIMENTS[key].question}**" in words(app)


def test_every_statement_of_these_pages_stands_in_a_section() -> None:
    for page, sections in OF.items():
        topics = {claim.topic for claim in CLAIMS.values() if claim.page == page.path}
        assert {page.part_of(topic) for topic in topics} - {""} <= {section.key for section in sections}


@every
def test_a_card_puts_its_section_into_the_stage(page: Page, section: Section) -> None:
    app = open_page(page)
    clean(app.button(key=f"{page.prefix}show_{section.key}").click().run())
    assert state(app, topic_key(page)) == section.key
    assert section.title in [heading.value for heading in app.header]


@each
def test_a_link_with_every_setting_changed_shows_exactly_those_runs(page: Page, section: Section, demo: Demo) -> None:
    numbers = dict(_changed(demo))
    settings = {key: repr(value) for key, value in numbers.items()} | {"t": "3", "fields": "true", "code": "true"}
    app = open_page(page, _shown(page, section, demo, **settings))
    assert notes(app) == ""
    for key, value in (numbers | {"t": 3.0}).items():
        assert app.number_input(key=f"{page.prefix}{demo.key}_{key}").value == value
    for sentence in demo.tell(demo.race(*_split(demo, numbers))):
        assert f"- {sentence}" in words(app)
    assert repr(numbers["x"]) in app.code[0].value


@each
@pytest.mark.parametrize("value", ["nan", "inf", "-1e99", "<script>", "\x00", "9" * 400])
def test_nonsense_opens_the_defaults_and_is_named(page: Page, section: Section, demo: Demo, value: str) -> None:
    keys = [*dict(_changed(demo)), "t"]
    app = open_page(page, _shown(page, section, demo, fields="true", **dict.fromkeys(keys, value)))
    for key in keys:
        assert f"- `{page.prefix}{demo.key}_{key} = " in notes(app)
    for sentence in demo.tell(demo.race()):
        assert f"- {sentence}" in words(app)


@each
@pytest.mark.parametrize("start", ["1e6", "-1e6", "0"])
def test_the_ends_of_every_control_have_a_page(page: Page, section: Section, demo: Demo, start: str) -> None:
    most = {turn.key: repr(turn.hyper.bounds[start != "0"]) for turn in demo.turns}
    places = dict.fromkeys("xy"[: demo.objective.dimension], start)
    app = open_page(page, _shown(page, section, demo, **places, **most, steps="1" if start == "0" else "5000"))
    assert notes(app) == ""
    assert len(app.error) == 0
    assert "nan" not in words(app).replace("NaN", "").split()


@each
def test_forged_numbers_are_not_believed(page: Page, section: Section, demo: Demo) -> None:
    app = open_page(page, _shown(page, section, demo, fields="true"))
    keys = [f"{page.prefix}{demo.key}_{key}" for key in [*dict(_changed(demo)), "t"]]
    defaults = {key: state(app, key) for key in keys}
    for value in (float("nan"), float("inf"), -1e300):
        for key in keys:
            app.number_input(key=key).set_value(value)
        clean(app.run())
        assert {key: state(app, key) for key in keys} == defaults, value


@pages
@pytest.mark.parametrize("value", ["", "nonsense", "all", "<script>"])
def test_a_section_that_is_none_is_named_and_the_first_is_shown(
    page: Page, sections: tuple[Section, ...], value: str
) -> None:
    link: Link = {topic_key(page): value, section_key(page, sections[0].key): "maybe"}
    app = open_page(page, link)
    assert f"- `{topic_key(page)} = {value}" in notes(app)
    assert sections[0].introduction in words(app)
    assert len(app.toggle) == 0


@pytest.mark.parametrize(
    ("page", "section", "demo"),
    [one for one in DEMOS if one[2].key in {"saddle", "cube", "turned", "undefined", "sam", "decay", "warm", "clip"}],
    ids=lambda one: getattr(one, "key", ""),
)
def test_the_code_of_these_runs_asserts_their_ends(page: Page, section: Section, demo: Demo, tmp_path: Path) -> None:
    if (page, section) == (navigation.PITFALLS, SECTIONS[-1]):
        pytest.skip("the same as on Techniques")
    last = demo.entrants[-1][0].name
    app = open_page(page, _shown(page, section, demo, steps="60", code="true", of=last))
    program = app.code[0].value
    assert "assert" in program
    run_here(program, tmp_path)


@pages
def test_a_second_visit_makes_no_preview_again(
    page: Page, sections: tuple[Section, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(page)

    def again(*_: object) -> None:
        raise AssertionError("A preview was made again.")

    monkeypatch.setattr(figure, "preview", again)
    open_page(page)
