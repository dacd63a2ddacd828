"""Flat and nested attributes: `{"a.b": 1}` is how they are stored, `{"a": {"b": 1}}` how they are meant."""

import re
from collections.abc import Mapping
from typing import Any


def flatten(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys all the way down: objects and lists that hold objects are taken apart, other lists are values.

    >>> flatten({"a": {"b": 1}, "c": [{"d": 2}], "e": [1, 2]})
    {'a.b': 1, 'c.0.d': 2, 'e': [1, 2]}
    """
    flat: dict[str, Any] = {}
    _flatten_into(flat, value.items(), prefix)
    return flat


def _flatten_into(flat: dict[str, Any], items: Any, prefix: str) -> None:
    for key, value in items:
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            _flatten_into(flat, value.items(), f"{path}.")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            _flatten_into(flat, enumerate(value), f"{path}.")
        else:
            flat[path] = value


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`: numeric segments that hold objects become list places, in their order.

    Of keys that contradict each other (`a` and `a.b`), the longer one stays dotted at the top.

    >>> nest({"a.b": 1, "c.0.d": 2, "e": [1, 2]})
    {'a': {'b': 1}, 'c': [{'d': 2}], 'e': [1, 2]}
    """
    root: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = key.split(".")
        node = root
        for depth, parent in enumerate(parents):
            if ".".join(parents[: depth + 1]) in flat:
                node, leaf = root, key
                break
            node = node.setdefault(parent, {})
        node[leaf] = value
    return {key: _listed(value) for key, value in root.items()}


LIST_PLACE = re.compile(r"\.\d+\.")
"""What in a flat key stands between a list of objects and a part of one of them."""


def list_at(flat: Mapping[str, Any], key: str) -> list[Any] | None:
    """The list of objects whose parts have keys such as `key.0.a`; None when there is none.

    >>> list_at({"a.0.b": 1, "a.1.b.c": 2, "a.d": 3}, "a")
    [{'b': 1}, {'b': {'c': 2}}]
    """
    parts = {name: value for name, value in flat.items() if name.startswith(key) and LIST_PLACE.match(name, len(key))}
    return list(nest({f"x{name[len(key) :]}": value for name, value in parts.items()})["x"]) if parts else None


def _listed(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        return value
    children = {key: _listed(child) for key, child in value.items()}
    if all(key.isdecimal() for key in children) and all(isinstance(child, dict) for child in children.values()):
        return [children[key] for key in sorted(children, key=int)]
    return children
