"""A split: a named part of one or more datasets, such as the examples to test with."""

from datetime import datetime

from pydantic import Field

from rubricate.records.base import Input, JsonObject, Metadata, NonBlank, Record

DEFAULT_COLOR = "#33c5e8"


class DatasetSplit(Record):
    """A split. Its name is unique on the server; examples of several datasets may be in it."""

    id: str
    name: str
    description: str | None
    color: str
    metadata: JsonObject
    example_count: int
    """Examples of the dataset's newest version in it; where no dataset is named, of all datasets."""
    created_at: datetime
    updated_at: datetime


class DatasetSplitCreate(Input):
    """A split to make."""

    name: NonBlank
    description: str | None = None
    color: str | None = None
    """In CSS's words; null: a default."""
    metadata: Metadata = Field(default_factory=dict)
    example_ids: list[str] = Field(default_factory=list)
    """Examples of the dataset to put into it, by id."""


class DatasetSplitPatch(Input):
    """New values for some fields of a split, and examples to put in or take out. What is not given stays."""

    name: NonBlank | None = None
    description: str | None = None
    color: str | None = None
    metadata: Metadata | None = None
    add_example_ids: list[str] = Field(default_factory=list)
    remove_example_ids: list[str] = Field(default_factory=list)
    """An example that is in both lists is taken out."""
