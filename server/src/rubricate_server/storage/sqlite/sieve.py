"""Which texts a block cannot have: a bitmap of the letters in a row that occur in one of its columns.

A search passes over blocks whose sieve lacks any four bytes in a row of a word that is looked for, without unpacking
them. A sieve may let too much through, and never too little. `docs/reference/block-format.md` describes it byte for
byte.
"""

import struct
from functools import lru_cache
from typing import Final
from zlib import crc32

GRAM: Final = 4
"""Bytes of a word that are looked at together; shorter words are no help."""
BITS_A_GRAM: Final = 6
"""So 15 of 100 bits are set, and a word of seven letters that is not there passes one block in 2,000."""
LARGEST: Final = 32 * 1024
"""Bytes of a bitmap. What would need more (pictures in base64) is searched."""
MOST_LETTERS: Final = 512 * 1024
"""Bytes of different words from which no sieve is made: it would take too long."""

_VERSION: Final = 1
_HEADER: Final = struct.Struct("<2sBxI")
_NO_LETTERS: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_WORDS: Final = bytes.maketrans(_NO_LETTERS, b" " * len(_NO_LETTERS))


def sieve_of(text: bytes) -> bytes | None:
    """The sieve of the values of a column, in UTF-8, one after another; None where none is worth while."""
    found = grams(text)
    if found is None:
        return None
    size = max(1, (len(found) * BITS_A_GRAM + 7) >> 3)
    if size > LARGEST:
        return None
    bits, count = bytearray(size), size << 3
    for code in map(crc32, found):
        place = code % count
        bits[place >> 3] |= 1 << (place & 7)
    return _HEADER.pack(b"RS", _VERSION, crc32(bits)) + bits


def grams(text: bytes) -> set[bytes] | None:
    """All four bytes in a row of the folded words of a text; None where there are too many letters."""
    # What is said again (prompts, documents) is taken once: sentences first, because there are few of them.
    sentences = set(text.split(b". "))
    words = set(b".".join(sentences).translate(_WORDS).split())
    letters = b" ".join(words)
    if len(letters) > MOST_LETTERS:
        return None
    # As `body_text` reads it, and as the filter language folds it.
    folded = letters.decode("utf-8", "replace").casefold().encode()
    return {word[at : at + GRAM] for word in folded.split() for at in range(len(word) - GRAM + 1)}


@lru_cache(maxsize=256)
def codes_of(needle: str) -> tuple[int, ...]:
    """What the sieve of a block must have of each text in which the filter language finds the needle."""
    words = needle.casefold().encode("utf-8", "surrogatepass").translate(_WORDS).split()
    return tuple({crc32(word[at : at + GRAM]) for word in words for at in range(len(word) - GRAM + 1)})


def may_hold(sieve: bytes, codes: tuple[int, ...]) -> bool:
    """Whether a text with all these codes may be there. True also of a sieve that cannot be read."""
    bits = readable(sieve)
    if bits is None:
        return True
    count = len(bits) << 3
    return all(bits[code % count >> 3] >> (code % count & 7) & 1 for code in codes)


def readable(sieve: bytes) -> memoryview | None:
    """The bitmap of a sieve; None when it is damaged or of another version."""
    if len(sieve) <= _HEADER.size:
        return None
    magic, version, checksum = _HEADER.unpack_from(sieve)
    bits = memoryview(sieve)[_HEADER.size :]
    return bits if magic == b"RS" and version == _VERSION and crc32(bits) == checksum else None
