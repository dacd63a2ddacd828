import asyncio

import httpx
import pytest

from rubricate import errors

PROJECT = {"data": {"id": "1", "name": "p", "description": None}}


def test_a_busy_server_is_asked_again(server, pauses):
    server.answers = [httpx.Response(503), httpx.Response(429), httpx.Response(200, json=PROJECT)]
    assert server.client().projects.get(project_name="p")["name"] == "p"
    assert len(server.requests) == 3
    assert 0.1 <= pauses[0] <= 0.2 <= pauses[1] <= 0.4


def test_retry_after_is_honoured(server, pauses):
    server.answers = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json=PROJECT)]
    server.client().projects.get(project_name="p")
    assert pauses == [7.0]


def test_a_retry_after_in_the_past_means_at_once(server, pauses):
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    server.answers = [httpx.Response(503, headers=past), httpx.Response(200, json=PROJECT)]
    server.client().projects.get(project_name="p")
    assert pauses == [0.0]


def test_a_very_long_retry_after_is_not_waited_for(server, pauses):
    server.answers = [httpx.Response(429, headers={"retry-after": "3600"}, text="come back tomorrow")]
    with pytest.raises(errors.TooManyRequests, match="come back tomorrow"):
        server.client().projects.list()
    assert pauses == []


def test_retries_are_bounded(server, pauses):
    server.handler = lambda request: httpx.Response(503, text="full")
    with pytest.raises(errors.ServerFailed, match="503 Service Unavailable: full"):
        server.client().projects.list()
    assert len(server.requests) == 5
    assert len(pauses) == 4


def test_a_refused_connection_names_the_address_and_the_remedy(server, pauses, monkeypatch):
    monkeypatch.setenv("PHOENIX_COLLECTOR_ENDPOINT", "http://h:7000/v1/traces")
    server.handler = lambda request: httpx.ConnectError("[Errno 111] Connection refused")
    with pytest.raises(errors.ConnectionFailed) as caught:
        server.client().projects.list()
    assert "http://h:7000 (from PHOENIX_COLLECTOR_ENDPOINT)" in str(caught.value)
    assert "rubricate serve" in str(caught.value)
    assert isinstance(caught.value, httpx.ConnectError)


def test_what_may_have_been_done_is_not_done_twice(server, pauses):
    server.answers = [httpx.RemoteProtocolError("gone")]
    with pytest.raises(errors.ConnectionLost):
        server.client().projects.create(name="p")
    assert len(server.requests) == 1


def test_a_note_with_an_identifier_may_be_sent_twice(server, pauses):
    server.answers = [httpx.Response(502), httpx.Response(200, json={"data": {"id": "n"}})]
    assert server.client().spans.add_span_note(span_id="a1", note="b", identifier="c") == {"id": "n"}


def test_an_answer_that_is_late_is_not_asked_for_again(server, pauses):
    server.answers = [httpx.ReadTimeout("slow")]
    with pytest.raises(errors.TimedOut, match="within 9 s"):
        server.client().spans.get_spans(timeout=9)
    assert len(server.requests) == 1


def test_deleting_twice_because_the_answer_was_lost_is_no_error(server, pauses):
    server.answers = [httpx.ReadError("reset"), httpx.Response(404, text="not found")]
    assert server.client().spans.delete(span_identifier="ab") is None
    server.answers = [httpx.Response(404, text="not found")]
    with pytest.raises(errors.NotFound):
        server.client().spans.delete(span_identifier="ab")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.Unsupported),
        (409, errors.Conflict),
        (418, errors.HTTPError),
        (422, errors.InvalidRequest),
        (500, errors.ServerFailed),
    ],
)
def test_an_error_carries_status_address_and_the_servers_words(server, status, kind):
    server.answers = [httpx.Response(status, text="the server's words")]
    with pytest.raises(httpx.HTTPStatusError) as caught:
        server.client(base_url="http://h:1/pre").projects.get(project_name="a/b")
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.url) == (status, "http://h:1/pre/v1/projects/a%2Fb")
    assert error.detail == "the server's words"
    assert error.response.status_code == status
    assert "the server's words" in str(error)


def test_validation_errors_show_field_and_reason(server):
    detail = [{"type": "missing", "loc": ["body", "data", 0, "name"], "msg": "Field required", "input": {}}]
    server.answers = [httpx.Response(422, json={"detail": detail})]
    with pytest.raises(errors.InvalidRequest, match=r"body\.data\.0\.name: Field required"):
        server.client().projects.list()


def test_problem_details_are_understood(server):
    problem = {"type": "about:blank", "title": "Not Found", "detail": "No such project."}
    server.answers = [httpx.Response(404, json=problem, headers={"content-type": "application/problem+json"})]
    with pytest.raises(errors.NotFound, match=r"404 Not Found: No such project\."):
        server.client().projects.get(project_name="p")


def test_a_web_page_is_no_answer(server):
    server.answers = [httpx.Response(200, html="<html>")]
    with pytest.raises(errors.UnreadableAnswer, match="text/html"):
        server.client().projects.list()


def test_a_redirect_is_not_followed_but_told(server):
    server.answers = [httpx.Response(301, headers={"location": "https://h/v1/projects"})]
    with pytest.raises(errors.Redirected, match=r"moved to https://h/v1/projects"):
        server.client().projects.list()


def test_both_clients_do_the_same(server, pauses):
    server.answers = [httpx.Response(503), httpx.Response(200, json=PROJECT)]

    async def ask() -> str:
        async with server.async_client() as client:
            return (await client.projects.get(project_name="p"))["name"]

    assert asyncio.run(ask()) == "p"
    assert len(pauses) == 1

    server.answers = [httpx.Response(404, text="no")]
    with pytest.raises(errors.NotFound, match="no"):
        asyncio.run(ask())


def test_every_error_has_a_sentence_of_its_own():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert all(kind.__doc__ for kind in kinds)
    assert str(errors.MissingExtra()) == errors.MissingExtra.__doc__
