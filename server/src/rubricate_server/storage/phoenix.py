"""The database of a Phoenix, read-only, in the shape of our own exports, so that people can move in.

Only SQLite. Phoenix may run meanwhile: all is read as it was at one moment. Columns that came to Phoenix over the years
may be missing.
"""

import json
import math
import sqlite3  # noqa: TID251  # the engine
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rubricate_server.storage.errors import StorageError

Json = dict[str, Any]

NOT_TAKEN = ("experiments", "prompts", "evaluators", "api_keys")


@contextmanager
def open_phoenix(path: Path) -> Iterator["Phoenix"]:
    """A Phoenix database. Raises StorageError when it is none, or cannot be read."""
    if not path.is_file():
        raise StorageError(f"{path} is not there. Phoenix keeps its database in ~/.phoenix/phoenix.db by default.")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma busy_timeout = 10000").fetchall()
        connection.execute("begin")
        tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
        missing = {"projects", "traces", "spans"} - tables
        if missing:
            raise StorageError(f"{path} is no Phoenix database: it has no table {', '.join(sorted(missing))}.")
        yield Phoenix(connection, tables)
    except (sqlite3.Error, json.JSONDecodeError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    finally:
        connection.close()


class Phoenix:
    """What is in a Phoenix."""

    def __init__(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        self._connection = connection
        self._tables = tables

    def projects(self) -> Iterator[Json]:
        """Name and description of all projects."""
        for row in self._connection.execute("select name, description from projects order by id"):
            yield {"name": row["name"], "description": row["description"]}

    def annotation_configs(self) -> Iterator[Json]:
        """Annotation configs, which we call rubrics."""
        if "annotation_configs" not in self._tables:
            return
        for row in self._connection.execute("select name, config from annotation_configs order by id"):
            yield {**_object(row["config"]), "name": row["name"]}

    def assignments(self) -> Iterator[tuple[str, str]]:
        """(project, annotation config), by their names."""
        if "project_annotation_configs" not in self._tables:
            return
        for row in self._connection.execute(
            "select p.name, c.name from project_annotation_configs a"
            " join projects p on p.id = a.project_id"
            " join annotation_configs c on c.id = a.annotation_config_id order by a.id"
        ):
            yield row[0], row[1]

    def spans(self, at_once: int) -> Iterator[list[Json]]:
        """All spans, one project after another, in the order in which they came."""
        rows = self._connection.execute(
            "select p.name as project, t.trace_id, s.span_id, s.parent_id, s.name, s.span_kind, s.start_time,"
            " s.end_time, s.attributes, s.events, s.status_code, s.status_message"
            " from spans s join traces t on t.id = s.trace_rowid join projects p on p.id = t.project_rowid"
            " order by p.id, s.id"
        )
        while some := rows.fetchmany(at_once):
            yield [_span(row) for row in some]

    def annotations(self, at_once: int) -> Iterator[list[Json]]:
        """All annotations, of spans, documents, traces and sessions, with their notes."""
        for table, statement in _TARGETS.items():
            if table not in self._tables:
                continue
            there = {row["name"] for row in self._connection.execute(f"pragma table_info({table})")}
            users = "user_id" in there and "users" in self._tables
            who = "u.username" if users else "null"
            join = "left join users u on u.id = a.user_id" if users else ""
            own = ", ".join(f"a.{name}" if name in there else f"null as {name}" for name in _COLUMNS)
            rows = self._connection.execute(f"select {own}, {who} as who, {statement.format(join)} order by a.id")
            kind = _KINDS[table]
            while some := rows.fetchmany(at_once):
                yield [_annotation(row, kind) for row in some]

    def datasets(self) -> Iterator[Json]:
        """Name, description and metadata of all datasets."""
        if "dataset_example_revisions" not in self._tables:
            return
        for row in self._connection.execute("select name, description, metadata from datasets order by id"):
            yield {
                "name": row["name"],
                "description": row["description"] or None,
                "metadata": _object(row["metadata"]),
            }

    def examples(self) -> Iterator[list[Json]]:
        """The examples of each dataset's newest version, with their splits."""
        if "dataset_example_revisions" not in self._tables:
            return
        there = {row["name"] for row in self._connection.execute("pragma table_info(dataset_examples)")}
        own_id = "e.external_id" if "external_id" in there else "null"
        splits = self._splits()
        for dataset_id, name in self._connection.execute("select id, name from datasets order by id").fetchall():
            rows = self._connection.execute(
                f"select e.id, {own_id} as external_id, s.span_id, r.input, r.output, r.metadata, r.revision_kind"
                " from dataset_examples e join dataset_example_revisions r on r.id ="
                " (select max(last.id) from dataset_example_revisions last where last.dataset_example_id = e.id)"
                " left join spans s on s.id = e.span_rowid where e.dataset_id = ? order by e.id",
                (dataset_id,),
            )
            yield [_example(name, row, splits.get(row["id"], [])) for row in rows if row["revision_kind"] != "DELETE"]

    def _splits(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        if "dataset_splits_dataset_examples" in self._tables:
            for example_id, name in self._connection.execute(
                "select m.dataset_example_id, s.name from dataset_splits_dataset_examples m"
                " join dataset_splits s on s.id = m.dataset_split_id order by s.name"
            ):
                found.setdefault(example_id, []).append(name)
        return found

    def left_out(self) -> Iterator[tuple[str, int]]:
        """What there is besides, and how much of it."""
        for table in NOT_TAKEN:
            if table in self._tables:
                count = self._connection.execute(f"select count(*) from {table}").fetchone()[0]
                if count:
                    yield table.replace("_", " "), count


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
    attributes = _object(row["attributes"])
    named = attributes.get("openinference")
    return {
        "project": row["project"],
        "name": row["name"],
        "context": {"trace_id": row["trace_id"], "span_id": row["span_id"]},
        "span_kind": None if isinstance(named, dict) and "span" in named else row["span_kind"],
        "parent_id": row["parent_id"],
        "start_time": _time(row["start_time"]),
        "end_time": _time(row["end_time"]),
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
        "metadata": _object(row["metadata"]),
        "identifier": row["identifier"] or "",
        "source": row["source"] or "API",
        "user_id": row["who"],
        "created_at": _time(created),
        "updated_at": _time(row["updated_at"] or created),
    }


def _example(dataset: str, row: sqlite3.Row, splits: list[str]) -> Json:
    return {
        "dataset": dataset,
        "id": row["external_id"] or None,
        "input": _object(row["input"]),
        "output": _object(row["output"]),
        "metadata": _object(row["metadata"]),
        "splits": splits,
        "span_id": row["span_id"],
    }


def _object(text: str | bytes | None) -> Json:
    value = json.loads(text or "{}")
    return value if isinstance(value, dict) else {}


def _time(text: str) -> str:
    """Phoenix keeps UTC without saying so."""
    return text if text.endswith(("Z", "+00:00")) else f"{text.replace(' ', 'T')}+00:00"
