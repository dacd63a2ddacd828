"""What all records share."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

T = TypeVar("T")

JsonObject = dict[str, Any]
MAX_ID_DIGITS = 64
MAX_DEPTH = 64
"""Levels of objects and lists in metadata. Nobody reads deeper ones, and JSON is written with 254 at most."""


def holdable(value: T) -> T:
    """Refuse what cannot be written as JSON again, and say where it is."""
    waiting: list[tuple[str, Any, int]] = [("", value, 1)]
    while waiting:
        path, item, depth = waiting.pop()
        if isinstance(item, int) and not -(2**63) <= item < 2**64:
            raise ValueError(f"{path or 'it'} is a whole number beyond 64 bits; send it as text")
        if not isinstance(item, dict | list):
            continue
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        children = item.items() if isinstance(item, dict) else enumerate(item)
        waiting += [(f"{path}.{key}" if path else str(key), child, depth + 1) for key, child in children]
    return value


Metadata = Annotated[JsonObject, AfterValidator(holdable)]
"""A JSON object that comes back as it was sent."""

JsonValue = Annotated[Any, AfterValidator(holdable)]
"""Any JSON that comes back as it was sent."""


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "Must not be blank: give at least one character that is not white space")
    return value


NonBlank = Annotated[
    str,
    AfterValidator(_not_blank),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"\S"}),
]
"""A text that says something; kept as it was sent."""

NonBlankTrimmed = Annotated[NonBlank, AfterValidator(str.strip)]
"""The same, without the white space around it."""


def _hex(value: str) -> str:
    text = value.strip().lower()
    try:
        if len(text) <= MAX_ID_DIGITS and bytes.fromhex(text) and " " not in text:
            return text
    except ValueError:
        pass
    raise ValueError(
        f"must be an OpenTelemetry id: hexadecimal, an even number of digits, {MAX_ID_DIGITS} at most, such as"
        " 7e2f08cb43bbf521"
    )


HexId = Annotated[str, AfterValidator(_hex)]
"""An OpenTelemetry id in hex; stored in lower case."""


class Record(BaseModel):
    """Something that the server answers. Fields that this version does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Input(BaseModel):
    """Something that the server is given.

    Unknown keys are ignored, because the public clients of Phoenix send some; NaN and infinities are
    refused, because JSON cannot carry them back.
    """

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class StrictInput(Input):
    """Something that the server is given by our own clients only: unknown keys are mistakes, and refused."""

    model_config = ConfigDict(extra="forbid")


class Page(Record, Generic[T]):
    """One page of a list; `next_cursor` asks for the next one and is None on the last."""

    data: list[T]
    next_cursor: str | None = None


class Data(Record, Generic[T]):
    """One value, wrapped the way all answers of the API are."""

    data: T
