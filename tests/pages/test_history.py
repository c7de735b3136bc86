"""The History page: every entry can be opened, a year races what was known by it, a click is believed with care."""

import pytest

from core import trace
from core.catalogue.optimizers import OPTIMIZERS
from core.lessons.history import known_by, race_by, timeline_entries, years
from tests.pages.visits import clean, notes, open_page, run_table, state, words
from ui import navigation
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


@pytest.mark.parametrize("year", years())
def test_a_year_races_what_was_known_by_it(year: int) -> None:
    app = open_page(PAGE, {f"{PREFIX}year": str(year)})
    table = run_table(app, PREFIX)
    assert table["rule"].tolist() == [OPTIMIZERS[key].name for key in known_by(year)]
    assert table["loss"].tolist() == [trace(run).loss[-1] for _, run in race_by(year)]


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
