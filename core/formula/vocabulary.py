"""The words of the language: its functions and constants, and how each is written elsewhere."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.formula.graph import NUMPY, Operation


@dataclass(frozen=True)
class Function:
    """A function of the language.

    ``latex`` is text with ``{0}``, ``{1}``… for the arguments, or a command such as ``\\sin`` that takes its one
    argument in brackets. ``numpy`` and ``torch`` are source text likewise, empty for the oracles.
    """

    arity: int
    latex: str
    numpy: str = ""
    torch: str = ""


def _named(operation: Operation, latex: str = "", arity: int = 1, torch: str = "") -> Function:
    """A function that is one operation, called by the same name in torch as in NumPy unless ``torch`` writes it."""
    call = f"{NUMPY[operation]}({', '.join(f'{{{index}}}' for index in range(arity))})"
    return Function(arity, latex or f"\\{NUMPY[operation]}", f"np.{call}", torch or f"torch.{call}")


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "sqrt": _named("sqrt", r"\sqrt{{{0}}}"),
        "exp": _named("exp"),
        "log": _named("log", r"\ln"),
        "ln": _named("log", r"\ln"),
        "sin": _named("sin"),
        "cos": _named("cos"),
        "tan": _named("tan"),
        "asin": _named("asin", torch="torch.asin({0})"),
        "acos": _named("acos", torch="torch.acos({0})"),
        "atan": _named("atan", torch="torch.atan({0})"),
        "sinh": _named("sinh"),
        "cosh": _named("cosh"),
        "tanh": _named("tanh"),
        "abs": _named("abs", r"\left|{0}\right|"),
        # torch's sign of NaN is 0.
        "sign": _named(
            "sign", r"\operatorname{{sign}}\left({0}\right)", torch="torch.where({0} != {0}, {0}, torch.sign({0}))"
        ),
        "floor": _named("floor", r"\left\lfloor {0} \right\rfloor"),
        "min": _named("min", r"\min\left({0},\, {1}\right)", 2),
        "max": _named("max", r"\max\left({0},\, {1}\right)", 2),
        "clip": Function(
            3,
            r"\operatorname{{clip}}\left({0},\, {1},\, {2}\right)",
            "np.minimum(np.maximum({0}, {1}), {2})",
            "torch.minimum(torch.maximum({0}, {1}), {2})",
        ),
        "where": _named(
            "where", r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}", 3
        ),
    }
)

# Functions that only a rule may use. The oracles ask the objective for something; gradients are counted.
ORACLES: Mapping[str, Function] = MappingProxyType(
    {
        "grad": Function(1, r"\nabla f\left({0}\right)"),
        "hessian_diag": Function(1, r"\operatorname{{diag}} \nabla^2 f\left({0}\right)"),
        "newton_direction": Function(2, r"\left(\nabla^2 f({0}) + {1} I\right)^{{-1}} \nabla f\left({0}\right)"),
        "value": Function(1, r"f\left({0}\right)"),
    }
)
_NORM = Function(1, r"\left\lVert {0} \right\rVert", "np.linalg.norm({0})", "torch.linalg.vector_norm({0})")
TENSOR_FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "norm": _NORM,
        # Of one array; of all parameters of a model it takes more than an expression.
        "global_norm": _NORM,
        "dot": Function(
            2,
            r"\left\langle {0},\, {1} \right\rangle",
            "np.sum(np.multiply({0}, {1}))",
            "torch.sum(torch.mul({0}, {1}))",
        ),
        "sum": Function(1, r"\operatorname{{sum}}\left({0}\right)", "np.sum({0})", "torch.sum({0})"),
        "orthogonalize": Function(
            1, r"\operatorname{{orth}}\left({0}\right)", "orthogonalize({0})", "orthogonalize({0})"
        ),
    }
)
# Those that take all weights of a model at once and give one number, and what exported code calls each.
GLOBAL_FUNCTIONS: Mapping[str, str] = MappingProxyType({"global_norm": "global_norm", "dot": "dot", "sum": "sum_of"})
RULE_FUNCTIONS: Mapping[str, Function] = MappingProxyType({**FUNCTIONS, **ORACLES, **TENSOR_FUNCTIONS})

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e})
CONSTANT_LATEX: Mapping[str, str] = MappingProxyType({"pi": r"\pi", "e": r"\mathrm{e}"})

# What visitors type out of habit, and the name it has here.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "arcsin": "asin",
        "arccos": "acos",
        "arctan": "atan",
        "sine": "sin",
        "cosine": "cos",
        "tangent": "tan",
        "loge": "log",
        "signum": "sign",
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
