"""Spans: deleted."""

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, SpanQuery, Storage
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, annotation, as_stored, new_span, span_id, spans, trace_id


def ids(store: Storage) -> list[bytes]:
    return [span.span_id for span in store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 1000)]


def annotations(store: Storage, kind: TargetKind) -> int:
    return len(store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id, kind), 100))


def test_a_deleted_span_is_gone(store: Storage) -> None:
    store.spans.add(spans(3))
    row = store.spans.rows_of([span_id(2)])[span_id(2)]
    store.spans.delete(span_id(2))
    assert ids(store) == [span_id(3), span_id(1)]
    assert store.spans.rows_of([span_id(2)]) == {}
    with pytest.raises(NotFound):
        store.spans.span_id_of(row)


@pytest.mark.parametrize("unknown", [span_id(7), b""])
def test_what_is_not_there_cannot_be_deleted(store: Storage, unknown: bytes) -> None:
    store.spans.add(spans(1))
    with pytest.raises(NotFound):
        store.spans.delete(unknown)


def test_twice_is_once_too_often(store: Storage) -> None:
    store.spans.add(spans(2))
    store.spans.delete(span_id(1))
    with pytest.raises(NotFound):
        store.spans.delete(span_id(1))
    assert ids(store) == [span_id(2)]


def test_its_neighbours_keep_their_bodies(store: Storage) -> None:
    added = spans(200)
    store.spans.add(added)
    for number in range(2, 201, 2):
        store.spans.delete(span_id(number))
    found = store.spans.find(SpanQuery(store.projects.get(PROJECT).id), 1000)
    rows = {span.span_id: span.id for span in found}
    assert found[::-1] == [as_stored(span, rows[span.span_id]) for span in added[::2]]


def test_its_children_stay_as_orphans(store: Storage) -> None:
    store.spans.add([new_span(1), new_span(2, trace_id=trace_id(1), parent_id=span_id(1))])
    store.spans.delete(span_id(1))
    [child] = store.spans.find(SpanQuery(store.projects.get(PROJECT).id, roots=True, orphans_are_roots=True), 10)
    assert (child.span_id, child.parent_id) == (span_id(2), span_id(1))


def test_its_annotations_go_and_their_history_stays(store: Storage) -> None:
    store.spans.add(spans(2))
    rows = store.annotations.put(
        [annotation(span_id(1)), annotation(span_id(1), kind=TargetKind.DOCUMENT, position=0), annotation(span_id(2))]
    )
    store.spans.delete(span_id(1))
    assert [annotations(store, TargetKind.SPAN), annotations(store, TargetKind.DOCUMENT)] == [1, 0]
    actions = [[change.action for change in store.annotations.history(row)] for row in rows]
    assert actions == [["created", "deleted"], ["created", "deleted"], ["created"]]


def test_the_trace_and_the_session_stay_while_they_have_a_span(store: Storage) -> None:
    store.spans.add([new_span(number, trace_id=trace_id(9), session_id="chat") for number in (1, 2)])
    store.annotations.put(
        [annotation(trace_id(9), kind=TargetKind.TRACE), annotation(b"chat", kind=TargetKind.SESSION)]
    )
    project = store.projects.get(PROJECT).id
    exists = store.spans.exists_in
    store.spans.delete(span_id(1))
    assert exists(project, TargetKind.TRACE, [trace_id(9)])
    assert exists(project, TargetKind.SESSION, [b"chat"])
    assert [annotations(store, TargetKind.TRACE), annotations(store, TargetKind.SESSION)] == [1, 1]
    store.spans.delete(span_id(2))
    assert not exists(project, TargetKind.TRACE, [trace_id(9)])
    assert not exists(project, TargetKind.SESSION, [b"chat"])
    assert [annotations(store, TargetKind.TRACE), annotations(store, TargetKind.SESSION)] == [0, 0]


def test_a_session_stays_while_another_trace_is_in_it(store: Storage) -> None:
    store.spans.add(spans(2, session_id="chat"))
    project = store.projects.get(PROJECT).id
    store.spans.delete(span_id(1))
    assert store.spans.exists_in(project, TargetKind.SESSION, [b"chat"])
    store.spans.delete(span_id(2))
    assert not store.spans.exists_in(project, TargetKind.SESSION, [b"chat"])


def test_a_deleted_span_may_come_again(store: Storage) -> None:
    store.spans.add([new_span(1, session_id="chat")])
    store.annotations.put([annotation(span_id(1))])
    store.spans.delete(span_id(1))
    assert store.spans.add([new_span(1, name="again", project="other", session_id="chat")]) == 1
    [span] = store.spans.find(SpanQuery(store.projects.get("other").id), 10)
    assert span.name == "again"
    assert annotations(store, TargetKind.SPAN) == 0
    assert store.spans.exists_in(store.projects.get("other").id, TargetKind.SESSION, [b"chat"])
