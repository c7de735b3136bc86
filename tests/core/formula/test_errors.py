"""What a visitor hears about a slip: the sentence, the place, and what was probably meant."""

import pytest

from core.formula import FormulaError, parse, parse_rule
from core.formula.latex import expression_latex


def refused(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    return caught.value


def applied(error: FormulaError) -> str:
    return error.text[: error.start] + error.suggestion + error.text[error.end :]


# The slip, a part of the sentence, the text with the suggestion in place.
MEANT = [
    ("2x", "multiplication needs a *", "2*x"),
    ("3x^2", "multiplication needs a *", "3*x^2"),
    ("x^2y", "multiplication needs a *", "x^2*y"),
    ("2(x+1)", "multiplication needs a *", "2*(x+1)"),
    ("(x+1)y", "multiplication needs a *", "(x+1)*y"),
    ("(x+1)(y-1)", "multiplication needs a *", "(x+1)*(y-1)"),
    ("sin(x)cos(x)", "multiplication needs a *", "sin(x)*cos(x)"),
    ("2sin(x)", "multiplication needs a *", "2*sin(x)"),
    ("x y", "multiplication needs a *", "x*y"),
    ("x(y)", "x is not a function", "x*(y)"),
    ("pi(x+1)", "pi is not a function", "pi*(x+1)"),
    ("2pi*x", "multiplication needs a *", "2*pi*x"),
    ("1,5*x", "a decimal number needs a point", "1.5*x"),
    ("x + 0,25", "a decimal number needs a point", "x + 0.25"),
    ("sin x", "sin needs brackets", "sin(x)"),
    ("2 + sqrt x", "sqrt needs brackets", "2 + sqrt(x)"),
    ("sen(x)", "Unknown function sen", "sin(x)"),
    ("Sin(x)", "Unknown function Sin", "sin(x)"),
    ("arctan(x)", "Unknown function arctan", "atan(x)"),
    ("arcsin(x/9)", "Unknown function arcsin", "asin(x/9)"),
    ("sgn(x)", "Unknown function sgn", "sign(x)"),
    ("sqr(x)", "Unknown function sqr", "sqrt(x)"),
    ("fabs(x)", "Unknown function fabs", "abs(x)"),
    ("clamp(x, 0, 1)", "Unknown function clamp", "clip(x, 0, 1)"),
    ("maximum(x, 0)", "Unknown function maximum", "max(x, 0)"),
    ("X**2", "Unknown name X", "x**2"),
    ("2*PI", "Unknown name PI", "2*pi"),
    ("x − y", "The character − is not allowed; write -", "x - y"),
    ("x – y", "The character – is not allowed; write -", "x - y"),
    ("π*x", "The character π is not allowed; write pi", "pi*x"),
    ("x × y", "The character × is not allowed; write *", "x * y"),
    ("x·y", "The character · is not allowed; write *", "x*y"),
    ("x²", "The character ² is not allowed; write **2", "x**2"),
    ("√(x)", "The character √ is not allowed; write sqrt", "sqrt(x)"),
    ("where(x ≤ y, 1, 2)", "The character ≤ is not allowed; write <=", "where(x <= y, 1, 2)"),
]


@pytest.mark.parametrize(("text", "message", "meant"), MEANT, ids=[text for text, _, _ in MEANT])
def test_a_suggestion_put_in_place_is_the_formula_that_was_meant(text: str, message: str, meant: str) -> None:
    error = refused(text)
    assert message in error.message
    assert applied(error) == meant
    assert parse(meant).text == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[x+1]*2", "(x+1)*2"),
        ("2x + 3y", "2*x + 3*y"),
        ("−x²", "-x**2"),
        ("{x}·[y]", "(x)*(y)"),
        ("2sen(3x)", "2*sin(3*x)"),
    ],
)
def test_following_one_suggestion_after_the_other_leads_to_a_formula(text: str, meant: str) -> None:
    while text != meant:
        error = refused(text)
        assert error.suggestion
        text = applied(error)
    assert parse(text).text == meant


# The slip, a part of the sentence, and the part of the text that is marked.
UNCLEAR = [
    ("", "There is nothing here yet", ""),
    ("x +", "a value is missing after +", "+"),
    ("x**", "a value is missing after **", "**"),
    ("x*-", "a value is missing after -", "-"),
    ("max(x,", "a value is missing after ,", ","),
    ("(x", "This bracket is not closed", "("),
    ("sin((x)", "This bracket is not closed", "("),
    ("x)", "This bracket closes nothing", ")"),
    ("(x))*2", "This bracket closes nothing", ")"),
    ("()", "nothing between these brackets", "()"),
    ("x*()", "nothing between these brackets", "()"),
    ("(x+)", "A value is missing before this bracket", ")"),
    ("x^^2", "Two operators follow each other", "^^"),
    ("x*/y", "Two operators follow each other", "*/"),
    ("*x", "A value is expected before *", "*"),
    ("x,y", "A comma only separates the arguments", ","),
    ("|x|", "write abs(x)", "|"),
    ("x = 5", "An = is not part of an expression", "="),
    ("x!", "no factorials", "!"),
    ("x.real", "nothing here has attributes", "."),
    ("x;", "Behind a semicolon stand bounds", ""),
    ("x\ny", "The invisible character U+000A", "\n"),
    ("1e400", "This number is too large", "1e400"),
    ("x if y else 1", "where(condition, a, b)", "if"),
    ("x and y", "where(condition, a, b)", "and"),
    ("lambda", "The word lambda is not part of this language", "lambda"),
    ("x < y", "only be the first argument of where", "x < y"),
    ("where(x, 1, 2)", "must be a comparison", "x"),
    ("where(x < y < 1, 1, 2)", "Only two values are compared", "<"),
    ("sin", "sin is a function and needs brackets, as in sin(x)", "sin"),
    ("sin()", "sin takes 1 argument; 0 given", "sin()"),
    ("sin(x, y)", "sin takes 1 argument; 2 given", "sin(x, y)"),
    ("2*max(x)", "max takes 2 arguments; 1 given", "max(x)"),
    ("clip(x, 1)", "clip takes 3 arguments; 2 given", "clip(x, 1)"),
    ("where(x < y, 1)", "where takes 3 arguments; 2 given", "where(x < y, 1)"),
    ("norm(x)", "norm is only available in an update rule", "norm"),
    ("1 + grad(x)", "grad is only available in an update rule", "grad"),
    ("z*x", "Unknown name z; the names here are x, y, pi and e", "z"),
    ("x + foo(x)", "Unknown function foo; the functions are sqrt, exp", "foo"),
    ("x + lr", "Unknown name lr", "lr"),
]


@pytest.mark.parametrize(("text", "message", "marked"), UNCLEAR, ids=[text for text, _, _ in UNCLEAR])
def test_a_slip_is_named_and_marked(text: str, message: str, marked: str) -> None:
    error = refused(text)
    assert message in error.message
    assert text[error.start : error.end] == marked


# What is unclear, and the only thing that may be suggested for it, if anything.
DOUBTFUL = [
    ("inf", ""),
    ("nan", ""),
    ("tau", ""),
    ("sinx", "sin(x)"),
    ("xy", "x*y"),
    ("x2", "x**2"),
    # ln and log are the natural logarithm here.
    ("log10(x)", "log(x)/log(10)"),
    ("pow(x, 2)", "x**2"),
    ("max x y", "max(x, y)"),
    # One number that is not written as here, not a product of two.
    ("1.2.3", ""),
    ("1_000", "1000"),
    ("1 000", "1000"),
    ("0x10", "16"),
    ("x if y else 1", ""),
    ("x and y", ""),
    ("not x", ""),
]


@pytest.mark.parametrize(("text", "meant"), DOUBTFUL, ids=[text for text, _ in DOUBTFUL])
def test_nothing_is_suggested_that_means_something_else(text: str, meant: str) -> None:
    error = refused(text)
    assert error.suggestion == "" or applied(error) == meant


@pytest.mark.parametrize(
    ("text", "message", "meant"),
    [
        ("x = x - alpha*g", "Unknown name alpha", "x = x - lr*g"),
        ("x = x - learning_rate*g", "Unknown name learning_rate", "x = x - lr*g"),
        ("x = x - lr*gradient(x)", "Unknown function gradient", "x = x - lr*grad(x)"),
        ("x = x - lr*norm g", "norm needs brackets", "x = x - lr*norm(g)"),
        ("m = 0.9 m + g\nx = x - m", "multiplication needs a *", "m = 0.9*m + g\nx = x - m"),
        ("x = θ - lr*g", "The character θ is not allowed", "x = x - lr*g"),
        ("x -= lr*g", "Write -= out in full", "x = x - lr*g"),
        ("m = g\n  x -= lr*m # step", "Write -= out in full", "m = g\n  x = x - lr*m # step"),
        ("x -= lr*g + lr*x", "Write -= out in full", "x = x - (lr*g + lr*x)"),
        ("x *= 1 - lr", r"Write *= out in full", "x = x * (1 - lr)"),
        ("x /= 1 + lr", r"Write /= out in full", "x = x / (1 + lr)"),
        ("_m = g\nx = x - g", "A name begins with a letter", "m = g\nx = x - g"),
    ],
)
def test_a_suggestion_put_in_place_is_the_rule_that_was_meant(text: str, message: str, meant: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_rule(text)
    assert message in caught.value.message
    # Brackets that are not needed and spaces do no harm.
    trees = [
        [(line.name, expression_latex(line.tree)) for line in parse_rule(rule).lines]
        for rule in (applied(caught.value), meant)
    ]
    assert trees[0] == trees[1]


POINTED = [
    ("x = x - lr*gg", "x = x - lr*gg\n           ^^"),
    ("m = g\nx = x - lr*gg\n", "x = x - lr*gg\n           ^^"),
    ("x =\tx - lr*gg", "x =?x - lr*gg\n           ^^"),
    ("x = x - lr*é", "x = x - lr*é\n           ^"),
    ("x = θ²·lr − 字\u0301×gg", "x = θ²·lr − ??×gg\n    ^"),
    ("x = ", "x = \n   ^"),
]


@pytest.mark.parametrize(("text", "pointer"), POINTED)
def test_the_pointer_shows_the_line_and_marks_the_place(text: str, pointer: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_rule(text)
    written = caught.value.pointer()
    assert written.splitlines()[1] == pointer.splitlines()[1]
    # What is not one column wide is replaced, by what does not matter as long as it is.
    assert len(written.splitlines()[0]) == len(pointer.splitlines()[0])
    if "?" not in pointer:
        assert written == pointer


def test_the_pointer_replaces_what_would_push_the_carets_away() -> None:
    # Two columns, none, from right to left, and none that can be seen.
    pointer = refused("x² − √字\u0301×א\u200b + zz").pointer()
    assert pointer == "x² − √??×?? + zz\n ^"


@pytest.mark.parametrize("before", [0, 1, 59, 60, 61, 100, 200, 290])
def test_the_pointer_of_a_long_line_stays_on_the_screen_and_under_its_place(before: int) -> None:
    error = refused(" " * before + "zz" + " " * (297 - before))
    line, carets = error.pointer().split("\n")
    column = carets.index("^")
    assert column <= 60
    assert len(line) <= 120
    assert line[column : len(carets)] == "zz"


def test_the_carets_of_a_long_place_end_with_the_line() -> None:
    line, carets = refused("1 + sin(" + "x+" * 60 + "x, y)").pointer().split("\n")
    assert line.startswith("1 + sin(")
    assert carets == "    " + "^" * (len(line) - 4)


def test_an_error_is_a_value_error_that_says_its_message() -> None:
    error = refused("2x")
    assert isinstance(error, ValueError)
    assert str(error) == error.message
    assert error.text == "2x"
