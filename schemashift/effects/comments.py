"""Comments in scripts beside operations that a person must check: they delete something, or may fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemashift.dialects import Dialect
from schemashift.effects.notes import Note
from schemashift.effects.values import is_null_by_default, made_in_python
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
    rows = _Rows(done, dialect)
    for operation in done:
        facts = dialect.effects(operation)
        rows.follow(operation, facts)
        texts = () if operation.note else _texts(operation, facts, rows, back=back)
        text = next(filter(None, texts), operation.note)
        yield replace(operation, note=text) if text != operation.note else operation


class _Rows:
    """What is known of the rows while *operations* run: which tables have none, which columns have which values."""

    def __init__(self, operations: Iterable[Operation], dialect: Dialect) -> None:
        facts = (fact for operation in operations for fact in dialect.effects(operation))
        self.empty = {fact.table for fact in facts if isinstance(fact, CreatesTable)}
        self.filled: set[tuple[TableName | None, object]] = set()
        self.null: set[tuple[TableName | None, object]] = set()

    def follow(self, operation: Operation, facts: Iterable[Fact]) -> None:
        """Note the effects of an operation."""
        before, column = operation.column_change
        if before is None and column is not None and is_null_by_default(column):
            self.null.add((operation.touches[0], column.name))
        for fact in facts:
            if isinstance(fact, FillsValues):
                self.filled.add((fact.table, fact.column))
                self.null.discard((fact.table, fact.column))
            elif isinstance(fact, InsertsRows):
                self.empty.discard(fact.table)

    def may_fail(self, fact: MayFail) -> bool:
        """Return True if there may be rows that the operation fails for."""
        if fact.table in self.empty or (fact.table, fact.what) in self.filled:
            return False
        if isinstance(fact.what, ForeignKey):
            # With NULL in a column, a row refers to nothing, unless the key is MATCH FULL.
            is_null = any((fact.table, name) in self.null for name in fact.what.columns)
            return fact.what.target in self.empty and not is_null
        return True


def _texts(operation: Operation, facts: Iterable[Fact], rows: _Rows, *, back: bool) -> Iterator[str]:
    """Yield the comment on each fact."""
    for fact in facts:
        match fact:
            case DeletesRows() | DeletesValues() if not back:
                yield _deletes(fact)
            case NeedsValue() if fact.table not in rows.empty:
                yield _lacks(fact, operation)
            case MayFail() if rows.may_fail(fact):
                yield _may_fail(fact)


def _deletes(fact: DeletesRows | DeletesValues) -> str:
    if isinstance(fact, DeletesRows):
        one = "Deletes ", " with its rows: a downgrade makes the table again, without them."
        many = "Deletes ", " with their rows: a downgrade makes the tables again, without them."
        return Note(one, many, (str(fact.table), str(fact.table)))
    name = f"{fact.table}.{fact.column}"
    sentence = "Deletes the values of ", ": a downgrade cannot bring them back."
    return Note(sentence, sentence, (name, name))


def _lacks(fact: NeedsValue, operation: Operation) -> str:
    """Return the comment on a new column without a value for the rows. MariaDB does not fail here: it inserts zeros."""
    column = operation.column_change[1]
    made = None if column is None else made_in_python(column)
    shown = fact.column if made is None else f"{fact.column} (only Python can call {made})"
    one = "give it a server_default, or add it as nullable and fill it first."
    many = "give them a server_default, or add them as nullable and fill them first."
    head = f"Where {fact.table} has rows, they have no value for "
    return Note((head, f": {one}"), (head, f": {many}"), (shown, shown))


def _may_fail(fact: MayFail) -> str:
    match fact.what:
        case str(column) if fact.why is Why.NULL:
            one = "Fails where a row has no ", ": fill it before."
            many = f"Fails where a row of {fact.table} lacks one of ", ": fill them before."
            return Note(one, many, (column, column))
        case ForeignKey(target=target):
            return f"Fails where {fact.table} has rows that point somewhere: {target} has none yet."
        case RemovedLabels(labels=labels):
            return f"Fails where a row has {', '.join(map(repr, labels))}: give it another label before."
    return ""
