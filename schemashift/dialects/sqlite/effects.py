"""What operations do to rows on SQLite: what it cannot do in place is done by a rebuild, which writes all rows anew.

From https://www.sqlite.org/lang_altertable.html: there is no ALTER COLUMN and no ADD CONSTRAINT; see `addable` for
ADD COLUMN. DROP COLUMN works in place as far as nothing else uses the column, which an operation by itself does not
know. A value stays as it is when its column gets another type (see `schemashift.dialects.sqlite.convert`), and a
PRIMARY KEY accepts NULL (https://www.sqlite.org/lang_createtable.html#the_primary_key): neither fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.sqlite.ddl import addable
from schemashift.operations import Operation
from schemashift.operations.facts import Conversion, Fact, MayFail, RewritesTable, Why
from schemashift.schema import PrimaryKey


def effects(operation: Operation) -> Iterator[Fact]:
    """The facts of *operation* by itself."""
    for fact in operation.effects():
        if not (isinstance(fact, MayFail) and _is_accepted(fact)):
            yield fact
    if _is_rebuilt(operation):
        yield RewritesTable(table=operation.touches[0])


def _is_accepted(fact: MayFail) -> bool:
    return isinstance(fact.what, Conversion) or (isinstance(fact.what, PrimaryKey) and fact.why is Why.NULL)


def _is_rebuilt(operation: Operation) -> bool:
    """Whether the operation rebuilds its table."""
    before, after = operation.column_change
    if before is None and after is not None:
        return not addable(after)
    if operation.added_constraint is not None or operation.dropped_constraint is not None:
        return True
    return any(field != "comment" for field in operation.changed_fields)
