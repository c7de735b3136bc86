"""What the declaration of an event holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Something in the history of gradient descent that is no rule of ``core.catalogue.optimizers``.

    ``year`` is that of the first public text, as for the rules, ``venue`` that of its publication if that came later.
    ``idea`` says what was new, ``consequence`` what came of it.
    """

    key: str
    name: str
    year: int
    authors: str
    source: str
    idea: str
    consequence: str
    venue: int | None = None

    @property
    def years(self) -> str:
        """The year, or both years as "2016 / 2017" if it came out in print later."""
        return str(self.year) if self.venue is None else f"{self.year} / {self.venue}"
