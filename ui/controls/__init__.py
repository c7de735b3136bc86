"""Declarations to widgets: each control is bound to the link under its key and says what it could not use of it."""

from ui.controls.basics import (
    asked_number,
    check_asked,
    choice,
    fold,
    named,
    number_control,
    refuse,
    several,
    view_control,
)
from ui.controls.hypers import hyper_control, hyper_row, hyper_state, linear_step, log_stops, stops_control
from ui.controls.objective import moment_control, objective_control, start_control, steps_control
from ui.controls.racers import (
    Gradients,
    Tuning,
    gradients_control,
    hyper_key,
    own_rule_control,
    racer_control,
    racers_control,
    rates_control,
    schedule_hyper_key,
    schedule_key,
)
from ui.controls.scenarios import race_state, scenario_control, scenario_state

__all__ = [
    "Gradients",
    "Tuning",
    "asked_number",
    "check_asked",
    "choice",
    "fold",
    "gradients_control",
    "hyper_control",
    "hyper_key",
    "hyper_row",
    "hyper_state",
    "linear_step",
    "log_stops",
    "moment_control",
    "named",
    "number_control",
    "objective_control",
    "own_rule_control",
    "race_state",
    "racer_control",
    "racers_control",
    "rates_control",
    "refuse",
    "scenario_control",
    "scenario_state",
    "schedule_hyper_key",
    "schedule_key",
    "several",
    "start_control",
    "steps_control",
    "stops_control",
    "view_control",
]
