"""How long spans are kept."""

from typing import NamedTuple, Protocol


class RetentionRule(NamedTuple):
    """How long traces are kept. Both bounds may be missing."""

    max_days: float | None
    """Traces that started longer ago go."""
    max_traces: int | None
    """The newest that a project keeps."""


class StoredRetention(NamedTuple):
    """A retention policy as it is read back."""

    id: int
    name: str
    rule: RetentionRule


class RetentionStore(Protocol):
    """Retention policies, and the projects that follow them."""

    def page(self, *, from_id: int | None = None, limit: int = 100) -> list[StoredRetention]:
        """Policies, newest first."""

    def get(self, policy_id: int) -> StoredRetention:
        """By row id. Raises NotFound."""

    def create(self, name: str, rule: RetentionRule) -> StoredRetention:
        """Make one; durable. Raises Conflict when the name is taken."""

    def update(self, policy_id: int, name: str, rule: RetentionRule) -> StoredRetention:
        """Replace one; durable, idempotent. Raises NotFound, Conflict."""

    def delete(self, policy_id: int) -> None:
        """Delete one; durable. Its projects follow the default again. Raises NotFound."""

    def assign(self, project_id: int, policy_id: int | None) -> None:
        """Have a project follow a policy, or the default; durable, idempotent. Raises NotFound."""

    def rules(self, default: RetentionRule) -> dict[int, RetentionRule]:
        """What every project follows, by its row id."""
