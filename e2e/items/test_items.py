"""Items, review batches and deep links of a real server, as the page asks for them."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ..clients.helpers import HTTP, NOON, Json, a_rag_trace, a_span, id_of, send
from ..conftest import StartServer
from ..server import Server

PROJECT = "items"
API = f"/v1/projects/{PROJECT}"
ADA, BO = "app:Ada", "app:Bo"


@pytest.fixture(scope="module")
def chat(server: Server) -> list[Json]:
    """One session of two RAG traces, an hour apart, and a failed span alone."""
    first, second = a_rag_trace(), a_rag_trace('{"query": "And now?"}', NOON + timedelta(hours=1))
    alone = a_span("alone", start=NOON + timedelta(hours=2), status_code="ERROR", status_message="no model")
    return send(server, PROJECT, [*first, *second, alone])


def get(server: Server, path: str, **params: Any) -> Any:
    answer = HTTP.get(server.base_url + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def items(server: Server, kind: str, **params: Any) -> list[Json]:
    found: list[Json] = get(server, f"{API}/items", target_kind=kind, **params)["data"]
    return found


def put(server: Server, *annotations: Json) -> httpx.Response:
    return HTTP.put(f"{server.base_url}/v1/annotations", json={"data": annotations})


def judgement(target: Json, label: str = "good", identifier: str = ADA, **fields: Any) -> Json:
    return {
        "target": target,
        "name": "tone",
        "annotator_kind": "HUMAN",
        "identifier": identifier,
        "source": "APP",
        "result": {"label": label, "score": 1, "explanation": None},
        **fields,
    }


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_span_says_what_it_is_in_words(server: Server, chat: list[Json]) -> None:
    newest, *_, model, search, chain = items(server, "span")
    assert (newest["name"], newest["status_code"], newest["status_message"]) == ("alone", "ERROR", "no model")
    assert (chain["id"], chain["parent_id"], chain["session_id"]) == (id_of(chat[0]), None, "s-1")
    assert (chain["input"], chain["output"]) == ("Where is my parcel?", "At the depot.")
    assert (search["parent_id"], search["output"]) == (chain["id"], "Depots open at 8.")
    assert (model["model"], model["total_tokens"], model["output"]) == ("gpt-5", 12, "At the depot.")
    assert model["latency_ms"] == 1000.0
    # Its global id serves wherever its own id does.
    assert get(server, f"/v1/spans/{quote(model['global_id'], safe='')}")["context"]["span_id"] == model["id"]


def test_traces_and_sessions_say_what_is_in_them(server: Server, chat: list[Json]) -> None:
    _, second, first = items(server, "trace")
    assert (first["name"], first["input"], first["span_count"]) == ("chain", "Where is my parcel?", 3)
    assert second["input"] == "And now?"
    [session] = items(server, "session")
    assert (session["id"], session["input"], session["output"]) == ("s-1", "Where is my parcel?", "At the depot.")
    assert (session["trace_count"], session["span_count"], session["status_code"]) == (2, 6, None)


def test_filters_windows_and_roots_narrow_lists_and_counts_alike(server: Server, chat: list[Json]) -> None:
    window = {"start_time": NOON.isoformat(), "end_time": (NOON + timedelta(minutes=30)).isoformat()}
    for params, names in (
        ({"roots_only": True}, ["alone", "chain", "chain"]),
        ({"filter": "span_kind == 'RETRIEVER'"}, ["search", "search"]),
        (window, ["ChatCompletion", "search", "chain"]),
        ({**window, "order": "asc"}, ["chain", "search", "ChatCompletion"]),
        ({"filter": "name == 'nothing'"}, []),
    ):
        assert [item["name"] for item in items(server, "span", **params)] == names
        counted = {key: value for key, value in params.items() if key != "order"}
        count = get(server, f"{API}/items/count", target_kind="span", **counted)
        assert count == {"count": len(names), "exact": True}


def test_a_list_is_read_page_by_page(server: Server, chat: list[Json]) -> None:
    for kind, total in (("span", 7), ("trace", 3), ("session", 1)):
        seen: list[str] = []
        page: Json = {"next_cursor": None}
        while True:
            page = get(server, f"{API}/items", target_kind=kind, limit=2, cursor=page["next_cursor"] or "")
            seen += [item["id"] for item in page["data"]]
            if page["next_cursor"] is None:
                break
        assert len(seen) == len(set(seen)) == total
    cursor = get(server, f"{API}/items", target_kind="span", limit=1)["next_cursor"]
    other_list = {"target_kind": "trace", "cursor": cursor}
    assert HTTP.get(f"{server.base_url}{API}/items", params=other_list).status_code == 422


def test_counting_stops_at_the_limit_of_the_setting(start_server: StartServer) -> None:
    server = start_server(environment={"RUBRICATE_MAX_COUNT": "2"})
    send(server, PROJECT, [a_span() for _ in range(3)])
    assert get(server, f"{API}/items/count", target_kind="span") == {"count": 2, "exact": False}
    assert get(server, f"{API}/items/count", target_kind="session") == {"count": 0, "exact": True}


# --- review -----------------------------------------------------------------------------------------------------------


def test_a_reviewer_gets_the_item_its_steps_and_only_their_own_answers(server: Server) -> None:
    spans = send(server, "review", a_rag_trace())
    chain, search, model = map(id_of, spans)
    trace_id = spans[0]["context"]["trace_id"]
    wrote = put(
        server,
        judgement({"kind": "trace", "id": trace_id}),
        judgement({"kind": "trace", "id": trace_id}, "bad", BO),
        judgement({"kind": "trace", "id": trace_id}, "bad", "judge", annotator_kind="LLM", name="truth"),
        judgement({"kind": "trace", "id": trace_id}, name="note"),
        judgement({"kind": "document", "id": search, "position": 1}),
        judgement({"kind": "document", "id": search, "position": 0}, identifier=BO),
    )
    assert wrote.status_code == 200, wrote.text

    [found] = get(server, "/v1/projects/review/review_items", target_kind="trace", annotator=ADA)["data"]
    assert {each["name"]: each["identifier"] for each in found["item"]["annotations"]} == {"tone": ADA, "note": ADA}
    assert found["others"] == {"tone": 1, "truth": 1}
    assert found["span"]["context"]["span_id"] == chain
    assert found["span"]["attributes"]["input.value"] == "Where is my parcel?"
    assert [(step["span_id"], step["parent_id"]) for step in found["steps"]] == [
        (chain, None),
        (search, chain),
        (model, chain),
    ]
    assert [step["annotation_count"] for step in found["steps"]] == [0, 2, 0]
    assert (found["steps_complete"], found["truncated"], found["turns"]) == (True, [], [])

    params = {"target_kind": "span", "annotator": ADA, "id": [search, "0000000000000000"]}
    [found] = get(server, "/v1/projects/review/review_items", **params)["data"]
    assert [each["target"]["position"] for each in found["item"]["annotations"]] == [1]
    assert (found["item"]["annotation_count"], found["others"]) == (2, {"tone": 1})


def test_a_session_is_reviewed_turn_by_turn(server: Server, chat: list[Json]) -> None:
    [found] = get(server, f"{API}/review_items", target_kind="session", annotator=ADA)["data"]
    assert [(turn["input"], turn["output"]) for turn in found["turns"]] == [
        ("Where is my parcel?", "At the depot."),
        ("And now?", "At the depot."),
    ]
    assert [turn["span_id"] for turn in found["turns"]] == [id_of(chat[0]), id_of(chat[3])]
    assert (found["span"], found["steps"]) == (None, [])


def test_the_turns_of_a_session_come_in_pages(server: Server, chat: list[Json]) -> None:
    first = get(server, "/v1/sessions/s-1/turns", limit=1)
    second = get(server, "/v1/sessions/s-1/turns", limit=1, cursor=first["next_cursor"])
    assert [turn["span_id"] for turn in first["data"] + second["data"]] == [id_of(chat[0]), id_of(chat[3])]
    assert second["next_cursor"] is None
    [review] = get(server, f"{API}/review_items", target_kind="session", annotator=ADA)["data"]
    assert first["data"] + second["data"] == review["turns"]
    unknown = HTTP.get(f"{server.base_url}/v1/sessions/nobody/turns")
    assert unknown.status_code == 404
    assert "nobody" in unknown.text


def test_a_long_attribute_is_cut_for_review_and_whole_elsewhere(server: Server) -> None:
    text = "word " * 20_000
    [span] = send(server, "long", [a_span(attributes={"output.value": text, "short": "s"})])
    [found] = get(server, "/v1/projects/long/review_items", target_kind="span", annotator=ADA)["data"]
    assert found["truncated"] == ["output.value"]
    assert found["span"]["attributes"]["output.value"] == text[:65_536]
    assert found["span"]["attributes"]["short"] == "s"
    assert get(server, f"/v1/spans/{id_of(span)}")["attributes"]["output.value"] == text


def test_a_large_trace_is_shown_in_part_for_review_and_whole_by_itself(server: Server) -> None:
    root = a_span("root")
    trace_id = root["context"]["trace_id"]
    later = NOON + timedelta(seconds=1)
    children = [a_span(f"{n}", trace_id=trace_id, parent_id=id_of(root), start=later) for n in range(600)]
    send(server, "large", [root, *children])
    [found] = get(server, "/v1/projects/large/review_items", target_kind="trace", annotator=ADA)["data"]
    assert (len(found["steps"]), found["steps_complete"]) == (500, False)
    whole = get(server, f"/v1/traces/{trace_id}")
    assert (len(whole["steps"]), whole["steps_complete"], whole["root_span_id"]) == (601, True, id_of(root))
    assert whole["project"]["name"] == "large"


# --- deep links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["/o/span/{}", "/redirects/spans/{}", "/projects/anything/spans/{}"])
def test_a_span_link_leads_to_its_place_in_its_trace(server: Server, chat: list[Json], form: str) -> None:
    span_id, trace_id = id_of(chat[1]), chat[1]["context"]["trace_id"]
    answer = HTTP.get(server.base_url + form.format(span_id))
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/p/{PROJECT}/t/{trace_id}?span={span_id}"


def test_other_links_lead_where_they_say(server: Server, chat: list[Json]) -> None:
    trace_id = chat[0]["context"]["trace_id"]
    project_id = get(server, API)["data"]["id"]
    item = items(server, "span")[0]
    for link, page in (
        (f"/o/trace/{trace_id}", f"/p/{PROJECT}/t/{trace_id}"),
        (f"/redirects/traces/{trace_id}", f"/p/{PROJECT}/t/{trace_id}"),
        (f"/projects/{project_id}/traces/{trace_id}", f"/p/{PROJECT}/t/{trace_id}"),
        (
            f"/projects/{project_id}/traces/{item['trace_id']}?selectedSpanNodeId={quote(item['global_id'])}",
            f"/p/{PROJECT}/t/{item['trace_id']}?span={item['id']}",
        ),
        ("/o/session/s-1", f"/p/{PROJECT}/s/s-1"),
        ("/redirects/sessions/s-1", f"/p/{PROJECT}/s/s-1"),
        (f"/redirects/projects/{PROJECT}", f"/p/{PROJECT}"),
        (f"/projects/{project_id}", f"/p/{PROJECT}"),
        (f"/projects/{project_id}/traces", f"/p/{PROJECT}/explore?level=traces"),
        (f"/projects/{project_id}/metrics", f"/p/{PROJECT}"),
    ):
        answer = HTTP.get(server.base_url + link)
        assert (answer.status_code, answer.headers.get("location")) == (302, page), link


def test_names_that_cannot_stand_in_an_address_are_escaped(server: Server) -> None:
    text = {"stringValue": "a/b"}
    session = {"stringValue": "x/y z"}
    span = {"traceId": "0a" * 16, "spanId": "0b" * 8, "name": "n", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    span |= {"attributes": [{"key": "session.id", "value": session}]}
    resource = {"attributes": [{"key": "openinference.project.name", "value": text}]}
    export = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    HTTP.post(f"{server.base_url}/v1/traces", json=export).raise_for_status()
    project_id = next(each["id"] for each in get(server, "/v1/projects")["data"] if each["name"] == "a/b")

    page = f"/p/{quote(project_id, safe='')}"
    answer = HTTP.get(f"{server.base_url}/o/session/x/y z")
    assert answer.headers["location"] == f"{page}/s/x%2Fy%20z"
    assert HTTP.get(f"{server.base_url}/o/trace/{'0a' * 16}").headers["location"] == f"{page}/t/{'0a' * 16}"


def test_a_link_to_nothing_says_so_in_words(server: Server) -> None:
    for link in ("/o/span/abcd", "/o/trace/zz", "/redirects/sessions/none", "/projects/none/traces"):
        browser = HTTP.get(server.base_url + link, headers={"accept": "text/html,*/*"})
        assert (browser.status_code, browser.headers["content-type"]) == (404, "text/html; charset=utf-8"), link
        assert "There is no" in browser.text
        assert HTTP.get(server.base_url + link).headers["content-type"].startswith("text/plain")
    evil = HTTP.get(f"{server.base_url}/o/session/<script>alert(1)</script>", headers={"accept": "text/html"})
    assert "<script>" not in evil.text
