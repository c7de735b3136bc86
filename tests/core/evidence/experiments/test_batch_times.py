"""The experiment that measures times: it tells of all sizes, keeps what it told, and measures again when asked."""

from core.evidence.experiments import EXPERIMENTS


def test_every_size_has_a_time_and_what_was_told_is_kept_until_measured_again() -> None:
    first, again = (EXPERIMENTS["X18"].run({"width": 128, "attempt": attempt}) for attempt in (2, 3))
    assert EXPERIMENTS["X18"].run({"width": 128, "attempt": 2}).sentence == first.sentence
    assert again.numbers != first.numbers
    # What the times are is the machine's business.
    times = [value for label, value in first.numbers.items() if label.startswith("µs per sample")]
    assert len(times) == 9
    assert all(0 < value < 1e6 for value in times)
    assert first.plot is not None
    assert [*first.plot.series[0].x] == sorted(first.plot.series[0].x)
    assert [mark.value for mark in first.plot.marks] == [64, 128]
