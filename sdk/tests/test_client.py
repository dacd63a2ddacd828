import inspect
from datetime import UTC, datetime

import httpx
import pytest

from rubricate import errors
from rubricate.client import AsyncClient, Client
from rubricate.client.span import Spans


def asked(client: Client, server) -> httpx.Request:
    client.projects.list()
    return server.requests[-1]


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:6006"),
        ({"PHOENIX_HOST": "0.0.0.0", "PHOENIX_PORT": "7"}, "http://127.0.0.1:7"),
        ({"PHOENIX_HOST": "box"}, "http://box:6006"),
        ({"PHOENIX_BASE_URL": "http://b", "PHOENIX_HOST": "box"}, "http://b"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://o", "PHOENIX_BASE_URL": "http://b"}, "http://o"),
        ({"PHOENIX_COLLECTOR_ENDPOINT": "http://c/v1/traces", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://o"}, "http://c"),
        ({"PHOENIX_ENDPOINT": "http://e/s/space/", "PHOENIX_COLLECTOR_ENDPOINT": "http://c"}, "http://e/s/space"),
        ({"RUBRICATE_PORT": "8", "PHOENIX_ENDPOINT": "http://e"}, "http://127.0.0.1:8"),
        ({"RUBRICATE_ENDPOINT": "h:9", "RUBRICATE_PORT": "8"}, "http://h:9"),
        ({"RUBRICATE_HOST": "::"}, "http://[::1]:6006"),
    ],
)
def test_the_address_comes_from_the_environment(server, monkeypatch, environment, address):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(asked(server.client(), server).url).startswith(address + "/v1/projects")


@pytest.mark.parametrize("argument", ["base_url", "endpoint"])
def test_an_address_given_wins(server, monkeypatch, argument):
    monkeypatch.setenv("RUBRICATE_ENDPOINT", "http://e")
    assert asked(server.client(**{argument: "http://given/pre"}), server).url.path == "/pre/v1/projects"


def test_the_address_of_an_http_client_is_used(server):
    http_client = httpx.Client(base_url="http://mine/x", transport=httpx.MockTransport(server))
    assert str(asked(Client(http_client=http_client), server).url) == "http://mine/x/v1/projects?limit=100"


@pytest.mark.parametrize("url", ["ftp://h", "http://", "http://h:port"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(errors.InvalidInput, match=r"address|URL"):
        Client(base_url=url)


@pytest.mark.parametrize("written", ["Api_Key=k%3D1, x=a b ,nonsense", '{"api_key": "k=1", "X": "a b"}'])
def test_client_headers_have_two_spellings(server, monkeypatch, written, caplog):
    monkeypatch.setenv("PHOENIX_CLIENT_HEADERS", written)
    headers = asked(server.client(), server).headers
    assert (headers["api_key"], headers["x"]) == ("k=1", "a b")
    assert "authorization" not in headers
    assert ("left out" in caplog.text) == ("nonsense" in written)
    assert "nonsense" not in caplog.text  # It may be a secret.


def test_the_api_key_is_a_bearer_token(server, monkeypatch):
    monkeypatch.setenv("PHOENIX_API_KEY", "theirs")
    assert asked(server.client(), server).headers["authorization"] == "Bearer theirs"
    monkeypatch.setenv("RUBRICATE_API_KEY", "ours")
    assert asked(server.client(), server).headers["authorization"] == "Bearer ours"
    monkeypatch.setenv("RUBRICATE_CLIENT_HEADERS", "authorization=Basic x")
    assert asked(server.client(), server).headers["authorization"] == "Basic x"
    assert asked(server.client(api_key="mine"), server).headers["authorization"] == "Bearer mine"
    explicit = server.client(api_key="mine", headers={"Authorization": "Custom"})
    assert asked(explicit, server).headers["authorization"] == "Custom"


def test_the_headers_of_an_http_client_win_over_the_environment(server, monkeypatch):
    monkeypatch.setenv("RUBRICATE_API_KEY", "env")
    http_client = httpx.Client(headers={"Authorization": "Bearer own"}, transport=httpx.MockTransport(server))
    assert asked(Client(http_client=http_client), server).headers["authorization"] == "Bearer own"
    assert asked(Client(http_client=http_client, api_key="x"), server).headers["authorization"] == "Bearer x"


def test_an_http_client_that_was_given_is_not_closed(server):
    http_client = httpx.Client(transport=httpx.MockTransport(server))
    with Client(http_client=http_client):
        pass
    assert not http_client.is_closed


def test_lists_are_read_to_their_end(server):
    server.answers = [
        httpx.Response(200, json={"data": [{"name": "a"}], "next_cursor": "c1"}),
        httpx.Response(200, json={"data": [{"name": "b"}], "next_cursor": None}),
    ]
    assert [project["name"] for project in server.client().projects.list(name_contains="x")] == ["a", "b"]
    assert dict(server.requests[1].url.params) == {"name_contains": "x", "limit": "100", "cursor": "c1"}


def test_a_list_that_goes_round_in_circles_is_an_error(server):
    server.handler = lambda request: httpx.Response(200, json={"data": [{}], "next_cursor": "c1"})
    with pytest.raises(errors.UnreadableAnswer, match="names itself as the next page"):
        server.client().projects.list()


def test_a_project_is_named_one_way_or_the_other(server):
    with pytest.raises(errors.InvalidInput, match="one of them"):
        server.client().projects.get()
    with pytest.raises(errors.InvalidInput, match="one of them"):
        server.client().projects.delete(project_id="a", project_name="b")


def test_spans_are_asked_for_with_all_conditions(server, monkeypatch):
    monkeypatch.setenv("PHOENIX_PROJECT_NAME", "from env")
    server.client().spans.get_spans(
        start_time=datetime(2026, 1, 1, tzinfo=UTC),
        span_kind="LLM",
        name=["a", "b"],
        parent_id="null",
        attributes={"llm.token_count.total": 5, "x": "1", "y": True},
        limit=1500,
    )
    url = server.requests[0].url
    assert url.raw_path.startswith(b"/v1/projects/from%20env/spans?")
    assert url.params.multi_items() == [
        ("start_time", "2026-01-01T00:00:00+00:00"),
        ("parent_id", "null"),
        ("name", "a"),
        ("name", "b"),
        ("span_kind", "LLM"),
        ("attribute", "llm.token_count.total:5"),
        ("attribute", 'x:"1"'),
        ("attribute", "y:true"),
        ("limit", "1000"),
    ]


SPAN = {
    "name": "s",
    "context": {"trace_id": "ab", "span_id": "cd"},
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": datetime(2026, 1, 1, tzinfo=UTC),
    "attributes": {"input.value": "x"},
}


def test_spans_are_stored(server):
    server.answers = [httpx.Response(202, json={"total_received": 1, "total_queued": 1})]
    answer = server.client().spans.log_spans(project_identifier="p/q", spans=[SPAN])
    assert answer == {"total_received": 1, "total_queued": 1}
    assert server.requests[0].url.raw_path == b"/v1/projects/p%2Fq/spans"
    assert server.bodies[0]["data"][0]["end_time"] == "2026-01-01T00:00:00Z"


def test_an_invalid_span_is_named_before_anything_is_sent(server):
    with pytest.raises(errors.InvalidInput, match=r"span 1 \(cd\): start_time: .*timezone"):
        server.client().spans.log_spans(spans=[SPAN, {**SPAN, "start_time": "2026-01-01T00:00:00"}])
    assert server.requests == []


def refused(*ids: str) -> httpx.Response:
    spans = [{"span_id": each, "trace_id": "ab"} for each in ids]
    return httpx.Response(400, json={"error": "no", "duplicate_spans": spans, "invalid_spans": []})


def test_spans_that_are_there_already_are_named(server):
    server.answers = [refused("cd")]
    with pytest.raises(errors.SpanCreationError, match="span cd: is there already") as caught:
        server.client().spans.log_spans(spans=[SPAN])
    assert caught.value.duplicate_spans == [{"span_id": "cd", "trace_id": "ab"}]


def test_duplicates_after_a_lost_answer_are_what_the_first_try_stored(server, pauses):
    server.answers = [httpx.ReadError("reset"), refused("cd")]
    assert server.client().spans.log_spans(spans=[SPAN]) == {"total_received": 1, "total_queued": 1}


def test_what_the_lost_try_did_not_store_is_sent_again(server, pauses):
    other = {**SPAN, "context": {"trace_id": "ab", "span_id": "ef"}}
    server.answers = [httpx.Response(502), refused("cd"), httpx.Response(202, json={})]
    assert server.client().spans.log_spans(spans=[SPAN, other])["total_queued"] == 2
    assert [span["context"]["span_id"] for span in server.bodies[2]["data"]] == ["ef"]


def spans(count: int) -> list[dict]:
    return [{**SPAN, "context": {"trace_id": "ab", "span_id": f"{number:016x}"}} for number in range(count)]


def test_many_spans_are_stored_in_chunks(server):
    server.handler = lambda request: httpx.Response(202, json={})
    answer = server.client().spans.log_spans(spans=spans(2500))
    assert answer == {"total_received": 2500, "total_queued": 2500}
    assert [len(body["data"]) for body in server.bodies] == [1000, 1000, 500]


def test_a_refused_chunk_says_how_many_spans_are_stored(server):
    server.answers = [httpx.Response(202, json={}), refused(f"{1003:016x}")]
    with pytest.raises(errors.SpanCreationError, match="is there already") as caught:
        server.client().spans.log_spans(spans=spans(2500))
    assert (caught.value.total_queued, len(server.requests)) == (1000, 2)
    assert caught.value.__notes__ == ["1000 of 2500 spans were stored before this."]


def test_deleting_in_bulk_needs_to_be_told_what(server):
    client = server.client()
    with pytest.raises(errors.InvalidInput, match="delete_all=True"):
        client.annotations.bulk_delete(project_identifier="p")
    for wrong in ({"annotation_ids": "a"}, {"annotation_ids": ["a"], "label": "x"}):
        with pytest.raises(errors.InvalidInput, match="not both"):
            client.annotations.bulk_delete(**wrong)
    assert server.requests == []


def test_a_deletion_in_bulk_is_not_repeated_when_its_answer_is_lost(server, pauses):
    server.answers = [httpx.ReadError("reset")]
    with pytest.raises(errors.RubricateError):
        server.client().annotations.bulk_delete(annotation_ids=["a"])
    assert len(server.requests) == 1


def test_a_retention_policy_that_bounds_nothing_is_refused_before_it_is_sent(server):
    with pytest.raises(errors.InvalidInput, match="max_days, max_traces, or both"):
        server.client().retention.create(name="for ever")
    assert server.requests == []


def test_a_rubric_is_made_and_changed(server):
    stored = {"id": "r1", "name": "q", "type": "CATEGORICAL", "optimization_direction": "NONE", "values": []}
    server.handler = lambda request: httpx.Response(200, json={"data": stored})
    client = server.client()
    client.rubrics.create(name="q", type="CATEGORICAL", values={"good": 1, "bad": 0}, optimization_direction="MAXIMIZE")
    client.annotation_configs.update("q", values=["good", {"label": "bad", "score": 0}])
    created, _, updated = server.bodies
    assert created["values"] == [{"label": "good", "score": 1.0}, {"label": "bad", "score": 0.0}]
    assert updated["values"] == [{"label": "good"}, {"label": "bad", "score": 0.0}]
    assert str(server.requests[2].url) == "http://127.0.0.1:6006/v1/annotation_configs/r1"


def test_a_rubric_is_assigned_by_its_name(server):
    server.handler = lambda request: httpx.Response(200, json={"data": {"id": "r1"}})
    server.client().rubrics.assign("a quality", project_identifier="my app")
    assert [(request.method, request.url.raw_path) for request in server.requests] == [
        ("GET", b"/v1/annotation_configs/a%20quality"),
        ("PUT", b"/v1/projects/my%20app/annotation_configs/r1"),
    ]


def test_a_rubric_that_cannot_be_is_not_sent(server):
    with pytest.raises(errors.InvalidInput, match="values: Field required"):
        server.client().rubrics.create(name="q", type="CATEGORICAL")
    assert server.requests == []


def test_help_shows_what_a_call_takes_and_returns():
    signature = inspect.signature(Client().projects.get)
    assert str(signature).startswith("(*, project_id: str | None = None")
    assert "self" not in signature.parameters
    assert "Steps" not in str(signature)


@pytest.mark.parametrize("resource", ["spans", "annotations", "projects", "rubrics", "prompts"])
def test_every_public_call_is_documented(resource):
    for kind in (Client, AsyncClient):
        calls = getattr(kind(), resource)
        for name in dir(calls):
            if not name.startswith("_"):
                assert getattr(calls, name).__doc__, name
    assert Spans.get_spans.__doc__
