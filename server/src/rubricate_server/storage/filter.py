"""From a condition of the filter language to SQL over the table that it is about.

The meaning is that of `domain.filter`. A choice of annotations becomes an EXISTS: conditions on one name share one
row; those on different names become an EXISTS each, unless an `or` ties them together. A comprehension becomes a
subquery over its elements. What names stand for is in `storage/records.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from rubricate_server.domain.filter.expressions import (
    And,
    Annotated,
    AnnotatedBy,
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
    Count,
    Disagreement,
    Every,
    Field,
    Instant,
    Items,
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
    Reduced,
    Some,
    Source,
    Test,
    Value,
    chosen_sources,
)
from rubricate_server.domain.filter.logic import can_hold_without, independent_parts, negations_inward
from rubricate_server.storage.constructs import contains_text, native_num
from rubricate_server.storage.records import Elements, RecordRow, record_of
from rubricate_server.storage.schema import annotation

_Sql: TypeAlias = sa.ColumnElement[Any]
_Truth: TypeAlias = sa.ColumnElement[bool]
_Rows: TypeAlias = Mapping[Source, sa.FromClause]


def compile_condition(condition: Condition) -> _Truth:
    """The condition, to stand in the WHERE clause of a select from the table that it is about.

    It may be NULL where it is not true.
    """
    return _holds(condition.test, record_of(condition.record))


def compile_name(name: Field | Attribute, record: str) -> _Sql:
    """The value of a field, or of an attribute read as text, of the table of that kind of record."""
    value: Value = AsText(name) if isinstance(name, Attribute) else name
    return _Conditions(record_of(record)).value(value)


def _holds(test: Test, record: RecordRow) -> _Truth:
    return _Conditions(record).holds(negations_inward(test))


class _Conditions:
    """The conditions on one record."""

    def __init__(self, record: RecordRow) -> None:
        self._record = record

    def holds(self, test: Test) -> _Truth:
        """A condition whose negations are inward, true for some choice of annotations."""
        match test:
            case Or(tests):
                # Some choice makes one of them true: the same as one of them, true for some choice.
                return sa.or_(*(self.holds(part) for part in tests))
            case And(tests):
                return sa.and_(*(self._holds_together(part) for part in independent_parts(tests)))
            case Annotated(source) | Not(Annotated(source)):
                row = annotation.alias()
                belongs = self._record.annotated(row, source)
                found = sa.exists().select_from(row).where(*belongs).correlate_except(row)
                return found if isinstance(test, Annotated) else ~found
            case _:
                return self._for_some_choice(test)

    def _holds_together(self, tests: tuple[Test, ...]) -> _Truth:
        return self.holds(tests[0]) if len(tests) == 1 else self._for_some_choice(And(tests))

    def _for_some_choice(self, test: Test) -> _Truth:
        sources = sorted(
            chosen_sources(test), key=lambda source: (can_hold_without(test, source), source.target, source.name)
        )
        rows: _Rows = {source: annotation.alias() for source in sources}
        holds = self._truth(test, rows)
        if not sources:
            return holds
        # What must be there comes first: then there is something to begin with, and no need of an outer join.
        first, others = sources[0], sources[1:]
        ours: list[sa.FromClause] = list(rows.values())
        if can_hold_without(test, first):
            one = sa.select(sa.literal_column("1").label("one")).subquery()
            ours.append(one)
            joined: sa.FromClause = one
            others, wanted = sources, []
        else:
            joined, wanted = rows[first], self._record.annotated(rows[first], first)
        for source in others:
            belongs = sa.and_(*self._record.annotated(rows[source], source))
            joined = joined.join(rows[source], belongs, isouter=can_hold_without(test, source))
        return sa.exists().select_from(joined).where(*wanted, holds).correlate_except(*ours)

    def _truth(self, test: Test, rows: _Rows, *, negated: bool = False) -> _Truth:
        match test:
            case Constant(value):
                return sa.true() if value else sa.false()
            case Not(inner):
                return sa.not_(self._truth(inner, rows, negated=True))
            case And(tests):
                return sa.and_(*(self._truth(part, rows) for part in tests))
            case Or(tests):
                return sa.or_(*(self._truth(part, rows) for part in tests))
            case Comparison(order, left, right):
                return self._comparison(order, left, right, rows, negated=negated)
            case LooseComparison(order, left, right):
                return self._loose_comparison(order, left, right)
            case Membership(value, options):
                return self._membership(value, options, rows, negated=negated)
            case Containment(part, Literal() as whole):
                return contains_text(self._sql(whole, rows), self._sql(part, rows))
            case Containment(part, whole):
                text = str(part.value) if isinstance(part, Literal) else self._sql(part, rows)
                return contains_text(self._sql(whole, rows), text, or_false=not negated)
            case Missing(Attribute(key)):
                return ~self._record.present(key)
            case Missing(value):
                return self._missing(value, rows)
            case NoParent():
                return self._record.no_parent()
            case Annotated(source):
                return rows[source].c.id.is_not(None)
            case AnnotatedBy():
                return self._annotated_by(test)
            case Disagreement(source, kinds):
                return self._disagreement(source, kinds)
            case Some(items):
                return self._any(items)
            case Every(items, each):
                return self._all(items, each)

    # Comparisons, in the form in which an index can serve them

    def _comparison(self, order: Order, left: Value, right: Value, rows: _Rows, *, negated: bool) -> _Truth:
        if order in ("==", "!=") and isinstance(right, Literal):
            stored = self._as_stored(left, right.value)
            if stored is not None:
                return _ordered(order, *stored)
        if order == "==" and isinstance(right, Literal):
            fast = None if negated else self._fast_membership(left, [right.value])
            if fast is not None:
                return fast
        return _ordered(order, self._sql(left, rows), self._sql(right, rows))

    def _membership(self, value: Value, options: tuple[Any, ...], rows: _Rows, *, negated: bool) -> _Truth:
        stored = [pair for option in options if (pair := self._as_stored(value, option)) is not None]
        if stored:
            return stored[0][0].in_([constant for _, constant in stored])
        fast = None if negated else self._fast_membership(value, options)
        if fast is not None:
            return fast
        return self._sql(value, rows).in_([int(option) if isinstance(option, bool) else option for option in options])

    def _fast_membership(self, value: Value, options: Sequence[object]) -> _Truth | None:
        """Whether an attribute is one of some strings, if there is a fast way that may be NULL instead of false."""
        match value:
            case AsText(Attribute(key)):
                return self._record.fast_in(key, [option for option in options if isinstance(option, str)])
            case _:
                return None

    def _as_stored(self, value: Value, constant: object) -> tuple[_Sql, _Sql] | None:
        """A column and what a constant is in its own terms, for fields that are stored otherwise than they read."""
        if isinstance(value, Field) and isinstance(constant, str):
            return self._record.as_stored(value.name, constant)
        return None

    def _missing(self, value: Value, rows: _Rows) -> _Truth:
        column = self._record.nullable(value.name) if isinstance(value, Field) else None
        return (self._sql(value, rows) if column is None else column).is_(None)

    def _loose_comparison(self, order: Order, left: Attribute, right: Attribute) -> _Truth:
        numbers = self._record.number(left.key), self._record.number(right.key)
        compared: _Truth = sa.case(
            (sa.and_(numbers[0].is_not(None), numbers[1].is_not(None)), _ordered(order, *numbers)),
            else_=_ordered(order, self._record.text(left.key), self._record.text(right.key)),
        )
        return compared

    def _annotated_by(self, wanted: AnnotatedBy) -> _Truth:
        row = annotation.alias()
        where = self._record.annotated(row, wanted.source)
        for column, value in (
            (row.c.annotator_kind, wanted.annotator_kind),
            (row.c.identifier, wanted.identifier),
            (row.c.label, wanted.label),
        ):
            if value is not None:
                where.append(column == value)
        return sa.exists().select_from(row).where(*where).correlate_except(row)

    def _disagreement(self, source: Source, kinds: tuple[str, ...]) -> _Truth:
        row = annotation.alias()
        unlabelled = sa.case((row.c.label.is_(None), row.c.score))
        # The rows of one name differ in their identifiers, so they are by different annotators.
        where = self._record.annotated(row, source)
        if kinds:
            where.append(row.c.annotator_kind.in_(kinds))
        differ = sa.or_(*(_differ(row, said, kinds) for said in (row.c.label, unlabelled)))
        query = sa.select(sa.func.coalesce(differ, sa.false())).where(*where).correlate_except(row)
        return sa.type_coerce(query.scalar_subquery(), sa.Boolean) == sa.true()

    # Comprehensions

    def _elements(self, items: Items) -> tuple[Elements, list[_Truth]]:
        """The elements, and what must be true of their rows."""
        elements = self._record.elements(items.collection)
        of = [] if items.of == Constant(True) else [_holds(items.of, elements.record)]
        return elements, [*elements.belongs, *of]

    def _any(self, items: Items) -> _Truth:
        elements, where = self._elements(items)
        return sa.exists().select_from(elements.rows).where(*where).correlate_except(*elements.tables)

    def _all(self, items: Items, test: Test) -> _Truth:
        elements, where = self._elements(items)
        # What is unknown is not true, so it fails as well.
        fails = sa.case((_holds(test, elements.record), sa.literal_column("0")), else_=sa.literal_column("1"))
        where.append(fails == sa.literal_column("1"))
        return ~sa.exists().select_from(elements.rows).where(*where).correlate_except(*elements.tables)

    def _reduced(self, value: Count | Reduced) -> _Sql:
        elements, where = self._elements(value.items)
        match value:
            case Count():
                result: _Sql = sa.func.count()
            case Reduced("sum", _, of):
                # As floating numbers: the sum of large integers would be an error.
                numbers = sa.cast(_Conditions(elements.record)._sql(of, {}), sa.Float)
                result = sa.func.coalesce(sa.func.sum(numbers), sa.literal_column("0.0"))
            case Reduced(by, _, of):
                result = (sa.func.min if by == "min" else sa.func.max)(_Conditions(elements.record)._sql(of, {}))
        query = sa.select(result).select_from(elements.rows).where(*where).correlate_except(*elements.tables)
        return query.scalar_subquery()

    # Values

    def value(self, value: Value) -> _Sql:
        """A value that needs no annotation."""
        return self._sql(value, {})

    def _sql(self, value: Value, rows: _Rows) -> _Sql:
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
                return self._record.field(name)
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
                return self._record.text(key)
            case AsNumber(Attribute(key)):
                return self._record.number(key)
            case AsTruth(Attribute(key)):
                return self._record.truth(key)
            case AsNumber(of):
                return native_num(self._sql(of, rows))
            case Negative(of):
                return -self._sql(of, rows)
            case Arithmetic(operation, left, right):
                return _arithmetic(operation, self._sql(left, rows), self._sql(right, rows))
            case Joined(left, right):
                return self._sql(left, rows).op("||", return_type=sa.Text())(self._sql(right, rows))
            case Count() | Reduced():
                return self._reduced(value)
            case Attribute() | AsText() | AsTruth():
                raise TypeError(f"{value} has no reading")


def _differ(row: sa.FromClause, said: _Sql, kinds: tuple[str, ...]) -> _Truth:
    """Whether two rows of a group say different things; with two kinds, a row of one and a row of the other.

    If both kinds say something, and not all rows the same, then some row of one differs from some row of the other.
    """
    sides = kinds if len(kinds) > 1 else ()
    said_by = [sa.func.count(sa.case((row.c.annotator_kind == kind, said))) > sa.literal_column("0") for kind in sides]
    return sa.and_(sa.func.min(said) != sa.func.max(said), *said_by)


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
