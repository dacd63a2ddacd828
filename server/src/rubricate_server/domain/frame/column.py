"""What frames are made of: spans as they come in, columns as they turn up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from rubricate_server.domain.frame.columnar import Columnar

SPAN_ID: Final = "context.span_id"
TRACE_ID: Final = "context.trace_id"
STATUS_CODES: Final = ("UNSET", "OK", "ERROR")


class Body(Protocol):
    """The large parts of a span, as storage gives them."""

    @property
    def input(self) -> str | None: ...  # noqa: D102
    @property
    def output(self) -> str | None: ...  # noqa: D102
    @property
    def attributes(self) -> bytes: ...  # noqa: D102
    @property
    def events(self) -> bytes | None: ...  # noqa: D102


class Span(Protocol):
    """A span, as storage gives it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def trace_id(self) -> bytes: ...  # noqa: D102
    @property
    def span_id(self) -> bytes: ...  # noqa: D102
    @property
    def parent_id(self) -> bytes | None: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def start_ns(self) -> int: ...  # noqa: D102
    @property
    def end_ns(self) -> int: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def status_message(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> Body: ...  # noqa: D102
    @property
    def sums(self) -> Mapping[str, int]: ...  # noqa: D102


SUMS: Final = (
    "cumulative_llm_token_count_prompt",
    "cumulative_llm_token_count_completion",
    "cumulative_llm_token_count_total",
    "cumulative_error_count",
)
"""Fields of a span that storage sums up over it and all below it, when it is asked to."""


def _sum_of(name: str) -> Callable[[Span], Any]:
    return lambda span: span.sums.get(name)


FIELDS: Final[dict[str, Callable[[Span], Any]]] = {
    SPAN_ID: lambda span: span.span_id.hex(),
    TRACE_ID: lambda span: span.trace_id.hex(),
    "parent_id": lambda span: None if span.parent_id is None else span.parent_id.hex(),
    "name": lambda span: span.name,
    "span_kind": lambda span: span.kind.upper() or "UNKNOWN",
    "status_code": lambda span: STATUS_CODES[span.status],
    "status_message": lambda span: span.status_message,
    "start_time": lambda span: span.start_ns,
    "end_time": lambda span: span.end_ns,
    "latency_ms": lambda span: (span.end_ns - span.start_ns) / 1_000_000,
    **{name: _sum_of(name) for name in SUMS},
}
"""The fields of a span, by the names that queries call them."""


class Column(NamedTuple):
    """A column of a frame."""

    key: str
    """Under which rows hold its cells: unlike the name, unique in the frame."""
    name: str
    is_time: bool = False


class Columns:
    """Columns in the order in which they turned up."""

    def __init__(self) -> None:
        self.all: list[Column] = []
        self._keys: dict[str, str] = {}

    def add(self, name: str, *, is_time: bool = False) -> str:
        """A new column, even if there is one of that name. Returns its key."""
        column = Column(f"{len(self.all)}_{name}", name, is_time)
        self.all.append(column)
        self._keys.setdefault(name, column.key)
        return column.key

    def key(self, name: str) -> str:
        """The key of the column of that name, which is made if need be."""
        return self._keys.get(name) or self.add(name)


class Frame(Protocol):
    """A frame in the making."""

    index: tuple[str, ...]
    """Keys of the columns that are the index."""

    @property
    def columns(self) -> list[Column]:
        """The columns so far, the index first."""

    def rows(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        """The rows of these spans, each without its empty cells."""

    def columnar(self, spans: Sequence[Span]) -> Columnar:
        """The same rows, as columns."""
