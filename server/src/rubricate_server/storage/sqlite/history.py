"""The history of annotations: one row for each change, written in the same transaction as the change."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence
from typing import Any

import orjson

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import NewAnnotation
from rubricate_server.storage.sqlite.connection import insert_rows, select_in

_INSERT = "insert into annotation_event (annotation_id, at_us, action, user_id, state)"


_STATE = ("annotator_kind", "label", "score", "explanation", "metadata", "source", "rubric_version")
_TARGET = ("target_kind", "target_id", "position", "name", "identifier")
"""What a deletion keeps on top: nothing else tells it any more."""


def record_writes(
    connection: sqlite3.Connection, written: Sequence[tuple[int, bool, NewAnnotation, int | None]], at_us: int
) -> None:
    """Keep what was written: (annotation id, whether it is new, what it says now, its rubric version's number)."""
    insert_rows(
        connection,
        _INSERT,
        [
            (row, at_us, "created" if is_new else "replaced", annotation.user_id, _state(*annotation[1:7], version))
            for row, is_new, annotation, version in written
        ],
    )


def record_deletion(connection: sqlite3.Connection, ids: Sequence[int], user_id: str | None) -> None:
    """Keep that annotations are about to be deleted, and what they last were."""
    at_us = time.time_ns() // 1000
    last = (
        "select a.id, target_id, target_kind, position, name, identifier, annotator_kind, label, score, explanation,"
        " metadata, source, number from annotation a left join rubric_version v on v.id = a.rubric_version"
        " where a.id in ({})"
    )
    # Not json_object(): SQLite writes a number with 15 digits, and a score may need 17.
    rows = [
        (row, at_us, "deleted", user_id, _last_state(target_id, *values))
        for row, target_id, *values in select_in(connection, last, ids)
    ]
    insert_rows(connection, _INSERT, rows)


def record_restoration(connection: sqlite3.Connection, ids: Sequence[int], at_us: int) -> None:
    """Keep that annotations were put back, and what they say."""
    back = (
        "select a.id, user_id, annotator_kind, label, score, explanation, metadata, source, number from annotation a"
        " left join rubric_version v on v.id = a.rubric_version where a.id in ({})"
    )
    rows = [
        (row, at_us, "restored", user_id, _state(*said, orjson.Fragment(metadata), source, version))
        for row, user_id, *said, metadata, source, version in select_in(connection, back, ids)
    ]
    insert_rows(connection, _INSERT, rows)


def _state(*values: object) -> str:
    """What an annotation says, as JSON."""
    return orjson.dumps(dict(zip(_STATE, values, strict=True))).decode()


def _last_state(target_id: bytes, kind: str, *values: Any) -> str:
    position, name, identifier, *said, metadata, source, version = values
    shown_id = target_id.decode() if kind == TargetKind.SESSION else target_id.hex()
    return orjson.dumps(
        dict(zip(_STATE, (*said, orjson.Fragment(metadata), source, version), strict=True))
        | dict(zip(_TARGET, (kind, shown_id, position, name, identifier), strict=True))
    ).decode()
