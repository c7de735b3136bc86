"""Reads texts without the marks of terms."""

import re

from core.lessons.glossary import GLOSSARY, Term, way

_MARK = re.compile(r'\[([^\[\]]*)\]\((reference\?[^ ]*) "[^"]*"\)')
_TERMS = {way(term): term for term in GLOSSARY.values()}


def unmarked(text: str) -> str:
    """``text``, Markdown, as it was before its terms were marked."""
    return _MARK.sub(r"\1", text)


def marks(text: str) -> list[tuple[str, Term]]:
    """What ``text`` marks, and as which term, in its order."""
    return [(written, _TERMS[address]) for written, address in _MARK.findall(text)]
