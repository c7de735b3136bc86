"""Reference: every rule and schedule in a table, code that does the same, every statement; one part at a time."""

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from ui import navigation
from ui.page import reference

navigation.begin(navigation.REFERENCE)
reference.parts_panel()
navigation.onwards(navigation.REFERENCE)
