"""The client: ask a Rubricate (or Phoenix) server for spans, and give it annotations.

>>> from rubricate.client import Client
>>> client = Client()  # http://127.0.0.1:6006, or what RUBRICATE_ENDPOINT or PHOENIX_… say
>>> spans = client.spans.get_spans_dataframe(project_name="my-app")
>>> client.annotations.add_span_annotation(span_id=spans.index[0], annotation_name="quality", score=0.8)

`AsyncClient` has the same calls, to be awaited.
"""

import weakref
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from rubricate import environment
from rubricate.client import frame as frames
from rubricate.client.any_annotation import Annotations
from rubricate.client.calls import TIMEOUT_S, Awaiting, Blocking, M, Request, Resource, Steps, Work, call
from rubricate.client.dataset import Datasets
from rubricate.client.experiment import Experiments
from rubricate.client.insight import Insight
from rubricate.client.project import Projects
from rubricate.client.prompt import Prompts
from rubricate.client.retention import Retention
from rubricate.client.rubric import Rubrics
from rubricate.client.session import Sessions
from rubricate.client.span import Spans, project_named, query_frames
from rubricate.client.status import Status
from rubricate.client.target import with_a_result, write
from rubricate.client.trace import Traces
from rubricate.client.transport import Server, run, run_async
from rubricate.client.types.spans import SpanQuery
from rubricate.errors import InvalidInput, NotFound, Unsupported

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # has no stubs

    from rubricate.trace import Evaluations

__all__ = ["AsyncClient", "Client"]


class _Calls(Resource[M]):
    """What both clients can do."""

    spans: Spans[M]
    traces: Traces[M]
    sessions: Sessions[M]
    annotations: Annotations[M]
    projects: Projects[M]
    datasets: Datasets[M]
    experiments: Experiments[M]
    rubrics: Rubrics[M]
    annotation_configs: Rubrics[M]
    prompts: Prompts[M]
    insight: Insight[M]
    retention: Retention[M]
    status: Status[M]

    def __init__(self, run: Any, server: Server, *, awaits: bool) -> None:
        super().__init__(run)
        self.spans = Spans(run)
        self.traces = Traces(run)
        self.sessions = Sessions(run)
        self.annotations = Annotations(run)
        self.projects = Projects(run)
        self.datasets = Datasets(run)
        self.experiments = Experiments(run, server, awaits=awaits)
        self.rubrics = self.annotation_configs = Rubrics(run)
        self.prompts = Prompts(run)
        self.insight = Insight(run)
        self.retention = Retention(run)
        self.status = Status(run)

    @call
    def get_spans_dataframe(
        self,
        filter_condition: str | None = None,
        *,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = 1000,
        root_spans_only: bool | None = None,
        project_name: str | None = None,
        include_annotations: bool = False,
        timeout: float | None = TIMEOUT_S,
        progress: bool = True,
    ) -> Steps["pd.DataFrame"]:
        """The spans that meet a condition as a data frame; all else as for `client.spans.get_spans_dataframe`.

        >>> frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name="my-app")
        >>> frame["attributes.llm.output_messages"].iloc[0][0]["message.content"]
        'Yes, within 30 days.'
        """
        query = SpanQuery().where(filter_condition) if filter_condition else SpanQuery()
        name = yield from project_named(project_name, None)
        [found] = yield from query_frames(
            [query],
            name,
            start_time,
            end_time,
            limit,
            root_spans_only,
            timeout,
            include_annotations=include_annotations,
            progress=progress,
        )
        return found

    @call
    def query_spans(
        self,
        *queries: SpanQuery,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int | None = 1000,
        root_spans_only: bool | None = None,
        project_name: str | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Steps["pd.DataFrame | list[pd.DataFrame]"]:
        """The frame of one query, or a list with the frames of several, in one request.

        Without any query, the frame of all spans. `limit` holds for each frame. All else as for
        `client.spans.get_spans_dataframe`.

            >>> from rubricate.client.types import SpanQuery
            >>> contexts, questions = client.query_spans(
            ...     SpanQuery().concat("retrieval.documents", context="document.content").with_index("trace_id"),
            ...     SpanQuery().where("parent_id is None").select(question="input.value").with_index("trace_id"),
            ...     project_name="my-app",
            ... )
            >>> contexts.join(questions)["question"].tolist()
            ['How long is the warranty?']
        """
        name = yield from project_named(project_name, None)
        asked = list(queries) or [SpanQuery()]
        found = yield from query_frames(asked, name, start_time, end_time, limit, root_spans_only, timeout)
        return found[0] if len(found) == 1 else found

    @call
    def log_evaluations(
        self, *evals: "Evaluations", project_name: str | None = None, progress: bool = True
    ) -> Steps[None]:
        """Write evaluations (`SpanEvaluations`, `DocumentEvaluations`, `TraceEvaluations`) as annotations of kind LLM.

        Rows with neither score, label nor explanation are left out, with a warning. Evaluations belong to the spans
        that they name, so `project_name` has no effect; it is there for the callers of `phoenix.Client`.

        Raises `InvalidInput` before sending anything, and `Unsupported` if the server takes no such evaluations.

            >>> from rubricate import SpanEvaluations
            >>> frame = client.get_spans_dataframe("span_kind == 'LLM'", project_name="my-app")
            >>> frame["score"] = frame["attributes.output.value"].str.len()
            >>> client.log_evaluations(SpanEvaluations("length", frame))
        """
        from rubricate.trace import Evaluations

        for each in evals:
            if not isinstance(each, Evaluations):
                raise InvalidInput(f"log_evaluations takes SpanEvaluations and the like, not {type(each).__name__}.")
        for each in evals:
            try:
                yield from write(each.record, list(with_a_result(each.annotations())), sync=False, progress=progress)
            except NotFound as error:
                raise Unsupported(error.response, detail=f"{type(each).__name__} are not taken.") from error

    @call
    def get_evaluations(
        self, project_name: str | None = None, *, timeout: float | None = TIMEOUT_S
    ) -> Steps["list[Evaluations]"]:
        """The evaluations of a project: `SpanEvaluations` and the like, one for each kind of target and name.

        They are the annotations of kind LLM without an identifier, which is what `log_evaluations` writes. Default
        project: the environment's. Without any, or without such a project, the list is empty.

        Raises `UnreadableAnswer` if the server has no such call (as Phoenix's newer ones), `MissingExtra` without
        pandas.

            >>> {found.eval_name: len(found.dataframe) for found in client.get_evaluations("my-app")}
            {'correctness': 3, 'relevance': 2}
        """
        from rubricate.trace import DocumentEvaluations, SpanEvaluations, TraceEvaluations

        frames.pandas()
        kinds = {kind.__name__: kind for kind in (SpanEvaluations, DocumentEvaluations, TraceEvaluations)}
        params = {"project_name": project_name or environment.project_name()}
        try:
            response = yield Request(
                "GET", "v1/evaluations", params, headers={"accept": frames.ARROW}, timeout_s=timeout
            )
        except NotFound:
            return []
        return [kinds[kind](name, frame) for kind, name, frame in frames.evaluation_tables(response) if kind in kinds]


class Client(_Calls[Blocking]):
    """A client whose calls block.

    - `base_url` (or `endpoint`): where the server is; a path in front of `/v1` may be part of it. Default:
      `RUBRICATE_ENDPOINT`, `RUBRICATE_COLLECTOR_ENDPOINT`, … then the same of Phoenix, then `http://127.0.0.1:6006`.
    - `api_key`: sent as `Authorization: Bearer`. Default: `RUBRICATE_API_KEY`, `PHOENIX_API_KEY`.
    - `headers`: sent with every request, over those of `RUBRICATE_CLIENT_HEADERS`.
    - `http_client`: your own `httpx.Client`, with your proxy, certificates or transport. Its headers win, its
      `base_url` is used if no other is given, and closing it is yours.

    Requests that fail for want of a connection, or with 429, 502, 503 or 504, are repeated up to four times, and
    `Retry-After` is honoured. A client may be shared by threads. All errors are of the family in `rubricate.errors`:
    what is not there is `NotFound`, an id that no server can have made `InvalidRequest`.

    Calls that take them: `timeout` is how long to wait for the answer of one request, in seconds (60 by default, None:
    for as long as it takes); `progress=False` keeps long transfers from telling on a terminal how far they are. Where
    no project is named, it is that of `RUBRICATE_PROJECT_NAME` or `PHOENIX_PROJECT_NAME`, else "default". Times come
    back in UTC, in frames as such and in dicts in ISO 8601 unless told otherwise.

        >>> with Client(base_url="http://127.0.0.1:6006", api_key="rbk_...") as client:
        ...     client.projects.get(project_name="my-app")["name"]
        'my-app'
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
        endpoint: str | None = None,
    ) -> None:
        server = _server(base_url, endpoint, api_key, headers, http_client)
        client = http_client or httpx.Client()
        self._own = None if http_client else client

        def send(steps: Work[Any]) -> Any:
            return run(client, server, steps)

        if self._own:
            weakref.finalize(send, client.close)  # Not on self: `Client().spans` outlives its client.
        super().__init__(send, server, awaits=False)

    def close(self) -> None:
        """Close the connections; left out, that happens when the client is no longer used.

        One that was given as `http_client` stays open.

            >>> from rubricate import Client
            >>> client = Client()
            >>> client.close()
        """
        if self._own:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Calls[Awaiting]):
    """A client whose calls are awaited; all else as for `Client`. `http_client` is an `httpx.AsyncClient`.

    >>> import asyncio
    >>> async def questions():
    ...     async with AsyncClient() as client:
    ...         spans = await client.spans.get_spans(project_identifier="my-app", parent_id="null")
    ...         return [span["attributes"]["input.value"] for span in spans]
    >>> asyncio.run(questions())
    ['Can I get a refund?', 'And the battery?', 'How long is the warranty?']
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        http_client: httpx.AsyncClient | None = None,
        endpoint: str | None = None,
    ) -> None:
        server = _server(base_url, endpoint, api_key, headers, http_client)
        client = http_client or httpx.AsyncClient()
        self._own = None if http_client else client
        super().__init__(lambda steps: run_async(client, server, steps), server, awaits=True)

    async def close(self) -> None:
        """Close the connections; one that was given as `http_client` stays open.

        It does not happen by itself: use `async with`, or call this.

            >>> import asyncio
            >>> async def version():
            ...     client = AsyncClient()
            ...     try:
            ...         return (await client.status.stats())["version"]
            ...     finally:
            ...         await client.close()
            >>> asyncio.run(version())
            '0...'
        """
        if self._own:
            await self._own.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _server(
    base_url: str | None,
    endpoint: str | None,
    api_key: str | None,
    headers: Mapping[str, str] | None,
    http_client: httpx.Client | httpx.AsyncClient | None,
) -> Server:
    if base_url and endpoint and base_url != endpoint:
        raise InvalidInput("base_url and endpoint are two names of one thing; give one of them.")
    given = base_url or endpoint or (str(http_client.base_url) if http_client else "")
    if given:
        url, source = environment.without_traces_path(environment.with_scheme(given)), "base_url"
    else:
        url, source = environment.base_url()
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidInput(f"{url!r} (from {source}) is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InvalidInput(f"{url!r} (from {source}) is not an address like http://127.0.0.1:6006.")
    return Server(
        base_url=url,
        source=source,
        headers=environment.headers(dict(headers or {}), api_key),
        explicit=frozenset({name.lower() for name in headers or {}} | ({"authorization"} if api_key else set())),
        nearby=parsed.host in ("127.0.0.1", "localhost", "::1"),
    )
