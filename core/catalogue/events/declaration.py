"""What the declaration of an event holds."""

from dataclasses import dataclass

from core.catalogue.optimizers import Training


@dataclass(frozen=True)
class Event:
    """Something in the history of gradient descent that is no rule of ``core.catalogue.optimizers``.

    ``year`` is that of the first public text, as for the rules, ``venue`` that of its publication if that came later.
    ``idea`` says what was new, ``consequence`` what came of it. An event that gave the lines of a rule another meaning
    names that ``rule`` by its key, and has a row of its own in the table of rules, with its own ``use`` and ``suits``.
    """

    key: str
    name: str
    year: int
    authors: str
    source: str
    idea: str
    consequence: str
    venue: int | None = None
    rule: str = ""
    use: str = ""
    suits: tuple[Training, ...] = ()

    @property
    def years(self) -> str:
        """The year, or both years as "2016 / 2017" if it came out in print later."""
        return str(self.year) if self.venue is None else f"{self.year} / {self.venue}"
