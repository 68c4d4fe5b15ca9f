"""PostgreSQL: the lock is a session advisory lock that is polled outside of any transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.session import NO_VALUE, UNKNOWN_HOLDER, Session, user_at_host
from schemashift.errors import BorrowedTransaction
from schemashift.operations import Named, Violation
from schemashift.schema import TableName

_IDLE, _UNKNOWN = 0, 4
"""libpq's transaction status: every value between the two means a transaction, open or failed."""

_TRY = """
WITH key AS MATERIALIZED (
  SELECT hashtextextended(concat_ws('.', 'schemashift', current_database(), coalesce(CAST(:schema AS text),
    current_schema()), CAST(:name AS text)), 0) & 9223372036854775807 AS key
), taken AS MATERIALIZED (SELECT key, pg_try_advisory{xact}_lock(key) AS held FROM key)
SELECT key, held, current_setting('application_name') AS application, CASE WHEN held THEN set_config(
  'application_name', CAST(:who AS text) || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'HH24:MI:SS'), {xact_only})
END FROM taken
"""
TRY = sa.text(_TRY.format(xact="", xact_only="false"))
TRY_IN_TRANSACTION = sa.text(_TRY.format(xact="_xact", xact_only="true"))

UNLOCK = sa.text(
    "SELECT pg_advisory_unlock(CAST(:key AS bigint)), set_config('application_name', CAST(:application AS text), false)"
)

HOLDER = sa.text("""
SELECT a.pid, a.usename, a.application_name, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'HH24:MI:SS')
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = CAST(:high AS bigint) AND l.objid::bigint = CAST(:low AS bigint)
""")

# Under this name since PostgreSQL 10.
_HAS_NUMBER = sa.text("SELECT txid_current_if_assigned() IS NOT NULL")

_PLACE = sa.text("SELECT current_setting('search_path'), current_user")

_OURS = re.compile(r"schemashift (.+) since (\d\d):(\d\d):(\d\d)$")
_LONGEST_NAME = 63

_VIOLATIONS: Mapping[str, Violation] = {
    "23502": "not null",
    "23503": "foreign key",
    "23505": "unique",
    "23514": "check",
}
_COLUMN_CODES = ("42701", "42703")
"""Duplicate column, undefined column."""
_COLUMN = re.compile(r'column "(?P<name>[^"]+)"')
_SINCE = " since "


class PostgreSQLSession(Session):
    """Transactions and the lock on PostgreSQL."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self.product = "PostgreSQL"
        self._key: int | None = None
        self._application: str | None = None

    # The connection

    def is_borrowed(self) -> bool:
        """Whether the caller has begun a transaction, even an empty one: its rollback should undo our work."""
        return self.in_transaction or (self.connection.in_transaction() and not self.dbapi.autocommit)

    def has_written(self) -> bool:
        """Whether the transaction has a number, which PostgreSQL assigns when something is written or a row is locked:
        https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT. True if it has failed."""
        try:
            return bool(self.connection.execute(_HAS_NUMBER).scalar())
        except sa.exc.DBAPIError:
            return True

    def end_reading(self) -> None:
        """Commit. Raises `BorrowedTransaction` if that ends a ``SET LOCAL search_path`` or ``SET LOCAL ROLE``: the
        migrations would go to another schema."""
        before = self.connection.execute(_PLACE).one()
        super().end_reading()
        after = self.connection.execute(_PLACE).one()
        self.connection.rollback()
        if before != after:
            raise BorrowedTransaction(
                "the connection is inside a transaction that SQLAlchemy began automatically, with a SET LOCAL",
                cause="it cannot be told whether you are going to commit it; the SET LOCAL ended with it",
                state="nothing was done",
                hints=["use SET in place of SET LOCAL", "or  with connection.begin():  before the SET LOCAL"],
            )

    @property
    def in_transaction(self) -> bool:
        driver = self.driver
        info = getattr(driver, "info", None)  # psycopg and psycopg2
        if info is not None:
            return info.transaction_status not in (_IDLE, _UNKNOWN)
        if hasattr(driver, "is_in_transaction"):  # asyncpg
            return bool(driver.is_in_transaction())
        return self.connection.in_transaction()

    @contextmanager
    def run(self) -> Iterator[None]:
        if self.borrowed:
            yield
            return
        was = self.dbapi.autocommit
        self._set_autocommit(on=False)
        try:
            yield
        finally:
            self.leave()
            self.best_effort(lambda: self._set_autocommit(on=was))

    def _set_autocommit(self, *, on: bool) -> None:
        if self.dbapi.autocommit != on:
            self.dbapi.autocommit = on

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        if self.borrowed:
            yield
            return
        self.leave()
        was = self.dbapi.autocommit
        self._set_autocommit(on=True)
        try:
            yield
        finally:
            self.leave()
            self.best_effort(lambda: self._set_autocommit(on=was))

    # The lock

    def try_lock(self, name: TableName) -> bool:
        statement = TRY_IN_TRANSACTION if self.borrowed else TRY
        mine = f"schemashift {user_at_host()}"[: _LONGEST_NAME - len(_SINCE) - len("00:00:00")] + _SINCE
        with self.autocommit():
            row = self.connection.execute(statement, {"schema": name.schema, "name": name.name, "who": mine}).one()
        self._key = row.key
        if row.held and not self.borrowed:
            self._application = row.application
        return bool(row.held)

    def unlock(self) -> None:
        """Release the lock, unless it was acquired in the caller's transaction, with which it ends."""
        if self._application is None:
            return
        application, self._application = self._application, None

        def give_back() -> None:
            with self.autocommit():
                self.connection.execute(UNLOCK, {"key": self._key, "application": application})

        self.best_effort(give_back)

    def holder(self) -> str:
        if self._key is None:
            return UNKNOWN_HOLDER
        with self.autocommit():
            row = self.connection.execute(HOLDER, {"high": self._key >> 32, "low": self._key & 0xFFFFFFFF}).first()
        if row is None:
            return UNKNOWN_HOLDER
        pid, user, application, now = row
        ours = _OURS.match(application or "")
        if ours is None:
            return f"{user} pid {pid}" + (f', application "{application}"' if application else "")
        seconds = (_seconds(now.split(":")) - _seconds(ours.groups()[1:])) % 86_400
        return f"{ours[1]} pid {pid}, for {seconds} s"

    # Errors

    hints: Mapping[str, str] = {"23502": NO_VALUE}

    def message(self, error: BaseException) -> str:
        diagnosis = getattr(error, "diag", None)
        return str(getattr(diagnosis, "message_primary", None) or super().message(error))

    def detail(self, error: BaseException) -> str | None:
        """Return the DETAIL of the server's message: it names the view that depends on a column, and such things."""
        # asyncpg has the fields on the error itself.
        found = getattr(getattr(error, "diag", None), "message_detail", None) or getattr(error, "detail", None)
        return "; ".join(str(found).splitlines()) if found else None

    def hint(self, error: BaseException) -> str | None:
        found = getattr(getattr(error, "diag", None), "message_hint", None) or getattr(error, "hint", None)
        return str(found) if found else super().hint(error)

    def is_duplicate_table(self, error: BaseException) -> bool:
        return self.code(error) == "42P07"

    def named_in(self, error: BaseException) -> Named:
        """Return the names in the error's fields; a column that does not exist is named in the message alone."""
        where = getattr(error, "diag", error)  # asyncpg has the names on the error itself
        code, column = self.code(error) or "", getattr(where, "column_name", None)
        missing = _COLUMN.search(self.message(error)) if code in _COLUMN_CODES else None
        column = column or (missing and missing["name"])
        return Named(
            table=getattr(where, "table_name", None),
            columns=(column,) if column else (),
            constraint=getattr(where, "constraint_name", None),
            violates=_VIOLATIONS.get(code),
        )

    # Statements

    @classmethod
    def commits(cls, sql: str) -> bool:
        del sql
        return False


def _seconds(clock: Any) -> int:
    hours, minutes, seconds = map(int, clock)
    return hours * 3600 + minutes * 60 + seconds
