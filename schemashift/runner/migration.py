"""One script while it runs: the runner's side of `op`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import sqlalchemy as sa

from schemashift import op
from schemashift.dialects import Dialect, Statement
from schemashift.dialects.live import Known
from schemashift.dialects.session import Session
from schemashift.dialects.statement import operations_of
from schemashift.errors import Location
from schemashift.operations import Execute, Incomplete, Operation, RenameTable, failed
from schemashift.runner.missing import NotThere
from schemashift.runner.references import References
from schemashift.runner.transactions import Transactions
from schemashift.schema import Key, Table, TableName
from schemashift.scripts.handlers import guarded_lines
from schemashift.scripts.load import Script

OPERATION = "schemashift_operation"

Convention = Mapping[str, object]


class Wire:
    """The run's connection, listened to while a script runs: whoever sends what, it passes here."""

    def __init__(self, session: Session, dialect: Dialect, known: Known) -> None:
        self.session = session
        self.connection = session.connection
        self.dialect = dialect
        self.known = known
        self.references = References(session)
        self.migration: Migration | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen on the connection, and on nothing else, for the length of a run."""
        sa.event.listen(self.connection, "before_cursor_execute", self._before)
        try:
            yield
        finally:
            sa.event.remove(self.connection, "before_cursor_execute", self._before)

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        del connection, cursor, parameters, context, many
        if self.migration is not None:
            self.migration.passing(statement)


class Migration:
    """A script that runs. Implements `op.Running`.

    ``sent`` counts its statements and ``kept`` those of them that no rollback takes back; ``total`` is how many there
    would have been, where that is known. ``ended`` says that the script ended its transaction itself.
    """

    def __init__(
        self,
        wire: Wire,
        unit: Transactions,
        script: Script,
        *,
        x: Mapping[str, str],
        version_table: TableName,
        convention: Callable[[], Convention | None],
        told: Callable[[str], None],
        journal: Callable[[int], None],
    ) -> None:
        """*told* hears of each statement; *journal* is called before one that cannot be taken back, with its number."""
        self.wire = wire
        self.unit = unit
        self.path = script.path
        self.sent = 0
        self.kept = 0
        self.total: int | None = None
        self.ended = False
        self.made: set[Key] = set()
        self.blamed: tuple[BaseException, tuple[Location, ...]] | None = None
        """The last error of an operation, and where in the script it was written."""
        self._x = x
        self._version_table = version_table
        self._convention = convention
        self._told = told
        self._journal = journal
        self._guarded = guarded_lines(script.module, script.path)
        self._buffer: list[Operation] = []
        self._groups = 0
        self._finishing = False
        self._commits = False
        self._outside = False
        self._ours = False
        self._quiet = False

    def run(self, function: Callable[[], object]) -> None:
        """Call ``upgrade`` or ``downgrade``, and send what it left waiting."""
        self.wire.migration = self
        try:
            with op.running(self):
                function()
                self._finishing = True
                self.flush()
        finally:
            self.wire.migration = None
        self.settle()

    def settle(self) -> None:
        """Ask the driver what became of the last statement."""
        self._settle()

    def settle_failed(self, error: BaseException) -> None:
        """The same after an error: a failed statement is not there, but those before it may be."""
        session = self.wire.session
        session.after_error()
        if self.sent and not session.in_transaction and not self.wire.dialect.transactional_ddl:
            self.kept = max(self.kept, self.sent - isinstance(error, sa.exc.DBAPIError))

    # What passes over the connection -------------------------------------------------------------------------------

    def passing(self, sql: str) -> None:
        """A statement is about to be sent, by us or by anybody else."""
        if self._quiet:
            return
        if not self._ours:
            self.flush()
            if self.wire.session.changes_schema(sql):
                self.wire.known.forget()
        with self._quietly():
            self._settle()
            self.wire.references.prepare(sql)
            self._commits = self.wire.session.commits(sql)
            if self._commits:
                self._journal(self.sent + 1)
        self.sent += 1
        self._told(sql)

    def _settle(self) -> None:
        """What became of the statements so far: where no transaction is open although some were sent, they stay."""
        if self.sent and (self._commits or not self.wire.session.in_transaction):
            self.kept = self.sent
            self.ended = self.ended or (self.wire.dialect.transactional_ddl and not self._outside)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """For statements that are not the script's."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    # What the script asks for: `op.Running` ------------------------------------------------------------------------

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect."""
        return self.wire.dialect.sa

    @property
    def x(self) -> Mapping[str, str]:
        """The ``-x`` arguments."""
        return self._x

    @property
    def version_table(self) -> TableName:
        """The table that holds what is applied."""
        return self._version_table

    @property
    def convention(self) -> Convention | None:
        """The models' naming convention."""
        return self._convention()

    def table(self, name: TableName) -> Table | None:
        """A table as it is now."""
        self.flush()
        with self._quietly():
            return self.wire.known.table(name)

    def normal(self, table: Table) -> Table:
        """*table* in the database's normal form."""
        return self.wire.dialect.normal(table)

    def do(self, operations: Sequence[Operation]) -> None:
        """Buffer *operations*; send them at once where somebody waits for their error."""
        if self._groups or not self._is_caught():
            self._buffer.extend(operations)
        else:
            self.flush()
            self._send_alone(operations)

    def now(self, operation: Operation) -> None:
        """Send everything before, then *operation*."""
        self.flush()
        if self._is_caught():
            self._send_alone([operation])
        else:
            self._send([operation])

    def bind(self) -> sa.Connection:
        """The connection, with everything done that was asked for."""
        self.flush()
        return self.wire.connection

    @contextmanager
    def group(self) -> Iterator[None]:
        """One group, in every mode. An error in the block takes back what it asked for and was not sent."""
        alone = not self._groups and self._is_caught()
        if alone:
            self.flush()
        start = len(self._buffer)
        self._groups += 1
        try:
            yield
        except BaseException:
            del self._buffer[start:]
            raise
        finally:
            self._groups -= 1
        if alone:
            operations, self._buffer = self._buffer, []
            self._send_alone(operations)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Split the revision: what came before is committed, what follows begins anew."""
        self.flush()
        with self._outside_transaction():
            yield
            self.flush()

    @contextmanager
    def _outside_transaction(self) -> Iterator[None]:
        with self._quietly():
            self._journal(self.sent)
            self.unit.leave()
        self.kept, self._outside = self.sent, True
        try:
            yield
        except BaseException:
            self._outside = False
            with self._quietly(), contextlib.suppress(sa.exc.DBAPIError):
                self.unit.back()
            raise
        self.kept, self._outside = self.sent, False
        with self._quietly():
            self.unit.back()

    def _is_caught(self) -> bool:
        """Whether somebody may catch the error of the operation that is being called: then it must come out here."""
        frame = op.caller()
        if frame is None:
            return False
        if frame.f_code.co_filename != self.path:
            return True
        while self._guarded and frame is not None:
            if frame.f_code.co_filename == self.path and frame.f_lineno in self._guarded:
                return True
            frame = frame.f_back
        return False

    # Sending -------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what waits."""
        if self._buffer:
            operations, self._buffer = self._buffer, []
            self._send(operations)

    def _send_alone(self, operations: Sequence[Operation]) -> None:
        """With a SAVEPOINT of its own, where that can take it back: the script may go on after the error."""
        if not operations:
            return
        if not self.wire.dialect.transactional_ddl or self._outside:
            self._send(operations)
            return
        session, kept = self.wire.session, self.kept
        with self._quietly():
            session.savepoint(OPERATION)
        try:
            self._send(operations)
        except Exception:
            with self._quietly(), contextlib.suppress(sa.exc.DBAPIError):
                session.rollback_to(OPERATION)
            raise
        if kept == self.kept:  # else a statement of its own has ended the transaction, and the savepoint with it
            with self._quietly():
                session.release(OPERATION)

    def _send(self, operations: Sequence[Operation]) -> None:
        statements = self.wire.dialect.compile(operations, self.wire.known)
        carried: Sequence[Operation] = operations
        try:
            while (statement := self._next(statements)) is not None:
                carried = statement.operations
                self._emit(statement)
                carried = operations
        except BaseException as error:
            self._blame(error, carried)
            self._count_rest(statements)
            self.wire.known.forget()
            with self._quietly(), contextlib.suppress(sa.exc.SQLAlchemyError):
                self.wire.session.after_error()
            if type(error) is Incomplete:
                self._raise_absent(error)
            raise

    def _next(self, statements: Iterator[Statement]) -> Statement | None:
        """The next statement. Compiling may ask the database, and that is nothing of the script's."""
        with self._quietly():
            return next(statements, None)

    def _emit(self, statement: Statement) -> None:
        if statement.transactional or self._outside:
            self._execute(statement)
        else:
            with self._outside_transaction():
                self._execute(statement)
        for operation in statement.operations:
            if isinstance(operation, RenameTable):
                self.wire.references.rename(operation.old, operation.renamed)

    def _execute(self, statement: Statement) -> None:
        before, self._ours = self._ours, True
        try:
            if isinstance(statement.sql, str):
                with self._quietly():
                    self.wire.session.check(statement.sql, self.wire.known)
                self.wire.session.execute(statement.sql)
                return
            options = [operation.options for operation in statement.operations if isinstance(operation, Execute)]
            self.wire.connection.execute(
                statement.sql, statement.parameters, execution_options=dict(options[0]) if options else {}
            )
        finally:
            self._ours = before

    def _blame(self, error: BaseException, operations: Sequence[Operation]) -> None:
        """Remember which lines of the script the error belongs to: where it was written, not where it was sent."""
        if self.blamed is not None and self.blamed[0] is error:
            return
        blamed = operations_of(error) or operations
        if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
            blamed = failed(blamed, self.wire.session.named_in(error.orig))
        self.blamed = (error, tuple(dict.fromkeys(each.origin for each in blamed if each.origin is not None)))

    def _raise_absent(self, error: Incomplete) -> NoReturn:
        raised = NotThere(str(error))
        if self.blamed is not None:
            self.blamed = (raised, self.blamed[1])
        raise raised from error

    def _count_rest(self, statements: Iterator[Statement]) -> None:
        """How many statements there would have been, where the failure was in the last of the script."""
        self.total = None
        if self._finishing:
            with self._quietly(), contextlib.suppress(Exception):
                self.total = self.sent + sum(1 for _ in statements)
