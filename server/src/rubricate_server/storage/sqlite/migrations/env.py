"""Alembic's entry: one connection, one transaction for each migration."""

import sqlite3  # noqa: TID251  # the engine

import sqlalchemy as sa
from alembic import context

engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url") or "")


# Python's driver would commit before every change of the schema, and leave half of a migration that fails.
@sa.event.listens_for(engine, "connect")
def _leave_transactions_alone(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    connection.execute("pragma busy_timeout = 10000")


@sa.event.listens_for(engine, "begin")
def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin immediate")


try:
    with engine.connect() as connection:
        context.configure(connection=connection, transactional_ddl=True, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
finally:
    engine.dispose()
