"""The operations that turn one schema into another, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Iterable

from schemashift.diff.dependents import dependents_to_rebuild
from schemashift.diff.kind import AnyKind, Kinds, by_kind
from schemashift.diff.match import Pair, Pairs
from schemashift.diff.order import order
from schemashift.diff.tables import Tables, with_split_defaults
from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import Operation


def diff(pairs: Pairs, *, kinds: Iterable[AnyKind] = (), traits: Traits = STANDARD) -> tuple[Operation, ...]:
    """Return the operations that turn ``pairs.before`` into ``pairs.after``, in an order in which they can run.

    Renames come first. *kinds* are the kinds of objects other than tables. Constraints are compared with their names:
    see `named`. The result does not depend on the order of the input. Raises ValueError if there is no such order.
    """
    before, after = pairs.before, pairs.after
    all_kinds: Kinds = by_kind((Tables(before, after, traits), *kinds))
    operations = [operation for pair in pairs for operation in _changes(all_kinds, pair, pairs)]
    operations = with_split_defaults(operations, before, after)
    operations += dependents_to_rebuild(operations, before, after, all_kinds, traits)
    # Renames run first in an upgrade and last in a downgrade: all other operations use the new names.
    return (*pairs.renames, *order(operations, all_kinds))


def _changes(kinds: Kinds, pair: Pair, pairs: Pairs) -> Iterable[Operation]:
    before, after = pair
    if before is None:
        return kinds[after.key.kind].create(after) if after is not None else ()
    kind = kinds[before.key.kind]
    if after is None:
        return kind.drop(before)
    return kind.alter(before, after, pairs.before, pairs.after) if before != after else ()
