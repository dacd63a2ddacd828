"""Evaluations of runs over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.annotation import AnnotationResult
from rubricate.records.base import Data, Page
from rubricate.records.experiment import (
    ExperimentEvaluationCreate,
    ExperimentEvaluationId,
    IncompleteExperimentEvaluation,
)
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import example_wire
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.experiment import experiment_of
from rubricate_server.api.experiment_run import RUN, PageLimit, run_wire
from rubricate_server.api.identifier import bytes_of, cursor_row, global_id, row_of, storage_of
from rubricate_server.api.moment import us_of
from rubricate_server.storage.contract import EvaluationFields
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["experiments"])

EVALUATION = "ExperimentEvaluation"


@router.post("/experiment_evaluations", response_model=Data[ExperimentEvaluationId], responses=refusals(404, 422, 503))
def upsert_experiment_evaluation(request: Request, new: ExperimentEvaluationCreate) -> Response:
    """Store what an evaluator says of a run, in place of what was said of it under the same name."""
    run = row_of(new.experiment_run_id, RUN)
    no_run = f"ExperimentRun with ID {new.experiment_run_id} does not exist"
    if run is None:
        raise ApiError(404, no_run)
    result = new.result or AnnotationResult()
    fields = EvaluationFields(
        run,
        new.name,
        new.annotator_kind,
        result.label,
        result.score,
        result.explanation,
        new.error or None,
        new.metadata or {},
        None if new.trace_id is None else bytes_of(new.trace_id),
        us_of(new.start_time),
        us_of(new.end_time),
    )
    try:
        row = storage_of(request).runs.evaluate(fields)
    except NotFound:
        raise ApiError(404, no_run) from None
    return json_answer({"data": {"id": global_id(EVALUATION, row)}})


@router.get(
    "/experiments/{experiment_id}/incomplete-evaluations",
    response_model=Page[IncompleteExperimentEvaluation],
    responses=refusals(400, 404, 422),
)
def list_incomplete_experiment_evaluations(
    request: Request,
    experiment_id: str,
    evaluation_name: Annotated[
        list[str] | None, Query(description="A name to look for; repeat for several. At least one is needed.")
    ] = None,
    cursor: str | None = None,
    limit: PageLimit = 50,
) -> Response:
    """Successful runs that were not evaluated under one of the names, or in vain; oldest first."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    names = [name for name in evaluation_name or () if name.strip()]
    if not names:
        raise ApiError(400, "At least one evaluation_name must be provided")
    found = storage.runs.unevaluated(experiment.id, names, from_id=cursor_row(cursor, RUN), limit=limit + 1)
    following = global_id(RUN, found[limit].run.id) if len(found) > limit else None
    data = [
        {
            "experiment_run": run_wire(each.run),
            "dataset_example": example_wire(each.example),
            "evaluation_names": list(each.names),
        }
        for each in found[:limit]
    ]
    return page_answer(data, following)
