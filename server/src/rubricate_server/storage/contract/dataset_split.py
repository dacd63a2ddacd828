"""Splits of datasets, and their store."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class SplitFields(NamedTuple):
    """What can be said of a split."""

    name: str
    description: str | None
    color: str
    metadata: dict[str, Any]


class StoredSplit(NamedTuple):
    """A split as it is read back."""

    id: int
    fields: SplitFields
    example_count: int
    """Examples in the newest version of the dataset that was asked about, or of all datasets."""
    created_us: int
    updated_us: int


class SplitStore(Protocol):
    """Splits: names are unique in the store, and examples of several datasets may be in one."""

    def page(self, *, dataset_id: int | None = None, from_id: int | None = None, limit: int = 100) -> list[StoredSplit]:
        """Splits, newest first; of a dataset, those that an example of its newest version is in."""

    def get(self, split_id: int, *, dataset_id: int | None = None) -> StoredSplit:
        """By row id; the examples are counted of one dataset or of all. Raises NotFound."""

    def rows_of(self, names: Sequence[str]) -> dict[str, int]:
        """The row ids of those names that are there."""

    def create(self, dataset_id: int, fields: SplitFields, example_rows: Sequence[int] = ()) -> StoredSplit:
        """Make one with examples of a dataset in it; durable. Raises Conflict when its name is taken."""

    def update(
        self,
        split_id: int,
        dataset_id: int,
        fields: SplitFields,
        added: Sequence[int] = (),
        removed: Sequence[int] = (),
    ) -> StoredSplit:
        """Replace its fields, put examples in, then take examples out; durable, idempotent.

        Raises NotFound, Conflict.
        """

    def delete(self, split_id: int) -> None:
        """Delete one; durable. The examples stay. Raises NotFound."""
