"""Writing examples: what is to be compared with what is there, and one version that holds the difference."""

import json
import sqlite3  # noqa: TID251  # the engine
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from rubricate.records.dataset_split import DEFAULT_COLOR
from rubricate_server.domain.example import ExampleText
from rubricate_server.storage.contract import ExamplesWritten, ExampleUpload, NewExample
from rubricate_server.storage.errors import Conflict, NotFound
from rubricate_server.storage.sqlite.connection import insert_rows, select_in, touch, update_rows


@dataclass(slots=True)
class _Plan:
    """What a write comes to. Examples that are there stand with their rows."""

    created: list[tuple[int | None, NewExample]] = field(default_factory=list)
    """With a row: the example was deleted, and comes back under its old id."""
    changed: list[tuple[int, ExampleText]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    present: list[tuple[int, NewExample]] = field(default_factory=list)
    """All that were given and are there, whether they change or not."""
    is_new_dataset: bool = False


class _Current(NamedTuple):
    row: int
    hash: bytes | None
    """None: not in the newest version."""


def upload(connection: sqlite3.Connection, uploads: Sequence[ExampleUpload]) -> list[ExamplesWritten]:
    """See `DatasetStore.upload`; for several, one after another."""
    return [_upload(connection, each) for each in uploads]


def add_from_spans(
    connection: sqlite3.Connection, calls: Sequence[tuple[int, Sequence[NewExample], str | None]]
) -> list[ExamplesWritten]:
    """See `DatasetStore.add_from_spans`; for several, one after another."""
    return [_add_from_spans(connection, *each) for each in calls]


def create_from_spans(
    connection: sqlite3.Connection, calls: Sequence[tuple[str, Sequence[NewExample], str | None]]
) -> list[ExamplesWritten]:
    """See `DatasetStore.create_from_spans`; for several, one after another."""
    return [_create_from_spans(connection, *each) for each in calls]


def change(
    connection: sqlite3.Connection,
    calls: Sequence[tuple[int, Mapping[int, ExampleText], Sequence[int], str | None]],
) -> list[ExamplesWritten]:
    """See `DatasetStore.change`; for several, one after another."""
    return [_change(connection, *each) for each in calls]


def refuse_taken(connection: sqlite3.Connection, name: str, but: int = -1) -> None:
    """Raise Conflict when a dataset other than `but` has the name."""
    if connection.execute("select 1 from dataset where name = ? and id != ?", (name, but)).fetchone():
        raise Conflict(f'A dataset named "{name}" already exists.')


def make(connection: sqlite3.Connection, name: str, description: str | None, metadata: dict[str, Any]) -> int:
    """Make a dataset with an empty version; its row id."""
    dataset_id = _insert_dataset(connection, name, description, metadata)
    _write(connection, dataset_id, _Plan(is_new_dataset=True), None)
    return dataset_id


def _insert_dataset(
    connection: sqlite3.Connection, name: str, description: str | None, metadata: dict[str, Any]
) -> int:
    now_us = time.time_ns() // 1000
    row: int = connection.execute(
        "insert into dataset (name, description, metadata, version_id, example_count, created_us, updated_us)"
        " values (?, ?, ?, 0, 0, ?, ?) returning id",
        (name, description, orjson.dumps(metadata).decode(), now_us, now_us),
    ).fetchone()[0]
    return row


def _upload(connection: sqlite3.Connection, wanted: ExampleUpload) -> ExamplesWritten:
    found = connection.execute("select id from dataset where name = ?", (wanted.name,)).fetchone()
    if found is not None and wanted.action == "create":
        refuse_taken(connection, wanted.name)
    if found is None:
        plan = _Plan(is_new_dataset=True)
        dataset_id = _insert_dataset(connection, wanted.name, wanted.description, {})
    else:
        plan = _Plan()
        dataset_id = found[0]
    _match(connection, dataset_id, wanted.examples, plan)
    if wanted.action == "update":
        kept = {row for row, _ in plan.present}
        rows = connection.execute(
            "select example_id from dataset_example_revision where dataset_id = ? and until_version_id is null",
            (dataset_id,),
        )
        plan.deleted = [row[0] for row in rows if row[0] not in kept]
    return _write(connection, dataset_id, plan, None, only_these_splits=wanted.action == "update")


def _match(connection: sqlite3.Connection, dataset_id: int, examples: Sequence[NewExample], plan: _Plan) -> None:
    """Find each example in the newest version: those with an id by that first, then the others by what they say."""
    by_id = _by_external_id(connection, dataset_id, examples)
    taken = {current.row for current in by_id.values()}
    free: dict[bytes, list[int]] = defaultdict(list)
    for digest, row in select_in(
        connection,
        "select hash, example_id from dataset_example_revision where dataset_id = ? and until_version_id is null"
        " and hash in ({})",
        list({each.text.hash for each in examples if each.external_id is None}),
        before=(dataset_id,),
    ):
        if row not in taken:
            free[digest].append(row)
    for rows in free.values():
        rows.sort(reverse=True)
    met: set[int] = set()
    for example in examples:
        if example.external_id is not None:
            current = by_id.get(example.external_id)
            if current is None:
                plan.created.append((None, example))
                continue
            if current.row in met:
                raise Conflict(f"{example.external_id!r} is an example that was uploaded under its other id, too.")
            met.add(current.row)
            _compare(plan, example, current)
        elif free.get(example.text.hash):
            plan.present.append((free[example.text.hash].pop(), example))
        else:
            plan.created.append((None, example))


def _by_external_id(
    connection: sqlite3.Connection, dataset_id: int, examples: Sequence[NewExample]
) -> dict[str, _Current]:
    found: dict[str, _Current] = {}
    for column, wanted in (
        ("id", {each.row: each.external_id for each in examples if each.row is not None}),
        ("external_id", {each.external_id: each.external_id for each in examples if each.external_id is not None}),
    ):
        rows = select_in(
            connection,
            f"select e.{column}, e.id, r.hash from dataset_example e left join dataset_example_revision r"
            f" on r.example_id = e.id and r.until_version_id is null where e.dataset_id = ? and e.{column} in ({{}})",
            list(wanted),
            before=(dataset_id,),
        )
        found.update((str(wanted[key]), _Current(row, digest)) for key, row, digest in rows)
    return found


def _compare(plan: _Plan, example: NewExample, current: _Current) -> None:
    if current.hash is None:
        plan.created.append((current.row, example))
        return
    plan.present.append((current.row, example))
    if current.hash != example.text.hash:
        plan.changed.append((current.row, example.text))


def _add_from_spans(
    connection: sqlite3.Connection, dataset_id: int, examples: Sequence[NewExample], description: str | None
) -> ExamplesWritten:
    _refuse_missing(connection, dataset_id)
    by_span = _by_span(examples)
    rows = select_in(
        connection,
        "select e.span_id, e.id, r.hash from dataset_example e join dataset_example_revision r"
        " on r.example_id = e.id and r.until_version_id is null where e.dataset_id = ? and e.span_id in ({})",
        list(by_span),
        before=(dataset_id,),
    )
    current = {span_id: _Current(row, digest) for span_id, row, digest in sorted(rows, key=lambda row: -row[1])}
    plan = _Plan()
    for span_id, example in by_span.items():
        found = current.get(span_id)
        if found is None:
            plan.created.append((None, example))
        else:
            _compare(plan, example, found)
    return _write(connection, dataset_id, plan, description)


def _create_from_spans(
    connection: sqlite3.Connection, name: str, examples: Sequence[NewExample], description: str | None
) -> ExamplesWritten:
    refuse_taken(connection, name)
    plan = _Plan(is_new_dataset=True, created=[(None, each) for each in _by_span(examples).values()])
    return _write(connection, _insert_dataset(connection, name, None, {}), plan, description)


def _by_span(examples: Sequence[NewExample]) -> dict[bytes, NewExample]:
    """The first example of each span, in their order."""
    found: dict[bytes, NewExample] = {}
    for example in examples:
        if example.span_id is not None:
            found.setdefault(example.span_id, example)
    return found


def _change(
    connection: sqlite3.Connection,
    dataset_id: int,
    texts: Mapping[int, ExampleText],
    deleted: Sequence[int],
    description: str | None,
) -> ExamplesWritten:
    _refuse_missing(connection, dataset_id)
    gone = set(deleted)
    found = connection.execute(
        "select example_id, hash from dataset_example_revision where dataset_id = ? and until_version_id is null"
        " and example_id in (select value from json_each(?))",
        (dataset_id, json.dumps([*texts, *gone])),
    ).fetchall()
    hashes = dict(found)
    missing = next((row for row in (*texts, *gone) if row not in hashes), None)
    if missing is not None:
        raise NotFound(f"The newest version of the dataset has no example with the row id {missing}")
    plan = _Plan(deleted=sorted(gone))
    plan.changed = [(row, text) for row, text in texts.items() if row not in gone and hashes[row] != text.hash]
    return _write(connection, dataset_id, plan, description)


def _refuse_missing(connection: sqlite3.Connection, dataset_id: int) -> None:
    if connection.execute("select 1 from dataset where id = ?", (dataset_id,)).fetchone() is None:
        raise NotFound(f"No dataset has the row id {dataset_id}")


def _write(
    connection: sqlite3.Connection,
    dataset_id: int,
    plan: _Plan,
    description: str | None,
    *,
    only_these_splits: bool = False,
) -> ExamplesWritten:
    now_us = time.time_ns() // 1000
    created = _insert_examples(connection, dataset_id, plan.created)
    if plan.is_new_dataset or created or plan.changed or plan.deleted:
        version_id = _insert_version(connection, dataset_id, plan, description, now_us)
        ended = [*plan.deleted, *(row for row, _ in plan.changed)]
        connection.execute(
            "update dataset_example_revision set until_version_id = ?"
            " where until_version_id is null and example_id in (select value from json_each(?))",
            (version_id, json.dumps(ended)),
        )
        said = [*((row, example.text) for row, example in created), *plan.changed]
        insert_rows(
            connection,
            "insert into dataset_example_revision"
            " (dataset_id, example_id, version_id, input, output, metadata, hash, created_us)",
            [(dataset_id, row, version_id, *text, now_us) for row, text in said],
        )
        touch(connection, "datasets")
    else:
        version_id = connection.execute("select version_id from dataset where id = ?", (dataset_id,)).fetchone()[0]
    update_rows(
        connection,
        "dataset_example",
        "span_id = coalesce(dataset_example.span_id, new.column2)",
        [(row, example.span_id) for row, example in plan.present if example.span_id is not None],
    )
    moved = _put_into_splits(connection, [*created, *plan.present], only_these_splits)
    updated = {row for row, _ in plan.changed} | (moved - {row for row, _ in created})
    return ExamplesWritten(dataset_id, version_id, len(created), len(updated), len(plan.deleted))


def _insert_examples(
    connection: sqlite3.Connection, dataset_id: int, created: Sequence[tuple[int | None, NewExample]]
) -> list[tuple[int, NewExample]]:
    """The examples with their rows."""
    last = connection.execute("select seq from sqlite_sequence where name = 'dataset_example'").fetchone()
    row = last[0] if last else 0
    placed: list[tuple[int, NewExample]] = []
    new: list[tuple[int, int, str | None, bytes | None]] = []
    for former, example in created:
        if former is None:
            row += 1
            new.append((row, dataset_id, example.external_id, example.span_id))
        placed.append((row if former is None else former, example))
    insert_rows(connection, "insert into dataset_example (id, dataset_id, external_id, span_id)", new)
    return placed


def _insert_version(
    connection: sqlite3.Connection, dataset_id: int, plan: _Plan, description: str | None, now_us: int
) -> int:
    counts = (len(plan.created), len(plan.changed), len(plan.deleted))
    version_id: int = connection.execute(
        "insert into dataset_version"
        " (dataset_id, description, metadata, created_examples, updated_examples, deleted_examples, created_us)"
        " values (?, ?, '{}', ?, ?, ?, ?) returning id",
        (dataset_id, description, *counts, now_us),
    ).fetchone()[0]
    connection.execute(
        "update dataset set version_id = ?, example_count = example_count + ?, updated_us = ? where id = ?",
        (version_id, len(plan.created) - len(plan.deleted), now_us, dataset_id),
    )
    return version_id


def _put_into_splits(
    connection: sqlite3.Connection, examples: Sequence[tuple[int, NewExample]], only_these: bool
) -> set[int]:
    """The examples that came into a split, or out of one."""
    placed = [(row, example.splits) for row, example in examples if example.splits]
    if not placed:
        return set()
    rows_of = _splits(connection, list(dict.fromkeys(name for _, names in placed for name in names)))
    wanted = {(rows_of[name], row) for row, names in placed for name in names}
    there = set(
        connection.execute(
            "select split_id, example_id from dataset_split_example"
            " where example_id in (select value from json_each(?))",
            (json.dumps([row for row, _ in placed]),),
        ).fetchall()
    )
    added = sorted(wanted - there)
    removed = sorted(there - wanted) if only_these else []
    insert_rows(connection, "insert into dataset_split_example (split_id, example_id)", added)
    connection.executemany("delete from dataset_split_example where split_id = ? and example_id = ?", removed)
    if added or removed:
        touch(connection, "datasets")
    return {example_id for _, example_id in (*added, *removed)}


def _splits(connection: sqlite3.Connection, names: Sequence[str]) -> dict[str, int]:
    """The rows of splits by name; those that are not there are made."""
    now_us = time.time_ns() // 1000
    connection.executemany(
        "insert or ignore into dataset_split (name, color, metadata, created_us, updated_us) values (?, ?, '{}', ?, ?)",
        [(name, DEFAULT_COLOR, now_us, now_us) for name in names],
    )
    return dict(select_in(connection, "select name, id from dataset_split where name in ({})", names))
