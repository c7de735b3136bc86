"""A rule's lines as Python for NumPy or torch: for one array, or for a list with one array per parameter of a model.

Nothing here imports torch; what is written for it is text. ``numpy_update`` compiles the lists for NumPy.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import indent
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from core.formula.helper_source import HELPERS
from core.formula.rule import Kind, Rule
from core.formula.source import Library, is_literal, python_source
from core.formula.tree import Call, Expression, Number, Span, names_in
from core.formula.vocabulary import GLOBAL_FUNCTIONS, ORACLES

# Comprehensions and calls that are longer than this are written on several lines.
_LONG = 90
_WIDTH = 100
# What state starts at unless the rule says otherwise.
_ZERO = Number(0.0, "0", Span(0, 0))


@dataclass(frozen=True)
class _Words:
    """How a library writes a single number, and zeros shaped like an array."""

    number: str
    zeros: str


_WORDS: Mapping[Library, _Words] = MappingProxyType(
    {
        "numpy": _Words("np.float64({0})", "np.zeros_like({0})"),
        "torch": _Words("torch.tensor({0}, dtype=torch.float64)", "torch.zeros_like({0})"),
    }
)


@dataclass(frozen=True)
class Lines:
    """Statements that compute a rule: ``start`` the state before the first step, ``update`` one step.

    They read and assign names as the rule calls them, call the oracles by their names in the language, and of
    ``HELPERS`` those in ``helpers``. Single numbers must be float64 scalars of the library, so that nothing raises
    where the language says ``inf`` or ``nan``.
    """

    start: tuple[str, ...]
    update: tuple[str, ...]

    @property
    def helpers(self) -> tuple[str, ...]:
        text = "\n".join(self.update)
        return tuple(name for name in HELPERS["numpy"] if re.search(rf"\b{name}\(", text))


def array_lines(rule: Rule, library: Library) -> Lines:
    """The lines of ``rule`` for one array ``x``, as the rule is written."""
    return _lines(_ArrayWriter(rule, library))


def list_lines(rule: Rule, library: Library) -> Lines:
    """The lines of ``rule`` where tensors, and numbers per tensor, are lists over the parameters of a model.

    Every line is evaluated for all parameters before the next. The oracles take and return such lists.
    """
    return _lines(_ListWriter(rule, library))


def start_reads(rule: Rule) -> list[str]:
    """The hyperparameters on which the state before the first step depends."""
    read = {name for tree in rule.initial.values() for name in names_in(tree)}
    return [name for name in rule.hypers if name in read]


def function_source(name: str, parameters: Iterable[str], lines: Sequence[str], result: str) -> str:
    """The function ``name`` that runs ``lines`` and returns ``result``."""
    body = [*lines, f"return {result}"]
    return "\n".join([f"{call_source(f'def {name}', parameters)}:", *(indent(line, "    ") for line in body)])


def call_source(function: str, arguments: Iterable[str]) -> str:
    """A call or the head of a definition, on several lines if it is long."""
    listed = list(arguments)
    line = f"{function}({', '.join(listed)})"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in listed), ")"])


def tuple_source(names: Sequence[str]) -> str:
    """The tuple of ``names``, as an expression."""
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names) or "()"


def _lines(writer: "_ArrayWriter") -> Lines:
    rule = writer.rule
    start = writer.write([(name, rule.initial.get(name, _ZERO)) for name in rule.state])
    return Lines(start, writer.write([(line.name, line.tree) for line in rule.lines]))


class _ArrayWriter:
    """Writes assignments for one array."""

    def __init__(self, rule: Rule, library: Library) -> None:
        self.rule = rule
        self.library = library
        self.words = _WORDS[library]
        self.lines: list[str] = []

    def write(self, assignments: Sequence[tuple[str, Expression]]) -> tuple[str, ...]:
        """One statement for each assignment, and those that must come before it."""
        self.lines = []
        for name, tree in assignments:
            self.lines.append(f"{name} = {self.value(name, tree)}")
        return tuple(self.lines)

    def value(self, name: str, tree: Expression) -> str:
        """What is assigned to ``name``."""
        return self.shaped(name, tree, self.text(tree, ""))

    def shaped(self, name: str, tree: Expression, text: str) -> str:
        """``text`` of ``tree``, with as many numbers as ``name`` has: a single number assigned to a tensor fills it."""
        if self.rule.kinds[name] is not Kind.TENSOR or self.rule.kind(tree) is Kind.TENSOR:
            return self.number(tree, text)
        zeros = self.words.zeros.format("x")
        return zeros if isinstance(tree, Number) and not tree.value else f"{text} + {zeros}"

    def number(self, tree: Expression, text: str) -> str:
        return self.words.number.format(text) if is_literal(tree) else text

    def text(self, tree: Expression, condition: str) -> str:
        """``tree`` for one array; what concerns more than that is evaluated only under ``condition``."""

        def special(call: Call) -> str | None:
            if call.function == "where" and self.rule.kind(call.arguments[0]) is Kind.SHARED:
                test = self.text(call.arguments[0], condition)
                both = f"({condition}) and " if condition else ""
                yes = self.text(call.arguments[1], f"{both}({test})")
                no = self.text(call.arguments[2], f"{both}not ({test})")
                return f"({self.number(call.arguments[1], yes)} if {test} else {self.number(call.arguments[2], no)})"
            if call.function in GLOBAL_FUNCTIONS:
                return self.of_all(call, condition)
            return self.oracle(call, condition) if call.function in ORACLES else None

        return python_source(tree, self.library, special)

    def of_all(self, call: Call, condition: str) -> str | None:
        """What a function of all arrays at once is, unless it is what the vocabulary says."""
        return None

    def oracle(self, call: Call, condition: str) -> str:
        return f"{call.function}({', '.join(self.number(part, self.text(part, condition)) for part in call.arguments)})"


class _ListWriter(_ArrayWriter):
    """Writes assignments of lists: comprehensions over what a line reads.

    What concerns all parameters at once gets a line of its own before.
    """

    def __init__(self, rule: Rule, library: Library) -> None:
        super().__init__(rule, library)
        self.lists = {name for name, kind in rule.kinds.items() if kind is not Kind.SHARED}
        self.taken = {*rule.kinds, *rule.hypers}

    def value(self, name: str, tree: Expression) -> str:
        text = self.shaped(name, tree, self.text(tree, ""))
        if self.rule.kinds[name] is Kind.LAYER and self.rule.kind(tree) is Kind.SHARED:
            return f"[{text} for x in x]"
        return self.per_tensor(text, tree)

    def per_tensor(self, text: str, tree: Expression) -> str:
        """``text`` as a list over the parameters, if lists appear in it."""
        # In the order of the rule's text, then what has been given a line of its own.
        read = [name for name in names_in(tree) if name in self.lists]
        # Neither what a library calls so, as in torch.maximum, nor an argument of its functions, as in dtype=.
        lists = [
            name for name in dict.fromkeys([*read, *sorted(self.lists)]) if re.search(rf"(?<![.\w]){name}\b(?!=)", text)
        ]
        if not lists:
            return text
        if len(lists) == 1:
            return lists[0] if text == lists[0] else f"[{text} for {lists[0]} in {lists[0]}]"
        names = ", ".join(lists)
        loop = f"for {names} in zip({names}, strict=True)"
        return f"[{text} {loop}]" if len(text) + len(loop) < _LONG else f"[\n    {text}\n    {loop}\n]"

    def of_all(self, call: Call, condition: str) -> str:
        lists = [self.per_tensor(self.text(part, condition), part) for part in call.arguments]
        return self._before(call, f"{GLOBAL_FUNCTIONS[call.function]}({', '.join(lists)})", condition, "None")

    def oracle(self, call: Call, condition: str) -> str:
        texts = [self.number(part, self.text(part, condition)) for part in call.arguments]
        point, *others = (self.per_tensor(text, part) for text, part in zip(texts, call.arguments, strict=True))
        asked, one = f"{call.function}({', '.join([point, *others])})", call.function == "value"
        name = self._before(call, asked, condition, "None" if one else "[None]*len(x)")
        if not one:
            self.lists.add(name)
        return name

    def _before(self, call: Call, value: str, condition: str, nothing: str) -> str:
        count = 1
        while (name := f"{call.function}_{count}") in self.taken:
            count += 1
        self.taken.add(name)
        self.lines.append(f"{name} = {value} if {condition} else {nothing}" if condition else f"{name} = {value}")
        return name


class Update(NamedTuple):
    """The two functions of a rule on lists of arrays.

    ``start(x, *hypers)`` returns the state before the first step as a tuple; ``update(x, g, loss, t, T, *hypers,
    *state, grad, hessian_diag, newton_direction, value)`` returns the new ``x`` and the new state. ``x`` and ``g`` are
    lists of float64 arrays of any shapes; the oracles take such lists, return such lists or, the last, a number, and
    may be left out if the rule does not ask them.
    """

    start: Callable[..., tuple[Any, ...]]
    update: Callable[..., tuple[list[Any], tuple[Any, ...]]]


@lru_cache(maxsize=64)
def numpy_update(rule: Rule) -> Update:
    """``rule`` compiled for lists of float64 arrays, one per parameter; nothing is changed in place."""
    lines = list_lines(rule, "numpy")
    given = ["x", "g", "loss", "t", "T", *rule.hypers, *rule.state, *(f"{oracle}=None" for oracle in ORACLES)]
    text = "\n\n\n".join(
        [
            *(HELPERS["numpy"][name] for name in lines.helpers),
            function_source("start", ["x", *rule.hypers], lines.start, tuple_source(rule.state)),
            function_source("update", given, lines.update, tuple_source(["x", *rule.state])),
        ]
    )
    scope = compiled_scope(text, {"np": np})
    start, update = _float64(scope["start"]), _float64(scope["update"])

    def step(*given: Any, **oracles: Any) -> tuple[list[Any], tuple[Any, ...]]:
        x, *state = update(*given, **oracles)
        return x, tuple(state)

    return Update(start, step)


# What the lines and helpers may call of Python itself.
# torch brings parts of itself in on first use, and asks the builtins of whoever calls it for the means.
_BUILTINS = {"zip": zip, "len": len, "float": float, "range": range, "max": max, "sum": sum, "__import__": __import__}


def compiled_scope(text: str, libraries: Mapping[str, Any]) -> dict[str, Any]:
    """What ``text``, written by this module, defines when it sees ``libraries`` and the few builtins it needs."""
    scope: dict[str, Any] = {"__builtins__": _BUILTINS, **libraries}
    exec(compile(text, "<update>", "exec"), scope)
    return scope


def _float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with single numbers made float64 scalars, which become ``inf`` and ``nan`` without a word."""

    @np.errstate(all="ignore")
    def called(*given: Any, **oracles: Any) -> Any:
        return function(*(np.float64(part) if isinstance(part, int | float) else part for part in given), **oracles)

    return called
