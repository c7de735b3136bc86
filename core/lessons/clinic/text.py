"""A visitor's text as a syntax tree of Python, within limits and never run, and notes about its lines."""

import ast
import re
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.formula.words import digits

MAX_TEXT = 10_000
# Far more than a script of that length has.
_MAX_NODES = 8_000
# Levels of the tree; every branch of an elif is one.
_MAX_DEPTH = 90
# Of a whole number; the largest of other numbers have as many.
_MOST_BITS = 1024

# A prompt of the interpreter or of a notebook, and what notebooks and pages wrap around code.
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d*\]:) ?")
_NOT_PYTHON = re.compile(r"^\s*(?:[%!].*|```.*)$")
_TOO_DEEP = "This is nested too deeply to be read."


class Kind(StrEnum):
    """What a note is about; the value is how its list is headed."""

    TAKEN = "Recognised"
    LEFT = "Not taken"
    WRONG = "Looks wrong"


@dataclass(frozen=True)
class Note:
    """One sentence about ``line``, in Markdown; ``quotes`` are parts of the visitor's text that stand at its braces."""

    kind: Kind
    line: int
    sentence: str
    quotes: tuple[str, ...] = ()

    def said(self, quoted: Callable[[str], str] = "“{}”".format) -> str:
        """The sentence with its quotes, each as ``quoted`` makes it harmless."""
        return self.sentence.format(*map(quoted, self.quotes)) if self.quotes else self.sentence


def wrong(line: int, sentence: str, *quotes: str) -> Note:
    """The note that something on ``line`` looks wrong."""
    return Note(Kind.WRONG, line, sentence, quotes)


def left(line: int, sentence: str, *quotes: str) -> Note:
    """The note that something on ``line`` is not taken."""
    return Note(Kind.LEFT, line, sentence, quotes)


class UnreadableError(Exception):
    """A text of which no tree can be made; ``note`` says why."""

    def __init__(self, sentence: str, line: int = 1, *quotes: str) -> None:
        super().__init__(sentence)
        self.note = wrong(line, sentence, *quotes)


def tree_of(text: str) -> ast.Module:
    """The syntax tree of ``text``, whose line numbers are those of ``text``. Raises ``UnreadableError``."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(
            f"The text has {digits(len(text))} characters; up to {digits(MAX_TEXT)} are read. The lines about the "
            "optimizer, the scheduler and the loop are enough."
        )
    plain = textwrap.dedent(text.expandtabs(4))
    without = _without_marks(plain)
    try:
        tree = _parsed(plain)
    except UnreadableError:
        if without == plain:
            raise
        tree = _parsed(without)
    _check_size(tree)
    return tree


def _without_marks(text: str) -> str:
    """``text`` without prompts and marks of other tools, as many lines as before."""
    # Lines as Python counts them.
    lines = re.split(r"\r\n|\r|\n", text)
    if any(line.lstrip().startswith((">>>", "In [")) for line in lines):
        lines = [_PROMPT.sub("", line) if _PROMPT.match(line) else "" for line in lines]
    return textwrap.dedent("\n".join("" if _NOT_PYTHON.match(line) else line for line in lines))


def _parsed(code: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # About a backslash in a string, for instance, which is none of ours.
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), code.count("\n") + 1)
        raise UnreadableError("This is not Python yet: {}.", line, (error.msg or "invalid syntax")[:120]) from None
    except (RecursionError, MemoryError):
        raise UnreadableError(_TOO_DEEP) from None
    except ValueError:
        raise UnreadableError("The text has a number or a character that Python refuses.") from None


def _check_size(tree: ast.Module) -> None:
    level: list[ast.AST] = [tree]
    count = 0
    for _ in range(_MAX_DEPTH):
        count += len(level)
        if count > _MAX_NODES:
            raise UnreadableError("The text has more parts than are read; the lines about the optimizer are enough.")
        for node in level:
            if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value.bit_length() > _MOST_BITS:
                raise UnreadableError("A number has far too many digits.", node.lineno)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise UnreadableError(_TOO_DEEP, getattr(level[0], "lineno", 1))
