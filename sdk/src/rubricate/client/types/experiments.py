"""An experiment that ran, with what came out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from rubricate.records.base import JsonObject


@dataclass(frozen=True)
class EvaluationRun:
    """What an evaluator says of a run: a `result` of score, label and explanation, or an `error`."""

    id: str | None
    experiment_run_id: str
    name: str
    annotator_kind: str
    start_time: datetime
    end_time: datetime
    result: JsonObject | None = None
    error: str | None = None
    trace_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class RanExperiment(TypedDict):
    """An experiment with its runs and evaluations, as `run_experiment` and `get_experiment` answer it."""

    experiment_id: str
    dataset_id: str
    dataset_version_id: str
    task_runs: list[JsonObject]
    """Each a dict of `id`, `dataset_example_id`, `repetition_number`, `output`, `error`, `trace_id` and times."""
    evaluation_runs: list[EvaluationRun]
    experiment_metadata: Mapping[str, Any]
    project_name: str | None
