"""Splits of datasets over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.dataset_split import DEFAULT_COLOR, DatasetSplit, DatasetSplitCreate, DatasetSplitPatch
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.dataset import example_rows
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, dataset_of, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.storage.contract import SplitFields, Storage, StoredSplit
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["datasets"])

TYPE_NAME = "DatasetSplit"

Limit = Annotated[int, Query(gt=0, le=1000, description="Splits on a page.")]


@router.get("/dataset_splits", response_model=Page[DatasetSplit], responses=refusals(422))
def list_splits(request: Request, cursor: str | None = None, limit: Limit = 100) -> Response:
    """The splits of all datasets, newest first, with the examples of all datasets counted."""
    return _page(storage_of(request), None, cursor, limit)


@router.get("/datasets/{dataset_identifier}/splits", response_model=Page[DatasetSplit], responses=refusals(404, 422))
def list_dataset_splits(
    request: Request, dataset_identifier: str, cursor: str | None = None, limit: Limit = 10
) -> Response:
    """The splits that examples of a dataset's newest version are in, newest first."""
    storage = storage_of(request)
    return _page(storage, dataset_of(storage, dataset_identifier).id, cursor, limit)


@router.post(
    "/datasets/{dataset_identifier}/splits",
    status_code=201,
    response_model=Data[DatasetSplit],
    responses=refusals(404, 409, 422),
)
def create_dataset_split(request: Request, dataset_identifier: str, new: DatasetSplitCreate) -> Response:
    """Make a split with examples of a dataset in it."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    rows = _members(storage, dataset.id, new.example_ids)
    fields = SplitFields(new.name, new.description, new.color or DEFAULT_COLOR, new.metadata)
    return json_answer({"data": _wire(storage.splits.create(dataset.id, fields, rows))}, 201)


@router.patch(
    "/datasets/{dataset_identifier}/splits/{split_id}",
    response_model=Data[DatasetSplit],
    responses=refusals(404, 409, 422),
)
def update_dataset_split(
    request: Request, dataset_identifier: str, split_id: str, patch: DatasetSplitPatch
) -> Response:
    """Change a split, put examples of a dataset into it, or take some out. Versions stay as they are."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    current = _split(storage, split_id).fields
    given = patch.model_fields_set
    fields = SplitFields(
        patch.name if patch.name is not None else current.name,
        patch.description if "description" in given else current.description,
        patch.color or current.color,
        patch.metadata if patch.metadata is not None else current.metadata,
    )
    added = _members(storage, dataset.id, patch.add_example_ids)
    removed = _members(storage, dataset.id, patch.remove_example_ids)
    changed = storage.splits.update(_row(split_id), dataset.id, fields, added, removed)
    return json_answer({"data": _wire(changed)})


@router.delete(
    "/datasets/{dataset_identifier}/splits/{split_id}",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 422),
)
def delete_dataset_split(request: Request, dataset_identifier: str, split_id: str) -> None:
    """Delete a split, from all datasets. The examples stay."""
    storage = storage_of(request)
    dataset_of(storage, dataset_identifier)
    storage.splits.delete(_split(storage, split_id).id)


def _page(storage: Storage, dataset_id: int | None, cursor: str | None, limit: int) -> Response:
    found = storage.splits.page(dataset_id=dataset_id, from_id=cursor_row(cursor, TYPE_NAME), limit=limit + 1)
    following = global_id(TYPE_NAME, found[limit].id) if len(found) > limit else None
    return page_answer([_wire(each) for each in found[:limit]], following)


def _members(storage: Storage, dataset_id: int, identifiers: list[str]) -> list[int]:
    """The rows of examples, all of which are the dataset's. Raises 404."""
    rows = example_rows(storage, dataset_id, identifiers)
    own = storage.datasets.are_of(dataset_id, rows)
    foreign = [each for each, row in zip(identifiers, rows, strict=True) if row not in own]
    if foreign:
        raise ApiError(404, f"Dataset examples not found in this dataset: {', '.join(foreign)}")
    return rows


def _row(split_id: str) -> int:
    row = row_of(split_id, TYPE_NAME)
    if row is None:
        raise ApiError(422, f"Invalid dataset split ID: {split_id}")
    return row


def _split(storage: Storage, split_id: str) -> StoredSplit:
    try:
        return storage.splits.get(_row(split_id))
    except NotFound:
        raise ApiError(404, f"Dataset split with ID {split_id} not found") from None


def _wire(split: StoredSplit) -> dict[str, Any]:
    return {
        "id": global_id(TYPE_NAME, split.id),
        **split.fields._asdict(),
        "example_count": split.example_count,
        "created_at": iso_from_us(split.created_us),
        "updated_at": iso_from_us(split.updated_us),
    }
