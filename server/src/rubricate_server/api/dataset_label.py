"""Labels of datasets over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.dataset_label import DatasetLabel, DatasetLabelCreate, DatasetLabelIds, DatasetLabelPatch
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, dataset_of, global_id, row_of, storage_of
from rubricate_server.storage.contract import LabelFields, Storage, StoredLabel

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["datasets"])

TYPE_NAME = "DatasetLabel"


@router.get("/dataset_labels", response_model=Page[DatasetLabel], responses=refusals(422))
def list_dataset_labels(
    request: Request,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Labels on a page.")] = 100,
) -> Response:
    """Labels of datasets, newest first."""
    found = storage_of(request).labels.page(from_id=cursor_row(cursor, TYPE_NAME), limit=limit + 1)
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(each) for each in found[:limit]], following)


@router.post("/dataset_labels", status_code=201, response_model=Data[DatasetLabel], responses=refusals(409))
def create_dataset_label(request: Request, new: DatasetLabelCreate) -> Response:
    """Make a label."""
    made = storage_of(request).labels.create(LabelFields(new.name, new.description, new.color))
    return json_answer({"data": _wire(made)}, 201)


@router.get("/dataset_labels/{label_id}", response_model=Data[DatasetLabel], responses=refusals(404, 422))
def get_dataset_label(request: Request, label_id: str) -> Response:
    """One label."""
    return json_answer({"data": _wire(storage_of(request).labels.get(_row(label_id)))})


@router.patch("/dataset_labels/{label_id}", response_model=Data[DatasetLabel], responses=refusals(404, 409, 422))
def update_dataset_label(request: Request, label_id: str, patch: DatasetLabelPatch) -> Response:
    """Change a label."""
    storage = storage_of(request)
    current = storage.labels.get(_row(label_id))
    if not patch.model_fields_set:
        raise ApiError(422, "No fields to update: give name, color or description.")
    fields = LabelFields(
        patch.name if patch.name is not None else current.fields.name,
        patch.description if "description" in patch.model_fields_set else current.fields.description,
        patch.color if patch.color is not None else current.fields.color,
    )
    return json_answer({"data": _wire(storage.labels.update(current.id, fields))})


@router.delete("/dataset_labels/{label_id}", status_code=204, response_class=Response, responses=refusals(404, 422))
def delete_dataset_label(request: Request, label_id: str) -> None:
    """Delete a label, and take it from all datasets."""
    storage_of(request).labels.delete(_row(label_id))


@router.get("/datasets/{dataset_identifier}/labels", response_model=Page[DatasetLabel], responses=refusals(404))
def list_labels_of_dataset(request: Request, dataset_identifier: str) -> Response:
    """The labels of a dataset, by name."""
    storage = storage_of(request)
    return _labels(storage, dataset_of(storage, dataset_identifier).id)


@router.put("/datasets/{dataset_identifier}/labels", response_model=Page[DatasetLabel], responses=refusals(404, 422))
def set_labels_of_dataset(request: Request, dataset_identifier: str, labels: DatasetLabelIds) -> Response:
    """Make these the dataset's labels, and no others."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    storage.labels.set_of(dataset.id, [_row(label_id) for label_id in labels.dataset_label_ids])
    return _labels(storage, dataset.id)


@router.put(
    "/datasets/{dataset_identifier}/labels/{label_id}",
    response_model=Data[DatasetLabel],
    responses=refusals(404, 422),
)
def add_label_to_dataset(request: Request, dataset_identifier: str, label_id: str) -> Response:
    """Give a dataset a label; once more changes nothing."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    label = storage.labels.get(_row(label_id))
    storage.labels.add(dataset.id, label.id)
    return json_answer({"data": _wire(label)})


@router.delete(
    "/datasets/{dataset_identifier}/labels/{label_id}",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 422),
)
def remove_label_from_dataset(request: Request, dataset_identifier: str, label_id: str) -> None:
    """Take a label from a dataset; once more changes nothing."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    storage.labels.remove(dataset.id, storage.labels.get(_row(label_id)).id)


def _labels(storage: Storage, dataset_id: int) -> Response:
    return page_answer([_wire(each) for each in storage.labels.of([dataset_id])[dataset_id]], None)


def _row(label_id: str) -> int:
    row = row_of(label_id, TYPE_NAME)
    if row is None:
        raise ApiError(422, f"Invalid dataset label ID: {label_id}")
    return row


def _wire(label: StoredLabel) -> dict[str, Any]:
    return {"id": global_id(TYPE_NAME, label.id), **label.fields._asdict()}
