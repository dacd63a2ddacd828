"""Experiments of arize-phoenix-client, blocking and asynchronous, unchanged against a real server."""

import csv
import io
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ..server import Server
from .helpers import HTTP, NOON, Json, soon, spans_in

_numbers = itertools.count()


@pytest.fixture
def client(phoenix_client: Any) -> Any:
    return phoenix_client


@pytest.fixture
def dataset(client: Any) -> Any:
    """Three questions, one of them in the split `easy`."""
    return client.datasets.create_dataset(
        name=f"capitals-{next(_numbers)}",
        inputs=[{"country": "France"}, {"country": "Peru"}, {"country": "Chad"}],
        outputs=[{"capital": "Paris"}, {"capital": "Lima"}, {"capital": "N'Djamena"}],
        metadata=[{"continent": "Europe"}, {"continent": "America"}, {"continent": "Africa"}],
    )


CAPITALS = {"France": "Paris", "Peru": "Lima", "Chad": "Abéché"}


def answer(input: Json) -> Json:
    return {"capital": CAPITALS[input["country"]]}


def correct(output: Json, expected: Json) -> bool:
    return output == expected


def length(output: Json) -> tuple[float, str, str]:
    return len(output["capital"]), "long" if len(output["capital"]) > 5 else "short", "Letters."


def counts(client: Any, experiment_id: str) -> tuple[int, int, int]:
    found = client.experiments.get(experiment_id=experiment_id)
    return found["successful_run_count"], found["failed_run_count"], found["missing_run_count"]


def scores(ran: Json, name: str) -> list[float]:
    return sorted(each.result["score"] for each in ran["evaluation_runs"] if each.name == name)


def test_an_experiment_runs_is_evaluated_and_read_back(client: Any, dataset: Any, server: Server) -> None:
    ran = client.experiments.run_experiment(
        dataset=dataset,
        task=answer,
        evaluators=[correct, length],
        experiment_name="first try",
        experiment_description="by heart",
        experiment_metadata={"model": "memory"},
        repetitions=2,
    )

    assert len(ran["task_runs"]) == 6
    assert scores(ran, "correct") == [0, 0, 1, 1, 1, 1]
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    assert {run["id"] for run in read["task_runs"]} == {run["id"] for run in ran["task_runs"]}
    assert sorted(run["output"]["capital"] for run in read["task_runs"]) == sorted([*CAPITALS.values()] * 2)
    assert (scores(read, "correct"), scores(read, "length")) == (scores(ran, "correct"), scores(ran, "length"))
    assert {each.result["label"] for each in read["evaluation_runs"]} == {"True", "False", "long", "short"}
    found = client.experiments.get(experiment_id=ran["experiment_id"])
    assert (found["name"], found["description"], found["metadata"]) == ("first try", "by heart", {"model": "memory"})
    assert (found["example_count"], found["repetitions"], *counts(client, found["id"])) == (3, 2, 6, 0, 0)
    assert found["dataset_version_id"] == dataset.version_id
    assert [each["id"] for each in client.experiments.list(dataset_id=dataset.id)] == [found["id"]]
    summary = HTTP.get(f"{server.base_url}/v1/experiments/{found['id']}/summary").json()["data"]
    assert [(each["name"], each["example_count"]) for each in summary] == [("correct", 3), ("length", 3)]
    assert summary[0]["mean_score"] == pytest.approx(2 / 3)
    assert summary[0]["low"] < 2 / 3 < summary[0]["high"]


def test_tasks_are_traced_into_the_experiments_project(client: Any, dataset: Any, server: Server) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators=correct)

    project = ran["project_name"]
    assert re.fullmatch("Experiment-[0-9a-f]{24}", project)
    spans = soon(lambda: len(found := spans_in(server, project)) == 3 and found, within_s=10)
    assert {span["context"]["trace_id"] for span in spans} == {run["trace_id"] for run in ran["task_runs"]}
    assert {span["name"] for span in spans} == {"Task: answer"}
    assert soon(lambda: spans_in(server, "evaluators"), within_s=10)

    def names(**parameters: bool) -> set[str]:
        listed = HTTP.get(f"{server.base_url}/v1/projects", params={"limit": 1000, **parameters}).json()["data"]
        return {each["name"] for each in listed}

    assert project not in names()
    assert project in names(include_experiment_projects=True)


def test_the_links_that_it_prints_lead_to_the_dataset(
    client: Any, dataset: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    client.experiments.run_experiment(dataset=dataset, task=answer)

    links = re.findall(r"http://\S+", capsys.readouterr().out)
    assert len(links) == 2
    for link in links:
        assert link.startswith(f"{server.base_url}/datasets/{dataset.id}/")
        response = HTTP.get(link, follow_redirects=False)
        assert response.status_code == 307
        address = response.headers["location"]
        assert address.partition("?")[0] == f"/datasets/{dataset.id.replace('=', '%3D')}"
        assert address.partition("?")[2] == link.partition("?")[2]
    gone = HTTP.get(f"{server.base_url}/datasets/RGF0YXNldDo5OTk5/experiments")
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_a_dry_run_leaves_nothing_behind(client: Any, dataset: Any) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators=[correct], dry_run=2)

    assert len(ran["task_runs"]) == 2
    assert client.experiments.list(dataset_id=dataset.id) == []


def test_tasks_that_fail_are_results_and_run_again_when_it_is_resumed(client: Any, dataset: Any) -> None:
    broken = {"Peru"}

    def sometimes(input: Json) -> Json:
        if input["country"] in broken:
            raise ValueError(f"{input['country']} is closed")
        return answer(input)

    ran = client.experiments.run_experiment(
        dataset=dataset, task=sometimes, evaluators=[correct], repetitions=2, retries=0
    )
    experiment_id = ran["experiment_id"]
    assert counts(client, experiment_id) == (4, 2, 0)
    read = client.experiments.get_experiment(experiment_id=experiment_id)
    assert {run["error"] for run in read["task_runs"]} == {None, "ValueError('Peru is closed')"}
    # Runs that failed were evaluated, too: the client does so. Those evaluations go with the runs.
    broken.clear()
    client.experiments.resume_experiment(experiment_id=experiment_id, task=sometimes, evaluators=[correct])

    assert counts(client, experiment_id) == (6, 0, 0)
    read = client.experiments.get_experiment(experiment_id=experiment_id)
    assert scores(read, "correct") == [0, 0, 1, 1, 1, 1]
    assert {run["error"] for run in read["task_runs"]} == {None}


def test_it_goes_on_where_it_was_interrupted(client: Any, dataset: Any) -> None:
    made = client.experiments.create(dataset_id=dataset.id, repetitions=2, experiment_name="interrupted")
    first = dataset.examples[0]
    client.experiments.log_run(
        experiment_id=made["id"],
        dataset_example_id=first["node_id"],
        output="already there",
        start_time=NOON,
        end_time=NOON + timedelta(seconds=1),
        repetition_number=2,
    )
    assert counts(client, made["id"]) == (1, 0, 5)

    client.experiments.resume_experiment(experiment_id=made["id"], task=answer)

    assert counts(client, made["id"]) == (6, 0, 0)
    outputs = [run["output"] for run in client.experiments.get_experiment(experiment_id=made["id"])["task_runs"]]
    assert outputs.count("already there") == 1


def test_it_is_evaluated_later_and_what_failed_then_once_more(client: Any, dataset: Any) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer)
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    evaluated = client.experiments.evaluate_experiment(experiment=read, evaluators={"right": correct})
    assert scores(evaluated, "right") == [0, 0 + 1, 1]
    fails = [True]

    def picky(output: Json) -> float:
        if fails and output["capital"] == "Lima":
            raise ValueError("not Lima")
        return 0.5

    def asked() -> Any:
        return client.experiments.get_experiment(experiment_id=ran["experiment_id"])

    client.experiments.evaluate_experiment(experiment=read, evaluators=[picky], retries=0)
    assert scores(asked(), "picky") == [0.5, 0.5]
    fails.clear()
    client.experiments.resume_evaluation(experiment_id=ran["experiment_id"], evaluators=[picky])
    assert scores(asked(), "picky") == [0.5, 0.5, 0.5]
    assert scores(asked(), "right") == [0, 1, 1]


def test_a_run_that_succeeded_cannot_be_replaced(client: Any, dataset: Any) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer)
    run = ran["task_runs"][0]

    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.experiments.log_run(
            experiment_id=ran["experiment_id"],
            dataset_example_id=run["dataset_example_id"],
            output="other",
            start_time=NOON,
            end_time=NOON,
        )

    assert refused.value.response.status_code == 409
    assert run["id"] in refused.value.response.text


def test_of_many_who_run_an_example_at_once_one_is_stored(dataset: Any, server: Server) -> None:
    url = f"{server.base_url}/v1/datasets/{dataset.id}/experiments"
    experiment = HTTP.post(url, json={}).json()["data"]["id"]
    example = dataset.examples[0]["node_id"]

    def log(number: int) -> int:
        run = {
            "dataset_example_id": example,
            "repetition_number": 1,
            "output": number,
            "start_time": NOON.isoformat(),
            "end_time": NOON.isoformat(),
        }
        return HTTP.post(f"{server.base_url}/v1/experiments/{experiment}/runs", json=run).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(log, range(8))) == [200, *[409] * 7]
    [run] = HTTP.get(f"{server.base_url}/v1/experiments/{experiment}/runs").json()["data"]
    assert run["output"] in range(8)


def test_an_evaluation_is_logged_by_hand(client: Any, dataset: Any, server: Server) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer)
    run = ran["task_runs"][0]
    by_hand: Json = {"experiment_run_id": run["id"], "name": "tone", "annotator_kind": "HUMAN"}
    first = client.experiments.log_evaluation(**by_hand, label="rude", metadata={"by": "Ada"})
    again = client.experiments.log_evaluation(**by_hand, score=0.5, explanation="On reflection.")
    assert first == again

    records = HTTP.get(f"{server.base_url}/v1/experiments/{ran['experiment_id']}/json").json()
    [said] = [each for record in records for each in record["annotations"]]
    assert (said["label"], said["score"], said["explanation"], said["metadata"]) == (None, 0.5, "On reflection.", {})
    text = HTTP.get(f"{server.base_url}/v1/experiments/{ran['experiment_id']}/csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 3
    assert sorted(row["annotation_tone_score"] for row in rows) == ["", "", "0.5"]
    assert {row["input"] for row in rows} == {f'{{"country":"{country}"}}' for country in CAPITALS}
    assert list(rows[0])[:7] == [
        *("example_id", "repetition_number", "input", "reference_output", "output", "metadata", "error")
    ]
    assert {row["metadata"] for row in rows} == {
        f'{{"continent":"{name}"}}' for name in ("Africa", "America", "Europe")
    }


def test_one_from_elsewhere_keeps_its_project_and_its_time(dataset: Any, server: Server) -> None:
    address = f"{server.base_url}/v1/datasets/{dataset.id}/experiments"
    original = {"project_name": f"Experiment-of-{dataset.id}", "created_at": "2025-01-02T03:04:05Z"}
    body = {"original": original}
    made = HTTP.post(address, json=body).json()["data"]
    assert (made["project_name"], made["created_at"]) == (original["project_name"], "2025-01-02T03:04:05+00:00")
    listed = HTTP.get(f"{server.base_url}/v1/projects", params={"limit": 1000}).json()["data"]
    assert made["project_name"] not in [each["name"] for each in listed]
    taken = HTTP.post(address, json=body)
    assert taken.status_code == 409
    assert made["project_name"] in taken.text
    assert [each["id"] for each in HTTP.get(address).json()["data"]] == [made["id"]]


def test_an_experiment_reads_as_it_was_when_its_dataset_changes(client: Any, dataset: Any) -> None:
    made = client.experiments.create(dataset_id=dataset.id)
    client.datasets.create_dataset(name=dataset.name, inputs=[{"country": "Fiji"}], outputs=[{"capital": "Suva"}])
    client.experiments.resume_experiment(experiment_id=made["id"], task=answer, evaluators=[correct])
    read = client.experiments.get_experiment(experiment_id=made["id"])
    assert scores(read, "correct") == [0, 1, 1]


def test_an_experiment_on_a_split(client: Any, server: Server) -> None:
    name = f"split-{next(_numbers)}"
    inputs: list[Json] = [{"country": "France"}, {"country": "Peru"}]
    body: Json = {"name": name, "inputs": inputs, "splits": ["europe", "america"]}
    HTTP.post(f"{server.base_url}/v1/datasets/upload?sync=true", json=body).raise_for_status()
    dataset = client.datasets.get_dataset(dataset=name, splits=["europe"])
    ran = client.experiments.run_experiment(dataset=dataset, task=answer)
    assert [run["output"] for run in ran["task_runs"]] == [{"capital": "Paris"}]
    assert client.experiments.get(experiment_id=ran["experiment_id"])["example_count"] == 1


@pytest.mark.parametrize("delete_project", [True, False])
def test_a_deleted_experiment_is_gone(client: Any, dataset: Any, server: Server, delete_project: bool) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer)
    assert soon(lambda: len(spans_in(server, ran["project_name"])) == 3, within_s=10)

    client.experiments.delete(experiment_id=ran["experiment_id"], delete_project=delete_project)

    for call in (client.experiments.get, client.experiments.delete, client.experiments.get_experiment):
        with pytest.raises(ValueError, match="Experiment not found"):
            call(experiment_id=ran["experiment_id"])
    with pytest.raises(ValueError, match="Experiment not found"):
        client.experiments.resume_experiment(experiment_id=ran["experiment_id"], task=answer)
    assert client.experiments.list(dataset_id=dataset.id) == []
    assert len(spans_in(server, ran["project_name"])) == (0 if delete_project else 3)


def test_more_runs_than_a_page_has(client: Any) -> None:
    dataset = client.datasets.create_dataset(
        name=f"many-{next(_numbers)}", inputs=[{"n": number} for number in range(52)]
    )

    def even(input: Json) -> bool:
        return input["n"] % 2 == 0

    ran = client.experiments.run_experiment(dataset=dataset, task=even, print_summary=False)

    assert len(ran["task_runs"]) == 52
    assert sum(run["output"] for run in ran["task_runs"]) == 26
