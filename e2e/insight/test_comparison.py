"""How annotators compare, from a real server, against a recount by hand."""

from typing import Any

import pytest

from ..clients.helpers import HTTP, Json, a_span, id_of, send
from ..server import Server

PROJECT = "court"
API = f"/v1/projects/{PROJECT}"

# What people and the judge say of eight spans: (people by name, judge).
SAID: list[tuple[dict[str, str], str | None]] = [
    ({"Ada": "good"}, "good"),
    ({"Ada": "good"}, "good"),
    ({"Ada": "bad"}, "good"),
    ({"Ada": "good", "Bo": "bad"}, "good"),
    ({"Ada": "bad", "Bo": "bad"}, "bad"),
    ({"Bo": "so-so"}, "bad"),
    ({"Ada": "good"}, None),
    ({}, "bad"),
]


@pytest.fixture(scope="module")
def spans(server: Server) -> list[str]:
    rubric = {
        "type": "CATEGORICAL",
        "name": "verdict",
        "optimization_direction": "MAXIMIZE",
        "values": [{"label": "good", "score": 1}, {"label": "bad", "score": 0}],
    }
    HTTP.post(f"{server.base_url}/v1/annotation_configs", json=rubric).raise_for_status()
    models = ["m1", "m1", "m1", "m1", "m2", "m2", "m2", None]
    sent = send(server, PROJECT, [a_span(attributes={"llm.model_name": model} if model else {}) for model in models])
    ids = [id_of(span) for span in sent]
    said: list[Json] = []
    for span_id, (people, judge) in zip(ids, SAID, strict=True):
        annotators = [("HUMAN", f"app:{name}", label) for name, label in people.items()]
        annotators += [("LLM", "judge", judge)] if judge else []
        said += [
            {
                "span_id": span_id,
                "name": "verdict",
                "annotator_kind": kind,
                "identifier": who,
                "result": {"label": label},
            }
            for kind, who, label in annotators
        ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": said}).raise_for_status()
    return ids


def read(server: Server, path: str, **params: Any) -> Any:
    answer = HTTP.get(server.base_url + API + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_matrix_is_that_of_a_recount(server: Server, spans: list[str]) -> None:
    found = read(server, "/annotation_matrix", name="verdict")
    assert found["labels"] == ["good", "bad", "so-so"]
    assert found["target_count"] == 6
    assert {(cell["row"], cell["column"]): cell["count"] for cell in found["cells"]} == {
        ("good", "good"): 3,
        ("bad", "good"): 2,
        ("bad", "bad"): 1,
        ("so-so", "bad"): 1,
    }
    # 1, 1, 0, 1/2 (people differ), 1, 0 of six.
    assert found["agreement"]["value"] == pytest.approx(3.5 / 6)
    assert found["agreement"]["n"] == 6
    assert found["agreement"]["low"] < 3.5 / 6 < found["agreement"]["high"]
    # By chance: people good 2.5, bad 2.5, so-so 1 of six; the judge good 4, bad 2.
    chance = (2.5 * 4 + 2.5 * 2) / 36
    assert found["kappa"]["value"] == pytest.approx((3.5 / 6 - chance) / (1 - chance))


def test_a_cell_opens_exactly_what_it_counts(server: Server, spans: list[str]) -> None:
    for sides in ({}, {"row_identifier": "app:Ada"}, {"rows": "LLM", "columns": "HUMAN"}):
        cells = read(server, "/annotation_matrix", name="verdict", **sides)["cells"]
        assert cells
        for cell in cells:
            answer = HTTP.get(f"{server.base_url}{API}/export", params={"filter": cell["filter"]})
            assert len(answer.text.splitlines()) == cell["count"], cell


def test_two_people_are_compared_by_name(server: Server, spans: list[str]) -> None:
    people = {"rows": "HUMAN", "columns": "HUMAN"}
    found = read(
        server, "/annotation_matrix", name="verdict", row_identifier="app:Ada", column_identifier="app:Bo", **people
    )
    assert {(cell["row"], cell["column"]): cell["count"] for cell in found["cells"]} == {
        ("good", "bad"): 1,
        ("bad", "bad"): 1,
    }
    refused = HTTP.get(f"{server.base_url}{API}/annotation_matrix", params={"name": "verdict", **people})
    assert refused.status_code == 422
    assert "row_identifier and column_identifier" in refused.text


def test_without_pairs_nothing_is_known(server: Server, spans: list[str]) -> None:
    found = read(server, "/annotation_matrix", name="verdict", columns="CODE")
    assert (found["target_count"], found["cells"], found["kappa"]) == (0, [], None)
    assert found["agreement"] == {"value": None, "low": None, "high": None, "n": 0}
    assert found["labels"] == ["good", "bad"]


def test_shares_by_an_attribute(server: Server, spans: list[str]) -> None:
    found = read(server, "/annotation_shares", name="verdict", by="llm.model_name", annotator_kind="HUMAN")
    assert found["complete"]
    groups = {group["group"]: group for group in found["groups"]}
    assert {name: group["n"] for name, group in groups.items()} == {"m1": 4, "m2": 3}
    shares = {each["label"]: each["fraction"] for each in groups["m1"]["labels"]}
    assert shares == {"good": pytest.approx(2.5 / 4), "bad": pytest.approx(1.5 / 4)}
    assert all(each["low"] < each["fraction"] < each["high"] for each in groups["m1"]["labels"])
    of_judge = read(server, "/annotation_shares", name="verdict", by="llm.model_name", annotator_kind="LLM")
    assert {group["group"] for group in of_judge["groups"]} == {"m1", "m2", None}


def test_what_cannot_divide_is_refused(server: Server, spans: list[str]) -> None:
    for by, kind in (("latency_ms", "span"), ("name ==", "span"), ("span_kind", "trace")):
        answer = HTTP.get(
            f"{server.base_url}{API}/annotation_shares", params={"name": "verdict", "by": by, "target_kind": kind}
        )
        assert answer.status_code == 400
        assert answer.text.startswith("by: ")


def test_relevance_by_rank(server: Server) -> None:
    retrievers = [
        a_span(
            kind="RETRIEVER", attributes={"retrieval.documents": [{"document.content": f"{n}"} for n in range(count)]}
        )
        for count in (3, 2)
    ]
    one, two = map(id_of, send(server, "library", retrievers))
    said = [(one, 0, 1.0), (one, 1, 0.0), (two, 0, 0.4)]
    data = [
        {
            "span_id": span_id,
            "document_position": place,
            "name": "relevance",
            "annotator_kind": "LLM",
            "result": {"score": score},
        }
        for span_id, place, score in said
    ]
    HTTP.post(f"{server.base_url}/v1/document_annotations?sync=true", json={"data": data}).raise_for_status()
    answer = HTTP.get(
        f"{server.base_url}/v1/projects/library/retrieval_metrics/ranks", params={"name": "relevance"}
    ).json()
    assert (answer["span_count"], answer["complete"]) == (2, True)
    figures = ("rank", "retrieved", "judged", "relevant", "fraction")
    assert [[rank[figure] for figure in figures] for rank in answer["ranks"]] == [
        [1, 2, 2, 1, 0.5],
        [2, 2, 1, 0, 0.0],
        [3, 1, 0, 0, None],
    ]
    assert answer["ranks"][0]["low"] < 0.5 < answer["ranks"][0]["high"]
    assert answer["ranks"][2]["low"] is None
