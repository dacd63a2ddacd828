"""Labels of datasets, and their store."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class LabelFields(NamedTuple):
    """What can be said of a label."""

    name: str
    description: str | None
    color: str


class StoredLabel(NamedTuple):
    """A label as it is read back."""

    id: int
    fields: LabelFields


class LabelStore(Protocol):
    """Labels: names are unique in the store."""

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredLabel]:
        """Labels, newest first."""

    def of(self, dataset_ids: Sequence[int]) -> dict[int, list[StoredLabel]]:
        """The labels of each of some datasets, by name; of one without labels, an empty list."""

    def get(self, label_id: int) -> StoredLabel:
        """By row id. Raises NotFound."""

    def create(self, fields: LabelFields) -> StoredLabel:
        """Make one; durable. Raises Conflict when its name is taken."""

    def update(self, label_id: int, fields: LabelFields) -> StoredLabel:
        """Replace its fields; durable, idempotent. Raises NotFound, Conflict."""

    def delete(self, label_id: int) -> None:
        """Delete one, and take it from all datasets; durable. Raises NotFound."""

    def set_of(self, dataset_id: int, label_ids: Sequence[int]) -> None:
        """Make these the dataset's labels and no others; durable, idempotent. Raises NotFound for an unknown label."""

    def add(self, dataset_id: int, label_id: int) -> None:
        """Give a dataset a label; durable, idempotent. Raises NotFound."""

    def remove(self, dataset_id: int, label_id: int) -> None:
        """Take a label from a dataset; durable, idempotent."""
