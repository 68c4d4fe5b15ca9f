"""`status`, `check` and `compare`: report on a project and a database without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from schemashift.autogenerate.compare import Comparison
from schemashift.autogenerate.compare import compare as compare_schemas
from schemashift.autogenerate.ownership import SetOptions, created_by_scripts, keys_of, require_existing, require_unused
from schemashift.connection.database import server_name
from schemashift.errors import DatabaseAhead, Edited, Hint, ModelsDiffer, Pending, SchemashiftError, SeveralHeads
from schemashift.results import Checked, Part, Status
from schemashift.revisions import Revision, RevisionGraph, plan, read_targets
from schemashift.runner.state_table import refuse_script
from schemashift.sources.models import require_tables
from schemashift.words import plural

if TYPE_CHECKING:
    import sqlalchemy as sa

    from schemashift.connection.database import Database
    from schemashift.dialects import Dialect
    from schemashift.project import Project
    from schemashift.schema import TableName
    from schemashift.state.version_table import State


def compare(
    project: Project,
    database: Database,
    connection: sa.Connection,
    dialect: Dialect,
    x: Mapping[str, str],
    drop: Sequence[str] = (),
) -> Comparison:
    """Compare the models with the database. Raises what `Migrator.diff` raises."""
    metadatas = project.metadata()
    require_tables(metadatas, project.models, connection, database.version_table_name)
    named = {name: keys_of(name, dialect.sa.default_schema_name) for name in drop}
    environment = database.environment(dialect, x=x, convention=project.naming_convention)
    managed = created_by_scripts(project.scripts, project.graph(), environment).union(*named.values())
    comparison = compare_schemas(
        connection,
        metadatas,
        dialect,
        ignore={database.version_table_name},
        managed=managed,
        set_options=SetOptions(project.scripts, project.graph()),
        database=database.shown,
    )
    require_existing(named, comparison.before, comparison.unmanaged, database.shown)
    require_unused(named, comparison.after, comparison.operations)
    return comparison


# -- status


def status(project: Project, database: Database, x: Mapping[str, str]) -> Status:
    """Return the state of the database. Raises `DatabaseError`; errors of the models are reported in ``why``."""
    graph = project.graph()
    with database.reading() as connection:
        dialect = database.dialect(connection)
        state = database.version_table().read(connection)
        applied = state.applied
        current = graph.current(applied)
        pending = tuple(each for each in graph if each.id not in applied)
        comparison, why, hint = _differences(
            project, lambda: compare(project, database, connection, dialect, x), at_head=not pending
        )
        return Status(
            url=database.shown,
            server=server_name(connection) + (", no file yet" if database.is_missing else ""),
            rows=tuple(row for row in state.rows if row.revision in current or row in state.in_flight),
            current=current,
            heads=graph.heads,
            pending=pending,
            unknown=graph.unknown(applied),
            differences=comparison.operations if comparison else None,
            why=why,
            edited=_edited(project, state),
            hint=hint,
            not_compared=comparison.not_compared if comparison else (),
        )


def _edited(project: Project, state: State) -> tuple[Revision, ...]:
    """The revisions whose scripts were edited after they ran here: other databases get a different schema."""
    ran = _ran(state)
    return tuple(
        each for each in project.graph() if each.id in ran and not project.scripts.is_unedited(each, ran[each.id])
    )


def _ran(state: State) -> dict[str, str]:
    """The checksums of the scripts as they ran."""
    return {row.revision: row.checksum for row in state.rows if row.checksum and row.status == "applied"}


def _differences(
    project: Project, compare_now: Callable[[], Comparison], *, at_head: bool
) -> tuple[Comparison | None, str, Hint | None]:
    """Return the comparison; or None, the reason, and the command that shows more."""
    if not project.models:
        return None, "not set", None
    if not at_head:
        return None, "not compared: the database is behind", None
    try:
        return compare_now(), "", None
    except SchemashiftError as error:
        return None, f"not compared: {error.message}", Hint("check")


# -- check


def check(project: Project, database: Database, x: Mapping[str, str]) -> Checked:
    """Check every part, also after one has failed. Raises only `BadConfig` and `NoProject`."""
    graph = project.graph()
    parts = [
        _part("graph", lambda: _check_graph(graph)),
        _part("scripts", lambda: _check_scripts(project, database.version_table_name)),
    ]
    return Checked((*parts, *_connected_parts(project, database, x)))


def _connected_parts(project: Project, database: Database, x: Mapping[str, str]) -> tuple[Part, Part]:
    """Check the parts that need the database, over one connection."""
    database_part: Part | None = None
    try:
        with database.reading() as connection:
            dialect = database.dialect(connection)
            state = database.version_table().read(connection)
            database_part = _part("database", lambda: _check_state(project, state))
            if database_part.error is not None and not isinstance(database_part.error, Edited | SeveralHeads):
                return database_part, Part("models", "not compared", skipped=True)
            comparison = compare(project, database, connection, dialect, x)
            return database_part, _models_part(comparison, has_revisions=bool(len(project.graph())))
    except SchemashiftError as error:
        if database_part is None:
            return Part("database", error.message, error), Part("models", "not compared", skipped=True)
        return database_part, Part("models", error.message, error)


def _part(name: str, check_part: Callable[[], str]) -> Part:
    try:
        return Part(name, check_part())
    except SchemashiftError as error:
        return Part(name, error.message, error)


def _check_graph(graph: RevisionGraph) -> str:
    graph.check()
    return f"{plural(len(graph), 'revision')}, {plural(len(graph.heads), 'head')}"


def _check_scripts(project: Project, table: TableName) -> str:
    graph = project.graph()
    for revision in graph:
        refuse_script(revision, table, exists=True)
        script = project.scripts.load(revision)
        assert callable(script.upgrade)
        assert callable(script.downgrade)
    return f"{plural(len(graph), 'script')} loaded"


def _check_state(project: Project, state: State) -> str:
    graph, applied = project.graph(), state.applied
    if unknown := graph.unknown(applied):
        plan(graph, applied, read_targets(graph, "heads"), "upgrade")
        raise DatabaseAhead(f"the database is at {', '.join(unknown)}, which is in no file")
    pending = [each for each in graph if each.id not in applied]
    unfinished = {row.revision: ", begun and not finished" for row in state.in_flight}
    if pending:
        raise Pending(
            f"the database is {plural(len(pending), 'revision')} behind",
            details=[each.title + unfinished.get(each.id, "") for each in pending],
            hints=[Hint("upgrade", ("heads" if len(graph.heads) > 1 else "head",))],
        )
    noted = _check_edited(project, state)
    if len(graph.heads) > 1:
        raise SeveralHeads(
            f"the database is at {plural(len(graph.heads), 'head')}",
            details=[graph[each].title for each in graph.heads],
            hints=[Hint("merge", why="writes a revision on top of them")],
        )
    return "at " + (" and ".join(f"{each} (head)" for each in graph.heads) or "base") + noted


def _check_edited(project: Project, state: State) -> str:
    """Raise `Edited` if an applied script does something else now; return a note about those that do the same."""
    edited, ran = _edited(project, state), _ran(state)
    changed = [each for each in edited if not project.scripts.does_the_same(each, ran[each.id])]
    if changed:
        raise Edited(
            f"{plural(len(changed), 'script')} of applied revisions were edited",
            details=[each.title for each in changed],
            where=changed[0].where,
            cause="this database has what they did before, and a new one gets what they do now",
            hints=["restore them, and put the change into a new revision"],
        )
    return f"; comments or formatting of {plural(len(edited), 'applied script')} were edited" if edited else ""


_ADOPT = (
    "revision --autogenerate against an empty database writes the revision that creates them; "
    "then  stamp head  records it here"
)


def _models_part(comparison: Comparison, *, has_revisions: bool) -> Part:
    if not comparison.operations and not has_revisions:
        tables = plural(len(comparison.after.tables), "table")
        missing = ModelsDiffer(
            f"no revision creates the {tables} of the models, which this database has already",
            cause="they were created outside migrations (create_all?); another database would not get them",
            hints=[_ADOPT],
        )
        return Part("models", f"{tables} and no revision", missing, not_compared=comparison.not_compared)
    if not comparison.operations:
        text = _matches(len(comparison.after.tables), len(comparison.not_compared))
        return Part("models", text, not_compared=comparison.not_compared)
    differ = ModelsDiffer(
        "the models have changes no revision contains",
        hints=[Hint("revision", ("--autogenerate", "-m", "..."))],
    )
    text = plural(len(comparison.operations), "difference")
    return Part("models", text, differ, comparison.operations, not_compared=comparison.not_compared)


def _matches(tables: int, doubts: int) -> str:
    text = f"{plural(tables, 'table')} {'matches' if tables == 1 else 'match'}"
    return f"{text}; not compared: {plural(doubts, 'object')} of the database" if doubts else text
