"""A call for every documented operation of experiments, with every status that can be had on purpose."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx

from .helpers import Json

Call = tuple[str, int, httpx.Response]

GONE = "/v1/experiments/RXhwZXJpbWVudDo5OTk5OTk%3D"  # Experiment:999999
NO_DATASET = "/v1/datasets/RGF0YXNldDo5OTk5OTk%3D/experiments"  # Dataset:999999
NO_RUN = "RXhwZXJpbWVudFJ1bjo5OTk5OTk="  # ExperimentRun:999999
WHEN = {"start_time": "2026-03-01T12:00:00Z", "end_time": "2026-03-01T12:00:01.5+00:00"}


def experiments(http: httpx.Client, name: str) -> Iterator[Call]:
    """All of them."""
    examples: Json = {"inputs": [{"q": "1"}, {"q": "2"}], "splits": ["one", None]}
    http.post("/v1/datasets/upload?sync=true", json={"name": name, **examples}).raise_for_status()
    url = f"/v1/datasets/{name}/experiments"
    whole: Json = {"name": "n", "description": "d", "metadata": {"k": [1]}, "splits": ["one"], "repetitions": 2}

    made = http.post(url, json=whole)
    yield "create_experiment", 200, made
    yield "create_experiment", 200, http.post(url, json={"project_name": "ignored"})
    original = {"project_name": "Experiment-elsewhere", "created_at": "2026-01-02T03:04:05Z"}
    yield "create_experiment", 200, http.post(url, json={"original": original})
    yield "create_experiment", 409, http.post(url, json={"original": original})
    yield "create_experiment", 422, http.post(url, json={"original": {"project_name": "p"}})
    yield "create_experiment", 404, http.post(NO_DATASET, json={})
    yield "create_experiment", 404, http.post(url, json={"splits": ["nothing"]})
    yield "create_experiment", 422, http.post(url, json={"repetitions": 0})
    yield "list_experiments", 200, http.get(url, params={"limit": 1})
    yield "list_experiments", 404, http.get(NO_DATASET)
    yield "list_experiments", 422, http.get(url, params={"cursor": "x"})
    one = f"/v1/experiments/{quote(made.json()['data']['id'], safe='')}"
    yield from _one(http, one)
    yield from _runs(http, one)
    yield from _tags(http, one)
    yield "delete_experiment", 422, http.delete(one, params={"delete_project": "perhaps"})
    yield "delete_experiment", 204, http.delete(one, params={"delete_project": True})
    yield "delete_experiment", 404, http.delete(one)


def _one(http: httpx.Client, one: str) -> Iterator[Call]:
    yield "get_experiment", 200, http.get(one)
    yield "get_experiment", 404, http.get(GONE)
    yield "get_experiment", 422, http.get("/v1/experiments/x")
    yield "update_experiment", 200, http.patch(one, json={"name": "new", "description": None, "metadata": {}})
    yield "update_experiment", 404, http.patch(GONE, json={})
    yield "update_experiment", 422, http.patch(one, json={"name": " "})


def _runs(http: httpx.Client, one: str) -> Iterator[Call]:
    [incomplete] = http.get(f"{one}/incomplete-runs").json()["data"]
    run: Json = {"dataset_example_id": incomplete["dataset_example"]["node_id"], "repetition_number": 1, **WHEN}
    made = http.post(f"{one}/runs", json={**run, "output": {"a": [1, None]}, "trace_id": "0" * 31 + "1"})
    yield "create_experiment_run", 200, made
    yield "create_experiment_run", 200, http.post(f"{one}/runs", json={**run, "repetition_number": 2, "error": "no"})
    yield "create_experiment_run", 409, http.post(f"{one}/runs", json=run)
    yield "create_experiment_run", 404, http.post(f"{one}/runs", json={**run, "dataset_example_id": "x"})
    yield "create_experiment_run", 404, http.post(f"{GONE}/runs", json=run)
    yield "create_experiment_run", 422, http.post(f"{one}/runs", json={**run, "repetition_number": 0})
    yield "list_incomplete_experiment_runs", 200, http.get(f"{one}/incomplete-runs")
    run_id = made.json()["data"]["id"]

    missing, url = f"{one}/incomplete-evaluations", "/v1/experiment_evaluations"
    said: Json = {"experiment_run_id": run_id, "name": "tone", "annotator_kind": "CODE", **WHEN}
    asked = {"evaluation_name": ["tone", "length"]}
    yield "list_incomplete_experiment_evaluations", 200, http.get(missing, params=asked)
    yield "list_incomplete_experiment_evaluations", 400, http.get(missing)
    yield "list_incomplete_experiment_evaluations", 404, http.get(f"{GONE}/incomplete-evaluations", params=asked)
    yield "list_incomplete_experiment_evaluations", 422, http.get(missing, params={**asked, "cursor": "x"})
    yield "upsert_experiment_evaluation", 200, http.post(url, json={**said, "result": {"score": 0.5, "label": "l"}})
    yield "upsert_experiment_evaluation", 200, http.post(url, json={**said, "name": "x", "error": "no"})
    yield "upsert_experiment_evaluation", 404, http.post(url, json={**said, "experiment_run_id": NO_RUN, "error": "no"})
    yield "upsert_experiment_evaluation", 422, http.post(url, json=said)

    reads = {
        "list_experiment_runs": "runs",
        "list_incomplete_experiment_runs": "incomplete-runs",
        "export_experiment_json": "json",
        "export_experiment_csv": "csv",
        "get_experiment_summary": "summary",
        "list_experiment_tags": "tags",
    }
    for operation, ending in reads.items():
        yield operation, 200, http.get(f"{one}/{ending}")
        yield operation, 404, http.get(f"{GONE}/{ending}")
        yield operation, 422, http.get(f"/v1/experiments/x/{ending}")
    yield "list_experiment_runs", 200, http.get(f"{one}/runs", params={"limit": 1})
    yield "list_experiment_runs", 422, http.get(f"{one}/runs", params={"cursor": "x"})


def _tags(http: httpx.Client, one: str) -> Iterator[Call]:
    made = http.post(f"{one}/tags", json={"name": "baseline", "description": "d"})
    yield "set_experiment_tag", 200, made
    yield "set_experiment_tag", 404, http.post(f"{GONE}/tags", json={"name": "baseline"})
    yield "set_experiment_tag", 422, http.post(f"{one}/tags", json={"name": "Base line"})
    yield "list_experiment_tags", 200, http.get(f"{one}/tags")
    yield "delete_experiment_tag", 204, http.delete(f"{one}/tags/{quote(made.json()['data']['id'], safe='')}")
    yield "delete_experiment_tag", 404, http.delete(f"{one}/tags/baseline")
    yield "delete_experiment_tag", 422, http.delete("/v1/experiments/x/tags/baseline")
