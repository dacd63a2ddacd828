"""Our own `log_evaluations`, for spans, documents and traces at once, read back over REST."""

import httpx
import pandas as pd

import rubricate as px
from rubricate.trace import DocumentEvaluations, SpanEvaluations, TraceEvaluations

from ..server import Server
from .spans import LLM_ID, PROJECT, RETRIEVER_ID, TRACE_ID, post_spans


def test_all_kinds_at_once(server: Server) -> None:
    post_spans(server.base_url)
    with px.Client(endpoint=server.base_url) as client:
        client.log_evaluations(
            SpanEvaluations("correct", pd.DataFrame({"span_id": [LLM_ID], "label": ["yes"]})),
            DocumentEvaluations(
                "relevance",
                pd.DataFrame({"span_id": [RETRIEVER_ID] * 2, "document_position": [0, 1], "score": [1.0, 0.0]}),
            ),
            TraceEvaluations("outcome", pd.DataFrame({"trace_id": [TRACE_ID], "label": ["solved"]})),
        )
    rows = httpx.get(f"{server.base_url}/v1/projects/{PROJECT}/annotations").raise_for_status().json()["data"]
    said = [
        (
            *map(row["target"].get, ("kind", "id", "position")),
            row["name"],
            row["result"]["label"],
            row["result"]["score"],
        )
        for row in rows[::-1]
    ]
    assert said == [
        ("span", LLM_ID, None, "correct", "yes", None),
        ("document", RETRIEVER_ID, 0, "relevance", None, 1.0),
        ("document", RETRIEVER_ID, 1, "relevance", None, 0.0),
        ("trace", TRACE_ID, None, "outcome", "solved", None),
    ]
    assert {row["annotator_kind"] for row in rows} == {"LLM"}
