"""The writer: who fails fails alone, and a full disk passes."""

import sqlite3  # noqa: TID251  # to look at the engine's file from outside
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rubricate_server.storage.contract import NewSpan, Storage
from rubricate_server.storage.errors import Conflict, NotFound, StorageError
from rubricate_server.storage.sqlite import writer as writing
from rubricate_server.storage.sqlite.span import SqliteSpans
from rubricate_server.storage.sqlite.store import open_storage
from rubricate_server.storage.sqlite.writer import Turn, Writer

from ..spans import annotation, new_span, span_id, spans


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Storage]:
    store = open_storage(tmp_path)
    yield store
    store.close()


@pytest.fixture
def writer(store: Storage) -> Writer:
    assert isinstance(store.spans, SqliteSpans)
    return store.spans._writer


def in_one_group(writer: Writer, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers, or errors, of calls that the writer finds waiting together."""
    held, go = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        held.set()
        go.wait(timeout=20)

    def answer(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls) + 1) as threads:
        first = threads.submit(writer.run, hold)
        held.wait(timeout=20)
        answers = [threads.submit(answer, call) for call in calls]
        deadline = time.monotonic() + 20
        while (
            len(writer._light) + len(writer._heavy) + len(writer._upkeep) < len(calls) and time.monotonic() < deadline
        ):
            time.sleep(0.001)  # until all of them wait; nothing else can be asked
        go.set()
        first.result(timeout=20)
        return [each.result(timeout=20) for each in answers]


def test_a_write_that_fails_in_a_group_fails_alone(store: Storage, writer: Writer) -> None:
    store.projects.create("taken", None)
    answers = in_one_group(
        writer,
        [
            lambda: store.spans.add(spans(10)),
            lambda: store.spans.add([*spans(10, 100), new_span(110, name=object())]),
            lambda: store.spans.add(spans(10, 200)),
            lambda: store.projects.create("taken", None),
            lambda: store.projects.create("free", None).name,
            lambda: store.annotations.put([annotation(span_id(77))], must_exist=True),
            lambda: store.annotations.put([annotation(span_id(1))]),
            lambda: store.annotations.put([annotation(span_id(2), label=object())]),
        ],
    )
    added, broken, also_added, conflict, made, missing, annotated, unheard = answers
    assert (added, also_added, made, len(annotated)) == (10, 10, "free", 1)
    assert isinstance(conflict, Conflict)
    assert isinstance(missing, NotFound)
    assert isinstance(broken, Exception)
    assert isinstance(unheard, Exception)
    everything = [span_id(number) for number in range(300)]
    assert len(store.spans.rows_of(everything)) == 20


def test_a_span_in_two_waiting_calls_counts_for_the_first(store: Storage, writer: Writer) -> None:
    answers = in_one_group(writer, [lambda: store.spans.add(spans(10))] * 5)
    assert sorted(answers) == [0, 0, 0, 0, 10]


def test_one_annotation_in_many_waiting_calls_has_one_id_and_every_change_kept(store: Storage, writer: Writer) -> None:
    answers = in_one_group(writer, [lambda: store.annotations.put([annotation(span_id(1))])] * 5)
    [row] = {row for answer in answers for row in answer}
    assert [change.action for change in store.annotations.history(row)] == ["created"] + ["replaced"] * 4


def test_a_full_disk_is_told_and_passes(store: Storage, writer: Writer) -> None:
    store.spans.add(spans(10))
    pages: int = writer.run(lambda connection: connection.execute("pragma page_count").fetchone()[0])
    writer.run(lambda connection: connection.execute(f"pragma max_page_count = {pages + 5}").fetchall())
    large = [new_span(number, input=f"{number}" * 200_000) for number in range(100, 400)]
    with pytest.raises(StorageError, match="full"):
        store.spans.add([span._replace(attributes=bytes(range(256)) * 2000) for span in large])
    assert store.spans.rows_of([span.span_id for span in large]) == {}
    assert len(store.spans.rows_of([span_id(number) for number in range(1, 11)])) == 10
    writer.run(lambda connection: connection.execute("pragma max_page_count = 1000000000").fetchall())
    store.healthy()
    assert store.spans.add(large) == 300


def test_a_full_disk_in_a_group_loses_nothing_that_was_acknowledged(store: Storage, writer: Writer) -> None:
    pages: int = writer.run(lambda connection: connection.execute("pragma page_count").fetchone()[0])
    writer.run(lambda connection: connection.execute(f"pragma max_page_count = {pages + 30}").fetchall())
    batches = [spans(200, 1 + 1000 * number, status_message="x" * 500) for number in range(8)]
    calls = [partial(store.spans.add, batch) for batch in batches]
    answers = in_one_group(writer, calls)
    assert {type(answer) for answer in answers} <= {int, StorageError}
    assert any(isinstance(answer, StorageError) for answer in answers)
    for batch, answer in zip(batches, answers, strict=True):
        stored = store.spans.rows_of([span.span_id for span in batch])
        assert len(stored) == (200 if answer == 200 else 0)
    writer.run(lambda connection: connection.execute("pragma max_page_count = 1000000000").fetchall())
    assert sum(store.spans.add(batch) for batch in batches) == 1600 - sum(answer == 200 for answer in answers) * 200


def test_light_work_does_not_wait_for_all_heavy_work(writer: Writer) -> None:
    done: list[str] = []

    def note(_: sqlite3.Connection, words: Sequence[str]) -> list[None]:
        done.extend(words)
        return [None] * len(words)

    heavy = [partial(writer.call, note, f"heavy {n}", 2 << 20) for n in range(3)]
    in_one_group(writer, [*heavy, partial(writer.call, note, "light", 100)])
    assert done.index("light") == 0
    assert sorted(done) == ["heavy 0", "heavy 1", "heavy 2", "light"]


def test_light_work_without_end_lets_heavy_work_through(writer: Writer) -> None:
    groups: list[list[str]] = []

    def note(_: sqlite3.Connection, words: Sequence[str]) -> list[None]:
        groups.append(list(words))
        return [None] * len(words)

    light = [partial(writer.call, note, "light", 64 << 10) for _ in range(100)]
    in_one_group(writer, [partial(writer.call, note, "heavy", 2 << 20), *light])
    assert "heavy" in [word for group in groups for word in group]
    assert groups[0] == ["light"] * 32


def test_upkeep_never_goes_twice_while_somebody_waits(writer: Writer) -> None:
    done: list[str] = []

    def note(_: sqlite3.Connection, words: Sequence[str]) -> list[None]:
        done.extend(words)
        return [None] * len(words)

    upkeep = [partial(writer.keep_up, lambda *_: done.append("upkeep")) for _ in range(4)]
    in_one_group(writer, [*upkeep, *(partial(writer.call, note, "heavy", 2 << 20) for _ in range(3))])
    assert done == ["upkeep", "heavy", "upkeep", "heavy", "upkeep", "heavy", "upkeep"]


def test_the_turn_of_upkeep_ends_when_somebody_waits(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "TURN_S", 600.0)
    began = threading.Event()

    def as_long_as_it_may(_: sqlite3.Connection, turn: Turn) -> str:
        began.set()
        deadline = time.monotonic() + 60
        while not turn.is_over() and time.monotonic() < deadline:
            time.sleep(0.001)  # the work
        return "over" if time.monotonic() < deadline else "held the writer for a minute"

    with ThreadPoolExecutor(1) as threads:
        upkeep = threads.submit(writer.keep_up, as_long_as_it_may)
        began.wait(timeout=20)
        writer.run(lambda _: None)
        assert upkeep.result(timeout=20) == "over"


def test_a_turn_ends_although_nobody_waits(writer: Writer) -> None:
    def as_long_as_it_may(_: sqlite3.Connection, turn: Turn) -> float:
        began = time.monotonic()
        while not turn.is_over() and time.monotonic() < began + 60:
            time.sleep(0.001)  # the work
        return time.monotonic() - began

    assert writing.SHORT_TURN_S < writer.keep_up(as_long_as_it_may) < 60


def test_spans_that_come_in_do_not_pay_for_a_project_that_is_being_removed(store: Storage, writer: Writer) -> None:
    def instructions(batch: Sequence[NewSpan]) -> int:
        """Of SQLite's machine, in hundreds: says how much was looked at, on any machine."""
        counted: list[int] = []
        writer._connection.set_progress_handler(lambda: counted.append(1), 100)
        store.spans.add(batch)
        writer._connection.set_progress_handler(None, 0)
        return len(counted)

    store.spans.add([span._replace(project="large") for span in spans(5000)])
    store.spans.add([new_span(10_000)])
    before = instructions([new_span(number) for number in range(10_001, 10_065)])
    store.projects.delete(store.projects.get("large").id)
    assert instructions([new_span(number) for number in range(11_001, 11_065)]) < 2 * before
