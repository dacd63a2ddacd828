"""Summaries, series and disagreements of a real server."""

from typing import Any

import httpx
import pytest

from ..clients.helpers import HTTP, Json, a_span, id_of, send
from ..server import Server

PROJECT = "insight"
API = f"/v1/projects/{PROJECT}"


@pytest.fixture(scope="module")
def judged(server: Server) -> list[str]:
    """Three spans, two of which somebody judges twice; the first of them differently."""
    spans = [a_span() for _ in range(3)]
    send(server, PROJECT, spans)
    ids = [id_of(span) for span in spans]
    said = [
        (ids[0], "HUMAN", "ada", "good", 1.0),
        (ids[0], "LLM", "judge", "bad", 0.0),
        (ids[1], "HUMAN", "ada", "good", 1.0),
        (ids[1], "LLM", "judge", "good", 1.0),
        (ids[2], "LLM", "judge", "bad", 0.0),
    ]
    data = [
        {
            "span_id": span_id,
            "name": "quality",
            "annotator_kind": kind,
            "identifier": who,
            "result": {"label": label, "score": score},
        }
        for span_id, kind, who, label, score in said
    ]
    assert HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": data}).status_code == 200
    return ids


def read(server: Server, path: str, **params: Any) -> Any:
    answer = HTTP.get(server.base_url + API + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_scores_are_told_by_the_bins_that_their_rubric_offers(server: Server) -> None:
    spans = [a_span() for _ in range(4)]
    send(server, "spread", spans)
    rubric = {"name": "stars", "type": "CONTINUOUS", "optimization_direction": "MAXIMIZE"}
    rubric |= {"lower_bound": 1, "upper_bound": 5}
    HTTP.post(f"{server.base_url}/v1/annotation_configs", json=rubric).raise_for_status()
    said = [(0, "ada", 5), (0, "ben", 4), (1, "ada", 5), (2, "ada", 1), (2, "ben", 2)]
    annotations = [
        {"span_id": id_of(spans[place]), "name": "stars", "annotator_kind": "HUMAN", "identifier": who}
        | {"result": {"score": score}}
        for place, who, score in said
    ]
    annotations.append(
        {"span_id": id_of(spans[3]), "name": "stars", "annotator_kind": "LLM", "result": {"score": 9, "label": "wow"}}
    )
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": annotations}).raise_for_status()

    def spread(**params: Any) -> Any:
        address = f"{server.base_url}/v1/projects/spread/annotation_summaries/distribution"
        answer = HTTP.get(address, params={"name": "stars", **params})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    found = spread()
    assert found["edges"] == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert (found["counts"], found["below_count"], found["above_count"]) == ([0, 1, 0, 0, 2], 0, 1)
    assert (found["minimum"], found["quartiles"], found["maximum"]) == (1.5, [1.5, 4.5, 5.0], 9.0)
    humans, judges = found["by_annotator_kind"]
    assert (humans["annotator_kind"], humans["scored_target_count"], humans["quartiles"]) == ("HUMAN", 3, [1.5, 4.5, 5])
    assert (judges["counts"], judges["above_count"]) == ([0] * 5, 1)

    config = f"{server.base_url}/v1/annotation_configs"
    [kept] = [each for each in HTTP.get(config).json()["data"] if each["name"] == "stars"]
    for change, edges in (
        ({"step": 2}, [0, 2, 4, 6]),
        ({"upper_bound": 101}, [1 + 10 * place for place in range(11)]),
        ({"upper_bound": None}, pytest.approx([1.5 + 0.75 * place for place in range(11)])),
    ):
        HTTP.put(f"{config}/{kept['id']}", json={**rubric, **change}).raise_for_status()
        assert spread()["edges"] == edges

    assert spread(bins=2, low=0, high=10)["counts"] == [2, 2]
    assert spread(low=20)["below_count"] == 4
    assert spread(filter=f"span_id == '{id_of(spans[3])}'")["scored_target_count"] == 1
    nothing = spread(name="nobody said this")
    assert (nothing["scored_target_count"], nothing["quartiles"], nothing["edges"], nothing["counts"]) == (
        0,
        None,
        [],
        [],
    )


def test_a_summary_counts_every_target_once(server: Server, judged: list[str]) -> None:
    [summary] = read(server, "/annotation_summaries")
    humans, judges = summary.pop("by_annotator_kind")

    assert summary.pop("mean_score_interval") == pytest.approx({"low": -0.7421, "high": 1.7421}, abs=1e-4)
    fractions = summary.pop("label_fractions")
    assert {each["label"]: each["fraction"] for each in fractions} == {"good": 0.5, "bad": 0.5}
    assert all(each["interval"]["low"] < 0.5 < each["interval"]["high"] for each in fractions)
    assert summary == {
        "name": "quality",
        "target_kind": "span",
        "count": 5,
        "target_count": 3,
        "score_count": 5,
        "scored_target_count": 3,
        "mean_score": 0.5,
        "label_count": 5,
        "labelled_target_count": 3,
    }
    assert (humans["annotator_kind"], humans["mean_score"], humans["target_count"]) == ("HUMAN", 1.0, 2)
    assert (judges["annotator_kind"], judges["mean_score"]) == ("LLM", pytest.approx(1 / 3))


def test_a_summary_can_be_narrowed_by_a_condition(server: Server, judged: list[str]) -> None:
    [summary] = read(server, "/annotation_summaries", filter=f"span_id == '{judged[2]}'", name="quality")
    assert (summary["count"], summary["mean_score"], summary["mean_score_interval"]) == (1, 0.0, None)


def test_a_series_has_the_buckets_that_hold_something(server: Server, judged: list[str]) -> None:
    day = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}
    series = read(server, "/annotation_summaries/series", bucket="hour", **day)
    assert series["bucket_seconds"] == 3600
    [point] = series["points"]
    assert (point["start_time"], point["count"]) == ("2026-03-01T12:00:00+00:00", 5)
    assert read(server, "/annotation_summaries/series", bucket="600", name="other", **day)["points"] == []


def test_a_disagreement_shows_both_sides(server: Server, judged: list[str]) -> None:
    [found] = read(server, "/disagreements")
    assert found["target"] == {"kind": "span", "id": judged[0], "position": None}
    assert (found["name"], found["labels"], found["score_range"]) == ("quality", ["bad", "good"], [0.0, 1.0])
    assert [each["identifier"] for each in found["annotations"]] == ["judge", "ada"]
    # The same spans as the filter language finds.
    same = read(server, "/annotation_summaries", filter="disagree('quality')")
    assert [each["target_count"] for each in same] == [1]


def test_disagreements_come_in_pages(server: Server) -> None:
    spans = [a_span() for _ in range(5)]
    send(server, "many", spans)
    data: list[Json] = [
        {"span_id": id_of(span), "name": name, "annotator_kind": "HUMAN", "identifier": who, "result": {"label": who}}
        for span in spans
        for name in ("a", "b")
        for who in ("x", "y")
    ]
    HTTP.post(f"{server.base_url}/v1/span_annotations?sync=true", json={"data": data}).raise_for_status()
    seen, cursor = [], ""
    while cursor is not None:
        page = HTTP.get(
            f"{server.base_url}/v1/projects/many/disagreements", params={"limit": 3, "cursor": cursor}
        ).json()
        seen += [(each["target"]["id"], each["name"]) for each in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [(id_of(span), name) for span in reversed(spans) for name in ("b", "a")]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/annotation_summaries", {"filter": "latency_ms >"}, 400),
        ("/annotation_summaries", {"start_time": "x"}, 422),
        ("/annotation_summaries/series", {"filter": "nothing["}, 400),
        ("/annotation_summaries/series", {"bucket": "0"}, 422),
        ("/annotation_summaries/series", {"bucket": "week"}, 422),
        ("/annotation_summaries/series", {"bucket": "1"}, 422),
        ("/annotation_summaries/series", {"start_time": "2026-03-02", "end_time": "2026-03-01"}, 422),
        ("/disagreements", {"cursor": "x"}, 422),
        ("/disagreements", {"cursor": "WzEsMiwzXQ=="}, 422),
        ("/disagreements", {"limit": 0}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, path: str, params: Json, status: int) -> None:
    send(server, PROJECT, [])
    answer: httpx.Response = HTTP.get(server.base_url + API + path, params=params)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("path", ["annotation_summaries", "annotation_summaries/series", "disagreements"])
def test_an_unknown_project_is_not_found(server: Server, path: str) -> None:
    assert HTTP.get(f"{server.base_url}/v1/projects/nothing/{path}").status_code == 404
