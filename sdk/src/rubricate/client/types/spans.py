"""A query for spans, built step by step."""

from dataclasses import dataclass, replace
from typing import Any

from rubricate.errors import InvalidInput

SPAN_ID = "context.span_id"
TRACE_ID = "context.trace_id"
DEFAULT_SEPARATOR = "\n\n"

_FULL_NAME = {"span_id": SPAN_ID, "trace_id": TRACE_ID}


@dataclass(frozen=True)
class SpanQuery:
    """Which spans, and which of their columns. Every method returns a new query; the old one stays as it was.

    Without any step, the query means all spans with all their columns, indexed by `context.span_id`.

        >>> from rubricate.client.types.spans import SpanQuery
        >>> query = (
        ...     SpanQuery()
        ...     .where("span_kind == 'RETRIEVER' and latency_ms > 200")
        ...     .select("trace_id", question="input.value")
        ...     .explode("retrieval.documents", text="document.content", score="document.score")
        ... )
        >>> frame = client.spans.get_spans_dataframe(query=query, project_name="my-app")
        >>> frame[["text", "score"]].values.tolist()
        [['The warranty lasts 2 years.', 0.9], ['Shipping takes 3 days.', 0.4]]
    """

    _select: tuple[tuple[str, str], ...] = ()
    _where: tuple[tuple[str, Any], ...] = ()
    _explode: tuple[str, tuple[tuple[str, str], ...]] | None = None
    _concat: tuple[str, tuple[tuple[str, str], ...]] | None = None
    _separator: str = DEFAULT_SEPARATOR
    _rename: tuple[tuple[str, str], ...] = ()
    _index: str | None = None
    _primary_index: str | None = None

    def select(self, *fields: str, **named: str) -> "SpanQuery":
        """Return these columns only, instead of all; `new_name="field"` gives one another name.

        Fields are `name`, `span_kind`, `parent_id`, `start_time`, `span_id`, `trace_id`, … and attributes
        without their prefix (`input.value`, `llm.token_count.prompt`). Raises `InvalidInput` for a blank one.

            >>> query = SpanQuery().where("span_kind == 'LLM'").select("name", model="llm.model_name")
            >>> client.query_spans(query, project_name="my-app").values.tolist()
            [['generate', 'gpt-5-mini'], ['generate', 'gpt-5'], ['generate', 'gpt-5']]
        """
        columns = [(_FULL_NAME.get(name, name), name) for name in fields] + list(named.items())
        for column, key in columns:
            _named(key, f"select: the field of {column!r}")
        return replace(self, _select=tuple((column, _FULL_NAME.get(key, key)) for column, key in columns))

    def where(self, condition: str, valid_eval_names: list[str] | None = None) -> "SpanQuery":
        """Return only spans that meet the condition, a Python-like expression; it replaces an earlier one.

        For example `span_kind == 'LLM' and 'refund' in input.value` or `annotations['quality'].score < 0.5`. The server
        reads it: what it cannot read is an `InvalidRequest` when the query is asked. `valid_eval_names` is sent along;
        it is for servers that want to know the names of annotations. Raises `InvalidInput` for a blank condition.

            >>> query = SpanQuery().where("annotations['correctness'].label == 'wrong'").select("input.value")
            >>> client.query_spans(query, project_name="my-app")["input.value"].tolist()
            ['And the battery?', 'How long is the warranty?']
        """
        clause: list[tuple[str, Any]] = [("condition", _named(condition, "where: the condition"))]
        if valid_eval_names is not None:
            clause.append(("valid_eval_names", valid_eval_names))
        return replace(self, _where=tuple(clause))

    def explode(self, key: str, **columns: str) -> "SpanQuery":
        """One row an element of the list at `key`, for example of `retrieval.documents`.

        `new_name="field.of.element"` picks columns of the element; without any, all its fields become columns. The
        index gains a second level: `document_position` for `retrieval.documents`, else `position`, from zero.

            >>> query = SpanQuery().explode("retrieval.documents", text="document.content")
            >>> frame = client.query_spans(query, project_name="my-app")
            >>> frame["text"].droplevel("context.span_id").to_dict()
            {0: 'The warranty lasts 2 years.', 1: 'Shipping takes 3 days.'}
        """
        return replace(self, _explode=(_named(key, "explode: the key"), tuple(columns.items())))

    def with_explode_primary_index_key(self, key: str) -> "SpanQuery":
        """Index the rows of `explode` by another field than the span's id, for example `trace_id`.

        >>> query = SpanQuery().explode("retrieval.documents").with_explode_primary_index_key("trace_id")
        >>> client.query_spans(query, project_name="my-app").index.names
        FrozenList(['context.trace_id', 'document_position'])
        """
        return replace(self, _primary_index=_FULL_NAME.get(key, key))

    def concat(self, key: str, **columns: str) -> "SpanQuery":
        """Join a field of all elements of the list at `key` into one text, separated by an empty line.

        `context="document.content"` puts the joined contents into the column `context`.

            >>> query = SpanQuery().concat("retrieval.documents", context="document.content")
            >>> client.query_spans(query, project_name="my-app")["context"].iloc[0].splitlines()
            ['The warranty lasts 2 years.', '', 'Shipping takes 3 days.']
        """
        return replace(self, _concat=(_named(key, "concat: the key"), tuple(columns.items())))

    def with_concat_separator(self, separator: str) -> "SpanQuery":
        """Put this between the texts that `concat` joins.

        >>> query = SpanQuery().concat("retrieval.documents", context="document.content").with_concat_separator(" | ")
        >>> client.query_spans(query, project_name="my-app")["context"].tolist()
        ['The warranty lasts 2 years. | Shipping takes 3 days.']
        """
        return replace(self, _separator=separator)

    def rename(self, *, mapping: dict[str, str] | None = None, **columns: str) -> "SpanQuery":
        """Give columns other names; it replaces an earlier renaming.

        >>> query = SpanQuery().select("input.value", "output.value").rename(mapping={"input.value": "question"})
        >>> client.query_spans(query, project_name="my-app").columns.tolist()
        ['question', 'output.value']
        """
        return replace(self, _rename=tuple({**(mapping or {}), **columns}.items()))

    def with_index(self, key: str) -> "SpanQuery":
        """Index the frame by this field instead of `context.span_id`. Raises `InvalidInput` for a blank one.

        >>> query = SpanQuery().where("parent_id is None").select("input.value").with_index("trace_id")
        >>> client.query_spans(query, project_name="my-app").index.name
        'context.trace_id'
        """
        key = _named(key, "with_index: the key")
        return replace(self, _index=_FULL_NAME.get(key, key))

    def to_dict(self) -> dict[str, Any]:
        """The query as it goes over the wire; `{}` when it has no step.

        >>> SpanQuery().where("span_kind == 'LLM'").to_dict()
        {'filter': {'condition': "span_kind == 'LLM'"}, 'index': {'key': 'context.span_id'}}
        """
        wire: dict[str, Any] = {}
        if self._select:
            wire["select"] = {column: {"key": key} for column, key in self._select}
        if self._where:
            wire["filter"] = dict(self._where)
        if self._explode:
            key, columns = self._explode
            primary = self._primary_index or self._index or SPAN_ID
            wire["explode"] = {"key": key, "primary_index_key": primary} | _columns(columns)
        if self._concat:
            key, columns = self._concat
            wire["concat"] = {"key": key, "separator": self._separator} | _columns(columns)
        if self._rename:
            wire["rename"] = dict(self._rename)
        if wire or self._index:
            wire["index"] = {"key": self._index or SPAN_ID}
        return wire


def _columns(columns: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"kwargs": dict(columns)} if columns else {}


def _named(value: str, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{what} must be a text that is not blank; got {value!r}.")
    return value
