"""What is used by its name in a text is not dropped, and a SERIAL that is spelled out is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from schemashift import Migrator
from schemashift.autogenerate.compare import compare
from schemashift.dialects import dialect_for
from schemashift.errors import UsageError
from schemashift.schema import Key, TableName
from tests.support.scripts import connected


class Spelled(UserDefinedType[Any]):
    """A type that an application spells as text."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **kw: Any) -> str:
        return self.text


def differences(url: str, metadata: sa.MetaData, *created: Key) -> list[str]:
    """Return the operations between the database and *metadata*, where migrations have created *created*."""
    with connected(url) as connection:
        tables = [Key.of_table(TableName(name)) for name in metadata.tables]
        found = compare(connection, [metadata], dialect_for(connection.dialect), managed={*created, *tables})
        return [str(operation) for operation in found.operations]


def run(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def models(*parts: Any, type_: Any = sa.Integer, default: str | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    column = sa.Column("a", type_, server_default=None if default is None else sa.text(default))
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), column, *parts)
    return metadata


NUMBERS = Key.of_sequence(TableName("bill_no"))
USES_OF_SEQUENCES = {
    "a default": "ALTER TABLE t ALTER a SET DEFAULT nextval({name})",
    "a view": "CREATE VIEW v AS SELECT nextval({name}) AS n",
    "a table that is not compared": "CREATE TABLE other (a BIGINT DEFAULT nextval({name}))",
    "a function": "CREATE FUNCTION f() RETURNS BIGINT {body}",
    "nothing": "SELECT 'bill_no'",
}


@pytest.mark.databases("postgresql", "mariadb")
@pytest.mark.parametrize("use", USES_OF_SEQUENCES)
def test_a_sequence_that_is_used_is_not_dropped(use: str, database_url: str) -> None:
    postgresql = database_url.startswith("postgresql")
    name = "'bill_no'" if postgresql else "bill_no"
    body = "LANGUAGE plpgsql AS $$BEGIN RETURN nextval('bill_no'); END$$" if postgresql else "RETURN nextval(bill_no)"
    statement = USES_OF_SEQUENCES[use].format(name=name, body=body)
    metadata = models(type_=sa.BigInteger, default=f"nextval({name})" if use == "a default" else None)
    plain = models(type_=sa.BigInteger)
    with connected(database_url) as connection:
        plain.create_all(connection)
        connection.commit()
    run(database_url, "CREATE SEQUENCE bill_no", statement)
    dropped = differences(database_url, metadata, NUMBERS)
    assert len(dropped) == (use == "nothing"), dropped
    run(database_url, "SELECT 1" if use in ("a default", "nothing") else _undone(use))


def _undone(use: str) -> str:
    return {"a view": "DROP VIEW v", "a function": "DROP FUNCTION f"}.get(use, "DROP TABLE other")


TYPE_USES: dict[str, tuple[str, sa.MetaData]] = {
    "a type": ("mood", models(type_=Spelled("mood"))),
    "a quoted type": ("mood", models(type_=Spelled('"mood"'))),
    "a type with a schema": ("mood", models(type_=Spelled("public.mood"))),
    "an array": ("mood[]", models(type_=Spelled("mood[]"))),
    "a default": ("text", models(type_=sa.Text, default="'ok'::mood")),
    "a CHECK": ("text", models(sa.CheckConstraint("a <> CAST('ok' AS mood)::text", name="c"), type_=sa.Text)),
    "an index": ("text", models(sa.Index("i", sa.text("(a = 'ok'::mood::text)")), type_=sa.Text)),
    "a condition": (
        "text",
        models(sa.Index("i", "id", postgresql_where=sa.text("id > 0 AND 'ok'::mood IS NOT NULL")), type_=sa.Text),
    ),
    "a generated column": (
        "text",
        models(sa.Column("g", sa.Boolean, sa.Computed("'ok'::mood IS NOT NULL", persisted=True)), type_=sa.Text),
    ),
    "a column named so": ("text", models(sa.Column("mood", sa.Text), sa.Index("m", "mood"), type_=sa.Text)),
}


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("kind", ["enum", "domain"])
@pytest.mark.parametrize("use", TYPE_USES)
def test_a_type_that_is_used_is_not_dropped(use: str, kind: str, database_url: str) -> None:
    metadata = TYPE_USES[use][1]
    definition = "CREATE TYPE mood AS ENUM ('ok')" if kind == "enum" else "CREATE DOMAIN mood AS text"
    if kind == "domain" and use == "an index":
        pytest.skip("a cast that does nothing leaves no text")
    run(database_url, definition)
    if use == "an index":
        # A cast of an enum to text is not immutable: here the models alone have it.
        run(database_url, "CREATE TABLE t (id SERIAL PRIMARY KEY, a text)")
    else:
        with connected(database_url) as connection:
            metadata.create_all(connection)
            connection.commit()
    found = differences(database_url, metadata, Key(kind, None, "mood"))
    dropped = [each for each in found if each.startswith(("DropEnum", "DropDomain"))]
    assert bool(dropped) == (use == "a column named so"), found


OWNED = "t_id_seq"


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("sequence", [OWNED, "Own"])
@pytest.mark.parametrize(
    "spelling", ["nextval('{0}'::regclass)", "nextval('{0}')", "nextval('public.{0}')", "Sequence"]
)
def test_a_serial_that_is_spelled_out_is_one(spelling: str, sequence: str, database_url: str) -> None:
    metadata = sa.MetaData()
    quoted = f'"{sequence}"' if sequence != OWNED else sequence
    key: sa.Column[Any] = sa.Column("id", sa.Integer, sa.Sequence(sequence), primary_key=True)
    if spelling != "Sequence":
        key = sa.Column("id", sa.Integer, primary_key=True, server_default=sa.text(spelling.format(quoted)))
    sa.Table("t", metadata, key)
    run(database_url, "CREATE TABLE t (id SERIAL PRIMARY KEY)")
    if sequence != OWNED:
        run(database_url, f"ALTER SEQUENCE {OWNED} RENAME TO {quoted}")
    assert differences(database_url, metadata) == []


@pytest.mark.databases("postgresql", "mariadb")
def test_to_drop_what_is_used_is_refused(database_url: str, tmp_path: Path) -> None:
    name = "'bill_no'" if database_url.startswith("postgresql") else "bill_no"
    metadata = models(type_=sa.BigInteger, default=f"nextval({name})")
    run(database_url, "CREATE SEQUENCE bill_no")
    with connected(database_url) as connection:
        metadata.create_all(connection)
        connection.commit()
    migrator = Migrator(database_url, models=metadata, directory=tmp_path)
    migrator.init()
    with pytest.raises(UsageError, match='sequence "bill_no" is not dropped'):
        migrator.diff(drop=["bill_no"])


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("text", ["mood", "mood[]", 'public."mood"'])
def test_a_type_is_created_before_what_spells_it(text: str, database_url: str, tmp_path: Path) -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("m", Spelled(text)))
    sa.Table("b", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("m", sa.Enum("x", name="mood")))
    migrator = Migrator(database_url, models=metadata, directory=tmp_path)
    migrator.init()
    migrator.revision("one", autogenerate=True)
    migrator.upgrade()
    assert not [each for each in migrator.diff().operations if type(each).__name__.endswith("Enum")]
    migrator.downgrade("base")
