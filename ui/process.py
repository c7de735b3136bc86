"""What happens once per server process: all imports of the pages, then a lasting peace with the collector.

Every page imports this first. Of two visitors who open a new server at once one may import a package and the other a
module in it; each then waits for the other, and Python hands out what is half loaded. So one loads everything, while
the others wait. The collector walks over all that the imports have made, hundreds of thousands of objects, and thirty
visitors wait seconds for that; frozen objects are not walked.
"""

import gc
import sys
from functools import lru_cache
from importlib import import_module
from pkgutil import walk_packages

import ui


@lru_cache(maxsize=1)
def _freeze(modules: int) -> None:
    """Freezes everything there is, once for a number of loaded ``modules``."""
    gc.collect()
    gc.freeze()


def settle() -> None:
    """Freezes what imports have made since the last time; to be called after anything that may have imported torch."""
    _freeze(len(sys.modules))


for _module in walk_packages(ui.__path__, "ui."):
    import_module(_module.name)
settle()
