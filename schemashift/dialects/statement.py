"""One statement, ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemashift.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement for the database.

    ``sql`` is text to be sent as it is (no ``%`` or ``:name`` in it means anything), or a SQLAlchemy executable.
    ``transactional`` is False for what refuses to run inside a transaction block.
    """

    sql: str | sa.Executable
    operation: Operation | None = None
    parameters: Sequence[Mapping[str, Any]] | None = None
    transactional: bool = True
