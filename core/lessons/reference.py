"""The tables of the reference: a row for each rule and each schedule, searched, narrowed by questions, and as CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

from core.catalogue.events import EVENTS, Event
from core.catalogue.hypers import unknown_key
from core.catalogue.optimizers import OPTIMIZERS, Optimizer, Training
from core.catalogue.schedules import SCHEDULES, Schedule
from core.export.expressions import called_classes
from core.formula.rule import Kind, Rule
from core.formula.words import digits

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Longer than any cell that could be meant.
MAX_SEARCH = 100
_NONE = "none"


@dataclass(frozen=True)
class OptimizerRow:
    """One rule in the table, in plain values; ``rule`` is the key of the declaration that it runs.

    ``memory`` are the numbers kept for each weight and ``single_numbers`` those kept once for all of them;
    ``whole_hessian`` tells whether a step needs one for each pair of weights besides. ``gradients`` says in words how
    many a step asks for, a Hessian's diagonal counting as one, and how many losses elsewhere; ``most_gradients`` is the
    largest number, a whole Hessian counting as one too. ``suits`` holds what the rule is used to train. ``torch`` is
    empty if PyTorch has no such class.
    """

    key: str
    rule: str
    name: str
    years: str
    family: str
    scaling: str
    momentum: str
    memory: int
    single_numbers: int
    whole_hessian: bool
    gradients: str
    most_gradients: int
    best_for: str
    suits: tuple[str, ...]
    torch: str
    source: str


@dataclass(frozen=True)
class ScheduleRow:
    """One schedule in the table, in plain values; ``hypers`` lists its hyperparameters with their defaults."""

    key: str
    name: str
    idea: str
    hypers: str
    torch: str
    trap: str
    source: str


@dataclass(frozen=True)
class Question:
    """A question that narrows the table: ``admits`` tells for each answer whether a rule is left after it.

    The first answer leaves every rule.
    """

    key: str
    text: str
    admits: Mapping[str, Callable[[OptimizerRow], bool]]

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be answered, as it reads."""
        return tuple(self.admits)


# Any dataclass of plain values.
_Row = TypeVar("_Row", bound="DataclassInstance")


def optimizer_rows() -> list[OptimizerRow]:
    """A row for each rule of the catalogue, in its order, and behind it one for each event that reread its lines."""
    rows = []
    for optimizer in OPTIMIZERS.values():
        row = _optimizer_row(optimizer)
        again = [_reread(row, event) for event in EVENTS.values() if event.rule == optimizer.key]
        rows += [row, *again]
    return rows


def schedule_rows() -> list[ScheduleRow]:
    """A row for each schedule of the catalogue, in its order."""
    return [_schedule_row(schedule) for schedule in SCHEDULES.values()]


def questions() -> tuple[Question, ...]:
    """The three questions of "Which optimizer?", in the order of the arguments of ``narrowed``."""
    return _QUESTIONS


def narrowed(rows: Iterable[OptimizerRow], training: str, memory: str, gradients: str) -> list[OptimizerRow]:
    """The ``rows`` that the answers to the three questions leave; there may be none.

    Raises ``ValueError`` with a sentence for what is no answer.
    """
    return _left(rows, _admitting(training, memory, gradients))


def narrowing_sentence(rows: Sequence[OptimizerRow], training: str, memory: str, gradients: str) -> str:
    """What the answers leave of ``rows``; if that is nothing, what one answer less would leave.

    Raises ``ValueError`` with a sentence for what is no answer.
    """
    tests = _admitting(training, memory, gradients)
    if left := _left(rows, tests):
        return f"{len(left)} of {len(rows)} rules {'is' if len(left) == 1 else 'are'} left: {_names(left)}."
    sentences = ["No rule here fits all three answers."]
    for index, question in enumerate(_QUESTIONS):
        if others := _left(rows, tests[:index] + tests[index + 1 :]):
            sentences.append(f"With “{question.answers[0]}” for “{question.text}” there would be {_names(others)}.")
    return " ".join(sentences)


def matching(rows: Iterable[_Row], text: str) -> list[_Row]:
    """The ``rows`` in which every word of ``text`` occurs somewhere, in capitals or not; all of them for no word.

    Raises ``ValueError`` for a text longer than ``MAX_SEARCH``.
    """
    if len(text) > MAX_SEARCH:
        raise ValueError(f"A search may have at most {MAX_SEARCH} characters; {len(text)} were given.")
    words = text.casefold().split()
    return [row for row in rows if all(word in _searched(row) for word in words)]


def as_csv(rows: "Sequence[DataclassInstance]") -> str:
    """``rows`` as comma-separated values under the names of their fields; an empty text for no rows."""
    written = io.StringIO()
    if rows:
        writer = csv.DictWriter(written, [field.name for field in fields(rows[0])], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in asdict(row).items()} for row in rows)
    return written.getvalue()


def _optimizer_row(optimizer: Optimizer) -> OptimizerRow:
    rule = optimizer.parsed
    always, sometimes = rule.cost
    return OptimizerRow(
        key=optimizer.key,
        rule=optimizer.key,
        name=optimizer.name,
        years=optimizer.years,
        family=str(optimizer.family or ""),
        scaling=optimizer.scaling or _NONE,
        momentum=optimizer.momentum or _NONE,
        memory=rule.numbers_per_weight,
        single_numbers=sum(rule.kinds[name] is not Kind.TENSOR for name in rule.state),
        whole_hessian=rule.needs_whole_hessian,
        gradients=_gradients(rule),
        most_gradients=always + sometimes,
        best_for=optimizer.use,
        suits=tuple(map(str, optimizer.suits)),
        torch=f"torch.optim.{optimizer.torch.name}" if optimizer.torch else "",
        source=optimizer.source,
    )


def _reread(row: OptimizerRow, event: Event) -> OptimizerRow:
    """The row of a rule under the name, year, use and source that ``event`` gave its lines."""
    return replace(
        row,
        key=event.key,
        name=event.name,
        years=event.years,
        best_for=event.use,
        suits=tuple(map(str, event.suits)),
        source=event.source,
    )


def _gradients(rule: Rule) -> str:
    always, sometimes = rule.cost
    if rule.needs_whole_hessian:
        return f"{always - 1} and the Hessian"
    if rule.values:
        return f"{always}, and up to {rule.values} losses elsewhere"
    return f"{always}, at some steps {always + sometimes}" if sometimes else str(always)


def _schedule_row(schedule: Schedule) -> ScheduleRow:
    return ScheduleRow(
        key=schedule.key,
        name=schedule.name,
        idea=schedule.idea,
        hypers=", ".join(f"{hyper.name} = {digits(hyper.default)}" for hyper in schedule.hypers) or _NONE,
        torch=", ".join(called_classes(schedule.torch)),
        trap=schedule.trap,
        source=schedule.source,
    )


def _anything(_: OptimizerRow) -> bool:
    return True


def _trains(what: Training) -> Callable[[OptimizerRow], bool]:
    return lambda row: what in row.suits


def _keeps(most: int) -> Callable[[OptimizerRow], bool]:
    return lambda row: row.memory <= most and not row.whole_hessian


_QUESTIONS = (
    Question("training", "What do you train?", {"any": _anything, **{what.value: _trains(what) for what in Training}}),
    Question(
        "memory",
        "How much optimizer memory can you afford, in numbers per weight?",
        {"any": _anything, "0": _keeps(0), "1": _keeps(1), "2": _keeps(2)},
    ),
    Question(
        "gradients",
        "Can you afford two gradient evaluations per step?",
        {"yes": _anything, "no": lambda row: row.most_gradients <= 1},
    ),
)


def _admitting(*answers: str) -> list[Callable[[OptimizerRow], bool]]:
    """What each of the ``answers`` admits, in the order of the questions."""
    for question, answer in zip(_QUESTIONS, answers, strict=True):
        if answer not in question.admits:
            raise ValueError(unknown_key("answer", answer, question.answers))
    return [question.admits[answer] for question, answer in zip(_QUESTIONS, answers, strict=True)]


def _left(rows: Iterable[OptimizerRow], tests: Sequence[Callable[[OptimizerRow], bool]]) -> list[OptimizerRow]:
    return [row for row in rows if all(admits(row) for admits in tests)]


def _names(rows: Iterable[OptimizerRow]) -> str:
    return ", ".join(row.name for row in rows)


def _cell(value: object) -> object:
    return "; ".join(value) if isinstance(value, tuple) else value


def _searched(row: "DataclassInstance") -> str:
    """All texts of ``row``, a line each, so that no word is found across two of them."""
    return "\n".join(str(_cell(value)) for value in asdict(row).values() if not isinstance(value, int)).casefold()
