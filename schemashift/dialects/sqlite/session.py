"""SQLite: one real transaction, which is also the lock.

The driver's own transaction handling does not cover DDL, so it is switched off for the run and BEGIN IMMEDIATE is sent
explicitly. ``foreign_keys`` cannot be changed inside a transaction, and a rebuild with it on deletes the rows of child
tables: it is off for the whole run, and broken references are checked instead. See
https://www.sqlite.org/lang_altertable.html#otheralter, steps 1 and 10 to 12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.session import LEADING, NO_VALUE, Session
from schemashift.dialects.sqlite.rebuild import PREFIX
from schemashift.errors import BorrowedTransaction
from schemashift.operations import Named
from schemashift.schema import TableName

_LEGACY = -1
"""``sqlite3.LEGACY_TRANSACTION_CONTROL`` of Python 3.12: ``isolation_level`` decides, as in earlier versions."""

_PRAGMAS = {"foreign_keys": 0, "legacy_alter_table": 0}
"""The pragmas of a run. With ``legacy_alter_table``, RENAME TABLE would not update foreign keys."""

_REBUILD = re.compile(rf'\s*CREATE TABLE (?:\S+\.)?"?{PREFIX}(?P<name>(?:[^"\s(]|"")+|(?<=")(?:[^"]|"")+)')

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")

_KEEPS_REFERENCES = re.compile(
    LEADING
    + r"(?:CREATE|SELECT|PRAGMA|EXPLAIN|SAVEPOINT|RELEASE|BEGIN|COMMIT|END|ROLLBACK|ANALYZE|REINDEX|VACUUM|ATTACH"
    r"|DETACH|ALTER(?!.*\bREFERENCES\b.*\bDEFAULT\b)(?!.*\bDEFAULT\b.*\bREFERENCES\b))\b",
    re.IGNORECASE | re.DOTALL,
)

_VIOLATION = re.compile(r"(?P<kind>NOT NULL|UNIQUE|CHECK|FOREIGN KEY) constraint failed(?:: )?(?P<rest>.*)", re.DOTALL)
_NAME = r"(?: named?)?:? [\"'\[`]?(?P<name>[^\"'\]`:]+?)[\"'\]`]?(?= already| has| in | -|:|$)"
_NAMES = (
    ("column", re.compile(rf".*\bcolumn{_NAME}", re.DOTALL)),
    ("constraint", re.compile(rf".*\b(?:index|constraint){_NAME}", re.DOTALL)),
    ("table", re.compile(rf".*\b(?:table|already an? \w+){_NAME}", re.DOTALL)),
)

_OWN_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r'table ".*" already has a column "(?P<name>.*)"', "duplicate column name: {}"),
        (r'table ".*" has no column "(?P<name>.*)"', "no such column: {}"),
        (r'there is no index "(?P<name>.*)"', "no such index: {}"),
        (r'there is no table "(?P<name>.*)"', "no such table: {}"),
    )
)
"""What we notice before SQLite does, and its words for it."""


class SQLiteSession(Session):
    """Transactions and the lock on SQLite."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self.product = "SQLite"
        self._was: dict[str, Any] = {}

    # The connection

    def is_borrowed(self) -> bool:
        """Whether the caller's transaction is open.

        After a SELECT, a transaction is open according to SQLAlchemy but not to SQLite: SQLite is right. With
        ``autocommit=False`` (Python 3.12) one is always open, with nothing in it; there SQLAlchemy is right.
        """
        if getattr(self.driver, "autocommit", _LEGACY) is False:
            return self.connection.in_transaction()
        return self.in_transaction

    def has_written(self) -> bool | None:
        """Return None if the transaction may have begun before a SELECT: with ``autocommit=False`` and where the
        application has a listener that sends BEGIN. Otherwise the driver has begun it, before an INSERT, UPDATE or
        DELETE, or the caller has sent BEGIN.
        """
        always = getattr(self.driver, "autocommit", _LEGACY) is False
        return None if always or self.connection.dispatch.begin else True

    @property
    def in_transaction(self) -> bool:
        return bool(self.driver.in_transaction)

    @contextmanager
    def run(self) -> Iterator[None]:
        self._was = {name: self.pragma(name) for name in _PRAGMAS}
        if self.borrowed:
            yield
            return
        before = self._take_over()
        try:
            self._set_pragmas(_PRAGMAS)
            yield
        finally:
            self.best_effort(self.rollback, lambda: self._set_pragmas(self._was))
            self.leave()
            self.best_effort(lambda: self._give_back(*before))

    def _take_over(self) -> tuple[Any, Any]:
        """Switch off the driver's own transaction handling, and return the settings before."""
        mode, level = getattr(self.driver, "autocommit", _LEGACY), self.dbapi.isolation_level
        if mode is not _LEGACY and mode != _LEGACY:
            self.driver.autocommit = _LEGACY
        self.dbapi.isolation_level = None
        return mode, level

    def _give_back(self, mode: Any, level: Any) -> None:
        self.dbapi.isolation_level = level
        if mode is not _LEGACY and mode != _LEGACY:
            self.driver.autocommit = mode

    def pragma(self, name: str) -> Any:
        """Return the value of a pragma."""
        return self.execute(f"PRAGMA {name}").scalar()

    def _set_pragmas(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if self.pragma(name) != value:
                self.execute(f"PRAGMA {name}={value}")

    # Transactions

    def begin(self) -> None:
        if not self.in_transaction:
            self.execute("BEGIN IMMEDIATE")

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Do nothing: outside a transaction, the connection of a run commits every statement."""
        yield

    # The lock

    def try_lock(self, name: TableName) -> bool:
        """Try BEGIN IMMEDIATE: a second writer gets "database is locked", readers are not blocked."""
        del name
        if self.borrowed:
            return True  # the caller's first write is the lock
        patience = self.pragma("busy_timeout")
        self.execute("PRAGMA busy_timeout=0")
        try:
            self.begin()
        except sa.exc.OperationalError as error:
            if error.orig is not None and self.is_lock_error(error.orig):
                return False
            raise
        finally:
            self.execute(f"PRAGMA busy_timeout={patience}")
        return True

    # Errors

    def after_error(self) -> None:
        """Reset the pragma that an interrupted rebuild leaves on for its RENAME: a rollback does not."""
        self._set_pragmas({"legacy_alter_table": self._was["legacy_alter_table"] if self.borrowed else 0})

    def in_own_words(self, message: str) -> str:
        found = ((words, pattern.fullmatch(message)) for pattern, words in _OWN_WORDS)
        return next((words.format(match["name"]) for words, match in found if match is not None), "")

    def is_lock_error(self, error: BaseException) -> bool:
        """Whether the database is locked. A transaction that exceeds SQLite's cache also blocks readers."""
        return (self.code(error) or "").startswith(_BUSY)

    hints: Mapping[str, str] = {"SQLITE_CONSTRAINT_NOTNULL": NO_VALUE}

    def message(self, error: BaseException) -> str:
        """Return the error's message, with the table's own name in place of its name during a rebuild."""
        return super().message(error).replace(PREFIX, "")

    def code(self, error: BaseException) -> str | None:
        return getattr(error, "sqlite_errorname", None)

    def named_in(self, error: BaseException) -> Named:
        """Return the names in the error's message, the only place where SQLite has them."""
        text = self.message(error)
        violation = _VIOLATION.match(text)
        if violation is not None:
            return _violated(violation["kind"], violation["rest"])
        found = ((kind, pattern.match(text)) for kind, pattern in _NAMES)
        names = {kind: match["name"].rpartition(".")[2] for kind, match in found if match is not None}
        return Named(
            table=names.get("table"),
            columns=(names["column"],) if "column" in names else (),
            constraint=names.get("constraint"),
        )

    # Statements

    @classmethod
    def commits(cls, sql: str) -> bool:
        del sql
        return False

    @classmethod
    def may_break_references(cls, sql: str) -> bool:
        """Whether *sql* may change or delete rows, or adds a foreign key with a default for the existing rows."""
        return not _KEEPS_REFERENCES.match(sql)

    # Foreign keys

    @cached_property
    def enforces_foreign_keys(self) -> bool:
        """Whether foreign keys are enforced: only in the caller's transaction, where they cannot be switched off."""
        return self.borrowed and bool(self.pragma("foreign_keys"))

    def check(self, sql: str, live: LiveSchema) -> None:
        """Refuse a rebuild that would affect rows of other tables: DROP TABLE deletes rows, and the deletes cascade."""
        rebuilt = _REBUILD.match(sql)
        if rebuilt is None or not self.enforces_foreign_keys:
            return
        name = rebuilt["name"].replace('""', '"')
        others = sorted({str(table.table_name) for table, _ in live.schema.references_to(TableName(name))})
        if others:
            raise BorrowedTransaction(
                f'table "{name}" cannot be rebuilt inside your transaction with foreign keys on',
                cause=f"DROP TABLE deletes its rows, which would act on the rows of {', '.join(others)}",
                hints=[
                    "pass the engine, or a connection outside of a transaction",
                    "or execute  PRAGMA foreign_keys=OFF  before your BEGIN",
                ],
            )

    def broken_references(self) -> list[tuple[str, Any, str]]:
        try:
            return self._check("PRAGMA foreign_key_check")
        except sa.exc.OperationalError:
            return list(self._table_by_table())

    def _check(self, pragma: str) -> list[tuple[str, Any, str]]:
        rows: list[Any] = list(self.execute(pragma))
        return [(table, row, parent) for table, row, parent, _key in rows]

    def _table_by_table(self) -> Iterator[tuple[str, Any, str]]:
        """Check each table alone: a foreign key to columns that are not unique makes the check of all tables fail. Such
        a table is reported itself, with the error."""
        tables = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for table in tables:
            quoted = table.replace('"', '""')
            try:
                yield from self._check(f'PRAGMA foreign_key_check("{quoted}")')
            except sa.exc.OperationalError as error:
                yield (table, None, self.message(error.orig or error))


def _violated(kind: str, rest: str) -> Named:
    """Return the names after ``constraint failed:``: columns with their table, or a constraint's name or text."""
    if kind == "FOREIGN KEY":
        return Named(violates="foreign key")
    if kind == "CHECK":
        return Named(constraint=rest, violates="check")
    if rest.startswith("index '"):
        return Named(constraint=rest[len("index '") : -1], violates="unique")
    columns = [each.partition(".") for each in rest.split(", ")]
    return Named(
        table=columns[0][0],
        columns=tuple(column for _, _, column in columns),
        violates="unique" if kind == "UNIQUE" else "not null",
    )
