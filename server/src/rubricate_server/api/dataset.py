"""Datasets over HTTP: what there is, versions, examples, and changes by hand."""

from collections.abc import Generator, Iterable, Sequence
from itertools import chain
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.dataset import (
    Dataset,
    DatasetCreate,
    DatasetExample,
    DatasetExampleChange,
    DatasetExampleChanges,
    DatasetExamplesPage,
    DatasetPatch,
    DatasetUploaded,
    DatasetVersion,
)
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.described import patched
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, dataset_of, global_id, row_of, storage_of
from rubricate_server.api.moment import iso_from_us
from rubricate_server.api.streaming import Streamed
from rubricate_server.domain.example import ExampleText, example_text
from rubricate_server.storage.contract import (
    ExamplesWritten,
    Storage,
    StoredDataset,
    StoredDatasetVersion,
    StoredExample,
)
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["datasets"])

DATASET = "Dataset"
VERSION = "DatasetVersion"
EXAMPLE = "DatasetExample"

ANSWERED_AT_ONCE = 1000
"""Examples up to which an answer is made whole before it is sent."""

VersionId = Annotated[str | None, Query(description="A version of the dataset; without it, the newest.")]


@router.get("/datasets", response_model=Page[Dataset], responses=refusals(422))
def list_datasets(
    request: Request,
    cursor: str | None = None,
    name: Annotated[str | None, Query(description="Only the dataset of exactly this name.")] = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Datasets on a page.")] = 10,
) -> Response:
    """Datasets, newest first."""
    found = storage_of(request).datasets.page(name=name, from_id=cursor_row(cursor, DATASET), limit=limit + 1)
    following = global_id(DATASET, found[limit].id) if len(found) > limit else None
    return page_answer([dataset_wire(each) for each in found[:limit]], following)


@router.post("/datasets", status_code=201, response_model=Data[Dataset], responses=refusals(409))
def create_dataset(request: Request, new: DatasetCreate) -> Response:
    """Make a dataset without examples."""
    made = storage_of(request).datasets.create(new.name, new.description or None, new.metadata)
    return json_answer({"data": dataset_wire(made)}, 201)


@router.get("/datasets/{dataset_identifier}", response_model=Data[Dataset], responses=refusals(404))
def get_dataset(request: Request, dataset_identifier: str) -> Response:
    """One dataset, by id or name."""
    return json_answer({"data": dataset_wire(dataset_of(storage_of(request), dataset_identifier))})


@router.patch("/datasets/{dataset_identifier}", response_model=Data[Dataset], responses=refusals(404, 409, 422))
def update_dataset(request: Request, dataset_identifier: str, patch: DatasetPatch) -> Response:
    """Rename or describe a dataset. Its versions stay as they are."""
    storage = storage_of(request)
    found = dataset_of(storage, dataset_identifier)
    changed = storage.datasets.update(found.id, *patched(found, patch))
    return json_answer({"data": dataset_wire(changed)})


@router.delete("/datasets/{dataset_identifier}", status_code=204, response_class=Response, responses=refusals(404, 503))
def delete_dataset(request: Request, dataset_identifier: str) -> None:
    """Delete a dataset with all its versions and examples. Splits and labels stay."""
    storage = storage_of(request)
    storage.datasets.delete(dataset_of(storage, dataset_identifier).id)


@router.get(
    "/datasets/{dataset_identifier}/versions", response_model=Page[DatasetVersion], responses=refusals(404, 422)
)
def list_dataset_versions(
    request: Request,
    dataset_identifier: str,
    cursor: str | None = None,
    limit: Annotated[int, Query(gt=0, le=1000, description="Versions on a page.")] = 10,
) -> Response:
    """The versions of a dataset, newest first."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    found = storage.datasets.versions(dataset.id, from_id=cursor_row(cursor, VERSION), limit=limit + 1)
    following = global_id(VERSION, found[limit].id) if len(found) > limit else None
    return page_answer([_version_wire(each) for each in found[:limit]], following)


@router.get("/datasets/{dataset_identifier}/examples", response_model=DatasetExamplesPage, responses=refusals(404, 422))
def list_dataset_examples(
    request: Request,
    dataset_identifier: str,
    version_id: VersionId = None,
    split: Annotated[
        list[str] | None, Query(description="Only examples in this split; repeat for several: in any of them.")
    ] = None,
    cursor: str | None = None,
    limit: Annotated[int | None, Query(gt=0, le=1000, description="Examples on a page; without it, all.")] = None,
) -> Response:
    """The examples of a version in the order in which they came, all of them or in pages."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    version = version_of(storage, dataset, version_id)
    names = sorted(set(split or ()))
    batches = storage.datasets.examples(
        dataset.id,
        version,
        split_ids=_splits(storage, names) if names else None,
        from_id=cursor_row(cursor, EXAMPLE),
        limit=None if limit is None else limit + 1,
    )
    about = {
        "dataset_id": global_id(DATASET, dataset.id),
        "version_id": global_id(VERSION, version),
        "filtered_splits": names,
    }
    found: list[StoredExample] = []
    for batch in batches:
        found += batch
        if limit is None and len(found) > ANSWERED_AT_ONCE:
            return Streamed(_written_out(about, chain([found], batches)), "application/json")
    following = None
    if limit is not None and len(found) > limit:
        following = global_id(EXAMPLE, found[limit].id)
    data = {**about, "examples": [example_wire(each) for each in found[:limit]]}
    return json_answer({"data": data, "next_cursor": following})


def _written_out(about: dict[str, Any], batches: Iterable[list[StoredExample]]) -> Generator[bytes]:
    """The same answer while it is read: memory does not grow with it, and impatient clients see it begin."""
    yield orjson.dumps({"data": about}).removesuffix(b"}}") + b',"examples":['
    between = b""
    for batch in batches:
        yield between + b",".join(orjson.dumps(example_wire(each)) for each in batch)
        between = b","
    yield b']},"next_cursor":null}'


@router.get(
    "/datasets/{dataset_identifier}/examples/{example_id}",
    response_model=Data[DatasetExample],
    responses=refusals(404, 422),
)
def get_dataset_example(
    request: Request, dataset_identifier: str, example_id: str, version_id: VersionId = None
) -> Response:
    """One example as it is in a version, by what the uploader calls it or by its `node_id`."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    version = version_of(storage, dataset, version_id)
    row = example_rows(storage, dataset.id, [example_id])[0]
    for batch in storage.datasets.examples(dataset.id, version, from_id=row, limit=1):
        for example in batch:
            if example.id == row:
                return json_answer({"data": example_wire(example)})
    raise ApiError(404, f"The version has no example with the ID {example_id}.")


@router.patch(
    "/datasets/{dataset_identifier}/examples",
    response_model=Data[DatasetUploaded],
    responses=refusals(404, 422, 503),
)
def change_dataset_examples(request: Request, dataset_identifier: str, changes: DatasetExampleChanges) -> Response:
    """Change and delete examples by id: one new version, all or nothing. Older versions keep what they had."""
    storage = storage_of(request)
    dataset = dataset_of(storage, dataset_identifier)
    updated = dict(
        zip(example_rows(storage, dataset.id, [each.id for each in changes.update]), changes.update, strict=True)
    )
    deleted = example_rows(storage, dataset.id, changes.delete)
    texts = _changed_texts(storage, dataset, updated)
    written = storage.datasets.change(dataset.id, texts, deleted, changes.description or None)
    return json_answer({"data": written_wire(written)})


def version_of(storage: Storage, dataset: StoredDataset, version_id: str | None) -> int:
    """The row of a version of the dataset; without an id, of the newest. Raises 404, 422."""
    if version_id is None:
        return dataset.version_id
    row = row_of(version_id, VERSION)
    if row is None:
        raise ApiError(422, f"Invalid dataset version ID format: {version_id}")
    try:
        return storage.datasets.version(dataset.id, row).id
    except NotFound:
        raise ApiError(404, f"No dataset version with id {version_id} can be found.") from None


def example_rows(storage: Storage, dataset_id: int, identifiers: Sequence[str]) -> list[int]:
    """The rows of examples by what the uploader calls them, or by global id. Raises 404 for what can be neither."""
    named = storage.datasets.example_rows(dataset_id, identifiers)
    rows = [named.get(each, row_of(each, EXAMPLE)) for each in identifiers]
    unknown = [each for each, row in zip(identifiers, rows, strict=True) if row is None]
    if unknown:
        raise ApiError(404, f"Dataset examples not found in this dataset: {', '.join(unknown)}")
    return [row for row in rows if row is not None]


def dataset_wire(dataset: StoredDataset) -> dict[str, Any]:
    """A dataset as it is answered."""
    return {
        "id": global_id(DATASET, dataset.id),
        "name": dataset.name,
        "description": dataset.description,
        "metadata": dataset.metadata,
        "created_at": iso_from_us(dataset.created_us),
        "updated_at": iso_from_us(dataset.updated_us),
        "example_count": dataset.example_count,
        "version_count": dataset.version_count,
    }


def example_wire(example: StoredExample) -> dict[str, Any]:
    """An example as it is answered; its JSON is not read again."""
    node_id = global_id(EXAMPLE, example.id)
    source = None
    if example.span_id is not None:
        source = {
            "span_id": example.span_id.hex(),
            "span_node_id": None if example.span_row is None else global_id("Span", example.span_row),
        }
    return {
        "id": example.external_id or node_id,
        "node_id": node_id,
        "input": orjson.Fragment(example.text.input),
        "output": orjson.Fragment(example.text.output),
        "metadata": orjson.Fragment(example.text.metadata),
        "updated_at": iso_from_us(example.updated_us),
        "source": source,
        "splits": list(example.splits),
    }


def written_wire(written: ExamplesWritten) -> dict[str, Any]:
    """What a write did, as it is answered."""
    return {
        "dataset_id": global_id(DATASET, written.dataset_id),
        "version_id": global_id(VERSION, written.version_id),
        "num_created_examples": written.created,
        "num_updated_examples": written.updated,
        "num_deleted_examples": written.deleted,
    }


def _version_wire(version: StoredDatasetVersion) -> dict[str, Any]:
    return {
        "version_id": global_id(VERSION, version.id),
        "description": version.description,
        "metadata": version.metadata,
        "created_at": iso_from_us(version.created_us),
        "created_examples": version.created_examples,
        "updated_examples": version.updated_examples,
        "deleted_examples": version.deleted_examples,
    }


def _splits(storage: Storage, names: Sequence[str]) -> list[int]:
    rows = storage.splits.rows_of(names)
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise ApiError(404, f"Dataset splits not found: {', '.join(unknown)}")
    return list(rows.values())


def _changed_texts(
    storage: Storage, dataset: StoredDataset, changes: dict[int, DatasetExampleChange]
) -> dict[int, ExampleText]:
    """What the examples say after the changes; those that the newest version lacks are left out."""
    texts = {}
    for row, change in changes.items():
        for batch in storage.datasets.examples(dataset.id, dataset.version_id, from_id=row, limit=1):
            for example in batch:
                texts[row] = example_text(
                    orjson.loads(example.text.input) if change.input is None else change.input,
                    orjson.loads(example.text.output) if change.output is None else change.output,
                    orjson.loads(example.text.metadata) if change.metadata is None else change.metadata,
                )
    return texts
