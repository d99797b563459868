"""What providers said about the climate of places."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "climate_years",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("uncertainty_percent", sa.Float(), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("notes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_climate_years"),
    )
    op.create_table(
        "design_temperatures",
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("cell", name="pk_design_temperatures"),
    )


def downgrade() -> None:
    op.drop_table("design_temperatures")
    op.drop_table("climate_years")
