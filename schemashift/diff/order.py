"""Order is data: what an operation creates, drops, uses, frees and alters decides where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from schemashift.diff.kind import Kinds
from schemashift.operations import Operation
from schemashift.schema import Key


def order(operations: Iterable[Operation], kinds: Kinds) -> tuple[Operation, ...]:
    """*operations* in an order in which each finds what it needs, and the same one whatever order they came in.

    *kinds* say which names their objects share; the parts of a table are its kind's affair.
    Raises ValueError for a circle: operations that each wait for the other have to be split by whoever made them.
    """
    found = sorted(operations, key=lambda operation: operation.sort_key)
    waits = _edges(found, kinds)
    ready = [place for place, others in enumerate(waits) if not others]
    followers: dict[int, list[int]] = defaultdict(list)
    for place, others in enumerate(waits):
        for other in others:
            followers[other].append(place)
    heapify(ready)
    done: list[Operation] = []
    while ready:
        place = heappop(ready)
        done.append(found[place])
        for follower in followers[place]:
            waits[follower].discard(place)
            if not waits[follower]:
                heappush(ready, follower)
    if len(done) < len(found):
        stuck = [found[place].describe() for place, others in enumerate(waits) if others]
        raise ValueError(f"operations that wait for each other: {'; '.join(map(str, stuck))}")
    return tuple(done)


def _edges(operations: list[Operation], kinds: Kinds) -> list[set[int]]:
    """For each operation, the places of those that must come before it."""

    def claims(key: Key) -> Key:
        return kinds.get(key.kind, kinds["table"]).claims(key)

    creates, drops, alters, frees = (_by_key(operations, what) for what in ("creates", "drops", "alters", "frees"))
    freed: dict[Key, list[int]] = defaultdict(list)
    for key, places in drops.items():
        freed[claims(key)] += places
    waits: list[set[int]] = []
    for place, operation in enumerate(operations):
        before: set[int] = set()
        for key in operation.uses:
            # Create it, give it its final form, then depend on it.
            before.update(creates[key], alters[key])
        for key in operation.drops | operation.alters:
            # Nothing may depend on what is dropped or altered.
            before.update(frees[key])
        for key in operation.creates:
            # A name is free again before it is taken.
            before.update(freed[claims(key)])
        before.discard(place)
        waits.append(before)
    return waits


def _by_key(operations: list[Operation], what: str) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for place, operation in enumerate(operations):
        for key in getattr(operation, what):
            found[key].append(place)
    return found
