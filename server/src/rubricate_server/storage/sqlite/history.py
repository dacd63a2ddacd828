"""The history of annotations: one row for each change, written in the same transaction as the change."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Sequence

import orjson

from rubricate_server.storage.contract import NewAnnotation
from rubricate_server.storage.sqlite.connection import insert_rows

_INSERT = "insert into annotation_event (annotation_id, at_us, action, user_id, state)"


def record_writes(
    connection: sqlite3.Connection, written: Sequence[tuple[int, bool, NewAnnotation]], at_us: int
) -> None:
    """Keep what was written: (annotation id, whether it is new, what it says now)."""
    insert_rows(
        connection,
        _INSERT,
        [
            (row, at_us, "created" if is_new else "replaced", annotation.user_id, state(annotation))
            for row, is_new, annotation in written
        ],
    )


def record_deletion(connection: sqlite3.Connection, ids: Sequence[int], user_id: str | None) -> None:
    """Keep that annotations are about to be deleted, and what they last were."""
    at_us = time.time_ns() // 1000
    connection.executemany(
        f"{_INSERT} select id, ?, 'deleted', ?, json_object('annotator_kind', annotator_kind, 'label', label,"
        " 'score', score, 'explanation', explanation, 'metadata', json(metadata), 'source', source)"
        " from annotation where id = ?",
        [(at_us, user_id, row) for row in ids],
    )


def state(annotation: NewAnnotation) -> str:
    """What an annotation says, as JSON."""
    return orjson.dumps(
        {
            "annotator_kind": annotation.annotator_kind,
            "label": annotation.label,
            "score": annotation.score,
            "explanation": annotation.explanation,
            "metadata": annotation.metadata,
            "source": annotation.source,
        }
    ).decode()
