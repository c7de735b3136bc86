"""The Real network page: what is set is what is trained, watched, told and kept until the next training."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue.schedules import SCHEDULES
from core.formula.words import digits
from core.lessons.trained_claims import TRAINED
from core.lessons.training_rates import OPENING
from core.problems.training.data import DATASETS
from core.problems.training.models import MODELS, suited
from core.problems.training.reports import Boundary, End, Facts, Outcome, Report
from core.problems.training.server import State, Status
from core.problems.training.settings import Training
from tests.pages.visits import (
    MARKUP,
    ROOT,
    Link,
    clean,
    controls,
    figures,
    link_of,
    markup_shown,
    notes,
    open_page,
    state,
    words,
)
from ui import navigation
from ui.kit.share import encode
from ui.panels import training as panel

PAGE = navigation.REAL_NETWORK
MOONS = DATASETS["moons"]
# Steps of a training that is done at once.
STEPS = 20


def _report(racer: int, training: Training, step: int, loss: float, end: End | None = None) -> Report:
    split = training.resolved_dataset.load(training.seed)
    layers = ("hidden 1", "output")
    facts = Facts(
        weights=training.weights,
        layers=layers,
        labels=split.labels,
        features=split.features,
        balance=split.balance,
        baseline=split.baseline,
        baseline_accuracy=split.baseline_accuracy,
        train_rows=len(split.train_x),
        valid_rows=len(split.valid_x),
        target_scale=split.target_scale,
        notes=(),
    )
    share = np.full((4, 4), 0.5 + min(step, 40) / 100, dtype=np.float32)
    return Report(
        step=step,
        epoch=step / 10,
        train_loss=loss,
        valid_loss=2 * loss,
        train_accuracy=0.9,
        valid_accuracy=0.8,
        batch_loss=loss if step else np.nan,
        rate=training.settings["lr"],
        gradient_norms=(1.0, 2.0) if step else (),
        ratios=(1e-3, 2e-3) if step else (),
        facts=facts if step == 0 else None,
        view=Boundary((share > 0.7).astype(np.uint8), share, (-2.0, 2.0, -2.0, 2.0)),
        end=end,
        racer=racer,
    )


@dataclass
class Desk:
    """Stands in for the server: keeps what it is asked to do, and tells what a test has put into ``told``."""

    told: State = field(default_factory=lambda: State(Status.QUEUED, 1))
    submitted: list[tuple[str, tuple[Training, ...]]] = field(default_factory=list)
    done: list[tuple[Any, ...]] = field(default_factory=list)
    polled: int = 0

    def submit(self, owner: str, *trainings: Training) -> str:
        self.submitted.append((owner, trainings))
        return f"job{len(self.submitted)}"

    def poll(self, name: str, since: int = 0) -> State:
        self.polled += 1
        return replace(self.told, reports=self.told.reports[since:], seen=len(self.told.reports))

    def pause(self, name: str) -> None:
        self.done.append(("pause", name))
        self.told = replace(self.told, status=Status.PAUSED)

    def resume(self, name: str) -> None:
        self.done.append(("resume", name))
        self.told = replace(self.told, status=Status.RUNNING)

    def cancel(self, name: str) -> None:
        self.done.append(("cancel", name))
        self.told = replace(self.told, status=Status.CANCELLED, sentence="Cancelled.")

    def set_rate(self, name: str, rate: float, racer: int = 0) -> None:
        self.done.append(("rate", name, rate, racer))

    @property
    def trainings(self) -> tuple[Training, ...]:
        """Those of the last job."""
        return self.submitted[-1][1]

    def run_to(self, step: int, losses: Sequence[float] = (0.3, 0.2, 0.1, 0.05)) -> None:
        """Has every training told of all its steps up to ``step``."""
        reports = []
        for racer, training in enumerate(self.trainings):
            for at in range(step + 1):
                loss = 1 + (losses[racer] - 1) * at / training.steps
                over = End(Outcome.FINISHED, at, f"Done after {at} steps.") if at == training.steps else None
                reports.append(_report(racer, training, at, loss, over))
        status = Status.DONE if step == self.trainings[0].steps else Status.RUNNING
        self.told = State(status, reports=tuple(reports), seconds_left=None if status is Status.DONE else 3.2)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(panel, "desk", lambda: made)
    return made


def _open(link: Link | None = None) -> AppTest:
    app = open_page(PAGE, {"nsteps": str(STEPS), **(link or {})})
    assert notes(app) == ""
    return app


def _train(app: AppTest) -> AppTest:
    return clean(app.button(key="ntrain").click().run())


def _said(app: AppTest) -> str:
    """What the page says about how far the training is."""
    (bar,) = app.get("progress")
    return str(bar.proto.text)


def test_the_page_opens_with_its_data_drawn_and_neither_torch_nor_scikit_learn_loaded() -> None:
    program = (
        "import sys\nfrom tests.pages.visits import open_page\nfrom ui import navigation\n"
        "open_page(navigation.REAL_NETWORK)\nprint([name for name in ('sklearn', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_is_known_before_the_first_step_is_said(desk: Desk) -> None:
    app = _open()
    split = MOONS.load(0)
    said = words(app)
    assert MOONS.idea in said
    assert f"{len(split.train_x)} samples to learn from and {len(split.valid_x)} held back" in said
    assert f"a loss of {digits(split.baseline)}" in said
    assert "class 0 50 %" in said
    training = Training()
    assert f"{digits(training.weights)} weights" in said
    assert f"| Adam | {digits(2 * training.weights)} | 1 |" in said
    assert desk.submitted == []
    assert desk.polled == 0
    assert set(figures(app)) == {"training_samples", "nloss"}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_every_set_of_data_is_drawn_with_every_model_that_takes_it(desk: Desk, dataset: Any) -> None:
    for model in suited(dataset):
        app = _open({"ndata": dataset.name, "nmodel": model.name, "nrules": "Adam"})
        assert dataset.idea in words(app)
        assert ("training_samples" in figures(app)) == (dataset.kind != "text")
        _train(app)
        (training,) = desk.trainings
        assert (training.dataset, training.model, training.optimizer) == (dataset.key, model.key, "adam")
        assert training.settings["lr"] == OPENING["adam"]["lr"]


CHANGED = {
    "ndata": "Circles",
    "nmlp_depth": "1",
    "nmlp_width": "7",
    "nmlp_activation": "tanh",
    "nmlp_normalisation": "Layer norm",
    "nrules": ["Adam", "Nesterov"],
    "nadam_lr": "0.02",
    "nadam_beta1": "0.8",
    "nadam_schedule": SCHEDULES["cosine"].name,
    "nnesterov_beta": "0.7",
    "nsteps": "40",
    "nbatch": "16",
    "nseed": "3",
    "naccumulation": "2",
    "nclip": "1.5",
    "nsmoothing": "0.1",
}


def test_a_link_with_every_setting_changed_trains_exactly_that(desk: Desk) -> None:
    app = _open(CHANGED)
    # A link never trains by itself.
    assert desk.submitted == []
    before = link_of(app)
    assert before == {key: value if isinstance(value, list) else [value] for key, value in CHANGED.items()}
    _train(app)
    shared = {
        "dataset": "circles",
        "model": "mlp",
        "model_settings": {"depth": 1, "width": 7, "activation": "tanh", "normalisation": "layer"},
        "steps": 40,
        "batch": 16,
        "accumulation": 2,
        "clip_norm": 1.5,
        "smoothing": 0.1,
        "seed": 3,
    }
    expected = {
        "adam": Training(**shared, hypers={"lr": 0.02, "beta1": 0.8}, schedule="cosine"),
        "nesterov": Training(**shared, optimizer="nesterov", hypers={**OPENING["nesterov"], "beta": 0.7}),
    }
    assert {training.optimizer: training.completed for training in desk.trainings} == {
        key: training.completed for key, training in expected.items()
    }
    assert link_of(app) == before


def test_copies_and_own_rules_train_beside_shipped_ones(desk: Desk) -> None:
    text = "# Mine\nx = x - lr*g/(abs(g) + 1)"
    app = _open({"nrules": ["Adam", "Adam 2"], "nadam2_lr": "0.3", "nown": text, "nown_lr": "0.07"})
    _train(app)
    assert [(one.optimizer, one.settings["lr"]) for one in desk.trainings] == [
        ("adam", 0.01),
        ("adam", 0.3),
        (text, 0.07),
    ]
    desk.run_to(STEPS)
    assert "**Mine** ends at" in words(clean(app.run()))


def test_a_training_is_watched_from_the_queue_to_its_end(desk: Desk) -> None:
    app = _open()
    assert app.button(key="ncancel").disabled
    desk.told = State(Status.QUEUED, 3)
    _train(app)
    assert "2 others are before you" in _said(app)
    assert app.button(key="ntrain").disabled
    desk.told = State(Status.QUEUED, 2)
    assert "1 other is before you" in _said(clean(app.run()))
    desk.told = State(Status.QUEUED, 1)
    assert "You are next" in _said(clean(app.run()))
    desk.told = State(Status.RUNNING)
    assert _said(clean(app.run())).startswith("Starting")
    for step in (0, 5, 15):
        desk.run_to(step)
        clean(app.run())
        assert _said(app) == f"Training: step {step} of {STEPS}, about 3 s left."
        assert {"nloss", "nscore", "nrates", "ngradient_norms", "nratios"} <= set(figures(app))
        assert app.slider(key="nt").disabled
        assert "What happened" not in [header.value for header in app.header]
    desk.run_to(STEPS)
    clean(app.run())
    assert _said(app) == "Done."
    said = words(app)
    assert "**Adam** ends at a validation loss of 0.2, from 2 before the first step; its training loss is 0.1." in said
    assert "By validation loss **Adam** wins: 0.2 against 0.4 of Momentum." in said
    by_time = "By time, counted in gradients, **Adam** wins: 0.6, which all of them reach, takes it 16 gradients"
    assert by_time in said
    assert "On Rosenbrock in two variables" in said


def test_a_training_rests_goes_on_changes_its_rate_and_is_cancelled(desk: Desk) -> None:
    app = _train(_open())
    desk.run_to(5)
    clean(app.run())
    clean(app.button(key="npause").click().run())
    assert "Paused at step 5" in _said(app)
    assert app.button(key="npause").label == "Resume"
    clean(app.button(key="npause").click().run())
    clean(app.number_input(key="nnow_adam").set_value(0.5).run())
    clean(app.button(key="ncancel").click().run())
    assert _said(app) == "Cancelled."
    assert desk.done == [
        ("pause", "job1"),
        ("resume", "job1"),
        ("rate", "job1", 0.5, 2),
        ("cancel", "job1"),
    ]
    assert "It was stopped after 5 steps." in words(app)
    # The rate of a running training is no setting of the page.
    assert link_of(app) == {"nsteps": [str(STEPS)]}


def test_the_clock_turns_every_picture_back(desk: Desk) -> None:
    app = _train(_open())
    desk.run_to(STEPS)
    last = figures(clean(app.run()))
    clean(app.slider(key="nt").set_value(5).run())
    earlier = figures(app)
    assert {key for key in last if last[key] != earlier[key]} == set(last)
    assert link_of(app)["nt"] == ["5"]
    clean(app.slider(key="nt").set_value(STEPS).run())
    assert figures(app) == last


def test_layers_are_those_of_the_configuration_that_is_chosen(desk: Desk) -> None:
    app = _train(_open({"nlayers": "Adam"}))
    desk.run_to(STEPS)
    clean(app.run())
    assert "of Adam" in figures(app)["nratios"]
    clean(app.selectbox(key="nlayers").set_value("Momentum").run())
    assert "of Momentum" in figures(app)["nratios"]


def test_results_are_there_again_when_the_page_is_come_back_to(desk: Desk) -> None:
    app = _train(_open())
    desk.run_to(STEPS)
    shown = figures(clean(app.run()))
    app.switch_page(navigation.HISTORY.file)
    clean(app.run())
    asked = desk.polled
    clean(app.run())
    assert desk.polled == asked
    app.switch_page(PAGE.file)
    clean(app.run())
    assert figures(app) == shown
    assert "By validation loss **Adam** wins" in words(app)


def test_curves_of_other_data_are_kept_and_can_be_gone_back_to(desk: Desk) -> None:
    app = _train(_open())
    desk.run_to(STEPS)
    shown = figures(clean(app.run()))
    clean(app.selectbox(key="ndata").set_value("Circles").run())
    assert "nscore" not in figures(app)
    clean(app.button(key="training_back").click().run())
    assert state(app, "ndata") == MOONS.name
    assert figures(app) == shown


def test_the_next_training_shows_its_last_step(desk: Desk) -> None:
    app = _train(_open({"nt": "5"}))
    desk.run_to(STEPS)
    clean(app.run())
    assert state(app, "nt") == STEPS
    app.select_slider(key="nsteps").set_value("40")
    clean(app.run())
    desk.told = State(Status.QUEUED, 1)
    _train(app)
    desk.run_to(40)
    clean(app.run())
    assert state(app, "nt") == 40


def test_the_curves_are_given_away_as_a_file(desk: Desk) -> None:
    app = _train(_open())
    desk.run_to(STEPS)
    clean(app.run())
    (button,) = [one for one in app.get("download_button") if one.proto.id.endswith("-ncsv")]
    assert button.proto.label == "All curves as CSV"


def test_a_diverged_training_is_told_as_such_and_does_not_win(desk: Desk) -> None:
    app = _train(_open({"nrules": ["Momentum", "Adam"]}))
    desk.run_to(STEPS)
    kept = [one for one in desk.told.reports if one.racer == 1]
    bad = _report(0, desk.trainings[0], 5, np.nan, End(Outcome.DIVERGED, 5, "Diverged at step 5: the loss is NaN."))
    desk.told = replace(desk.told, reports=(_report(0, desk.trainings[0], 0, 1.0), bad, *kept))
    clean(app.run())
    said = words(app)
    assert "**Momentum**: Diverged at step 5: the loss is NaN." in said
    assert "**Adam** wins: the others diverged." in said


def test_settings_that_cannot_be_trained_are_explained(desk: Desk) -> None:
    app = _open({"ndata": "A short text", "ntransformer_width": "50"})
    assert "cannot be trained" in app.error[0].value
    assert "multiple of heads" in "\n".join(block.value for block in app.code)
    assert app.button(key="ntrain").disabled


def test_a_server_that_takes_no_more_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(owner: str, *trainings: Training) -> str:
        raise ValueError("Too many trainings are waiting.")

    monkeypatch.setattr(desk, "submit", full)
    app = _train(_open())
    assert [toast.value for toast in app.toast] == ["Too many trainings are waiting."]
    assert _said(app) == "Nothing is trained yet."


TABLE = "size,weight,kind\n" + "\n".join(f"{n},{2 * n + n % 3},{'ab'[n % 2]}" for n in range(1, 25))


def test_an_own_table_is_trained_on(desk: Desk) -> None:
    app = _open({"ndata": "Own table", "ntable": TABLE})
    assert state(app, "ntarget") == "kind"
    _train(app)
    assert all(one.table == TABLE and one.resolved_dataset.classes == 2 for one in desk.trainings)
    clean(app.selectbox(key="ntarget").set_value("weight").run())
    clean(app.multiselect(key="nfeatures").set_value(["size"]).run())
    desk.told = State(Status.CANCELLED)
    _train(clean(app.run()))
    assert desk.trainings[0].features == ("size",)
    assert desk.trainings[0].resolved_dataset.kind == "numbers"
    assert link_of(app)["ntable"] == [TABLE]


def test_a_table_that_cannot_be_used_is_explained_and_names_are_no_markup(desk: Desk) -> None:
    app = open_page(PAGE, {"ndata": "Own table", "ntable": "a,b\n1,2"})
    assert "cannot be used" in app.error[0].value
    assert MOONS.idea in words(app)
    rows = "\n".join(f"{n},{n * n}" for n in range(12))
    assert markup_shown(open_page(PAGE, {"ndata": "Own table", "ntable": f"{MARKUP},b\n{rows}"})) == []


def test_what_claims_lead_to_is_what_their_links_say(desk: Desk) -> None:
    for trained in TRAINED.values():
        link = encode({f"n{key}": value for key, value in trained.settings.items()})
        app = open_page(PAGE, link)
        assert (notes(app), len(app.error)) == ("", 0)
        assert link_of(app) == link
    app = _open({"nabout_networks": "true", "nbatch": "64"})
    (button,) = [one for one in app.button if TRAINED["C118"].see in one.label]
    clean(button.click().run())
    assert (state(app, "nmlp_depth"), state(app, "nmlp_residual"), state(app, "nbatch")) == (8, "On", "32")


def test_every_setting_of_every_model_has_a_control(desk: Desk) -> None:
    for model in MODELS.values():
        dataset = next(one for one in DATASETS.values() if not model.refusal(one))
        drawn = controls(_open({"ndata": dataset.name, "nmodel": model.name}))
        names = [*(one.name for one in model.hypers), *(one.name for one in model.choices)]
        assert {f"n{model.key}_{name}" for name in names} <= set(drawn)


def test_a_real_training_ends_with_a_winner() -> None:
    app = _train(_open({"nrules": ["Gradient descent", "Adam"], "nmlp_width": "8", "nbatch": "64"}))
    # A minute, of which a second or two are needed.
    for _ in range(300):
        if _said(app) == "Done.":
            break
        clean(app.run())
    assert _said(app) == "Done."
    said = words(app)
    assert "**Adam** ends at a validation loss of" in said
    assert "By validation loss" in said
    assert "of what was held back right" in said
    assert {"training_samples", "nloss", "nscore", "nrates", "ngradient_norms", "nratios"} == set(figures(app))
