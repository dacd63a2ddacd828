"""What the names of the filter languages stand for: columns, subqueries and joins, for each kind of record.

A `RecordRow` is one row of a FROM clause, a table or an alias. Spans are read by `SpanRow` wherever they stand: as what
is searched, as elements of a comprehension, as the root of a trace.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter.costs import COST_TYPES
from rubricate_server.domain.filter.expressions import Source
from rubricate_server.domain.filter.vocabulary import PARENT
from rubricate_server.storage.constructs import (
    attr_in,
    attr_is,
    attr_num,
    attr_present,
    attr_text,
    attr_truth,
    body_text,
    cost_part,
    native_num,
    native_truth,
    subtree_sum,
)
from rubricate_server.storage.schema import annotation, session, span, trace

_Sql: TypeAlias = sa.ColumnElement[Any]
_Truth: TypeAlias = sa.ColumnElement[bool]


class RecordRow(Protocol):
    """A row that conditions are about."""

    def field(self, name: str) -> _Sql:
        """A field, by its canonical name."""

    def as_stored(self, name: str, constant: str) -> tuple[_Sql, _Sql] | None:
        """A column and a constant in its own terms, for fields that are stored otherwise than they read."""

    def nullable(self, name: str) -> _Sql | None:
        """What is NULL when the field is missing, if that is simpler than the field."""

    def text(self, key: str) -> _Sql:
        """An attribute, read as text."""

    def number(self, key: str) -> _Sql:
        """An attribute, read as a number."""

    def truth(self, key: str) -> _Sql:
        """An attribute, read as 1 or 0."""

    def present(self, key: str) -> _Truth:
        """Whether there is such an attribute, or one below; never NULL."""

    def fast_in(self, key: str, texts: Sequence[str]) -> _Truth | None:
        """Whether an attribute is one of some texts, if there is a fast way that may be NULL instead of false."""

    def no_parent(self) -> _Truth:
        """Whether no parent is stored."""

    def annotated(self, row: sa.FromClause, source: Source) -> list[_Truth]:
        """What makes the row an annotation of this record; each form is the beginning of an index."""

    def elements(self, collection: str) -> "Elements":
        """What a comprehension goes over."""


class Elements(NamedTuple):
    """The elements of a collection of a record."""

    rows: sa.FromClause
    tables: tuple[sa.FromClause, ...]
    """What `rows` joins: all else in the subquery is of the records around it."""
    belongs: list[_Truth]
    record: RecordRow


def record_of(kind: str) -> RecordRow:
    """The table of one kind of record."""
    match kind:
        case "trace":
            return TraceRow(trace)
        case "session":
            return SessionRow(session)
        case _:
            return SpanRow(span)


_HEX = re.compile(r"([0-9a-f]{2})*")
_STATUS = {"UNSET": 0, "OK": 1, "ERROR": 2}
_PARTS = ("prompt", "completion", "total")
_TOTAL = "coalesce(member.tokens_total, coalesce(member.tokens_prompt, 0) + coalesce(member.tokens_completion, 0))"
_CUMULATIVE = {
    "cumulative_llm_token_count_prompt": "case when upper(member.kind) = 'LLM' then member.tokens_prompt end",
    "cumulative_llm_token_count_completion": "case when upper(member.kind) = 'LLM' then member.tokens_completion end",
    "cumulative_llm_token_count_total": f"case when upper(member.kind) = 'LLM' then {_TOTAL} end",
    "cumulative_error_count": "member.status = 2",
}
"""What is summed over a span and all below it."""
_ATTRIBUTE_COLUMNS = {
    "session.id": "session_id",
    "user.id": "user_id",
    "llm.model_name": "model",
    "llm.provider": "provider",
}
_ATTRIBUTE_BODIES = ("input.value", "output.value")
_NUMBER_COLUMNS = {
    **{f"llm.token_count.{part}": f"tokens_{part}" for part in _PARTS},
    "llm.cost.prompt": "cost_prompt_usd",
    "llm.cost.completion": "cost_completion_usd",
    "llm.cost.total": "cost_usd",
}


def _id(column: _Sql) -> _Sql:
    return sa.func.lower(sa.func.hex(column), type_=sa.Text)


def _bytes(constant: str) -> _Sql:
    # No id is empty, so what is no id equals none.
    return sa.literal(bytes.fromhex(constant) if _HEX.fullmatch(constant) else b"", sa.LargeBinary)


def _milliseconds(row: sa.FromClause) -> _Sql:
    return sa.cast(row.c.end_ns - row.c.start_ns, sa.Float) / sa.literal_column("1000000.0", sa.Float)


def _none() -> _Sql:
    return sa.literal_column("0.0", sa.Float)


class _Plain:
    """A row without attributes, annotations and collections; the grammar lets nobody ask it for them."""

    def as_stored(self, name: str, constant: str) -> tuple[_Sql, _Sql] | None:
        """None: it is stored as it reads."""
        return None

    def nullable(self, name: str) -> _Sql | None:
        """None: the field itself."""
        return None

    def text(self, key: str) -> _Sql:
        """Not asked."""
        raise NotImplementedError(key)

    number = truth = text

    def present(self, key: str) -> _Truth:
        """Not asked."""
        raise NotImplementedError(key)

    def fast_in(self, key: str, texts: Sequence[str]) -> _Truth | None:
        """None: there is no fast way."""
        return None

    def no_parent(self) -> _Truth:
        """Not asked."""
        raise NotImplementedError("parent_span")

    def annotated(self, row: sa.FromClause, source: Source) -> list[_Truth]:
        """Not asked."""
        raise NotImplementedError(source.name)

    def elements(self, collection: str) -> Elements:
        """Not asked."""
        raise NotImplementedError(collection)


class SpanRow(_Plain):
    """A row of `span`."""

    def __init__(self, row: sa.FromClause) -> None:
        self._row = row

    def field(self, name: str) -> _Sql:
        """See RecordRow."""
        row = self._row
        match name:
            case "span_id" | "trace_id":
                return _id(row.c[name])
            case "parent_id":
                return sa.case((row.c.parent_id.is_not(None), _id(row.c.parent_id)))
            case "span_kind":
                return sa.func.upper(row.c.kind, type_=sa.Text)
            case "status_code":
                names = ((row.c.status == code, sa.literal_column(f"'{of}'", sa.Text)) for of, code in _STATUS.items())
                return sa.case(*names)
            case "input" | "output" | "events":
                return body_text(name, row)
            case "start_time" | "end_time":
                return row.c[f"{name.removesuffix('_time')}_ns"]
            case "latency_ms":
                return _milliseconds(row)
            case "total_cost":
                return sa.func.coalesce(row.c.cost_usd, _none())
            case "prompt_cost" | "completion_cost":
                return sa.func.coalesce(row.c[f"cost_{name.removesuffix('_cost')}_usd"], _none())
            case _ if name in _NUMBER_COLUMNS:
                return row.c[_NUMBER_COLUMNS[name]]
            case _ if name in _CUMULATIVE:
                return subtree_sum(_CUMULATIVE[name], row)
            case _ if name.startswith(PARENT):
                parent = span.alias()
                query = sa.select(SpanRow(parent).field(name.removeprefix(PARENT)))
                query = query.where(parent.c.span_id == row.c.parent_id)
                return query.correlate_except(parent).scalar_subquery()
            case _:
                return row.c[name]

    def as_stored(self, name: str, constant: str) -> tuple[_Sql, _Sql] | None:
        """See RecordRow."""
        match name:
            case "span_id" | "trace_id" | "parent_id":
                return self._row.c[name], _bytes(constant)
            case "status_code":
                # Spelt out, because SQLite takes a partial index only for a constant.
                return self._row.c.status, sa.literal_column(str(_STATUS.get(constant, -1)))
            case _:
                return None

    def nullable(self, name: str) -> _Sql | None:
        """See RecordRow."""
        return self._row.c.parent_id if name == "parent_id" else None

    def _column(self, key: str) -> _Sql | None:
        """Attributes that are texts in columns, or in bodies, of their own."""
        if key in _ATTRIBUTE_COLUMNS:
            return self._row.c[_ATTRIBUTE_COLUMNS[key]]
        return self.field(key.removesuffix(".value")) if key in _ATTRIBUTE_BODIES else None

    def has_exactly(self, key: str, value: str | float | bool | None) -> _Truth:
        """Whether the span has this very value under a flat key. Unlike in the language, a text is not a number."""
        column = self._column(key)
        if value is None:
            return ~self.present(key)
        if column is not None:
            return column == value if isinstance(value, str) else sa.false()
        if key in _NUMBER_COLUMNS:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return self.field(key) == value if is_number else sa.false()
        return attr_is(key, value, self._row)

    def text(self, key: str) -> _Sql:
        """See RecordRow."""
        column = self._column(key)
        return attr_text(key, self._row) if column is None else column

    def number(self, key: str) -> _Sql:
        """See RecordRow."""
        column = self._column(key)
        return attr_num(key, self._row) if column is None else native_num(column)

    def truth(self, key: str) -> _Sql:
        """See RecordRow."""
        column = self._column(key)
        return attr_truth(key, self._row) if column is None else native_truth(column)

    def present(self, key: str) -> _Truth:
        """See RecordRow."""
        column = self._column(key)
        if column is not None:
            return column.is_not(None)
        texts = (*_ATTRIBUTE_COLUMNS, *_ATTRIBUTE_BODIES)
        below = [self.text(name).is_not(None) for name in texts if name.startswith(f"{key}.")]
        below += [self.field(name).is_not(None) for name in _NUMBER_COLUMNS if name.startswith(f"{key}.")]
        return sa.or_(*below, attr_present(key, self._row))

    def fast_in(self, key: str, texts: Sequence[str]) -> _Truth | None:
        """See RecordRow."""
        return None if self._column(key) is not None else attr_in(key, texts, self._row)

    def no_parent(self) -> _Truth:
        """See RecordRow."""
        parent, row = span.alias(), self._row
        stored = sa.exists().select_from(parent).where(parent.c.span_id == row.c.parent_id).correlate_except(parent)
        return sa.or_(row.c.parent_id.is_(None), ~stored)

    def annotated(self, row: sa.FromClause, source: Source) -> list[_Truth]:
        """See RecordRow."""
        of_kind = [row.c.target_kind == source.target.value, row.c.name == source.name]
        match source.target:
            case TargetKind.SPAN | TargetKind.DOCUMENT:
                return [*of_kind, row.c.target_row == self._row.c.id]
            case TargetKind.TRACE:
                return [*of_kind, row.c.target_id == self._row.c.trace_id, row.c.position == -1]
            case TargetKind.SESSION:
                its = trace.alias()
                of_trace = sa.select(its.c.session_row).where(its.c.trace_id == self._row.c.trace_id)
                return [*of_kind, row.c.target_row == of_trace.correlate_except(its).scalar_subquery()]

    def elements(self, collection: str) -> Elements:
        """See RecordRow."""
        if collection == "cost_details":
            return _costs(self._row, self._row, (), [])
        child = span.alias()
        belongs = [child.c.trace_id == self._row.c.trace_id, child.c.parent_id == self._row.c.span_id]
        return Elements(child, (child,), belongs, SpanRow(child))


class AnnotationRow(_Plain):
    """A row of `annotation`."""

    def __init__(self, row: sa.FromClause) -> None:
        self._row = row

    def field(self, name: str) -> _Sql:
        """See RecordRow."""
        match name:
            case "created_at":
                return self._row.c.created_us * sa.literal_column("1000")
            case "user":
                return self._row.c.user_id
            case _:
                return self._row.c[name]


class CostRow(_Plain):
    """What one type of tokens of a span cost: a row of `span` and a row that says which type."""

    def __init__(self, row: sa.FromClause, kind: sa.FromClause) -> None:
        self._row = row
        self._kind = kind

    def field(self, name: str) -> _Sql:
        """See RecordRow."""
        match name:
            case "token_type" | "is_prompt":
                return self._kind.c[name]
            case "tokens" | "cost":
                return self._of_type(name)
            case _:
                tokens = sa.func.nullif(sa.cast(self.field("tokens"), sa.Float), _none())
                return self.field("cost") / tokens

    def _of_type(self, name: Literal["tokens", "cost"]) -> _Sql:
        """Tokens or cost of the type. What is not counted apart is left for `input` and `output`."""
        row, kind = self._row, self._kind
        column = "tokens_{}" if name == "tokens" else "cost_{}_usd"
        is_prompt = kind.c.is_prompt == sa.literal_column("1")
        whole = sa.case((is_prompt, row.c[column.format("prompt")]), else_=row.c[column.format("completion")])
        return sa.case((_has_details(row), cost_part(row, name, whole, kind)), else_=whole)

    def is_there(self) -> _Truth:
        """Whether anything is known; of a type that is counted apart, whether there was any of it."""
        tokens, cost = self.field("tokens"), self.field("cost")
        some = sa.or_(tokens.is_not(None), cost.is_not(None))
        is_rest = self._kind.c.is_rest == sa.literal_column("1")
        return sa.and_(sa.or_(is_rest, _has_details(self._row)), some)


def _has_details(row: sa.FromClause) -> _Truth:
    # Few spans have any, and the others must not pay for them.
    return sa.func.instr(row.c.attrs, sa.literal_column("'_details.'")) > sa.literal_column("0")


def _costs(
    row: sa.FromClause, rows: sa.FromClause, tables: tuple[sa.FromClause, ...], belongs: list[_Truth]
) -> Elements:
    """The costs of the spans that are `row` of `rows`; without tables, of a span around."""
    kind = sa.union_all(
        *(
            sa.select(
                sa.literal_column(f"'{name}'", sa.Text).label("token_type"),
                sa.literal_column(str(int(part == "prompt"))).label("is_prompt"),
                sa.literal_column(str(int(name == names[0]))).label("is_rest"),
            )
            for part, names in COST_TYPES.items()
            for name in names
        )
    ).subquery()
    record = CostRow(row, kind)
    joined = rows.join(kind, sa.true()) if tables else kind
    return Elements(joined, (*tables, kind), [*belongs, record.is_there()], record)


_OfSpan: TypeAlias = Callable[[SpanRow], _Sql]


class _SpanGroup(_Plain):
    """A row of `trace` or `session`, which has spans."""

    def __init__(self, row: sa.FromClause) -> None:
        self._row = row

    def _spans(self) -> tuple[sa.FromClause, sa.FromClause, tuple[sa.FromClause, ...], list[_Truth]]:
        """Its spans: the span, the rows, what they join, and what makes them its spans."""
        raise NotImplementedError

    def _root(self, value: _OfSpan, *, last: bool = False) -> _Sql:
        """A value of the root span that started first, or last."""
        return self._edge(value, last=last, roots=True)

    def _edge(self, value: _OfSpan, *, roots: bool, last: bool = False) -> _Sql:
        """A value of the span, or of the root span, that started first, or last."""
        row, rows, tables, belongs = self._spans()
        if roots:
            belongs = [*belongs, row.c.parent_id.is_(None)]
        order = (row.c.start_ns.desc(), row.c.id.desc()) if last else (row.c.start_ns, row.c.id)
        query = sa.select(value(SpanRow(row))).select_from(rows).where(*belongs).order_by(*order).limit(1)
        return query.correlate_except(*tables).scalar_subquery()

    def _sum(self, value: Callable[[sa.FromClause], _Sql]) -> _Sql:
        row, rows, tables, belongs = self._spans()
        query = sa.select(sa.func.coalesce(sa.func.sum(value(row)), sa.literal_column("0")))
        return query.select_from(rows).where(*belongs).correlate_except(*tables).scalar_subquery()

    def text(self, key: str) -> _Sql:
        """See RecordRow."""
        return self._root(lambda root: root.text(key))

    def number(self, key: str) -> _Sql:
        """See RecordRow."""
        return self._root(lambda root: root.number(key))

    def truth(self, key: str) -> _Sql:
        """See RecordRow."""
        return self._root(lambda root: root.truth(key))

    def present(self, key: str) -> _Truth:
        """See RecordRow."""
        return sa.func.coalesce(self._root(lambda root: root.present(key)), sa.literal_column("0")) == sa.true()

    def elements(self, collection: str) -> Elements:
        """See RecordRow."""
        row, rows, tables, belongs = self._spans()
        match collection:
            case "spans":
                return Elements(rows, tables, belongs, SpanRow(row))
            case "root_spans":
                return Elements(rows, tables, [*belongs, row.c.parent_id.is_(None)], SpanRow(row))
            case "span_annotations":
                note = annotation.alias()
                joined = rows.join(
                    note, sa.and_(note.c.target_kind == TargetKind.SPAN.value, note.c.target_row == row.c.id)
                )
                return Elements(joined, (*tables, note), belongs, AnnotationRow(note))
            case "span_cost_details":
                return _costs(row, rows, tables, belongs)
            case "trace_annotations":
                return self._annotations(TargetKind.TRACE)
            case "session_annotations":
                return self._annotations(TargetKind.SESSION)
            case _:
                raise NotImplementedError(collection)

    def _annotations(self, of: TargetKind) -> Elements:
        raise NotImplementedError


class TraceRow(_SpanGroup):
    """A row of `trace`."""

    def field(self, name: str) -> _Sql:
        """See RecordRow."""
        row = self._row
        match name:
            case "trace_id":
                return _id(row.c.trace_id)
            case "start_time" | "end_time":
                return row.c[f"{name.removesuffix('_time')}_ns"]
            case "latency_ms":
                return _milliseconds(row)
            case "num_spans":
                return row.c.span_count
            case "error_count":
                return row.c.error_count
            case "token_count_prompt" | "token_count_completion":
                return row.c[f"tokens_{name.removeprefix('token_count_')}"]
            case "token_count_total":
                return row.c.tokens_prompt + row.c.tokens_completion
            case "total_cost":
                return row.c.cost_usd
            case "prompt_cost" | "completion_cost":
                return self._sum(lambda member: member.c[f"cost_{name.removesuffix('_cost')}_usd"])
            case "tool_span_count" | "llm_span_count":
                kind = name.partition("_")[0].upper()
                return self._sum(lambda member: sa.func.upper(member.c.kind) == kind)
            case "session.id":
                its = session.alias()
                query = sa.select(its.c.session_id).where(its.c.id == row.c.session_row)
                return query.correlate_except(its).scalar_subquery()
            case "user.id":
                return self.text(name)
            case _:
                return self._root(lambda root: root.field(name))

    def as_stored(self, name: str, constant: str) -> tuple[_Sql, _Sql] | None:
        """See RecordRow."""
        return (self._row.c.trace_id, _bytes(constant)) if name == "trace_id" else None

    def annotated(self, row: sa.FromClause, source: Source) -> list[_Truth]:
        """See RecordRow."""
        target = self._row.c.id if source.target is TargetKind.TRACE else self._row.c.session_row
        return [row.c.target_kind == source.target.value, row.c.name == source.name, row.c.target_row == target]

    def _root(self, value: _OfSpan, *, last: bool = False) -> _Sql:
        """A value of the root span; of a trace whose root has not arrived, of the span that started first.

        So it is in lists: what they show is what is found.
        """
        row, rows, tables, belongs = self._spans()
        has_root = sa.exists().select_from(rows).where(*belongs, row.c.parent_id.is_(None)).correlate_except(*tables)
        return sa.case((has_root, super()._root(value, last=last)), else_=self._edge(value, roots=False))

    def _spans(self) -> tuple[sa.FromClause, sa.FromClause, tuple[sa.FromClause, ...], list[_Truth]]:
        row = span.alias()
        return row, row, (row,), [row.c.trace_id == self._row.c.trace_id]

    def _annotations(self, of: TargetKind) -> Elements:
        note = annotation.alias()
        target = self._row.c.id if of is TargetKind.TRACE else self._row.c.session_row
        belongs = [note.c.target_kind == of.value, note.c.target_row == target]
        return Elements(note, (note,), belongs, AnnotationRow(note))


class SessionRow(_SpanGroup):
    """A row of `session`."""

    def field(self, name: str) -> _Sql:
        """See RecordRow."""
        row = self._row
        match name:
            case "session_id":
                return row.c.session_id
            case "start_time" | "end_time":
                return row.c[f"{name.removesuffix('_time')}_ns"]
            case "duration_ms":
                return _milliseconds(row)
            case "num_traces":
                return row.c.trace_count
            case "num_traces_with_error":
                return self._sum_of_traces(lambda member: member.c.error_count > sa.literal_column("0"))
            case "token_count_prompt" | "token_count_completion":
                return self._sum_of_traces(lambda member: member.c[f"tokens_{name.removeprefix('token_count_')}"])
            case "token_count_total":
                return self._sum_of_traces(lambda member: member.c.tokens_prompt + member.c.tokens_completion)
            case "total_cost":
                return self._sum_of_traces(lambda member: member.c.cost_usd)
            case "prompt_cost" | "completion_cost":
                return self._sum(lambda member: member.c[f"cost_{name.removesuffix('_cost')}_usd"])
            case "first_input":
                return self._root(lambda root: root.field("input"))
            case "last_output":
                return self._root(lambda root: root.field("output"), last=True)
            case _:
                return self.text(name)

    def annotated(self, row: sa.FromClause, source: Source) -> list[_Truth]:
        """See RecordRow."""
        return [
            row.c.target_kind == source.target.value,
            row.c.name == source.name,
            row.c.target_row == self._row.c.id,
        ]

    def elements(self, collection: str) -> Elements:
        """See RecordRow."""
        if collection == "traces":
            member = trace.alias()
            return Elements(member, (member,), [member.c.session_row == self._row.c.id], TraceRow(member))
        return super().elements(collection)

    def _spans(self) -> tuple[sa.FromClause, sa.FromClause, tuple[sa.FromClause, ...], list[_Truth]]:
        its, row = trace.alias(), span.alias()
        joined = its.join(row, row.c.trace_id == its.c.trace_id)
        return row, joined, (its, row), [its.c.session_row == self._row.c.id]

    def _sum_of_traces(self, value: Callable[[sa.FromClause], _Sql]) -> _Sql:
        member = trace.alias()
        query = sa.select(sa.func.coalesce(sa.func.sum(value(member)), sa.literal_column("0")))
        return query.where(member.c.session_row == self._row.c.id).correlate_except(member).scalar_subquery()

    def _annotations(self, of: TargetKind) -> Elements:
        note = annotation.alias()
        of_kind: list[_Truth] = [note.c.target_kind == of.value]
        if of is TargetKind.SESSION:
            return Elements(note, (note,), [*of_kind, note.c.target_row == self._row.c.id], AnnotationRow(note))
        its = trace.alias()
        joined = its.join(note, note.c.target_row == its.c.id)
        return Elements(joined, (its, note), [*of_kind, its.c.session_row == self._row.c.id], AnnotationRow(note))
