"""Python that declarations hold as text, such as the arguments of ``torch.optim.Adam``, with its names filled in."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import Optimizer
from core.catalogue.schedules import Schedule
from core.formula.update_source import array_lines, call_source, function_source

Filling = int | float | str
"""A number, or the name to use instead."""

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
_FUNCTIONS: Mapping[str, Callable[..., float]] = MappingProxyType({"int": int, "max": max, "min": min, "round": round})


def filled(text: str, values: Mapping[str, Filling]) -> str:
    """The expression ``text`` with ``values`` in place of its names, and arithmetic of plain numbers evaluated."""
    return ast.unparse(_Fill(values).visit(ast.parse(text, mode="eval")))


def on_lines(text: str) -> str:
    """The call ``text`` with one argument on each line, and one element of a list, if it is long."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    arguments = [*map(_listed, call.args), *map(ast.unparse, call.keywords)]
    written = call_source(ast.unparse(call.func), arguments)
    return written if "\n" in written else text


def _listed(node: ast.expr) -> str:
    if not isinstance(node, ast.List):
        return ast.unparse(node)
    return "\n".join(["[", *(f"        {ast.unparse(element)}," for element in node.elts), "    ]"])


def called_classes(text: str) -> list[str]:
    """The classes that the expression ``text`` calls by their bare names, outermost first."""
    calls = (node.func for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Call))
    names = [function.id for function in calls if isinstance(function, ast.Name)]
    # Functions such as max are called too; classes begin with a capital.
    return list(dict.fromkeys(name for name in names if name[0].isupper()))


def plain(hyper: Hyper, value: float) -> int | float:
    """``value`` as torch takes it: an int where the hyperparameter counts something."""
    return int(value) if hyper.whole else float(value)


def torch_line(optimizer: Optimizer, settings: Mapping[str, float], params: str = "params") -> str:
    """The call that makes torch's optimizer with these settings, for the parameters ``params``.

    Where torch has no class, it is the call of the one that ``optimizer_source`` writes. ``settings`` gives every
    hyperparameter a value.
    """
    values = {hyper.name: plain(hyper, settings[hyper.name]) for hyper in optimizer.hypers}
    if optimizer.torch is not None:
        return filled(f"torch.optim.{optimizer.torch.name}({params}, {optimizer.torch.arguments})", values)
    arguments = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return f"{class_name(optimizer)}({params}, {arguments})"


def schedule_line(schedule: Schedule, settings: Mapping[str, float], lr: float, steps: int) -> str:
    """The call that makes torch's scheduler for a run of ``steps`` with the peak ``lr``."""
    return filled(schedule.torch_for(steps, settings), schedule_values(schedule, settings) | {"lr": lr, "T": steps})


def factor_source(schedule: Schedule) -> str:
    """The function ``factor`` that the scheduler of a visitor's own ``schedule`` calls, for torch."""
    names = ["t", "T", *schedule.parsed.hypers]
    numbers = f"({', '.join(names)})"
    begun = [
        f'"""The factor on lr at step t of T: {schedule.name.lower()}."""',
        f"{', '.join(names)} = (torch.tensor(float(one), dtype=torch.float64) for one in {numbers})",
    ]
    return function_source("factor", names, [*begun, *array_lines(schedule.parsed, "torch").update], "float(factor)")


def schedule_values(schedule: Schedule, settings: Mapping[str, float]) -> dict[str, Filling]:
    """The values of the hyperparameters of ``schedule``, ready to be filled in."""
    return {hyper.name: plain(hyper, settings[hyper.name]) for hyper in schedule.hypers}


def class_name(optimizer: Optimizer) -> str:
    """The name of the class that is written for a rule: its own name as one word."""
    words = re.split(r"\W+", optimizer.name.partition("(")[0].strip())
    return "".join(word[0].upper() + word[1:] for word in words)


class _Fill(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Filling]) -> None:
        self.values = values

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        bound = {argument.arg for argument in node.args.args}
        inner = _Fill({name: value for name, value in self.values.items() if name not in bound})
        return ast.Lambda(node.args, inner.visit(node.body))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.values.get(node.id, node.id)
        return ast.Name(value, ast.Load()) if isinstance(value, str) else _constant(value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        number = _number(node.operand)
        return node if number is None or not isinstance(node.op, ast.USub) else _constant(-number)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        left, right = _number(node.left), _number(node.right)
        if isinstance(node.op, ast.Mult) and 0 in (left, right):
            return _constant(0.0)
        if isinstance(node.op, ast.Mult) and 1 in (left, right):
            return node.right if left == 1 else node.left
        if left is None or right is None or (isinstance(node.op, ast.Div | ast.Mod) and not right):
            return node
        return _constant(_rounded(_OPERATORS[type(node.op)](left, right)))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        # Names that are called are functions, not values.
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        numbers = [number for argument in arguments if (number := _number(argument)) is not None]
        if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and len(numbers) == len(arguments):
            return _constant(_FUNCTIONS[node.func.id](*numbers))
        return ast.Call(node.func, arguments, keywords)


def _constant(number: float) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-number)) if number < 0 else ast.Constant(number)


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        node, sign = node.operand, -1
    else:
        sign = 1
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return sign * node.value
    return None


def _rounded(number: float) -> float:
    """``number`` without the last digit or two, which only tell how float64 rounds."""
    return number if isinstance(number, int) else float(f"{number:.15g}")
