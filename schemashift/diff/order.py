"""Order is data: what an operation creates, drops, uses, frees and alters decides where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
)
from schemashift.schema import ForeignKey, Key

_RANK: dict[type[Operation], int] = {
    DropConstraint: 1,
    DropIndex: 2,
    DropColumn: 6,
    DropTable: 7,
    CreateTable: 3,
    AddColumn: 4,
    AlterColumn: 5,
    AlterTable: 5,
    AddConstraint: 8,
    CreateIndex: 9,
}
"""How people would sort operations that do not depend on each other: tables first, then columns, then the rest."""

Place = tuple[int, str, str]


def order(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """*operations* in an order in which each finds what it needs, and the same one whatever order they came in.

    Raises ValueError for a circle: operations that each wait for the other have to be split by whoever made them.
    """
    found = sorted(operations, key=_place)
    waits = _edges(found)
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


def _place(operation: Operation) -> Place:
    table = operation.touches[0] if operation.touches else None
    late = isinstance(operation, AddConstraint) and isinstance(operation.constraint, ForeignKey)
    rank = 10 if late else _RANK.get(type(operation), 5)
    if isinstance(operation, AddColumn):
        # Columns keep the order the model gives them; the sort is stable.
        return rank, str(table), ""
    return rank, str(table), f"{operation.describe().name} {operation.describe().detail}"


def _edges(operations: list[Operation]) -> list[set[int]]:
    """For each operation, the places of those that must come before it."""
    creates, drops, alters, frees = (_by_key(operations, what) for what in ("creates", "drops", "alters", "frees"))
    freed: dict[Key, list[int]] = defaultdict(list)
    for key, places in drops.items():
        freed[_claim(key)] += places
    waits: list[set[int]] = []
    for place, operation in enumerate(operations):
        before: set[int] = set()
        for key in operation.uses:
            # Create it, give it its final form, then stand on it.
            before.update(creates[key], alters[key])
        for key in operation.drops | operation.alters:
            # Nothing may stand on what is dropped or altered.
            before.update(frees[key])
        for key in operation.creates:
            # A name is free again before it is taken.
            before.update(freed[_claim(key)])
        before.discard(place)
        waits.append(before)
    return waits


def _claim(key: Key) -> Key:
    """What a key takes a name from: things of several kinds share one, and a table has a type of its name."""
    if key.kind in ("table", "index", "sequence", "enum", "domain"):
        return Key("name", key.schema, key.part or key.name)
    return key


def _by_key(operations: list[Operation], what: str) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for place, operation in enumerate(operations):
        for key in getattr(operation, what):
            found[key].append(place)
    return found
