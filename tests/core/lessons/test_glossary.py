"""The glossary: every term is in order, told in a sentence and used, and texts are marked without being changed."""

import ast
import os
import re
from functools import cache
from pathlib import Path
from random import Random

import pytest

from core import OPTIMIZERS
from core.lessons import glossary
from core.lessons.glossary import GLOSSARY, Term, marked
from tests.marks import marks, unmarked
from ui import navigation

ROOT = Path(__file__).parents[3]
SOURCES = [ROOT / "app.py", *(path for folder in ("core", "pages", "ui") for path in (ROOT / folder).rglob("*.py"))]
# Characters: about two lines of a tip.
LONGEST = 120
# Terms whose symbol is declared with a hyperparameter: the rule that has it, and its name there.
DECLARED = {
    "learning rate": ("sgd", "lr"),
    "momentum": ("momentum", "beta"),
    "weight decay": ("adamw", "weight_decay"),
}

every = pytest.mark.parametrize("term", GLOSSARY.values(), ids=GLOSSARY)


def _forms(term: Term) -> tuple[str, ...]:
    return (term.name, *term.forms)


@cache
def _texts() -> str:
    """All strings in the source of the guide but docstrings and the glossary, a line each."""
    texts = []
    for path in SOURCES:
        if path == Path(glossary.__file__):
            continue
        tree = ast.parse(path.read_text())
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        told = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _documents(node)}
        texts += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        ]
    return "\n".join(texts)


def _documents(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


def _stands(form: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", text, re.IGNORECASE) is not None


# --- The terms ---


def test_the_terms_are_in_alphabetical_order_under_their_names() -> None:
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.casefold)
    assert all(name == term.name for name, term in GLOSSARY.items())
    assert len(GLOSSARY) == len(glossary._ALL)


def test_no_two_terms_are_written_alike_or_mean_the_same() -> None:
    forms = [form.casefold() for term in GLOSSARY.values() for form in _forms(term)]
    assert sorted(forms) == sorted(set(forms))
    assert len({term.meaning for term in GLOSSARY.values()}) == len(GLOSSARY)


@every
def test_a_meaning_is_one_short_sentence_without_markup(term: Term) -> None:
    assert len(term.meaning) <= LONGEST
    assert term.meaning[0].isupper()
    assert term.meaning.endswith(".")
    assert not re.search(r"[.!?]\s|\s\s|\n", term.meaning)
    # It stands in a cell of a Markdown table and between the quotes of a link's title.
    assert not set('*_$`~|<>#\\"()[]') & set(term.meaning + term.name)


def test_no_symbol_stands_for_two_terms() -> None:
    symbols = [term.symbol for term in GLOSSARY.values() if term.symbol]
    assert sorted(symbols) == sorted(set(symbols))


@pytest.mark.parametrize("name", DECLARED)
def test_a_symbol_is_the_one_that_the_catalogue_declares(name: str) -> None:
    rule, hyper = DECLARED[name]
    (symbol,) = (one.symbol for one in OPTIMIZERS[rule].hypers if one.name == hyper)
    assert GLOSSARY[name].symbol == symbol


@every
def test_a_symbol_uses_only_commands_that_other_texts_use(term: Term) -> None:
    for command in re.findall(r"\\[A-Za-z]+", term.symbol):
        assert command in _texts()
    assert term.symbol.count("{") == term.symbol.count("}")
    assert "$" not in term.symbol


@every
def test_a_term_stands_in_the_texts_of_the_guide(term: Term) -> None:
    assert any(_stands(form, _texts()) for form in _forms(term))


@every
def test_a_term_is_shown_on_a_page(term: Term) -> None:
    assert navigation.of(term.page) is not navigation.HOME
    # What the address takes for a place on a page.
    assert re.fullmatch(r"[\w-]{1,80}", term.at)


# --- Marks ---

MARKED = {name: term for name, term in GLOSSARY.items() if not term.everyday}


@pytest.mark.parametrize("term", MARKED.values(), ids=MARKED)
def test_every_form_of_a_term_is_marked_as_that_term(term: Term) -> None:
    for form in _forms(term):
        for written in (form, form.upper(), f"{form[0].upper()}{form[1:]}"):
            assert marks(marked(f"What is {written}, then?")) == [(written, term)]


@every
def test_an_everyday_term_is_never_marked(term: Term) -> None:
    assert not term.everyday or all(marked(form) == form for form in _forms(term))


def test_the_longest_term_is_marked_and_only_where_it_first_stands() -> None:
    text = "Decoupled weight decay is weight decay, and weight decay is no L2. Decoupled weight decay, again."
    written = [(word, term.name) for word, term in marks(marked(text))]
    assert written == [
        ("Decoupled weight decay", "decoupled weight decay"),
        ("weight decay", "weight decay"),
        ("L2", "L2 regularisation"),
    ]
    assert marked(text).startswith("[Decoupled weight decay](")


@pytest.mark.parametrize(
    "text",
    [
        "`momentum`",
        "```\nmomentum\n```",
        r"$\text{momentum}$",
        "$$\nmomentum\n$$",
        "[momentum](#momentum)",
        "![momentum](momentum.png)",
        "[See momentum](https://arxiv.org/momentum)",
        "https://arxiv.org/momentum",
        "### Momentum",
        "**Momentum.**",
        "momentum_decay",
        "anti-momentum",
        "momentum-free",
        "momentums",
    ],
)
def test_what_is_no_plain_word_is_left_alone(text: str) -> None:
    assert marked(text) == text
    # Nor does it count as the first occurrence.
    assert [term.name for _, term in marks(marked(f"{text}\n\nThen momentum."))] == ["momentum"]


def test_any_text_keeps_its_words_and_is_marked_once() -> None:
    draw = Random(f"{os.environ['TEST_SEED']} glossary")
    forms = [form for term in GLOSSARY.values() for form in _forms(term)]
    # Two of them begin with letters that some count as an s and an i.
    words = ["ſharpness", "ınflection", "Then ", "a", " ", " ", ", ", "https://"]
    signs = [*"$`[]()*#!\\ -:'’", "**", "```", "\n", "\n\n"]
    for _ in range(3000):
        text = "".join(draw.choice(draw.choice((forms, words, signs))) for _ in range(draw.randint(1, 24)))
        once = marked(text)
        assert unmarked(once) == text
        assert marked(once) == once
        names = [term.name for _, term in marks(once)]
        assert len(names) == len(set(names)), text


def test_all_strings_of_the_guide_keep_their_words_and_are_marked_once() -> None:
    for text in {line for line in _texts().splitlines() if " " in line}:
        once = marked(text)
        assert unmarked(once) == text
        assert marked(once) == once
