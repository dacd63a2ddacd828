"""What people found, as examples: which items, whose answer, and what is left out and why."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ..server import Server
from .helpers import Json, a_rag_trace, a_span, id_of, new_span_id, send


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=False, timeout=20) as client:
        yield client


@pytest.fixture
def dataset(http: httpx.Client) -> str:
    """The id of an empty one."""
    made = http.post("/v1/datasets", json={"name": f"found {uuid.uuid4().hex[:12]}"}).raise_for_status()
    return str(made.json()["data"]["id"])


def added(http: httpx.Client, dataset: str, **wanted: Any) -> Json:
    answer = http.post(f"/v1/datasets/{dataset}/examples/from_items", json=wanted)
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()["data"]
    return result


def examples(http: httpx.Client, dataset: str) -> list[Json]:
    found: list[Json] = http.get(f"/v1/datasets/{dataset}/examples").json()["data"]["examples"]
    return found


def say(http: httpx.Client, kind: str, target_id: str, name: str, who: str, **more: Any) -> None:
    annotation = {
        "target": {"kind": kind, "id": target_id} | ({"position": 0} if kind == "document" else {}),
        "name": name,
        "annotator_kind": "HUMAN",
        "identifier": who,
        **more,
    }
    http.put("/v1/annotations", json={"data": [annotation]}).raise_for_status()


def corrected(http: httpx.Client, kind: str, target_id: str, text: str, who: str = "app:ada", **more: Any) -> None:
    say(http, kind, target_id, "correction", who, result={"explanation": text}, source="APP", **more)


def spans(count: int) -> list[Json]:
    return [a_span(attributes={"input.value": f"q{n}", "output.value": f"a{n}"}) for n in range(count)]


def test_the_answer_that_was_corrected_last_is_what_is_expected(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    [span] = send(server, project, spans(1))
    corrected(http, "span", id_of(span), "first", "app:ada")
    corrected(http, "span", id_of(span), "second", "app:ben")
    corrected(http, "span", id_of(span), "", "app:cy")
    corrected(http, "span", id_of(span), "of a judge", "judge", annotator_kind="LLM")
    added(http, dataset, project=project)
    assert [each["output"] for each in examples(http, dataset)] == [{"output": "second"}]

    corrected(http, "span", id_of(span), "first, revised", "app:ada")
    again = added(http, dataset, project=project)
    assert (again["added"], again["changed"], again["corrected"]) == (0, 1, 1)
    assert [each["output"] for each in examples(http, dataset)] == [{"output": "first, revised"}]


def test_a_trace_is_answered_by_its_root_and_corrected_by_either(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    chain, retriever, _ = send(server, project, a_rag_trace())
    trace_id = chain["context"]["trace_id"]
    corrected(http, "trace", trace_id, "of the trace")
    added(http, dataset, project=project, roots_only=True)
    assert examples(http, dataset)[0]["output"] == {"output": "of the trace"}

    corrected(http, "span", id_of(chain), "of the span")
    assert added(http, dataset, project=project, roots_only=True)["changed"] == 1
    assert examples(http, dataset)[0]["output"] == {"output": "of the span"}
    assert added(http, dataset, project=project, target_kind="trace")["changed"] == 1
    assert examples(http, dataset)[0]["output"] == {"output": "of the trace"}

    added(http, dataset, project=project, ids=[id_of(retriever)])
    assert examples(http, dataset)[1]["output"].keys() == {"documents"}


def test_metadata_tell_who_said_what_of_span_documents_and_trace(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    chain, retriever, _ = send(server, project, a_rag_trace())
    say(http, "span", id_of(chain), "tone", "app:ada", result={"label": "kind", "score": 1.0}, metadata={"k": [1]})
    say(http, "trace", chain["context"]["trace_id"], "outcome", "app:ben", result={"label": "solved"})
    say(http, "document", id_of(retriever), "relevance", "app:ada", result={"label": "relevant"})
    say(http, "span", id_of(chain), "skip", "app:ada", result={"label": "skipped"})
    added(http, dataset, project=project, ids=[id_of(chain), id_of(retriever)])
    of_chain, of_retriever = (each["metadata"]["annotations"] for each in examples(http, dataset))

    assert of_chain == {
        "outcome": [told("solved", "app:ben", target_kind="trace")],
        "tone": [told("kind", "app:ada", score=1.0, metadata={"k": [1]})],
    }
    assert of_retriever == {"relevance": [told("relevant", "app:ada", target_kind="document", document_position=0)]}


def told(label: str, who: str, **more: Any) -> Json:
    return {
        "label": label,
        "score": None,
        "explanation": None,
        "metadata": {},
        "annotator_kind": "HUMAN",
        "identifier": who,
        "user_id": None,
        **more,
    }


def test_all_that_match_become_examples_in_the_order_of_their_start(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    sent = [{**span, "start_time": f"2026-03-01T12:{59 - n:02}:00Z"} for n, span in enumerate(spans(5))]
    sent = [{**span, "end_time": span["start_time"]} for span in sent]
    send(server, project, sent)
    asked = {"project": project, "filter": "input.value != 'q2'", "start_time": "2026-03-01T12:55:30Z"}
    seen = added(http, dataset, **asked, dry_run=True, preview=2)
    assert (seen["matched"], [each["input"]["input"] for each in seen["examples"]]) == (3, ["q3", "q1"])
    assert examples(http, dataset) == []

    result = added(http, dataset, **asked, splits=["a", "a", f"b {project}"], description="of march")
    assert (result["added"], result["matched"]) == (3, 3)
    found = examples(http, dataset)
    assert [each["input"]["input"] for each in found] == ["q3", "q1", "q0"]
    assert found[0]["splits"] == ["a", f"b {project}"]
    [version, _] = http.get(f"/v1/datasets/{dataset}/versions").json()["data"]
    assert (version["version_id"], version["description"]) == (result["version_id"], "of march")
    known = added(http, dataset, **asked, dry_run=True, mapping={"expected_output": "none"})
    assert {each["status"] for each in known["examples"]} == {"changed"}


def test_what_is_left_out_is_told_with_the_reason(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    empty = a_span()
    orphan = {**spans(1)[0], "parent_id": new_span_id()}
    send(server, project, [empty, orphan])
    unknown = new_span_id()
    result = added(http, dataset, project=project, ids=[id_of(empty), unknown, "no id", unknown])
    assert (result["added"], result["matched"]) == (0, 3)
    assert {each["reason"]: (each["count"], each["ids"]) for each in result["left_out"]} == {
        "is not the id of a span": (1, ["no id"]),
        "is not in the project, or does not fit the filter": (1, [unknown]),
        "has no input": (1, [id_of(empty)]),
    }
    of_traces = added(http, dataset, project=project, target_kind="trace", ids=[orphan["context"]["trace_id"]])
    assert of_traces["left_out"][0]["reason"] == "has no root span"


def test_a_dataset_is_made_with_its_examples_in_one_act(http: httpx.Client, server: Server, project: str) -> None:
    send(server, project, spans(2))
    name = f"in one act {project}"
    wanted = {"name": name, "project": project, "splits": ["a"], "description": "first"}
    seen = http.post("/v1/datasets/from_items", json={**wanted, "dry_run": True}).json()["data"]
    assert (seen["dataset_id"], seen["matched"], [each["status"] for each in seen["examples"]]) == (
        None,
        2,
        ["added", "added"],
    )
    for refused in ({"filter": "latency_ms =="}, {"project": f"not {project}"}, {"ids": 3}):
        assert http.post("/v1/datasets/from_items", json={**wanted, **refused}).status_code in (400, 404, 422)
    assert http.get("/v1/datasets", params={"name": name}).json()["data"] == [], "nothing stays of what was refused"

    made = http.post("/v1/datasets/from_items", json=wanted)
    assert made.status_code == 201
    dataset = made.json()["data"]["dataset_id"]
    assert [each["splits"] for each in examples(http, dataset)] == [["a"], ["a"]]
    [version] = http.get(f"/v1/datasets/{dataset}/versions").json()["data"]
    assert (version["description"], version["created_examples"]) == ("first", 2)
    for again in (wanted, {**wanted, "dry_run": True}):
        taken = http.post("/v1/datasets/from_items", json=again)
        assert (taken.status_code, taken.text) == (409, f'A dataset named "{name}" already exists.')


def test_of_a_session_each_turn_becomes_an_example_that_knows_what_is_said_of_the_session(
    http: httpx.Client, server: Server, project: str, dataset: str
) -> None:
    sent = [
        {**span, "start_time": f"2026-03-01T12:0{n}:00Z", "end_time": f"2026-03-01T12:0{n}:01Z"}
        for n, span in enumerate(spans(5))
    ]
    for n, span in enumerate(sent):
        span["attributes"]["session.id"] = f"{project} {'ababa'[n]}"
    send(server, project, sent)
    say(http, "session", f"{project} b", "solved", "app:ada", result={"label": "yes"})
    corrected(http, "session", f"{project} b", "of no turn")
    corrected(http, "trace", sent[3]["context"]["trace_id"], "right")
    seen = added(http, dataset, project=project, target_kind="session", dry_run=True, preview=2)
    assert (seen["matched"], [each["input"]["input"] for each in seen["examples"]]) == (2, ["q0", "q2"])

    first = added(http, dataset, project=project, target_kind="session", ids=[f"{project} b", f"{project} nowhere"])
    assert (first["matched"], first["added"], first["corrected"]) == (2, 2, 1)
    assert [each["ids"] for each in first["left_out"]] == [[f"{project} nowhere"]]
    found = examples(http, dataset)
    assert [(each["input"]["input"], each["output"]["output"]) for each in found] == [("q1", "a1"), ("q3", "right")]
    assert found[0]["metadata"]["session"] == {"id": f"{project} b"}
    of_session = [told("yes", "app:ada", target_kind="session")]
    assert [each["metadata"]["annotations"]["solved"] for each in found] == [of_session, of_session]

    everything = added(http, dataset, project=project, target_kind="session", filter=f"session_id != '{project} c'")
    assert (everything["matched"], everything["added"], everything["unchanged"]) == (2, 3, 2)
    assert added(http, dataset, project=project, target_kind="trace")["changed"] == 2, "what is said of the session"


def test_more_than_the_limit_is_refused_and_nothing_is_added(start_server: Callable[..., Server], project: str) -> None:
    server = start_server(environment={"RUBRICATE_MAX_EXAMPLES": "3"})
    send(server, project, spans(4))
    with httpx.Client(base_url=server.base_url, verify=False) as http:
        dataset = http.post("/v1/datasets", json={"name": "d"}).json()["data"]["id"]
        url = f"/v1/datasets/{dataset}/examples/from_items"
        refused = http.post(url, json={"project": project})
        assert (refused.status_code, "more than 3 examples" in refused.text) == (422, True)
        assert examples(http, dataset) == []
        assert added(http, dataset, project=project, filter="input.value != 'q1'")["added"] == 3


def test_a_long_version_is_answered_whole_and_in_pages(http: httpx.Client) -> None:
    upload = {"name": f"long {uuid.uuid4().hex[:12]}", "inputs": [{"n": n} for n in range(1500)]}
    dataset = http.post("/v1/datasets/upload?sync=true", json=upload).json()["data"]["dataset_id"]
    url = f"/v1/datasets/{dataset}/examples"
    whole = http.get(url).json()
    assert [each["input"]["n"] for each in whole["data"]["examples"]] == list(range(1500))
    paged, cursor = [], ""
    while cursor is not None:
        page = http.get(url, params={"limit": 400, "cursor": cursor}).json()
        assert {**page["data"], "examples": []} == {**whole["data"], "examples": []}
        paged += page["data"]["examples"]
        cursor = page["next_cursor"]
    assert paged == whole["data"]["examples"]
    assert whole["next_cursor"] is None


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_version_as_files(http: httpx.Client) -> None:
    name = f"files ü {uuid.uuid4().hex[:12]}"
    chat = {"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function"}]}
    upload = {
        "name": name,
        "inputs": [
            chat,
            {"question": 'say "hi",\nplease', "nested": {"n": 1, "list": [{"x": 1}]}},
            {"question": "=1+1"},
        ],
        "outputs": [{"messages": [{"role": "assistant", "content": "ho"}]}, {"answer": None}, {"answer": True}],
        "metadata": [{}, {}, {"m": 0.5}],
        "splits": [["b", "a"], None, None],
        "example_ids": ["chat", None, None],
    }
    made = http.post("/v1/datasets/upload?sync=true", json=upload).json()["data"]
    url, version = f"/v1/datasets/{made['dataset_id']}", {"version_id": made["version_id"]}
    nodes = [each["node_id"] for each in examples(http, made["dataset_id"])]
    http.post("/v1/datasets/upload", json={"name": name, "action": "update", "inputs": []})

    def read(ending: str) -> list[str]:
        file = http.get(f"{url}/{ending}", params=version)
        assert file.status_code == 200
        assert "files%20%C3%BC" in file.headers["content-disposition"]
        return file.text.splitlines()

    assert "\n".join(read("csv")) == "\n".join(
        [
            "id,node_id,input.messages,input.tools,input.question,input.nested.n,input.nested.list,output.messages,"
            "output.answer,metadata.m,splits",
            f'chat,{nodes[0]},"[{{""role"":""user"",""content"":""hi""}}]","[{{""type"":""function""}}]",,,,'
            '"[{""role"":""assistant"",""content"":""ho""}]",,,"[""a"",""b""]"',
            f'{nodes[1]},{nodes[1]},,,"say ""hi"",\nplease",1,"[{{""x"":1}}]",,,,[]',
            f"{nodes[2]},{nodes[2]},,,'=1+1,,,,true,0.5,[]",
        ]
    )
    lines = [httpx.Response(200, text=line).json() for line in read("jsonl")]
    assert lines[0] == {
        "id": "chat",
        "node_id": nodes[0],
        "input": chat,
        "output": upload["outputs"][0],
        "metadata": {},
        "splits": ["a", "b"],
    }
    tuned = [httpx.Response(200, text=line).json() for line in read("jsonl/openai_ft")]
    assert tuned[0] == {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
        "tools": [{"type": "function"}],
    }
    assert tuned[2]["messages"] == [{"role": "user", "content": "=1+1"}, {"role": "assistant", "content": "true"}]
    evals = [httpx.Response(200, text=line).json() for line in read("jsonl/openai_evals")]
    assert evals[0] == {"messages": [{"role": "user", "content": "hi"}], "ideal": "ho"}
    assert [each["ideal"] for each in evals[1:]] == ["", "true"]
    assert http.get(f"{url}/jsonl").text == ""
