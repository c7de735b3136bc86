"""Commas in numbers that were pasted: where they are decimal ones, and the same numbers with a point."""

import re
from collections.abc import Iterable, Sequence

_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")


def has_comma(cell: str) -> bool:
    """Whether ``cell`` is a number with one comma in it."""
    return _COMMA.fullmatch(cell) is not None


def are_decimal(cells: Iterable[str]) -> bool:
    """Whether the commas in ``cells`` are decimal ones: one of them does not stand as one between thousands would."""
    return any("," in cell and has_comma(cell) and not _THOUSANDS.fullmatch(cell) for cell in cells)


def with_points(cells: Sequence[str]) -> list[str]:
    """``cells`` with a point for each decimal comma; as they are if one has a point, for it has then no such comma."""
    if any("." in cell for cell in cells):
        return list(cells)
    return [cell.replace(",", ".") if has_comma(cell) else cell for cell in cells]
