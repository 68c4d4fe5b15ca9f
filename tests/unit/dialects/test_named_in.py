"""What each database's error texts name. Those of real servers are in tests/databases/test_error_lines.py."""

from __future__ import annotations

import sqlite3

import pymysql
import pytest

from schemashift.dialects.mysql.session import MySQLSession
from schemashift.dialects.sqlite.session import SQLiteSession
from schemashift.operations import Named

SQLITE = {
    "NOT NULL constraint failed: _schemashift_t.b": Named(table="t", columns=("b",), violates="not null"),
    "UNIQUE constraint failed: t.a, t.b": Named(table="t", columns=("a", "b"), violates="unique"),
    "UNIQUE constraint failed: index 'ux'": Named(constraint="ux", violates="unique"),
    "CHECK constraint failed: ck": Named(constraint="ck", violates="check"),
    "CHECK constraint failed: a > 0": Named(constraint="a > 0", violates="check"),
    "FOREIGN KEY constraint failed": Named(violates="foreign key"),
    "no such column: b": Named(columns=("b",)),
    "no such column: t.b": Named(columns=("b",)),
    'no such column: "b" - should this be a string literal in single-quotes?': Named(columns=("b",)),
    "error in view v after drop column: no such column: b": Named(columns=("b",)),
    "table t has no column named b": Named(table="t", columns=("b",)),
    "duplicate column name: b": Named(columns=("b",)),
    'unknown column "b" in foreign key definition': Named(columns=("b",)),
    "index ix already exists": Named(constraint="ix"),
    "table t already exists": Named(table="t"),
    'table "t" already exists': Named(table="t"),
    "there is already a table named t": Named(table="t"),
    "no such table: main.t": Named(table="t"),
    "datatype mismatch": Named(),
    "database is locked": Named(),
}


@pytest.mark.parametrize("text", SQLITE)
def test_sqlite(text: str) -> None:
    assert SQLiteSession.__new__(SQLiteSession).named_in(sqlite3.OperationalError(text)) == SQLITE[text]


MYSQL = {
    (1048, "Column 'b' cannot be null"): Named(columns=("b",), violates="not null"),
    (1364, "Field 'b' doesn't have a default value"): Named(columns=("b",), violates="not null"),
    (1138, "Invalid use of NULL value"): Named(violates="not null"),
    (1265, "Data truncated for column 'b' at row 1"): Named(columns=("b",)),
    (1366, "Incorrect integer value: 'column `c`' for column `d`.`t`.`b` at row 1"): Named(columns=("b",)),
    (1366, "Incorrect integer value: 'x' for column 'b' at row 1"): Named(columns=("b",)),
    (1062, "Duplicate entry 'x for key 'y'' for key 'uq'"): Named(constraint="uq", violates="unique"),
    (1062, "Duplicate entry '1' for key 't.uq'"): Named(constraint="uq", violates="unique"),
    (1062, "Duplicate entry '1' for key 'PRIMARY'"): Named(violates="primary key"),
    (1062, "Duplicate entry '1' for key 't.PRIMARY'"): Named(violates="primary key"),
    (1068, "Multiple primary key defined"): Named(violates="primary key"),
    (1061, "Duplicate key name 'ix'"): Named(constraint="ix"),
    (1060, "Duplicate column name 'b'"): Named(columns=("b",)),
    (1054, "Unknown column 'b' in 't'"): Named(columns=("b",)),
    (1072, "Key column 'b' doesn't exist in table"): Named(columns=("b",)),
    (1067, "Invalid default value for 'b'"): Named(columns=("b",)),
    (1091, "Can't DROP COLUMN `b`; check that it exists"): Named(columns=("b",)),
    (1091, "Can't DROP INDEX `ix`; check that it exists"): Named(constraint="ix"),
    (1091, "Can't DROP CONSTRAINT `ck`; check that it exists"): Named(constraint="ck"),
    (1091, "Can't DROP FOREIGN KEY `fk`; check that it exists"): Named(constraint="fk"),
    (1091, "Can't DROP 'x'; check that column/key exists"): Named(columns=("x",), constraint="x"),
    (4025, "CONSTRAINT `ck` failed for `d`.`t`"): Named(constraint="ck", violates="check"),
    (3819, "Check constraint 'ck' is violated."): Named(constraint="ck", violates="check"),
    (1826, "Duplicate CHECK constraint name 'ck'"): Named(constraint="ck"),
    (
        1452,
        (
            "Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, CONSTRAINT `fk` FOREIGN KEY "
            "(`p_id`) REFERENCES `p` (`id`))"
        ),
    ): Named(constraint="fk", violates="foreign key"),
    (1553, "Cannot drop index 'ix': needed in a foreign key constraint"): Named(constraint="ix"),
    (1832, "Cannot change column 'b': used in a foreign key constraint 'fk'"): Named(columns=("b",), constraint="fk"),
    (1050, "Table 't' already exists"): Named(table="t"),
    (1146, "Table 'd.t' doesn't exist"): Named(table="t"),
    (1064, "You have an error in your SQL syntax; ... near 'COLUMN `b`' at line 1"): Named(),
    (1205, "Lock wait timeout exceeded; try restarting transaction"): Named(),
}


@pytest.mark.parametrize("error", MYSQL)
def test_mysql_and_mariadb(error: tuple[int, str]) -> None:
    assert MySQLSession.__new__(MySQLSession).named_in(pymysql.OperationalError(*error)) == MYSQL[error]
