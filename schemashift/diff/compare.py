"""Say what changes each pair of objects, in an order in which it runs."""

from __future__ import annotations

from collections.abc import Iterable

from schemashift.diff.dependents import dependents_to_rebuild
from schemashift.diff.kind import AnyKind, Kinds, by_kind
from schemashift.diff.match import Pair, Pairs
from schemashift.diff.order import order
from schemashift.diff.tables import Tables, with_defaults_apart
from schemashift.diff.traits import STANDARD, Traits
from schemashift.operations import Operation


def diff(pairs: Pairs, *, kinds: Iterable[AnyKind] = (), traits: Traits = STANDARD) -> tuple[Operation, ...]:
    """The operations that make what is after of what is before, in an order in which they run; the renames first.

    *kinds* are the kinds of objects beside tables. Constraints are compared with their names: see `named`. The same
    pairs give the same operations, whatever order their parts came in. Raises ValueError where no order would run.
    """
    before, after = pairs.before, pairs.after
    every: Kinds = by_kind((Tables(before, after, traits), *kinds))
    operations = [operation for pair in pairs for operation in _change(every, pair, pairs)]
    operations = with_defaults_apart(operations, before, after)
    operations += dependents_to_rebuild(operations, before, after, every, traits)
    # They come first, and go last on the way back: everything else says the new names.
    return (*pairs.renames, *order(operations, every))


def _change(kinds: Kinds, pair: Pair, pairs: Pairs) -> Iterable[Operation]:
    before, after = pair
    if before is None:
        return kinds[after.key.kind].create(after) if after is not None else ()
    kind = kinds[before.key.kind]
    if after is None:
        return kind.drop(before)
    return kind.alter(before, after, pairs.before, pairs.after) if before != after else ()
