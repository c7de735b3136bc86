"""The reader of what people type: each habit to its strict text, each doubt to both, each strict text to itself."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from core.catalogue.objectives import OBJECTIVES, VARIABLES
from core.formula import FormulaError, parse, read
from core.formula.objective import MAX_CHARACTERS, MAX_NODES
from core.formula.source import strict_source
from core.formula.syntax import Budget, parse_expression
from tests.core.formula.test_hostile import TEXTS, check_error, name
from tests.core.formula.test_syntax import ours
from tests.core.formula.test_valid import FORMULAS
from tests.work import at_most

HABITS = {
    "2x": "2*x",
    "xy": "x*y",
    "3y^2": "3*y**2",
    "x²": "x**2",
    "x²y³": "x**2*y**3",
    "x¹⁰": "x**10",
    "x⁻²": "x**-2",
    "(x+3)(x+2)": "(x + 3)*(x + 2)",
    "x(y+1)": "x*(y + 1)",
    "pi(x+1)": "pi*(x + 1)",
    "x^2y": "x**2*y",
    "-2x^2": "-2*x**2",
    "2(-x)": "2*-x",
    "|x|": "abs(x)",
    "||x|-1|": "abs(abs(x) - 1)",
    "|x-|y||": "abs(x - abs(y))",
    "2|x||y|": "2*abs(x)*abs(y)",
    "|x|y": "abs(x)*y",
    "max(|x|,|y|)": "max(abs(x), abs(y))",
    "|max(x,|y|)|": "abs(max(x, abs(y)))",
    "ln|x|": "ln(abs(x))",
    "z = x^2 + 2y": "x**2 + 2*y",
    "=x^2 + 2y": "x**2 + 2*y",
    "f(x) = 2x": "2*x",
    "f(x,y) = 2x + y": "2*x + y",
    "f(a, b) := ab": "x*y",
    "sin x": "sin(x)",
    "sin2x": "sin(2*x)",
    "sin 2πx": "sin(2*pi*x)",
    "2sinxcosy": "2*sin(x)*cos(y)",
    "sin -x": "sin(-x)",
    "ln sin x": "ln(sin(x))",
    "sin^2(x)": "sin(x)**2",
    "sin**2(x)": "sin(x)**2",
    "sin²x": "sin(x)**2",
    "sin² 2x + cos²(2x)": "sin(2*x)**2 + cos(2*x)**2",
    "tan^-2(x)": "tan(x)**-2",
    "ln x": "ln(x)",
    "2e^x": "2*e**x",
    "e⁻ˣ": "e**-x",
    "xe^(-x^2-y^2)": "x*e**(-x**2 - y**2)",
    "e^(-x)y": "e**-x*y",
    "√(x)": "sqrt(x)",
    "√x": "sqrt(x)",
    "2√|x|": "2*sqrt(abs(x))",
    "x×y": "x*y",
    "x·y": "x*y",
    "x ÷ y": "x/y",
    "x − y": "x - y",
    "πx": "pi*x",
    "2πx": "2*pi*x",
    "½x²": "1/2*x**2",
    "x^½": "x**(1/2)",
    "x1^2 + x2^2": "x**2 + y**2",
    "x_1 x_2": "x*y",
    "x₁²x₂": "x**2*y",
    "x1x2": "x*y",
    "x[0]**2 + x[1]**2": "x**2 + y**2",
    "(w-1)^2 + wb": "(x - 1)**2 + x*y",
    "J(θ₁, θ₂) = θ₁² + θ₂²": "x**2 + y**2",
    "X² + Y²": "x**2 + y**2",
    "𝑥² + 𝑦²": "x**2 + y**2",
    "exp(-x)cos(y)": "exp(-x)*cos(y)",
    "np.exp(-x**2)": "exp(-x**2)",
    "log2(x)": "log(x)/log(2)",
    "log_10(x)y": "log(x)/log(10)*y",
    "pow(x, 2)": "x**2",
    "sine(x) + loge(y)": "sin(x) + log(y)",
    "1/sec(x)": "1/(1/cos(x))",
    r"\frac{1}{2}x^{2}": "1/2*x**2",
    r"\left|x\right|\cdot y": "abs(x)*y",
    "where(x ≤ 2y, x, y)": "where(x <= 2*y, x, y)",
}

# As they stand in help pages, manuals and forums of calculators and plotters, and in the trackers of parsers.
FOUND = {
    # math-expressions of a polynomial calculator's guide; numworks/epsilon issue 1071
    "2x^3-x^2-1": "2*x**3 - x**2 - 1",
    "(x-100)(x+100)": "(x - 100)*(x + 100)",
    "f(x) = x^2 - 2x + 1": "x**2 - 2*x + 1",
    "2x(x+5)": "2*x*(x + 5)",
    "x(x+3)": "x*(x + 3)",
    "xln(x)": "x*ln(x)",
    # hpmuseum.org, HP-Prime: issues in entering expressions
    "(2)x": "2*x",
    "(2)(x)^3": "2*x**3",
    "(X)(Y)XY": "x*y*x*y",
    # mathjs issues 619, 621 and 597
    "sin^2(x)": "sin(x)**2",
    "((43)(60)+(21)(80)+(16)(100))/(43+21+16)": "(43*60 + 21*80 + 16*100)/(43 + 21 + 16)",
    "7+3(5*3)*sin(60)": "7 + 3*(5*3)*sin(60)",
    # xFunc issue 284; sympy_beta issue 4; EvalEx issues 64 and 343; tinyexpr issue 37
    "2sin(pi)^2": "2*sin(pi)**2",
    "2sin(x) + 3cos(x)": "2*sin(x) + 3*cos(x)",
    "5SIN(2)": "5*sin(2)",
    "f(a,b) = 2ab(a+b)": "2*x*y*(x + y)",
    "2acos(y)": "2*acos(y)",
    # calculator.city, what an equation looks like; "y" is "z" in two variables
    "z = √(x² + 1)": "sqrt(x**2 + 1)",
    "z = |sin(x)|": "abs(sin(x))",
    "z = x² - 4x + 4": "x**2 - 4*x + 4",
    # malinc.se on GeoGebra; function plotters' guides
    "myFunction(x) = sin(x)": "sin(x)",
    "cos[atan(5x)^4]": "cos(atan(5*x)**4)",
    "sqrt[16 * (1-x^2 / 2)];": "sqrt(16*(1 - x**2/2))",
    "sqrt(16 * [1-sec(x)^2 / 4])": "sqrt(16*(1 - (1/cos(x))**2/4))",
    # what Desmos puts on the clipboard
    r"z=\sin\left(x\right)^{2}+\frac{x^{2}}{2}": "sin(x)**2 + x**2/2",
}


@pytest.mark.parametrize(("text", "strict"), [*HABITS.items(), *FOUND.items()], ids=[*HABITS, *FOUND])
def test_a_habit_is_read_as_what_it_means(text: str, strict: str) -> None:
    assert read(text) == strict
    assert parse(strict).text == strict


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ("y = x^2", "x**2"),
        ("Y1=2x+3", "2*x + 3"),
        ("y(x) = 2x", "2*x"),
        ("f(t) = t² - 2t", "x**2 - 2*x"),
        ("L(w) = w²", "x**2"),
        ("w²", "x**2"),
        ("x₁²", "x**2"),
        ("J(θ) = (θ-5)²", "(x - 5)**2"),
    ],
)
def test_one_variable_has_the_names_that_it_is_given(text: str, strict: str) -> None:
    assert read(text, ("x",)) == strict


# The text, what it means if products and arguments end early, and what if late, and the place of the doubt.
DOUBTS = [
    ("1/2x", "1/2*x", "1/(2*x)", "2x"),
    ("1/2x^3", "1/2*x**3", "1/(2*x**3)", "2x^3"),
    ("8÷2(2+x)", "8/2*(2 + x)", "8/(2*(2 + x))", "2(2+x)"),
    ("5x/3y + 1", "5*x/3*y + 1", "5*x/(3*y) + 1", "3y"),
    ("e^2x", "e**2*x", "e**(2*x)", "2x"),
    ("2^-xy", "2**-x*y", "2**(-x*y)", "-xy"),
    ("sin xy", "sin(x)*y", "sin(x*y)", "sin xy"),
    ("1 + sin x/2", "1 + sin(x)/2", "1 + sin(x/2)", "sin x/2"),
    ("ln x^2 + y", "ln(x)**2 + y", "ln(x**2) + y", "ln x^2"),
    ("cos x (y+1)", "cos(x)*(y + 1)", "cos(x*(y + 1))", "cos x (y+1)"),
    ("√2x", "sqrt(2)*x", "sqrt(2*x)", "√2x"),
    ("sin^-1(x)", "sin(x)**-1", "asin(x)", "sin^-1(x)"),
    ("tan⁻¹ y", "tan(y)**-1", "atan(y)", "tan⁻¹ y"),
]


@pytest.mark.parametrize(("text", "early", "late", "place"), DOUBTS, ids=[text for text, *_ in DOUBTS])
def test_what_custom_is_divided_about_is_asked_back(text: str, early: str, late: str, place: str) -> None:
    error = refused(text)
    assert error.readings == (early, late)
    assert text[error.start : error.end] == place
    check_error(error, text)
    for reading in error.readings:
        assert read(reading) == reading


REFUSED = [
    ("y = x^2", "y is a variable here", "y"),
    ("f(x,y,z) = x", "3 variables; at most 2", "x,y,z"),
    ("f(2) = x", "Behind f stand the names", "2"),
    ("sin(x) = y", "An = is not part", "="),
    ("a = 2 a", "An = is not part", "="),
    ("x^2 + y^2 = 1", "An = is not part", "="),
    ("x2 + x", "The names x2 and x do not", "x"),
    ("w + y", "The names w and y do not", "y"),
    ("f(t) = t + x", "The names t and x do not", "x"),
    ("x0 + x1 + x2", "The names x0 and x2", "x2"),
    ("0,5x", "a decimal number needs a point", "0,5"),
    ("sin(0,5x)", "sin takes 1 argument; 2 given", "sin(0,5x)"),
    ("x 2", "multiplication needs a *", "x 2"),
    ("2 3", "A number is written with digits", "2 3"),
    ("1½", "A number is written with digits", "1½"),
    ("sin*x", "sin is a function and needs a value", "sin"),
    ("sin^x(y)", "A power at the name of a function", "sin"),
    ("max x y", "max needs brackets", "max"),
    ("log2x", "log2 needs brackets", "log2"),
    ("cosh⁻¹ x", "The power −1 of cosh", "cosh"),
    ("x²^3", "Two exponents follow each other", "^"),
    ("|x", "This bar is not closed", "|"),
    ("(|x)", "cannot stand|closes nothing", ")"),
    ("sinc(x)", "Unknown function sinc", "sinc"),
    ("pow(x)", "pow takes 2 arguments; 1 given", "pow(x)"),
    ("x or y", "The word or", "or"),
    ("2z", "Unknown name z", "z"),
    ("2x +", "a value is missing after +", "+"),
    ("", "There is nothing here yet", ""),
]


def refused(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(("text", "message", "place"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_cannot_be_read_is_named_and_marked(text: str, message: str, place: str) -> None:
    error = refused(text)
    assert any(part in error.message for part in message.split("|"))
    assert text[error.start : error.end] == place
    assert error.readings == ()
    check_error(error, text)


@pytest.mark.parametrize("text", ["sinc(x)", "log1p(x)", "expm1(x)", "acosh(x)", "atan2(y, x)", "1,000x"])
def test_no_other_function_or_number_is_suggested_than_was_typed(text: str) -> None:
    assert refused(text).suggestion == ""


@pytest.mark.parametrize("text", [*FORMULAS, *(f"  {text} " for text in FORMULAS[:5]), "x^2 - y", "1/2*x", "sin(x)^2"])
def test_a_strict_text_is_read_as_itself(text: str) -> None:
    assert read(text) == text


@pytest.mark.parametrize("key", OBJECTIVES)
def test_a_shipped_objective_is_read_as_itself(key: str) -> None:
    declared = OBJECTIVES[key]
    assert read(declared.formula, VARIABLES[: declared.dimension]) == declared.formula


def randoms(random_formula: Callable[[np.random.Generator, int], str], seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [random_formula(random, int(random.integers(1, 5))) for _ in range(1500)]


def test_random_strict_formulas_are_read_as_themselves_and_written_as_the_same_tree(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    for text in randoms(random_formula, 11):
        tree = parse_expression(text, Budget(10_000))
        assert ours(parse_expression(strict_source(tree), Budget(10_000))) == ours(tree)
        try:
            parse(text)
        except FormulaError:
            continue
        assert read(text) == text


def _in_their_own_way(text: str, spellings: Mapping[str, str]) -> str:
    for strict, typed in spellings.items():
        text = text.replace(strict, typed)
    return text


@pytest.mark.parametrize(
    "spellings",
    [
        {"**": "^", "-": "−"},
        {"*": "·", "··": "^"},
        {"(": "[", ")": "]"},
        {"pi": "π", " ": "\u00a0"},
        {"x": "x₁", "y": "x₂"},
    ],
    ids=str,
)
def test_random_formulas_in_other_signs_are_the_same_formulas(
    random_formula: Callable[[np.random.Generator, int], str], spellings: Mapping[str, str]
) -> None:
    same = 0
    for text in randoms(random_formula, 12):
        typed = _in_their_own_way(text, spellings)
        if "max" in text or "exp" in text or "%" in text or len(typed) > MAX_CHARACTERS:
            continue
        try:
            tree = parse(text).tree
        except FormulaError:
            continue
        assert ours(parse(read(typed)).tree) == ours(tree)
        same += typed != text
    assert same > 100


@pytest.mark.parametrize(
    "factors",
    [("2", "x"), ("3", "pi", "y"), ("x", "y"), ("(x + 1)", "(y - 2)"), ("2", "sin(x)", "cos(y)"), ("x", "|y|")],
)
def test_a_product_without_signs_has_the_value_of_one_with_them(factors: Sequence[str]) -> None:
    point = (0.7, -1.3)
    written = "*".join(factors).replace("|y|", "abs(y)")
    for typed in ("".join(factors), " ".join(factors)):
        # One may multiply in another order, which differs in the last place.
        assert parse(read(typed)).value(point) == pytest.approx(float(parse(written).value(point)), rel=1e-15)


@pytest.mark.parametrize("text", TEXTS, ids=name)
def test_a_hostile_text_is_read_as_a_formula_or_refused_in_a_sentence(text: str) -> None:
    for variables in (("x", "y"), ("x",)):
        # As much as the strict parser is allowed, twice: a text is read narrowly and widely.
        with at_most(calls=400_000):
            try:
                strict = read(text, variables)
            except FormulaError as error:
                check_error(error, text)
                texts = error.readings
            else:
                texts = (strict,)
        assert all(parse(strict, variables).text == strict for strict in texts)


@pytest.mark.parametrize(
    ("left", "right"), [("|", "|"), ("sin ", ""), ("√", ""), ("x^", ""), ("2x(", ")"), ("e^x^", "x")]
)
def test_deep_nesting_ends_in_a_sentence(left: str, right: str) -> None:
    times = (MAX_CHARACTERS - 1) // len(left + right)
    with at_most(calls=400_000), pytest.raises(FormulaError, match=r"nested too deeply|two ways|Two exponents"):
        read(left * times + "x" + right * times)


def test_what_is_too_long_when_written_out_is_refused() -> None:
    text = "x" * (MAX_NODES // 2 + 1)
    assert str(MAX_NODES) in refused(text).message
    check_error(refused("sec x" * 60), "sec x" * 60)
