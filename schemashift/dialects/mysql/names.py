"""The names that the servers choose for constraints without one, so that a script can use them in advance."""

from __future__ import annotations

from dataclasses import replace

from schemashift.dialects.mysql.types import Flavour
from schemashift.schema import Check, Constraint, Exclude, ForeignKey, PrimaryKey, Table, Unique


def default_name(table: Table, constraint: Constraint, flavour: Flavour) -> str | None:
    """Return the name that the server would choose for *constraint* when it is added to *table*; None for a primary
    key.

    Seen on MariaDB 10.11 and MySQL 9.7: a unique key is named after its first column, with ``_2`` and so on where that
    is taken; foreign keys and MySQL's checks are named after the table, with the number after the highest one;
    MariaDB's checks by the first number that is free.
    """
    match constraint:
        case PrimaryKey():
            return None
        case Unique():
            return _unique_name(constraint, table)
        case ForeignKey():
            return _next_numbered(f"{table.name}_ibfk_", table, ForeignKey)
        case Check() if flavour.mariadb:
            taken = {each.name for each in table.constraints}
            number = 1
            while f"CONSTRAINT_{number}" in taken:
                number += 1
            return f"CONSTRAINT_{number}"
        case Check():
            return _next_numbered(f"{table.name}_chk_", table, Check)
        case Exclude():
            return None


def _unique_name(unique: Unique, table: Table) -> str:
    name = unique.columns[0]
    taken = {index.name.lower() for index in table.indexes if not index.implicit}
    taken |= {each.name.lower() for each in table.constraints if isinstance(each, Unique) and each.name}
    # The index of a foreign key may have the name already, or get it. A key that *unique* serves has none.
    others = [key for key in table.foreign_keys if unique.columns[: len(key.columns)] != key.columns]
    taken |= {implicit_name(table.name, key).lower() for key in others}
    number, free = 2, name
    while free.lower() in taken or free.upper() == "PRIMARY":
        free, number = f"{name}_{number}", number + 1
    return free


def _next_numbered(prefix: str, table: Table, kind: type[Constraint]) -> str:
    names = [each.name for each in table.constraints if isinstance(each, kind) and each.name]
    numbers = [int(name[len(prefix) :]) for name in names if is_numbered(name, prefix)]
    return f"{prefix}{max(numbers, default=0) + 1}"


def implicit_name(table: str, key: ForeignKey) -> str:
    """Return the name of the index that InnoDB creates for *key*: the key's own, else that of its first column."""
    if key.name is None or is_numbered(key.name, f"{table}_ibfk_"):
        return key.columns[0]
    return key.name


def is_numbered(name: str, prefix: str) -> bool:
    """Whether *name* was chosen by the server: *prefix* and a number."""
    return name.startswith(prefix) and name[len(prefix) :].isdigit()


def is_numbered_next(constraint: Constraint, table: Table, flavour: Flavour) -> bool:
    """Whether a foreign key has the name that the server would choose when it is added to *table*."""
    if not isinstance(constraint, ForeignKey):
        return False
    return constraint.name == default_name(table, replace(constraint, name=None), flavour)
