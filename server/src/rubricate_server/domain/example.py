"""What an example of a dataset says, as text and as a hash."""

import hashlib
from typing import Any, NamedTuple

import orjson

HASH_BYTES = 16


class ExampleText(NamedTuple):
    """Three JSON objects as text, and a hash of them."""

    input: str
    output: str
    metadata: str
    hash: bytes
    """The same for the same three objects, whatever the order of their keys."""


def example_text(given: dict[str, Any], output: dict[str, Any], metadata: dict[str, Any]) -> ExampleText:
    """The text of what an example says.

    >>> one, other = example_text({"a": 1, "b": 2}, {}, {}), example_text({"b": 2, "a": 1}, {}, {})
    >>> one.hash == other.hash, one.input
    (True, '{"a":1,"b":2}')
    """
    canonical = orjson.dumps([given, output, metadata], option=orjson.OPT_SORT_KEYS)
    return ExampleText(
        orjson.dumps(given).decode(),
        orjson.dumps(output).decode(),
        orjson.dumps(metadata).decode(),
        hashlib.blake2b(canonical, digest_size=HASH_BYTES).digest(),
    )
