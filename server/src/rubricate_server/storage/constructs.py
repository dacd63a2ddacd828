"""SQL that engines spell differently, as SQLAlchemy constructs compiled for each."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from rubricate_server.storage.schema import span


class attr_json(FunctionElement[str]):
    """An attribute of a span as JSON text (`"gpt-4o"`, `12`, `true`, `["a"]`); NULL when the span has none.

    `key` is the flat dotted key, such as `metadata.tier`. Small attributes come from the span's narrow row;
    where that holds a null, the value is too large for it and comes from the body.
    """

    name = "attr_json"
    inherit_cache = True
    type = sa.Text()

    def __init__(self, key: str, table: Any = span) -> None:
        super().__init__(table.c.attrs, table.c.block, table.c.block_offset, sa.literal(key))


@compiles(attr_json, "sqlite")
def _(element: attr_json, compiler: SQLCompiler, **kw: Any) -> str:
    return f"rubricate_attr({compiler.process(element.clauses, **kw)})"


class body_text(FunctionElement[str]):
    """The whole `input` or `output` of a span; NULL when it has none."""

    name = "body_text"
    inherit_cache = True
    type = sa.Text()

    def __init__(self, column: str, table: Any = span) -> None:
        super().__init__(table.c.block, table.c.block_offset, sa.literal(column))


@compiles(body_text, "sqlite")
def _(element: body_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"rubricate_body({compiler.process(element.clauses, **kw)})"
