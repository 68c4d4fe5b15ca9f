"""Facts about operations on SQLite: what it cannot do in place needs a rebuild, which rewrites all rows.

From https://www.sqlite.org/lang_altertable.html: there is no ALTER COLUMN and no ADD CONSTRAINT; see `addable` for
ADD COLUMN. DROP COLUMN works in place if nothing else uses the column, which an operation alone does not tell. A value
stays as it is when its column gets another type (see `schemashift.dialects.sqlite.convert`), and a
PRIMARY KEY accepts NULL (https://www.sqlite.org/lang_createtable.html#the_primary_key): neither fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.sqlite.ddl import addable
from schemashift.operations import AddColumn, AddConstraint, AlterColumn, AlterTable, DropConstraint, Operation
from schemashift.operations.facts import Conversion, Fact, MayFail, RewritesTable, Why
from schemashift.schema import PrimaryKey, TableName


def effects(operation: Operation) -> Iterator[Fact]:
    """Yield the facts about *operation*, considered alone."""
    for fact in operation.effects():
        if not (isinstance(fact, MayFail) and _is_accepted(fact)):
            yield fact
    yield from (RewritesTable(table=table) for table in _rebuilt(operation))


def _is_accepted(fact: MayFail) -> bool:
    return isinstance(fact.what, Conversion) or (isinstance(fact.what, PrimaryKey) and fact.why is Why.NULL)


def _rebuilt(operation: Operation) -> Iterator[TableName]:
    match operation:
        case AddColumn() if not addable(operation.column):
            yield operation.table
        case AlterColumn() | AlterTable() if any(field != "comment" for field, _ in operation.set):
            yield operation.table
        case AddConstraint() | DropConstraint():
            yield operation.table
