"""`Migrator`: a project and one database; everything schemashift does, as methods that return values and raise
`schemashift.errors`.

It prints nothing and keeps nothing outside itself: each thread may have one. SQLAlchemy is imported by the methods
that need a database or the models; the others work from the scripts' headers alone.
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
"""One identifier of a revision, or several."""


class Migrator:
    """A project's scripts and models, and one database.

    ``Migrator("sqlite:///app.db", models=Base)``, or ``Migrator.from_config()`` for what the configuration file says.
    *database* is a URL, an `Engine` (used, never disposed) or a `Connection` (used as it is, its transaction is its
    owner's); None will do for what needs no database. *models* is a `MetaData`, a declarative base, or anything else
    that ``models`` may name in the configuration, as an object or as ``"app.models:Base"``. *settings* are fields of
    `Config`: ``version_table``, ``lock_timeout`` and so on. *listener* is called with every event of a run, in order
    and as it happens: see `schemashift.events`.

    The scripts are read again in each call, once. Several databases can share one reading: see `of`.
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
        self._set(Project(config, models=models), database, x, listener)

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
        """What the configuration file says (*path*, else the nearest upwards), but for *overrides*.

        ``url``, ``directory`` and ``folder`` (where to look from) are read as flags are; any other field of `Config`
        may be given too. Raises `BadConfig` and `NoProject`.
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
        """With a ready `Config`, of which *database* and *models* win where they are given, or with a `Project`.

        Migrators that are given one `Project` share what it has read: scripts that were written since count from
        `Project.refresh` on. The models are the project's own.
        """
        if isinstance(project, Config):
            found, shared = Project(project, models=models), False
        elif models is None:
            found, shared = project, True
        else:
            raise TypeError("models are given to the Project")
        migrator = cls.__new__(cls)
        migrator._set(found, database, x, listener, shared=shared)
        return migrator

    def _set(
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
        self._given = database
        self._database: Database | None = None

    def _project_now(self) -> Project:
        """The project, read again if it is this migrator's alone: scripts may have been written since."""
        if not self._shared:
            self.project.refresh()
        return self.project

    @property
    def config(self) -> Config:
        """The project's."""
        return self.project.config

    # -- the scripts alone

    def init(self) -> Initialised:
        """Make the directory with its template. Raises `AlreadyInitialised` and `BadConfig`."""
        from schemashift.init.files import init_directory
        from schemashift.results import Initialised

        return Initialised(init_directory(self.config.directory), (), None, {})

    def graph(self) -> RevisionGraph:
        """The scripts' headers as a graph, faults and all. Raises `NoProject` where there is no directory."""
        return self._project_now().graph()

    def heads(self) -> tuple[Revision, ...]:
        """The revisions that no other revises, oldest first."""
        return self._project_now().heads()

    def branches(self) -> tuple[Branch, ...]:
        """The revisions that several others revise, newest first."""
        return self._project_now().branches()

    def history(self, range: str = ":") -> tuple[Revision, ...]:  # noqa: A002  what it is called everywhere
        """The revisions of ``a:b``, newest first."""
        return self._project_now().history(range, self.applied_for(range))

    def show(self, revision: str = "head") -> tuple[Revision, ...]:
        """What an identifier means, newest first; ``heads`` may mean several."""
        return self._project_now().show(revision, self.applied_for(revision))

    def applied_for(self, *names: str) -> frozenset[str]:
        """What is applied, where one of *names* counts from there; else the database is left alone."""
        return self.applied() if self.project.is_relative(*names) else frozenset()

    # -- the database

    @property
    def database(self) -> Database:
        """The database; nothing is connected before it is used."""
        if self._database is None:
            from schemashift.connection.database import Database

            self._database = Database(self._given, self.project.config)
        return self._database

    def applied(self) -> frozenset[str]:
        """The ids of all applied revisions. Raises `DatabaseUnreachable` and `ForeignVersionTable`."""
        return self.database.state().applied

    def current(self) -> tuple[str, ...]:
        """The heads of what is applied, oldest first; ids that are in no file come last. Nothing is created."""
        return self.graph().current(self.applied())

    def upgrade(
        self, target: Names = "head", *, single_transaction: bool = False, confirm: Confirm | None = None
    ) -> Run:
        """Run what *target* needs and the database lacks.

        Each revision is applied whole or not at all where DDL is transactional; with *single_transaction* the run is.
        *confirm* is called where rows or values would be deleted, with the plan and what it deletes, before the lock
        is taken: it returns whether to go on. A plan that is another one by then is not run. Without *confirm* nothing
        is counted.

        Raises the graph's faults, what resolving *target* raises, `DatabaseAhead`, `ScriptDoesNotLoad`,
        `DatabaseError`, `Locked`, `NeedsDecision` and `MigrationFailed`, whose ``state`` says what stays applied.
        """
        return self._run(target, "upgrade", single_transaction=single_transaction, confirm=confirm)

    def downgrade(self, target: Names, *, single_transaction: bool = False, confirm: Confirm | None = None) -> Run:
        """Undo what depends on *target*. *confirm* is called as by `upgrade`, and the same errors are raised."""
        return self._run(target, "downgrade", single_transaction=single_transaction, confirm=confirm)

    def stamp(self, target: Names) -> Run:
        """Record exactly what going to *target* would leave, without running it. Raises as `upgrade` does."""
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

        there_is_work = not database.is_missing or self._preload_scripts(plan_for(frozenset()))
        with database.connected() if there_is_work else database.reading() as connection:
            return self._execute(graph, plan_for, connection, single_transaction=single_transaction, confirm=confirm)

    def _preload_scripts(self, planned: Plan) -> bool:
        """Whether a run that begins with nothing has anything to do. What is wrong with its scripts comes out here,
        before opening a SQLite file makes one.
        """
        for step in planned.steps:
            try:
                self.project.scripts.load(step.revision)
            except ScriptDoesNotLoad as error:
                # One that asks op for the connection at its top needs the run.
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
            versions=self.database.version_table(dialect),
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

        def count(planned: Plan, scripts: Mapping[str, Script]) -> tuple[Loss, ...]:
            return data_loss(connection, planned, scripts, dialect, self.x)

        return Consent(confirm, count)

    def plan(self, target: Names, direction: Direction = "upgrade") -> Plan:
        """What `upgrade`, `downgrade` or `stamp` would do now. Raises as they do before a run."""
        graph = self.graph()
        return plan(graph, self.applied(), read_targets(graph, target), direction)

    def losses(self, planned: Plan) -> tuple[Loss, ...]:
        """What running *planned* would delete, counted now. Its scripts are run against a recorder for that."""
        from schemashift.effects.counts import data_loss

        scripts = {step.revision.id: self.project.scripts.load(step.revision) for step in planned.steps}
        with self.database.reading() as connection:
            return data_loss(connection, planned, scripts, self.database.dialect(connection), self.x)

    def status(self) -> Status:
        """Where the database is, what is pending, and whether the models match. Nothing is created."""
        from schemashift.checks import status

        return status(self._project_now(), self.database, self.x)

    # -- the models

    def metadata(self) -> tuple[sa.MetaData, ...]:
        """The models' `MetaData`. Raises `NoModels` and `ModelsDoNotLoad`."""
        return self._project_now().metadata()

    def diff(self, *, drop: Names = ()) -> Comparison:
        """What makes the database equal to the models, and the way back. Nothing is written.

        *drop* names what neither the models nor a migration knows and is to go all the same.

        Raises `NoModels`, `ModelsDoNotLoad`, `NoTables`, `NotSupported` and `DatabaseError`.
        """
        from schemashift.checks import compare

        project = self._project_now()
        project.graph()
        project.metadata()  # what is wrong with the models comes out before the database is asked
        with self.database.reading() as connection:
            return compare(
                project, self.database, connection, self.database.dialect(connection), self.x, _several(drop)
            )

    def check(self) -> Checked:
        """Whether the graph is whole, the scripts load, the database is at the head, and the models match it."""
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
        """Write a new script on top of *head*; with *autogenerate*, with what the models have and the database lacks.

        Where that is nothing, nothing is written. Without a *message* the changes give the name. What neither the
        models nor a migration knows is dropped only where *drop* names it (``"reports"``, ``"audit.log"``).
        Raises, before anything is written, the graph's faults, `MultipleHeads`, `BadTarget`, `DuplicateRevision`,
        `DuplicateLabel`, and for *autogenerate* also `NoModels`, `ModelsDoNotLoad`, `NoTables`, `Behind`,
        `DatabaseAhead` and `DatabaseError`.
        """
        from schemashift.results import Written
        from schemashift.scripts.draft import draft, one_line

        project, heads = self._project_now(), _several(head)
        header = draft(
            project.graph(),
            project.scripts,
            heads=heads,
            applied=self.applied_for(*heads),
            splice=splice,
            rev_id=rev_id,
            branch_label=branch_label,
            depends_on=_several(depends_on),
            version_path=version_path,
        )
        if autogenerate:
            return self._autogenerate(header, one_line(message, ""), _several(drop))
        return Written(project.write(header, one_line(message, "empty")))

    def merge(
        self,
        revisions: Names = "heads",
        message: str | None = None,
        *,
        rev_id: str | None = None,
        branch_label: Names | None = None,
    ) -> Written:
        """Write an empty script that revises all of *revisions*. Raises as `revision` does."""
        from schemashift.results import Written
        from schemashift.scripts.draft import draft, merge_parents, one_line

        project = self._project_now()
        graph, names = project.graph(), _several(revisions)
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
            _refuse_behind(project.graph(), database.version_table(dialect).read(connection).applied)
            found = compare(project, database, connection, dialect, self.x, drop)
            if not found.operations:
                return Written(None, tables=tables, unmanaged=found.unmanaged, not_compared=found.not_compared)
            body = found.body(dialect)
            warnings = warnings_for(connection, found.operations, dialect)
        revision = project.write(
            header,
            message or message_for(found.operations),
            body.imports,
            body.upgrade.rstrip(),
            body.downgrade.rstrip(),
        )
        return Written(revision, found.operations, tables, found.unmanaged, warnings, found.not_compared)


def _refuse_behind(graph: RevisionGraph, applied: frozenset[str]) -> None:
    """Raises `Behind` where revisions are pending, `DatabaseAhead` where the database knows more than the files."""
    pending = plan(graph, applied, read_targets(graph, "heads"), "upgrade").revisions
    if pending:
        count = "1 revision" if len(pending) == 1 else f"{len(pending):,} revisions"
        raise Behind(
            f"the database is {count} behind, so differences would be generated twice",
            details=[each.title for each in pending],
            state="nothing written",
            hints=[Hint("upgrade", ("heads" if len(graph.heads) > 1 else "head",))],
        )


def _several(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
