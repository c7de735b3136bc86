"""What a training is said to show of a claim is what it shows, beside the training as it is offered."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import pytest

from core import OPTIMIZERS
from core.lessons.trained_claims import TRAINED
from core.problems.training.loop import train
from core.problems.training.reports import Report
from core.problems.training.settings import Training

DESCENT = Training("moons", "mlp", "sgd", {"lr": 0.3}, steps=300, batch=32)
DEEP = {"depth": 8, "activation": "sigmoid"}


@lru_cache
def _reports(**changed: object) -> list[Report]:
    settings = {"model_settings": {}, **changed}
    fields = {key: dict(value) if isinstance(value, tuple) else value for key, value in settings.items()}
    return list(train(replace(DESCENT, **fields)))


def _loss(**changed: object) -> float:
    return _reports(**changed)[-1].train_loss


def _model(**settings: object) -> tuple[tuple[str, object], ...]:
    return tuple(settings.items())


def _rate(lr: float) -> tuple[tuple[str, float], ...]:
    return (("lr", lr),)


def _first_and_last(**changed: object) -> tuple[float, float]:
    norms = _reports(**changed)[1].gradient_norms
    return norms[0], norms[-1]


# Always guessing one of two equally frequent classes has a loss of log 2.
GUESS = 0.69
SHOWS: Mapping[str, Callable[[], bool]] = {
    "C011": lambda: (
        _first_and_last(model_settings=_model(initialisation="zeros"))[0] == 0
        and _first_and_last(model_settings=_model(initialisation="zeros"))[1] > 0
        and _loss(model_settings=_model(initialisation="zeros")) > GUESS
    ),
    "C117": lambda: (lambda first, last: first < 1e-6 * last)(*_first_and_last(model_settings=_model(**DEEP))),
    "C118": lambda: (
        _loss(model_settings=_model(**DEEP, residual="on")) < 0.5 < GUESS < _loss(model_settings=_model(**DEEP))
    ),
    "C075": lambda: (
        _loss(dataset="digits", hypers=_rate(3.0), model_settings=_model(normalisation="batch")) < 0.2
        and _loss(dataset="digits", hypers=_rate(3.0)) > 2
    ),
    "C043": lambda: _loss(batch=2) > 2 * _loss(),
    "C080": lambda: abs(_loss(batch=8, accumulation=4) / _loss() - 1) < 0.2,
    "C064": lambda: OPTIMIZERS["lion"].parsed.numbers_per_weight < OPTIMIZERS["adam"].parsed.numbers_per_weight,
    "C132": lambda: _loss(optimizer="adamw", hypers=_rate(3e-4)) > 5 * _loss(optimizer="adamw", hypers=_rate(0.01)),
    "C054": lambda: (
        _loss(dataset="diabetes", model="linear", hypers=_rate(0.3)) > 1e6
        and _loss(dataset="diabetes", model="linear", optimizer="adam", hypers=_rate(0.01)) < 1
    ),
}
# Shown by folds that measure when a button asks.
FOLDS = {"C136", "C006", "C007", "C126"}


def test_all_are_checked() -> None:
    assert {*TRAINED} == {*SHOWS} | FOLDS


@pytest.mark.parametrize("key", SHOWS)
def test_a_training_shows_what_is_said(key: str) -> None:
    assert SHOWS[key]()
