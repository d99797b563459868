"""Where an authority files a cell, so that its warnings are heard at every look and not with the forecast only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("weather_cells", sa.Column("warned_as", JSONB(none_as_null=True), nullable=True))
    op.add_column("weather_cells", sa.Column("zones_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("weather_cells", sa.Column("official_problem", sa.String(), nullable=True))


def downgrade() -> None:
    for column in ("official_problem", "zones_due_at", "warned_as"):
        op.drop_column("weather_cells", column)
