"""Putting together what retrievers found and what annotations say of it."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from rubricate.records.annotation import AnnotatorKind
from rubricate_server.domain.document import document_count as count_documents
from rubricate_server.storage.contract import SpanQuery, Storage, StoredSpan
from rubricate_server.storage.errors import NotFound


class Ranking(NamedTuple):
    """The documents of a span, and the relevance of those that were judged, by position."""

    span: StoredSpan
    document_count: int
    judged: Mapping[int, float]


def rankings(
    storage: Storage, query: SpanQuery, limit: int, name: str, annotator_kind: AnnotatorKind | None
) -> list[Ranking]:
    """Those of the first `limit` spans of the query. A label without a score counts as the rubric of the name says."""
    spans = storage.spans.find(query, limit, frozenset({"attributes"}))
    relevances = storage.insight.relevances(
        [span.id for span in spans], name, annotator_kind, _label_scores(storage, name)
    )
    found = []
    for span in spans:
        count = count_documents(span.kind, orjson.loads(span.body.attributes))
        judged = {place: score for place, score in relevances.get(span.id, {}).items() if place < count}
        found.append(Ranking(span, count, judged))
    return found


def _label_scores(storage: Storage, name: str) -> dict[str, float]:
    try:
        values = storage.rubrics.get_by_name(name).body.get("values") or []
    except NotFound:
        return {}
    return {value["label"]: value["score"] for value in values if value.get("score") is not None}
