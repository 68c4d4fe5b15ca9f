"""Types as source: what is written compiles to what the type of the model compiles to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles

from schemashift.dialects.mysql import types as mysql_types
from schemashift.dialects.postgresql import types as postgresql_types
from schemashift.dialects.sqlite import types as sqlite_types
from schemashift.errors import NotSupported
from schemashift.schema import Type
from schemashift.sqla.lift_types import lift_type
from schemashift.sqla.type_source import TypeSource
from tests.support import own_types

SQLITE, POSTGRESQL, MYSQL = sqlite.dialect(), postgresql.psycopg.dialect(), mysql.pymysql.dialect()


@contextmanager
def recompiled(class_: Any, database: str, sql: str) -> Iterator[None]:
    """For as long as it lasts, *class_* of SQLAlchemy's is *sql* on *database*."""
    before = class_._compiler_dispatch
    compiles(class_, database)(lambda *_, **__: sql)
    try:
        yield
    finally:
        class_._compiler_dispatch = before
        del class_._compiler_dispatcher


@pytest.mark.parametrize(
    ("type_", "source"),
    [
        (own_types.LongText(), 'sa.Text().with_variant(op.sql_type("LONGTEXT"), "mysql", "mariadb")'),
        (own_types.Key(), 'sa.Integer().with_variant(op.sql_type("BIGINT UNSIGNED"), "mysql", "mariadb")'),
        (own_types.Code(20), 'op.sql_type("CHAR(7)")'),
        (own_types.Collated("x"), 'op.sql_type("VARCHAR(20) COLLATE x")'),
        (own_types.ByDatabase(), 'sa.CHAR(32).with_variant(sa.UUID(), "postgresql")'),
        (sa.Text().with_variant(own_types.WithoutSuper(), "oracle"), 'sa.Text().with_variant(sa.Text(), "oracle")'),
        (sa.ARRAY(own_types.Code(20)), 'sa.ARRAY(op.sql_type("CHAR(7)"))'),
        (mysql.SET("a", "", retrieve_as_bitwise=True), "op.sql_type(\"SET('a','')\")"),
        (sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), None),
        (sa.Enum("a", "b", name="e"), None),
    ],
)
def test_it_is_the_same_wherever_the_script_is_written(type_: Any, source: str | None) -> None:
    found = {}
    for dialect in (SQLITE, POSTGRESQL, MYSQL):
        try:
            found[dialect.name] = TypeSource(dialect).source(type_)
        except NotSupported:
            continue
    assert len(set(found.values())) == 1
    assert source is None or source in found.values()


def test_a_class_of_sqlalchemy_that_the_application_compiles() -> None:
    """A habit of tests on SQLite. The script is executed without that function."""
    with recompiled(postgresql.REGCONFIG, "sqlite", "TEXT"):
        for dialect in (SQLITE, POSTGRESQL):
            written = TypeSource(dialect).source(postgresql.REGCONFIG())
            assert written == 'postgresql.REGCONFIG().with_variant(op.sql_type("TEXT"), "sqlite")'
    assert TypeSource(POSTGRESQL).source(postgresql.REGCONFIG()) == "postgresql.REGCONFIG()"


def test_a_type_that_depends_on_its_column() -> None:
    class Checked(sa.types.UserDefinedType[str]):
        cache_ok = True

        def get_col_spec(self, **kw: Any) -> str:
            return f"VARCHAR({len(kw['type_expression'].name)})"

    column = sa.Column("abc", Checked())
    assert TypeSource(SQLITE).source(column.type, column) == 'op.sql_type("VARCHAR(3)")'
    with pytest.raises(NotSupported):
        TypeSource(SQLITE).source(column.type)


TEXTS = [
    "CHAR(0)", "CHAR", "CHAR(5)", "VARCHAR(0)", "VARCHAR(5)", "TEXT", "BINARY(0)", "BINARY(3)", "VARBINARY(0)",
    "VARBINARY(9)", "NUMERIC(5,0)", "NUMERIC(5,2)", "DECIMAL(5)", "FLOAT", "BIGINT", "DATE", "JSON", "REAL", "BLOB",
]  # fmt: skip
MORE = {
    "sqlite": ["", "TEXT(0)", "NCHAR(0)", "INT UNSIGNED", "NUMERIC(0)", "INTEGER(4)"],
    "mysql": ["DATETIME(6)", "ENUM('a','')", "SET('a','')", "BIT(3)", "int unsigned zerofill", "inet6", "TINYINT(1)"],
    "postgresql": [
        "BPCHAR", "CITEXT", "ltree", "INTERVAL DAY TO SECOND(3)", "TIMESTAMP(3) WITH TIME ZONE", "BIT VARYING(5)",
        "VARCHAR(5)[]", '"My Type"', "other.status", "NUMERIC(5,-2)",
    ],
}  # fmt: skip
NOT_THERE = {"postgresql": {"CHAR(0)", "VARCHAR(0)"}}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL, MYSQL], ids=lambda each: each.name)
def test_a_type_that_is_read_compiles_to_itself(dialect: sa.Dialect) -> None:
    """It is written in the downgrade: SQLAlchemy takes a length of 0 for none."""
    for text in (*TEXTS, *MORE[dialect.name]):
        if text not in NOT_THERE.get(dialect.name, ()):
            sql, engine = read(text, dialect.name)
            again, _ = read(lift_type(engine, dialect).sql, dialect.name)
            assert again == sql


def read(text: str, name: str) -> tuple[str, Any]:
    """Return a type as it is read from the database: its text, and the type to write it from."""
    if name == "mysql":
        type_ = mysql_types.normal_type(Type(sql=text), mysql_types.Flavour(mariadb=False))
        return type_.sql, type_.payload
    types = {"sqlite": sqlite_types, "postgresql": postgresql_types}[name]
    sql = types.type_text(text)
    return sql, types.type_engine(sql)
