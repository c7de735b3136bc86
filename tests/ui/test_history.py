"""Changes of a page, undone and done again: what counts as one, how many are kept, and what comes of a new one."""

from itertools import pairwise

from ui.kit.history import MOST, NOTHING, History, back, changed, forward


def _after(*links: str, apart: float = 10.0, history: History = NOTHING) -> History:
    for number, link in enumerate(links):
        history = changed(history, link, 100.0 + number * apart)
    return history


def test_the_first_link_is_no_change_and_neither_is_one_that_is_written_again() -> None:
    assert _after("a=1").past == ()
    assert _after("a=1", "a=1", "a=1").past == ()
    assert _after("", "a=1", "a=1").past == ("",)


def test_changes_are_undone_from_the_last_to_the_first_and_done_again_in_order() -> None:
    links = ["", "a=1", "a=1&b=2", "b=2"]
    history = _after(*links)
    for link in links[-2::-1]:
        history = back(history)
        assert history.present == link
        # The page writes what it was taken to.
        history = changed(history, link, 0.0)
    assert back(history) == history
    for link in links[1:]:
        history = changed(forward(history), link, 0.0)
        assert history.present == link
    assert forward(history) == history


def test_a_change_after_an_undo_takes_the_place_of_what_was_undone() -> None:
    history = changed(back(_after("", "a=1", "a=2")), "a=1", 200.0)
    assert history.future == ("a=2",)
    history = changed(history, "b=3", 300.0)
    assert (history.past, history.future) == (("", "a=1"), ())


def test_what_a_page_makes_of_a_link_it_was_taken_to_is_no_change() -> None:
    history = changed(back(_after("", "a=1", "b=7")), "a=1.0", 200.0)
    assert (history.past, history.present, history.future) == (("",), "a=1.0", ("b=7",))


def test_a_slider_that_is_dragged_is_one_change_and_a_second_later_it_is_another() -> None:
    drag = [f"lr={number}" for number in range(10)]
    assert _after("", *drag, apart=0.9).past == ("",)
    assert _after("", *drag, apart=1.1).past == ("", *drag[:-1])


def test_changes_of_different_settings_are_different_however_quick() -> None:
    assert _after("", "a=1", "a=1&b=1", "a=1&b=1&c=1", apart=0.1).past == ("", "a=1", "a=1&b=1")
    # A start that is moved on the stage sets both of its numbers.
    assert _after("", "x=1&y=1", "x=2&y=2", "x=3&y=3", apart=0.1).past == ("",)


def test_to_and_fro_within_a_second_leaves_nothing_to_undo() -> None:
    history = _after("a=0", "a=1", "a=0", apart=0.5)
    assert (history.past, history.present) == ((), "a=0")
    assert _after("a=0", "a=1", "a=0", "a=2", apart=0.5).past == ("a=0",)


def test_a_change_right_after_an_undo_is_a_change_of_its_own() -> None:
    history = changed(back(_after("", "a=1", "a=2")), "a=1", 110.0)
    assert changed(history, "a=3", 110.1).past == ("", "a=1")


def test_the_last_fifty_changes_are_kept() -> None:
    links = [f"a={number}" for number in range(80)]
    history = _after(*links)
    assert history.past == tuple(links[-MOST - 1 : -1])
    assert MOST == 50
    steps = [history]
    for _ in range(60):
        steps.append(back(steps[-1]))
    assert steps[50].present == links[29]
    assert all(one == other for one, other in pairwise(steps[50:]))
