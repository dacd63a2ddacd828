"""Tags of experiments over HTTP."""

from typing import Any

from fastapi import APIRouter, Request, Response

from rubricate.records.base import Data
from rubricate.records.experiment import ExperimentTag, ExperimentTagCreate
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.experiment import experiment_of
from rubricate_server.api.identifier import global_id, row_of, storage_of
from rubricate_server.storage.contract import StoredTag

router = APIRouter(prefix="/v1/experiments/{experiment_id}/tags", route_class=JsonRoute, tags=["experiments"])

TYPE_NAME = "ExperimentTag"


@router.get("", response_model=Data[list[ExperimentTag]], responses=refusals(404, 422))
def list_experiment_tags(request: Request, experiment_id: str) -> Response:
    """The tags of an experiment, by name."""
    storage = storage_of(request)
    tags = storage.experiments.tags(experiment_of(storage, experiment_id).id)
    return json_answer({"data": [_wire(each) for each in tags]})


@router.post("", response_model=Data[ExperimentTag], responses=refusals(404, 422))
def set_experiment_tag(request: Request, experiment_id: str, new: ExperimentTagCreate) -> Response:
    """Give an experiment a tag; another experiment of the same dataset that has it loses it."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    return json_answer({"data": _wire(storage.experiments.set_tag(experiment.id, new.name, new.description or None))})


@router.delete("/{tag_identifier}", status_code=204, response_class=Response, responses=refusals(404, 422))
def delete_experiment_tag(request: Request, experiment_id: str, tag_identifier: str) -> None:
    """Take a tag from an experiment, by name or id."""
    storage = storage_of(request)
    experiment = experiment_of(storage, experiment_id)
    row = row_of(tag_identifier, TYPE_NAME)
    tags = [
        each.id for each in storage.experiments.tags(experiment.id) if tag_identifier == each.name or each.id == row
    ]
    if not tags:
        raise ApiError(404, f"The experiment has no tag {tag_identifier}")
    storage.experiments.remove_tags(experiment.id, tags)


def _wire(tag: StoredTag) -> dict[str, Any]:
    return {"id": global_id(TYPE_NAME, tag.id), "name": tag.name, "description": tag.description}
