"""How one revision is whole or not at all: three ways to bracket it in transactions."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from schemashift.dialects.session import Session
from schemashift.errors import BorrowedTransaction, NotSupported

REVISION = "schemashift_revision"


class Transactions:
    """A transaction per revision: strong locks are short."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._outside = contextlib.ExitStack()

    def begin(self) -> None:
        """The revision begins."""
        self.session.begin()

    def keep(self) -> None:
        """The revision is recorded."""
        self.session.commit()

    def undo(self) -> None:
        """The revision failed. What can be rolled back is."""
        self.session.rollback()

    def renew(self) -> None:
        """The script ended the transaction itself; what it did since goes with the record."""

    def finish(self) -> None:
        """The run is over."""

    def leave(self) -> None:
        """Out of the transaction, for a statement that refuses one: what the revision did so far stays."""
        self.session.commit()
        self._outside.enter_context(self.session.autocommit())

    def back(self) -> None:
        """Into a new transaction."""
        self._outside.close()
        self.begin()


class OneTransaction(Transactions):
    """One transaction for the whole run, all of it or nothing."""

    def begin(self) -> None:
        if not self.session.in_transaction:
            self.session.begin()

    def keep(self) -> None:
        """Only the end keeps anything."""

    def finish(self) -> None:
        self.session.commit()

    def leave(self) -> None:
        raise NotSupported(
            "a statement that refuses a transaction cannot run with --single-transaction",
            hints=["leave --single-transaction out: each revision then has a transaction of its own"],
        )


class Savepoints(Transactions):
    """One transaction for the run with a SAVEPOINT per revision: what succeeded is kept when a later one fails."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._kept = False

    def begin(self) -> None:
        if not self.session.borrowed:
            self.session.begin()
        self.session.savepoint(REVISION)

    def keep(self) -> None:
        self.session.release(REVISION)
        self._kept = True

    def undo(self) -> None:
        """On a full disk SQLite rolls the whole transaction back by itself: then there is nothing to undo."""
        if self.session.in_transaction:
            with contextlib.suppress(sa.exc.DBAPIError):
                self.session.rollback_to(REVISION)

    def renew(self) -> None:
        if self.session.in_transaction and not self.session.borrowed:
            self.session.commit()
        self.begin()

    def finish(self) -> None:
        if self.session.borrowed or not self.session.in_transaction:
            return
        if self._kept:
            self.session.commit()
        else:
            self.session.rollback()

    def leave(self) -> None:
        if self.session.borrowed:
            raise BorrowedTransaction(
                "a statement that refuses a transaction cannot run inside yours",
                hints=["hand over the engine, or a connection outside of a transaction"],
            )
        super().leave()
