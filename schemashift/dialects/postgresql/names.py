"""The names that PostgreSQL chooses for unnamed objects (``makeObjectName`` and ``ChooseConstraintName``)."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

from schemashift.schema import Check, Constraint, Exclude, ForeignKey, IndexPart, PrimaryKey, Table, Unique

_LIMIT = 63


def object_name(first: str, second: str, label: str) -> str:
    """Return ``first_second_label``, with the longer of the first two shortened until all of it fits into 63 bytes."""
    room = _LIMIT - len(label) - 1 - (1 if second else 0)
    one, two = len(first.encode()), len(second.encode())
    while one + two > room:
        if one > two:
            one -= 1
        else:
            two -= 1
    parts = [_clip(first, one), *([_clip(second, two)] if second else []), label]
    return "_".join(parts)


def _clip(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def default_name(table: Table, constraint: Constraint) -> str:
    """Return the name that PostgreSQL would choose for *constraint* when it is added to *table*."""
    taken = {c.name for c in table.constraints} | {index.name for index in table.indexes}
    match constraint:
        case PrimaryKey():
            second, label = "", "pkey"
        case Unique():
            second, label = "_".join(constraint.columns), "key"
        case ForeignKey():
            second, label = "_".join(constraint.columns), "fkey"
        case Exclude():
            second, label = "_".join(map(_part_name, constraint.parts)), "excl"
        case Check():
            second, label = constraint.columns[0] if len(constraint.columns) == 1 else "", "check"
    for number in count():
        name = object_name(table.name, second, label + (str(number) if number else ""))
        if name not in taken:
            return name
    raise AssertionError("count() does not end")


def named_as_created(table: Table) -> tuple[Constraint, ...]:
    """Return the constraints of a new table, the unnamed ones with the names that PostgreSQL chooses for them."""
    named = [constraint for constraint in table.constraints if constraint.name is not None]
    for constraint in (each for each in table.constraints if each.name is None):
        name = default_name(replace(table, constraints=tuple(named)), constraint)
        named.append(replace(constraint, name=name))
    return tuple(named)


def _part_name(part: IndexPart) -> str:
    """Return the name of an index element in names: that of the column or the function, else ``expr``."""
    function = re.match(r"([a-z_]\w*)\(", part.expression or "")
    return part.column or (function[1] if function else "expr")


def sequence_name(table: str, column: str) -> str:
    """Return the name of the sequence that SERIAL creates, if the name is free."""
    return object_name(table, column, "seq")
