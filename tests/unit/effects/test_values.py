"""Values for rows: what stands in the script is read back as it was meant."""

from __future__ import annotations

import enum
import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from schemashift.dialects import dialect_for
from schemashift.effects.values import as_default, declared_default, unit_value, zero
from schemashift.schema import Column
from schemashift.sqla.lift import lift_default, lift_table
from schemashift.sqla.source import Source


@pytest.mark.parametrize(
    "sql",
    ["1", "false", "''", "'it''s'", "'50% :x'", "'00:00:00'", '(SELECT min(p."a :b") FROM "t :x" AS p)', "'{}'"],
)
def test_a_value_survives_the_script(sql: str) -> None:
    source = Source(sqlite.dialect())
    written = source.default(as_default(sql))
    read = lift_default(eval(written, {"sa": sa}), sqlite.dialect())
    assert read is not None
    assert read.sql == sql


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (sa.Boolean(), "false"),
        (sa.BigInteger(), "0"),
        (sa.Double(), "0"),
        (sa.Numeric(8, 2), "0"),
        (sa.Text(), "''"),
        (sa.Enum("it's", "b"), "'it''s'"),
        (sa.Uuid(), "'00000000-0000-0000-0000-000000000000'"),
        (sa.ARRAY(sa.Integer), "'{}'"),
        (sa.Enum(), None),
    ],
)
def test_the_zero_of_a_type(type_: sa.types.TypeEngine[object], expected: str | None) -> None:
    assert zero(type_) == expected


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (sa.Integer(), "1"),
        (sa.String(20), "1"),
        (sa.CHAR(32), "'00000000000000000000000000000001'"),
        (sa.CHAR(36), "'00000000-0000-0000-0000-000000000001'"),
        (sa.Uuid(), None),
        (sa.Enum("a"), None),
    ],
)
def test_the_unit_value_a_type(type_: sa.types.TypeEngine[object], expected: str | None) -> None:
    assert unit_value(type_) == expected


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (mysql.YEAR(), "1970"),
        (mysql.SET("a"), "''"),
        (mysql.BIT(3), "0"),
        (mysql.LONGBLOB(), "''"),
        (sa.Integer(), None),
    ],
)
def test_the_zeros_of_types_of_mysql_alone(type_: sa.types.TypeEngine[object], expected: str | None) -> None:
    assert dialect_for(mysql.dialect()).row_zero(type_) == expected
    assert dialect_for(sqlite.dialect()).row_zero(type_) is None


class Kind(enum.Enum):
    new = "N"


class Word(str, enum.Enum):  # noqa: UP042
    new = "N"


class Upper(sa.types.TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value and value.upper()


class Packed(sa.types.TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return json.dumps(value)


class Broken(sa.types.TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        raise RuntimeError("needs the application")


def members(kinds: type[enum.Enum]) -> list[str]:
    return [str(each.value) for each in kinds]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.psycopg.dialect(), mysql.pymysql.dialect()])
@pytest.mark.parametrize(
    ("type_", "default", "expected"),
    [
        (sa.Integer(), 3, "3"),
        (sa.Boolean(), True, "true"),
        (sa.String(9), "it's 100%", "'it''s 100%'"),
        (sa.String(9), str, "''"),
        (sa.Integer(), int, "0"),
        (sa.Enum(Kind), Kind.new, "'new'"),
        (sa.Enum(Kind, values_callable=members), Kind.new, "'N'"),
        (sa.Enum(Word), Word.new, "'new'"),
        (sa.Enum("a", "b", name="k"), "b", "'b'"),
        (sa.JSON(), {"x": ["ø", 1.5, None, True]}, """'{"x": ["ø", 1.5, null, true]}'"""),
        (sa.JSON(), 3, "'3'"),
        (sa.JSON(), "text", "'\"text\"'"),
        (sa.JSON(), dict, "'{}'"),
        (sa.JSON(), list, "'[]'"),
        (Upper(9), "abc", "'ABC'"),
        (Packed(), dict, "'{}'"),
        (sa.DateTime(), sa.func.now(), None),
        (sa.Integer(), sa.text("1 + 1"), "1 + 1"),
        (sa.Integer(), sa.literal(4), "4"),
    ],
)
def test_a_default_that_sql_can_say(type_: Any, default: Any, expected: str | None, dialect: sa.Dialect) -> None:
    found = declared_default(lifted(type_, default, dialect), dialect)
    assert found is not None
    assert expected in (None, found.sql)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.psycopg.dialect(), mysql.pymysql.dialect()])
@pytest.mark.parametrize(
    ("type_", "default"),
    [
        (sa.Uuid(), uuid.uuid4),
        (sa.JSON(), lambda: {"x": 1}),
        (sa.JSON(), {"x": object()}),
        (sa.JSON(), {"x": "back\\slash"}),
        (sa.String(9), "back\\slash"),
        (Broken(9), "text"),
        (sa.Integer(), None),
        (sa.Integer(), sa.Sequence("s")),
    ],
)
def test_a_default_that_sql_cannot_say(type_: Any, default: Any, dialect: sa.Dialect) -> None:
    assert declared_default(lifted(type_, default, dialect), dialect) is None


def lifted(type_: Any, default: Any, dialect: sa.Dialect) -> Column:
    column: sa.Column[Any] = sa.Column("a", type_, default=default)
    return lift_table(sa.Table("t", sa.MetaData(), column), dialect).columns[0]
