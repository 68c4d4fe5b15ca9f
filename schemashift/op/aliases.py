"""Names for the types of the parameters of ``op``."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemashift.sqla import types

ServerDefault: TypeAlias = types.ServerDefault
ColumnType: TypeAlias = types.ColumnType
ConstraintKind: TypeAlias = Literal["foreignkey", "primary", "unique", "check", "exclude"]
