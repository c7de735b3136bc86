"""Exported scripts, run as files: they take the steps of their run, and notice when they do not."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.engine.status import AT_REST, Outcome
from core.export import numpy_script, torch_script
from core.export.script import facts
from tests.programs import fails, imported, run_alone, run_here

LIBRARIES: Mapping[str, Callable[[Run], str]] = {"numpy": numpy_script, "torch": torch_script}
library = pytest.mark.parametrize("library", LIBRARIES)

# Off the axes and off x = 1, where a gradient of Beale's vanishes and its rounding errors would decide a sign.
START = (0.5, -0.7)
STEPS = 40
SETTINGS: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "schedule": {"schedule": "warmup_cosine", "schedule_hypers": {"warmup": 10, "eta_min": 0.1}},
    "clip": {"clip_norm": 0.5},
    "schedule and clip": {"schedule": "plateau", "schedule_hypers": {"patience": 1}, "clip_norm": 0.5},
    "noise": {"noise": 0.1, "seed": 7, "clip_norm": 1.0},
}

EDITED = "beta1: (0, 1) = 0.8\nm = beta1*m + (1 - beta1)*g\nx = x - lr*sign(m)*sqrt(abs(m))"
# Rules of a visitor's that use what exported code could trip over.
OWN: Mapping[str, str] = {
    "edited": EDITED,
    "comment": 'x = x - lr*g  # """ \' \\ {lr} %s',
    "builtins": "range: (0, 2) = 0.5\nprint: (0, 2) = 0.1\nmap = print*map + g\nx = x - lr*range*map",
    "script": "steps: (0, 2) = 0.5\npoint: (0, 2) = 0.1\nstep = point*step + g\nx = x - lr*steps*step",
    "class": "params: (0, 2) = 0.5\nseed: (0, 2) = 0.1\nadjust: (1, 9) = 2\np = seed*p + g\nx = x - lr*params*p/adjust",
    "taken": "steps: (0, 2) = 0.5\nsteps_: (0, 2) = 0.1\nx = x - lr*g*(steps - steps_)",
    "single numbers": "c: state = 2\nb: state = 100\nb = min(b, loss)\nc = c/(1 + b)\nx = x - lr*g*c/(1 + T/t)",
    "first rate": "a: state = lr\nz: state = x*lr\na = 0.9*a + 0.1*lr\nz = 0.5*z + a*g\nx = x - z",
    "norms": "n: state = 3\nn = 0.9*n + 0.1*norm(g)\nx = x - lr*orthogonalize(g)/(n + global_norm(x))",
    "oracles": "a = grad(x - lr*g)\nx = x - lr*where(t > 3, (a + grad(x + 0.1))/2, hessian_diag(x)*0.01) - 0*g",
    "no gradient": "x = 0.9*x + 0*hessian_diag(x)",
    "numbers": "x = x - lr*where(1 < 2, g, 1/0)*(8**(1/3)) - 0*min(1, 2)*max(x, 0)",
}
OBJECTIVES: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "own formula": ("x**2 + 0.5*sin(3*y)*y + exp(-x)", (1.0, 0.6)),
    "one variable": ("double_well", (0.3,)),
    "own, one variable": ("(x - 1)**4 + abs(x)", (0.3,)),
    "kink": ("absolute", (1.7,)),
    "every function": (
        "sqrt(x**2 + 1) + log(2 + cos(y)) + tan(x/9) + asin(x/9) + acos(y/9) + atan(x) + sinh(x/3) + cosh(y) + tanh(y) "
        "+ min(x, y + 1) + max(y, 2*x)/9 + clip(x, -5, 5) + (x + 9)**(y/9) + (x + 9) % 4 + e**(x/3) + pi",
        (0.4, 0.3),
    ),
    "constant": ("3", (1.0, 2.0)),
    "steps": ("floor(x) + sign(y) + where(x > 1, 1, 2)", (1.5, 2.0)),
    "condition": ("where(x > y, 1, 2)", (1.5, 2.0)),
    "other variable": ("y**2", (1.5, 2.0)),
    "a constant branch": ("where(x > 1, 1 + 1, x**2)", (1.5, 2.0)),
    "an undefined branch": ("where(x > 0, x*log(x), 0) + sqrt(where(x < 0, -x, 1)) + y**2", (-1.5, 2.0)),
    "nested branches": (
        "where(x > y, 1, where(x < 0, sqrt(where(y > 3, y, 4)), x)) - 2**(-where(x > 0, x, y))",
        (-1.5, 2.0),
    ),
    "remainder of a number": ("1 % x + y", (0.4, 2.0)),
    "branches": ("where(x > 0, x**2, -x) + where(1 < 2, y**2, x)", (1.5, 2.0)),
    "long": ("ackley", (0.4, 0.7)),
    "box": ("(1 - x)**2 + 10*(y - x**2)**2; x: (-1.8, 0.3)", (-0.5, 0.7)),
    "steps of a cycle": ("where(t == 1, 5*x**2 + y, -x + exp(y/3)); t: (1, 3); x: (-1, 1); y: (-1, 1)", (0.7, 0.2)),
    "steps and a kink": ("where(t == 1, abs(x), x**2*t); t: (1, 3)", (0.7,)),
    "minimum": ("ackley", (0.0, 0.0)),
}
FAILING: Mapping[str, Run] = {
    "diverges": Run("rosenbrock", "sgd", (-1.5, 2.0), 50, {"lr": 0.01}),
    "diverges under a schedule": Run("x**4", "momentum", (3.0,), 80, {"lr": 0.1}, schedule="step"),
    "undefined later": Run("sqrt(x) + y**2", "sgd", (0.5, 1.0), 50, {"lr": 0.3}),
    "undefined at once": Run("log(x)", "adam", (-1.0,), 50, {"lr": 0.3}),
    "diverges in the first step": Run("exp(x) + y**2", "sgd", (200.0, 1.0), 50, {"lr": 1.0}),
    "starts at the end of the world": Run("bowl", "adam", (1e12, -1e12), 5, {"lr": 0.3}),
}
# Nothing about the last loss of these can be told beforehand.
CHAOTIC: Mapping[str, Run] = {
    "gradient descent among waves": Run("rastrigin", "sgd", (2.3, -1.7), 200, {"lr": 0.1}),
    "Nesterov among waves": Run("rastrigin", "nesterov", (2.3, -1.7), 200, {"lr": 0.1}),
    "SAM among waves": Run("rastrigin", "sam", (2.3, -1.7), 200, {"lr": 0.1}),
}

# Schedules of which a part has no length.
EDGES: Mapping[str, tuple[int, str, dict[str, float]]] = {
    "one cycle without a rise": (20, "one_cycle", {"pct_start": 0.05}),
    "one cycle of one step": (1, "one_cycle", {}),
    "cosine without a warmup": (20, "warmup_cosine", {"warmup": 0}),
    "line without a warmup": (20, "warmup_linear", {"warmup": 0, "eta_min": 0.1}),
    "stable without a warmup": (20, "wsd", {"warmup": 0}),
    "nothing but a decay": (20, "wsd", {"warmup": 0, "decay": 1.0}),
    "nothing stable": (20, "wsd", {"warmup": 10, "decay": 0.5}),
    "nothing but a warmup": (20, "warmup_cosine", {"warmup": 40}),
}


# At a larger rate the roundings of Polyak's step grow; from a smaller first distance DoG has hardly moved.
RATES: Mapping[str, dict[str, float]] = {"polyak": {"lr": 0.01}, "dog": {"r_eps": 0.01}}


def _runs() -> dict[str, Run]:
    """Every run whose scripts are tried, by a name that can be a file's."""
    runs: dict[str, Run] = {}
    for key in OPTIMIZERS:
        for name, more in SETTINGS.items():
            runs[f"{key}, {name}"] = Run("beale", key, START, STEPS, RATES.get(key, {}), **more)
    for key in SCHEDULES:
        runs[f"schedule {key}"] = Run("beale", "adam", START, 120, {"lr": 0.05}, schedule=key)
        runs[f"schedule {key}, closure"] = Run("beale", "sam", START, 60, {"lr": 0.01}, schedule=key)
    for name, text in OWN.items():
        runs[f"rule {name}"] = Run("beale", text, START, STEPS, {"lr": 0.01})
        runs[f"rule {name}, all"] = Run(
            "beale", text, START, STEPS, {"lr": 0.01}, schedule="one_cycle", clip_norm=0.5, noise=0.05
        )
    for name, (formula, start) in OBJECTIVES.items():
        for key in ("adam", "nesterov", "newton" if len(start) == 1 else "sophia"):
            runs[f"objective {name}, {key}"] = Run(formula, key, start, STEPS)
    for name, (steps, schedule, hypers) in EDGES.items():
        runs[f"edge {name}"] = Run("beale", "sgd", START, steps, {"lr": 0.01}, schedule, hypers)
    runs["a tie"] = Run("max(0, 1 - x*y) + 0.05*(x**2 + y**2)", "sgd", (1.0, 1.0), 200, {"lr": 0.1})
    for key in ("sgd", "sophia"):
        runs[f"a number, {key}"] = Run("0*3", "x = x - lr*g/loss" if key == "sgd" else key, (1.0,), 3, {"lr": 0.1})
    runs["Sophia without gamma and eps"] = Run("-x**2", "sophia", (1.0,), 5, {"gamma": 0.0, "eps": 0.0, "lr": 0.01})
    runs["nesterov without momentum"] = Run("beale", "nesterov", START, STEPS, {"beta": 0.0})
    return runs | {f"fails {name}": run for name, run in FAILING.items()} | CHAOTIC


RUNS = _runs()


@library
@pytest.mark.parametrize("name", RUNS)
def test_a_script_ends_with_the_loss_of_its_run(library: str, name: str, tmp_path: Path) -> None:
    run = RUNS[name]
    script = run_here(LIBRARIES[library](run), tmp_path)
    loss = float(script.names["loss"])
    known, path = facts(run), trace(run)
    assert f"After {len(path.x) - 1} steps" in script.printed
    if not known.usable:
        assert not abs(loss) <= 1e100
        return
    if name not in CHAOTIC:
        # A script asserts this itself; here it is compared with the path, so that none can assert something else.
        assert known.checked == len(path.x) - 1
        assert loss == pytest.approx(path.loss[-1], rel=1e-6, abs=1e-12)
    else:
        assert 0 < known.checked < run.steps
        assert float(script.names["asserted"]) == pytest.approx(path.loss[known.checked], rel=1e-6, abs=1e-12)


@library
def test_a_script_imports_what_it_needs_and_nothing_else(library: str) -> None:
    for name, run in RUNS.items():
        needs = {library, "numpy"} if run.noise > 0 else {library}
        assert imported(LIBRARIES[library](run)) - {"math"} == needs, name


@library
def test_a_script_runs_as_a_file_of_its_own(library: str, tmp_path: Path) -> None:
    code = LIBRARIES[library](RUNS["adam, noise"])
    loaded = "\nimport sys\nprint(*{'core', 'torch', 'numpy', 'streamlit'} & {*sys.modules})\n"
    *printed, modules = run_alone(code + loaded, tmp_path).splitlines()
    assert printed[0].startswith(f"After {STEPS} steps")
    # torch imports NumPy by itself, if it is there.
    assert set(modules.split()) == {"numpy", library}


@library
def test_a_script_with_another_learning_rate_fails(library: str, tmp_path: Path) -> None:
    whole = re.compile(r"^lr = (.*)$", re.MULTILINE)
    # Where a run has arrived, it has arrived by any learning rate.
    names = [
        name
        for name, run in RUNS.items()
        if name.endswith((", plain", ", schedule and clip")) and trace(run).status.outcome not in AT_REST
    ]
    assert len(names) > 1.8 * len(OPTIMIZERS)
    broken = {name: whole.sub(r"lr = 1.001*\1", LIBRARIES[library](RUNS[name])) for name in names}
    assert [name for name, text in broken.items() if not fails(text, tmp_path)] == []


# One place of each part of a script, and what is put there instead.
BREAKS: Mapping[str, tuple[str, str, str]] = {
    "the objective": ("adam, plain", "1.5", "1.51"),
    "the clipping": ("momentum, clip", "clip_norm = 0.5", "clip_norm = 0.51"),
    "the seed": ("adam, noise", "seed = 7", "seed = 8"),
    "the noise": ("schedule_free, noise", "noise = 0.1", "noise = 0.3"),
    "the schedule": ("lion, schedule", "0.1", "0.2"),
    "the number of steps": ("adam, plain", f"steps = {STEPS}", f"steps = {STEPS - 1}"),
    "the start": ("adam, plain", "start = [0.5", "start = [0.51"),
    "an earlier step": ("SAM among waves", "start = [2.3", "start = [2.31"),
}


@library
def test_a_script_that_is_broken_anywhere_fails(library: str, tmp_path: Path) -> None:
    for what, (name, old, new) in BREAKS.items():
        text = LIBRARIES[library](RUNS[name])
        # The part of the script before the losses it asserts.
        body, assertion, rest = text.partition("assert ")
        changed = re.sub(rf"(?<![\d.]){re.escape(old)}(?!\d)", new, body)
        assert changed != body, what
        assert fails(changed + assertion + rest, tmp_path), what


@library
def test_a_script_is_the_same_every_time(library: str) -> None:
    run = RUNS["sophia, noise"]
    assert LIBRARIES[library](run) == LIBRARIES[library](replace(run))


# --- What a reader sees ---


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_torchs_own_class_is_used_where_there_is_one(key: str) -> None:
    optimizer = OPTIMIZERS[key]
    text = torch_script(RUNS[f"{key}, plain"])
    if optimizer.torch is None or optimizer.torch.name == "Muon":
        assert "(torch.optim.Optimizer):" in text
    else:
        assert f"torch.optim.{optimizer.torch.name}([point], lr=lr" in text
        assert "class " not in text


def test_muon_on_a_vector_says_why_it_is_not_torchs() -> None:
    assert "# torch.optim.Muon takes only matrices" in torch_script(RUNS["muon, plain"])


def test_nesterov_asserts_the_recovered_point_and_says_so() -> None:
    text = torch_script(RUNS["nesterov, plain"])
    assert "point = (point + beta*lr*buffer).detach()\nloss = objective(*point).item()" in text
    assert "It is the loss at the run's own point" in " ".join(text.replace("\n# ", " ").split())


@pytest.mark.parametrize("name", ["nesterov, schedule", "nesterov without momentum", "Nesterov among waves"])
def test_nesterov_is_generated_where_torchs_would_not_do(name: str) -> None:
    text = torch_script(RUNS[name])
    assert "class Nesterov(torch.optim.Optimizer):" in text
    assert "# torch.optim.SGD " in text


def test_the_loop_has_the_standard_order() -> None:
    text = torch_script(RUNS["adam, schedule and clip"])
    calls = ["zero_grad()", "loss = ", "loss.backward()", "clip_grad_norm_(", "optimizer.step()", "scheduler.step(loss"]
    loop = text[text.index("for step in ") :]
    positions = [loop.index(call) for call in calls]
    assert positions == sorted(positions)


@library
def test_the_settings_stand_at_the_top_by_their_names(library: str) -> None:
    text = LIBRARIES[library](Run("bowl", "adam", (1.0, 2.0), 20, {"lr": 0.25, "eps": 0.125}, schedule="exponential"))
    top = text[: text.index("def objective")]
    value = (lambda number: f"np.float64({number})") if library == "numpy" else str
    for line in ("steps = 20", f"lr = {value(0.25)}", f"beta1 = {value(0.9)}", f"eps = {value(0.125)}"):
        assert f"\n{line}\n" in top


@library
def test_the_lines_of_the_rule_stand_in_the_script_as_they_are_written(library: str) -> None:
    text = LIBRARIES[library](RUNS["rule edited"])
    for line in EDITED.splitlines()[1:]:
        assert (line if library == "torch" else line.replace("sign(", "np.sign(").replace("sqrt(", "np.sqrt(")
                .replace("abs(", "np.abs(")) in text  # fmt: skip


@library
def test_a_diverged_run_says_at_which_step(library: str) -> None:
    run = FAILING["diverges"]
    status = trace(run).status
    assert status.outcome is Outcome.DIVERGED
    said = " ".join(LIBRARIES[library](run).split())
    assert f"Diverged at step {status.step}:" in said
    assert f"steps = {status.step - 1} " in said


@library
def test_a_loss_that_hangs_on_rounding_is_asserted_earlier_and_says_why(library: str) -> None:
    run = CHAOTIC["gradient descent among waves"]
    said = " ".join(LIBRARIES[library](run).replace("\n#", "").split())
    assert (
        f"The script asserts the loss after step {facts(run).checked} of 200. What comes later hangs on how the last "
        "digits are rounded" in said
    )


@library
def test_where_rounding_decides_every_step_nothing_is_asserted_and_the_script_says_so(
    library: str, tmp_path: Path
) -> None:
    run = Run("sin(1e17*x) + y**2", "sgd", (0.3, 1.0), 30, {"lr": 1e-15})
    text = LIBRARIES[library](run)
    assert not facts(run).asserts
    assert "assert " not in text
    assert " ".join(text.replace("\n#", "").split()).count("The script asserts nothing.") == 2
    assert "After 30 steps" in run_here(text, tmp_path).printed


@library
def test_a_limit_cycle_that_forgets_its_start_is_asserted_as_far_as_rounding_lets(library: str, tmp_path: Path) -> None:
    run = Run("styblinski_tang", "adadelta", (0.5, -4.0))
    assert (facts(run).checked, facts(run).tolerance) == (500, "1e-4")
    run_here(LIBRARIES[library](run), tmp_path)


@library
def test_a_script_has_no_line_that_needs_a_wide_screen(library: str) -> None:
    for name, run in RUNS.items():
        text = LIBRARIES[library](run)
        compile(text, name, "exec")
        assert [line for line in text.splitlines() if len(line) > 160] == [], name
        assert math.isfinite(facts(run).loss) == facts(run).usable, name
