"""The words and signs of people who write formulas by habit, and their texts as tokens of the language."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from core.formula.errors import FormulaError
from core.formula.objective import MAX_NODES
from core.formula.syntax import Budget, parse_expression
from core.formula.tokens import Token, stray
from core.formula.tree import Expression, Span, names_in
from core.formula.vocabulary import CONSTANTS, FUNCTIONS, SYNONYMS
from core.formula.words import listed

# Functions that calculators have and the language writes with others; x and y stand for the arguments.
WRITTEN_OUT: Mapping[str, Expression] = MappingProxyType(
    {
        name: parse_expression(text, Budget(MAX_NODES))
        for name, text in {
            "log2": "log(x)/log(2)",
            "log10": "log(x)/log(10)",
            "lg": "log(x)/log(10)",
            "sec": "1/cos(x)",
            "csc": "1/sin(x)",
            "cot": "1/tan(x)",
            "cbrt": "sign(x)*abs(x)**(1/3)",
            "square": "x**2",
            "pow": "x**y",
            "frac": "x/y",
        }.items()
    }
)
ARITIES: Mapping[str, int] = MappingProxyType(
    {name: function.arity for name, function in FUNCTIONS.items()}
    | {name: len({*names_in(tree)}) for name, tree in WRITTEN_OUT.items()}
)
# How functions and constants may be spelled.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {spelled: name for name in ARITIES for spelled in (name, name.capitalize(), name.upper())}
    | {spelled: name for spelled, name in SYNONYMS.items() if name in ARITIES or name in CONSTANTS}
    | {name: name for name in CONSTANTS}
    | {"√": "sqrt", "∛": "cbrt", "π": "pi"}
)
# Other names for the variables, in their order; a text keeps to one family.
_FAMILIES = (
    ("w", "b"),
    *((f"{letter}{first}", f"{letter}{first + 1}") for letter in ("x", "w", "θ") for first in (1, 0)),
    ("θ",),
)
# Single characters that are typed or pasted for another one.
_ALIKE: Mapping[str, str] = MappingProxyType(
    dict.fromkeys("−–—‒﹣", "-")
    | dict.fromkeys("×·⋅∙∗•", "*")
    | dict.fromkeys("÷∕⁄", "/")
    | dict.fromkeys("∣│", "|")
    # Spaces of all widths, the invisible signs that formulas copied from a page hold, and the mark that begins a file.
    | dict.fromkeys("\u00a0\u2002\u2003\u2009\u200a\u202f\u200b\u2061\u2062\ufeff", " ")
)
_OPERATORS: Mapping[str, str] = MappingProxyType(
    {"≤": "<=", "≥": ">=", "≠": "!=", "[": "(", "{": "(", "]": ")", "}": ")", r"\cdot": "*", r"\times": "*"}
)
_TOKEN = re.compile(
    r"(?P<space>[ \t]+|\\(?:left|right)(?![A-Za-z])|\\[,;! ])"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<fraction>[¼-¾⅐-⅞])"
    r"|(?P<superscript>[⁺⁻]?(?:[⁰¹²³⁴-⁹]+[ˣʸ]?|[ˣʸ]))"
    r"|(?P<operator>\*\*|<=|>=|==|!=|\\cdot(?![A-Za-z])|\\times(?![A-Za-z])|[-+*/%^<>(),|≤≥≠\[\]{}])"
    r"|(?P<word>(?:\\|(?:np|numpy|math|Math|torch)\.)?(?P<letters>[A-Za-z]+|[√∛πθ])"
    r"(?P<index>_\{[0-9]+\}|\[[0-9]\]|_?[0-9]+|[₀-₉]+)?)"
)
_WORD = re.compile(r"(?P<letters>[A-Za-z]+|θ)(?P<index>_\{[0-9]+\}|_?[0-9]+|[₀-₉]+)?")
_HEADER = re.compile(r"\s*(?:(?P<name>[A-Za-z]\w*)\s*(?:\((?P<parameters>[^()=<>]*)\)\s*)?)?:?=(?!=)")


def typed_tokens(text: str, variables: tuple[str, ...]) -> list[Token]:
    """What ``text`` writes by habit behind its ``=`` as tokens, in which names are those of the language.

    Tokens of the kind ``superscript`` hold digits and letters, with a ``−`` before them if they are negative; a number
    may be a fraction such as ``1⁄2``. ``|``, which opens or closes, is an operator. Raises ``FormulaError``.
    """
    # What stands behind a semicolon is no part of the formula.
    plain = "".join(map(_plain, text)).partition(";")[0]
    start, families = _header(text, plain, variables)
    spellings = dict(_SPELLINGS)
    for name in {name for family in families for name in family}:
        spellings |= {name.upper(): name, name: name, re.sub("([0-9])$", r"[\1]", name): name}
    tokens = list(_words(text, plain, start, spellings))
    used = [token for token in tokens if any(token.text in family for family in (variables, *families))]
    for family in families:
        if all(token.text in family for token in used):
            names = dict(zip(family, variables, strict=False))
            return [token._replace(text=names.get(token.text, token.text)) for token in tokens]
    first = used[0].text
    near = next((family for family in families if first in family), variables)
    other = next(token for token in used if token.text not in near)
    message = f"The names {first} and {other.text} do not go together; use {listed(variables)}, and ^ for a power."
    raise FormulaError(message, text, *other.span)


def _plain(character: str) -> str:
    """``character`` without the font in which it was copied, and as the keyboard has it."""
    if unicodedata.decomposition(character).startswith(("<font>", "<wide>")):
        character = unicodedata.normalize("NFKC", character)
    return _ALIKE.get(character, character)


def _header(text: str, plain: str, variables: tuple[str, ...]) -> tuple[int, Sequence[tuple[str, ...]]]:
    """Where the formula begins behind ``y =`` or ``f(x) =``, and the families of names its variables may have."""
    size = len(variables)
    families = [variables, *(family[:size] for family in _FAMILIES)]
    match = _HEADER.match(plain)
    if match is None:
        return 0, families
    name, at = match["name"], match.start("name")
    if name in variables and match["parameters"] is None:
        message = f"{name} is a variable here; write only what stands on the right of the =."
        raise FormulaError(message, text, at, at + len(name))
    if name in _SPELLINGS or (name and re.search(rf"\b{name}\b", plain[match.end() :])):
        raise stray(text, plain.index("=", at))
    if match["parameters"] is None:
        return match.end(), families
    words = [_WORD.fullmatch(part.strip()) for part in match["parameters"].split(",")]
    parameters = tuple(_indexed(word) for word in words if word is not None)
    if len(parameters) != len(words) or not {*parameters}.isdisjoint(_SPELLINGS):
        message = f"Behind {name} stand the names of the variables, as in {name}({', '.join(variables)})."
        raise FormulaError(message, text, *match.span("parameters"))
    if len(parameters) > size:
        message = f"This has {len(parameters)} variables; at most {size} can be used here."
        raise FormulaError(message, text, *match.span("parameters"))
    return match.end(), [variables if {*parameters} <= {*variables} else parameters]


def _indexed(word: re.Match[str]) -> str:
    return word["letters"] + _digits(word)


def _words(text: str, plain: str, start: int, spellings: Mapping[str, str]) -> Iterator[Token]:
    """The tokens of ``plain[start:]``, in which names are words of the language or of no language."""
    at = start
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise stray(text, at)
        at = match.end()
        kind, span = match.lastgroup or "", Span(*match.span())
        if kind == "operator":
            yield Token(kind, _OPERATORS.get(match.group(), match.group()), span)
        elif kind == "word":
            indexed = spellings.get(_indexed(match))
            words = [(indexed, *match.span())] if indexed else _split(match, spellings)
            at = words[-1][2]
            for word, begin, end in words:
                yield Token("name", word, Span(begin, end))
        elif kind != "space":
            # ½ becomes 1⁄2, and superscripts digits with a − before them.
            kind = "number" if kind == "fraction" else kind
            yield Token(kind, unicodedata.normalize("NFKC", match.group()), span)
    yield Token("end", "", Span(len(text), len(text)))


def _split(match: re.Match[str], spellings: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """The words that are run together in ``match``, each with its place; the whole of it if they are none."""
    letters, offset, last = match["letters"], match.start("letters"), len(match["letters"])
    # By where they begin, from the end to the beginning.
    split: dict[int, list[tuple[str, int, int]]] = {last: []}
    for begin in reversed(range(last)):
        for end in range(last, begin, -1):
            word, stop = spellings.get(letters[begin:end]), offset + end
            if end == last and match["index"]:
                indexed = spellings.get(letters[begin:] + _digits(match))
                # Digits right behind a function are its argument.
                word, stop = (indexed, match.end()) if indexed else (word if word in ARITIES else None, stop)
            if word is not None and end in split:
                split[begin] = [(word, offset + begin, stop), *split[end]]
                break
    return split.get(0) or [(letters + _digits(match), *match.span())]


def _digits(word: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", word["index"] or "").strip("_{}")
