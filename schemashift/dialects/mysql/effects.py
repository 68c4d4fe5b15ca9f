"""What operations do to rows on MySQL and MariaDB: which tables they rewrite, and where writes must wait.

From https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html (the columns "In Place", "Rebuilds
Table" and "Permits Concurrent DML") and https://mariadb.com/kb/en/innodb-online-ddl-overview/, measured on MariaDB
10.11; for InnoDB tables with the default row format. The server takes the best algorithm that it has for a statement.
``SHARED`` is its own word for a lock that lets others read and not write (``LOCK=SHARED``).
"""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.mysql.types import Flavour, ParsedType, parse_type
from schemashift.operations import AlterTable, Operation
from schemashift.operations.facts import Fact, Locks, RewritesTable
from schemashift.schema import Check, ForeignKey, PrimaryKey, Type

SHARED = "SHARED"

_REBUILDING_OPTIONS = ("engine", "row_format")


def effects(operation: Operation, flavour: Flavour) -> Iterator[Fact]:
    """The facts of *operation* by itself."""
    yield from operation.effects()
    copied = _is_copied(operation, flavour)
    for table in operation.touches[:1]:
        if copied or _is_rebuilt(operation):
            yield RewritesTable(table=table)
        if copied or _blocks_writes(operation):
            yield Locks(table=table, mode=SHARED)


def _is_copied(operation: Operation, flavour: Flavour) -> bool:
    """Whether the server knows no other way than a copy of the table (``ALGORITHM=COPY``)."""
    before, after = operation.column_change
    if before is None and after is not None:
        return after.computed is not None and after.computed.stored
    if before is not None and after is not None:
        return copies(before.type, after.type, flavour)
    if isinstance(operation.added_constraint, Check):
        return flavour.mariadb
    # In place only without foreign_key_checks.
    return isinstance(operation.added_constraint, ForeignKey)


def _is_rebuilt(operation: Operation) -> bool:
    """Whether the table is written anew in place, while others write."""
    before, after = operation.column_change
    if before is not None and after is not None:
        return before.nullable != after.nullable
    if isinstance(operation, AlterTable):
        return any(name.endswith(_REBUILDING_OPTIONS) for name in _changed_options(operation))
    return _adds_numbers(operation) or _changes_primary_key(operation)


def _adds_numbers(operation: Operation) -> bool:
    """Whether it adds a column that numbers the rows."""
    before, after = operation.column_change
    return before is None and after is not None and after.autoincrement


def _changes_primary_key(operation: Operation) -> bool:
    if operation.dropped_constraint is None:
        return isinstance(operation.added_constraint, PrimaryKey)
    return any(key.kind == "primary key" for key in operation.drops)


def _changed_options(operation: AlterTable) -> Iterator[str]:
    new, old = (dict(fields or ()).get("options") for fields in (operation.set, operation.before))
    yield from (name for name, _ in {*(new or ())} ^ {*(old or ())})


def _blocks_writes(operation: Operation) -> bool:
    """Whether a way in place lets nobody write."""
    options = operation.created_index.options if operation.created_index is not None else ()
    return _adds_numbers(operation) or any(str(value).upper() == "FULLTEXT" for _, value in options)


def copies(before: Type, after: Type, flavour: Flavour) -> bool:
    """Whether it is certain that a change of type makes a copy of the table.

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
