"""Notes about a link: where there is no place for them, nothing breaks."""

from contextvars import Context

from ui.kit import share


def test_a_fragment_that_runs_by_itself_makes_no_note() -> None:
    # As in a fragment's own run: the page has not begun in this context.
    Context().run(share.note, "C096_lr", "nan", "lr is a number from 0 to 1")
