"""The clinic reads PyTorch's lines as what they are, finds what is wrong in them, and survives any text."""

import ast
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import Family
from core.catalogue.schedules import schedule as by_text
from core.export import pytorch_lines
from core.lessons import clinic
from core.lessons.clinic import MAX_TEXT, Examined, Kind, examine
from core.lessons.clinic.calls import (
    CALLS,
    KNOWN_OPTIMIZERS,
    KNOWN_SCHEDULERS,
    OPTIMIZER_CALLS,
    SCHEDULER_CALLS,
    SWITCHES,
)
from core.lessons.clinic.names import Open
from tests.core.lessons.clinic_texts import BROKEN, CORRECT
from tests.work import at_most

SEED = int(os.environ.get("TEST_SEED", "0"))
EXAMPLE = """\
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=100)
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
"""


def said(examined: Examined, kind: Kind) -> str:
    """All sentences of one kind."""
    return "\n".join(note.said() for note in examined.of(kind))


# --- What is recognised ---


def test_the_three_usual_lines_are_recognised() -> None:
    found = examine(EXAMPLE)
    assert (found.optimizer, found.schedule, found.clip_norm, found.steps) == ("adamw", "cosine", 1.0, 100)
    assert found.hypers == {"lr": 3e-4, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.1}
    assert found.schedule_hypers == {"eta_min": 0.0, "span": 1.0}
    assert [note.line for note in found.notes] == [1, 2, 3]
    assert {note.kind for note in found.notes} == {Kind.TAKEN}
    run = found.run("bowl", (1.0, 1.0), 7)
    assert run == Run("bowl", "adamw", (1.0, 1.0), 100, found.hypers, "cosine", found.schedule_hypers, clip_norm=1.0)


def test_nothing_is_found_in_nothing() -> None:
    for text in ("", " \n\t\n", "x = 1", "# only a comment"):
        assert examine(text).optimizer is None
        assert not examine(text).of(Kind.WRONG)
    with pytest.raises(ValueError, match="No optimizer"):
        examine("").run("bowl", (1.0, 1.0), 7)


@pytest.mark.parametrize("name", [*OPTIMIZER_CALLS, *SCHEDULER_CALLS])
def test_the_signatures_are_those_of_pytorch(name: str) -> None:
    real = inspect.signature(getattr(torch.optim if name in OPTIMIZER_CALLS else lr_scheduler, name))
    parameters = [one for key, one in real.parameters.items() if key not in (*SWITCHES, "params", "optimizer")]
    defaults = {one.name: Open("") if one.default is inspect.Parameter.empty else one.default for one in parameters}
    assert CALLS[name] == defaults
    positional = [one.name for one in parameters if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert list(CALLS[name])[: len(positional)] == positional


def test_every_optimizer_and_scheduler_of_pytorch_is_known() -> None:
    made = {name for name, one in vars(torch.optim).items() if inspect.isclass(one) and name != "Optimizer"}
    assert made <= KNOWN_OPTIMIZERS
    stepped = {name for name in lr_scheduler.__all__ if not name.startswith("LR")}
    assert stepped <= KNOWN_SCHEDULERS


@pytest.mark.parametrize("name", [*OPTIMIZER_CALLS, "LBFGS"])
def test_what_a_call_leaves_out_has_pytorchs_default(name: str) -> None:
    found = examine(f"torch.optim.{name}(model.parameters())")
    peers = {key for key, optimizer in OPTIMIZERS.items() if optimizer.torch and optimizer.torch.name == name}
    if not peers:
        assert found.optimizer is None
        assert "no counterpart" in said(found, Kind.LEFT)
        return
    assert found.optimizer in peers
    parameters = [torch.nn.Parameter(torch.zeros(2, 2))]
    assert found.hypers["lr"] == getattr(torch.optim, name)(parameters).defaults["lr"]


# What is written, and the optimizer with its numbers.
OPTIMIZER_TEXTS: dict[str, tuple[str, str, dict[str, float]]] = {
    "by position": ("torch.optim.SGD(model.parameters(), 0.1, 0.9)", "momentum", {"lr": 0.1, "beta": 0.9}),
    "from optim": (
        "from torch import optim\noptim.RMSprop(net.parameters(), alpha=0.9)",
        "rmsprop",
        {"lr": 0.01, "gamma": 0.9, "eps": 1e-8},
    ),
    "another name": ("from torch.optim import SGD as Descent\nDescent(p, lr=0.5)", "sgd", {"lr": 0.5}),
    "arithmetic": ("torch.optim.SGD(p, lr=3 * 10**-4)", "sgd", {"lr": 3 * 10**-4}),
    "more arithmetic": ("torch.optim.SGD(p, lr=1e-3 / 2)", "sgd", {"lr": 5e-4}),
    "a name": ("lr = 0.1\nbatch = 256\nSGD(p, lr=lr * batch / 256)", "sgd", {"lr": 0.1}),
    "an attribute": ("cfg.lr = 0.2\nSGD(p, lr=cfg.lr)", "sgd", {"lr": 0.2}),
    "the last of two": ("lr = 0.1\nlr = 0.2\nSGD(p, lr=lr)", "sgd", {"lr": 0.2}),
    "a prompt": (">>> optimizer = torch.optim.SGD(\n...     p, lr=0.1)\n", "sgd", {"lr": 0.1}),
    "indented": ("    optimizer = torch.optim.SGD(p, lr=0.1)\n", "sgd", {"lr": 0.1}),
    "a fence": ("```python\noptimizer = torch.optim.SGD(p, lr=0.1)\n```", "sgd", {"lr": 0.1}),
    "a notebook": (
        "!pip install torch\n%matplotlib inline\noptimizer = torch.optim.SGD(p, lr=0.1)",
        "sgd",
        {"lr": 0.1},
    ),
    "amsgrad": (
        "Adam(p, amsgrad=True)",
        "amsgrad",
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    ),
    "Adam that is AdamW": (
        "Adam(p, weight_decay=0.2, decoupled_weight_decay=True)",
        "adamw",
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.2},
    ),
    "Lion of another library": (
        "from lion_pytorch import Lion\nLion(p, lr=1e-4, betas=(0.8, 0.9), weight_decay=0.3)",
        "lion",
        {"lr": 1e-4, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.3},
    ),
}


@pytest.mark.parametrize(("text", "key", "hypers"), OPTIMIZER_TEXTS.values(), ids=OPTIMIZER_TEXTS)
def test_an_optimizer_is_read_however_it_is_written(text: str, key: str, hypers: dict[str, float]) -> None:
    found = examine(text)
    assert (found.optimizer, found.hypers) == (key, hypers)


@pytest.mark.parametrize(
    "text",
    [
        "SGD(p, lr=args.lr)",
        "SGD(p, lr=batch * 0.1)",
        "for lr in (0.1, 0.2):\n    SGD(p, lr=lr)",
        "lr = 0.1\nif big:\n    lr = 1.0\nSGD(p, lr=lr)",
        "lr = 0.1\nlr *= 2\nSGD(p, lr=lr)",
        "def fit(lr=0.1):\n    SGD(p, lr=lr)\nfit(lr=0.5)",
    ],
)
def test_what_has_no_value_is_said_and_the_default_used(text: str) -> None:
    found = examine(text)
    assert found.hypers == {"lr": 1e-3}
    assert "to which the text gives no value, so the default 0.001 is used" in said(found, Kind.LEFT)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("SGD(p, momentum=0.9, dampening=0.1)", "`dampening` has no counterpart in the rule Momentum"),
        ("SGD(p, momentum=0.9, nesterov=True)", "stores the look-ahead point"),
        ("Adam(p, maximize=True)", "turns every step around"),
        ('SGD([{"params": a}, {"params": b, "lr": 1e-3}], lr=0.1)', "Groups of parameters"),
        ("SGD(p, **options)", "not read"),
        ("RMSprop(p, momentum=0.9)", "`momentum` has no counterpart"),
        ("RMSprop(p, centered=True)", "`centered` has no counterpart"),
        ("Adam(p)\nSGD(q)", "Only the first optimizer"),
        ("Adam(p)\nclip_grad_value_(p, 1.0)", "only the norm can be limited"),
        ("Adam(p)\nclip_grad_norm_(p, args.clip)", "nothing is clipped"),
        ("Adam(p)\nclip_grad_norm_(p, 1.0, norm_type=1)", "the norm is Euclidean"),
        ("Adagrad(p, eps=50.0)", "eps must lie in [0, 10]; 50 was given. 10 is used."),
        ("SGD(p)\nReduceLROnPlateau(o, cooldown=3)", "`cooldown` of ReduceLROnPlateau has no counterpart"),
        ("SGD(p)\nStepLR(o, args.size)", "`step_size` of StepLR is “args.size”"),
        ("SGD(p)\nMultiplicativeLR(o, f)", "no counterpart of MultiplicativeLR"),
        ("keras.optimizers.Adam(learning_rate=0.1)", "No optimizer of torch.optim"),
    ],
)
def test_what_has_no_counterpart_is_told(text: str, phrase: str) -> None:
    assert phrase in said(examine(text), Kind.LEFT)


# --- There and back ---


def _drawn(hypers: tuple[Hyper, ...], random: np.random.Generator) -> dict[str, float]:
    """Numbers as a visitor sets them: within sliders, with up to six digits."""
    values = {}
    for hyper in hypers:
        low, high = np.log(np.maximum(hyper.slider, 1e-12)) if hyper.scale == "log" else hyper.slider
        value = random.uniform(low, high)
        value = float(f"{np.exp(value) if hyper.scale == 'log' else value:.6g}")
        values[hyper.name] = hyper.clamp(float(round(value)) if hyper.whole else value)
    return values


def _same_lines(key: str, entries: Any) -> str:
    """The first of ``entries`` that PyTorch writes as it does the one with ``key``."""
    mine = entries[key].torch
    return next(other for other, entry in entries.items() if entry.torch == mine)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_lines_of_a_run_are_read_back(key: str) -> None:
    random = np.random.default_rng([SEED, list(OPTIMIZERS).index(key)])
    for schedule, entry in SCHEDULES.items():
        for steps in (200, 371):
            hypers, follows = _drawn(OPTIMIZERS[key].hypers, random), _drawn(entry.hypers, random)
            # Shares of the run that are whole steps; others are rounded to these.
            follows |= {name: round(follows[name] * steps) / steps for name in ("span", "decay") if name in follows}
            # A warm-up or a rise that leaves nothing of the run is written without its other half.
            follows |= {"warmup": float(random.integers(1, 100))} if "warmup" in follows else {}
            run = Run("bowl", key, (1.0, 1.0), steps, hypers, schedule, follows, clip_norm=float(random.integers(1, 9)))
            found = examine(pytorch_lines(run))
            optimizer = _same_lines(key, OPTIMIZERS) if OPTIMIZERS[key].torch else key
            assert (found.optimizer, found.hypers) == (optimizer, run.settings)
            assert (found.schedule, found.schedule_hypers) == (_same_lines(schedule, SCHEDULES), run.schedule_settings)
            assert found.steps == steps
            if OPTIMIZERS[key].torch is not None:
                assert found.clip_norm == run.clip_norm
                assert pytorch_lines(found.run("bowl", (1.0, 1.0), 1)) == pytorch_lines(run)


def test_the_lines_of_any_run_are_python() -> None:
    own = "gamma: (0, 1) = 0.1\nfactor = where(t > T/2, gamma, 1)"
    for key in OPTIMIZERS:
        for schedule in (*SCHEDULES, own):
            lines = pytorch_lines(Run("bowl", key, (1.0, 1.0), 50, {}, schedule, clip_norm=1.0))
            compile(lines, "lines", "exec")
            if OPTIMIZERS[key].torch is None:
                assert "is written out in the PyTorch script of this run" in " ".join(lines.replace("#", "").split())


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("key", ["sgd", "adam"])
def test_the_lines_run_and_take_the_steps_of_the_run(key: str, schedule: str) -> None:
    run = Run("bowl", key, (1.0, 1.0), 60, {"lr": 0.05}, schedule, clip_norm=0.5)

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))

    model = Model()
    text = run.resolved_objective.parsed

    def loss_of(model: Model) -> torch.Tensor:
        from core.formula.torch_code import objective_function

        return objective_function(text)(model.x)

    exec(pytorch_lines(run), {"model": model, "loss_of": loss_of})
    assert model.x.detach().numpy() == pytest.approx(trace(run).x[-1], rel=1e-9, abs=1e-12)


# --- Schedules and rules that the catalogue does not have ---

_SGD = "optimizer = torch.optim.SGD(params, lr=0.1)\n"
# Texts that make a scheduler of an optimizer with rate 0.1.
OTHER_SCHEDULES = {
    "milestones": "scheduler = MultiStepLR(optimizer, [2, 8], 0.1)",
    "constant": "scheduler = ConstantLR(optimizer, factor=0.5, total_iters=4)",
    "linear": "scheduler = LinearLR(optimizer, start_factor=0.5, end_factor=0.1, total_iters=7)",
    "linear by default": "scheduler = LinearLR(optimizer)",
    "polynomial": "scheduler = PolynomialLR(optimizer, total_iters=6, power=2.0)",
    "one after the other": "scheduler = SequentialLR(optimizer, [LinearLR(optimizer, 0.1, total_iters=3), "
    "StepLR(optimizer, 4, 0.5), ExponentialLR(optimizer, 0.8)], [3, 13])",
    "warm-up, whole cosine": "scheduler = SequentialLR(optimizer, [LinearLR(optimizer, 0.1, total_iters=3), "
    "CosineAnnealingLR(optimizer, T_max=20, eta_min=0.02)], milestones=[3])",
    "a lambda": "scheduler = LambdaLR(optimizer, lambda epoch: 0.95 ** epoch)",
    "a lambda with names": "warm = 5\nscheduler = LambdaLR(optimizer, lr_lambda=[lambda s: min(1.0, (s + 1) / warm)])",
    "a function with whole numbers": "scheduler = LambdaLR(optimizer, lambda n: 0.5 ** (n // 3) * (1 if n % 2 == 0 "
    "else 0.5))",
    "int": "scheduler = LambdaLR(optimizer, lambda n: max(0.1, 1 - 0.2 * int(n / 3)))",
}


@pytest.mark.parametrize("text", OTHER_SCHEDULES.values(), ids=OTHER_SCHEDULES)
def test_other_schedules_are_written_in_the_language(text: str) -> None:
    steps = 20
    found = examine(
        f"import math\nfrom torch.optim.lr_scheduler import *\n{_SGD}{text}\nfor step in range({steps}):\n"
        "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n    scheduler.step()\n"
    )
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    scope: dict[str, Any] = {"params": [parameter], "torch": torch}
    exec(f"import math\nfrom torch.optim.lr_scheduler import *\n{_SGD}{text}", scope)
    rates = []
    for _ in range(steps):
        rates.append(scope["optimizer"].param_groups[0]["lr"])
        scope["optimizer"].step()
        scope["scheduler"].step()
    ours = found.hypers["lr"] * by_text(found.schedule).factors(steps, found.schedule_hypers)
    assert found.steps == steps
    assert ours == pytest.approx(np.array(rates), rel=1e-9, abs=1e-12)


DECAYING = [
    "torch.optim.SGD(params, lr=0.05, weight_decay=0.3)",
    "torch.optim.SGD(params, lr=0.05, momentum=0.8, weight_decay=0.3)",
    "torch.optim.Adam(params, lr=0.05, weight_decay=0.3)",
    "torch.optim.Adam(params, lr=0.05, weight_decay=0.3, amsgrad=True)",
    "torch.optim.RMSprop(params, lr=0.05, weight_decay=0.3)",
    "torch.optim.Adagrad(params, lr=0.05, weight_decay=0.3)",
    "torch.optim.Adamax(params, lr=0.05, weight_decay=0.3)",
    "torch.optim.RAdam(params, lr=0.05, weight_decay=0.3, decoupled_weight_decay=True)",
    "torch.optim.Adam(params, lr=0.05, weight_decay=0.3, decoupled_weight_decay=True)",
]


@pytest.mark.parametrize("text", DECAYING)
def test_weight_decay_takes_pytorchs_steps(text: str) -> None:
    run = examine(text).run("bowl", (1.0, -2.0), 40)
    point = torch.nn.Parameter(torch.tensor(run.start, dtype=torch.float64))
    optimizer = eval(text, {"params": [point], "torch": torch})
    gradient = run.resolved_objective.parsed.grad
    for _ in range(run.steps):
        point.grad = torch.tensor(gradient(point.detach().numpy()))
        optimizer.step()
    assert trace(run).x[-1] == pytest.approx(point.detach().numpy(), rel=1e-9)


def test_weight_decay_of_nesterov_acts_where_the_gradient_is_taken() -> None:
    run = examine("SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.3)").run("bowl", (1.0, -2.0), 40)
    point = torch.nn.Parameter(torch.tensor(run.start, dtype=torch.float64))
    optimizer = torch.optim.SGD([point], lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.3)
    gradient = run.resolved_objective.parsed.grad
    for _ in range(run.steps):
        point.grad = torch.tensor(gradient(point.detach().numpy()))
        optimizer.step()
    # The stored point is ahead by momentum times the velocity.
    own = point.detach() + 0.8 * 0.05 * optimizer.state[point]["momentum_buffer"]
    assert trace(run).x[-1] == pytest.approx(own.numpy(), rel=1e-9)


@pytest.mark.parametrize(
    ("scheduler", "key"),
    [
        ("CosineAnnealingLR(optimizer, T_max=100_000)", "cosine"),
        ("StepLR(optimizer, step_size=20_000, gamma=0.5)", "own"),
        ("ExponentialLR(optimizer, gamma=0.9999)", "own"),
        (
            "SequentialLR(optimizer, [LinearLR(optimizer, 0.01, total_iters=10_000), "
            "CosineAnnealingLR(optimizer, T_max=90_000)], milestones=[10_000])",
            "own",
        ),
        ("OneCycleLR(optimizer, 0.1, total_steps=100_000, cycle_momentum=False)", "one_cycle"),
    ],
)
def test_a_long_run_is_shown_in_fewer_steps(scheduler: str, key: str) -> None:
    text = f"{_SGD}scheduler = {scheduler}\nfor i in range(100_000):\n    optimizer.step()\n    scheduler.step()\n"
    long, short = examine(text), examine(text, 1000)
    assert (long.steps, short.steps) == (100_000, 1000)
    assert by_text(short.schedule).key == key
    whole = by_text(long.schedule).factors(100_000, long.schedule_hypers)[::100]
    # A cycle is one step shorter than the run, and a step of the shorter run is a hundred of the longer.
    assert by_text(short.schedule).factors(1000, short.schedule_hypers) == pytest.approx(whole, abs=4e-3)
    assert "up to 1000" in said(short, Kind.LEFT)


# --- What looks wrong ---


@pytest.mark.parametrize("text", CORRECT.values(), ids=CORRECT)
def test_nothing_is_wrong_in_a_correct_loop(text: str) -> None:
    found = examine(text)
    assert said(found, Kind.WRONG) == ""
    assert found.optimizer is not None
    assert found.run("bowl", (1.0, 1.0), 100)


@pytest.mark.parametrize(("text", "line", "phrase"), BROKEN.values(), ids=BROKEN)
def test_a_slip_is_found_on_its_line_and_nothing_else(text: str, line: int, phrase: str) -> None:
    (note,) = examine(text).of(Kind.WRONG)
    assert (note.line, phrase in note.said()) == (line, True), note.said()


def test_the_example_has_one_slip_of_each_common_kind() -> None:
    phrases = "moved on line 7|added to the gradient|far too long|Nothing clears|after the step|number of epochs|memory"
    notes = examine(clinic.EXAMPLE).of(Kind.WRONG)
    assert len(notes) == len(phrases.split("|"))
    for phrase in phrases.split("|"):
        assert phrase in said(examine(clinic.EXAMPLE), Kind.WRONG)


def _parameters() -> list[torch.nn.Parameter]:
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.ones(2)
    return [parameter]


def _stepped(make: Callable[[Any], Any]) -> None:
    optimizer = torch.optim.SGD(_parameters(), lr=0.1)
    scheduler = make(optimizer)
    optimizer.step()
    scheduler.step()


# Calls that the clinic says raise something, by what they raise.
REFUSED: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "OneCycleLR(o, 0.1)": (ValueError, lambda: _stepped(lambda o: lr_scheduler.OneCycleLR(o, 0.1))),
    "StepLR(o, 5, verbose=True)": (
        TypeError,
        lambda: _stepped(lambda o: lr_scheduler.StepLR(o, 5, verbose=True)),  # type: ignore[call-arg]
    ),
    "Adam(p, momentum=0.9)": (TypeError, lambda: torch.optim.Adam(_parameters(), momentum=0.9)),  # type: ignore[call-arg]
}


@pytest.mark.parametrize(("text", "refusal"), REFUSED.items(), ids=REFUSED)
def test_what_is_said_to_be_refused_is_refused(text: str, refusal: tuple[type[Exception], Callable[[], Any]]) -> None:
    error, call = refusal
    with pytest.raises(error):
        call()
    sgd = "o = SGD(p, lr=0.1, momentum=0.5)\n" if "(o" in text else ""
    assert error.__name__ in said(examine(f"{sgd}{text}"), Kind.WRONG)


def test_a_rate_is_loud_for_rules_that_move_by_it() -> None:
    loud = {key for key, optimizer in OPTIMIZERS.items() if optimizer.torch and optimizer.family is Family.ADAM}
    for key, optimizer in OPTIMIZERS.items():
        if optimizer.torch is not None:
            text = pytorch_lines(Run("bowl", key, (1.0, 1.0), 10, {"lr": 0.5}))
            assert ("far too long a step" in said(examine(text), Kind.WRONG)) == (key in loud)


# --- Any text at all ---

HOSTILE: dict[str, str] = {
    "brackets": "(" * 5000 + ")" * 5000,
    "open brackets": "[" * 9999,
    "signs": "-" * 9998 + "1",
    "not": "not " * 2400 + "1",
    "lambdas": "lambda:" * 1400 + "1",
    "attributes": "a" + ".a" * 4900,
    "calls": "a" + "()" * 4900,
    "subscripts": "a" + "[0]" * 3300,
    "a sum": "1+" * 4999 + "1",
    "a tower": "1" + "**9" * 3300,
    "a power of a power": "SGD(p, lr=10**10**10)",
    "powers": "SGD(p, lr=9**9**9**9**9**9)",
    "a big power": "x = 2**63\ny = x**x\nSGD(p, lr=y)",
    "squares of squares": "\n".join(["a0 = 10"] + [f"a{i + 1} = a{i}*a{i}" for i in range(200)] + ["SGD(p, lr=a200)"]),
    "tuples of tuples": "\n".join(
        ["a0 = (1, 1)"] + [f"a{i + 1} = (a{i}, a{i})" for i in range(200)] + ["SGD(p, lr=a99)"]
    ),
    "names of names": "\n".join(
        [f"a{i} = a{i + 1} * a{i + 1}" for i in range(200)] + ["CosineAnnealingLR(o, T_max=a0)"]
    ),
    "huge": "SGD(p, lr=" + "9" * 9000 + ")",
    "huge in hexadecimal": "SGD(p, lr=0x" + "f" * 9000 + ")",
    "infinite": "SGD(p, lr=1e999)",
    "not a number": "SGD(p, lr=1e999 - 1e999)",
    "nothing over nothing": "SGD(p, lr=0/0, momentum=1 % 0)",
    "complex": "SGD(p, lr=(-8)**0.5, momentum=1j)",
    "null": "SGD(p, lr=0.1)\0",
    "surrogate": "SGD(p, lr=0.1)\ud800",
    "bytes": "SGD(p, lr=b'0.1')",
    "walrus": "SGD(p, lr=(rate := 0.1))",
    "f-string": "SGD(p, lr=f'{0.1}{__import__(\"os\").getcwd()}')",
    "import": "__import__('os').system('echo ran > /tmp/clinic_ran')",
    "an import of everything": "from torch.optim import *\nfrom . import x\nimport a.b.c as d",
    "lambda": "SGD(p, lr=(lambda: 0.1)())",
    "a function of itself": "def f(n):\n    return f(n)\nLambdaLR(o, f)\nf(1)",
    "functions of each other": "def f():\n    g()\ndef g():\n    f()\nf()\n",
    "questions": "def f(n):\n"
    + "\n".join(f"    if n < {i}:\n        a{i} = n" for i in range(200))
    + "\n    return n\nLambdaLR(o, f)",
    "answers": "def f(n):\n"
    + "\n".join(f"    a{i + 1} = a{i} + a{i}" for i in range(200))
    + "\n    return a99\nLambdaLR(o, f)",
    "conditions": "LambdaLR(o, lambda n: " + "1 if n else " * 700 + "1)",
    "whole numbers": "LambdaLR(o, lambda n: " + "int(" * 40 + "n" + ")" * 40 + ")",
    "and": "LambdaLR(o, lambda n: 1 if " + "n < 1 and " * 500 + "n < 1 else 0)",
    "branches": "if a:\n pass\n" + "elif a:\n pass\n" * 700,
    "steps": "for i in x:\n" + " o.step()\n" * 900,
    "every call": "for i in x:\n" + " l.backward()\n opt.step()\n opt.zero_grad()\n" * 200,
    "schedulers": "SequentialLR(o, [" + "SequentialLR(o, [" * 30 + "]" * 31 + ")" * 31,
    "a list of itself": "s = [s]\nSequentialLR(o, s, [1])\nt = SequentialLR(o, [t], [])",
    "milestones": "SGD(p)\nMultiStepLR(o, [" + "1," * 4000 + "])",
    "negative lengths": "SGD(p)\nOneCycleLR(o, max_lr=-1, total_steps=-5, pct_start=-1.0, div_factor=0)",
    "no factor": "SGD(p)\nOneCycleLR(o, max_lr=1, total_steps=9, div_factor=0)",
    "many rounds": "SGD(p)\nStepLR(o, 3)\n"
    + "".join(" " * i + "for i in range(10**200):\n" for i in range(5))
    + "      opt.step(); sched.step()",
    "a tiny rate": "SGD(p, lr=1e-300)\nCosineAnnealingLR(o, 10, eta_min=1e299)",
    "zeros": "SGD(p, lr=0)\nCyclicLR(o, 0, 0, 0, 0)\nOneCycleLR(o, 0, 0, div_factor=0)",
    "strings": "SGD('p', lr='0.1', momentum=None)\nStepLR('o', 'x', gamma='y')",
    "nothing given": "SGD()\nStepLR()\nSequentialLR()\nLambdaLR()\nOneCycleLR()\nChainedScheduler()",
    "too much given": "SGD(" + "1, " * 3000 + ")",
    "given twice": "SGD(p, 0.1, lr=0.2)",
    "keywords": "SGD(p, " + ", ".join(f"a{i}=1" for i in range(1000)) + ")",
    "Chinese": "优化器 = torch.optim.SGD(模型.parameters(), lr=0.1)\n优化器.step()",
    "quotation": "SGD(p, lr=`rm`)",
    "Markdown": "SGD(p, lr=a['![x](http://elsewhere.example/x.png)'])",
    "dots": "SGD(p, lr=...)\n...\n",
    "decorators": "@a.b.c(1)\nclass A(B, metaclass=C):\n    @property\n    def x(self): return SGD(self.p)\n",
    "match": "match x:\n    case [1, *y] if y:\n        SGD(p)\n    case {'a': z, **w}:\n        o.step()\n",
    "async": "async def f():\n    async for x in y:\n        async with z as w:\n            await o.step()\n",
    "try": "try:\n    o.step()\nexcept* A:\n    o.zero_grad()\nelse:\n    l.backward()\nfinally:\n    o.step()\n",
    "types": "type X[T] = list[T]\n",
    "indentation": "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 100)),
    "a tab": "if 1:\n\tSGD(p)\n        o.step()",
    "an escape": "SGD('\\d', lr=0.1)",
    "form feeds": "\f\v\x1c\x85\u2028SGD(p)\r\rStepLR(o, 1)",
    "a mark of order": "\ufeffSGD(p)",
    "ten thousand": ("x = 1\n" * 2000)[:MAX_TEXT],
    "ten thousand names": " ".join(["a"] * 5000),
    "too long": "x = 1\n" * 2000,
    "much too long": "x" * 1_000_000,
}


# Twice as many as the worst takes, which is a tenth of a second.
MOST_CALLS = 1_300_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_becomes_sentences_at_once(text: str) -> None:
    examine("SGD(p)\nStepLR(o, 3)\n")
    with at_most(MOST_CALLS):
        found = examine(text)
    _assert_sound(found, text)
    assert not Path("/tmp/clinic_ran").exists()


def _assert_sound(found: Examined, text: str) -> None:
    """``found`` can be shown and run, whatever ``text`` was."""
    last = len(text.splitlines()) + 1
    for note in found.notes:
        assert 1 <= note.line <= last
        assert note.said().rstrip().endswith((".", ";"))
    if found.optimizer is not None:
        run = found.run("bowl", (1.0, 1.0), 25)
        assert run.completed.settings.keys() >= found.hypers.keys()
        pytorch_lines(run)


@pytest.mark.parametrize(
    ("text", "line"), [("SGD(p, lr=0.1)\n(((", 2), ("x = 1\n\ny = = 2", 3), ("def f(:\n    pass", 1)]
)
def test_what_is_not_python_is_said_with_its_line(text: str, line: int) -> None:
    (note,) = examine(text).notes
    assert note.sentence.startswith("This is not Python yet: ")
    assert note.line == line


def test_a_mutated_text_is_still_only_read() -> None:
    random = np.random.default_rng(SEED)
    texts = [*CORRECT.values(), *(text for text, _, _ in BROKEN.values()), *OTHER_SCHEDULES.values()]
    texts += [text for text in HOSTILE.values() if len(text) < 500]
    pieces = sorted({word for text in texts for word in text.replace("(", " ( ").replace(",", " , ").split(" ")})
    for _ in range(1500):
        text = str(random.choice(texts))
        for _ in range(int(random.integers(1, 6))):
            at, until = sorted(random.integers(0, len(text) + 1, 2))
            until = min(until, at + int(random.integers(0, 30)))
            text = text[:at] + str(random.choice(pieces)) * int(random.integers(0, 3)) + text[until:]
        _assert_sound(examine(text[:MAX_TEXT]), text)


def test_words_of_the_visitor_stand_only_among_the_quotes() -> None:
    word = "zqxj"
    for text, _, _ in [*BROKEN.values(), *((text, 0, "") for text in (*CORRECT.values(), *HOSTILE.values()))]:
        for name in ("model", "loss", "loader", "val_acc", "args", "steps", "o", "p", "a0"):
            changed = (
                text.replace(f" {name}", f" {word}").replace(f"={name}", f"={word}").replace(f"({name}", f"({word}")
            )
            assert not [note for note in examine(changed).notes if word in note.sentence]


def test_no_text_is_ever_run() -> None:
    for module in Path(clinic.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                listed = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not {"torch", "importlib", "builtins", "pickle"} & {name.partition(".")[0] for name in listed}
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                assert called not in ("eval", "exec", "__import__", "import_module", "literal_eval")
                assert not (isinstance(node.func, ast.Name) and called == "compile")
