"""SQL that engines spell differently, as SQLAlchemy constructs compiled for each.

How an attribute is read as text, as a number, as true or false is defined in `domain.filter`. In SQLite, small
attributes come from the JSON in the span's narrow row; where that holds a null, the value is too large for it and
comes from the body, through functions that reading connections register: `body_attr(block, offset, key)`,
`body_text(block, offset, part)`, `body_contains(block, offset, 'part:text')`, `body_holds` of the same, and
`sieve_lacks(sieve, 'part:text')`. Two more functions are those of `domain.filter`: `contains_text(whole, part)` and
`cost_part(attrs, what, is_prompt, type, whole)`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.sql.visitors import replacement_traverse

from rubricate_server.domain.filter import NUMERIC_TEXT
from rubricate_server.storage.contract import SMALL_ATTRIBUTE
from rubricate_server.storage.schema import span


def attr_text(key: str, row: sa.FromClause = span) -> sa.ColumnElement[str]:
    """An attribute, read as text; NULL when the span has none. `key` is flat and dotted, such as `metadata.tier`.

    `row` is the span table, here and below, or an alias of it.
    """
    return _small_text(key, row) if in_narrow_row(key) else sa.cast(body_attr(key, row), sa.Text)


def attr_num(key: str, row: sa.FromClause = span) -> sa.ColumnElement[float]:
    """An attribute, read as a number; NULL when it is none."""
    return _small_num(key, row) if in_narrow_row(key) else native_num(body_attr(key, row))


def attr_truth(key: str, row: sa.FromClause = span) -> sa.ColumnElement[int]:
    """An attribute, read as 1 or 0; NULL when it is neither true nor false."""
    return _small_truth(key, row) if in_narrow_row(key) else native_truth(body_attr(key, row))


def attr_present(key: str, row: sa.FromClause = span) -> sa.ColumnElement[bool]:
    """Whether there is an attribute of this key, or of one below it; never NULL."""
    return _small_present(key, row) if in_narrow_row(key) else body_attr(key, row).is_not(None)


def attr_in(key: str, texts: Sequence[str], row: sa.FromClause = span) -> sa.ColumnElement[bool] | None:
    """`attr_text(key) in (texts)` at its fastest, though NULL where it should be false; None without such a way."""
    if not in_narrow_row(key) or any(len(text) > NUMERIC_TEXT or _COULD_BE_JSON.match(text) for text in texts):
        return None
    value = _small_value(key, row)
    return value == texts[0] if len(texts) == 1 else value.in_(texts)


def attr_is(key: str, value: str | float | bool, row: sa.FromClause = span) -> sa.ColumnElement[bool]:
    """Whether an attribute is exactly this, type included; only true is also 1."""
    is_large = isinstance(value, str) and len(value) > SMALL_ATTRIBUTE
    if is_large or not in_narrow_row(key):
        return body_attr(key, row) == value
    if isinstance(value, bool):
        return _small_type(key, row) == str(value).lower()
    return _small_value(key, row) == sa.literal(value, sa.Text if isinstance(value, str) else sa.Float)


def in_narrow_row(key: str) -> bool:
    """Places in lists of objects are kept in bodies only; and SQLite's paths cannot quote every key."""
    return _INDEXED.search(key) is None and _UNQUOTABLE.search(key) is None and key != ""


NEWEST_BLOCKS: Final = 512
"""Blocks of 64 spans that are looked at one by one before all sieves are."""
SIFTED: Final = ("input", "output")
"""Parts of bodies whose blocks have sieves."""
_INDEXED = re.compile(r"\.\d+\.")
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f]')
_COULD_BE_JSON = re.compile(r"[\[{]|true$|false$|-?[0-9]")


class _Small(FunctionElement[Any]):
    """Something about an attribute that the narrow row knows of."""

    inherit_cache = True

    def __init__(self, key: str, row: sa.FromClause) -> None:
        super().__init__(
            row.c.attrs, sa.literal(f'$."{key}"'), row.c.block, row.c.block_offset, sa.literal(key, sa.Text)
        )


class _small_value(_Small):
    """The value: a string as text, a number as number, a list as JSON; NULL when it is too large."""

    name = "small_value"
    inherit_cache = True
    type = sa.Text()


@compiles(_small_value, "sqlite")
def _(element: _small_value, compiler: SQLCompiler, **kw: Any) -> str:
    attrs, path, *_ = _arguments(element, compiler, kw)
    return f"json_extract({attrs}, {path})"


class _small_type(_Small):
    """The type of the value, in SQLite's words: text, integer, real, true, false, array, null."""

    name = "small_type"
    inherit_cache = True
    type = sa.Text()


@compiles(_small_type, "sqlite")
def _(element: _small_type, compiler: SQLCompiler, **kw: Any) -> str:
    attrs, path, *_ = _arguments(element, compiler, kw)
    return f"json_type({attrs}, {path})"


class _small_text(_Small):
    name = "small_text"
    inherit_cache = True
    type = sa.Text()


@compiles(_small_text, "sqlite")
def _(element: _small_text, compiler: SQLCompiler, **kw: Any) -> str:
    attrs, path, block, offset, key = _arguments(element, compiler, kw)
    return (
        f"case json_type({attrs}, {path})"
        f" when 'text' then json_extract({attrs}, {path})"
        f" when 'null' then cast(body_attr({block}, {offset}, {key}) as text)"
        f" else {attrs} -> {path} end"
    )


class _small_num(_Small):
    name = "small_num"
    inherit_cache = True
    type = sa.Float()


@compiles(_small_num, "sqlite")
def _(element: _small_num, compiler: SQLCompiler, **kw: Any) -> str:
    # A value that is too large for the narrow row is too long to be a number, so bodies are never asked.
    attrs, path, *_ = _arguments(element, compiler, kw)
    value = f"json_extract({attrs}, {path})"
    return (
        f"case json_type({attrs}, {path})"
        f" when 'integer' then {value} when 'real' then {value} when 'true' then 1 when 'false' then 0"
        f" when 'text' then {_number_in_text(value)} end"
    )


class _small_truth(_Small):
    name = "small_truth"
    inherit_cache = True
    type = sa.Integer()


@compiles(_small_truth, "sqlite")
def _(element: _small_truth, compiler: SQLCompiler, **kw: Any) -> str:
    attrs, path, *_ = _arguments(element, compiler, kw)
    value = f"json_extract({attrs}, {path})"
    return (
        f"case json_type({attrs}, {path}) when 'true' then 1 when 'false' then 0"
        f" when 'integer' then {_truth_in_number(value)} when 'real' then {_truth_in_number(value)}"
        f" when 'text' then {_truth_in_text(value)} end"
    )


class _small_present(_Small):
    name = "small_present"
    inherit_cache = True
    type = sa.Boolean()


@compiles(_small_present, "sqlite")
def _(element: _small_present, compiler: SQLCompiler, **kw: Any) -> str:
    attrs, path, block, offset, key = _arguments(element, compiler, kw)
    return (
        f"(case when json_type({attrs}, {path}) = 'null' then body_attr({block}, {offset}, {key}) is not null"
        f" when json_type({attrs}, {path}) is not null then 1"
        # '/' follows '.', so these are the keys that begin with the key and a dot.
        f" else exists (select 1 from json_each({attrs}) as below"
        f" where below.key >= {key} || '.' and below.key < {key} || '/') end)"
    )


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, kw: dict[str, Any]) -> list[str]:
    return [compiler.process(argument, **kw) for argument in element.clauses]


class native_num(FunctionElement[float]):
    """A value of the database's own types, read as a number: a number as it is, a text that holds one."""

    name = "native_num"
    inherit_cache = True
    type = sa.Float()


@compiles(native_num, "sqlite")
def _(element: native_num, compiler: SQLCompiler, **kw: Any) -> str:
    (value,) = _arguments(element, compiler, kw)
    return f"case typeof({value}) when 'text' then {_number_in_text(value)} when 'blob' then null else {value} end"


class native_truth(FunctionElement[int]):
    """A value of the database's own types, read as 1 or 0."""

    name = "native_truth"
    inherit_cache = True
    type = sa.Integer()


@compiles(native_truth, "sqlite")
def _(element: native_truth, compiler: SQLCompiler, **kw: Any) -> str:
    (value,) = _arguments(element, compiler, kw)
    return f"case typeof({value}) when 'text' then {_truth_in_text(value)} else {_truth_in_number(value)} end"


def _number_in_text(text: str) -> str:
    # Nested, because json_type raises on what is not JSON.
    return (
        f"(case when length({text}) <= {NUMERIC_TEXT} and json_valid({text}) then"
        f" case when json_type({text}) in ('integer', 'real') then json_extract({text}, '$') end end)"
    )


def _truth_in_text(text: str) -> str:
    return f"(case lower({text}) when 'true' then 1 when 'false' then 0 end)"


def _truth_in_number(number: str) -> str:
    return f"(case {number} when 1 then 1 when 0 then 0 end)"


class body_attr(FunctionElement[Any]):
    """An attribute as the body has it: a text, a number, 1 or 0 for true or false, JSON of a list; NULL without one."""

    name = "body_attr"
    inherit_cache = True
    type = sa.types.NULLTYPE

    def __init__(self, key: str, row: sa.FromClause = span) -> None:
        super().__init__(row.c.block, row.c.block_offset, sa.literal(key, sa.Text))


@compiles(body_attr, "sqlite")
def _(element: body_attr, compiler: SQLCompiler, **kw: Any) -> str:
    return f"body_attr({compiler.process(element.clauses, **kw)})"


class body_text(FunctionElement[str]):
    """A whole text of a span's body; NULL when it has none."""

    name = "body_text"
    inherit_cache = True
    type = sa.Text()

    def __init__(self, part: Literal["input", "output", "events"], row: sa.FromClause = span) -> None:
        super().__init__(row.c.block, row.c.block_offset, sa.literal(part, sa.Text))
        self.part = part
        self.row = row


@compiles(body_text, "sqlite")
def _(element: body_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"body_text({compiler.process(element.clauses, **kw)})"


def contains_text(
    whole: sa.ColumnElement[str], part: sa.ColumnElement[str] | str, *, or_false: bool = False
) -> sa.ColumnElement[bool]:
    """Whether the whole contains the part, without regard to case as `domain.filter` means it.

    With `or_false` it may be false where it should be NULL, which is faster.
    """
    if not isinstance(part, str):
        return _contains_any(whole, part)
    needle = part.lower() if part.isascii() else part
    if isinstance(whole, body_text):
        pointer = whole.row.c.block, whole.row.c.block_offset
        what = sa.literal(f"{whole.part}:{needle}", sa.Text)
        if not or_false:
            return _body_contains(*pointer, what)
        return _sifted_holds(whole.row, whole.part, what) if whole.part in SIFTED else _body_holds(*pointer, what)
    if isinstance(whole, sa.ScalarSelect) and isinstance(whole.element, sa.Select):
        (its,) = whole.element.selected_columns
        if isinstance(its, body_text):  # of a parent or a root: it is looked for there
            holds = contains_text(its, part, or_false=or_false)
            return whole.element.with_only_columns(holds).scalar_subquery()
    literal = sa.literal(needle, sa.Text)
    return _contains_ascii(whole, literal) if part.isascii() else _contains_any(whole, literal)


def without_sieves(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The same condition for blocks whose sieves were asked already."""

    def plainly(element: Any, **_: Any) -> Any:
        return _body_holds(*list(element.clauses)[:3]) if isinstance(element, _sifted_holds) else None

    plain: sa.ColumnElement[bool] = replacement_traverse(condition, {}, plainly)
    return plain


class _contains_ascii(FunctionElement[bool]):
    name = "contains_ascii"
    inherit_cache = True
    type = sa.Boolean()


@compiles(_contains_ascii, "sqlite")
def _(element: _contains_ascii, compiler: SQLCompiler, **kw: Any) -> str:
    whole, part = _arguments(element, compiler, kw)
    # SQLite's lower() knows ASCII only, which is all that is wanted here.
    return f"(instr(lower({whole}), {part}) > 0)"


class _body_contains(FunctionElement[bool]):
    """The same of a text in the body, which need not leave its block for that."""

    name = "body_contains"
    inherit_cache = True
    type = sa.Boolean()


@compiles(_body_contains, "sqlite")
def _(element: _body_contains, compiler: SQLCompiler, **kw: Any) -> str:
    return f"body_contains({compiler.process(element.clauses, **kw)})"


class _body_holds(FunctionElement[bool]):
    """The same, but false where there is no text: most blocks need not be unpacked for that."""

    name = "body_holds"
    inherit_cache = True
    type = sa.Boolean()


class _sifted_holds(_body_holds):
    """The same of a column that has sieves."""

    inherit_cache = True

    def __init__(self, row: sa.FromClause, part: str, what: sa.ColumnElement[str]) -> None:
        super().__init__(row.c.block, row.c.block_offset, what, sa.literal_column(f"{part}s"))


@compiles(_body_holds, "sqlite")
def _(element: _body_holds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"body_holds({compiler.process(element.clauses, **kw)})"


@compiles(_sifted_holds, "sqlite")
def _(element: _sifted_holds, compiler: SQLCompiler, **kw: Any) -> str:
    # What is common is found in the newest blocks, block by block. Who has to go on looks through all sieves at once:
    # then a row costs half, because no Python is called for it.
    block, offset, what, column = _arguments(element, compiler, kw)
    return (
        f"(case when {block} > (select max(id) - {NEWEST_BLOCKS} from span_block)"
        f" or {block} not in (select block from block_sieve where sieve_lacks({column}, {what}))"
        f" then body_holds({block}, {offset}, {what}) else 0 end)"
    )


class _contains_any(FunctionElement[bool]):
    name = "contains_any"
    inherit_cache = True
    type = sa.Boolean()


@compiles(_contains_any, "sqlite")
def _(element: _contains_any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"contains_text({compiler.process(element.clauses, **kw)})"


class cost_part(FunctionElement[float]):
    """Tokens or cost of one type of tokens of a span: see `domain.filter.costs`."""

    name = "cost_part"
    inherit_cache = True
    type = sa.Float()

    def __init__(
        self, row: sa.FromClause, what: Literal["tokens", "cost"], whole: sa.ColumnElement[Any], kind: sa.FromClause
    ) -> None:
        what_column = sa.literal_column(f"'{what}'", sa.Text)
        super().__init__(row.c.attrs, what_column, kind.c.is_prompt, kind.c.token_type, whole)


@compiles(cost_part, "sqlite")
def _(element: cost_part, compiler: SQLCompiler, **kw: Any) -> str:
    return f"cost_part({compiler.process(element.clauses, **kw)})"


class subtree_sum(FunctionElement[int]):
    """The sum of an expression over a span and all below it; 0 where it is NULL for all of them.

    The expression is SQL, the same for all engines, over the columns of `span`, here called `member`.
    """

    name = "subtree_sum"
    inherit_cache = True
    type = sa.BigInteger()

    def __init__(self, expression: str, row: sa.FromClause = span) -> None:
        super().__init__(row.c.id, row.c.trace_id, sa.literal_column(expression))


@compiles(subtree_sum)
def _(element: subtree_sum, compiler: SQLCompiler, **kw: Any) -> str:
    row, trace_id, expression = _arguments(element, compiler, kw)
    # `family` gets an index of its own, else each generation would read the trace again. `union` ends cycles.
    return (
        "(with recursive family as materialized"
        f" (select id, span_id, parent_id from span as relative where relative.trace_id = {trace_id}),"
        f" subtree (id, span_id) as (select id, span_id from family where id = {row}"
        " union select family.id, family.span_id from subtree join family on family.parent_id = subtree.span_id)"
        f" select coalesce(sum({expression}), 0) from subtree join span as member on member.id = subtree.id)"
    )
