"""The queue tells of what was put into it, and not of statements that put nothing there."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TRIGGER tg_pgqueuer_changed ON pgqueuer")
    op.execute(
        """
        CREATE TRIGGER tg_pgqueuer_changed AFTER UPDATE OR DELETE OR TRUNCATE ON pgqueuer
        EXECUTE FUNCTION fn_pgqueuer_changed()
        """
    )
    op.execute(
        """
        CREATE FUNCTION fn_pgqueuer_inserted() RETURNS TRIGGER AS $$
        BEGIN
            IF EXISTS (SELECT FROM inserted) THEN
                PERFORM pg_notify('ch_pgqueuer', json_build_object(
                    'channel', 'ch_pgqueuer', 'operation', 'insert', 'sent_at', now(), 'table', 'pgqueuer',
                    'type', 'table_changed_event')::text);
            END IF;
            RETURN NULL;
        END;
        $$ LANGUAGE plpgsql
        """
    )
    op.execute(
        """
        CREATE TRIGGER tg_pgqueuer_inserted AFTER INSERT ON pgqueuer REFERENCING NEW TABLE AS inserted
        FOR EACH STATEMENT EXECUTE FUNCTION fn_pgqueuer_inserted()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER tg_pgqueuer_inserted ON pgqueuer")
    op.execute("DROP FUNCTION fn_pgqueuer_inserted")
    op.execute("DROP TRIGGER tg_pgqueuer_changed ON pgqueuer")
    op.execute(
        """
        CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pgqueuer
        EXECUTE FUNCTION fn_pgqueuer_changed()
        """
    )
