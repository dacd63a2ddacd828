"""arize-phoenix-client 3.x, unchanged: annotations of traces, sessions and documents."""

import httpx
import pandas as pd
import pytest
from phoenix.client import Client

from ..server import Server
from .spans import LLM_ID, PROJECT, RETRIEVER_ID, SESSION_ID, TRACE_ID, post_spans


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    post_spans(server.base_url)
    return Client(base_url=server.base_url)


def read(server: Server, kind: str, **params: str) -> list[dict[str, object]]:
    path = f"{server.base_url}/v1/projects/{PROJECT}/{kind}_annotations"
    found = httpx.get(path, params={"limit": "100", **params}).raise_for_status().json()["data"]
    assert isinstance(found, list)
    return found


def test_add_trace_annotation(server: Server, client: Client) -> None:
    added = client.traces.add_trace_annotation(
        trace_id=TRACE_ID,
        annotation_name="solved",
        annotator_kind="HUMAN",
        label="yes",
        score=1,
        explanation="it was boots",
        metadata={"by": "ada"},
        identifier="ada",
        sync=True,
    )
    (found,) = read(server, "trace", trace_ids=TRACE_ID, include_annotation_names="solved")
    assert added is not None
    assert found["id"] == added["id"]
    assert found["result"] == {"label": "yes", "score": 1.0, "explanation": "it was boots"}
    assert (found["metadata"], found["identifier"], found["trace_id"]) == ({"by": "ada"}, "ada", TRACE_ID)


def test_log_trace_annotations(server: Server, client: Client) -> None:
    logged = client.traces.log_trace_annotations(
        trace_annotations=[
            {"trace_id": TRACE_ID, "name": name, "annotator_kind": "CODE", "result": {"score": score}}
            for name, score in (("first", 0.1), ("second", 0.2))
        ],
        sync=True,
    )
    assert logged is not None
    assert len(logged) == 2
    frame = pd.DataFrame({"trace_id": [TRACE_ID], "label": ["fine"]})
    client.traces.log_trace_annotations_dataframe(dataframe=frame, annotation_name="framed", annotator_kind="LLM")
    names = {found["name"] for found in read(server, "trace", trace_ids=TRACE_ID)}
    assert names >= {"first", "second", "framed"}


def test_unknown_trace_is_refused_when_sync(client: Client) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.traces.add_trace_annotation(trace_id="ab" * 16, annotation_name="x", label="y", sync=True)
    assert refused.value.response.status_code == 404


def test_add_session_annotation(server: Server, client: Client) -> None:
    added = client.sessions.add_session_annotation(
        session_id=SESSION_ID, annotation_name="polite", annotator_kind="LLM", score=0.7, sync=True
    )
    (found,) = read(server, "session", session_ids=SESSION_ID, include_annotation_names="polite")
    assert added is not None
    assert found["id"] == added["id"]
    assert found["session_id"] == SESSION_ID
    assert found["annotator_kind"] == "LLM"


def test_log_session_annotations(server: Server, client: Client) -> None:
    client.sessions.log_session_annotations(
        session_annotations=[
            {"session_id": SESSION_ID, "name": "quick", "annotator_kind": "CODE", "result": {"label": "no"}}
        ],
    )
    frame = pd.DataFrame({"session_id": [SESSION_ID], "score": [3.0], "annotator_kind": ["HUMAN"], "name": ["stars"]})
    logged = client.sessions.log_session_annotations_dataframe(dataframe=frame, sync=True)
    assert logged is not None
    names = {found["name"] for found in read(server, "session", session_ids=SESSION_ID)}
    assert names >= {"quick", "stars"}


def test_document_annotations(server: Server, client: Client) -> None:
    added = client.spans.add_document_annotation(
        span_id=RETRIEVER_ID,
        document_position=1,
        annotation_name="relevance",
        annotator_kind="LLM",
        score=0.0,
        label="irrelevant",
        sync=True,
    )
    client.spans.log_document_annotations(
        document_annotations=[
            {
                "name": "relevance",
                "annotator_kind": "LLM",
                "span_id": RETRIEVER_ID,
                "document_position": 0,
                "result": {"score": 1.0},
            }
        ],
    )
    frame = pd.DataFrame(
        {"score": [0.5, 0.6]},
        index=pd.MultiIndex.from_tuples(
            [(RETRIEVER_ID, 0), (RETRIEVER_ID, 1)], names=["context.span_id", "document_position"]
        ),
    )
    client.spans.log_document_annotations_dataframe(
        dataframe=frame, annotation_name="usefulness", annotator_kind="HUMAN", sync=True
    )
    assert added is not None
    found = read(server, "document", span_ids=RETRIEVER_ID)
    scores = {(row["name"], row["document_position"]): row["result"]["score"] for row in found}  # type: ignore[index]
    assert scores == {
        ("relevance", 0): 1.0,
        ("relevance", 1): 0.0,
        ("usefulness", 0): 0.5,
        ("usefulness", 1): 0.6,
    }


def test_document_that_the_span_did_not_retrieve(client: Client) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.spans.add_document_annotation(
            span_id=RETRIEVER_ID, document_position=5, annotation_name="relevance", label="x", sync=True
        )
    assert refused.value.response.status_code == 422
    assert refused.value.response.text == f"Document position 5 is out of bounds for span {RETRIEVER_ID} (max: 1)"


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # the client's own, about pandas
def test_annotations_of_spans_stay_apart_from_those_of_documents(server: Server, client: Client) -> None:
    client.spans.add_span_annotation(span_id=LLM_ID, annotation_name="relevance", label="span", sync=True)
    frame = client.spans.get_span_annotations_dataframe(span_ids=[LLM_ID, RETRIEVER_ID], project_identifier=PROJECT)
    assert list(frame["result.label"]) == ["span"]
    assert list(frame.index) == [LLM_ID]
