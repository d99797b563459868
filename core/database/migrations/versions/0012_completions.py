"""How jobs ended beside what triage had said; results that a person made and no run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "completions",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("completed_by", sa.Uuid(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("feedback", sa.String(), nullable=True),
        sa.Column("actual_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parts", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("confirmed_asset", sa.String(), nullable=True),
        sa.Column("confirmed_cause", sa.String(), nullable=True),
        sa.Column("result_version", sa.Integer(), nullable=True),
        sa.Column("said_asset", sa.String(), nullable=True),
        sa.Column("said_failure_mode", sa.String(), nullable=True),
        sa.Column("said_cause", sa.String(), nullable=True),
        sa.Column("said_confidence", sa.Float(), nullable=True),
        sa.CheckConstraint("actual_end >= actual_start", name="ck_completions_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_completions_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["completed_by"], ["users.id"], name="fk_completions_completed_by_users"),
        sa.PrimaryKeyConstraint("job_id", name="pk_completions"),
    )
    op.alter_column("results", "run_id", nullable=True)


def downgrade() -> None:
    op.execute(
        "UPDATE results SET run_id = (SELECT id FROM runs WHERE runs.job_id = results.job_id ORDER BY id DESC LIMIT 1)"
        " WHERE run_id IS NULL"
    )
    op.alter_column("results", "run_id", nullable=False)
    op.drop_table("completions")
