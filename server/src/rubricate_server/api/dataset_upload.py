"""`POST /v1/datasets/upload`: examples as JSON, or in a file of a form, to make, extend or replace a dataset."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, cast, get_args

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from rubricate.records.base import Data, Metadata
from rubricate.records.dataset import DatasetUploaded, UploadAction
from rubricate_server.api.answer import json_answer
from rubricate_server.api.body import strict_json
from rubricate_server.api.dataset import EXAMPLE, written_wire
from rubricate_server.api.dataset_file import Columns, FileLimits, read_examples
from rubricate_server.api.errors import ApiError, refusals
from rubricate_server.api.identifier import bytes_of, row_of, storage_of
from rubricate_server.domain.example import example_text
from rubricate_server.ingest.errors import Busy, MalformedRequest, TooLarge, UnsupportedEncoding
from rubricate_server.ingest.http import media_type, read_body
from rubricate_server.ingest.pipeline import Ingest, Room, decompressed
from rubricate_server.storage.contract import ExampleUpload, NewExample

router = APIRouter(prefix="/v1", tags=["datasets"])

FORM: Final = "multipart/form-data"
GZIP_BEGINS: Final = b"\x1f\x8b"
MOST_FIELDS: Final = 10_000
"""Of a form: each column that is named is one."""

ACTIONS: Final = get_args(UploadAction)

_OBJECT: Final[TypeAdapter[dict[str, Any]]] = TypeAdapter(Metadata)

_LISTS: Final = {name: {"type": "array", "items": {"type": "object"}} for name in ("inputs", "outputs", "metadata")}
_TEXTS: Final = {"type": "array", "items": {"type": ["string", "null"]}}
_COMMON: Final[dict[str, Any]] = {
    "action": {"type": "string", "enum": list(ACTIONS), "default": "create"},
    "name": {"type": "string", "minLength": 1},
    "description": {"type": ["string", "null"]},
}
_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["name", "inputs"],
                "properties": {
                    **_COMMON,
                    **_LISTS,
                    "splits": {"type": "array", "items": {"type": ["string", "array", "null"]}},
                    "span_ids": _TEXTS,
                    "example_ids": _TEXTS,
                },
            }
        },
        FORM: {
            "schema": {
                "type": "object",
                "required": ["name", "file"],
                "properties": {
                    **_COMMON,
                    "file": {"type": "string", "format": "binary"},
                    **{
                        f"{name}_keys[]": {"type": "array", "items": {"type": "string"}}
                        for name in ("input", "output", "metadata", "split", "flatten")
                    },
                    **{name: {"type": "string"} for name in ("split_key", "span_id_key", "example_id_key")},
                },
            }
        },
    },
}


@router.post(
    "/datasets/upload",
    response_model=Data[DatasetUploaded] | None,
    responses=refusals(409, 422, 503),
    openapi_extra={"requestBody": _BODY},
)
async def upload_dataset(
    request: Request, sync: Annotated[bool, Query(description="false: answer null; it is stored all the same.")] = False
) -> Response:
    """Make a dataset (`create`), add what it lacks (`append`), or make its examples exactly these (`update`).

    Examples come as JSON, or as CSV, JSON lines or Arrow in a form. One with an id is the one in the dataset that has
    it; one without is any that says the same. So sending the same again changes nothing, and makes no version.
    """
    ingest: Ingest = request.app.state.ingest
    with ingest.room() as room:
        try:
            body = await read_body(request, ingest.limits.max_body_bytes, room)
            kind = media_type(request)
            if kind == FORM:
                wanted = await _from_form(request, body, ingest, room)
            elif kind in ("application/json", ""):
                wanted = await run_in_threadpool(_from_json, _unpacked(body, ingest, room))
            else:
                return PlainTextResponse(f"Invalid request content type: {kind}; send application/json or {FORM}.", 415)
            _refuse_many(wanted, request.app.state.max_examples)
            written = await run_in_threadpool(storage_of(request).datasets.upload, wanted)
        except UnsupportedEncoding as error:
            return PlainTextResponse(str(error), 415)
        except TooLarge as error:
            return PlainTextResponse(str(error), 413)
        except Busy as error:
            return PlainTextResponse(str(error), 503, {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))})
        except MalformedRequest as error:
            return PlainTextResponse(str(error), 422)
    return json_answer({"data": written_wire(written)} if sync else None)


def _unpacked(body: bytes, ingest: Ingest, room: Room) -> bytes:
    """The body, unpacked when it is packed: older clients say gzip in a header of bodies that are not."""
    if not body.startswith(GZIP_BEGINS):
        return body
    return decompressed(body, "gzip", ingest.limits.max_decompressed_bytes, room)


def _refuse_many(wanted: ExampleUpload, most: int) -> None:
    if len(wanted.examples) > most:
        raise ApiError(
            422,
            f"{len(wanted.examples)} examples are more than {most} at once; nothing was stored. Send them in parts with"
            " action append, or raise RUBRICATE_MAX_EXAMPLES.",
        )


# --- JSON -------------------------------------------------------------------------------------------------------------


def _from_json(body: bytes) -> ExampleUpload:
    try:
        given = strict_json(body)
    except ValueError as error:
        raise ApiError(422, f"The body cannot be read as JSON: {error}") from None
    if not isinstance(given, dict):
        raise ApiError(422, "The body must be a JSON object with name and inputs.")
    inputs = _objects(given, "inputs", None)
    if inputs is None:
        raise ApiError(422, "input is required: send inputs, a list of objects, one for each example.")
    count = len(inputs)
    outputs = _objects(given, "outputs", count)
    metadata = _objects(given, "metadata", count)
    splits = _aligned(given, "splits", count)
    span_ids = _aligned(given, "span_ids", count)
    example_ids = _aligned(given, "example_ids", count)
    examples = [
        _new_example(
            f"inputs[{place}]",
            inputs[place],
            outputs[place] if outputs else {},
            metadata[place] if metadata else {},
            _split_names(splits[place] if splits else None),
            span_ids[place] if span_ids else None,
            _text_or_none(example_ids[place] if example_ids else None, "example_ids must contain only strings or None"),
        )
        for place in range(count)
    ]
    return _upload(given.get("action"), given.get("name"), given.get("description"), examples)


def _objects(given: Mapping[str, Any], field: str, count: int | None) -> list[dict[str, Any]] | None:
    value = given.get(field)
    if value is None or (count is not None and value == []):
        return None
    is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    if not is_list or (count is not None and len(value) != count):
        raise ApiError(
            422,
            "Input should be a list containing only dictionary objects"
            if count is None
            else f"{field} should be a list of same length as input containing only dictionary objects",
        )
    return cast(list[dict[str, Any]], value)  # looked through above


def _aligned(given: Mapping[str, Any], field: str, count: int) -> list[Any] | None:
    value = given.get(field)
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        raise ApiError(422, f"{field} must be a list")
    if len(value) != count:
        raise ApiError(422, f"{field} must have same length as inputs ({len(value)} != {count})")
    return value


def _split_names(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise ApiError(422, f"Split value must be a string, list of strings, or None, got {type(value).__name__}")
    return value


# --- forms ------------------------------------------------------------------------------------------------------------


async def _from_form(request: Request, body: bytes, ingest: Ingest, room: Room) -> ExampleUpload:
    try:
        form = await Request(request.scope, _once(body)).form(max_files=1, max_fields=MOST_FIELDS)
    except HTTPException as error:
        raise ApiError(422, f"The form cannot be read: {error.detail}") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ApiError(422, "The form has no file; send the examples as the part named file.")
        content = await file.read()
        encoding = file.headers.get("content-encoding", "").strip().lower()
        kind = (file.content_type or "").partition(";")[0].strip().lower()
        most = request.app.state.max_examples
        return await run_in_threadpool(_from_file, form, kind, encoding, content, ingest, room, most)
    finally:
        await form.close()


def _from_file(
    form: FormData, kind: str, encoding: str, content: bytes, ingest: Ingest, room: Room, most: int
) -> ExampleUpload:
    if encoding and (encoding != "gzip" or content.startswith(GZIP_BEGINS)):
        content = decompressed(content, encoding, ingest.limits.max_decompressed_bytes, room)
    split = _field(form, "split_key")
    if split is not None and _fields(form, "split_keys[]"):
        raise ApiError(
            422,
            "Cannot specify both 'split_keys[]' and 'split_key'. Use 'split_key' for a single column with JSON-encoded"
            " split lists.",
        )
    columns = Columns(
        _fields(form, "input_keys[]"),
        _fields(form, "output_keys[]"),
        _fields(form, "metadata_keys[]"),
        _fields(form, "split_keys[]"),
        split,
        _fields(form, "flatten_keys[]"),
        _field(form, "span_id_key"),
        _field(form, "example_id_key"),
    )
    upload: Callable[[Sequence[NewExample]], ExampleUpload] = lambda examples: _upload(  # noqa: E731
        _field(form, "action"), _field(form, "name"), _field(form, "description"), examples
    )
    limits = FileLimits(ingest.limits.max_decompressed_bytes, most, room)
    upload(())  # what is wrong with the form is said before the file is read
    return upload(
        [
            _new_example(
                each.where,
                each.input,
                each.output,
                each.metadata,
                each.splits,
                each.span_id,
                None if each.example_id is None else str(each.example_id),
            )
            for each in read_examples(kind, content, columns, limits)
        ]
    )


def _once(body: bytes) -> Callable[[], Any]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _field(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) and value else None


def _fields(form: FormData, name: str) -> list[str]:
    return list(dict.fromkeys(value for value in form.getlist(name) if isinstance(value, str) and value))


# --- both -------------------------------------------------------------------------------------------------------------


def _upload(action: Any, name: Any, description: Any, examples: Sequence[NewExample]) -> ExampleUpload:
    action = "create" if action is None else action
    if action not in ACTIONS:
        raise ApiError(422, f"Invalid dateset action: {action}")  # misspelt as clients look for it
    if not isinstance(name, str) or not name.strip():
        raise ApiError(422, "Dataset name is required")
    if description is not None and not isinstance(description, str):
        raise ApiError(422, "description must be a string or null")
    _refuse_repeated(each.external_id for each in examples if each.external_id is not None)
    return ExampleUpload(name, action, examples, description or None)


def _new_example(
    where: str,
    given: dict[str, Any],
    output: dict[str, Any],
    metadata: dict[str, Any],
    splits: Iterable[Any],
    span_id: Any,
    example_id: str | None,
) -> NewExample:
    for what, value in (("input", given), ("output", output), ("metadata", metadata)):
        try:
            _OBJECT.validate_python(value)
        except ValidationError as error:
            raise ApiError(422, f"{where}: {what}: {error.errors()[0]['msg']}") from None
    names = []
    for name in splits:
        if not isinstance(name, str) or not name.strip():
            raise ApiError(
                422, f"{where}: Split value must be a string, list of strings, or None, got {type(name).__name__}"
            )
        names.append(name)
    return NewExample(
        example_text(given, output, metadata),
        example_id or None,
        _span_id(span_id, where),
        tuple(dict.fromkeys(names)),
        # Some clients send back as an example's id what they were told as one: its global id.
        None if example_id is None else row_of(example_id, EXAMPLE),
    )


def _span_id(value: Any, where: str) -> bytes | None:
    """The span that an example comes from; what is no id at all is left out, as nothing hangs on it."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ApiError(422, f"{where}: span ids must be strings in hex, or null, not {type(value).__name__}")
    return bytes_of(value.strip().lower())


def _text_or_none(value: Any, refusal: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ApiError(422, refusal)
    return value


def _refuse_repeated(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ApiError(422, f"Duplicate example_id in request: {each!r}")
        seen.add(each)
