"""What tells runs apart: every setting in which they differ and no other, in digits that tell them apart."""

from dataclasses import fields, replace
from typing import Any

import pytest

from core import OPTIMIZERS, Run
from core.engine.differences import NONE, differences

ADAM = Run("rosenbrock", "adam", (-1.5, 2.0), hypers={"lr": 0.1})
OWN = "beta: (0, 1) = 0.9\nv = beta*v + g\nx = x - lr*v"
# A run that differs in one field, and what it says then.
ONE: dict[str, tuple[dict[str, Any], dict[str, list[str]]]] = {
    "objective": ({"objective": "beale"}, {"Objective": ["Rosenbrock", "Beale"]}),
    "optimizer": ({"optimizer": "radam"}, {"Update rule": ["Adam", "RAdam"]}),
    "start": ({"start": (-1.5, 2.5)}, {"Start y": ["2", "2.5"]}),
    "steps": ({"steps": 501}, {"Steps": ["500", "501"]}),
    "hypers": ({"hypers": {"lr": 0.100001}}, {"Learning rate": ["0.1", "0.100001"]}),
    "schedule": ({"schedule": "cosine"}, {"Schedule": ["Constant", "Cosine"]}),
    "schedule_hypers": (
        {"schedule": "exponential", "schedule_hypers": {"gamma": 0.5}},
        {"Schedule": ["Constant", "Exponential"], "Exponential: Share that is kept (gamma)": [NONE, "0.5"]},
    ),
    "noise": ({"noise": 0.5}, {"Noise": ["0", "0.5"]}),
    "clip_norm": ({"clip_norm": 2}, {"Largest gradient norm": ["no limit", "2"]}),
}


def test_this_test_knows_every_field_of_a_run() -> None:
    assert {field.name for field in fields(Run)} == {*ONE, "seed"}


@pytest.mark.parametrize("name", ONE)
def test_a_setting_that_differs_is_told_and_no_other(name: str) -> None:
    changes, told = ONE[name]
    assert differences([ADAM, replace(ADAM, **changes)]) == told


def test_a_seed_tells_runs_apart_only_where_there_is_noise() -> None:
    assert differences([ADAM, replace(ADAM, seed=3)]) == {}
    noisy = replace(ADAM, noise=1.0)
    assert differences([noisy, replace(noisy, seed=3)]) == {"Seed": ["0", "3"]}


def test_one_run_and_equal_runs_have_no_differences() -> None:
    assert differences([ADAM]) == {}
    assert differences([ADAM, replace(ADAM, hypers=ADAM.settings)]) == {}


def test_what_only_one_rule_has_is_told_where_it_was_chosen() -> None:
    plain = Run("rosenbrock", "sgd", (-1.5, 2.0), hypers={"lr": 0.1})
    assert differences([plain, ADAM]) == {"Update rule": ["Gradient descent", "Adam"]}
    chosen = replace(ADAM, hypers={"lr": 0.1, "beta1": 0.5})
    assert differences([plain, chosen, ADAM])["Memory of gradients (beta1)"] == [NONE, "0.5", "0.9"]


def test_what_a_visitor_wrote_stands_on_one_line() -> None:
    own = replace(ADAM, optimizer=OWN, schedule="factor = 1/t", objective="x**2 + y**2")
    assert differences([ADAM, own]) == {
        "Objective": ["Rosenbrock", "x**2 + y**2"],
        "Update rule": ["Adam", "beta: (0, 1) = 0.9; v = beta*v + g; x = x - lr*v"],
        "Schedule": ["Constant", "factor = 1/t"],
    }


def test_runs_in_one_and_two_variables_are_told_apart() -> None:
    line = Run("quartic", "adam", (-1.5,), hypers={"lr": 0.1})
    assert differences([ADAM, line]) == {"Objective": ["Rosenbrock", "Quartic"]}
    assert differences([ADAM, line, replace(ADAM, start=(-1.5, 3.0))])["Start y"] == ["2", NONE, "3"]


def test_no_two_numbers_of_a_rule_have_the_same_name() -> None:
    for key in OPTIMIZERS:
        run = replace(ADAM, optimizer=key, hypers={})
        other = {hyper.name: hyper.bounds[0] for hyper in OPTIMIZERS[key].hypers if hyper.default != hyper.bounds[0]}
        assert len(differences([run, replace(run, hypers=other)])) == len(other)
