"""Experiments over HTTP."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.experiment import EvaluationSummary, Experiment, ExperimentCreate, ExperimentPatch
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import DATASET, VERSION, version_of
from rubricate_server.api.dataset_split import TYPE_NAME as SPLIT
from rubricate_server.api.described import patched
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, dataset_of, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us, us_of
from rubricate_server.domain.interval import fraction_interval, mean_interval
from rubricate_server.storage.contract import NewExperiment, Storage, StoredEvaluationSummary, StoredExperiment
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["experiments"])

EXPERIMENT = "Experiment"
_SHORT_NAME = 8
"""Characters of the dataset's name that a default name begins with."""


@router.get("/datasets/{dataset_identifier}/experiments", response_model=Page[Experiment], responses=refusals(404, 422))
def list_experiments(
    request: Request,
    dataset_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Experiments on a page.")] = 50,
) -> Response:
    """The experiments of a dataset, newest first."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    found = storage.experiments.page(dataset.id, from_id=cursor_row(cursor, EXPERIMENT), limit=limit + 1)
    following = global_id(EXPERIMENT, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(each) for each in found[:limit]], following)


@router.post(
    "/datasets/{dataset_identifier}/experiments", response_model=Data[Experiment], responses=refusals(404, 409, 422)
)
def create_experiment(request: Request, dataset_identifier: str, new: ExperimentCreate) -> Response:
    """Make an experiment on a version of a dataset, and a project for the traces of its tasks.

    It keeps the examples that the version, or its splits, have now. Its project is left out of lists of projects.
    """
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    version = version_of(storage, dataset, new.version_id)
    splits = _splits(storage, new.splits or ())
    short = dataset.name[:_SHORT_NAME].replace(" ", "-")
    made = storage.experiments.create(
        NewExperiment(
            dataset.id,
            version,
            (new.name or "").strip() or f"{short}-{secrets.token_hex(4)}",
            new.description or None,
            new.metadata or {},
            new.repetitions,
            new.original.project_name if new.original else f"Experiment-{secrets.token_hex(12)}",
            f"Traces of an experiment on the dataset {dataset.name}, version {global_id(VERSION, version)}",
            tuple(splits.values()),
            tuple(splits),
            us_of(new.original.created_at) if new.original else None,
        )
    )
    return json_answer({"data": _wire(made)})


@router.get("/experiments/{experiment_id}", response_model=Data[Experiment], responses=refusals(404, 422))
def get_experiment(request: Request, experiment_id: str) -> Response:
    """One experiment."""
    return json_answer({"data": _wire(experiment_of(storage_of(request), experiment_id))})


@router.patch("/experiments/{experiment_id}", response_model=Data[Experiment], responses=refusals(404, 422))
def update_experiment(request: Request, experiment_id: str, patch: ExperimentPatch) -> Response:
    """Rename or describe an experiment."""
    storage = storage_of(request)
    found = experiment_of(storage, experiment_id)
    changed = storage.experiments.update(found.id, *patched(found, patch))
    return json_answer({"data": _wire(changed)})


@router.delete("/experiments/{experiment_id}", status_code=204, response_class=Response, responses=refusals(404, 422))
def delete_experiment(
    request: Request,
    experiment_id: str,
    delete_project: Annotated[bool, Query(description="Delete the traces of its tasks, too.")] = False,
) -> None:
    """Delete an experiment with its runs and evaluations. The traces of its tasks stay unless told otherwise."""
    storage = storage_of(request)
    storage.experiments.delete(experiment_of(storage, experiment_id).id, with_project=delete_project)


@router.get(
    "/experiments/{experiment_id}/summary", response_model=Data[list[EvaluationSummary]], responses=refusals(404, 422)
)
def get_experiment_summary(request: Request, experiment_id: str) -> Response:
    """What each evaluator says of the runs together, by name: mean score with its interval, labels, failures."""
    storage = storage_of(request)
    summaries = storage.runs.summaries(experiment_of(storage, experiment_id).id)
    return json_answer({"data": [_summary_wire(each) for each in summaries]})


def experiment_of(storage: Storage, experiment_id: str) -> StoredExperiment:
    """An experiment by global id. Raises 404, 422."""
    row = row_of(experiment_id, EXPERIMENT)
    if row is None:
        raise ApiError(422, f"Invalid experiment ID format: {experiment_id}")
    try:
        return storage.experiments.get(row)
    except NotFound:
        raise ApiError(404, f"Experiment with ID {experiment_id} does not exist") from None


def _splits(storage: Storage, identifiers: Sequence[str]) -> dict[str, int]:
    """The rows of splits by name; splits are told by name or global id. Raises 404."""
    by_name = storage.splits.rows_of(identifiers)
    found: dict[str, int] = {}
    for identifier in identifiers:
        row = by_name.get(identifier, row_of(identifier, SPLIT))
        try:
            if row is None:
                raise NotFound
            found[storage.splits.get(row).fields.name] = row
        except NotFound:
            raise ApiError(404, f"Dataset split not found: {identifier}") from None
    return found


def _wire(experiment: StoredExperiment) -> dict[str, Any]:
    return {
        "id": global_id(EXPERIMENT, experiment.id),
        "dataset_id": global_id(DATASET, experiment.dataset_id),
        "dataset_version_id": global_id(VERSION, experiment.version_id),
        "name": experiment.name,
        "description": experiment.description,
        "repetitions": experiment.repetitions,
        "metadata": experiment.metadata,
        "project_name": experiment.project_name,
        "created_at": iso_from_us(experiment.created_us),
        "updated_at": iso_from_us(experiment.updated_us),
        "example_count": experiment.example_count,
        "successful_run_count": experiment.succeeded,
        "failed_run_count": experiment.failed,
        "missing_run_count": experiment.missing,
        "splits": list(experiment.splits),
        "tags": list(experiment.tags),
    }


def _summary_wire(summary: StoredEvaluationSummary) -> dict[str, Any]:
    interval = None
    if summary.mean is not None and summary.all_or_nothing:
        interval = fraction_interval(summary.mean, summary.examples)
    elif summary.mean is not None:
        interval = mean_interval(summary.mean, summary.squares, summary.examples)
    return {
        "name": summary.name,
        "evaluation_count": summary.evaluations,
        "error_count": summary.errors,
        "example_count": summary.examples,
        "mean_score": summary.mean,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "label_counts": summary.labels,
    }
