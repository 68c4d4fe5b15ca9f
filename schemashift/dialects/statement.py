"""A statement that is ready to be executed, and the operations that it, or an error while compiling it, belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemashift.operations import Operation

_ATTRIBUTE = "schemashift_operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement for the database.

    ``sql`` is text that is sent unchanged (``%`` and ``:name`` have no special meaning in it), or a SQLAlchemy
    executable.
    ``operations`` are the operations that it carries out, wholly or in part, in the order in which they were written.
    ``transactional`` is False for a statement that cannot run inside a transaction block.
    """

    sql: str | sa.Executable
    operations: tuple[Operation, ...] = ()
    parameters: Sequence[Mapping[str, Any]] | None = None
    transactional: bool = True


@contextmanager
def compiling(*operations: Operation) -> Iterator[None]:
    """Attribute an error raised in the block to *operations*: see `operations_of`. The innermost block wins."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, _ATTRIBUTE):
            setattr(error, _ATTRIBUTE, operations)
        raise


def operations_of(error: BaseException) -> tuple[Operation, ...]:
    """Return the operations that could not be compiled; none if the error is about something else."""
    operations: tuple[Operation, ...] = getattr(error, _ATTRIBUTE, ())
    return operations
