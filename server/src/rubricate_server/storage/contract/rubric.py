"""Rubrics, their versions, and their store."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol


class StoredRubricVersion(NamedTuple):
    """A rubric in one of its versions."""

    id: int
    """The rubric's, not the version's."""
    number: int
    body: dict[str, Any]
    created_us: int


class StoredRubricUse(NamedTuple):
    """That a project uses a rubric: it was assigned, or annotations of its name are there."""

    rubric_id: int
    project_id: int
    project_name: str
    project_description: str | None
    assigned: bool
    annotation_count: int


class RubricStore(Protocol):
    """Rubrics, their versions, and the projects that use them."""

    def page(
        self, *, project_id: int | None = None, from_id: int | None = None, limit: int = 100
    ) -> list[StoredRubricVersion]:
        """Rubrics in the version in force, newest first; of one project, or all."""

    def get(self, rubric_id: int) -> StoredRubricVersion:
        """In the version in force. Raises NotFound."""

    def get_by_name(self, name: str) -> StoredRubricVersion:
        """In the version in force. Raises NotFound."""

    def create(self, body: dict[str, Any]) -> StoredRubricVersion:
        """Make one, version 1; durable. Raises Conflict when its name is taken."""

    def update(self, rubric_id: int, body: dict[str, Any]) -> StoredRubricVersion:
        """Make a new version; durable. The same body again makes none. Raises NotFound, Conflict."""

    def delete(self, rubric_id: int) -> StoredRubricVersion:
        """Delete it and its assignments; durable. Annotations and old versions stay. Raises NotFound."""

    def restore(self, rubric_id: int) -> StoredRubricVersion:
        """Bring a deleted one back in its last version, assigned to no project; durable, idempotent.

        Raises NotFound, or Conflict when another one has its name by now.
        """

    def versions(self, rubric_id: int) -> list[StoredRubricVersion]:
        """All versions, oldest first, also of a deleted rubric."""

    def uses(self, rubric_id: int | None = None) -> list[StoredRubricUse]:
        """The projects that use a rubric, or any: by rubric, newest first, then by the project's name."""

    def assign(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """Add rubrics to a project; durable, idempotent. Raises NotFound."""

    def unassign(self, project_id: int, rubric_id: int) -> None:
        """Take one away; durable, idempotent."""

    def set_assigned(self, project_id: int, rubric_ids: Iterable[int]) -> None:
        """Make these the project's rubrics and no others; durable, idempotent. Raises NotFound."""
