"""Annotations of every kind of target, and their store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypedDict

from rubricate.records.annotation import AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.domain.authorship import ANYBODY, Author


class AnnotationKey(NamedTuple):
    """What makes an annotation itself: writing the same key again replaces it."""

    target_kind: TargetKind
    target_id: bytes
    position: int
    name: str
    identifier: str


class NewAnnotation(NamedTuple):
    """An annotation to write."""

    key: AnnotationKey
    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]
    source: AnnotationSource
    user_id: str | None


class KeptAnnotation(NamedTuple):
    """An annotation that was given elsewhere, with its times."""

    annotation: NewAnnotation
    created_us: int
    updated_us: int


NO_ANNOTATIONS: Mapping[bytes, Sequence[NewAnnotation]] = MappingProxyType({})


class StoredAnnotation(NamedTuple):
    """An annotation as it is read back."""

    id: int
    key: AnnotationKey
    annotator_kind: str
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]
    source: str
    user_id: str | None
    rubric_version: int | None
    """Number (1, 2, 3 …) of the rubric's version that was in force when it was written."""
    created_us: int
    updated_us: int
    project_id: int | None
    """None while it waits for its target."""


class SpanAnnotationRow(NamedTuple):
    """An annotation of a span as exports read it, by the ten thousand: nothing in it is parsed."""

    id: int
    span_id: bytes
    name: str
    annotator_kind: str
    label: str | None
    score: float | None
    explanation: str | None
    identifier: str
    metadata: str
    """JSON object."""
    user_id: str | None
    source: str
    created_us: int
    updated_us: int


class AnnotationChange(NamedTuple):
    """One entry of an annotation's history."""

    at_us: int
    action: Literal["created", "replaced", "deleted", "restored"]
    user_id: str | None
    state: dict[str, Any]
    """annotator_kind, label, score, explanation, metadata, source, rubric_version (its number).

    After the change; of a deletion before it, and then with target_kind, target_id (as text), position, name,
    identifier, because nothing else tells them any more.
    """


class AnnotationUpdate(TypedDict, total=False):
    """New values of some fields of an annotation; a missing key leaves the field as it is."""

    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnnotationQuery:
    """Which annotations of a project. Every given field narrows; a tuple means any of its values."""

    project_id: int
    target_kind: TargetKind | None = None
    """None: targets of every kind."""
    target_ids: tuple[bytes, ...] | None = None
    """Without `target_kind`, targets of any kind that have such an id."""
    names: tuple[str, ...] = ()
    excluded_names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    annotator_kind: AnnotatorKind | None = None
    source: AnnotationSource | None = None
    user_id: str | None = None
    labels: tuple[str, ...] = ()
    min_score: float | None = None
    """Inclusive, as is `max_score`; without a score an annotation fits neither."""
    max_score: float | None = None
    created_from_us: int | None = None
    """Inclusive."""
    created_until_us: int | None = None
    """Exclusive."""
    from_id: int | None = None
    """The first row of the page, inclusive; newest first."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted, and under which id that can be undone."""

    count: int
    removal_id: int | None
    """None when nothing was deleted, or not so that it can be undone."""


class Restored(NamedTuple):
    """What became of the annotations of a removal."""

    restored: int
    kept: int
    """Stayed deleted: something newer has their key."""
    lost: int
    """Stayed deleted: their targets are gone."""


class TargetShown(NamedTuple):
    """How a target is shown beside its annotations."""

    name: str
    """Of the span, or of the root span of the trace; the id of the session."""
    trace_id: bytes | None
    """None for a session."""


class AnnotationStore(Protocol):
    """Annotations of every kind of target, and their history."""

    def put(self, annotations: Sequence[NewAnnotation], *, must_exist: bool = False, by: Author = ANYBODY) -> list[int]:
        """Write annotations; durable, idempotent by key, all or nothing. One id for each, in order.

        An annotation whose target is not stored yet waits for it. With `must_exist` it is refused instead:
        NotFound, whose message names the missing targets. Each change is kept in the history. NotYours, when one would
        replace what the author may not change, or has the identifier of another's answers: see `domain/authorship.py`.
        """

    def write(
        self,
        annotations: Sequence[NewAnnotation],
        expected: Mapping[int, int | None],
        *,
        by: Author = ANYBODY,
    ) -> list[StoredAnnotation]:
        """Write annotations if they are as the writer thinks; durable, idempotent, all or nothing. In order.

        `expected` says of some, by place, when they were last updated, or None: that there is none yet. Raises
        AnnotationChanged where that is not so; but what says the same already is no conflict, and is left as it is.
        Raises NotFound, whose message names the missing targets, and NotYours as `put`.
        """

    def take_over(self, annotations: Sequence[KeptAnnotation]) -> int:
        """Write annotations that were given elsewhere, with their times; durable, idempotent, all or nothing.

        What is stored already under a key is left as it is. The history begins with what the annotation said when it
        was last updated. Returns how many were new.
        """

    def find(self, query: AnnotationQuery, limit: int) -> list[StoredAnnotation]:
        """The first `limit` annotations of the query, newest row first."""

    def of_spans(
        self, project_id: int, rows: Sequence[int], *, excluded_names: Sequence[str] = ()
    ) -> list[SpanAnnotationRow]:
        """All annotations of spans of a project, but for those names, in one state of the store; of a span newest row
        first. Those of its documents are not among them. `rows` are those of the spans."""

    def shown_with(self, annotations: Sequence[StoredAnnotation]) -> dict[int, TargetShown]:
        """The targets of annotations, by the annotations' row ids; nothing for those that wait for theirs."""

    def delete(self, query: AnnotationQuery, *, undoable: bool = False, by: Author = ANYBODY) -> Removed:
        """Delete what the query finds; durable. The history keeps what they were. `undoable`: `restore` can undo it.

        In steps that never block writers for long, so a crash may leave a part: calling again deletes that. NotYours,
        and nothing is deleted, when some are not the author's to change.
        """

    def delete_some(self, annotations: Mapping[int, TargetKind], *, by: Author = ANYBODY) -> Removed:
        """Delete annotations by row id, those whose targets are of the given kind; durable, idempotent, undoable.

        Those that are not there are passed over. In steps, and only the author's, as `delete`.
        """

    def restore(self, removal_id: int, *, by: Author = ANYBODY) -> Restored:
        """Undo a removal; durable, and safe to repeat. Raises NotFound when there is none, or it was forgotten.

        NotYours, and nothing comes back, when some are not the author's to change. Annotations come back under their
        row ids and with their times; those whose place was taken since stay deleted, and so do those whose targets are
        gone. In steps, as `delete`.
        """

    def forget(self, before_us: int) -> int:
        """Forget the removals from before a time, so that they cannot be undone; durable. How many annotations."""

    def names(self, query: AnnotationQuery) -> list[str]:
        """The names under which the query finds something, in alphabetical order."""

    def get(self, annotation_id: int) -> StoredAnnotation:
        """One annotation, also one that waits for its target. Raises NotFound."""

    def waiting(
        self, target_kind: TargetKind | None = None, *, from_id: int | None = None, limit: int = 100
    ) -> list[StoredAnnotation]:
        """Annotations whose target has not arrived, newest row first, from this row on."""

    def update(self, annotation_id: int, update: AnnotationUpdate, *, by: Author = ANYBODY) -> StoredAnnotation:
        """Change some fields of one annotation; durable, idempotent but for the history. Raises NotFound, NotYours.

        It is the author's then. The version of its rubric becomes the one in force.
        """

    def remove(self, annotation_id: int, *, by: Author = ANYBODY) -> None:
        """Delete one annotation; durable. The history keeps what it was. Raises NotFound, NotYours."""

    def history(self, annotation_id: int) -> list[AnnotationChange]:
        """Every change of one annotation, oldest first, also of a deleted one. Empty: there never was one."""
