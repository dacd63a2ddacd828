"""What differs between the four kinds of target on the wire: names of types, of fields, and how ids are read."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rubricate.records.annotation import TargetKind
from rubricate_server.api.identifier import bytes_of, global_id, row_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.storage.contract import AnnotationKey, Storage, StoredAnnotation
from rubricate_server.storage.errors import NotFound


class Target(NamedTuple):
    """How annotations of one kind of target look on the wire."""

    kind: TargetKind
    type_name: str
    """In the global ids of its annotations."""
    own_type_name: str
    """In the global ids of the targets themselves."""
    id_field: str
    key_of: Callable[[str], bytes | None]
    """The stored key of an id on the wire; None when it can be none."""

    @property
    def ids_parameter(self) -> str:
        """The query parameter that selects by target."""
        return f"{self.id_field}s"


def _session_key(session_id: str) -> bytes | None:
    return session_id.encode() or None


SPAN = Target(TargetKind.SPAN, "SpanAnnotation", "Span", "span_id", bytes_of)
TRACE = Target(TargetKind.TRACE, "TraceAnnotation", "Trace", "trace_id", bytes_of)
SESSION = Target(TargetKind.SESSION, "ProjectSessionAnnotation", "ProjectSession", "session_id", _session_key)
DOCUMENT = Target(TargetKind.DOCUMENT, "DocumentAnnotation", "Span", "span_id", bytes_of)

TARGETS = {target.kind: target for target in (SPAN, TRACE, SESSION, DOCUMENT)}
TYPE_NAMES = tuple(target.type_name for target in TARGETS.values())


def key_from_any_id(storage: Storage, target: Target, identifier: str) -> bytes | None:
    """The stored key from an id of OpenTelemetry (or of the application: sessions), or a global id."""
    row = row_of(identifier, target.own_type_name)
    if row is None:
        return target.key_of(identifier)
    try:
        return storage.spans.key_of(target.kind, row)
    except NotFound:
        return None


def annotation_id(annotation: StoredAnnotation) -> str:
    """The global id of an annotation."""
    return global_id(TARGETS[annotation.key.target_kind].type_name, annotation.id)


def target_id(key: AnnotationKey) -> str:
    """The target's id as clients know it."""
    return key.target_id.decode() if key.target_kind == TargetKind.SESSION else key.target_id.hex()


def common_wire(annotation: StoredAnnotation) -> dict[str, Any]:
    """The fields that annotations of every kind of target have."""
    return {
        "id": annotation_id(annotation),
        "created_at": iso_from_us(annotation.created_us),
        "updated_at": iso_from_us(annotation.updated_us),
        "source": annotation.source,
        "user_id": annotation.user_id,
        "name": annotation.key.name,
        "annotator_kind": annotation.annotator_kind,
        "result": {
            "label": annotation.label,
            "score": annotation.score,
            "explanation": annotation.explanation,
        },
        "metadata": annotation.metadata,
        "identifier": annotation.key.identifier,
    }


def target_wire(key: AnnotationKey) -> dict[str, Any]:
    """A target of any kind."""
    return {
        "kind": key.target_kind,
        "id": target_id(key),
        "position": key.position if key.target_kind == TargetKind.DOCUMENT else None,
    }


def any_wire(annotation: StoredAnnotation) -> dict[str, Any]:
    """An annotation, whatever it is about."""
    return {
        **common_wire(annotation),
        "rubric_version": annotation.rubric_version,
        "target": target_wire(annotation.key),
        "project_id": None if annotation.project_id is None else global_id("Project", annotation.project_id),
    }
