"""Sort operations topologically by the keys that they create, drop, use, free and alter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from schemashift.diff.kind import Kinds
from schemashift.operations import Operation
from schemashift.schema import Key


def order(operations: Iterable[Operation], kinds: Kinds) -> tuple[Operation, ...]:
    """Return *operations* in an order in which each finds what it needs; the order of the input does not matter.

    *kinds* define which names their objects share; the parts of a table belong to the kind of tables.
    Raises ValueError for a cycle: whoever creates operations that each wait for the other has to split them.
    """
    ranked = sorted(operations, key=lambda operation: operation.sort_key)
    predecessors = _predecessors(ranked, kinds)
    ready = [position for position, others in enumerate(predecessors) if not others]
    followers: dict[int, list[int]] = defaultdict(list)
    for position, others in enumerate(predecessors):
        for other in others:
            followers[other].append(position)
    heapify(ready)
    done: list[Operation] = []
    while ready:
        position = heappop(ready)
        done.append(ranked[position])
        for follower in followers[position]:
            predecessors[follower].discard(position)
            if not predecessors[follower]:
                heappush(ready, follower)
    if len(done) < len(ranked):
        stuck = [ranked[position].describe() for position, others in enumerate(predecessors) if others]
        raise ValueError(f"operations that wait for each other: {'; '.join(map(str, stuck))}")
    return tuple(done)


def _predecessors(operations: list[Operation], kinds: Kinds) -> list[set[int]]:
    """Return, for each operation, the positions of those that must run before it."""

    def claims(key: Key) -> Key:
        return kinds.get(key.kind, kinds["table"]).claims(key)

    creates, drops, alters, frees = (_by_key(operations, name) for name in ("creates", "drops", "alters", "frees"))
    freed: dict[Key, list[int]] = defaultdict(list)
    for key, positions in drops.items():
        freed[claims(key)] += positions
    predecessors: list[set[int]] = []
    for position, operation in enumerate(operations):
        before: set[int] = set()
        for key in operation.uses:
            # What an operation uses must have been created and have its final form.
            before.update(creates[key], alters[key])
        for key in operation.drops | operation.alters:
            # Nothing may depend any more on what is dropped or altered.
            before.update(frees[key])
        for key in operation.creates:
            # The object that had the name must have been dropped.
            before.update(freed[claims(key)])
        before.discard(position)
        predecessors.append(before)
    return predecessors


def _by_key(operations: list[Operation], attribute: str) -> dict[Key, list[int]]:
    """Return the positions of the operations that have a key in the set *attribute*."""
    positions: dict[Key, list[int]] = defaultdict(list)
    for position, operation in enumerate(operations):
        for key in getattr(operation, attribute):
            positions[key].append(position)
    return positions
