"""${message}

Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    op.execute("SET lock_wait_timeout = 5, innodb_lock_wait_timeout = 5")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    op.execute("SET lock_wait_timeout = 5, innodb_lock_wait_timeout = 5")
    ${downgrades if downgrades else "pass"}
