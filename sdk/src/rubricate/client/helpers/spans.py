"""What people do with spans on top of the client: frames for judging retrieval, and copies of spans.

>>> from rubricate.client import Client
>>> from rubricate.client.helpers.spans import get_input_output_context, get_retrieved_documents
>>> documents = get_retrieved_documents(Client(), project_name="my-app")
>>> answers = get_input_output_context(Client(), project_name="my-app")
"""

import secrets
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rubricate.client import AsyncClient, Client
from rubricate.client import frame as frames
from rubricate.client.calls import TIMEOUT_S, Steps
from rubricate.client.span import project_named, query_frames
from rubricate.client.target import checked
from rubricate.client.types.spans import DEFAULT_SEPARATOR, SPAN_ID, TRACE_ID, SpanQuery
from rubricate.records.base import JsonObject
from rubricate.records.span import SpanCreate

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

__all__ = [
    "async_get_input_output_context",
    "async_get_retrieved_documents",
    "dataframe_to_spans",
    "get_input_output_context",
    "get_retrieved_documents",
    "uniquify_spans",
    "uniquify_spans_dataframe",
]


def get_retrieved_documents(
    client: Client,
    *,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    project_name: str | None = None,
    project_identifier: str | None = None,
    limit: int | None = 1000,
    timeout: float | None = TIMEOUT_S,
) -> "pd.DataFrame":
    """One row a document that a retriever found, to judge its relevance.

    Index: `context.span_id` and `document_position`, which is what `client.spans.log_document_annotations_dataframe`
    and `DocumentEvaluations` want. Columns: `context.trace_id`, `input` (what was searched for), `document` (its text),
    `document_score` and `document_metadata`.

    `start_time` is inclusive, `end_time` exclusive. The project is given by name, or by name or id as
    `project_identifier`; default the environment's. `limit` is the most spans (None: all), `timeout` in seconds.

    Raises `MissingExtra` without pandas.

        >>> frame = get_retrieved_documents(client, project_name="my-app")
        >>> frame[["input", "document", "document_score"]].values.tolist()
        [['How long is the warranty?', 'The warranty lasts 2 years.', 0.9],
         ['How long is the warranty?', 'Shipping takes 3 days.', 0.4]]
        >>> frame["score"] = frame["document"].str.contains("warranty").astype(int)
        >>> client.spans.log_document_annotations_dataframe(
        ...     dataframe=frame, annotation_name="relevance", annotator_kind="CODE"
        ... )
    """
    steps = _retrieved_documents(project_name, project_identifier, start_time, end_time, limit, timeout)
    found: pd.DataFrame = client._run(steps)
    return found


async def async_get_retrieved_documents(
    client: AsyncClient,
    *,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    project_name: str | None = None,
    project_identifier: str | None = None,
    limit: int | None = 1000,
    timeout: float | None = TIMEOUT_S,
) -> "pd.DataFrame":
    """`get_retrieved_documents` for an `AsyncClient`.

    >>> import asyncio
    >>> from rubricate.client import AsyncClient
    >>> async def documents():
    ...     async with AsyncClient() as client:
    ...         return await async_get_retrieved_documents(client, project_name="my-app")
    >>> len(asyncio.run(documents()))
    2
    """
    steps = _retrieved_documents(project_name, project_identifier, start_time, end_time, limit, timeout)
    found: pd.DataFrame = await client._run(steps)
    return found


def get_input_output_context(
    client: Client,
    *,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    project_name: str | None = None,
    project_identifier: str | None = None,
    limit: int | None = 1000,
    timeout: float | None = TIMEOUT_S,
) -> "pd.DataFrame | None":
    """One row a trace with retrieval: question, answer and what the answer had to go by.

    Index: `context.span_id`, of the root span, so that judgements can be logged on it. Columns: `context.trace_id`,
    `input`, `output`, `metadata`, `context` (the texts of all documents of the trace, an empty line between them).
    None if no trace has both a root span and documents. Arguments as for `get_retrieved_documents`.

        >>> frame = get_input_output_context(client, project_name="my-app")
        >>> frame["output"].tolist(), frame["context"].iloc[0].splitlines()
        (['2 years.'], ['The warranty lasts 2 years.', '', 'Shipping takes 3 days.'])
        >>> frame["score"] = [float(row.output in row.context) for row in frame.itertuples()]
        >>> client.spans.log_span_annotations_dataframe(
        ...     dataframe=frame, annotation_name="faithful", annotator_kind="CODE"
        ... )
    """
    steps = _input_output_context(project_name, project_identifier, start_time, end_time, limit, timeout)
    found: pd.DataFrame | None = client._run(steps)
    return found


async def async_get_input_output_context(
    client: AsyncClient,
    *,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    project_name: str | None = None,
    project_identifier: str | None = None,
    limit: int | None = 1000,
    timeout: float | None = TIMEOUT_S,
) -> "pd.DataFrame | None":
    """`get_input_output_context` for an `AsyncClient`.

    >>> import asyncio
    >>> from rubricate.client import AsyncClient
    >>> async def answers():
    ...     async with AsyncClient() as client:
    ...         return await async_get_input_output_context(client, project_name="my-app")
    >>> asyncio.run(answers())["output"].tolist()
    ['2 years.']
    """
    steps = _input_output_context(project_name, project_identifier, start_time, end_time, limit, timeout)
    found: pd.DataFrame | None = await client._run(steps)
    return found


def dataframe_to_spans(df: "pd.DataFrame") -> list[JsonObject]:
    """The rows of a frame of `get_spans_dataframe` as spans that `log_spans` takes.

    Raises `InvalidInput`, naming the row and the field.

        >>> frame = client.spans.get_spans_dataframe(project_name="my-app", root_spans_only=True)
        >>> [span["name"] for span in dataframe_to_spans(frame)]
        ['answer', 'answer', 'answer']
    """
    return [
        checked(SpanCreate, span, f"row {number}").model_dump(mode="json", exclude_none=True)
        for number, span in enumerate(frames.spans_of(df))
    ]


def uniquify_spans(spans: Sequence[JsonObject], *, in_place: bool = False) -> list[JsonObject]:
    """The spans with new ids, so that they can be stored again; who is whose parent, and in which trace, stays.

    The spans are dicts as of `get_spans`; copies are answered, unless `in_place`.

        >>> copies = uniquify_spans(client.spans.get_spans(project_identifier="my-app"))
        >>> client.spans.log_spans(project_identifier="copy", spans=copies)
        {'total_received': 8, 'total_queued': 8}
    """
    changed = list(spans) if in_place else [deepcopy(span) for span in spans]
    span_ids, trace_ids = _Renamed(8), _Renamed(16)
    own = {span["context"]["span_id"] for span in changed}
    for span in changed:
        context = span["context"]
        span["context"] = {
            **context,
            "span_id": span_ids[context["span_id"]],
            "trace_id": trace_ids[context["trace_id"]],
        }
        if span.get("parent_id") in own:
            span["parent_id"] = span_ids[span["parent_id"]]
        span.pop("id", None)
    return changed


def uniquify_spans_dataframe(df: "pd.DataFrame", *, in_place: bool = False) -> "pd.DataFrame":
    """The same for a frame of `get_spans_dataframe`: a copy of it with new ids, or, `in_place`, the frame itself.

    >>> frame = uniquify_spans_dataframe(client.spans.get_spans_dataframe(project_name="my-app"))
    >>> client.spans.log_spans_dataframe(spans_dataframe=frame, project_identifier="copy")
    {'total_received': 8, 'total_queued': 8}
    """
    changed = df if in_place else df.copy()
    span_ids, trace_ids = _Renamed(8), _Renamed(16)
    own = set(frames.identifiers(df, (SPAN_ID, "span_id"), "uniquify_spans_dataframe", alone=False))
    for column, names in (("span_id", span_ids), (SPAN_ID, span_ids), ("trace_id", trace_ids), (TRACE_ID, trace_ids)):
        if column in changed.columns:
            changed[column] = [names[value] for value in changed[column]]
        if changed.index.name == column:
            changed.index = frames.pandas().Index([names[value] for value in changed.index], name=column)
    if "parent_id" in changed.columns:
        changed["parent_id"] = [span_ids[value] if value in own else value for value in changed["parent_id"]]
    return changed


class _Renamed(dict[str, str]):
    """New ids for old ones, made when they are first asked for."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self._size_bytes = size_bytes

    def __missing__(self, old: str) -> str:
        self[old] = new = secrets.token_hex(self._size_bytes)
        return new


def _retrieved_documents(name: str | None, identifier: str | None, *rest: Any) -> Steps["pd.DataFrame"]:
    query = (
        SpanQuery()
        .where("span_kind == 'RETRIEVER'")
        .select("trace_id", "input.value")
        .explode(
            "retrieval.documents",
            document="document.content",
            document_score="document.score",
            document_metadata="document.metadata",
        )
        .rename(mapping={"input.value": "input"})
    )
    found = yield from _frames([query], name, identifier, *rest)
    return found[0]


def _input_output_context(name: str | None, identifier: str | None, *rest: Any) -> Steps["pd.DataFrame | None"]:
    questions = (
        SpanQuery()
        .where("parent_id is None")
        .select("span_id", "trace_id", input="input.value", output="output.value", metadata="metadata")
        .with_index("trace_id")
    )
    contexts = (
        SpanQuery()
        .where("span_kind == 'RETRIEVER'")
        .concat("retrieval.documents", context="document.content")
        .with_index("trace_id")
    )
    roots, documents = yield from _frames([questions, contexts], name, identifier, *rest)
    if roots.empty or documents.empty or "context" not in documents.columns:
        return None
    # A trace may search more than once, and has a row for each search.
    texts = documents["context"].dropna().groupby(level=0, sort=False).agg(DEFAULT_SEPARATOR.join)
    both = roots[~roots.index.duplicated()].join(texts, how="inner")
    return None if both.empty else both.reset_index().set_index(SPAN_ID)


def _frames(
    queries: list[SpanQuery],
    name: str | None,
    identifier: str | None,
    start_time: datetime | None,
    end_time: datetime | None,
    limit: int | None,
    timeout: float | None,
) -> Steps["list[pd.DataFrame]"]:
    project = yield from project_named(name, identifier)
    return (yield from query_frames(queries, project, start_time, end_time, limit, None, timeout))
