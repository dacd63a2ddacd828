"""Annotations written on condition, deleted and put back."""

import time

import pytest

from rubricate.records.annotation import TargetKind
from rubricate_server.storage.contract import (
    AnnotationQuery,
    NewAnnotation,
    Removed,
    Restored,
    Storage,
    StoredAnnotation,
)
from rubricate_server.storage.errors import AnnotationChanged, NotFound

from ..engines import Data
from ..spans import PROJECT, annotation, content, new_span, span_id, spans, trace_id

FIRST = annotation(span_id(1), label="good")
SECOND = FIRST._replace(label="bad")
OTHER = annotation(span_id(2))


@pytest.fixture
def project_id(store: Storage) -> int:
    store.spans.add(spans(3, session_id="s"))
    return store.projects.get(PROJECT).id


def everything(store: Storage, project_id: int) -> list[StoredAnnotation]:
    return store.annotations.find(AnnotationQuery(project_id), 10_000)


# --- on condition -----------------------------------------------------------------------------------------------------


def write(store: Storage, new: NewAnnotation, expected_us: int | None) -> StoredAnnotation:
    [stored] = store.annotations.write([new], {0: expected_us})
    return stored


def test_what_must_not_exist_is_made_once(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    assert content(made) == FIRST
    with pytest.raises(AnnotationChanged) as refused:
        write(store, SECOND, None)
    assert (refused.value.place, refused.value.current) == (0, made)
    assert everything(store, project_id) == [made]


def test_a_change_needs_the_version_that_stands_there(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    changed = write(store, SECOND, made.updated_us)
    assert (changed.id, content(changed)) == (made.id, SECOND)
    with pytest.raises(AnnotationChanged) as refused:
        write(store, FIRST, made.updated_us)
    assert refused.value.current == changed


def test_what_was_deleted_in_between_is_told(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    store.annotations.remove(made.id)
    with pytest.raises(AnnotationChanged, match="deleted") as refused:
        write(store, SECOND, made.updated_us)
    assert refused.value.current is None


def test_repeating_a_write_is_no_conflict_and_no_change(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    assert write(store, FIRST, None) == made
    assert len(store.annotations.history(made.id)) == 1


def test_of_the_same_key_twice_the_last_wins(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    first, last = store.annotations.write([FIRST, SECOND], {0: made.updated_us})
    assert (first.id, content(first), last) == (made.id, SECOND, first)


def test_one_conflict_stops_the_whole_request(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    with pytest.raises(AnnotationChanged) as refused:
        store.annotations.write([OTHER, SECOND], {1: None})
    assert refused.value.place == 1
    assert everything(store, project_id) == [made]


def test_without_a_condition_it_replaces(store: Storage, project_id: int) -> None:
    made = write(store, FIRST, None)
    other, changed = store.annotations.write([OTHER, SECOND], {})
    assert (content(other), content(changed), changed.id) == (OTHER, SECOND, made.id)
    assert store.annotations.write([], {}) == []


def test_what_is_unknown_is_refused(store: Storage, project_id: int) -> None:
    with pytest.raises(NotFound, match=span_id(99).hex()):
        store.annotations.write([FIRST, annotation(span_id(99))], {})
    assert everything(store, project_id) == []


# --- undoing ----------------------------------------------------------------------------------------------------------

ALL_KINDS = [
    annotation(span_id(1), score=0.30000000000000004, metadata={"a": [1, {"b": "зато"}]}),
    annotation(span_id(1), kind=TargetKind.DOCUMENT, position=2, user_id=None),
    annotation(trace_id(1), kind=TargetKind.TRACE, label=None, score=None),
    annotation(b"s", kind=TargetKind.SESSION, explanation="why"),
]


def delete_all(store: Storage, project_id: int) -> Removed:
    return store.annotations.delete(AnnotationQuery(project_id), undoable=True)


def removal(removed: Removed) -> int:
    assert removed.removal_id is not None
    return removed.removal_id


def test_what_was_deleted_comes_back_as_it_was(store: Storage, project_id: int) -> None:
    store.annotations.put(ALL_KINDS)
    before = everything(store, project_id)
    removed = delete_all(store, project_id)
    assert (removed.count, everything(store, project_id)) == (4, [])
    assert store.annotations.restore(removal(removed)) == Restored(4, 0, 0)
    assert everything(store, project_id) == before
    assert store.annotations.restore(removal(removed)) == Restored(0, 0, 0)
    assert everything(store, project_id) == before


def test_many_are_deleted_and_restored_as_one(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(n % 3 + 1), identifier=f"{n}") for n in range(1300)])
    removed = delete_all(store, project_id)
    assert removed.count == 1300
    assert store.annotations.restore(removal(removed)) == Restored(1300, 0, 0)
    assert len(everything(store, project_id)) == 1300


def test_what_is_newer_stays(store: Storage, project_id: int) -> None:
    store.annotations.put([FIRST, OTHER])
    removed = delete_all(store, project_id)
    [newer] = store.annotations.put([SECOND])
    assert store.annotations.restore(removal(removed)) == Restored(1, 1, 0)
    assert content(store.annotations.get(newer)) == SECOND
    # Once the newer one is gone, the older one can come back.
    store.annotations.remove(newer)
    assert store.annotations.restore(removal(removed)) == Restored(1, 0, 0)


def test_what_lost_its_target_stays_deleted(store: Storage, project_id: int) -> None:
    store.annotations.put([FIRST, OTHER])
    removed = delete_all(store, project_id)
    store.spans.delete(span_id(1))
    assert store.annotations.restore(removal(removed)) == Restored(1, 0, 1)
    assert [content(stored) for stored in everything(store, project_id)] == [OTHER]


def test_what_moved_comes_back_where_its_target_is(store: Storage, project_id: int) -> None:
    store.annotations.put([FIRST])
    removed = delete_all(store, project_id)
    store.spans.add([new_span(9, project="other")])
    other = store.projects.get("other").id
    store.traces.transfer([store.traces.get(trace_id(1)).id], other)
    assert store.annotations.restore(removal(removed)) == Restored(1, 0, 0)
    assert [content(stored) for stored in everything(store, other)] == [FIRST]


def test_what_waited_for_its_target_waits_again(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([annotation(span_id(7))])
    removed = store.annotations.delete_some({row: TargetKind.SPAN})
    assert store.annotations.restore(removal(removed)) == Restored(1, 0, 0)
    store.spans.add([new_span(7)])
    assert [stored.id for stored in everything(store, project_id)] == [row]


def test_some_are_deleted_by_their_ids(store: Storage, project_id: int) -> None:
    first, other = store.annotations.put([FIRST, OTHER])
    asked = {first: TargetKind.SPAN, other: TargetKind.TRACE, 999: TargetKind.SPAN}
    assert store.annotations.delete_some(asked).count == 1
    assert [stored.id for stored in everything(store, project_id)] == [other]
    assert store.annotations.delete_some(asked) == Removed(0, None)


def test_a_deletion_is_for_good_unless_it_is_to_be_undone(store: Storage, project_id: int) -> None:
    store.annotations.put([FIRST])
    assert store.annotations.delete(AnnotationQuery(project_id)) == Removed(1, None)
    with pytest.raises(NotFound):
        store.annotations.restore(1)


def test_the_history_tells_of_both(store: Storage, project_id: int) -> None:
    [row] = store.annotations.put([FIRST])
    store.annotations.restore(removal(delete_all(store, project_id)))
    created, deleted, restored = store.annotations.history(row)
    assert [change.action for change in (created, deleted, restored)] == ["created", "deleted", "restored"]
    assert restored.state == created.state
    assert created.at_us < deleted.at_us < restored.at_us


def test_it_can_be_undone_after_a_restart(data: Data, store: Storage, project_id: int) -> None:
    store.annotations.put([FIRST])
    removed = delete_all(store, project_id)
    store = data.reopen()
    assert store.annotations.restore(removal(removed)) == Restored(1, 0, 0)
    store = data.reopen()
    assert [content(stored) for stored in everything(store, project_id)] == [FIRST]


def test_what_is_forgotten_cannot_be_undone(store: Storage, project_id: int) -> None:
    store.annotations.put([annotation(span_id(1), identifier=f"{n}") for n in range(2500)])
    old = delete_all(store, project_id)
    between = time.time_ns() // 1000
    store.annotations.put([OTHER])
    young = delete_all(store, project_id)
    assert store.annotations.forget(between) == 2500
    assert store.annotations.forget(between) == 0
    with pytest.raises(NotFound, match="RUBRICATE_UNDO_DAYS"):
        store.annotations.restore(removal(old))
    assert store.annotations.restore(removal(young)) == Restored(1, 0, 0)


# --- targets beside annotations ---------------------------------------------------------------------------------------


def test_targets_are_shown_by_name_and_trace(store: Storage, project_id: int) -> None:
    store.spans.add([new_span(5, trace_id=trace_id(1), parent_id=span_id(1))])
    waiting = annotation(span_id(99))
    ids = store.annotations.put([*ALL_KINDS, annotation(span_id(5)), waiting])
    shown = store.annotations.shown_with([store.annotations.get(row) for row in ids])
    assert [tuple(shown[row]) if row in shown else None for row in ids] == [
        ("span 1", trace_id(1)),
        ("span 1", trace_id(1)),
        ("span 1", trace_id(1)),
        ("s", None),
        ("span 5", trace_id(1)),
        None,
    ]


def test_annotations_of_some_targets_of_any_kind(store: Storage, project_id: int) -> None:
    ids = store.annotations.put([*ALL_KINDS, OTHER])
    query = AnnotationQuery(project_id, target_ids=(span_id(1), b"s"))
    assert [stored.id for stored in store.annotations.find(query, 10)] == [ids[3], ids[1], ids[0]]
