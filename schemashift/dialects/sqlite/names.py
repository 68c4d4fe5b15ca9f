"""The names of unnamed constraints in scripts: SQLite chooses none, so scripts use the default names."""

from __future__ import annotations

from schemashift.dialects.sqlite.normal import has_autoincrement, written_name
from schemashift.operations import default_name as standard_name
from schemashift.schema import Constraint, Table


def default_name(table: Table, constraint: Constraint) -> str:
    """Return the name of *constraint* in scripts. Equal names are numbered as on PostgreSQL."""
    name = standard_name(table.name, constraint)
    same = [c for c in table.constraints if c.name is None and standard_name(table.name, c) == name]
    place = same.index(constraint) if constraint in same else 0
    return f"{name}{place}" if place else name


def keeps_key_name(before: Table, after: Table) -> bool:
    """Whether the primary key has the same name before and after a change.

    AUTOINCREMENT removes it. The two keys differ only in a name that models may leave out, but a downgrade has to
    restore the name: so the key is dropped and added again.
    """
    plain = (after if has_autoincrement(before) else before).primary_key
    return has_autoincrement(before) == has_autoincrement(after) or plain is None or written_name(plain) is None
