"""The history of annotations: one row for each change, written in the same transaction as the change."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence

import orjson

from rubricate_server.storage.contract import NewAnnotation
from rubricate_server.storage.sqlite.connection import insert_rows, select_in

_INSERT = "insert into annotation_event (annotation_id, at_us, action, user_id, state)"


_STATE = ("annotator_kind", "label", "score", "explanation", "metadata", "source")


def record_writes(
    connection: sqlite3.Connection, written: Sequence[tuple[int, bool, NewAnnotation]], at_us: int
) -> None:
    """Keep what was written: (annotation id, whether it is new, what it says now)."""
    insert_rows(
        connection,
        _INSERT,
        [
            (row, at_us, "created" if is_new else "replaced", annotation.user_id, _state(*annotation[1:7]))
            for row, is_new, annotation in written
        ],
    )


def record_deletion(connection: sqlite3.Connection, ids: Sequence[int], user_id: str | None) -> None:
    """Keep that annotations are about to be deleted, and what they last were."""
    at_us = time.time_ns() // 1000
    last = f"select id, {', '.join(_STATE)} from annotation where id in ({{}})"
    # Not json_object(): SQLite writes a number with 15 digits, and a score may need 17.
    rows = [
        (row, at_us, "deleted", user_id, _state(*said, orjson.Fragment(metadata), source))
        for row, *said, metadata, source in select_in(connection, last, ids)
    ]
    insert_rows(connection, _INSERT, rows)


def _state(*values: object) -> str:
    """What an annotation says, as JSON."""
    return orjson.dumps(dict(zip(_STATE, values, strict=True))).decode()
