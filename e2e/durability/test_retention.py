"""Retention, from the policy to the space that comes back: a real server whose job looks all the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ..clients.helpers import HTTP, Json, a_span, annotations_of, id_of, send, soon, spans_in
from ..server import Server

LOOKS = {"RUBRICATE_RETENTION_SECONDS": "0.1"}
WITHIN_S = 20


def aged(days: float) -> Json:
    return a_span(f"{days} days old", start=datetime.now(UTC) - timedelta(days=days))


def names(server: Server, project: str) -> list[str]:
    return sorted(span["name"] for span in spans_in(server, project))


def comes_to(server: Server, project: str, wanted: list[str]) -> bool:
    return bool(soon(lambda: names(server, project) == wanted, WITHIN_S))


def annotate(server: Server, span: Json) -> None:
    said = {"span_id": id_of(span), "name": "n", "annotator_kind": "CODE", "result": {"score": 1}}
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": [said]}).raise_for_status()


def test_what_is_too_old_goes_with_all_that_was_said_of_it(start_server: Callable[..., Server]) -> None:
    server = start_server(environment={**LOOKS, "RUBRICATE_RETENTION_DAYS": "30"})
    young = aged(1)
    send(server, "app", [young])
    annotate(server, young)
    old = aged(40)
    send(server, "app", [old])  # what comes late is too old as soon as it is there

    assert comes_to(server, "app", ["1 days old"])
    assert len(annotations_of(server, "app", id_of(young))) == 1
    rows = HTTP.get(f"{server.base_url}/v1/stats").json()["data"]["rows"]
    assert (rows["span"], rows["trace"], rows["annotation"]) == (1, 1, 1)


def test_a_policy_acts_on_the_projects_that_follow_it(start_server: Callable[..., Server]) -> None:
    server = start_server(environment=LOOKS)
    for project in ("mine", "other"):
        send(server, project, [aged(days) for days in (1, 2, 3)])
    policies = f"{server.base_url}/v1/retention_policies"
    policy = HTTP.post(policies, json={"name": "the newest two", "max_traces": 2}).json()["data"]
    assert names(server, "mine") == names(server, "other") != []

    HTTP.patch(f"{server.base_url}/v1/projects/mine/retention", json={"policy_id": policy["id"]}).raise_for_status()

    assert comes_to(server, "mine", ["1 days old", "2 days old"])
    HTTP.put(f"{policies}/{policy['id']}", json={"name": "a day and a half", "max_days": 1.5}).raise_for_status()
    assert comes_to(server, "mine", ["1 days old"])
    assert names(server, "other") == ["1 days old", "2 days old", "3 days old"]


def test_the_job_goes_on_after_a_restart(start_server: Callable[..., Server]) -> None:
    server = start_server(environment={**LOOKS, "RUBRICATE_RETENTION_DAYS": "30"})
    server.restart()
    send(server, "app", [aged(1), aged(31)])
    assert comes_to(server, "app", ["1 days old"])
