"""One technician, one visit at a time; what failed is found without a search."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# GiST knows no uuid without an extension that not every server has; an IPv6 address is the same 128 bits.
TECHNICIAN = (
    r"CAST(regexp_replace(replace(CAST(technician_id AS text), '-', ''), '(.{4})(?!$)', '\1:', 'g') AS inet)"
)
FAILED = (("runs", "id"), ("webhook_deliveries", "webhook_id"))


def upgrade() -> None:
    op.execute(
        "ALTER TABLE jobs ADD CONSTRAINT ex_jobs_one_visit_at_a_time EXCLUDE USING gist ("
        f"({TECHNICIAN}) inet_ops WITH =, tstzrange(visit_start, visit_end) WITH &&"
        ") WHERE (technician_id IS NOT NULL AND visit_start IS NOT NULL AND closed_at IS NULL)"
    )
    for table, column in FAILED:
        op.create_index(f"ix_{table}_failed", table, [column], postgresql_where=sa.text("status = 'failed'"))


def downgrade() -> None:
    for table, _ in FAILED:
        op.drop_index(f"ix_{table}_failed", table)
    op.drop_constraint("ex_jobs_one_visit_at_a_time", "jobs")
