"""Sessions: through arize-phoenix-client, blocking and asynchronous, and over plain HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ..server import Server
from .helpers import NOON, Json, a_span, send, spans_in


@pytest.fixture
def client(phoenix_client: Any) -> Any:
    return phoenix_client


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url) as http:
        yield http


def a_turn(session: str, number: int) -> list[Json]:
    """One question and its answer, with the model's call below."""
    start = NOON + timedelta(minutes=number)
    attributes = {"session.id": session, "input.value": f"question {number}", "output.value": f"answer {number}"}
    root = a_span("turn", kind="CHAIN", start=start, seconds=2, attributes=attributes)
    tokens = {"llm.token_count.prompt": 10, "llm.token_count.completion": number}
    return [root, a_span(start=start, trace_id=root["context"]["trace_id"], parent_id="00" * 8, attributes=tokens)]


@pytest.fixture
def sessions(server: Server, project: str) -> list[str]:
    """Two conversations of two turns, and one of one turn."""
    ids = [f"{name}-{project}" for name in ("one", "two", "three")]
    turns = [(ids[0], 1), (ids[1], 2), (ids[0], 3), (ids[1], 4), (ids[2], 5)]
    for session, number in turns:
        send(server, project, a_turn(session, number))
    return ids


def test_the_client_gets_a_session(client: Any, project: str, sessions: list[str]) -> None:
    session = client.sessions.get(session_id=sessions[0])
    assert client.sessions.get(session_id=session["id"]) == session
    assert [set(trace) for trace in session["traces"]] == [{"id", "trace_id", "start_time", "end_time"}] * 2
    assert {key: session[key] for key in session.keys() - {"id", "project_id", "traces"}} == {
        "session_id": sessions[0],
        "start_time": "2026-03-01T12:01:00+00:00",
        "end_time": "2026-03-01T12:03:02+00:00",
        "token_count_prompt": 20,
        "token_count_completion": 4,
        "token_count_total": 24,
    }


def test_an_unknown_session_is_not_found(client: Any, http: httpx.Client) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        client.sessions.get(session_id="nobody")
    assert http.get("/v1/sessions/nobody").text == "Session with session_id nobody not found"


def test_the_client_lists_sessions(client: Any, project: str, sessions: list[str]) -> None:
    assert [each["session_id"] for each in client.sessions.list(project_name=project)] == sessions
    assert [each["session_id"] for each in client.sessions.list(project_name=project, limit=2)] == sessions[:2]


def test_the_client_makes_a_frame_of_sessions(client: Any, project: str, sessions: list[str]) -> None:
    frame = client.sessions.get_sessions_dataframe(project_name=project)
    assert list(frame["session_id"]) == sessions
    assert list(frame["num_traces"]) == [2, 2, 1]


def test_the_client_reads_the_turns_of_a_session(client: Any, project: str, sessions: list[str]) -> None:
    turns = client.sessions.get_session_turns(session_id=sessions[1])
    assert [(turn["input"]["value"], turn["output"]["value"]) for turn in turns] == [
        ("question 2", "answer 2"),
        ("question 4", "answer 4"),
    ]


def test_the_client_deletes_a_session(client: Any, server: Server, project: str, sessions: list[str]) -> None:
    client.sessions.delete(session_id=sessions[0])
    assert [each["session_id"] for each in client.sessions.list(project_name=project)] == sessions[1:]
    assert len(spans_in(server, project)) == 6


def test_the_client_deletes_several_sessions(client: Any, server: Server, project: str, sessions: list[str]) -> None:
    client.sessions.bulk_delete(session_ids=[sessions[0], "nobody", sessions[2]])
    (left,) = client.sessions.list(project_name=project)
    assert left["session_id"] == sessions[1]
    client.sessions.bulk_delete(session_ids=[left["id"]])
    assert client.sessions.list(project_name=project) == []
    assert spans_in(server, project) == []


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_go_both_ways(http: httpx.Client, project: str, sessions: list[str], order: str) -> None:
    seen: list[str] = []
    params: Json = {"order": order, "limit": 2}
    while True:
        page = http.get(f"/v1/projects/{project}/sessions", params=params).json()
        seen += [each["session_id"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == (sessions if order == "asc" else sessions[::-1])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("num_traces == 2", [0, 1]),
        ("'QUESTION 5' in any_input", [2]),
        ("first_input == 'question 1'", [0]),
        ("last_output == 'answer 4'", [1]),
        ("any(t.token_count_completion > 3 for t in traces)", [1, 2]),
        ("sum(t.latency_ms for t in traces) / len([t for t in traces]) == 2000", [0, 1, 2]),
    ],
)
def test_a_filter_narrows(
    http: httpx.Client, project: str, sessions: list[str], condition: str, found: list[int]
) -> None:
    page = http.get(f"/v1/projects/{project}/sessions", params={"filter": condition}).json()
    assert [each["session_id"] for each in page["data"]] == [sessions[number] for number in found]


def test_what_is_refused(http: httpx.Client, project: str, sessions: list[str]) -> None:
    (row, *_) = http.get(f"/v1/projects/{project}/sessions").json()["data"]
    mixed = http.post("/v1/sessions/delete", json={"session_identifiers": [row["id"], sessions[1]]})
    none = http.post("/v1/sessions/delete", json={"session_identifiers": []})
    wrong = http.get(f"/v1/projects/{project}/sessions", params={"filter": "any_input == 'x'"})
    assert [(each.status_code, each.text) for each in (mixed, none, wrong)] == [
        (422, "All identifiers must be the same type: either all GlobalIDs or all session_id strings."),
        (422, "Session identifier list must not be empty."),
        (400, "`any_input` can only stand on the right of `in` and `not in` (at character 1)"),
    ]
