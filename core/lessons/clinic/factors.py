"""PyTorch's schedulers in the language of schedules: what each multiplies the learning rate by at step ``t``."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.lessons.clinic.match import Called, Function, Rest
from core.lessons.clinic.translation import LONGEST, Inexpressible, translated, written_number
from core.lessons.clinic.values import Open, is_number


def own_text(called: Called, rate: float, stretch: float = 1.0) -> str:
    """The schedule that ``called`` makes, as a text of the language.

    ``rate`` is the learning rate that it multiplies; each step of the run stands for ``stretch`` calls of the
    scheduler. Lengths that are open are those of the whole run. Raises ``Inexpressible``.
    """
    count = "t - 1" if stretch == 1 else f"(t - 1)*{written_number(stretch)}"
    text = f"n = {count}\nfactor = {_factor(called, 'n', rate)}"
    if len(text) > LONGEST:
        raise Inexpressible("it is too long")
    return text


def _factor(called: Called, n: str, rate: float) -> str:
    write = _FACTORS.get(called.name)
    if write is None:
        raise Inexpressible(f"the language of schedules has no counterpart of {called.name}")
    return write(called, n, rate)


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
        return f"(T - {written_number(value.begin)})"
    number = _number(called, name)
    if number <= 0:
        raise Inexpressible(f"`{name}` is not positive")
    return written_number(number)


def _share(called: Called, name: str, rate: float) -> str:
    """The rate ``name`` as a share of the peak."""
    if not rate:
        raise Inexpressible("the learning rate is 0")
    return written_number(float(f"{_number(called, name) / rate:.12g}"))


def _constant(called: Called, n: str, rate: float) -> str:
    return (
        f"where({n} < {written_number(_number(called, 'total_iters'))}, {written_number(_number(called, 'factor'))}, 1)"
    )


def _linear(called: Called, n: str, rate: float) -> str:
    first, last = _number(called, "start_factor"), _number(called, "end_factor")
    length = _length(called, "total_iters")
    return f"({written_number(first)} + {written_number(last - first)}*min({n}, {length})/{length})"


def _exponential(called: Called, n: str, rate: float) -> str:
    return f"{written_number(_number(called, 'gamma'))}**({n})"


def _step(called: Called, n: str, rate: float) -> str:
    return f"{written_number(_number(called, 'gamma'))}**floor(({n})/{_length(called, 'step_size')})"


def _multi_step(called: Called, n: str, rate: float) -> str:
    milestones = called.arguments["milestones"]
    if not isinstance(milestones, tuple) or not milestones or not all(map(is_number, milestones)):
        raise Inexpressible("`milestones` are not numbers here")
    passed = " + ".join(f"where({n} >= {written_number(one)}, 1, 0)" for one in sorted(milestones))
    return f"{written_number(_number(called, 'gamma'))}**({passed})"


def _falling(share: str, part: str) -> str:
    """Half a cosine from 1 to ``share`` over ``part`` from 0 to 1."""
    bottom = float(share)
    wave = f"(1 + cos(pi*{part}))/2"
    return wave if not bottom else f"({share} + {written_number(1 - bottom)}*{wave})"


def _cosine(called: Called, n: str, rate: float) -> str:
    return _falling(_share(called, "eta_min", rate), f"({n})/{_length(called, 'T_max')}")


def _restarts(called: Called, n: str, rate: float) -> str:
    if _number(called, "T_mult") != 1:
        raise Inexpressible("restarts that grow apart are a schedule only by themselves here")
    length = _length(called, "T_0")
    return _falling(_share(called, "eta_min", rate), f"(({n}) % {length})/{length}")


def _polynomial(called: Called, n: str, rate: float) -> str:
    length = _length(called, "total_iters")
    return f"(1 - min({n}, {length})/{length})**{written_number(_number(called, 'power'))}"


def _cyclic(called: Called, n: str, rate: float) -> str:
    if called.arguments["scale_fn"] is not None:
        raise Inexpressible("a `scale_fn` of one's own is not read")
    up = _number(called, "step_size_up")
    down = up if called.arguments["step_size_down"] is None else _number(called, "step_size_down")
    if up <= 0 or down <= 0:
        raise Inexpressible("a cycle without length has no rate")
    whole, low = written_number(up + down), float(_share(called, "base_lr", rate))
    at = f"(({n}) % {whole})"
    wave = f"where({at} <= {written_number(up)}, {at}/{written_number(up)}, ({whole} - {at})/{written_number(down)})"
    modes = {
        "triangular": "",
        "triangular2": f"*0.5**floor(({n})/{whole})",
        "exp_range": f"*{written_number(_number(called, 'gamma'))}**({n})",
    }
    if called.arguments["mode"] not in modes:
        raise Inexpressible("this `mode` is not one of CyclicLR's")
    return f"({written_number(low)} + {written_number(1 - low)}*{wave}{modes[called.arguments['mode']]})"


def _one_cycle(called: Called, n: str, rate: float) -> str:
    length, share = _length(called, "total_steps"), _number(called, "pct_start")
    if min(_number(called, name) for name in ("div_factor", "final_div_factor")) <= 0:
        raise Inexpressible("its factors must be above 0")
    low = 1 / _number(called, "div_factor")
    end = low / _number(called, "final_div_factor")
    top = f"({written_number(share)}*{length} - 1)"
    last = f"({length} - 1)"
    phases = [("0", top, low, 1.0), (top, last, 1.0, end)]
    if called.arguments["three_phase"]:
        back = f"({written_number(2 * share)}*{length} - 2)"
        phases = [("0", top, low, 1.0), (top, back, 1.0, low), (back, last, low, end)]
    linear = called.arguments["anneal_strategy"] == "linear"
    texts = []
    for start, stop, first, second in phases:
        part = f"({n} - {start})/({stop} - {start})" if start != "0" else f"({n})/{stop}"
        wave = part if linear else f"(1 - cos(pi*{part}))/2"
        texts.append(f"{written_number(first)} + {written_number(second - first)}*{wave}")
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
        _factor(part, n if not begin else f"{n} - {written_number(begin)}", rate)
        for part, begin in zip(parts, (0, *milestones), strict=True)
    ]
    text = texts[-1]
    for milestone, before in zip(reversed(milestones), reversed(texts[:-1]), strict=True):
        text = f"where({n} < {written_number(milestone)}, {before}, {text})"
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
    return written_number(max(_number(called, "num_warmup_steps"), 1))


def _warm_linear(called: Called, n: str, rate: float) -> str:
    warm, length = _number(called, "num_warmup_steps"), _length(called, "num_training_steps")
    fall = f"max(0, ({length} - {n})/max(1, {length} - {written_number(warm)}))"
    return f"where({n} < {written_number(warm)}, ({n})/{_warm(called)}, {fall})"


def _warm_cosine(called: Called, n: str, rate: float) -> str:
    warm, length = _number(called, "num_warmup_steps"), _length(called, "num_training_steps")
    turns = written_number(2 * _number(called, "num_cycles"))
    part = f"{turns}*({n} - {written_number(warm)})/max(1, {length} - {written_number(warm)})"
    return f"where({n} < {written_number(warm)}, ({n})/{_warm(called)}, max(0, (1 + cos(pi*{part}))/2))"


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
