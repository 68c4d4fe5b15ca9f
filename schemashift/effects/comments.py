"""What a script says beside an operation at which a person must look: it deletes something, or rows may not fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from schemashift.effects.values import becomes_required, needs_value
from schemashift.objects.enums import AlterEnum
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    FillColumn,
    FillTable,
    Operation,
)
from schemashift.schema import ForeignKey, TableName


def noted(operations: Iterable[Operation], *, back: bool) -> Iterator[Operation]:
    """*operations* with a ``note`` where one is due.

    The way *back* drops what the way forward made, which goes without saying.
    """
    found = tuple(operations)
    fresh = {operation.table.table_name for operation in found if isinstance(operation, CreateTable)}
    filled: set[tuple[TableName, str]] = set()
    for operation in found:
        if isinstance(operation, FillColumn):
            filled.add((operation.table, operation.column))
        if isinstance(operation, FillTable):
            fresh.discard(operation.table)
        if isinstance(operation, AlterColumn) and (operation.table, operation.name) in filled:
            yield operation
            continue
        text = operation.note or ("" if back else _deletes(operation)) or _may_fail(operation, fresh)
        yield replace(operation, note=text) if text != operation.note else operation


def _deletes(operation: Operation) -> str:
    match operation:
        case DropTable():
            return f"Deletes {operation.name} with its rows: a downgrade makes the table again, without them."
        case DropColumn() if operation.column is None or operation.column.computed is None:
            return f"Deletes the values of {operation.table}.{operation.name}: a downgrade cannot bring them back."
    return ""


def _may_fail(operation: Operation, fresh: Collection[TableName]) -> str:
    match operation:
        case AddConstraint(constraint=ForeignKey(target=target)) if target in fresh and operation.table not in fresh:
            return f"Fails where {operation.table} has rows that point somewhere: {target} has none yet."
        case AddColumn() if needs_value(operation.column):
            # MariaDB makes up a zero.
            return (
                f"Where {operation.table} has rows, they have no value for {operation.column.name}: "
                "give it a server_default, or add it as nullable and fill it first."
            )
        case AlterColumn() if becomes_required(operation):
            return f"Fails where a row has no {operation.name}: fill it before."
        case AlterEnum() if operation.gone:
            gone = ", ".join(map(repr, operation.gone))
            return f"Fails where a row has {gone}: give it another label before."
    return ""
