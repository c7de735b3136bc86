"""The History page: every entry can be opened, a year races what was known by it, a click is believed with care."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core import outside, trace
from core.catalogue.optimizers import OPTIMIZERS
from core.lessons.history import Chapter, known_by, lineage, race_by, story, timeline_entries, years
from tests.pages.visits import clean, notes, open_page, run_table, state, words
from ui import navigation
from ui.kit.limits import MAX_RACERS
from ui.page.history import believed_name

PAGE = navigation.HISTORY
PREFIX = PAGE.prefix
ENTRIES = timeline_entries()


# A sample, in which there are rules and events.
@pytest.mark.parametrize("entry", ENTRIES[::3], ids=lambda entry: entry.key)
def test_a_link_opens_any_entry(entry) -> None:  # type: ignore[no-untyped-def]
    app = open_page(PAGE, {f"{PREFIX}entry": entry.name})
    assert notes(app) == ""
    assert entry.idea in words(app)
    for child in (optimizer for optimizer in OPTIMIZERS.values() if optimizer.parent == entry.key):
        assert child.fixes in words(app)


def test_no_two_entries_share_a_name() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("chapter", story(), ids=lambda chapter: str(chapter.year))
def test_a_chapter_races_what_was_known_by_its_year_and_says_what_was_wrong(chapter: Chapter) -> None:
    year = chapter.year
    known = known_by(year)
    crowd = len(known) > MAX_RACERS
    for link, keys in (
        ({}, lineage(year) if crowd else known),
        *([({f"{PREFIX}all": "true"}, known)] if crowd else []),
    ):
        app = open_page(PAGE, {f"{PREFIX}year": str(year), **link})
        assert notes(app) == ""
        said = words(app)
        assert all(new.name in said for new in chapter.new)
        assert chapter.new[0].idea in said
        table = run_table(app, PREFIX)
        assert table["rule"].tolist() == [OPTIMIZERS[key].name for key in keys]
        assert table["loss"].tolist() == [trace(run).loss[-1] for _, run in race_by(year, keys=keys)]
        (wrong,) = _looks_for(app)
        assert chapter.wrong in wrong
        assert chapter.mended is None or f"{chapter.mended.name} in {chapter.mended.year}" in wrong


def _looks_for(app: AppTest) -> list[str]:
    """What the stage says to look for."""
    return [
        json.loads(part.proto.bytes[4 : 4 + int.from_bytes(part.proto.bytes[:4], "little")])["look_for"]
        for part in app.get("bidi_component")
        if b'"look_for"' in part.proto.bytes
    ]


def _player(app: AppTest) -> dict[str, int]:
    (part,) = [part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_story"]
    told: dict[str, int] = json.loads(part.proto.json)
    return told


def test_the_story_begins_with_the_first_rule_and_its_buttons_stand_where_the_year_is() -> None:
    app = open_page(PAGE)
    assert state(app, f"{PREFIX}year") == "1847"
    assert _player(app) == {"at": 0, "of": len(years())}
    clean(app.select_slider(key=f"{PREFIX}year").set_value("1983").run())
    assert _player(app)["at"] == years().index(1983)


@pytest.mark.parametrize("raw", [None, True, -1, 3, 10**30, 1.0, "1", [1], {"go": 1}])
def test_a_forged_turn_of_the_story_is_not_believed(raw: object) -> None:
    assert outside.index(raw, 3) is None
    assert [outside.index(number, 3) for number in range(3)] == [0, 1, 2]


def test_another_start_is_raced_from() -> None:
    app = open_page(PAGE, {f"{PREFIX}year": "1983", f"{PREFIX}x": "0.5", f"{PREFIX}y": "-0.5"})
    assert notes(app) == ""
    race = race_by(1983, start=(0.5, -0.5))
    assert run_table(app, PREFIX)["loss"].tolist() == [trace(run).loss[-1] for _, run in race]


@pytest.mark.parametrize("value", ["nan", "1900", "x" * 30_000, "<script>", "`", "\x00", "2024.0"])
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    keys = [f"{PREFIX}{name}" for name in ("entry", "year")]
    app = open_page(PAGE, dict.fromkeys(keys, value))
    for key in keys:
        assert f"- `{key} = " in notes(app)
    assert int(state(app, f"{PREFIX}year")) in years()
    clean(app.run())


NAMES = {entry.key: entry.name for entry in ENTRIES}


@pytest.mark.parametrize("clicked", ["adam", ["adam"], ["adam", 3]])
def test_a_click_names_the_entry_under_it(clicked: object) -> None:
    assert believed_name({"selection": {"points": [{"customdata": clicked}]}}, NAMES) == "Adam"


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, "adam", [], {}, {"selection": None}, {"selection": {"points": []}}, {"selection": {"points": [{}]}},
        {"selection": {"points": [{"customdata": {"a": 1}}]}}, {"selection": {"points": [{"customdata": ["nobody"]}]}},
        {"selection": {"points": [{"customdata": [[]]}]}}, {"selection": {"points": {"0": 1}}},
    ],
)  # fmt: skip
def test_a_forged_click_is_not_believed(raw: object) -> None:
    assert believed_name(raw, NAMES) is None
