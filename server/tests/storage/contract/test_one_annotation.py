"""One annotation by its row: read, changed, removed; and what narrows a query over all kinds of targets."""

from collections.abc import Callable
from typing import Any

import pytest

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.authorship import Author, Reach
from rubricate_server.storage.contract import AnnotationQuery, AnnotationUpdate, NewAnnotation, Storage
from rubricate_server.storage.errors import NotFound

from ..spans import PROJECT, annotation, content, new_span, span_id, spans, trace_id

SESSION = "Gespräch 1"
ONE_OF_EACH = {
    TargetKind.SPAN: annotation(span_id(1), "a", label="x", score=0.0),
    TargetKind.TRACE: annotation(trace_id(1), "b", kind=TargetKind.TRACE, label="y", score=1.0, user_id="bob"),
    TargetKind.SESSION: annotation(SESSION.encode(), "c", kind=TargetKind.SESSION, label=None, score=None),
    TargetKind.DOCUMENT: annotation(
        span_id(1), "a", kind=TargetKind.DOCUMENT, position=3, score=2.0, source=AnnotationSource.APP
    ),
}


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add([new_span(1, session_id=SESSION), *spans(3, first=2), new_span(9, project="other")])
    return store.projects.get(PROJECT).id


@pytest.mark.parametrize("new", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_it_is_read_as_it_was_written(store: Storage, project_id: int, new: NewAnnotation) -> None:
    [row] = store.annotations.put([new])
    stored = store.annotations.get(row)
    assert content(stored) == new
    assert (stored.id, stored.project_id) == (row, project_id)


def test_it_is_read_while_it_waits(store: Storage) -> None:
    [row] = store.annotations.put([annotation(span_id(7))])
    assert store.annotations.get(row).project_id is None
    store.annotations.update(row, {"label": "early"})
    store.spans.add([new_span(7)])
    stored = store.annotations.get(row)
    assert (stored.project_id, stored.label) == (store.projects.get(PROJECT).id, "early")


@pytest.mark.parametrize(
    "update",
    [
        AnnotationUpdate(label="new"),
        AnnotationUpdate(label=None, score=None),
        AnnotationUpdate(explanation="", metadata={"a": {"b": [1, None]}}),
        AnnotationUpdate(annotator_kind=AnnotatorKind.CODE, score=0.30000000000000004),
        AnnotationUpdate(),
    ],
    ids=str,
)
def test_an_update_changes_what_it_names(store: Storage, project_id: int, update: AnnotationUpdate) -> None:
    new = ONE_OF_EACH[TargetKind.TRACE]
    [row] = store.annotations.put([new])
    before = store.annotations.get(row)
    after = store.annotations.update(row, update, by=Author("eve", Reach.ALL))
    assert content(after) == new._replace(**update, user_id="eve")
    assert store.annotations.get(row) == after
    assert (after.created_us, after.project_id) == (before.created_us, project_id)
    assert after.updated_us > before.updated_us
    first, second = store.annotations.history(row)
    assert (first.user_id, second.user_id, second.action) == ("bob", "eve", "replaced")
    assert second.state == {**first.state, **update}


def test_updates_of_different_fields_both_hold(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([ONE_OF_EACH[TargetKind.SPAN]])
    store.annotations.update(row, {"label": "one"})
    store.annotations.update(row, {"score": 2.0})
    stored = store.annotations.get(row)
    assert (stored.label, stored.score) == ("one", 2.0)


def test_an_update_is_under_the_rubric_in_force(store: Storage, project_id: int) -> None:
    rubric = store.rubrics.create({"name": "a", "type": "FREEFORM"})
    [row] = store.annotations.put([ONE_OF_EACH[TargetKind.SPAN]])
    store.rubrics.update(rubric.id, {"name": "a", "type": "FREEFORM", "description": "other"})
    assert store.annotations.get(row).rubric_version == 1
    assert store.annotations.update(row, {"label": "z"}).rubric_version == 2
    store.annotations.remove(row)
    assert [change.state["rubric_version"] for change in store.annotations.history(row)] == [1, 2, 2]


def test_removal_takes_it_alone_and_keeps_its_history(store: Storage, project_id: int) -> None:
    rows = store.annotations.put(list(ONE_OF_EACH.values()))
    store.annotations.remove(rows[2], by=Author("eve", Reach.ALL))
    left = store.annotations.find(AnnotationQuery(project_id), 10)
    assert sorted(each.id for each in left) == [rows[0], rows[1], rows[3]]
    last = store.annotations.history(rows[2])[-1]
    assert (last.action, last.user_id) == ("deleted", "eve")
    assert (last.state["target_kind"], last.state["target_id"]) == ("session", SESSION)


REFUSED: dict[str, Callable[[Storage, int], Any]] = {
    "get": lambda store, row: store.annotations.get(row),
    "update": lambda store, row: store.annotations.update(row, {"label": "x"}),
    "remove": lambda store, row: store.annotations.remove(row),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED)
def test_there_is_none(store: Storage, project_id: int, act: Callable[[Storage, int], Any]) -> None:
    [removed] = store.annotations.put([annotation(span_id(2))])
    store.annotations.remove(removed)
    [of_deleted] = store.annotations.put([annotation(span_id(9))])
    store.projects.delete(store.projects.get("other").id)
    for row in (removed, of_deleted, 10**6):
        with pytest.raises(NotFound):
            act(store, row)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, "document session trace span"),
        ({"target_kind": TargetKind.TRACE}, "trace"),
        ({"names": ("a",)}, "document span"),
        ({"names": ("a", "c")}, "document session span"),
        ({"labels": ("x", "y")}, "trace span"),
        ({"min_score": 1.0}, "document trace"),
        ({"max_score": 1.0}, "trace span"),
        ({"min_score": 1.0, "max_score": 1.0}, "trace"),
        ({"user_id": "bob"}, "trace"),
        ({"source": AnnotationSource.APP}, "document"),
        ({"annotator_kind": AnnotatorKind.LLM}, ""),
        ({"excluded_names": ("a",)}, "session trace"),
    ],
    ids=str,
)
def test_each_field_narrows(store: Storage, project_id: int, fields: dict[str, Any], kinds: str) -> None:
    store.annotations.put([*ONE_OF_EACH.values(), annotation(span_id(9))])
    query = AnnotationQuery(project_id, **fields)
    found = store.annotations.find(query, 10)
    assert [each.key.target_kind for each in found] == kinds.split()
    assert store.annotations.names(query) == sorted({each.key.name for each in found})


def test_keys_of_rows(store: Storage, project_id: int) -> None:
    row = store.spans.rows_of([span_id(1)])[span_id(1)]
    assert store.spans.key_of(TargetKind.SPAN, row) == store.spans.key_of(TargetKind.DOCUMENT, row) == span_id(1)
    assert store.spans.key_of(TargetKind.TRACE, 1) == trace_id(1)
    assert store.spans.key_of(TargetKind.SESSION, 1) == SESSION.encode()
    for kind in TargetKind:
        with pytest.raises(NotFound):
            store.spans.key_of(kind, 10**6)


def test_spans_by_their_ids_in_any_project(store: Storage, project_id: int) -> None:
    wanted = [span_id(number) for number in (9, 1, 77, *range(1000, 1600))]
    found = store.spans.of(wanted, frozenset({"attributes"}))
    assert {each.span_id for each in found} == {span_id(1), span_id(9)}
    assert {each.body.attributes for each in found} == {b'{"number": 1}', b'{"number": 9}'}
    assert all(each.body.input is None for each in found)
    store.projects.delete(store.projects.get("other").id)
    assert [each.span_id for each in store.spans.of(wanted)] == [span_id(1)]
