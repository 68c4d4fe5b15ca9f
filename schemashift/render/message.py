"""The default message of a revision, derived from its operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemashift.operations import Operation
from schemashift.operations.facts import CreatesTable, DeletesRows, Fact, FillsValues, InsertsRows


def message(operations: Sequence[Operation]) -> str:
    """Return a message such as ``create users``, or ``add token to users and 4 more`` after the heaviest operation."""
    operations = list(_changes(operations))
    if not operations:
        return "empty"
    created = _tables_of(operations, CreatesTable)
    if len(created) == len(operations):
        return _listed("create", created)
    dropped = _tables_of(operations, DeletesRows)
    if len(dropped) == len(operations):
        return _listed("drop", dropped)
    heaviest = max(operations, key=lambda operation: operation.weight)
    rest = len(operations) - 1
    return heaviest.summary() + (f" and {rest} more" if rest else "")


def _changes(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the changes of the schema, each once: a column that is added, filled and set NOT NULL is one change."""
    seen = set()
    for operation in operations:
        if any(isinstance(fact, FillsValues | InsertsRows) for fact in operation.effects()):
            continue
        if operation.alters and operation.alters in seen:
            continue
        seen |= {operation.alters, *(frozenset({key}) for key in operation.creates)}
        yield operation


def _tables_of(operations: Sequence[Operation], kind: type[CreatesTable | DeletesRows]) -> list[str]:
    facts: Iterator[Fact] = (fact for operation in operations for fact in operation.effects())
    return [fact.table.name for fact in facts if isinstance(fact, kind)]


def _listed(verb: str, names: list[str]) -> str:
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return f"{verb} {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"{verb} {shown[0]}"
