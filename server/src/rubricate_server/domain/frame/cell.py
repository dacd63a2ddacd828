"""Cells: objects put together from flat keys, events, and moments as text."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import orjson

from rubricate_server.domain.attributes import flatten


class Node(dict[str, Any]):
    """An object that is being put together from flat keys; the class tells it from objects that are values."""


def put(node: Node, parents: tuple[str, ...], leaf: str, value: Any) -> None:
    """Into the node, at a path. Where one key holds both a value and an object, the object's keys become dotted."""
    for depth, step in enumerate(parents):
        child = node.get(step)
        if child is None:
            child = node[step] = Node()
        elif child.__class__ is not Node:
            node[".".join((*parents[depth:], leaf))] = value
            return
        node = child
    present = node.get(leaf)
    if present.__class__ is Node:
        node.update((f"{leaf}.{key}", inner) for key, inner in flatten(present).items())
    node[leaf] = value


def finished(node: Node, *, objects_only: bool) -> Any:
    """The node with lists where all keys are numbers and some hold objects. Gaps close.

    With `objects_only` such lists lose whatever else they hold: cells promise elements that can be asked for a key.
    """
    is_list = True
    has_object = False
    for key, child in node.items():
        if child.__class__ is Node:
            child = node[key] = finished(child, objects_only=objects_only)
        if is_list:
            is_list = key.isdecimal()
            has_object = has_object or isinstance(child, dict | list)
    if not is_list or not has_object:
        return node
    elements = [node[key] for key in sorted(node, key=int)]
    return [element for element in elements if isinstance(element, dict)] if objects_only else elements


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(ns: int) -> str:
    """A moment as text, to the nanosecond: `2026-11-23T12:00:00.000000001Z`."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{_iso_second(seconds)}.{rest:09d}Z"


@lru_cache(maxsize=1024)
def _iso_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def decoded_events(encoded: bytes | None) -> list[dict[str, Any]]:
    """The events of a span, their times as text."""
    if not encoded:
        return []
    events: list[dict[str, Any]] = orjson.loads(encoded)
    for event in events:
        at = event.get("timestamp")
        if at.__class__ is int:
            # Through a float, as everywhere else: an event must not have two times.
            event["timestamp"] = datetime.fromtimestamp(at / 1e9, UTC).isoformat()
    return events
