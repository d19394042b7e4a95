import re
from types import ModuleType

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from migrations import lint
from migrations.lint import lint_revision, unaccepted
from tests.platform.database_server import SAFE_INDEX_OPTIONS
from tests.platform.scratch_migrations import PROJECT, Migrations

COLUMN = 'sa.Column("name", sa.String(10), nullable={})'
CREATE = 'op.create_table("t", sa.Column("name", sa.Text()))'


def findings(*upgrade: str) -> list[lint.Finding]:
    lines = ["import sqlalchemy as sa", "from alembic import op", "def upgrade():"]
    revision = ModuleType("revision")
    exec("\n".join([*lines, *(f"    {line}" for line in upgrade)]), revision.__dict__)
    return lint_revision(revision)


def found(*upgrade: str) -> list[str]:
    return [finding.operation for finding in findings(*upgrade)]


UNSAFE = [
    ('op.drop_table("t")', "drop table t"),
    ('op.rename_table("t", "u")', "rename table t"),
    ('op.drop_column("t", "name")', "drop column t.name"),
    (f'op.add_column("t", {COLUMN.format(False)})', "add not null t.name"),
    ('op.alter_column("t", "name", new_column_name="title")', "rename column t.name"),
    ('op.alter_column("t", "name", type_=sa.Text())', "change type t.name"),
    ('op.alter_column("t", "name", nullable=False)', "set not null t.name"),
    ('op.create_index("i", "t", ["name"], unique=True)', "add unique i"),
    ('op.create_unique_constraint("u", "t", ["name"])', "add unique u"),
    ('op.create_check_constraint("c", "t", sa.text("name <> name"))', "add constraint c"),
    ('op.create_foreign_key("f", "t", "u", ["name"], ["name"])', "add constraint f"),
    ('op.execute("delete FROM t")', "execute DELETE"),
    ('op.execute(sa.text("TRUNCATE t"))', "execute TRUNCATE"),
    ('op.get_bind().execute(sa.text("SELECT 1")).all()', "unchecked"),
]


@pytest.mark.parametrize(("line", "operation"), UNSAFE)
def test_an_unsafe_operation_is_found(line: str, operation: str) -> None:
    assert found(line) == [operation]


@pytest.mark.parametrize("line", [line for line, operation in UNSAFE if operation != "unchecked"])
def test_a_finding_names_a_section_of_the_guide(line: str) -> None:
    (finding,) = findings(line)
    guide, _, anchor = finding.consequence.rstrip(")").rpartition(" ")[2].strip("(").partition("#")
    text = (PROJECT / guide).read_text("utf-8")
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert anchor in ["", *(heading.lower().replace(" ", "-") for heading in headings)]


@pytest.mark.parametrize(
    "line",
    [
        f'op.add_column("t", {COLUMN.format(True)})',
        'op.add_column("t", sa.Column("n", sa.Integer, nullable=False, server_default="0"))',
        'op.alter_column("t", "name", nullable=True)',
        'op.alter_column("t", "name", server_default="x")',
        f'op.create_index("i", "t", ["name"]{SAFE_INDEX_OPTIONS})',
        "op.execute(\"UPDATE t SET name = 'deleted'\")",
    ],
)
def test_a_safe_operation_is_not_found(line: str) -> None:
    assert found(line) == []


def test_a_name_that_is_not_defined_is_named() -> None:
    (finding,) = findings('op.add_column("t", as_.Column("n", sa.Text()))')
    assert "NameError(\"name 'as_' is not defined" in str(finding)


def test_operations_on_a_new_table_are_safe() -> None:
    rest = 'op.alter_column("t", "name", nullable=False)', 'op.create_index("i", "t", ["name"])'
    assert found(f"table = {CREATE}", 'op.bulk_insert(table, [{"name": "a"}])', *rest) == []


def test_an_unsafe_operation_in_a_batch_is_found() -> None:
    batch = 'with op.batch_alter_table("t") as batch:', '    batch.drop_column("name")'
    assert found(*batch) == ["drop column t.name"]


def test_a_revision_can_accept_an_operation(migrations: Migrations) -> None:
    path = migrations.add("drop name", 'op.drop_column("t", "name")')
    scripts = Config(migrations.configuration)
    (line,) = unaccepted(ScriptDirectory.from_config(scripts))
    assert re.search(r"_drop_name\.py: drop column t\.name: its data is lost", line)
    path.write_text(path.read_text() + '\naccepted_operations = {"drop column t.name"}\n')
    assert unaccepted(ScriptDirectory.from_config(scripts)) == []


def test_every_unsafe_operation_is_accepted() -> None:
    assert lint.main() == 0


@pytest.mark.usefixtures("gizmo_table")
def test_a_new_revision_prints_its_unsafe_operations(
    migrations: Migrations, capsys: pytest.CaptureFixture[str]
) -> None:
    migrations.revise("--autogenerate", "-m", "drop gizmo")
    assert "    drop table gizmo: its data is lost" in capsys.readouterr().out
