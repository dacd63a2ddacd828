"""What stands in the data: values, names and keys, from the newest rows or along indexes."""

from typing import Any

import sqlalchemy as sa

from rubricate.records.annotation import TargetKind
from rubricate.records.item import ItemKind
from rubricate_server.domain.filter.expressions import Attribute, Field
from rubricate_server.storage.constructs import in_narrow_row
from rubricate_server.storage.contract import (
    FoundValue,
    FoundValues,
    LabelPairs,
    MatrixQuery,
    ShareQuery,
    StoredShare,
)
from rubricate_server.storage.filter import compile_name
from rubricate_server.storage.schema import annotation, session, span, trace
from rubricate_server.storage.spans import of_project
from rubricate_server.storage.sqlite.agreement import read_label_pairs, read_shares
from rubricate_server.storage.sqlite.connection import reading

SAMPLE = {"span": 4000, "trace": 1000, "session": 500}
"""Newest records that are looked at: values of traces and sessions come from their root spans."""
UNPACKED = 8
"""Where bodies must be unpacked, the sample is so many times smaller."""
SAMPLED_ANNOTATIONS = 4000
SAMPLED_KEYS = 1000
SAMPLED_KINDS = 200
"""Newest annotations of a name that are looked at for what kind of target they are about."""
LONGEST = 200
"""Characters of a value: nobody picks longer ones from a list."""

_TABLES: dict[ItemKind, sa.Table] = {"span": span, "trace": trace, "session": session}


class SqliteExplore:
    """`ExploreStore` on SQLite."""

    def __init__(self, readers: sa.Engine) -> None:
        self._readers = readers

    def values(
        self, project_id: int, record: ItemKind, name: Field | Attribute, prefix: str, limit: int
    ) -> FoundValues:
        """See the contract."""
        table = _TABLES[record]
        sample = SAMPLE[record]
        if isinstance(name, Attribute) and not in_narrow_row(name.key):
            sample //= UNPACKED
        # Each in the order of an index; only spans have one by row.
        newest_first = table.c.id.desc() if table is span else table.c.start_ns.desc()
        newest = (
            sa.select(table.c.id)
            .where(*of_project(table, project_id))
            .order_by(newest_first)
            .limit(sample)
            .subquery("newest")
        )
        # Joined, because the value may be a subquery about the table itself.
        value = compile_name(name, record).label("value")
        rows = sa.select(value).select_from(newest.join(table, table.c.id == newest.c.id))
        return self._counted(rows, newest, sample, prefix, limit)

    def annotation_values(
        self, project_id: int, target_kind: TargetKind, name: str, field: str, prefix: str, limit: int
    ) -> FoundValues:
        """See the contract."""
        column = annotation.c
        newest = (
            sa.select(column.target_kind, column[field].label("value"))
            .where(*of_project(annotation, project_id), column.name == name)
            .order_by(column.id.desc())
            .limit(SAMPLED_ANNOTATIONS)
            .subquery("newest")
        )
        rows = sa.select(newest.c.value).where(newest.c.target_kind == target_kind)
        return self._counted(rows, newest, SAMPLED_ANNOTATIONS, prefix, limit)

    def _counted(self, rows: sa.Select[Any], newest: sa.Subquery, sample: int, prefix: str, limit: int) -> FoundValues:
        found = rows.subquery("found")
        value = found.c.value
        where = [value.is_not(None), sa.func.length(value) <= LONGEST]
        if prefix:
            where.append(value.like(_pattern(prefix), escape="\\"))
        count = sa.func.count()
        commonest = sa.select(value, count).where(*where).group_by(value).order_by(count.desc(), value).limit(limit)
        with reading(self._readers) as connection:
            values = tuple(FoundValue._make(row) for row in connection.execute(commonest))
            looked_at = connection.execute(sa.select(sa.func.count()).select_from(newest)).scalar_one()
        return FoundValues(values, looked_at >= sample)

    def annotation_names(self, project_id: int, target_kind: TargetKind | None, limit: int) -> list[str]:
        """See the contract."""
        wanted = {"project": project_id, "kind": target_kind, "limit": limit, "newest": SAMPLED_KINDS}
        with reading(self._readers) as connection:
            return list(connection.execute(_NAMES, wanted).scalars())

    def attribute_keys(self, project_id: int) -> FoundValues:
        """See the contract."""
        with reading(self._readers) as connection:
            rows = connection.execute(_KEYS, {"project": project_id, "newest": SAMPLED_KEYS}).fetchall()
        looked_at = rows[0][2] if rows else 0
        return FoundValues(tuple(FoundValue(key, count) for key, count, _ in rows), looked_at >= SAMPLED_KEYS)

    def label_pairs(self, query: MatrixQuery) -> list[LabelPairs]:
        """See the contract."""
        with reading(self._readers) as connection:
            return read_label_pairs(connection, query)

    def shares(self, query: ShareQuery, most_groups: int, most_labels: int) -> list[StoredShare]:
        """See the contract."""
        with reading(self._readers) as connection:
            return read_shares(connection, query, most_groups, most_labels)


def _pattern(prefix: str) -> str:
    quoted = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{quoted}%"


# From one name to the next along ix_annotation_name: the annotations between are not read.
_NAMES = sa.text(
    """
    with recursive found (name) as (
        select min(name) from annotation
        where project_id = :project and exists (select 1 from project where id = :project and deleted_us is null)
        union all
        select (select min(name) from annotation where project_id = :project and name > found.name)
        from found where found.name is not null
    )
    select name from found
    where name is not null and (:kind is null or :kind in (
        select target_kind from (
            select target_kind from annotation where project_id = :project and name = found.name
            order by id desc limit :newest
        )
    ))
    limit :limit
    """
)

_KEYS = sa.text(
    """
    with newest as materialized (
        select attrs, session_id, user_id, model, provider from span
        where project_id = :project and exists (select 1 from project where id = :project and deleted_us is null)
        order by id desc limit :newest
    )
    select key, count(*) as n, (select count(*) from newest) from (
        select json_each.key as key from newest, json_each(newest.attrs)
        union all select 'session.id' from newest where session_id is not null
        union all select 'user.id' from newest where user_id is not null
        union all select 'llm.model_name' from newest where model is not null
        union all select 'llm.provider' from newest where provider is not null
    )
    group by key order by n desc, key
    """
)
