"""The running migration, as the functions of ``op`` find it, and the line of the script that called them."""

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
    """The running migration, as the functions of `op` use it. See `schemashift.op.buffer.Buffer`."""

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect, for lifting the arguments of the script."""

    @property
    def transactional_ddl(self) -> bool:
        """Whether DDL is rolled back with its transaction."""

    @property
    def x(self) -> Mapping[str, str]:
        """The ``-x key=value`` arguments of the command line."""

    @property
    def convention(self) -> Mapping[str, object] | None:
        """The naming convention of the models' MetaData; None if there are no models, or no convention."""

    @property
    def created_types(self) -> set[Key]:
        """The named types that the script has created, or created if they did not exist."""

    @property
    def version_table(self) -> TableName:
        """The table that holds the applied revisions."""

    def table(self, name: TableName) -> Table | None:
        """Return a table as it is after all earlier operations; None if it does not exist or is not known."""

    def normal(self, table: Table) -> Table:
        """Return *table* in the database's normal form."""

    def submit(self, operations: Sequence[Operation]) -> None:
        """Take changes of the schema, in order; they may wait until something else happens."""

    def execute(self, operation: Operation) -> None:
        """Execute a statement of the script, after all earlier operations."""

    def bind(self) -> sa.Connection:
        """Return the run's connection, after executing all earlier operations."""

    def group(self) -> AbstractContextManager[None]:
        """Return a context manager whose operations are one group: all of them are executed, or none."""

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Return a context manager whose statements run outside any transaction."""


RUNNING: ContextVar[Running] = ContextVar("schemashift.op")


@contextmanager
def running(migration: Running) -> Iterator[None]:
    """Make *migration* the running one for the functions of `op`, in this context (thread or task) only."""
    token = RUNNING.set(migration)
    try:
        yield
    finally:
        RUNNING.reset(token)


def current() -> Running:
    """Return the migration that runs in this context. Raises `OutsideMigration` if there is none."""
    try:
        return RUNNING.get()
    except LookupError:
        raise OutsideMigration(
            "op works only inside upgrade() and downgrade() while schemashift runs them",
            hints=["a thread that a script starts has no migration: start it with contextvars.copy_context().run"],
        ) from None


def full_name(migration: Running, table: str, schema: str | None) -> TableName:
    """Return the name of *table*, with None for the default schema, whether or not it is named, as in `lift_table`."""
    if schema is not None and schema == migration.dialect.default_schema_name:
        schema = None
    return TableName(str(table), str(schema) if schema is not None else None)


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_CONTEXTLIB = contextmanager.__code__.co_filename


def caller() -> FrameType | None:
    """Return the innermost frame outside this package, which called ``op``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, _CONTEXTLIB)):
        frame = frame.f_back
    return frame


def origin() -> Location | None:
    """Return the line of the script that called ``op``."""
    frame = caller()
    return None if frame is None else Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
