"""A revision's message, taken from what it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemashift.operations import (
    AddColumn,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    FillColumn,
    FillTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from schemashift.schema import TableName


def message(operations: Sequence[Operation]) -> str:
    """``create users``, ``add token to users and 4 more``. The weightiest operation gives the words."""
    operations = list(_changes(operations))
    if not operations:
        return "empty"
    tables = [operation for operation in operations if isinstance(operation, CreateTable)]
    if tables and len(tables) == len(operations):
        return _tables("create", [operation.table.name for operation in tables])
    gone = [operation for operation in operations if isinstance(operation, DropTable)]
    if gone and len(gone) == len(operations):
        return _tables("drop", [operation.name.name for operation in gone])
    first = min(operations, key=_weight)
    rest = len(operations) - 1
    return _words(first) + (f" and {rest} more" if rest else "")


def _changes(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Without what is done for the rows only: a new column that is filled and then NOT NULL is one change."""
    seen: set[tuple[TableName, str]] = set()
    for operation in operations:
        if isinstance(operation, AddColumn):
            seen.add((operation.table, operation.column.name))
        elif isinstance(operation, AlterColumn) and (operation.table, operation.name) in seen:
            continue
        elif isinstance(operation, AlterColumn):
            seen.add((operation.table, operation.name))
        if not isinstance(operation, FillColumn | FillTable):
            yield operation


def _tables(verb: str, names: list[str]) -> str:
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return f"{verb} {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"{verb} {shown[0]}"


_ORDER: tuple[type[Operation], ...] = (
    CreateTable,
    RenameTable,
    DropTable,
    AddColumn,
    RenameColumn,
    DropColumn,
    AlterColumn,
)


def _weight(operation: Operation) -> int:
    return _ORDER.index(type(operation)) if type(operation) in _ORDER else len(_ORDER)


def _words(operation: Operation) -> str:
    match operation:
        case CreateTable():
            return f"create {operation.table.name}"
        case DropTable():
            return f"drop {operation.name.name}"
        case AddColumn():
            return f"add {operation.column.name} to {operation.table.name}"
        case DropColumn():
            return f"drop {operation.name} from {operation.table.name}"
        case AlterColumn():
            return f"alter {operation.name} of {operation.table.name}"
        case RenameColumn():
            return f"rename {operation.old} of {operation.table.name} to {operation.new}"
        case RenameTable():
            return f"rename {operation.old.name} to {operation.new}"
    description = operation.describe()
    verb = {"+": "add", "-": "drop", "~": "change"}[description.sign]
    return f"{verb} {description.noun} {description.name}"
