"""The words of the language: its functions and constants, and how each is written elsewhere."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Function:
    """A function of the language.

    ``numpy`` and ``torch`` are source text with ``{0}``, ``{1}``… for the arguments; ``latex`` likewise, or a command
    such as ``\\sin`` that takes its one argument in brackets.
    """

    arity: int
    numpy: str
    torch: str
    latex: str


def _elementwise(name: str, latex: str = "", torch: str = "") -> Function:
    return Function(1, f"np.{name}({{0}})", f"torch.{torch or name}({{0}})", latex or f"\\{name}")


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "sqrt": _elementwise("sqrt", r"\sqrt{{{0}}}"),
        "exp": _elementwise("exp", r"\exp"),
        "log": _elementwise("log", r"\ln"),
        "ln": _elementwise("log", r"\ln"),
        "sin": _elementwise("sin"),
        "cos": _elementwise("cos"),
        "tan": _elementwise("tan"),
        "asin": _elementwise("arcsin", torch="asin"),
        "acos": _elementwise("arccos", torch="acos"),
        "atan": _elementwise("arctan", torch="atan"),
        "sinh": _elementwise("sinh"),
        "cosh": _elementwise("cosh"),
        "tanh": _elementwise("tanh"),
        "abs": _elementwise("abs", r"\left|{0}\right|"),
        "sign": Function(
            # torch's sign of NaN is 0.
            1,
            "np.sign({0})",
            "torch.where({0} != {0}, {0}, torch.sign({0}))",
            r"\operatorname{{sign}}\left({0}\right)",
        ),
        "floor": _elementwise("floor", r"\left\lfloor {0} \right\rfloor"),
        "min": Function(2, "np.minimum({0}, {1})", "torch.minimum({0}, {1})", r"\min\left({0},\, {1}\right)"),
        "max": Function(2, "np.maximum({0}, {1})", "torch.maximum({0}, {1})", r"\max\left({0},\, {1}\right)"),
        "clip": Function(
            3,
            "np.minimum(np.maximum({0}, {1}), {2})",
            "torch.minimum(torch.maximum({0}, {1}), {2})",
            r"\operatorname{{clip}}\left({0},\, {1},\, {2}\right)",
        ),
        "where": Function(
            3,
            "np.where({0}, {1}, {2})",
            "torch.where({0}, {1}, {2})",
            r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
        ),
    }
)

# Functions that only a rule may use. The oracles ask the objective for something and are counted.
ORACLES: Mapping[str, Function] = MappingProxyType(
    {
        "grad": Function(1, "", "", r"\nabla f\left({0}\right)"),
        "hessian_diag": Function(1, "", "", r"\operatorname{{diag}} \nabla^2 f\left({0}\right)"),
        "newton_direction": Function(
            2, "", "", r"\left(\nabla^2 f({0}) + {1} I\right)^{{-1}} \nabla f\left({0}\right)"
        ),
    }
)
TENSOR_FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "norm": Function(1, "", "", r"\left\lVert {0} \right\rVert"),
        "global_norm": Function(1, "", "", r"\left\lVert {0} \right\rVert"),
        "orthogonalize": Function(1, "", "", r"\operatorname{{orth}}\left({0}\right)"),
    }
)
RULE_FUNCTIONS: Mapping[str, Function] = MappingProxyType({**FUNCTIONS, **ORACLES, **TENSOR_FUNCTIONS})

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e})
CONSTANT_LATEX: Mapping[str, str] = MappingProxyType({"pi": r"\pi", "e": r"\mathrm{e}"})

# What visitors type out of habit, and the name it has here.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "arcsin": "asin",
        "arccos": "acos",
        "arctan": "atan",
        "sen": "sin",
        "tg": "tan",
        "fabs": "abs",
        "absolute": "abs",
        "minimum": "min",
        "maximum": "max",
        "sgn": "sign",
        "clamp": "clip",
        "gradient": "grad",
        "learning_rate": "lr",
        "alpha": "lr",
        "theta": "x",
        "PI": "pi",
        "Pi": "pi",
    }
)

# Newton–Schulz coefficients of Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon), applied five times.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
# Below this norm a momentum is not scaled up to one, as in ``torch.optim.Muon``.
NEWTON_SCHULZ_FLOOR = 1e-7
