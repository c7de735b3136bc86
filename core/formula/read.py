"""What people type by habit, read into the strict form: products without a sign, bars, superscripts, ``y = …``."""

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.formula.check import check_expression, wrong_count
from core.formula.errors import FormulaError
from core.formula.habits import ARITIES, WRITTEN_OUT, typed_tokens
from core.formula.objective import MAX_CHARACTERS, MAX_NODES, STEP, parse
from core.formula.source import is_literal, strict_source
from core.formula.syntax import PRODUCTS, Budget, Parser, check_length
from core.formula.tokens import Token
from core.formula.tree import Binary, Call, Expression, Name, Negative, Number, Span, children
from core.formula.vocabulary import CONSTANTS, FUNCTIONS


def read(text: str, variables: Sequence[str] = ("x", "y")) -> str:
    r"""The formula of ``variables`` that ``text`` writes by habit, in the strict form that ``parse`` takes.

    A text that is strict already is returned as it is. In any other,

    - factors may stand side by side (``2x``, ``xy``, ``(x+3)(x+2)``, ``2πx``, ``x sin(y)``), bound as by a ``*``; a
      number does so only in front. Letters without a sign between them are split into the words of the language, the
      longest first. Spaces mean nothing.
    - A function may lack its brackets: it takes numbers and constants and then one variable (``sin 2πx``), or another
      function (``ln sin x``). Its power may stand at its name: ``sin²x``, ``sin^2(x)``.
    - Bars are absolute values: one behind a value closes the innermost open one, any other opens.
    - Superscripts are powers (``x²``, ``e⁻ˣ``), ``½`` is ``1/2``; ``× · ÷ − √ π ≤ [ ] { }``, capitals, ``np.exp``,
      other names of functions (``arctan``, ``log10``) and ``\frac{1}{2}`` mean what they look like.
    - What stands before one ``=`` is left out: a name that is not used on the right (``y =`` in one variable,
      ``z =``), with or without parameters, which are the variables in their order (``f(w, b) =``).
    - Without parameters, x1 and x2 (also ``x_1``, ``x₁``, ``x[1]``), x0 and x1, w and b, w1 and w2, and the same
      with θ are the variables in their order; those of one family only.

    Raises ``FormulaError`` if that does not make a formula. Its ``readings`` are two strict texts where custom is
    divided: ``1/2x`` (is the product bound more tightly than the quotient?), ``e^2x`` (is x in the exponent of a
    number?), ``sin xy``, ``sin x^2``, ``√x/2`` (how far does the argument go, at most to the next function?),
    ``sin^-1(x)`` (inverse or reciprocal?).
    """
    variables = tuple(variables)
    try:
        return parse(text, variables).text
    except FormulaError:
        # The same limits hold for what is read, so that nothing longer is looked at.
        check_length(text, MAX_CHARACTERS, "A formula")
        if not text.strip(" \t"):
            raise
    # What stands behind a semicolon has one form only, and t is a name before it.
    _, _, rest = text.partition(";")
    behind = f"; {rest.strip()}" if rest.strip(" ;") else ""
    names = (*variables, STEP) if behind else variables
    tokens = typed_tokens(text, names)
    narrow, _ = _reading(text, tokens, names, behind, wide=False)
    wide, doubt = _reading(text, tokens, names, behind, wide=True)
    if narrow == wide:
        return narrow
    message = "This can be read in two ways; brackets make it clear."
    raise FormulaError(message, text, *doubt, readings=(narrow, wide))


def _reading(text: str, tokens: list[Token], names: tuple[str, ...], behind: str, wide: bool) -> tuple[str, Span]:
    """The strict text, with the bounds ``behind`` it, and where it depends on ``wide``."""
    reader = _Reader(text, tokens, names, wide)
    tree = reader.whole()
    check_expression(tree, text, names)
    strict = strict_source(tree) + behind
    try:
        parse(strict, tuple(name for name in names if name != STEP))
    except FormulaError as error:
        # Written out it is longer, or nested more deeply.
        raise FormulaError(error.message, text, 0, len(text)) from None
    return strict, reader.doubt


class _Reader(Parser):
    """The strict grammar and what is read beyond it; ``wide`` extends products and arguments where custom is divided.

    ``doubt`` is the last place where that made a difference.
    """

    def __init__(self, text: str, tokens: list[Token], variables: tuple[str, ...], wide: bool) -> None:
        super().__init__(text, tokens, Budget(MAX_NODES))
        self.values = {*variables, *CONSTANTS}
        self.wide = wide
        self.doubt = Span(0, len(text))
        # Whether the innermost open bracket is a bar.
        self.barred = False

    def comparison(self) -> Expression:
        return self.within(barred=False)

    def within(self, barred: bool) -> Expression:
        outer, self.barred = self.barred, barred
        tree = super().comparison()
        self.barred = outer
        return tree

    def ended(self, value: Expression) -> Expression:
        return value

    @property
    def calls(self) -> bool:
        """Whether a function comes next."""
        return self.next.text in ARITIES

    @property
    def follows(self) -> bool:
        """Whether a factor comes next without a sign. Raises if it is a number."""
        if self.next.kind == "name" and keyword.iskeyword(self.next.text):
            raise self.foreign_word(self.next)
        if self.next.kind == "number":
            super().ended(Name("", self.next.span))
        return self.next.kind == "name" or self.next.text == "(" or (self.next.text == "|" and not self.barred)

    def product(self, argument: bool = False) -> Expression:
        """A product; as the ``argument`` of a function without brackets it ends before the next function."""
        left = self.signed()
        while True:
            operator = PRODUCTS.get(self.next.text)
            if argument and (self.calls or (operator and self.tokens[self.position + 1].text in ARITIES)):
                return left
            if operator is not None:
                self.take()
                begin = self.position
                right = self.signed()
                while operator != "*" and self.wide and self.follows:
                    right = self.times(right, self.power())
                    self.doubt = self.taken(begin)
            elif self.follows:
                operator, right = "*", self.power()
            else:
                return left
            left = self.made(Binary(operator, left, right, self.between(left, right)))

    def times(self, left: Expression, right: Expression) -> Expression:
        return self.made(Binary("*", left, right, self.between(left, right)))

    def taken(self, begin: int) -> Span:
        """Where the tokens from the one at ``begin`` to the last taken are."""
        return Span(self.tokens[begin].span.start, self.tokens[self.position - 1].span.end)

    def power(self) -> Expression:
        base = self.atom()
        if self.next.kind == "superscript":
            exponent = self.superscript()
        elif self.next.text in ("**", "^"):
            self.take()
            self.enter()
            begin = self.position
            exponent = self.signed()
            if self.wide and is_literal(base) and self.tokens[begin].text != "(":
                while self.next.kind == "name" and not self.calls and self.follows:
                    exponent = self.times(exponent, self.power())
                    self.doubt = self.taken(begin)
            self.level -= 1
        else:
            return base
        if self.next.kind == "superscript" or self.next.text in ("**", "^"):
            raise self.error("Two exponents follow each other; brackets make it clear.", self.next.span)
        return self.made(Binary("**", base, exponent, self.between(base, exponent)))

    def superscript(self) -> Expression:
        token = self.take()
        text = token.text.strip("+−")
        digits, letter = text.rstrip("xy"), text.lstrip("0123456789")
        number, name = Number(float(digits or 1), digits, token.span), Name(letter, token.span)
        tree = self.times(number, name) if digits and letter else self.made(name if letter else number)
        return self.made(Negative(tree, token.span)) if token.text.startswith("−") else tree

    def atom(self) -> Expression:
        token = self.next
        if token.kind == "number" and "⁄" in token.text:
            over, under = (Number(float(part), part, token.span) for part in self.take().text.split("⁄"))
            return self.made(Binary("/", self.made(over), self.made(under), token.span))
        if token.text == "|":
            return self.between_bars()
        if self.calls:
            return self.application(self.take())
        if token.kind == "name" and self.tokens[self.position + 1].text == "(" and token.text in self.values:
            return self.made(Name(self.take().text, token.span))
        return super().atom()

    def between_bars(self) -> Expression:
        opening = self.take()
        inner = self.within(barred=True)
        if self.next.text != "|":
            raise self.error("This bar is not closed.", opening.span) if self.next.kind == "end" else self.unexpected()
        return self.made(Call("abs", (inner,), Span(opening.span.start, self.take().span.end)))

    def application(self, name: Token) -> Expression:
        """A function, the power at its name, and its arguments."""
        begin = self.position - 1
        exponent = self.exponent_of(name)
        arguments = self.arguments(name)
        function = name.text
        inverse = exponent is not None and strict_source(exponent) == "-1"
        if inverse and f"a{function}" not in FUNCTIONS:
            message = f"The power −1 of {function} is not read; write 1/{function}(x) if that is meant."
            raise self.error(message, name.span)
        span = self.taken(begin)
        if inverse and self.wide:
            self.doubt = span
            return self.made(Call(f"a{function}", arguments, span))
        call = self.written_out(self.made(Call(function, arguments, span)))
        return call if exponent is None else self.made(Binary("**", call, exponent, span))

    def arguments(self, name: Token) -> tuple[Expression, ...]:
        if self.next.text == "|":
            return (self.between_bars(),)
        if self.next.text != "(":
            return (self.bare_argument(name),)
        values = children(super().call(name))
        return values + children(super().call(name)) if name.text == "frac" and self.next.text == "(" else values

    def exponent_of(self, name: Token) -> Expression | None:
        if self.next.kind == "superscript":
            return self.superscript()
        if self.next.text not in ("**", "^"):
            return None
        self.take()
        sign = self.take() if self.next.text == "-" else None
        if self.next.kind != "number" and self.next.text != "(":
            raise self.error("A power at the name of a function is a number, as in sin^2(x).", name.span)
        exponent = self.atom()
        return exponent if sign is None else self.made(Negative(exponent, sign.span))

    def bare_argument(self, name: Token) -> Expression:
        if ARITIES[name.text] != 1 or name.text[-1].isdigit():
            raise self.error(f"{name.text} needs brackets around what it is applied to.", name.span)
        self.enter()
        if self.next.text in ("+", "-"):
            sign = self.take()
            argument = self.bare_argument(name)
            if sign.text == "-":
                argument = self.made(Negative(argument, Span(sign.span.start, argument.span.end)))
        elif self.calls:
            argument = self.power()
        elif self.next.kind not in ("number", "name"):
            raise self.error(f"{name.text} is a function and needs a value, as in {name.text}(x).", name.span)
        else:
            begin = self.position
            # A root reaches over one factor, and it is often less than was meant.
            argument = self.atom() if name.text in ("sqrt", "cbrt") else self.short_argument()
            if self.wide:
                end, self.position = self.position, begin
                argument = self.product(argument=True)
                if self.position != end:
                    self.doubt = Span(name.span.start, self.taken(begin).end)
        self.level -= 1
        return argument

    def short_argument(self) -> Expression:
        """Numbers and constants, and at most one variable."""
        argument = self.atom()
        while is_literal(argument) and self.next.kind == "name" and not self.calls:
            argument = self.times(argument, self.atom())
        return argument

    def written_out(self, call: Expression) -> Expression:
        if not isinstance(call, Call) or call.function not in WRITTEN_OUT:
            return call
        arity = ARITIES[call.function]
        if len(call.arguments) != arity:
            raise self.error(wrong_count(call.function, arity, len(call.arguments)), call.span)
        return _filled(WRITTEN_OUT[call.function], dict(zip(("x", "y"), call.arguments, strict=False)))


def _filled(template: Expression, values: Mapping[str, Expression]) -> Expression:
    """``template`` with ``values`` in the place of its names."""
    match template:
        case Name(name):
            return values[name]
        case Binary():
            return replace(template, left=_filled(template.left, values), right=_filled(template.right, values))
        case Call():
            return replace(template, arguments=tuple(_filled(part, values) for part in template.arguments))
        case _:
            return template
