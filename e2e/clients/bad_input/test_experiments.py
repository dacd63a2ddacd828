"""Runs, evaluations and experiments that are none."""

from typing import Any

import httpx
import pytest

from ..helpers import Json
from .requests import DEEP, EVALUATION, HUGE, JSON_TYPE, MARK, post_json, refused, taken
from .test_times import FAR, NO_TIMES

WHEN = {"start_time": "2026-03-01T12:00:00Z", "end_time": "2026-03-01T12:00:01Z"}


@pytest.fixture
def experiment(http: httpx.Client, project: str) -> Json:
    """An experiment on one example, twice."""
    http.post("/v1/datasets/upload?sync=true", json={"name": project, "inputs": [{"q": 1}]}).raise_for_status()
    made: Json = http.post(f"/v1/datasets/{project}/experiments", json={"repetitions": 2}).json()["data"]
    return made


@pytest.fixture
def url(experiment: Json) -> str:
    return f"/v1/experiments/{experiment['id']}"


@pytest.fixture
def run(http: httpx.Client, url: str) -> Json:
    """A run that would be taken."""
    [missing] = http.get(f"{url}/incomplete-runs").json()["data"]
    return {"dataset_example_id": missing["dataset_example"]["node_id"], "repetition_number": 1, "output": "o", **WHEN}


def stored(http: httpx.Client, url: str) -> list[Json]:
    """The runs, which can also be had in every other way."""
    for ending in ("", "/incomplete-runs", "/incomplete-evaluations?evaluation_name=x", "/csv", "/summary"):
        assert http.get(url + ending).status_code == 200
    runs: list[Json] = http.get(f"{url}/runs").json()["data"]
    assert len(http.get(f"{url}/json").json()) == len(runs)
    return runs


@pytest.mark.parametrize("time", [*FAR, *NO_TIMES])
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_a_time_that_cannot_be(http: httpx.Client, url: str, run: Json, field: str, time: str) -> None:
    refused(post_json(http, f"{url}/runs", run | {field: time}), field, status=422)
    assert stored(http, url) == []
    taken(http.post(f"{url}/runs", json=run))
    [kept] = stored(http, url)
    said = EVALUATION | {"experiment_run_id": kept["id"], field: time}
    refused(post_json(http, "/v1/experiment_evaluations", said), field, status=422)


@pytest.mark.parametrize("depth", [1, 60, *DEEP])
@pytest.mark.parametrize("nest", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_a_deeply_nested_output(http: httpx.Client, url: str, run: Json, nest: tuple[str, str], depth: int) -> None:
    import json

    deep = nest[0] * depth + "1" + nest[1] * depth
    body = json.dumps(run | {"output": MARK}).replace(f'"{MARK}"', deep)
    response = http.post(f"{url}/runs", content=body, headers=JSON_TYPE)
    if depth <= 60:
        taken(response)
    else:
        refused(response, status=422)
    assert len(stored(http, url)) == (depth <= 60)


@pytest.mark.parametrize("output", [HUGE, {"a": [HUGE]}, float("nan"), [float("inf")], "\ud800"])
def test_an_output_that_json_does_not_hold(http: httpx.Client, url: str, run: Json, output: Any) -> None:
    refused(post_json(http, f"{url}/runs", run | {"output": output}), status=422)
    assert stored(http, url) == []


@pytest.mark.parametrize("output", [None, "", 0, -0.0, 1e308, False, [], {}, "\0", "💥", 2**63, [[], {}], "=1+1"])
def test_outputs_come_back_as_they_were_sent(http: httpx.Client, url: str, run: Json, output: Any) -> None:
    taken(http.post(f"{url}/runs", json=run | {"output": output}))
    [kept] = stored(http, url)
    assert (kept["output"], type(kept["output"])) == (output, type(output))
    [result] = http.get(f"{url}/json").json()
    assert result["output"] == output


def test_a_run_may_have_no_output(http: httpx.Client, url: str, run: Json) -> None:
    """JavaScript leaves out what is undefined."""
    del run["output"]
    taken(http.post(f"{url}/runs", json=run))
    assert stored(http, url)[0]["output"] is None


@pytest.mark.parametrize("number", [0, -1, 10_001, 2**31, HUGE, 1.5, "many", None])
def test_a_repetition_that_cannot_be(http: httpx.Client, project: str, url: str, run: Json, number: Any) -> None:
    refused(post_json(http, f"{url}/runs", run | {"repetition_number": number}), "repetition_number", status=422)
    if number is not None:
        new = {"repetitions": number}
        refused(post_json(http, f"/v1/datasets/{project}/experiments", new), "repetitions", status=422)
    assert stored(http, url) == []


@pytest.mark.parametrize("trace_id", ["x", "0", "0" * 63, "zz" * 16, "\0"])
def test_a_trace_id_that_is_none(http: httpx.Client, url: str, run: Json, trace_id: str) -> None:
    refused(http.post(f"{url}/runs", json=run | {"trace_id": trace_id}), "trace_id", status=422)
    assert stored(http, url) == []


@pytest.mark.parametrize("score", ["many", float("nan"), float("inf"), [], HUGE * 10**300])
def test_a_score_that_is_no_number(http: httpx.Client, url: str, run: Json, score: Any) -> None:
    kept = http.post(f"{url}/runs", json=run).json()["data"]
    said = EVALUATION | {"experiment_run_id": kept["id"], "result": {"score": score}}
    refused(post_json(http, "/v1/experiment_evaluations", said), "score", status=422)
    assert http.get(f"{url}/json").json()[0]["annotations"] == []


def test_scores_whose_sum_no_number_holds(http: httpx.Client, url: str, run: Json) -> None:
    for number in (1, 2):
        kept = http.post(f"{url}/runs", json=run | {"repetition_number": number}).json()["data"]
        said = EVALUATION | {"experiment_run_id": kept["id"], "error": None, "result": {"score": 1.7e308}}
        taken(http.post("/v1/experiment_evaluations", json=said))
    assert len(stored(http, url)) == 2
    [summary] = http.get(f"{url}/summary").json()["data"]
    assert summary["evaluation_count"] == 2


def test_names_of_evaluations_that_look_like_something_else(http: httpx.Client, url: str, run: Json) -> None:
    kept = http.post(f"{url}/runs", json=run).json()["data"]
    for name in ("=1+1", 'a"b,c\n', "💥", "x" * 5000, " padded ", "_label"):
        said = EVALUATION | {"experiment_run_id": kept["id"], "name": name, "error": None}
        taken(http.post("/v1/experiment_evaluations", json=said))
        missing = http.get(f"{url}/incomplete-evaluations", params={"evaluation_name": name})
        assert missing.json()["data"] == []
    assert len(stored(http, url)) == 1
    assert len(http.get(f"{url}/json").json()[0]["annotations"]) == 6
    refused(http.get(f"{url}/incomplete-evaluations", params={"evaluation_name": " "}), status=400)


@pytest.mark.parametrize("identifier", ["x", "RGF0YXNldDox", "RXhwZXJpbWVudDp4", "RXhwZXJpbWVudDotMQ==", "%00", "💥"])
@pytest.mark.parametrize("ending", ["", "/runs", "/incomplete-runs", "/json", "/csv", "/summary", "/tags"])
def test_an_id_that_is_none(http: httpx.Client, identifier: str, ending: str) -> None:
    refused(http.get(f"/v1/experiments/{identifier}{ending}"), status=422)


@pytest.mark.parametrize("cursor", ["x", "RGF0YXNldDox", "💥", "RXhwZXJpbWVudFJ1bjp4"])
@pytest.mark.parametrize("ending", ["runs", "incomplete-runs", "incomplete-evaluations?evaluation_name=x"])
def test_a_cursor_that_is_none(http: httpx.Client, url: str, ending: str, cursor: str) -> None:
    path, _, query = ending.partition("?")
    params = dict(part.split("=") for part in query.split("&") if part) | {"cursor": cursor}
    refused(http.get(f"{url}/{path}", params=params), status=422)


@pytest.mark.parametrize("name", ["", " ", "Base", "a b", "-a", "a_", "ä", "a" * 201, "a\n"])
def test_a_tag_that_is_none(http: httpx.Client, url: str, name: str) -> None:
    refused(http.post(f"{url}/tags", json={"name": name}), "name", status=422)
    assert http.get(f"{url}/tags").json() == {"data": []}
