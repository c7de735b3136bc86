"""Tables and JSON to take home; and that nothing else is taken for a run."""

import csv
import io
import json
import math
import re
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.export import path_csv, run_from_json, run_json

# --- The table ---


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_table_holds_every_number_of_the_path_exactly(key: str) -> None:
    path = trace(Run("beale", key, (0.5, -0.7), 12, schedule="exponential"))
    rows = _rows(path_csv(path))
    assert [row["step"] for row in rows] == [str(step) for step in range(13)]
    for name, values in {
        "x": path.x[:, 0],
        "y": path.x[:, 1],
        "loss": path.loss,
        "gradient_norm": path.grad_norm,
    }.items():
        np.testing.assert_array_equal([float(row[name]) for row in rows], values)
    columns = 5
    for name, values in path.terms.items():
        if name == "x":
            continue
        names = [name] if values.ndim == 1 else [f"{name}_x", f"{name}_y"]
        for column, part in zip(names, np.atleast_2d(values.T), strict=True):
            assert rows[0][column] == ""
            np.testing.assert_array_equal([float(row[column]) for row in rows[1:]], part)
            columns += 1
    assert len(rows[0]) == columns


def test_a_table_in_one_variable_has_no_y() -> None:
    names = path_csv(trace(Run("quartic", "momentum", (-1.0,), 3))).splitlines()[0]
    assert names == "step,x,loss,gradient_norm,g_x,lr,v_x"


def test_a_term_that_is_called_like_a_column_gets_a_name_of_its_own() -> None:
    rule = "step = 2*lr\ny = 3*lr\nloss_ = lr\ngradient_norm = 4*lr\ng_x = 5*lr\nx = x - lr*g"
    rows = _rows(path_csv(trace(Run("bowl", rule, (1.0, 2.0), 2, {"lr": 0.5}))))
    values = {name: float(rows[1][name]) for name in ("step_", "y_", "gradient_norm_", "g_x_", "loss_")}
    assert values == {"step_": 1.0, "y_": 1.5, "gradient_norm_": 2.0, "g_x_": 2.5, "loss_": 0.5}


def test_the_table_of_a_run_that_failed_at_once_has_its_start() -> None:
    rows = _rows(path_csv(trace(Run("log(x)", "adam", (-1.0,), 5))))
    assert len(rows) == 1
    assert math.isnan(float(rows[0]["loss"]))


# --- JSON ---

OWN = "beta: (0, 1) = 0.9  # how much „stays“\r\n\tz: state = x\nz = beta*z + g\nx = x - lr*z"
RUNS = {
    **{key: Run("beale", key, (0.1, -1e-300), 17) for key in OPTIMIZERS},
    **{f"objective {key}": Run(key, "sgd", objective.start, 17) for key, objective in OBJECTIVES.items()},
    **{f"schedule {key}": Run("bowl", "sgd", (1.0, 2.0), schedule=key) for key in SCHEDULES},
    "own": Run("x**2 + 0.1*sin(y)", OWN, (1 / 3, -2.0), 99_999, {"lr": 0.1, "beta": 2 / 3}),
    "everything": Run(
        "x**4", "adam", (3.0,), 7, {"lr": 1e-6, "eps": 0.0}, "step", {"period": 3}, 0.25, 1e-3, 2**63 - 1
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_comes_back_from_json_as_it_went(name: str) -> None:
    run = RUNS[name]
    back = run_from_json(run_json(run))
    assert back == run
    assert hash(back) == hash(run)


def test_left_out_fields_take_their_defaults() -> None:
    text = json.dumps({"format": "gradient descent run", "version": 1, "objective": "bowl", "optimizer": "sgd",
                       "start": [1, 2]})  # fmt: skip
    assert run_from_json(text) == Run("bowl", "sgd", (1.0, 2.0))


def test_a_byte_order_mark_does_no_harm() -> None:
    run = Run("bowl", "sgd", (1.0, 2.0))
    assert run_from_json("\ufeff" + run_json(run)) == run


def _changed(**fields: Any) -> str:
    """The JSON of a run with ``fields`` changed, or left out where they are ``...``."""
    given = json.loads(run_json(Run("bowl", "adam", (1.0, 2.0)))) | fields
    return json.dumps({name: value for name, value in given.items() if value is not ...})


REFUSED = {
    "nothing": ("", "This is not JSON"),
    "half": (_changed()[:-4], "This is not JSON"),
    "a list": ("[1, 2]", "one JSON object"),
    "a number": ("7", "one JSON object"),
    "depth": ("[" * 30_000, "nested too deeply"),
    "length": (_changed(objective="x" * 50_000), "at most 40 000 characters of JSON; this has "),
    "another format": (_changed(format="something"), '"format" must be'),
    "no format": (_changed(format=...), '"format" must be'),
    "another version": (_changed(version=2), '"version" must be 1'),
    "a version that is no number": (_changed(version=True), '"version" must be 1'),
    "a version like one": (_changed(version=1.0), '"version" must be 1'),
    "an unknown field": (_changed(color="red"), 'has no "color"; it has objective, optimizer, start'),
    "a long unknown field": (_changed(**{"c" * 1000: 1}), 'has no "ccc'),
    "no objective": (_changed(objective=...), 'no "objective"'),
    "no start": (_changed(start=...), 'no "start"'),
    "an objective that is no text": (_changed(objective=["x"]), "objective must be a text"),
    "an unknown objective": (_changed(objective="bowll"), "Did you mean bowl"),
    "a hostile objective": (_changed(objective="__import__('os')"), "not allowed"),
    "half a character": (_changed(objective="x\ud800"), "half a character"),
    "a rule that is none": (_changed(optimizer="x = x -"), "optimizer: "),
    "a formula that is none": (_changed(objective="x +"), "objective: "),
    "a start that is no list": (_changed(start=1.0), "list of 1 or 2 numbers"),
    "three coordinates": (_changed(start=[1, 2, 3]), "list of 1 or 2 numbers"),
    "no coordinates": (_changed(start=[]), "list of 1 or 2 numbers"),
    "text for a number": (_changed(start=["1", 2]), 'start must be a finite number; "1" was given'),
    "truth for a number": (_changed(start=[True, 2]), "start must be a finite number; true was given"),
    "not a number": (_changed(start=[math.nan, 2]), "NaN is not a number"),
    "infinity": (_changed(noise=math.inf), "Infinity is not a number"),
    "hidden infinity": (_changed(noise=0.125).replace("0.125", "1e999"), "noise must be a finite number"),
    "an endless number": (_changed(steps=5125).replace("5125", "9" * 5000), "at most 20 digits"),
    "a large number": (_changed(start=[10**19, 1]), "start must lie in"),
    "half a step": (_changed(steps=2.5), "steps must be a whole number"),
    "a step of truth": (_changed(steps=True), "steps must be a whole number"),
    "too many steps": (_changed(steps=10**9), "steps must be a whole number in"),
    "a negative seed": (_changed(seed=-1), "seed must be a whole number in"),
    "hypers that are no object": (_changed(hypers=[["lr", 1]]), "hypers must be an object"),
    "an unknown hyperparameter": (_changed(hypers={"beta9": 1}), "no hyperparameter beta9"),
    "a hyperparameter out of range": (_changed(hypers={"beta1": 2}), "beta1 must lie in"),
    "a hyperparameter that is no number": (_changed(hypers={"lr": None}), '"lr" must be a finite number; null'),
    "an unknown schedule": (_changed(schedule="cosin"), "Did you mean cosine"),
    "no limit that is a limit": (_changed(clip_norm=0), "clip_norm must lie in"),
    "a field twice": (_changed(seed=3).replace('"seed": 3', '"seed": 3, "seed": 4'), "stands twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_run_is_refused_with_a_sentence(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        run_from_json(text)
    assert str(caught.value).endswith((".", "?"))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
