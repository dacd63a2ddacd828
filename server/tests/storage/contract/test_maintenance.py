"""Work that can wait: it ends, it gives space back, and nobody sees a difference."""

import os
from concurrent.futures import ThreadPoolExecutor

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, NewSpan, SpanQuery, Storage, StoredSpan

from ..engines import Data
from ..spans import PROJECT, annotation, new_span, span_id, spans


def steps(store: Storage) -> int:
    """Does all there is to do."""
    count = 0
    while store.maintenance.step():
        count += 1
        assert count < 10_000, "maintenance does not end"
    return count


def everything(store: Storage, project: str = PROJECT) -> list[StoredSpan]:
    return store.spans.find(SpanQuery(store.projects.get(project).id), 10_000)


def heavy(number: int, size: int) -> NewSpan:
    """Of bytes that no compression makes smaller."""
    return new_span(number, input=os.urandom(size // 2).hex())


def test_an_empty_store_has_nothing_to_do(store: Storage) -> None:
    assert steps(store) == 0


def test_it_ends_and_then_there_is_nothing_to_do(store: Storage) -> None:
    for number in range(1, 301):
        store.spans.add([new_span(number)])
    steps(store)
    assert [store.maintenance.step(), store.maintenance.step()] == [False, False]


def test_spans_that_came_one_by_one_stay_byte_for_byte(store: Storage) -> None:
    for number in range(1, 301):
        store.spans.add([new_span(number, input="ü🧪" * number, output=None if number % 3 else "", events=b"[]")])
    before = everything(store)
    assert steps(store) > 0
    assert everything(store) == before


def test_what_is_written_between_steps_stays(store: Storage) -> None:
    for number in range(1, 200):
        store.spans.add([new_span(number)])
    added = 200
    more = True
    while more:
        more = store.maintenance.step()
        if added < 260:
            store.spans.add([new_span(added)])
            store.spans.delete(span_id(added - 199))
            added += 1
            more = True
    found = everything(store)
    assert [span.span_id for span in found] == [span_id(number) for number in range(259, 60, -1)]
    assert [span.body.input for span in found] == [f"question {number}" for number in range(259, 60, -1)]


def test_spans_left_over_in_nearly_empty_places_stay(store: Storage) -> None:
    store.spans.add(spans(800))
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(store.spans.delete, [span_id(number) for number in range(1, 801) if number % 10]))
    before = everything(store)
    steps(store)
    assert everything(store) == before
    assert [span.body.input for span in before] == [f"question {number}" for number in range(800, 0, -10)]


def test_a_deleted_project_gives_its_space_back(store: Storage, data: Data) -> None:
    store.spans.add([heavy(number, 60_000) for number in range(1, 301)])
    store.spans.add([heavy(number, 600)._replace(project="other") for number in range(1001, 1101)])
    store.annotations.put([annotation(span_id(number)) for number in range(1, 301)])
    full = data.closed_size()
    store = data.open()
    kept = everything(store, "other")
    store.projects.delete(store.projects.get(PROJECT).id)
    assert steps(store) > 1
    assert everything(store, "other") == kept
    assert store.spans.rows_of([span_id(number) for number in range(1, 301)]) == {}
    assert full > 9_000_000
    assert data.closed_size() < full / 2


def test_nothing_of_a_deleted_project_is_left(store: Storage) -> None:
    rows = store.status.stats().rows
    store.spans.add(spans(700, session_id="chat"))
    for turn in range(60):  # some have a longer history than is removed at once
        store.annotations.put([annotation(span_id(1 + number % 10), score=turn / 60) for number in range(100)])
    store.annotations.put([annotation(span_id(number), "other") for number in range(1, 701)])
    assert store.status.stats().rows["annotation_event"] > 1_000
    store.projects.delete(store.projects.get(PROJECT).id)
    steps(store)
    assert store.status.stats().rows == rows


def test_waiting_annotations_are_not_cleared_away(store: Storage) -> None:
    store.annotations.put([annotation(span_id(1))])
    store.projects.delete(store.projects.create("gone", None).id)
    steps(store)
    store.spans.add(spans(1))
    assert len(store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id, TargetKind.SPAN), 10)) == 1
