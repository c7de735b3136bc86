"""The clinic as a visitor meets it: pasted lines are told about, set the controls of a race, and stay in their box."""

import json
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue.racers import RACERS
from core.engine.run import Run
from core.engine.trace import trace
from core.export import pytorch_lines
from core.lessons.clinic import EXAMPLE, Kind, examine
from tests.core.lessons.clinic_texts import BROKEN, CORRECT
from tests.pages.visits import MARKUP, clean, markup_shown, words
from ui.kit.limits import MAX_LINKED, MAX_STEPS
from ui.panels.clinic import taken

BOX = "pclinic"


def _page() -> None:
    """A race of one objective with every control that the clinic sets, and the clinic below it."""
    import streamlit as st

    from core import Run, trace
    from ui import controls
    from ui.kit import share
    from ui.panels.clinic import clinic_panel

    prefix = "p"
    share.begin("playground")
    objective = controls.objective_control(2, "bowl", prefix)
    racers = controls.racers_control(["adam", "sgd"], prefix)
    own, _ = controls.own_rules_control(prefix)
    controls.own_schedule_control(prefix)
    start = controls.start_control(objective, prefix)
    steps = controls.steps_control(100, prefix)
    controls.moment_control(steps, prefix)
    gradients = controls.gradients_control(prefix)
    everyone = [*racers, *own]
    race = []
    for racer in everyone:
        tuned = controls.tuning(racer, {}, prefix)
        run = Run(objective.reference, racer.optimizer.reference, start, steps, **tuned, **gradients)
        race.append((racer, trace(run)))
    st.json([[racer.name, path.run.steps, path.run.clip_norm, dict(path.run.hypers)] for racer, path in race])
    clinic_panel(race, prefix)
    share.end()


@pytest.fixture
def app() -> AppTest:
    """The page, opened."""
    return clean(AppTest.from_function(_page, default_timeout=60).run())


def _paste(app: AppTest, text: str) -> AppTest:
    return clean(app.text_area(key=BOX).set_value(text).run())


def _press(app: AppTest) -> AppTest:
    return clean(app.button(key=f"{BOX}_run").click().run())


def _link(app: AppTest) -> dict[str, list[str]]:
    (address,) = [part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_address"]
    return parse_qs(json.loads(address.proto.json)["query"], keep_blank_values=True)


def _race(app: AppTest) -> list[list[object]]:
    race: list[list[object]] = json.loads(app.json[0].value)
    return race


def test_without_a_text_there_are_only_the_lines_of_the_race(app: AppTest) -> None:
    assert "Looks wrong" not in words(app)
    assert [button.key for button in app.button if button.key == f"{BOX}_run"] == []
    (code,) = app.code
    for key in ("adam", "sgd"):
        assert f"# {RACERS[key].name}\n{pytorch_lines(Run('bowl', key, (0.0, 0.0), 100)).strip()}" in code.value


def test_the_example_is_told_about_line_by_line(app: AppTest) -> None:
    clean(app.button(key=f"{BOX}_example").click().run())
    assert app.text_area(key=BOX).value == EXAMPLE
    shown = words(app)
    wrong = examine(EXAMPLE).of(Kind.WRONG)
    assert len(wrong) > 5
    for note in wrong:
        assert f"Line {note.line}: " in shown


def test_pasted_lines_set_the_race(app: AppTest) -> None:
    text = CORRECT["warm-up"] + "torch.nn.utils.clip_grad_norm_(model.parameters(), 2.5)\n"
    _press(_paste(app, text))
    hypers = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.05}
    assert _race(app) == [["AdamW", 100, 2.5, hypers]]
    assert app.text_area(key=BOX).value == text
    (code,) = app.code
    assert "milestones=[5]" in code.value
    # What the page gives away is what was pasted.
    found = examine(code.value)
    assert (found.schedule, found.schedule_hypers) == ("warmup_cosine", examine(text).schedule_hypers)


def test_a_rule_of_ones_own_races_beside_the_one_it_was_made_from(app: AppTest) -> None:
    _press(_paste(app, "torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.3)\nMultiStepLR(o, [30, 60])"))
    race = _race(app)
    assert [row[0] for row in race] == ["Momentum", "Own rule"]
    assert race[0][3] == {"lr": 0.05, "beta": 0.8}
    assert race[1][3] == {"lr": 0.05, "beta": 0.8, "weight_decay": 0.3}
    assert app.session_state["padam_schedule"] == "Constant"
    assert app.session_state["pmomentum_schedule"] == app.session_state["pown_schedule"] == "Own schedule"


def test_nothing_wrong_is_said_too(app: AppTest) -> None:
    assert "Nothing in these lines looks wrong." in words(_paste(app, CORRECT["plain"]))
    assert "Nothing in these lines looks wrong." not in words(_paste(app, BROKEN["coupled decay"][0]))


@pytest.mark.parametrize(
    "text",
    [
        f"SGD(p, lr=a['{MARKUP}'])",
        f"SGD(p, lr=f('`{MARKUP}`'))",
        f"SGD(p, **{{'{MARKUP}': 1}})\nLambdaLR(o, a['{MARKUP}'])",
        f"clip_grad_norm_(p, '{MARKUP}' + b)",
        f"'{MARKUP}' (((",
        MARKUP,
    ],
)
def test_what_was_pasted_is_never_markup(app: AppTest, text: str) -> None:
    assert markup_shown(_paste(app, text)) == []


def test_a_link_has_the_lines_only_if_they_are_short(app: AppTest) -> None:
    assert _link(_paste(app, "SGD(p, lr=0.1)"))[BOX] == ["SGD(p, lr=0.1)"]
    long = "# much\n" * (MAX_LINKED // 6)
    assert BOX not in _link(_paste(app, long))
    assert app.text_area(key=BOX).value == long
    assert "too long for a link" in "\n".join(caption.value for caption in app.caption)


@pytest.mark.parametrize("text", [text for text, _, _ in BROKEN.values()] + list(CORRECT.values()))
def test_whatever_is_recognised_can_race(text: str) -> None:
    found = examine(text, MAX_STEPS)
    if found.optimizer is None:
        return
    run = Run("ravine", "sgd", (1.0, 2.0), 300, noise=0.1, seed=4)
    racers, runs = taken(found, [(RACERS["sgd"], trace(run))])
    assert len(racers) == len(runs) == 1 + (found.optimizer not in RACERS)
    for one in runs:
        assert (one.objective, one.start, one.noise, one.seed) == ("ravine", (1.0, 2.0), 0.1, 4)
        assert one.steps == (found.steps or 300) <= MAX_STEPS
