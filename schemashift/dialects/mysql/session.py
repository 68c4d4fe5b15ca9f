"""MySQL and MariaDB: DDL commits what is open, and the lock is a name on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from schemashift.dialects.session import NO_VALUE, UNKNOWN_HOLDER, Session
from schemashift.schema import TableName

_IN_TRANSACTION = 1
"""``SERVER_STATUS_IN_TRANS`` of the protocol."""

# Names of locks belong to the server, so the database is in it; they have at most 64 characters.
_NAME = "CONCAT('ss:', LEFT(SHA2(CONCAT(COALESCE(:schema, DATABASE(), ''), '.', :name), 256), 40))"
TRY = sa.text(f"SELECT GET_LOCK({_NAME}, 0)")
UNLOCK = sa.text(f"SELECT RELEASE_LOCK({_NAME})")
HOLDER = sa.text(
    f"SELECT id, user, host, time, state FROM information_schema.processlist WHERE id = (SELECT IS_USED_LOCK({_NAME}))"
)
_TABLE_EXISTS = 1050


class MySQLSession(Session):
    """Transactions and the lock on MySQL and MariaDB."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self.product = "MariaDB" if getattr(connection.dialect, "is_mariadb", False) else "MySQL"
        self._lock: dict[str, str | None] = {}
        self._held = False

    # The connection

    @property
    def in_transaction(self) -> bool:
        driver = self.driver
        status = getattr(driver, "server_status", None)  # PyMySQL, aiomysql, asyncmy
        if status is not None:
            return bool(status & _IN_TRANSACTION)
        said = getattr(driver, "in_transaction", None)  # MySQL Connector
        return bool(said) if said is not None else self.connection.in_transaction()

    @contextmanager
    def run(self) -> Iterator[None]:
        was = not self.borrowed and self._autocommits()
        if was:
            self.dbapi.autocommit(False)  # noqa: FBT003
        try:
            yield
        finally:
            self.leave()
            if was:
                self.best_effort(lambda: self.dbapi.autocommit(True))  # noqa: FBT003

    def _autocommits(self) -> bool:
        ask = getattr(self.dbapi, "get_autocommit", None)
        return bool(ask()) if ask is not None else False

    # The lock

    def try_lock(self, name: TableName) -> bool:
        """Survives implicit commits. On a Galera cluster it holds on one node only."""
        self._lock = {"schema": name.schema, "name": name.name}
        self._held = self.connection.execute(TRY, self._lock).scalar() == 1
        return self._held

    def unlock(self) -> None:
        if self._held:
            self._held = False
            self.best_effort(lambda: self.connection.execute(UNLOCK, self._lock))

    def holder(self) -> str:
        row = self.connection.execute(HOLDER, self._lock).first()
        if row is None:
            return UNKNOWN_HOLDER
        number, user, host, seconds, state = row
        doing = f", {state.lower()}" if state else ""
        return f"{user}@{host.partition(':')[0]} connection {number}{doing}, for {seconds} s"

    # What went wrong

    def after_error(self) -> None:
        """The packet of an error does not say whether a transaction is open, and a failed DDL has committed it."""
        self.best_effort(lambda: self.execute("DO 0"))

    # Cannot be null; no default value; invalid use of NULL; and MariaDB's ALTER, which says the same of both.
    hints: Mapping[str, str] = {
        **dict.fromkeys(("1048", "1364", "1138"), NO_VALUE),
        "1265": "a row has no value for it, or one that does not fit: fill it (op.backfill) or change it before",
    }

    def message(self, error: BaseException) -> str:
        return str(error.args[1]) if len(error.args) > 1 else super().message(error)

    def code(self, error: BaseException) -> str | None:
        return str(error.args[0]) if error.args and isinstance(error.args[0], int) else None

    def is_duplicate_table(self, error: BaseException) -> bool:
        return self.code(error) == str(_TABLE_EXISTS)
