"""How often a run was put off for a reason of its own, and when a webhook that fails was tried last."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("webhooks", sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("webhooks", "probed_at")
    op.drop_column("runs", "failures")
