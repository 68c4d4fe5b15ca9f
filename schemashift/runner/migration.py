"""One script while it runs: its operations become statements, and its statements are counted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

import sqlalchemy as sa

from schemashift import op
from schemashift.dialects import Dialect, Statement
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.session import Session
from schemashift.dialects.statement import operations_of
from schemashift.errors import Location
from schemashift.op.buffer import Buffer, Environment, Group
from schemashift.operations import Execute, Incomplete, Operation, those_named
from schemashift.runner.listener import ConnectionListener
from schemashift.runner.missing import MissingObject
from schemashift.runner.references import References
from schemashift.runner.transactions import Transactions
from schemashift.schema import Table, TableName
from schemashift.scripts.load import Script

OPERATION = "schemashift_operation"


class Database(NamedTuple):
    """The run's database: what all its scripts share."""

    dialect: Dialect
    session: Session
    known: LiveSchema
    listener: ConnectionListener
    references: References


class Blame(NamedTuple):
    """An error, and where the operations that it is about were written."""

    error: BaseException
    origins: tuple[Location, ...]


class Tally:
    """How many statements of a script were sent, and how many of them are kept: no rollback takes them back.

    ``ended`` says that the script ended its transaction itself, ``outside`` that it is outside of any.
    """

    def __init__(self, session: Session, *, transactional_ddl: bool) -> None:
        self.sent = 0
        self.kept = 0
        self.ended = False
        self.outside = False
        self._session = session
        self._transactional_ddl = transactional_ddl
        self._commits = False

    def sync_transaction(self) -> None:
        """What became of the statements so far: where no transaction is open although some were sent, they stay."""
        if self.sent and (self._commits or not self._session.in_transaction):
            self.kept = self.sent
            self.ended = self.ended or (self._transactional_ddl and not self.outside)

    def sync_failed_transaction(self, error: BaseException) -> None:
        """The same after an error: a failed statement is not there, but those before it may be."""
        self._session.after_error()
        if self.sent and not self._session.in_transaction and not self._transactional_ddl:
            self.kept = max(self.kept, self.sent - isinstance(error, sa.exc.DBAPIError))

    def commits(self, sql: str) -> bool:
        """Whether *sql*, which is next, cannot be taken back."""
        self._commits = self._session.commits(sql)
        return self._commits

    def keep(self, *, outside: bool) -> None:
        """The transaction was committed on purpose, to go outside of it or back inside."""
        self.kept, self.outside = self.sent, outside


class Migration:
    """A script that runs. A `Sender`: what its buffer gives it is compiled and sent over the run's connection.

    ``total`` is how many statements there would have been, where that is known.
    """

    def __init__(
        self,
        database: Database,
        unit: Transactions,
        script: Script,
        *,
        environment: Environment,
        emit: Callable[[str], None],
        journal: Callable[[int], None],
    ) -> None:
        """*emit* gets each statement; *journal* is called before one that cannot be taken back, with its number."""
        self.environment = environment
        self.tally = Tally(database.session, transactional_ddl=database.dialect.transactional_ddl)
        self.total: int | None = None
        self.blame: Blame | None = None
        self._database = database
        self._quietly = database.listener.quietly
        self._unit = unit
        self._emit = emit
        self._journal = journal
        self._buffer = Buffer.of(self, script)
        self._finishing = False
        self._ours = False

    def run(self, function: Callable[[], object]) -> None:
        """Call ``upgrade`` or ``downgrade``, and send what it left waiting."""
        with self._database.listener.calling(self.before_statement), op.running(self._buffer):
            function()
            self._finishing = True
            self._buffer.flush()
        self.tally.sync_transaction()

    def before_statement(self, sql: str) -> None:
        """A statement is about to be sent, by us or by anybody else."""
        if not self._ours:
            self._buffer.flush()
            if self._database.session.changes_schema(sql):
                self._database.known.forget()
        with self._quietly():
            self.tally.sync_transaction()
            self._database.references.prepare(sql)
            if self.tally.commits(sql):
                self._journal(self.tally.sent + 1)
        self.tally.sent += 1
        self._emit(sql)

    def origins(self, error: BaseException) -> tuple[Location, ...]:
        """Where the operations that *error* is about were written; none where it came from the script itself."""
        return self.blame.origins if self.blame is not None and self.blame.error is error else ()

    # `Sender` ------------------------------------------------------------------------------------------------------

    def table(self, name: TableName) -> Table | None:
        """A table as it is now."""
        with self._quietly():
            return self._database.known.table(name)

    def connection(self) -> sa.Connection:
        """The run's connection."""
        return self._database.session.connection

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        """Split the revision: what came before is committed, what follows begins anew."""
        with self._quietly():
            self._journal(self.tally.sent)
            self._unit.leave()
        self.tally.keep(outside=True)
        try:
            yield
        except BaseException:
            self.tally.outside = False
            with self._quietly(), contextlib.suppress(sa.exc.DBAPIError):
                self._unit.back()
            raise
        self.tally.keep(outside=False)
        with self._quietly():
            self._unit.back()

    def send(self, group: Group) -> None:
        """Compile a group, and send it."""
        if group.alone and self._database.dialect.transactional_ddl and not self.tally.outside:
            self._send_in_savepoint(group.operations)
        else:
            self._send(group.operations)

    # Sending -------------------------------------------------------------------------------------------------------

    def _send_in_savepoint(self, operations: Sequence[Operation]) -> None:
        """With a SAVEPOINT that can take it back: the script may go on after the error."""
        session, kept = self._database.session, self.tally.kept
        with self._quietly():
            session.savepoint(OPERATION)
        try:
            self._send(operations)
        except Exception:
            with self._quietly(), contextlib.suppress(sa.exc.DBAPIError):
                session.rollback_to(OPERATION)
            raise
        if kept == self.tally.kept:  # else a statement of its own has ended the transaction, and the savepoint with it
            with self._quietly():
                session.release(OPERATION)

    def _send(self, operations: Sequence[Operation]) -> None:
        statements = self._database.dialect.compile(operations, self._database.known)
        carried = operations
        try:
            while (statement := self._next(statements)) is not None:
                carried = statement.operations
                self._send_statement(statement)
                carried = operations
        except BaseException as error:
            self._fail(error, carried, statements)
            raise

    def _next(self, statements: Iterator[Statement]) -> Statement | None:
        """The next statement. Compiling may ask the database, and that is nothing of the script's."""
        with self._quietly():
            return next(statements, None)

    def _send_statement(self, statement: Statement) -> None:
        if statement.transactional or self.tally.outside:
            self._execute(statement)
        else:
            with self.outside_transaction():
                self._execute(statement)
        for operation in statement.operations:
            if operation.table_rename is not None:
                self._database.references.rename(*operation.table_rename)

    def _execute(self, statement: Statement) -> None:
        session, before, self._ours = self._database.session, self._ours, True
        try:
            if isinstance(statement.sql, str):
                with self._quietly():
                    session.check(statement.sql, self._database.known)
                session.execute(statement.sql)
                return
            options = [operation.options for operation in statement.operations if isinstance(operation, Execute)]
            session.connection.execute(
                statement.sql, statement.parameters, execution_options=dict(options[0]) if options else {}
            )
        finally:
            self._ours = before

    # What went wrong -----------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException, operations: Sequence[Operation], rest: Iterator[Statement]) -> None:
        """Remember what is known about *error*, of one of *operations*. Scripts catch it by what it says is missing."""
        self._blame(error, operations)
        self._count_rest(rest)
        self._database.known.forget()
        with self._quietly(), contextlib.suppress(sa.exc.SQLAlchemyError):
            self._database.session.after_error()
        if type(error) is Incomplete:
            self._raise_missing(error)

    def _blame(self, error: BaseException, operations: Sequence[Operation]) -> None:
        """Which lines of the script the error belongs to: where it was written, not where it was sent."""
        if self.blame is not None and self.blame.error is error:
            return
        blamed = operations_of(error) or operations
        if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
            blamed = those_named(blamed, self._database.session.named_in(error.orig))
        self.blame = Blame(error, tuple(dict.fromkeys(each.origin for each in blamed if each.origin is not None)))

    def _raise_missing(self, error: Incomplete) -> NoReturn:
        raised = MissingObject(str(error))
        if self.blame is not None:
            self.blame = Blame(raised, self.blame.origins)
        raise raised from error

    def _count_rest(self, rest: Iterator[Statement]) -> None:
        """How many statements there would have been, where the failure was in the last of the script."""
        self.total = None
        if self._finishing:
            with self._quietly(), contextlib.suppress(Exception):
                self.total = self.tally.sent + sum(1 for _ in rest)
