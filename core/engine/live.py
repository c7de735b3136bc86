"""A run as a program in JavaScript, written from the same step as the loop in Python, and the numbers it is given."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.engine.gradients import GivenGradient, noise_table
from core.engine.program import Draft, coordinates, drafted, hoisted, names_of
from core.engine.run import Run
from core.engine.status import MAX_LOSS, MAX_POSITION
from core.formula import Formula, Rule, emit
from core.formula.emit import Input
from core.formula.graph import Graph, Value
from core.formula.lower import Values, each

# The first numbers of every program: they are the same for all racers.
SHARED = ("T", "noise", "clip_norm")


@dataclass(frozen=True)
class Script:
    """The text of an ES module, which depends on the objective, the rule and the schedule, and on no number.

    ``id`` is its content's. It exports one function, ``run(numbers, at, last, normals, columns)``, that allocates
    nothing and can be called again and again:

    - ``numbers`` are those of a ``Live``.
    - ``at``, a ``Float64Array`` of length ``size``, says where the run is: how many steps it has taken, the point, the
      state. A new run begins at 0 steps and a point; what stands behind them does not matter, for the start state is
      computed. Afterwards it is where the run has come to, from where it can go on.
    - ``last`` is the number of steps after which to stop.
    - ``normals`` holds the numbers of ``normals`` for that many steps or more; without noise it may be empty.
    - ``columns`` is an array of ``Float64Array``, one for each name in ``columns``, of length ``last + 1`` or more. Row
      k is what holds after step k: ``x0`` and ``x1``, the exact ``loss``, the ``norm`` of the exact gradient and its
      coordinates ``g0`` and ``g1``; then ``factor``, by which the schedule multiplied the learning rate of step k, and
      ``v0`` and ``v1``, the term that points against the momentum's push, if the rule has one. Row 0 repeats the factor
      of step 1 and has no push. With one variable there is no ``x1``, ``g1`` and ``v1``. A script that records lines
      then has what each line of the rule assigned at step k, ``0.0`` and ``0.1`` for the first line, and the gradient
      that the rule was given, ``g.0`` and ``g.1``; what is a single number has no second coordinate.

    It returns 0 if the run took its steps, 1 if it diverged and 2 if it became undefined, as ``core.engine.status``
    judges. The path has ``at[0] + 1`` rows in the first case. Otherwise ``at[0]`` is the step that failed, and as that
    row is of a point that the path does not reach, it has ``max(1, at[0])`` rows.
    """

    source: str
    id: str
    columns: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Live:
    """All that a browser needs to take a run's steps itself, but for ``normals``.

    ``numbers`` are the ``SHARED`` ones (``noise`` and ``clip_norm`` are 0 where there is none) and then those that
    ``hypers`` names, ``lr`` first: the rule's, and the schedule's as a link calls them (``cosine_eta_min``).
    """

    script: Script
    hypers: tuple[str, ...]
    numbers: tuple[float, ...]


def live(run: Run, lines: bool = False) -> Live:
    """The program of ``run`` and its numbers; with ``lines`` it records what each line of the rule assigns.

    Its steps are those of ``trace``: bit for bit where the objective, the rule and the schedule only use + − × ÷ √,
    min, max and floor, to rounding otherwise.
    """
    optimizer, schedule = run.resolved_optimizer, run.resolved_schedule
    tuned = run.schedule_settings
    settings = run.settings | {f"{schedule.key}_{name}": tuned[name] for name in schedule.parsed.hypers}
    return Live(
        script(run.resolved_objective.parsed, optimizer.parsed, schedule.parsed, optimizer.velocity, lines),
        tuple(settings),
        (float(run.steps), run.noise, run.clip_norm or 0.0, *settings.values()),
    )


def normals(seed: int, steps: int, size: int) -> bytes:
    """``noise_table`` as float64 bytes, row after row: a program multiplies it by its ``noise``."""
    return noise_table(seed, steps, size).astype("<f8").tobytes()


class _Switched(GivenGradient):
    """Clips where the limit is not 0, so that one program serves runs with and without one."""

    def gradient(self, graph: Graph, point: Values) -> Values:
        limited = graph.apply("gt", graph.input("clip_norm"), graph.constant(0.0))
        free = GivenGradient(self.formula, self.noise).gradient(graph, point)
        return each(graph, "where", (limited,), super().gradient(graph, point), free)


@lru_cache(maxsize=256)
def script(objective: Formula, rule: Rule, schedule: Rule, velocity: str, lines: bool = False) -> Script:
    """The program of ``rule`` under ``schedule`` on ``objective``; ``velocity`` is a name that the rule assigns.

    With ``lines`` it records what each line of the rule assigns.
    """
    graph = Graph()
    noise = coordinates(graph, Input.NOISE, objective)
    oracle = _Switched(objective, noise, graph.input("clip_norm"))
    draft = drafted(graph, rule, schedule, oracle)
    gradient = objective.gradient_at(graph, draft.point)
    seen = _columns("x", draft.point) | {"loss": oracle.loss(graph, draft.point), "norm": graph.norm(gradient)}
    seen |= _columns("g", gradient)
    caused = {"factor": draft.planned.names["factor"][0], **_columns("v", draft.step.names.get(velocity, ()))}
    if lines:
        for of, values in draft.step.sources.items():
            caused |= _columns(f"{of}.", values)
    source = _source(draft, names_of(graph, noise), seen, caused)
    size = 1 + len(draft.points) + len(draft.states)
    return Script(source, hashlib.sha256(source.encode()).hexdigest()[:16], (*seen, *caused), size)


def _columns(prefix: str, values: Values) -> dict[str, Value]:
    return {f"{prefix}{index}": value for index, value in enumerate(values)}


def _source(draft: Draft, noise: list[str], seen: dict[str, Value], caused: dict[str, Value]) -> str:
    """A module whose function records ``seen`` before each step and ``caused`` after it (see ``Script``)."""
    graph, points = draft.graph, draft.points
    moved = [*points, *draft.states]
    numbers = [*SHARED, "lr", *draft.settings]
    wanted = [*seen.values(), *caused.values(), *draft.updated]
    writer, before, rest = hoisted(graph, wanted, emit.SCRIPT, numbers)
    early = set(graph.ancestors(seen.values()))
    looked = writer.statements([value for value in rest if value in early])
    stepped = writer.statements([value for value in rest if value not in early])
    starter = emit.Writer(graph, draft.beginning, emit.SCRIPT)
    begun = starter.statements()
    rows = {name: f"c_{index}" for index, name in enumerate([*seen, *caused])}
    loss = writer.text(seen["loss"])
    lines = [
        _constants((name, f"numbers[{index}]") for index, name in enumerate(numbers)),
        _constants((row, f"columns[{index}]") for index, row in enumerate(rows.values())),
        "const first = at[0]",
        f"let i = first, ended = 0, {', '.join(f'{name} = at[{index}]' for index, name in enumerate(moved, 1))}",
        "if (first === 0) {",
        *begun,
        *_assigned(draft.states, map(starter.text, draft.beginning)),
        "}",
        *before,
        "for (;; i++) {",
        *looked,
        *(f"{rows[name]}[i] = {writer.text(value)}" for name, value in seen.items()),
        # As ``failed`` and ``failure`` judge it.
        f"if (!({_within(points, MAX_POSITION)} && {_within([loss], MAX_LOSS)})) {{",
        f"const known = {' && '.join(f'{name} === {name}' for name in points)}",
        f"const worthless = {loss} !== {loss} && {_within(points, MAX_POSITION)}",
        "ended = i > 0 && known && !worthless ? 1 : 2",
        "break",
        "}",
        "if (!(i < last)) break",
        "const t = i + 1",
        # Of all numbers only −0 changes nothing that it is added to.
        _constants(
            (name, f"noise > 0 ? noise*normals[{len(noise)}*i + {index}] : -0") for index, name in enumerate(noise)
        ),
        *stepped,
        *(f"{rows[name]}[t] = {writer.text(value)}" for name, value in caused.items()),
        *_assigned(moved, map(writer.text, draft.updated)),
        "}",
        "if (first === 0) {",
        # The failing step does not belong to the path.
        f"{rows['factor']}[0] = i > (ended ? 1 : 0) ? {rows['factor']}[1] : 1",
        *(f"{rows[name]}[0] = 0" for name in caused if name != "factor"),
        "}",
        *_assigned([f"at[{index}]" for index in range(1 + len(moved))], ["i", *moved]),
        "return ended",
    ]
    used = {graph.nodes[value].operation for value in graph.ancestors([*wanted, *draft.beginning])}
    helpers = [f"const {name} = {text};" for name, text in emit.SCRIPT.environment.items() if name in used]
    body = [line if line.endswith(("{", "}")) else f"{line};" for line in lines]
    return "\n".join([*helpers, "export default function (numbers, at, last, normals, columns) {", *body, "}", ""])


def _constants(pairs: Iterable[tuple[str, str]]) -> str:
    return f"const {', '.join(f'{name} = {text}' for name, text in pairs)}"


def _assigned(names: list[str], texts: Iterable[str]) -> list[str]:
    """Gives all of ``names`` their values at once, as one that another takes its value from may be among them."""
    pairs = [(name, text) for name, text in zip(names, texts, strict=True) if name != text]
    copied = {text: f"u{index}" for index, (_, text) in enumerate(pairs) if text in names}
    return [
        *([_constants((copy, text) for text, copy in copied.items())] if copied else []),
        *(f"{name} = {copied.get(text, text)}" for name, text in pairs),
    ]


def _within(texts: Iterable[str], bound: float) -> str:
    return " && ".join(f"Math.abs({text}) <= {bound:g}" for text in texts)
