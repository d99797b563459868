"""Words that jobs are found by, and indexes for what grows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILTERS = (
    ("technician_id", "id"),
    ("kind", "id"),
    ("priority", "id"),
    ("created_by", "status", "id"),
    ("technician_id", "status", "id"),
)

# The words of jobs that are there already, as near as SQL comes to `core.database.search`.
WORDS_OF_OLD_JOBS = r"""
UPDATE jobs SET words = array_to_tsvector(ARRAY(
    SELECT DISTINCT left(word, 64) FROM regexp_split_to_table(lower(concat_ws(
        ' ', input->>'description', input#>>'{customer,name}', input#>>'{site,address}', input#>>'{ticket,text}'
    )), '[^[:alnum:]]+') AS word WHERE word <> '' LIMIT 2000
))
"""


def upgrade() -> None:
    # The default serves processes of the version before, which may still accept jobs.
    op.add_column("jobs", sa.Column("words", TSVECTOR(), server_default=sa.text("''"), nullable=False))
    op.execute(WORDS_OF_OLD_JOBS)
    op.create_index(
        "ix_jobs_words", "jobs", ["words"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )
    for columns in FILTERS:
        op.create_index(f"ix_jobs_{'_'.join(columns)}", "jobs", columns)
    op.create_index(
        "ix_jobs_closed", "jobs", ["closed_at"], postgresql_where=sa.text("closed_at IS NOT NULL")
    )
    op.drop_index("ix_webhook_deliveries_pending", "webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        [sa.literal_column("coalesce(next_attempt_at, created_at)")],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_webhook_deliveries_tried",
        "webhook_deliveries",
        [sa.literal_column("coalesce(last_attempt_at, created_at)")],
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_tried", "webhook_deliveries")
    op.drop_index("ix_webhook_deliveries_due", "webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_jobs_closed", "jobs")
    for columns in FILTERS:
        op.drop_index(f"ix_jobs_{'_'.join(columns)}", "jobs")
    op.drop_index("ix_jobs_words", "jobs")
    op.drop_column("jobs", "words")
