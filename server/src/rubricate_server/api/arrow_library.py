"""Loading pyarrow, which takes 0.2 s and most servers never need."""

import sys
from functools import cache
from importlib.abc import MetaPathFinder
from typing import Any


@cache
def load_pyarrow() -> None:
    """Load pyarrow without pandas.

    pyarrow loads pandas with the first array, if it is installed: more than 1 s and 40 MB for nothing, as the server
    makes no arrays of pandas' own. It tries but once.
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs

    without = _NoPandas()
    sys.meta_path.insert(0, without)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(without)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pyarrow is to do without pandas here", name=fullname)
