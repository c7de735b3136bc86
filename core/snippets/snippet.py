"""What a snippet is: Python that runs as it stands, with the traps that it avoids."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """One tab of code: ``title`` of the tab, an introduction of one sentence, ``notes`` (traps), and the ``code``.

    The code is a whole file: it needs only torch, prints a few lines, and asserts what it claims.
    """

    key: str
    title: str
    introduction: str
    notes: tuple[str, ...]
    code: str
