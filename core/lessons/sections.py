"""What a section is on a page that shows one of many: its introduction, demonstrations, a picture, its experiments.

A page declares its sections as a tuple of ``Section``; ``ui.panels.sections`` shows them. A section's ``key`` is all
that names it: its choice and its fold in the link, and the topic of the claims it shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.engine.findings import Plot
from core.evidence.experiments import EXPERIMENTS
from core.lessons.demo import Demo


@dataclass(frozen=True)
class Section:
    """One section: its heading, one or two sentences of introduction, a picture, and what opens below it.

    ``chip`` is its title in a word or two, and ``group`` what it acts on. ``demos`` run in the page's stage; a section
    without any shows its picture there. ``preview`` computes the picture from a run, within a few hundredths of a
    second and with at most three series of short names; ``alt`` says in words what it shows. ``formula`` is LaTeX,
    narrow enough for a phone; empty if there is none. ``experiments`` are keys of experiments that have a card in the
    section, in their order; those of its claims may be among them. ``code`` is a short program in PyTorch that prints
    and asserts what the section says; empty if there is none.
    """

    key: str
    title: str
    introduction: str
    preview: Callable[[], Plot]
    alt: str
    experiments: tuple[str, ...] = ()
    code: str = ""
    formula: str = ""
    chip: str = ""
    group: str = ""
    demos: tuple[Demo, ...] = ()


def picture_of(
    experiment: str, y_title: str, names: Mapping[str, str], settings: Mapping[str, float] | None = None
) -> Plot:
    """The picture of ``experiment``, of its series only those in ``names``, under the short names given there.

    ``y_title`` has room for three words. Raises ``ValueError`` for an experiment without a picture.
    """
    picture = EXPERIMENTS[experiment].run(settings).plot
    if picture is None:
        raise ValueError(f"Experiment {experiment} draws no picture.")
    series = {one.name: one for one in picture.series}
    kept = tuple(replace(series[name], name=short) for name, short in names.items())
    return replace(picture, y_title=y_title, series=kept)
