"""Text to tree: the grammar of expressions, a subset of Python's own with ``^`` as another way to write ``**``.

The parser is a precedence climber over its own tokens instead of Python's ``ast``, because a visitor needs to hear what
is missing and where, and because ``ast`` prints warnings for some texts and needs the meaning of ``^`` patched.
``tests/core/formula/test_syntax.py`` holds it to ``ast`` on random formulas.
"""

import keyword
import re
from collections.abc import Callable, Mapping
from typing import get_args

from core.formula.errors import FormulaError
from core.formula.tokens import Token, tokens_of
from core.formula.tree import (
    ArithmeticOperator,
    Binary,
    Call,
    Compare,
    ComparisonOperator,
    Expression,
    Name,
    Negative,
    Number,
    Span,
)
from core.formula.vocabulary import RULE_FUNCTIONS
from core.formula.words import digits

MAX_LEVELS = 24
MAX_NUMBER = 1e100


def check_length(text: str, limit: int, what: str) -> None:
    """Refuses a text of more than ``limit`` characters before anything reads it."""
    if len(text) > limit:
        raise FormulaError(
            f"{what} may have at most {limit} characters; this one has {digits(len(text))}, "
            f"{digits(len(text) - limit)} too many.",
            text,
            limit,
            len(text),
        )


class Budget:
    """How many more nodes a text may have; shared by the lines of a rule."""

    def __init__(self, nodes: int) -> None:
        self.limit = nodes
        self.left = nodes


def parse_expression(text: str, budget: Budget, start: int = 0, stop: int | None = None) -> Expression:
    """The tree of ``text[start:stop]``, its names not yet checked.

    Raises ``FormulaError`` if it is not one expression, has more nodes than ``budget`` or is nested too deeply.
    """
    stop = len(text) if stop is None else stop
    if not text[start:stop].strip(" \t"):
        raise FormulaError("There is nothing here yet; write an expression such as x**2.", text, start, stop)
    return Parser(text, tokens_of(text, start, stop), budget).whole()


# What follows the digits in 1_000, 0x10 or 0b1.
_ODD_NUMBER = re.compile(r"_.*|[xob][0-9a-fA-F]+")
_COMPARISONS: dict[str, ComparisonOperator] = {operator: operator for operator in get_args(ComparisonOperator)}
_SUMS: dict[str, ArithmeticOperator] = {"+": "+", "-": "-"}
PRODUCTS: dict[str, ArithmeticOperator] = {"*": "*", "/": "/", "%": "%"}


class Parser:
    def __init__(self, text: str, tokens: list[Token], budget: Budget) -> None:
        self.text = text
        self.tokens = tokens
        self.budget = budget
        self.position = 0
        self.level = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def error(self, message: str, span: Span, suggestion: str = "") -> FormulaError:
        return FormulaError(message, self.text, span.start, span.end, suggestion)

    def whole(self) -> Expression:
        tree = self.comparison()
        if self.next.kind != "end":
            raise self.unexpected()
        return tree

    def enter(self) -> None:
        self.level += 1
        if self.level > MAX_LEVELS:
            raise self.error(f"This is nested too deeply; the limit is {MAX_LEVELS} levels.", self.next.span)

    def comparison(self) -> Expression:
        self.enter()
        left = self.sum()
        if (operator := _COMPARISONS.get(self.next.text)) is not None:
            self.take()
            right = self.sum()
            if self.next.text in _COMPARISONS:
                raise self.error("Only two values are compared at a time; combine where() for more.", self.next.span)
            left = self.made(Compare(operator, left, right, self.between(left, right)))
        self.level -= 1
        return left

    def sum(self) -> Expression:
        return self.chain(_SUMS, self.product)

    def product(self) -> Expression:
        return self.chain(PRODUCTS, self.signed)

    def chain(self, operators: Mapping[str, ArithmeticOperator], part: Callable[[], Expression]) -> Expression:
        left = part()
        while (operator := operators.get(self.next.text)) is not None:
            self.take()
            right = part()
            left = self.made(Binary(operator, left, right, self.between(left, right)))
        return left

    def signed(self) -> Expression:
        if self.next.text not in ("+", "-"):
            return self.power()
        self.enter()
        sign = self.take()
        operand = self.signed()
        self.level -= 1
        if sign.text == "+":
            return operand
        return self.made(Negative(operand, Span(sign.span.start, operand.span.end)))

    def power(self) -> Expression:
        base = self.atom()
        if self.next.text not in ("**", "^"):
            return base
        self.take()
        self.enter()
        # As in Python, the exponent may carry a sign and binds to the right: x**-y**2 is x**(-(y**2)).
        exponent = self.signed()
        self.level -= 1
        return self.made(Binary("**", base, exponent, self.between(base, exponent)))

    def atom(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            value = float(token.text)
            if value > MAX_NUMBER:
                raise self.error(f"This number is too large; the limit is {digits(MAX_NUMBER)}.", token.span)
            return self.ended(self.made(Number(value, token.text, token.span)))
        if token.kind == "name":
            if keyword.iskeyword(token.text):
                raise self.foreign_word(token)
            if self.next.text == "(":
                return self.ended(self.call(token))
            if token.text in RULE_FUNCTIONS and self.next.text in ("**", "^"):
                raise self.error(f"A power of {token.text} stands behind its brackets, as in sin(x)**2.", token.span)
            return self.ended(self.made(Name(token.text, token.span)))
        if token.text == "(":
            if self.next.text == ")":
                raise self.error("There is nothing between these brackets.", Span(token.span.start, self.next.span.end))
            inner = self.comparison()
            self.close(token)
            return self.ended(inner)
        self.position -= 1
        raise self.missing_value()

    def call(self, name: Token) -> Expression:
        opening = self.take()
        arguments: list[Expression] = []
        if self.next.text != ")":
            arguments.append(self.comparison())
            while self.next.text == ",":
                self.take()
                arguments.append(self.comparison())
        closing = self.close(opening)
        return self.made(Call(name.text, tuple(arguments), Span(name.span.start, closing.span.end)))

    def close(self, opening: Token) -> Token:
        if self.next.text == ")":
            return self.take()
        if self.next.kind == "end":
            raise self.error("This bracket is not closed.", opening.span)
        raise self.unexpected()

    def made(self, node: Expression) -> Expression:
        self.budget.left -= 1
        if self.budget.left < 0:
            raise self.error(f"This is too long to compute quickly; the limit is {self.budget.limit} parts.", node.span)
        return node

    def ended(self, value: Expression) -> Expression:
        """``value``, unless another value follows without an operator, as in 2x."""
        if self.next.kind == "name" and keyword.iskeyword(self.next.text):
            raise self.foreign_word(self.next)
        if self.next.kind in ("name", "number") or self.next.text == "(":
            before = self.tokens[self.position - 1]
            span = Span(before.span.start, self.next.span.end)
            if before.text in RULE_FUNCTIONS:
                one = RULE_FUNCTIONS[before.text].arity == 1 and self.next.text != "("
                suggestion = f"{before.text}({self.next.text})" if one else ""
                raise self.error(f"{before.text} needs brackets around its argument.", span, suggestion)
            if before.kind == "number" and (self.next.kind == "number" or _ODD_NUMBER.fullmatch(self.next.text)):
                message = "A number is written with digits, one point and an exponent, as in 1.5e-3."
                raise self.error(message, span)
            message = "An operator is missing here; multiplication needs a *."
            raise self.error(message, span, f"{before.text}*{self.next.text}")
        return value

    def missing_value(self) -> FormulaError:
        token, before = self.next, self.tokens[self.position - 1] if self.position else None
        if token.kind == "end":
            after = f" after {before.text}" if before is not None else ""
            return self.error(
                f"The formula ends too early; a value is missing{after}.",
                before.span if before is not None else token.span,
            )
        if token.text == ")":
            return self.error("A value is missing before this bracket.", token.span)
        if before is not None and before.text in ("*", "/", "**", "^") and token.text in ("*", "/", "**", "^"):
            return self.error(
                "Two operators follow each other; a value is missing between them.",
                Span(before.span.start, token.span.end),
            )
        return self.error(f"A value is expected before {token.text}.", token.span)

    def unexpected(self) -> FormulaError:
        token = self.next
        if token.text == ")":
            return self.error("This bracket closes nothing; one too many, or its ( is missing.", token.span)
        if token.text == ",":
            before, after = self.tokens[self.position - 1], self.tokens[self.position + 1]
            numbers = before.kind == after.kind == "number"
            # 1,000 is a thousand to many.
            suggestion = f"{before.text}.{after.text}" if numbers and len(after.text) != 3 else ""
            message = "A comma only separates the arguments of a function; a decimal number needs a point."
            span = Span(before.span.start, after.span.end) if numbers else token.span
            return self.error(message, span, suggestion)
        return self.error(f"{token.text} cannot stand here.", token.span)

    def foreign_word(self, token: Token) -> FormulaError:
        chooses = token.text in ("if", "else", "and", "or", "not")
        use = "; to choose between two values, use where(condition, a, b)" if chooses else ""
        return self.error(f"The word {token.text} is not part of this language{use}.", token.span)

    @staticmethod
    def between(left: Expression, right: Expression) -> Span:
        return Span(left.span.start, right.span.end)
