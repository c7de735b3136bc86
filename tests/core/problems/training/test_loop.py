"""A training learns, tells what it does, obeys, and is the same each time."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from core import OPTIMIZERS
from core.catalogue.schedules import SCHEDULES
from core.catalogue.wraps import WRAPS, wrapped
from core.problems.training.data import DATASETS
from core.problems.training.loop import batches, final, train
from core.problems.training.models import Model, suited
from core.problems.training.reports import Boundary, Command, Fit, Mistakes, Outcome, Rate, Report, Sample, Stop
from core.problems.training.settings import Training
from core.problems.training.split import Dataset

SMALL = {"width": 8}
# Where Adam's cousins still crawl after twenty steps at their own rates, all rows in each step leave no luck to it.
MOONS = {"dataset": "moons", "model": "mlp", "model_settings": SMALL, "batch": 0, "steps": 20}
OWN = "v = 0.9*v + g\nx = x - lr*v/(global_norm(v) + 1e-8)"
RULES = {
    **{key: key for key in OPTIMIZERS},
    "own": OWN,
    **{f"adam in {key}": wrapped(OPTIMIZERS["adam"].text, wrap) for key, wrap in WRAPS.items()},
    "muon in sam": wrapped(OPTIMIZERS["muon"].text, WRAPS["sam"]),
}
# Undamped, Newton's direction does not exist where a unit is dead: the Hessian is singular. A damped one does.
NEEDS = {"newton": {"damping": 1.0, "lr": 0.5}}


def same(one: Report, other: Report) -> bool:
    numbers = [
        [report.train_loss, report.valid_loss, report.batch_loss, report.rate, *report.gradient_norms, *report.ratios]
        for report in (one, other)
    ]
    return np.array_equal(*numbers, equal_nan=True)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_lowers_the_loss_on_the_moons(rule: str) -> None:
    result = final(Training(**MOONS, optimizer=rule, hypers=NEEDS.get(rule, {})), every=20)
    first, last = result.reports
    assert result.end.outcome is Outcome.FINISHED
    assert last.train_loss < first.train_loss
    assert all(norm > 0 for norm in last.gradient_norms)
    assert len(last.ratios) == len(result.facts.layers) == 3


def test_newton_undamped_says_how_it_ended() -> None:
    result = final(Training(**MOONS, optimizer="newton"))
    assert result.end.outcome is Outcome.DIVERGED
    assert result.end.sentence == f"Diverged at step {result.end.step}: the loss of its batch is NaN."


PAIRS = [(entry, model) for entry in DATASETS.values() for model in suited(entry)]


@pytest.mark.parametrize(("entry", "model"), PAIRS, ids=[f"{entry.key}-{model.key}" for entry, model in PAIRS])
def test_every_model_takes_steps_on_every_set_that_suits_it(entry: Dataset, model: Model) -> None:
    result = final(Training(entry.key, model.key, steps=3, batch=0))
    first, *_, last = result.reports
    assert [report.step for report in result.reports] == [0, 1, 2, 3]
    assert result.facts.weights == model.weights(entry, {})
    assert result.facts.baseline > 0
    assert last.train_loss < first.train_loss
    view = {"text": Sample, "numbers": Fit}.get(entry.kind, Boundary if entry.plane else Mistakes)
    assert isinstance(last.view, view)
    assert (last.train_accuracy is None) == (entry.kind == "numbers")


@pytest.mark.parametrize("options", [{}, {"normalisation": "batch"}, {"normalisation": "layer", "residual": "on"}])
@pytest.mark.parametrize("rule", ["adam", "sam", "sophia"])
def test_the_same_seed_gives_the_same_run_to_the_last_bit(rule: str, options: dict[str, str]) -> None:
    training = Training("spirals", optimizer=rule, model_settings={**SMALL, **options}, steps=12, seed=5)
    first, second = final(training), final(training)
    assert all(map(same, first.reports, second.reports))
    for name, weight in (first.reports[-1].weights or {}).items():
        np.testing.assert_array_equal(weight, (second.reports[-1].weights or {})[name])
    other = final(Training("spirals", optimizer=rule, model_settings={**SMALL, **options}, steps=12, seed=6))
    assert not same(first.reports[-1], other.reports[-1])


def test_reports_that_nobody_asked_for_change_nothing() -> None:
    training = Training("text", "transformer", steps=6, batch=4, optimizer="sophia")
    often, rarely = final(training, every=1), final(training, every=6)
    assert same(often.reports[-1], rarely.reports[-1])
    assert len(rarely.reports) == 2


def test_every_epoch_has_every_row_once_in_an_order_of_its_own_that_only_the_seed_chooses() -> None:
    picked = batches(7, 10, 5)
    first, second = (np.concatenate([next(picked), next(picked)]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)
    np.testing.assert_array_equal(first[:5], next(batches(7, 10, 5)))
    np.testing.assert_array_equal(next(batches(7, 10, 10)), np.arange(10))


def test_accumulated_batches_are_one_large_batch() -> None:
    apart = final(Training(**{**MOONS, "batch": 50, "steps": 3, "optimizer": "sgd"}, accumulation=6, float64=True))
    whole = final(Training(**{**MOONS, "steps": 3, "optimizer": "sgd"}, float64=True))
    # 6 batches of 50 are all 300 rows, in another order.
    assert apart.reports[-1].train_loss == pytest.approx(whole.reports[-1].train_loss, rel=1e-12)
    assert apart.reports[-1].epoch == whole.reports[-1].epoch == 3


@pytest.mark.parametrize("rule", ["sgd", "sam"])
def test_clipping_limits_every_gradient_and_tells_the_norm_before(rule: str) -> None:
    training = Training(**{**MOONS, "steps": 1, "float64": True}, optimizer=rule, hypers={"lr": 1.0}, clip_norm=1e-3)
    result = final(training)
    start = final(Training(**{**MOONS, "steps": 1, "float64": True}, optimizer=rule, hypers={"lr": 0.0}))
    before, after = (
        np.concatenate([one.ravel() for one in (run.reports[-1].weights or {}).values()]) for run in (start, result)
    )
    assert np.linalg.norm(after - before) == pytest.approx(1e-3, rel=1e-2)
    assert math.hypot(*result.reports[-1].gradient_norms) > 0.01


def test_smoothing_is_minimised_but_not_reported() -> None:
    training = Training(**{**MOONS, "steps": 1}, smoothing=0.5, hypers={"lr": 0.0})
    last = final(training).reports[-1]
    plain = final(Training(**{**MOONS, "steps": 1}, hypers={"lr": 0.0})).reports[-1]
    assert last.train_loss == plain.train_loss == pytest.approx(plain.batch_loss)
    assert last.batch_loss != pytest.approx(plain.batch_loss, rel=1e-3)


def test_logistic_regression_is_softmax_with_one_score() -> None:
    logistic, softmax = (
        Training(
            "moons",
            model,
            model_settings={"initialisation": "zeros"},
            optimizer="sgd",
            hypers={"lr": lr},
            steps=30,
            smoothing=0.1,
        )
        for model, lr in (("logistic", 1.0), ("softmax", 0.5))
    )
    losses = [[report.valid_loss for report in final(training).reports] for training in (logistic, softmax)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


@pytest.mark.parametrize("key", SCHEDULES)
def test_the_rate_is_the_schedules(key: str) -> None:
    training = Training(**{**MOONS, "steps": 12}, optimizer="sgd", schedule=key, hypers={"lr": 0.1})
    rates = [report.rate for report in final(training).reports[1:]]
    schedule = SCHEDULES[key]
    if schedule.follows_loss:
        assert rates[0] == 0.1
    else:
        np.testing.assert_allclose(rates, 0.1 * schedule.factors(12, training.schedule_settings))


@pytest.mark.parametrize("rule", ["sgd", "sam"])
def test_a_plateau_lowers_the_rate(rule: str) -> None:
    hypers = {"lr": 0.01, **({"rho": 0.0} if rule == "sam" else {})}
    plateau = {"patience": 1, "threshold": 0.5, "gamma": 0.5}
    training = Training(
        **{**MOONS, "steps": 8}, optimizer=rule, schedule="plateau", schedule_hypers=plateau, hypers=hypers
    )
    rates = [report.rate for report in final(training).reports[1:]]
    assert rates == [0.01, 0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025, 0.00125]


def test_a_new_rate_keeps_the_state_and_a_stop_ends_with_a_sentence() -> None:
    training = Training(**MOONS, optimizer="momentum", hypers={"lr": 0.1})
    asked: list[Sequence[Command]] = [(), (), (), (), (Rate(0.0),), (), (Rate(0.1),), (Stop(),)]
    reports = list(train(training, commands=lambda: asked.pop(0), every=1))
    plain = list(train(training, every=1))
    assert [report.rate for report in reports[1:8]] == [0.1] * 4 + [0.0, 0.0, 0.1]
    assert same(reports[4], plain[4])
    assert reports[5].train_loss == reports[6].train_loss
    # The velocity has gone on.
    assert max(reports[7].ratios) > max(plain[5].ratios) / 2
    assert reports[-1].end is not None
    assert reports[-1].end.sentence == "Stopped after 7 steps."
    assert reports[-1].step == 7


def test_a_training_that_diverges_is_a_result_with_a_sentence() -> None:
    table = "x,y\n" + "\n".join(f"{n},{n * n}" for n in range(20))
    training = Training("own", "linear", table=table, optimizer="sgd", hypers={"lr": 1e6}, steps=200, batch=0)
    result = final(training)
    assert result.end.outcome is Outcome.DIVERGED
    assert result.end.sentence.startswith(f"Diverged at step {result.end.step}: the loss ")
    assert result.end.step < 200


@pytest.mark.parametrize("float64", [False, True])
@pytest.mark.parametrize(("dataset", "model"), [("moons", "mlp"), ("diabetes", "mlp"), ("text", "transformer")])
def test_however_far_it_runs_away_nothing_but_a_sentence_comes_of_it(dataset: str, model: str, float64: bool) -> None:
    training = Training(dataset, model, optimizer="x = x*1e30 - lr*g", steps=30, batch=8, float64=float64)
    result = final(training)
    assert result.end.outcome is Outcome.DIVERGED
    assert "NaN" in result.end.sentence or "∞" in result.end.sentence


@pytest.mark.parametrize("rule", ["x = x - lr*(value(x + 0.01) - value(x - 0.01))", "x = x - lr*hessian_diag(x)"])
def test_a_rule_that_takes_no_gradient_has_no_norm_of_it(rule: str) -> None:
    result = final(Training(**{**MOONS, "steps": 2}, optimizer=rule))
    assert all(math.isnan(norm) for norm in result.reports[-1].gradient_norms)
    assert result.end.outcome is Outcome.FINISHED


def test_muon_moves_hidden_matrices_and_adamw_the_rest() -> None:
    common = {"model_settings": {"width": 16, "activation": "tanh"}, "steps": 1, "float64": True, "batch": 0}
    result = final(Training("spirals", optimizer="muon", **common))
    assert any("Muon moves 2 matrices; AdamW, at a learning rate of 0.001" in note for note in result.facts.notes)
    started = final(Training("spirals", optimizer="sgd", hypers={"lr": 0.0}, **common))
    moved = {
        name: weight - (started.reports[-1].weights or {})[name]
        for name, weight in (result.reports[-1].weights or {}).items()
    }
    # A first step of AdamW is lr long along every coordinate; in one of Muon the directions that are learnt at all are
    # about lr long.
    np.testing.assert_allclose(np.abs(moved["output.linear.weight"]), 0.001, rtol=0.02)
    singular = np.linalg.svd(moved["hidden_2.linear.weight"])[1]
    np.testing.assert_allclose(singular[:3], 0.02, rtol=0.3)


def test_gradient_norms_and_ratios_are_those_of_each_layer() -> None:
    training = Training("digits", "softmax", optimizer="sgd", hypers={"lr": 0.5}, steps=1, batch=0, float64=True)
    last = final(training).reports[-1]
    split = DATASETS["digits"].load(0)
    from core.problems.training.nets import build

    net = build("softmax", training.model_values, DATASETS["digits"], 0).double()
    loss = nn.functional.cross_entropy(net(torch.tensor(split.train_x)), torch.tensor(split.train_y))
    gradients = torch.cat([one.ravel() for one in torch.autograd.grad(loss, list(net.parameters()))])
    weights = torch.cat([one.detach().ravel() for one in net.parameters()])
    assert last.gradient_norms == pytest.approx((float(gradients.norm()),))
    assert last.ratios == pytest.approx((0.5 * float(gradients.norm() / weights.norm()),))


def test_weights_that_are_all_zero_have_no_ratio() -> None:
    zeros = {"initialisation": "zeros"}
    (ratio,) = final(Training("moons", "softmax", model_settings=zeros, steps=1)).reports[-1].ratios
    assert math.isnan(ratio)


def test_running_means_count_a_batch_once_however_often_a_rule_asks() -> None:
    options = {**SMALL, "normalisation": "batch"}
    runs = [
        final(Training("moons", optimizer=rule, hypers={"lr": 0.0, **more}, model_settings=options, steps=2))
        for rule, more in (("sgd", {}), ("sam", {"rho": 0.5}))
    ]
    once, twice = (run.reports[-1].weights or {} for run in runs)
    np.testing.assert_allclose(once["hidden_1.norm.running_mean"], twice["hidden_1.norm.running_mean"], rtol=1e-5)


def test_views_show_what_the_model_answers() -> None:
    moons = final(Training("moons", steps=300, hypers={"lr": 0.02}))
    boundary = moons.reports[-1].view
    assert isinstance(boundary, Boundary)
    assert boundary.classes.shape == boundary.certainty.shape == (48, 48)
    # The upper moon is on the left, and the first class.
    assert boundary.classes[-1, 0] == 0
    assert boundary.classes[0, -1] == 1
    assert boundary.certainty.min() >= 0.5
    digits = final(Training("digits", "softmax", steps=30, hypers={"lr": 0.05})).reports[-1]
    mistakes = digits.view
    assert isinstance(mistakes, Mistakes)
    assert mistakes.count == round((1 - (digits.valid_accuracy or 0)) * 450)
    assert (mistakes.truth != mistakes.answers).all()
    np.testing.assert_allclose(mistakes.x, DATASETS["digits"].load(0).valid_x[mistakes.rows])
    fit = final(Training("diabetes", "linear", steps=100, hypers={"lr": 0.05})).reports[-1].view
    assert isinstance(fit, Fit)
    assert 20 < fit.truth.min() < fit.truth.max() < 400
    assert np.corrcoef(fit.truth, fit.answers)[0, 1] > 0.5
    sample = final(Training("text", "transformer", steps=1, batch=4)).reports[-1].view
    assert isinstance(sample, Sample)
    assert len(sample.text) == 100


def test_long_trainings_report_a_hundred_times_and_show_a_quarter_of_that() -> None:
    reports = final(Training("xor", "softmax", steps=1000)).reports
    assert len(reports) == 101
    assert sum(report.view is not None for report in reports) <= 26
