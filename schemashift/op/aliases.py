"""What the functions of ``op`` take, by names."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemashift.sqla import types

ServerDefault: TypeAlias = types.ServerDefault
ColumnType: TypeAlias = types.ColumnType
ConstraintKind: TypeAlias = Literal["foreignkey", "primary", "unique", "check", "exclude"]
