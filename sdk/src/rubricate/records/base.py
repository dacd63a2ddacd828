"""What all records share."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")

JsonObject = dict[str, Any]
NonBlank = Annotated[str, Field(min_length=1, pattern=r"\S")]


def _hex(value: str) -> str:
    text = value.strip().lower()
    try:
        if bytes.fromhex(text) and " " not in text:
            return text
    except ValueError:
        pass
    raise ValueError("must be an OpenTelemetry id: hexadecimal, of an even number of digits, such as 7e2f08cb43bbf521")


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
