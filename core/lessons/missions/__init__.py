"""Missions: things to make happen on the playground, and whether a race does, told from its runs alone."""

from core.lessons.missions.declared import LEVELS, MISSIONS
from core.lessons.missions.mission import Mission, Verdict

__all__ = ["LEVELS", "MISSIONS", "Mission", "Verdict"]
