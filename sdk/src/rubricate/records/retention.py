"""A retention policy: how long projects keep traces."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from rubricate.records.base import Input, NonBlank, Record


class RetentionPolicyCreate(Input):
    """A policy to make: an age, a number of traces, or both. Traces beyond either bound are deleted."""

    name: NonBlank
    max_days: Annotated[float | None, Field(gt=0, le=36500)] = None
    """Traces that started longer ago go."""
    max_traces: Annotated[int | None, Field(gt=0, le=2**31)] = None
    """The newest that a project keeps."""

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.max_days is None and self.max_traces is None:
            raise ValueError("a retention policy needs max_days, max_traces, or both")
        return self


class RetentionPolicy(Record):
    """A policy as the server keeps it."""

    id: str
    name: str
    max_days: float | None
    max_traces: int | None


class ProjectRetentionUpdate(Input):
    """The policy that a project follows from now on; null for the default of the server's settings."""

    policy_id: str | None


class ProjectRetention(Record):
    """The policy that a project follows; null is the default of the server's settings."""

    project_id: str
    policy_id: str | None
