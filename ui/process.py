"""A lasting peace with the collector of garbage, once per server process.

It walks over all that the imports have made, hundreds of thousands of objects, and thirty visitors wait seconds for
that. Frozen objects are not walked.
"""

import gc
import sys
from functools import lru_cache


@lru_cache(maxsize=1)
def _freeze(modules: int) -> None:
    """Freezes everything there is, once for a number of loaded ``modules``."""
    gc.collect()
    gc.freeze()


def settle() -> None:
    """Freezes what imports have made since the last time; to be called after anything that may have imported torch."""
    _freeze(len(sys.modules))
