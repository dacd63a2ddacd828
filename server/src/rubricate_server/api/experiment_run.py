"""Runs of experiments over HTTP."""

from collections.abc import Generator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.experiment import ExperimentRun, ExperimentRunCreate, ExperimentRunId, IncompleteExperimentRun
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import EXAMPLE, example_wire
from rubricate_server.api.errors import TEXT_ERROR, ApiError, refusals
from rubricate_server.api.experiment import EXPERIMENT, experiment_of
from rubricate_server.api.identifier import bytes_of, cursor_row, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us, us_of
from rubricate_server.api.streaming import Streamed
from rubricate_server.storage.contract import RunFields, Storage, StoredExperiment, StoredRun
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1/experiments/{experiment_id}", route_class=JsonRoute, tags=["experiments"])

RUN = "ExperimentRun"
MOST_AT_ONCE = 1000
"""Runs that are answered in one piece; more are sent while they are read."""

_TAKEN: dict[int | str, dict[str, Any]] = {
    409: {"description": "A run of this example and repetition succeeded already; it stays as it is.", **TEXT_ERROR}
}

PageLimit = Annotated[int, Query(gt=0, le=1000, description="Items on a page.")]


@router.post("/runs", response_model=Data[ExperimentRunId], responses={**refusals(404, 422, 503), **_TAKEN})
def create_experiment_run(request: Request, experiment_id: str, new: ExperimentRunCreate) -> Response:
    """Store what a task did with an example. In place of a run that failed; one that succeeded stays, and is 409.

    With a run that failed go the evaluations of it that are not by people.
    """
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    example = row_of(new.dataset_example_id, EXAMPLE)
    no_example = f"DatasetExample with ID {new.dataset_example_id} is not among the examples of this experiment"
    if example is None:
        raise ApiError(404, no_example)
    fields = RunFields(
        experiment.id,
        example,
        new.repetition_number,
        None if new.trace_id is None else bytes_of(new.trace_id),
        us_of(new.start_time),
        us_of(new.end_time),
        new.error or None,
        orjson.dumps(new.output).decode(),
    )
    try:
        written = storage.runs.put(fields)
    except NotFound:
        raise ApiError(404, no_example) from None
    run_id = global_id(RUN, written.id)
    if not written.stored:
        raise ApiError(409, f"Experiment run {run_id} already exists with a successful result and cannot be updated")
    return json_answer({"data": {"id": run_id}})


@router.get("/runs", response_model=Page[ExperimentRun], responses=refusals(404, 422))
def list_experiment_runs(
    request: Request,
    experiment_id: str,
    cursor: str | None = None,
    limit: Annotated[int | None, Query(gt=0, description="Runs on a page; without it, all.")] = None,
) -> Response:
    """The runs of an experiment, newest first, all of them or in pages."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    chunks = _page_of_runs(storage, experiment, cursor_row(cursor, RUN), limit)
    if limit is None or limit > MOST_AT_ONCE:
        return Streamed(chunks, "application/json")
    return Response(b"".join(chunks), media_type="application/json")


@router.get("/incomplete-runs", response_model=Page[IncompleteExperimentRun], responses=refusals(404, 422))
def list_incomplete_experiment_runs(
    request: Request, experiment_id: str, cursor: str | None = None, limit: PageLimit = 50
) -> Response:
    """Examples on which the task did not run as often as it should, or failed; oldest first."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    found = storage.runs.incomplete(experiment.id, from_id=cursor_row(cursor, EXAMPLE), limit=limit + 1)
    following = global_id(EXAMPLE, found[limit].example.id) if len(found) > limit else None
    data = [
        {"dataset_example": example_wire(each.example), "repetition_numbers": list(each.repetitions)}
        for each in found[:limit]
    ]
    return page_answer(data, following)


def run_wire(run: StoredRun) -> dict[str, Any]:
    """A run as it is answered; its output is not read again."""
    fields = run.fields
    return {
        "id": global_id(RUN, run.id),
        "experiment_id": global_id(EXPERIMENT, fields.experiment_id),
        "dataset_example_id": global_id(EXAMPLE, fields.example_id),
        "output": orjson.Fragment(fields.output),
        "repetition_number": fields.repetition,
        "start_time": iso_from_us(fields.start_us),
        "end_time": iso_from_us(fields.end_us),
        "trace_id": None if fields.trace_id is None else fields.trace_id.hex(),
        "error": fields.error,
    }


def _page_of_runs(
    storage: Storage, experiment: StoredExperiment, from_id: int | None, limit: int | None
) -> Generator[bytes]:
    following = None
    left = limit
    separator = b'{"data":['
    for batch in storage.runs.runs(experiment.id, from_id=from_id, limit=None if limit is None else limit + 1):
        shown = batch if left is None else batch[:left]
        if left is not None:
            left -= len(shown)
            if len(shown) < len(batch):
                following = global_id(RUN, batch[len(shown)].id)
        if shown:
            yield separator + b",".join(orjson.dumps(run_wire(run)) for run in shown)
            separator = b","
    yield (b"" if separator == b"," else separator) + b'],"next_cursor":' + orjson.dumps(following) + b"}"
