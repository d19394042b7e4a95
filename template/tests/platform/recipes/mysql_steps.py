"""The bodies of revisions that change a table while it is in use: each is one revision.

`undo_NAME` is the downgrade of NAME.
"""

import sqlalchemy as sa
from alembic import op


def add_country() -> None:
    op.add_column("parcel", sa.Column("country", sa.String(2)))


def undo_add_country() -> None:
    op.drop_column("parcel", "country")


def require_country() -> None:
    op.execute(
        "ALTER TABLE parcel MODIFY country VARCHAR(2) NOT NULL, ALGORITHM=INPLACE, LOCK=NONE"
    )


def undo_require_country() -> None:
    op.execute("ALTER TABLE parcel MODIFY country VARCHAR(2) NULL, ALGORITHM=INPLACE, LOCK=NONE")


def add_grams() -> None:
    op.add_column("parcel", sa.Column("grams", sa.BigInteger()))
    keep_weight_equal()


def keep_weight_equal() -> None:
    op.execute("""
        CREATE TRIGGER parcel_weight_inserted BEFORE INSERT ON parcel FOR EACH ROW
        SET NEW.grams = COALESCE(NEW.grams, NEW.weight), NEW.weight = NEW.grams
    """)
    op.execute("""
        CREATE TRIGGER parcel_weight_updated BEFORE UPDATE ON parcel FOR EACH ROW
        IF NEW.grams <=> OLD.grams THEN SET NEW.grams = NEW.weight;
        ELSE SET NEW.weight = NEW.grams; END IF
    """)


def undo_add_grams() -> None:
    op.execute("DROP TRIGGER parcel_weight_inserted")
    op.execute("DROP TRIGGER parcel_weight_updated")
    op.drop_column("parcel", "grams")


def require_grams() -> None:
    op.execute("ALTER TABLE parcel MODIFY grams BIGINT NOT NULL, ALGORITHM=INPLACE, LOCK=NONE")


def undo_require_grams() -> None:
    op.execute("ALTER TABLE parcel MODIFY grams BIGINT NULL, ALGORITHM=INPLACE, LOCK=NONE")


def make_weight_nullable() -> None:
    op.execute("ALTER TABLE parcel MODIFY weight INTEGER NULL, ALGORITHM=INPLACE, LOCK=NONE")


def undo_make_weight_nullable() -> None:
    op.execute("ALTER TABLE parcel MODIFY weight INTEGER NOT NULL, ALGORITHM=INPLACE, LOCK=NONE")


def drop_weight() -> None:
    op.execute("DROP TRIGGER parcel_weight_inserted")
    op.execute("DROP TRIGGER parcel_weight_updated")
    op.drop_column("parcel", "weight")


def undo_drop_weight() -> None:
    op.add_column("parcel", sa.Column("weight", sa.Integer()))
    op.execute("UPDATE parcel SET weight = grams")
    keep_weight_equal()


def add_index() -> None:
    op.create_index(op.f("ix_parcel_sent_at"), "parcel", ["sent_at"])


def drop_index() -> None:
    op.drop_index(op.f("ix_parcel_sent_at"), "parcel")


def add_unique() -> None:
    op.execute(
        "ALTER TABLE parcel ADD UNIQUE INDEX uq_parcel_number (number), "
        "ALGORITHM=INPLACE, LOCK=NONE"
    )


def undo_add_unique() -> None:
    op.drop_index(op.f("uq_parcel_number"), "parcel")


def add_foreign_key() -> None:
    op.execute("SET foreign_key_checks = 0")
    op.execute(
        "ALTER TABLE parcel ADD CONSTRAINT fk_parcel_sender_id_sender FOREIGN KEY (sender_id) "
        "REFERENCES sender (id), ALGORITHM=INPLACE, LOCK=NONE"
    )
    op.execute("SET foreign_key_checks = 1")


def undo_add_foreign_key() -> None:
    op.drop_constraint(op.f("fk_parcel_sender_id_sender"), "parcel", type_="foreignkey")
