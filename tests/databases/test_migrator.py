"""`Migrator` on each database: engines, connections, and what can be refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors

TEMPLATE = Path(__file__).parents[2] / "migrations_template" / "script.py.tmpl"


def metadata_of(*columns: str) -> sa.MetaData:
    metadata = sa.MetaData()
    more = (sa.Column(name, sa.String(30)) for name in columns)
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), *more)
    return metadata


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "script.py.tmpl").write_text(TEMPLATE.read_text())
    return folder


def test_a_url(database_url: str, directory: Path) -> None:
    def migrator(*columns: str) -> Migrator:
        return Migrator(database_url, models=metadata_of(*columns), directory=directory)

    first = migrator().revision("first", autogenerate=True).revision
    assert first is not None
    with pytest.raises(errors.Behind):
        migrator().revision("again", autogenerate=True)
    assert migrator().upgrade().current == (first.id,)
    second = migrator("name").revision(autogenerate=True).revision
    assert second is not None
    assert second.message == "add name to users"
    assert [each.id for each in migrator().status().pending] == [second.id]
    migrator().upgrade()
    assert migrator("name").check().ok
    assert not migrator().check().ok
    assert migrator("name").diff().operations == ()
    row = migrator("name").status().rows[0]
    assert (row.revision, row.status) == (second.id, "applied")
    assert migrator().downgrade("-1").current == (first.id,)
    assert migrator().stamp("head").current == (second.id,)
    assert migrator().stamp("base").current == ()


def test_what_would_be_lost_is_counted(database_url: str, directory: Path) -> None:
    migrator = Migrator(database_url, models=metadata_of("name", "Odd Name"), directory=directory)
    migrator.revision("first", autogenerate=True)
    migrator.upgrade()
    with migrator.database.connected() as connection:
        users = metadata_of("name", "Odd Name").tables["users"]
        connection.execute(
            users.insert(), [{"id": 1, "name": "a", "Odd Name": "b"}, {"id": 2, "name": "c", "Odd Name": None}]
        )
        connection.commit()
    migrator = Migrator(database_url, models=metadata_of("name"), directory=directory)
    migrator.revision("second", autogenerate=True)
    (lost,) = migrator.losses(migrator.plan("head"))
    assert lost.what == ("users.Odd Name (1 value)",)
    (lost,) = migrator.losses(migrator.plan("base", "downgrade"))
    assert lost.what == ("users (2 rows)",)
    migrator.upgrade()
    assert migrator.losses(migrator.plan("head")) == ()


def test_an_engine_of_the_callers(database_url: str, directory: Path) -> None:
    engine = sa.create_engine(database_url)
    try:
        migrator = Migrator(engine, models=metadata_of(), directory=directory)
        migrator.revision("first", autogenerate=True)
        migrator.upgrade()
        assert len(Migrator(engine, directory=directory).current()) == 1
        with engine.connect() as connection:
            assert sa.inspect(connection).has_table("users")
    finally:
        engine.dispose()


def test_a_connection_of_the_callers(database_url: str, directory: Path) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        migrator = Migrator(connection, models=metadata_of(), directory=directory)
        migrator.revision("first", autogenerate=True)
        assert len(migrator.upgrade().done) == 1
        assert not connection.closed
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


@pytest.mark.databases("postgresql")
def test_a_transaction_of_the_callers_stays_theirs(database_url: str, directory: Path) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("CREATE TABLE mine (id INTEGER)"))
        migrator = Migrator(connection, models=metadata_of(), directory=directory)
        migrator.revision("first", autogenerate=True)
        migrator.upgrade()
        transaction.rollback()
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []


@pytest.mark.databases("postgresql")
def test_a_right_that_is_missing_is_said(database_url: str, directory: Path) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    role = "schemashift_reader"
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP ROLE IF EXISTS {role}"))
        connection.execute(sa.text(f"CREATE ROLE {role}"))
        connection.execute(sa.text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    try:
        with engine.connect() as connection:
            Migrator(connection, models=metadata_of(), directory=directory).revision("first", autogenerate=True)
            connection.execute(sa.text(f"SET ROLE {role}"))
            connection.commit()
            with pytest.raises(errors.SchemashiftError) as caught:
                Migrator(connection, directory=directory).upgrade()
            assert "permission denied" in str(caught.value)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP ROLE IF EXISTS {role}"))


def test_scripts_are_recorded_with_the_version_table_and_the_convention_of_the_run(
    database_url: str, directory: Path
) -> None:
    """What a script makes of them is managed: without its model, it is dropped, and its rows are counted."""
    models = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"})
    sa.Table("users", models, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, unique=True))
    migrator = Migrator(database_url, models=models, directory=directory, version_table="versions")
    (directory / "versions" / "a.py").write_text(
        """import sqlalchemy as sa
from schemashift import op

revision, down_revision = "a", None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, unique=True))
    op.create_table(op.get_context().version_table + "_log", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table(op.get_context().version_table + "_log")
    op.drop_table("users")
"""
    )
    migrator.upgrade()
    assert [str(each.describe()) for each in migrator.diff().operations] == ["- table versions_log  1 column"]
    with migrator.database.connected() as connection:
        connection.exec_driver_sql("INSERT INTO versions_log VALUES (1)")
        connection.commit()
    losses = migrator.losses(migrator.plan("base", "downgrade"))
    assert [each.what for each in losses] == [("versions_log (1 row)",)]


@pytest.mark.parametrize("how", ["engine", "connection"])
def test_a_schema_translate_map_is_refused_before_anything_is_sent(database_url: str, tmp_path: Path, how: str) -> None:
    engine = sa.create_engine(database_url).execution_options(schema_translate_map={None: "tenant"})
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    with engine.connect() as connection:
        database = engine if how == "engine" else connection
        migrator = Migrator(database, models=metadata, directory=tmp_path / "m")
        migrator.init()
        for act in (
            migrator.diff,
            migrator.upgrade,
            migrator.current,
            lambda: migrator.revision("x", autogenerate=True),
        ):
            with pytest.raises(errors.NotSupported, match="schema_translate_map is not supported"):
                act()
    assert not list((tmp_path / "m" / "versions").glob("*.py"))
    assert sa.inspect(sa.create_engine(database_url)).get_table_names() == []
    plain = engine.execution_options(schema_translate_map={})
    Migrator(plain, models=metadata, directory=tmp_path / "m").revision("x", autogenerate=True)
    engine.dispose()
