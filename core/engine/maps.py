"""Many runs as a program in JavaScript, of which only the ends are kept, as by ``trace_many``: a row of a map."""

from dataclasses import dataclass
from functools import lru_cache

from core.engine.program import coordinates, drafted, hoisted, names_of
from core.engine.run import Run
from core.engine.script import SHARED, SwitchedGradient, assigned, constants, content_id, drawn, judged, module
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
    oracle = SwitchedGradient(objective, drawn_inputs, graph.input("clip_norm"))
    draft = drafted(graph, rule, schedule, oracle)
    points, states, noise = draft.points, draft.states, names_of(graph, drawn_inputs)
    loss_value = oracle.loss(graph, draft.point)
    numbers = [*SHARED, "lr", *draft.settings, *points]
    varied = numbers[along]
    row = {name for name in numbers if name not in (*points, varied)}
    # What a row has in common, what every step of it has, and what every run has.
    fixed = (row, {*row, "t", *noise}, {*row, varied} - {*points})
    writer, (common, stepwise, own, rest) = hoisted(graph, [loss_value, *draft.updated], emit.SCRIPT, *fixed)
    shared, each_step, each_run = map(writer.statements, (common, stepwise, own))
    early = set(graph.ancestors([loss_value]))
    looked = writer.statements([value for value in rest if value in early])
    stepped = writer.statements([value for value in rest if value not in early])
    asked = {argument for value in rest for argument in graph.nodes[value].arguments} | set(draft.updated)
    # Powers of t, for one, would take half of the time of a map if every run computed them.
    tabled = [writer.text(value) for value in stepwise if value in asked]
    places = [f"table[{len(tabled)}*i + {index}]" for index in range(len(tabled))]
    starter = emit.Writer(graph, draft.beginning, emit.SCRIPT)
    begun = starter.statements()
    loss = writer.text(loss_value)
    last = [f"b_{index}" for index in range(len(points))]
    starts = [f"{name} = {'along[c]' if name == varied else f'numbers[{numbers.index(name)}]'}" for name in points]
    results = {**{f"x{index}": name for index, name in enumerate(last)}, "loss": "value", "best": "best"}
    results |= {"step": "ended ? i : -1", "outcome": "ended"}
    lines = [
        constants((name, f"numbers[{index}]") for index, name in enumerate(numbers) if name in row),
        *shared,
        *(
            [
                f"const table = new Float64Array({len(tabled)}*T)",
                "for (let i = 0; i < T; i++) {",
                "const t = i + 1",
                *drawn(noise),
                *each_step,
                *(f"{place} = {text}" for place, text in zip(places, tabled, strict=True)),
                "}",
            ]
            if tabled
            else []
        ),
        "for (let c = 0; c < along.length; c++) {",
        *([] if varied in points else [f"const {varied} = along[c]"]),
        f"let {', '.join(['i = 0, ended = 0, best = Infinity, value = NaN', *starts, *states])}",
        *begun,
        *assigned(states, map(starter.text, draft.beginning)),
        f"let {', '.join(f'{name} = {point}' for name, point in zip(last, points, strict=True))}",
        *each_run,
        "for (;; i++) {",
        *looked,
        *judged(points, loss),
        # A start that fails has nothing before it.
        f"if (i === 0) value = {loss}",
        "break",
        "}",
        *assigned([*last, "value"], [*points, loss]),
        "if (value < best) best = value",
        "if (!(i < T)) break",
        *([constants(zip(tabled, places, strict=True))] if tabled else []),
        *stepped,
        *assigned([*points, *states], map(writer.text, draft.updated)),
        "}",
        *(f"columns[{index}][c] = {text}" for index, text in enumerate(results.values())),
        "}",
    ]
    parameters = ("numbers", "along", "normals", "columns")
    source = module(graph, [loss_value, *draft.updated, *draft.beginning], parameters, lines)
    return MapScript(source, content_id(source), tuple(results))
