"""What all programs in JavaScript have in common: their first numbers, their gradient, and how a step is judged."""

import hashlib
from collections.abc import Iterable, Sequence

from core.engine.gradients import GivenGradient
from core.engine.status import MAX_LOSS, MAX_POSITION
from core.formula import emit
from core.formula.graph import Graph, Value
from core.formula.lower import Values, each

# The first numbers of every program: they are the same for all racers.
SHARED = ("T", "noise", "clip_norm")


class SwitchedGradient(GivenGradient):
    """Clips where the limit is not 0, so that one program serves runs with and without one."""

    def gradient(self, graph: Graph, point: Values) -> Values:
        limited = graph.apply("gt", graph.input("clip_norm"), graph.constant(0.0))
        free = GivenGradient(self.formula, self.noise, t=self.t).gradient(graph, point)
        return each(graph, "where", (limited,), super().gradient(graph, point), free)


def module(graph: Graph, values: Iterable[Value], parameters: Sequence[str], lines: Iterable[str]) -> str:
    """An ES module that exports a function of ``lines``, in which the ``values`` of ``graph`` are computed."""
    used = {graph.nodes[value].operation for value in graph.ancestors(values)}
    helpers = [f"const {name} = {text};" for name, text in emit.SCRIPT.environment.items() if name in used]
    body = [line if line.endswith(("{", "}")) else f"{line};" for line in lines]
    return "\n".join([*helpers, f"export default function ({', '.join(parameters)}) {{", *body, "}", ""])


def content_id(source: str) -> str:
    """What ``source`` is known by in the browser."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def drawn(noise: Sequence[str]) -> list[str]:
    """Gives the names in ``noise`` what is added to the gradient of step i + 1."""
    # Of all numbers only −0 changes nothing that it is added to.
    texts = [f"noise > 0 ? noise*normals[{len(noise)}*i + {index}] : -0" for index in range(len(noise))]
    return [constants(zip(noise, texts, strict=True))]


def judged(points: Sequence[str], loss: str) -> list[str]:
    """Opens a block for where a run fails, as ``failed`` and ``failure`` judge it: ``ended`` is then 1 or 2."""
    return [
        f"if (!({_within(points, MAX_POSITION)} && {_within([loss], MAX_LOSS)})) {{",
        f"const known = {' && '.join(f'{name} === {name}' for name in points)}",
        f"const worthless = {loss} !== {loss} && {_within(points, MAX_POSITION)}",
        "ended = i > 0 && known && !worthless ? 1 : 2",
    ]


def constants(pairs: Iterable[tuple[str, str]]) -> str:
    """Gives names the values of texts."""
    return f"const {', '.join(f'{name} = {text}' for name, text in pairs)}"


def assigned(names: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Gives all of ``names`` their values at once, as one that another takes its value from may be among them."""
    pairs = [(name, text) for name, text in zip(names, texts, strict=True) if name != text]
    copied = {text: f"u{index}" for index, (_, text) in enumerate(pairs) if text in names}
    return [
        *([constants((copy, text) for text, copy in copied.items())] if copied else []),
        *(f"{name} = {copied.get(text, text)}" for name, text in pairs),
    ]


def _within(texts: Iterable[str], bound: float) -> str:
    return " && ".join(f"Math.abs({text}) <= {bound:g}" for text in texts)
