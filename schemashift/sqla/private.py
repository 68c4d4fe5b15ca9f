"""Functions for the private names of SQLAlchemy that we need; only this package uses such names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def type_affinity(type_: object) -> type[Any] | None:
    """Return the generic type of *type_* (a ``TypeEngine``, or anything else): `sqlalchemy.Integer` for a BIGINT."""
    affinity: type[Any] | None = getattr(type_, "_type_affinity", None)
    return affinity


def creation_order(item: object) -> int:
    """Return the number that SQLAlchemy gave to a constraint; it writes the constraints of a table in this order."""
    return int(getattr(item, "_creation_order", 0))


def escapes_with_backslash(dialect: sa.Dialect) -> bool:
    """Return True if a backslash is an escape in MySQL's string literals: SQLAlchemy reads NO_BACKSLASH_ESCAPES when it
    connects."""
    return bool(getattr(dialect, "_backslash_escapes", True))


def copied(item: Any) -> Any:
    """Return a copy of a column or constraint that belongs to no table; *item* itself if it cannot be copied."""
    copy = getattr(item, "_copy", None)
    return item if copy is None else copy()


def wrapped_callable(function: Any) -> Any:
    """Return the callable of ``Column(default=function)``: SQLAlchemy wraps one that does not accept a context."""
    cells = (cell.cell_contents for cell in getattr(function, "__closure__", None) or ())
    wrapped = next(filter(callable, cells), function)
    return wrapped if getattr(function, "__name__", None) == getattr(wrapped, "__name__", None) else function
