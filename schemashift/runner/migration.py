"""Run one script: compile and send its operations, and count its statements."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple, NoReturn

import sqlalchemy as sa

from schemashift import op
from schemashift.connection.translation import refuse_translation
from schemashift.dialects import Dialect, Statement
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.session import Session
from schemashift.dialects.statement import operations_of
from schemashift.errors import Location
from schemashift.op.buffer import Buffer, Environment, Group
from schemashift.operations import BulkInsert, Execute, Incomplete, Operation, Reference, those_named, those_that_broke
from schemashift.runner.listener import ConnectionListener
from schemashift.runner.missing import MissingObject
from schemashift.runner.references import References, Row
from schemashift.runner.state_table import changes_state, operation_on_state
from schemashift.runner.transactions import Transactions
from schemashift.schema import Table, TableName
from schemashift.scripts.load import Script, call

OPERATION = "schemashift_operation"


class Database(NamedTuple):
    """The run's database, shared by all its scripts."""

    dialect: Dialect
    session: Session
    live: LiveSchema
    listener: ConnectionListener
    references: References


class Blame(NamedTuple):
    """An error, and the lines of the operations that caused it."""

    error: BaseException
    origins: tuple[Location, ...]


class Tally:
    """The number of statements that a script has sent, and how many of them can no longer be rolled back (``kept``).

    ``ended`` is True if the script has ended its transaction itself, ``outside`` while it is outside any transaction.
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
        """Update ``kept``: if statements were sent and no transaction is open any more, they are committed."""
        if self.sent and (self._commits or not self._session.in_transaction):
            self.kept = self.sent
            self.ended = self.ended or (self._transactional_ddl and not self.outside)

    def sync_failed_transaction(self, error: BaseException) -> None:
        """Do the same after an error: the statement that failed has no effect, but those before it may be committed."""
        self._session.after_error()
        if self.sent and not self._session.in_transaction and not self._transactional_ddl:
            self.kept = max(self.kept, self.sent - isinstance(error, sa.exc.DBAPIError))

    def commits(self, sql: str) -> bool:
        """Whether *sql*, which is sent next, commits and so cannot be rolled back."""
        self._commits = self._session.commits(sql)
        return self._commits

    def keep(self, *, outside: bool) -> None:
        """Record a commit that is made on purpose, to leave the transaction or to begin another."""
        self.kept, self.outside = self.sent, outside


class Migration:
    """A running script. As a `Sender`, it compiles the groups of its buffer and sends them over the run's connection.

    ``total`` is the number of statements that a failed script would have sent, if it is known.
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
        """*emit* is called with each statement; *journal* before one that cannot be rolled back, with its number."""
        self.environment = environment
        self.tally = Tally(database.session, transactional_ddl=database.dialect.transactional_ddl)
        self.total: int | None = None
        self.blame: Blame | None = None
        self._database = database
        self._listener_suspended = database.listener.suspended
        self._unit = unit
        self._emit = emit
        self._journal = journal
        self._buffer = Buffer.of(self, script)
        self._sent: list[Operation] = []
        self._finishing = False
        self._sending = False

    def run(self, function: Callable[[], object]) -> None:
        """Call ``upgrade`` or ``downgrade``, and send the operations that are still pending at its end."""
        with self._database.listener.calling(self.before_statement), op.running(self._buffer):
            call(function)
            self._finishing = True
            self._buffer.flush()
        self.tally.sync_transaction()

    def before_statement(self, sql: str) -> None:
        """Prepare for a statement that is about to be sent, by this object or by the script itself."""
        if not self._sending:
            self._buffer.flush()
            if self._database.session.changes_schema(sql):
                self._database.live.forget()
            if self._database.session.may_break_references(sql):
                self._remember(Execute(statement=sql))
        with self._listener_suspended():
            self.tally.sync_transaction()
            self._database.references.prepare(sql)
            if self.tally.commits(sql):
                self._journal(self.tally.sent + 1)
        self.tally.sent += 1
        self._emit(sql)

    def origins(self, error: BaseException) -> tuple[Location, ...]:
        """Return the lines of the operations that caused *error*; none if the script itself raised it."""
        return self.blame.origins if self.blame is not None and self.blame.error is error else ()

    def blame_references(self, error: BaseException, rows: Sequence[Row]) -> None:
        """Record the lines of the operations that broke the references of *rows*, which *error* is about.

        A statement that the script sent over its connection has no line: if it is the cause, there is none.
        """
        references = dict.fromkeys(Reference(child, None if row is None else parent) for child, row, parent in rows)
        sent = [operation for operation in self._sent if self._may_break(operation)]
        self.blame = Blame(error, _origins(those_that_broke(sent, references)))

    def _may_break(self, operation: Operation) -> bool:
        if not isinstance(operation, Execute):
            return True
        return self._database.session.may_break_references(str(operation.statement))

    def _remember(self, operation: Operation) -> None:
        """Keep an operation for `blame_references`, without the rows that it inserts."""
        if self._database.references.watched:
            self._sent.append(replace(operation, rows=()) if isinstance(operation, BulkInsert) else operation)

    # `Sender` ------------------------------------------------------------------------------------------------------

    def table(self, name: TableName) -> Table | None:
        """Return a table as it is now; None if it does not exist."""
        with self._listener_suspended():
            return self._database.live.table(name)

    def connection(self) -> sa.Connection:
        """Return the run's connection."""
        return self._database.session.connection

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        """Commit the revision so far, and begin a new transaction after the block."""
        with self._listener_suspended():
            self._journal(self.tally.sent)
            self._unit.leave()
        self.tally.keep(outside=True)
        try:
            yield
        except BaseException:
            self.tally.outside = False
            with self._listener_suspended(), contextlib.suppress(sa.exc.DBAPIError):
                self._unit.back()
            raise
        self.tally.keep(outside=False)
        with self._listener_suspended():
            self._unit.back()

    def send(self, group: Group) -> None:
        """Compile and send a group, in a SAVEPOINT where the script may catch its error."""
        if group.alone and self._database.dialect.transactional_ddl and not self.tally.outside:
            self._send_in_savepoint(group.operations)
        else:
            self._send(group.operations)

    # Sending -------------------------------------------------------------------------------------------------------

    def _send_in_savepoint(self, operations: Sequence[Operation]) -> None:
        """Send *operations* in a SAVEPOINT: the script may continue after an error."""
        session, kept = self._database.session, self.tally.kept
        with self._listener_suspended():
            session.savepoint(OPERATION)
        try:
            self._send(operations)
        except Exception:
            with self._listener_suspended(), contextlib.suppress(sa.exc.DBAPIError):
                session.rollback_to(OPERATION)
            raise
        if kept == self.tally.kept:  # else one of the statements has ended the transaction, and the savepoint with it
            with self._listener_suspended():
                session.release(OPERATION)

    def _send(self, operations: Sequence[Operation]) -> None:
        statements = self._database.dialect.compile(operations, self._database.live)
        responsible = operations
        try:
            self._refuse_version_table(operations)
            while (statement := self._next(statements)) is not None:
                responsible = statement.operations
                self._send_statement(statement)
                responsible = operations
        except BaseException as error:
            self._fail(error, responsible, statements)
            raise

    def _refuse_version_table(self, operations: Sequence[Operation]) -> None:
        """Raise `ForeignVersionTable` for an operation on the table that holds the state."""
        name = self.environment.version_table
        if (operation := operation_on_state(operations, name, self._database.dialect)) is not None:
            error = changes_state(operation, name)
            self._blame(error, (operation,))
            raise error

    def _next(self, statements: Iterator[Statement]) -> Statement | None:
        """Return the next statement. Compiling may query the database, which is not a statement of the script."""
        with self._listener_suspended():
            return next(statements, None)

    def _send_statement(self, statement: Statement) -> None:
        if statement.transactional or self.tally.outside:
            self._execute(statement)
        else:
            with self.outside_transaction():
                self._execute(statement)
        for operation in statement.operations:
            self._remember(operation)
            if operation.table_rename is not None:
                self._database.references.rename(*operation.table_rename)

    def _execute(self, statement: Statement) -> None:
        session, before, self._sending = self._database.session, self._sending, True
        try:
            if isinstance(statement.sql, str):
                refuse_translation(session.connection, state=None)  # a script may set it for its connection
                with self._listener_suspended():
                    session.check(statement.sql, self._database.live)
                session.execute(statement.sql)
                return
            options = [operation.options for operation in statement.operations if isinstance(operation, Execute)]
            session.connection.execute(
                statement.sql, statement.parameters, execution_options=dict(options[0]) if options else {}
            )
        finally:
            self._sending = before

    # What went wrong -----------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException, operations: Sequence[Operation], rest: Iterator[Statement]) -> None:
        """Record the circumstances of *error*, caused by one of *operations*.

        `Incomplete` is raised as `MissingObject`, by the bases of which scripts catch it.
        """
        self._blame(error, operations)
        self._count_rest(rest)
        self._database.live.forget()
        with self._listener_suspended(), contextlib.suppress(sa.exc.SQLAlchemyError):
            self._database.session.after_error()
        if type(error) is Incomplete:
            self._raise_missing(error)

    def _blame(self, error: BaseException, operations: Sequence[Operation]) -> None:
        """Record the lines on which the operations that caused *error* were called, not where they were sent."""
        if self.blame is not None and self.blame.error is error:
            return
        blamed = operations_of(error) or operations
        if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
            blamed = those_named(blamed, self._database.session.named_in(error.orig))
        self.blame = Blame(error, _origins(blamed))

    def _raise_missing(self, error: Incomplete) -> NoReturn:
        raised = MissingObject(str(error), self._database.session.in_own_words(str(error)))
        if self.blame is not None:
            self.blame = Blame(raised, self.blame.origins)
        raise raised from error

    def _count_rest(self, rest: Iterator[Statement]) -> None:
        """Count the statements there would have been, if the failure was in the last group of the script."""
        self.total = None
        if self._finishing:
            with self._listener_suspended(), contextlib.suppress(Exception):
                self.total = self.tally.sent + sum(1 for _ in rest)


def _origins(operations: Iterable[Operation]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys(operation.origin for operation in operations if operation.origin is not None))
