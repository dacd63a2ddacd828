"""Hours of annotations that change while they are being summed up."""

import sqlite3  # noqa: TID251  # to look at the engine's file from outside
from contextlib import closing
from pathlib import Path

import pytest

from rubricate_server.storage.contract import SummaryQuery
from rubricate_server.storage.sqlite import annotation_hour
from rubricate_server.storage.sqlite.annotation_hour import keep_sums, stale_hours, sums_of
from rubricate_server.storage.sqlite.connection import read_engine, reading
from rubricate_server.storage.sqlite.store import DATABASE, open_storage

from ..spans import PROJECT, annotation, span_id, spans


def test_sums_of_an_hour_that_changed_meanwhile_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation_hour, "QUIET_S", 0)
    store = open_storage(tmp_path)
    store.spans.add(spans(2))
    store.annotations.put([annotation(span_id(1))])
    readers = read_engine(tmp_path / DATABASE)
    with reading(readers) as connection:
        found = sums_of(connection, stale_hours(connection))
    store.annotations.put([annotation(span_id(2), score=0.0)])
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        keep_sums(connection, found)
        connection.commit()
    readers.dispose()
    [whole, _] = store.insight.summaries(SummaryQuery(store.projects.get(PROJECT).id))
    assert (whole.target_count, whole.mean) == (2, 0.5)
    store.close()
