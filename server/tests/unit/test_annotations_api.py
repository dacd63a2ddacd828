"""Annotations over HTTP: the same rules for all four kinds of target; one annotation, its history; a project's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rubricate.records.annotation import Annotation, AnnotationChange
from rubricate.records.base import Page
from rubricate_server.actions.furnish import furnish
from rubricate_server.api.identifier import global_id
from rubricate_server.app import build_app
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage

TRACE = "aa" * 16
SPAN = "bb" * 8
RERANKER = "cc" * 8
SESSION = "Gespräch 1"
PROJECT = "/v1/projects/default"


@dataclass(frozen=True)
class Kind:
    """A kind of target, as the wire names it."""

    name: str
    field: str
    id: str
    type_name: str
    unknown: str
    missing: str
    extra: tuple[tuple[str, Any], ...] = ()

    def body(self, target: str | None = None, **changes: Any) -> dict[str, Any]:
        return {
            self.field: target or self.id,
            "name": "quality",
            "annotator_kind": "HUMAN",
            **dict(self.extra),
            **changes,
        }


KINDS = [
    Kind("span", "span_id", SPAN, "SpanAnnotation", "ee" * 8, "Spans with IDs {} do not exist."),
    Kind("trace", "trace_id", TRACE, "TraceAnnotation", "ee" * 16, "Traces with IDs {} do not exist."),
    Kind("session", "session_id", SESSION, "ProjectSessionAnnotation", "?", "Sessions with IDs {} do not exist."),
    Kind(
        "document",
        "span_id",
        SPAN,
        "DocumentAnnotation",
        "ee" * 8,
        "Spans with IDs {} do not exist.",
        (("document_position", 1),),
    ),
]
NOTED = KINDS[:3]


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    storage = open_storage(tmp_path)
    furnish(storage)
    yield TestClient(build_app(storage, Ingest(storage.spans)))
    storage.close()


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    assert isinstance(request.param, Kind)
    return request.param


def post_spans(http: TestClient) -> None:
    retriever = {
        "session.id": SESSION,
        "retrieval.documents.0.document.content": "a",
        "retrieval.documents.1.document.content": "b",
    }
    reranker = {f"reranker.output_documents.{place}.document.content": "a" for place in range(3)}
    spans = [
        {
            "name": "x",
            "context": {"trace_id": TRACE, "span_id": span_id},
            "span_kind": span_kind,
            "start_time": "2026-11-01T10:00:00Z",
            "end_time": "2026-11-01T10:00:01Z",
            "attributes": attributes,
        }
        for span_id, span_kind, attributes in ((SPAN, "RETRIEVER", retriever), (RERANKER, "reranker", reranker))
    ]
    assert http.post(f"{PROJECT}/spans", json={"data": spans}).status_code == 202


def annotate(http: TestClient, kind: Kind, *bodies: dict[str, Any], sync: bool = True) -> list[str]:
    answer = http.post(f"/v1/{kind.name}_annotations", params={"sync": sync}, json={"data": [*bodies]})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


def read(http: TestClient, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def test_written_and_read(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    result = {"label": "good", "score": 0.5, "explanation": "because"}
    ids = annotate(
        http, kind, kind.body(result=result, metadata={"a": [1]}, identifier="me"), kind.body(annotator_kind="CODE")
    )
    second, first = read(http, f"{PROJECT}/{kind.name}_annotations", **{f"{kind.field}s": kind.id})
    assert [first["id"], second["id"]] == ids
    assert first == {
        "id": ids[0],
        "created_at": first["created_at"],
        "updated_at": first["created_at"],
        "source": "API",
        "user_id": None,
        "name": "quality",
        "annotator_kind": "HUMAN",
        "result": result,
        "metadata": {"a": [1]},
        "identifier": "me",
        kind.field: kind.id,
        **dict(kind.extra),
    }
    assert second["result"] == {"label": None, "score": None, "explanation": None}


def test_the_same_key_replaces(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    body = kind.body(result={"label": "old", "explanation": "gone"})
    first, again = annotate(http, kind, body, kind.body(result={"label": "new"}))
    assert first == again
    (found,) = read(http, f"{PROJECT}/{kind.name}_annotations", **{f"{kind.field}s": kind.id})
    assert found["result"] == {"label": "new", "score": None, "explanation": None}


def test_unknown_targets_are_refused_when_sync_and_waited_for_otherwise(http: TestClient, kind: Kind) -> None:
    path = f"/v1/{kind.name}_annotations"
    answer = http.post(path, params={"sync": True}, json={"data": [kind.body(kind.unknown)]})
    assert (answer.status_code, answer.text) == (404, kind.missing.format(kind.unknown))
    assert annotate(http, kind, kind.body(), sync=False) == []
    assert read(http, f"{PROJECT}/annotations") == []
    post_spans(http)
    assert len(read(http, f"{PROJECT}/{kind.name}_annotations", **{f"{kind.field}s": kind.id})) == 1


def test_no_target_of_the_project(http: TestClient, kind: Kind) -> None:
    path = f"{PROJECT}/{kind.name}_annotations"
    answer = http.get(path, params={f"{kind.field}s": kind.unknown})
    assert answer.status_code == 404
    assert answer.text == f"None of the supplied {kind.field}s exist in this project"
    assert read(http, path, identifier="me") == []
    answer = http.get(path)
    assert (answer.status_code, answer.text) == (
        422,
        f"At least one of {kind.field}s or identifier must be supplied",
    )


def test_pages(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    ids = annotate(http, kind, *(kind.body(identifier=str(number)) for number in range(5)))
    seen: list[str] = []
    params: dict[str, Any] = {f"{kind.field}s": kind.id, "limit": 2}
    while True:
        page = http.get(f"{PROJECT}/{kind.name}_annotations", params=params).json()
        seen += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == ids[::-1]


def test_deletion_takes_only_its_kind(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    for each in KINDS:
        annotate(http, each, each.body(), each.body(name="other"))
    path = f"{PROJECT}/{kind.name}_annotations"
    assert http.delete(path).status_code == 422
    assert http.delete(path, params={"delete_all": True, "name": "quality"}).status_code == 204
    left = [(row["target"]["kind"], row["name"]) for row in read(http, f"{PROJECT}/annotations")]
    assert len(left) == 7
    assert (kind.name, "quality") not in left


@pytest.mark.parametrize("kind", NOTED, ids=lambda kind: kind.name)
def test_notes(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    own_type = {"span": "Span", "trace": "Trace", "session": "ProjectSession"}[kind.name]
    path = f"/v1/{kind.name}_notes"
    for target in (kind.id, kind.id, global_id(own_type, 1)):
        answer = http.post(path, json={"data": {kind.field: target, "note": " hm "}})
        assert answer.status_code == 200, answer.text
    assert http.post(path, json={"data": {kind.field: kind.unknown, "note": "x"}}).status_code == 404
    assert http.post(path, json={"data": {kind.field: global_id(own_type, 99), "note": "x"}}).status_code == 404
    assert http.post(path, json={"data": {kind.field: kind.id, "note": "  "}}).status_code == 422
    found = read(http, f"{PROJECT}/{kind.name}_annotations", **{f"{kind.field}s": kind.id})
    assert [(row["name"], row["result"]["explanation"]) for row in found] == [("note", "hm")] * 3
    assert found[0]["identifier"].startswith(f"px-{kind.name}-note:")
    answer = http.post(f"/v1/{kind.name}_annotations", json={"data": [kind.body(name="note")]})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("span_id", "position", "last"), [(SPAN, 1, 1), (SPAN, 2, 1), (RERANKER, 2, 2), (RERANKER, 3, 2)]
)
def test_documents_that_were_not_retrieved(http: TestClient, span_id: str, position: int, last: int) -> None:
    post_spans(http)
    body = {"data": [KINDS[3].body(span_id, document_position=position)]}
    answer = http.post("/v1/document_annotations", params={"sync": True}, json=body)
    if position <= last:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert answer.text == f"Document position {position} is out of bounds for span {span_id} (max: {last})"
    assert read(http, f"{PROJECT}/annotations") == []


def test_one_annotation(http: TestClient, kind: Kind) -> None:
    post_spans(http)
    (one,) = annotate(http, kind, kind.body(result={"label": "a", "score": 1.0}, metadata={"k": 1}))
    found = Annotation.model_validate(http.get(f"/v1/annotations/{one}").json()["data"])
    assert (found.target.kind, found.target.id) == (kind.name, kind.id)
    assert found.target.position == dict(kind.extra).get("document_position")
    assert found.rubric_version is None

    changed = http.patch(f"/v1/annotations/{one}", json={"result": {"score": None, "explanation": "hm"}})
    assert changed.json()["data"]["result"] == {"label": "a", "score": None, "explanation": "hm"}
    assert changed.json()["data"]["metadata"] == {"k": 1}
    http.patch(f"/v1/annotations/{one}", json={"annotator_kind": "CODE", "metadata": None})
    emptied = http.patch(f"/v1/annotations/{one}", json={"result": None}).json()["data"]
    assert emptied["result"] == {"label": None, "score": None, "explanation": None}
    assert (emptied["annotator_kind"], emptied["metadata"]) == ("CODE", {})
    assert emptied["created_at"] < emptied["updated_at"]

    assert http.delete(f"/v1/annotations/{one}").status_code == 204
    for answer in (http.get(f"/v1/annotations/{one}"), http.delete(f"/v1/annotations/{one}")):
        assert (answer.status_code, answer.text) == (404, f"Annotation with ID {one} not found")
    history = Page[AnnotationChange].model_validate(http.get(f"/v1/annotations/{one}/history").json()).data
    assert [change.action for change in history] == ["created", "replaced", "replaced", "replaced", "deleted"]
    assert [change.result.label for change in history] == ["a", "a", "a", None, None]
    assert [change.metadata for change in history] == [{"k": 1}, {"k": 1}, {}, {}, {}]


def test_an_id_of_another_type_is_no_id_of_it(http: TestClient) -> None:
    post_spans(http)
    annotate(http, KINDS[1], KINDS[1].body())
    for path in ("", "/history"):
        assert http.get(f"/v1/annotations/{global_id('SpanAnnotation', 1)}{path}").status_code == 404
        assert http.get(f"/v1/annotations/{global_id('TraceAnnotation', 1)}{path}").status_code == 200
        assert http.get(f"/v1/annotations/{global_id('Span', 1)}{path}").status_code == 422
        assert http.get(f"/v1/annotations/{global_id('TraceAnnotation', 99)}{path}").status_code == 404


@pytest.mark.parametrize("patch", [{"lable": "x"}, {"result": {"score": "NaN"}}, {"annotator_kind": "DOG"}, []])
def test_patches_that_cannot_be_meant(http: TestClient, patch: Any) -> None:
    post_spans(http)
    (one,) = annotate(http, KINDS[0], KINDS[0].body())
    assert http.patch(f"/v1/annotations/{one}", json=patch).status_code == 422
    assert len(read(http, f"/v1/annotations/{one}/history")) == 1


def test_each_filter_of_a_projects_annotations(http: TestClient) -> None:
    post_spans(http)
    for number, kind in enumerate(KINDS):
        annotate(
            http,
            kind,
            kind.body(name=f"n{number}", identifier=str(number), result={"score": number, "label": f"l{number}"}),
        )
    annotate(http, KINDS[0], KINDS[0].body(name="judged", annotator_kind="LLM"))

    def names(**params: Any) -> list[str]:
        return [row["name"] for row in read(http, f"{PROJECT}/annotations", **params)]

    assert names() == ["judged", "n3", "n2", "n1", "n0"]
    assert names(name=["n1", "n3"]) == ["n3", "n1"]
    assert names(exclude_name="judged", min_score=1, max_score=2) == ["n2", "n1"]
    assert names(target_kind="session") == ["n2"]
    assert names(identifier="1", label="l1") == ["n1"]
    assert names(annotator_kind="LLM", source="API") == ["judged"]
    assert names(source="APP") == names(user="ada") == []
    assert names(end_time="2026-01-01T00:00:00Z") == []
    assert len(names(start_time="2026-01-01T00:00:00Z")) == 5


def test_rubric_versions_stay_with_what_was_said_under_them(http: TestClient) -> None:
    post_spans(http)
    rubric = {"type": "FREEFORM", "name": "quality"}
    config = http.post("/v1/annotation_configs", json=rubric).json()["data"]["id"]
    (one,) = annotate(http, KINDS[1], KINDS[1].body())
    http.put(f"/v1/annotation_configs/{config}", json={**rubric, "description": "stricter"})
    assert http.get(f"/v1/annotations/{one}").json()["data"]["rubric_version"] == 1
    http.patch(f"/v1/annotations/{one}", json={"result": {"score": 1}})
    assert http.get(f"/v1/annotations/{one}").json()["data"]["rubric_version"] == 2
    assert [change["rubric_version"] for change in read(http, f"/v1/annotations/{one}/history")] == [1, 2]
    for identifier in (config, "quality"):
        versions = read(http, f"/v1/annotation_configs/{identifier}/versions")
        assert [(each["number"], each["config"]["description"]) for each in versions] == [(1, None), (2, "stricter")]
    http.delete(f"/v1/annotation_configs/{config}")
    assert len(read(http, f"/v1/annotation_configs/{config}/versions")) == 2
    assert http.get("/v1/annotation_configs/quality/versions").status_code == 404


def test_annotations_of_a_deleted_project_are_gone(http: TestClient) -> None:
    http.post("/v1/projects/brief/spans", json={"data": [_span()]})
    (one,) = annotate(http, KINDS[0], KINDS[0].body())
    assert http.delete("/v1/projects/brief").status_code == 204
    assert http.get(f"/v1/annotations/{one}").status_code == 404
    assert http.patch(f"/v1/annotations/{one}", json={"metadata": {}}).status_code == 404
    assert http.delete(f"/v1/annotations/{one}").status_code == 404


def _span() -> dict[str, Any]:
    return {
        "name": "x",
        "context": {"trace_id": TRACE, "span_id": SPAN},
        "start_time": "2026-11-01T10:00:00Z",
        "end_time": "2026-11-01T10:00:01Z",
    }


@pytest.mark.parametrize(
    ("headers", "code", "text"),
    [
        ({"content-type": "text/csv"}, 415, "Unsupported content type"),
        ({"content-type": "application/x-protobuf", "content-encoding": "br"}, 415, "Unsupported content encoding"),
        ({"content-type": "application/x-protobuf"}, 422, "Request body is invalid"),
    ],
)
def test_evaluations_that_are_refused(http: TestClient, headers: dict[str, str], code: int, text: str) -> None:
    answer = http.post("/v1/evaluations", content=b"\xff\xff", headers=headers)
    assert (answer.status_code, answer.text) == (code, text)
    arrow = http.post("/v1/evaluations", content=b"x", headers={"content-type": "application/x-pandas-arrow"})
    assert arrow.status_code == 422
    assert http.get("/v1/evaluations").status_code == 404
