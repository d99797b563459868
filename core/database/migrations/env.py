"""Alembic's environment; `core.database.schema` runs it with an open connection."""

from alembic import context
from sqlalchemy.schema import SchemaItem

from core.database import credential_tables, models, outbox_tables, service_tables, weather_tables

TABLES = (
    models.JobRow,
    credential_tables.LoginRow,
    outbox_tables.WebhookRow,
    service_tables.ScheduleTickRow,
    weather_tables.WeatherCellRow,
)
"""One of each module that describes tables: all of them have to be known."""

QUEUE = "pgqueuer"


def ours(
    item: SchemaItem, name: str | None, kind: str, reflected: bool, compare_to: SchemaItem | None
) -> bool:
    """Leave the queue's own tables out of the comparison; migrations carry them as frozen SQL."""
    del item, kind, reflected, compare_to
    return name is None or QUEUE not in name


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES[0].metadata,
    include_object=ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
