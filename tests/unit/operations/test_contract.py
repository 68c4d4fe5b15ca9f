"""Every operation has its SQL and its source text by one door."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from schemashift.dialects.ddl import DDL
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql.ddl import MySQLDDL
from schemashift.dialects.postgresql.ddl import PostgreSQLDDL
from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.errors import NotSupported
from schemashift.operations import BulkInsert, Compiler, Description, Live, Operation, Sql, by_name, no_sql
from schemashift.operations.base import Statement
from schemashift.render.operations import Printer
from schemashift.schema import Schema
from tests.support.operations import operations

DDLS = (DDL, MySQLDDL, PostgreSQLDDL, SQLiteDDL)


OPERATIONS = sorted(operations(), key=lambda each: each.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polish(Operation):
    """An operation that one dialect has SQL for."""

    def inverse(self) -> Polish:
        return self

    def apply(self, schema: Schema) -> Schema:
        return schema

    def describe(self) -> Description:
        return Description("~", "polish", "all")

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"sqlite": self._polish}

    def _polish(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        yield f"POLISH {compiler.quote('it')}"


def test_the_first_name_that_is_there_is_taken_and_else_the_default() -> None:
    table = {"mysql": 1, "*": 2}
    assert by_name(table, ["mariadb", "mysql"]) == 1
    assert by_name(table, ["sqlite"]) == 2
    assert by_name({"mysql": 1}, ["sqlite"]) is None


def test_mariadb_is_known_by_two_names() -> None:
    mysql = sa.create_engine("mysql+pymysql://").dialect
    assert MySQLDDL(mysql).databases == ("mysql",)
    mysql.is_mariadb = True  # type: ignore[attr-defined]
    assert MySQLDDL(mysql).databases == ("mariadb", "mysql")


def test_the_operation_has_the_sql_that_the_dialect_has_not() -> None:
    assert list(SQLiteDDL(sqlite.dialect()).statements(Polish(), LiveSchema())) == ["POLISH it"]


def test_the_dialect_comes_first() -> None:
    class Better(SQLiteDDL):
        def polish(self, operation: Polish, live: LiveSchema) -> Iterator[str]:
            yield "POLISH better"

    assert list(Better(sqlite.dialect()).statements(Polish(), LiveSchema())) == ["POLISH better"]


def test_where_neither_has_any_the_error_names_both() -> None:
    ddl = PostgreSQLDDL(postgresql.dialect())
    with pytest.raises(NotSupported, match="postgresql has no SQL for Polish, and Polish has none for postgresql"):
        list(ddl.statements(Polish(), LiveSchema()))


def test_nothing_is_no_statement() -> None:
    assert list(no_sql(SQLiteDDL(sqlite.dialect()), LiveSchema())) == []


def test_a_printer_says_what_it_has_no_source_for() -> None:
    with pytest.raises(TypeError, match="no printer for Polish"):
        list(Printer(sqlite.dialect()).calls(Polish()))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.__name__)
def test_an_operation_is_said_by_the_dialect_or_by_itself(operation: type[Operation]) -> None:
    assert hasattr(DDL, operation.verb) or operation.sql_by_dialect is not Operation.sql_by_dialect
    assert hasattr(Printer, operation.verb) or operation.source is not Operation.source or operation is BulkInsert


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("class_", [*DDLS, Printer], ids=lambda each: each.__name__)
def test_a_method_called_like_an_operation_takes_that_operation(class_: type, operation: type[Operation]) -> None:
    """They are looked up by the operation's verb, which no type checker sees."""
    method = getattr(class_, operation.verb, None)
    if method is not None:
        assert issubclass(operation, typing.get_type_hints(method)["operation"])
