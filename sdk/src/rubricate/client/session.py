"""Sessions: the traces of one conversation each; listed, read turn by turn, annotated, deleted."""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.calls import TIMEOUT_S, M, Request, Resource, Steps, call, data, pages, path
from rubricate.client.target import (
    BATCH,
    LARGEST_PAGE,
    SESSION,
    Kind,
    Selection,
    add,
    annotated,
    given,
    read,
    read_frame,
    write,
    write_frame,
    write_note,
)
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.annotation import SessionAnnotationCreate
from rubricate.records.base import JsonObject

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs


class TurnText(TypedDict):
    """What went in or came out in a turn; `mime_type` if the application told it."""

    value: str
    mime_type: NotRequired[str]


class SessionTurn(TypedDict):
    """One turn of a conversation: a trace, told by its root span. The times are in ISO 8601."""

    trace_id: str
    start_time: str
    end_time: str
    input: NotRequired[TurnText]
    output: NotRequired[TurnText]
    root_span: NotRequired[JsonObject]


class Sessions(Resource[M]):
    """Sessions and their annotations, as `client.sessions`.

    A session is a dict of the fields of `rubricate.records.session.Session`: `id`, `session_id` (what the application
    sends as `session.id`), `project_id`, `start_time`, `end_time`, `traces`, token counts. Where a session is asked
    for, give either of its ids.
    """

    @call
    def get(self, *, session_id: str, timeout: float | None = TIMEOUT_S) -> Steps[JsonObject]:
        """One session. Raises `NotFound`.

        >>> session = client.sessions.get(session_id="conversation-7")
        >>> len(session["traces"]), session["token_count_total"]
        (2, 256)
        """
        return (yield from _get(session_id, timeout))

    @call
    def list(
        self,
        *,
        project_id: str | None = None,
        project_name: str | None = None,
        filter_condition: str | None = None,
        order: Literal["asc", "desc"] | None = None,
        include_annotations: bool = False,
        limit: int | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[builtins.list[JsonObject]]:
        """The sessions of a project, oldest first unless told otherwise; at most `limit` (None: all).

        The project is given by id or by name; default the environment's project. `order` is "asc" (the default) or
        "desc", by when they were first seen. `filter_condition` is in the session language, such as
        `num_traces_with_error > 0` (Phoenix ignores it). `include_annotations` adds a list `annotations` of those of
        the session itself, as in `client.spans.get_spans_dataframe`. `timeout` is in seconds a page.

        Raises `NotFound` if there is no such project.

            >>> found = client.sessions.list(project_name="my-app", filter_condition="'refund' in any_input")
            >>> [session["session_id"] for session in found]
            ['conversation-8']
        """
        listing = _listing(project_id, project_name, filter_condition, order, timeout)
        return (yield from _list(listing, include_annotations, limit, progress))

    @call
    def get_sessions_dataframe(
        self,
        *,
        project_id: str | None = None,
        project_name: str | None = None,
        filter_condition: str | None = None,
        order: Literal["asc", "desc"] | None = None,
        include_annotations: bool = False,
        limit: int | None = None,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The sessions that `list` finds as a data frame, one row a session.

        Columns: `id`, `session_id`, `project_id`, `start_time`, `end_time` (UTC), `num_traces`, `token_count_prompt`,
        `token_count_completion`, `token_count_total`, and `annotations` if they are included. Arguments and errors as
        for `list`, and `MissingExtra` without pandas.

            >>> frame = client.sessions.get_sessions_dataframe(project_name="my-app")
            >>> frame[["session_id", "num_traces", "token_count_total"]]
                   session_id  num_traces  token_count_total
            0  conversation-7           2                256
            1  conversation-8           1                128
        """
        pd = frames.pandas()
        listing = _listing(project_id, project_name, filter_condition, order, timeout)
        found = yield from _list(listing, include_annotations, limit, progress)
        rows = [{**session, "num_traces": len(session.get("traces", ()))} for session in found]
        frame = pd.DataFrame(rows, columns=[*_COLUMNS, *(["annotations"] if include_annotations else [])])
        for name in ("start_time", "end_time"):
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
        return frame

    @call
    def get_session_turns(
        self, *, session_id: str, timeout: float | None = TIMEOUT_S
    ) -> Steps[builtins.list[SessionTurn]]:
        """The conversation: one turn a trace of the session, in the order in which they started.

        Each is a dict of `trace_id`, `start_time`, `end_time`, and, where the trace's root span tells them, `input` and
        `output` (`{"value", "mime_type"}`) and the `root_span` itself. Of several roots it is the earliest.

        Raises `NotFound` if there is no such session.

            >>> for turn in client.sessions.get_session_turns(session_id="conversation-7"):
            ...     print(turn["input"]["value"], "->", turn["output"]["value"])
            How long is the warranty? -> 2 years.
            And the battery? -> Sorry, I do not know.
        """
        session = yield from _get(session_id, timeout)
        roots: dict[str, JsonObject] = {}
        trace_ids = [trace["trace_id"] for trace in session["traces"]]
        for start in range(0, len(trace_ids), BATCH):
            params = {"trace_id": trace_ids[start : start + BATCH], "parent_id": "null"}
            url = path("v1/projects", session["project_id"], "/spans")
            for span in (yield from pages(Request("GET", url, params, timeout_s=timeout), page_size=LARGEST_PAGE)):
                trace_id = span["context"]["trace_id"]
                if trace_id not in roots or span["start_time"] < roots[trace_id]["start_time"]:
                    roots[trace_id] = span
        turns = [_turn(trace, roots.get(trace["trace_id"])) for trace in session["traces"]]
        return sorted(turns, key=lambda turn: turn["start_time"])

    @call
    def delete(self, *, session_id: str, timeout: float | None = TIMEOUT_S) -> Steps[None]:
        """Delete one session with its traces, their spans and all annotations. Raises `NotFound`.

        >>> client.sessions.delete(session_id="conversation-8")
        """
        try:
            yield Request("DELETE", path("v1/sessions", session_id), timeout_s=timeout)
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def bulk_delete(self, *, session_ids: Sequence[str], timeout: float | None = TIMEOUT_S) -> Steps[None]:
        """Delete several sessions with all that is in them; those that are not there are passed over.

        The ids are all the application's, or all the server's. Raises `InvalidInput` without any.

            >>> client.sessions.bulk_delete(session_ids=["conversation-7", "conversation-8"])
        """
        if isinstance(session_ids, str) or not session_ids:
            raise InvalidInput("session_ids must be a list of at least one id.")
        content = {"session_identifiers": [*session_ids]}
        yield Request("POST", "v1/sessions/delete", json=content, timeout_s=timeout)

    @call
    def add_session_annotation(
        self,
        *,
        session_id: str,
        annotation_name: str,
        annotator_kind: Kind = "HUMAN",
        label: str | None = None,
        score: float | None = None,
        explanation: str | None = None,
        metadata: JsonObject | None = None,
        identifier: str | None = None,
        sync: bool = False,
    ) -> Steps[JsonObject | None]:
        """Annotate one session; kept under (session, name, identifier), so that the same again replaces it.

        At least one of `label`, `score` (a finite number) and `explanation` is needed. `session_id` is the
        application's. With `sync=True` the session must have arrived, and the answer is `{"id": …}`; else the session
        may arrive later, and the answer is None.

        Raises `InvalidInput` before sending, and `NotFound` if `sync` and the session is unknown.

            >>> client.sessions.add_session_annotation(
            ...     session_id="conversation-7", annotation_name="solved", label="yes", score=1
            ... )
        """
        return (
            yield from add(
                SESSION,
                {"session_id": session_id},
                name=annotation_name,
                kind=annotator_kind,
                label=label,
                score=score,
                explanation=explanation,
                metadata=metadata,
                identifier=identifier,
                sync=sync,
            )
        )

    @call
    def log_session_annotations(
        self,
        *,
        session_annotations: Iterable[Mapping[str, Any] | SessionAnnotationCreate],
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[builtins.list[JsonObject] | None]:
        """Write many annotations of sessions, 100 a request; all else as for `client.spans.log_span_annotations`.

        Each has `session_id`, `name`, `annotator_kind`, `result`, and if wanted `metadata` and `identifier`.

            >>> client.sessions.log_session_annotations(session_annotations=[
            ...     {
            ...         "session_id": session["session_id"],
            ...         "name": "short",
            ...         "annotator_kind": "CODE",
            ...         "result": {"score": len(session["traces"]) < 5},
            ...     }
            ...     for session in client.sessions.list(project_name="my-app")
            ... ])
        """
        return (yield from write(SessionAnnotationCreate, session_annotations, sync=sync, progress=progress))

    @call
    def log_session_annotations_dataframe(
        self,
        *,
        dataframe: "pd.DataFrame",
        annotation_name: str | None = None,
        annotator_kind: Kind | None = None,
        sync: bool = False,
        progress: bool = True,
    ) -> Steps[builtins.list[JsonObject] | None]:
        """Write the rows of a data frame as annotations of sessions.

        The session's id is in the column or index `session_id` or `session.id`, or in an index of strings without a
        name. All else as for `client.spans.log_span_annotations_dataframe`.

            >>> frame = client.sessions.get_sessions_dataframe(project_name="my-app")
            >>> frame["score"] = frame["num_traces"]
            >>> client.sessions.log_session_annotations_dataframe(
            ...     dataframe=frame, annotation_name="turns", annotator_kind="CODE"
            ... )
        """
        return (
            yield from write_frame(
                SESSION, dataframe, name=annotation_name, kind=annotator_kind, sync=sync, progress=progress
            )
        )

    @call
    def get_session_annotations(
        self,
        *,
        session_ids: Iterable[str],
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps[builtins.list[JsonObject]]:
        """The annotations of these sessions, as dicts like `rubricate.records.annotation.SessionAnnotation`.

        All are returned; `limit` is only how many a request asks for. Notes are left out unless
        `include_annotation_names` names "note". The project is given by name or id; default the environment's project.

        Raises `NotFound` if none of the sessions is in the project.

            >>> said = client.sessions.get_session_annotations(
            ...     session_ids=["conversation-7", "conversation-8"], project_identifier="my-app"
            ... )
            >>> [(each["session_id"], each["name"], each["result"]["label"]) for each in said]
            [('conversation-7', 'mood', 'patient')]
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read(SESSION, session_ids, selection))

    @call
    def get_session_annotations_dataframe(
        self,
        *,
        session_ids: Iterable[str],
        project_identifier: str | None = None,
        include_annotation_names: Sequence[str] | None = None,
        exclude_annotation_names: Sequence[str] | None = None,
        limit: int = 1000,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The same as a data frame, one row an annotation, indexed by `session_id`.

        Columns: those of `client.spans.get_span_annotations_dataframe`. Raises `NotFound` if none of the sessions is in
        the project, `MissingExtra` without pandas.

            >>> frame = client.sessions.get_session_annotations_dataframe(
            ...     session_ids=["conversation-7"], project_identifier="my-app"
            ... )
            >>> frame["result.label"].to_dict()
            {'conversation-7': 'patient'}
        """
        selection = Selection(
            project_identifier, include_annotation_names, exclude_annotation_names, limit, timeout, progress
        )
        return (yield from read_frame(SESSION, session_ids, selection))

    @call
    def add_session_note(self, *, session_id: str, note: str, identifier: str | None = None) -> Steps[JsonObject]:
        """Put a note on a session; the answer is `{"id": …}`.

        Notes pile up, unless an `identifier` says which to replace.

        Raises `NotFound` if the session is unknown.

            >>> client.sessions.add_session_note(session_id="conversation-7", note="Came back a day later.")
            {'id': '...'}
        """
        return (yield from write_note(SESSION, session_id, note, identifier))


_COLUMNS = [
    "id",
    "session_id",
    "project_id",
    "start_time",
    "end_time",
    "num_traces",
    "token_count_prompt",
    "token_count_completion",
    "token_count_total",
]


def _get(session_id: str, timeout: float | None) -> Steps[JsonObject]:
    response = yield Request("GET", path("v1/sessions", session_id), timeout_s=timeout)
    session: JsonObject = data(response)
    return session


def _listing(
    project_id: str | None, project_name: str | None, condition: str | None, order: str | None, timeout: float | None
) -> Request:
    if project_id and project_name:
        raise InvalidInput("Give project_id or project_name, not both.")
    url = path("v1/projects", project_id or project_name or environment.project_name(), "/sessions")
    return Request("GET", url, given(filter=condition, order=order), timeout_s=timeout)


def _list(listing: Request, include_annotations: bool, limit: int | None, progress: bool) -> Steps[list[JsonObject]]:
    found = yield from pages(listing, limit=limit, page_size=LARGEST_PAGE, progress=progress)
    if include_annotations and found:
        selection = Selection(found[0]["project_id"], None, None, LARGEST_PAGE, listing.timeout_s, progress)
        yield from annotated(SESSION, found, [session["session_id"] for session in found], selection)
    return found


def _turn(trace: JsonObject, root: JsonObject | None) -> SessionTurn:
    turn = SessionTurn(trace_id=trace["trace_id"], start_time=trace["start_time"], end_time=trace["end_time"])
    if root is None:
        return turn
    turn["root_span"] = root
    if text := _text(root, "input"):
        turn["input"] = text
    if text := _text(root, "output"):
        turn["output"] = text
    return turn


def _text(span: JsonObject, name: str) -> TurnText | None:
    attributes = span.get("attributes") or {}
    value, mime_type = attributes.get(f"{name}.value"), attributes.get(f"{name}.mime_type")
    if value is None:
        return None
    return TurnText(value=value, mime_type=mime_type) if mime_type else TurnText(value=value)
