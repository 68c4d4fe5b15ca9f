"""Match what is in two schemas, and say what changes each pair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from schemashift.diff.dependents import dependents_to_rebuild
from schemashift.diff.kind import AnyKind, Kinds, by_kind
from schemashift.diff.names import settle
from schemashift.diff.order import order
from schemashift.diff.tables import Tables
from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import AlterColumn, Operation, RenameColumn
from schemashift.schema import Key, Schema


def diff(
    before: Schema, after: Schema, *, kinds: Iterable[AnyKind] = (), traits: Traits = STANDARD
) -> tuple[Operation, ...]:
    """The operations that make *after* of *before*, in an order in which they run.

    *kinds* are the kinds of objects beside tables. Unnamed constraints of *after* take the names of what is there.
    The same two schemas give the same operations, whatever order their parts came in.
    """
    renames = tuple(_renames(before, after, traits))
    for rename in renames:
        before = rename.apply(before)
    common = ((before.table(table.table_name), table) for table in after.tables)
    after = after.put(*(settle(old, new, traits) for old, new in common if old is not None))
    every: Kinds = by_kind((Tables(before, after, traits), *kinds))
    operations: list[Operation] = []
    for key in sorted(before.keys() | after.keys(), key=_place):
        operations += _change(every[key.kind], key, before, after)
    operations = _without_clashes(operations, before, after)
    operations += dependents_to_rebuild(operations, before, after, every, traits)
    # They come first, and go last on the way back: everything else says the new names.
    return (*renames, *order(operations, every))


def _renames(before: Schema, after: Schema, traits: Traits) -> Iterator[RenameColumn]:
    """The columns whose names are written in another way, and are the same to the database: one beside the other is
    more than it takes."""
    for table in after.tables:
        old = before.table(table.table_name)
        for column in old.columns if old is not None else ():
            now = next(
                (each.name for each in table.columns if traits.is_same_name(each.name, column.name)), column.name
            )
            if now != column.name:
                yield RenameColumn(table=table.table_name, old=column.name, new=now)


def _without_clashes(operations: Iterable[Operation], before: Schema, after: Schema) -> list[Operation]:
    """*operations*, a default of a type that changes itself taken away first and set last.

    The old default may be a label that goes, and the new one a label that comes: neither order would do, there or back.
    """
    found = list(operations)
    altered = {key for each in found if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in found for part in _in_steps(each, altered)]
    set_anyway = {Key.of_column(each.table, each.name) for each in found if _sets_default(each)}
    rewritten = {key for each in found if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=_place):
        old, new = (schema.table(key.table_name) for schema in (before, after))
        column = old.column(key.part) if old is not None else None
        if column is not None and column.default is not None and new is not None and new.column(key.part) == column:
            first = AlterColumn(table=key.table_name, name=key.part, set=(("default", None),), before=column)
            parts += [first, first.inverse()]
    return parts


def _sets_default(operation: Operation) -> TypeGuard[AlterColumn]:
    return isinstance(operation, AlterColumn) and "default" in operation.changes


def _in_steps(operation: Operation, altered: Collection[Key]) -> Iterator[Operation]:
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.before.default is None:
        yield operation
        return
    if operation.changes.get("default") is None or not set(operation.before.type.needs) & set(altered):
        yield operation
        return
    first = replace(operation, set=(("default", None),), options=())
    yield first
    yield replace(operation, before=first.after)


def _place(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def _change(kind: AnyKind, key: Key, before: Schema, after: Schema) -> Iterable[Operation]:
    old, new = before.get(key), after.get(key)
    if old is None:
        return kind.create(new) if new is not None else ()
    if new is None:
        return kind.drop(old)
    return kind.alter(old, new, before, after) if old != new else ()
