"""Column types, defaults and indexes that autogenerate must not report as changed."""

import enum

import pytest
import sqlalchemy as sa

from app.models.base import NAMING_CONVENTION, Base
from app.models.types import SERVER_UTC_NOW, UTCDateTime
from tests.platform.database_server import NOW
from tests.platform.scratch_migrations import Migrations


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch, rebuilt_database: None) -> None:
    """A table with all column types, in addition to the tables of the models."""
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    for table in Base.metadata.tables.values():
        table.to_metadata(metadata)
    sa.Table("parent", metadata, sa.Column("id", sa.Uuid, primary_key=True))
    sa.Table(
        "sample",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("boolean", sa.Boolean, nullable=False),
        sa.Column("boolean_false", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("boolean_true", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("integer", sa.Integer, server_default="0", nullable=False),
        sa.Column("small", sa.SmallInteger),
        sa.Column("string", sa.String(50), server_default="it's", unique=True, nullable=False),
        sa.Column("empty", sa.String(50), server_default="", index=True),
        sa.Column("text", sa.Text),
        sa.Column("price", sa.Numeric(12, 4), server_default="0", nullable=False),
        sa.Column("rate", sa.Numeric(5, 2), server_default="1.50", nullable=False),
        sa.Column("real", sa.Float),
        sa.Column("double", sa.Double),
        sa.Column("created_at", UTCDateTime, server_default=SERVER_UTC_NOW, nullable=False),
        sa.Column(
            "now_at",
            UTCDateTime,
            server_default=NOW,
        ),
        sa.Column("created_date", sa.Date),
        sa.Column("time", sa.Time),
        sa.Column("binary", sa.LargeBinary),
        sa.Column("json", sa.JSON),
        sa.Column("colour", sa.Enum(Colour), server_default="RED", nullable=False),
        sa.Column("size", sa.Enum("S", "M", name="size", native_enum=False)),
        sa.Column("parent_id", sa.ForeignKey("parent.id", ondelete="CASCADE"), index=True),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        sa.UniqueConstraint("integer", "small"),
        sa.Index(None, "created_at", "id"),
        comment="all column types",
    )
    monkeypatch.setattr(Base, "metadata", metadata)


@pytest.mark.usefixtures("sample")
def test_autogenerate_finds_no_difference_after_its_own_revision(migrations: Migrations) -> None:
    assert len(migrations.revise("--autogenerate", "-m", "add sample")) == 1
    migrations.upgrade()
    assert len(migrations.revise("--autogenerate", "-m", "nothing new")) == 1
    migrations.run("check")
    migrations.run("downgrade", "-1")


@pytest.mark.usefixtures("sample")
def test_a_changed_default_is_found(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.revise("--autogenerate", "-m", "add sample")
    migrations.upgrade()
    columns = Base.metadata.tables["sample"].c
    changes = {"boolean_false": "1", "string": "its", "empty": "'", "rate": "1.05"}
    for name, default in changes.items():
        monkeypatch.setattr(columns[name], "server_default", sa.DefaultClause(default))
    _, change = migrations.revise("--autogenerate", "-m", "change defaults")
    assert change.read_text().split("def downgrade")[0].count("op.alter_column") == len(changes)
