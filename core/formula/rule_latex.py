"""A rule as LaTeX, line by line: with symbols and time indices, or with one step's numbers put in."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.formula.graph import Graph
from core.formula.latex import ATOM, Piece, expression_latex, measured, symbol
from core.formula.lower import Values
from core.formula.rule import Rule, Step
from core.formula.tree import Call, Name, calls_in, names_in
from core.formula.vocabulary import CONSTANT_LATEX, ORACLES, TENSOR_FUNCTIONS
from core.formula.words import form_apart


class Line(NamedTuple):
    """One assignment: what is assigned and what it is, both as LaTeX."""

    left: str
    right: str


class FilledLine(NamedTuple):
    """One assignment with numbers: the symbol, the expression with numbers in it, its value, and that as LaTeX.

    The point has as many digits, before and after, as it takes to see that it moves.
    """

    left: str
    right: str
    value: float
    result: str


def start_lines(rule: Rule) -> list[Line]:
    """What each state is before the first step, such as m₀ = 0."""

    def leaf(name: Name) -> Piece:
        return Piece(_symbol(rule, name.name, "0" if name.name == "x" else ""), ATOM)

    return [
        Line(
            _symbol(rule, name, "0"),
            expression_latex(rule.initial[name], leaf) if name in rule.initial else "0",
        )
        for name in rule.state
    ]


def step_lines(rule: Rule) -> list[Line]:
    """The lines of ``rule`` with time indices: m on the right of its own line is m at t-1, afterwards m at t."""
    return [
        Line(_at(rule, line.name, row + 1), expression_latex(line.tree, _names_at(rule, row)))
        for row, line in enumerate(rule.lines)
    ]


def pointed_lines(rule: Rule) -> list[Line]:
    r"""``step_lines`` in which one can point at what this step has computed.

    Each such name stands in ``\htmlData{of=…}``, which says where it comes from: the index of the line that assigned
    it, or "g" for the gradient.
    """

    def marks(row: int) -> Callable[[Name, Piece], Piece]:
        sources = {"g": "g"} | {line.name: str(index) for index, line in enumerate(rule.lines[:row])}

        def mark(name: Name, piece: Piece) -> Piece:
            if name.name not in sources:
                return piece
            return Piece(rf"\htmlData{{of={sources[name.name]}}}{{{piece.latex}}}", piece.tightness)

        return mark

    return [
        Line(left, expression_latex(line.tree, _names_at(rule, row), mark=marks(row)))
        for row, (line, (left, _)) in enumerate(zip(rule.lines, step_lines(rule), strict=True))
    ]


def filled_lines(rule: Rule, graph: Graph, step: Step, coordinate: int) -> list[FilledLine]:
    """The lines of ``rule`` with the numbers that ``step`` has for one ``coordinate``.

    ``step`` was written into ``graph`` from constants only. What a function of the whole vector gives stands over the
    function.
    """

    def value(values: Values) -> float:
        number = graph.number(values[coordinate] if len(values) > 1 else values[0])
        assert number is not None, "the step was not written from constants"
        return number

    lines: list[FilledLine] = []
    for row, line in enumerate(rule.lines):
        before, after = step.before[row], value(step.after[row])
        form = form_apart(value(before["x"]), after) if line.name == "x" else ".4g"

        def leaf(name: Name, before: dict[str, Values] = before, form: str = form) -> Piece:
            if name.name in CONSTANT_LATEX:
                return Piece(CONSTANT_LATEX[name.name], ATOM)
            return measured(value(before[name.name]), form if name.name == "x" else ".4g")

        def call(node: Call, row: int = row) -> Piece | None:
            if node.function not in ORACLES and node.function not in TENSOR_FUNCTIONS:
                return None
            named = expression_latex(node, _names_at(rule, row))
            return Piece(rf"\underbrace{{{measured(value(step.calls[node.span])).latex}}}_{{{named}}}", ATOM)

        right = expression_latex(line.tree, leaf, call)
        lines.append(FilledLine(_at(rule, line.name, row + 1), right, after, measured(after, form).latex))
    return lines


def _names_at(rule: Rule, row: int) -> Callable[[Name], Piece]:
    """Writes names as they stand on line ``row``."""
    return lambda name: Piece(_at(rule, name.name, row), ATOM)


def _at(rule: Rule, name: str, row: int) -> str:
    """``name`` as it stands once the first ``row`` lines are done."""
    if name == "loss":
        return r"f\left(\theta_{t-1}\right)"
    if name == "g":
        return _symbol(rule, "g", "t")
    if name in rule.hypers or name in ("t", "T") or name in CONSTANT_LATEX or name in _unchanging(rule):
        return _symbol(rule, name)
    assigned = [line.name for line in rule.lines]
    done, total = assigned[:row].count(name), assigned.count(name)
    # Between two assignments of the same name the value is neither yesterday's nor today's.
    primes = "'" * done if 0 < done < total else ""
    return _symbol(rule, name, "t-1" if done == 0 else "t", primes)


def _unchanging(rule: Rule) -> set[str]:
    """Names that are the same at every step, because they follow from the hyperparameters alone."""
    still = {*rule.hypers, *CONSTANT_LATEX, "T"}
    fixed: set[str] = set()
    for line in rule.lines:
        asks = any(call.function in ORACLES for call in calls_in(line.tree))
        if set(names_in(line.tree)) <= still | fixed and not asks and line.name not in rule.state and line.name != "x":
            fixed.add(line.name)
        else:
            fixed.discard(line.name)
    return fixed


def _symbol(rule: Rule, name: str, index: str = "", primes: str = "") -> str:
    if name in CONSTANT_LATEX:
        return CONSTANT_LATEX[name]
    if not index and (given := rule.symbols.get(name)) is not None:
        return given
    return symbol({"x": "theta", "lr": "alpha"}.get(name, name), index, primes)


def aligned(lines: Sequence[Line]) -> str:
    """``lines`` as one aligned block."""
    rows = r" \\ ".join(f"{left} &= {right}" for left, right in lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"
