"""A run as a program in JavaScript, written from the same step as the loop in Python, and the numbers it is given."""

from dataclasses import dataclass
from functools import lru_cache

from core.engine.gradients import noise_table
from core.engine.program import Draft, coordinates, drafted, hoisted, names_of
from core.engine.run import Run
from core.engine.script import SHARED, SwitchedGradient, assigned, constants, content_id, drawn, judged, module
from core.formula import Formula, Rule, emit
from core.formula.emit import Input
from core.formula.graph import Graph, Value
from core.formula.lower import Values


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


@lru_cache(maxsize=256)
def script(objective: Formula, rule: Rule, schedule: Rule, velocity: str, lines: bool = False) -> Script:
    """The program of ``rule`` under ``schedule`` on ``objective``; ``velocity`` is a name that the rule assigns.

    With ``lines`` it records what each line of the rule assigns.
    """
    graph = Graph()
    noise = coordinates(graph, Input.NOISE, objective)
    oracle = SwitchedGradient(objective, noise, graph.input("clip_norm"), graph.input("t"))
    draft = drafted(graph, rule, schedule, oracle)
    gradient = objective.gradient_at(graph, draft.point)
    seen = _columns("x", draft.point) | {"loss": objective.value_at(graph, draft.point), "norm": graph.norm(gradient)}
    seen |= _columns("g", gradient)
    caused = {"factor": draft.planned.names["factor"][0], **_columns("v", draft.step.names.get(velocity, ()))}
    if lines:
        for of, values in draft.step.sources.items():
            caused |= _columns(f"{of}.", values)
    source = _source(draft, names_of(graph, noise), seen, caused)
    size = 1 + len(draft.points) + len(draft.states)
    return Script(source, content_id(source), (*seen, *caused), size)


def _columns(prefix: str, values: Values) -> dict[str, Value]:
    return {f"{prefix}{index}": value for index, value in enumerate(values)}


def _source(draft: Draft, noise: list[str], seen: dict[str, Value], caused: dict[str, Value]) -> str:
    """A module whose function records ``seen`` before each step and ``caused`` after it (see ``Script``)."""
    graph, points = draft.graph, draft.points
    moved = [*points, *draft.states]
    numbers = [*SHARED, "lr", *draft.settings]
    wanted = [*seen.values(), *caused.values(), *draft.updated]
    writer, (constant, rest) = hoisted(graph, wanted, emit.SCRIPT, numbers)
    before = writer.statements(constant)
    early = set(graph.ancestors(seen.values()))
    looked = writer.statements([value for value in rest if value in early])
    stepped = writer.statements([value for value in rest if value not in early])
    starter = emit.Writer(graph, draft.beginning, emit.SCRIPT)
    begun = starter.statements()
    rows = {name: f"c_{index}" for index, name in enumerate([*seen, *caused])}
    lines = [
        constants((name, f"numbers[{index}]") for index, name in enumerate(numbers)),
        constants((row, f"columns[{index}]") for index, row in enumerate(rows.values())),
        "const first = at[0]",
        f"let i = first, ended = 0, {', '.join(f'{name} = at[{index}]' for index, name in enumerate(moved, 1))}",
        "if (first === 0) {",
        *begun,
        *assigned(draft.states, map(starter.text, draft.beginning)),
        "}",
        *before,
        "for (;; i++) {",
        *looked,
        *(f"{rows[name]}[i] = {writer.text(value)}" for name, value in seen.items()),
        *judged(points, writer.text(seen["loss"])),
        "break",
        "}",
        "if (!(i < last)) break",
        "const t = i + 1",
        *drawn(noise),
        *stepped,
        *(f"{rows[name]}[t] = {writer.text(value)}" for name, value in caused.items()),
        *assigned(moved, map(writer.text, draft.updated)),
        "}",
        "if (first === 0) {",
        # The failing step does not belong to the path.
        f"{rows['factor']}[0] = i > (ended ? 1 : 0) ? {rows['factor']}[1] : 1",
        *(f"{rows[name]}[0] = 0" for name in caused if name != "factor"),
        "}",
        *assigned([f"at[{index}]" for index in range(1 + len(moved))], ["i", *moved]),
        "return ended",
    ]
    return module(graph, [*wanted, *draft.beginning], ("numbers", "at", "last", "normals", "columns"), lines)
