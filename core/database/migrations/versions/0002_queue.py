"""The queue's tables: the schema of PgQueuer 1.6.0, frozen here so that an upgrade of it is a migration."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).with_suffix(".sql")

DROP = """
DROP TABLE pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics;
DROP FUNCTION fn_pgqueuer_changed();
DROP TYPE pgqueuer_status;
"""


def upgrade() -> None:
    _several_statements(SCHEMA.read_text())


def downgrade() -> None:
    _several_statements(DROP)


def _several_statements(sql: str) -> None:
    # asyncpg prepares what SQLAlchemy sends, and a prepared statement is a single one. The raw connection
    # takes several, in the transaction that the select has begun.
    connection = op.get_bind()
    connection.execute(text("SELECT 1"))
    connection.connection.run_async(lambda raw: raw.execute(sql))
