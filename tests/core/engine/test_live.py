"""What ``live`` promises: the program in JavaScript takes the steps of the loop in Python, and holds nothing else."""

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.optimizers import Family
from core.engine.gradients import noise_table
from core.engine.ledger import ledger
from core.engine.live import Live, Script, live, normals, script
from core.engine.maps import MapScript, row_script
from core.engine.script import SHARED
from core.engine.status import Outcome, failed
from core.engine.trace import Path
from core.formula import FormulaError, Rule, parse, parse_rule
from tests.javascript import Array, Engine, foreign

STEPS = 30
# All that runs may have besides a rule and an objective; the limit is in reach of most gradients.
SETTINGS: tuple[dict[str, Any], ...] = tuple(
    {"schedule": schedule, "noise": noise, "clip_norm": clip_norm}
    for schedule, noise, clip_norm in itertools.product(SCHEDULES, (0.0, 0.3), (None, 2.0))
)
# Every function of the language, kinks, poles, edges and places without a value.
OWN = (
    "exp(sin(3*x)) + tanh(y)*cosh(y) + sinh(x/3)",
    "log(x + 1) + sqrt(y + 3)*atan(x)",
    "asin(x/3) + acos(y/3) + tan(x)",
    "floor(3*x)*x + (y % 0.7)**2 + x % -0.3",
    "min(x, y)**2 + max(x, -y) + clip(x*y, -1, 1)",
    "where(x > y, x**2, sign(y)*y) + abs(x - 0.5)",
    "abs(x)**1.5 + abs(y)**y + 1/(x - 0.25)",
    "x**0.5 + y**(1/3)",
    "-exp(x**2 + y**2)",
    "0*x - 3",
    "1/0 + x",
    "(x - t/5)**2 + y**2*(t % 2 + 1) - 1/(t - 3.5); t: (1, 4); x: (-1, 0.3)",
    "where(t == 1, abs(x), -y) + x*y; t: (1, 3); y: (-0.5, 1)",
)
OWN_RULES = (
    "z: state = x\nP: state = -lr\nz = where(P < t % 3, z - lr*g, x)\nP = P + loss/T\nx = z + P*sign(g)*lr",
    # Each keeps what the other was.
    "a: state = x\nb: state = -x\nc = a\na = b\nb = c\nx = x - lr*g + 1e-3*(a + b)",
    "b: (0, 2) = 0.5\nm = b*m + min(g, 1)\nx = x - lr*(m/max(norm(m), 1e-12) + floor(x)**t*1e-9)",
    "x = 2*x",
    "x = where(t > 5, x/0 - x/0, x + 1)",
)
# What is rounded correctly on every machine.
EXACT = {"abs", "sqrt", "floor"}


def _size(run: Run) -> Array:
    """How wide the domain of the run's objective is in each direction."""
    return np.diff(run.resolved_objective.domain, axis=1)[:, 0]


def _is_exact(source: str) -> bool:
    """Whether only + − × ÷ √, min, max, floor and the like are used."""
    return not set(re.findall(r"Math\.(\w+)|(pow)\b", source)) - {(name, "") for name in EXACT}


class Browser:
    """Takes the steps of runs in JavaScript."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._loaded: set[str] = set()
        self.numbers = self._engine.array("numbers", 64)
        self.normals = self._engine.array("normals", STEPS, 2)
        self.positions = self._engine.array("positions", (STEPS + 1) * 64)
        self.columns = self._engine.array("columns", 40, STEPS + 1)
        self._engine.run(f"""
            const rows = Array.from({{length: 40}}, (_, k) => columns.subarray({STEPS + 1}*k, {STEPS + 1}*(k + 1)));
            const walked = (run, last, size) => run(numbers, positions.subarray(0, size), last, normals, rows);
            const stepped = (run, count, size) => {{
                for (let k = 0; k < count; k++) {{
                    const at = positions.subarray(k*size, (k + 1)*size);
                    run(numbers, at, at[0] + 1, normals, rows);
                }}
            }}""")

    def _set(self, run: Run, lines: bool = False) -> Live:
        given = live(run, lines)
        if given.script.id not in self._loaded:
            self._engine.load(f"run_{given.script.id}", given.script.source)
            self._loaded.add(given.script.id)
        self.numbers[: len(given.numbers)] = given.numbers
        self.normals[:] = 0
        if run.noise:
            table = np.frombuffer(normals(run.seed, run.steps, len(run.start)))
            self.normals.ravel()[: table.size] = table
        self.columns[:] = 7.0
        return given

    def walk(self, run: Run, at: Array, last: int) -> int:
        """Takes the steps from ``at``, which is moved on, to ``last``; returns what the program does."""
        given = self._set(run)
        self.positions[: at.size] = at
        ended: int = self._engine.run(f"walked(run_{given.script.id}, {last}, {given.script.size})")
        at[:] = self.positions[: at.size]
        return ended

    def step(self, run: Run, at: Array, lines: bool = False) -> Array:
        """Where one step leads from each row of ``at``."""
        given = self._set(run, lines)
        self.positions[: at.size] = at.ravel()
        self._engine.run(f"stepped(run_{given.script.id}, {len(at)}, {given.script.size})")
        return self.positions[: at.size].reshape(at.shape).copy()


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser()


def _positions(run: Run) -> Array:
    """Where the loop in Python is after each step, as a program in JavaScript says it, of shape (steps+1, size).

    It ends after the step that failed.
    """
    loop, settings = run.program(recording=True), run.settings
    hypers = (
        *(np.float64(settings[name]) for name in run.resolved_optimizer.parsed.hypers[1:]),
        *run.schedule_inputs,
    )
    noise = run.noise * noise_table(run.seed, run.steps, len(run.start)) if run.noise else [()] * run.steps
    point = tuple(map(np.float64, run.start))
    with np.errstate(all="ignore"):
        state = tuple(map(np.float64, loop.start(point, (*hypers, np.float64(settings["lr"])))))
        rows = [[0.0, *point, *state]]
        for t, (factor, drawn) in enumerate(zip(run.factors, noise, strict=True), start=1):
            if failed(np.array(point), run.resolved_objective.parsed.value(point)):
                break
            given = [(np.float64(t), settings["lr"] * factor, *drawn)]
            point, state = loop.run(point, state, hypers, np.float64(run.steps), run.clip_limit, given, lambda _: False)
            rows.append([float(t), *point, *state])
    return np.array(rows)


def _runs(key: str) -> Iterator[Run]:
    """The rule ``key`` on every objective; all settings occur, most of them with several rules on each objective."""
    index = list(OPTIMIZERS).index(key)
    settings = itertools.islice(itertools.cycle(SETTINGS), 7 * index, None)
    for objective in OBJECTIVES.values():
        for setting in itertools.islice(settings, 3):
            yield Run(objective.key, key, objective.start, STEPS, seed=index, **setting)


def _own_runs() -> Iterator[Run]:
    settings = itertools.cycle(SETTINGS)
    for rule, objective in itertools.product([*OWN_RULES, "adam", "sophia", "newton", "sam"], OWN):
        for setting in itertools.islice(settings, 3):
            yield Run(objective, rule, (1.2, -0.7), STEPS, {"lr": 0.05}, **setting)


def _compare_steps(browser: Browser, run: Run) -> None:
    python = _positions(run)
    script = browser.step(run, python[:-1])
    known = ~np.isnan(python[1:])
    np.testing.assert_array_equal(~np.isnan(script), known)
    if _is_exact(live(run).script.source):
        np.testing.assert_array_equal(script.view(np.uint64)[known], python[1:].view(np.uint64)[known])
    points = slice(1, 1 + len(run.start))
    off = 1e-10 * (_size(run) + np.abs(python[1:, points]))
    with np.errstate(invalid="ignore"):
        near = np.abs(script[:, points] - python[1:, points]) <= off
    assert (near | (script[:, points] == python[1:, points]) | ~known[:, points]).all(), run


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_each_step_from_where_python_is_leads_to_where_python_goes(browser: Browser, key: str) -> None:
    for run in _runs(key):
        _compare_steps(browser, run)


def test_each_step_of_what_visitors_write_leads_to_where_python_goes(browser: Browser) -> None:
    for run in _own_runs():
        _compare_steps(browser, run)


@pytest.mark.parametrize(
    ("objective", "rule", "start"),
    [
        # A gradient of −0, which a noise of 0 would make 0.
        ("x**2 - y**2", "x = x - lr*atan(1/g)", (1.0, 0.0)),
        # One without bounds, which no limit makes smaller, and one that has no value in one direction.
        ("sqrt(x) + y**2", "x = x - lr*where(g > 5, 1, g)", (0.0, 1.0)),
        ("y**2 + (x - 1)/sqrt(x - 1)/1e3", "x = x + lr*where(g > 5, -1, 1)", (2.0, 1.0)),
    ],
)  # fmt: skip
def test_a_gradient_without_noise_and_limit_is_left_alone(
    browser: Browser, objective: str, rule: str, start: tuple[float, float]
) -> None:
    _compare_steps(browser, Run(objective, rule, start, STEPS))


def _expected(path: Path) -> int:
    return {Outcome.DIVERGED: 1, Outcome.UNDEFINED: 2}.get(path.status.outcome, 0)


def _walked(browser: Browser, run: Run) -> tuple[Array, int]:
    at = np.full(live(run).script.size, np.nan)
    at[: 1 + len(run.start)] = 0.0, *run.start
    return at, browser.walk(run, at, run.steps)


def _compare_ends(browser: Browser, run: Run, path: Path) -> None:
    at, ended = _walked(browser, run)
    assert (ended, at[0]) == (_expected(path), path.status.step), run


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_path_on_a_shipped_objective_ends_at_the_step_and_for_the_reason_it_ends_for_in_python(
    browser: Browser, key: str
) -> None:
    rate = OPTIMIZERS[key].hypers[0]
    for run, factor in zip(_runs(key), itertools.cycle((1, 30, 1000))):
        # A rate far beyond the slider of a rule that chooses its own makes a rounding grow as fast as the run.
        most = rate.slider[1] if OPTIMIZERS[key].family is Family.RATES else rate.bounds[1]
        far = replace(run, hypers={"lr": min(rate.default * factor, most)})
        _compare_ends(browser, far, trace(far))


def test_a_path_of_what_visitors_write_ends_for_the_reason_it_ends_for_in_python(browser: Browser) -> None:
    ends = []
    for run in _own_runs():
        path = trace(run)
        ends.append(_expected(path))
        _compare_ends(browser, run, path)
        begins = replace(run, start=(1e12, -1e12))
        _compare_ends(browser, begins, trace(begins))
    assert {0, 1, 2} == set(ends)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_rows_are_those_of_the_path(browser: Browser, key: str) -> None:
    velocity = OPTIMIZERS[key].velocity
    for run in itertools.islice(_runs(key), 0, None, 5):
        path = trace(run)
        size, count = len(run.start), len(path.x)
        browser.step(run, _positions(run)[: max(1, count - 1)])
        expected = [*path.x.T, path.loss, path.grad_norm, *path.grad.T, path.rate_share]
        if velocity:
            expected += list(np.concatenate([np.zeros((1, size)), path.terms[velocity]]).T)
        names = live(run).script.columns
        assert len(names) == len(expected)
        # At the tip of Ackley's function, where Polyak's step arrives, a rounding turns the gradient round.
        apart = np.abs(path.x).max(axis=1) > 1e-12
        for name, column, values in zip(names, browser.columns, expected, strict=False):
            off = 1e-10 * np.abs(values).max()
            np.testing.assert_allclose(
                column[:count][apart], values[apart], rtol=1e-10, atol=off, err_msg=f"{name} {run}"
            )


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_program_that_records_lines_says_what_each_of_them_assigned(browser: Browser, key: str) -> None:
    for run in itertools.islice(_runs(key), 2, None, 7):
        path, plain, given = trace(run), live(run), live(run, lines=True)
        count = len(path.x)
        if count < 3:
            continue
        browser.step(run, _positions(run)[: count - 1], lines=True)
        columns = dict(zip(given.script.columns, browser.columns, strict=False))
        assert [name for name in columns if "." not in name] == list(plain.script.columns)
        assert given.numbers == plain.numbers
        for step in (1, 2, count - 1):
            # Where losses are compared that differ by their rounding, a trial may come out either way.
            if run.resolved_optimizer.parsed.values and path.loss[step - 1] - path.loss[step] < 1e-12:
                continue
            vectors = ledger(path, step).vectors
            assert {name.split(".")[0] for name in columns if "." in name} == set(vectors)
            for of, vector in vectors.items():
                recorded = [columns[f"{of}.{axis}"][step] for axis in range(len(vector))]
                off = 1e-10 * max(map(abs, [*vector, *path.grad[step - 1]]))
                np.testing.assert_allclose(recorded, vector, rtol=1e-9, atol=off, err_msg=f"{of} {step} {run}")


def test_the_start_state_is_pythons_and_a_run_that_goes_on_is_the_whole_run(browser: Browser) -> None:
    for run in itertools.islice(itertools.chain(_own_runs(), *map(_runs, OPTIMIZERS)), 0, None, 4):
        python = _positions(replace(run, steps=1))[0]
        at = python.copy()
        at[1 + len(run.start) :] = np.nan
        begun = browser.walk(run, at, 0)
        np.testing.assert_array_equal(at, python)
        whole, ended = _walked(browser, run)
        if not begun:
            for last in (STEPS // 3, STEPS):
                if not (begun := browser.walk(run, at, last)):
                    assert at[0] == last
                else:
                    break
        assert begun == ended
        np.testing.assert_array_equal(at, whole)


def test_numbers_come_in_the_order_that_is_promised() -> None:
    run = Run(
        "ravine", "adam", (1.0, 1.0), 70, {"lr": 0.2, "eps": 0.5}, "cosine", {"eta_min": 0.1}, noise=0.4, clip_norm=3.0
    )
    given = live(run)
    assert dict(zip((*SHARED, *given.hypers), given.numbers, strict=True)) == {
        "T": 70, "noise": 0.4, "clip_norm": 3.0, "lr": 0.2, "beta1": 0.9, "beta2": 0.999, "eps": 0.5,
        "cosine_eta_min": 0.1, "cosine_span": 1.0,
    }  # fmt: skip
    assert live(replace(run, clip_norm=None)).numbers[2] == 0


def test_a_script_depends_on_no_number() -> None:
    run = Run("ravine", "adam", (1.0, 1.0), 70)
    same = Run("ravine", "adam", (2.0, 1.0), 30, {"lr": 3.0, "beta1": 0.0}, noise=1.0, clip_norm=1.0, seed=5)
    assert live(run).script is live(same).script
    others = [
        replace(run, **change) for change in ({"objective": "bowl"}, {"optimizer": "nadam"}, {"schedule": "cosine"})
    ]
    assert len({live(other).script.id for other in (run, *others)}) == 4


# --- Nothing but what is expected stands in a program. ---

_NAMES = (
    *("constructor", "window", "prototype", "valueOf", "toString", "arguments", "undefined", "document", "globalThis"),
    *("Function", "alert", "fetch", "this", "let", "const", "var", "new", "delete", "typeof", "function", "export"),
    *("Math", "NaN", "Infinity", "numbers", "at", "columns", "first", "ended", "v0", "x_0", "h_1", "eval", "switch"),
)


def _renamed(random: np.random.Generator, key: str) -> Rule:
    """The rule ``key`` as a visitor might write it, with strange names."""
    shipped = OPTIMIZERS[key]
    names = [hyper.name for hyper in shipped.hypers[1:]]
    text = "\n".join([*(f"{name}: (0, 1) = 0.5" for name in names), shipped.rule])
    names += [name for name in shipped.parsed.assigned if name != "x"]
    for name, strange in zip(names, random.permutation(_NAMES), strict=False):
        text = re.sub(rf"\b{name}\b", str(strange), text)
    return parse_rule(text)


def _random_scripts(
    random_formula: Callable[[np.random.Generator, int], str], count: int
) -> Iterator[Script | MapScript]:
    random = np.random.default_rng()
    rules = itertools.cycle([_renamed(random, key) for key in OPTIMIZERS for _ in range(5)])
    schedules = itertools.cycle([schedule.parsed for schedule in SCHEDULES.values()])
    while count:
        # Some random formulas are none.
        with contextlib.suppress(FormulaError):
            objective, rule, schedule = parse(random_formula(random, 3)), next(rules), next(schedules)
            yield script(objective, rule, schedule, str(random.choice(rule.assigned)), bool(count % 2))
            # A start or a hyperparameter.
            numbers = len(rule.hypers) + len(schedule.hypers) + 2
            yield row_script(objective, rule, schedule, len(SHARED) + int(random.integers(numbers)))
            count -= 1


def test_a_program_holds_nothing_but_words_numbers_and_signs_of_our_own(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    engine = Engine()
    for written in _random_scripts(random_formula, 2000):
        assert foreign(written.source) == []
        engine.load("program", written.source)


@pytest.mark.parametrize(
    "text", ["window", "Math.random()", "'a'", "`a`", "x_0.y", "1 // 2", "a$", "v1['b']", "\\u0061"]
)
def test_what_does_not_belong_into_a_program_is_noticed(text: str) -> None:
    assert foreign(f"const v1 = ({text} + 1.0);")
