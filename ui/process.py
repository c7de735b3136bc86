"""What happens once per server process: the imports every page needs, then a lasting peace with the collector.

Streamlit collects garbage after every script run, and each time walks over everything the imports have made; thirty
visitors wait seconds for that. Frozen objects are not walked. Import this before anything that renders.
"""

import gc
import sys
from functools import lru_cache

import pandas  # noqa: F401 (imported to be frozen)
import plotly.graph_objects  # noqa: F401

import core
import core.figures  # noqa: F401


def _freeze() -> None:
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=1)
def load_torch() -> None:
    """Imports torch, which takes seconds, the first time that a visitor asks for something that needs it."""
    import torch  # noqa: F401 (imported to be frozen)

    _freeze()


def settle() -> None:
    """To be called after anything that may have imported torch by itself."""
    if "torch" in sys.modules:
        load_torch()


_freeze()
