"""From a condition of the filter language to SQL over the `span` table.

The meaning is that of `domain.filter`. A choice of annotations becomes an EXISTS: conditions on one name share one
row; those on different names become an EXISTS each, unless an `or` ties them together.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    AnnotationField,
    Arithmetic,
    AsNumber,
    AsText,
    AsTruth,
    Attribute,
    Comparison,
    Condition,
    Constant,
    Containment,
    Disagreement,
    Field,
    Instant,
    Joined,
    Literal,
    LooseComparison,
    Membership,
    Missing,
    Negative,
    NoParent,
    Not,
    Or,
    Order,
    Source,
    Test,
    Value,
    chosen_sources,
)
from rubricate_server.domain.filter.logic import can_hold_without, independent_parts, negations_inward
from rubricate_server.storage.constructs import (
    attr_in,
    attr_is,
    attr_num,
    attr_present,
    attr_text,
    attr_truth,
    body_text,
    contains_text,
    native_num,
    native_truth,
    subtree_sum,
)
from rubricate_server.storage.schema import annotation, span, trace

_Sql: TypeAlias = sa.ColumnElement[Any]
_Truth: TypeAlias = sa.ColumnElement[bool]
_Rows: TypeAlias = Mapping[Source, sa.FromClause]


def compile_condition(condition: Condition) -> _Truth:
    """The condition, to stand in the WHERE clause of a select from `span`. It may be NULL where it is not true."""
    return _holds(negations_inward(condition.test))


def attribute_is(key: str, value: str | float | bool | None) -> _Truth:
    """Whether a span has exactly this value under a flat key. Unlike in the language, a text is not a number."""
    if value is None:
        return ~_present(key)
    if key in _COLUMNS:
        return _COLUMNS[key] == value if isinstance(value, str) else sa.false()
    if key.startswith("llm.") and key in _FIELDS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return _FIELDS[key] == value if is_number else sa.false()
    return attr_is(key, value)


def _holds(test: Test) -> _Truth:
    match test:
        case Or(tests):
            # Some choice makes one of them true: the same as one of them, true for some choice.
            return sa.or_(*(_holds(part) for part in tests))
        case And(tests):
            return sa.and_(*(_holds_together(part) for part in independent_parts(tests)))
        case Annotated(source) | Not(Annotated(source)):
            row = annotation.alias()
            found = sa.exists().select_from(row).where(*_belongs(row, source)).correlate_except(row)
            return found if isinstance(test, Annotated) else ~found
        case _:
            return _for_some_choice(test)


def _holds_together(tests: tuple[Test, ...]) -> _Truth:
    return _holds(tests[0]) if len(tests) == 1 else _for_some_choice(And(tests))


def _for_some_choice(test: Test) -> _Truth:
    sources = sorted(
        chosen_sources(test), key=lambda source: (can_hold_without(test, source), source.target, source.name)
    )
    rows: _Rows = {source: annotation.alias() for source in sources}
    holds = _truth(test, rows)
    if not sources:
        return holds
    # What must be there comes first: then there is something to begin with, and no need of an outer join.
    first, others = sources[0], sources[1:]
    if can_hold_without(test, first):
        joined: sa.FromClause = sa.select(sa.literal_column("1").label("one")).subquery()
        others, wanted = sources, []
    else:
        joined, wanted = rows[first], _belongs(rows[first], first)
    for source in others:
        belongs = sa.and_(*_belongs(rows[source], source))
        joined = joined.join(rows[source], belongs, isouter=can_hold_without(test, source))
    return sa.exists().select_from(joined).where(*wanted, holds).correlate(span)


def _belongs(row: sa.FromClause, source: Source) -> list[_Truth]:
    """What makes the row an annotation of the span; each form is the beginning of an index."""
    of_kind = [row.c.target_kind == source.target.value, row.c.name == source.name]
    match source.target:
        case TargetKind.SPAN | TargetKind.DOCUMENT:
            return [*of_kind, row.c.target_row == span.c.id]
        case TargetKind.TRACE:
            return [*of_kind, row.c.target_id == span.c.trace_id, row.c.position == -1]
        case TargetKind.SESSION:
            of_trace = sa.select(trace.c.session_row).where(trace.c.trace_id == span.c.trace_id)
            return [*of_kind, row.c.target_row == of_trace.correlate_except(trace).scalar_subquery()]


def _truth(test: Test, rows: _Rows, *, negated: bool = False) -> _Truth:
    match test:
        case Constant(value):
            return sa.true() if value else sa.false()
        case Not(inner):
            return sa.not_(_truth(inner, rows, negated=True))
        case And(tests):
            return sa.and_(*(_truth(part, rows) for part in tests))
        case Or(tests):
            return sa.or_(*(_truth(part, rows) for part in tests))
        case Comparison(order, left, right):
            return _comparison(order, left, right, rows, negated=negated)
        case LooseComparison(order, left, right):
            return _loose_comparison(order, left, right)
        case Membership(value, options):
            return _membership(value, options, rows, negated=negated)
        case Containment(part, Literal() as whole):
            return contains_text(_sql(whole, rows), _sql(part, rows))
        case Containment(part, whole):
            return contains_text(_sql(whole, rows), str(part.value) if isinstance(part, Literal) else _sql(part, rows))
        case Missing(Attribute(key)):
            return ~_present(key)
        case Missing(Field("parent_id")):
            return span.c.parent_id.is_(None)
        case Missing(value):
            return _sql(value, rows).is_(None)
        case NoParent():
            parent = span.alias()
            stored = (
                sa.exists().select_from(parent).where(parent.c.span_id == span.c.parent_id).correlate_except(parent)
            )
            return sa.or_(span.c.parent_id.is_(None), ~stored)
        case Annotated(source):
            return rows[source].c.id.is_not(None)
        case Disagreement(source):
            return _disagreement(source)


# Comparisons, in the form in which an index can serve them


def _comparison(order: Order, left: Value, right: Value, rows: _Rows, *, negated: bool) -> _Truth:
    if order in ("==", "!=") and isinstance(right, Literal):
        stored = _as_stored(left, right.value)
        if stored is not None:
            return _ordered(order, *stored)
    if order == "==" and isinstance(right, Literal):
        fast = None if negated else _fast_membership(left, [right.value])
        if fast is not None:
            return fast
    return _ordered(order, _sql(left, rows), _sql(right, rows))


def _membership(value: Value, options: tuple[Any, ...], rows: _Rows, *, negated: bool) -> _Truth:
    stored = [pair for option in options if (pair := _as_stored(value, option)) is not None]
    if stored:
        return stored[0][0].in_([constant for _, constant in stored])
    fast = None if negated else _fast_membership(value, options)
    if fast is not None:
        return fast
    return _sql(value, rows).in_([int(option) if isinstance(option, bool) else option for option in options])


def _fast_membership(value: Value, options: Sequence[object]) -> _Truth | None:
    """Whether an attribute is one of some strings, if there is a fast way that may be NULL instead of false."""
    match value:
        case AsText(Attribute(key)) if key not in _COLUMNS:
            return attr_in(key, [option for option in options if isinstance(option, str)])
        case _:
            return None


def _as_stored(value: Value, constant: object) -> tuple[_Sql, _Sql] | None:
    """A column and what a constant is in its own terms, for fields that are stored otherwise than they read."""
    match value, constant:
        case Field("span_id" | "trace_id" | "parent_id" as name), str():
            # No id is empty, so what is no id equals none.
            stored = bytes.fromhex(constant) if _HEX.fullmatch(constant) else b""
            return span.c[name], sa.literal(stored, sa.LargeBinary)
        case Field("status_code"), str():
            # Spelt out, because SQLite takes a partial index only for a constant.
            return span.c.status, sa.literal_column(str(_STATUS.get(constant, -1)))
        case _:
            return None


_HEX = re.compile(r"([0-9a-f]{2})*")
_STATUS = {"UNSET": 0, "OK": 1, "ERROR": 2}


def _loose_comparison(order: Order, left: Attribute, right: Attribute) -> _Truth:
    numbers = _number(left.key), _number(right.key)
    compared: _Truth = sa.case(
        (sa.and_(numbers[0].is_not(None), numbers[1].is_not(None)), _ordered(order, *numbers)),
        else_=_ordered(order, _text(left.key), _text(right.key)),
    )
    return compared


def _ordered(order: Order, left: _Sql, right: _Sql) -> _Truth:
    match order:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right


def _disagreement(source: Source) -> _Truth:
    row = annotation.alias()
    unlabelled = sa.case((row.c.label.is_(None), row.c.score))
    differ = sa.or_(
        sa.func.min(row.c.label) != sa.func.max(row.c.label),
        sa.func.min(unlabelled) != sa.func.max(unlabelled),
    )
    # The rows of one name differ in their identifiers, so they are by different annotators.
    query = sa.select(sa.func.coalesce(differ, sa.false())).where(*_belongs(row, source)).correlate_except(row)
    return sa.type_coerce(query.scalar_subquery(), sa.Boolean) == sa.true()


# Values


def _sql(value: Value, rows: _Rows) -> _Sql:
    match value:
        case Literal(bool() as truth):
            return sa.literal(int(truth), sa.Integer)
        case Literal(str() as text):
            return sa.literal(text, sa.Text)
        case Literal(number):
            return sa.literal(number, sa.BigInteger if isinstance(number, int) else sa.Float)
        case Instant(ns):
            return sa.literal(ns, sa.BigInteger)
        case Field(name=name):
            return _FIELDS[name]
        case AnnotationField(source, field=field):
            row = rows[source]
            match field:
                case "created_at":
                    return row.c.created_us * sa.literal_column("1000")
                case "user":
                    return row.c.user_id
                case _:
                    return row.c[field]
        case AsText(Attribute(key)):
            return _text(key)
        case AsNumber(Attribute(key)):
            return _number(key)
        case AsTruth(Attribute(key)):
            return native_truth(_COLUMNS[key]) if key in _COLUMNS else attr_truth(key)
        case AsNumber(of):
            return native_num(_sql(of, rows))
        case Negative(of):
            return -_sql(of, rows)
        case Arithmetic(operation, left, right):
            return _arithmetic(operation, _sql(left, rows), _sql(right, rows))
        case Joined(left, right):
            return _sql(left, rows).op("||", return_type=sa.Text())(_sql(right, rows))
        case Attribute() | AsText() | AsTruth():
            raise TypeError(f"{value} has no reading")


def _arithmetic(operation: str, left: _Sql, right: _Sql) -> _Sql:
    match operation:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return sa.cast(left, sa.Float) / sa.func.nullif(sa.cast(right, sa.Float), sa.literal_column("0"))
        case _:
            return sa.cast(left, sa.BigInteger) % sa.func.nullif(
                sa.cast(right, sa.BigInteger), sa.literal_column("0"), type_=sa.BigInteger
            )


def _text(key: str) -> _Sql:
    return _COLUMNS[key] if key in _COLUMNS else attr_text(key)


def _number(key: str) -> _Sql:
    return native_num(_COLUMNS[key]) if key in _COLUMNS else attr_num(key)


def _present(key: str) -> _Truth:
    if key in _COLUMNS:
        return _COLUMNS[key].is_not(None)
    columns = {**_COLUMNS, **{name: column for name, column in _FIELDS.items() if name.startswith("llm.")}}
    below = [column.is_not(None) for name, column in columns.items() if name.startswith(f"{key}.")]
    return sa.or_(*below, attr_present(key))


_COLUMNS: Mapping[str, _Sql] = {
    "session.id": span.c.session_id,
    "user.id": span.c.user_id,
    "llm.model_name": span.c.model,
    "llm.provider": span.c.provider,
    "input.value": body_text("input"),
    "output.value": body_text("output"),
}
"""Attributes that are texts in columns, or in bodies, of their own."""


def _id(column: _Sql) -> _Sql:
    return sa.func.lower(sa.func.hex(column), type_=sa.Text)


_SUBTREE_TOKENS = {
    "prompt": "coalesce(member.tokens_prompt, 0)",
    "completion": "coalesce(member.tokens_completion, 0)",
    "total": "coalesce(member.tokens_total, coalesce(member.tokens_prompt, 0) + coalesce(member.tokens_completion, 0))",
}

_FIELDS: Mapping[str, _Sql] = {
    "span_id": _id(span.c.span_id),
    "trace_id": _id(span.c.trace_id),
    "parent_id": sa.case((span.c.parent_id.is_not(None), _id(span.c.parent_id))),
    "name": span.c.name,
    "span_kind": sa.func.upper(span.c.kind, type_=sa.Text),
    "status_code": sa.case(
        *((span.c.status == code, sa.literal_column(f"'{name}'", sa.Text)) for name, code in _STATUS.items())
    ),
    "status_message": span.c.status_message,
    "events": body_text("events"),
    "start_time": span.c.start_ns,
    "end_time": span.c.end_ns,
    "latency_ms": sa.cast(span.c.end_ns - span.c.start_ns, sa.Float) / sa.literal_column("1000000.0", sa.Float),
    "prompt_cost": sa.func.coalesce(span.c.cost_prompt_usd, sa.literal_column("0.0")),
    "completion_cost": sa.func.coalesce(span.c.cost_completion_usd, sa.literal_column("0.0")),
    "total_cost": sa.func.coalesce(span.c.cost_usd, sa.literal_column("0.0")),
    **{f"cumulative_llm_token_count_{part}": subtree_sum(tokens) for part, tokens in _SUBTREE_TOKENS.items()},
    **{f"llm.token_count.{part}": span.c[f"tokens_{part}"] for part in ("prompt", "completion", "total")},
    "llm.cost.prompt": span.c.cost_prompt_usd,
    "llm.cost.completion": span.c.cost_completion_usd,
    "llm.cost.total": span.c.cost_usd,
}
