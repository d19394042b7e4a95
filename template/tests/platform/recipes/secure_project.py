"""The body of a revision: the database compares each row with the tenant of the transaction."""

from alembic import op

accepted_operations = {"execute ALTER"}

# After a transaction with a setting, the setting is an empty string and not NULL.
IS_OWN = "tenant_id = NULLIF(current_setting('app.tenant', true), '')::uuid"


def upgrade() -> None:
    op.execute("ALTER TABLE project ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE project FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON project USING ({IS_OWN})")


def downgrade() -> None:
    op.execute("DROP POLICY own_tenant ON project")
    op.execute("ALTER TABLE project NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE project DISABLE ROW LEVEL SECURITY")
