"""One statement, ready to be sent, and which operations it, or an error on the way to it, belongs to."""

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

    ``sql`` is text to be sent as it is (no ``%`` or ``:name`` in it means anything), or a SQLAlchemy executable.
    ``operations`` are all those that it carries out, or a part of them, in the order in which they were written.
    ``transactional`` is False for what refuses to run inside a transaction block.
    """

    sql: str | sa.Executable
    operations: tuple[Operation, ...] = ()
    parameters: Sequence[Mapping[str, Any]] | None = None
    transactional: bool = True


@contextmanager
def compiling(*operations: Operation) -> Iterator[None]:
    """An error that comes out of the block belongs to *operations*: see `operations_of`. The innermost block counts."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, _ATTRIBUTE):
            setattr(error, _ATTRIBUTE, operations)
        raise


def operations_of(error: BaseException) -> tuple[Operation, ...]:
    """The operations that could not be compiled; none where the error is about something else."""
    found: tuple[Operation, ...] = getattr(error, _ATTRIBUTE, ())
    return found
