"""MySQL and MariaDB: DDL commits the open transaction, and the lock is a named lock of the server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from schemashift.dialects.session import LEADING, NO_VALUE, UNKNOWN_HOLDER, Session
from schemashift.operations import Named, Violation
from schemashift.schema import TableName

_IN_TRANSACTION = 1
"""``SERVER_STATUS_IN_TRANS`` of the protocol."""

# Lock names are global to the server, so the name contains the database; they have at most 64 characters.
_NAME = "CONCAT('ss:', LEFT(SHA2(CONCAT(COALESCE(:schema, DATABASE(), ''), '.', :name), 256), 40))"
TRY = sa.text(f"SELECT GET_LOCK({_NAME}, 0)")
UNLOCK = sa.text(f"SELECT RELEASE_LOCK({_NAME})")
HOLDER = sa.text(
    f"SELECT id, user, host, time, state FROM information_schema.processlist WHERE id = (SELECT IS_USED_LOCK({_NAME}))"
)
_TABLE_EXISTS = 1050

_KEEPS_TRANSACTION = re.compile(
    LEADING
    + r"(?:(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|VALUES|SET|SHOW|EXPLAIN|DESCRIBE|DESC|USE|DO|TABLE|HANDLER"
    r"|LOAD|SAVEPOINT|ROLLBACK|RELEASE)\b|\()",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that do not commit the open transaction."""

_SYNTAX_ERROR = 1064
_VIOLATIONS: Mapping[int, Violation] = {
    **dict.fromkeys((1048, 1138, 1364), "not null"),
    **dict.fromkeys((1062, 1586), "unique"),
    1068: "primary key",
    **dict.fromkeys((3819, 4025), "check"),
    **dict.fromkeys((1005, 1215, 1216, 1217, 1451, 1452, 1822), "foreign key"),
}

_NAME = r"['`](?P<name>[^'`]*)['`]"
_AFTER_VALUE = (
    ("constraint", re.compile(rf"for key {_NAME}$")),
    ("column", re.compile(rf"for column (?:[`'][^`']*[`']\.)*{_NAME} at row \d+$")),
)
"""Messages with a value of a row before the name: the value may look like anything."""
_ANYWHERE = (
    ("column", re.compile(rf"(?:[Cc]olumn(?: name)?|COLUMN|[Ff]ield|default value for|Can't DROP) {_NAME}")),
    ("constraint", re.compile(rf"(?:(?i:key|index|constraint)(?: name)?|Can't DROP) {_NAME}")),
    ("table", re.compile(rf"[Tt]able {_NAME}")),
)
"""MySQL's message is ``Can't DROP 'x'; check that column/key exists``."""


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
        in_progress = getattr(driver, "in_transaction", None)  # MySQL Connector
        return bool(in_progress) if in_progress is not None else self.connection.in_transaction()

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
        """Try to acquire the lock. It survives implicit commits. On a Galera cluster it holds on one node only."""
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

    # Errors

    def after_error(self) -> None:
        """Update the driver's transaction status: error packets do not contain it, and DDL commits even if it fails."""
        self.best_effort(lambda: self.execute("DO 0"))

    # Cannot be null; no default value; invalid use of NULL; and MariaDB's ALTER, with the same error for both.
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

    def named_in(self, error: BaseException) -> Named:
        """Return the names in the error's message, the only place where the servers have them."""
        code, text = int(self.code(error) or 0), self.message(error)
        names = {} if code == _SYNTAX_ERROR else _names(text, _AFTER_VALUE) or _names(text, _ANYWHERE)
        violates = _VIOLATIONS.get(code)
        if violates == "unique" and names.get("constraint") == "PRIMARY":
            return Named(violates="primary key")
        return Named(
            columns=(names["column"],) if "column" in names else (),
            constraint=names.get("constraint"),
            table=names.get("table"),
            violates=violates,
        )

    # Statements

    @classmethod
    def commits(cls, sql: str) -> bool:
        """Assume so unless known otherwise: https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/"""
        return not _KEEPS_TRANSACTION.match(sql)


def _names(text: str, patterns: Iterable[tuple[str, re.Pattern[str]]]) -> dict[str, str]:
    found = ((kind, pattern.search(text)) for kind, pattern in patterns)
    return {kind: match["name"].rpartition(".")[2] for kind, match in found if match is not None}
