"""Items as they are taken out: one shape for spans, traces and sessions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.domain.filter import Condition
from rubricate_server.storage.contract.annotation import AnnotationKey


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """Which items of a project. Every given field narrows."""

    project_id: int
    kind: ItemKind
    condition: Condition | None = None
    """An expression of the filter language of that kind."""
    start_ns: int | None = None
    """Inclusive."""
    end_ns: int | None = None
    """Exclusive."""
    roots: bool = False
    """Only spans without a parent."""
    keys: tuple[bytes, ...] | None = None
    """Ids of spans or traces, or of sessions in UTF-8: some hundreds at most."""


class ExportedItem(NamedTuple):
    """An item. What its kind does not have is None."""

    row: int
    key: bytes
    """The id of the span or trace, or that of the session in UTF-8."""
    trace_id: bytes | None
    session_id: str | None
    parent_id: bytes | None
    name: str | None
    """Of a trace, that of its first root span."""
    kind: str | None
    status: int | None
    status_message: str | None
    start_ns: int
    end_ns: int
    input: str | None
    """Whole. Of a trace, that of its first root span; of a session, that of the first of all."""
    output: str | None
    """Whole. Of a trace, that of its first root span; of a session, that of the last of all."""
    model: str | None
    user_id: str | None
    tokens_prompt: int | None
    tokens_completion: int | None
    tokens_total: int | None
    cost_usd: float | None
    span_count: int | None
    error_count: int | None
    trace_count: int | None
    attributes: bytes | None
    """JSON object, flat, of all but input and output. Of a trace or session, those of the first root span."""


class TargetPreview(NamedTuple):
    """What an annotation is about, shortly."""

    name: str | None
    trace_id: bytes | None
    input: str | None
    output: str | None


class ExportStore(Protocol):
    """Items as they are taken out."""

    def items(self, query: ExportQuery) -> Iterator[list[ExportedItem]]:
        """The items of the query, the last that started first, in batches of bounded size.

        Each batch is read in one state of the store, so a long export holds nothing back. What comes meanwhile is left
        out if it started after what was read already.
        """

    def previews(self, keys: Sequence[AnnotationKey]) -> dict[tuple[TargetKind, bytes], TargetPreview]:
        """What these annotations are about, by kind and id; what is not stored is left out."""

    def spans_that_meet(self, condition: Condition, span_ids: Sequence[bytes]) -> set[bytes]:
        """Those of the spans that meet a condition about spans."""
