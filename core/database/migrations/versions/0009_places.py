"""Where jobs are and what triage found, so that a job finds others at its site."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As `core.database.places.place_of` files them; the cell's edge is 0.001 degrees.
OLD_JOBS = """
UPDATE jobs SET
    place = round((job.input #>> '{site,latitude}')::float8 / 0.001)::bigint || '/'
         || round((job.input #>> '{site,longitude}')::float8 / 0.001)::bigint,
    asset = found.document #>> '{triage,asset}',
    failure_mode = found.document #>> '{triage,failure_mode}'
FROM jobs AS job LEFT JOIN results AS found ON found.job_id = job.id AND found.version = job.result_version
WHERE job.id = jobs.id
"""


def upgrade() -> None:
    for column in ("place", "asset", "failure_mode"):
        op.add_column("jobs", sa.Column(column, sa.String(), nullable=True))
    op.execute(OLD_JOBS)
    op.create_index(
        "ix_jobs_place_id", "jobs", ["place", "id"], postgresql_where=sa.text("asset IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_place_id", "jobs")
    for column in ("failure_mode", "asset", "place"):
        op.drop_column("jobs", column)
