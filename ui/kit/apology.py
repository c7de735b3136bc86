"""What a visitor sees of an unexpected error: an apology, and a report to pass on that names no path and no value."""

import platform
import traceback
from collections.abc import Iterable
from importlib.metadata import version
from types import FrameType

import streamlit as st
from streamlit import config, error_util

from ui.kit import codec, share
from ui.kit.limits import MAX_LINK

APOLOGY = "Something went wrong here. That is a mistake of this guide and not yours."
# Packages of which the version matters, and what is told of an error: its last calls of our own functions.
_PACKAGES = ("streamlit", "numpy", "plotly")
_OURS = ("__main__", "core", "ui")
_CALLS = 8
_show_in_full = error_util.show_uncaught_app_exception


def report(error: BaseException, page: str, link: codec.Link) -> str:
    """What helps to mend ``error``, on ``page`` with the settings of ``link``: its kind and the calls that led to it.

    Of the calls it has modules, functions and lines; neither paths nor values nor what the error says, which may have
    some.
    """
    query = codec.readable(link)
    kinds = " from ".join(type(one).__name__ for one in _causes(error))
    calls = [call for one in _causes(error) for call in _calls(traceback.walk_tb(one.__traceback__))]
    versions = ", ".join([f"python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)])
    return "\n".join([f"{kinds} on /{page}?{query[:MAX_LINK]}", *calls[-_CALLS:], versions])


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _calls(frames: Iterable[tuple[FrameType, int]]) -> Iterable[str]:
    for frame, line in frames:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _OURS:
            yield f"{module}, line {line}, in {frame.f_code.co_qualname}"


def _apologise(ex: BaseException) -> None:
    """Takes the place of Streamlit's box, which would say less or too much; the console has been told everything."""
    page, link = share.abandoned()
    if config.get_option("client.showErrorDetails") == "full":
        _show_in_full(ex)
        return
    st.error(
        f"{APOLOGY} Your settings are kept: the address still has those of the last picture, and reloading the page "
        "brings it back. Changing another setting may be enough.",
        icon=":material/sentiment_dissatisfied:",
    )
    st.caption("If it happens again, this is what whoever runs this site needs to mend it:")
    st.code(report(ex, page, link), language=None, wrap_lines=True)


# Streamlit's documented hook, ``on_script_error``, is there only for an app that is started as an ASGI application; and
# what a page sets for its own run is not set while callbacks run, or a fragment by itself.
error_util.show_uncaught_app_exception = _apologise
