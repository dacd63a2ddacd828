"""Deleting annotations so that it can be undone: they are set aside, put back, and forgotten after some days."""

import sqlite3  # noqa: TID251  # the engine
import time
from collections.abc import Mapping
from typing import Any

import orjson

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.authorship import Author
from rubricate_server.storage.contract import Removed, Restored
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.schema import annotation
from rubricate_server.storage.sqlite.annotation_put import IN_A_PROJECT, moment, refuse_foreign, targets_of
from rubricate_server.storage.sqlite.connection import insert_rows, select_in, touch
from rubricate_server.storage.sqlite.history import record_restoration
from rubricate_server.storage.sqlite.removal import delete_annotations

_COLUMNS = tuple(column.name for column in annotation.columns)
_PLACES = {name: place for place, name in enumerate(_COLUMNS)}
_BOUND = ("target_row", "project_id", "start_ns")
STEP_FORGOTTEN = 2000
"""Annotations forgotten in one transaction."""


def take_out(
    connection: sqlite3.Connection, some: Mapping[int, TargetKind], so_far: Removed, undoable: bool, by: Author
) -> Removed:
    """Delete annotations, as a part of a removal that may have begun before; set them aside if it is undoable.

    Raises NotYours.
    """
    found = select_in(
        connection, f"select id, target_kind from annotation where {IN_A_PROJECT} and id in ({{}})", list(some)
    )
    rows = [row for row, kind in found if some[row] == kind]
    if not rows:
        return so_far
    refuse_foreign(connection, rows, by)
    removal_id = _set_aside(connection, rows, so_far.removal_id) if undoable else None
    delete_annotations(connection, rows, by.user_id)
    return Removed(so_far.count + len(rows), removal_id)


def _set_aside(connection: sqlite3.Connection, rows: list[int], removal_id: int | None) -> int:
    if removal_id is None:
        (removal_id,) = connection.execute(
            "insert into annotation_removal (at_us) values (?) returning id", (time.time_ns() // 1000,)
        ).fetchone()
    names = ", ".join(_COLUMNS)
    connection.execute(
        f"insert into removed_annotation (removal_id, {names}) select ?, {names} from annotation"
        " where id in (select value from json_each(?))",
        (removal_id, orjson.dumps(rows).decode()),
    )
    return removal_id


def restore_some(connection: sqlite3.Connection, removal_id: int, after: int, most: int) -> tuple[Restored, int | None]:
    """Put back the first `most` annotations of a removal behind a row; what became of them, and the last row.

    None for the last row: there are no more. Raises NotFound when there is no such removal.
    """
    if connection.execute("select 1 from annotation_removal where id = ?", (removal_id,)).fetchone() is None:
        raise NotFound(
            "There is no such removal to undo. Removals are forgotten after some days: RUBRICATE_UNDO_DAYS says how"
            " many."
        )
    aside = connection.execute(
        f"select {', '.join(_COLUMNS)} from removed_annotation where removal_id = ? and id > ? order by id limit ?",
        (removal_id, after, most),
    ).fetchall()
    if not aside:
        return Restored(0, 0, 0), None
    fitting, lost = _bound(connection, aside)
    free = [values for values in fitting if not _is_taken(connection, values)]
    insert_rows(connection, f"insert into annotation ({', '.join(_COLUMNS)})", free)
    rows = [values[0] for values in free]
    record_restoration(connection, rows, moment(connection))
    connection.executemany("delete from removed_annotation where id = ?", [(row,) for row in rows])
    touch(connection, "annotations", {values[_PLACES["project_id"]] for values in free} - {None})
    return Restored(len(free), len(fitting) - len(free), lost), aside[-1][0]


def _bound(connection: sqlite3.Connection, aside: list[Any]) -> tuple[list[tuple[Any, ...]], int]:
    """The annotations with what they copy from their targets as these are now, and how many have lost theirs."""
    kind, key, row = (_PLACES[name] for name in ("target_kind", "target_id", "target_row"))
    targets = {
        each: targets_of(connection, TargetKind(each), {values[key] for values in aside if values[kind] == each})
        for each in {values[kind] for values in aside}
    }
    bound, lost = [], 0
    for values in aside:
        target = targets[values[kind]].get(values[key])
        if target is None and values[row] is not None:
            lost += 1
            continue
        renewed = list(values)
        for name, value in zip(_BOUND, target or (None, None, None), strict=True):
            renewed[_PLACES[name]] = value
        bound.append(tuple(renewed))
    return bound, lost


def _is_taken(connection: sqlite3.Connection, values: tuple[Any, ...]) -> bool:
    """Whether something newer has the key."""
    names = ("target_kind", "target_id", "position", "name", "identifier")
    found = connection.execute(
        f"select 1 from annotation where {' and '.join(f'{name} = ?' for name in names)}",
        [values[_PLACES[name]] for name in names],
    )
    return found.fetchone() is not None


def forget_some(connection: sqlite3.Connection, before_us: int) -> int:
    """Forget a bounded number of set-aside annotations of removals before a time; how many."""
    old = "select id from annotation_removal where at_us < ?"
    forgotten = connection.execute(
        f"delete from removed_annotation where id in (select id from removed_annotation where removal_id in ({old})"
        " limit ?)",
        (before_us, STEP_FORGOTTEN),
    ).rowcount
    if forgotten < STEP_FORGOTTEN:
        connection.execute(
            "delete from annotation_removal where at_us < ? and not exists"
            " (select 1 from removed_annotation where removal_id = annotation_removal.id)",
            (before_us,),
        )
    return forgotten
