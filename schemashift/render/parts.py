"""What scripts have beside the fields of a value: elements of indexes, and what models say for other databases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from schemashift.schema import Constraint, IndexPart


def opclasses_of(parts: Iterable[IndexPart], declared: Mapping[str, str]) -> dict[str, str]:
    """Return the operator classes of columns, as *declared* where they are: another database may have them in another
    schema. That of an expression, or of a column with a collation, is in its text."""
    found = {part.column: declared.get(part.column) or part.opclass for part in parts if part.column}
    in_text = {part.column for part in parts if part.collation}
    return {column: opclass for column, opclass in found.items() if opclass and column not in in_text}


def is_enclosed(expression: str) -> bool:
    """Return True for ``f(...)`` and ``(...)``, the only expressions that need no parentheses in an index."""
    head, _, tail = expression.partition("(")
    depth = 1
    for position, character in enumerate(tail):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return (not head or head.isidentifier()) and position == len(tail) - 1
    return False


def declared_comment(constraint: Constraint) -> str | None:
    """Return the comment of the constraint that a value was lifted from, except where create_all() writes none."""
    source = constraint.payload
    written = isinstance(source, sa.Constraint) and isinstance(getattr(source, "parent", None), sa.Table)
    return getattr(source, "comment", None) if written else None


def declared_deferral(constraint: Constraint) -> tuple[bool, str | None] | None:
    """Return what the constraint that a value was lifted from says, if it can be deferred."""
    source = constraint.payload
    if not isinstance(source, sa.Constraint) or not source.deferrable:
        return None
    return True, source.initially.upper() if source.initially else None
