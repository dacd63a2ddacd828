"""Traces: listed, deleted, moved."""

import json
from typing import Any

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import (
    AnnotationQuery,
    SpanQuery,
    Storage,
    StoredTrace,
    TraceMark,
    TraceQuery,
)
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, SECOND_NS, START_NS, annotation, as_stored, new_span, span_id, spans, trace_id


def found(store: Storage, project: str = PROJECT, **wanted: Any) -> list[int]:
    """The traces of a query, by number."""
    query = TraceQuery(store.projects.get(project).id, **wanted)
    return [int.from_bytes(trace.trace_id, "big") for trace in store.traces.find(query, 1000)]


def rows(store: Storage, *numbers: int) -> list[int]:
    return [store.traces.get(trace_id(number)).id for number in numbers]


def annotated(store: Storage, kind: TargetKind, project: str = PROJECT) -> int:
    return len(store.annotations.find(AnnotationQuery(store.projects.get(project).id, kind), 10_000))


def test_a_trace_counts_its_spans(store: Storage) -> None:
    inside = {"trace_id": trace_id(1), "session_id": "s"}
    store.spans.add([new_span(1, tokens_prompt=1, cost_usd=0.5, **inside)])
    store.spans.add([new_span(2, tokens_prompt=2, tokens_completion=4, status=2, cost_usd=1.0, **inside)])
    [session_row] = store.sessions.rows_of(["s"]).values()
    assert store.traces.get(trace_id(1)) == StoredTrace(
        id=store.traces.get_by_id(store.traces.get(trace_id(1)).id).id,
        trace_id=trace_id(1),
        project_id=store.projects.get(PROJECT).id,
        session_row=session_row,
        start_ns=START_NS + SECOND_NS,
        end_ns=START_NS + 2 * SECOND_NS + 5_000_000,
        span_count=2,
        error_count=1,
        tokens_prompt=3,
        tokens_completion=4,
        cost_usd=1.5,
    )


def test_traces_are_sorted_and_narrowed(store: Storage) -> None:
    store.spans.add([new_span(1, end_ns=START_NS + 9 * SECOND_NS), new_span(2, status=2), new_span(3, session_id="s")])
    [session_row] = store.sessions.rows_of(["s", "t"]).values()
    assert found(store) == [3, 2, 1]
    assert found(store, descending=False) == [1, 2, 3]
    assert found(store, order="latency") == [1, 3, 2]
    assert found(store, order="latency", descending=False) == [2, 3, 1]
    assert found(store, start_ns=START_NS + 2 * SECOND_NS) == [3, 2]
    assert found(store, end_ns=START_NS + 2 * SECOND_NS) == [1]
    assert found(store, error=True) == [2]
    assert found(store, error=False) == [3, 1]
    assert found(store, min_latency_ns=8 * SECOND_NS) == [1]
    assert found(store, max_latency_ns=5_000_000) == [3, 2]
    assert found(store, session_rows=(session_row,)) == [3]
    assert found(store, session_rows=()) == []


def test_a_page_goes_on_after_its_last_trace(store: Storage) -> None:
    store.spans.add([new_span(number, start_ns=START_NS, end_ns=START_NS + number // 2) for number in range(1, 6)])
    last = store.traces.get(trace_id(3))
    assert found(store, after=TraceMark(START_NS, last.id)) == [2, 1]
    assert found(store, order="latency", after=TraceMark(1, last.id)) == [2, 1]
    assert found(store, order="latency", descending=False, after=TraceMark(1, last.id)) == [4, 5]


def test_a_deleted_trace_takes_everything_along(store: Storage) -> None:
    inside = {"trace_id": trace_id(1), "session_id": "s"}
    store.spans.add([new_span(1, **inside), new_span(2, **inside), new_span(3)])
    store.annotations.put(
        [
            annotation(span_id(2)),
            annotation(trace_id(1), kind=TargetKind.TRACE),
            annotation(b"s", kind=TargetKind.SESSION),
            annotation(span_id(3)),
        ]
    )
    [row] = rows(store, 1)
    for _ in range(2):  # idempotent
        store.traces.delete([row])
    assert found(store) == [3]
    assert store.spans.rows_of([span_id(1), span_id(2), span_id(3)]).keys() == {span_id(3)}
    assert [annotated(store, kind) for kind in (TargetKind.SPAN, TargetKind.TRACE, TargetKind.SESSION)] == [1, 0, 0]
    assert store.sessions.rows_of(["s"]) == {}
    for missing in (lambda: store.traces.get(trace_id(1)), lambda: store.traces.get_by_id(row)):
        with pytest.raises(NotFound):
            missing()


def test_a_large_trace_with_many_annotations_goes_whole(store: Storage) -> None:
    store.spans.add([new_span(number, trace_id=trace_id(1)) for number in range(1, 1201)])
    store.annotations.put([annotation(span_id(7), f"n{number}") for number in range(2500)])
    store.traces.delete(rows(store, 1))
    assert found(store) == []
    assert store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 10) == []
    assert annotated(store, TargetKind.SPAN) == 0


def test_a_row_id_is_not_given_twice(store: Storage) -> None:
    store.spans.add(spans(1))
    [row] = rows(store, 1)
    store.traces.delete([row])
    store.spans.add(spans(1))
    assert rows(store, 1) != [row]


def test_a_range_is_deleted_oldest_first(store: Storage) -> None:
    store.spans.add(spans(6))
    project_id = store.projects.get(PROJECT).id
    assert store.traces.delete_range(project_id, START_NS + 2 * SECOND_NS, START_NS + 6 * SECOND_NS, limit=3) == 3
    assert found(store) == [6, 5, 1]
    assert store.traces.delete_range(project_id, None, START_NS + 6 * SECOND_NS) == 2
    assert store.traces.delete_range(project_id, None, START_NS + 6 * SECOND_NS) == 0
    assert found(store) == [6]


def test_a_session_shrinks_with_its_traces(store: Storage) -> None:
    store.spans.add(spans(3, session_id="s"))
    store.traces.delete(rows(store, 1))
    session = store.sessions.get("s")
    assert session.start_ns == START_NS + 2 * SECOND_NS
    assert [trace.trace_id for trace in session.traces] == [trace_id(2), trace_id(3)]


def test_the_oldest_of_the_newest(store: Storage) -> None:
    store.spans.add(spans(4))
    project_id = store.projects.get(PROJECT).id
    assert store.traces.oldest_kept(project_id, 3) == START_NS + 2 * SECOND_NS
    assert store.traces.oldest_kept(project_id, 4) is None


def test_moved_traces_keep_their_bodies_and_ids(store: Storage) -> None:
    """Every second of two hundred: the blocks that they leave, and the new ones, must stay readable."""
    added = spans(200)
    store.spans.add(added[:150])
    store.spans.add(added[150:])
    target = store.projects.create("other", None)
    before = {span.span_id: span for span in store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 1000)}
    moving = rows(store, *range(2, 201, 2))
    for _ in range(2):  # idempotent
        assert store.traces.transfer(moving, target.id) == 100
    moved = store.spans.find(SpanQuery(target.id), 1000)
    assert moved == [before[span_id(number)] for number in range(200, 0, -2)]
    assert moved[::-1] == [as_stored(span, before[span.span_id].id) for span in added[1::2]]
    stayed = store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 1000)
    assert stayed == [before[span_id(number)] for number in range(199, 0, -2)]
    assert found(store, "other") == list(range(200, 0, -2))


def test_annotations_move_with_their_targets(store: Storage) -> None:
    inside = {"trace_id": trace_id(1), "session_id": "s"}
    store.spans.add([new_span(1, **inside), new_span(2, **inside), new_span(3)])
    kinds = (TargetKind.SPAN, TargetKind.DOCUMENT, TargetKind.TRACE, TargetKind.SESSION)
    for kind, target in zip(kinds, (span_id(2), span_id(2), trace_id(1), b"s"), strict=True):
        position = 0 if kind is TargetKind.DOCUMENT else -1
        store.annotations.put([annotation(target, kind=kind, position=position)])
    other = store.projects.create("other", None)
    store.traces.transfer(rows(store, 1), other.id)
    assert [annotated(store, kind, "other") for kind in kinds] == [1, 1, 1, 1]
    assert [annotated(store, kind) for kind in kinds] == [0, 0, 0, 0]


def test_a_session_moves_with_the_last_of_its_traces(store: Storage) -> None:
    store.spans.add(spans(2, session_id="s"))
    other = store.projects.create("other", None)
    store.traces.transfer(rows(store, 1), other.id)
    assert store.sessions.get("s").project_id == store.projects.get(PROJECT).id
    store.traces.transfer(rows(store, 2), other.id)
    assert store.sessions.get("s").project_id == other.id


def test_later_spans_follow_a_moved_trace(store: Storage) -> None:
    store.spans.add(spans(1))
    other = store.projects.create("other", None)
    store.traces.transfer(rows(store, 1), other.id)
    store.spans.add([new_span(2, trace_id=trace_id(1))])
    assert len(store.spans.find(SpanQuery(other.id), 10)) == 2


def test_nothing_moves_into_a_project_that_is_not_there(store: Storage) -> None:
    store.spans.add(spans(1))
    with pytest.raises(NotFound):
        store.traces.transfer(rows(store, 1), 999)
    assert found(store) == [1]


def test_moved_bodies_are_found_by_search(store: Storage) -> None:
    long = json.dumps({"note": "x" * 300})
    store.spans.add([new_span(1, attributes=long.encode(), small=json.dumps({"note": None})), new_span(2)])
    other = store.projects.create("other", None)
    store.traces.transfer(rows(store, 1, 2), other.id)
    [first, second] = store.spans.find(SpanQuery(other.id), 10)[::-1]
    assert json.loads(first.body.attributes) == {"note": "x" * 300}
    assert second.body.input == "question 2"
