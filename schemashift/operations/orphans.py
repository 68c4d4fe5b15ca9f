"""Find the operations that left rows pointing to nothing, where the database checks references only afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemashift.operations.base import Operation
from schemashift.operations.facts import CreatesTable, DeletesRows, FillsValues, InsertsRows
from schemashift.operations.statements import Execute
from schemashift.schema import ForeignKey, TableName


class Reference(NamedTuple):
    """The tables of a broken reference. ``parent`` is None if it is not known: then it may be any."""

    child: str
    parent: str | None


def those_that_broke(operations: Sequence[Operation], references: Iterable[Reference]) -> tuple[Operation, ...]:
    """Return those of *operations*, executed in this order, that may have broken one of *references*.

    *references* have the names that the tables have after all *operations*.
    """
    places: set[int] = set()
    for reference in references:
        places.update(_places(list(_with_names_of_their_time(operations, reference))))
    return tuple(operations[place] for place in sorted(places))


Dated = tuple[Operation, Reference]


def _with_names_of_their_time(operations: Sequence[Operation], reference: Reference) -> Iterable[Dated]:
    """Return each operation with the names that the two tables have after it."""
    found = []
    for operation in reversed(operations):
        found.append((operation, reference))
        if operation.table_rename is not None:
            old, new = operation.table_rename
            child, parent = (old.name if _same(new.name, name) else name for name in reference)
            reference = Reference(child or reference.child, parent)
    return reversed(found)


def _places(dated: Sequence[Dated]) -> Iterator[int]:
    """Yield the last operation that adds the key to rows, and those after it that change rows of the two tables.

    If there are none, yield those that execute a statement about other tables (a trigger may do more), else those that
    create a table with the key, else those that change one of the tables.
    """
    added = max((at for at, each in enumerate(dated) if _adds_key(*each)), default=None)
    start = 0 if added is None else added + 1
    changing = [at for at, each in enumerate(dated[start:], start) if _changes_rows(*each)]
    if added is not None or changing:
        yield from ([] if added is None else [added])
        yield from changing
        return
    for is_meant in (_executes, _creates_with_key, _touches):
        if found := [at for at, each in enumerate(dated) if is_meant(*each)]:
            yield from found
            return


def _adds_key(operation: Operation, reference: Reference) -> bool:
    key = operation.added_constraint
    return isinstance(key, ForeignKey) and _among(reference.child, operation.touches) and _leads_to(key, reference)


def _changes_rows(operation: Operation, reference: Reference) -> bool:
    """Return True if it writes to the child, deletes rows of the parent, or executes SQL that names one of them."""
    if isinstance(operation, Execute):
        text = str(operation.statement)
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in reference if name)
    return any(
        (isinstance(fact, InsertsRows | FillsValues) and _same(fact.table.name, reference.child))
        or (isinstance(fact, DeletesRows) and _same(fact.table.name, reference.parent))
        for fact in operation.effects()
    )


def _executes(operation: Operation, reference: Reference) -> bool:
    del reference
    return isinstance(operation, Execute)


def _creates_with_key(operation: Operation, reference: Reference) -> bool:
    child, parent = reference
    if not any(isinstance(fact, CreatesTable) and _same(fact.table.name, child) for fact in operation.effects()):
        return False
    if parent is None or _same(child, parent):
        return True
    return any(key.kind == "table" and _same(key.name, parent) for key in operation.uses)


def _touches(operation: Operation, reference: Reference) -> bool:
    return any(_among(name, operation.touches) for name in reference)


def _leads_to(key: ForeignKey, reference: Reference) -> bool:
    return reference.parent is None or _same(key.target.name, reference.parent)


def _among(name: str | None, tables: Iterable[TableName]) -> bool:
    return any(_same(table.name, name) for table in tables)


def _same(name: str, other: str | None) -> bool:
    """Compare names ignoring case, as SQLite does."""
    return other is not None and name.lower() == other.lower()
