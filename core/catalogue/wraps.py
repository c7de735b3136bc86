"""What can be put around any update rule: each rewrites its text, so that the result is a rule like any other."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.formula import parse_rule

# A line that declares something and assigns nothing.
_DECLARES = re.compile(r"\s*[A-Za-z_]\w*\s*:")


@dataclass(frozen=True)
class _Text:
    """A rule's text in two parts: its declarations, and the lines that a step runs through."""

    declared: tuple[str, ...]
    lines: tuple[str, ...]

    def free(self, name: str) -> str:
        """``name``, or with a number behind it what nothing in the text is called yet."""
        taken = set(re.findall(r"\w+", "\n".join([*self.declared, *self.lines])))
        return next(one for one in (name, *(f"{name}{count}" for count in range(2, 100))) if one not in taken)

    def given(self, name: str, other: str) -> tuple[str, ...]:
        """The lines with ``other`` in place of the given ``name``."""
        return tuple(re.sub(rf"\b{name}\b", other, line) for line in self.lines)


@dataclass(frozen=True)
class Wrap:
    """One way to change a rule: its name, what it does in a sentence, its source, and how it rewrites a text.

    ``rewrite`` returns further declarations and the lines of the new step.
    """

    name: str
    idea: str
    source: str
    rewrite: Callable[[_Text], tuple[list[str], list[str]]]


def _decay(text: _Text) -> tuple[list[str], list[str]]:
    decay = text.free("weight_decay")
    return [f"{decay}: (0, 100) = 0.01"], [f"x = x - lr*{decay}*x", *text.lines]


def _sam(text: _Text) -> tuple[list[str], list[str]]:
    rho, uphill = text.free("rho"), text.free("uphill")
    asked = f"{uphill} = grad(x + {rho}*g/(global_norm(g) + 1e-12))"
    return [f"{rho}: (0, 1000) = 0.05"], [asked, *text.given("g", uphill)]


def _central(text: _Text) -> tuple[list[str], list[str]]:
    central = text.free("central")
    return [], [f"{central} = g - sum(g)/sum(0*g + 1)", *text.given("g", central)]


def _warm(text: _Text) -> tuple[list[str], list[str]]:
    warmup, rate = text.free("warmup"), text.free("rate")
    return [f"{warmup}: (1, 1000000) = 25"], [f"{rate} = lr*min(t/{warmup}, 1)", *text.given("lr", rate)]


def _cautious(text: _Text) -> tuple[list[str], list[str]]:
    begun, moved, agree = text.free("begun"), text.free("moved"), text.free("agree")
    return [], [
        f"{begun} = x",
        *text.lines,
        f"{moved} = {begun} - x",
        f"{agree} = where({moved}*g > 0, 1, 0)",
        f"x = {begun} - {moved}*{agree}*sum(0*g + 1)/(sum({agree}) + 1)",
    ]


def _lookahead(text: _Text) -> tuple[list[str], list[str]]:
    k, share, slow = text.free("k"), text.free("share"), text.free("slow")
    return [f"{k}: (1, 1000) = 5", f"{share}: (0, 1) = 0.5", f"{slow}: state = x"], [
        *text.lines,
        f"{slow} = where(t % {k} == 0, {slow} + {share}*(x - {slow}), {slow})",
        f"x = where(t % {k} == 0, {slow}, x)",
    ]


# By their keys, in the order to offer them.
WRAPS: Mapping[str, Wrap] = MappingProxyType(
    {
        "decay": Wrap(
            "Weight decay",
            "Shrinks the weights by the factor 1 − lr·weight_decay before each step, whatever the gradient.",
            "Loshchilov & Hutter 2019, arXiv:1711.05101",
            _decay,
        ),
        "lookahead": Wrap(
            "Lookahead",
            "Every few steps goes back part of the way, to an average that follows slowly.",
            "Zhang, Lucas, Hinton & Ba 2019, arXiv:1907.08610",
            _lookahead,
        ),
        "cautious": Wrap(
            "Cautious",
            "Leaves out the coordinates in which the step would go uphill, and makes the others longer for it.",
            "Liang, Chen, Liu & Liu 2024, arXiv:2411.16085",
            _cautious,
        ),
        "sam": Wrap(
            "SAM",
            "Takes the gradient a little uphill, for one more gradient a step.",
            "Foret, Kleiner, Mobahi & Neyshabur 2021, arXiv:2010.01412",
            _sam,
        ),
        "central": Wrap(
            "Centralised gradient",
            "Takes the mean away from the gradient, so that the weights together keep their sum.",
            "Yong, Huang, Hua & Zhang 2020, arXiv:2004.01461 (there for each unit of a layer, here for all weights)",
            _central,
        ),
        "warmup": Wrap(
            "Warm-up",
            "Lets the learning rate rise along a straight line over the first steps.",
            "Goyal et al. 2017, arXiv:1706.02677",
            _warm,
        ),
    }
)


def wrapped(text: str, wrap: Wrap) -> str:
    """``text``, a complete rule, with ``wrap`` around it: a complete rule again.

    Raises ``FormulaError`` where that would be too long, or would ask the objective too often.
    """
    lines = [line.partition("#")[0].rstrip() for line in text.split("\n")]
    kept = [line for line in lines if line]
    parts = _Text(
        tuple(line for line in kept if _DECLARES.match(line)), tuple(line for line in kept if not _DECLARES.match(line))
    )
    declared, stepped = wrap.rewrite(parts)
    result = "\n".join([*parts.declared, *declared, *stepped])
    parse_rule(result)
    return result
