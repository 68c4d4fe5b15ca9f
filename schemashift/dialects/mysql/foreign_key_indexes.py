"""The indexes of foreign keys.

A foreign key must have an index at all times. InnoDB creates one automatically where there is none, and drops it
silently when another one is created. It is not dropped with its key, and an index that a key needs cannot be dropped
(error 1553). So each ALTER also maintains these indexes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from schemashift.dialects.mysql.names import implicit_name, is_numbered, is_numbered_next
from schemashift.dialects.mysql.types import Flavour
from schemashift.schema import Index, IndexPart, PrimaryKey, Table, Unique

_NUMBERED = re.compile(r".+_\d+$", re.DOTALL)


def mark_implicit(table: Table) -> Table:
    """Return *table* with the indexes marked that InnoDB created for its foreign keys.

    The catalogue does not tell them from others: they are recognized by the name, by exactly the columns of the key,
    and by having no other properties.
    """
    candidates = {(implicit_name(table.name, key), key.columns) for key in table.foreign_keys}
    candidates |= {(key.name or "", key.columns) for key in table.foreign_keys}
    if not candidates:
        return table
    taken = {index.name for index in table.indexes} | {c.name for c in table.constraints if isinstance(c, Unique)}
    # Where another index has the name, a number is appended.
    numbered = (each.name for each in table.indexes if _NUMBERED.match(each.name))
    candidates |= {
        (name, columns) for name in numbered for base, columns in candidates if _is_numbered_variant(name, base, taken)
    }
    indexes = tuple(replace(index, implicit=_is_implicit(index, candidates)) for index in table.indexes)
    return replace(table, indexes=indexes)


def _is_numbered_variant(name: str, base: str, taken: Collection[str | None]) -> bool:
    return base in taken and is_numbered(name, f"{base}_")


def _is_implicit(index: Index, candidates: set[tuple[str, tuple[str, ...]]]) -> bool:
    plain = all(part == IndexPart(column=part.column) for part in index.parts if part.column)
    return plain and not index.unique and not index.options and (index.name, index.columns) in candidates


def is_served(columns: tuple[str, ...], key: tuple[str, ...]) -> bool:
    """Whether an index on the columns *key* can serve a foreign key on *columns*."""
    return key[: len(columns)] == columns


def serving_columns(index: Index, flavour: Flavour) -> tuple[str, ...]:
    """Return the leading columns of *index* that can serve a foreign key."""
    if any(name == "mysql_prefix" for name, _ in index.options):
        return ()
    columns: list[str] = []
    for part in index.parts:
        # MySQL does not use a descending index, MariaDB does (seen with both).
        if part.column is None or part.length is not None or (part.descending and not flavour.mariadb):
            break
        columns.append(part.column)
    return tuple(columns)


class Maintained(NamedTuple):
    """The changes to the indexes of a table's foreign keys: those to drop, those to add, and the resulting table."""

    dropped: tuple[Index, ...]
    added: tuple[Index, ...]
    table: Table


def maintain_foreign_key_indexes(before: Table, after: Table, flavour: Flavour) -> Maintained:
    """Return the changes that keep an index for each foreign key. *after* is the table that the operations make of
    *before*.

    Indexes that the server creates automatically, under the name that they have here, are in the resulting table but
    not among those to add.
    """
    explicit = [c.columns for c in after.constraints if isinstance(c, PrimaryKey | Unique)]
    explicit += [serving_columns(index, flavour) for index in after.indexes if not index.implicit]
    had = set(before.constraints) | set(before.indexes)
    new = {c.columns for c in after.constraints if isinstance(c, PrimaryKey | Unique) and c not in had}
    new |= {serving_columns(i, flavour) for i in after.indexes if not i.implicit and i not in had}
    dropped = tuple(i for i in after.indexes if i.implicit and _is_needless(i, before, after, explicit, new))
    kept = [index for index in after.indexes if not any(index is each for each in dropped)]
    available = explicit + [index.columns for index in kept if index.implicit]
    added = []
    for key in after.foreign_keys:
        if any(is_served(key.columns, columns) for columns in available):
            continue
        taken = {index.name for index in kept} | {str(c.name) for c in after.constraints if isinstance(c, Unique)}
        parts = tuple(IndexPart(column=column) for column in key.columns)
        index = Index(name=_first_free_name(implicit_name(after.name, key), taken), parts=parts, implicit=True)
        numbered = is_numbered(key.name or "", f"{after.name}_ibfk_")
        if key in before.constraints or (numbered and not is_numbered_next(key, before, flavour)):
            # For other new keys the server creates it automatically, under this name.
            added.append(index)
        kept.append(index)
        available.append(key.columns)
    return Maintained(dropped, tuple(added), replace(after, indexes=tuple(kept)))


def _is_needless(
    index: Index,
    before: Table,
    after: Table,
    explicit: Collection[tuple[str, ...]],
    new: Collection[tuple[str, ...]],
) -> bool:
    """Whether an implicit index has lost the keys it served or the one it is named after, or a new index also serves
    them.

    In the last case the server drops it silently if it created it itself, and keeps it if it was declared in a dump: an
    explicit DROP has the same result in both cases.
    """
    keys = [key for key in after.foreign_keys if is_served(key.columns, index.columns)]
    if not keys:
        return any(is_served(key.columns, index.columns) for key in before.foreign_keys)
    if not mark_implicit(replace(after, indexes=(index,))).indexes[0].implicit:
        # It is named after a key that no longer exists, and would no longer be recognized as implicit.
        return True
    if not any(is_served(key.columns, columns) for key in keys for columns in new):
        return False
    return all(any(is_served(key.columns, columns) for columns in explicit) for key in keys)


def _first_free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
