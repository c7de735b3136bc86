"""The one error of the formula language: a sentence a visitor understands, and the place it speaks of."""

import unicodedata

# Columns of a pointer at most.
_WIDTH = 120


class FormulaError(ValueError):
    """A text that is not a formula or a rule.

    ``message`` is one plain sentence. ``start`` and ``end`` delimit the place in ``text``, as character positions
    from 0, ``end`` exclusive. ``suggestion`` is what was probably meant there, or empty. ``readings`` are the formulas
    that the whole text could mean, where it could mean two.
    """

    def __init__(
        self, message: str, text: str, start: int, end: int, suggestion: str = "", readings: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = max(0, min(start, len(text)))
        self.end = max(self.start, min(end, len(text)))
        self.suggestion = suggestion
        self.readings = readings

    def pointer(self) -> str:
        """The line in question with carets under the place, for a monospaced font."""
        begin = self.text.rfind("\n", 0, self.start) + 1
        # A long line is cut around the place, so that the carets stay on the screen.
        begin = max(begin, self.start - _WIDTH // 2)
        line = self.text[begin : begin + _WIDTH].partition("\n")[0].replace("\t", " ")
        # Anything that is not one column wide would push the carets away from their place.
        line = "".join(character if _is_one_column(character) else "?" for character in line)
        column = self.start - begin
        carets = "^" * max(1, min(self.end - begin, len(line)) - column)
        return f"{line}\n{' ' * column}{carets}"


def _is_one_column(character: str) -> bool:
    """Whether ``character`` takes one column of a monospaced font, in the order of the text."""
    if " " <= character <= "~":
        return True
    return (
        character.isprintable()
        and unicodedata.category(character)[0] != "M"
        and unicodedata.bidirectional(character) in ("L", "EN", "ES", "ET", "ON")
        and unicodedata.east_asian_width(character) not in ("W", "F")
    )
