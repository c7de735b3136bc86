"""The clinic: PyTorch's lines about an optimizer, read without being run, as settings of this guide and with notes.

A text goes through Python's own parser and no further: it is a tree, of which only what is listed in the modules here
means anything. The rules and schedules that its calls amount to follow from what the catalogue declares.
"""

from core.lessons.clinic.examine import EXAMPLE, PLACEHOLDER, Examined, examine
from core.lessons.clinic.text import MAX_TEXT, Kind, Note

__all__ = ["EXAMPLE", "MAX_TEXT", "PLACEHOLDER", "Examined", "Kind", "Note", "examine"]
