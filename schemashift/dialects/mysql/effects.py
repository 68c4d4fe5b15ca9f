"""Facts about operations on MySQL and MariaDB: which tables they rewrite, and where writes must wait.

From https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html (the columns "In Place", "Rebuilds
Table" and "Permits Concurrent DML") and https://mariadb.com/kb/en/innodb-online-ddl-overview/, measured on MariaDB
10.11; for InnoDB tables with the default row format. The server uses the best algorithm that it has for a statement.
``SHARED`` is its name for a lock that allows reads and blocks writes (``LOCK=SHARED``).
"""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.mysql.types import Flavour, ParsedType, parse_type
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    DropConstraint,
    Operation,
)
from schemashift.operations.facts import Fact, Locks, RewritesTable
from schemashift.schema import Check, Column, ForeignKey, PrimaryKey, Type

SHARED = "SHARED"

_REBUILDING_OPTIONS = ("engine", "row_format")


def effects(operation: Operation, flavour: Flavour) -> Iterator[Fact]:
    """Yield the facts about *operation*, considered alone."""
    yield from operation.effects()
    table = getattr(operation, "table", None)
    copied = _is_copied(operation, flavour)
    if table is not None and (copied or _is_rebuilt(operation)):
        yield RewritesTable(table=table)
    if table is not None and (copied or _blocks_writes(operation)):
        yield Locks(table=table, mode=SHARED)


def _is_copied(operation: Operation, flavour: Flavour) -> bool:
    """Whether the server can only copy the table (``ALGORITHM=COPY``)."""
    match operation:
        case AddColumn():
            return operation.column.computed is not None and operation.column.computed.stored
        case AlterColumn(before=Column() as before):
            type_ = operation.changes.get("type")
            return isinstance(type_, Type) and copies(before.type, type_, flavour)
        case AddConstraint(constraint=ForeignKey()):
            # In place only without foreign_key_checks.
            return True
        case AddConstraint(constraint=Check()):
            return flavour.mariadb
    return False


def _is_rebuilt(operation: Operation) -> bool:
    """Whether the table is rebuilt in place, while others can write."""
    match operation:
        case AddColumn():
            return operation.column.autoincrement
        case AlterColumn(before=Column() as before):
            return ("nullable", not before.nullable) in operation.set
        case AddConstraint():
            return isinstance(operation.constraint, PrimaryKey)
        case DropConstraint():
            return PrimaryKey in (operation.kind, type(operation.constraint))
        case AlterTable():
            return any(name.endswith(_REBUILDING_OPTIONS) for name in _changed_options(operation))
    return False


def _changed_options(operation: AlterTable) -> Iterator[str]:
    new, old = (dict(fields or ()).get("options") for fields in (operation.set, operation.before))
    yield from (name for name, _ in {*(new or ())} ^ {*(old or ())})


def _blocks_writes(operation: Operation) -> bool:
    """Whether an operation that is done in place blocks writes."""
    match operation:
        case AddColumn():
            return operation.column.autoincrement
        case CreateIndex():
            return any(str(value).upper() == "FULLTEXT" for _, value in operation.index.options)
    return False


def copies(before: Type, after: Type, flavour: Flavour) -> bool:
    """Whether it is certain that a change of type copies the table.

    It is not where a text may get longer, where labels are appended, and where only the collation changes.
    """
    old, new = (parse_type(each.sql, None, flavour) for each in (before, after))
    if old == new or {old.base, new.base} == {"char", "varchar"}:
        return False
    if old.base != new.base:
        return True
    if old.base in ("varchar", "varbinary"):
        return int(old.args[0]) > int(new.args[0])
    return not _is_appended(old, new)


def _is_appended(old: ParsedType, new: ParsedType) -> bool:
    return old.base in ("enum", "set") and new.args[: len(old.args)] == old.args
