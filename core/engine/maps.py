"""Many runs as a program in JavaScript, of which only the ends are kept, as by ``trace_many``: a row of a map."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.engine.program import coordinates, drafted, hoisted, names_of
from core.engine.run import Run
from core.engine.script import SHARED, SwitchedGradient, constants, content_id, drawn, judged, module
from core.formula import Formula, Rule, emit
from core.formula.emit import Input
from core.formula.graph import Graph


@dataclass(frozen=True)
class MapScript:
    """The text of an ES module that runs one row of a map; ``id`` is its content's.

    A map is a grid of runs in which two numbers vary: coordinates of the start, hyperparameters, or one of each. In a
    row only one of them does. The module exports a function, ``row(numbers, along, normals, columns)``:

    - ``numbers`` are those of a ``Live`` and then the start. The one that varies is not looked at.
    - ``along`` is a ``Float64Array`` of what to put in its place, run by run.
    - ``normals`` holds the numbers of ``core.engine.live.normals`` for all steps; without noise it may be empty.
    - ``columns`` is an array of ``Float64Array``, one for each name in ``columns``, as long as ``along``: ``x0`` and
      ``x1``, ``loss``, ``best`` and ``step`` are the ``x``, ``loss``, ``best_loss`` and ``diverged_at`` of ``Many``,
      and ``outcome`` is 0 where a run took its steps, 1 where it diverged, 2 where it became undefined.
    """

    source: str
    id: str
    columns: tuple[str, ...]


def map_script(run: Run, along: int) -> MapScript:
    """The program for rows of maps of ``run`` along which that of its numbers varies which has the place ``along``.

    The steps are those of ``trace_many``: bit for bit where objective, rule and schedule only use + − × ÷ √, min, max
    and floor, to rounding otherwise. Raises ``ValueError`` where the place is that of no start or hyperparameter.
    """
    optimizer, schedule = run.resolved_optimizer.parsed, run.resolved_schedule.parsed
    last = len(SHARED) + len(optimizer.hypers) + len(schedule.hypers) + len(run.start) - 1
    if not len(SHARED) <= along <= last:
        raise ValueError(f"along must lie in [{len(SHARED)}, {last}]; {along} was given.")
    return row_script(run.resolved_objective.parsed, optimizer, schedule, along)


@lru_cache(maxsize=256)
def row_script(objective: Formula, rule: Rule, schedule: Rule, along: int) -> MapScript:
    """``map_script`` of the parsed texts of a run."""
    graph = Graph()
    drawn_inputs = coordinates(graph, Input.NOISE, objective)
    oracle = SwitchedGradient(objective, drawn_inputs, graph.input("clip_norm"), graph.input("t"))
    draft = drafted(graph, rule, schedule, oracle)
    points, moved, noise = draft.points, [*draft.points, *draft.states], names_of(graph, drawn_inputs)
    value = objective.value_at(graph, draft.point)
    numbers = [*SHARED, "lr", *draft.settings, *points]
    varied = numbers[along]
    row = [name for name in numbers if name not in (*points, varied)]
    # Powers of t, for one, would take half of the time of a map if every run computed them.
    fixed = (row, {*row, "t", *noise})
    writer, (common, stepwise, rest) = hoisted(graph, [value, *draft.updated], emit.SCRIPT, *fixed)
    before, each_step = writer.statements(common), writer.statements(stepwise)
    early = set(graph.ancestors([value]))
    looked = writer.statements([one for one in rest if one in early])
    stepped = writer.statements([one for one in rest if one not in early])
    starter = emit.Writer(graph, draft.beginning, emit.SCRIPT)
    begun = starter.statements()
    loss = writer.text(value)
    names = (*(f"x{axis}" for axis in range(len(points))), "loss", "best", "step", "outcome")
    columns = {name: f"c_{index}[c]" for index, name in enumerate(names)}
    kept = [f"b_{index}[c]" for index in range(len(moved))]
    own = [] if varied in points else [(varied, "along[c]")]
    starts = [(name, "along[c]" if name == varied else f"numbers[{numbers.index(name)}]") for name in points]
    reached = _stored([columns[name] for name in names[: len(points) + 1]], [*points, loss])
    lines = [
        constants((name, f"numbers[{numbers.index(name)}]") for name in row),
        constants((f"c_{index}", f"columns[{index}]") for index in range(len(names))),
        constants((f"b_{index}", "new Float64Array(along.length)") for index in range(len(moved))),
        "let ended = 0",
        *before,
        "for (let c = 0; c < along.length; c++) {",
        constants([*own, *starts]),
        *begun,
        *_stored(kept, [*points, *map(starter.text, draft.beginning)]),
        *_stored([columns["best"], columns["step"], columns["outcome"]], ["Infinity", "-1", "0"]),
        "}",
        # Step by step, not run by run: the runs do not wait for one another, so a processor takes several at once.
        "for (let i = 0; i <= T; i++) {",
        "const t = i + 1",
        *drawn(noise),
        *each_step,
        "for (let c = 0; c < along.length; c++) {",
        f"if ({columns['step']} >= 0) continue",
        constants([*own, *zip(moved, kept, strict=True)]),
        *looked,
        *judged(points, loss),
        *_stored([columns["step"], columns["outcome"]], ["i", "ended"]),
        # A start that fails has nothing before it.
        *(f"if (i === 0) {line}" for line in reached),
        "continue",
        "}",
        *reached,
        f"if ({loss} < {columns['best']}) {columns['best']} = {loss}",
        *stepped,
        *_stored(kept, map(writer.text, draft.updated)),
        "}",
        "}",
    ]
    parameters = ("numbers", "along", "normals", "columns")
    source = module(graph, [value, *draft.updated, *draft.beginning], parameters, lines)
    return MapScript(source, content_id(source), names)


def _stored(places: Iterable[str], texts: Iterable[str]) -> list[str]:
    return [f"{place} = {text}" for place, text in zip(places, texts, strict=True)]
