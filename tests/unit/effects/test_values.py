"""Values for rows: what stands in the script is read back as it was meant."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite

from schemashift.dialects import dialect_for
from schemashift.effects.values import as_default, unit_value, zero
from schemashift.sqla.lift import lift_default
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
