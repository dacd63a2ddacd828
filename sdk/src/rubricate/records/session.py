"""A session: the traces of one conversation."""

from datetime import datetime

from rubricate.records.base import Input, Record


class SessionTrace(Record):
    """A trace in the list of its session."""

    id: str
    trace_id: str
    start_time: datetime
    end_time: datetime


class Session(Record):
    """A session as the server keeps it, with its traces by start."""

    id: str
    session_id: str
    project_id: str
    start_time: datetime
    end_time: datetime
    traces: list[SessionTrace]
    token_count_prompt: int = 0
    token_count_completion: int = 0
    token_count_total: int = 0


class SessionDeletion(Input):
    """Sessions to delete: all by the id that the application gave, or all by global id."""

    session_identifiers: list[str]
