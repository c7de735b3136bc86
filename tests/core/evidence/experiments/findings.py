"""What experiments find: each is asked once, however many tests look at its answer."""

from functools import cache

from core.engine.findings import Finding
from core.evidence.experiments import EXPERIMENTS


def ask(experiment: str, **settings: float) -> Finding:
    """What ``experiment`` finds at ``settings``; what is missing takes its default, and so need not be given."""
    defaults = {hyper.name: hyper.default for hyper in EXPERIMENTS[experiment].settings}
    given = {name: value for name, value in settings.items() if value != defaults.get(name)}
    return _finding(experiment, frozenset(given.items()))


@cache
def _finding(experiment: str, settings: frozenset[tuple[str, float]]) -> Finding:
    return EXPERIMENTS[experiment].run(dict(settings))
