"""Text to rule: its lines and declarations, read and checked once."""

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from core.formula.check import check_expression
from core.formula.errors import FormulaError
from core.formula.numbers import bounds_at, number_at
from core.formula.rule import GIVEN, Assignment, Declaration, Kind, Rule
from core.formula.syntax import MAX_NUMBER, Budget, check_length, parse_expression
from core.formula.tree import Expression, Span, calls_in, names_in
from core.formula.vocabulary import CONSTANTS, FUNCTIONS, ORACLES, RULE_FUNCTIONS, TENSOR_FUNCTIONS, Function
from core.formula.words import digits, outside

MAX_CHARACTERS = 1500
MAX_LINES = 24
MAX_NODES = 400
MAX_ORACLES = 4
MAX_NAME = 24

# Written by exported code for itself.
_RESERVED = frozenset({"np", "torch", "math", "zip", "len", "float", "state", "self", "number", "sum_of"})


@dataclass(frozen=True)
class Goal:
    """What lines are written for: the ``name`` that they must assign, and what they may use for it.

    They are ``given`` these names, always have these ``hypers``, and may call ``functions``. The rest goes into
    messages: what such a text is called, the shortest one, and what would come of one that misses its goal.
    """

    name: str
    given: tuple[str, ...]
    hypers: tuple[str, ...]
    functions: Mapping[str, Function] = field(hash=False)
    noun: str
    shortest: str
    otherwise: str


UPDATE = Goal("x", GIVEN, ("lr",), RULE_FUNCTIONS, "rule", "x = x - lr*g", "nothing would move")
FACTOR = Goal(
    "factor", ("loss", "t", "T"), (), FUNCTIONS, "schedule", "factor = 1", "the learning rate would have no value"
)

# A visitor's schedule, whose factors are known before the run.
OWN_FACTOR = replace(FACTOR, given=("t", "T"))
# What the start of a state may call: nothing there looks at all weights of a model.
_BEGINNING = {**FUNCTIONS, "norm": TENSOR_FUNCTIONS["norm"]}
_LINE = re.compile(r"[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*(?P<sign>=(?!=)|:)")
_STATE = re.compile(r"[ \t]*state[ \t]*=(?!=)")
# Bounds closer than this part of the larger one have no numbers between them that a slider could stop at.
_CLOSEST = 1e-9


class _Reader:
    """Reads the lines of one text; separate from ``Rule`` so that a ``Rule`` is always a checked one."""

    def __init__(self, text: str, hypers: Sequence[str], goal: Goal) -> None:
        self.text = text
        self.goal = goal
        self.budget = Budget(MAX_NODES)
        self.lines: list[Assignment] = []
        self.declarations: dict[str, Declaration] = {}
        self.initial: dict[str, tuple[Expression, Span]] = {}
        self.shipped = tuple(hypers)

    @property
    def hypers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.goal.hypers, *self.shipped, *self.declarations]))

    def error(self, message: str, span: Span, suggestion: str = "") -> FormulaError:
        return FormulaError(message, self.text, *span, suggestion=suggestion)

    def read(self) -> None:
        assignments: list[tuple[str, Span, Span]] = []
        states: list[tuple[str, Span, Span]] = []
        for span in self._spans():
            match = _LINE.match(self.text, span.start, span.end)
            if match is None:
                raise self._not_a_line(span)
            name, name_span, rest = match["name"], Span(*match.span("name")), Span(match.end(), span.end)
            if match["sign"] == "=":
                assignments.append((name, name_span, rest))
            elif (state := _STATE.match(self.text, rest.start, rest.end)) is not None:
                states.append((name, name_span, Span(state.end(), rest.end)))
            else:
                self._declare(name, name_span, rest)
        for name, name_span, rest in states:
            self._check_name(name, name_span, "state")
            if name in self.initial:
                raise self.error(f"The state {name} is declared twice.", name_span)
            tree = parse_expression(self.text, self.budget, *rest)
            known = (*(name for name in ("x",) if name in self.goal.given), *self.hypers)
            check_expression(tree, self.text, known, _BEGINNING if "x" in known else FUNCTIONS)
            self.initial[name] = (tree, name_span)
        for name, name_span, rest in assignments:
            self._check_name(name, name_span, "")
            self.lines.append(Assignment(name, parse_expression(self.text, self.budget, *rest)))
        self._check_names()
        self._check_oracles()

    def _spans(self) -> list[Span]:
        """The lines that say something, without comments and surrounding space."""
        spans: list[Span] = []
        start = 0
        for line in self.text.split("\n"):
            content = line.partition("#")[0]
            # A carriage return may end a line, as some systems write it.
            for offset, character in enumerate(line.removesuffix("\r")):
                if not character.isprintable() and character != "\t":
                    at = start + offset
                    raise self.error(
                        f"The invisible character U+{ord(character):04X} is not allowed.", Span(at, at + 1)
                    )
            if content.strip():
                begin = start + len(content) - len(content.lstrip())
                spans.append(Span(begin, start + len(content.rstrip())))
            start += len(line) + 1
        if not spans:
            message = f"There is nothing here yet; the shortest {self.goal.noun} is {self.goal.shortest}."
            raise self.error(message, Span(0, len(self.text)))
        if len(spans) > MAX_LINES:
            message = f"A {self.goal.noun} may have at most {MAX_LINES} lines; this one has {len(spans)}."
            raise self.error(message, spans[MAX_LINES])
        return spans

    def _not_a_line(self, span: Span) -> FormulaError:
        line = self.text[span.start : span.end]
        if (match := re.match(r"([A-Za-z_][A-Za-z0-9_]*)[ \t]*([-+*/])=(.*)", line)) is not None:
            name, operator, rest = match.groups()
            longhand = f"{name} = {name} {operator} ({rest.strip()})"
            return self.error(f"Write {operator}= out in full.", span, longhand)
        return self.error(f"Every line is an assignment, such as {self.goal.shortest}.", span)

    def _check_name(self, name: str, span: Span, role: str) -> None:
        """Refuses a name that may not be assigned or, with a ``role``, declared."""
        verb = "declared" if role else "assigned"
        if name in RULE_FUNCTIONS:
            raise self.error(f"{name} is a function and cannot be {verb}.", span)
        if name in CONSTANTS:
            raise self.error(f"{name} is a constant and cannot be {verb}.", span)
        if name in GIVEN and (name != self.goal.name or role):
            raise self.error(f"{name} is given to the rule and cannot be {verb}.", span)
        if name in self.hypers and role != "hyperparameter":
            raise self.error(f"{name} is a hyperparameter and cannot be {verb}.", span)
        if keyword.iskeyword(name) or name in _RESERVED:
            raise self.error(f"{name} is a word of the exported code; use another name.", span)
        if name.startswith("_"):
            raise self.error("A name begins with a letter.", span, name.lstrip("_"))
        if len(name) > MAX_NAME:
            raise self.error(f"A name has at most {MAX_NAME} characters.", span)

    def _declare(self, name: str, name_span: Span, rest: Span) -> None:
        """Reads ``(low, high) = default`` behind ``name:``."""
        self._check_name(name, name_span, "hyperparameter")
        if name in self.declarations:
            raise self.error(f"The hyperparameter {name} is declared twice.", name_span)
        written = self.text[rest.start : rest.end]
        match = re.fullmatch(r"(.*\)[ \t]*)=(?!=)(.*)", written)
        at = rest.start
        ends = match and bounds_at(self.text, Span(at, at + match.end(1)), self.budget)
        if match is None or ends is None:
            message = f"A hyperparameter is declared as in {name}: (0, 1) = 0.9, and state as in {name}: state = 0."
            raise self.error(message, Span(name_span.start, rest.end))
        (low, high), default = ends, number_at(self.text, Span(at + match.start(2), rest.end), self.budget)
        if low >= high:
            raise self.error(f"The lower bound {digits(low)} must be below the upper bound {digits(high)}.", rest)
        if max(abs(low), abs(high)) > MAX_NUMBER or high - low < _CLOSEST * max(abs(low), abs(high), 1 / MAX_NUMBER):
            most = digits(MAX_NUMBER)
            message = f"Bounds lie between −{most} and {most}, and are further apart than rounding."
            raise self.error(message, rest)
        if name == "lr" and low < 0:
            raise self.error("A learning rate is never negative: its lower bound is 0 or more.", rest)
        if not low <= default <= high:
            raise self.error(f"The default must lie in {outside(default, low, high)}.", rest)
        self.declarations[name] = Declaration(name, (low, high), default)

    def _check_names(self) -> None:
        later = {line.name for line in self.lines} | set(self.initial)
        known = [*self.goal.given, *self.hypers, *sorted(later - {"x"})]
        assigned: set[str] = set()
        read_first: set[str] = set()
        for line in self.lines:
            check_expression(line.tree, self.text, known, self.goal.functions)
            read_first |= set(names_in(line.tree)) - assigned
            assigned.add(line.name)
        if self.goal.name not in assigned:
            raise self.error(
                f"The {self.goal.noun} never assigns {self.goal.name}, so {self.goal.otherwise}; "
                f"end with {self.goal.shortest} or the like.",
                Span(0, len(self.text)),
            )
        for name, (_, span) in self.initial.items():
            if name not in read_first:
                raise self.error(
                    f"The state {name} is never read before it is assigned, so its start has no effect.", span
                )

    def _check_oracles(self) -> None:
        questions = [call for line in self.lines for call in calls_in(line.tree) if call.function in ORACLES]
        for count, call in enumerate(questions, start=1):
            if count > MAX_ORACLES:
                raise self.error(f"A step may ask the objective at most {MAX_ORACLES} times.", call.span)
            for inner in calls_in(call)[1:]:
                if inner.function in ORACLES:
                    message = f"{inner.function} cannot stand inside {call.function}; give it a line of its own."
                    raise self.error(message, inner.span)

    def check_kinds(self, rule: Rule) -> None:
        """Refuses tensor functions of single numbers and the reverse."""
        for line in self.lines:
            for call in calls_in(line.tree):
                if call.function not in ORACLES and call.function not in TENSOR_FUNCTIONS:
                    continue
                first, *others = call.arguments
                if rule.kind(first) is not Kind.TENSOR:
                    message = f"{call.function} takes a point or a vector such as x or g; this is a single number."
                    raise self.error(message, first.span)
                for other in others:
                    if call.function == "dot":
                        if rule.kind(other) is not Kind.TENSOR:
                            raise self.error(
                                "dot takes two points or vectors such as x or g; this is a number.", other.span
                            )
                    elif rule.kind(other) is not Kind.SHARED:
                        message = f"The second argument of {call.function} is a single number; this is not."
                        raise self.error(message, other.span)


@lru_cache(maxsize=512)
def _parse_rule(text: str, hypers: tuple[str, ...], symbols: tuple[tuple[str, str], ...], goal: Goal) -> Rule:
    check_length(text, MAX_CHARACTERS, f"A {goal.noun}")
    reader = _Reader(text, hypers, goal)
    reader.read()
    rule = Rule(
        text,
        reader.hypers,
        tuple(reader.lines),
        tuple(reader.declarations.values()),
        MappingProxyType({name: tree for name, (tree, _) in reader.initial.items()}),
        MappingProxyType(dict(symbols)),
    )
    reader.check_kinds(rule)
    return rule


def parse_rule(
    text: str, hypers: Sequence[str] = (), symbols: Mapping[str, str] | None = None, goal: Goal = UPDATE
) -> Rule:
    """The rule that ``text`` writes, one assignment a line: an update rule unless another ``goal`` is given.

    ``hypers`` are hyperparameters declared elsewhere; the text may declare more, and ``lr`` always exists in an update
    rule. ``symbols`` gives LaTeX for names that should not be written as they are spelled. Raises ``FormulaError`` with
    a sentence and a place.
    """
    return _parse_rule(text, tuple(hypers), tuple((symbols or {}).items()), goal)
