"""The clinic: PyTorch's lines about an optimizer, read without being run, as settings of this guide and with notes.

A text goes through Python's own parser and no further: it is a tree, of which only what is listed in the modules here
means anything. The names that PyTorch's classes are called by, and their parameters, are in ``signatures``; the rules
and schedules that they amount to follow from what the catalogue declares as their counterparts.
"""

from core.lessons.clinic.examine import examine
from core.lessons.clinic.examined import Examined, Kind, Note
from core.lessons.clinic.example import EXAMPLE, PLACEHOLDER
from core.lessons.clinic.text import MAX_TEXT

__all__ = ["EXAMPLE", "MAX_TEXT", "PLACEHOLDER", "Examined", "Kind", "Note", "examine"]
