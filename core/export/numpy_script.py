"""A run as a script that needs nothing but NumPy."""

from textwrap import indent

from core.engine.gradients import CLIP_EPSILON
from core.engine.run import Run
from core.export.script import (
    Facts,
    Parts,
    asked,
    box,
    ending,
    facts,
    is_curved,
    moment,
    parts_mean,
    returned,
    script,
    setting_names,
    settings,
    watch,
)
from core.export.straight import gradient_source, hessian_source
from core.formula.helper_source import HELPERS
from core.formula.source import is_literal, python_source
from core.formula.torch_class import oracles
from core.formula.update_source import array_lines, function_source, start_reads, tuple_source

# What the script itself calls things.
_OWN = (
    *("start", "steps", "T", "clip_norm", "noise", "seed", "objective", "gradient", "hessian", "begin", "update"),
    *("schedule", "memory", "factor", "x", "step", "t", "drawn", "loss", "asserted", "np", "math"),
    *("part", "moment", "low", "high"),
)


def numpy_script(run: Run) -> str:
    """The source of a script that takes the steps of ``run`` and asserts the loss they lead to.

    It needs only NumPy: derivatives are written out. A run that diverged is exported up to the step before.
    """
    return script(facts(run), parts(run, is_curved(run)))


def parts(run: Run, curved: bool) -> Parts:
    """The script of ``run`` in parts; ``curved`` says whether second derivatives are among them."""
    known = facts(run)
    rule = run.resolved_optimizer.parsed
    names = setting_names(rule.hypers, _OWN)
    counts = "T" in rule.reads or (_scheduled(run) and "T" in run.resolved_schedule.parsed.reads)
    return Parts(
        ("NumPy",),
        ("import math", "import numpy as np"),
        '# Where a number overflows or is undefined it becomes inf or nan, without a warning.\nnp.seterr(all="ignore")',
        tuple(_objective(run, curved)),
        "\n".join([*settings(known, names, "np.float64({0})", counts), *box(run, "{0}")]),
        tuple(_functions(run)),
        "\n".join(_loop(known, names)),
        "\n".join(
            [
                "loss = objective(*x)",
                'print(f"After {steps} steps: x = {x.tolist()}, loss = {loss}")',
                *ending(known),
            ]
        ),
    )


def _scheduled(run: Run) -> bool:
    return run.schedule != "constant"


def _objective(run: Run, curved: bool) -> list[str]:
    """The objective, its gradient if the rule asks for it, and its second derivatives if ``curved``."""
    formula = run.resolved_objective.parsed
    text = python_source(formula.tree, "numpy")
    # Python's own numbers would raise where NumPy's become inf or nan.
    text = f"np.float64({text})" if is_literal(formula.tree) else text
    body = indent("\n".join(returned(text)), "    ")
    named = "part" if formula.timed else "objective"
    written = [f"def {named}({', '.join(formula.parameters)}):\n{body}"]
    written += [parts_mean(formula, "np.float64({0})")] if formula.timed else []
    written += [gradient_source(formula)] if _is_sloped(run) else []
    return written + ([hessian_source(formula)] if curved else [])


def _is_sloped(run: Run) -> bool:
    rule = run.resolved_optimizer.parsed
    return "g" in rule.reads or bool({"grad", "newton_direction"} & set(oracles(rule)))


def _functions(run: Run) -> list[str]:
    formula, rule = run.resolved_objective.parsed, run.resolved_optimizer.parsed
    lines = array_lines(rule, "numpy")
    named, point = oracles(rule), _given_point(run)
    written = [_grad(run)] if _is_sloped(run) else []
    if "value" in named:
        written.append(f"def value(point):\n    return {asked(run, 'point')}")
    if "hessian_diag" in named:
        written.append(f"def hessian_diag(point):\n    return np.diag(hessian({point}))")
    if "newton_direction" in named:
        written.append(_NEWTON[len(formula.variables)].format(point=point))
    written += [HELPERS["numpy"][name].rstrip() for name in lines.helpers]
    if rule.state:
        begun = ['"""What the rule remembers at first."""', *lines.start]
        written.append(function_source("begin", ["x", *start_reads(rule)], begun, tuple_source(rule.state)))
    given = [name for name in ("g", "loss", "t", "T") if name in rule.reads]
    docstring = '"""One step of the rule."""'
    parameters = ["x", *given, *rule.hypers, *rule.state]
    written.append(function_source("update", parameters, [docstring, *lines.update], ", ".join(["x", *rule.state])))
    if _scheduled(run):
        written.append(_schedule(run))
    return written


def _given_point(run: Run) -> str:
    """The arguments of a function that computes the objective for one step."""
    return "*point, moment" if run.resolved_objective.parsed.timed else "*point"


def _grad(run: Run) -> str:
    """The function ``grad``: the gradient as the run's settings make it."""
    docstring = '"""The gradient that the rule is given."""'
    noisy = f"gradient({_given_point(run)}){' + drawn' if run.noise > 0 else ''}"
    if run.clip_norm is None:
        return function_source("grad", ["point"], [docstring], noisy)
    factor = f"np.minimum(clip_norm/(np.linalg.norm(found) + {CLIP_EPSILON!r}), 1)"
    return function_source("grad", ["point"], [docstring, f"found = {noisy}"], f"found*{factor}")


# Cramer's rule, for one and for two variables.
_NEWTON = {
    1: """\
def newton_direction(point, damping):
    return grad(point)/(hessian({point})[0] + damping)""",
    2: """\
def newton_direction(point, damping):
    p, q = grad(point)
    (a, b), (_, d) = hessian({point}) + damping*np.eye(2)
    return np.array([d*p - b*q, a*q - b*p])/(a*d - b*b)""",
}


def _schedule(run: Run) -> str:
    """The function ``schedule``: the factor on the learning rate, and what it remembers."""
    schedule, values = run.resolved_schedule, run.schedule_settings
    rule = schedule.parsed
    given = [name for name in ("loss", "t", "T") if name in rule.reads]
    fixed = [f"{name}=np.float64({values[name]!r})" for name in rule.hypers]
    parameters = [*given, *rule.state, *(["*", *fixed] if fixed else [])]
    docstring = f'"""The factor on lr: {schedule.name.lower()}."""'
    lines = [docstring, *array_lines(rule, "numpy").update]
    return function_source("schedule", parameters, lines, ", ".join(["factor", *rule.state]))


def _loop(known: Facts, names: dict[str, str]) -> list[str]:
    run = known.run
    rule = run.resolved_optimizer.parsed
    hypers = [names[name] for name in rule.hypers]
    lines = ["x = np.array(start)"]
    if rule.state:
        lines.append(f"state = begin({', '.join(['x', *(names[name] for name in start_reads(rule))])})")
    body = [*watch(known, "step - 1", "objective(*x)"), *moment(run, "np.float64({0})")]
    if "t" in rule.reads or (_scheduled(run) and "t" in run.resolved_schedule.parsed.reads):
        body.append("t = np.float64(step)")
    if run.noise > 0:
        body.append("drawn = noise*np.random.default_rng((seed, step)).standard_normal(len(x))")
    given = {"g": "grad(x)", "loss": asked(run, "x"), "t": "t", "T": "T"}
    if _scheduled(run):
        parsed = run.resolved_schedule.parsed
        arguments = [given[name] for name in ("loss", "t", "T") if name in parsed.reads]
        if parsed.state:
            lines.append(f"memory = [{', '.join(_start_values(run))}]")
        memory = ["*memory"] if parsed.state else []
        body.append(f"{', '.join(['factor', *memory])} = schedule({', '.join([*arguments, *memory])})")
        hypers[0] = f"factor*{hypers[0]}"
    kept = ["*state"] if rule.state else []
    arguments = ["x", *(given[name] for name in given if name in rule.reads), *hypers, *kept]
    body.append(f"{', '.join(['x', *kept])} = update({', '.join(arguments)})")
    if run.resolved_objective.parsed.box is not None:
        body.append("x = np.clip(x, low, high)")
    return [*lines, "for step in range(1, steps + 1):", indent("\n".join(body), "    ")]


def _start_values(run: Run) -> list[str]:
    """The values that a schedule's memory starts with."""
    rule = run.resolved_schedule.parsed
    return [line.partition(" = ")[2] for line in array_lines(rule, "numpy").start]
