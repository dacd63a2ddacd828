"""What tables are made with."""

import sqlalchemy as sa

metadata = sa.MetaData()
"""All tables of the schema. Import it from the package, which knows them all."""


def row_key(table: str) -> sa.Column[int]:
    """The column `id`, for a table whose rows are called `table` in global ids."""
    return sa.Column("id", sa.Integer, primary_key=True, comment=f"row id; the number in {table}'s global id")
