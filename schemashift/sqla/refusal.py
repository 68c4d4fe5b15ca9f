"""Errors for what a model declares and SQLAlchemy cannot compile: where, why, and what to write."""

from __future__ import annotations

import os
import re
import traceback

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.mock import MockConnection

from schemashift.errors import Location, NotSupported


def no_type(error: Exception, type_: object, dialect: sa.Dialect, column: sa.Column[object] | None) -> NotSupported:
    """Return the error for a type that does not compile on *dialect*."""
    where = f'column "{column.table.name}.{column.name}": ' if column is not None and column.table is not None else ""
    variant = f'.with_variant({{}}, "{dialect.name}")'
    if isinstance(type_, sa.types.NullType):
        hint = "give the column a type: Column(..., String(50))"
    elif "length" in str(error):
        hint = f"give it a length, such as String(255), or one on this database alone: {variant.format('String(255)')}"
    else:
        hint = f"give it another type on this database: {variant.format('...')}"
    return NotSupported(
        f"{where}{dialect.name} has no type for {_described(type_)}",
        where=_place(error),
        cause=_cause(error),
        hints=[hint],
    )


def no_sql(error: Exception, what: str, dialect: sa.Dialect) -> NotSupported:
    """Return the error for *what*, a part of a table, that does not compile on *dialect*."""
    if isinstance(error, exc.UnsupportedCompilationError):
        hint = f'declare what it is there with @compiles(..., "{dialect.name}"), or write it as SQL: sa.text("...")'
    else:
        hint = 'write the expression as SQL: sa.text("...")'
    return NotSupported(
        f"{what} cannot be compiled for {dialect.name}", where=_place(error), cause=_cause(error), hints=[hint]
    )


def is_refused(table: sa.Table, dialect: sa.Dialect) -> bool:
    """Return True if SQLAlchemy cannot compile *table* for *dialect* either, so that create_all() fails too."""
    try:
        mock = MockConnection(dialect, lambda statement, *_, **__: statement.compile(dialect=dialect))
        table.metadata.create_all(mock, tables=[table], checkfirst=False)
    except Exception:  # noqa: BLE001  SQLAlchemy's errors, and whatever the application's constructs raise
        return True
    return False


def _described(type_: object) -> str:
    try:
        return repr(type_)
    except Exception:  # noqa: BLE001  the repr() of a TypeDecorator is that of its impl, which it may lack
        return type(type_).__name__


def _cause(error: Exception) -> str:
    text = str(error).strip().partition(" (Background on this error")[0]
    text = _COMPILER.sub("SQLAlchemy's compiler", text)
    if isinstance(error, exc.SQLAlchemyError):
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


_COMPILER = re.compile(r"Compiler <[^>]*>")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PYTHON = os.path.dirname(os.__file__)


def _place(error: Exception) -> tuple[Location, ...]:
    """Return the application's line that raised *error*; nothing if SQLAlchemy did."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return tuple(
        Location(frame.filename, frame.lineno, frame.name, frame.line or "")
        for frame in last
        if not frame.filename.startswith(("<", _PACKAGE, _PYTHON)) and "site-packages" not in frame.filename
    )
