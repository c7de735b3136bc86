"""A rule as the source of a ``torch.optim.Optimizer``: one class that needs nothing but torch, to read and take home.

Nothing here imports torch; ``core.formula.torch_code`` compiles the text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill, indent

from core.formula.helper_source import HELPERS
from core.formula.rule import Kind, Rule
from core.formula.torch_methods import (
    ALL_AT_ONCE,
    ASKED,
    AT,
    CALLED,
    CALLED_WITH_CLOSURE,
    GRADIENT,
    GROUPS,
    METHODS,
    NUMBER,
    ONE_GROUP,
    QUESTIONS,
)
from core.formula.update_source import Lines, array_lines, call_source, function_source, list_lines, start_reads
from core.formula.vocabulary import GLOBAL_FUNCTIONS, ORACLES

# Arguments of the class, and keys that torch writes into a group of parameters.
_RESERVED = frozenset(
    {"params", "param_names", "closure", "adjust", "exact", "seed", "step", "T", "super"}
    | {"initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum"}
)
_WIDTH = 112
_QUOTES = '"""'


def oracles(rule: Rule) -> tuple[str, ...]:
    """The oracles that ``rule`` asks, in the order of the vocabulary."""
    return tuple(oracle for oracle in ORACLES if oracle in rule.functions)


def needs_closure(rule: Rule) -> bool:
    """Whether the class computes losses or gradients itself, so that ``step`` takes a closure without ``backward``."""
    return bool(oracles(rule)) or "loss" in rule.reads


def argument_names(rule: Rule) -> dict[str, str]:
    """What the class calls each hyperparameter, and each single number it keeps: its own name unless that is taken."""
    names: dict[str, str] = {}
    own = [*rule.hypers, *(name for name in rule.state if rule.kinds[name] is Kind.SHARED)]
    for name in own:
        free = name
        while free in _RESERVED or (free != name and free in own):
            free += "_"
        names[name] = free
    return names


def optimizer_source(rule: Rule, name: str, docstring: str, defaults: Mapping[str, float] | None = None) -> str:
    """A module with the class ``name`` and what it calls; it imports ``torch`` and, if used, ``math``.

    ``docstring`` is the first paragraph of the class's. A hyperparameter that has no default in the text of the rule or
    in ``defaults`` must be given to the constructor.
    """
    text = optimizer_definitions(rule, name, docstring, defaults)
    return "".join([*(["import math\n\n"] if "math." in text else []), "import torch\n\n\n", text])


def optimizer_definitions(rule: Rule, name: str, docstring: str, defaults: Mapping[str, float] | None = None) -> str:
    """``optimizer_source`` without its imports."""
    own = {hyper.name: hyper.default for hyper in rule.declarations}
    source = _Source(rule, {**own, **(defaults or {})}, list_lines(rule, "torch"))
    helpers = [HELPERS["torch"][helper] for helper in source.lines.helpers]
    return "\n\n".join([*helpers, NUMBER, source.text(name, docstring)])


@dataclass(frozen=True)
class _Source:
    """The parts of the class for one rule."""

    rule: Rule
    defaults: Mapping[str, float]
    lines: Lines

    @cached_property
    def oracles(self) -> tuple[str, ...]:
        return oracles(self.rule)

    @cached_property
    def names(self) -> dict[str, str]:
        return argument_names(self.rule)

    @cached_property
    def whole(self) -> bool:
        """Whether a step looks at all parameters of the model at once."""
        return needs_closure(self.rule) or bool({*GLOBAL_FUNCTIONS} & self.rule.functions)

    def text(self, name: str, docstring: str) -> str:
        methods = [self.constructor(), ONE_GROUP if self.whole else ""]
        if needs_closure(self.rule):
            methods += [self.step_with_closure(), GRADIENT, AT if self.oracles else ""]
            methods += [METHODS[oracle] for oracle in self.oracles]
        else:
            methods.append(self.step())
        methods += [self.start(), self.update()]
        body = "\n\n".join(_block(method) for method in methods if method)
        return f"class {name}(torch.optim.Optimizer):\n{_block(self.docstring(docstring))}\n\n{body}\n"

    def docstring(self, first: str) -> str:
        rule = indent("\n".join(_written(self.rule)), "    ")
        usage = self.usage()
        if "T" in self.rule.reads:
            usage.append("T is the number of steps of the whole run.")
        paragraphs = [first, "The rule, where x is a parameter and t the step from 1:", *usage]
        filled = [fill(paragraph, _WIDTH, break_on_hyphens=False) for paragraph in paragraphs]
        text = "\n\n".join([*filled[:2], rule, *filled[2:]])
        # What would end a string of Python ends nothing here.
        text = text.replace("\\", "\\\\").replace(_QUOTES, "'''")
        return f"{_QUOTES}{text}\n{_QUOTES}"

    def usage(self) -> list[str]:
        """How the class is called, in paragraphs."""
        if needs_closure(self.rule):
            return [CALLED_WITH_CLOSURE, *(ASKED[oracle] for oracle in self.oracles if ASKED[oracle])]
        return [f"{CALLED} {ALL_AT_ONCE if self.whole else GROUPS}"]

    def constructor(self) -> str:
        first, *others = [
            f"{self.names[name]}={self.defaults[name]!r}" if name in self.defaults else self.names[name]
            for name in self.rule.hypers
        ]
        keys = [f'"{self.names[name]}": {self.names[name]}' for name in self.rule.hypers]
        if "T" in self.rule.reads:
            others.append("T")
            keys.append('"T": T')
        lines: list[str] = []
        if needs_closure(self.rule):
            others.append("adjust=None")
            lines.append("self.adjust = adjust or (lambda gradients: gradients)")
        if "hessian_diag" in self.oracles:
            others += ["exact=False", "seed=0"]
            keys += ['"exact": exact', '"seed": seed']
        signature = call_source("def __init__", ["self", "params", first, *(["*", *others] if others else [])])
        keys.append('"step": 0')
        groups = f"{{{', '.join(keys)}}}"
        if len(groups) > _WIDTH - 12:
            groups = "\n".join(["{", *(f"    {key}," for key in keys), "}"])
        lines.append(f"super().__init__(params, {groups})")
        return "\n".join([f"{signature}:", *map(_block, lines)])

    def step(self) -> str:
        given = ["        g = [p.grad.clone() for p in params]"] if "g" in self.rule.reads else []
        return "\n".join(
            [
                "@torch.no_grad()",
                "def step(self, closure=None):",
                f"    {_QUOTES}Takes one step. A closure, if given, calls zero_grad() and backward(); its loss is "
                f"returned.{_QUOTES}",
                "    loss = None",
                "    if closure is not None:",
                "        with torch.enable_grad():",
                "            loss = closure()",
                "    for group in self.param_groups:",
                '        params = [p for p in group["params"] if p.grad is not None]',
                "        if not params:",
                "            continue",
                "        x = [p.clone() for p in params]",
                *given,
                indent("\n".join(self.move()), " " * 8),
                "    return loss",
            ]
        )

    def step_with_closure(self) -> str:
        given = "loss, g = self._gradient(closure, params)" if "g" in self.rule.reads else "loss = closure().detach()"
        return "\n".join(
            [
                "@torch.no_grad()",
                "def step(self, closure):",
                f"    {_QUOTES}Takes one step and returns the loss before it, as the closure returns it.{_QUOTES}",
                "    (group,) = self.param_groups",
                '    params = [p for p in group["params"] if p.requires_grad]',
                "    x = [p.clone() for p in params]",
                f"    {given}",
                *(f"\n{_block(QUESTIONS[oracle])}\n" for oracle in self.oracles),
                _block("\n".join(self.move())),
                "    return loss",
            ]
        )

    def move(self) -> list[str]:
        """The statements that bring the state, take the step and keep what it leaves."""
        shared = [name for name in self.rule.state if self.rule.kinds[name] is Kind.SHARED]
        kept = [name for name in self.rule.state if name not in shared]
        lines: list[str] = []
        for name in shared:
            value = f'self._start({", ".join(["x[0]", *self.begin])})["{name}"]'
            lines += ['if group["step"] == 0:', f'    group["{self.names[name]}"] = float({value})']
        if kept:
            value = f"self._start({', '.join(['p.clone()', *self.begin])})"
            chosen = f"{{name: {value}[name] for name in {_tuple(kept)}}}" if shared else value
            lines += ["for p in params:", "    if not self.state[p]:", f"        self.state[p].update({chosen})"]
        lines.append('group["step"] += 1')
        if kept:
            lines.append(f"state = {{name: [self.state[p][name] for p in params] for name in {_tuple(kept)}}}")
        hypers = _tuple([self.names[name] for name in self.rule.hypers])
        lines.append(f"hypers = [number(group[name]) for name in {hypers}]")
        given = {"g": "g", "loss": "loss.double()", "t": 'number(group["step"])', "T": 'number(group["T"])'}
        arguments = ["x", *(text for name, text in given.items() if name in self.rule.reads), "*hypers", *self.oracles]
        arguments += [f'{name}=number(group["{self.names[name]}"])' for name in shared]
        arguments += ["**state"] if kept else []
        lines += [
            f"x, {'state' if self.rule.state else '_'} = {call_source('self._update', arguments)}",
            "for place, p in enumerate(params):",
            "    p.copy_(x[place])",
        ]
        if kept:
            lines.append(f"    for name in {_tuple(kept)}:")
            lines.append("        self.state[p][name] = state[name][place].to(p.dtype)")
        return [*lines, *(f'group["{self.names[name]}"] = float(state["{name}"])' for name in shared)]

    @property
    def begin(self) -> list[str]:
        """Their values; a run begins with the lr that no schedule has changed."""
        return [
            f'number(group["{self.names[name]}"])' if name != "lr" else 'number(self.defaults["lr"])'
            for name in start_reads(self.rule)
        ]

    def start(self) -> str:
        if not self.rule.state:
            return ""
        lines = [
            f"{_QUOTES}The state of one parameter before its first step.{_QUOTES}",
            *map(_shortened, array_lines(self.rule, "torch").start),
        ]
        function = function_source("_start", ["x", *start_reads(self.rule)], lines, _dictionary(self.rule.state))
        return f"@staticmethod\n{function}"

    def update(self) -> str:
        given = [name for name in ("g", "loss", "t", "T") if name in self.rule.reads]
        parameters = ["x", *given, *self.rule.hypers, *self.oracles, *self.rule.state]
        lines = [
            f"{_QUOTES}The rule, line by line; what is not a single number is a list over the parameters.{_QUOTES}",
            *map(_shortened, self.lines.update),
        ]
        return f"@staticmethod\n{function_source('_update', parameters, lines, f'x, {_dictionary(self.rule.state)}')}"


def _shortened(line: str) -> str:
    """``line`` with its plain numbers made by the function of ``NUMBER``."""
    return re.sub(r"torch\.tensor\(([^()]*), dtype=torch\.float64\)", r"number(\1)", line)


def _written(rule: Rule) -> list[str]:
    """The lines of the rule's text, without comments and hyperparameters."""
    lines = [line.partition("#")[0].strip() for line in rule.text.split("\n")]
    return [line for line in lines if line and not re.match(r"\w+\s*:\s*\(", line)]


def _block(text: str) -> str:
    return indent(text, " " * 4)


def _tuple(names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"({quoted},)" if len(names) == 1 else f"({quoted})"


def _dictionary(names: Sequence[str]) -> str:
    pairs = ", ".join(f'"{name}": {name}' for name in names)
    return f"{{{pairs}}}"
