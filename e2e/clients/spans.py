"""Spans for the clients' tests, posted over REST: a retriever with two documents and a model call, in one session."""

import httpx

TRACE_ID = "7e2f08cb43bbf5217e2f08cb43bbf521"
RETRIEVER_ID = "0a00000000000001"
LLM_ID = "0a00000000000002"
SESSION_ID = "conversation-1"
PROJECT = "shop"


def post_spans(base_url: str, project: str = PROJECT) -> None:
    """Store them; they are readable when this returns."""
    retriever = {
        "input.value": "which shoes?",
        "session.id": SESSION_ID,
        "retrieval.documents.0.document.content": "boots",
        "retrieval.documents.0.document.score": 0.9,
        "retrieval.documents.1.document.content": "hats",
    }
    model = {
        "input.value": "which shoes?",
        "output.value": "boots",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "boots",
    }
    data = [
        _span(RETRIEVER_ID, "retrieve", "RETRIEVER", None, retriever),
        _span(LLM_ID, "answer", "LLM", RETRIEVER_ID, model),
    ]
    httpx.post(f"{base_url}/v1/projects/{project}/spans", json={"data": data}).raise_for_status()


def _span(
    span_id: str, name: str, kind: str, parent_id: str | None, attributes: dict[str, object]
) -> dict[str, object]:
    return {
        "name": name,
        "context": {"trace_id": TRACE_ID, "span_id": span_id},
        "span_kind": kind,
        "parent_id": parent_id,
        "start_time": "2026-11-01T10:00:00+00:00",
        "end_time": "2026-11-01T10:00:01+00:00",
        "status_code": "OK",
        "attributes": attributes,
    }
