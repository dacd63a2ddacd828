"""Projects, and what becomes of those that are deleted."""

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, NewAnnotation, SpanQuery, Storage
from rubricate_server.storage.errors import Conflict, NotFound, Protected

from ..spans import PROJECT, annotation, content, new_span, span_id, spans, trace_id

MANY = 1100
"""Spans that take several steps to remove."""


def ids(store: Storage, project: str = PROJECT) -> set[bytes]:
    return {span.span_id for span in store.spans.find(SpanQuery(store.projects.get(project).id), 10_000)}


def annotations(store: Storage, kind: TargetKind = TargetKind.SPAN, project: str = PROJECT) -> list[NewAnnotation]:
    query = AnnotationQuery(store.projects.get(project).id, kind)
    return [content(stored) for stored in store.annotations.find(query, 10_000)]


def finish(store: Storage) -> None:
    for _ in range(10_000):
        if not store.maintenance.step():
            return
    raise AssertionError("maintenance does not end")


def test_it_comes_back_as_it_was_made(store: Storage) -> None:
    made = store.projects.create("näme/with slash", "say: 🧪")
    assert made[1:] == ("näme/with slash", "say: 🧪")
    assert store.projects.get("näme/with slash") == store.projects.get_by_id(made.id) == made
    assert store.projects.page() == [made]


def test_a_name_is_taken_once(store: Storage) -> None:
    store.spans.add(spans(1))
    with pytest.raises(Conflict):
        store.projects.create(PROJECT, "mine")
    assert store.projects.get(PROJECT).description is None


def test_spans_join_the_project_of_that_name(store: Storage) -> None:
    made = store.projects.create(PROJECT, "made before")
    store.spans.add(spans(1))
    assert store.projects.page() == [made]


def test_the_description_can_be_replaced_and_taken_away(store: Storage) -> None:
    made = store.projects.create(PROJECT, None)
    for description in ("new", "new", None):
        assert store.projects.update(made.id, description) == made._replace(description=description)
        assert store.projects.get(PROJECT) == made._replace(description=description)


def test_a_project_can_be_renamed_but_not_to_a_name_that_is_taken(store: Storage) -> None:
    store.spans.add(spans(2))
    row = store.projects.get(PROJECT).id
    store.projects.create("taken", None)
    with pytest.raises(Conflict):
        store.projects.update(row, None, "taken")
    for _ in range(2):
        assert store.projects.update(row, "d", "renamed") == (row, "renamed", "d")
    assert len(ids(store, "renamed")) == 2
    with pytest.raises(NotFound):
        store.projects.get(PROJECT)
    store.spans.add(spans(1, 40))
    assert len(ids(store, "renamed")) == 2, "what is sent to the old name is another project's"
    assert len(ids(store)) == 1


def test_the_default_project_keeps_its_name(store: Storage) -> None:
    row = store.projects.create("default", None).id
    with pytest.raises(Protected):
        store.projects.update(row, None, "mine")
    assert store.projects.update(row, "d", "default").description == "d"


def test_pages_are_newest_first_and_begin_with_the_row_they_are_asked_from(store: Storage) -> None:
    made = [store.projects.create(f"p{number}", None) for number in range(5)]
    assert store.projects.page() == made[::-1]
    assert store.projects.page(from_id=made[3].id, limit=2) == [made[3], made[2]]


@pytest.mark.parametrize(
    ("part", "found"), [("SHOP", ["my shop"]), ("%", ["100%"]), ("_", ["a_b"]), ("", ["a_b", "100%", "my shop"])]
)
def test_names_are_searched_by_part_without_regard_to_case(store: Storage, part: str, found: list[str]) -> None:
    for name in ("my shop", "100%", "a_b"):
        store.projects.create(name, None)
    assert [project.name for project in store.projects.page(name_contains=part)] == found


def test_what_is_not_there(store: Storage) -> None:
    for ask in (
        lambda: store.projects.get("nobody"),
        lambda: store.projects.get_by_id(77),
        lambda: store.projects.update(77, "x"),
        lambda: store.projects.delete(77),
    ):
        with pytest.raises(NotFound):
            ask()


def test_the_default_project_stays(store: Storage) -> None:
    made = store.projects.create("default", None)
    with pytest.raises(Protected):
        store.projects.delete(made.id)
    assert store.projects.get("default") == made


def test_a_deleted_project_is_out_of_every_answer_at_once(store: Storage) -> None:
    store.spans.add(spans(3, session_id="chat"))
    store.annotations.put([annotation(span_id(1))])
    gone = store.projects.get(PROJECT)
    [row] = store.spans.rows_of([span_id(1)]).values()
    store.projects.delete(gone.id)
    for ask in (
        lambda: store.projects.get(PROJECT),
        lambda: store.projects.get_by_id(gone.id),
        lambda: store.projects.update(gone.id, "x"),
        lambda: store.projects.delete(gone.id),
        lambda: store.spans.span_id_of(row),
        lambda: store.spans.delete(span_id(1)),
        lambda: store.annotations.put([annotation(span_id(1))], must_exist=True),
    ):
        with pytest.raises(NotFound):
            ask()
    assert store.projects.page() == []
    assert store.spans.rows_of([span_id(1)]) == {}


def test_who_still_holds_the_id_of_a_deleted_project_finds_nothing(store: Storage) -> None:
    store.spans.add(spans(3))
    store.annotations.put([annotation(span_id(1))])
    gone = store.projects.get(PROJECT).id
    store.projects.delete(gone)
    assert store.spans.find(SpanQuery(gone), 10) == []
    assert list(store.spans.scan(SpanQuery(gone), None)) == []
    assert store.annotations.find(AnnotationQuery(gone, TargetKind.SPAN), 10) == []
    assert not store.spans.exists_in(gone, TargetKind.SPAN, [span_id(1)])


def test_its_name_is_free_at_once(store: Storage) -> None:
    store.spans.add(spans(3))
    old = store.projects.get(PROJECT)
    store.projects.delete(old.id)
    new = store.projects.create(PROJECT, "new")
    assert new.id != old.id
    store.spans.add(spans(2, 10))
    finish(store)
    assert ids(store) == {span_id(10), span_id(11)}


def test_other_projects_keep_everything(store: Storage) -> None:
    store.spans.add([*spans(MANY), *spans(200, 5000, project="other")])
    store.annotations.put([annotation(span_id(1)), annotation(span_id(5000))])
    store.projects.delete(store.projects.get(PROJECT).id)
    finish(store)
    assert len(ids(store, "other")) == 200
    assert annotations(store, project="other") == [annotation(span_id(5000))]
    bodies = store.spans.find(SpanQuery(store.projects.get("other").id), 200)
    assert [span.body.input for span in bodies] == [f"question {number}" for number in range(5199, 4999, -1)]


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 5, 8, 12, 20, 40])
def test_its_spans_may_come_again_however_far_its_removal_is(store: Storage, steps: int) -> None:
    many = spans(MANY, session_id="chat")
    store.spans.add(many)
    store.annotations.put([annotation(trace_id(number), kind=TargetKind.TRACE) for number in range(1, 50)])
    store.projects.delete(store.projects.get(PROJECT).id)
    for _ in range(steps):
        store.maintenance.step()
    assert store.spans.add(many) == MANY
    assert len(ids(store)) == MANY
    finish(store)
    assert len(ids(store)) == MANY
    project = store.projects.get(PROJECT).id
    found = store.spans.find(SpanQuery(project), MANY)
    assert [span.body.input for span in found] == [f"question {number}" for number in range(MANY, 0, -1)]
    assert store.spans.exists_in(project, TargetKind.TRACE, [trace_id(1)])
    assert store.spans.exists_in(project, TargetKind.SESSION, [b"chat"])
    assert annotations(store, TargetKind.TRACE) == []


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_trace_of_it_may_go_on_elsewhere(store: Storage, steps: int) -> None:
    store.spans.add([new_span(number, trace_id=trace_id(9)) for number in (1, 2)])
    store.projects.delete(store.projects.get(PROJECT).id)
    for _ in range(steps):
        store.maintenance.step()
    store.spans.add([new_span(3, project="other", trace_id=trace_id(9))])
    finish(store)
    assert ids(store, "other") == {span_id(3)}


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 5])
def test_a_session_of_it_may_go_on_elsewhere(store: Storage, steps: int) -> None:
    store.spans.add(spans(2, session_id="chat"))
    store.projects.delete(store.projects.get(PROJECT).id)
    for _ in range(steps):
        store.maintenance.step()
    store.spans.add([new_span(3, project="other", session_id="chat")])
    store.annotations.put([annotation(b"chat", kind=TargetKind.SESSION)], must_exist=True)
    finish(store)
    assert store.spans.exists_in(store.projects.get("other").id, TargetKind.SESSION, [b"chat"])
    assert annotations(store, TargetKind.SESSION, "other") == [annotation(b"chat", kind=TargetKind.SESSION)]


def test_a_session_outlives_the_project_of_its_first_trace(store: Storage) -> None:
    store.spans.add([new_span(1, session_id="chat"), new_span(2, project="other", session_id="chat")])
    store.projects.delete(store.projects.get(PROJECT).id)
    finish(store)
    assert store.spans.exists_in(store.projects.get("other").id, TargetKind.SESSION, [b"chat"])


@pytest.mark.parametrize("steps", [0, 1, 3, 6])
def test_what_is_said_of_a_deleted_span_waits_for_it_to_come_again(store: Storage, steps: int) -> None:
    store.spans.add(spans(2))
    store.annotations.put([annotation(span_id(1), label="old")])
    store.projects.delete(store.projects.get(PROJECT).id)
    for _ in range(steps):
        store.maintenance.step()
    store.annotations.put([annotation(span_id(1), label="new")])
    store.spans.add(spans(2))
    finish(store)
    assert annotations(store) == [annotation(span_id(1), label="new")]
