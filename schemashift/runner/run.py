"""Run a plan over one connection: lock, scripts, version table, events."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import sqlalchemy as sa

from schemashift import op
from schemashift.dialects import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.errors import BorrowedTransaction, Hint, MigrationFailed, NotSupported, Unfinished
from schemashift.events import (
    Event,
    Listener,
    RevisionDone,
    RevisionStarted,
    RunFinished,
    RunStarted,
    StatementSent,
    Waiting,
)
from schemashift.op.buffer import Buffer, Convention, Environment, no_convention
from schemashift.operations import Incomplete, Operation
from schemashift.results import Done, Run
from schemashift.revisions import Plan, Step
from schemashift.runner.consent import Consent, Losses
from schemashift.runner.failure import FailureContext, failure, told
from schemashift.runner.listener import ConnectionListener
from schemashift.runner.loading import Loading
from schemashift.runner.migration import Database, Migration
from schemashift.runner.references import References, described
from schemashift.runner.state_table import refuse_script
from schemashift.runner.transactions import OneTransaction, Savepoints, Transactions
from schemashift.scripts.load import Script
from schemashift.sources.replay import record
from schemashift.state.version_table import State, Status, VersionTable
from schemashift.words import plural

PlanFor = Callable[[frozenset[str]], Plan]
Load = Callable[[str], Script]


def run(
    connection: sa.Connection,
    plan_for: PlanFor,
    *,
    dialect: Dialect,
    load: Load,
    versions: VersionTable,
    lock_timeout: float = 60.0,
    single_transaction: bool = False,
    x: Mapping[str, str] | None = None,
    convention: Callable[[], Convention | None] = no_convention,
    listener: Listener | None = None,
    consent: Consent | None = None,
) -> Run:
    """Run the plan that *plan_for* returns for the applied revisions; it is called again once the lock is held.

    *load* returns the script for a revision id; all scripts are loaded before the first one runs. *listener* is called
    with every event, in order and as it happens; an exception that it raises ends the run, and what is done is kept. If
    the plan is empty, nothing is locked or created. *convention* returns the naming convention of the models; it is
    called only if a script needs it.

    *consent* is asked for before the lock is acquired, if the plan deletes anything: see `Consent`.

    Raises `Locked`, `BorrowedTransaction`, `ForeignVersionTable`, `NeedsDecision`, `MigrationFailed`, and whatever
    *plan_for* and *load* raise. In any case, the connection is restored to its former state and the lock is released.
    """
    runner = _Run(
        connection,
        plan_for,
        dialect=dialect,
        load=load,
        versions=versions,
        x=x or {},
        convention=cache(convention),
        listener=listener,
        consent=consent,
    )
    return runner.run(lock_timeout, single_transaction=single_transaction)


class _Run:
    """One run over one connection."""

    def __init__(
        self,
        connection: sa.Connection,
        plan_for: PlanFor,
        *,
        dialect: Dialect,
        load: Load,
        versions: VersionTable,
        x: Mapping[str, str],
        convention: Callable[[], Convention | None],
        listener: Listener | None,
        consent: Consent | None,
    ) -> None:
        self.connection = connection
        self.plan_for = plan_for
        self.dialect = dialect
        self.load = load
        self.versions = versions
        self.environment = Environment(
            dialect=dialect.sa,
            transactional_ddl=dialect.transactional_ddl,
            normal=dialect.normal,
            version_table=versions.name,
            x=x,
            convention=convention,
        )
        self.listener = listener
        self.consent = consent
        self.session = dialect.session(connection)
        self.database = Database(
            dialect,
            self.session,
            LiveSchema(
                read=lambda name: dialect.read(connection, [name]).schema.table(name),
                read_all=lambda: dialect.read_all(connection).schema,
                read_objects=lambda key: dialect.read_objects(connection, key),
            ),
            ConnectionListener(connection),
            References(self.session),
        )
        self.state = State()
        self.unit = Transactions(self.session)
        self.scripts: dict[str, Script] = {}
        self.done: list[Done] = []
        self.others_may_have_run = False

    def run(self, lock_timeout: float, *, single_transaction: bool) -> Run:
        """Do the whole run, from preparing the connection to restoring it."""
        started = time.monotonic()
        with self.session.run():
            plan = self._first_plan()
            if plan is not None and _is_empty(plan):
                self.emit(RunStarted(plan, plan.start))
            else:
                if plan is not None:
                    self._prepare(plan)
                    self._ask(plan)
                self.unit = self._unit(single_transaction=single_transaction)
                for wait in self.session.wait_for_lock(self.versions.name, lock_timeout):
                    self.emit(Waiting(*wait))
                plan = self._run_locked()
        seconds = time.monotonic() - started
        self.emit(RunFinished(len(self.done), plan.end, seconds))
        return Run(tuple(self.done), plan, plan.start, plan.end, seconds)

    def _run_locked(self) -> Plan:
        """Plan again now that no other process can change the state, and run that plan."""
        try:
            plan = self._plan()
            self._check_unfinished(plan)
            self._load(plan)
            self._require_consent(plan)
            self.emit(RunStarted(plan, plan.start))
            self._steps(plan)
            return plan
        finally:
            self._release()

    def emit(self, event: Event) -> None:
        """Call the listener, if there is one, with *event*."""
        if self.listener is not None:
            self.listener(event)

    # Before the first revision -------------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        """Read the state and return the plan for it."""
        with self._reading():
            self.state = self.versions.read(self.connection)
        return self.plan_for(self.state.applied)

    def _reading(self) -> contextlib.AbstractContextManager[None]:
        """Read outside any transaction, unless the open one is the lock: nothing is held afterwards."""
        return contextlib.nullcontext() if self.session.in_transaction else self.session.autocommit()

    def _first_plan(self) -> Plan | None:
        """Return the plan before the lock is held; None if the holder of the lock prevents reading."""
        try:
            return self._plan()
        except sa.exc.OperationalError as error:
            if error.orig is not None and self.session.is_lock_error(error.orig):
                return None
            raise

    def _prepare(self, plan: Plan) -> None:
        self._load(plan)
        if self.session.borrowed and not self.dialect.transactional_ddl:
            raise BorrowedTransaction(
                "the connection is inside a transaction of yours",
                cause=f"{self.session.product} would commit it with the first DDL",
                state="nothing was done",
                hints=["pass the engine, or commit() before"],
            )
        if self.session.may_be_forgotten:
            raise BorrowedTransaction(
                "the connection is inside a transaction that SQLAlchemy began automatically",
                cause="it cannot be told whether you have written anything in it, and are going to commit it",
                state="nothing was done",
                hints=[
                    "pass the engine, or commit() or rollback() before",
                    "or use  with connection.begin():  if the migrations are to be part of your transaction",
                ],
            )
        if self.session.borrowed:
            for step in plan.steps:
                self._check_borrowed(step)

    def _ask(self, plan: Plan) -> None:
        if self.consent is not None:
            self._check_unfinished(plan)  # no question about a plan that cannot run
            self.consent.ask(plan, self._losses(self.consent, plan))

    def _require_consent(self, plan: Plan) -> None:
        if (consent := self.consent) is not None:
            consent.require(plan, lambda: self._losses(consent, plan))

    def _losses(self, consent: Consent, plan: Plan) -> Losses:
        with self._reading():
            return consent.count(plan, self.scripts)

    def _check_unfinished(self, plan: Plan) -> None:
        """Raise `Unfinished` if the plan leaves out a half-applied revision: the schema other scripts would meet is not
        known."""
        planned = {step.revision.id for step in plan.steps}
        unfinished = [row for row in self.state.in_flight if row.revision not in planned]
        if not unfinished or not plan.steps:
            return
        row = unfinished[0]
        raise Unfinished(
            f"{row.revision} was begun and not finished ({row.status})",
            cause=row.error or "the run that began it was interrupted",
            state="nothing was done now; the changes of that run are still there",
            hints=[
                Hint("upgrade", (row.revision,), "tries it again"),
                Hint("stamp", (row.revision,), "records it as applied, once you have completed it by hand"),
            ],
        )

    def _check_borrowed(self, step: Step) -> None:
        """Raise `BorrowedTransaction` for a step that has to leave the caller's transaction, as far as can be told
        without a database."""
        recording = record(
            self.scripts[step.revision.id],
            "upgrade" if step.direction == "upgrade" else "downgrade",
            self.environment,
        )
        if recording.leaves_transaction or any(map(self._leaves, recording.operations)):
            raise BorrowedTransaction(
                f"{step.revision.title} runs a statement that cannot run in a transaction, and yours is open",
                where=step.revision.where,
                state="nothing was done",
                hints=["pass the engine, or a connection outside any transaction"],
            )

    def _leaves(self, operation: Operation) -> bool:
        try:
            return any(not statement.transactional for statement in self.dialect.compile([operation], LiveSchema()))
        except (Incomplete, NotSupported):
            return False

    def _load(self, plan: Plan) -> None:
        """Load every script before anything is written, so that one that does not load cannot stop the run halfway."""
        loading = replace(self.environment, convention=no_convention)
        for step in plan.steps:
            if step.revision.id not in self.scripts:
                with op.running(Buffer(Loading(self.connection, loading))):
                    script = self.scripts[step.revision.id] = self.load(step.revision.id)
                _function(script, step)
                if step.direction == "upgrade":
                    is_same, exists = self.dialect.is_same_table, self.state.exists
                    refuse_script(step.revision, self.versions.name, exists=exists, is_same=is_same)

    def _unit(self, *, single_transaction: bool) -> Transactions:
        if self.session.borrowed or self.dialect.one_transaction:
            return Savepoints(self.session)
        if single_transaction and self.dialect.transactional_ddl:
            return OneTransaction(self.session)
        return Transactions(self.session)

    # The revisions -------------------------------------------------------------------------------------------------

    def _steps(self, plan: Plan) -> None:
        with self.database.listener.listening():
            try:
                if plan.direction == "stamp":
                    self._stamp(plan)
                for step in plan.steps:
                    if not self._is_done(step):
                        self._run_step(step)
            except BaseException:
                # The revisions that succeeded are kept where that is possible: the unit decides.
                self.session.best_effort(self._finish_what_was_done)
                raise
            self.unit.finish()

    def _run_step(self, step: Step) -> None:
        self.emit(RevisionStarted(*step))
        began = time.perf_counter()
        self._step(step, began)
        self.done.append(Done(*step, time.perf_counter() - began))
        self.emit(RevisionDone(*self.done[-1]))

    def _is_done(self, step: Step) -> bool:
        """Whether another process has done it: where the transaction is the lock, a script that commits releases it."""
        if not self.others_may_have_run:
            return False
        self.state = self.versions.read(self.connection)
        return (step.revision.id in self.state.applied) == (step.direction == "upgrade")

    def _finish_what_was_done(self) -> None:
        if isinstance(self.unit, OneTransaction):
            self.session.rollback()
        else:
            self.unit.finish()

    def _stamp(self, plan: Plan) -> None:
        self.unit.begin()
        self.versions.stamp(self.connection, plan.after)
        self.unit.keep()

    def _step(self, step: Step, began: float) -> None:
        revision = _Revision(self, step)
        try:
            revision.run(began)
        except Exception as error:
            self._undo(revision, error)
            raise self._failed(revision, error) from error
        except BaseException as error:
            self._undo(revision, error)
            raise

    def _undo(self, revision: _Revision, error: BaseException) -> None:
        """Roll back what can be rolled back. The server has rolled back a connection that is lost."""
        self.session.best_effort(lambda: revision.undo(error))
        if self.connection.invalidated:
            self.connection.rollback()  # SQLAlchemy connects again to read the state

    def _failed(self, revision: _Revision, error: Exception) -> Exception:
        """Return the error to raise. The state in it is read from the database now."""
        if isinstance(self.unit, Savepoints):
            self.session.best_effort(self.unit.finish)
        applied, at = self._read_state()
        kept_before = 0 if isinstance(self.unit, OneTransaction) else len(self.done)
        migration = revision.migration
        return failure(
            error,
            FailureContext(
                revision.step.revision,
                revision.step.direction,
                self.session,
                origins=migration.origins(error),
                applied=applied,
                at=at,
                done=kept_before,
                kept=migration.tally.kept,
                total=migration.total,
                transactional=self.dialect.transactional_ddl,
                earlier=revision.earlier,
                state_table=self.versions.name,
            ),
        )

    def _read_state(self) -> tuple[frozenset[str] | None, tuple[str, ...]]:
        """Return the applied revisions and their heads, read after a failure; None and () if that is not possible."""
        try:
            plan = self._plan()
        except sa.exc.SQLAlchemyError:
            return None, ()
        return plan.before, plan.start

    def _release(self) -> None:
        """Roll back an open transaction, then unlock: a lock cannot be released in a failed transaction."""
        if not self.session.borrowed:
            self.session.best_effort(self.session.rollback)
        self.session.unlock()


class _Revision:
    """One revision of the run: its script, its transaction and its row."""

    def __init__(self, run: _Run, step: Step) -> None:
        self.step = step
        self.id = step.revision.id
        self.script = run.scripts[self.id]
        self.row = run.state.row(self.id)
        self.earlier = (self.row.step or 0) if self.row is not None and self.row.status != "applied" else 0
        """The statement that an earlier run of it was about to send when it stopped."""
        self.journaled = False
        self._run = run
        self.migration = Migration(
            run.database,
            run.unit,
            self.script,
            environment=run.environment,
            emit=lambda sql: run.emit(StatementSent(sql)),
            journal=self.journal,
        )

    def run(self, began: float) -> None:
        """Run the script and record it, from the beginning of its transaction to the end."""
        run = self._run
        run.unit.begin()
        if not run.state.exists:
            run.versions.create(run.connection)
        run.database.references.start()
        self.migration.run(_function(self.script, self.step))
        self._check_references()
        if self.migration.tally.ended:
            run.unit.renew()
        if run.dialect.one_transaction and self.migration.tally.kept:
            run.others_may_have_run = True
        self._record(round((time.perf_counter() - began) * 1000))
        run.unit.keep()
        if not run.state.exists:
            run.state = replace(run.state, exists=True)

    def undo(self, error: BaseException) -> None:
        """Roll back; if some statements stay applied anyway, record that in the row."""
        run = self._run
        self.migration.tally.sync_failed_transaction(error)
        run.unit.undo()
        if not self.journaled or run.session.borrowed:
            return
        run.session.begin()
        if self.migration.tally.kept or (self.row is not None and self.row.status == "upgrading"):
            text = told(error, run.session)
            step = max(self.migration.tally.kept, self.earlier)
            run.versions.fail(run.connection, self.id, step=step, steps=self.migration.total, error=text)
        elif self.step.direction == "upgrade":
            run.versions.remove(run.connection, self.id)
        else:
            run.versions.clear_in_flight(run.connection, self.id)
        run.session.commit()

    def journal(self, number: int) -> None:
        """Write the in-flight row before a statement that cannot be rolled back, which commits it."""
        run = self._run
        if not self.journaled:
            status: Status = "upgrading" if self.step.direction == "upgrade" else "downgrading"
            run.versions.begin(
                run.connection,
                self.id,
                status,
                step=number,
                checksum=self.script.checksum,
                replace=self.row is not None,
            )
            self.journaled = True
        else:
            run.versions.advance(run.connection, self.id, number)

    def _record(self, milliseconds: int) -> None:
        run, checksum = self._run, self.script.checksum
        if self.step.direction == "downgrade":
            if not run.versions.remove(run.connection, self.id):
                raise MigrationFailed(f"{self.step.revision.title}: another process deleted its row while this one ran")
        elif self.journaled or self.row is not None:
            run.versions.finish(run.connection, self.id, checksum=checksum, duration_ms=milliseconds)
        else:
            run.versions.record(run.connection, self.id, checksum=checksum, duration_ms=milliseconds)

    def _check_references(self) -> None:
        rows = self._run.database.references.broken()
        if rows:
            verb = "points" if len(rows) == 1 else "point"
            error = MigrationFailed(
                f"{self.step.revision.title}: {plural(len(rows), 'row')} {verb} to nothing after it",
                cause="foreign keys are off while SQLite is migrated, so nothing cascades; they are checked afterwards",
                details=described(rows),
            )
            self.migration.blame_references(error, rows)
            raise error


def _is_empty(plan: Plan) -> bool:
    return not plan.steps and (plan.direction != "stamp" or plan.before == plan.after)


def _function(script: Script, step: Step) -> Callable[[], object]:
    return script.upgrade if step.direction == "upgrade" else script.downgrade
