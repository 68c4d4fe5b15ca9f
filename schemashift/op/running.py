"""The migration that runs, as the functions of ``op`` find it, and the line of the script that called them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Protocol

import sqlalchemy as sa

from schemashift.errors import Location, OutsideMigration
from schemashift.operations import Operation
from schemashift.schema import Key, Table, TableName


class Running(Protocol):
    """What a migration that runs does for the functions of `op`. See `schemashift.op.buffer.Buffer`."""

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect, for lifting what the script says."""

    @property
    def x(self) -> Mapping[str, str]:
        """The ``-x key=value`` arguments of the command line."""

    @property
    def convention(self) -> Mapping[str, object] | None:
        """How the models' MetaData names what has no name; None where there are none, or it says nothing."""

    @property
    def created_types(self) -> set[Key]:
        """The types with a name of their own that the script has made, or made sure of."""

    @property
    def version_table(self) -> TableName:
        """The table that holds what is applied."""

    def table(self, name: TableName) -> Table | None:
        """A table as it is now, with everything before it done; None where there is none, or nobody knows."""

    def normal(self, table: Table) -> Table:
        """*table* in the database's normal form."""

    def submit(self, operations: Sequence[Operation]) -> None:
        """Changes of the schema, in order; they may wait until something else happens."""

    def execute(self, operation: Operation) -> None:
        """A statement of the script's own, after everything before it."""

    def bind(self) -> sa.Connection:
        """The run's connection, with everything before it done."""

    def group(self) -> AbstractContextManager[None]:
        """What is done inside is one group: all of it, or an error."""

    def autocommit_block(self) -> AbstractContextManager[None]:
        """What is done inside runs outside of any transaction."""


RUNNING: ContextVar[Running] = ContextVar("schemashift.op")


@contextmanager
def running(migration: Running) -> Iterator[None]:
    """Have the functions of this module talk to *migration*, in this context (thread, task) only."""
    token = RUNNING.set(migration)
    try:
        yield
    finally:
        RUNNING.reset(token)


def current() -> Running:
    """The migration that runs in this context. Raises `OutsideMigration`."""
    try:
        return RUNNING.get()
    except LookupError:
        raise OutsideMigration(
            "op works only inside upgrade() and downgrade() while schemashift runs them",
            hints=["a thread that a script starts has no migration: start it with contextvars.copy_context().run"],
        ) from None


def full_name(migration: Running, table: str, schema: str | None) -> TableName:
    """None for the default schema, whether it is named or not, as `lift_table` has it."""
    if schema is not None and schema == migration.dialect.default_schema_name:
        schema = None
    return TableName(str(table), str(schema) if schema is not None else None)


_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_CONTEXTLIB = contextmanager.__code__.co_filename


def caller() -> FrameType | None:
    """The innermost frame outside of this package: the line that called ``op``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_HOME, _CONTEXTLIB)):
        frame = frame.f_back
    return frame


def origin() -> Location | None:
    """The script's line that called ``op``."""
    frame = caller()
    return None if frame is None else Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
