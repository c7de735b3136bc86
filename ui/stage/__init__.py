"""The stage: the animated view of a race, with a click or drag for the start and a clock for the step."""

from ui.stage.stage import stage

__all__ = ["stage"]
