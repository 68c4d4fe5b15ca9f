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
from schemashift.runner.failure import FailureContext, failure
from schemashift.runner.listener import ConnectionListener
from schemashift.runner.loading import Loading
from schemashift.runner.migration import Database, Migration
from schemashift.runner.references import References, described
from schemashift.runner.transactions import OneTransaction, Savepoints, Transactions
from schemashift.scripts.load import Script
from schemashift.sources.replay import record
from schemashift.state.version_table import State, Status, VersionTable

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
    """Run what *plan_for* says for the applied revisions; it is asked again once the lock is held.

    *load* gives the script of a revision's id; all of them are loaded before the first runs. *listener* is called with
    every event, in order and as it happens; an exception that it raises ends the run, and what is done is kept. Where
    the plan is empty nothing is locked, and nothing created. *convention* gives the naming convention of the models,
    if a script asks.

    *consent* is asked for before the lock is taken, if the plan deletes anything: see `Consent`.

    Raises `Locked`, `BorrowedTransaction`, `ForeignVersionTable`, `NeedsDecision`, `MigrationFailed` and what
    *plan_for* and *load* raise. Whatever happens, the connection is put back as it was, and the lock released.
    """
    this = _Run(
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
    return this.run(lock_timeout, single_transaction=single_transaction)


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
            dialect=dialect.sa, normal=dialect.normal, version_table=versions.name, x=x, convention=convention
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
        """Everything, from preparing the connection to putting it back."""
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
        """Plan again now that nobody else can change the state, and run that."""
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
        """Tell the listener, if there is one."""
        if self.listener is not None:
            self.listener(event)

    # Before the first revision -------------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        """Read the state and ask for the plan."""
        with self._reading():
            self.state = self.versions.read(self.connection)
        return self.plan_for(self.state.applied)

    def _reading(self) -> contextlib.AbstractContextManager[None]:
        """Reading outside of any transaction that is not the lock: nothing is held when it ends."""
        return contextlib.nullcontext() if self.session.in_transaction else self.session.autocommit()

    def _first_plan(self) -> Plan | None:
        """The plan as it looks before the lock; None where the lock's holder lets nobody read."""
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
                hints=["hand over the engine, or commit() before"],
            )
        if self.session.borrowed:
            for step in plan.steps:
                self._check_borrowed(step)

    def _ask(self, plan: Plan) -> None:
        if self.consent is not None:
            self._check_unfinished(plan)  # nobody is asked about what cannot run
            self.consent.ask(plan, self._losses(self.consent, plan))

    def _require_consent(self, plan: Plan) -> None:
        if (consent := self.consent) is not None:
            consent.require(plan, lambda: self._losses(consent, plan))

    def _losses(self, consent: Consent, plan: Plan) -> Losses:
        with self._reading():
            return consent.count(plan, self.scripts)

    def _check_unfinished(self, plan: Plan) -> None:
        """Refuse to pass over a revision that stands half applied: what other scripts find there nobody knows."""
        taken_up = {step.revision.id for step in plan.steps}
        left = [row for row in self.state.in_flight if row.revision not in taken_up]
        if not left or not plan.steps:
            return
        row = left[0]
        raise Unfinished(
            f"{row.revision} was begun and not finished ({row.status})",
            cause=row.error or "the run that began it was cut off",
            state="nothing was done now; what that run did is still there",
            hints=[
                Hint("upgrade", (row.revision,), "tries it again"),
                Hint("stamp", (row.revision,), "records it as done, once you have seen to it by hand"),
            ],
        )

    def _check_borrowed(self, step: Step) -> None:
        """Refuse a step that would have to leave the caller's transaction, as far as that shows without a database."""
        recording = record(
            self.scripts[step.revision.id],
            "upgrade" if step.direction == "upgrade" else "downgrade",
            self.dialect,
            x=self.environment.x,
        )
        if recording.leaves_transaction or any(map(self._leaves, recording.operations)):
            raise BorrowedTransaction(
                f"{step.revision.title} runs a statement that refuses a transaction, and yours is open",
                where=step.revision.where,
                state="nothing was done",
                hints=["hand over the engine, or a connection outside of a transaction"],
            )

    def _leaves(self, operation: Operation) -> bool:
        try:
            return any(not statement.transactional for statement in self.dialect.compile([operation], LiveSchema()))
        except (Incomplete, NotSupported):
            return False

    def _load(self, plan: Plan) -> None:
        """Load every script before anything is written: one that does not load must not stop a run half way."""
        loading = replace(self.environment, convention=no_convention)
        for step in plan.steps:
            if step.revision.id not in self.scripts:
                with op.running(Buffer(Loading(self.connection, loading))):
                    script = self.scripts[step.revision.id] = self.load(step.revision.id)
                _function(script, step)

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
                # What succeeded is kept where it can be: the unit knows.
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
        """Whether somebody else did it: where the transaction is the lock, a script that commits lets others in."""
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
        this = _Revision(self, step)
        try:
            this.run(began)
        except Exception as error:
            self._undo(this, error)
            raise self._failed(this, error) from error
        except BaseException as error:
            self._undo(this, error)
            raise

    def _undo(self, this: _Revision, error: BaseException) -> None:
        """Take back what can be taken back. A connection that is gone has been rolled back by the server."""
        self.session.best_effort(lambda: this.undo(error))
        if self.connection.invalidated:
            self.connection.rollback()  # SQLAlchemy connects again for the question below

    def _failed(self, this: _Revision, error: Exception) -> Exception:
        """The error to raise. The state in it is read from the database, now."""
        if isinstance(self.unit, Savepoints):
            self.session.best_effort(self.unit.finish)
        applied, at = self._read_state()
        kept_before = 0 if isinstance(self.unit, OneTransaction) else len(self.done)
        migration = this.migration
        return failure(
            error,
            FailureContext(
                this.step.revision,
                this.step.direction,
                self.session,
                origins=migration.origins(error),
                applied=applied,
                at=at,
                done=kept_before,
                kept=migration.tally.kept,
                total=migration.total,
                transactional=self.dialect.transactional_ddl,
                earlier=this.earlier,
            ),
        )

    def _read_state(self) -> tuple[frozenset[str] | None, tuple[str, ...]]:
        """What is applied and its heads, as the database says after a failure."""
        try:
            plan = self._plan()
        except sa.exc.SQLAlchemyError:
            return None, ()
        return plan.before, plan.start

    def _release(self) -> None:
        """Roll back what is open, then unlock: a lock cannot be released in a failed transaction."""
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
        """Everything between the begin of its transaction and the end of it."""
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
        """Roll back; where something stays all the same, say so in the row."""
        run = self._run
        self.migration.tally.sync_failed_transaction(error)
        run.unit.undo()
        if not self.journaled or run.session.borrowed:
            return
        run.session.begin()
        if self.migration.tally.kept or (self.row is not None and self.row.status == "upgrading"):
            text = f"{type(error).__name__}: {error}"
            step = max(self.migration.tally.kept, self.earlier)
            run.versions.fail(run.connection, self.id, step=step, steps=self.migration.total, error=text)
        elif self.step.direction == "upgrade":
            run.versions.remove(run.connection, self.id)
        else:
            run.versions.clear_in_flight(run.connection, self.id)
        run.session.commit()

    def journal(self, number: int) -> None:
        """Write the row in flight before something happens that cannot be taken back; it goes with that."""
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
                raise MigrationFailed(
                    f"{self.step.revision.title}: its row is gone, another process took it while this one ran"
                )
        elif self.journaled or self.row is not None:
            run.versions.finish(run.connection, self.id, checksum=checksum, duration_ms=milliseconds)
        else:
            run.versions.record(run.connection, self.id, checksum=checksum, duration_ms=milliseconds)

    def _check_references(self) -> None:
        rows = self._run.database.references.broken()
        if rows:
            noun = "row points" if len(rows) == 1 else "rows point"
            raise MigrationFailed(
                f"{self.step.revision.title}: {len(rows)} {noun} to nothing after it",
                cause="foreign keys are off while SQLite is migrated, so nothing cascades; they are checked afterwards",
                details=described(rows),
            )


def _is_empty(plan: Plan) -> bool:
    return not plan.steps and (plan.direction != "stamp" or plan.before == plan.after)


def _function(script: Script, step: Step) -> Callable[[], object]:
    return script.upgrade if step.direction == "upgrade" else script.downgrade
