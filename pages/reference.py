"""Reference: every rule and schedule in a table, code that does the same, every statement; one part at a time."""

from ui import navigation
from ui.page import reference

navigation.begin(navigation.REFERENCE)
reference.parts_panel()
navigation.onwards(navigation.REFERENCE)
