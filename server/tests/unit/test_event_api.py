"""Live updates: when nobody more can listen, and what reads say of their age.

The streams themselves are tested on a real server, in e2e/insight.
"""

from pathlib import Path

from starlette.testclient import TestClient

from rubricate_server.app import build_app
from rubricate_server.domain.topic import Topic, Topics
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage


def test_one_listener_too_many_is_told_to_come_again(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    http = TestClient(build_app(storage, Ingest(storage.spans), topics=Topics(most_listeners=0)))
    answer = http.get("/v1/events")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert answer.text == "0 listen already; ask again later."
    storage.close()


def test_a_read_says_which_changes_it_is_not_older_than(tmp_path: Path) -> None:
    topics = Topics()
    storage = open_storage(tmp_path, on_change=topics.bump)
    http = TestClient(build_app(storage, Ingest(storage.spans), topics=topics))

    def version_of_a_read() -> int:
        return int(http.get("/v1/projects").headers["x-rubricate-topics"])

    before = version_of_a_read()
    assert http.post("/v1/projects", json={"name": "made between two reads"}).is_success
    after = version_of_a_read()
    assert before < topics.since(topics.listen(lambda: None), before)[0][Topic("projects")] <= after
    storage.close()
