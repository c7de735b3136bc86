"""For teachers: lessons made of links into the guide, and a handout for each page of the course."""

from core.lessons.classroom.handouts import HANDOUTS, Handout
from core.lessons.classroom.lesson import Exercise, Lesson, Stop
from core.lessons.classroom.plans import LESSONS

__all__ = ["HANDOUTS", "LESSONS", "Exercise", "Handout", "Lesson", "Stop"]
