"""A project: the traces of one application."""

from rubricate.records.base import Input, NonBlank, Record

DEFAULT_PROJECT = "default"


class Project(Record):
    """A project as the server keeps it."""

    id: str
    name: str
    description: str | None = None


class ProjectCreate(Input):
    """A project to make. Ingest makes projects by itself; this is for those that want a description first."""

    name: NonBlank
    description: str | None = None


class ProjectUpdate(Input):
    """A project's new description or name."""

    description: str | None = None
    """Not given, it stays as it is; None takes it away."""
    name: NonBlank | None = None
    """None leaves it as it is. Spans that are sent to the old name make a new project. Ours; Phoenix cannot rename."""
