"""The order in which the spans of a trace are read: as a tree."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def tree_order(spans: Sequence[T], id_of: Callable[[T], bytes], parent_of: Callable[[T], bytes | None]) -> list[T]:
    """Each span after its parent and before its parent's next child; siblings as they come.

    Spans whose parent is not among them are roots. Those that are their own ancestors come last, as they come.

    >>> tree_order([b"a", b"c", b"b"], lambda s: s, {b"a": None, b"b": b"a", b"c": b"b"}.get)
    [b'a', b'b', b'c']
    """
    known = {id_of(span) for span in spans}
    children: dict[bytes | None, list[T]] = {}
    for span in spans:
        parent = parent_of(span)
        children.setdefault(parent if parent in known else None, []).append(span)
    ordered: list[T] = []
    waiting = children.pop(None, [])[::-1]
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting += children.pop(id_of(span), [])[::-1]
    if len(ordered) < len(spans):
        reached = {id_of(span) for span in ordered}
        ordered += [span for span in spans if id_of(span) not in reached]
    return ordered
