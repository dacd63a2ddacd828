"""Rubrics over HTTP: what only we have is there when it is set, and else nowhere; what is refused, and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rubricate_server.actions.furnish import furnish
from rubricate_server.app import build_app
from rubricate_server.ingest.pipeline import Ingest
from rubricate_server.storage.sqlite.store import open_storage

URL = "/v1/annotation_configs"

CATEGORICAL: dict[str, Any] = {
    "type": "CATEGORICAL",
    "name": "correctness",
    "description": "Is it right?",
    "optimization_direction": "MAXIMIZE",
    "values": [{"label": "yes", "score": 1.0}, {"label": "no", "score": 0.0}],
}
CONTINUOUS: dict[str, Any] = {
    "type": "CONTINUOUS",
    "name": "helpfulness",
    "description": None,
    "optimization_direction": "MAXIMIZE",
    "lower_bound": 1.0,
    "upper_bound": 5.0,
}
FREEFORM: dict[str, Any] = {
    "type": "FREEFORM",
    "name": "comment",
    "description": None,
    "optimization_direction": "NONE",
    "threshold": None,
    "lower_bound": None,
    "upper_bound": None,
}


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    storage = open_storage(tmp_path)
    furnish(storage)
    yield TestClient(build_app(storage, Ingest(storage.spans)))
    storage.close()


def made(http: TestClient, rubric: dict[str, Any]) -> dict[str, Any]:
    response = http.post(URL, json=rubric)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()["data"]
    assert http.get(f"{URL}/{answer['id']}").json()["data"] == answer
    return answer


@pytest.mark.parametrize("rubric", [CATEGORICAL, CONTINUOUS, FREEFORM], ids=lambda rubric: rubric["type"])
def test_phoenix_clients_see_the_fields_that_they_know_and_no_others(http: TestClient, rubric: dict[str, Any]) -> None:
    answer = made(http, rubric)
    del answer["id"]
    assert answer == rubric


@pytest.mark.parametrize("rubric", [CATEGORICAL, CONTINUOUS, FREEFORM], ids=lambda rubric: rubric["type"])
def test_the_furnished_rubric_and_every_type_can_have_a_guideline(http: TestClient, rubric: dict[str, Any]) -> None:
    guideline = "Ein Satz genügt.\n\n1. Lies zuerst die Quelle 🧪"
    assert made(http, rubric | {"guideline": guideline})["guideline"] == guideline
    furnished = http.get(f"{URL}/user_feedback").json()["data"]
    assert set(furnished) == {"id", "name", "type", "description", "optimization_direction", "values"}
    assert all(set(label) == {"label", "score"} for label in furnished["values"])


def test_labels_have_glyphs_and_meanings(http: TestClient) -> None:
    labels = [
        {"label": "yes", "score": 1.0, "glyph": "👍", "description": "All of it is true."},
        {"label": "no", "score": 0.0, "glyph": "✗✗"},
        {"label": "?", "score": None},
    ]
    assert made(http, CATEGORICAL | {"values": labels})["values"] == labels


def test_a_score_has_steps(http: TestClient) -> None:
    assert made(http, CONTINUOUS | {"step": 0.5})["step"] == 0.5


def test_taking_a_field_away_makes_a_version_that_has_it_no_more(http: TestClient) -> None:
    one = made(http, CATEGORICAL | {"guideline": "Look it up."})
    changed = http.put(f"{URL}/{one['id']}", json=CATEGORICAL | {"guideline": None}).json()["data"]
    assert "guideline" not in changed
    versions = http.get(f"{URL}/{one['id']}/versions").json()["data"]
    assert [version["config"].get("guideline") for version in versions] == ["Look it up.", None]


@pytest.mark.parametrize(
    ("rubric", "status", "says"),
    [
        *[(FREEFORM | {"name": name}, 409, f"'{name}' is reserved") for name in ("note", "correction", "flag", "skip")],
        (CONTINUOUS | {"step": 4.5}, 400, "step (4.5) must not be larger than upper_bound - lower_bound (4)"),
        (CONTINUOUS | {"step": 0}, 422, "step"),
        (CONTINUOUS | {"step": "NaN"}, 422, "step"),
        (CATEGORICAL | {"values": [{"label": "a", "glyph": "abc"}]}, 422, "glyph"),
        (CATEGORICAL | {"values": [{"label": "a", "glyph": " "}]}, 422, "glyph"),
        (CATEGORICAL | {"values": [{"label": "a", "glyph": ""}]}, 422, "glyph"),
        (CATEGORICAL | {"guideline": 5}, 422, "guideline"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    http: TestClient, rubric: dict[str, Any], status: int, says: str
) -> None:
    before = http.get(URL).json()
    response = http.post(URL, json=rubric)
    assert response.status_code == status
    assert says in response.text
    assert http.get(URL).json() == before


def test_where_it_is_used(http: TestClient) -> None:
    rubric = made(http, CATEGORICAL)
    assert http.get(f"{URL}/correctness/projects").json()["data"] == []
    project = http.post("/v1/projects", json={"name": "helpdesk", "description": "d"}).json()["data"]
    http.put(f"/v1/projects/helpdesk/annotation_configs/{rubric['id']}")
    use = {**project, "assigned": True, "annotation_count": 0}
    assert http.get(f"{URL}/correctness/projects").json() == {"data": [use], "next_cursor": None}
    [ours, furnished] = http.get("/v1/annotation_config_figures").json()["data"]
    assert ours == {"id": rubric["id"], "version": 1, "annotation_count": 0, "projects": [use]}
    assert furnished["projects"] == []
    http.put(f"{URL}/{rubric['id']}", json=CATEGORICAL | {"description": None})
    assert http.get("/v1/annotation_config_figures").json()["data"][0]["version"] == 2


def test_a_project_gets_another_name(http: TestClient) -> None:
    project = http.post("/v1/projects", json={"name": "helpdesk"}).json()["data"]
    renamed = http.put("/v1/projects/helpdesk", json={"name": "desk", "description": "d"}).json()["data"]
    assert renamed == {"id": project["id"], "name": "desk", "description": "d"}
    assert http.get("/v1/projects/helpdesk").status_code == 404
    assert http.put("/v1/projects/desk", json={"name": "default"}).status_code == 409
    assert http.put("/v1/projects/desk", json={"name": " "}).status_code == 422
    assert http.put("/v1/projects/default", json={"name": "mine"}).status_code == 403
    assert http.put("/v1/projects/desk", json={"description": "e"}).json()["data"]["name"] == "desk"
