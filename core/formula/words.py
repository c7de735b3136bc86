"""Words for sentences."""

from collections.abc import Collection


def listed(words: Collection[str]) -> str:
    """``words``, of which there is one at least, in a row: "a", "a and b", "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
