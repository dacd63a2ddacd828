"""Small rules of the wire that clients rely on without saying so (docs/compatibility.md lists them all)."""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from ..server import Server
from .helpers import NOON, Json, a_rag_trace, a_span, id_of, new_span_id, new_trace_id, send
from .prompts import a_prompt, a_version

LISTS = {
    "/v1/projects": "Project",
    "/v1/projects/{}/spans": "Span",
    "/v1/projects/{}/traces": "Trace",
    "/v1/projects/{}/sessions": "ProjectSession",
    "/v1/projects/{}/annotations": "(Span|Trace|ProjectSession|Document)Annotation",
    "/v1/projects/{}/span_annotations?identifier=me": "SpanAnnotation",
    "/v1/projects/{}/trace_annotations?identifier=me": "TraceAnnotation",
    "/v1/projects/{}/session_annotations?identifier=me": "ProjectSessionAnnotation",
    "/v1/projects/{}/document_annotations?identifier=me": "DocumentAnnotation",
    "/v1/annotation_configs": "(Categorical|Continuous|Freeform)AnnotationConfig",
    "/v1/projects/{}/annotation_configs": "(Categorical|Continuous|Freeform)AnnotationConfig",
    "/v1/prompts": "Prompt",
    "/v1/prompts/prompt-1/versions": "PromptVersion",
    "/v1/retention_policies": "ProjectTraceRetentionPolicy",
}


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def shop(server: Server, http: httpx.Client) -> str:
    """A project with two of everything."""
    for number in (1, 2):
        chain, retriever, _ = send(server, "shop", a_rag_trace())
        send(server, "shop", [a_span(attributes={"session.id": f"session {number}"})])
        targets: dict[str, Json] = {
            "span": {"span_id": id_of(chain)},
            "trace": {"trace_id": chain["context"]["trace_id"]},
            "session": {"session_id": f"session {number}"},
            "document": {"span_id": id_of(retriever), "document_position": 0},
        }
        for kind, target in targets.items():
            annotation = {"name": "n", "annotator_kind": "CODE", "result": {"score": 1}, "identifier": "me", **target}
            assert http.post(f"/v1/{kind}_annotations?sync=true", json={"data": [annotation]}).is_success
        config = http.post("/v1/annotation_configs", json={"type": "FREEFORM", "name": f"config {number}"})
        http.put(f"/v1/projects/shop/annotation_configs/config {number}").raise_for_status()
        assert config.is_success
        http.post("/v1/prompts", json=a_prompt(f"prompt-{number}")).raise_for_status()
        http.post("/v1/prompts", json=a_prompt("prompt-1")).raise_for_status()
        http.post("/v1/retention_policies", json={"name": str(number), "max_days": 36500}).raise_for_status()
    http.post("/v1/projects", json={"name": "another"}).raise_for_status()
    return "shop"


@pytest.mark.parametrize(("path", "type_name"), LISTS.items(), ids=LISTS)
def test_a_list_has_data_a_cursor_or_null_and_global_ids(
    http: httpx.Client, shop: str, path: str, type_name: str
) -> None:
    url = path.format(shop)
    more = "&" if "?" in url else "?"

    first = http.get(f"{url}{more}limit=1").json()
    page = http.get(f"{url}{more}limit=1000").json()

    assert set(first) == set(page) == {"data", "next_cursor"}
    assert isinstance(first["next_cursor"], str)
    assert page["next_cursor"] is None
    assert len(page["data"]) >= 2
    for each in page["data"]:
        assert re.fullmatch(rf"{type_name}:\d+", base64.b64decode(each["id"], validate=True).decode())


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["id", "start_time"])
def test_spans_come_by_arrival_or_by_start_page_by_page(
    http: httpx.Client, server: Server, sort: str, order: str
) -> None:
    project = f"sorted-{sort}-{order}"
    sent = [a_span(start=NOON + timedelta(seconds=second)) for second in (30, 10, 20, 10, 40)]
    for span in sent:
        send(server, project, [span])
    arrived = [id_of(span) for span in sent]
    ascending = [arrived[place] for place in (1, 3, 2, 0, 4)] if sort == "start_time" else arrived

    found: list[str] = []
    params: Json = {"sort": sort, "order": order, "limit": 2}
    while True:
        page = http.get(f"/v1/projects/{project}/spans", params=params).json()
        found += [id_of(span) for span in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert found == (ascending if order == "asc" else ascending[::-1])
    other = "id" if sort == "start_time" else "start_time"
    refused = http.get(f"/v1/projects/{project}/spans", params={**params, "sort": other})
    assert refused.status_code == 422
    assert refused.text.startswith("Invalid cursor")


def test_annotations_come_ten_at_a_time_unless_more_are_asked_for(
    http: httpx.Client, server: Server, project: str
) -> None:
    span_id = id_of(send(server, project, [a_span()])[0])
    batch = [{"span_id": span_id, "name": f"n{number}", "annotator_kind": "CODE"} for number in range(12)]
    http.post("/v1/span_annotations", json={"data": batch}).raise_for_status()
    url = f"/v1/projects/{project}/span_annotations"
    thousand = [span_id, *(f"{number:016x}" for number in range(999))]

    assert len(http.get(url, params={"span_ids": span_id}).json()["data"]) == 10
    assert len(http.get(url, params={"span_ids": thousand, "limit": 1000}).json()["data"]) == 12


def test_a_description_stays_unless_another_is_given(http: httpx.Client, project: str) -> None:
    http.post("/v1/projects", json={"name": project, "description": "Desk"}).raise_for_status()
    url = f"/v1/projects/{project}"

    assert http.put(url, json={}).json()["data"]["description"] == "Desk"
    assert http.put(url, json={"name": f"{project}-2"}).json()["data"]["description"] == "Desk"
    assert http.put(f"{url}-2", json={"description": "Shop"}).json()["data"]["description"] == "Shop"
    assert http.put(f"{url}-2", json={"description": None}).json()["data"]["description"] is None


def test_unknown_keys_are_ignored(http: httpx.Client, server: Server, project: str) -> None:
    """Clients send some: the one from npm a `project_name` here and there."""
    span_id = id_of(send(server, project, [a_span(unknown=1)])[0])
    odd: Json = {"project_name": "x", "unknown": {"a": [1]}}
    annotation = {"span_id": span_id, "name": "n", "annotator_kind": "CODE", "result": {"score": 1, **odd}, **odd}
    document = {"span_id": span_id, "document_position": 0, "name": "n", "annotator_kind": "CODE", **odd}
    trace = {"trace_id": new_trace_id(), "name": "n", "annotator_kind": "CODE", **odd}
    session = {"session_id": "s", "name": "n", "annotator_kind": "CODE", **odd}
    bodies: dict[str, Json] = {
        "/v1/projects": {"name": f"{project}-2", **odd},
        "/v1/span_annotations": {"data": [annotation], **odd},
        "/v1/trace_annotations": {"data": [trace], **odd},
        "/v1/session_annotations": {"data": [session], **odd},
        "/v1/document_annotations": {"data": [document], **odd},
        "/v1/span_notes": {"data": {"span_id": span_id, "note": "n", **odd}, **odd},
        "/v1/annotation_configs": {"type": "FREEFORM", "name": project, **odd},
        "/v1/sessions/delete": {"session_identifiers": ["s"], **odd},
        "/v1/prompts": {"prompt": {"name": project, **odd}, "version": a_version(**odd), **odd},
        "/v1/retention_policies": {"name": project, "max_days": 36500, **odd},
    }

    for url, body in bodies.items():
        assert http.post(url, json=body).is_success, url


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "multipart/mixed"),
        ("*/*", "application/x-pandas-arrow"),
        ("application/json, */*", "application/x-pandas-arrow"),
        ("application/x-pandas-arrow", "application/x-pandas-arrow"),
    ],
)
def test_a_frame_is_json_only_for_who_accepts_exactly_that(
    http: httpx.Client, shop: str, accept: str, kind: str
) -> None:
    response = http.post("/v1/spans", params={"project_name": shop}, json={"queries": [{}]}, headers={"accept": accept})

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    "headers",
    [{"api_key": "k"}, {"api-key": "k"}, {"x-api-key": "k"}, {"authorization": "Bearer k"}, {"authorization": "k"}],
    ids=str,
)
def test_a_key_is_taken_and_not_asked_for(http: httpx.Client, shop: str, headers: dict[str, str]) -> None:
    assert http.get("/v1/projects", headers=headers).status_code == 200
    assert http.get("/v1/projects").status_code == 200


@pytest.mark.parametrize("sync", [True, False])
def test_times_of_annotations_are_told_apart_by_the_microsecond(
    http: httpx.Client, server: Server, project: str, sync: bool
) -> None:
    span_id = id_of(send(server, project, [a_span()])[0])
    for number in range(5):
        body = {"data": [{"span_id": span_id, "name": f"n{number}", "annotator_kind": "CODE"}]}
        http.post("/v1/span_annotations", params={"sync": sync}, json=body).raise_for_status()

    data = http.get(f"/v1/projects/{project}/span_annotations", params={"span_ids": span_id}).json()["data"]

    assert len({each["updated_at"] for each in data}) == 5


def test_a_document_is_annotated_by_several_annotators(http: httpx.Client, server: Server, project: str) -> None:
    """Phoenix refuses an identifier here."""
    retriever = id_of(send(server, project, a_rag_trace())[1])
    one: Json = {"span_id": retriever, "document_position": 0, "name": "relevant", "annotator_kind": "HUMAN"}
    batch = [one | {"identifier": who, "result": {"label": who}} for who in ("ada", "bo")]
    http.post("/v1/document_annotations?sync=true", json={"data": batch}).raise_for_status()

    data = http.get(f"/v1/projects/{project}/document_annotations", params={"span_ids": retriever}).json()["data"]

    assert sorted(each["result"]["label"] for each in data) == ["ada", "bo"]


def test_an_unknown_target_is_answered_alike_for_every_kind(http: httpx.Client) -> None:
    for kind, target in {
        "span": {"span_id": new_span_id()},
        "trace": {"trace_id": new_trace_id()},
        "session": {"session_id": "unheard of"},
        "document": {"span_id": new_span_id(), "document_position": 0},
    }.items():
        url, body = f"/v1/{kind}_annotations", {"data": [{"name": "n", "annotator_kind": "CODE", **target}]}
        unwaited, waited = http.post(url, json=body), http.post(f"{url}?sync=true", json=body)
        assert (unwaited.status_code, unwaited.json()) == (200, {"data": []})
        assert waited.status_code == 404
        assert waited.headers["content-type"].startswith("text/plain")
