"""Rubrics, their versions, their projects, and the version under which an annotation was written."""

from collections.abc import Callable
from typing import Any

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import AnnotationQuery, Storage, StoredRubricUse
from rubricate_server.storage.errors import Conflict, NotFound

from ..spans import PROJECT, annotation, span_id, spans


def body(name: str = "quality", **more: Any) -> dict[str, Any]:
    return {"type": "FREEFORM", "name": name, "description": "wie gut? 🧪", **more}


def rubric_versions(store: Storage) -> list[int | None]:
    query = AnnotationQuery(store.projects.get(PROJECT).id, TargetKind.SPAN)
    return [stored.rubric_version for stored in store.annotations.find(query, 100)]


def test_it_comes_back_as_it_was_made(store: Storage) -> None:
    made = store.rubrics.create(body(values=[{"label": "good", "score": 1.0}]))
    assert (made.number, made.body) == (1, body(values=[{"label": "good", "score": 1.0}]))
    assert store.rubrics.get(made.id) == store.rubrics.get_by_name("quality") == made
    assert store.rubrics.versions(made.id) == store.rubrics.page() == [made]


def test_a_name_is_taken_once(store: Storage) -> None:
    store.rubrics.create(body())
    with pytest.raises(Conflict):
        store.rubrics.create(body(description="another"))
    assert len(store.rubrics.page()) == 1


def test_a_change_makes_a_version_and_the_old_one_stays(store: Storage) -> None:
    first = store.rubrics.create(body())
    second = store.rubrics.update(first.id, body(threshold=0.5))
    assert (second.id, second.number, second.body) == (first.id, 2, body(threshold=0.5))
    assert store.rubrics.get(first.id) == second
    assert store.rubrics.versions(first.id) == [first, second]


def test_the_same_body_again_makes_no_version(store: Storage) -> None:
    first = store.rubrics.create(body())
    assert store.rubrics.update(first.id, body()) == first
    assert store.rubrics.versions(first.id) == [first]


def test_going_back_to_an_old_body_is_a_version_of_its_own(store: Storage) -> None:
    row = store.rubrics.create(body()).id
    store.rubrics.update(row, body(threshold=1))
    assert store.rubrics.update(row, body()).number == 3


def test_it_can_be_renamed_but_not_to_a_name_that_is_taken(store: Storage) -> None:
    row = store.rubrics.create(body("old")).id
    store.rubrics.create(body("taken"))
    with pytest.raises(Conflict):
        store.rubrics.update(row, body("taken"))
    store.rubrics.update(row, body("new"))
    assert store.rubrics.get_by_name("new").id == row
    with pytest.raises(NotFound):
        store.rubrics.get_by_name("old")
    assert store.rubrics.create(body("old")).number == 1


def test_a_deleted_one_is_gone_but_its_versions_are_not(store: Storage) -> None:
    store.spans.add(spans(1))
    project = store.projects.get(PROJECT).id
    first = store.rubrics.create(body())
    second = store.rubrics.update(first.id, body(threshold=1))
    store.rubrics.assign(project, [first.id])
    assert store.rubrics.delete(first.id) == second
    with pytest.raises(NotFound):
        store.rubrics.get(first.id)
    with pytest.raises(NotFound):
        store.rubrics.get_by_name("quality")
    assert store.rubrics.page() == store.rubrics.page(project_id=project) == []
    assert store.rubrics.versions(first.id) == [first, second]
    assert store.rubrics.create(body()).id != first.id


def test_a_deleted_one_comes_back_with_its_versions(store: Storage) -> None:
    first = store.rubrics.create(body())
    second = store.rubrics.update(first.id, body(threshold=1))
    store.rubrics.delete(first.id)
    for _ in range(2):
        assert store.rubrics.restore(first.id) == second
    assert store.rubrics.get_by_name("quality") == second
    assert store.rubrics.update(first.id, body()).number == 3


def test_a_deleted_one_does_not_come_back_beside_another_of_its_name(store: Storage) -> None:
    first = store.rubrics.create(body())
    store.rubrics.delete(first.id)
    another = store.rubrics.create(body())
    with pytest.raises(Conflict):
        store.rubrics.restore(first.id)
    assert store.rubrics.page() == [another]


def test_what_is_not_there(store: Storage) -> None:
    asks: list[Callable[[], object]] = [
        lambda: store.rubrics.get(7),
        lambda: store.rubrics.get_by_name("nobody"),
        lambda: store.rubrics.update(7, body()),
        lambda: store.rubrics.delete(7),
        lambda: store.rubrics.restore(7),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert store.rubrics.versions(7) == []
    assert store.rubrics.page() == []


def test_pages_are_newest_first_and_begin_with_the_row_they_are_asked_from(store: Storage) -> None:
    made = [store.rubrics.create(body(f"r{number}")) for number in range(5)]
    assert store.rubrics.page() == made[::-1]
    assert store.rubrics.page(from_id=made[3].id, limit=2) == [made[3], made[2]]


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add([*spans(3), *spans(1, 50, project="other")])
    return store.projects.get(PROJECT).id


def test_projects_choose_rubrics(store: Storage, project_id: int) -> None:
    one, two, three = (store.rubrics.create(body(name)) for name in ("one", "two", "three"))
    store.rubrics.assign(project_id, [one.id, two.id])
    store.rubrics.assign(project_id, [two.id])
    assert store.rubrics.page(project_id=project_id) == [two, one]
    store.rubrics.unassign(project_id, one.id)
    store.rubrics.unassign(project_id, one.id)
    assert store.rubrics.page(project_id=project_id) == [two]
    for _ in range(2):
        store.rubrics.set_assigned(project_id, [one.id, three.id])
        assert store.rubrics.page(project_id=project_id) == [three, one]
    store.rubrics.set_assigned(project_id, [])
    assert store.rubrics.page(project_id=project_id) == []
    assert store.rubrics.page(project_id=store.projects.get("other").id) == []


def test_a_rubric_is_used_where_it_was_assigned_and_where_its_name_was_given(store: Storage, project_id: int) -> None:
    other = store.projects.get("other")
    one, two, three = (store.rubrics.create(body(name)) for name in ("one", "two", "three"))
    store.rubrics.assign(project_id, [one.id])
    store.annotations.put(
        [
            annotation(span_id(2), name="one"),
            annotation(span_id(1), name="one"),
            annotation(span_id(50), name="one"),
            annotation(span_id(1), name="nobody's"),
        ]
    )
    assert store.rubrics.uses(two.id) == []
    store.rubrics.assign(other.id, [three.id])
    elsewhere = StoredRubricUse(one.id, other.id, "other", None, False, 1)
    here = StoredRubricUse(one.id, project_id, PROJECT, None, True, 2)
    assert store.rubrics.uses(one.id) == [elsewhere, here]
    assert store.rubrics.uses() == [StoredRubricUse(three.id, other.id, "other", None, True, 0), elsewhere, here]
    store.projects.delete(other.id)
    assert store.rubrics.uses() == [here]


def test_an_unknown_rubric_cannot_be_assigned_and_nothing_changes(store: Storage, project_id: int) -> None:
    one, two = (store.rubrics.create(body(name)) for name in ("one", "two"))
    store.rubrics.assign(project_id, [one.id])
    for change in (store.rubrics.assign, store.rubrics.set_assigned):
        with pytest.raises(NotFound):
            change(project_id, [two.id, 77])
        assert store.rubrics.page(project_id=project_id) == [one]


def test_rubrics_cannot_be_assigned_to_an_unknown_project(store: Storage) -> None:
    one = store.rubrics.create(body("one"))
    for change in (store.rubrics.assign, store.rubrics.set_assigned):
        with pytest.raises(NotFound):
            change(77, [one.id])


def test_an_annotation_keeps_the_version_under_which_it_was_written(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(1), identifier="before")])
    row = store.rubrics.create(body("quality")).id
    store.annotations.put([annotation(span_id(1), identifier="one"), annotation(span_id(1), "unruled")])
    store.rubrics.update(row, body("quality", threshold=1))
    store.annotations.put([annotation(span_id(1), identifier="two")])
    assert rubric_versions(store) == [2, None, 1, None]
    store.rubrics.update(row, body("renamed"))
    store.rubrics.delete(row)
    assert rubric_versions(store) == [2, None, 1, None]


def test_writing_again_is_under_the_version_in_force(store: Storage, project_id: int) -> None:
    row = store.rubrics.create(body("quality")).id
    store.annotations.put([annotation(span_id(1))])
    store.rubrics.update(row, body("quality", threshold=1))
    store.annotations.put([annotation(span_id(1))])
    assert rubric_versions(store) == [2]
    store.rubrics.delete(row)
    store.annotations.put([annotation(span_id(1))])
    assert rubric_versions(store) == [None]
