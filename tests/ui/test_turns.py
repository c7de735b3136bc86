"""One run computes at a time, none waits for long, and Streamlit runs pages so."""

from threading import Event, Thread
from time import sleep

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from tests.pages.visits import clean
from ui.kit import turns
from ui.kit.turns import Turns


def test_runs_do_not_overlap_and_all_have_their_turn() -> None:
    taken, inside, most = Turns(longest=60), [], []

    def run(number: int) -> None:
        with taken.turn():
            inside.append(number)
            most.append(len(inside))
            sleep(0.002)
            inside.remove(number)

    threads = [Thread(target=run, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20


def test_who_takes_long_lets_others_pass_and_takes_no_turn_from_them() -> None:
    taken, ended = Turns(longest=0.05), Event()
    passed: list[str] = []

    def take_long() -> None:
        with taken.turn():
            passed.append("long")
            assert ended.wait(60)

    long = Thread(target=take_long)
    long.start()
    while not passed:
        sleep(0.001)
    with taken.turn():
        passed.append("short")
        ended.set()
        long.join()
        # The end of the long one has not freed what is not its own any more.
        assert taken._holder is not None
    assert passed == ["long", "short"]
    assert taken._holder is None


def test_an_error_gives_the_turn_back() -> None:
    taken = Turns(longest=60)
    with pytest.raises(ZeroDivisionError), taken.turn():
        raise ZeroDivisionError
    with taken.turn():
        pass


def test_streamlit_runs_pages_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert script_runner.exec_func_with_error_handling is turns.run_in_turn
    ran: list[object] = []
    run = turns._run
    monkeypatch.setattr(turns, "_run", lambda func, ctx: (ran.append(turns._turns._holder), run(func, ctx))[1])

    def page() -> None:
        import streamlit as st

        st.toggle("once more")

    app = clean(AppTest.from_function(page).run())
    clean(app.toggle[0].set_value(True).run())
    assert len(ran) == 2
    assert None not in ran
