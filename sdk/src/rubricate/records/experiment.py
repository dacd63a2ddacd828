"""An experiment: what a task made of the examples of a dataset, and what evaluators say of it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from rubricate.records.annotation import AnnotationResult, AnnotatorKind
from rubricate.records.base import HexId, Input, JsonObject, JsonValue, Metadata, NonBlank, Record, StrictInput
from rubricate.records.dataset import DatasetExample

MOST_REPETITIONS = 10_000

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)


def _in_range(moment: datetime) -> datetime:
    if not _FIRST <= moment < _LAST:
        raise ValueError("must be a time from 1970 to 2261")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A time with its zone, in the range that traces have too."""

TagName = Annotated[str, Field(pattern=r"^[a-z0-9]([_a-z0-9-]*[a-z0-9])?$", max_length=200)]
"""Lower-case letters, digits, `_` and `-`, the last two not at an end."""


class Experiment(Record):
    """An experiment on one version of a dataset, and how far it is.

    The examples are those that the version had when the experiment was made. Later versions do not change them.
    """

    id: str
    dataset_id: str
    dataset_version_id: str
    name: str
    description: str | None
    repetitions: int
    """How often the task runs on each example."""
    metadata: JsonObject
    project_name: str | None
    """The project that the traces of its tasks go to; None when that was deleted."""
    created_at: datetime
    updated_at: datetime
    """When it was made, renamed or described."""
    example_count: int
    successful_run_count: int
    failed_run_count: int
    missing_run_count: int
    """Runs that have not been tried yet."""
    splits: list[str]
    """Names of the splits that the examples are of; empty: all examples. Ours, as the tags; Phoenix does not tell."""
    tags: list[str]


class OriginalExperiment(StrictInput):
    """What an experiment that moves in from elsewhere keeps.

    Not fields of the experiment itself: Phoenix's npm client sends a `project_name` there that no server takes.
    """

    project_name: NonBlank
    """The project that its traces are in, or will be: it is made, and must not be there yet."""
    created_at: Moment


class ExperimentCreate(Input):
    """An experiment to make."""

    name: str | None = None
    """None or blank: the beginning of the dataset's name and something random."""
    description: str | None = None
    metadata: Metadata | None = None
    version_id: str | None = None
    """A version of the dataset; None: the newest."""
    splits: list[str] | None = None
    """Only examples in one of these splits, by name or id."""
    repetitions: Annotated[int, Field(gt=0, le=MOST_REPETITIONS)] = 1
    original: OriginalExperiment | None = None
    """Given when it moves in from elsewhere. Ours."""


class ExperimentPatch(Input):
    """New values for some fields of an experiment. What is not given stays."""

    name: NonBlank | None = None
    description: str | None = None
    """null takes it away."""
    metadata: Metadata | None = None


class _Run(Input):
    dataset_example_id: str
    """The example's `node_id`."""
    output: JsonValue = None
    """What the task put out: any JSON."""
    repetition_number: Annotated[int, Field(gt=0, le=MOST_REPETITIONS)]
    """1 for the first time that the task runs on the example, and so on."""
    start_time: Moment
    end_time: Moment
    trace_id: HexId | None = None
    """The trace of the task, by its OpenTelemetry id in hex."""
    error: str | None = None
    """Why the task failed; None when it did not."""


class ExperimentRunCreate(_Run):
    """What a task did with an example."""


class ExperimentRunId(Record):
    """The id under which a run was stored."""

    id: str


class ExperimentRun(Record):
    """What a task did with an example, as the server keeps it."""

    id: str
    experiment_id: str
    dataset_example_id: str
    output: Any
    repetition_number: int
    start_time: datetime
    end_time: datetime
    trace_id: str | None
    error: str | None


class IncompleteExperimentRun(Record):
    """An example on which the task did not run as often as it should, or failed."""

    dataset_example: DatasetExample
    repetition_numbers: list[int]
    """Those that are missing or failed."""


class ExperimentEvaluationCreate(Input):
    """What an evaluator says of a run. The same (run, name) again replaces it."""

    experiment_run_id: str
    name: NonBlank
    annotator_kind: AnnotatorKind
    start_time: Moment
    end_time: Moment
    result: AnnotationResult | None = None
    error: str | None = None
    """Why the evaluator failed. A result or an error is needed."""
    metadata: Metadata | None = None
    trace_id: HexId | None = None
    """The trace of the evaluator, by its OpenTelemetry id in hex."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.result is None and not self.error:
            raise ValueError("needs a result (label, score, explanation) or an error")
        return self


class ExperimentEvaluationId(Record):
    """The id under which an evaluation was stored."""

    id: str


class ExperimentEvaluation(Record):
    """What an evaluator says of a run, as the server keeps it."""

    name: str
    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    trace_id: str | None
    error: str | None
    metadata: JsonObject
    start_time: datetime
    end_time: datetime


class IncompleteExperimentEvaluation(Record):
    """A run that some evaluators have not judged, or failed to."""

    experiment_run: ExperimentRun
    dataset_example: DatasetExample
    evaluation_names: list[str]


class ExperimentResult(Record):
    """A run with its example, what it cost and what evaluators say of it."""

    id: str
    """The run's id. Ours; Phoenix does not tell."""
    example_id: str
    repetition_number: int
    input: JsonObject
    reference_output: JsonObject
    """What should come out."""
    output: Any
    error: str | None
    latency_ms: float
    start_time: datetime
    end_time: datetime
    trace_id: str | None
    prompt_token_count: int | None
    """Of the run's trace; None while that is not stored, or says nothing of tokens."""
    completion_token_count: int | None
    annotations: list[ExperimentEvaluation]


class EvaluationSummary(Record):
    """What one evaluator says of an experiment's runs, together."""

    name: str
    evaluation_count: int
    error_count: int
    """Evaluations that failed; they are in none of the figures below."""
    example_count: int
    """Examples with a score."""
    mean_score: float | None
    """Over the examples, of the mean of each one's repetitions: repetitions of one example are no independent cases."""
    low: float | None
    """With `high`, where the mean lies with 95 % confidence: by Wilson's score where each score is 0 or 1, else by
    Student's t; None where that needs more examples."""
    high: float | None
    label_counts: dict[str, int]


class ExperimentTagCreate(Input):
    """A tag to set."""

    name: TagName
    description: str | None = None


class ExperimentTag(Record):
    """A word that one experiment of a dataset has, such as `baseline`; set on another one, it moves."""

    id: str
    name: str
    description: str | None
