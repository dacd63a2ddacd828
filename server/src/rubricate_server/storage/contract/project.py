"""Projects and their store."""

from typing import NamedTuple, Protocol


class StoredProject(NamedTuple):
    """A project as it is read back."""

    id: int
    name: str
    description: str | None


class ProjectStore(Protocol):
    """Projects."""

    def page(
        self,
        *,
        name_contains: str | None = None,
        of_experiments: bool = False,
        from_id: int | None = None,
        limit: int = 100,
    ) -> list[StoredProject]:
        """Projects, newest first; those that hold the traces of experiments only if they are asked for."""

    def get(self, name: str) -> StoredProject:
        """By name. Raises NotFound."""

    def get_by_id(self, project_id: int) -> StoredProject:
        """By row id. Raises NotFound."""

    def create(self, name: str, description: str | None) -> StoredProject:
        """Make one; durable. Raises Conflict when the name is taken."""

    def update(self, project_id: int, description: str | None, name: str | None = None) -> StoredProject:
        """Replace the description, and the name if one is given; durable, idempotent.

        Raises NotFound, Conflict when the name is taken, or Protected when the default project would lose its name.
        """

    def delete(self, project_id: int) -> None:
        """Delete a project; durable. Raises NotFound, or Protected for the default project.

        It is out of every answer at once; its rows are removed by `Maintenance.step` in bounded transactions.
        """
