"""What could not be read or compared reaches whoever asked for the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift import Migrator
from schemashift.autogenerate import compare as comparing
from schemashift.autogenerate.compare import Comparison


def compared(database: str | sa.Engine | sa.Connection, models: sa.MetaData, folder: Path) -> Comparison:
    return Migrator(database, models=models, directory=_made(folder)).diff()


def _made(folder: Path) -> Path:
    Migrator(directory=folder).init()
    return folder


def checked(*texts: str) -> sa.MetaData:
    """A table for each of *texts*, which is its CHECK."""
    metadata = sa.MetaData()
    for number, text in enumerate(texts):
        columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
        sa.Table(f"t{number}", metadata, *columns, sa.CheckConstraint(text, f"ck{number}"))
    return metadata


def said(found: Comparison) -> list[str]:
    return [f"{each.about.kind} {each.about.name} {each.what}: {each.reason}" for each in found.not_compared]


# What the scratch place does not make ------------------------------------------------------------------------------


@pytest.mark.databases("postgresql", "mariadb")
def test_a_check_that_the_server_does_not_understand(engine_name: str, database_url: str, tmp_path: Path) -> None:
    checked("a > 0", "a > 1").create_all(sa.create_engine(database_url, poolclass=sa.NullPool))
    # The other table is compared exactly all the same: the server writes this CHECK in its own way.
    found = compared(database_url, checked("(0  <  a) = (a > 0)", "nix(a) > 1"), tmp_path / "m")
    (doubt,) = found.not_compared
    assert (doubt.about.name, doubt.what) == ("t1", "compared exactly")
    assert "nix" in doubt.reason
    assert "\n" not in doubt.reason


@pytest.fixture
def without_temporary_tables(postgresql_url: str) -> Iterator[sa.Connection]:
    """A connection as a role that may do everything but make temporary tables."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    name = sa.make_url(postgresql_url).database
    with engine.begin() as connection:
        for sql in (
            f'CREATE ROLE "r{name}"',
            f'GRANT ALL ON SCHEMA public TO "r{name}"',
            f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC',
        ):
            connection.exec_driver_sql(sql)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'SET ROLE "r{name}"')
        yield connection
    with engine.begin() as connection:
        connection.exec_driver_sql(f'DROP OWNED BY "r{name}"')
        connection.exec_driver_sql(f'DROP ROLE "r{name}"')


def test_a_role_without_temporary_tables(
    without_temporary_tables: sa.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    models = checked("a BETWEEN 1 AND 3", "a > 1")
    models.create_all(sa.create_engine(postgresql_url, poolclass=sa.NullPool))
    found = compared(without_temporary_tables, models, tmp_path / "m")
    assert [each.about.name for each in found.not_compared] == ["t0"]
    assert found.not_compared[0].reason.startswith("permission denied to create temporary tables in database")


def test_texts_without_temporary_tables(
    without_temporary_tables: sa.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    """What certainly means the same is no difference; a real one is."""
    models = checked("a>3", "A != 1 and (a<9 or a is null)")
    sa.Index("ix", models.tables["t0"].c.id, postgresql_where=sa.text("a>1"))
    models.create_all(sa.create_engine(postgresql_url, poolclass=sa.NullPool))
    found = compared(without_temporary_tables, models, tmp_path / "m")
    assert (found.operations, found.not_compared) == ((), ())
    changed = checked("a>4", "a <> 1 AND (a < 9 OR a IS NULL)")
    sa.Index("ix", changed.tables["t0"].c.id, postgresql_where=sa.text("(a>1)"))
    found = compared(without_temporary_tables, changed, tmp_path / "n")
    assert [type(each).__name__ for each in found.operations] == ["DropConstraint", "AddConstraint"]
    assert {each.about.name for each in found.not_compared} == {"t0"}


def test_a_domain_without_temporary_objects(
    without_temporary_tables: sa.Connection, postgresql_url: str, tmp_path: Path
) -> None:
    domain = postgresql.DOMAIN("small", sa.Integer, check=sa.text("VALUE BETWEEN 1 AND 3"))
    models = sa.MetaData()
    sa.Table("t", models, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", domain))
    models.create_all(sa.create_engine(postgresql_url, poolclass=sa.NullPool))
    found = compared(without_temporary_tables, models, tmp_path / "m")
    assert [(each.about.kind, each.about.name, each.what) for each in found.not_compared] == [
        ("domain", "small", "compared exactly")
    ]
    assert "permission denied" in found.not_compared[0].reason


def test_a_domain_whose_check_the_server_does_not_understand(postgresql_url: str, tmp_path: Path) -> None:
    def models(check: str) -> sa.MetaData:
        metadata = sa.MetaData()
        domain = postgresql.DOMAIN("small", sa.Integer, check=sa.text(check))
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", domain))
        return metadata

    models("VALUE > 0").create_all(sa.create_engine(postgresql_url, poolclass=sa.NullPool))
    found = compared(postgresql_url, models("nix(VALUE) > 0"), tmp_path / "m")
    assert said(found) == ["domain small compared exactly: function nix(integer) does not exist"]


# A sequence that is there and not to be seen -----------------------------------------------------------------------


@pytest.mark.databases("mariadb")
def test_a_sequence_that_cannot_be_read_is_not_made_once_more(database_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    url = sa.make_url(database_url)
    user = f"u{url.database}"[:30]
    with engine.begin() as connection:
        for sql in (
            "CREATE SEQUENCE hidden",
            f"CREATE USER '{user}'@'%%' IDENTIFIED BY 'pw'",
            f"GRANT INSERT ON {url.database}.hidden TO '{user}'@'%%'",
            f"GRANT ALL ON {url.database}.t TO '{user}'@'%%'",
        ):
            connection.exec_driver_sql(sql)
    models = sa.MetaData()
    sa.Table("t", models, sa.Column("id", sa.Integer, primary_key=True))
    sa.Sequence("hidden", metadata=models)
    try:
        poor = sa.create_engine(url.set(username=user, password="pw"), poolclass=sa.NullPool)
        found = compared(poor, models, tmp_path / "m")
        assert [each.describe().name for each in found.operations] == ["t"]
        assert [(each.about.kind, each.about.name, each.what) for each in found.not_compared] == [
            ("sequence", "hidden", "read")
        ]
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP USER '{user}'@'%%'")


# How often something is done ---------------------------------------------------------------------------------------


def plain(number: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for each in range(number):
        columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(20), index=True)
        sa.Table(f"t{each}", metadata, *columns)
    return metadata


def diffs_from_here_on(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A list that grows by one with each diff."""
    diffs: list[object] = []
    diff = comparing.diff
    monkeypatch.setattr(comparing, "diff", lambda *args, **words: diffs.append(args) or diff(*args, **words))
    return diffs


def statements(database_url: str, number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What comparing *number* tables, one of which differs, sends; the diff runs once, as it has an inverse."""
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    there, wanted = plain(number), plain(number)
    wanted.tables["t0"].append_column(sa.Column("b", sa.Integer))
    there.create_all(engine)
    diffs = diffs_from_here_on(monkeypatch)
    sent: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    found = compared(engine, wanted, folder)
    monkeypatch.undo()
    assert [each.describe().name for each in found.operations] == ["t0.b"]
    assert len(diffs) == 1
    asked = list(sent)
    there.drop_all(engine)
    return asked


def test_a_comparison_diffs_once_and_asks_no_more_for_more_tables(
    engine_name: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = statements(database_url, 3, tmp_path / "few", monkeypatch)
    many = statements(database_url, 30, tmp_path / "many", monkeypatch)
    # MariaDB has no other way to a table's text than to ask for it.
    texts = [len([sql for sql in sent if sql.startswith("SHOW CREATE TABLE")]) for sent in (few, many)]
    assert texts == ([3 + 1, 30 + 1] if engine_name in ("mariadb", "mysql") else [0, 0])
    assert len(few) - texts[0] == len(many) - texts[1]


@pytest.mark.databases("postgresql")
def test_a_comparison_diffs_a_second_time_where_an_inverse_is_impossible(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one exception: PostgreSQL can drop the expression of a column, and cannot add it again."""

    def models(*computed: sa.Computed) -> sa.MetaData:
        metadata = sa.MetaData()
        key, twice = sa.Column("id", sa.Integer, primary_key=True), sa.Column("twice", sa.Integer, *computed)
        sa.Table("t", metadata, key, twice)
        return metadata

    models(sa.Computed("id * 2", persisted=True)).create_all(sa.create_engine(database_url, poolclass=sa.NullPool))
    diffs = diffs_from_here_on(monkeypatch)
    found = compared(database_url, models(), tmp_path / "m")
    assert [each.describe().name for each in found.operations] == ["t.twice"]
    assert [each.describe().sign for each in found.downgrade] == ["-", "+"]
    assert len(diffs) == 2
