"""All that pages share, loaded before the first of them; every page imports this first.

Of two visitors who open a new server at once one may import a package and the other a module in it; each then waits for
the other, and Python hands out what is half loaded. So one loads everything, while the others wait. With it comes what
takes a place in Streamlit itself: the apology for errors, and the turns that runs take.
"""

from importlib import import_module
from pkgutil import walk_packages

import ui
from ui import process

for _module in walk_packages(ui.__path__, "ui."):
    import_module(_module.name)
process.settle()
