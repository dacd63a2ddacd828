"""Which blocks may have the texts that a condition needs: what few items have is found along these, not along all."""

import sqlalchemy as sa

from rubricate_server.domain.filter import Condition
from rubricate_server.domain.filter.expressions import (
    And,
    AsText,
    Attribute,
    Containment,
    Field,
    Items,
    Literal,
    Or,
    Some,
    Test,
)
from rubricate_server.domain.filter.logic import negations_inward
from rubricate_server.storage.constructs import SIFTED
from rubricate_server.storage.schema import block_sieve, span_block
from rubricate_server.storage.sqlite.sieve import codes_of

SHORT = 8
"""A list with more than one of so many blocks of the project is none: looking at all items is not much dearer then."""


def needs_text(condition: Condition | None) -> bool:
    """Whether sieves can tell of blocks that they have nothing for which the condition is true."""
    return condition is not None and _may_hold(negations_inward(condition.test), condition.record) is not None


def shortlist(connection: sa.Connection, project_id: int, condition: Condition) -> list[int] | None:
    """The blocks that may have spans for which the condition is true; None when they are not few.

    Of a condition on traces: blocks of which one at least has a span of each trace for which it is true.
    """
    may_hold = _may_hold(negations_inward(condition.test), condition.record)
    if may_hold is None:
        return None
    of_project = span_block.c.project_id == project_id
    blocks = sa.select(sa.func.count()).where(of_project)
    sifted = span_block.outerjoin(block_sieve, block_sieve.c.block == span_block.c.id)
    wanted = sa.select(span_block.c.id).select_from(sifted).where(of_project, may_hold)
    most = connection.execute(blocks).scalar_one() // SHORT
    found = list(connection.execute(wanted.limit(most + 1)).scalars())
    return None if len(found) > most else found


def _may_hold(test: Test, record: str) -> sa.ColumnElement[bool] | None:
    """What must be true of the sieves of a block, if anything must."""
    match test:
        case And(tests):
            parts = [part for part in (_may_hold(each, record) for each in tests) if part is not None]
            # What a trace needs may be in several blocks, so only one thing can be asked of each.
            return None if not parts else sa.and_(*parts) if record == "span" else parts[0]
        case Or(tests):
            options = [_may_hold(each, record) for each in tests]
            known = [option for option in options if option is not None]
            return sa.or_(*known) if len(known) == len(options) else None
        case Some(Items("spans" | "root_spans", of)) if record == "trace":
            return _may_hold(negations_inward(of), "span")
        case Containment(Literal(str() as text), whole) if record in ("span", "trace"):
            part = _part(whole)
            return None if part is None or not codes_of(text) else ~_lacks(part, text)
        case _:
            return None


def _lacks(part: str, text: str) -> sa.ColumnElement[bool]:
    what = sa.literal(f"{part}:{text}", sa.Text)
    return sa.func.sieve_lacks(block_sieve.c[f"{part}s"], what, type_=sa.Boolean)


def _part(value: object) -> str | None:
    """The part of bodies that a value is, if it has sieves."""
    match value:
        case Field(name) if name in SIFTED:
            return name
        case AsText(Attribute(key)) if key.removesuffix(".value") in SIFTED and key.endswith(".value"):
            return key.removesuffix(".value")
        case _:
            return None
