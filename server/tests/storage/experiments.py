"""Datasets, experiments, runs and evaluations to store."""

import itertools
from typing import Any

from rubricate.records.annotation import AnnotatorKind
from rubricate_server.domain.example import example_text
from rubricate_server.storage.contract import (
    EvaluationFields,
    ExamplesWritten,
    ExampleUpload,
    NewExample,
    NewExperiment,
    RunFields,
    Storage,
    StoredExperiment,
)

_numbers = itertools.count()


def put_examples(store: Storage, *questions: str, name: str = "golden") -> ExamplesWritten:
    """A dataset with these."""
    examples = [NewExample(example_text({"q": question}, {"a": question.upper()}, {})) for question in questions]
    return store.datasets.upload(ExampleUpload(name, "append", examples))


def experiment_on(store: Storage, written: ExamplesWritten, **fields: Any) -> StoredExperiment:
    """An experiment on the version that a write made."""
    new = NewExperiment(
        written.dataset_id, written.version_id, "an experiment", None, {}, 1, f"Experiment-{next(_numbers)}-", ""
    )
    return store.experiments.create(new._replace(**fields))


def a_run(made: StoredExperiment, example_id: int, **fields: Any) -> RunFields:
    """A run that succeeded."""
    return RunFields(made.id, example_id, 1, None, 1_000_000, 3_500_000, None, '"A"')._replace(**fields)


def an_evaluation(run_id: int, **fields: Any) -> EvaluationFields:
    """An evaluation that succeeded."""
    made = EvaluationFields(run_id, "tone", AnnotatorKind.CODE, "kind", 1.0, "So.", None, {"k": 1}, None, 5, 6)
    return made._replace(**fields)
