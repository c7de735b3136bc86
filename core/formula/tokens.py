"""Text to tokens, and what to say about a character that is none of the language's."""

import re
from typing import NamedTuple

from core.formula.errors import FormulaError
from core.formula.tree import Span

_TOKEN = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator>\*\*|<=|>=|==|!=|[-+*/%^<>(),])"
)
# Characters that are typed or pasted for something the language has, and what that is.
_INSTEAD = {
    "−": "-",
    "–": "-",
    "×": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "²": "**2",
    "³": "**3",
    "√": "sqrt",
    "π": "pi",
    "ℯ": "e",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "θ": "x",
    "α": "lr",
    "β": "beta",
    "ε": "eps",
}


class Token(NamedTuple):
    """A word of the language; ``kind`` is number, name, operator or end."""

    kind: str
    text: str
    span: Span


def tokens_of(text: str, start: int, stop: int) -> list[Token]:
    """The tokens of ``text[start:stop]`` and an end. Raises ``FormulaError`` at a character that begins none."""
    tokens: list[Token] = []
    at = start
    while at < stop:
        match = _TOKEN.match(text, at, stop)
        if match is None:
            raise stray(text, at)
        at = match.end()
        if match.lastgroup is not None and match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group(), Span(match.start(), at)))
    tokens.append(Token("end", "", Span(stop, stop)))
    return tokens


def stray(text: str, at: int) -> FormulaError:
    """What to say about the character at ``at``, which begins no token."""
    character = text[at]
    instead = _INSTEAD.get(character, "")
    if character == "=":
        message = "An = is not part of an expression; write only what stands on its right, or == to compare."
    elif character == "!":
        message = "There are no factorials here, and a ! only appears in !=."
    elif character == ".":
        message = "A point only appears inside a number, as in 0.5; nothing here has attributes."
    elif character in "[]{}":
        message = f"The only brackets here are round ones; write {instead} for {character}."
    elif character == "|":
        message = "Bars are not allowed; write abs(x) for an absolute value."
    elif instead:
        message = f"The character {character} is not allowed; write {instead}."
    elif character.isprintable() and not character.isspace():
        message = f"The character {character} is not allowed; use letters a–z, digits and + - * / ** ^ % ( ) , . < >."
    else:
        message = f"The invisible character U+{ord(character):04X} is not allowed."
    return FormulaError(message, text, at, at + 1, instead)
