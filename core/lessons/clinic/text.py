"""A visitor's text as a syntax tree of Python: within limits, never run, and errors as sentences with their line."""

import ast
import re
import textwrap
import warnings

from core.formula.words import digits

MAX_TEXT = 10_000
# Far more than a script of that length has.
_MAX_NODES = 8_000
# Levels of the tree; every branch of an elif is one.
_MAX_DEPTH = 90
# Of a whole number; the largest of other numbers have as many.
_MOST_BITS = 1024

# A prompt of the interpreter or of a notebook, as documentation shows it.
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d*\]:) ?")
# What notebooks and pages wrap around code and Python does not know.
_NOT_PYTHON = re.compile(r"^\s*(?:[%!].*|```.*)$")
# Where Python says that something is wrong with its parser's own limits.
_TOO_DEEP = "This is nested too deeply to be read."


class UnreadableError(Exception):
    """A text of which no tree can be made: ``sentence`` says why, ``line`` counts from 1."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.sentence, self.line = sentence, line


def tree_of(text: str) -> ast.Module:
    """The syntax tree of ``text``, whose line numbers are those of ``text``. Raises ``UnreadableError``."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(
            f"The text has {digits(len(text))} characters; up to {digits(MAX_TEXT)} are read. The lines about the "
            "optimizer, the scheduler and the loop are enough."
        )
    if re.search(r"[\x00\ud800-\udfff]", text):
        raise UnreadableError("The text has a character that no program can have.", _line_of_strange(text))
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
    if any(line.lstrip().startswith(">>>") or line.lstrip().startswith("In [") for line in lines):
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
        raise UnreadableError(f"This is not Python yet: {_reason(error)}.", line) from None
    except (RecursionError, MemoryError):
        raise UnreadableError(_TOO_DEEP) from None
    except ValueError:
        raise UnreadableError("The text has a number or a character that Python refuses.") from None


def _reason(error: SyntaxError) -> str:
    """Python's own words, but for what repeats the text or says where it is."""
    message = error.msg or "invalid syntax"
    if message.startswith("Exceeds the limit"):
        return "a number has far too many digits"
    return re.split(r"; perhaps| \(<unknown>| U\+", message)[0].rstrip(".")[:120]


def _line_of_strange(text: str) -> int:
    before = re.split(r"[\x00\ud800-\udfff]", text)[0]
    return before.count("\n") + 1


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
