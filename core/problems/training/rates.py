"""What a schedule multiplies the learning rate by while a network trains."""

from collections.abc import Callable, Mapping

import numpy as np

from core.catalogue.schedules import Schedule
from core.formula.update_source import array_lines, compiled_scope, function_source, tuple_source


def factors(schedule: Schedule, steps: int, settings: Mapping[str, float]) -> Callable[[int, float], float]:
    """The factor of step ``t`` (from 1) as a function of ``t`` and the loss before it, to be asked once for each step.

    Only a schedule that follows the loss looks at it. ``settings`` gives every hyperparameter a value.
    """
    if not schedule.follows_loss:
        known = schedule.factors(steps, settings)
        return lambda t, loss: float(known[t - 1])
    rule = schedule.parsed
    lines = array_lines(rule, "numpy")
    given = [np.float64(settings[name]) for name in rule.hypers]
    text = "\n\n\n".join(
        [
            function_source("start", rule.hypers, lines.start, tuple_source(rule.state)),
            function_source(
                "follow",
                ["t", "T", "loss", *rule.hypers, *rule.state],
                lines.update,
                tuple_source(["factor", *rule.state]),
            ),
        ]
    )
    scope = compiled_scope(text, {"np": np})
    kept = [np.float64(number) for number in scope["start"](*given)]

    def follow(t: int, loss: float) -> float:
        with np.errstate(all="ignore"):
            factor, *after = scope["follow"](np.float64(t), np.float64(steps), np.float64(loss), *given, *kept)
        kept[:] = after
        return float(factor)

    return follow
