"""Times that are none."""

import httpx
import pytest

from ...server import Server
from ..helpers import a_span, annotations_of, id_of, spans_in
from .requests import HUGE, PROTOBUF, a_sent_span, an_annotation, otlp, post_json, post_json_accepting, refused

FAR = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-14:00",
    "1969-12-31T23:59:59Z",
    "2300-01-01T00:00:00Z",
    "2262-04-12T00:00:00Z",
]
NO_TIMES = [
    "",
    "yesterday",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:00:00+99:00",
    "10000-01-01T00:00:00Z",
    "-1",
    str(HUGE),
    "NaN",
    "1e400",
    "\0",
    "2026-01-01T00:00:00",
    "2026-01-01",
]


@pytest.mark.parametrize("time", FAR)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_a_span_at_a_time_far_off(http: httpx.Client, server: Server, project: str, field: str, time: str) -> None:
    wrong = a_span() | {field: time}

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span(), wrong]})

    refused(response, field)
    assert id_of(wrong) in response.text or response.status_code == 422
    assert spans_in(server, project) == []


@pytest.mark.parametrize("time", FAR)
def test_an_event_at_a_time_far_off(http: httpx.Client, server: Server, project: str, time: str) -> None:
    wrong = a_span(events=[{"name": "e", "timestamp": time, "attributes": {}}])

    response = post_json(http, f"/v1/projects/{project}/spans", {"data": [wrong]})

    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        refused(response)
    spans_in(server, project)
    for accept in ("application/json", "*/*"):
        frame = post_json_accepting(http, project, {"queries": [{}]}, accept)
        assert frame.status_code == 200
        assert accept == "*/*" or frame.content.rstrip().endswith(b"--")


@pytest.mark.parametrize("time", FAR)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_asking_for_a_time_far_off(
    http: httpx.Client, server: Server, project: str, span_id: str, field: str, time: str
) -> None:
    """Everything or nothing is older than year 1 and younger than year 9999, and that is the answer."""
    everything = (field == "start_time") == time.startswith(("0001", "1969"))
    listed = http.get(f"/v1/projects/{project}/spans", params={field: time})
    assert listed.status_code == 200, listed.text
    assert len(listed.json()["data"]) == (1 if everything else 0)

    frame = post_json_accepting(http, project, {"queries": [{}], field: time}, "application/json")
    assert frame.status_code == 200, frame.text
    assert (span_id in frame.text) == everything
    arrow = post_json_accepting(http, project, {"queries": [{}], field: time}, "*/*")
    assert arrow.status_code == 200
    assert (span_id.encode() in arrow.content) == everything


@pytest.mark.parametrize("time", FAR)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_deleting_annotations_up_to_a_time_far_off(
    http: httpx.Client, server: Server, project: str, span_id: str, field: str, time: str
) -> None:
    everything = (field == "start_time") == time.startswith(("0001", "1969"))
    post_json(http, "/v1/span_annotations", {"data": [an_annotation(span_id)]})
    url = f"/v1/projects/{project}/span_annotations"

    response = http.delete(url, params={field: time, "name": "tone", "delete_all": True})

    assert response.status_code == 204, response.text
    assert len(annotations_of(server, project, span_id)) == (0 if everything else 1)


@pytest.mark.parametrize("time", NO_TIMES)
def test_a_time_that_is_none(http: httpx.Client, server: Server, project: str, time: str) -> None:
    refused(post_json(http, f"/v1/projects/{project}/spans", {"data": [a_span() | {"start_time": time}]}), "start_time")
    assert spans_in(server, project) == []
    for response in (
        http.get("/v1/projects/default/spans", params={"start_time": time}),
        post_json_accepting(http, "default", {"queries": [{}], "end_time": time}, "application/json"),
    ):
        if response.status_code >= 400:
            refused(response, "time", status=422)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (2**64 - 1, 2**64 - 1), (1, 2**63), (2**63 - 1, 2**63 - 1), (2**62, 1), (0, 1)]
)
def test_times_far_off_over_otlp(http: httpx.Client, server: Server, project: str, start: int, end: int) -> None:
    odd = a_sent_span("odd")
    odd.start_time_unix_nano, odd.end_time_unix_nano = start, end
    event = odd.events.add(name="e")
    event.time_unix_nano = end

    response = http.post("/v1/traces", content=otlp(project, a_sent_span("good"), odd), headers=PROTOBUF)

    assert response.status_code == 200
    stored = {span["name"] for span in spans_in(server, project)}
    assert stored == ({"good"} if response.content else {"good", "odd"})
    for accept in ("application/json", "*/*"):
        assert post_json_accepting(http, project, {"queries": [{}]}, accept).status_code == 200
