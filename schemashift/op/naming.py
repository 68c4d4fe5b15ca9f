"""Names by a naming convention: that of the models, or that of a ``batch_alter_table``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import conv

from schemashift.schema import Check, Constraint, Exclude, ForeignKey, PrimaryKey, TableName, Unique

Convention = Mapping[str, Any]


def named(constraint: Constraint, table: TableName, convention: Convention | None) -> Constraint:
    """Return *constraint* with the name that *convention* gives it. A name marked with ``op.f`` is final."""
    if not convention or isinstance(constraint.name, conv):
        return constraint
    name = _name(constraint, table, convention)
    return constraint if name is None else replace(constraint, name=name)


def _name(constraint: Constraint, table: TableName, convention: Convention) -> str | None:
    """Return SQLAlchemy's name for it; None if the convention builds on a name that is not given, or does not cover
    this kind of constraint."""
    columns = (sa.Column(name, sa.Integer) for name in dict.fromkeys(constraint.columns))
    twin = _as_sqlalchemy(constraint)
    try:
        sa.Table(table.name, sa.MetaData(naming_convention=dict(convention)), *columns, twin, schema=table.schema)
    except exc.InvalidRequestError:
        return None
    return str(twin.name) if isinstance(twin.name, conv) else None


def _as_sqlalchemy(constraint: Constraint) -> sa.Constraint:
    match constraint:
        case PrimaryKey():
            return sa.PrimaryKeyConstraint(*constraint.columns, name=constraint.name)
        case Unique():
            return sa.UniqueConstraint(*constraint.columns, name=constraint.name)
        case ForeignKey():
            targets = [f"{constraint.target}.{name}" for name in constraint.target_columns]
            return sa.ForeignKeyConstraint(constraint.columns, targets, name=constraint.name)
        case Exclude():
            pairs = zip(constraint.columns, constraint.operators, strict=False)
            return postgresql.ExcludeConstraint(*pairs, name=constraint.name)
        case Check():
            return sa.CheckConstraint(sa.text("1"), name=constraint.name)
