"""Asking before playing: which prediction a stage asks, what of an answer is believed, and what the browser is told."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.catalogue.objectives import Objective
from core.formula.words import digits
from core.lessons.prediction import Answer, Prediction, Shown, judged, place_text
from core.lessons.predictions import asked_at
from core.problems.batches.data import Pair
from core.problems.batches.race import Settings
from core.problems.example import Example
from ui.kit import share
from ui.navigation import of
from ui.stage.payload import believed_start

# Larger numbers are no answer to anything.
_LARGEST = 1e12


@dataclass(frozen=True, eq=False)
class Asks:
    """What a stage asks: the predictions of ``spot``, about its runs and the ``data`` that they are of."""

    spot: str
    data: Example | tuple[Pair, Settings] | None = None


def asking(asks: Asks, shown: Shown, stage: str, prefix: str) -> tuple[dict[str, Any], Callable[[], None]]:
    """What the browser is told to ask on ``stage``, and what takes its answer.

    Which question is open is the setting ``ask`` after ``prefix``, so a link opens one. It is over once the runs are
    others than those it was asked about; the answer is kept for the visit.
    """
    predictions = {one.key: one for one in asked_at(asks.spot)}
    key, kept, last = (f"{prefix}{name}" for name in ("ask", "ask:given", "ask:last"))
    share.setting(
        key,
        "",
        lambda text: text if text in predictions and predictions[text].see(shown) is not None else None,
        f"of these runs it can ask {', '.join(predictions)}",
    )
    now, runs = st.session_state, _fingerprint(shown)
    chosen: str = now[key]
    about, given = now.get(kept, (runs, None))
    if share.arriving_at(key):
        about, given = runs, None
    elif chosen and about != runs:
        now[key] = chosen = ""
    if chosen:
        now[kept], now[last] = (runs, given), chosen
    else:
        now.pop(kept, None)

    def take() -> None:
        act = believed_act(now[stage]["ask"], predictions, shown, chosen)
        if act is None:
            return
        name, value = act
        if name == "answer":
            now[kept] = (runs, value)
        else:
            now.pop(kept, None)
            share.ask({key: str(value)})

    if now.get(fold := of(share.here()).classroom) or share.said(fold):
        # For a teacher who makes a link; to know it of all of them takes too long for everyone.
        now[offers(key)] = {name: one.asks(shown) for name, one in predictions.items() if one.see(shown) is not None}
    following = next_one(list(predictions.values()), shown, now.get(last, ""))
    data = ask_data(predictions.get(chosen), shown, given, following)
    if "verdict" in data:
        share.done(f"ask_{chosen}")
    return data, take


def offers(key: str) -> str:
    """Where the visit keeps what the control ``key`` of a stage can ask now: questions by their keys."""
    return f"{key}:offers"


def _fingerprint(shown: Shown) -> str:
    """A text that is the same for the same runs, whatever is seen of them."""
    found = hashlib.sha256(shown.objective.formula.encode())
    for racer, track in shown.race:
        found.update(f"{racer.key} {track.steps}".encode())
        found.update(np.ascontiguousarray(track.x).tobytes())
    return found.hexdigest()[:16]


def next_one(predictions: Sequence[Prediction], shown: Shown, after: str) -> Prediction | None:
    """The first of ``predictions`` after the key ``after`` that applies to what is ``shown``; ``None`` without any."""
    keys = [one.key for one in predictions]
    begin = keys.index(after) + 1 if after in keys else 0
    return next((one for one in [*predictions[begin:], *predictions[:begin]] if one.see(shown) is not None), None)


def ask_data(
    chosen: Prediction | None, shown: Shown, given: Answer | None, following: Prediction | None
) -> dict[str, Any]:
    """What the browser is told: what it may ask, or what it asks, or what is said to the answer that was ``given``."""
    offer = {"offer": following.key, "of": following.asks(shown)} if following else {}
    if chosen is None:
        return offer
    data = offer | {"key": chosen.key, "question": chosen.asks(shown), "kind": chosen.kind}
    verdict = None if given is None else judged(chosen, shown, given)
    if given is None or verdict is None:
        return data | {"choices": list(chosen.offers(shown)), "unit": chosen.unit}
    said = given if isinstance(given, str) else place_text(given) if isinstance(given, tuple) else digits(given)
    places = {"yours": given, "right": verdict.place} if isinstance(given, tuple) else {}
    return data | {
        "said": said,
        "verdict": verdict.words,
        "places": {name: _drawn(shown.objective, place) for name, place in places.items()},
    }


def _drawn(objective: Objective, place: tuple[float, ...]) -> list[float]:
    """Where ``place`` is in a picture of ``objective``: on its curve, if it has one variable."""
    if len(place) > 1:
        return list(place)
    height = float(objective.parsed.value(np.array(place)))
    return [*place, height if np.isfinite(height) else 0.0]


def believed_act(
    raw: Any, predictions: Mapping[str, Prediction], shown: Shown, chosen: str
) -> tuple[str, Answer] | None:
    """What a stage asks for: to "open" a question by its key, none by "", or to take an "answer" to the ``chosen`` one.

    ``None`` for anything else.
    """
    if not isinstance(raw, Mapping):
        return None
    if (opened := raw.get("open")) is not None:
        return ("open", opened) if isinstance(opened, str) and opened in {*predictions, ""} else None
    if chosen not in predictions:
        return None
    answer = believed_answer(raw.get("answer"), predictions[chosen], shown)
    return None if answer is None else ("answer", answer)


def believed_answer(raw: Any, prediction: Prediction, shown: Shown) -> Answer | None:
    """An answer of the kind that ``prediction`` asks for; ``None`` for anything else."""
    if prediction.kind == "choice":
        return raw if isinstance(raw, str) and raw in prediction.offers(shown) else None
    if prediction.kind == "place":
        return believed_start(raw, shown.objective)
    if not isinstance(raw, int | float) or isinstance(raw, bool) or not abs(raw) <= _LARGEST:
        return None
    return float(raw)
