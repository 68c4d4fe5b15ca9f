"""Make a revision atomic: three ways to enclose it in transactions."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from schemashift.dialects.session import Session
from schemashift.errors import BorrowedTransaction, NotSupported

REVISION = "schemashift_revision"


class Transactions:
    """One transaction for each revision, so that strong locks are held for a short time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._outside = contextlib.ExitStack()

    def begin(self) -> None:
        """Begin a revision."""
        self.session.begin()

    def keep(self) -> None:
        """Keep the revision, which is recorded."""
        self.session.commit()

    def undo(self) -> None:
        """Roll back the revision, which failed, as far as possible."""
        self.session.rollback()

    def renew(self) -> None:
        """Continue after the script has ended the transaction itself; its later changes are kept with the record."""

    def finish(self) -> None:
        """End the run."""

    def leave(self) -> None:
        """Commit the revision so far and leave the transaction, for a statement that cannot run in one."""
        self.session.commit()
        self._outside.enter_context(self.session.autocommit())

    def back(self) -> None:
        """Begin a new transaction after `leave`."""
        self._outside.close()
        self.begin()


class OneTransaction(Transactions):
    """One transaction for the whole run: all revisions are kept, or none."""

    def begin(self) -> None:
        if not self.session.in_transaction:
            self.session.begin()

    def keep(self) -> None:
        """Do nothing: only the end of the run keeps anything."""

    def finish(self) -> None:
        self.session.commit()

    def leave(self) -> None:
        raise NotSupported(
            "a statement that cannot run in a transaction cannot run with --single-transaction",
            hints=["leave --single-transaction out: each revision then has its own transaction"],
        )


class Savepoints(Transactions):
    """One transaction for the run, with a SAVEPOINT for each revision: those that succeed are kept if a later one
    fails."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._kept = False

    def begin(self) -> None:
        if not self.session.borrowed:
            self.session.begin()
        self.session.savepoint(REVISION)

    def keep(self) -> None:
        # A script may have committed on its own (`op.get_bind().commit()`), and the SAVEPOINT is gone with that.
        if self.session.in_transaction or self.session.borrowed:
            self.session.release(REVISION)
        self._kept = True

    def undo(self) -> None:
        """Roll back to the SAVEPOINT. On a full disk SQLite rolls back the whole transaction itself."""
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
                "a statement that cannot run in a transaction cannot run inside yours",
                hints=["pass the engine, or a connection outside any transaction"],
            )
        super().leave()
