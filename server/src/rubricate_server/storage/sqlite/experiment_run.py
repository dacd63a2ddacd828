"""Runs of experiments and their evaluations: reading."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from rubricate.records.annotation import AnnotatorKind
from rubricate_server.domain.example import ExampleText
from rubricate_server.storage.contract import (
    EvaluationFields,
    IncompleteEvaluations,
    IncompleteRuns,
    RunFields,
    RunWritten,
    StoredEvaluationSummary,
    StoredExample,
    StoredResult,
    StoredRun,
)
from rubricate_server.storage.schema import (
    dataset_example_revision,
    experiment,
    experiment_evaluation,
    experiment_example,
    experiment_run,
    trace,
)
from rubricate_server.storage.sqlite import experiment_write
from rubricate_server.storage.sqlite.connection import reading
from rubricate_server.storage.sqlite.dataset import EXAMPLE, stored_examples
from rubricate_server.storage.sqlite.writer import Writer

BATCH = 200
"""Runs read at once: they are in memory together."""

_R = experiment_run.c
_V = experiment_evaluation.c
_X = experiment_example.c
_RUN = (_R.id, *(_R[name] for name in RunFields._fields))
_EVALUATION = tuple(_V[name] for name in EvaluationFields._fields)


class SqliteRuns:
    """`RunStore` on SQLite."""

    def __init__(self, writer: Writer, readers: sa.Engine) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, new: RunFields) -> RunWritten:
        """See the contract."""
        return self._writer.call(experiment_write.put_runs, new, 512 + len(new.output) + len(new.error or ""))

    def evaluate(self, new: EvaluationFields) -> int:
        """See the contract."""
        weight = 1024 + len(new.explanation or "") + len(new.error or "")
        return self._writer.call(experiment_write.put_evaluations, new, weight)

    def runs(
        self, experiment_id: int, *, from_id: int | None = None, limit: int | None = None
    ) -> Iterator[list[StoredRun]]:
        """See the contract."""
        statement = sa.select(*_RUN).where(_R.experiment_id == experiment_id).order_by(_R.id.desc())
        left = limit
        while left is None or left > 0:
            size = BATCH if left is None else min(BATCH, left)
            here = statement.limit(size)
            if from_id is not None:
                here = here.where(_R.id <= from_id)
            with reading(self._readers) as connection:
                found = [_run(row) for row in connection.execute(here)] if _alive(connection, experiment_id) else []
            if found:
                yield found
            if len(found) < size:
                return
            from_id = found[-1].id - 1
            left = None if left is None else left - size

    def results(self, experiment_id: int) -> Iterator[list[StoredResult]]:
        """See the contract."""
        said = dataset_example_revision.c
        statement = (
            sa.select(
                *_RUN,
                said.input,
                said.output,
                said.metadata,
                said.hash,
                trace.c.tokens_prompt,
                trace.c.tokens_completion,
            )
            .join_from(
                experiment_run,
                experiment_example,
                sa.and_(_X.experiment_id == _R.experiment_id, _X.example_id == _R.example_id),
            )
            .join(dataset_example_revision, said.id == _X.revision_id)
            .outerjoin(trace, trace.c.trace_id == _R.trace_id)
            .where(_R.experiment_id == experiment_id)
            .order_by(_R.example_id, _R.repetition)
            .limit(BATCH)
        )
        place = (0, 0)
        while True:
            here = statement.where(sa.tuple_(_R.example_id, _R.repetition) > sa.tuple_(*map(sa.literal, place)))
            with reading(self._readers) as connection:
                rows = connection.execute(here).fetchall() if _alive(connection, experiment_id) else []
                evaluations = _evaluations_of(connection, [row[0] for row in rows])
            found = [_result(row, evaluations.get(row[0], ())) for row in rows]
            if found:
                yield found
            if len(found) < BATCH:
                return
            last = found[-1].run.fields
            place = (last.example_id, last.repetition)

    def evaluation_names(self, experiment_id: int) -> list[str]:
        """See the contract."""
        statement = (
            sa.select(_V.name)
            .join_from(experiment_run, experiment_evaluation, _V.run_id == _R.id)
            .where(_R.experiment_id == experiment_id)
            .distinct()
            .order_by(_V.name)
        )
        with reading(self._readers) as connection:
            return list(connection.execute(statement).scalars()) if _alive(connection, experiment_id) else []

    def incomplete(self, experiment_id: int, *, from_id: int | None = None, limit: int = 50) -> list[IncompleteRuns]:
        """See the contract."""
        with reading(self._readers) as connection:
            repetitions = connection.execute(
                sa.select(experiment.c.repetitions).where(
                    experiment.c.id == experiment_id, experiment.c.deleted_us.is_(None)
                )
            ).scalar()
            if repetitions is None:
                return []
            succeeded = (_R.experiment_id == _X.experiment_id, _R.repetition <= repetitions, _R.error.is_(None))
            count = (
                sa.select(sa.func.count())
                .where(*succeeded, _R.example_id == _X.example_id)
                .correlate(experiment_example)
                .scalar_subquery()
            )
            statement = (
                sa.select(_X.example_id)
                .where(_X.experiment_id == experiment_id, count < repetitions)
                .order_by(_X.example_id)
                .limit(limit)
            )
            if from_id is not None:
                statement = statement.where(_X.example_id >= from_id)
            rows = list(connection.execute(statement).scalars())
            done: dict[int, set[int]] = {row: set() for row in rows}
            for example_id, repetition in connection.execute(
                sa.select(_R.example_id, _R.repetition).where(
                    _R.experiment_id == experiment_id,
                    _R.repetition <= repetitions,
                    _R.error.is_(None),
                    _R.example_id.in_(rows),
                )
            ):
                done[example_id].add(repetition)
            examples = _examples_of(connection, experiment_id, rows)
        return [
            IncompleteRuns(examples[row], tuple(each for each in range(1, repetitions + 1) if each not in done[row]))
            for row in rows
        ]

    def unevaluated(
        self, experiment_id: int, names: Sequence[str], *, from_id: int | None = None, limit: int = 50
    ) -> list[IncompleteEvaluations]:
        """See the contract."""
        wanted = sorted(set(names))
        judged = (_V.name.in_(wanted), _V.error.is_(None))
        count = (
            sa.select(sa.func.count()).where(*judged, _V.run_id == _R.id).correlate(experiment_run).scalar_subquery()
        )
        statement = (
            sa.select(*_RUN)
            .where(_R.experiment_id == experiment_id, _R.error.is_(None), count < len(wanted))
            .order_by(_R.id)
            .limit(limit)
        )
        if from_id is not None:
            statement = statement.where(_R.id >= from_id)
        with reading(self._readers) as connection:
            if not _alive(connection, experiment_id):
                return []
            runs = [_run(row) for row in connection.execute(statement)]
            done: dict[int, set[str]] = {run.id: set() for run in runs}
            for run_id, name in connection.execute(
                sa.select(_V.run_id, _V.name).where(*judged, _V.run_id.in_(list(done)))
            ):
                done[run_id].add(name)
            examples = _examples_of(connection, experiment_id, {run.fields.example_id for run in runs})
        return [
            IncompleteEvaluations(
                run, examples[run.fields.example_id], tuple(name for name in wanted if name not in done[run.id])
            )
            for run in runs
        ]

    def summaries(self, experiment_id: int) -> list[StoredEvaluationSummary]:
        """See the contract."""
        said = (
            sa.select(_R.example_id, _V.name, _V.label, _V.score, _V.error)
            .join_from(experiment_run, experiment_evaluation, _V.run_id == _R.id)
            .where(_R.experiment_id == experiment_id)
        ).subquery()
        counted = sa.select(said.c.name, sa.func.count(), sa.func.count(said.c.error)).group_by(said.c.name)
        good = said.c.error.is_(None)
        labelled = (
            sa.select(said.c.name, said.c.label, sa.func.count())
            .where(good, said.c.label.is_not(None))
            .group_by(said.c.name, said.c.label)
            .order_by(said.c.label)
        )
        of_example = sa.func.avg(said.c.score).label("score")
        all_or_nothing = sa.func.min(sa.case((said.c.score.in_((0, 1)), 1), else_=0)).label("all_or_nothing")
        examples = (
            sa.select(said.c.name, of_example, all_or_nothing)
            .where(good, said.c.score.is_not(None))
            .group_by(said.c.name, said.c.example_id)
        ).subquery()
        mean = sa.func.avg(examples.c.score).over(partition_by=examples.c.name).label("mean")
        beside = sa.select(examples.c.name, examples.c.score, examples.c.all_or_nothing, mean).subquery()
        away = beside.c.score - beside.c.mean
        scored = sa.select(
            beside.c.name,
            sa.func.count(),
            sa.func.max(beside.c.mean),
            sa.func.sum(away * away),
            sa.func.min(beside.c.all_or_nothing),
        ).group_by(beside.c.name)
        with reading(self._readers) as connection:
            if not _alive(connection, experiment_id):
                return []
            counts = connection.execute(counted.order_by(said.c.name)).fetchall()
            scores = {row[0]: row[1:] for row in connection.execute(scored)}
            labels: dict[str, dict[str, int]] = {}
            for name, label, number in connection.execute(labelled):
                labels.setdefault(name, {})[label] = number
        return [
            StoredEvaluationSummary(name, number, errors, *_moments(scores.get(name)), labels.get(name, {}))
            for name, number, errors in counts
        ]


def _moments(row: Any) -> tuple[int, float | None, float, bool]:
    if row is None:
        return 0, None, 0.0, False
    count, mean, squares, all_or_nothing = row
    # SQLite has NULL for what is no number, as the mean of numbers is whose sum overflows twice.
    return count, mean, float("inf") if squares is None else squares, bool(all_or_nothing)


def _alive(connection: sa.Connection, experiment_id: int) -> bool:
    statement = sa.select(experiment.c.id).where(experiment.c.id == experiment_id, experiment.c.deleted_us.is_(None))
    return connection.execute(statement).scalar() is not None


def _run(row: Any) -> StoredRun:
    return StoredRun(row[0], RunFields._make(row[1:]))


def _result(row: Any, evaluations: tuple[EvaluationFields, ...]) -> StoredResult:
    end = len(_RUN)
    text = ExampleText(*row[end : end + 4])
    return StoredResult(_run(row[:end]), text, row.tokens_prompt, row.tokens_completion, evaluations)


def _evaluations_of(connection: sa.Connection, run_ids: Sequence[int]) -> dict[int, tuple[EvaluationFields, ...]]:
    statement = sa.select(*_EVALUATION).where(_V.run_id.in_(run_ids)).order_by(_V.run_id, _V.name)
    found: dict[int, tuple[EvaluationFields, ...]] = {}
    for row in connection.execute(statement):
        fields = EvaluationFields._make(row)
        fields = fields._replace(
            annotator_kind=AnnotatorKind(fields.annotator_kind), metadata=orjson.loads(row.metadata)
        )
        found[fields.run_id] = (*found.get(fields.run_id, ()), fields)
    return found


def _examples_of(connection: sa.Connection, experiment_id: int, rows: Iterable[int]) -> dict[int, StoredExample]:
    """Examples as the experiment has them, by row."""
    statement = EXAMPLE.join(experiment_example, _X.revision_id == dataset_example_revision.c.id).where(
        _X.experiment_id == experiment_id, _X.example_id.in_(list(rows))
    )
    return {example.id: example for example in stored_examples(connection, statement)}
