"""The bodies of revisions that change a table while it is in use: each is one revision.

`undo_NAME` is the downgrade of NAME.
"""

import sqlalchemy as sa
from alembic import op


def add_country() -> None:
    op.add_column("parcel", sa.Column("country", sa.String(2)))


def undo_add_country() -> None:
    op.drop_column("parcel", "country")


def check_country() -> None:
    condition = "country IS NOT NULL"
    op.create_check_constraint(
        op.f("ck_parcel_country"), "parcel", condition, postgresql_not_valid=True
    )


def undo_check_country() -> None:
    op.drop_constraint(op.f("ck_parcel_country"), "parcel")


def require_country() -> None:
    op.execute("ALTER TABLE parcel VALIDATE CONSTRAINT ck_parcel_country")
    op.alter_column("parcel", "country", existing_type=sa.String(2), nullable=False)
    op.drop_constraint(op.f("ck_parcel_country"), "parcel")


def undo_require_country() -> None:
    op.alter_column("parcel", "country", existing_type=sa.String(2), nullable=True)
    check_country()


def add_grams() -> None:
    op.add_column("parcel", sa.Column("grams", sa.BigInteger()))
    keep_weight_equal()


def keep_weight_equal() -> None:
    op.execute("""
        CREATE FUNCTION parcel_weight_is_grams() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.grams := coalesce(NEW.grams, NEW.weight);
                NEW.weight := NEW.grams;
            ELSIF NEW.grams IS DISTINCT FROM OLD.grams THEN
                NEW.weight := NEW.grams;
            ELSE
                NEW.grams := NEW.weight;
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER parcel_weight_is_grams BEFORE INSERT OR UPDATE ON parcel
        FOR EACH ROW EXECUTE FUNCTION parcel_weight_is_grams()
    """)


def undo_add_grams() -> None:
    op.execute("DROP TRIGGER parcel_weight_is_grams ON parcel")
    op.execute("DROP FUNCTION parcel_weight_is_grams")
    op.drop_column("parcel", "grams")


def check_grams() -> None:
    condition = "grams IS NOT NULL"
    op.create_check_constraint(
        op.f("ck_parcel_grams"), "parcel", condition, postgresql_not_valid=True
    )


def undo_check_grams() -> None:
    op.drop_constraint(op.f("ck_parcel_grams"), "parcel")


def require_grams() -> None:
    op.execute("ALTER TABLE parcel VALIDATE CONSTRAINT ck_parcel_grams")
    op.alter_column("parcel", "grams", existing_type=sa.BigInteger(), nullable=False)
    op.drop_constraint(op.f("ck_parcel_grams"), "parcel")


def undo_require_grams() -> None:
    op.alter_column("parcel", "grams", existing_type=sa.BigInteger(), nullable=True)
    check_grams()


def make_weight_nullable() -> None:
    op.alter_column("parcel", "weight", existing_type=sa.Integer(), nullable=True)


def undo_make_weight_nullable() -> None:
    op.alter_column("parcel", "weight", existing_type=sa.Integer(), nullable=False)


def drop_weight() -> None:
    op.execute("DROP TRIGGER parcel_weight_is_grams ON parcel")
    op.execute("DROP FUNCTION parcel_weight_is_grams")
    op.drop_column("parcel", "weight")


def undo_drop_weight() -> None:
    op.add_column("parcel", sa.Column("weight", sa.Integer()))
    op.execute("UPDATE parcel SET weight = grams")
    keep_weight_equal()


def add_index() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_parcel_sent_at"), "parcel", ["sent_at"], postgresql_concurrently=True
        )


def drop_index() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(op.f("ix_parcel_sent_at"), "parcel", postgresql_concurrently=True)


def add_unique() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("uq_parcel_number"),
            "parcel",
            ["number"],
            unique=True,
            postgresql_concurrently=True,
        )
        op.execute("SET lock_timeout = '5s'")
        op.execute(
            "ALTER TABLE parcel ADD CONSTRAINT uq_parcel_number UNIQUE USING INDEX uq_parcel_number"
        )


def undo_add_unique() -> None:
    op.drop_constraint(op.f("uq_parcel_number"), "parcel")


def add_foreign_key() -> None:
    op.create_foreign_key(
        op.f("fk_parcel_sender_id_sender"),
        "parcel",
        "sender",
        ["sender_id"],
        ["id"],
        postgresql_not_valid=True,
    )


def undo_add_foreign_key() -> None:
    op.drop_constraint(op.f("fk_parcel_sender_id_sender"), "parcel")


def validate_foreign_key() -> None:
    op.execute("ALTER TABLE parcel VALIDATE CONSTRAINT fk_parcel_sender_id_sender")


def undo_validate_foreign_key() -> None:
    pass  # the older release can live with a key that is valid
