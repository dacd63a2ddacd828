"""Feedback that comes inside of spans, as annotations.

Three forms are read: attributes (`annotations.N.annotation.*`, `evaluations.N.evaluation.*`, with `trace.` or
`session.` in front when they are about the whole), the same on an EVALUATOR span with exactly one link, which is about
what the link points to, and `gen_ai.evaluation.result` events.

The attributes stay where they are. Feedback that cannot be read costs neither the span nor the other feedback: it
becomes a warning, which the sender gets.

https://github.com/Arize-ai/openinference/blob/main/spec/annotations.md
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from rubricate.records.annotation import NOTE, AnnotationSource, AnnotatorKind, TargetKind
from rubricate_server.actions.annotate import NOT_A_DOCUMENT
from rubricate_server.ingest.conventions.json_text import parsed
from rubricate_server.ingest.conventions.openinference import FEEDBACK, clean_text, visible_nul
from rubricate_server.storage.contract import AnnotationKey, NewAnnotation, NewSpan

EVENT: Final = "gen_ai.evaluation.result"

MAX_WARNINGS: Final = 1000
"""Of one request. Who sends more of them knows enough."""

# What the words say when the sender does not: a person annotates, a program evaluates, nowadays with a model.
_KINDS: Final = {"annotation": AnnotatorKind.HUMAN, "evaluation": AnnotatorKind.LLM}


class Feedback:
    """What the spans of one request brought, by the span that brought it."""

    def __init__(self) -> None:
        self.annotations: dict[bytes, list[NewAnnotation]] = {}
        self.warnings: list[str] = []

    def take_attributes(self, span: NewSpan, attributes: Mapping[str, Any]) -> None:
        """The annotations that stand in the attributes of a span."""
        items: dict[str, dict[str, Any]] = {}
        kinds: dict[str, tuple[str, str]] = {}
        for key, value in attributes.items():
            found = FEEDBACK.fullmatch(key)
            if found is not None and value is not None:
                items.setdefault(found["item"], {})[found["field"]] = value
                kinds[found["item"]] = found["scope"] or "span", found["form"]
        for item, fields in items.items():
            scope, form = kinds[item]
            target = _target(span, TargetKind(scope))
            if target is None:
                self._warn(f"{item}: the span has no session.id, so it is unclear which session this is about")
            else:
                self._take(span, item, target, _KINDS[form], fields)

    def take_events(self, span: NewSpan, events: Sequence[Mapping[str, Any]]) -> None:
        """The annotations that came as events of a span."""
        for number, event in enumerate(events):
            if event["name"] == EVENT:
                given = event["attributes"]
                fields = {field: given.get(f"gen_ai.evaluation.{name}") for name, field in _EVENT_FIELDS.items()}
                fields |= {
                    field: given[field] for field in ("annotator_kind", "identifier", "metadata") if field in given
                }
                target = TargetKind.SPAN, span.span_id
                self._take(span, f"events[{number}]", target, AnnotatorKind.LLM, fields)

    def point(self, carrier: NewSpan, trace_id: bytes, span_id: bytes) -> None:
        """Have what a span brought be about another span, and that one's trace."""
        brought = self.annotations.get(carrier.span_id)
        if brought:
            targets = {TargetKind.SPAN: span_id, TargetKind.TRACE: trace_id}
            self.annotations[carrier.span_id] = [
                each._replace(key=each.key._replace(target_id=targets.get(each.key.target_kind, each.key.target_id)))
                for each in brought
            ]

    def _take(
        self, span: NewSpan, item: str, target: tuple[TargetKind, bytes], kind: AnnotatorKind, fields: dict[str, Any]
    ) -> None:
        try:
            annotation = _annotation(target, kind, {key: value for key, value in fields.items() if value is not None})
        except ValueError as error:
            self._warn(f"{item}: {error}; it stays with the attributes, and is no annotation")
            return
        self.annotations.setdefault(span.span_id, []).append(annotation)

    def _warn(self, warning: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(warning)


_EVENT_FIELDS: Final = {
    "name": "name",
    "score.value": "score",
    "score.label": "label",
    "explanation": "explanation",
}


def _target(span: NewSpan, kind: TargetKind) -> tuple[TargetKind, bytes] | None:
    if kind == TargetKind.SESSION:
        return None if span.session_id is None else (kind, span.session_id.encode())
    return kind, span.trace_id if kind == TargetKind.TRACE else span.span_id


def _annotation(target: tuple[TargetKind, bytes], kind: AnnotatorKind, fields: dict[str, Any]) -> NewAnnotation:
    """Raises ValueError, which says what is wrong."""
    name = _text(fields, "name").strip()
    if not name:
        raise ValueError("name is missing")
    if name == NOTE:
        raise ValueError(f"the name {NOTE!r} is reserved for notes")
    label, explanation = _text(fields, "label"), _text(fields, "explanation")
    score = _score(fields.get("score"))
    if score is None and not label and not explanation:
        raise ValueError("score, label and explanation are missing; one of them must be there")
    metadata = _metadata(fields)
    said = _text(fields, "annotator_kind").strip()
    if said.upper() in AnnotatorKind.__members__:
        kind = AnnotatorKind(said.upper())
    elif said:
        metadata = {"annotator_kind": said} | metadata  # OpenInference allows kinds of one's own, annotations do not
    return NewAnnotation(
        AnnotationKey(target[0], target[1], NOT_A_DOCUMENT, name, _text(fields, "identifier")),
        kind,
        label or None,
        score,
        explanation or None,
        metadata,
        AnnotationSource.API,
        None,
    )


def _text(fields: Mapping[str, Any], field: str) -> str:
    value = fields.get(field, "")
    if not isinstance(value, str):
        raise ValueError(f"{field} must be a string")
    return clean_text(value)


def _score(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("score must be a finite number")
    return float(value)


def _metadata(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object as text; or one that was sent as an object, and taken apart into keys."""
    value = fields.get("metadata")
    if value is None:
        prefix = "metadata."
        value = {key.removeprefix(prefix): part for key, part in fields.items() if key.startswith(prefix)}
    if isinstance(value, str):
        value = parsed(value)
    if not isinstance(value, dict):
        raise ValueError("metadata must be a JSON object")
    cleaned: dict[str, Any] = visible_nul(value)
    return cleaned
