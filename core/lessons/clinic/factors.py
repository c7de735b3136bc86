"""PyTorch's schedulers in the language of schedules: what each multiplies the learning rate by at step ``t``."""

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.lessons.clinic.match import Called, Function, Rest
from core.lessons.clinic.values import Open, dotted, is_number

# Longer than a schedule may be; a longer one is not written to its end.
_LONGEST = 1_500


class Inexpressible(Exception):
    """The language has no words for it: ``reason`` says for what, with ``quotes`` of the text at its braces."""

    def __init__(self, reason: str, *quotes: str) -> None:
        super().__init__(reason)
        self.reason, self.quotes = reason, quotes


def own_text(called: Called, rate: float, stretch: float = 1.0) -> str:
    """The schedule that ``called`` makes, as a text of the language.

    ``rate`` is the learning rate that it multiplies; each step of the run stands for ``stretch`` calls of the
    scheduler. Lengths that are open are those of the whole run. Raises ``Inexpressible``.
    """
    count = "t - 1" if stretch == 1 else f"(t - 1)*{_written(stretch)}"
    text = f"n = {count}\nfactor = {_factor(called, 'n', rate)}"
    if len(text) > _LONGEST:
        raise Inexpressible("it is too long")
    return text


def _factor(called: Called, n: str, rate: float) -> str:
    write = _FACTORS.get(called.name)
    if write is None:
        raise Inexpressible(f"the language of schedules has no counterpart of {called.name}")
    return write(called, n, rate)


def _written(number: float) -> str:
    return repr(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))


def _number(called: Called, name: str) -> float:
    """The number that the argument ``name`` is."""
    value = called.arguments.get(name)
    if not is_number(value):
        raise Inexpressible(f"`{name}` is not a number here")
    return float(value)


def _length(called: Called, name: str) -> str:
    """The argument ``name``, a number of steps: the whole run if the text does not say."""
    value = called.arguments.get(name)
    if isinstance(value, Open):
        return "T"
    if isinstance(value, Rest):
        return f"(T - {_written(value.begin)})"
    number = _number(called, name)
    if number <= 0:
        raise Inexpressible(f"`{name}` is not positive")
    return _written(number)


def _share(called: Called, name: str, rate: float) -> str:
    """The rate ``name`` as a share of the peak."""
    if not rate:
        raise Inexpressible("the learning rate is 0")
    return _written(float(f"{_number(called, name) / rate:.12g}"))


def _constant(called: Called, n: str, rate: float) -> str:
    return f"where({n} < {_written(_number(called, 'total_iters'))}, {_written(_number(called, 'factor'))}, 1)"


def _linear(called: Called, n: str, rate: float) -> str:
    first, last = _number(called, "start_factor"), _number(called, "end_factor")
    length = _length(called, "total_iters")
    return f"({_written(first)} + {_written(last - first)}*min({n}, {length})/{length})"


def _exponential(called: Called, n: str, rate: float) -> str:
    return f"{_written(_number(called, 'gamma'))}**({n})"


def _step(called: Called, n: str, rate: float) -> str:
    return f"{_written(_number(called, 'gamma'))}**floor(({n})/{_length(called, 'step_size')})"


def _multi_step(called: Called, n: str, rate: float) -> str:
    milestones = called.arguments["milestones"]
    if not isinstance(milestones, tuple) or not milestones or not all(map(is_number, milestones)):
        raise Inexpressible("`milestones` are not numbers here")
    passed = " + ".join(f"where({n} >= {_written(one)}, 1, 0)" for one in sorted(milestones))
    return f"{_written(_number(called, 'gamma'))}**({passed})"


def _falling(share: str, part: str) -> str:
    """Half a cosine from 1 to ``share`` over ``part`` from 0 to 1."""
    bottom = float(share)
    wave = f"(1 + cos(pi*{part}))/2"
    return wave if not bottom else f"({share} + {_written(1 - bottom)}*{wave})"


def _cosine(called: Called, n: str, rate: float) -> str:
    return _falling(_share(called, "eta_min", rate), f"({n})/{_length(called, 'T_max')}")


def _restarts(called: Called, n: str, rate: float) -> str:
    if _number(called, "T_mult") != 1:
        raise Inexpressible("restarts that grow apart are a schedule only by themselves here")
    length = _length(called, "T_0")
    return _falling(_share(called, "eta_min", rate), f"(({n}) % {length})/{length}")


def _polynomial(called: Called, n: str, rate: float) -> str:
    length = _length(called, "total_iters")
    return f"(1 - min({n}, {length})/{length})**{_written(_number(called, 'power'))}"


def _cyclic(called: Called, n: str, rate: float) -> str:
    if called.arguments["scale_fn"] is not None:
        raise Inexpressible("a `scale_fn` of one's own is not read")
    up = _number(called, "step_size_up")
    down = up if called.arguments["step_size_down"] is None else _number(called, "step_size_down")
    if up <= 0 or down <= 0:
        raise Inexpressible("a cycle without length has no rate")
    whole, low = _written(up + down), float(_share(called, "base_lr", rate))
    at = f"(({n}) % {whole})"
    wave = f"where({at} <= {_written(up)}, {at}/{_written(up)}, ({whole} - {at})/{_written(down)})"
    modes = {
        "triangular": "",
        "triangular2": f"*0.5**floor(({n})/{whole})",
        "exp_range": f"*{_written(_number(called, 'gamma'))}**({n})",
    }
    if called.arguments["mode"] not in modes:
        raise Inexpressible("this `mode` is not one of CyclicLR's")
    return f"({_written(low)} + {_written(1 - low)}*{wave}{modes[called.arguments['mode']]})"


def _one_cycle(called: Called, n: str, rate: float) -> str:
    length, share = _length(called, "total_steps"), _number(called, "pct_start")
    low = 1 / _number(called, "div_factor")
    end = low / _number(called, "final_div_factor")
    top = f"({_written(share)}*{length} - 1)"
    last = f"({length} - 1)"
    phases = [("0", top, low, 1.0), (top, last, 1.0, end)]
    if called.arguments["three_phase"]:
        back = f"({_written(2 * share)}*{length} - 2)"
        phases = [("0", top, low, 1.0), (top, back, 1.0, low), (back, last, low, end)]
    linear = called.arguments["anneal_strategy"] == "linear"
    texts = []
    for start, stop, first, second in phases:
        part = f"({n} - {start})/({stop} - {start})" if start != "0" else f"({n})/{stop}"
        wave = part if linear else f"(1 - cos(pi*{part}))/2"
        texts.append(f"{_written(first)} + {_written(second - first)}*{wave}")
    text = texts[-1]
    for (_, stop, _, _), before in zip(reversed(phases[:-1]), reversed(texts[:-1]), strict=True):
        text = f"where({n} <= {stop}, {before}, {text})"
    return f"({text})"


def _sequential(called: Called, n: str, rate: float) -> str:
    parts, milestones = called.arguments["schedulers"], called.arguments["milestones"]
    if not isinstance(parts, tuple) or not isinstance(milestones, tuple) or len(parts) != len(milestones) + 1:
        raise Inexpressible("one milestone is needed between each two schedulers")
    if not all(isinstance(part, Called) for part in parts) or not all(map(is_number, milestones)):
        raise Inexpressible("its parts are not all given in the text")
    texts = [
        _factor(part, n if not begin else f"{n} - {_written(begin)}", rate)
        for part, begin in zip(parts, (0, *milestones), strict=True)
    ]
    text = texts[-1]
    for milestone, before in zip(reversed(milestones), reversed(texts[:-1]), strict=True):
        text = f"where({n} < {_written(milestone)}, {before}, {text})"
    return text


# Each multiplies what it finds, so that several may follow each other.
_FACTOR_EACH = frozenset({"ConstantLR", "LinearLR", "ExponentialLR", "StepLR", "MultiStepLR", "PolynomialLR"})


def _chained(called: Called, n: str, rate: float) -> str:
    parts = called.arguments["schedulers"]
    if not isinstance(parts, tuple) or not all(isinstance(part, Called) for part in parts) or not parts:
        raise Inexpressible("its parts are not all given in the text")
    for part in parts:
        if part.name not in _FACTOR_EACH:
            raise Inexpressible(f"{part.name} does not simply multiply into others")
    return "*".join(f"({_factor(part, n, rate)})" for part in parts)


def _lambda(called: Called, n: str, rate: float) -> str:
    function = called.arguments["lr_lambda"]
    if not isinstance(function, Function):
        raise Inexpressible("the function is not one expression of its argument in this text")
    return f"({translated(function.body, {function.parameter: f'({n})'})})"


def _warm_constant(called: Called, n: str, rate: float) -> str:
    return f"min(({n})/{_warm(called)}, 1)"


def _warm(called: Called) -> str:
    return _written(max(_number(called, "num_warmup_steps"), 1))


def _warm_linear(called: Called, n: str, rate: float) -> str:
    warm, length = _number(called, "num_warmup_steps"), _length(called, "num_training_steps")
    fall = f"max(0, ({length} - {n})/max(1, {length} - {_written(warm)}))"
    return f"where({n} < {_written(warm)}, ({n})/{_warm(called)}, {fall})"


def _warm_cosine(called: Called, n: str, rate: float) -> str:
    warm, length = _number(called, "num_warmup_steps"), _length(called, "num_training_steps")
    turns = _written(2 * _number(called, "num_cycles"))
    part = f"{turns}*({n} - {_written(warm)})/max(1, {length} - {_written(warm)})"
    return f"where({n} < {_written(warm)}, ({n})/{_warm(called)}, max(0, (1 + cos(pi*{part}))/2))"


_FACTORS: Mapping[str, Callable[[Called, str, float], str]] = MappingProxyType(
    {
        "ChainedScheduler": _chained,
        "ConstantLR": _constant,
        "CosineAnnealingLR": _cosine,
        "CosineAnnealingWarmRestarts": _restarts,
        "CyclicLR": _cyclic,
        "ExponentialLR": _exponential,
        "LambdaLR": _lambda,
        "LinearLR": _linear,
        "MultiStepLR": _multi_step,
        "OneCycleLR": _one_cycle,
        "PolynomialLR": _polynomial,
        "SequentialLR": _sequential,
        "StepLR": _step,
        "get_constant_schedule_with_warmup": _warm_constant,
        "get_cosine_schedule_with_warmup": _warm_cosine,
        "get_linear_schedule_with_warmup": _warm_linear,
    }
)

# --- Functions of Python in the language ---

_SIGNS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
        ast.Mod: "%",
        ast.Pow: "**",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.Eq: "==",
        ast.NotEq: "!=",
    }
)
_CALLS = frozenset({"abs", "cos", "sin", "exp", "sqrt", "log", "floor", "tanh"})
_NAMED = MappingProxyType({"math.pi": "pi", "np.pi": "pi", "numpy.pi": "pi", "math.e": "e"})


def translated(node: ast.expr, names: Mapping[str, str]) -> str:
    """The expression ``node`` of Python in the language; ``names`` are texts that stand for its names.

    Raises ``Inexpressible``.
    """
    text = _translated(node, names)
    if len(text) > _LONGEST:
        raise Inexpressible("it is too long")
    return text


def _translated(node: ast.expr, names: Mapping[str, str]) -> str:
    match node:
        case ast.Constant(value) if is_number(value) and abs(value) < 1e300:
            return _written(value)
        case ast.Name() | ast.Attribute():
            path = dotted(node)
            known: Any = names.get(path, _NAMED.get(path))
            if known is None:
                raise Inexpressible("the text does not give {} a number", path or "what it is of")
            return str(known)
        case ast.UnaryOp(ast.USub(), operand):
            return f"(-{translated(operand, names)})"
        case ast.BinOp(left, ast.FloorDiv(), right):
            return f"floor({translated(left, names)}/{translated(right, names)})"
        case ast.BinOp(left, op, right) if type(op) in _SIGNS:
            return f"({translated(left, names)} {_SIGNS[type(op)]} {translated(right, names)})"
        case ast.IfExp(test, first, second):
            return _chosen(test, translated(first, names), translated(second, names), names)
        case ast.Call(function, arguments, []):
            return _called(dotted(function), [translated(one, names) for one in arguments])
        case _:
            raise Inexpressible("the function has parts that the language of schedules does not have")


def _called(path: str, arguments: list[str]) -> str:
    name = path.rpartition(".")[2]
    if name in ("min", "max") and len(arguments) >= 2:
        text = arguments[0]
        for other in arguments[1:]:
            text = f"{name}({text}, {other})"
        return text
    if len(arguments) == 1 and name == "float":
        return arguments[0]
    if len(arguments) == 1 and name == "int":
        (inner,) = arguments
        return f"where({inner} < 0, -floor(-{inner}), floor({inner}))"
    if len(arguments) == 1 and name in _CALLS:
        return f"{name}({arguments[0]})"
    if len(arguments) == 2 and name == "pow":
        return f"({arguments[0]} ** {arguments[1]})"
    raise Inexpressible("the function calls what the language of schedules does not have")


def _chosen(test: ast.expr, first: str, second: str, names: Mapping[str, str]) -> str:
    """``first`` where ``test`` holds, else ``second``."""
    if len(first) + len(second) > _LONGEST:
        raise Inexpressible("it is too long")
    match test:
        case ast.Compare(left, [op], [right]) if type(op) in _SIGNS:
            return f"where({translated(left, names)} {_SIGNS[type(op)]} {translated(right, names)}, {first}, {second})"
        case ast.BoolOp(ast.And(), [one, *others]):
            inner = first
            for other in reversed(others):
                inner = _chosen(other, inner, second, names)
            return _chosen(one, inner, second, names)
        case ast.UnaryOp(ast.Not(), inner_test):
            return _chosen(inner_test, second, first, names)
        case _:
            raise Inexpressible("the function asks what the language of schedules cannot")
