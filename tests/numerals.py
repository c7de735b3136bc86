"""Reads numbers back from texts for visitors."""

import re

_PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
NUMBER = re.compile(r"−?(?:\d+(?: \d{3})*(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
"""A number as texts write it: "−1.5", "12 345", "3.271·10⁻⁵", "10¹²"."""


def value_of(text: str) -> float:
    """The number that ``text`` is."""
    if text.lstrip("−") in ("∞", "NaN"):
        return float(text.replace("∞", "inf").replace("−", "-"))
    factor, _, power = text.rpartition("10") if re.search("10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+$", text) else (text, "", "0")
    digits = factor.removesuffix("·").translate(_PLAIN).replace(" ", "")
    return float(f"{digits}{'1' * (digits in ('', '-'))}e{power.translate(_PLAIN)}")


# Code within a sentence, formulas in LaTeX, addresses and identifiers, all of which have signs of their own.
_OTHER_SIGNS = re.compile(r"`[^`]*`|\$[^$]*\$|(?:https?://|doi:|arXiv:)\S+")
_MISPRINTS = (
    # Powers as programs write them.
    re.compile(r"(?<![\w.])\d+(?:\.\d+)?e[-+]?\d+\b"),
    # A hyphen for a minus: not one within a name or between parts of one, such as GPT-3 or 978-3.
    re.compile(r"(?<![\w)\].])-\.?\d"),
    # A change that is none.
    re.compile(rf"\b(?:from|between) ({NUMBER.pattern}) (?:to|and) \1(?!\.?\d| \d{{3}}|[·⁻⁰¹²³⁴⁵⁶⁷⁸⁹])"),
    # More than four digits in a row before the point, which are hard to count.
    re.compile(r"(?<![\w.−])\d{5,}(?![\w.]*\d)"),
)


def misprints(text: str) -> list[str]:
    """What of a ``text`` for visitors is not written as numbers are."""
    prose = _OTHER_SIGNS.sub("", text)
    return [match[0] for pattern in _MISPRINTS for match in pattern.finditer(prose)]
