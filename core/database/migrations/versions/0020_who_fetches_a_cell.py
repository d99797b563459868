"""The run that fetches a cell: when its worker is gone, the next one need not wait for the lease to end."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("weather_cells", sa.Column("held_by", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("weather_cells", "held_by")
