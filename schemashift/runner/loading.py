"""`op` while scripts are loaded: as with Alembic, they may ask for the connection or context, but change nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NoReturn

import sqlalchemy as sa

from schemashift.errors import OutsideMigration
from schemashift.op.buffer import Environment, Group
from schemashift.schema import TableName


class Loading:
    """A `Sender` for module-level code of a script, such as ``bind = op.get_bind()``. It sends nothing."""

    def __init__(self, connection: sa.Connection, environment: Environment) -> None:
        self.environment = environment
        self._connection = connection

    def table(self, name: TableName) -> None:
        """Return None: the database is not asked while a script is loaded."""

    def connection(self) -> sa.Connection:
        """Return the run's connection."""
        return self._connection

    def send(self, group: Group) -> None:
        """Raise `OutsideMigration`: loading a script changes nothing."""
        del group
        self._refuse()

    def outside_transaction(self) -> AbstractContextManager[None]:
        """Raise `OutsideMigration`: loading a script changes nothing."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OutsideMigration("the top level of a script must not change the database: move this into upgrade()")
