"""What the server's process asks of Python and of the C library, because of how it works."""

import ctypes
import gc
import os
import sys
from typing import Final

KEPT_BYTES: Final = 32 * 2**20
"""The largest threshold that glibc takes for what it gets from the system apart."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def keep_freed_memory() -> None:
    """Let the C library keep up to `KEPT_BYTES` at the end of a heap when they are freed.

    Each batch of a data frame unpacks megabytes for a few milliseconds. glibc gives such memory back to the system at
    once, and gets it anew for the next: decision 0024. Nothing is done where there is no glibc, and where its own
    variables set one of these thresholds.
    """
    if not {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"}.isdisjoint(os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES)


def settle() -> None:
    """What exists by now lives as long as the process: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    # The default of 5 ms makes a thread that comes back from SQLite wait that long for its turn.
    sys.setswitchinterval(0.0005)
