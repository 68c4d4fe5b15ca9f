"""`Migrator`: the Python API, for a project and one database. Its methods return values and raise `schemashift.errors`.

A migrator prints nothing and has no global state; each thread may use its own. SQLAlchemy is imported by the methods
that need a database or the models; the others read only the headers of the scripts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from schemashift.config import Config, read_config
from schemashift.errors import Behind, Hint, OutsideMigration, ScriptDoesNotLoad
from schemashift.project import Project
from schemashift.revisions import Direction, Plan, Revision, RevisionGraph, plan, read_targets
from schemashift.words import plural

if TYPE_CHECKING:
    import sqlalchemy as sa

    from schemashift.autogenerate.compare import Comparison
    from schemashift.connection.database import Database
    from schemashift.dialects import Dialect
    from schemashift.events import Listener
    from schemashift.results import Branch, Checked, Initialised, Loss, Run, Status, Written
    from schemashift.runner.consent import Confirm, Consent
    from schemashift.scripts.draft import Draft
    from schemashift.scripts.load import Script

Names = str | Iterable[str]
"""One revision identifier, or several."""


class Migrator:
    """A project's scripts and models, and one database.

    Create one with ``Migrator("sqlite:///app.db", models=Base)``, or with ``Migrator.from_config()`` from the
    configuration file.

    *database* is a URL, an `Engine` (which is never disposed) or a `Connection`, whose transaction belongs to the
    caller unless SQLAlchemy has begun it automatically for a read. It may be None for methods that need no database.
    *models* is a `MetaData`, a declarative base, or anything else that ``models`` may name in the configuration, as an
    object or as ``"app.models:Base"``. *settings* are fields of `Config`, such as ``version_table`` and
    ``lock_timeout``. *listener* is called with each event of a run, in order and as it happens: see
    `schemashift.events`.

    Each call reads the scripts once. Several databases can share a project that is read once: see `of`.
    """

    def __init__(
        self,
        database: str | sa.URL | sa.Engine | sa.Connection | None = None,
        *,
        models: object = None,
        directory: str | os.PathLike[str] = "migrations",
        x: Mapping[str, str] | None = None,
        listener: Listener | None = None,
        **settings: Any,
    ) -> None:
        root = settings.pop("root", None) or os.getcwd()
        config = Config(root=root, directory=os.path.join(root, directory), **settings)
        self._configure(Project(config, models=models), database, x, listener)

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        models: object = None,
        x: Mapping[str, str] | None = None,
        listener: Listener | None = None,
        **overrides: Any,
    ) -> Migrator:
        """Create a migrator from the configuration file: *path*, or the nearest one upwards.

        *overrides* take precedence over the file. ``url`` and ``directory`` are treated like the flags of the command
        line, ``folder`` is where the search for the file begins, and any other field of `Config` may be given too.
        Raises `BadConfig` and `NoProject`.
        """
        flags = {name: overrides.pop(name) for name in ("url", "directory", "folder") if name in overrides}
        config = read_config(path, **flags)._replace(**overrides)
        return cls.of(config, models=models, x=x, listener=listener)

    @classmethod
    def of(
        cls,
        project: Project | Config,
        *,
        database: str | sa.URL | sa.Engine | sa.Connection | None = None,
        models: object = None,
        x: Mapping[str, str] | None = None,
        listener: Listener | None = None,
    ) -> Migrator:
        """Create a migrator from a `Config`, which *database* and *models* override, or from a `Project`.

        Migrators of the same `Project` share what it has read: scripts that are written later are not seen before
        `Project.refresh`. The models are those of the project.
        """
        if isinstance(project, Config):
            own, shared = Project(project, models=models), False
        elif models is None:
            own, shared = project, True
        else:
            raise TypeError("models must be passed to the Project")
        migrator = cls.__new__(cls)
        migrator._configure(own, database, x, listener, shared=shared)
        return migrator

    def _configure(
        self,
        project: Project,
        database: str | sa.URL | sa.Engine | sa.Connection | None,
        x: Mapping[str, str] | None,
        listener: Listener | None,
        *,
        shared: bool = False,
    ) -> None:
        self.project = project
        self.x = dict(x or {})
        self.listener = listener
        self._shared = shared
        self._database_argument = database
        self._database: Database | None = None

    def _project_now(self) -> Project:
        """Return the project, to be read again unless it is shared: scripts may have been written since."""
        if not self._shared:
            self.project.refresh()
        return self.project

    @property
    def config(self) -> Config:
        """The configuration of the project."""
        return self.project.config

    # -- the scripts alone

    def init(self) -> Initialised:
        """Create the migrations folder with its template. Raises `AlreadyInitialised` and `BadConfig`."""
        from schemashift.init.files import init_directory
        from schemashift.results import Initialised

        return Initialised(init_directory(self.config.directory), (), None, {})

    def graph(self) -> RevisionGraph:
        """Return the graph of the scripts, including its faults. Raises `NoProject` if there is no directory."""
        return self._project_now().graph()

    def heads(self) -> tuple[Revision, ...]:
        """Return the revisions that no other revision revises, oldest first."""
        return self._project_now().heads()

    def branches(self) -> tuple[Branch, ...]:
        """Return the revisions with more than one child, newest first."""
        return self._project_now().branches()

    def history(self, range: str = ":") -> tuple[Revision, ...]:  # noqa: A002  its usual name
        """Return the revisions of ``a:b``, newest first."""
        return self._project_now().history(range, self.applied_for(range))

    def show(self, revision: str = "head") -> tuple[Revision, ...]:
        """Return the revisions an identifier refers to, newest first; ``heads`` may refer to several."""
        return self._project_now().show(revision, self.applied_for(revision))

    def applied_for(self, *names: str) -> frozenset[str]:
        """Return the applied revisions if one of *names* counts from them; otherwise the database is not accessed."""
        return self.applied() if self.project.is_relative(*names) else frozenset()

    # -- the database

    @property
    def database(self) -> Database:
        """The database. It connects when it is first used."""
        if self._database is None:
            from schemashift.connection.database import Database

            self._database = Database(self._database_argument, self.project.config)
        return self._database

    def applied(self) -> frozenset[str]:
        """Return the ids of all applied revisions. Raises `DatabaseUnreachable` and `ForeignVersionTable`."""
        return self.database.state().applied

    def current(self) -> tuple[str, ...]:
        """Return the heads of the applied revisions, oldest first; ids that are in no file come last.

        Creates nothing.
        """
        return self.graph().current(self.applied())

    def upgrade(
        self, target: Names = "head", *, single_transaction: bool = False, confirm: Confirm | None = None
    ) -> Run:
        """Apply *target* and the revisions it needs, as far as they are not applied.

        Where DDL is transactional, each revision is applied as a whole or not at all; with *single_transaction* the
        whole run is.

        *confirm* is called if rows or values would or may be deleted, with the plan and the losses, before the lock is
        taken; it returns True to continue. If the plan has changed by the time the lock is held, nothing runs. Without
        *confirm*, losses are not counted.

        Raises the faults of the graph, the errors of resolving *target*, `DatabaseAhead`, `ScriptDoesNotLoad`,
        `DatabaseError`, `Locked`, `NeedsDecision` and `MigrationFailed`, whose ``state`` describes what remains
        applied.
        """
        return self._run(target, "upgrade", single_transaction=single_transaction, confirm=confirm)

    def downgrade(self, target: Names, *, single_transaction: bool = False, confirm: Confirm | None = None) -> Run:
        """Undo the revisions that depend on *target*. *confirm* and the errors are those of `upgrade`."""
        return self._run(target, "downgrade", single_transaction=single_transaction, confirm=confirm)

    def stamp(self, target: Names) -> Run:
        """Record the revisions that are applied at *target*, without running any. Raises what `upgrade` raises."""
        return self._run(target, "stamp")

    def _run(
        self,
        target: Names,
        direction: Direction,
        *,
        single_transaction: bool = False,
        confirm: Confirm | None = None,
    ) -> Run:
        graph, database = self.graph(), self.database
        targets = read_targets(graph, target)

        @cache
        def plan_for(applied: frozenset[str]) -> Plan:
            return plan(graph, applied, targets, direction)

        must_connect = not database.is_missing or self._preload_scripts(plan_for(frozenset()))
        with database.connected() if must_connect else database.reading() as connection:
            return self._execute(graph, plan_for, connection, single_transaction=single_transaction, confirm=confirm)

    def _preload_scripts(self, planned: Plan) -> bool:
        """Load the scripts of a run on a new database; return True if it has anything to do.

        A script that does not load must raise before connecting creates a SQLite file.
        """
        from schemashift.runner.state_table import refuse_script

        for step in planned.steps:
            refuse_script(step.revision, self.database.version_table_name, exists=False)
            try:
                self.project.scripts.load(step.revision)
            except ScriptDoesNotLoad as error:
                # A script that uses op at its top level can only be loaded by the run.
                if not isinstance(error.__cause__, OutsideMigration):
                    raise
        return bool(planned.steps or planned.after)

    def _execute(
        self,
        graph: RevisionGraph,
        plan_for: Callable[[frozenset[str]], Plan],
        connection: sa.Connection,
        *,
        single_transaction: bool,
        confirm: Confirm | None,
    ) -> Run:
        from schemashift.runner import run

        dialect = self.database.dialect(connection)
        return run(
            connection,
            plan_for,
            dialect=dialect,
            load=lambda name: self.project.scripts.load(graph[name]),
            versions=self.database.version_table(),
            lock_timeout=self.project.config.lock_timeout,
            single_transaction=single_transaction,
            x=self.x,
            convention=self.project.naming_convention,
            listener=self.listener,
            consent=self._consent(confirm, connection, dialect),
        )

    def _consent(self, confirm: Confirm | None, connection: sa.Connection, dialect: Dialect) -> Consent | None:
        if confirm is None:
            return None
        from schemashift.effects.counts import data_loss
        from schemashift.runner.consent import Consent

        environment = self.database.environment(dialect, x=self.x, convention=self.project.naming_convention)

        def count(planned: Plan, scripts: Mapping[str, Script]) -> tuple[Loss, ...]:
            return data_loss(connection, planned, scripts, dialect, environment)

        return Consent(confirm, count)

    def plan(self, target: Names, direction: Direction = "upgrade") -> Plan:
        """Return the plan that `upgrade`, `downgrade` or `stamp` would run now. Raises what they raise before a run."""
        graph = self.graph()
        return plan(graph, self.applied(), read_targets(graph, target), direction)

    def losses(self, planned: Plan) -> tuple[Loss, ...]:
        """Count the rows and values that *planned* would delete. Scripts that may delete are run against a recorder."""
        from schemashift.effects.counts import data_loss

        scripts = {step.revision.id: self.project.scripts.load(step.revision) for step in planned.steps}
        with self.database.reading() as connection:
            dialect = self.database.dialect(connection)
            environment = self.database.environment(dialect, x=self.x, convention=self.project.naming_convention)
            return data_loss(connection, planned, scripts, dialect, environment)

    def status(self) -> Status:
        """Return the state of the database, the pending revisions, and whether the models match. Creates nothing."""
        from schemashift.checks import status

        return status(self._project_now(), self.database, self.x)

    # -- the models

    def metadata(self) -> tuple[sa.MetaData, ...]:
        """Return the `MetaData` of the models. Raises `NoModels` and `ModelsDoNotLoad`."""
        return self._project_now().metadata()

    def diff(self, *, drop: Names = ()) -> Comparison:
        """Compare the models with the database. Nothing is written.

        *drop* names unmanaged objects (neither the models nor a migration mention them) that are to be dropped anyway.

        Raises `NoModels`, `ModelsDoNotLoad`, `NoTables`, `NotSupported` and `DatabaseError`.
        """
        from schemashift.checks import compare

        project = self._project_now()
        project.graph()
        project.metadata()  # errors of the models are raised before connecting
        with self.database.reading() as connection:
            return compare(
                project, self.database, connection, self.database.dialect(connection), self.x, _as_tuple(drop)
            )

    def check(self) -> Checked:
        """Check that the graph has no faults, the scripts load, the database is at head, and the models match it."""
        from schemashift.checks import check

        return check(self._project_now(), self.database, self.x)

    # -- new scripts

    def revision(
        self,
        message: str | None = None,
        *,
        autogenerate: bool = False,
        head: Names = "head",
        splice: bool = False,
        rev_id: str | None = None,
        branch_label: Names | None = None,
        depends_on: Names = (),
        version_path: str | os.PathLike[str] | None = None,
        drop: Names = (),
    ) -> Written:
        """Write a new script on top of *head*; with *autogenerate*, with the differences between models and database.

        If there are no differences, nothing is written. The default *message* is derived from the changes. Unmanaged
        objects are dropped only if *drop* names them (``"reports"``, ``"audit.log"``).

        Raises, before anything is written, the faults of the graph, `MultipleHeads`, `BadTarget`, `DuplicateRevision`,
        `DuplicateLabel`, and for *autogenerate* also `NoModels`, `ModelsDoNotLoad`, `NoTables`, `Behind`,
        `DatabaseAhead` and `DatabaseError`.
        """
        from schemashift.results import Written
        from schemashift.scripts.draft import draft, one_line

        project, heads = self._project_now(), _as_tuple(head)
        header = draft(
            project.graph(),
            project.scripts,
            heads=heads,
            applied=self.applied_for(*heads, *_as_tuple(depends_on)),
            splice=splice,
            rev_id=rev_id,
            branch_label=branch_label,
            depends_on=_as_tuple(depends_on),
            version_path=version_path,
        )
        if autogenerate:
            return self._autogenerate(header, one_line(message, ""), _as_tuple(drop))
        return Written(project.write(header, one_line(message, "empty")))

    def merge(
        self,
        revisions: Names = "heads",
        message: str | None = None,
        *,
        rev_id: str | None = None,
        branch_label: Names | None = None,
    ) -> Written:
        """Write an empty script that revises all of *revisions*. Raises what `revision` raises."""
        from schemashift.results import Written
        from schemashift.scripts.draft import draft, merge_parents, one_line

        project = self._project_now()
        graph, names = project.graph(), _as_tuple(revisions)
        graph.check()
        parents = merge_parents(graph, names, self.applied_for(*names))
        header = draft(graph, project.scripts, heads=parents, splice=True, rev_id=rev_id, branch_label=branch_label)
        return Written(project.write(header, one_line(message, f"merge {' and '.join(parents)}")))

    def _autogenerate(self, header: Draft, message: str, drop: tuple[str, ...]) -> Written:
        from schemashift.checks import compare
        from schemashift.effects.counts import warnings_for
        from schemashift.render import message as message_for
        from schemashift.results import Written

        project, database = self.project, self.database
        tables = sum(len(each.tables) for each in project.metadata())
        with database.reading() as connection:
            dialect = database.dialect(connection)
            _refuse_behind(project.graph(), database.version_table().read(connection).applied)
            comparison = compare(project, database, connection, dialect, self.x, drop)
            unmanaged, not_compared = comparison.unmanaged, comparison.not_compared
            if not comparison.operations:
                return Written(None, tables=tables, unmanaged=unmanaged, not_compared=not_compared)
            body = comparison.body(dialect, width=project.config.line_length)
            warnings = warnings_for(connection, comparison.operations, dialect)
        message = message or message_for(comparison.operations)
        revision = project.write(header, message, body.imports, body.upgrade.rstrip(), body.downgrade.rstrip())
        return Written(revision, comparison.operations, tables, unmanaged, warnings, not_compared)


def _refuse_behind(graph: RevisionGraph, applied: frozenset[str]) -> None:
    """Raise `Behind` if revisions are pending, and `DatabaseAhead` if the database is at a revision in no file."""
    pending = plan(graph, applied, read_targets(graph, "heads"), "upgrade").revisions
    if pending:
        raise Behind(
            f"the database is {plural(len(pending), 'revision')} behind, so differences would be generated twice",
            details=[each.title for each in pending],
            state="nothing written",
            hints=[Hint("upgrade", ("heads" if len(graph.heads) > 1 else "head",))],
        )


def _as_tuple(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
