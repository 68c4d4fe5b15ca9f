"""Domains, as people write them by hand and as autogenerate writes them: what a case file cannot show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift import Migrator, op
from schemashift.dialects import dialect_for
from schemashift.errors import MigrationFailed, NotSupported
from schemashift.objects.domains import default_name
from schemashift.sources.replay import Recorder
from tests.support.scripts import Scripts, environment_of

Build = Callable[[sa.MetaData], object]


def migrated(url: str, folder: Path, *steps: Build) -> sa.Engine:
    """The database after autogenerate and upgrade to each of *steps*, with nothing left to do after any of them."""
    for number, build in enumerate(steps):
        metadata = sa.MetaData()
        build(metadata)
        ours = Migrator(url, models=metadata, directory=folder / "migrations")
        if number == 0:
            ours.init()
        assert ours.revision(f"step {number}", autogenerate=True).revision is not None
        ours.upgrade()
        assert ours.diff().operations == ()
    return sa.create_engine(url, poolclass=sa.NullPool)


def test_another_type_under_a_foreign_key_of_another_table(postgresql_url: str, tmp_path: Path) -> None:
    def models(base: sa.types.TypeEngine[object]) -> Build:
        def build(metadata: sa.MetaData) -> None:
            code = postgresql.DOMAIN("code", base, check="VALUE <> ''")
            sa.Table("kinds", metadata, sa.Column("code", code, primary_key=True), sa.Column("other", code))
            sa.Table("things", metadata, sa.Column("code", sa.Text, sa.ForeignKey("kinds.code")))

        return build

    engine = migrated(postgresql_url, tmp_path, models(sa.String(5)), models(sa.Text()))
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO kinds VALUES ('longer than five')")
        connection.exec_driver_sql("INSERT INTO things VALUES ('longer than five')")
    back = Migrator(postgresql_url, models=sa.MetaData(), directory=tmp_path / "migrations")
    with pytest.raises(MigrationFailed, match="too long"):
        back.downgrade("-1")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT code FROM things").scalar_one() == "longer than five"
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_type WHERE typtype = 'd'").scalar_one() >= 1


def test_a_domain_made_of_another_that_changes(postgresql_url: str, tmp_path: Path) -> None:
    def models(limit: int) -> Build:
        def build(metadata: sa.MetaData) -> None:
            positive = postgresql.DOMAIN("positive", sa.Integer, check=f"VALUE > {limit}")
            even = postgresql.DOMAIN("even", positive, check="VALUE % 2 = 0")
            sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", even))

        return build

    engine = migrated(postgresql_url, tmp_path, models(0), models(5))
    with engine.begin() as connection, pytest.raises(sa.exc.DBAPIError, match="positive"):
        connection.exec_driver_sql("INSERT INTO t (n) VALUES (4)")


def test_the_type_of_a_domain_that_another_is_made_of(postgresql_url: str, tmp_path: Path) -> None:
    def models(base: type[sa.types.TypeEngine[object]]) -> Build:
        def build(metadata: sa.MetaData) -> None:
            number = postgresql.DOMAIN("number", base)
            even = postgresql.DOMAIN("even", number, check="VALUE % 2 = 0")
            sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", even))

        return build

    with pytest.raises(NotSupported, match='domain "even" is based on it'):
        migrated(postgresql_url, tmp_path, models(sa.Integer), models(sa.BigInteger))


def test_a_name_goes_from_kind_to_kind(postgresql_url: str, tmp_path: Path) -> None:
    """A type, a table, an index and a sequence take their names from one place: each is free before it is taken."""

    def key() -> sa.Column[int]:
        return sa.Column("id", sa.Integer, primary_key=True)

    def one(metadata: sa.MetaData) -> None:
        enum = sa.Enum("a", "b", name="kind")
        sa.Table("t", metadata, key(), sa.Column("a", enum), sa.Column("b", sa.Integer), sa.Index("place", "b"))

    def two(metadata: sa.MetaData) -> None:
        domain = postgresql.DOMAIN("kind", sa.String(9))
        sa.Table("t", metadata, key(), sa.Column("b", sa.Integer), sa.Column("c", domain))
        sa.Table("place", metadata, key())

    def three(metadata: sa.MetaData) -> None:
        sa.Sequence("place", metadata=metadata)
        sa.Table("t", metadata, key(), sa.Column("b", sa.Integer))
        sa.Table("kind", metadata, key(), sa.Column("t_id", sa.ForeignKey("t.id")))

    migrated(postgresql_url, tmp_path, one, two, three, one, three, two)
    ours = Migrator(postgresql_url, models=sa.MetaData(), directory=tmp_path / "migrations")
    ours.downgrade("base")
    ours.upgrade()


def test_by_hand(database_url: str, tmp_path: Path) -> None:
    """On the other databases nothing happens."""
    scripts = Scripts(tmp_path)
    scripts.add(
        "one",
        """
        op.create_domain("age", sa.Integer(), nullable=False, checks={"ck_age": "VALUE < 200"}, server_default="1")
        op.create_table(
            "t",
            sa.Column("age", sa.Integer().with_variant(DOMAIN("age", sa.Integer(), create_type=False), "postgresql")),
        )
        op.alter_domain("age", nullable=True)
        op.alter_domain("age", checks={"ck_old": sa.text("VALUE < 300")}, existing_checks={"ck_age": "VALUE < 200"})
        op.alter_domain("age", server_default=None, existing_server_default="1")
        op.create_domain("age", sa.Integer(), if_not_exists=True)
        op.execute("INSERT INTO t VALUES (NULL), (250)")
        """,
        """
        op.drop_table("t")
        op.drop_domain("age")
        op.drop_domain("age", if_exists=True)
        """,
        imports="from sqlalchemy.dialects.postgresql import DOMAIN",
    )
    scripts.go(database_url)
    with sa.create_engine(database_url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT age FROM t ORDER BY age IS NULL").scalars().all() == [250, None]
    scripts.go(database_url, "base", "downgrade")


def test_a_table_makes_the_domain_that_it_needs() -> None:
    recorder = Recorder(environment_of(dialect_for(postgresql.dialect())))
    with op.running(recorder.buffer):
        op.create_table("t", sa.Column("a", postgresql.DOMAIN("d", sa.Integer, check="VALUE > 1")))
        op.create_table("u", sa.Column("a", postgresql.DOMAIN("d", sa.Integer, create_type=False)))
    assert [operation.verb for operation in recorder.recording().operations] == [
        "create_domain",
        "create_table",
        "create_table",
    ]


def test_checks_need_those_that_are_there() -> None:
    recorder = Recorder(environment_of(dialect_for(postgresql.dialect())))
    with op.running(recorder.buffer), pytest.raises(ValueError, match="existing_checks"):
        op.alter_domain("d", checks={"a": "VALUE > 1"})


def test_the_name_of_a_check_that_has_none() -> None:
    assert default_name("d") == "d_check"
    assert default_name("ü" * 31) == "ü" * 28 + "_check"


def test_a_default_is_set_anew_when_the_type_of_its_domain_changes(postgresql_url: str, tmp_path: Path) -> None:
    """In every schema; PostgreSQL writes it in another way for another type, there and back."""

    def models(base: type[sa.types.TypeEngine[object]]) -> Build:
        def build(metadata: sa.MetaData) -> None:
            number = postgresql.DOMAIN("number", base)
            for schema in (None, "other"):
                column = sa.Column("n", number, server_default="5")
                sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), column, schema=schema)

        return build

    def defaults() -> list[str]:
        with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
            joined = "pg_attrdef JOIN pg_attribute ON (attrelid, attnum) = (adrelid, adnum)"
            sql = f"SELECT pg_get_expr(adbin, adrelid) FROM {joined} WHERE attname = 'n'"
            return list(connection.exec_driver_sql(sql).scalars())

    migrated(postgresql_url, tmp_path, models(sa.BigInteger))
    wide = defaults()
    metadata = sa.MetaData()
    models(sa.Integer)(metadata)
    ours = Migrator(postgresql_url, models=metadata, directory=tmp_path / "migrations")
    ours.revision("narrow", autogenerate=True)
    ours.upgrade()
    assert defaults() == ["5", "5"] != wide
    ours.downgrade("-1")
    assert defaults() == wide
