"""Writing, deleting and restoring annotations of any kind, over sockets, with several people and restarts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ..clients.helpers import HTTP, Json, a_rag_trace, a_span, id_of, send
from ..conftest import StartServer
from ..server import Server

ADA, BO = "app:Ada", "app:Bo"


def judgement(span_id: str, label: str = "good", identifier: str = ADA, **fields: Any) -> Json:
    return {
        "target": {"kind": "span", "id": span_id},
        "name": "tone",
        "annotator_kind": "HUMAN",
        "identifier": identifier,
        "source": "APP",
        "result": {"label": label, "score": 1, "explanation": None},
        **fields,
    }


def put(server: Server, *annotations: Json) -> httpx.Response:
    return HTTP.put(f"{server.base_url}/v1/annotations", json={"data": annotations})


def written(server: Server, *annotations: Json) -> list[Json]:
    answer = put(server, *annotations)
    assert answer.status_code == 200, answer.text
    data: list[Json] = answer.json()["data"]
    return data


def post(server: Server, path: str, body: Json) -> Json:
    answer = HTTP.post(f"{server.base_url}/v1/annotations/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def listed(server: Server, project: str, **params: Any) -> list[Json]:
    answer = HTTP.get(f"{server.base_url}/v1/projects/{project}/annotations", params=params)
    assert answer.status_code == 200, answer.text
    data: list[Json] = answer.json()["data"]
    return data


@pytest.fixture
def span_id(server: Server) -> str:
    [span] = send(server, "writing", [a_span()])
    return id_of(span)


def test_what_was_written_is_answered_and_read_back(server: Server) -> None:
    spans = send(server, "all-kinds", a_rag_trace())
    chain, search = id_of(spans[0]), id_of(spans[1])
    trace_id = spans[0]["context"]["trace_id"]
    targets: list[Json] = [
        {"kind": "span", "id": chain},
        {"kind": "document", "id": search, "position": 1},
        {"kind": "trace", "id": trace_id},
        {"kind": "session", "id": "s-1"},
    ]
    answered = written(server, *(judgement("", target=target, metadata={"n": [1]}) for target in targets))
    assert [each["target"]["kind"] for each in answered] == [target["kind"] for target in targets]
    assert all((each["source"], each["metadata"]) == ("APP", {"n": [1]}) for each in answered)
    found = listed(server, "all-kinds")
    assert [each["id"] for each in found] == [each["id"] for each in answered][::-1]
    shown = {each["target"]["kind"]: (each["target"]["name"], each["target"]["trace_id"]) for each in found}
    assert shown == {
        "span": ("chain", trace_id),
        "document": ("search", trace_id),
        "trace": ("chain", trace_id),
        "session": ("s-1", None),
    }
    of_two = listed(server, "all-kinds", target_id=[search, "s-1"])
    assert [each["target"]["kind"] for each in of_two] == ["session", "document"]
    assert listed(server, "all-kinds", target_kind="span", target_id=search) == []


def test_a_target_that_is_not_there_refuses_the_whole_request(server: Server, span_id: str) -> None:
    refused = put(server, judgement(span_id), judgement("ffffffffffffffff"))
    assert (refused.status_code, "ffffffffffffffff" in refused.text) == (404, True)
    spans = send(server, "documents", a_rag_trace())
    beyond = judgement("", target={"kind": "document", "id": id_of(spans[1]), "position": 2})
    assert put(server, beyond).status_code == 422
    assert listed(server, "writing", target_id=span_id) == []


def test_a_conflict_shows_what_stands_there(server: Server, span_id: str) -> None:
    [made] = written(server, judgement(span_id, if_updated_at=None))
    [changed] = written(server, judgement(span_id, "bad", if_updated_at=made["updated_at"]))
    assert (changed["id"], changed["result"]["label"]) == (made["id"], "bad")
    refused = put(
        server, judgement(span_id, identifier=BO), judgement(span_id, "ugly", if_updated_at=made["updated_at"])
    )
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    problem = refused.json()
    assert (problem["index"], problem["current"]) == (1, changed)
    assert [each["id"] for each in listed(server, "writing", target_id=span_id)] == [made["id"]]
    # Sending again what was written is no conflict: the answer may have been lost.
    assert written(server, judgement(span_id, "bad", if_updated_at=made["updated_at"])) == [changed]


def test_of_many_at_once_one_is_first(server: Server, span_id: str) -> None:
    with ThreadPoolExecutor(8) as people:
        answers = list(
            people.map(lambda n: put(server, judgement(span_id, f"label {n}", if_updated_at=None)), range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    [first] = [answer.json()["data"][0] for answer in answers if answer.status_code == 200]
    assert {answer.json()["current"]["id"] for answer in answers if answer.status_code == 409} == {first["id"]}


def test_deleting_by_filter_can_be_undone_also_after_a_restart(start_server: StartServer) -> None:
    server = start_server()
    spans = [id_of(span) for span in send(server, "undo", [a_span() for _ in range(700)])]
    written(server, *(judgement(each) for each in spans), *(judgement(each, identifier=BO) for each in spans[:5]))
    before = listed(server, "undo", limit=1000)
    assert len(before) == 705

    removed = post(server, "delete", {"project": "undo", "filter": {"identifier": [ADA]}})
    assert removed["deleted"] == 700
    assert len(listed(server, "undo", limit=1000)) == 5
    [newer] = written(server, judgement(spans[0], "newer"))

    server.stop()
    server.start()
    restored = post(server, "restore", {"removal_id": removed["removal_id"]})
    assert restored == {"restored": 699, "kept": 1, "lost": 0}
    after = {each["id"]: each for each in listed(server, "undo", limit=1000)}
    assert len(after) == 705
    assert after.pop(newer["id"])["result"]["label"] == "newer"
    assert all(each in before for each in after.values())
    summaries = HTTP.get(f"{server.base_url}/v1/projects/undo/annotation_summaries").json()["data"]
    assert [each["count"] for each in summaries] == [705]


def test_deleting_some_shows_in_their_history(server: Server, span_id: str) -> None:
    mine, yours = written(server, judgement(span_id), judgement(span_id, identifier=BO))
    removed = post(server, "delete", {"ids": [mine["id"], mine["id"]]})
    assert removed["deleted"] == 1
    assert [each["id"] for each in listed(server, "writing", target_id=span_id)] == [yours["id"]]
    post(server, "restore", {"removal_id": removed["removal_id"]})
    history = HTTP.get(f"{server.base_url}/v1/annotations/{mine['id']}/history").json()["data"]
    assert [each["action"] for each in history] == ["created", "deleted", "restored"]
    assert post(server, "delete", {"ids": []}) == {"deleted": 0, "removal_id": None}


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": [], "project": "writing", "filter": {}}, {"project": "writing"}, {"filter": {}}, {"ids": ["x"]}],
)
def test_deleting_nobody_knows_what_is_refused(server: Server, span_id: str, body: Json) -> None:
    assert HTTP.post(f"{server.base_url}/v1/annotations/delete", json=body).status_code == 422
