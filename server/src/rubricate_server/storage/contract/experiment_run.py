"""Runs of experiments, what evaluators say of them, and their store."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from rubricate.records.annotation import AnnotatorKind
from rubricate_server.domain.example import ExampleText
from rubricate_server.storage.contract.dataset import StoredExample


class RunFields(NamedTuple):
    """What a task did with an example."""

    experiment_id: int
    example_id: int
    repetition: int
    trace_id: bytes | None
    start_us: int
    end_us: int
    error: str | None
    """None: it succeeded."""
    output: str
    """JSON."""


class StoredRun(NamedTuple):
    """A run as it is read back."""

    id: int
    fields: RunFields


class RunWritten(NamedTuple):
    """What became of a run."""

    id: int
    """Of the run that stands there now."""
    stored: bool
    """False: one that succeeded stood there, and stays."""


class EvaluationFields(NamedTuple):
    """What an evaluator says of a run."""

    run_id: int
    name: str
    annotator_kind: AnnotatorKind
    label: str | None
    score: float | None
    explanation: str | None
    error: str | None
    """Why the evaluator failed; None when it did not."""
    metadata: dict[str, Any]
    trace_id: bytes | None
    start_us: int
    end_us: int


class StoredResult(NamedTuple):
    """A run with its example, the tokens of its trace, and what evaluators say of it."""

    run: StoredRun
    text: ExampleText
    tokens_prompt: int | None
    """None while the trace is not stored."""
    tokens_completion: int | None
    evaluations: tuple[EvaluationFields, ...]
    """By name."""


class IncompleteRuns(NamedTuple):
    """An example on which some repetitions did not run, or failed."""

    example: StoredExample
    repetitions: tuple[int, ...]


class IncompleteEvaluations(NamedTuple):
    """A run that succeeded, and was not judged under some names, or in vain."""

    run: StoredRun
    example: StoredExample
    names: tuple[str, ...]


class StoredEvaluationSummary(NamedTuple):
    """What is said of an experiment's runs under one name. All but `errors` leave failed evaluations out."""

    name: str
    evaluations: int
    """Failed ones included."""
    errors: int
    examples: int
    """Examples with a score."""
    mean: float | None
    """Over the examples, of the mean score of each one's repetitions."""
    squares: float
    """Sum of the squared deviations of the examples' means from it."""
    all_or_nothing: bool
    """Whether each score is 0 or 1, so that the mean is a fraction."""
    labels: dict[str, int]
    """How often each was given, by label."""


class RunStore(Protocol):
    """Runs and evaluations of experiments. Those of a deleted experiment are not found."""

    def put(self, new: RunFields) -> RunWritten:
        """Store a run; durable, all or nothing.

        One of the same (experiment, example, repetition) that failed is replaced under its id, and loses its
        evaluations but those by people; one that succeeded stays. Of several at once, one is stored. Raises NotFound
        for an unknown experiment, or an example that it does not have.
        """

    def evaluate(self, new: EvaluationFields) -> int:
        """Store an evaluation in place of the one of the same (run, name); durable, idempotent; its row id.

        Raises NotFound for an unknown run.
        """

    def runs(
        self, experiment_id: int, *, from_id: int | None = None, limit: int | None = None
    ) -> Iterator[list[StoredRun]]:
        """Runs of an experiment, newest first, in batches of bounded size. Each is read in one state of the store."""

    def results(self, experiment_id: int) -> Iterator[list[StoredResult]]:
        """Runs with all that belongs to them, by example and repetition, in batches as above."""

    def evaluation_names(self, experiment_id: int) -> list[str]:
        """The names under which runs of an experiment were evaluated, sorted."""

    def incomplete(self, experiment_id: int, *, from_id: int | None = None, limit: int = 50) -> list[IncompleteRuns]:
        """Examples without a successful run for each repetition, oldest first; `from_id` is an example's."""

    def unevaluated(
        self, experiment_id: int, names: Sequence[str], *, from_id: int | None = None, limit: int = 50
    ) -> list[IncompleteEvaluations]:
        """Successful runs that lack a successful evaluation under one of the names, oldest first.

        `from_id` is a run's; names come sorted.
        """

    def summaries(self, experiment_id: int) -> list[StoredEvaluationSummary]:
        """What is said of the runs, by name."""
