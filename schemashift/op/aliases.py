"""What the functions of ``op`` take, by names."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

ServerDefault: TypeAlias = str | sa.ColumnElement[Any] | sa.TextClause | sa.FetchedValue | sa.Identity | sa.Computed
ColumnType: TypeAlias = sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]
ConstraintKind: TypeAlias = Literal["foreignkey", "primary", "unique", "check", "exclude"]
