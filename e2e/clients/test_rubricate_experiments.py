"""Our SDK's experiments, blocking and asynchronous, on a real server."""

import asyncio
import itertools
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from rubricate.client import AsyncClient, Client
from rubricate.client.experiments import create_evaluator
from rubricate.errors import Conflict, ConnectionFailed, ConnectionLost, InvalidInput, NotFound

from ..conftest import StartServer
from ..server import Server
from .helpers import NOON, Json, soon, spans_in

_numbers = itertools.count()


@pytest.fixture
def client(rubricate_client: Any) -> Any:
    return rubricate_client


COUNTRIES = {"France": "Paris", "Peru": "Lima", "Chad": "N'Djamena"}
CAPITALS = {**COUNTRIES, "Chad": "Abéché"}


@pytest.fixture
def dataset(client: Any) -> Any:
    return client.datasets.create_dataset(
        name=f"capitals-{next(_numbers)}",
        examples=[
            {"input": {"country": country}, "output": {"capital": capital}, "metadata": {"letters": len(capital)}}
            for country, capital in COUNTRIES.items()
        ],
    )


def answer(input: Json) -> Json:
    return {"capital": CAPITALS[input["country"]]}


def correct(output: Json, expected: Json) -> bool:
    return output == expected


def scores(ran: Json, name: str) -> list[float]:
    return sorted(each.result["score"] for each in ran["evaluation_runs"] if each.name == name and each.result)


def counts(client: Any, experiment_id: str) -> tuple[int, int, int]:
    found = client.experiments.get(experiment_id=experiment_id)
    return found["successful_run_count"], found["failed_run_count"], found["missing_run_count"]


def test_an_experiment_runs_is_evaluated_and_read_back(
    client: Any, dataset: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = client.experiments.run_experiment(
        dataset=dataset,
        task=answer,
        evaluators=[correct, create_evaluator(kind="llm", name="length")(lambda output: len(output["capital"]))],
        experiment_name="first try",
        experiment_metadata={"model": "memory"},
        repetitions=2,
    )

    assert len(ran["task_runs"]) == 6
    assert (scores(ran, "correct"), scores(ran, "length")) == ([0, 0, 1, 1, 1, 1], [4, 4, 5, 5, 6, 6])
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    assert read["task_runs"] == ran["task_runs"]
    assert scores(read, "correct") == scores(ran, "correct")
    assert {(each.name, each.annotator_kind) for each in read["evaluation_runs"]} == {
        ("correct", "CODE"),
        ("length", "LLM"),
    }
    [listed] = client.experiments.list(dataset_id=dataset.id)
    assert (listed["name"], listed["metadata"], listed["repetitions"]) == ("first try", {"model": "memory"}, 2)
    said = capsys.readouterr().out
    assert "6 runs, 0 failed" in said
    assert "0.667" in said
    assert "True 4, False 2" in said
    assert f"{server.base_url}/datasets/" in said
    [summary, _] = client.experiments.summary(experiment_id=ran["experiment_id"])
    assert summary["low"] < summary["mean_score"] < summary["high"]


def test_parameters_are_given_what_they_are_named_after(client: Any, dataset: Any) -> None:
    given: list[Json] = []

    def task(example: Json, metadata: Json, expected: Json, reference: Json, other: int = 5) -> int:
        assert expected == reference == example["output"]
        assert metadata == example["metadata"]
        expected["capital"] = "changed"
        return other

    def judge(output: int, trace_id: str, **rest: Any) -> tuple[float, str, str]:
        given.append({"output": output, "trace_id": trace_id, **rest})
        return 0.5, "fine", "So."

    ran = client.experiments.run_experiment(dataset=dataset, task=task, evaluators={"judged": judge})

    assert {run["trace_id"] for run in ran["task_runs"]} == {each["trace_id"] for each in given}
    assert {each["expected"]["capital"] for each in given} == set(COUNTRIES.values())
    assert ran["evaluation_runs"][0].result == {"score": 0.5, "label": "fine", "explanation": "So."}


def test_tasks_are_traced_with_what_happens_inside(client: Any, dataset: Any, server: Server, project: str) -> None:
    """The application's own spans, which go elsewhere otherwise, come along."""
    from rubricate.otel import register

    provider = register(endpoint=server.base_url, project_name=project, set_global_tracer_provider=False, verbose=False)
    before, trace._TRACER_PROVIDER = trace._TRACER_PROVIDER, provider  # what is global can be set once a process

    def task(input: Json) -> str:
        with trace.get_tracer("app").start_as_current_span("inside"):
            return str(input["country"])

    try:
        ran = client.experiments.run_experiment(dataset=dataset, task=task, evaluators=[lambda output: len(output)])
        with trace.get_tracer("app").start_as_current_span("outside"):
            pass
    finally:
        trace._TRACER_PROVIDER = before
        provider.shutdown()

    spans = soon(lambda: len(found := spans_in(server, ran["project_name"])) == 6 and found, within_s=10)
    assert sorted(span["name"].partition(".")[0] for span in spans) == ["Task: task"] * 3 + ["inside"] * 3
    roots = {span["context"]["trace_id"]: span for span in spans if span["parent_id"] is None}
    assert roots.keys() == {run["trace_id"] for run in ran["task_runs"]}
    root = next(iter(roots.values()))
    assert root["attributes"]["output.value"] in COUNTRIES
    assert "country" in root["attributes"]["input.value"]
    assert [span["name"] for span in spans_in(server, project)] == ["outside"]
    judged = {each.trace_id for each in ran["evaluation_runs"]}
    traced = {span["context"]["trace_id"] for span in spans_in(server, "evaluators")}
    assert len(judged) == 3
    assert judged <= traced


def test_a_dry_run_leaves_nothing_behind(
    client: Any, dataset: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = len(spans_in(server, "evaluators"))
    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators=[correct], dry_run=2)
    again = client.experiments.run_experiment(dataset=dataset, task=answer, dry_run=2, print_summary=False)

    assert [run["output"] for run in ran["task_runs"]] == [run["output"] for run in again["task_runs"]]
    assert len(ran["task_runs"]) == len(ran["evaluation_runs"]) == 2
    assert len(client.experiments.run_experiment(dataset=dataset.name, task=answer, dry_run=True)["task_runs"]) == 1
    assert client.experiments.list(dataset_id=dataset.id) == []
    assert len(spans_in(server, "evaluators")) == traces
    assert "2 runs, 0 failed" in capsys.readouterr().out


def test_functions_that_fail_are_tried_again_and_then_are_results(client: Any, dataset: Any) -> None:
    tries: list[str] = []
    broken = {"Peru"}

    def task(input: Json) -> Json:
        tries.append(input["country"])
        if input["country"] in broken or tries.count("Chad") == 1 == tries.count(input["country"]):
            raise ValueError(f"{input['country']} is closed")
        return answer(input)

    def judge(output: Json) -> float:
        if output["capital"] == "Paris" and broken:
            raise ValueError("not Paris")
        return 1

    ran = client.experiments.run_experiment(dataset=dataset, task=task, evaluators=[judge], retries=1, concurrency=1)
    assert counts(client, ran["experiment_id"]) == (2, 1, 0)
    assert tries.count("Peru") == 2
    assert {run["error"] for run in ran["task_runs"]} == {None, "ValueError('Peru is closed')"}
    assert sorted(str(each.error) for each in ran["evaluation_runs"]) == ["None", "ValueError('not Paris')"]

    broken.clear()
    tries.clear()
    resumed = client.experiments.resume_experiment(
        experiment_id=ran["experiment_id"], task=task, evaluators=[judge], retries=0
    )
    assert tries == ["Peru"]
    assert counts(client, ran["experiment_id"]) == (3, 0, 0)
    assert scores(resumed, "judge") == [1, 1, 1]


def test_what_cannot_be_stored_is_a_failed_run(client: Any, dataset: Any) -> None:
    deep: Any = None
    for _ in range(100):
        deep = [deep]

    ran = client.experiments.run_experiment(dataset=dataset, task=lambda input: deep, retries=0)

    assert counts(client, ran["experiment_id"]) == (0, 3, 0)
    assert all("cannot be stored" in run["error"] and "64 levels" in run["error"] for run in ran["task_runs"])
    halved = client.experiments.run_experiment(dataset=dataset, task=lambda input: "\ud800", retries=0)
    assert all("surrogates" in run["error"] for run in halved["task_runs"])
    ran = client.experiments.run_experiment(
        dataset=dataset, task=answer, evaluators={"judged": lambda output: {"score": 1, "metadata": {"deep": deep}}}
    )
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    assert {each.name for each in read["evaluation_runs"]} == {"judged"}
    assert all("cannot be stored" in str(each.error) for each in read["evaluation_runs"])


@pytest.mark.parametrize("returned", [None, float("nan"), {"nothing": 1}, object(), []])
def test_what_is_no_evaluation_is_an_error_of_the_evaluator(client: Any, dataset: Any, returned: Any) -> None:
    def judge(output: Json) -> Any:
        return returned

    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators=judge, retries=0)
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    assert len(read["evaluation_runs"]) == 3
    assert all("NoEvaluation" in str(each.error) and each.result is None for each in read["evaluation_runs"])


def test_several_evaluations_of_one_evaluator(client: Any, dataset: Any) -> None:
    def judge(output: Json) -> list[Any]:
        return [{"name": "tone", "label": "kind", "metadata": {"by": 1}}, {"score": 2}]

    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators=judge)
    read = client.experiments.get_experiment(experiment_id=ran["experiment_id"])
    said = {each.name: (each.result, each.metadata) for each in read["evaluation_runs"]}
    assert said == {"tone": ({"label": "kind"}, {"by": 1}), "judge-2": ({"score": 2}, {})}


def test_what_is_called_too_fast_is_waited_for(client: Any, dataset: Any) -> None:
    class TooFast(Exception):
        pass

    calls = itertools.count()

    def task(input: Json) -> Json:
        if next(calls) == 0:
            raise TooFast
        return answer(input)

    ran = client.experiments.run_experiment(
        dataset=dataset, task=task, rate_limit_errors=TooFast, retries=0, concurrency=1
    )
    assert counts(client, ran["experiment_id"]) == (3, 0, 0)


def test_at_most_so_many_run_at_once(client: Any) -> None:
    name = f"many-{next(_numbers)}"
    dataset = client.datasets.create_dataset(name=name, inputs=[{"n": number} for number in range(24)])
    running, most, lock, met = 0, 0, threading.Lock(), threading.Barrier(12, timeout=20)

    def task(input: Json) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        met.wait()  # all come together, or none goes on
        with lock:
            running -= 1
        return int(input["n"])

    ran = client.experiments.run_experiment(dataset=dataset, task=task, concurrency=12)
    assert most == 12
    assert sorted(run["output"] for run in ran["task_runs"]) == list(range(24))


def test_it_is_evaluated_later(client: Any, dataset: Any) -> None:
    ran = client.experiments.run_experiment(dataset=dataset, task=answer, evaluators={"right": correct})
    by_id = client.experiments.evaluate_experiment(
        experiment=ran["experiment_id"], evaluators={"right": lambda output: 0.25}
    )
    assert scores(by_id, "right") == [0.25] * 3
    again = client.experiments.evaluate_experiment(
        experiment=by_id, evaluators=[lambda output: True], dry_run=True, print_summary=False
    )
    assert len(again["evaluation_runs"]) == 6
    resumed = client.experiments.resume_evaluation(
        experiment_id=ran["experiment_id"], evaluators={"right": correct, "new": correct}
    )
    assert (scores(resumed, "right"), scores(resumed, "new")) == ([0.25] * 3, [0, 1, 1])


def test_it_is_kept_by_hand(client: Any, dataset: Any) -> None:
    made = client.experiments.create(dataset_id=dataset.id, experiment_name="by hand", repetitions=2)
    run: Json = {
        "experiment_id": made["id"],
        "dataset_example_id": dataset[0]["node_id"],
        "output": {"capital": "Paris"},
        "start_time": NOON,
        "end_time": NOON + timedelta(seconds=1),
    }
    logged = client.experiments.log_run(**run)
    with pytest.raises(Conflict, match="cannot be updated"):
        client.experiments.log_run(**run)
    client.experiments.log_evaluation(
        experiment_run_id=logged["id"], name="tone", annotator_kind="HUMAN", label="kind", metadata={"by": "Ada"}
    )
    with pytest.raises(InvalidInput):
        client.experiments.log_evaluation(experiment_run_id=logged["id"], name="tone")
    read = client.experiments.get_experiment(experiment_id=made["id"])
    assert [run["output"] for run in read["task_runs"]] == [{"capital": "Paris"}]
    assert [each.result for each in read["evaluation_runs"]] == [{"label": "kind"}]
    changed = client.experiments.update(experiment_id=made["id"], name="new", metadata={"k": 1})
    assert (changed["name"], changed["metadata"]) == ("new", {"k": 1})
    client.experiments.set_tag(experiment_id=made["id"], name="baseline")
    assert client.experiments.get(experiment_id=made["id"])["tags"] == ["baseline"]
    client.experiments.remove_tag(experiment_id=made["id"], name="baseline")
    client.experiments.delete(experiment_id=made["id"], delete_project=True)
    for call in (client.experiments.get, client.experiments.delete, client.experiments.get_experiment):
        with pytest.raises(NotFound):
            call(experiment_id=made["id"])


def test_mistakes_are_told_before_anything_is_done(client: Any, dataset: Any) -> None:
    for wrong in (
        {"task": lambda: 1},
        {"task": lambda input, question: 1},
        {"task": answer, "evaluators": [lambda output, truth: 1]},
        {"task": answer, "evaluators": [correct, correct]},
        {"task": answer, "evaluators": [5]},
        {"task": 5},
        {"task": answer, "repetitions": 0},
        {"task": answer, "concurrency": 0},
    ):
        with pytest.raises(InvalidInput):
            client.experiments.run_experiment(dataset=dataset, **wrong)
    with pytest.raises(NotFound):
        client.experiments.run_experiment(dataset="no such dataset", task=answer)
    assert client.experiments.list(dataset_id=dataset.id) == []


def test_asynchronous_functions_are_awaited(server: Server) -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.base_url) as client:
            dataset = await client.datasets.create_dataset(
                name=f"capitals-{next(_numbers)}", inputs=[{"n": 1}, {"n": 2}, {"n": 3}]
            )
            met = asyncio.Barrier(3)

            async def task(input: Json) -> int:
                await met.wait()
                if input["n"] == 3:
                    await asyncio.Event().wait()
                return int(input["n"])

            class Judge:
                async def __call__(self, output: int) -> float:
                    await asyncio.sleep(0)
                    return output / 2

            ran = await client.experiments.run_experiment(
                dataset=dataset, task=task, evaluators={"judge": Judge()}, retries=0, timeout=2
            )
            assert scores(dict(ran), "judge") == [0.5, 1]
            assert {run["error"] for run in ran["task_runs"]} == {None, "TimeoutError()"}

    asyncio.run(main())
    with Client(base_url=server.base_url) as client:

        async def task(input: Json) -> int:
            return 1

        with pytest.raises(InvalidInput, match="AsyncClient"):
            client.experiments.run_experiment(dataset="whatever", task=task)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_server_that_dies_ends_the_run_which_goes_on_later(start_server: StartServer, kind: type[Any]) -> None:
    server = start_server()
    with Client(base_url=server.base_url) as blocking:
        dataset = blocking.datasets.create_dataset(name="many", inputs=[{"n": number} for number in range(30)])
    begun: list[int] = []

    def task(input: Json) -> int:
        begun.append(input["n"])
        if len(begun) == 12:
            server.kill9()
        return int(input["n"])

    def run() -> Any:
        if kind is Client:
            with Client(base_url=server.base_url) as client:
                return client.experiments.run_experiment(dataset=dataset, task=task)

        async def awaited_run() -> Any:
            async with AsyncClient(base_url=server.base_url) as client:
                return await client.experiments.run_experiment(dataset=dataset, task=task)

        return asyncio.run(awaited_run())

    started = time.monotonic()
    with pytest.raises((ConnectionFailed, ConnectionLost)) as failed:
        run()
    assert time.monotonic() - started < 40
    assert len(begun) < 30
    assert any("resume_experiment" in note for note in failed.value.__notes__)

    server.start()
    with Client(base_url=server.base_url) as blocking:
        [experiment] = blocking.experiments.list(dataset_id=dataset.id)
        assert 0 < experiment["successful_run_count"] <= 12
        ran = blocking.experiments.resume_experiment(experiment_id=experiment["id"], task=lambda input: input["n"])
        assert sorted(run["output"] for run in ran["task_runs"]) == list(range(30))


def test_a_provider_that_is_not_ours_is_looked_into_once() -> None:
    from rubricate.client import experiment_trace

    provider = TracerProvider()
    for _ in range(3):
        experiment_trace._redirect(provider)
    assert len(provider._active_span_processor._span_processors) == 1
