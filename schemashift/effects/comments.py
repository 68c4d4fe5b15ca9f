"""Comments in scripts beside operations that a person must check: they delete something, or may fail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from schemashift.dialects import Dialect
from schemashift.operations import Operation
from schemashift.operations.facts import (
    CreatesTable,
    DeletesRows,
    DeletesValues,
    Fact,
    FillsValues,
    InsertsRows,
    MayFail,
    NeedsValue,
    RemovedLabels,
    Why,
)
from schemashift.schema import ForeignKey, TableName


def with_comments(operations: Iterable[Operation], dialect: Dialect, *, back: bool) -> Iterator[Operation]:
    """Yield *operations*, with a ``note`` where one is needed.

    With *back*, no note is written for what a downgrade deletes: it drops what the upgrade created.
    """
    done = tuple(operations)
    empty = {fact.table for operation in done for fact in dialect.effects(operation) if isinstance(fact, CreatesTable)}
    filled: set[tuple[TableName | None, object]] = set()
    for operation in done:
        for fact in dialect.effects(operation):
            if isinstance(fact, FillsValues):
                filled.add((fact.table, fact.column))
            elif isinstance(fact, InsertsRows):
                empty.discard(fact.table)
        texts = () if operation.note else _texts(dialect.effects(operation), empty, filled, back=back)
        text = next(filter(None, texts), operation.note)
        yield replace(operation, note=text) if text != operation.note else operation


def _texts(
    facts: Iterable[Fact],
    empty: Collection[TableName],
    filled: Collection[tuple[TableName | None, object]],
    *,
    back: bool,
) -> Iterator[str]:
    """Yield the comment on each fact. The tables *empty* have no rows yet; the columns *filled* have their values."""
    for fact in facts:
        match fact:
            case DeletesRows() | DeletesValues() if not back:
                yield _deletes(fact)
            case NeedsValue():
                # MariaDB does not fail here: it inserts a zero.
                yield (
                    f"Where {fact.table} has rows, they have no value for {fact.column}: "
                    "give it a server_default, or add it as nullable and fill it first."
                )
            case MayFail() if (fact.table, fact.what) not in filled:
                yield _may_fail(fact, empty)


def _deletes(fact: DeletesRows | DeletesValues) -> str:
    if isinstance(fact, DeletesRows):
        return f"Deletes {fact.table} with its rows: a downgrade makes the table again, without them."
    return f"Deletes the values of {fact.table}.{fact.column}: a downgrade cannot bring them back."


def _may_fail(fact: MayFail, empty: Collection[TableName]) -> str:
    match fact.what:
        case str(column) if fact.why is Why.NULL:
            return f"Fails where a row has no {column}: fill it before."
        case ForeignKey(target=target) if target in empty and fact.table not in empty:
            return f"Fails where {fact.table} has rows that point somewhere: {target} has none yet."
        case RemovedLabels(labels=labels):
            return f"Fails where a row has {', '.join(map(repr, labels))}: give it another label before."
    return ""
