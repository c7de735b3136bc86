"""Every page, run by Streamlit without a browser: what a link says is what runs, and no link breaks a page."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.hypers import Hyper
from core.catalogue.objectives import VARIABLES, own_objective
from core.catalogue.racers import ALIKE, RACERS, Racer, counted_key
from core.catalogue.schedules import SCHEDULES, Schedule
from core.engine.scenarios import DESCENTS, HILLS, RACES, Scenario
from core.engine.summary import retell, row, step_sentence
from core.evidence.claims import CLAIMS, Basis
from core.evidence.experiments import EXPERIMENTS
from core.formula import parse
from core.lessons.cards import CARDS
from core.lessons.mountain import mountain_table
from core.lessons.tour import minutes
from tests.numerals import misprints
from tests.pages.visits import (
    MARKUP,
    ROOT,
    Link,
    clean,
    controls,
    figures,
    latex,
    markup_shown,
    new_visit,
    notes,
    open_page,
    open_scenario,
    parts,
    run_table,
    state,
    words,
)
from ui import navigation
from ui.controls import hyper_key, scenario_state, schedule_hyper_key, schedule_key
from ui.kit.limits import MAX_CURVE_RACERS, MAX_RACERS, MAX_START, MAX_STEPS, MAX_TEXT, OWN
from ui.kit.share import number_text
from ui.navigation import Page
from ui.panels.claims import section_key

every = pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])


def _controls(app: AppTest) -> set[str]:
    """The keys of all controls that a link can set, apart from folds and the switches of claim cards."""
    folds = ("expander", "tab_container")
    return {key for key, kind in controls(app).items() if kind not in folds and not key.startswith("run_")}


# --- Opening ---


def _heading(page: Page) -> str:
    return navigation.PRODUCT if page is navigation.HOME else page.heading or page.title


@every
def test_a_page_opens_without_a_complaint(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    app = open_page(page)
    assert [title.value for title in app.title] == [_heading(page)]
    assert page.promise in words(app)
    assert not misprints(words(app))
    assert (len(app.warning), len(app.error)) == (0, 0)
    said = [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    # AppTest's own, because it is no server.
    assert [message for message in said if "missing ScriptRunContext" not in message] == []


@every
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_opens_in_either_theme(page: Page, theme: str) -> None:
    app = new_visit()
    app.context = {"theme": theme}
    app.switch_page(page.file)
    clean(app.run())


def test_a_picture_made_in_python_has_the_colours_of_the_theme() -> None:
    specs = []
    for theme in ("light", "dark"):
        app = new_visit()
        app.context = {"theme": theme}
        app.switch_page(navigation.OPTIMIZERS.file)
        app.query_params["rates"] = "true"
        specs.append([chart.proto.spec for chart in clean(app.run()).get("plotly_chart")])
    light, dark = specs
    assert light
    assert light != dark


@every
def test_every_page_can_be_reached_from_every_page(page: Page) -> None:
    links = {element.proto.page for element in open_page(page).sidebar.get("page_link")}
    assert len(links) == len(navigation.ALL)


def test_a_visit_to_all_pages_in_turn_leaves_none_broken() -> None:
    app = clean(new_visit().run())
    for page in (*navigation.ALL, *reversed(navigation.ALL)):
        app.switch_page(page.file)
        clean(app.run())
        assert app.title[0].value == _heading(page)


@pytest.mark.parametrize(
    ("door", "page"),
    [
        (0, navigation.FOUNDATIONS),
        (1, navigation.FOUNDATIONS),
        (2, navigation.PLAYGROUND),
        (3, navigation.PLAYGROUND),
    ],
)
def test_the_doors_of_the_home_page_lead_into_the_guide(door: int, page: Page) -> None:
    app = open_page(navigation.HOME)
    labels = ["Start learning", f"Take the tour: {minutes()} minutes", "Explore freely", "Try your own function"]
    assert [button.label for button in app.button][:4] == labels
    clean(app.button[door].click().run())
    assert app.title[0].value == page.title
    assert door != 3 or state(app, "pf") == OWN


def test_the_home_page_walks_with_what_a_hand_sets_and_shows_every_page() -> None:
    app = open_page(navigation.HOME, {"home_sgd_lr": "2.5", "home_x": "1"})
    assert notes(app) == ""
    assert state(app, "home_sgd_lr") == 2.5
    promises = [caption.value for caption in app.caption]
    assert all(page.promise in promises for page in navigation.ALL[1:])
    assert len(figures(app)) == len(CARDS)


def test_the_mountain_is_explained_with_the_numbers_of_the_run_that_is_shown() -> None:
    app = open_page(navigation.FOUNDATIONS)
    hill = next(iter(HILLS.values()))
    assert mountain_table(trace(hill.runs()[0])) in words(app)


def test_a_statement_is_marked_where_it_rests_on_sources() -> None:
    def statements() -> None:
        import streamlit as st

        from core.evidence.claims import CLAIMS
        from ui.kit import share
        from ui.panels.claims import statement

        # Elsewhere it would link to a page, which an app of one function does not have.
        share.begin("real_network")
        for claim in CLAIMS.values():
            st.markdown(claim.key)
            statement(claim)
        share.end()

    said = words(clean(AppTest.from_function(statements, default_timeout=60).run()))
    for claim in CLAIMS.values():
        card = said.split(f"\n{claim.key}\n" if claim.key != next(iter(CLAIMS)) else f"{claim.key}\n")[1]
        card = card[: card.index(claim.correct)]
        assert ("From sources" in card) is (claim.basis is Basis.SOURCES), claim.key


# --- Links ---


# Every rule and all copies of one, as many at a time as fit one picture.
DRIVEN = [RACERS[key] for key in (*OPTIMIZERS, *(counted_key("adam", count) for count in range(2, ALIKE + 1)))]
FIELDS = [DRIVEN[first : first + MAX_RACERS] for first in range(0, len(DRIVEN), MAX_RACERS)]


def _between(hyper: Hyper, random: np.random.Generator) -> float:
    """A value that no slider stops at."""
    low, high = hyper.slider
    if hyper.whole:
        return float(next(number for number in random.integers(int(low), int(high), 99) if number != hyper.default))
    if hyper.scale == "log":
        return float(f"{10 ** random.uniform(np.log10(low), np.log10(high)):.4g}")
    return round(float(random.uniform(low, high)), 5)


def _beyond(hyper: Hyper) -> float:
    """A value beyond the slider, where it ends before the bound does."""
    (low, high), (least, most) = hyper.slider, hyper.bounds
    if most > high:
        return float(int(high + (most - high) / 2)) if hyper.whole else float(f"{high + (most - high) / 3:.5g}")
    return float(f"{low - (low - least) / 3:.5g}")


def _settings_of(racer: Racer) -> dict[str, Hyper]:
    """Every hyperparameter of a racer and of its schedule, by its name in a link."""
    schedule = _schedule(racer)
    own = {hyper_key(racer, hyper.name): hyper for hyper in racer.optimizer.hypers}
    return own | {schedule_hyper_key(racer, schedule, hyper.name): hyper for hyper in schedule.hypers}


def _schedule(racer: Racer) -> Schedule:
    """Each racer has another schedule than the one before it."""
    return list(SCHEDULES.values())[list(RACERS).index(racer.key) % len(SCHEDULES)]


def _hypers(racers: Sequence[Racer], beyond: bool) -> dict[str, float]:
    random = np.random.default_rng(4)
    return {
        key: _beyond(hyper) if beyond else _between(hyper, random)
        for racer in racers
        for key, hyper in _settings_of(racer).items()
    }


def _run(
    racer: Racer,
    hypers: Mapping[str, float],
    objective: str = "beale",
    start: tuple[float, ...] = (1.0625, -0.7),
    **more: Any,
) -> Run:
    schedule = _schedule(racer)
    return Run(
        objective,
        racer.optimizer.key,
        start,
        37,
        {hyper.name: hypers[hyper_key(racer, hyper.name)] for hyper in racer.optimizer.hypers},
        schedule.key,
        {hyper.name: hypers[schedule_hyper_key(racer, schedule, hyper.name)] for hyper in schedule.hypers},
        **more,
    )


def _assert_state(app: AppTest, expected: Mapping[str, Any]) -> None:
    values = {key: state(app, key) for key in expected}
    # A logarithmic slider keeps texts.
    plain = {
        key: float(value) if isinstance(value, str) and isinstance(expected[key], float) else value
        for key, value in values.items()
    }
    assert plain == dict(expected)


@pytest.mark.parametrize("beyond", [False, True], ids=["between the stops", "beyond the sliders"])
@pytest.mark.parametrize("racers", FIELDS, ids=lambda racers: racers[0].key)
def test_a_link_with_every_setting_changed_opens_exactly_that_race(racers: list[Racer], beyond: bool) -> None:
    hypers = _hypers(racers, beyond)
    plain: dict[str, Any] = {
        "f": "Beale",
        "rules": [racer.name for racer in racers],
        "view": "3-D",
        "curve": "Learning rate",
        "basins": racers[-1].name,
        "topic": "muon",
        **{schedule_key(racer): _schedule(racer).name for racer in racers},
    }
    chosen = {"of": racers[-1].name, "along": "y"}
    numbers = {"x": 1.0625, "y": -0.7, "steps": 37, "t": 11.0, "noise": 0.3, "clip": 2.5, "seed": 7.0}
    # With the fields of the racers in sight, which are what a setting is kept by.
    link = plain | chosen | {key: number_text(value) for key, value in (numbers | hypers).items()}
    app = open_page(navigation.OPTIMIZERS, link | {"fields": "true"})
    assert notes(app) == ""
    assert _controls(app) == {*link, "own", "schedule_text"}
    _assert_state(app, plain | chosen | numbers | hypers)

    race = [(racer, trace(_run(racer, hypers, noise=0.3, clip_norm=2.5, seed=7))) for racer in racers]
    table = run_table(app).to_dict("records")
    expected = [asdict(row(racer, path)) for racer, path in race]
    for cells, wanted in zip(table, expected, strict=True):
        # By the same computation, so to the last bit; NaN equals itself here.
        np.testing.assert_equal(cells, wanted)
    said = words(app)
    assert [sentence for sentence in retell(race) if f"- {sentence}" not in said] == []
    last = race[-1][1]
    if len(last.x) > 11:
        assert "So step 11 moves by" in said


# All racers, as many at a time as fit one curve, on all curves in turn.
CURVES = [key for key, objective in OBJECTIVES.items() if objective.dimension == 1]
DESCENDING = [
    (CURVES[first // MAX_CURVE_RACERS % len(CURVES)], list(RACERS.values())[first : first + MAX_CURVE_RACERS])
    for first in range(0, len(RACERS), MAX_CURVE_RACERS)
]


@pytest.mark.parametrize(("key", "racers"), DESCENDING, ids=[f"{key} {racers[0].key}" for key, racers in DESCENDING])
def test_a_link_with_every_setting_changed_opens_exactly_that_descent(key: str, racers: list[Racer]) -> None:
    objective, last = OBJECTIVES[key], racers[-1]
    hypers = _hypers(racers, beyond=False)
    expected: dict[str, Any] = {"f": objective.name, "x": 0.8125, "steps": 37, "t": 5.0, "curve": "Learning rate"}
    expected |= {"rules": [racer.name for racer in racers], "of": last.name, "noise": 0.3, "clip": 2.5, "seed": 7.0}
    expected |= {schedule_key(racer): _schedule(racer).name for racer in racers} | hypers
    expected = {navigation.FOUNDATIONS.prefix + name: value for name, value in expected.items()}
    hill = list(HILLS.values())[-1]
    expected |= {"hill": hill.key, "hx": 0.4375, "hy": -0.3125, "ht": 7.0}
    link = {name: value if isinstance(value, str | list) else number_text(value) for name, value in expected.items()}
    app = open_page(navigation.FOUNDATIONS, {**link, "dfields": "true", "h_fields": "true"})
    assert notes(app) == ""
    assert _controls(app) == {*link, "down", "dschedule_text"}
    _assert_state(app, expected)
    given = {"noise": 0.3, "clip_norm": 2.5, "seed": 7}
    race = [(racer, trace(_run(racer, hypers, key, (0.8125,), **given))) for racer in racers]
    said = words(app)
    assert [sentence for sentence in retell(race) if f"- {sentence}" not in said] == []
    path = race[-1][1]
    if len(path.x) > 5:
        assert step_sentence(path, 5) in said
    assert objective.parsed.latex in latex(app)


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 2][::3])
def test_a_link_names_any_objective_and_its_own_start_comes_with_it(key: str) -> None:
    objective = OBJECTIVES[key]
    app = open_page(navigation.OPTIMIZERS, {"f": objective.name})
    assert notes(app) == ""
    _assert_state(app, {"f": objective.name, "x": objective.start[0], "y": objective.start[1]})
    assert objective.parsed.latex in latex(app)


def test_a_link_holds_a_formula() -> None:
    text = "x**2 + 2*y**2 + sin(3*x*y)"
    app = open_page(navigation.OPTIMIZERS, {"f": OWN, "formula": text, "x": "0.5", "y": "0.25", "rules": "Adam"})
    assert notes(app) == ""
    _assert_state(app, {"f": OWN, "formula": text, "x": 0.5, "y": 0.25, "rules": ["Adam"]})
    path = trace(Run(text, "adam", (0.5, 0.25), 500, dict(RACES["valley"].rules["adam"])))
    assert run_table(app)["loss"].tolist() == [path.loss[-1]]


def test_a_limit_too_small_to_be_one_sets_none() -> None:
    app = open_page(navigation.OPTIMIZERS, {"clip": "1e-300", "rules": "Adam"})
    unlimited = open_page(navigation.OPTIMIZERS, {"rules": "Adam"})
    assert run_table(app).equals(run_table(unlimited))


# Values that suit no control at all.
HOSTILE: tuple[str, ...] = (
    "nan", "inf", "-inf", "1e999", "-1e999", "1e7", "-1e7", "1e308", "-1.8e308",
    "9" * 400, "-" + "9" * 400, "0x10", "1,5", "1 5", "1/2", "2**3", "--1", "1e", "1e1.5", "½",
    "²", "十", "１２ａ", "∞", "−1", "true", "None", "{}", "NaN%", "0 OR 1=1",
    "'; DROP TABLE runs; --", "../../etc/passwd", "__import__('os').system('id')", "${7*7}", "%00", "\x00",
    "\n", "a\nb", "\u202egnp.exe", "\ufeff", "\u200b", "`", "```", "` ![x](https://evil.example/x.png) `",
    "![x](https://evil.example/x.png)", "[click](javascript:alert(1))", "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>", "</code></pre>", "$\\href{javascript:alert(1)}{x}$", ":material/home:", ":red[x]",
    "# heading", "- item\n- item", "|a|b|\n|-|-|", "<!--", "&lt;b&gt;", "\\`x\\`", "\U0001f600",
    "x" * 20_000, "![" * 3_000, "9" * 20_000,
)  # fmt: skip
# A hundred thousand characters for a single key; for all keys at once Streamlit would drop the whole link.
ENORMOUS: Mapping[str, str] = {
    "f": "x" * 100_000,
    "adam_lr": "`" * 100_000,
    "rules": "![" * 50_000,
    "steps": "9" * 100_000,
    "x": "[a](b)\n" * 15_000,
}
PAGE_LINKS: Mapping[str, tuple[Page, tuple[str, ...], Link]] = {
    "descent": (
        navigation.FOUNDATIONS,
        (
            *("df", "dx", "dsteps", "dsgd_lr", "dt", "dcurve", "dof", "dnoise", "dclip", "dseed"),
            *("dmomentum_beta", "dmomentum_schedule", "hill", "hx", "hy", "ht"),
        ),
        {"drules": ["Gradient descent", "Momentum"]},
    ),
    "race": (
        navigation.OPTIMIZERS,
        (
            *("f", "x", "y", "steps", "t", "view", "curve", "of", "along"),
            *("adam_lr", "adam_beta1", "adam_eps", "sophia_k", "sophia_gamma"),
            *("adam_schedule", "sophia_schedule", "noise", "clip", "seed"),
        ),
        {"rules": ["Adam", "Sophia"]},
    ),
}


def _shown(markdown: str) -> str:
    """What a visitor sees of ``markdown`` in which every sign is escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def _unquoted(note: str) -> str:
    """A note without its code, in which nothing is markup."""
    return re.sub(r"`[^`\n]*`", "", note)


def _assert_noted(app: AppTest, keys: Sequence[str]) -> None:
    (warning,) = app.warning
    lines = warning.value.splitlines()
    for key in keys:
        # Each names the key and what was said, and says what is allowed.
        assert any(re.match(rf"- `{key} = [^`]*`: .{{10,}}", line) for line in lines), (key, lines)
    plain = _unquoted(warning.value)
    assert not re.search(r"!?\[|\]\(|<[a-zA-Z/!]|\$|:material|https?:", plain), plain
    assert "`" not in plain
    assert len(warning.value) < 120 * (len(keys) + 3)


DEFAULTS: dict[str, dict[str, Any]] = {}


def _defaults(name: str) -> dict[str, Any]:
    if name not in DEFAULTS:
        page, keys, kept = PAGE_LINKS[name]
        app = open_page(page, kept)
        DEFAULTS[name] = {key: state(app, key) for key in keys}
    return DEFAULTS[name]


def test_there_are_enough_hostile_values() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:30])
def test_a_nonsense_link_opens_with_the_defaults_and_says_what_it_could_not_use(value: str) -> None:
    page, keys, kept = PAGE_LINKS["race"]
    # Two rules stay chosen, so that the controls of their hyperparameters are there.
    app = open_page(page, dict.fromkeys(keys, value) | {"rules": [*kept["rules"], value]})
    assert {key: state(app, key) for key in keys} == _defaults("race")
    assert state(app, "rules") == kept["rules"]
    _assert_noted(app, [*keys, "rules"])


# The same controls once more: a sample is enough.
@pytest.mark.parametrize("value", HOSTILE[::6], ids=lambda value: ascii(value)[:30])
def test_a_nonsense_link_to_the_other_page_opens_likewise(value: str) -> None:
    page, keys, kept = PAGE_LINKS["descent"]
    app = open_page(page, dict.fromkeys(keys, value) | {"drules": [*kept["drules"], value]})
    assert {key: state(app, key) for key in keys} == _defaults("descent")
    assert state(app, "drules") == kept["drules"]
    _assert_noted(app, [*keys, "drules"])


@pytest.mark.parametrize(("key", "value"), ENORMOUS.items(), ids=ENORMOUS)
def test_an_enormous_value_is_quoted_briefly(key: str, value: str) -> None:
    page, _, kept = PAGE_LINKS["race"]
    app = open_page(page, {**kept, key: [*kept["rules"], value] if key == "rules" else value})
    _assert_noted(app, [key])


@every
def test_markup_in_a_link_stays_text(page: Page) -> None:
    opened = {"export": "true", f"{page.prefix}f": OWN}
    app = open_page(page, opened)
    boxes = [box.key for kind in ("text_input", "text_area") for box in app.get(kind) if box.key]
    for link in ({**opened, **dict.fromkeys(boxes, MARKUP)}, dict.fromkeys(_controls(app), MARKUP)):
        assert markup_shown(open_page(page, link)) == []


def test_an_empty_value_shows_the_default_and_says_so() -> None:
    page, keys, kept = PAGE_LINKS["race"]
    app = open_page(page, {**kept, **dict.fromkeys(keys, "")})
    # Streamlit clears a segmented control; the page shows its first option all the same.
    assert {key for key in keys if state(app, key) not in (_defaults("race")[key], None)} == set()
    _assert_noted(app, keys)


def _together(table: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Links that between them hold every value of ``table``, each key at most once in a link."""
    longest = max(map(len, table.values()))
    return [{key: values[index] for key, values in table.items() if index < len(values)} for index in range(longest)]


# Values on the wrong side of what each control takes.
JUST_OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "steps": ("0", "-1", str(MAX_STEPS + 1), "0.999"),
    "t": ("-1", "501", "-0.001"),
    "x": (f"{MAX_START * 1.000001:.0f}", "-1000001"),
    "y": ("1e6.0", "1000000.5"),
    "adam_lr": ("-1e-9", "1000001", "-5"),
    "adam_beta1": ("1", "0.9999991", "-0.1"),
    "sophia_k": ("0", "1001", "-3"),
    "f": ("rosenbrock", "ROSENBROCK", "Quartic", " Rosenbrock", "Own"),
    "view": ("contour", "3D"),
    "curve": ("loss", "Loss "),
    "along": ("z", "0", "X"),
    "of": ("Momentum", "adam", "Adam 2"),
}


@pytest.mark.parametrize("link", _together(JUST_OUTSIDE))
def test_a_value_just_outside_is_not_used_and_said_to_be(link: dict[str, str]) -> None:
    page, _, kept = PAGE_LINKS["race"]
    app = open_page(page, {**kept, **link})
    assert {key: state(app, key) for key in link} == {key: _defaults("race")[key] for key in link}
    _assert_noted(app, list(link))


# Numbers as people type them.
TYPED: Mapping[str, tuple[str, ...]] = {
    "adam_lr": ("1e-2", "0.010", ".05", "+0.05", "1E-2", "5e-2", "1e6", "0.", "1e0", " 0.05", "٠.٠٥", "1_0e-3", "-0.0"),
    "adam_beta1": ("5e-1", ".5", "+0.5", "0.50", "0", "1e-5"),
    "sophia_k": ("7.0", "1e1", "+7", "007", "７"),
    "steps": ("7.0", "1e2", "+7", "007"),
    "x": ("1e-3", ".5", "+2", "-0", "1e6", "0002", "1e-320"),
    "t": ("3.0", "1e2", "007"),
}


@pytest.mark.parametrize("link", _together(TYPED))
def test_a_number_however_written_is_used_or_said_not_to_be(link: dict[str, str]) -> None:
    page, _, kept = PAGE_LINKS["race"]
    app = open_page(page, {**kept, **link})
    noted = []
    for key, value in link.items():
        if float(state(app, key)) != float(value):
            assert state(app, key) == _defaults("race")[key]
            noted.append(key)
    assert sorted(re.findall(r"- `(\w+) = ", notes(app))) == sorted(noted)


@pytest.mark.parametrize(("key", "value"), [("steps", "7.5"), ("t", "3.5"), ("sophia_k", "2.5")])
def test_half_a_step_is_said_not_to_be_one(key: str, value: str) -> None:
    page, _, kept = PAGE_LINKS["race"]
    _assert_noted(open_page(page, {**kept, key: value}), [key])


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("adam_lr", ["0.5", "0.7"]), ("adam_lr", ["0.5", "0.5"]), ("adam_lr", ["nan", "0.5"]), ("steps", ["5", "9"]),
        ("x", ["1", "2"]), ("f", ["Beale", "Booth"]), ("view", ["3-D", "Contour"]), ("adam_beta1", ["0.1", "0.2"]),
        ("sophia_k", ["3", "4"]), ("t", ["3", "4"]), ("steps", ["5"] * 900),
    ],
)  # fmt: skip
def test_a_key_given_more_than_once_is_used_or_said_not_to_be(key: str, values: list[str]) -> None:
    page, _, kept = PAGE_LINKS["race"]
    app = open_page(page, {**kept, key: values})
    default = _defaults("race")[key]
    assert str(state(app, key)).removesuffix(".0") in {*values, str(default).removesuffix(".0")}
    if state(app, key) == default:
        assert f"`{key} = " in notes(app)


def test_of_a_list_of_rules_the_known_ones_run() -> None:
    app = open_page(navigation.OPTIMIZERS, {"rules": ["Adam", "nobody", "Momentum", "Adam"]})
    assert run_table(app)["rule"].tolist() == ["Momentum", "Adam"]
    _assert_noted(app, ["rules"])


def test_more_rules_than_fit_a_curve_are_cut_and_said_to_be() -> None:
    chosen = [racer.name for racer in RACERS.values()][: MAX_CURVE_RACERS + 1]
    app = open_page(navigation.FOUNDATIONS, {"drules": chosen})
    assert f"it may be given {MAX_CURVE_RACERS} times" in notes(app)
    said = words(app)
    assert [f"- **{name}.** " in said for name in chosen] == [True] * MAX_CURVE_RACERS + [False]


def test_more_rules_than_fit_a_picture_are_cut_and_said_to_be() -> None:
    names = [racer.name for racer in RACERS.values()]
    app = open_page(navigation.OPTIMIZERS, {"rules": names})
    assert len(state(app, "rules")) == len(run_table(app)) == MAX_RACERS
    assert "rules" in notes(app)


@pytest.mark.parametrize("rules", [[], ""], ids=["not named", "empty"])
def test_a_link_without_rules_opens(rules: str | list[str]) -> None:
    app = open_page(navigation.OPTIMIZERS, {"rules": rules})
    assert len(run_table(app)) >= 1


# --- Own formulas ---


def _choose_own(page: Page, text: str) -> AppTest:
    app = open_page(page)
    clean(app.selectbox(key="f").set_value(OWN).run())
    return clean(app.text_input(key="formula").set_value(text).run())


def test_a_valid_formula_is_used() -> None:
    app = _choose_own(navigation.OPTIMIZERS, "x^2 + 5*y^2")
    assert len(app.error) == 0
    assert r"x^{2} + 5\,y^{2}" in latex(app)
    start = own_objective("x^2 + 5*y^2", 2).start
    path = trace(Run("x^2 + 5*y^2", "sgd", start, 500, dict(RACES["valley"].rules["sgd"])))
    assert run_table(app)["loss"][0] == path.loss[-1]


# What each page says to a wrong formula; an empty sentence where only that it says something matters.
WRONG: Mapping[str, str] = {
    "x*2*": "The formula ends too early; a value is missing after *.",
    "xz": "Unknown name xz",
    "__x__": "",
    "": "",
    "import os": "",
    "__import__('os')": "",
    "x + ![a](https://evil.example)": "",
    "`x`": "",
    "x\x00x": "",
    "(" * 200: "",
    "x+" * 149 + "x": "",
    "٩*x": "",
    "<script>alert(1)</script>": "",
    "$x$ :red[x]": "",
}
MODEST: Link = {"rules": ["Adam"], "steps": "20"}


def _modest(page: Page) -> Link:
    return MODEST if page is navigation.OPTIMIZERS else {f"{page.prefix}steps": "20"}


pages_with_formulas = pytest.mark.parametrize(
    "page", [navigation.FOUNDATIONS, navigation.OPTIMIZERS], ids=lambda page: page.title
)


@pages_with_formulas
def test_a_wrong_formula_is_explained_and_stays_in_its_box(page: Page) -> None:
    opening = next(iter((DESCENTS if page is navigation.FOUNDATIONS else RACES).values()))
    app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN, f"{page.prefix}formula": "x +"})
    for text, sentence in WRONG.items():
        clean(app.text_input(key=f"{page.prefix}formula").set_value(text).run())
        (error,) = app.error
        assert sentence in _shown(error.value)
        assert len(error.value) > 20
        assert not re.search(r"!\[|\]\(|<[a-z]", _unquoted(error.value)), error.value
        assert app.text_input(key=f"{page.prefix}formula").value == text
        assert f"Until then the picture shows {opening.resolved_objective.name}." in [one.value for one in app.caption]
        (at_picture,) = app.warning
        assert at_picture.value.endswith(f"cannot be read, so the picture shows {opening.resolved_objective.name}.")
        assert opening.resolved_objective.parsed.latex in latex(app)
    # It is used as soon as it is right, and stays when the next one is not.
    clean(app.text_input(key=f"{page.prefix}formula").set_value("x**4 + 7").run())
    assert (len(app.error), len(app.warning)) == (0, 0)
    assert "x^{4} + 7" in latex(app)
    clean(app.text_input(key=f"{page.prefix}formula").set_value("x**4 + 7 +").run())
    assert len(app.error) == 1
    assert "x^{4} + 7" in latex(app)
    assert "`x**4 + 7`" in app.warning[0].value
    # The picture of another objective has nothing to do with it.
    clean(app.selectbox(key=f"{page.prefix}f").set_value(opening.resolved_objective.name).run())
    assert (len(app.error), len(app.warning)) == (0, 0)


@pages_with_formulas
def test_what_is_typed_by_habit_is_put_into_its_strict_form_and_shown_back(page: Page) -> None:
    key = f"{page.prefix}formula"
    app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN})
    clean(app.text_input(key=key).set_value("f(x) = 2x² + |x|").run())
    assert (len(app.error), len(app.warning)) == (0, 0)
    assert app.text_input(key=key).value == "2*x**2 + abs(x)"
    assert "`f(x) = 2x² + |x|` is read as `2*x**2 + abs(x)`:" in [one.value for one in app.caption]
    assert r"$\displaystyle 2\,x^{2} + \left|x\right|$" in words(app)
    # It is said until another formula is typed.
    clean(app.run())
    assert "is read as" in " ".join(one.value for one in app.caption)
    clean(app.text_input(key=key).set_value("x**2").run())
    assert "is read as" not in " ".join(one.value for one in app.caption)
    # A link may hold the habit, too.
    app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN, key: "sin²x"})
    assert (notes(app), len(app.error)) == ("", 0)
    assert app.text_input(key=key).value == "sin(x)**2"


@pages_with_formulas
def test_of_two_readings_one_is_chosen_by_a_button(page: Page) -> None:
    key = f"{page.prefix}formula"
    for place, strict in enumerate(("1/2*x", "1/(2*x)")):
        app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN})
        clean(app.text_input(key=key).set_value("1/2x").run())
        assert len(app.error) == 1
        buttons = [button for button in app.button if str(button.key).startswith(f"{key}:")]
        assert [button.label for button in buttons] == ["`1/2*x`", "`1/(2*x)`"]
        clean(buttons[place].click().run())
        assert app.text_input(key=key).value == strict
        assert (len(app.error), len(app.warning)) == (0, 0)


@pages_with_formulas
def test_a_new_formula_moves_the_start_to_where_it_starts_as_its_link_does(page: Page) -> None:
    dimension = 1 if page is navigation.FOUNDATIONS else 2
    link = {**_modest(page), f"{page.prefix}f": OWN}

    def start(app: AppTest) -> tuple[float, ...]:
        return tuple(state(app, page.prefix + variable) for variable in VARIABLES[:dimension])

    app = open_page(page, {**link, f"{page.prefix}x": "0.3125"})
    for typed, strict in (("(x - 70)²", "(x - 70)**2"), ("x⁴ - 8x²", "x**4 - 8*x**2"), ("x/2x", "x/(2*x)")):
        clean(app.text_input(key=f"{page.prefix}formula").set_value(typed).run())
        if app.error:
            clean(app.button(key=f"{page.prefix}formula:{strict}").click().run())
        expected = own_objective(strict, dimension).start
        assert start(app) == expected
        assert start(open_page(page, {**link, f"{page.prefix}formula": strict})) == expected


ODD = (
    "log(x)", "1/x", "5", "0/0", "sqrt(x - 9)", "exp(exp(x*x))", "where(x > 0, x, 1/0)", "tan(x)", "x**x", "-x**2",
    "floor(x)", "sign(x)", "abs(x)", "9**9**9", "007*x", "1e-300*x", "x % 0", "x**9*1e90", "1e59", "-1e99", "1e99*x",
    "1e-99", "1e16 + x/1e9",
)  # fmt: skip


@pages_with_formulas
def test_a_formula_that_is_undefined_flat_or_unbounded_has_a_page(page: Page) -> None:
    app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN})
    broken = []
    for text in ODD:
        app.text_input(key=f"{page.prefix}formula").set_value(text).run()
        if app.exception or app.error or parse(text).latex not in latex(app):
            broken.append(text)
            # A page that broke is opened anew.
            app = open_page(page, {**_modest(page), f"{page.prefix}f": OWN})
    assert broken == []


# --- Own rules ---

OWN_RULE = "beta: (0, 1) = 0.75\nv = beta*v + g\nx = x - lr*v"


def test_a_link_holds_a_rule_and_its_hyperparameters() -> None:
    app = open_page(navigation.OPTIMIZERS, {**MODEST, "own": OWN_RULE, "own_lr": "0.0004", "own_beta": "0.5"})
    assert notes(app) == ""
    _assert_state(app, {"own": OWN_RULE, "own_lr": 0.0004, "own_beta": 0.5})
    path = trace(Run("rosenbrock", OWN_RULE, (-1.5, 2.0), 20, {"lr": 0.0004, "beta": 0.5}))
    assert run_table(app)["loss"].tolist()[1:] == [path.loss[-1]]


def test_a_wrong_rule_is_explained_stays_in_its_box_and_the_last_good_one_races() -> None:
    app = open_page(navigation.OPTIMIZERS, MODEST)
    wrong = (
        "x = ",
        "x",
        "y = g",
        "x = x - lr*import os",
        "![a](https://evil.example)",
        "`",
        "x = x - lr*h",
        "x=" * 700,
    )
    for text in (*wrong, "x: state = 1\nx = g", "lr = 3\nx = lr", "x = newton_direction(g)", "٣ = x", "<b>x</b> = 1"):
        clean(app.text_area(key="own").set_value(text).run())
        assert len(app.error) == 1, text
        assert not re.search(r"!\[|\]\(|<[a-z]", _unquoted(app.error[0].value)), text
        assert app.text_area(key="own").value == text
        assert run_table(app)["rule"].tolist() == ["Adam"]
        assert [one.value for one in app.warning] == ["Your rule cannot be read, so it does not race."]
    clean(app.text_area(key="own").set_value(OWN_RULE).run())
    assert (len(app.error), len(app.warning)) == (0, 0)
    good = run_table(app)
    assert len(good) == 2
    clean(app.text_area(key="own").set_value("x = x - lr*__h__*g").run())
    assert r"Unknown name \_\_h\_\_" in app.error[0].value
    clean(app.text_area(key="own").set_value(OWN_RULE + " +").run())
    assert len(app.error) == 1
    assert run_table(app).equals(good)
    assert "the last one that could be is still used" in app.warning[0].value
    # An empty box is no mistake.
    clean(app.text_area(key="own").set_value("").run())
    assert (len(app.error), len(app.warning), len(run_table(app))) == (0, 0, 1)
    clean(app.text_area(key="own").set_value("x = ").run())
    assert len(run_table(app)) == 1


def test_every_shipped_rule_can_be_put_into_the_editor_and_races_beside_the_original() -> None:
    app = open_page(navigation.OPTIMIZERS, MODEST)
    for key, optimizer in OPTIMIZERS.items():
        clean(app.selectbox(key="edit").set_value(OPTIMIZERS[key].name).run())
        assert len(app.error) == 0
        assert app.text_area(key="own").value == optimizer.text
        assert len(run_table(app)) == 2
        # What does not race begins as declared, whatever was edited before.
        if key != "adam":
            _assert_state(app, {f"own_{hyper.name}": hyper.default for hyper in optimizer.hypers})


@pytest.mark.parametrize("racers", FIELDS, ids=lambda racers: racers[0].key)
def test_an_edited_rule_begins_with_the_settings_that_the_rule_races_with(racers: list[Racer]) -> None:
    random = np.random.default_rng(int(os.environ["TEST_SEED"]))
    link: dict[str, str | list[str]] = {**MODEST, "rules": [racer.name for racer in racers], "f": "Himmelblau"}
    for racer in racers:
        link |= {hyper_key(racer, hyper.name): number_text(_between(hyper, random)) for hyper in racer.optimizer.hypers}
        schedule = list(SCHEDULES.values())[random.integers(len(SCHEDULES))]
        link[schedule_key(racer)] = schedule.name
        for hyper in schedule.hypers:
            link[schedule_hyper_key(racer, schedule, hyper.name)] = number_text(_between(hyper, random))
    app = open_page(navigation.OPTIMIZERS, link)
    assert notes(app) == ""
    # Of copies the first one.
    for racer in {racer.optimizer.key: racer for racer in reversed(racers)}.values():
        clean(app.selectbox(key="edit").set_value(racer.optimizer.name).run())
        loss = run_table(app).set_index("rule")["loss"]
        own, original = loss["Own rule"], loss[racer.name]
        assert own == original or (np.isnan(own) and np.isnan(original)), racer.key


def test_enter_chooses_the_rule_that_was_typed_and_no_other() -> None:
    # With a row that chooses all that fit, Enter after "AdamW" would choose AdamW 2 as well.
    assert open_page(navigation.OPTIMIZERS).multiselect(key="rules").proto.select_all == 0


ODD_RULES = (
    "x = x/0",
    "x = 0/0",
    "x = lr",
    "x = x",
    "x = x*1e90",
    "x = 007*x",
    "x = newton_direction(x, 0)",
    "a: state = 2*x + lr\nx = x - lr*(g + x - a)",
    "n = 0.9*n + norm(g)\nx = x - lr*g/n",
    "q = sqrt(-t)\nx = x - lr*g",
    "x = x - lr*where(t % 2 == 0, grad(x + 1), g)",
    "later = loss\nx = x - lr*g*later/T",
    "k: (0, 1e6) = 3\nx = x - lr*g*k",
    "p: (-5, 5) = -0.5\nx = x - lr*g*p",
    "p: (1e-9, 2e-9) = 1.5e-9\nx = x - lr*g*p",
    "p: (0, 1e90) = 1\nx = p*x",
    "p: (-1e100, 1e100) = -1e100\nx = p*x",
    "p: (0, 1e-90) = 1e-91\nx = x - p*g",
    "lr: (0, 1e-90) = 0\nx = x - lr*g",
    "lr: (0, 1e100) = 1e100\nx = x - lr*g",
    "step_gama: (0, 1) = 0.5\nx = x - lr*g*step_gama",
    "p: (0.1, 0.3) = 0.1 + 0.2 - 0.1\nx = x - lr*p*g",
)


@pytest.mark.parametrize("rule", ODD_RULES)
def test_a_rule_however_odd_has_a_page(rule: str) -> None:
    app = open_page(navigation.OPTIMIZERS, {**MODEST, "own": rule, "of": "Own rule", "t": "1"})
    assert len(app.error) == 0
    assert len(run_table(app)) == 2


# --- Claim cards ---


@every
def test_every_statement_opens_and_every_experiment_runs_by_link(page: Page) -> None:
    claims = [claim for claim in CLAIMS.values() if claim.page == page.path]
    running = {f"run_{key}": "true" for key in (*CLAIMS, *EXPERIMENTS)}
    text, toggles = "", {}
    for part in parts(page):
        folds = {section_key(page, topic): "true" for topic in [*part.values(), *(claim.topic for claim in claims)]}
        app = open_page(page, {**part, **folds, **running})
        # Those of other pages and parts are none of this one.
        said = re.findall(r"^- `.*`: (.*)$", notes(app), re.MULTILINE)
        assert [one for one in said if not one.startswith("no control on this page")] == []
        text += words(app)
        toggles |= {toggle.key: toggle.value for toggle in app.toggle if toggle.key.startswith("run_")}
    assert [claim.key for claim in claims if claim.correct not in text] == []
    assert not misprints(text)
    assert {f"run_{claim.key}" for claim in claims if claim.experiment} <= toggles.keys()
    assert all(toggles.values())


@every
def test_a_number_next_to_nothing_breaks_no_control(page: Page) -> None:
    part = random.Random(os.environ["TEST_SEED"]).choice(parts(page))
    opened = {**part, **{section_key(page, topic): "true" for topic in part.values()}}
    app = open_page(page, {**opened, **{f"run_{key}": "true" for key in (*CLAIMS, *EXPERIMENTS)}})
    open_page(page, {**opened, **dict.fromkeys({*_controls(app)} - {*opened}, "5e-324")})


# --- Controls that depend on each other ---


@pytest.mark.parametrize(
    ("page", "dimension"), [(navigation.FOUNDATIONS, 1), (navigation.OPTIMIZERS, 2)], ids=["curve", "landscape"]
)
def test_choosing_another_objective_moves_the_start_to_where_that_one_starts(page: Page, dimension: int) -> None:
    app = open_page(page)
    for variable in VARIABLES[:dimension]:
        app.number_input(key=page.prefix + variable).set_value(0.3125)
    clean(app.run())
    # Every other one of them.
    for objective in [one for one in OBJECTIVES.values() if one.dimension == dimension][::2]:
        if objective.name == state(app, f"{page.prefix}f"):
            continue
        clean(app.selectbox(key=f"{page.prefix}f").set_value(objective.name).run())
        assert tuple(state(app, page.prefix + variable) for variable in VARIABLES[:dimension]) == objective.start
        assert objective.parsed.latex in latex(app)
    clean(app.selectbox(key=f"{page.prefix}f").set_value(OWN).run())
    own = own_objective(app.text_input(key=f"{page.prefix}formula").value, dimension)
    assert tuple(state(app, page.prefix + variable) for variable in VARIABLES[:dimension]) == own.start


def test_without_a_rule_the_first_of_the_opening_runs() -> None:
    app = open_page(navigation.OPTIMIZERS)
    clean(app.multiselect(key="rules").set_value([]).run())
    first = RACERS[next(iter(RACES["valley"].rules))]
    assert run_table(app)["rule"].tolist() == [first.name]
    assert f"None is chosen, so {first.name} runs." in [caption.value for caption in app.caption]


def test_fewer_steps_bring_the_clock_back() -> None:
    for page in (navigation.FOUNDATIONS, navigation.OPTIMIZERS):
        app = open_page(page)
        clean(app.slider(key=f"{page.prefix}steps").set_value(40).run())
        assert 0 <= state(app, f"{page.prefix}t") <= 40
        clean(app.slider(key=f"{page.prefix}steps").set_value(1).run())
        assert 0 <= state(app, f"{page.prefix}t") <= 1


def test_every_step_of_a_race_has_a_ledger_for_every_racer_and_coordinate() -> None:
    app = open_page(navigation.OPTIMIZERS, {"steps": "20"})
    for name in ("Momentum", "Adam"):
        for coordinate in ("x", "y"):
            for step in (0.0, 1.0, 20.0):
                app.selectbox(key="of").set_value(name)
                app.session_state["along"] = coordinate
                app.number_input(key="t").set_value(step)
                clean(app.run())
                spoken = f"So step {int(step)} moves by" in words(app)
                assert spoken is (step > 0)


def test_a_setting_moved_by_hand_changes_the_numbers_of_that_rule_alone() -> None:
    app = open_page(navigation.OPTIMIZERS, {"fields": "true"})
    before = run_table(app).set_index("rule")["loss"]
    clean(app.number_input(key="adam_lr").set_value(0.05).run())
    after = run_table(app).set_index("rule")["loss"]
    assert before.index[before != after].tolist() == ["Adam"]


def test_what_one_page_was_set_to_does_not_spoil_another() -> None:
    app = open_page(navigation.OPTIMIZERS)
    clean(app.selectbox(key="f").set_value("Beale").run())
    clean(app.slider(key="steps").set_value(100).run())
    for page, dimension in ((navigation.FOUNDATIONS, 1), (navigation.OPTIMIZERS, 2)):
        app.switch_page(page.file)
        clean(app.run())
        names = {objective.name for objective in OBJECTIVES.values() if objective.dimension == dimension}
        assert state(app, f"{page.prefix}f") in names
        assert notes(app) == ""


def test_curves_that_would_take_long_are_refused_and_the_race_itself_is_shown() -> None:
    formula = "+".join(f"sin({k}*x)*cos({k + 1}*y)*exp(-x**2)" for k in range(1, 9))
    rules = [racer.name for racer in RACERS.values() if not racer.key.endswith("2")][:MAX_RACERS]
    link = {"f": "Own formula", "formula": formula, "steps": str(MAX_STEPS), "rules": rules, "rates": "true"}
    app = open_page(navigation.OPTIMIZERS, link)
    assert [element.value for element in app.info if "million in all" in element.value]
    assert not [picture for picture in app.get("plotly_chart") if "rates_curve" in picture.proto.id]
    assert len(run_table(app)) == MAX_RACERS


# --- Scenarios ---


def _assert_shows(app: AppTest, page: Page, scenario: Scenario) -> None:
    wanted = scenario_state(scenario, page.prefix)
    assert {key: state(app, key) for key in wanted} == wanted
    race = list(zip((RACERS[key] for key in scenario.rules), map(trace, scenario.runs()), strict=True))
    said = words(app)
    assert [sentence for sentence in retell(race) if sentence not in said] == []
    assert notes(app) == ""


SCENARIOS = [(navigation.OPTIMIZERS, scenario) for scenario in RACES.values()] + [
    (navigation.FOUNDATIONS, scenario) for scenario in DESCENTS.values()
]


@pytest.mark.parametrize(("page", "scenario"), SCENARIOS, ids=[scenario.key for _, scenario in SCENARIOS])
def test_a_card_on_its_own_page_opens_its_scenario(page: Page, scenario: Scenario) -> None:
    app = open_page(page)
    _assert_shows(open_scenario(app, page, scenario), page, scenario)


@pytest.mark.parametrize("scenario", RACES.values(), ids=RACES)
def test_a_card_on_the_home_page_opens_its_scenario(scenario: Scenario) -> None:
    app = clean(new_visit().run())
    if f"try_{scenario.key}" not in {button.key for button in app.button}:
        pytest.skip("not offered on the home page")
    clean(app.button(key=f"try_{scenario.key}").click().run())
    assert app.title[0].value == navigation.OPTIMIZERS.title
    _assert_shows(app, navigation.OPTIMIZERS, scenario)


def test_cards_can_be_opened_one_after_another() -> None:
    app = open_page(navigation.OPTIMIZERS)
    for scenario in (*RACES.values(), *reversed(RACES.values())):
        open_scenario(app, navigation.OPTIMIZERS, scenario)
        _assert_shows(app, navigation.OPTIMIZERS, scenario)


# --- Forged messages ---


def test_forged_numbers_are_not_believed() -> None:
    app = open_page(navigation.OPTIMIZERS, {"rules": ["Adam"], "steps": "20"})
    defaults = {key: state(app, key) for key in ("x", "y", "t")}
    for value in (float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 1e9, -1e9):
        for key in defaults:
            app.number_input(key=key).set_value(value)
        clean(app.run())
        assert {key: state(app, key) for key in defaults} == defaults, value


def test_forged_slider_positions_are_not_believed() -> None:
    app = open_page(navigation.OPTIMIZERS, {"rules": ["Adam", "Sophia"], "fields": "true"})
    for value in (float("nan"), float("inf"), -1, 0, MAX_STEPS + 1, 10**12):
        app.slider(key="steps").set_value(value)
        for key in ("adam_beta1", "sophia_k"):
            app.number_input(key=key).set_value(value)
        clean(app.run())
        assert 1 <= state(app, "steps") <= MAX_STEPS
        assert run_table(app)["steps"].max() <= MAX_STEPS
        assert 0 <= state(app, "adam_beta1") < 1
        assert 1 <= state(app, "sophia_k") <= 50


def test_a_forged_text_longer_than_its_box_is_cut() -> None:
    app = _choose_own(navigation.OPTIMIZERS, "x+" * 100_000)
    assert len(app.text_input(key="formula").value) == MAX_TEXT


@pytest.mark.parametrize(
    ("page", "key", "link"),
    [
        (navigation.FOUNDATIONS, "dcurve", {}),
        (navigation.OPTIMIZERS, "curve", {}),
    ],
)
def test_a_forged_empty_choice_is_the_first(page: Page, key: str, link: Link) -> None:
    app = open_page(page, link)
    first = app.segmented_control(key=key).options[0]
    second = {key: app.segmented_control(key=key).options[1]}
    app = open_page(page, {**link, **second})
    clean(app.segmented_control(key=key).set_value(None).run())
    assert state(app, key) in (None, first)


# --- The process ---


def test_what_imports_made_is_frozen_again_after_a_check_against_torch() -> None:
    program = """
import gc
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=600).run()
before = gc.get_freeze_count()
assert before > 50_000, before  # Pandas and Plotly alone make more.
app.query_params["rtopic"] = "code"
assert not app.switch_page("pages/reference.py").run().exception
assert not app.button(key="rcheck").click().run().exception
# What importing torch and its compiler makes; the visit itself leaves a few thousand.
assert gc.get_freeze_count() > 2 * before, (before, gc.get_freeze_count())
gc.collect()
assert len(gc.get_objects()) < 50_000, len(gc.get_objects())
frozen = gc.get_freeze_count()
assert not app.run().exception
assert gc.get_freeze_count() <= frozen
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
