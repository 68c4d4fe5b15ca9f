"""The operations that turn one schema into another, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
    """Return the operations that turn ``pairs.before`` into ``pairs.after``, in an order in which they can run.

    Renames come first. *kinds* are the kinds of objects other than tables. Constraints are compared with their names:
    see `named`. The result does not depend on the order of the input. Raises ValueError if there is no such order.
    """
    before, after = pairs.before, pairs.after
    all_kinds: Kinds = by_kind((Tables(before, after, traits), *kinds))
    operations = [operation for pair in pairs for operation in _changes(all_kinds, pair, pairs)]
    operations = _with_split_defaults(operations, before, after)
    operations += dependents_to_rebuild(operations, before, after, all_kinds, traits)
    # Renames run first in an upgrade and last in a downgrade: all other operations use the new names.
    return (*pairs.renames, *order(operations, all_kinds))


def _with_split_defaults(operations: Sequence[Operation], before: Schema, after: Schema) -> list[Operation]:
    """Return *operations*, where a default whose type changes too is dropped before that change and set after it.

    The old default may be a label that is removed, and the new one a label that is added: neither order would work,
    in the upgrade or in the downgrade.
    """
    altered = {key for each in operations if each.changes_values or each.rewrites_defaults for key in each.alters}
    parts = [part for each in operations for part in _split(each, altered)]
    set_anyway = {Key.of_column(each.table, each.name) for each in operations if _sets_default(each)}
    rewritten = {key for each in operations if each.rewrites_defaults for key in each.alters}
    for key in sorted((key for key in rewritten - set_anyway if key.kind == "column"), key=sort_key):
        old, new = (schema.table(key.table_name) for schema in (before, after))
        column = old.column(key.part) if old is not None else None
        if column is not None and column.default is not None and new is not None and new.column(key.part) == column:
            first = AlterColumn(table=key.table_name, name=key.part, set=(("default", None),), before=column)
            parts += [first, first.inverse()]
    return parts


def _sets_default(operation: Operation) -> TypeGuard[AlterColumn]:
    return isinstance(operation, AlterColumn) and "default" in operation.changes


def _split(operation: Operation, altered: Collection[Key]) -> Iterator[Operation]:
    if not isinstance(operation, AlterColumn) or operation.before is None or operation.before.default is None:
        yield operation
        return
    if operation.changes.get("default") is None or not set(operation.before.type.needs) & set(altered):
        yield operation
        return
    first = replace(operation, set=(("default", None),), options=())
    yield first
    yield replace(operation, before=first.after)


def _changes(kinds: Kinds, pair: Pair, pairs: Pairs) -> Iterable[Operation]:
    before, after = pair
    if before is None:
        return kinds[after.key.kind].create(after) if after is not None else ()
    kind = kinds[before.key.kind]
    if after is None:
        return kind.drop(before)
    return kind.alter(before, after, pairs.before, pairs.after) if before != after else ()
