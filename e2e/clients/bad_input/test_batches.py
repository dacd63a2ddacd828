"""One bad item in many: all or nothing."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ...server import Server
from ..helpers import Json, a_rag_trace, a_span, annotations_of, id_of, send, spans_in
from .requests import CONFIG, HUGE, about, an_annotation, post_json, refused, taken


@pytest.mark.parametrize(
    "bad",
    [
        {"span_id": "xyz"},
        {"name": ""},
        {"annotator_kind": "ROBOT"},
        {"result": {"label": True}},
        {"result": {"score": "high"}},
        {"metadata": []},
        {"name": "note"},
        {"span_id": "f" * 16},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 50, 99])
def test_one_bad_annotation_refuses_them_all(
    http: httpx.Client, server: Server, project: str, span_id: str, bad: Json, place: int
) -> None:
    batch = [an_annotation(span_id, name=f"n{number}") for number in range(100)]
    batch[place] |= bad

    refused(
        post_json(http, "/v1/span_annotations?sync=true", {"data": batch}),
        next(iter(bad)) if bad != {"span_id": "f" * 16} else "f" * 16,
    )

    assert annotations_of(server, project, span_id) == []


@pytest.mark.parametrize("kind", ["trace", "session", "document"])
@pytest.mark.parametrize(
    "bad",
    [
        {"target": "another"},
        {"name": ""},
        {"annotator_kind": "ROBOT"},
        {"result": {"score": "high"}},
        {"metadata": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 99])
def test_one_bad_annotation_of_another_target_refuses_them_all(
    http: httpx.Client, server: Server, project: str, kind: str, bad: Json, place: int
) -> None:
    spans = send(server, project, a_rag_trace())
    trace_id, retriever = spans[0]["context"]["trace_id"], id_of(spans[1])
    send(server, project, [a_span(attributes={"session.id": project})])
    target, unknown = {
        "trace": ({"trace_id": trace_id}, {"trace_id": "f" * 32}),
        "session": ({"session_id": project}, {"session_id": "no such session"}),
        "document": ({"span_id": retriever, "document_position": 0}, {"document_position": 2}),
    }[kind]
    batch = [about(**target)["data"][0] | {"name": f"n{number}"} for number in range(100)]
    batch[place] |= unknown if "target" in bad else bad

    response = post_json(http, f"/v1/{kind}_annotations?sync=true", {"data": batch})

    refused(response, *map(str, unknown.values() if "target" in bad else bad))
    assert http.get(f"/v1/projects/{project}/annotations").json()["data"] == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_unknown_trace_keeps_all_where_they_are(
    http: httpx.Client, server: Server, project: str, place: int
) -> None:
    trace_ids = [send(server, project, [a_span()])[0]["context"]["trace_id"] for _ in range(2)]
    trace_ids.insert(place, "f" * 32)
    there = f"{project}-there"
    send(server, there, [a_span()])

    body = {"trace_identifiers": trace_ids, "destination_project_identifier": there}
    refused(http.post("/v1/traces/transfer", json=body), "traces", status=404)

    assert (len(spans_in(server, project)), len(spans_in(server, there))) == (2, 1)


@pytest.mark.parametrize(
    "bad",
    [{"result": {"score": "high"}}, {"annotator_kind": "ROBOT"}, {"metadata": 5}, {"name": "other"}, {"unknown": 1}],
    ids=str,
)
def test_a_bad_patch_changes_nothing(http: httpx.Client, server: Server, project: str, span_id: str, bad: Json) -> None:
    taken(post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]}))
    [before] = annotations_of(server, project, span_id)
    url = f"/v1/annotations/{quote(before['id'], safe='')}"

    refused(http.patch(url, json={"result": {"label": "changed"}} | bad), next(iter(bad)), status=422)

    assert annotations_of(server, project, span_id) == [before]
    assert len(http.get(f"{url}/history").json()["data"]) == 1


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": " "}, "name"),
        ({"max_days": 0}, "max_days"),
        ({"max_days": -1}, "max_days"),
        ({"max_days": 1e9}, "max_days"),
        ({"max_days": float("nan")}, "max_days"),
        ({"max_traces": 0}, "max_traces"),
        ({"max_traces": 1.5}, "max_traces"),
        ({"max_traces": HUGE}, "max_traces"),
        ({"max_days": None, "max_traces": None}, "max_days"),
    ],
)
def test_a_retention_policy_that_cannot_be_meant(http: httpx.Client, project: str, change: Json, part: str) -> None:
    policy = {"name": project, "max_days": 36500, "max_traces": 9} | change

    refused(post_json(http, "/v1/retention_policies", policy), part, status=422)

    names = [each["name"] for each in http.get("/v1/retention_policies?limit=1000").json()["data"]]
    assert project not in names


@pytest.mark.parametrize("position", [-1, HUGE, 2**31, 0.5, "first", None])
def test_a_document_position_that_is_none(http: httpx.Client, span_id: str, position: Any) -> None:
    body = about(span_id=span_id, document_position=position)

    refused(post_json(http, "/v1/document_annotations", body), "document_position", status=422)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": 5},
        {"context": {"span_id": "xyz", "trace_id": "00"}},
        {"start_time": "2026-01-01T00:00:00"},
        {"start_time": "2300-01-01T00:00:00Z"},
        {"status_code": "FINE"},
        {"events": [{"timestamp": "2026-01-01T00:00:00Z"}]},
        {"attributes": [1]},
    ],
    ids=str,
)
def test_one_bad_span_refuses_them_all(http: httpx.Client, server: Server, project: str, bad: Json) -> None:
    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(), a_span() | bad, a_span()]})

    refused(response, next(iter(bad)))
    assert spans_in(server, project) == []
    assert http.get(f"/v1/projects/{project}").status_code == 404, "not even the project is made"


def test_the_same_span_twice_in_a_batch(http: httpx.Client, server: Server, project: str) -> None:
    span = a_span()

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [span, span]})

    assert response.status_code == 400
    assert json.loads(response.text)["duplicate_spans"] == [span["context"]]
    assert spans_in(server, project) == []


def test_an_empty_batch_is_nothing(http: httpx.Client, project: str) -> None:
    assert post_json(http, "/v1/span_annotations", {"data": []}).json() == {"data": []}
    assert post_json(http, "/v1/span_annotations?sync=true", {"data": []}).json() == {"data": []}
    response = post_json(http, f"/v1/projects/{project}/spans", {"data": []})
    assert (response.status_code, response.json()) == (202, {"total_received": 0, "total_queued": 0})


@pytest.mark.parametrize("sync", ["maybe", "", "2", "TRUE!", "\0"])
def test_a_flag_that_is_none(http: httpx.Client, sync: str) -> None:
    refused(http.post("/v1/span_annotations", params={"sync": sync}, json={"data": []}), "sync", status=422)


def test_too_many_ids_at_once(http: httpx.Client) -> None:
    query = "&".join(f"span_ids={number:016x}" for number in range(1001))

    response = http.get(f"/v1/projects/default/span_annotations?{query}")

    refused(response)


def test_deleting_without_a_bound_is_refused(http: httpx.Client, server: Server, project: str, span_id: str) -> None:
    post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]})
    url = f"/v1/projects/{project}/span_annotations"

    for query in (
        "",
        "?name=tone",
        "?start_time=2020-01-01T00:00:00Z",
        "?delete_all=false",
        "?annotator_kind=ROBOT&delete_all=true",
        "?start_time=2999-01-01T00:00:00Z&end_time=2020-01-01T00:00:00Z",
        "?start_time=2020-01-01T00:00:00Z&end_time=2020-01-01T00:00:00Z&delete_all=true",
    ):
        refused(http.delete(url + query), status=422)
    assert len(annotations_of(server, project, span_id)) == 1


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"values": []}, 400, "values"),
        ({"values": [{"label": ""}]}, 400, "label"),
        ({"values": [{"label": "a"}, {"label": "a"}]}, 400, "duplicate"),
        ({"values": None}, 422, "values"),
        ({"type": "OTHER"}, 422, "type"),
        ({"type": None}, 422, "type"),
        ({"optimization_direction": "SIDEWAYS"}, 422, "optimization_direction"),
        ({"type": "CONTINUOUS", "lower_bound": 2, "upper_bound": 1}, 400, "lower_bound"),
        ({"type": "CONTINUOUS", "lower_bound": 1, "upper_bound": 1}, 400, "lower_bound"),
        ({"type": "CONTINUOUS", "lower_bound": float("nan")}, 422, "lower_bound"),
        ({"type": "FREEFORM", "threshold": float("inf")}, 422, "threshold"),
    ],
)
def test_a_config_that_cannot_be_meant(http: httpx.Client, project: str, change: Json, status: int, part: str) -> None:
    refused(post_json(http, "/v1/annotation_configs", CONFIG | {"name": project} | change), part, status=status)

    refused(http.get(f"/v1/annotation_configs/{project}"), status=404)
