"""The names of constraints that have none: SQLite gives none, so scripts call them by the default names."""

from __future__ import annotations

from schemashift.dialects.sqlite.normal import has_autoincrement, written_name
from schemashift.operations import default_name as standard_name
from schemashift.schema import Constraint, Table


def default_name(table: Table, constraint: Constraint) -> str:
    """What scripts call *constraint*. Several that would have the same name are numbered, as PostgreSQL does."""
    name = standard_name(table.name, constraint)
    same = [c for c in table.constraints if c.name is None and standard_name(table.name, c) == name]
    place = same.index(constraint) if constraint in same else 0
    return f"{name}{place}" if place else name


def keeps_key_name(before: Table, after: Table) -> bool:
    """Whether the primary key has its name on both sides of a change.

    AUTOINCREMENT takes it away. A key with a name and one that lost it seem to differ in no more than what models leave
    open, but a downgrade has to give the name back: so it is dropped and added again.
    """
    plain = (after if has_autoincrement(before) else before).primary_key
    return has_autoincrement(before) == has_autoincrement(after) or plain is None or written_name(plain) is None
