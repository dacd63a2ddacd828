"""Retrieval metrics of a real server, from annotations of documents."""

from typing import Any

import pytest

from ..clients.helpers import HTTP, Json, a_span, id_of, send
from ..server import Server

PROJECT = "search"
API = f"/v1/projects/{PROJECT}/retrieval_metrics"


def retriever(count: int, kind: str = "RETRIEVER") -> Json:
    key = "retrieval.documents" if kind == "RETRIEVER" else "reranker.output_documents"
    return a_span(kind=kind, attributes={key: [{"document.content": f"{place}"} for place in range(count)]})


@pytest.fixture(scope="module")
def spans(server: Server) -> list[str]:
    """One ranking judged whole, by a judge and by a person who knows better; one in part; one not at all."""
    sent = send(server, PROJECT, [retriever(3), retriever(2, "RERANKER"), retriever(2), a_span()])
    whole, part, _, _ = [id_of(span) for span in sent]
    rubric = {
        "type": "CATEGORICAL",
        "name": "relevance",
        "optimization_direction": "MAXIMIZE",
        "values": [{"label": "relevant", "score": 1}, {"label": "irrelevant", "score": 0}],
    }
    HTTP.post(f"{server.base_url}/v1/annotation_configs", json=rubric).raise_for_status()
    said: list[tuple[str, int, str, Json]] = [
        (whole, 0, "LLM", {"score": 1}),
        (whole, 1, "LLM", {"score": 1}),
        (whole, 2, "LLM", {"score": 0}),
        (whole, 0, "HUMAN", {"label": "irrelevant"}),
        (part, 1, "LLM", {"label": "relevant"}),
        (part, 0, "HUMAN", {"label": "who knows"}),
    ]
    data = [
        {
            "span_id": span_id,
            "document_position": position,
            "name": "relevance",
            "annotator_kind": kind,
            "identifier": kind,
            "result": result,
        }
        for span_id, position, kind, result in said
    ]
    HTTP.post(f"{server.base_url}/v1/document_annotations?sync=true", json={"data": data}).raise_for_status()
    return [id_of(span) for span in sent]


def read(server: Server, path: str = "", **params: Any) -> Any:
    answer = HTTP.get(server.base_url + API + path, params={"name": "relevance", **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_of_each_ranking_what_is_known(server: Server, spans: list[str]) -> None:
    found = read(server, "/spans", k=2)
    assert [each["span_id"] for each in found] == [spans[2], spans[1], spans[0]]
    measures = ("document_count", "judged_document_count", "precision", "hit", "reciprocal_rank")
    assert [[each[name] for name in measures] for each in found] == [
        [2, 0, None, None, None],
        [2, 1, None, True, None],
        [3, 3, 0.5, True, 0.5],
    ]
    assert [each["ndcg"] for each in found] == [None, None, pytest.approx(0.6309, abs=1e-4)]


def test_of_the_project_with_coverage(server: Server, spans: list[str]) -> None:
    found = read(server, k=2)
    hit = found.pop("hit")
    assert (hit["mean"], hit["n"]) == (1.0, 2)
    assert 0 < hit["interval"]["low"] < hit["interval"]["high"] == 1.0
    assert found.pop("ndcg")["n"] == 1
    assert found == {
        "k": 2,
        "span_count": 3,
        "complete": True,
        "judged_span_count": 2,
        "document_count": 7,
        "judged_document_count": 4,
        "precision": {"mean": 0.5, "n": 1, "interval": None},
        "reciprocal_rank": {"mean": 0.5, "n": 1, "interval": None},
    }
    assert read(server, limit=1)["complete"] is False


def test_by_one_kind_of_annotator(server: Server, spans: list[str]) -> None:
    assert read(server, annotator_kind="LLM")["reciprocal_rank"] == {"mean": 1.0, "n": 1, "interval": None}
    assert read(server, annotator_kind="HUMAN")["judged_document_count"] == 1
    assert read(server, annotator_kind="CODE")["precision"] == {"mean": None, "n": 0, "interval": None}


def test_rankings_come_in_pages(server: Server, spans: list[str]) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        params = {"name": "relevance", "limit": 2, "cursor": cursor}
        page = HTTP.get(f"{server.base_url}{API}/spans", params=params).json()
        seen += [each["span_id"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [spans[2], spans[1], spans[0]]


@pytest.mark.parametrize("path", ["", "/spans"])
def test_what_makes_no_sense_is_refused(server: Server, spans: list[str], path: str) -> None:
    for params in ({}, {"name": "n", "k": 0}, {"name": "n", "annotator_kind": "CAT"}, {"name": "n", "limit": 0}):
        assert HTTP.get(server.base_url + API + path, params=params).status_code == 422, params
    assert HTTP.get(f"{server.base_url}/v1/projects/nothing/retrieval_metrics{path}?name=n").status_code == 404
