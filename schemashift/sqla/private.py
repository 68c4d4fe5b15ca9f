"""The private names of SQLAlchemy that we cannot do without, each behind a function: only this package uses them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def type_affinity(type_: object) -> type[Any] | None:
    """The generic type that *type_* (an engine, or anything) behaves like: `sqlalchemy.Integer` for a BIGINT."""
    affinity: type[Any] | None = getattr(type_, "_type_affinity", None)
    return affinity


def creation_order(item: object) -> int:
    """Which of a table's constraints came first: SQLAlchemy numbers them, and writes them down in this order."""
    return int(getattr(item, "_creation_order", 0))


def escapes_with_backslash(dialect: sa.Dialect) -> bool:
    """Whether a backslash escapes in string literals on MySQL: SQLAlchemy asks for NO_BACKSLASH_ESCAPES when it
    connects."""
    return bool(getattr(dialect, "_backslash_escapes", True))


def copied(item: Any) -> Any:
    """A copy of a column or constraint that belongs to no table; *item* itself where SQLAlchemy cannot copy it."""
    copy = getattr(item, "_copy", None)
    return item if copy is None else copy()
