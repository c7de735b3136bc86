"""The Reference page: tables that follow the declarations, a check that runs, code that is shown as it is tested."""

import ast
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core import OPTIMIZERS, SCHEDULES
from core.evidence.claims import CLAIMS
from core.export.snippets import SNIPPETS
from core.lessons.reference import optimizer_rows, questions
from tests.pages.visits import clean, latex, notes, open_page, state, words
from ui import navigation
from ui.panels.claims import topic_key

PAGE = navigation.REFERENCE
PREFIX = PAGE.prefix
TOPIC = topic_key(PAGE)


def test_the_table_has_a_row_for_every_rule() -> None:
    table = open_page(PAGE).dataframe[0].value
    rows = optimizer_rows()
    assert table["name"].tolist() == [row.name for row in rows]
    assert table["memory"].tolist() == [OPTIMIZERS[row.rule].parsed.numbers_per_weight for row in rows]


def test_the_second_table_has_a_row_for_every_schedule() -> None:
    table = open_page(PAGE, {TOPIC: "schedules"}).dataframe[0].value
    assert table["name"].tolist() == [schedule.name for schedule in SCHEDULES.values()]


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_link_shows_any_rule_with_its_formula_and_code_that_is_python(key: str) -> None:
    optimizer = OPTIMIZERS[key]
    app = open_page(PAGE, {f"{PREFIX}rule": optimizer.name})
    assert notes(app) == ""
    assert optimizer.idea in words(app)
    code = app.code[0].value
    ast.parse(code)
    assert (f"torch.optim.{optimizer.torch.name}(" if optimizer.torch else "class ") in code


@pytest.mark.parametrize("key", SCHEDULES)
def test_a_link_shows_any_schedule_with_its_formula_its_trap_and_its_line_of_code(key: str) -> None:
    schedule = SCHEDULES[key]
    app = open_page(PAGE, {TOPIC: "schedules", f"{PREFIX}schedule": schedule.name})
    assert notes(app) == ""
    assert schedule.idea in words(app)
    assert schedule.trap in words(app)
    assert "factor" in latex(app)
    ast.parse(app.code[0].value)


def test_answers_narrow_the_table_and_say_so() -> None:
    app = open_page(PAGE)
    for question in questions():
        clean(app.selectbox(key=PREFIX + question.key).set_value(question.answers[-1]).run())
    left = [
        row.name
        for row in optimizer_rows()
        if all(question.admits[question.answers[-1]](row) for question in questions())
    ]
    assert [name for frame in app.dataframe for name in frame.value["name"]] == left
    assert ("left:" in words(app)) is bool(left)


def test_a_search_that_finds_nothing_says_so_and_keeps_what_was_typed() -> None:
    app = open_page(PAGE, {f"{PREFIX}find": "no such rule `x`"})
    assert len(app.info) == 1
    assert "no such rule  x " in app.info[0].value
    assert state(app, f"{PREFIX}find") == "no such rule `x`"
    clean(app.text_input(key=f"{PREFIX}find").set_value("kingma").run())
    assert set(app.dataframe[0].value["name"]) == {"Adam", "Adamax"}


@pytest.mark.parametrize("value", ["nan", "x" * 30_000, "<script>", "`", "\x00", "![a](https://evil.example)"])
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    keys = [*(PREFIX + question.key for question in questions()), f"{PREFIX}rule", TOPIC]
    app = open_page(PAGE, {**dict.fromkeys(keys, value), f"{PREFIX}find": value})
    for key in keys:
        assert f"- `{key} = " in notes(app)
    assert state(app, f"{PREFIX}rule") == "Adam"
    for part, own in (("schedules", ["schedule"]), ("code", ["code"]), ("statements", ["verdict", "page", "claim"])):
        app = open_page(PAGE, {TOPIC: part, **{PREFIX + key: value for key in own}})
        for key in own:
            assert f"- `{PREFIX}{key} = " in notes(app)


@pytest.mark.parametrize("key", SNIPPETS)
def test_a_snippet_is_shown_exactly_as_it_is_tested(key: str) -> None:
    app = open_page(PAGE, {TOPIC: "code", f"{PREFIX}code": SNIPPETS[key].title})
    assert SNIPPETS[key].code.rstrip() in [block.value.rstrip() for block in app.code]


def test_the_check_runs_when_asked_for_and_covers_every_rule_and_schedule() -> None:
    app = open_page(PAGE, {TOPIC: "code"})
    clean(app.button(key=f"{PREFIX}check").click().run())
    rules, schedules = (element.value for element in app.dataframe if "deviation" in element.value.columns)
    assert rules["name"].tolist() == [optimizer.name for optimizer in OPTIMIZERS.values()]
    assert schedules["name"].tolist() == [schedule.name for schedule in SCHEDULES.values()]


# --- The ledger ---


def _ledger(app: AppTest) -> list[str]:
    (table,) = [element.value for element in app.dataframe if "said" in element.value.columns]
    return list(table["key"])


def test_the_ledger_lists_every_statement() -> None:
    assert _ledger(open_page(PAGE, {TOPIC: "statements"})) == sorted(CLAIMS)


def test_the_ledger_is_narrowed_by_verdict_page_and_words() -> None:
    narrowed = {f"{PREFIX}verdict": "false", f"{PREFIX}page": "Optimizers", f"{PREFIX}said": "rosenbrock"}
    app = open_page(PAGE, {TOPIC: "statements", **narrowed})
    assert notes(app) == ""
    assert _ledger(app) == ["C098"]


@pytest.mark.parametrize("key", list(CLAIMS)[::8])
def test_a_statement_of_the_ledger_leads_to_its_card(key: str) -> None:
    claim = CLAIMS[key]
    app = open_page(PAGE, {TOPIC: "statements", f"{PREFIX}claim": key})
    assert notes(app) == ""
    assert claim.correct in words(app)
    leads = f"on **{navigation.of(claim.page).title}**"
    if navigation.of(claim.page) is PAGE:
        (button,) = [button for button in app.button if leads in button.label]
        there = clean(button.click().run())
    else:
        (link,) = [one.proto for one in app.get("page_link") if leads in one.proto.label]
        there = open_page(navigation.of(claim.page), parse_qs(link.query_string))
    assert notes(there) == ""
    assert claim.correct in words(there)
    if claim.experiment:
        assert state(there, f"run_{key}") is True


def test_words_in_no_statement_are_said_to_be() -> None:
    app = open_page(PAGE, {TOPIC: "statements", f"{PREFIX}said": "no such words"})
    assert "no such words" in app.info[0].value
