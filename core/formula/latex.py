"""Trees as LaTeX, in the order in which they are written: with symbols, or with a step's numbers put in."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number
from core.formula.vocabulary import CONSTANT_LATEX, RULE_FUNCTIONS
from core.formula.words import decimal

# How tightly a text holds together, from loosest to tightest.
SUM, MOD, PRODUCT, SIGN, POWER, ATOM = range(6)

_COMPARISONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_GREEK = frozenset(
    [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
        "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
        "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega",
    ]
)  # fmt: skip
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde"}
# The same in plain text, after the letter.
_COMBINING = {"hat": "\N{COMBINING CIRCUMFLEX ACCENT}", "bar": "\N{COMBINING MACRON}", "tilde": "\N{COMBINING TILDE}"}
_WORDS = {"inf": r"\infty", "max": r"\max", "min": r"\min"}


class Piece(NamedTuple):
    """LaTeX and how tightly it holds together."""

    latex: str
    tightness: int


def symbol(name: str, index: str = "", primes: str = "") -> str:
    """``name`` as LaTeX: ``m_hat`` with a hat, ``beta1`` as β₁, ``rho_inf`` as ρ∞, longer words upright.

    A time ``index`` follows the subscripts that the name has itself; ``primes`` follow the letter.
    """
    stem, *parts = name.strip("_").split("_")
    below: list[str] = []
    if (match := re.fullmatch(r"([A-Za-z]+)([0-9]+)", stem)) is not None:
        stem = match[1]
        below.append(match[2])
    latex = _word(stem)
    for part in parts:
        if part in _ACCENTS:
            latex = f"{_ACCENTS[part]}{{{latex}}}"
        elif part:
            plain = part.isdigit() or len(part) == 1
            below.append(_WORDS.get(part, part if plain else rf"\text{{{part}}}"))
    if index:
        below.append(index)
    return f"{latex}{primes}_{{{','.join(below)}}}" if below else f"{latex}{primes}"


def plain_symbol(name: str) -> str:
    """``name`` in plain text, where there is no LaTeX: ``m_hat`` with a hat, Greek letters as such."""
    stem, *parts = name.strip("_").split("_")
    if stem in _GREEK:
        case = "SMALL" if stem.islower() else "CAPITAL"
        stem = unicodedata.lookup(f"GREEK {case} LETTER {stem.upper().replace('LAMBDA', 'LAMDA')}")
    return stem + "".join(_COMBINING.get(part, f"_{part}") for part in parts)


def _word(stem: str) -> str:
    if stem in _GREEK:
        return f"\\{stem}"
    if stem == "eps":
        return r"\epsilon"
    return stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


def variable(name: Name) -> Piece:
    """A name as in a formula without a time index."""
    return Piece(CONSTANT_LATEX.get(name.name) or symbol(name.name), ATOM)


def expression_latex(
    tree: Expression,
    leaf: Callable[[Name], Piece] = variable,
    call: Callable[[Call], Piece | None] = lambda call: None,
    mark: Callable[[Name, Piece], Piece] = lambda name, piece: piece,
) -> str:
    """``tree`` as LaTeX. Signs of multiplication appear only where digits would touch.

    ``leaf`` writes the names, ``call`` those calls for which it does not return ``None``. ``mark`` is given each name
    as it is written, with the power that it is raised to.
    """
    return _Printer(leaf, call, mark).piece(tree).latex


class _Printer:
    def __init__(
        self,
        leaf: Callable[[Name], Piece],
        call: Callable[[Call], Piece | None],
        mark: Callable[[Name, Piece], Piece],
    ) -> None:
        self.leaf = leaf
        self.call = call
        self.mark = mark

    def piece(self, tree: Expression) -> Piece:
        match tree:
            case Number():
                return number(tree.text)
            case Name():
                return self.mark(tree, self.leaf(tree))
            case Negative():
                return Piece(f"-{_after_sign(self.piece(tree.operand), PRODUCT)}", SIGN)
            case Compare():
                left, right = self.piece(tree.left), self.piece(tree.right)
                return Piece(f"{left.latex} {_COMPARISONS[tree.operator]} {right.latex}", SUM)
            case Call():
                return self.call(tree) or _function(tree.function, [self.piece(part) for part in tree.arguments])
            case Binary(operator="**"):
                return self.power(tree.left, self.piece(tree.right))
            case Binary():
                return _arithmetic(tree.operator, self.piece(tree.left), self.piece(tree.right))

    def power(self, base: Expression, exponent: Piece) -> Piece:
        if isinstance(base, Call) and self.call(base) is None:
            named = RULE_FUNCTIONS[base.function].latex
            if "{0}" not in named and base.function != "exp":
                # sin⁻¹ would be read as the arc sine.
                if exponent.latex.startswith("-"):
                    return Piece(rf"\left({self.piece(base).latex}\right)^{{{exponent.latex}}}", POWER)
                (argument,) = (self.piece(part) for part in base.arguments)
                return Piece(rf"{named.format()}^{{{exponent.latex}}}\left({argument.latex}\right)", POWER)
        if isinstance(base, Name):
            raised = _within(self.leaf(base), ATOM)
            # A prime is a superscript itself, and a second one is an error.
            raised = f"{{{raised}}}" if "'" in raised else raised
            return self.mark(base, Piece(rf"{raised}^{{{exponent.latex}}}", POWER))
        return Piece(rf"{_within(_closed(self.piece(base)), ATOM)}^{{{exponent.latex}}}", POWER)


def _arithmetic(operator: str, left: Piece, right: Piece) -> Piece:
    if operator != "/":
        left = _closed(left)
    match operator:
        case "+":
            return Piece(f"{left.latex} + {_after_sign(right)}", SUM)
        case "-":
            return Piece(f"{left.latex} - {_after_sign(right, PRODUCT)}", SUM)
        case "/":
            return Piece(rf"\frac{{{left.latex}}}{{{right.latex}}}", PRODUCT)
        case "%":
            return Piece(rf"{_within(left, MOD)} \bmod {_within(right, POWER)}", MOD)
        case _:
            first, second = _within(left, PRODUCT), _within(right, PRODUCT if right.tightness == PRODUCT else POWER)
            touching = second[:1].isdigit() or second[:1] == "." or r"\cdot" in first + second
            touching = touching or (second.startswith(r"\frac") and first[-1:].isdigit())
            return Piece(rf"{first} \cdot {second}" if touching else rf"{first}\,{second}", PRODUCT)


def _closed(piece: Piece) -> Piece:
    """Cases are open to the right: what followed would be read as part of their last line."""
    return Piece(rf"\left({piece.latex}\right)", ATOM) if piece.latex.endswith(r"\end{cases}") else piece


def _function(name: str, arguments: list[Piece]) -> Piece:
    if name == "exp":
        return Piece(rf"\mathrm{{e}}^{{{arguments[0].latex}}}", POWER)
    template = RULE_FUNCTIONS[name].latex
    if "{0}" in template:
        return Piece(template.format(*(argument.latex for argument in arguments)), ATOM)
    return Piece(rf"{template.format()}\left({arguments[0].latex}\right)", ATOM)


def _within(piece: Piece, tightness: int) -> str:
    """``piece`` where something of ``tightness`` is needed, in brackets if it is looser."""
    return piece.latex if piece.tightness >= tightness else rf"\left({piece.latex}\right)"


def _after_sign(piece: Piece, tightness: int = SUM) -> str:
    return rf"\left({piece.latex}\right)" if piece.latex.startswith("-") else _within(piece, tightness)


def number(text: str) -> Piece:
    """A number as written: an exponent becomes a power of ten."""
    mantissa, _, exponent = text.lower().partition("e")
    return _scaled(mantissa, int(exponent or 0)) if exponent else _scaled(text, 0)


def _scaled(mantissa: str, exponent: int) -> Piece:
    """``mantissa`` times a power of ten."""
    sign = mantissa.startswith("-")
    if not exponent:
        return Piece(mantissa, SIGN if sign else ATOM)
    power = rf"10^{{{exponent}}}"
    if mantissa.rstrip(".") == "1":
        return Piece(power, POWER)
    if mantissa == "-1":
        return Piece(f"-{power}", SIGN)
    return Piece(rf"{mantissa} \cdot {power}", SIGN if sign else PRODUCT)


def measured(value: float, form: str = ".4g") -> Piece:
    """A computed number as ``core.formula.words.digits`` writes it."""
    if value != value:
        return Piece(r"\text{undefined}", ATOM)
    if value in (float("inf"), float("-inf")):
        return Piece(r"\infty", ATOM) if value > 0 else Piece(r"-\infty", SIGN)
    mantissa, power = decimal(value, form)
    return _scaled(mantissa.replace(",", r"\,"), power)
