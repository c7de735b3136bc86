"""What happens once per server process: the imports every page needs, then a lasting peace with the collector.

The collector walks over everything the imports have made, hundreds of thousands of objects, and thirty visitors wait
seconds for that. Frozen objects are not walked. Import this before anything that renders.
"""

import gc
import sys
from functools import lru_cache

import pandas  # noqa: F401 (imported to be frozen)
import plotly.graph_objects  # noqa: F401

import core
import core.figures  # noqa: F401


@lru_cache(maxsize=1)
def _freeze(modules: int) -> None:
    """Freezes everything there is, once for a number of loaded ``modules``."""
    gc.collect()
    gc.freeze()


def settle() -> None:
    """Freezes what imports have made since the last time; to be called after anything that may have imported torch."""
    _freeze(len(sys.modules))


settle()
