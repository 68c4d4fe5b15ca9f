"""The names of constraints that have none: SQLite gives none, so scripts call them by the default names."""

from __future__ import annotations

from schemashift.operations import default_name as standard_name
from schemashift.schema import Constraint, Table


def default_name(table: Table, constraint: Constraint) -> str:
    """What scripts call *constraint*. Several that would have the same name are numbered, as PostgreSQL does."""
    name = standard_name(table.name, constraint)
    same = [c for c in table.constraints if c.name is None and standard_name(table.name, c) == name]
    place = same.index(constraint) if constraint in same else 0
    return f"{name}{place}" if place else name
