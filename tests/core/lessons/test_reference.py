"""The reference tables say what the declarations say, and searching or narrowing them never leads astray."""

import csv
import io
from itertools import product

import pytest

from core import OPTIMIZERS, SCHEDULES
from core.catalogue.events import EVENTS
from core.formula.words import digits
from core.lessons.reference import (
    MAX_SEARCH,
    OptimizerRow,
    as_csv,
    matching,
    narrowed,
    narrowing_sentence,
    optimizer_rows,
    questions,
    schedule_rows,
)

ROWS = {row.key: row for row in optimizer_rows()}
ANSWERS = list(product(*(question.answers for question in questions())))
OPEN = tuple(question.answers[0] for question in questions())

every = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
every_answer = pytest.mark.parametrize("answers", ANSWERS, ids=" + ".join)


def test_the_tables_have_a_row_for_every_declaration_in_order() -> None:
    assert [row.key for row in optimizer_rows() if row.key == row.rule] == list(OPTIMIZERS)
    assert [row.key for row in schedule_rows()] == list(SCHEDULES)


def test_stochastic_descent_of_1951_has_a_row_behind_the_rule_whose_lines_it_reread() -> None:
    rows = optimizer_rows()
    again = [row for row in rows if row.key != row.rule]
    assert [(row.name.split()[0], row.years, row.rule) for row in again] == [("SGD", "1951", "sgd")]
    for row in again:
        first = rows[rows.index(row) - 1]
        assert first.key == row.rule
        # The lines are the same, so what they cost is.
        assert (row.memory, row.gradients, row.scaling, row.torch) == (0, first.gradients, first.scaling, first.torch)
        assert (row.best_for, row.source, row.suits) == (
            EVENTS[row.key].use,
            EVENTS[row.key].source,
            tuple(map(str, EVENTS[row.key].suits)),
        )
        assert row.best_for


@every
def test_no_cell_that_a_reader_needs_is_empty(row: OptimizerRow) -> None:
    assert all([row.name, row.years, row.family, row.scaling, row.momentum, row.gradients, row.best_for, row.source])
    # Only what PyTorch lacks, and what nobody reaches for, is left blank; texts are plain, as tables and caches want.
    assert {type(text) for text in (row.family, *row.suits)} == {str}
    assert bool(row.torch) == (OPTIMIZERS[row.rule].torch is not None)


# The corrected table of the fact check: year, scaling of each coordinate, momentum, numbers per weight, gradients.
# Muon treats a matrix as a whole, and SAM and Schedule-Free stand here on plain descent, so that nothing is scaled.
TABLE = {
    "sgd": ("1847", False, False, 0, 1),
    "robbins_monro": ("1951", False, False, 0, 1),
    "momentum": ("1964", False, True, 1, 1),
    "nesterov": ("1983", False, True, 1, 1),
    "adagrad": ("2010 / 2011", True, False, 1, 1),
    "rmsprop": ("2012", True, False, 1, 1),
    "adadelta": ("2012", True, False, 2, 1),
    "adam": ("2014 / 2015", True, True, 2, 1),
    "amsgrad": ("2018", True, True, 3, 1),
    "adamw": ("2017 / 2019", True, True, 2, 1),
    "lion": ("2023", True, True, 1, 1),
    "sophia": ("2023 / 2024", True, True, 2, 2),
    "lamb": ("2019 / 2020", True, True, 2, 1),
    "muon": ("2024", False, True, 1, 1),
    "sam": ("2020 / 2021", False, False, 0, 2),
    "schedule_free": ("2024", False, True, 1, 1),
}


@pytest.mark.parametrize("key", TABLE)
def test_the_table_is_that_of_the_fact_check(key: str) -> None:
    row = ROWS[key]
    scaled, moving = row.scaling != "none", row.momentum != "none"
    assert (row.years, scaled, moving, row.memory, row.most_gradients) == TABLE[key]


def test_costs_are_told_in_words_and_single_numbers_apart() -> None:
    assert ROWS["sam"].gradients == "2"
    assert ROWS["newton"].gradients == "1 and the Hessian"
    assert ROWS["adam"].gradients == "1"
    assert ROWS["sophia"].gradients == "1, at some steps 2"
    assert ROWS["armijo"].gradients == "1, and up to 4 losses elsewhere"
    assert ROWS["polyak"].gradients == "1"
    assert {key: row.single_numbers for key, row in ROWS.items() if row.single_numbers} == {
        "nadam": 1,
        "armijo": 1,
        "dog": 2,
        "prodigy": 2,
    }


@every
def test_named_classes_are_pytorchs(row: OptimizerRow) -> None:
    import torch

    if row.torch:
        assert issubclass(getattr(torch.optim, row.torch.removeprefix("torch.optim.")), torch.optim.Optimizer)


def test_schedules_name_the_classes_that_make_them_and_their_defaults() -> None:
    from torch.optim import lr_scheduler

    for row in schedule_rows():
        schedule = SCHEDULES[row.key]
        classes = row.torch.split(", ")
        assert all(isinstance(getattr(lr_scheduler, name), type) for name in classes)
        assert all(name in schedule.torch for name in classes)
        for hyper in schedule.hypers:
            assert f"{hyper.name} = {digits(hyper.default)}" in row.hypers
        assert all([row.name, row.idea, row.hypers, row.trap, row.source])
    assert {"StepLR", "CosineAnnealingLR", "OneCycleLR"} <= {
        name for row in schedule_rows() for name in row.torch.split(", ")
    }


# ---- Which optimizer?


def test_the_first_answers_leave_every_rule() -> None:
    assert narrowed(list(ROWS.values()), *OPEN) == list(ROWS.values())


@every_answer
def test_what_is_left_meets_every_answer_and_what_is_not_misses_one(answers: tuple[str, str, str]) -> None:
    training, memory, gradients = answers
    rows = optimizer_rows()
    left = narrowed(rows, *answers)
    for row in rows:
        optimizer = OPTIMIZERS[row.rule]
        trains = training == "any" or training in row.suits
        # Newton's method needs a number for each pair of weights.
        fits = memory == "any" or (optimizer.key != "newton" and optimizer.parsed.numbers_per_weight <= int(memory))
        cheap = gradients == "yes" or sum(optimizer.parsed.cost) <= 1
        assert (row in left) == (trains and fits and cheap)


@every_answer
def test_a_sentence_says_what_is_left_or_what_giving_up_an_answer_would_leave(answers: tuple[str, str, str]) -> None:
    rows = optimizer_rows()
    left = narrowed(rows, *answers)
    sentence = narrowing_sentence(rows, *answers)
    assert sentence.endswith(".")
    if left:
        assert sentence.startswith(f"{len(left)} of {len(rows)} ")
        assert sentence.endswith(": " + ", ".join(row.name for row in left) + ".")
        return
    assert sentence.startswith("No rule here fits")
    helpful = 0
    for index, question in enumerate(questions()):
        opened = (*answers[:index], question.answers[0], *answers[index + 1 :])
        names = ", ".join(row.name for row in narrowed(rows, *opened))
        assert (question.text in sentence) == bool(names)
        assert names in sentence
        helpful += bool(names)
    # Nobody is left without a way on.
    assert helpful


def test_every_single_answer_leaves_a_rule() -> None:
    for index, question in enumerate(questions()):
        for answer in question.answers:
            assert narrowed(optimizer_rows(), *OPEN[:index], answer, *OPEN[index + 1 :]), (question.text, answer)


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("wrong", ["", "3", "Any", "x" * 10_000, "__class__"])
def test_what_is_no_answer_is_refused_with_those_that_are(index: int, wrong: str) -> None:
    answers = [*OPEN[:index], wrong, *OPEN[index + 1 :]]
    for refusing in (narrowed, narrowing_sentence):
        with pytest.raises(ValueError, match=r"^Unknown answer .* known are .*") as caught:
            refusing(optimizer_rows(), *answers)
        assert all(answer in str(caught.value) for answer in questions()[index].answers)


# ---- Search


def _matches(text: str) -> set[str]:
    return {row.key for row in matching(optimizer_rows(), text)}


def test_a_search_finds_rows_that_have_every_word_somewhere() -> None:
    assert _matches("") == _matches("   ") == set(ROWS)
    assert _matches("lion") == _matches("LION") == {"lion"}
    assert _matches("2302.06675") == {"lion"}
    assert _matches("torch.optim.Muon") == {"muon"}
    # Words of different cells, in any order.
    assert _matches("look-ahead 1983") == _matches("1983 look-ahead") == {"nesterov"}
    # A part of a word is enough, but no word runs over from one cell to the next.
    assert "adagrad" in _matches("spars")
    assert _matches("AdaGradA rate") == set()
    assert _matches("no such rule") == set()


def test_schedules_are_searched_alike() -> None:
    assert "cosine" in {row.key for row in matching(schedule_rows(), "half a cosine")}


@pytest.mark.parametrize("text", [".*", "[", "(?i)", "\\", "%", "'; drop", "\x00", "🙂", "a" * MAX_SEARCH])
def test_a_search_is_plain_text_and_no_pattern(text: str) -> None:
    assert _matches(text) == {key for key, row in ROWS.items() if text in repr(row)}


def test_a_search_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MAX_SEARCH} characters; {MAX_SEARCH + 1} were given"):
        matching(optimizer_rows(), "a" * (MAX_SEARCH + 1))


# ---- CSV


def test_the_table_as_csv_reads_back_as_the_table() -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(optimizer_rows()))))
    assert len(read) == len(ROWS)
    for cells, row in zip(read, ROWS.values(), strict=True):
        assert cells["suits"] == "; ".join(row.suits)
        assert {name: value for name, value in cells.items() if name != "suits"} == {
            name: str(value) for name, value in vars(row).items() if name != "suits"
        }
    assert [cells["key"] for cells in csv.DictReader(io.StringIO(as_csv(schedule_rows())))] == list(SCHEDULES)


def test_no_rows_are_an_empty_csv() -> None:
    assert as_csv([]) == ""
