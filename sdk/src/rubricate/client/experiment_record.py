"""Experiments as the server keeps them: made, listed, described, tagged, written to by hand."""

import builtins
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rubricate.client.calls import TIMEOUT_S, M, Request, Resource, Steps, Work, call, data, instant, pages, path
from rubricate.client.experiment_work import json_of
from rubricate.client.target import given
from rubricate.client.transport import Server
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.base import JsonObject


class StoredExperiments(Resource[M]):
    """What `client.experiments` can do without running anything."""

    def __init__(self, run: Callable[[Work[Any]], Any], server: Server) -> None:
        super().__init__(run)
        self._server = server

    @call
    def get(self, *, experiment_id: str, timeout: float | None = TIMEOUT_S) -> Steps[JsonObject]:
        """What is known of an experiment, without its runs. Raises `NotFound`.

        A dict of the fields of `rubricate.records.experiment.Experiment`, among them `id`, `name`, `dataset_id`,
        `example_count`, `repetitions`, `successful_run_count`, `failed_run_count` and `missing_run_count`.

            >>> experiment = client.experiments.get(experiment_id=experiment_id)
            >>> experiment["name"], experiment["successful_run_count"], experiment["missing_run_count"]
            ('first try', 2, 0)
        """
        return (yield from experiment_with_id(experiment_id, timeout))

    @call
    def list(self, *, dataset_id: str, timeout: float | None = TIMEOUT_S) -> Steps[builtins.list[JsonObject]]:
        """The experiments of a dataset, newest first, each as `get` answers it. Raises `NotFound`.

        >>> dataset = client.datasets.get_dataset(dataset="golden")
        >>> {each["name"]: each["successful_run_count"] for each in client.experiments.list(dataset_id=dataset.id)}
        {'first try': 2}
        """
        return (yield from pages(Request("GET", path("v1/datasets", dataset_id, "/experiments"), timeout_s=timeout)))

    @call
    def create(
        self,
        *,
        dataset_id: str,
        dataset_version_id: str | None = None,
        experiment_name: str | None = None,
        experiment_description: str | None = None,
        experiment_metadata: Mapping[str, Any] | None = None,
        splits: Sequence[str] | None = None,
        repetitions: int = 1,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Make an experiment without running it, on a version (default: the newest), or on some of its splits.

        `repetitions` is how often the task is to run on each example. `resume_experiment` runs it, `log_run` and
        `log_evaluation` store what was done elsewhere. The answer is as of `get`.

        Raises `InvalidInput` if `repetitions` is less than 1; `NotFound` for a dataset, version or split that is not
        there.

            >>> dataset = client.datasets.get_dataset(dataset="golden")
            >>> made = client.experiments.create(dataset_id=dataset.id, experiment_name="by hand", repetitions=3)
            >>> made["missing_run_count"]
            6
        """
        new = wire(
            dataset_version_id, experiment_name, experiment_description, experiment_metadata, splits, repetitions
        )
        return (yield from make(dataset_id, new, timeout))

    @call
    def update(
        self,
        *,
        experiment_id: str,
        name: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Steps[JsonObject]:
        """Rename or describe an experiment; None leaves a field as it is. Phoenix's client cannot. Raises `NotFound`.

        >>> client.experiments.update(experiment_id=experiment_id, name="second try")["name"]
        'second try'
        """
        fields = given(name=name, description=description, metadata=None if metadata is None else dict(metadata))
        response = yield Request("PATCH", path("v1/experiments", experiment_id), json=fields)
        changed: JsonObject = data(response)
        return changed

    @call
    def delete(self, *, experiment_id: str, delete_project: bool = False) -> Steps[None]:
        """Delete an experiment with its runs and evaluations, and with `delete_project` the traces of its tasks.

        Raises `NotFound`.

            >>> client.experiments.delete(experiment_id=experiment_id, delete_project=True)
        """
        params = {"delete_project": "true" if delete_project else "false"}
        try:
            yield Request("DELETE", path("v1/experiments", experiment_id), params)
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def summary(self, *, experiment_id: str) -> Steps[builtins.list[JsonObject]]:
        """What each evaluator says of the runs together, by name; Phoenix's client cannot.

        Each is a dict of `name`, `evaluation_count`, `error_count`, `example_count` (those with a score), `mean_score`
        with `low` and `high`, between which it lies with 95 % confidence, and `label_counts`. Raises `NotFound`.

            >>> [summary] = client.experiments.summary(experiment_id=experiment_id)
            >>> summary["name"], summary["mean_score"], summary["label_counts"]
            ('correct', 0.5, {'False': 1, 'True': 1})
        """
        return (yield from summary_of(experiment_id, TIMEOUT_S))

    @call
    def set_tag(self, *, experiment_id: str, name: str, description: str | None = None) -> Steps[JsonObject]:
        """Give an experiment a tag such as `baseline`; another one of its dataset that has it loses it.

        Names are lower-case letters, digits, `_` and `-`. Phoenix's client cannot. Raises `NotFound`, `InvalidRequest`.

            >>> client.experiments.set_tag(experiment_id=experiment_id, name="baseline")["name"]
            'baseline'
        """
        content = {"name": name, "description": description}
        response = yield Request("POST", path("v1/experiments", experiment_id, "/tags"), json=content)
        tag: JsonObject = data(response)
        return tag

    @call
    def remove_tag(self, *, experiment_id: str, name: str) -> Steps[None]:
        """Take a tag from an experiment. Raises `NotFound` if the experiment does not have it.

        >>> tag = client.experiments.set_tag(experiment_id=experiment_id, name="baseline")
        >>> client.experiments.remove_tag(experiment_id=experiment_id, name="baseline")
        """
        try:
            yield Request("DELETE", path("v1/experiments", experiment_id, "/tags", name))
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def log_run(
        self,
        *,
        experiment_id: str,
        dataset_example_id: str,
        output: Any,
        start_time: datetime,
        end_time: datetime,
        repetition_number: int = 1,
        trace_id: str | None = None,
        error: str | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Store what was done with an example (by its `node_id`); the answer is the run with its `id`.

        `output` is any JSON; `repetition_number` counts from 1; times without a zone are local. A run with an `error`
        is one that failed. A run takes the place of one that failed. `trace_id` (32 hex digits) leads to its trace.

        Raises `Conflict` if there is one that succeeded, `NotFound` for an example that the experiment does not have.

            >>> from datetime import datetime, timedelta
            >>> dataset = client.datasets.get_dataset(dataset="golden")
            >>> made = client.experiments.create(dataset_id=dataset.id, experiment_name="by hand")
            >>> now = datetime.now()
            >>> run = client.experiments.log_run(
            ...     experiment_id=made["id"],
            ...     dataset_example_id=dataset["warranty"]["node_id"],
            ...     output={"answer": "2 years."},
            ...     start_time=now - timedelta(seconds=2),
            ...     end_time=now,
            ... )
        """
        run: JsonObject = {
            "dataset_example_id": dataset_example_id,
            "output": json_of(output),
            "repetition_number": repetition_number,
            "start_time": instant(start_time),
            "end_time": instant(end_time),
            "trace_id": trace_id,
            "error": error,
        }
        url = path("v1/experiments", experiment_id, "/runs")
        response = yield Request("POST", url, json=run, timeout_s=timeout, repeatable=False)
        return {**run, "id": data(response)["id"], "experiment_id": experiment_id}

    @call
    def log_evaluation(
        self,
        *,
        experiment_run_id: str,
        name: str,
        annotator_kind: str = "CODE",
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        score: float | None = None,
        label: str | None = None,
        explanation: str | None = None,
        error: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        trace_id: str | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps[JsonObject]:
        """Store what somebody says of a run, in place of what was said under that name; the answer has its `id`.

        `annotator_kind` is CODE, LLM or HUMAN. `start_time` is now unless given, `end_time` the start; without a zone
        they are local time. An evaluation with an `error` is one that failed.

        Raises `InvalidInput` without score, label, explanation and error; `NotFound` where there is no such run.

            >>> run = client.experiments.get_experiment(experiment_id=experiment_id)["task_runs"][0]
            >>> client.experiments.log_evaluation(
            ...     experiment_run_id=run["id"], name="tone", annotator_kind="HUMAN", label="friendly", score=1
            ... )
            {'id': '...'}
        """
        result = given(score=score, label=label, explanation=explanation)
        if not result and error is None:
            raise InvalidInput("An evaluation needs a score, a label, an explanation, or an error.")
        start = start_time or datetime.now().astimezone()
        content = {
            "experiment_run_id": experiment_run_id,
            "name": name,
            "annotator_kind": annotator_kind,
            "start_time": instant(start),
            "end_time": instant(end_time or start),
            "result": result or None,
            "error": error,
            "metadata": json_of(dict(metadata or {})),
            "trace_id": trace_id,
        }
        response = yield Request("POST", "v1/experiment_evaluations", json=content, timeout_s=timeout)
        stored: JsonObject = data(response)
        return stored

    def get_dataset_experiments_url(self, dataset_id: str) -> str:
        """The address at which the experiments of a dataset are seen in the browser; nothing is asked for.

        >>> client.experiments.get_dataset_experiments_url("RGF0YXNldDox")
        'http://127.0.0.1:6006/datasets/RGF0YXNldDox/experiments'
        """
        return f"{self._server.base_url}/{path('datasets', dataset_id, '/experiments')}"

    def get_experiment_url(self, dataset_id: str, experiment_id: str) -> str:
        """The address at which an experiment is seen in the browser; nothing is asked for.

        >>> client.experiments.get_experiment_url("RGF0YXNldDox", "RXhwZXJpbWVudDox")
        'http://127.0.0.1:6006/datasets/RGF0YXNldDox/compare?experimentId=RXhwZXJpbWVudDox'
        """
        return f"{self._server.base_url}/{path('datasets', dataset_id, '/compare')}?experimentId={experiment_id}"


def experiment_with_id(experiment_id: str, timeout: float | None) -> Steps[JsonObject]:
    """What is known of an experiment, without its runs."""
    response = yield Request("GET", path("v1/experiments", experiment_id), timeout_s=timeout)
    found: JsonObject = data(response)
    return found


def runs_of(experiment_id: str, timeout: float | None) -> Steps[list[JsonObject]]:
    """All runs of an experiment, in one answer."""
    response = yield Request("GET", path("v1/experiments", experiment_id, "/runs"), timeout_s=timeout)
    found: list[JsonObject] = data(response)
    return found


def summary_of(experiment_id: str, timeout: float | None) -> Steps[list[JsonObject]]:
    """What each evaluator says of an experiment's runs together."""
    response = yield Request("GET", path("v1/experiments", experiment_id, "/summary"), timeout_s=timeout)
    found: list[JsonObject] = data(response)
    return found


def make(dataset_id: str, new: JsonObject, timeout: float | None) -> Steps[JsonObject]:
    """Make an experiment; `new` is what `wire` made."""
    url = path("v1/datasets", dataset_id, "/experiments")
    response = yield Request("POST", url, json=new, timeout_s=timeout, repeatable=False)
    made: JsonObject = data(response)
    return made


def wire(
    version_id: str | None,
    name: str | None,
    description: str | None,
    metadata: Mapping[str, Any] | None,
    splits: Sequence[str] | None,
    repetitions: int,
) -> JsonObject:
    """An experiment to make, as it is sent. Raises InvalidInput."""
    if repetitions < 1:
        raise InvalidInput("repetitions must be 1 or more.")
    return given(
        version_id=version_id,
        name=name,
        description=description,
        metadata=None if metadata is None else json_of(dict(metadata)),
        splits=[*splits] if splits else None,
        repetitions=repetitions,
    )
