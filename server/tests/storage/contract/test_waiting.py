"""Annotations that come before what they are about."""

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, NewAnnotation, Storage

from ..engines import Data
from ..spans import PROJECT, annotation, content, new_span, span_id, trace_id

EARLY = {
    TargetKind.SPAN: annotation(span_id(1)),
    TargetKind.DOCUMENT: annotation(span_id(1), kind=TargetKind.DOCUMENT, position=3),
    TargetKind.TRACE: annotation(trace_id(1), kind=TargetKind.TRACE),
    TargetKind.SESSION: annotation("chät".encode(), kind=TargetKind.SESSION),
}
SPAN = new_span(1, session_id="chät")


def found(store: Storage, kind: TargetKind, project: str = PROJECT) -> list[NewAnnotation]:
    query = AnnotationQuery(store.projects.get(project).id, kind)
    return [content(stored) for stored in store.annotations.find(query, 100)]


@pytest.mark.parametrize("kind", TargetKind)
def test_it_is_bound_when_its_target_arrives(store: Storage, kind: TargetKind) -> None:
    [row] = store.annotations.put([EARLY[kind]])
    store.spans.add([new_span(2)])
    assert found(store, kind) == []
    store.spans.add([SPAN])
    assert found(store, kind) == [EARLY[kind]]
    [stored] = store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id, kind), 10)
    assert stored.id == row


@pytest.mark.parametrize("kind", TargetKind)
def test_it_waits_through_a_restart(store: Storage, data: Data, kind: TargetKind) -> None:
    store.annotations.put([EARLY[kind]])
    store = data.reopen()
    store.spans.add([SPAN])
    assert found(store, kind) == [EARLY[kind]]


def test_it_is_bound_to_the_project_of_the_trace(store: Storage) -> None:
    store.spans.add([new_span(1, project="first", trace_id=trace_id(9))])
    store.annotations.put([annotation(span_id(2))])
    store.spans.add([new_span(2, project="second", trace_id=trace_id(9))])
    assert found(store, TargetKind.SPAN, "first") == [annotation(span_id(2))]


def test_it_is_bound_when_a_known_trace_turns_out_to_have_the_session(store: Storage) -> None:
    store.annotations.put([EARLY[TargetKind.SESSION]])
    store.spans.add([new_span(1)])
    assert found(store, TargetKind.SESSION) == []
    store.spans.add([new_span(2, trace_id=trace_id(1), session_id="chät")])
    assert found(store, TargetKind.SESSION) == [EARLY[TargetKind.SESSION]]


def test_it_can_be_replaced_while_it_waits(store: Storage) -> None:
    first = store.annotations.put([annotation(span_id(1), label="bad")])
    assert store.annotations.put([annotation(span_id(1), label="good")]) == first
    store.spans.add([new_span(1)])
    assert found(store, TargetKind.SPAN) == [annotation(span_id(1), label="good")]


def test_what_waits_is_listed_newest_first(store: Storage) -> None:
    store.spans.add([new_span(5)])
    [_, *waiting] = [store.annotations.put([each])[0] for each in (annotation(span_id(5)), *EARLY.values())]
    assert [each.id for each in store.annotations.waiting()] == waiting[::-1]
    assert [each.id for each in store.annotations.waiting(limit=2)] == waiting[:1:-1]
    assert [each.id for each in store.annotations.waiting(from_id=waiting[1])] == waiting[1::-1]
    assert [content(each) for each in store.annotations.waiting(TargetKind.TRACE)] == [EARLY[TargetKind.TRACE]]
    store.spans.add([SPAN])
    assert store.annotations.waiting() == []


def test_many_wait_for_many(store: Storage) -> None:
    waiting = [annotation(span_id(number), identifier=who) for number in range(1, 301) for who in ("ada", "bob")]
    store.annotations.put(waiting)
    store.spans.add([new_span(number) for number in range(1, 301)])
    query = AnnotationQuery(store.projects.get(PROJECT).id, TargetKind.SPAN)
    assert {content(stored).key for stored in store.annotations.find(query, 1000)} == {item.key for item in waiting}


def test_it_waits_again_when_its_span_is_deleted_and_it_is_written_anew(store: Storage) -> None:
    store.spans.add([new_span(1)])
    store.annotations.put([annotation(span_id(1), label="old")])
    store.spans.delete(span_id(1))
    store.annotations.put([annotation(span_id(1), label="new")])
    store.spans.add([new_span(1)])
    assert found(store, TargetKind.SPAN) == [annotation(span_id(1), label="new")]
