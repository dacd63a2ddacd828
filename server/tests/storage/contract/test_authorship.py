"""Whose annotations somebody may write over and delete: what `domain/authorship.py` says, on every way of changing."""

from itertools import product

import pytest

from rubricate.records.annotation import AnnotatorKind, TargetKind
from rubricate_server.domain.authorship import Author, Reach, may_change
from rubricate_server.storage.contract import AnnotationQuery, NewAnnotation, NewSpan, Storage
from rubricate_server.storage.errors import NotYours

from ..spans import PROJECT, annotation, new_span, span_id, spans

ANA = Author("ana", Reach.OWN)
ANNA_OF_THE_TEAM = Author("ana", Reach.UNOWNED)
A_KEY = Author(None, Reach.UNOWNED)
ADMIN = Author("root", Reach.ALL)
AUTHORS = (ANA, ANNA_OF_THE_TEAM, A_KEY, ADMIN)

STANDING = [
    annotation(span_id(1), identifier=identifier, user_id=user_id, annotator_kind=kind)
    for identifier, user_id, kind in product(
        ("", "app:ana", "app:bob"), (None, "ana", "bob"), (AnnotatorKind.HUMAN, AnnotatorKind.LLM)
    )
]


def allowed(author: Author, standing: NewAnnotation) -> bool:
    return may_change(author, standing.annotator_kind, standing.user_id, standing.key.identifier)


def put(store: Storage, standing: NewAnnotation) -> int:
    store.spans.add(spans(1))
    [row] = store.annotations.put([standing])
    return row


def is_foreign_name(author: Author, standing: NewAnnotation) -> bool:
    """Only admins may write under the name of another's answers, whoever gave what stands there."""
    identifier = standing.key.identifier
    return author.reach != Reach.ALL and identifier.startswith("app:") and identifier != f"app:{author.user_id}"


@pytest.mark.parametrize("author", AUTHORS, ids=str)
@pytest.mark.parametrize("standing", STANDING, ids=lambda each: f"{each.key.identifier}-{each.user_id}-{each[1]}")
class TestEachWay:
    """A way of changing does what the rule says, or refuses and changes nothing."""

    def test_writing(self, store: Storage, author: Author, standing: NewAnnotation) -> None:
        row = put(store, standing)
        wanted = standing._replace(label="other", user_id=author.user_id)
        if allowed(author, standing) and not is_foreign_name(author, standing):
            store.annotations.put([wanted], by=author)
            assert (store.annotations.get(row).label, store.annotations.get(row).user_id) == ("other", author.user_id)
        else:
            other = annotation(span_id(1), "fresh", user_id=author.user_id)
            with pytest.raises(NotYours):
                store.annotations.put([other, wanted], by=author)
            with pytest.raises(NotYours):
                store.annotations.write([other, wanted], {}, by=author)
            assert store.annotations.get(row).label == standing.label
            assert store.annotations.names(AnnotationQuery(store.projects.get(PROJECT).id)) == ["quality"]

    def test_patching(self, store: Storage, author: Author, standing: NewAnnotation) -> None:
        row = put(store, standing)
        if allowed(author, standing):
            assert store.annotations.update(row, {"label": "other"}, by=author).user_id == author.user_id
        else:
            with pytest.raises(NotYours):
                store.annotations.update(row, {"label": "other"}, by=author)
            assert store.annotations.get(row).label == standing.label

    def test_removing(self, store: Storage, author: Author, standing: NewAnnotation) -> None:
        row = put(store, standing)
        if allowed(author, standing):
            store.annotations.remove(row, by=author)
            last = store.annotations.history(row)[-1]
            assert (last.action, last.user_id) == ("deleted", author.user_id)
        else:
            with pytest.raises(NotYours):
                store.annotations.remove(row, by=author)
            store.annotations.get(row)

    def test_deleting_and_restoring(self, store: Storage, author: Author, standing: NewAnnotation) -> None:
        row = put(store, standing)
        own = annotation(span_id(1), "own", user_id=author.user_id)
        [own_row] = store.annotations.put([own])
        everything = AnnotationQuery(store.projects.get(PROJECT).id)
        rows = {row: TargetKind.SPAN, own_row: TargetKind.SPAN}
        if allowed(author, standing):
            removed = store.annotations.delete(everything, undoable=True, by=author)
            assert removed.removal_id is not None
            assert store.annotations.restore(removed.removal_id, by=author).restored == 2
            assert store.annotations.delete_some(rows, by=author).count == 2
        else:
            with pytest.raises(NotYours, match="1 of these annotations is somebody else's"):
                store.annotations.delete(everything, by=author)
            with pytest.raises(NotYours):
                store.annotations.delete_some(rows, by=author)
            assert len(store.annotations.find(everything, 10)) == 2
            removed = store.annotations.delete(everything, undoable=True)
            assert removed.removal_id is not None
            with pytest.raises(NotYours):
                store.annotations.restore(removed.removal_id, by=author)
            assert store.annotations.find(everything, 10) == []


def test_a_large_request_is_refused_whole(store: Storage) -> None:
    store.spans.add(spans(1))
    standing = annotation(span_id(1), "99", user_id="bob")
    store.annotations.put([standing])
    many = [annotation(span_id(1), str(number), user_id="ana") for number in range(100)]
    with pytest.raises(NotYours, match="'99'"):
        store.annotations.put(many, by=ANA)
    assert len(store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id), 200)) == 1


def test_what_comes_with_spans_does_not_replace_what_somebody_said(store: Storage) -> None:
    span: NewSpan = new_span(1)
    store.spans.add([new_span(2)])
    standing = annotation(span.span_id, label="good", user_id="bob")
    free = annotation(span.span_id, "free", label="good", user_id=None)
    store.annotations.put([standing, free])
    forged = [each._replace(label="forged", user_id=None) for each in (standing, free)]
    store.spans.add([span], annotations={span.span_id: forged})
    found = store.annotations.find(AnnotationQuery(store.projects.get(PROJECT).id), 10)
    assert {(each.key.name, each.label, each.user_id) for each in found} == {
        ("quality", "good", "bob"),
        ("free", "forged", None),
    }
