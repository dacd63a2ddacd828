"""Prompts over HTTP: kept in versions, found by name, by version or by tag."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response

from rubricate.records.base import Data, Page
from rubricate.records.prompt import (
    Prompt,
    PromptCreate,
    PromptTag,
    PromptTagData,
    PromptUpdate,
    PromptVersion,
    PromptVersionCreate,
)
from rubricate_server.api.answer import json_answer, page_answer
from rubricate_server.api.body import JsonRoute
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import cursor_row, global_id, row_of, storage_of
from rubricate_server.storage import contract
from rubricate_server.storage.contract import NewPromptTag, StoredPrompt, StoredPromptTag, StoredPromptVersion
from rubricate_server.storage.errors import NotFound

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["prompts"])

PROMPT, VERSION, TAG = "Prompt", "PromptVersion", "PromptVersionTag"

Limit = Annotated[int, Query(gt=0, le=1000, description="Items on a page.")]
Stored = TypeVar("Stored", StoredPrompt, StoredPromptVersion, StoredPromptTag)


@router.get("/prompts", response_model=Page[Prompt], responses=refusals(422))
def list_prompts(request: Request, cursor: str | None = None, limit: Limit = 100) -> Response:
    """Prompts, newest first, without their versions."""
    found = storage_of(request).prompts.page(from_id=cursor_row(cursor, PROMPT), limit=limit + 1)
    return page_answer([_prompt(prompt) for prompt in found[:limit]], _following(found, limit, PROMPT))


@router.post("/prompts", response_model=Data[PromptVersion])
def create_prompt(request: Request, new: PromptCreate) -> Response:
    """Make a prompt in its first version, or, if there is one of that name, another version of it.

    A prompt that is there keeps its description and metadata.
    """
    prompt = new.prompt
    stored = storage_of(request).prompts.create(
        prompt.name, prompt.description, prompt.metadata or {}, new.version.body()
    )
    return json_answer({"data": _version(stored)})


@router.patch("/prompts/{prompt_identifier}", response_model=Data[Prompt], responses=refusals(404))
def update_prompt(request: Request, prompt_identifier: str, change: PromptUpdate) -> Response:
    """Change a prompt's description, its metadata, or both. What is left out stays; metadata is replaced whole."""
    prompts = storage_of(request).prompts
    given = contract.PromptUpdate(**change.model_dump(exclude_unset=True))  # type: ignore[typeddict-item]  # its fields
    return json_answer({"data": _prompt(prompts.update(_found(request, prompt_identifier).id, given))})


@router.delete("/prompts/{prompt_identifier}", status_code=204, response_class=Response, responses=refusals(404))
def delete_prompt(request: Request, prompt_identifier: str) -> None:
    """Delete a prompt with all its versions and tags. It cannot be undone."""
    storage_of(request).prompts.delete(_found(request, prompt_identifier).id)


@router.get("/prompts/{prompt_identifier}/versions", response_model=Page[PromptVersion], responses=refusals(404, 422))
def list_prompt_versions(
    request: Request, prompt_identifier: str, cursor: str | None = None, limit: Limit = 100
) -> Response:
    """The versions of a prompt, newest first."""
    prompt = _found(request, prompt_identifier)
    found = storage_of(request).prompts.versions(prompt.id, from_id=cursor_row(cursor, VERSION), limit=limit + 1)
    return page_answer([_version(version) for version in found[:limit]], _following(found, limit, VERSION))


@router.post(
    "/prompts/{prompt_identifier}/versions",
    status_code=201,
    response_model=Data[PromptVersion],
    responses=refusals(404),
)
def create_prompt_version(request: Request, prompt_identifier: str, new: PromptVersionCreate) -> Response:
    """Add a version to a prompt, with tags if wanted; they move here from the versions that had them."""
    prompt = _found(request, prompt_identifier)
    tags = [_new_tag(tag) for tag in new.tags or ()]
    stored = storage_of(request).prompts.add_version(prompt.id, new.version.body(), tags)
    return json_answer({"data": _version(stored)}, 201)


@router.get("/prompts/{prompt_identifier}/latest", response_model=Data[PromptVersion], responses=refusals(404))
def get_latest_prompt_version(request: Request, prompt_identifier: str) -> Response:
    """The newest version of a prompt, by name or id."""
    prompt = _found(request, prompt_identifier)
    return json_answer({"data": _version(storage_of(request).prompts.latest(prompt.id))})


@router.get("/prompts/{prompt_identifier}/tags/{tag_name}", response_model=Data[PromptVersion], responses=refusals(404))
def get_tagged_prompt_version(request: Request, prompt_identifier: str, tag_name: str) -> Response:
    """The version of a prompt that has a tag."""
    prompt = _found(request, prompt_identifier)
    return json_answer({"data": _version(storage_of(request).prompts.tagged(prompt.id, tag_name))})


@router.get("/prompt_versions/{prompt_version_id}", response_model=Data[PromptVersion], responses=refusals(404, 422))
def get_prompt_version(request: Request, prompt_version_id: str) -> Response:
    """One version of a prompt, by its id."""
    return json_answer({"data": _version(_found_version(request, prompt_version_id))})


@router.get("/prompt_versions/{prompt_version_id}/tags", response_model=Page[PromptTag], responses=refusals(404, 422))
def list_prompt_version_tags(
    request: Request, prompt_version_id: str, cursor: str | None = None, limit: Limit = 100
) -> Response:
    """The tags on a version, newest first."""
    version = _found_version(request, prompt_version_id)
    found = storage_of(request).prompts.tags(version.id, from_id=cursor_row(cursor, TAG), limit=limit + 1)
    return page_answer([_tag(tag) for tag in found[:limit]], _following(found, limit, TAG))


@router.post(
    "/prompt_versions/{prompt_version_id}/tags",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 422),
)
def create_prompt_version_tag(request: Request, prompt_version_id: str, new: PromptTagData) -> None:
    """Put a tag on a version. It moves here if another version of the prompt has it."""
    storage_of(request).prompts.put_tag(_found_version(request, prompt_version_id).id, _new_tag(new))


@router.delete(
    "/prompt_versions/{prompt_version_id}/tags/{tag_name}",
    status_code=204,
    response_class=Response,
    responses=refusals(404, 422),
)
def delete_prompt_version_tag(request: Request, prompt_version_id: str, tag_name: str) -> None:
    """Take a tag from the prompt of this version, whichever of its versions has the tag by now; as with Phoenix."""
    storage_of(request).prompts.remove_tag(_found_version(request, prompt_version_id).id, tag_name)


def _found(request: Request, identifier: str) -> StoredPrompt:
    prompts = storage_of(request).prompts
    row = row_of(identifier, PROMPT)
    try:
        return prompts.get_by_name(identifier) if row is None else prompts.get(row)
    except NotFound:
        what = f"name {identifier}" if row is None else f"ID {identifier}"
        raise ApiError(404, f"Prompt with {what} not found") from None


def _found_version(request: Request, version_id: str) -> StoredPromptVersion:
    row = row_of(version_id, VERSION)
    if row is None:
        raise ApiError(422, f"Invalid prompt version ID: {version_id}")
    try:
        return storage_of(request).prompts.version(row)
    except NotFound:
        raise ApiError(404, f"Prompt version with ID {version_id} not found") from None


def _following(found: list[Stored], limit: int, type_name: str) -> str | None:
    return global_id(type_name, found[limit].id) if len(found) > limit else None


def _new_tag(tag: PromptTagData) -> NewPromptTag:
    return NewPromptTag(tag.name, tag.description)


def _prompt(prompt: StoredPrompt) -> dict[str, Any]:
    return {
        "id": global_id(PROMPT, prompt.id),
        "name": prompt.name,
        "description": prompt.description,
        "source_prompt_id": None,
        "metadata": prompt.metadata,
    }


def _version(version: StoredPromptVersion) -> dict[str, Any]:
    return {"description": "", **version.body, "id": global_id(VERSION, version.id)}


def _tag(tag: StoredPromptTag) -> dict[str, Any]:
    return {"id": global_id(TAG, tag.id), "name": tag.name, "description": tag.description}
