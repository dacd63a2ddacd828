"""Projects, spans, rubrics and annotations of a Phoenix, in the shape of our own exports."""

import json
import math
import sqlite3  # noqa: TID251  # rows of the engine
from collections.abc import Iterator

from rubricate_server.storage.phoenix.database import Json, Phoenix, object_in, time_in


def projects(phoenix: Phoenix) -> Iterator[Json]:
    """Name and description of all projects, but those of experiments, which come with them."""
    of_experiments = (
        " where name not in (select project_name from experiments where project_name is not null)"
        if "project_name" in phoenix.columns("experiments")
        else ""
    )
    for row in phoenix.rows(f"select name, description from projects{of_experiments} order by id"):
        yield {"name": row["name"], "description": row["description"]}


def annotation_configs(phoenix: Phoenix) -> Iterator[Json]:
    """Annotation configs, which we call rubrics."""
    if "annotation_configs" not in phoenix.tables:
        return
    for row in phoenix.rows("select name, config from annotation_configs order by id"):
        yield {**object_in(row["config"]), "name": row["name"]}


def assignments(phoenix: Phoenix) -> Iterator[tuple[str, str]]:
    """(project, annotation config), by their names."""
    if "project_annotation_configs" not in phoenix.tables:
        return
    for row in phoenix.rows(
        "select p.name, c.name from project_annotation_configs a"
        " join projects p on p.id = a.project_id"
        " join annotation_configs c on c.id = a.annotation_config_id order by a.id"
    ):
        yield row[0], row[1]


def spans(phoenix: Phoenix, at_once: int) -> Iterator[list[Json]]:
    """All spans, one project after another, in the order in which they came."""
    for rows in phoenix.batches(
        "select p.name as project, t.trace_id, s.span_id, s.parent_id, s.name, s.span_kind, s.start_time,"
        " s.end_time, s.attributes, s.events, s.status_code, s.status_message"
        " from spans s join traces t on t.id = s.trace_rowid join projects p on p.id = t.project_rowid"
        " order by p.id, s.id",
        at_once,
    ):
        yield [_span(row) for row in rows]


def annotations(phoenix: Phoenix, at_once: int) -> Iterator[list[Json]]:
    """All annotations, of spans, documents, traces and sessions, with their notes."""
    for table, statement in _TARGETS.items():
        there = phoenix.columns(table)
        if not there:
            continue
        users = "user_id" in there and "users" in phoenix.tables
        who = "u.username" if users else "null"
        join = "left join users u on u.id = a.user_id" if users else ""
        own = ", ".join(f"a.{name}" if name in there else f"null as {name}" for name in _COLUMNS)
        for rows in phoenix.batches(f"select {own}, {who} as who, {statement.format(join)} order by a.id", at_once):
            yield [_annotation(row, _KINDS[table]) for row in rows]


_COLUMNS = (
    "name",
    "label",
    "score",
    "explanation",
    "metadata",
    "annotator_kind",
    "created_at",
    "updated_at",
    "identifier",
    "source",
)
_KINDS = {
    "span_annotations": "span",
    "document_annotations": "document",
    "trace_annotations": "trace",
    "project_session_annotations": "session",
}
_TARGETS = {
    "span_annotations": "s.span_id as target, null as position from span_annotations a {} join spans s on"
    " s.id = a.span_rowid",
    "document_annotations": "s.span_id as target, a.document_position as position from document_annotations a {} join"
    " spans s on s.id = a.span_rowid",
    "trace_annotations": "t.trace_id as target, null as position from trace_annotations a {} join traces t on"
    " t.id = a.trace_rowid",
    "project_session_annotations": "s.session_id as target, null as position from project_session_annotations a {} join"
    " project_sessions s on s.id = a.project_session_id",
}


def _span(row: sqlite3.Row) -> Json:
    attributes = object_in(row["attributes"])
    named = attributes.get("openinference")
    return {
        "project": row["project"],
        "name": row["name"],
        "context": {"trace_id": row["trace_id"], "span_id": row["span_id"]},
        "span_kind": None if isinstance(named, dict) and "span" in named else row["span_kind"],
        "parent_id": row["parent_id"],
        "start_time": time_in(row["start_time"]),
        "end_time": time_in(row["end_time"]),
        "status_code": row["status_code"],
        "status_message": row["status_message"],
        "attributes": attributes,
        "events": json.loads(row["events"] or "[]"),
    }


def _annotation(row: sqlite3.Row, kind: str) -> Json:
    score = row["score"]
    created = row["created_at"] or row["updated_at"] or "1970-01-01"
    return {
        "target": {"kind": kind, "id": row["target"], "position": row["position"]},
        "name": row["name"],
        "annotator_kind": row["annotator_kind"],
        "result": {
            "label": row["label"],
            "score": score if score is None or math.isfinite(score) else None,
            "explanation": row["explanation"],
        },
        "metadata": object_in(row["metadata"]),
        "identifier": row["identifier"] or "",
        "source": row["source"] or "API",
        "user_id": row["who"],
        "created_at": time_in(created),
        "updated_at": time_in(row["updated_at"] or created),
    }
