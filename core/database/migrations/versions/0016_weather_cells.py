"""Forecasts by cell, alerts by job, and what each refresh came to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "weather_cells",
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("judged", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("official", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("cell", name="pk_weather_cells"),
    )
    op.create_index("ix_weather_cells_due_at", "weather_cells", ["due_at"])
    op.create_index(
        "ix_weather_cells_unjudged", "weather_cells", ["cell"], postgresql_where=sa.text("NOT judged")
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_alerts_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    open_only = sa.text("closed_at IS NULL")
    op.create_index("ix_alerts_job_id", "alerts", ["job_id"])
    op.create_index("ix_alerts_open", "alerts", ["id"], postgresql_where=open_only)
    op.create_index("ix_alerts_ends_at", "alerts", ["ends_at"], postgresql_where=open_only)
    op.create_index(
        "ix_alerts_closed", "alerts", ["closed_at"], postgresql_where=sa.text("closed_at IS NOT NULL")
    )
    op.create_table(
        "weather_refreshes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_weather_refreshes"),
    )
    op.create_index("ix_weather_refreshes_started_at", "weather_refreshes", ["started_at"])
    op.add_column("jobs", sa.Column("weather_cell", sa.String(), nullable=True))
    op.create_index("ix_jobs_weather_cell", "jobs", ["weather_cell"], postgresql_where=open_only)
    op.drop_column("jobs", "weather_at")


def downgrade() -> None:
    op.add_column("jobs", sa.Column("weather_at", INSTANT, nullable=True))
    op.drop_index("ix_jobs_weather_cell", "jobs")
    op.drop_column("jobs", "weather_cell")
    for table in ("weather_refreshes", "alerts", "weather_cells"):
        op.drop_table(table)
