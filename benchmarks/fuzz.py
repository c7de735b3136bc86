"""Random formulas and rules, some of them sense: what the language does with each, and how long that takes.

python -m benchmarks.fuzz [formulas [rules [seed]]]
"""

import gc
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from secrets import randbelow
from typing import Any

import numpy as np

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.formula import FormulaError, parse, parse_rule, read
from core.formula.vocabulary import CONSTANTS, FUNCTIONS, RULE_FUNCTIONS, SYNONYMS
from tests.core.formula.hostile import TEXTS

FORMULAS, RULES = 100_000, 20_000
# Seconds of CPU: to parse a text, and to compute with what was read.
MOST_PARSE, MOST_RUN = 0.05, 1.0
# Steps of a run of each rule.
STEPS = 60
# Texts between two collections of garbage.
_BETWEEN = 2000
# The most that is taken of a text to begin with: the few of a megabyte are tried by themselves.
_LONGEST = 600
_NUMBERS = ("0", "1", "2", "0.5", "3.7", "1e-9", "1e99", "1e400", ".5", "9" * 25, "1/0", "0/0", "2**-1", "1,5")
_SIGNS = (*"+-*/^()=<>,.;:|!%{}[]_~'\"\\@#&$?`", "**", "==", "<=", "//", " ", "\t", "\n", "\r\n")
_ODD = ("\x00", *"\u200b\u202e\ufeff\u2028\ud800²√·−×πα½", "ｘ", "😀", "٣")
_SHIPPED = [rule.text for rule in OPTIMIZERS.values()]
_STATE = ("m", "v", "d", "prev", "k2")


@dataclass
class Tally:
    """What became of texts: how many of each fate, the slowest of each work, what was wrong and what late."""

    fates: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, tuple[float, str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def formulas(draw: Random) -> Iterator[str]:
    """Formulas without end: those a grammar gives, those and the hostile ones spoilt, and words in any order."""
    while True:
        kind = draw.random()
        if kind < 0.5:
            yield _expression(draw, draw.randint(1, 6), ("x", "y", *CONSTANTS), list(FUNCTIONS))
        elif kind < 0.8:
            yield _spoilt(draw, _expression(draw, draw.randint(1, 5), ("x", "y", *CONSTANTS), list(FUNCTIONS)))
        elif kind < 0.9:
            yield _spoilt(draw, draw.choice([*(one.formula for one in OBJECTIVES.values()), *TEXTS])[:_LONGEST])
        else:
            yield _words(draw, list(FUNCTIONS))


def rules(draw: Random) -> Iterator[str]:
    """Rules without end, likewise; half of those that a grammar gives end in a step, as a rule must."""
    while True:
        kind = draw.random()
        if kind < 0.5:
            yield _lines(draw)
        elif kind < 0.7:
            yield _spoilt(draw, _lines(draw))
        elif kind < 0.95:
            yield _spoilt(draw, draw.choice(_SHIPPED))
        else:
            yield _words(draw, list(RULE_FUNCTIONS))


def _expression(draw: Random, depth: int, names: tuple[str, ...], functions: list[str]) -> str:
    if depth == 0 or draw.random() < 0.1:
        return draw.choice(_NUMBERS) if draw.random() < 0.3 else draw.choice(names)
    one, two, three = (_expression(draw, draw.randint(0, depth - 1), names, functions) for _ in range(3))
    form = draw.randrange(5)
    if form == 0:
        function = draw.choice(functions)
        if function == "where":
            return f"where({one} {draw.choice(['<', '>', '<=', '=='])} {two}, {two}, {three})"
        return f"{function}({', '.join((one, two, three)[: RULE_FUNCTIONS[function].arity])})"
    if form == 1:
        return draw.choice([f"-{one}", f"({one})", f"{one}**{draw.choice(_NUMBERS)}", f"({one})**({two})"])
    return f"{one} {draw.choice('+-*/')} {f'({two})' if draw.random() < 0.5 else two}"


def _lines(draw: Random) -> str:
    state = draw.sample(_STATE, draw.randint(0, 3))
    names = ("x", "g", "g", "lr", "t", "T", "loss", *state)
    lines = []
    if draw.random() < 0.3:
        low, high, default = (draw.choice(_NUMBERS) for _ in range(3))
        lines.append(f"{draw.choice(['beta', 'lr', 'n'])}: ({low}, {high}) = {default}")
    for name in state:
        lines.append(f"{name} = {_expression(draw, draw.randint(1, 4), names, list(RULE_FUNCTIONS))}")
    step = _expression(draw, draw.randint(1, 4), names, list(RULE_FUNCTIONS))
    lines.append(f"x = {draw.choice(['x - lr*', 'x - ', ''])}({step})")
    return "\n".join(lines)


def _spoilt(draw: Random, text: str) -> str:
    """``text`` after a few slips of the hand, or of someone who means it."""
    for _ in range(draw.randint(1, 4)):
        start, end = sorted(draw.choices(range(len(text) + 1), k=2))
        piece = text[start : min(end, start + 20)]
        new = draw.choice(["", piece * draw.choice([2, 2, 2, 40]), piece[::-1], _word(draw, list(RULE_FUNCTIONS))])
        text = text[:start] + new + text[start + len(piece) :]
    return text


def _words(draw: Random, functions: list[str]) -> str:
    glue = draw.choice(["", " ", ""])
    return glue.join(_word(draw, functions) for _ in range(draw.choice([1, 3, 10, 30, 500])))


def _word(draw: Random, functions: list[str]) -> str:
    return draw.choice([draw.choice(kind) for kind in (_NUMBERS, _SIGNS, _SIGNS, _ODD, functions, [*SYNONYMS], "xygt")])


def try_formula(text: str, tally: Tally) -> None:
    """Reads ``text`` strictly and as it may be meant, and computes with it what pages do."""
    strict = _read("parse", text, parse, tally)
    meant = _read("read", text, read, tally)
    if strict is None:
        return
    points = np.array([[0.7, -3.0, 0.0], [0.3, 1e3, 0.0]])

    def compute() -> None:
        for array, shape in (
            (strict.value(points), (3,)),
            (strict.grad(points), (2, 3)),
            (strict.hessian(points), (2, 2, 3)),
        ):
            if array.shape != shape or array.dtype != np.float64:
                raise AssertionError(f"shape {array.shape}, type {array.dtype}")
        if not strict.latex:
            raise AssertionError("no LaTeX")
        # What can be computed as it stands must not be taken for something else.
        if meant is not None and not np.array_equal(parse(meant).value(points), strict.value(points), equal_nan=True):
            raise AssertionError(f"read as {meant!r}")

    _run("compute", text, compute, tally)


def try_rule(text: str, tally: Tally) -> None:
    """Reads ``text``, and takes some steps with it, in one variable and in two."""
    if _read("parse a rule", text, parse_rule, tally) is None:
        return

    def run() -> None:
        for objective, start in (("quartic", (0.4,)), ("rosenbrock", (-1.2, 1.0))):
            path = trace(Run(objective, text, start, STEPS))
            if not np.isfinite(path.x).all() or path.x.dtype != np.float64:
                raise AssertionError(f"a point that is none, {path.status}")

    _run("run", text, run, tally)


def _read(work: str, text: str, make: Callable[[str], Any], tally: Tally) -> Any:
    """What ``make`` makes of ``text``, ``None`` where it refuses it as it should."""
    made = None
    try:
        made = _timed(work, text, MOST_PARSE, lambda: make(text), tally)
    except FormulaError as error:
        fate = "refused"
        if not error.message.endswith(".") or not 0 <= error.start <= error.end <= len(text):
            tally.findings.append(f"{work}: {text!r}: {error.message!r} at {error.start}–{error.end}")
    except Exception as error:  # Whatever it is, it is what is looked for.
        fate = "crashed"
        tally.findings.append(f"{work}: {text!r}: {error!r}")
    else:
        fate = "accepted"
    tally.fates[f"{work}: {fate}"] += 1
    return made


def _run(work: str, text: str, run: Callable[[], object], tally: Tally) -> None:
    try:
        _timed(work, text, MOST_RUN, run, tally)
    except Exception as error:
        tally.findings.append(f"{work}: {text!r}: {error!r}")


def _timed(work: str, text: str, most: float, run: Callable[[], Any], tally: Tally) -> Any:
    """What ``run`` gives; that it takes ``most`` seconds of this thread at most is looked at, and written down."""
    begun = time.thread_time()
    try:
        return run()
    finally:
        spent = time.thread_time() - begun
        tally.slowest[work] = max(tally.slowest.get(work, (0.0, "")), (spent, text))
        if spent > most:
            tally.late.append(f"{work}: {text!r} took {1e3 * spent:.0f} ms")


def fuzz(formulas_tried: int, rules_tried: int, seed: int) -> Tally:
    """Tries so many formulas and rules, which ``seed`` chooses."""
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for tried, texts, attempt in ((formulas_tried, formulas, try_formula), (rules_tried, rules, try_rule)):
            for place, text in enumerate(islice(texts(Random(f"{texts.__name__} {seed}")), tried)):
                # The collector, in the middle of whatever is timed, would take longer than that.
                if place % _BETWEEN == 0:
                    gc.collect()
                attempt(text, tally)
    return tally


def _main(formulas_tried: int = FORMULAS, rules_tried: int = RULES, seed: int | None = None) -> int:
    seed = randbelow(10**9) if seed is None else seed
    gc.disable()
    print(f"{formulas_tried} formulas and {rules_tried} rules, seed {seed}")
    tally = fuzz(formulas_tried, rules_tried, seed)
    for fate, count in sorted(tally.fates.items()):
        print(f"{count:8} {fate}")
    for work, (spent, text) in tally.slowest.items():
        print(f"{1e3 * spent:8.1f} ms at most to {work}: {text[:100]!r}")
    wrong = [*tally.findings, *tally.late]
    for finding in wrong:
        print(f"FOUND {finding}")
    print(f"{len(wrong)} findings")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(_main(*map(int, sys.argv[1:])))
