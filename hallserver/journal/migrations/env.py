"""Run by Alembic. The connection is handed over by `hallserver.journal.schema.migrate`."""

from alembic import context

from hallserver.journal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place: Alembic copies it (batch mode).
    render_as_batch=True,
    transaction_per_migration=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
