"""A label of datasets: a coloured word to tell them apart by."""

from typing import Annotated

from pydantic import Field

from rubricate.records.base import Input, NonBlank, Record

Color = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
"""Such as #00cc88: six hexadecimal digits in lower case."""


class DatasetLabel(Record):
    """A label. A dataset may have several."""

    id: str
    name: str
    description: str | None
    color: str


class DatasetLabelCreate(Input):
    """A label to make."""

    name: NonBlank
    color: Color
    description: str | None = None


class DatasetLabelPatch(Input):
    """New values for some fields of a label. What is not given stays."""

    name: NonBlank | None = None
    color: Color | None = None
    description: str | None = None


class DatasetLabelIds(Input):
    """The labels of a dataset, by id: the whole set."""

    dataset_label_ids: list[str] = Field(default_factory=list)
