"""The hours of a result's forecast beside its document."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from core.database.result_documents import put_together

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PAGE = 200


def upgrade() -> None:
    op.add_column("results", sa.Column("forecast_hours", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Older versions read whole documents only."""
    connection = op.get_bind()
    apart = sa.text(
        "SELECT job_id, version, document, forecast_hours FROM results WHERE forecast_hours IS NOT NULL LIMIT :page"
    ).columns(document=JSONB)
    whole = sa.text(
        "UPDATE results SET document = :document, forecast_hours = NULL WHERE job_id = :job_id AND version = :version"
    ).bindparams(sa.bindparam("document", type_=JSONB))
    while rows := connection.execute(apart, {"page": PAGE}).all():
        for row in rows:
            document = put_together(row.document, row.forecast_hours)
            connection.execute(whole, {"document": document, "job_id": row.job_id, "version": row.version})
    op.drop_column("results", "forecast_hours")
