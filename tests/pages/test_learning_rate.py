"""The Learning rate page: a link opens exactly its runs, the words have their numbers, the code shown runs."""

import re
from pathlib import Path as File

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import Scenario
from core.engine.summary import retell
from core.engine.trace import Path
from core.evidence.experiments import EXPERIMENTS
from core.export import torch_script
from core.lessons.playground import CASES, long_run, long_run_text
from core.lessons.rate_cards import cards
from core.lessons.rate_check import QUADRATICS, check, rate_sentences
from core.lessons.schedule_race import (
    NOISE,
    OPENING,
    RACE,
    SEED,
    ends,
    ends_sentence,
    race_runs,
    schedule_hypers,
    schedule_racer,
)
from core.problems.theory import METHODS
from tests.pages.visits import Link, clean, notes, open_page, state, words
from tests.programs import run_here
from ui import navigation
from ui.kit.limits import MAX_RACERS
from ui.panels.rates import believed_rate

PAGE = navigation.LEARNING_RATE
# What is drawn only while its fold is open.
OPEN = {"lsweepopen": "true", "lraceopen": "true", "lfields": "true", "lpredicted": "true"}


def _numbers(**settings: float) -> dict[str, str]:
    return {key: repr(value) for key, value in settings.items()}


def _unsaid(path: Path, scenario: Scenario, said: str) -> list[str]:
    """What theory says of ``path`` that is not ``said``, where all folds are open."""
    shape, share, pace, *others = rate_sentences(path, check(path, scenario.resolved_objective))
    lines = [f"{share} {pace}", *(f"- {sentence}" for sentence in (shape, *others))]
    return [line for line in lines if line not in said]


def test_too_small_and_too_large_stand_beside_each_other() -> None:
    said = words(open_page(PAGE))
    for card in cards():
        assert f"**{card.title}.** {card.sentence}" in said


@pytest.mark.parametrize("rule", METHODS)
@pytest.mark.parametrize("shape", QUADRATICS)
def test_a_link_with_every_setting_of_the_descent_changed_shows_exactly_that(shape: str, rule: str) -> None:
    scenario = QUADRATICS[shape]
    hypers = {"lr": 0.0123} | ({} if rule == "sgd" else {"beta": 0.45})
    start = (0.75, -0.25)[: scenario.resolved_objective.dimension]
    numbers = {f"l{shape}_{rule}_{name}": value for name, value in hypers.items()} | dict(
        zip(("lx", "ly"), start, strict=False)
    )
    link = {"lshape": scenario.key, "lrule": OPTIMIZERS[rule].name, **_numbers(**numbers), "lsteps": "37", "lt": "12"}
    app = open_page(PAGE, {**link, **OPEN})
    assert notes(app) == ""
    assert {key: state(app, key) for key in numbers} == numbers
    assert (state(app, "lsteps"), state(app, "lt")) == (37, 12)
    path = trace(Run(scenario.objective, rule, start, 37, hypers))
    assert _unsaid(path, scenario, words(app)) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_link_that_names_a_case_opens_it_and_tells_where_it_leads(case) -> None:  # type: ignore[no-untyped-def]
    app = open_page(PAGE, {"lcase": case.key})
    assert notes(app) == ""
    (run,) = case.runs()
    assert (state(app, "lbx"), state(app, "lbt")) == (run.start[0], case.steps)
    assert f"{case.idea} {long_run_text(long_run(run))}" in words(app)


@pytest.mark.parametrize("scenario", QUADRATICS.values(), ids=QUADRATICS)
def test_other_rules_run_beside_the_one_that_theory_speaks_of(scenario) -> None:  # type: ignore[no-untyped-def]
    link = {"lshape": scenario.key, "lbeside": ["Momentum", "Adam 2", "Lion"], "lt": "7", **OPEN}
    app = open_page(PAGE, {**link, "lmomentum_lr": "0.012", "ladam2_lr": "0.34", "ladam2_schedule": "Cosine"})
    assert notes(app) == ""
    start, steps, said = scenario.resolved_objective.start, scenario.steps, words(app)
    runs = {
        "momentum": Run(scenario.key, "momentum", start, steps, {**scenario.rules["momentum"], "lr": 0.012}),
        "adam2": Run(scenario.key, "adam", start, steps, {"lr": 0.34}, "cosine"),
        "lion": Run(scenario.key, "lion", start, steps),
    }
    beside = retell([(RACERS[key], trace(run)) for key, run in runs.items()])
    path = trace(Run(scenario.key, "sgd", start, steps, scenario.rules["sgd"]))
    assert [sentence for sentence in beside if f"- {sentence}" not in said] == []
    assert _unsaid(path, scenario, said) == []


def test_a_rule_that_becomes_the_one_no_longer_runs_beside_it() -> None:
    app = open_page(PAGE, {"lbeside": ["Momentum", "Lion"]})
    clean(app.selectbox(key="lrule").set_value("Momentum").run())
    assert state(app, "lbeside") == ["Lion"]
    assert "Momentum" not in app.multiselect(key="lbeside").options


def test_other_rules_run_beside_descent_where_the_curvature_changes() -> None:
    case = CASES["arrive"]
    rates = {"nesterov": 0.0123, "adamw": 0.045, "newton": 0.67}
    link = {f"lb{key}_lr": str(lr) for key, lr in rates.items()}
    app = open_page(PAGE, {**link, "lcase": case.key, "lbbeside": [RACERS[key].name for key in rates]})
    assert notes(app) == ""
    race = [
        (RACERS[key], trace(Run(case.objective, key, case.start, case.steps, {"lr": lr}))) for key, lr in rates.items()
    ]
    assert [sentence for sentence in retell(race) if f"- {sentence}" not in words(app)] == []
    (run,) = case.runs()
    assert f"**Gradient descent.** {case.idea} {long_run_text(long_run(run))}" in words(app)


def test_another_case_begins_at_its_own_start_and_another_rate_leads_elsewhere() -> None:
    app = open_page(PAGE)
    bounce = CASES["bounce"]
    clean(app.button_group(key="lcase").set_value(bounce.key).run())
    assert (state(app, "lbx"), state(app, "lbt")) == (0.5, 100)
    clean(app.slider(key="lbbounce_lr").set_value(0.125).run())
    assert "goes round the same 4 places" in words(app)
    clean(app.number_input(key="lbx").set_value(2.0).run())
    assert long_run_text(long_run(Run("quartic", "sgd", (2.0,), hypers={"lr": 0.125}))) in words(app)


def test_a_link_with_every_setting_of_the_sweep_changed_shows_exactly_that() -> None:
    rules = ("nesterov", "lion", "newton")
    rates = {"nesterov": 0.0123, "lion": 0.00345, "newton": 0.5}
    link: Link = {
        "lsweepf": "Booth",
        "lsweeprules": [OPTIMIZERS[key].name for key in rules],
        **_numbers(**{f"lsweep{key}_lr": rate for key, rate in rates.items()}, lsweepx=0.5, lsweepy=-0.75),
        "lsweepsteps": "77",
    }
    app = open_page(PAGE, link)
    assert notes(app) == ""
    table = app.dataframe[0].value
    assert table["rule"].tolist() == link["lsweeprules"]
    assert table["rate"].tolist() == list(rates.values())
    paths = [trace(Run("booth", key, (0.5, -0.75), 77, {"lr": rate})) for key, rate in rates.items()]
    assert table["loss"].tolist() == [path.loss[-1] for path in paths]
    for key, best, loss in zip(rules, table["best"], table["lowest"], strict=True):
        # The curve is computed for all rates at once, in which powers may round differently.
        again = trace(Run("booth", key, (0.5, -0.75), 77, {"lr": best})).loss[-15:]
        assert np.median(again) <= loss * (1 + 1e-6) + 1e-12


def test_a_rate_that_no_slider_stops_at_is_raced() -> None:
    app = open_page(PAGE, {"lsweepadam_lr": "0.1234"})
    table = app.dataframe[0].value.set_index("rule")
    assert (table.loc["Adam", "rate"], table.loc["Momentum", "rate"]) == (0.1234, 0.0008)


SWEPT = [RACERS["sgd"], RACERS["adam"]]


def _clicked(customdata: object, x: object) -> object:
    return {"selection": {"points": [{"customdata": customdata, "x": x}]}}


@pytest.mark.parametrize("customdata", ["adam", ["adam"], ["adam", 3]])
def test_a_click_names_the_rule_and_the_rate_under_it(customdata: object) -> None:
    assert believed_rate(_clicked(customdata, 0.0123456), SWEPT) == (RACERS["adam"], 0.0123)
    assert believed_rate(_clicked(customdata, 1), SWEPT) == (RACERS["adam"], 1.0)


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, "adam", [], {}, {"selection": None}, {"selection": {"points": []}}, {"selection": {"points": [{}]}},
        {"selection": {"points": {"0": 1}}}, _clicked("momentum", 0.1), _clicked({"a": 1}, 0.1), _clicked([[]], 0.1),
        _clicked("adam", None), _clicked("adam", "0.1"), _clicked("adam", True), _clicked("adam", 0),
        _clicked("adam", -1.0), _clicked("adam", float("nan")), _clicked("adam", float("inf")),
        _clicked("adam", 1e300), _clicked("adam", 10**400), _clicked("adam", [0.1]),
    ],
)  # fmt: skip
def test_a_forged_click_is_not_believed(raw: object) -> None:
    assert believed_rate(raw, SWEPT) is None


def test_the_race_of_schedules_opens_as_declared_and_tells_its_numbers() -> None:
    app = open_page(PAGE, OPEN)
    settings = {key: {one.name: one.default for one in schedule_hypers(SCHEDULES[key])} for key in OPENING}
    rule, hypers = next(iter(RACE.rules.items()))
    start = OBJECTIVES[RACE.objective].start
    runs = race_runs(RACE.objective, rule, start, hypers["lr"], settings, NOISE.default, int(SEED.default))
    race = [(schedule_racer(SCHEDULES[key], OPTIMIZERS[rule]), trace(run)) for key, run in runs.items()]
    said = words(app)
    assert [sentence for sentence in retell(race) if f"- {sentence}" not in said] == []
    assert ends_sentence({key: ends(run) for key, run in runs.items()}) in said


@pytest.mark.parametrize("keys", [list(SCHEDULES)[:7], list(SCHEDULES)[7:]], ids=["first", "last"])
def test_a_link_with_every_setting_of_the_race_changed_shows_exactly_that(keys: list[str]) -> None:
    settings = {}
    for key in keys:
        settings[key] = {}
        for hyper in schedule_hypers(SCHEDULES[key]):
            low, high = hyper.slider
            value = float(f"{low + 0.37 * (high - low):.4g}")
            settings[key][hyper.name] = float(round(value)) if hyper.whole else value
    named = {f"lrace_{key}_{name}": value for key, hypers in settings.items() for name, value in hypers.items()}
    numbers = {
        "lraceadam_lr": 0.0345,
        "lracenoise": 0.7,
        "lraceseed": 12.0,
        "lracex": 1.5,
        "lracey": -0.5,
        "lracet": 40.0,
    }
    link: Link = {
        "lraceschedules": [SCHEDULES[key].name for key in keys],
        "lracerule": "Adam",
        "lracef": "Beale",
        "lraceview": "Contour",
        **_numbers(**named, **numbers),
    }
    app = open_page(PAGE, link)
    assert notes(app) == ""
    assert {key: float(state(app, key)) for key in {**named, **numbers}} == {**named, **numbers}
    runs = race_runs("beale", "adam", (1.5, -0.5), 0.0345, settings, 0.7, 12)
    race = [(schedule_racer(SCHEDULES[key], OPTIMIZERS["adam"]), trace(run)) for key, run in runs.items()]
    said = words(app)
    assert [sentence for sentence in retell(race) if f"- {sentence}" not in said] == []
    for key in keys:
        assert SCHEDULES[key].trap in said


def test_without_noise_there_is_no_talk_of_draws() -> None:
    assert "draws of the noise" not in words(open_page(PAGE, {"lracenoise": "0"}))


def test_the_code_shown_is_that_of_the_run_shown_and_runs(tmp_path: File) -> None:
    link = {"lshape": "bowl", "lrule": "Nesterov", "lbowl_nesterov_lr": "0.3", "lsteps": "40"}
    app = open_page(PAGE, {**link, "lcode": "true"})
    assert notes(app) == ""
    beta = QUADRATICS["bowl"].rules["nesterov"]["beta"]
    run = Run("bowl", "nesterov", OBJECTIVES["bowl"].start, 40, {"lr": 0.3, "beta": beta})
    code = app.code[0].value
    assert code.strip() == torch_script(run).strip()
    assert "assert " in code
    run_here(code, tmp_path)


def test_the_code_of_a_schedule_is_that_of_its_run_and_runs(tmp_path: File) -> None:
    app = open_page(PAGE, {"lracecode": "true", "lracecode_of": "Cosine", "lraceadam_lr": "0.2", "lracerule": "Adam"})
    assert notes(app) == ""
    settings = {"cosine": {one.name: one.default for one in SCHEDULES["cosine"].hypers}}
    start = OBJECTIVES[RACE.objective].start
    runs = race_runs(RACE.objective, "adam", start, 0.2, settings, NOISE.default, int(SEED.default))
    code = app.code[-1].value
    assert code.strip() == torch_script(runs["cosine"]).strip()
    assert "CosineAnnealingLR" in code
    assert "assert " in code
    run_here(code, tmp_path)


def test_no_script_is_written_while_its_section_is_closed() -> None:
    # A line of PyTorch for each schedule is all the code there is.
    assert len(open_page(PAGE).code) == 0
    assert len(open_page(PAGE, OPEN).code) == len(OPENING)


def test_the_edge_of_stability_runs_when_asked_for_and_finds_what_the_experiment_finds() -> None:
    assert "the sharpness, " not in words(open_page(PAGE))
    app = open_page(PAGE, {"run_X11": "true", "X11_steps": "700", "X11_lr": "0.2", "X11_seed": "4"})
    finding = EXPERIMENTS["X11"].run({"steps": 700, "lr": 0.2, "seed": 4})
    assert finding.sentence in words(app)
    clean(app.toggle(key="run_X11").set_value(False).run())
    assert finding.sentence not in words(app)
    clean(app.toggle(key="run_X11").set_value(True).run())
    assert finding.sentence in words(app)


CHOICES = ("lshape", "lrule", "lcase", "lsweepf", "lracerule", "lracef", "lraceview")
NUMBERS = (
    "lparabola_sgd_lr",
    "lx",
    "lsteps",
    "lt",
    "lbstall_lr",
    "lbx",
    "lbt",
    "lsweepsgd_lr",
    "lsweepx",
    "lsweepsteps",
)
NUMBERS += ("lracemomentum_lr", "lracenoise", "lraceseed", "lracet", "lrace_step_gamma", "lrace_step_period")


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-1e999", "9" * 400, "x" * 10_000, "<script>", "`", "\x00", "![a](https://evil.example)"]
)
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    lists = ("lsweeprules", "lraceschedules")
    app = open_page(PAGE, dict.fromkeys((*CHOICES, *NUMBERS, *lists), value) | {"lcode": value, "run_X11": value})
    for key in (*CHOICES, *NUMBERS, *lists):
        assert f"- `{key} = " in notes(app)
    assert "![" not in re.sub(r"`[^`\n]*`", "", notes(app))
    opening = open_page(PAGE, OPEN)
    assert {key: state(app, key) for key in (*CHOICES, *NUMBERS)} == {
        key: state(opening, key) for key in (*CHOICES, *NUMBERS)
    }
    clean(app.run())


@pytest.mark.parametrize("key", ["lsweeprules", "lraceschedules"])
def test_a_list_is_cut_to_what_fits_and_an_emptied_one_runs_its_first(key: str) -> None:
    names = [one.name for one in (OPTIMIZERS if key == "lsweeprules" else SCHEDULES).values()]
    app = open_page(PAGE, {key: names})
    assert len(state(app, key)) == MAX_RACERS
    assert f"`{key} = " in notes(app)
    clean(app.multiselect(key=key).set_value([]).run())
    assert any(caption.value.startswith("None is chosen, so ") for caption in app.caption)


def test_forged_numbers_are_not_believed() -> None:
    app = open_page(PAGE, OPEN)
    boxes = ("lx", "lt", "lparabola_sgd_lr", "lsteps", "lbx", "lbt", "lsweepx", "lsweepy", "lracex", "lracey", "lracet")
    sliders = ("lbstall_lr", "lsweepsteps", "lracenoise", "lraceseed")
    before = {key: state(app, key) for key in (*boxes, *sliders)}
    for value in (float("nan"), float("inf"), -1e300, 1e300):
        for key in boxes:
            app.number_input(key=key).set_value(value)
        for key in sliders:
            app.slider(key=key).set_value(value)
        clean(app.run())
        assert {key: state(app, key) for key in before} == before, value


def test_a_rate_far_beyond_the_slider_is_run_and_told() -> None:
    app = open_page(PAGE, {"lparabola_sgd_lr": "1000", "lbstall_lr": "900000", "lracemomentum_lr": "1e6"})
    assert notes(app) == ""
    assert "α = 1000 is **50 000 % of the limit** 2." in words(app)
    assert "This run diverges at step" in words(app)
    assert "diverges in 64 of 64" in words(app)


def test_an_own_formula_can_be_swept_and_raced() -> None:
    for text in ("x**2 + 3*y**2", "log(x)", "5", "-x**2"):
        link = {"lsweepf": "Own formula", "lsweepformula": text, "lracef": "Own formula", "lraceformula": text}
        app = open_page(PAGE, link)
        assert (notes(app), len(app.error)) == ("", 0)
    app = open_page(PAGE, {"lsweepf": "Own formula", "lsweepformula": "x*2*"})
    assert "a value is missing" in app.error[0].value


def test_a_link_to_what_a_fold_holds_opens_it_and_other_links_do_not() -> None:
    for link, open_one in (({"lsweepadam_lr": "0.2"}, "sweep"), ({"lracenoise": "1"}, "race"), ({"lsteps": "30"}, "")):
        app = open_page(PAGE, link)
        assert {name for name in ("sweep", "race") if state(app, f"l{name}open")} == {open_one} - {""}
        assert notes(app) == ""
