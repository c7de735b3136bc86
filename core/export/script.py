"""What the exported scripts of a run share: which steps they take, the loss they assert, their first and last lines."""

import builtins
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from textwrap import fill, wrap

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.engine.many import disturbed_losses
from core.engine.run import Run
from core.engine.status import MAX_LOSS
from core.engine.trace import Path, trace
from core.export.expressions import plain
from core.formula import Formula
from core.formula.torch_class import oracles
from core.formula.vocabulary import CONSTANTS, RULE_FUNCTIONS

# How far a script's loss may be from the engine's, relative and absolute: both use float64 and round differently.
_TOLERANCES = ("1e-6", "1e-4")
_ABSOLUTE = "1e-12"
# Copies of a run, disturbed at every step by a few roundings, may leave it by this share of the tolerance.
_COPIES = 16
_DISTURBANCE = 4 * np.finfo(np.float64).eps
_SHARE = 0.1
# That so many steps in a row agree is no accident.
_ALIKE = 3
_WIDTH = 112
_LONG = 100


@dataclass(frozen=True)
class Facts:
    """What a script of ``run`` repeats: ``steps`` are those before the run failed, if it did.

    ``loss`` is asserted to ``tolerance`` after step ``checked``: the last one or, if the loss there hangs on how the
    very last digits are rounded, the last one where it does not; 0 of more steps means that nothing can be asserted.
    """

    run: Run
    steps: int
    checked: int
    tolerance: str
    loss: float
    ended: str

    @property
    def usable(self) -> bool:
        """Whether the objective has a value at the start."""
        return abs(self.loss) <= MAX_LOSS

    @property
    def asserts(self) -> bool:
        """Whether there is a loss that rounding does not decide."""
        return self.usable and (self.checked > 0 or not self.steps)

    @property
    def assertion(self) -> str:
        """What the script asserts, and why not more, in sentences."""
        if not self.usable:
            return "The script asserts that the objective has no usable value at the start."
        last = f"step {self.steps}, the last one," if self.steps else "the start, the only point the run has,"
        if self.checked == self.steps and self.tolerance == _TOLERANCES[0]:
            return f"The script asserts the loss after {last} which is the same however the last digits are rounded."
        if self.checked == self.steps:
            return (
                f"The script asserts the loss after {last} to four digits only: the steps of this run amplify how the "
                "last digits are rounded."
            )
        what = f"The script asserts the loss after step {self.checked} of {self.steps}. What comes later"
        if not self.checked:
            what = "The script asserts nothing. Every step of this run"
        return (
            f"{what} hangs on how the last digits are rounded: of {_COPIES} copies of the run, each disturbed in the "
            "sixteenth digit at every step, some go elsewhere."
        )


@lru_cache(maxsize=64)
def facts(run: Run) -> Facts:
    """The facts of ``run``."""
    path = trace(run)
    steps = len(path.x) - 1
    checked, tolerance = _assertable(path)
    failed = path.status.failed
    return Facts(run, steps, checked, tolerance, float(path.loss[checked]), str(path.status) if failed else "")


def _assertable(path: Path) -> tuple[int, str]:
    """The last step whose loss can be asserted, and how closely."""
    last = len(path.loss) - 1
    copies = disturbed_losses(path, _COPIES, _DISTURBANCE)
    with np.errstate(over="ignore", invalid="ignore"):
        off = np.abs(copies - path.loss[:, None]).max(axis=1)
        alike = [_SHARE * (float(tolerance) * np.abs(path.loss) + float(_ABSOLUTE)) >= off for tolerance in _TOLERANCES]
    if is_curved(path.run):
        # Curvatures this small have lost their digits, and torch takes some of them for 0.
        second = np.abs(path.run.resolved_objective.parsed.hessian(path.x.T))
        lost = ((second > 0) & (second < np.finfo(np.float64).tiny)).any(axis=(0, 1))
        alike = [agree & (np.cumsum(lost) - lost == 0) for agree in alike]
    for tolerance, agree in zip(_TOLERANCES, alike, strict=True):
        if agree[-_ALIKE:].all():
            return last, tolerance
    windows = sliding_window_view(np.pad(alike[0], (_ALIKE - 1, 0), constant_values=True), _ALIKE).all(axis=1)
    return int(np.flatnonzero(windows).max(initial=0)), _TOLERANCES[0]


@dataclass(frozen=True)
class Parts:
    """A script in parts: what it needs, its imports and first statements, the functions of the objective, the run."""

    needs: tuple[str, ...]
    imports: tuple[str, ...]
    setup: str
    objective: tuple[str, ...]
    settings: str
    functions: tuple[str, ...]
    loop: str
    end: str


def script(known: Facts, parts: Parts) -> str:
    """The script of one run."""
    whole = [
        docstring([f"{title(known)}.", f"{needed(parts)} {_SAID} {known.assertion}", *ended(known)]),
        import_lines(parts.imports),
        parts.setup,
        parts.settings,
        *(f"\n{function}" for function in (*parts.objective, *parts.functions)),
        f"\n{parts.loop}",
        parts.end,
    ]
    return "\n\n".join(whole) + "\n"


_SAID = "Takes the steps of a run in the gradient descent guide."


def title(known: Facts) -> str:
    """Which rule takes how many steps on which objective."""
    run = known.run
    schedule = "" if run.schedule == "constant" else f", learning rate: {run.resolved_schedule.name.lower()}"
    return f"{run.resolved_optimizer.name} on {run.resolved_objective.name}: {known.steps} steps{schedule}"


def ended(known: Facts) -> list[str]:
    """How a run that failed ended, as a paragraph."""
    return [f"{known.ended} These are the steps before."] if known.ended else []


def needed(*parts: Parts) -> str:
    """Which libraries a script of ``parts`` needs."""
    return f"Needs {' and '.join(dict.fromkeys(name for part in parts for name in part.needs))}."


def docstring(paragraphs: Iterable[str]) -> str:
    """``paragraphs`` as a docstring."""
    return '"""' + "\n\n".join(fill(paragraph, _WIDTH) for paragraph in paragraphs) + '\n"""'


def import_lines(imports: Iterable[str]) -> str:
    """``imports`` in the usual order, each once."""
    first, *others = sorted(set(imports), key=lambda line: (line != "import math", not line.startswith("import"), line))
    return "\n".join([first, "", *others])


def is_curved(run: Run) -> bool:
    """Whether the rule of ``run`` asks for second derivatives."""
    return bool({"hessian_diag", "newton_direction"} & set(oracles(run.resolved_optimizer.parsed)))


def setting_names(hypers: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """What a script calls each hyperparameter: its own name unless Python or the script itself uses that."""
    listed = list(hypers)
    used = {*dir(builtins), *taken, *RULE_FUNCTIONS, *CONSTANTS}
    names: dict[str, str] = {}
    for name in listed:
        free = name
        while free in used or (free != name and free in listed):
            free += "_"
        names[name] = free
    return names


def settings(known: Facts, names: Mapping[str, str], number: str, counts_steps: bool) -> list[str]:
    """The settings of the run as assignments; ``number`` writes a hyperparameter, ``{0}`` being its value."""
    run = known.run
    lines = [f"start = {list(run.start)}", f"steps = {known.steps}"]
    if counts_steps:
        lines.append(f"T = {number.format(run.steps)}  # steps of the whole run")
    for hyper in run.resolved_optimizer.hypers:
        lines.append(f"{names[hyper.name]} = {number.format(repr(plain(hyper, run.settings[hyper.name])))}")
    if run.clip_norm is not None:
        lines.append(f"clip_norm = {float(run.clip_norm)!r}  # the largest norm a gradient may have")
    if run.noise > 0:
        lines.append(f"noise = {float(run.noise)!r}  # standard deviation added to every coordinate of a gradient")
        lines.append(f"seed = {run.seed}")
    return lines


def parts_mean(formula: Formula, step: str) -> str:
    """The function ``objective`` of a formula that reads the step, from ``part``; ``step`` makes a number of {0}."""
    names = ", ".join(formula.variables)
    part = f"part({names}, {step.format('t')})"
    return f"def objective({names}):\n    return sum({part} for t in range(1, {formula.cycle + 1}))/{formula.cycle}"


def asked(run: Run, point: str) -> str:
    """The call for the value that a step is given at ``point``."""
    return f"part(*{point}, moment)" if run.resolved_objective.parsed.timed else f"objective(*{point})"


def moment(run: Run, number: str) -> list[str]:
    """The line for the loop that counts the steps of the objective's cycle, if it has one; ``number`` writes it."""
    formula = run.resolved_objective.parsed
    return [f"moment = {number.format(f'(step - 1) % {formula.cycle} + 1')}"] if formula.timed else []


def box(run: Run, array: str) -> list[str]:
    """The assignments of the ends of the box that the run is held in, if it is; ``array`` writes a list of numbers."""
    ends = run.resolved_objective.parsed.box
    if ends is None:
        return []
    lists = [f"[{', '.join(_end(side[which]) for side in ends)}]" for which in (0, 1)]
    return [f"low, high = {', '.join(array.format(side) for side in lists)}  # the box that the run is held in"]


def _end(number: float) -> str:
    return repr(number) if abs(number) < math.inf else f'float("{number}")'


def watch(known: Facts, step: str, value: str) -> list[str]:
    """Lines for the loop that keep the loss to assert, if it is not the last one."""
    if known.checked == known.steps or not known.asserts:
        return []
    return [f"if {step} == {known.checked}:", f"    asserted = {value}"]


def ending(known: Facts, why: str = "") -> list[str]:
    """The assertion about the number ``loss``; ``why`` says what else there is to know about it."""
    lines = comment(" ".join(filter(None, [known.assertion, why if known.asserts else ""])))
    if not known.usable:
        return [*lines, f"assert not abs(loss) <= {MAX_LOSS:g}, loss"]
    if not known.asserts:
        return lines
    name = "loss" if known.checked == known.steps else "asserted"
    close = f"math.isclose({name}, {known.loss!r}, rel_tol={known.tolerance}, abs_tol={_ABSOLUTE})"
    return [*lines, f"assert {close}, {name}"]


def comment(text: str) -> list[str]:
    """``text`` as lines of a comment."""
    return [f"# {line}" for line in wrap(text, _WIDTH - 2)]


def returned(expression: str) -> list[str]:
    """The statement that returns ``expression``, one term of a sum on each line if it is long."""
    if len(expression) <= _LONG:
        return [f"return {expression}"]
    # Only signs of sums have spaces on both sides, and only those outside all brackets part terms of the whole.
    terms, depth, begin = [], 0, 0
    for match in re.finditer(r"[()]| [+-] ", expression):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if not depth and match.group() not in "()":
            terms.append(expression[begin : match.start()])
            begin = match.start() + 1
    terms.append(expression[begin:])
    return ["return (", *(f"    {term}" for term in terms), ")"]
