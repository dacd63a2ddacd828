"""What the server asks of the C library, in a process of its own."""

import ctypes
import os
import subprocess
import sys

import pytest

HAS_GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")

PAGES_TAKEN = """
import resource
from rubricate_server.process import keep_freed_memory
keep_freed_memory()
def take():
    held = [bytes(3 << 20) for _ in range(4)]
    for each in held:
        each[::4096]
take()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    take()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_taken(**environment: str) -> int:
    """Pages that the system had to give for taking and freeing twelve megabytes twenty times."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    ran = subprocess.run([sys.executable, "-c", PAGES_TAKEN], env=own | environment, capture_output=True, check=True)
    return int(ran.stdout)


@pytest.mark.skipif(not HAS_GLIBC, reason="another C library keeps what it keeps")
def test_memory_that_comes_and_goes_is_kept() -> None:
    assert pages_taken(MALLOC_ARENA_MAX="2") < 10_000, "twenty times three thousand, if none is kept"


@pytest.mark.skipif(not HAS_GLIBC, reason="another C library keeps what it keeps")
def test_who_set_a_threshold_is_not_overruled() -> None:
    assert pages_taken(MALLOC_MMAP_THRESHOLD_="131072") > 20_000
