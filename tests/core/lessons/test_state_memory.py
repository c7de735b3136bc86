"""Memory of training: bytes by hand, against PyTorch's own state, and what the sentence says."""

import pytest
import torch

from core import OPTIMIZERS
from core.export.expressions import torch_line
from core.figures import DARK, LIGHT, Look
from core.figures.memory_bars import memory_bars
from core.lessons.state_memory import DEFAULT, GIGA, LEAST, MOST, Precision, memories, memory_sentence

BY_HAND = {
    # 4 + 4 bytes, and 4 for each number kept.
    Precision.FLOAT32: {"sgd": 8, "momentum": 12, "lion": 12, "adamw": 16, "amsgrad": 20},
    # 2 + 2 + 4 bytes, and 4 for each number kept: 16 for Adam in Rajbhandari et al. 2020.
    Precision.MIXED: {"sgd": 8, "momentum": 12, "lion": 12, "adamw": 16, "amsgrad": 20},
}


@pytest.mark.parametrize("precision", Precision)
def test_bytes_for_each_weight_are_those_by_hand(precision: Precision) -> None:
    totals = {memory.optimizer.key: memory.total for memory in memories(GIGA, precision)}
    assert {key: totals[key] for key in BY_HAND[precision]} == BY_HAND[precision]


@pytest.mark.parametrize("precision", Precision)
def test_every_rule_has_its_parts_and_the_hungriest_comes_last(precision: Precision) -> None:
    needs = memories(2 * GIGA, precision)
    assert {memory.optimizer.key for memory in needs} == set(OPTIMIZERS)
    totals = [memory.total for memory in needs]
    assert totals == sorted(totals)
    for memory in needs:
        assert ("float32 copy" in memory.parts) is (precision is Precision.MIXED)
        assert memory.parts["state of the rule"] == 8 * memory.optimizer.parsed.numbers_per_weight


@pytest.mark.parametrize("key", [key for key, optimizer in OPTIMIZERS.items() if optimizer.torch])
def test_pytorch_keeps_as_many_numbers_for_each_weight(key: str) -> None:
    entry = OPTIMIZERS[key]
    weight = torch.zeros(10, 10, requires_grad=True)
    line = torch_line(entry, {hyper.name: hyper.default for hyper in entry.hypers})
    optimizer = eval(line, {"torch": torch, "params": [weight]})
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    kept = sum(
        value.numel()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.numel() > 1
    )
    assert kept == 100 * entry.parsed.numbers_per_weight


def test_the_sentence_has_the_numbers() -> None:
    said = memory_sentence(DEFAULT * GIGA, Precision.MIXED)
    for number in ("7 billion", "56 GB", "84 GB", "112 GB", Precision.MIXED.label, "Kept as float32"):
        assert number in said


@pytest.mark.parametrize("billions", [LEAST, MOST])
def test_the_ends_of_what_may_be_typed_are_counted(billions: float) -> None:
    assert memories(billions * GIGA, Precision.FLOAT32)[0].total == pytest.approx(8 * billions, rel=1e-12)


@pytest.mark.parametrize("weights", [0.0, -1.0, float("nan"), float("inf"), 2 * MOST * GIGA])
def test_a_number_of_weights_that_is_none_is_refused(weights: float) -> None:
    with pytest.raises(ValueError, match="A model has more than 0"):
        memories(weights, Precision.FLOAT32)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
@pytest.mark.parametrize("precision", Precision)
def test_the_bars_stack_to_the_totals_and_leave_room_for_them(look: Look, precision: Precision) -> None:
    needs = memories(DEFAULT * GIGA, precision)
    figure = memory_bars(needs, look)
    assert [bar.name for bar in figure.data] == list(needs[0].parts)
    for index, memory in enumerate(needs):
        assert {bar.y[index] for bar in figure.data} == {memory.optimizer.name}
        assert sum(bar.x[index] for bar in figure.data) == pytest.approx(memory.total, rel=1e-12)
    assert [note.x for note in figure.layout.annotations] == [memory.total for memory in needs]
    assert figure.layout.xaxis.range[1] > 1.1 * needs[-1].total
