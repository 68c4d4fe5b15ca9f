"""`Migrator.status` and `Migrator.check`: what can be said without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from schemashift.connection.database import server_name
from schemashift.errors import DatabaseAhead, ModelsDiffer, Pending, SchemashiftError
from schemashift.results import Checked, Part, Status
from schemashift.revisions import Revision, RevisionGraph, plan, read_targets

if TYPE_CHECKING:
    import sqlalchemy as sa

    from schemashift.migrator import Migrator
    from schemashift.operations import Operation
    from schemashift.state.version_table import State


def status(migrator: Migrator) -> Status:
    """Where the database is. Raises `DatabaseError`; what is wrong with the models is said in ``why``."""
    graph, database = migrator.graph(), migrator.database
    with database.reading() as connection:
        state = database.version_table(database.dialect(connection)).read(connection)
        applied = state.applied
        current = graph.current(applied)
        pending = tuple(each for each in graph if each.id not in applied)
        differences, why = _differences(migrator, graph, connection, at_head=not pending)
        return Status(
            url=database.shown,
            server=server_name(connection) + (", no file yet" if database.is_missing else ""),
            rows=tuple(row for row in state.rows if row.revision in current or row in state.in_flight),
            current=current,
            heads=graph.heads,
            pending=pending,
            unknown=graph.unknown(applied),
            differences=differences,
            why=why,
            edited=_edited(migrator, graph, state),
        )


def _edited(migrator: Migrator, graph: RevisionGraph, state: State) -> tuple[Revision, ...]:
    """Scripts that say something else than when they ran: other databases get what this one does not have."""
    ran = {row.revision: row.checksum for row in state.rows if row.checksum and row.status == "applied"}
    return tuple(each for each in graph if each.id in ran and migrator.scripts.checksum(each) != ran[each.id])


def _differences(
    migrator: Migrator, graph: RevisionGraph, connection: sa.Connection, *, at_head: bool
) -> tuple[tuple[Operation, ...] | None, str]:
    """What the models have and the database lacks, or why that is not known."""
    if not migrator.models:
        return None, "not set"
    if not at_head:
        return None, "not compared: the database is behind"
    try:
        return migrator.compare(graph, connection).operations, ""
    except SchemashiftError as error:
        return None, f"not compared: {error.message}; schemashift check says more"


# -- check


def check(migrator: Migrator) -> Checked:
    """Every part, also after one that is not well. Raises `BadConfig` and `NoProject` only."""
    graph = migrator.graph()
    return Checked(tuple(_parts(migrator, graph)))


def _parts(migrator: Migrator, graph: RevisionGraph) -> Iterator[Part]:
    yield _part("graph", lambda: _check_graph(graph))
    yield _part("scripts", lambda: _check_scripts(migrator, graph))
    database = _part("database", lambda: _check_database(migrator, graph))
    yield database
    if database.error is None:
        yield _check_models(migrator, graph)
    else:
        yield Part("models", "not compared", skipped=True)


def _part(name: str, look: Callable[[], str]) -> Part:
    try:
        return Part(name, look())
    except SchemashiftError as error:
        return Part(name, error.message, error)


def _check_graph(graph: RevisionGraph) -> str:
    graph.check()
    return f"{_count(len(graph), 'revision')}, {_count(len(graph.heads), 'head')}"


def _check_scripts(migrator: Migrator, graph: RevisionGraph) -> str:
    for revision in graph:
        script = migrator.scripts.load(revision)
        assert callable(script.upgrade)
        assert callable(script.downgrade)
    return f"{len(graph):,} load" if len(graph) != 1 else "1 loads"


def _check_database(migrator: Migrator, graph: RevisionGraph) -> str:
    state = migrator.database.state()
    applied = state.applied
    if unknown := graph.unknown(applied):
        plan(graph, applied, read_targets(graph, "heads"), "upgrade")
        raise DatabaseAhead(f"the database is at {', '.join(unknown)}, which is in no file")
    pending = [each for each in graph if each.id not in applied]
    begun = {row.revision: ", begun and not finished" for row in state.in_flight}
    if pending:
        raise Pending(
            f"the database is {_count(len(pending), 'revision')} behind",
            details=[each.title + begun.get(each.id, "") for each in pending],
            hints=["schemashift upgrade heads" if len(graph.heads) > 1 else "schemashift upgrade head"],
        )
    return "at " + (" and ".join(f"{each} (head)" for each in graph.heads) or "base")


def _check_models(migrator: Migrator, graph: RevisionGraph) -> Part:
    try:
        with migrator.database.reading() as connection:
            found = migrator.compare(graph, connection)
    except SchemashiftError as error:
        return Part("models", error.message, error)
    if not found.operations:
        tables = len(found.after.tables)
        return Part("models", "1 table matches" if tables == 1 else f"{tables:,} tables match")
    differ = ModelsDiffer(
        "the models have changes no revision contains",
        hints=['schemashift revision --autogenerate -m "..."'],
    )
    return Part("models", _count(len(found.operations), "difference"), differ, found.operations)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
