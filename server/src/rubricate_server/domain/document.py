"""The documents that a span retrieved, as OpenInference attributes tell them."""

from collections.abc import Mapping
from typing import Any, Final

RETRIEVED: Final = "retrieval.documents"
RERANKED: Final = "reranker.output_documents"


def document_count(span_kind: str, attributes: Mapping[str, Any]) -> int:
    """How many documents can be annotated: those that a reranker put out, those that any other span retrieved.

    >>> document_count("RETRIEVER", {"retrieval.documents.0.document.content": "a", "input.value": "q"})
    1
    """
    key = RERANKED if span_kind.upper() == "RERANKER" else RETRIEVED
    whole = attributes.get(key)
    if isinstance(whole, list):
        return len(whole)
    places = (name.removeprefix(f"{key}.").partition(".")[0] for name in attributes if name.startswith(f"{key}."))
    return len({place for place in places if place.isdecimal()})
