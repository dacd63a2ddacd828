"""The history of annotations: nothing that was said is lost."""

import time
from typing import Any

import pytest

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.storage.contract import AnnotationQuery, NewAnnotation, Storage

from ..spans import PROJECT, annotation, new_span, span_id, spans


def state(new: NewAnnotation) -> dict[str, Any]:
    return {
        "annotator_kind": new.annotator_kind,
        "label": new.label,
        "score": new.score,
        "explanation": new.explanation,
        "metadata": new.metadata,
        "source": new.source,
        "rubric_version": None,
    }


def target(new: NewAnnotation) -> dict[str, Any]:
    """What a deletion keeps on top."""
    kind, target_id, *rest = new.key
    return {
        "target_kind": kind,
        "target_id": target_id.hex(),
        **dict(zip(("position", "name", "identifier"), rest, strict=True)),
    }


FIRST = annotation(span_id(1), label="good", score=1.0, user_id="ada")
SECOND = annotation(
    span_id(1),
    label=None,
    score=0.30000000000000004,
    explanation="зато 🧪",
    metadata={"deep": [{"n": 1.1}, None]},
    annotator_kind=AnnotatorKind.LLM,
    source=AnnotationSource.APP,
    user_id="bob",
)


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add(spans(3))
    return store.projects.get(PROJECT).id


def test_it_tells_who_made_replaced_and_deleted_what(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([FIRST])
    store.annotations.put([SECOND])
    store.annotations.delete(AnnotationQuery(project_id, TargetKind.SPAN))
    created, replaced, deleted = store.annotations.history(row)
    assert (created.action, created.user_id, created.state) == ("created", "ada", state(FIRST))
    assert (replaced.action, replaced.user_id, replaced.state) == ("replaced", "bob", state(SECOND))
    assert (deleted.action, deleted.state) == ("deleted", state(SECOND) | target(SECOND))


def test_its_times_are_those_of_the_changes(store: Storage, project_id: int) -> None:
    before_us = time.time_ns() // 1000
    [row] = store.annotations.put([FIRST])
    store.annotations.put([SECOND])
    [stored] = store.annotations.find(AnnotationQuery(project_id, TargetKind.SPAN), 1)
    store.annotations.delete(AnnotationQuery(project_id, TargetKind.SPAN))
    times = [change.at_us for change in store.annotations.history(row)]
    assert times[:2] == [stored.created_us, stored.updated_us]
    assert before_us <= times[0] < times[1] <= times[2] <= time.time_ns() // 1000 + 1_000_000


def test_the_same_again_is_a_change_too(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([FIRST])
    store.annotations.put([FIRST])
    assert [change.action for change in store.annotations.history(row)] == ["created", "replaced"]


def test_what_was_overwritten_within_a_request_was_never_said(store: Storage, project_id: int) -> None:
    row, _ = store.annotations.put([FIRST, SECOND])
    assert [change.state for change in store.annotations.history(row)] == [state(SECOND)]


def test_each_annotation_has_its_own(store: Storage, project_id: int) -> None:
    rows = store.annotations.put([annotation(span_id(1), identifier=f"{n}", label=f"{n}") for n in range(150)])
    histories = [store.annotations.history(row) for row in rows]
    assert [[change.state["label"] for change in history] for history in histories] == [[f"{n}"] for n in range(150)]


def test_waiting_and_being_bound_are_no_changes_of_what_was_said(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([annotation(span_id(7))])
    store.spans.add([new_span(7)])
    assert [change.action for change in store.annotations.history(row)] == ["created"]


def test_a_refused_write_leaves_none(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([FIRST])
    with pytest.raises(Exception, match="do not exist"):
        store.annotations.put([SECOND, annotation(span_id(77))], must_exist=True)
    assert [change.state for change in store.annotations.history(row)] == [state(FIRST)]


def test_nobody_has_heard_of_an_unknown_annotation(store: Storage) -> None:
    assert store.annotations.history(10**6) == []
