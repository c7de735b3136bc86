"""Tables and settings that a visitor can ask for and that are unlike the rest."""

from dataclasses import replace

from core.problems.batches.data import Pair, dataset
from core.problems.batches.own_data import own_data
from core.problems.batches.race import START, Settings

KNOWN = dataset("known_line").load()
MEASURED = dataset("diabetes").load()
SETTINGS = Settings(8, 0.05, 300, START, False, 0, "constant")


def table(text: str) -> Pair:
    """The first two columns of a pasted ``text``."""
    read = own_data(text)
    return read.pair(*list(read.columns)[:2])


CASES: dict[str, tuple[Pair, Settings]] = {
    "usual": (MEASURED.standardised(), replace(SETTINGS, batch=32)),
    "as measured": (MEASURED, replace(SETTINGS, rate=3e-4)),
    "diverging": (KNOWN, replace(SETTINGS, rate=0.7)),
    "diverging at once": (KNOWN, replace(SETTINGS, rate=1e6)),
    "far start": (KNOWN, replace(SETTINGS, start=(1e6, -1e6))),
    "one update": (KNOWN, replace(SETTINGS, updates=1)),
    "one at a time": (KNOWN, replace(SETTINGS, batch=1)),
    "two rows": (table("1,1\n2,3").standardised(), replace(SETTINGS, batch=2)),
    "perfect line": (table("1,2\n2,4\n3,6"), replace(SETTINGS, batch=2)),
    "start at the best": (KNOWN, replace(SETTINGS, start=(2.0, 1.0))),
    "huge": (table("1e12,1e12\n-1e12,5e11\n3e11,2"), replace(SETTINGS, batch=2, rate=1e-25)),
    "tiny": (table("1e-12,1e-12\n3e-12,5e-12\n2e-12,2e-12"), replace(SETTINGS, batch=2)),
    "far from zero": (table("\n".join(f"{1e11 + 400 * i},{i * i}" for i in range(9))), replace(SETTINGS, rate=1e-23)),
}
