"""Notifications go through the outbox of webhooks: each address that is told is a row beside them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHANNEL = postgresql.ENUM("webhook", "dispatcher", "technician", name="outbox_channel", create_type=False)


def upgrade() -> None:
    CHANNEL.create(op.get_bind())
    op.add_column(
        "webhooks", sa.Column("channel", CHANNEL, server_default=sa.text("'webhook'"), nullable=False)
    )
    op.alter_column("webhooks", "created_by", nullable=True)
    op.create_index(
        "uq_webhooks_url", "webhooks", ["url"], unique=True, postgresql_where=sa.text("channel <> 'webhook'")
    )


def downgrade() -> None:
    op.execute("DELETE FROM webhooks WHERE channel <> 'webhook'")
    op.drop_index("uq_webhooks_url", "webhooks")
    op.alter_column("webhooks", "created_by", nullable=False)
    op.drop_column("webhooks", "channel")
    CHANNEL.drop(op.get_bind())
