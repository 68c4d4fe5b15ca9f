"""Which changes of type no value is in the way of."""

from __future__ import annotations

import pytest

from schemashift.operations.fits import always_fits
from schemashift.schema import Type


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("INTEGER", "INTEGER"),
        ("SMALLINT", "BIGINT"),
        ("int", "bigint"),
        ("VARCHAR(50)", "VARCHAR(51)"),
        ("VARCHAR(50)", "VARCHAR"),
        ("CHAR(5)", "VARCHAR(5)"),
        ("VARCHAR(50)", "TEXT"),
        ("varchar(50)", "text"),
        ("TIMESTAMP WITH TIME ZONE", "TEXT"),
        ("text", "longtext"),
        ("NUMERIC(10, 2)", "NUMERIC(12, 2)"),
        ("NUMERIC(10, 2)", "NUMERIC(12, 4)"),
        ("NUMERIC(10, 2)", "NUMERIC"),
        ("NUMERIC(10)", "NUMERIC(12, 2)"),
        ("REAL", "DOUBLE PRECISION"),
        ("enum('a','b')", "enum('c','b','a')"),
    ],
)
def test_what_fits(before: str, after: str) -> None:
    assert always_fits(Type(sql=before), Type(sql=after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("BIGINT", "INTEGER"),
        ("int", "int unsigned"),
        ("VARCHAR(50)", "VARCHAR(49)"),
        ("VARCHAR", "VARCHAR(50)"),
        ("CHAR(5)", "CHAR"),
        ("VARCHAR(5)", "CHAR(5)"),
        ("TEXT", "VARCHAR(50)"),
        ("TEXT", "INTEGER"),
        ("longtext", "text"),
        ("varchar(300)", "tinytext"),
        ("NUMERIC(10, 2)", "NUMERIC(12, 5)"),
        ("NUMERIC", "NUMERIC(12, 5)"),
        ("DOUBLE PRECISION", "REAL"),
        ("enum('a','b')", "enum('a')"),
        ("mood", "TEXT"),
        ("INTEGER[]", "BIGINT[]"),
    ],
)
def test_what_may_not_fit(before: str, after: str) -> None:
    assert not always_fits(Type(sql=before), Type(sql=after))
