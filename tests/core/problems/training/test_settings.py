"""A training checks itself: what is wrong is refused with name, range and value, and equal settings are equal."""

import pickle
from typing import Any

import pytest

from core.problems.training.settings import Training


def test_a_training_is_plain_hashable_values() -> None:
    training = Training(hypers={"lr": 0.1}, model_settings={"width": 8, "activation": "tanh"})
    assert training.hypers == (("lr", 0.1),)
    assert training == Training(hypers=(("lr", 0.1),), model_settings=(("activation", "tanh"), ("width", 8.0)))
    assert hash(training) == hash(pickle.loads(pickle.dumps(training)))
    assert (
        training.completed == Training(hypers={"lr": 0.1, "beta1": 0.9}, model_settings=training.model_values).completed
    )
    assert training.weights == 3 * 8 + 9 * 8 + 9 * 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"dataset": "moon"}, "Unknown data set"),
        ({"model": "cnn"}, "Unknown model"),
        ({"optimizer": "adm"}, "Unknown optimizer"),
        ({"optimizer": "x = y"}, "."),
        ({"schedule": "cosin"}, "Unknown schedule"),
        ({"dataset": "digits", "model": "logistic"}, "has 10"),
        ({"hypers": {"lr": -1}}, r"lr must lie in \[0, 10⁶\]; −1 was given"),
        ({"hypers": {"speed": 1}}, "has no hyperparameter speed"),
        ({"schedule": "cosine", "schedule_hypers": {"span": 99}}, "span must lie in"),
        ({"model_settings": {"height": 2}}, "has no setting height"),
        ({"model_settings": {"width": 2.5}}, "width must be a whole number"),
        ({"model_settings": {"activation": "step"}}, "activation must be one of relu"),
        ({"steps": 0}, r"steps must be a whole number in \[1, 5000\]; 0 was given"),
        ({"steps": True}, "steps must be a whole number"),
        ({"steps": float("nan")}, "steps must be a whole number"),
        ({"batch": 301}, r"batch must lie in \[0, 300\]; 301 was given"),
        ({"batch": 1, "model_settings": {"normalisation": "batch"}}, "batch must be at least 2 with batch norm"),
        ({"accumulation": 99}, "accumulation must be"),
        ({"smoothing": 1.0}, r"smoothing must lie in \[0, 0.9\]; 1 was given"),
        ({"clip_norm": 0.0}, "clip_norm must lie in"),
        ({"seed": -1}, "seed must be"),
        ({"dataset": "own", "table": "x,y\n1,2"}, "1 row of data"),
        ({"optimizer": "newton"}, "for up to 400 weights; the model has 1218"),
        ({"model_settings": {"width": 256, "depth": 8}}, r"at most 10⁵|at most 100 000"),
        (
            {"dataset": "digits", "model_settings": {"width": 150, "depth": 3}, "batch": 0, "steps": 5000},
            "multiplications; at most 5·10¹¹",
        ),
        ({"dataset": "text", "model": "transformer", "model_settings": {"heads": 5}}, "multiple of heads"),
    ],
)
def test_what_is_wrong_is_refused_in_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Training(**wrong)


def test_an_own_table_a_wrapped_rule_and_all_rows_in_a_batch_are_fine() -> None:
    table = "x,y\n" + "\n".join(f"{n},{n % 2}" for n in range(20))
    training = Training("own", "logistic", table=table, batch=0, optimizer="x = x - lr*sign(g)")
    assert training.batch_rows == training.resolved_dataset.rows == 16
    assert training.weights == 2
