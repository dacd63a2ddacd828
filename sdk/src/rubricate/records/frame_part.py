"""Data frames in parts: what the client reads while the server is still at work.

The answer is a row of parts. Each is a `HEADER` (its kind, in ASCII filled up with zeros, and the number of its bytes)
and the bytes themselves. For each frame that was asked for:

- any number of `ROWS`, each an Arrow stream with a schema of its own: what was known of the columns by then. Fields
  are named by the keys of columns;
- any number of `ANNOTATIONS`, each an Arrow stream: those of the spans that the rows before or after are made of;
- one `FRAME`: an Arrow stream without batches, whose schema is that of all rows. Its metadata has `pandas`, as pandas
  writes it, and `KEYS`, a JSON object: `keys`, those of the columns in the order of the fields, and how many `rows` and
  `annotations` (null: not asked for) there were.

Then `END`. An answer without it is broken off. `WAIT` may come between any two or after the last, and says nothing.
"""

import struct
from typing import Final

PARTS: Final = "application/vnd.rubricate.frame-parts"
"""The media type, for Accept and Content-Type."""

HEADER: Final = struct.Struct("<8sQ")

ROWS: Final = b"rows"
ANNOTATIONS: Final = b"said"
FRAME: Final = b"frame"
WAIT: Final = b"wait"
END: Final = b"end"

KEYS: Final = b"rubricate"
"""Under which the metadata of a `FRAME` tell what is needed to put its parts together."""


def header(kind: bytes, size: int = 0) -> bytes:
    """What stands before the bytes of a part."""
    return HEADER.pack(kind, size)
