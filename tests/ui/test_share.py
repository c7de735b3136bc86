"""Notes about a link, sentences for the stage, and what visitors typed within Markdown."""

import re
import string
from contextvars import Context

from ui.kit import share


def test_a_fragment_that_runs_by_itself_makes_no_note() -> None:
    # As in a fragment's own run: the page has not begun in this context.
    Context().run(share.note, "C096_lr", "nan", "lr is a number from 0 to 1")


def test_sentences_for_a_stage_last_for_one_run_and_go_to_the_stage_with_their_prefix() -> None:
    def run() -> None:
        assert share.stage_sentences("a") == ()
        share.tell_stage("a", "One.")
        share.tell_stage("b", "Two.")
        share.tell_stage("a", "Three.")
        assert share.stage_sentences("a") == ("One.", "Three.")

    for _ in range(2):
        Context().run(run)


def test_in_verbatim_text_every_sign_that_could_be_markup_has_a_backslash_and_nothing_else_has() -> None:
    text = f"__x__ *y* :red[z] $a$ <b> {string.printable.strip()} ²"
    markdown = share.verbatim(text)
    assert re.sub(r"\\(.)", r"\1", markdown) == text
    assert not set(re.sub(r"\\.", "", markdown)) & set(string.punctuation)
    assert not re.search(r"\\[\w\s]", markdown.replace(r"\_", ""))
