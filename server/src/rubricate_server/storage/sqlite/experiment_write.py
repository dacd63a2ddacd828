"""Runs of experiments and their evaluations: writing."""

import sqlite3  # noqa: TID251  # the engine
from collections.abc import Sequence

import orjson

from rubricate_server.storage.contract import EvaluationFields, RunFields, RunWritten
from rubricate_server.storage.errors import NotFound
from rubricate_server.storage.sqlite.connection import touch
from rubricate_server.storage.sqlite.removal import SLICE_ROWS
from rubricate_server.storage.sqlite.writer import Turn

SLICE_RUNS = 50
"""Runs of a deleted experiment removed between two looks at the clock; what tasks answer may be long."""


def put_runs(connection: sqlite3.Connection, runs: Sequence[RunFields]) -> list[RunWritten]:
    """See `RunStore.put`; for several, one after another."""
    return [_put_run(connection, run) for run in runs]


def put_evaluations(connection: sqlite3.Connection, evaluations: Sequence[EvaluationFields]) -> list[int]:
    """See `RunStore.evaluate`; for several, one after another."""
    return [_put_evaluation(connection, evaluation) for evaluation in evaluations]


def _put_run(connection: sqlite3.Connection, run: RunFields) -> RunWritten:
    key = run[:3]
    asked = connection.execute(
        "select e.repetitions, r.id, r.error from experiment e join experiment_example x on x.experiment_id = e.id"
        " left join experiment_run r on r.experiment_id = e.id and r.example_id = x.example_id and r.repetition = ?3"
        " where e.id = ?1 and x.example_id = ?2 and e.deleted_us is null",
        key,
    ).fetchone()
    if asked is None:
        raise NotFound(f"The experiment with the row id {key[0]} has no example with the row id {key[1]}")
    repetitions, row, error = asked
    if row is not None and error is None:
        return RunWritten(row, stored=False)
    touch(connection, "experiments")
    if row is None:
        row = connection.execute(
            f"insert into experiment_run ({', '.join(RunFields._fields)}) values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
            run,
        ).fetchone()[0]
    else:
        connection.execute("delete from experiment_evaluation where run_id = ? and annotator_kind != 'HUMAN'", (row,))
        connection.execute(
            "update experiment_run set trace_id = ?, start_us = ?, end_us = ?, error = ?, output = ? where id = ?",
            (*run[3:], row),
        )
    failed = run.error is not None
    is_new = asked[1] is None
    connection.execute(
        "update experiment set succeeded = succeeded + ?, failed = failed + ?, surplus = surplus + ? where id = ?",
        (not failed, failed - (not is_new), is_new and run.repetition > repetitions, run.experiment_id),
    )
    return RunWritten(row, stored=True)


def _put_evaluation(connection: sqlite3.Connection, evaluation: EvaluationFields) -> int:
    touch(connection, "experiments")
    columns = EvaluationFields._fields
    found = connection.execute(
        f"insert into experiment_evaluation ({', '.join(columns)})"
        " select r.id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 from experiment_run r join experiment e"
        " on e.id = r.experiment_id where r.id = ?1 and e.deleted_us is null"
        f" on conflict (run_id, name) do update set {', '.join(f'{name} = excluded.{name}' for name in columns[2:])}"
        " returning id",
        (*evaluation[:7], orjson.dumps(evaluation.metadata).decode(), *evaluation[8:]),
    ).fetchone()
    if found is None:
        raise NotFound(f"No experiment run has the row id {evaluation.run_id}")
    row: int = found[0]
    return row


def remove_deleted_experiment(connection: sqlite3.Connection, turn: Turn) -> bool:
    """Remove a turn's worth of a deleted experiment; True when there was one."""
    found = connection.execute("select id from experiment where deleted_us is not null order by id limit 1").fetchone()
    if found is None:
        return False
    for remove_some in (_remove_some_runs, _remove_some_examples):
        while remove_some(connection, found[0]):
            if turn.is_over():
                return True
    connection.execute("delete from experiment where id = ?", found)
    return True


def _remove_some_runs(connection: sqlite3.Connection, experiment_id: int) -> bool:
    """With their evaluations."""
    some = "select id from experiment_run where experiment_id = ? order by id desc limit ?"
    ids = [row[0] for row in connection.execute(some, (experiment_id, SLICE_RUNS))]
    marks = ",".join("?" * len(ids))
    connection.execute(f"delete from experiment_evaluation where run_id in ({marks})", ids)
    connection.execute(f"delete from experiment_run where id in ({marks})", ids)
    return bool(ids)


def _remove_some_examples(connection: sqlite3.Connection, experiment_id: int) -> bool:
    statement = (
        "delete from experiment_example where rowid in"
        " (select rowid from experiment_example where experiment_id = ? limit ?)"
    )
    return connection.execute(statement, (experiment_id, SLICE_ROWS)).rowcount > 0
