"""What a session knows of a statement from its text, without a connection."""

from __future__ import annotations

import pytest

from schemashift.dialects.mysql.session import MySQLSession
from schemashift.dialects.postgresql.session import PostgreSQLSession
from schemashift.dialects.session import Session
from schemashift.dialects.sqlite.session import SQLiteSession

LEADING = [
    "",
    " \n\t",
    "-- c\n",
    "--\r\n",
    "# c\n",
    "/* x */",
    "/* a */\n-- UPDATE\n/**/ ",
    "/* ' \n * c */\n",
    "-- ;\n\n",
]
UNKNOWN = ["/*! x */", "/*!50100 x */", "/*M! x */", "/* a /* UPDATE */ ", "-- c\r", "/* c "]
"""What starts no comment, or one that databases read differently: the statement after it counts as unknown."""

DDL = ["CREATE TABLE t (a int)", "alter table t add b int", "DROP TABLE t", "DO $$ BEGIN END $$", "RENAME TABLE t TO u"]
ROWS = ["INSERT INTO t VALUES (1)", "update t set a = 1", "DELETE FROM t"]


@pytest.mark.parametrize("session", [Session, MySQLSession, PostgreSQLSession, SQLiteSession])
@pytest.mark.parametrize("before", LEADING)
def test_a_comment_before_a_statement_does_not_hide_it(session: type[Session], before: str) -> None:
    assert all(session.changes_schema(before + sql) for sql in DDL)
    assert not any(session.changes_schema(before + sql) for sql in ROWS)


@pytest.mark.parametrize("session", [Session, MySQLSession])
@pytest.mark.parametrize("before", LEADING)
def test_a_statement_behind_a_comment_commits_as_without_it(session: type[Session], before: str) -> None:
    assert all(
        session.commits(before + sql) for sql in (*DDL[:3], "(/* SELECT */ CREATE TABLE t (a int)"[1:], "GRANT x")
    )
    assert not any(session.commits(before + sql) for sql in (*ROWS, "(SELECT 1)", "( (SELECT 1) )", "select(1)"))


@pytest.mark.parametrize("before", LEADING)
def test_a_statement_behind_a_comment_may_break_references_as_without_it(before: str) -> None:
    assert all(SQLiteSession.may_break_references(before + sql) for sql in (*ROWS, "DROP TABLE t"))
    assert not any(SQLiteSession.may_break_references(before + sql) for sql in (DDL[0], DDL[1], "SELECT 1"))


@pytest.mark.parametrize("before", UNKNOWN)
def test_a_comment_that_may_be_read_differently_makes_it_unknown(before: str) -> None:
    for sql in (*ROWS, "SELECT 1"):
        assert MySQLSession.changes_schema(before + sql)
        assert MySQLSession.commits(before + sql)
        assert SQLiteSession.may_break_references(before + sql)


def test_the_end_of_the_first_comment_is_the_end() -> None:
    assert Session.changes_schema("/* a */ CREATE TABLE t (a int) /* b */ UPDATE")
    assert Session.changes_schema("/* a */ CREATE */ UPDATE t")
    assert MySQLSession.commits("-- a\nCREATE TABLE t (a int) -- b\nSELECT 1")
    assert MySQLSession.commits("/* a */ CREATE */ SELECT 1")
