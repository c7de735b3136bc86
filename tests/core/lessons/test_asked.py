"""Questions as people ask them: told plainly in two sentences, and every number is one of the run that is shown."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from core import Run, trace
from core.catalogue.racers import RACERS
from core.engine.trace import Path
from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.formula.words import digits
from core.lessons import asked
from core.lessons.asked import QUESTIONS, Card, Group, Question, Race, found
from core.problems.theory import best_settings
from tests.numerals import NUMBER, misprints, value_of

every = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
CODE = re.compile(r"`[^`]*`")
Paths = Mapping[str, Path]
Numbers = Mapping[str, float]


def _own(paths: Paths) -> Path:
    """The run of a rule that is none of the catalogue."""
    (own,) = (path for key, path in paths.items() if key not in RACERS)
    return own


def _below(path: Path, loss: float) -> str:
    """The first step at which the loss is at most ``loss``."""
    return str(np.flatnonzero(path.loss <= loss)[0])


def _at(value: Any, form: str = ".3g") -> str:
    return digits(float(value), form)


def _parting(path: Path) -> str:
    """The step at which a run diverged."""
    assert path.status.outcome == "diverged"
    return re.findall(r"at (step \d+)", str(path.status))[0]


# --- What the answers quote, computed from what is shown ---


def _nan_regression(paths: Paths) -> Iterable[str]:
    objective = paths["sgd"].run.resolved_objective.parsed
    yield _at(2 / np.linalg.eigvalsh(objective.hessian(np.zeros(2)))[-1], ".2g")
    yield "above 2/L"
    yield _parting(paths["sgd"])
    yield from (_at(loss, ".4g") for loss in paths["sgd2"].loss[[0, -1]])
    # The 20 points whose mean of squares that loss is.
    x = np.array([20, 43, 63, 26, 53, 31, 58, 46, 58, 70, 46, 53, 60, 20, 63, 43, 26, 19, 31, 23])
    y = [120, 128, 141, 126, 134, 128, 136, 132, 140, 144, 128, 136, 146, 124, 143, 130, 124, 121, 126, 123]
    for point in ((0.0, 0.0), (2.0, 50.0), (0.5, 110.0)):
        assert objective.value(np.array(point)) == pytest.approx(np.mean((point[0] * x + point[1] - y) ** 2))
    yield f"{x.size} points"
    standard = np.stack([(x - x.mean()) / x.std(), np.ones(20)])
    yield f"limit would be {_at(2 / np.linalg.eigvalsh(2 * standard @ standard.T / 20)[-1])}"


def _stops_short(paths: Paths) -> Iterable[str]:
    yield _at(paths["sgd"].x[-1, 0])
    yield _at(paths["momentum"].x[-1, 0])


def _faster(paths: Paths) -> Iterable[str]:
    assert _below(paths["sgd"], 1e-6) == "1"
    slow = trace(Run("parabola", "sgd", (-4.0,), 100, {"lr": 0.1}))
    assert _below(paths["sgd2"], 1e-6) == _below(slow, 1e-6)
    yield f"{_below(slow, 1e-6)} steps for a loss below {_at(1e-6)}, just as many as {_at(0.1)}"
    assert trace(Run("parabola", "sgd", (-4.0,), 100, {"lr": 2.0})).loss[-1] == 8
    yield "From 2 on"


def _up_again(paths: Paths) -> Iterable[str]:
    path = paths["adam"]
    low = int(path.loss.argmin())
    high = low + int(path.loss[low:].argmax())
    yield from (_at(path.loss[low], ".1g"), f"step {low}", _at(path.loss[high], ".2g"), f"step {high}")
    decayed = trace(Run(path.run.objective, "adam", path.run.start, path.run.steps, {"lr": 0.3}, "cosine"))
    for calm in (paths["amsgrad"], decayed):
        assert calm.loss[500:].max() < 1e-12


def _wrong_point(paths: Paths) -> Iterable[str]:
    formula = paths["adam"].run.resolved_objective
    assert (formula.parsed.box, formula.minima) == (((-1.0, 1.0),), ((-1.0,),))
    yield from (_at(paths[key].x[-1, 0]) for key in ("adam", "amsgrad"))
    np.testing.assert_allclose(formula.parsed.grad([0.5]), 1 / 3)
    yield from ("3 at every third", "−1")


def _up_briefly(paths: Paths) -> Iterable[str]:
    yield from (_at(path.x.max()) for path in paths.values())


def _crawls(paths: Paths) -> Iterable[str]:
    assert (np.sign(paths["sgd"].x[:9, 1]) == [1, -1] * 4 + [1]).all()
    yield _at(paths["sgd"].loss[-1], ".2g")
    yield f"below {_at(1e-3)} after {_below(paths['momentum'], 1e-3)} steps"


def _sudden_drop(paths: Paths) -> Iterable[str]:
    yield f"below {_at(-0.1)}"
    yield from (_below(path, -0.1) for path in paths.values())


def _zero_gradient(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    assert path.status.outcome == "saddle"
    yield _at(path.grad_norm[-1], ".1g")
    yield from (_at(value) for value in np.linalg.eigvalsh(path.run.resolved_objective.parsed.hessian(np.zeros(2))))
    assert trace(Run("saddle", "sgd", (1.0, 0.001), 200, {"lr": 0.1})).status.outcome == "minimum"
    yield "from (1, 0.001)"


def _inside(paths: Paths) -> Iterable[str]:
    outside, inside = paths["momentum"], _own(paths)
    np.testing.assert_allclose(outside.x[:21], inside.x[:21], rtol=1e-12)
    yield from (_at(abs(path.x[21, 0] - path.x[20, 0])) for path in (outside, inside))


def _averaged(paths: Paths) -> Iterable[str]:
    yield f"to a loss of {_at(1e-3)}"
    yield from (_below(path, 1e-3) for path in paths.values())


def _higher_beta(paths: Paths) -> Iterable[str]:
    yield from (_at(paths["momentum"].loss[-1], ".1g"), _at(paths["momentum2"].loss[-1], ".2g"))
    curvatures = np.linalg.eigvalsh(paths["momentum"].run.resolved_objective.parsed.hessian(np.zeros(2)))
    yield _at(curvatures[-1] / curvatures[0])
    yield _at(best_settings("momentum", *curvatures).beta, ".2g")


def _escapes(paths: Paths) -> Iterable[str]:
    yield _at(paths["momentum"].x[-1, 0])
    assert _at(paths["sgd"].x[-1, 0]) == _at(paths["adam"].x[-1, 0])
    yield _at(paths["sgd"].x[-1, 0])
    yield "from −1.7"
    back = {key: trace(Run("double_well", key, (-1.7,), 200, {"lr": 0.1})).x[-1, 0] for key in paths}
    assert back["momentum"] > 0.9
    assert max(back["sgd"], back["adam"]) < -1


def _slow_adam(paths: Paths) -> Iterable[str]:
    yield _at(paths["adam"].x[-1, 0])
    yield _at(paths["adam2"].x[-1, 0])


def _own_adam(paths: Paths) -> Iterable[str]:
    wrong, right = _own(paths), paths["adam"]
    np.testing.assert_allclose(np.abs(wrong.x[1] - wrong.x[0]), 1, rtol=1e-4)
    np.testing.assert_allclose(np.abs(right.x[1] - right.x[0]), 0.1, rtol=1e-6)
    yield from (_at(wrong.loss[0]), _at(wrong.loss[1]), _at(right.loss[1]))


def _epsilon_inside(paths: Paths) -> Iterable[str]:
    yield from (_at(path.x[1, 0] - path.x[0, 0]) for path in (paths["rmsprop"], _own(paths)))
    yield f"a loss of {_at(1e-3)}"
    yield from (_below(path, 1e-3) for path in (paths["rmsprop"], _own(paths)))


def _radam(paths: Paths) -> Iterable[str]:
    yield _parting(paths["radam"])
    lengths = EXPERIMENTS["X66"].run({}).numbers
    # From the sixth on it divides.
    assert lengths["RAdam: length of step 5"] > 1000 * lengths["RAdam: length of step 6"]
    assert len(paths["adam"].x) == 501


def _one_cycle(paths: Paths) -> Iterable[str]:
    yield from (_at(rate) for rate in paths["sgd"].terms["lr"][-3:])


def _cosine_rises(paths: Paths) -> Iterable[str]:
    rates = paths["sgd"].terms["lr"]
    assert rates[50] == 0
    yield "0 at step 51"
    yield f"`T_max` = {_at(0.5 * len(rates))}"
    yield _at(rates[-1])


def _restarts(paths: Paths) -> Iterable[str]:
    yield _at(paths["sgd"].terms["lr"].min())
    yield _at(0.1 * paths["sgd"].run.schedule_settings["eta_min"])


def _stretches(paths: Paths) -> Iterable[str]:
    """Each rate with the number of steps for which it holds."""
    rates, counts = np.unique(paths["sgd"].terms["lr"].round(12), return_counts=True)
    yield from (_at(rate) for rate in rates)
    yield from (str(count) for count in counts)


def _warm_up_zero(paths: Paths) -> Iterable[str]:
    rates = paths["sgd"].terms["lr"]
    assert (rates[99], rates.argmax()) == (pytest.approx(0.001), 99)
    yield _at(rates[0])


def _adam_decay(paths: Paths) -> Iterable[str]:
    yield "the last 100"
    yield from (_at(path.loss[-100:].mean()) for path in paths.values())


def _clip_saves(paths: Paths) -> Iterable[str]:
    for path in paths.values():
        yield _parting(trace(replace(path.run, clip_norm=None)))
        assert len(path.x) == 501
    descent = paths["sgd"]
    yield _at(np.linalg.norm(descent.x[1] - descent.x[0]))
    yield _at(descent.loss[-1])


def _clip_adam(paths: Paths) -> Iterable[str]:
    yield from {_at(step) for step in np.abs(paths["adam"].x[1] - paths["adam"].x[0])}


def _patience(paths: Paths) -> Iterable[str]:
    assert paths["sgd"].terms["lr"].ravel() == pytest.approx([0.1] * 4 + [0.01] * 3 + [0.001] * 3)
    return _stretches(paths)


def _quotes(*names: str, form: str = ".3g") -> Callable[[Numbers], Iterable[str]]:
    """That an answer quotes ``names`` of what its experiment finds."""
    return lambda numbers: [_at(numbers[name], form) for name in names]


def _too_high(numbers: Numbers) -> Iterable[str]:
    yield from (_at(numbers[f"distance at αL = {rate}"]) for rate in (1.9, 2.1))


def _stuck(numbers: Numbers) -> Iterable[str]:
    assert numbers["different places of rest"] == 1
    yield _at(numbers["of them at rest"])
    yield _at(numbers["end at the largest rate"])


def _finder(numbers: Numbers) -> Iterable[str]:
    yield from _quotes("steepest, AdamW", "best of a sweep, AdamW")(numbers)
    yield _at(numbers["lowest / best, AdamW"], ".2g")


def _edge(numbers: Numbers) -> Iterable[str]:
    assert numbers["sharpness as a share of the limit"] == pytest.approx(1, abs=0.01)
    yield from _quotes("limit 2/α", "loss at the end")(numbers)
    yield _at(numbers["steps that raised the loss"], ".4g")


def _nesterov_form(numbers: Numbers) -> Iterable[str]:
    assert numbers["PyTorch's parameter from θ − βv"] < 1e-14
    return _quotes("flat coordinate after step 1", "flat coordinate after step 1, PyTorch")(numbers)


def _nesterov_better(numbers: Numbers) -> Iterable[str]:
    cycle = EXPERIMENTS["X25"].run({}).numbers
    assert cycle["last three points, highest"] > 2 > 1e-9 > abs(cycle["end, Nesterov"])
    return _quotes("steps, gradient descent", "steps, heavy ball", "steps, Nesterov, best lr")(numbers)


def _stable_rates(numbers: Numbers) -> Iterable[str]:
    plain = EXPERIMENTS["X20"].run({"beta": 0.0}).numbers["largest stable lr, heavy ball"]
    yield _at(plain)
    yield from _quotes("largest stable lr, heavy ball", "largest stable lr, Nesterov")(numbers)


def _epsilon(numbers: Numbers) -> Iterable[str]:
    assert numbers["step / lr, √G + ε"] == pytest.approx(1 / 2)
    larger = EXPERIMENTS["X29"].run({"gradient": 1e-8, "eps": 1e-4}).numbers["step / lr, √G + ε"]
    assert larger == pytest.approx(1e-4, rel=1e-3)
    yield _at(1e-8)
    yield _at(1e-4)


def _scaled_loss(numbers: Numbers) -> Iterable[str]:
    assert numbers["largest change of Adam's points"] < 1e-8
    yield _at(1e-8)
    yield f"{_at(numbers['steps gradient descent survives'])} steps"


def _turned(numbers: Numbers) -> Iterable[str]:
    assert numbers["steps, gradient descent"] == numbers["steps, gradient descent, turned"]
    return _quotes("steps, Adam", "steps, Adam, turned", "steps, gradient descent", form=".4g")(numbers)


def _memory(numbers: Numbers) -> Iterable[str]:
    assert numbers["state in GB, Gradient descent"] == 0
    assert numbers["state in GB, Lion"] == numbers["state in GB, Momentum"]
    # Weights and gradients are four bytes each.
    assert _at(numbers["state in GB, Adam"]) == _at(2 * 4)
    return _quotes("state in GB, Adam", "state in GB, Momentum")(numbers)


def _better(numbers: Numbers) -> Iterable[str]:
    sentence = EXPERIMENTS["X42"].run({}).sentence
    for winner in ("Nesterov at 0.0008", "RMSProp at 0.003", "Adam at 0.1"):
        assert winner in sentence
        yield winner.rpartition(" ")[2]


def _rmsprop_first(numbers: Numbers) -> Iterable[str]:
    yield _at(numbers["RMSProp: first step as a multiple of lr"])
    yield _at(EXPERIMENTS["X66"].run({"gamma": 0.9}).numbers["RMSProp: first step as a multiple of lr"])
    yield _at(0.9)
    yield _at(numbers["Adam: first step per coordinate"] / 0.01)


def _lion(numbers: Numbers) -> Iterable[str]:
    assert numbers["swing / α, flat coordinate"] == pytest.approx(1)
    return {_at(numbers[name]) for name in ("shortest step", "longest step")}


def _by_epoch(numbers: Numbers) -> Iterable[str]:
    return _quotes("one-cycle, largest, by epoch", "one-cycle, largest, by batch")(numbers)


def _adam_or_adamw(numbers: Numbers) -> Iterable[str]:
    yield _at(numbers["left, AdamW"])
    yield _at(numbers["left, Adam + L2"], ".4g")


def _decay_times_rate(numbers: Numbers) -> Iterable[str]:
    weight = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = torch.optim.AdamW([weight], lr=0.01, weight_decay=0.1)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    yield _at(weight.item())
    yield _at(numbers["AdamW after 100 steps"])
    yield _at(1 - 0.1)


def _norm_or_value(numbers: Numbers) -> Iterable[str]:
    names = ("by norm, first entry", "by norm, second entry", "by value, first entry", "by value, second entry")
    return _quotes(*names, "turned by value, degrees")(numbers)


def _clip_nan(numbers: Numbers) -> Iterable[str]:
    assert numbers["entries lost to one that is not a number, by norm"] == 2
    return []


def _batch_rate(numbers: Numbers) -> Iterable[str]:
    yield from _quotes("best rate, batch 4", "best rate, batch 64", "best rate, batch 256")(numbers)
    yield from _quotes("spread in points, same rate", "spread in points, own rate", form=".2g")(numbers)


def _accumulation(numbers: Numbers) -> Iterable[str]:
    assert numbers["relative error, no normalisation"] < 1e-6
    yield _at(100 * numbers["relative error, BatchNorm"], ".2g")


def _noise_escapes(numbers: Numbers) -> Iterable[str]:
    assert numbers["in the lower basin in %, noise 0.3"] == 0
    names = ("in the lower basin in %, noise 1", "in the lower basin in %, noise 0.6", "left the lower basin in %, ")
    yield from _quotes(names[0], names[1], f"{names[2]}your noise")(numbers)
    yield from ("0.6", "0.3")


def _full_batch(numbers: Numbers) -> Iterable[str]:
    assert numbers["left after one epoch, B = 10"] < 1e-4
    yield _at(100 * 1e-4)
    yield _at(100 * numbers["left after one epoch, all samples"], ".2g")
    assert numbers["left at the end, all samples"] < numbers["left at the end, B = 10"]


def _normalise(numbers: Numbers) -> Iterable[str]:
    yield from _quotes("steps, as they are", form=".2g")(numbers)
    yield from _quotes("steps, standardised", "condition number, standardised")(numbers)
    yield from _quotes("condition number, as they are", form=".1g")(numbers)


def _unscale(numbers: Numbers) -> Iterable[str]:
    yield from _quotes("norm left, clipped before unscaling", "norm left, clipped after unscaling")(numbers)
    yield _at(numbers["norm seen before unscaling"], ".5g")


def _float16(numbers: Numbers) -> Iterable[str]:
    assert (numbers["in float16"], numbers["in bfloat16"] > 0) == (0, True)
    yield _at(numbers["smallest float16"] / 2, ".1g")
    yield _at(numbers["in float16, scaled and divided again"], ".1g")


def _cyclic(numbers: Numbers) -> Iterable[str]:
    weight = torch.nn.Parameter(torch.ones(1))
    with pytest.raises(ValueError, match="momentum"):
        lr_scheduler.CyclicLR(torch.optim.Adagrad([weight]), 0.1, 0.2)
    lr_scheduler.CyclicLR(torch.optim.Adagrad([weight]), 0.1, 0.2, cycle_momentum=False)
    return _quotes("momentum at the lowest rate", "momentum at the highest rate")(numbers)


def _zero_weights(numbers: Numbers) -> Iterable[str]:
    assert numbers["different units, all 0"] == 1
    return _quotes("different units, random", "loss, all 0", "loss, random")(numbers)


def _first_layers(numbers: Numbers) -> Iterable[str]:
    yield _at(numbers["first / last layer, sigmoid, Xavier"], ".1g")
    yield from _quotes("first / last layer, tanh, Xavier", "first / last layer, ReLU, He")(numbers)


def _decay_helps(numbers: Numbers) -> Iterable[str]:
    assert numbers["error without noise, λ = 0"] < 1e-20
    yield from _quotes("error, λ = 0", "error, this λ")(numbers)
    yield _at(numbers["error without noise, this λ"], ".2g")


SAID: dict[str, Callable[[Any], Iterable[str]]] = {
    "nan_regression": _nan_regression,
    "too_high": _too_high,
    "stuck": _stuck,
    "stops_short": _stops_short,
    "faster": _faster,
    "three_e4": _quotes("loss at the chosen rate / lowest", form=".2g"),
    "finder": _finder,
    "sum": _quotes("slope along w, mean", "slope along w, sum", "limit 2/L, mean", "limit 2/L, sum"),
    "up_again": _up_again,
    "up_briefly": _up_briefly,
    "crawls": _crawls,
    "flat_start": _quotes(
        "steps, Gradient descent, constant",
        "steps, Momentum, constant",
        "steps, Adam, constant",
        "steps, Gradient descent, cosine",
    ),
    "sudden_drop": _sudden_drop,
    "zero_gradient": _zero_gradient,
    "inf_nan": _quotes(
        "first infinite loss, float32", "first weight that is NaN, float32", "loss above 1000 times its start, float32"
    ),
    "edge": _edge,
    "inside": _inside,
    "nesterov_form": _nesterov_form,
    "nesterov_better": _nesterov_better,
    "ten_times": _quotes("last step, no dampening", "last step, dampened"),
    "averaged": _averaged,
    "higher_beta": _higher_beta,
    "escapes": _escapes,
    "stable_rates": _stable_rates,
    "slow_adam": _slow_adam,
    "epsilon": _epsilon,
    "own_adam": _own_adam,
    "scaled_loss": _scaled_loss,
    "turned": _turned,
    "wrong_point": _wrong_point,
    "memory": _memory,
    "better": _better,
    "epsilon_inside": _epsilon_inside,
    "rmsprop_first": _rmsprop_first,
    "radam": _radam,
    "lion": _lion,
    "adagrad": _quotes(
        "effective rate after 500 steps, noise",
        "effective rate after 4000 steps, noise",
        "effective rate after 1000 steps",
    ),
    "one_cycle": _one_cycle,
    "cosine_rises": _cosine_rises,
    "restarts": _restarts,
    "patience": _patience,
    "step_lr": _stretches,
    "warm_up_zero": _warm_up_zero,
    "warm_up_needed": _quotes("largest rate, no warm-up", "largest rate, warm-up"),
    "by_epoch": _by_epoch,
    "adam_decay": _adam_decay,
    "adam_or_adamw": _adam_or_adamw,
    "decay_times_rate": _decay_times_rate,
    "pulled": _quotes("end, AdamW", "end, gradient descent + L2"),
    "decay_helps": _decay_helps,
    "norm_or_value": _norm_or_value,
    "clip_nan": _clip_nan,
    "clip_saves": _clip_saves,
    "clip_adam": _clip_adam,
    "noisy": _quotes("mean of x² at α = 0.1", "mean of x² at α = 0.01"),
    "batch_rate": _batch_rate,
    "accumulation": _accumulation,
    "undivided": _quotes("length without division"),
    "noise_escapes": _noise_escapes,
    "full_batch": _full_batch,
    "normalise": _normalise,
    "zero_grad": _quotes(
        "gradient after the passes / after one",
        "distance after 50 steps, zeroed",
        "furthest in the last half, never zeroed",
    ),
    "schedulers": _quotes("learning rate after building all", "beta1 after building all"),
    "unscale": _unscale,
    "float16": _float16,
    "cyclic": _cyclic,
    "zero_weights": _zero_weights,
    "first_layers": _first_layers,
}


# --- All of them ---


def _numbers_in(text: str) -> set[str]:
    """The numbers in a text, outside of code."""
    # A power of ten first, or it would be taken for ten.
    return set(re.findall(rf"−?\b10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|{NUMBER.pattern}", CODE.sub("", text)))


def _shown(question: Question) -> tuple[Any, set[float]]:
    """What is found where ``question`` leads, and the numbers with which that runs or that it is about."""
    given = {0.0, 1.0, *map(value_of, _numbers_in(question.text))}
    shown = question.shown
    if isinstance(shown, Race):
        for run in shown.runs.values():
            given |= {*run.start, run.steps, run.noise, run.clip_norm or 0.0}
            given |= {*run.settings.values(), *run.schedule_settings.values()}
        return {key: trace(run) for key, run in shown.runs.items()}, given
    experiment = EXPERIMENTS[CLAIMS[shown.key].experiment if shown.key in CLAIMS else shown.key]
    finding = experiment.run(dict(shown.settings))
    given |= {hyper.default for hyper in experiment.settings} | set(shown.settings.values())
    about = (finding.sentence, *finding.numbers)
    return finding.numbers, given | {value_of(number) for text in about for number in _numbers_in(text)}


def test_there_are_many_questions_and_no_two_alike() -> None:
    assert len(QUESTIONS) == len(asked._ALL) >= 42
    for words in ("text", "answer", "shows"):
        assert len({getattr(question, words).casefold() for question in QUESTIONS.values()}) == len(QUESTIONS)
    assert {question.group for question in QUESTIONS.values()} == set(Group)
    assert sum(question.first for question in QUESTIONS.values()) == 6


@every
def test_a_question_is_one_and_its_answer_has_two_sentences(question: Question) -> None:
    assert re.fullmatch(r"[A-Z].{10,90}\?", question.text)
    assert len(re.findall(r"[.?!](?= [`A-Z½¼]|$)", question.answer)) == 2
    assert question.answer[0].isupper()
    assert question.answer.endswith(".")
    assert not question.shows.endswith(".")
    # A link is one line on a telephone.
    assert len(question.shows) <= 46
    for text in (question.text, question.answer, question.shows):
        assert "  " not in text
        assert not misprints(text)
        # Texts are shown as Markdown, in which these would be marks.
        assert not set("*_$~|<>#\\`") & set(CODE.sub("", text))


@every
def test_every_number_of_an_answer_is_one_of_what_it_leads_to(question: Question) -> None:
    shown, given = _shown(question)
    said = list(SAID[question.key](shown))
    for text in said:
        assert re.search(rf"(?<![\d.·]){re.escape(text)}(?![\d·]|\.\d)", question.answer), text
    computed = set().union(*map(_numbers_in, said))
    rest = _numbers_in(question.answer) - computed
    assert [number for number in rest if value_of(number) not in given] == []


def test_a_search_finds_words_of_questions_and_of_answers_in_capitals_or_not() -> None:
    assert [question.key for question in found("ONECYCLE small")] == ["one_cycle"]
    assert QUESTIONS["finder"] in found("sweep")
    assert found("no such words") == []
    assert found(" ") == list(QUESTIONS.values())


@every
def test_what_is_shown_is_there_to_be_shown(question: Question) -> None:
    shown = question.shown
    if isinstance(shown, Card):
        claim = CLAIMS.get(shown.key)
        assert bool(claim) != bool(shown.page)
        assert not claim or claim.experiment
    else:
        first, *others = shown.runs.values()
        assert {(run.objective, run.start, run.steps, run.noise, run.clip_norm, run.seed) for run in others} <= {
            (first.objective, first.start, first.steps, first.noise, first.clip_norm, first.seed)
        }
        for key, run in shown.runs.items():
            assert run.optimizer == (RACERS[key].optimizer.key if key in RACERS else key)
