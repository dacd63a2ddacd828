"""What was answered stays: through closing, many threads, and a full queue."""

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, DeadLetter, SpanQuery, Storage
from rubricate_server.storage.errors import NotFound, QueueFull, StorageError

from ..engines import Data
from ..spans import PROJECT, annotation, content, new_span, span_id, spans, trace_id

THREADS = 16


def test_everything_is_there_after_a_restart(store: Storage, data: Data) -> None:
    store.spans.add(spans(100, session_id="chat"), [DeadLetter(None, "why", b"x", "json")])
    rows = store.annotations.put([annotation(span_id(number)) for number in range(1, 101)])
    store.annotations.put([annotation(span_id(1), label="new")])
    rubric = store.rubrics.create({"type": "FREEFORM", "name": "quality"})
    project = store.projects.update(store.projects.get(PROJECT).id, "mine")
    store.rubrics.assign(project.id, [rubric.id])
    gone = store.projects.create("gone", None)
    store.projects.delete(gone.id)

    def all_of(store: Storage) -> list[object]:
        return [
            store.spans.find(SpanQuery(project.id), 1000),
            store.spans.dead_letters(10),
            store.annotations.find(AnnotationQuery(project.id, TargetKind.SPAN), 1000),
            [store.annotations.history(row) for row in rows],
            store.rubrics.page(project_id=project.id),
            store.projects.page(),
        ]

    before = all_of(store)
    store = data.reopen()
    assert all_of(store) == before
    with pytest.raises(NotFound):
        store.projects.get("gone")
    assert store.spans.add([new_span(101)]) == 1


def test_an_open_store_is_healthy(store: Storage) -> None:
    store.healthy()


def test_a_closed_store_writes_nothing(data: Data) -> None:
    store = data.open()
    store.close()
    with pytest.raises(StorageError):
        store.spans.add(spans(1))
    assert data.reopen().projects.page() == []


def test_closing_writes_what_is_waiting(store: Storage, data: Data) -> None:
    started = threading.Barrier(THREADS + 1)

    def add(number: int) -> int | StorageError:
        started.wait()
        try:
            return store.spans.add([new_span(number)])
        except StorageError as error:  # it came after the closing
            return error

    with ThreadPoolExecutor(THREADS) as threads:
        answers = [threads.submit(add, number) for number in range(THREADS)]
        started.wait()
        store.close()
        outcomes = [answer.result(timeout=20) for answer in answers]
    store = data.reopen()
    stored = store.spans.rows_of([span_id(number) for number in range(THREADS)])
    assert set(stored) == {span_id(number) for number, outcome in enumerate(outcomes) if outcome == 1}
    assert all(isinstance(outcome, StorageError) for outcome in outcomes if outcome != 1)


def test_threads_that_add_and_annotate_lose_and_double_nothing(store: Storage) -> None:
    """Each thread brings spans of its own and some that all bring, in common traces, and annotates them."""
    common = spans(20, session_id="chat")
    started = threading.Barrier(THREADS)

    def work(thread: int) -> tuple[int, list[int]]:
        started.wait()
        added, ids = 0, []
        for turn in range(12):
            first = 1000 + thread * 1000 + turn * 10
            own = [
                new_span(number, trace_id=trace_id(turn), session_id=f"s{turn}") for number in range(first, first + 10)
            ]
            added += store.spans.add([*own, *common[turn : turn + 5]])
            marks = [annotation(span.span_id, identifier=f"{thread}") for span in own]
            marks.append(annotation(span_id(1), identifier="all", label=f"{thread}"))
            marks.append(annotation(span_id(first + 10), identifier="early"))
            ids += store.annotations.put(marks)
        return added, ids

    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = [answer.result(timeout=60) for answer in [threads.submit(work, number) for number in range(THREADS)]]

    own = {span_id(1000 + thread * 1000 + number) for thread in range(THREADS) for number in range(120)}
    stored = [span.span_id for span in store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 10_000)]
    assert sorted(stored) == sorted(own | {span.span_id for span in common[:16]})
    assert sum(added for added, _ in outcomes) == len(stored)

    query = AnnotationQuery(store.projects.get(PROJECT).id, TargetKind.SPAN)
    found = store.annotations.find(query, 10_000)
    # `early` of the last turn still waits: its span never comes.
    assert len(found) == len({item.key for item in found}) == THREADS * (120 + 11) + 1
    by_id = {item.id for item in found}
    waiting = {ids[-1] for _, ids in outcomes}
    assert {row for _, ids in outcomes for row in ids} == by_id | waiting
    [shared] = [item for item in found if item.key.identifier == "all"]
    history = store.annotations.history(shared.id)
    assert [change.action for change in history] == ["created"] + ["replaced"] * (THREADS * 12 - 1)
    assert history[-1].state["label"] == shared.label == content(shared).label
    assert [change.at_us for change in history] == sorted({change.at_us for change in history})


def test_a_span_that_many_bring_at_once_counts_once(store: Storage) -> None:
    started = threading.Barrier(THREADS)

    def add(_: int) -> int:
        started.wait()
        return store.spans.add(spans(50))

    with ThreadPoolExecutor(THREADS) as threads:
        assert sum(threads.map(add, range(THREADS))) == 50


def test_readers_see_batches_whole_while_writers_write(store: Storage) -> None:
    store.spans.add(spans(10))
    project = store.projects.get(PROJECT).id
    done = threading.Event()

    def read() -> set[int]:
        sizes = set()
        while not done.is_set():
            sizes.add(len(store.spans.find(SpanQuery(project), 10_000, frozenset())) % 10)
        return sizes

    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read) for _ in range(3)]
        for batch in range(1, 60):
            store.spans.add(spans(10, 1 + batch * 10))
            assert len(store.spans.find(SpanQuery(project), 10_000, frozenset())) == 10 + batch * 10
        done.set()
        assert [reader.result() for reader in readers] == [{0}, {0}, {0}]


def test_when_too_much_waits_writes_are_refused_and_not_written(data: Data) -> None:
    store = data.open(max_pending_bytes=100_000)
    batches = {number: [new_span(number, input="x" * 60_000)] for number in range(1, 9)}
    with ThreadPoolExecutor(len(batches)) as threads:
        with data.engine.held(data.directory):
            answers = {threads.submit(store.spans.add, batch): number for number, batch in batches.items()}
            refused: set[Future[int]] = set()
            # At most one is being written and one waits; all others must hear at once.
            while len(refused) < len(batches) - 2:
                refused |= wait(set(answers) - refused, timeout=30, return_when=FIRST_COMPLETED).done
        accepted = {number for answer, number in answers.items() if answer.exception(timeout=30) is None}
        errors = [answer.exception() for answer in answers if answer.exception() is not None]
    assert len(accepted) >= 1
    assert len(errors) >= 6
    assert all(isinstance(error, QueueFull) and error.retry_after_s > 0 for error in errors)
    assert set(store.spans.rows_of([span_id(number) for number in batches])) == {span_id(number) for number in accepted}
    assert store.spans.add(spans(1, 100)) == 1


def test_a_single_write_may_be_larger_than_the_queue(data: Data) -> None:
    store = data.open(max_pending_bytes=1000)
    assert store.spans.add([new_span(1, input="x" * 50_000)]) == 1
