"""`op` while scripts are loaded: questions have answers there, as with Alembic, and changes have to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NoReturn

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.errors import OutsideMigration
from schemashift.operations import Operation
from schemashift.schema import Key, Table, TableName


class Loading:
    """For what stands at the top of a script: ``bind = op.get_bind()``. Implements `op.Running`."""

    convention = None

    def __init__(
        self, connection: sa.Connection, dialect: Dialect, x: Mapping[str, str], version_table: TableName
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self.x = x
        self.version_table = version_table
        self.made: set[Key] = set()

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect."""
        return self._dialect.sa

    def table(self, name: TableName) -> None:
        """Nothing is asked of the database for a script that does not run yet."""

    def normal(self, table: Table) -> Table:
        """*table* in the database's normal form."""
        return self._dialect.normal(table)

    def bind(self) -> sa.Connection:
        """The run's connection."""
        return self._connection

    def do(self, operations: Sequence[Operation]) -> None:
        """Nothing is changed by loading a script."""
        del operations
        self._refuse()

    def now(self, operation: Operation) -> None:
        """Nothing is changed by loading a script."""
        del operation
        self._refuse()

    def group(self) -> AbstractContextManager[None]:
        """Nothing is changed by loading a script."""
        self._refuse()

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Nothing is changed by loading a script."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OutsideMigration("the top of a script may ask op, and changes nothing: move this into upgrade()")
