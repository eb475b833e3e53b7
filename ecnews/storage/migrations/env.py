"""Alembic runs this; the connection and its transaction are the caller's (`__init__.py`)."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
