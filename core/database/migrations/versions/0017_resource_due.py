"""When the climate of a job that was sized for a stand-in is asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("resource_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_jobs_resource_due_at",
        "jobs",
        ["resource_due_at"],
        postgresql_where=sa.text("resource_due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_resource_due_at", "jobs")
    op.drop_column("jobs", "resource_due_at")
