"""Global ids: base64 of `TypeName:row`, opaque to clients. And ids of OpenTelemetry, in hex."""

import binascii
from base64 import b64decode, b64encode

from fastapi import Request

from rubricate_server.api.errors import ApiError
from rubricate_server.storage.contract import Storage, StoredDataset, StoredProject
from rubricate_server.storage.errors import NotFound

MAX_ROW = 2**63 - 1


def global_id(type_name: str, row: int) -> str:
    """The id under which clients know a row."""
    return b64encode(f"{type_name}:{row}".encode()).decode()


def row_of(identifier: str, *type_names: str) -> int | None:
    """The row behind a global id of one of these types; None when it is no such id."""
    try:
        name, _, row = b64decode(identifier, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    # The length first: Python refuses to read thousands of digits.
    if name not in type_names or not row.isdecimal() or len(row) > 19 or int(row) > MAX_ROW:
        return None
    return int(row)


def cursor_row(cursor: str | None, *type_names: str) -> int | None:
    """The first row of the page that a cursor asks for. Raises 422 when it is none of ours."""
    if not cursor:
        return None
    row = row_of(cursor, *type_names)
    if row is None:
        raise ApiError(422, "Invalid cursor")
    return row


def bytes_of(hex_id: str) -> bytes | None:
    """An OpenTelemetry id from hex; None when it is not hex of an even, positive number of digits."""
    try:
        return binascii.unhexlify(hex_id) or None
    except ValueError:
        return None


def storage_of(request: Request) -> Storage:
    """The open store."""
    storage: Storage = request.app.state.storage
    return storage


def project_of(storage: Storage, identifier: str) -> StoredProject:
    """A project by global id or by name. Raises 404."""
    row = row_of(identifier, "Project")
    try:
        return storage.projects.get(identifier) if row is None else storage.projects.get_by_id(row)
    except NotFound:
        what = f"name {identifier}" if row is None else f"ID {identifier}"
        raise ApiError(404, f"Project with {what} not found") from None


def dataset_of(storage: Storage, identifier: str) -> StoredDataset:
    """A dataset by global id or by name. Raises 404."""
    row = row_of(identifier, "Dataset")
    try:
        return storage.datasets.get_by_name(identifier) if row is None else storage.datasets.get(row)
    except NotFound:
        what = f"name {identifier}" if row is None else f"ID {identifier}"
        raise ApiError(404, f"Dataset with {what} not found") from None
