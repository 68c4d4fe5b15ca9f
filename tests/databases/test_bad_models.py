"""Models that a database cannot do, and tables that cannot be read: said before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors
from schemashift.dialects.sqlite.parse import ParseError, parse_table
from schemashift.operations import CreateTable
from schemashift.sqla.lift import lift_metadata

NewDatabaseOn = Callable[[str], str]


def models(*names: str, schema: str | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    for name in names:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)
    return metadata


def migrator_of(database: str | sa.Engine | sa.Connection, metadata: sa.MetaData, folder: Path) -> Migrator:
    migrator = Migrator(database, models=metadata, directory=folder)
    if not folder.exists():
        migrator.init()
    return migrator


def refused(database: str | sa.Engine, metadata: sa.MetaData, folder: Path) -> str:
    """What autogenerate says in place of a script; no file may be left."""
    migrator = migrator_of(database, metadata, folder)
    with pytest.raises(errors.NotSupported) as caught:
        migrator.revision("first", autogenerate=True)
    assert not list((folder / "versions").glob("*.py"))
    return str(caught.value)


# Schemas -----------------------------------------------------------------------------------------------------------


def test_a_schema_that_sqlite_has_not_attached(sqlite_url: str, tmp_path: Path) -> None:
    said = refused(sqlite_url, models("users", schema="billing"), tmp_path / "m")
    assert '"billing.users"' in said
    assert '"billing"' in said
    assert "database1.db" in said


def test_a_schema_that_sqlite_has_attached(sqlite_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(sqlite_url)
    other = tmp_path / "other.db"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH DATABASE '{other}' AS Billing")
        connection.rollback()
        found = migrator_of(connection, models("users", schema="billing"), tmp_path / "m").diff()
    assert [type(each) for each in found.operations] == [CreateTable]


@pytest.mark.databases("mariadb", "mysql")
def test_a_database_that_the_server_does_not_have(database_url: str, tmp_path: Path) -> None:
    said = refused(database_url, models("users", schema="no_such_place"), tmp_path / "m")
    assert '"no_such_place.users"' in said
    assert str(sa.make_url(database_url).database) in said


def test_a_schema_that_postgresql_does_not_have_is_made(postgresql_url: str, tmp_path: Path) -> None:
    migrator = migrator_of(postgresql_url, models("users", schema="billing"), tmp_path / "m")
    migrator.revision("first", autogenerate=True)
    migrator.upgrade()
    assert migrator.diff().operations == ()


# Computed columns --------------------------------------------------------------------------------------------------


def computed(*, persisted: bool | None) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer, sa.Computed("a + 1", persisted)))
    return metadata


def test_a_virtual_column_before_postgresql_18(postgresql_versions_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(postgresql_versions_url)
    with engine.connect() as connection:
        version = connection.dialect.server_version_info or ()
    if version >= (18,):
        migrator = migrator_of(engine, computed(persisted=False), tmp_path / "m")
        migrator.revision("first", autogenerate=True)
        migrator.upgrade()
        assert migrator.diff().operations == ()
    else:
        assert '"users.b"' in refused(engine, computed(persisted=False), tmp_path / "m")


@pytest.mark.parametrize(
    ("url", "version", "persisted"),
    [
        ("postgresql://", (11, 22), True),
        ("postgresql://", (11, 22), None),
        ("postgresql://", (17, 1), False),
        ("mysql://", (5, 6, 40), True),
        ("sqlite://", (3, 30, 0), None),
    ],
)
def test_a_computed_column_on_a_server_that_is_too_old(
    url: str, version: tuple[int, ...], persisted: bool | None
) -> None:
    dialect = sa.make_url(url).get_dialect()()
    lift_metadata([computed(persisted=persisted)], dialect)
    dialect.server_version_info = version
    with pytest.raises(errors.NotSupported, match=r'"users\.b"'):
        lift_metadata([computed(persisted=persisted)], dialect)


# Types and names ---------------------------------------------------------------------------------------------------


@pytest.mark.databases("mariadb", "mysql")
def test_a_varchar_without_a_length(database_url: str, tmp_path: Path) -> None:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    assert '"users.name"' in refused(database_url, metadata, tmp_path / "m")


def long_table(name: str) -> sa.MetaData:
    return models(name)


def long_column(name: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column(name, sa.Integer))
    return metadata


def long_constraint(name: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("a", sa.Integer), sa.UniqueConstraint("a", name=name))
    return metadata


def long_index(name: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("a", sa.Integer), sa.Index(name, "a"))
    return metadata


LIMITS = {"postgresql": 63, "mariadb": 64, "mysql": 64}
LONG = [long_table, long_column, long_constraint, long_index]


@pytest.mark.databases("postgresql", "mariadb", "mysql")
@pytest.mark.parametrize("make", LONG)
def test_a_name_that_is_too_long(
    make: Callable[[str], sa.MetaData], database_url: str, engine_name: str, tmp_path: Path
) -> None:
    longest = "x" * LIMITS[engine_name]
    migrator_of(database_url, make(longest), tmp_path / "fits").revision("first", autogenerate=True)
    said = refused(database_url, make(longest + "y"), tmp_path / "m")
    assert longest + "y" in said
    migrator = migrator_of(database_url, make(longest), tmp_path / "fits")
    migrator.upgrade()
    assert migrator.diff().operations == ()


@pytest.mark.parametrize("make", LONG)
def test_postgresql_counts_bytes(make: Callable[[str], sa.MetaData], postgresql_url: str, tmp_path: Path) -> None:
    assert "é" * 32 in refused(postgresql_url, make("é" * 32), tmp_path / "m")


@pytest.mark.parametrize("make", LONG)
def test_sqlite_takes_any_name(make: Callable[[str], sa.MetaData], sqlite_url: str, tmp_path: Path) -> None:
    migrator = migrator_of(sqlite_url, make("x" * 300), tmp_path / "m")
    migrator.revision("first", autogenerate=True)
    migrator.upgrade()
    assert migrator.diff().operations == ()


# What cannot be read -----------------------------------------------------------------------------------------------


def test_another_roles_table_on_postgresql_is_left_alone(postgresql_url: str, tmp_path: Path) -> None:
    """The catalogue may be read by everybody: the table is seen without a right on it, and compared."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    role = f"r{sa.make_url(postgresql_url).database}"
    with engine.begin() as connection:
        for sql in (
            f'CREATE ROLE "{role}"',
            f'GRANT CREATE, USAGE ON SCHEMA public TO "{role}"',
            "CREATE TABLE secret (id serial PRIMARY KEY)",
            "CREATE SCHEMA closed",
            "CREATE TABLE closed.deep (id serial PRIMARY KEY)",
        ):
            connection.exec_driver_sql(sql)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'SET ROLE "{role}"')
            found = migrator_of(connection, models("users"), tmp_path / "m").diff()
            assert [each.describe().name for each in found.operations] == ["users"]
            assert [each.name for each in found.unmanaged] == ["secret"]
            assert migrator_of(connection, models("secret"), tmp_path / "m").diff().operations == ()
            assert migrator_of(connection, models("deep", schema="closed"), tmp_path / "m").diff().operations == ()
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f'DROP OWNED BY "{role}"')
            connection.exec_driver_sql(f'DROP ROLE "{role}"')


@pytest.fixture
def poor_user(database_url: str) -> Iterator[sa.Engine]:
    """An engine whose user may insert into a table ``secret`` but not see it, and may do everything else."""
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    url = sa.make_url(database_url)
    database, user = url.database, f"u{url.database}"[:30]
    with engine.begin() as connection:
        for sql in (
            "CREATE TABLE secret (id integer PRIMARY KEY)",
            "CREATE TABLE users (id integer PRIMARY KEY AUTO_INCREMENT)",
            *(["CREATE SEQUENCE hidden"] if connection.dialect.is_mariadb else []),
            f"CREATE USER '{user}'@'%' IDENTIFIED BY 'pw'",
            f"GRANT INSERT (id) ON {database}.secret TO '{user}'@'%'",
            *([f"GRANT INSERT ON {database}.hidden TO '{user}'@'%'"] if connection.dialect.is_mariadb else []),
            f"GRANT ALL ON {database}.users TO '{user}'@'%'",
            f"GRANT ALL ON {database}.version TO '{user}'@'%'",
        ):
            connection.exec_driver_sql(sql.replace("%", "%%"))
    yield sa.create_engine(url.set(username=user, password="pw"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP USER '{user}'@'%%'")


@pytest.mark.databases("mariadb", "mysql")
def test_a_table_without_the_right_to_see_it_is_not_compared(poor_user: sa.Engine, tmp_path: Path) -> None:
    found = migrator_of(poor_user, models("users"), tmp_path / "m").diff()
    assert found.operations == ()
    with poor_user.connect() as connection:
        sequences = ["hidden"] if connection.dialect.is_mariadb else []  # type: ignore[attr-defined]
    assert [each.about.name for each in found.not_compared] == ["secret", *sequences]
    for each in found.not_compared:
        assert "denied to user" in each.reason


@pytest.mark.databases("mariadb", "mysql")
def test_a_table_without_the_right_to_see_it_that_a_model_names(poor_user: sa.Engine, tmp_path: Path) -> None:
    assert '"secret"' in refused(poor_user, models("users", "secret"), tmp_path / "m")


@pytest.mark.databases("mariadb", "mysql")
def test_a_broken_view(database_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for sql in ("CREATE TABLE t (id integer)", "CREATE VIEW broken AS SELECT * FROM t", "DROP TABLE t"):
            connection.exec_driver_sql(sql)
    migrator_of(engine, models("users"), tmp_path / "fine").revision("first", autogenerate=True)
    assert '"broken"' in refused(engine, models("broken"), tmp_path / "m")


@pytest.fixture
def unparsable(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database whose table ``odd`` neither our reader nor SQLAlchemy's understands."""
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE odd (id INTEGER PRIMARY KEY)")

    def parse(sql: str) -> object:
        if "odd" in sql:
            raise ParseError("a word that nobody knows", 13)
        return parse_table(sql)

    def inspect(connection: sa.Connection, names: object) -> object:
        raise sa.exc.UnreflectableTableError("nor does the Inspector")

    monkeypatch.setattr("schemashift.dialects.sqlite.read.parse_table", parse)
    monkeypatch.setattr("schemashift.dialects.sqlite.read.reflect.tables", inspect)
    return sqlite_url


def test_a_statement_that_nobody_understands_is_not_compared(unparsable: str, tmp_path: Path) -> None:
    found = migrator_of(unparsable, models("users"), tmp_path / "m").diff()
    assert [each.describe().name for each in found.operations] == ["users"]
    assert [str(each) for each in found.not_compared] == ['table "odd" cannot be read: nor does the Inspector']


def test_a_statement_that_nobody_understands_of_a_table_that_a_model_names(unparsable: str, tmp_path: Path) -> None:
    said = refused(unparsable, models("odd"), tmp_path / "m")
    assert 'table "odd"' in said
    assert "a word that nobody knows" in said
