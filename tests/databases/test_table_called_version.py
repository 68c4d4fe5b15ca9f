"""An application's table with the name of the version table: refused before anything is written, with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors

TEMPLATE = Path(__file__).parents[2] / "migrations_template" / "script.py.tmpl"
COLUMNS = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("label", sa.String(20))'
LITERAL = f'op.create_table("version", {COLUMNS})'
FIRST = 'op.create_table("first", sa.Column("id", sa.Integer, primary_key=True))\n    '
WAYS = {
    "literal": LITERAL,
    "after another": FIRST + LITERAL,
    "keyword": f'op.create_table("version", {COLUMNS}, schema=None)',
    "renamed": FIRST + 'op.rename_table("first", "version")',
}
COMPUTED = {
    "computed": f'name = "".join(["ver", "sion"])\n    op.create_table(name, {COLUMNS})',
    "changed": 'op.add_column("ver" + "sion", sa.Column("label", sa.String(20)))',
    "dropped": 'op.drop_table("ver" + "sion")',
    "SQL": 'op.execute("CREATE TABLE version (id INTEGER NOT NULL PRIMARY KEY)")',
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "script.py.tmpl").write_text(TEMPLATE.read_text())
    return folder


def add(directory: Path, upgrade: str) -> None:
    head = 'import sqlalchemy as sa\nfrom schemashift import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
    body = f"def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n"
    (directory / "versions" / "a1.py").write_text(head + body)


def tables_of(url: str) -> list[str]:
    engine = sa.create_engine(url)
    try:
        return sorted(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def declared(name: str = "version", schema: str | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


def assert_way_out(error: errors.SchemashiftError) -> None:
    text = str(error)
    assert "version_table" in text
    assert "stamp" not in text
    assert "schemashift_version" in text


@pytest.mark.parametrize("way", WAYS)
def test_a_script_that_creates_it_is_refused_before_anything_is_written(
    database_url: str, directory: Path, way: str
) -> None:
    add(directory, WAYS[way])
    with pytest.raises(errors.ForeignVersionTable, match='creates a table "version"') as caught:
        Migrator(database_url, directory=directory).upgrade()
    assert_way_out(caught.value)
    assert caught.value.where[0].line is not None
    assert tables_of(database_url) == []
    Migrator(database_url, directory=directory, version_table="schemashift_version").upgrade()
    assert "version" in tables_of(database_url)


@pytest.mark.parametrize("way", COMPUTED)
def test_a_script_that_computes_the_name_or_sends_sql(database_url: str, directory: Path, way: str) -> None:
    add(directory, COMPUTED[way])
    with pytest.raises((errors.ForeignVersionTable, errors.AlreadyExists)) as caught:
        Migrator(database_url, directory=directory).upgrade()
    assert_way_out(caught.value)
    assert caught.value.where[0].line is not None
    assert Migrator(database_url, directory=directory).current() == (), "the state is there, and says base"


def test_models_that_have_it_are_refused_by_every_command(database_url: str, directory: Path) -> None:
    migrator = Migrator(database_url, models=declared(), directory=directory)
    with pytest.raises(errors.ForeignVersionTable, match='the models have a table "version"') as caught:
        migrator.revision("first", autogenerate=True)
    assert_way_out(caught.value)
    assert list((directory / "versions").iterdir()) == []
    assert tables_of(database_url) == []
    checked = {part.name: part.error for part in migrator.check().parts}
    assert isinstance(checked["models"], errors.ForeignVersionTable)
    assert "the models have a table" in migrator.status().why
    other = Migrator(database_url, models=declared(), directory=directory, version_table="schemashift_version")
    other.revision("first", autogenerate=True)
    other.upgrade()
    assert tables_of(database_url) == ["a", "schemashift_version", "version"]
    assert other.check().ok


def test_the_state_that_is_there_is_moved_not_lost(database_url: str, directory: Path) -> None:
    """The hint is followed: the table is renamed, and the setting set."""
    metadata = declared("b")
    migrator = Migrator(database_url, models=metadata, directory=directory)
    migrator.revision("first", autogenerate=True)
    migrator.upgrade()
    sa.Table("version", metadata, sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(errors.ForeignVersionTable) as caught:
        migrator.revision("second", autogenerate=True)
    statement = str(caught.value.hints[0]).partition("    ")[0]
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
    moved = Migrator(database_url, models=metadata, directory=directory, version_table="schemashift_version")
    assert len(moved.current()) == 1
    moved.revision("second", autogenerate=True)
    moved.upgrade()
    assert moved.check().ok


def test_the_default_schema_spelled_out_is_the_same_table(postgresql_url: str, directory: Path) -> None:
    with pytest.raises(errors.ForeignVersionTable):
        Migrator(postgresql_url, models=declared(schema="public"), directory=directory).diff()
    Migrator(postgresql_url, models=declared("Version"), directory=directory).diff()


def test_names_on_sqlite_differ_in_more_than_case(sqlite_url: str, directory: Path) -> None:
    with pytest.raises(errors.ForeignVersionTable):
        Migrator(sqlite_url, models=declared("Version"), directory=directory).diff()


def test_a_type_of_the_name_is_in_the_way_too(postgresql_url: str, directory: Path) -> None:
    metadata = sa.MetaData()
    kind = sa.Enum("a", "b", name="version")
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", kind))
    with pytest.raises(errors.ForeignVersionTable, match='the models have an enum "version"'):
        Migrator(postgresql_url, models=metadata, directory=directory).diff()
