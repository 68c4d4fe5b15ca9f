"""Say what changes each pair of objects, in an order in which it runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from schemashift.diff.dependents import dependents_to_rebuild
from schemashift.diff.kind import AnyKind, Kinds, by_kind
from schemashift.diff.match import Pair, Pairs, sort_key
from schemashift.diff.order import order
from schemashift.diff.tables import Tables
from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import AlterColumn, Operation
from schemashift.schema import Key, Schema


def diff(pairs: Pairs, *, kinds: Iterable[AnyKind] = (), traits: Traits = STANDARD) -> tuple[Operation, ...]:
    """The operations that make what is after of what is before, in an order in which they run; the renames first.

    *kinds* are the kinds of objects beside tables. Constraints are compared with their names: see `named`. The same
    pairs give the same operations, whatever order their parts came in. Raises ValueError where no order would run.
    """
    before, after = pairs.before, pairs.after
    every: Kinds = by_kind((Tables(before, after, traits), *kinds))
    operations = [operation for pair in pairs for operation in _change(every, pair, pairs)]
    operations = _without_clashes(operations, before, after)
    operations += dependents_to_rebuild(operations, before, after, every, traits)
    # They come first, and go last on the way back: everything else says the new names.
    return (*pairs.renames, *order(operations, every))


def _without_clashes(operations: Iterable[Operation], before: Schema, after: Schema) -> list[Operation]:
    """*operations*, a default of a type that changes itself taken away first and set last.

    The old default may be a label that goes, and the new one a label that comes: neither order would do, there or back.
    """
    found = list(operations)
    altered = {key for each in found if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in found for part in _in_steps(each, altered)]
    set_anyway = {Key.of_column(each.table, each.name) for each in found if _sets_default(each)}
    rewritten = {key for each in found if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=sort_key):
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


def _change(kinds: Kinds, pair: Pair, pairs: Pairs) -> Iterable[Operation]:
    before, after = pair
    if before is None:
        return kinds[after.key.kind].create(after) if after is not None else ()
    kind = kinds[before.key.kind]
    if after is None:
        return kind.drop(before)
    return kind.alter(before, after, pairs.before, pairs.after) if before != after else ()
