"""`op` while scripts are loaded: questions have answers there, as with Alembic, and changes have to wait."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NoReturn

import sqlalchemy as sa

from schemashift.errors import OutsideMigration
from schemashift.op.buffer import Environment, Group
from schemashift.schema import TableName


class Loading:
    """For what stands at the top of a script: ``bind = op.get_bind()``. A `Sender` that sends nothing."""

    def __init__(self, connection: sa.Connection, environment: Environment) -> None:
        self.environment = environment
        self._connection = connection

    def table(self, name: TableName) -> None:
        """Nothing is asked of the database for a script that does not run yet."""

    def connection(self) -> sa.Connection:
        """The run's connection."""
        return self._connection

    def send(self, group: Group) -> None:
        """Nothing is changed by loading a script."""
        del group
        self._refuse()

    def outside_transaction(self) -> AbstractContextManager[None]:
        """Nothing is changed by loading a script."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OutsideMigration("the top of a script may ask op, and changes nothing: move this into upgrade()")
