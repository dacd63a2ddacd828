"""Traces: through arize-phoenix-client, blocking and asynchronous, and over plain HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ..server import Server
from .helpers import NOON, Json, a_rag_trace, a_span, id_of, send, spans_in


@pytest.fixture
def client(phoenix_client: Any) -> Any:
    return phoenix_client


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url) as http:
        yield http


@pytest.fixture
def spans(server: Server, project: str) -> list[Json]:
    """Four traces, a minute apart, that last 4, 3, 2 and 1 s; the second fails, the third is in a session."""
    return send(
        server,
        project,
        [
            a_span(
                "a", start=NOON, seconds=4, attributes={"llm.token_count.prompt": 3, "llm.token_count.completion": 4}
            ),
            a_span("b", start=NOON + timedelta(minutes=1), seconds=3, status_code="ERROR"),
            a_span("c", start=NOON + timedelta(minutes=2), seconds=2, attributes={"session.id": f"s-{project}"}),
            a_span("d", start=NOON + timedelta(minutes=3), seconds=1),
        ],
    )


def names(spans: list[Json], traces: list[Json]) -> str:
    """The traces by the names of their only spans, in order."""
    by_id = {span["context"]["trace_id"]: span["name"] for span in spans}
    return "".join(by_id[trace["trace_id"]] for trace in traces)


def listed(http: httpx.Client, project: str, **params: Any) -> list[Json]:
    response = http.get(f"/v1/projects/{project}/traces", params=params)
    assert response.status_code == 200, response.text
    data: list[Json] = response.json()["data"]
    return data


def test_a_trace_has_the_shape_that_the_client_declares(client: Any, project: str, spans: list[Json]) -> None:
    trace = client.traces.get_traces(project_identifier=project, sort="start_time", order="asc", include_spans=True)[0]
    (span,) = trace.pop("spans")
    ids = [trace.pop("id"), trace.pop("project_id"), span.pop("id")]
    assert all(isinstance(each, str) for each in ids)
    assert trace == {
        "trace_id": spans[0]["context"]["trace_id"],
        "start_time": "2026-03-01T12:00:00+00:00",
        "end_time": "2026-03-01T12:00:04+00:00",
        "token_count_prompt": 3,
        "token_count_completion": 4,
        "token_count_total": 7,
        "span_count": 1,
        "error_count": 0,
        "total_cost": 0.0,
    }
    assert span == {
        "span_id": id_of(spans[0]),
        "parent_id": None,
        "name": "a",
        "span_kind": "LLM",
        "status_code": "OK",
        "start_time": "2026-03-01T12:00:00+00:00",
        "end_time": "2026-03-01T12:00:04+00:00",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "dcba"),
        ({"order": "asc"}, "abcd"),
        ({"sort": "latency_ms"}, "abcd"),
        ({"sort": "latency_ms", "order": "asc"}, "dcba"),
        ({"start_time": NOON + timedelta(minutes=1)}, "dcb"),
        ({"end_time": NOON + timedelta(minutes=1)}, "a"),
        ({"error": True}, "b"),
        ({"error": False}, "dca"),
        ({"min_latency_ms": 3000}, "ba"),
        ({"max_latency_ms": 2000}, "dc"),
        ({"session_id": "nobody"}, ""),
    ],
)
def test_the_client_sorts_and_filters(client: Any, project: str, spans: list[Json], wanted: Json, found: str) -> None:
    assert names(spans, client.traces.get_traces(project_identifier=project, **wanted)) == found


def test_the_client_finds_the_traces_of_a_session(client: Any, project: str, spans: list[Json]) -> None:
    session = f"s-{project}"
    (row,) = client.sessions.list(project_name=project)
    for session_id in (session, [session, "nobody"], row["id"]):
        assert names(spans, client.traces.get_traces(project_identifier=project, session_id=session_id)) == "c"


@pytest.mark.parametrize("sort", ["start_time", "latency_ms"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_leave_nothing_out_and_show_nothing_twice(
    http: httpx.Client, server: Server, project: str, sort: str, order: str
) -> None:
    # Several start together, and last equally long.
    sent = send(
        server, project, [a_span(start=NOON + timedelta(minutes=n // 3), seconds=n // 4 + 1) for n in range(11)]
    )
    seen: list[str] = []
    cursor = None
    while True:
        params = {"sort": sort, "order": order, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = http.get(f"/v1/projects/{project}/traces", params=params).json()
        seen += [trace["trace_id"] for trace in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(sent)
    whole = [trace["trace_id"] for trace in listed(http, project, sort=sort, order=order)]
    assert seen == whole


def test_a_cursor_of_another_order_is_refused(http: httpx.Client, project: str, spans: list[Json]) -> None:
    cursor = http.get(f"/v1/projects/{project}/traces", params={"limit": 1}).json()["next_cursor"]
    for params in ({"cursor": "zz"}, {"cursor": cursor, "sort": "latency_ms"}):
        response = http.get(f"/v1/projects/{project}/traces", params=params)
        assert (response.status_code, response.text) == (422, "Invalid cursor")


def test_a_filter_narrows(http: httpx.Client, project: str, spans: list[Json]) -> None:
    assert names(spans, listed(http, project, filter="error_count == 1 or latency_ms < 2000")) == "db"
    assert names(spans, listed(http, project, filter="any(s.name in ['a', 'c'] for s in spans)")) == "ca"


def test_a_trace_whose_root_has_not_arrived_is_found_by_its_first_span(
    http: httpx.Client, server: Server, project: str
) -> None:
    """The root may be another service's, which sends its spans elsewhere."""
    first = a_span("first", parent_id="f" * 16, attributes={"input.value": "Where?", "user.id": "ada", "tier": "gold"})
    trace_id = first["context"]["trace_id"]
    later = a_span("later", trace_id=trace_id, parent_id="e" * 16, start=NOON + timedelta(seconds=1))
    send(server, project, [first, later, a_span("root", attributes={"input.value": "There."})])

    for condition in ("'where' in input", "input == 'Where?'", "user.id == 'ada'", "attributes['tier'] == 'gold'"):
        assert [each["trace_id"] for each in listed(http, project, filter=condition)] == [trace_id], condition
    root = a_span(
        "late root", trace_id=trace_id, start=NOON + timedelta(minutes=1), attributes={"input.value": "Root."}
    )
    send(server, project, [root])
    assert [each["trace_id"] for each in listed(http, project, filter="input == 'Root.'")] == [trace_id]
    assert listed(http, project, filter="'where' in input") == []


def test_a_wrong_filter_is_told_what_would_be_right(http: httpx.Client, project: str, spans: list[Json]) -> None:
    response = http.get(f"/v1/projects/{project}/traces", params={"filter": "num_spanz > 1"})
    assert response.status_code == 400
    assert response.text == "`num_spanz` is not a field of a trace; did you mean `num_spans`? (at character 1)"


def test_deleting_a_trace_takes_its_spans_along(http: httpx.Client, server: Server, project: str) -> None:
    chain, *_ = send(server, project, a_rag_trace())
    other, *_ = send(server, project, a_rag_trace())
    assert http.delete(f"/v1/traces/{chain['context']['trace_id']}").status_code == 204
    assert {span["context"]["trace_id"] for span in spans_in(server, project)} == {other["context"]["trace_id"]}
    (left,) = listed(http, project)
    assert http.delete(f"/v1/traces/{left['id']}").status_code == 204
    assert spans_in(server, project) == []
    assert http.delete(f"/v1/traces/{left['id']}").text == f"Trace with relay ID {left['id']!r} not found"
    assert http.delete("/v1/traces/zz").text == "Trace with trace_id 'zz' not found"


def test_deleting_a_time_range(http: httpx.Client, project: str, spans: list[Json]) -> None:
    bounds = {
        "start_time": (NOON + timedelta(minutes=1)).isoformat(),
        "end_time": (NOON + timedelta(minutes=3)).isoformat(),
    }
    assert http.delete(f"/v1/projects/{project}/traces").status_code == 422
    swapped = {"start_time": bounds["end_time"], "end_time": bounds["start_time"]}
    refused = http.delete(f"/v1/projects/{project}/traces", params=swapped)
    assert (refused.status_code, refused.text) == (422, "`start_time` must be strictly earlier than `end_time`.")
    assert http.delete(f"/v1/projects/{project}/traces", params=bounds).status_code == 204
    assert names(spans, listed(http, project)) == "da"


def test_a_transferred_trace_takes_everything_along(http: httpx.Client, server: Server, project: str) -> None:
    sent = send(server, project, a_rag_trace())
    stays = send(server, project, [a_span("stays", attributes={"input.value": "here"})])
    trace_id = sent[0]["context"]["trace_id"]
    note = {"span_id": id_of(sent[2]), "name": "q", "annotator_kind": "HUMAN", "result": {"label": "good"}}
    assert http.post("/v1/span_annotations", json={"data": [note]}, params={"sync": True}).status_code == 200
    before = {span["id"]: span for span in spans_in(server, project) if span["context"]["trace_id"] == trace_id}

    target = http.post("/v1/projects", json={"name": f"{project}-2"}).json()["data"]
    body = {"trace_identifiers": [trace_id], "destination_project_identifier": f"{project}-2"}
    for _ in range(2):  # safe to repeat
        moved = http.post("/v1/traces/transfer", json=body)
        assert moved.json() == {"data": {"transferred_trace_count": 1, "destination_project_id": target["id"]}}

    assert {span["id"]: span for span in spans_in(server, f"{project}-2")} == before
    (left,) = spans_in(server, project)
    assert (left["name"], left["attributes"]["input.value"]) == ("stays", "here")
    assert [trace["trace_id"] for trace in listed(http, f"{project}-2")] == [trace_id]
    assert [trace["trace_id"] for trace in listed(http, project)] == [stays[0]["context"]["trace_id"]]
    annotations = http.get(f"/v1/projects/{project}-2/span_annotations", params={"span_ids": id_of(sent[2])})
    assert [each["result"]["label"] for each in annotations.json()["data"]] == ["good"]
    sessions = http.get(f"/v1/projects/{project}-2/sessions").json()["data"]
    assert [session["session_id"] for session in sessions] == ["s-1"]


def test_a_transfer_needs_traces_and_a_project(http: httpx.Client, project: str, spans: list[Json]) -> None:
    unknown = {"trace_identifiers": ["zz"], "destination_project_identifier": project}
    nowhere = {"trace_identifiers": [spans[0]["context"]["trace_id"]], "destination_project_identifier": "nowhere"}
    answers = [http.post("/v1/traces/transfer", json=body) for body in (unknown, nowhere)]
    assert [(each.status_code, each.text) for each in answers] == [
        (404, "One or more traces not found"),
        (404, "Project with name nowhere not found"),
    ]


def test_spans_in_the_shape_of_otlp(http: httpx.Client, server: Server, project: str) -> None:
    (sent,) = send(server, project, [a_span("x", attributes={"input.value": "hi", "n": 1, "f": 0.5, "l": ["a"]})])
    page = http.get(f"/v1/projects/{project}/spans/otlpv1").json()
    (span,) = page["data"]
    values = {
        pair["key"]: {kind: value for kind, value in pair["value"].items() if value is not None}
        for pair in span.pop("attributes")
    }
    assert page["next_cursor"] is None
    assert values["input.value"] == {"string_value": "hi"}
    assert (values["n"], values["f"]) == ({"int_value": 1}, {"double_value": 0.5})
    assert values["l"]["array_value"]["values"][0]["string_value"] == "a"
    assert values["openinference.span.kind"] == {"string_value": "LLM"}
    assert span == {
        "dropped_attributes_count": None,
        "dropped_events_count": None,
        "dropped_links_count": None,
        "end_time_unix_nano": 1772366401000000000,
        "events": None,
        "flags": None,
        "kind": "SPAN_KIND_INTERNAL",
        "links": None,
        "name": "x",
        "parent_span_id": None,
        "span_id": id_of(sent),
        "start_time_unix_nano": 1772366400000000000,
        "status": {"code": 1, "message": None},
        "trace_id": sent["context"]["trace_id"],
        "trace_state": None,
    }


def test_a_project_follows_a_retention_policy(http: httpx.Client, project: str, spans: list[Json]) -> None:
    made = http.post("/v1/retention_policies", json={"name": f"week-{project}", "max_days": 1e4})
    policy = made.json()["data"]
    assert made.status_code == 201
    followed = http.patch(f"/v1/projects/{project}/retention", json={"policy_id": policy["id"]}).json()["data"]
    assert followed["policy_id"] == policy["id"]
    released = http.patch(f"/v1/projects/{project}/retention", json={"policy_id": None}).json()["data"]
    assert released == {"project_id": followed["project_id"], "policy_id": None}
    wrong = http.patch(f"/v1/projects/{project}/retention", json={"policy_id": "zzz"})
    assert (wrong.status_code, wrong.text) == (422, "Invalid retention policy ID: zzz")
    assert http.delete(f"/v1/retention_policies/{policy['id']}").status_code == 204
    assert http.patch(f"/v1/projects/{project}/retention", json={"policy_id": policy["id"]}).status_code == 404
