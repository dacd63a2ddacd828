"""Annotations: put, found, deleted."""

import json
from typing import Any

import pytest

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import AnnotationQuery, NewAnnotation, Storage, StoredAnnotation
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, annotation, content, new_span, span_id, spans, trace_id

DAY_US = 86_400_000_000


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add([*spans(9), new_span(10, session_id="chat"), new_span(11, project="other")])
    return store.projects.get(PROJECT).id


def found(store: Storage, project_id: int, kind: TargetKind = TargetKind.SPAN, **fields: Any) -> list[StoredAnnotation]:
    return store.annotations.find(AnnotationQuery(project_id, kind, **fields), 1000)


def rows_of_spans(store: Storage, *numbers: int) -> list[int]:
    return list(store.spans.rows_of([span_id(number) for number in numbers]).values())


def written(store: Storage, project_id: int, kind: TargetKind = TargetKind.SPAN) -> list[NewAnnotation]:
    """In the order in which they were first written."""
    return [content(stored) for stored in reversed(found(store, project_id, kind))]


@pytest.mark.parametrize(
    "new",
    [
        annotation(span_id(1)),
        annotation(span_id(1), "näme 🧪", identifier="ада", label="лабел", explanation="x" * 100_000),
        annotation(span_id(1), label=None, score=None, explanation=None, metadata={}, user_id=None),
        annotation(span_id(1), label="", explanation="", user_id=""),
        annotation(span_id(1), score=0.30000000000000004, metadata={"a": [1, 2.5, None, {"ü": "\0"}], "b": True}),
        annotation(span_id(1), score=-1e308),
        annotation(span_id(1), annotator_kind=AnnotatorKind.LLM, source=AnnotationSource.APP),
        annotation(span_id(1), kind=TargetKind.DOCUMENT, position=0),
        annotation(trace_id(1), kind=TargetKind.TRACE),
        annotation(b"chat", kind=TargetKind.SESSION),
    ],
)
@pytest.mark.parametrize("must_exist", [False, True])
def test_it_comes_back_as_it_was_put(store: Storage, project_id: int, new: NewAnnotation, must_exist: bool) -> None:
    [row] = store.annotations.put([new], must_exist=must_exist)
    [stored] = found(store, project_id, new.key.target_kind)
    assert content(stored) == new
    assert (stored.id, stored.created_us, stored.rubric_version) == (row, stored.updated_us, None)


def test_nothing_is_fine(store: Storage) -> None:
    assert store.annotations.put([]) == []
    assert store.annotations.put([], must_exist=True) == []


def test_the_same_key_again_replaces_every_field_and_keeps_when_it_was_made(store: Storage, project_id: int) -> None:
    ids = store.annotations.put([annotation(span_id(1))])
    [before] = found(store, project_id)
    bare = annotation(
        span_id(1),
        annotator_kind=AnnotatorKind.CODE,
        label=None,
        score=None,
        explanation=None,
        metadata={},
        source=AnnotationSource.APP,
        user_id=None,
    )
    assert store.annotations.put([bare]) == ids
    [after] = found(store, project_id)
    assert content(after) == bare
    assert after.created_us == before.created_us
    assert after.updated_us > before.updated_us


@pytest.mark.parametrize(
    "other",
    [
        annotation(span_id(2)),
        annotation(span_id(1), "other name"),
        annotation(span_id(1), "Quality"),
        annotation(span_id(1), identifier="bob"),
        annotation(span_id(1), kind=TargetKind.DOCUMENT, position=0),
    ],
)
def test_another_key_stands_beside_it(store: Storage, project_id: int, other: NewAnnotation) -> None:
    first = annotation(span_id(1))
    ids = store.annotations.put([first, other])
    assert len(set(ids)) == 2
    assert store.annotations.put([other, first]) == ids[::-1]
    everything = written(store, project_id) + written(store, project_id, TargetKind.DOCUMENT)
    assert everything == [first, other]


def test_documents_of_one_span_are_told_apart_by_their_place(store: Storage, project_id: int) -> None:
    marks = [annotation(span_id(1), kind=TargetKind.DOCUMENT, position=place) for place in (0, 1, 10)]
    store.annotations.put(marks)
    assert written(store, project_id, TargetKind.DOCUMENT) == marks


def test_ids_come_in_the_order_of_the_request(store: Storage, project_id: int) -> None:
    wanted = [annotation(span_id(number % 9 + 1), identifier=f"{number}") for number in range(200)]
    known = store.annotations.put(wanted[50:100])
    ids = store.annotations.put(wanted)
    assert ids[50:100] == known
    by_id = {stored.id: content(stored) for stored in found(store, project_id)}
    assert [by_id[row] for row in ids] == wanted


def test_of_one_key_twice_in_a_request_the_last_wins_and_both_get_its_id(store: Storage, project_id: int) -> None:
    first, second, other = (
        annotation(span_id(1), label="first"),
        annotation(span_id(1), label="second"),
        annotation(span_id(2)),
    )
    ids = store.annotations.put([first, other, second])
    assert ids[0] == ids[2] != ids[1]
    assert sorted(written(store, project_id), key=lambda item: item.key.target_id) == [second, other]


def test_with_must_exist_unknown_targets_are_named_and_nothing_is_written(store: Storage, project_id: int) -> None:
    with pytest.raises(NotFound) as refused:
        store.annotations.put([annotation(span_id(number)) for number in (1, 77, 2, 78)], must_exist=True)
    assert str(refused.value) == f"Spans with IDs {span_id(77).hex()}, {span_id(78).hex()} do not exist."
    assert found(store, project_id) == []
    assert store.annotations.put([annotation(span_id(1))], must_exist=True)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (annotation(trace_id(77), kind=TargetKind.TRACE), f"Traces with IDs {trace_id(77).hex()} do not exist."),
        (annotation(b"unheard", kind=TargetKind.SESSION), "Sessions with IDs unheard do not exist."),
        (
            annotation(span_id(77), kind=TargetKind.DOCUMENT, position=0),
            f"Spans with IDs {span_id(77).hex()} do not exist.",
        ),
    ],
)
def test_each_kind_of_missing_target_is_named(store: Storage, missing: NewAnnotation, message: str) -> None:
    with pytest.raises(NotFound) as refused:
        store.annotations.put([missing], must_exist=True)
    assert str(refused.value) == message


def test_a_refused_request_does_not_disturb_a_waiting_one(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(77), label="waits")])
    with pytest.raises(NotFound):
        store.annotations.put([annotation(span_id(77), label="refused")], must_exist=True)
    store.spans.add([new_span(77)])
    assert [item.label for item in written(store, project_id)] == ["waits"]


FIVE = [
    annotation(span_id(1), "tone", identifier="ada"),
    annotation(span_id(1), "tone", identifier="bob", annotator_kind=AnnotatorKind.LLM),
    annotation(span_id(2), "tone", identifier="ada"),
    annotation(span_id(2), "note", identifier="px-1"),
    annotation(span_id(3), "length", annotator_kind=AnnotatorKind.CODE),
]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"target_ids": (span_id(1),)}, [0, 1]),
        ({"target_ids": (span_id(1), span_id(3), span_id(77))}, [0, 1, 4]),
        ({"target_ids": ()}, []),
        ({"names": ("tone",)}, [0, 1, 2]),
        ({"names": ("note", "length")}, [3, 4]),
        ({"excluded_names": ("note",)}, [0, 1, 2, 4]),
        ({"names": ("tone", "note"), "excluded_names": ("note", "length")}, [0, 1, 2]),
        ({"identifiers": ("ada",)}, [0, 2]),
        ({"identifiers": ("bob", "")}, [1, 4]),
        ({"annotator_kind": AnnotatorKind.HUMAN}, [0, 2, 3]),
        ({"annotator_kind": AnnotatorKind.LLM}, [1]),
        ({"names": ("tone",), "target_ids": (span_id(1),), "identifiers": ("bob",)}, [1]),
        ({"names": ("nothing",)}, []),
    ],
)
def test_each_field_narrows(store: Storage, project_id: int, fields: dict[str, Any], expected: list[int]) -> None:
    ids = store.annotations.put(FIVE)
    store.annotations.put([annotation(span_id(11), "tone", identifier="ada")])  # in the other project
    assert [stored.id for stored in found(store, project_id, **fields)] == [ids[place] for place in reversed(expected)]


def test_the_time_of_creation_narrows_from_inclusive_until_exclusive(store: Storage, project_id: int) -> None:
    for item in FIVE:
        store.annotations.put([item])
    store.annotations.put(FIVE[:1])  # replaced: its creation stays what it was
    times = [stored.created_us for stored in reversed(found(store, project_id))]
    assert times == sorted(set(times))
    between = found(store, project_id, created_from_us=times[1], created_until_us=times[3])
    assert [stored.created_us for stored in between] == [times[2], times[1]]
    assert len(found(store, project_id, created_from_us=times[1])) == 4
    assert len(found(store, project_id, created_until_us=times[1])) == 1


def test_pages_begin_with_the_row_they_are_asked_from(store: Storage, project_id: int) -> None:
    ids = store.annotations.put(FIVE)
    query = AnnotationQuery(project_id, TargetKind.SPAN, from_id=ids[3])
    assert [stored.id for stored in store.annotations.find(query, 2)] == [ids[3], ids[2]]


def test_a_project_without_annotations_has_an_empty_list(store: Storage, project_id: int) -> None:
    assert all(found(store, project_id, kind) == [] for kind in TargetKind)
    assert found(store, 10**6) == []


def test_a_rewritten_annotation_keeps_its_place_and_id(store: Storage, project_id: int) -> None:
    ids = store.annotations.put(FIVE)
    store.annotations.put(FIVE[:1])
    assert [stored.id for stored in found(store, project_id)] == ids[::-1]


def test_what_a_query_finds_can_be_deleted(store: Storage, project_id: int) -> None:
    ids = store.annotations.put(FIVE)
    query = AnnotationQuery(project_id, TargetKind.SPAN, names=("tone",), annotator_kind=AnnotatorKind.HUMAN)
    assert [store.annotations.delete(query).count, store.annotations.delete(query).count] == [2, 0]
    assert [stored.id for stored in found(store, project_id)] == [ids[4], ids[3], ids[1]]


def test_deleting_reaches_every_one_of_many_and_no_other_project(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(n % 9 + 1), identifier=f"{n}") for n in range(1300)])
    store.annotations.put([annotation(span_id(11)), annotation(trace_id(1), kind=TargetKind.TRACE)])
    assert store.annotations.delete(AnnotationQuery(project_id, TargetKind.SPAN)).count == 1300
    assert found(store, project_id) == []
    assert len(found(store, project_id, TargetKind.TRACE)) == 1
    assert len(found(store, store.projects.get("other").id)) == 1


def test_a_deleted_annotation_may_come_again_as_a_new_one(store: Storage, project_id: int) -> None:
    [old] = store.annotations.put([annotation(span_id(1))])
    store.annotations.delete(AnnotationQuery(project_id, TargetKind.SPAN))
    [new] = store.annotations.put([annotation(span_id(1))])
    assert new > old
    [stored] = found(store, project_id)
    assert stored.created_us == stored.updated_us


def test_the_annotations_of_spans_come_as_they_were_put(store: Storage, project_id: int) -> None:
    ids = store.annotations.put(
        [
            annotation(span_id(1), "tone", identifier="ада", label=None, score=None, explanation="näh\0", user_id=None),
            annotation(span_id(2), metadata={"a": [1, 2.5, None, {"ü": "\0"}]}, annotator_kind=AnnotatorKind.LLM),
            annotation(span_id(1), "tone", source=AnnotationSource.APP),
            annotation(span_id(1), "note"),
            annotation(span_id(1), kind=TargetKind.DOCUMENT, position=0),
            annotation(span_id(3)),
            annotation(span_id(11)),
            annotation(span_id(12)),
            annotation(trace_id(1), kind=TargetKind.TRACE),
        ]
    )
    asked = rows_of_spans(store, 1, 2, 4, 11, 12)
    rows = store.annotations.of_spans(project_id, asked, excluded_names=("note",))
    assert [(row.id, row.span_id) for row in rows] == [(ids[2], span_id(1)), (ids[1], span_id(2)), (ids[0], span_id(1))]
    for row in rows:
        stored = store.annotations.get(row.id)
        assert row == (
            stored.id,
            stored.key.target_id,
            stored.key.name,
            stored.annotator_kind,
            stored.label,
            stored.score,
            stored.explanation,
            stored.key.identifier,
            row.metadata,
            stored.user_id,
            stored.source,
            stored.created_us,
            stored.updated_us,
        )
        assert json.loads(row.metadata) == stored.metadata
    everything = store.annotations.of_spans(project_id, rows_of_spans(store, 1))
    assert [row.id for row in everything] == [ids[3], ids[2], ids[0]]
    assert store.annotations.of_spans(project_id, []) == []


def test_the_annotations_of_spans_that_came_later(store: Storage, project_id: int) -> None:
    ids = store.annotations.put([annotation(span_id(number), identifier=who) for number in (20, 21) for who in "ab"])
    store.spans.add([new_span(20), new_span(21, project="other")])
    rows = store.annotations.of_spans(project_id, rows_of_spans(store, 20, 21))
    assert [(row.id, row.span_id) for row in rows] == [(ids[1], span_id(20)), (ids[0], span_id(20))]


def test_the_annotations_of_many_spans(store: Storage, project_id: int) -> None:
    store.spans.add(spans(700, first=100))
    store.annotations.put([annotation(span_id(number), identifier=who) for number in range(100, 800) for who in "ab"])
    asked = rows_of_spans(store, *range(100, 800))
    rows = store.annotations.of_spans(project_id, asked)
    assert len(rows) == 1400
    assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=True)
    store.projects.delete(project_id)
    assert store.annotations.of_spans(project_id, asked) == []
