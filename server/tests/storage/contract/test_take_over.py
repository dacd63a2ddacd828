"""Annotations that were given elsewhere keep their times; spans go out in the order in which they came."""

from rubricate_server.storage.contract import AnnotationQuery, KeptAnnotation, SpanQuery, Storage

from ..spans import PROJECT, annotation, content, new_span, span_id, spans

EARLY_US, LATE_US = 1_600_000_000_000_001, 1_600_000_000_000_007


def test_it_keeps_its_times_and_its_history_begins_with_them(store: Storage) -> None:
    store.spans.add(spans(2))
    kept = annotation(span_id(1), metadata={"a": [1, None]})
    assert store.annotations.take_over([KeptAnnotation(kept, EARLY_US, LATE_US)]) == 1
    [stored] = store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id), 10)
    assert (content(stored), stored.created_us, stored.updated_us) == (kept, EARLY_US, LATE_US)
    assert [(change.at_us, change.action) for change in store.annotations.history(stored.id)] == [(LATE_US, "created")]


def test_what_is_there_stays(store: Storage) -> None:
    store.spans.add(spans(2))
    store.annotations.put([annotation(span_id(1), label="mine")])
    before = store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id), 10)
    other = [KeptAnnotation(annotation(span_id(1), label="theirs"), EARLY_US, LATE_US)]
    assert store.annotations.take_over(other) == 0
    assert store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id), 10) == before
    assert len(store.annotations.history(before[0].id)) == 1
    assert store.annotations.take_over([]) == 0


def test_it_waits_for_its_span_and_is_written_over_later(store: Storage) -> None:
    kept = annotation(span_id(1))
    store.annotations.take_over([KeptAnnotation(kept, EARLY_US, LATE_US)])
    store.spans.add(spans(2))
    project = AnnotationQuery(store.projects.get(PROJECT).id)
    assert [content(each) for each in store.annotations.find(project, 10)] == [kept]
    store.annotations.put([annotation(span_id(1), label="new")])
    [stored] = store.annotations.find(project, 10)
    assert (stored.label, stored.created_us) == ("new", EARLY_US)
    assert stored.updated_us > LATE_US
    assert [each.action for each in store.annotations.history(stored.id)] == ["created", "replaced"]


def test_spans_are_scanned_in_the_order_in_which_they_came(store: Storage) -> None:
    store.spans.add([new_span(number) for number in (700, *range(1, 700))])
    query = SpanQuery(store.projects.get(PROJECT).id, order="arrival")
    scanned = [span.span_id for batch in store.spans.scan(query, None, frozenset({"input"})) for span in batch]
    assert scanned == [span_id(number) for number in (700, *range(1, 700))]
    assert [span.span_id for span in store.spans.find(query, 2)] == [span_id(700), span_id(1)]
