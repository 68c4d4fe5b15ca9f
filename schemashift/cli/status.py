"""``schemashift status``"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from schemashift.cli.changes import change_document, change_lines, warn_of_doubts
from schemashift.cli.group import Command, in_session
from schemashift.cli.lines import revision_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, table, time_taken
from schemashift.errors import Hint, Pending
from schemashift.revisions import RevisionGraph
from schemashift.words import plural

if TYPE_CHECKING:
    from schemashift.results import Status
    from schemashift.state.version_table import Applied


@in_session
def status(session: Session, *, check: bool) -> dict[str, Any]:
    """Show the state of the database, the pending revisions, and whether the models match."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = migrator.status()
    command = session.write(found.hint) if found.hint else ""
    why = found.why + (f"; {command} shows more" if command else "")
    for line in _lines(graph, found, why):
        session.ui.result(line)
    warn_of_doubts(session, found.not_compared)
    session.answer |= _document(found, why)
    if check and found.pending:
        heads = "heads" if len(graph.heads) > 1 else "head"
        raise Pending(f"{plural(len(found.pending), 'revision')} pending", hints=[Hint("upgrade", (heads,))])
    return {}


def _lines(graph: RevisionGraph, found: Status, why: str) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("database", found.url, found.server)]
    rows += [
        (label, *row) for label, row in _first("current", [_current(graph, found, each) for each in found.current])
    ]
    if not found.current:
        rows.append(("current", "base", "nothing is applied"))
    rows += [(label, *row) for label, row in _first("head", [_title(graph, each) for each in found.heads])]
    yield from table(rows, indent="")
    if found.pending:
        yield from table([("pending ", paint(f"{len(found.pending):,}", "warning"))], indent="")
        yield from table([(paint(each.id, "dim"), each.message) for each in found.pending], indent=" " * 12)
    for row in found.rows:
        if row.status != "applied":
            reason = (row.error or "no error was recorded").partition("\n")[0]
            yield f"{paint('unfinished', 'bad')}  {row.revision} {row.status}: {reason}"
    for each in found.edited:
        yield f"{paint('edited', 'warning')}    {each.title} after it was applied here"
    yield from _models(found, why)


def _first(label: str, rows: list[tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, row in enumerate(rows):
        yield ("" if number else label), row


def _title(graph: RevisionGraph, name: str) -> tuple[str, ...]:
    if name not in graph:
        return (f"{paint(name, 'dim')}  {paint('in no file', 'warning')}",)
    return (f"{paint(name, 'dim')}  {graph[name].message}".rstrip(),)


def _current(graph: RevisionGraph, found: Status, name: str) -> tuple[str, ...]:
    row = next((each for each in found.rows if each.revision == name and each.status == "applied"), None)
    return (*_title(graph, name), paint(_when(row), "dim")) if row else _title(graph, name)


def _when(row: Applied) -> str:
    by = f" by {row.applied_by}" if row.applied_by else ""
    when = f"{row.applied_at:%Y-%m-%d %H:%M}{by}"
    return f"stamped {when}" if row.duration_ms is None else f"applied {when} in {time_taken(row.duration_ms / 1000)}"


def _models(found: Status, why: str) -> Iterator[str]:
    if found.differences is None:
        yield f"models    {paint(why, 'dim')}"
    elif not found.differences:
        rest = f"; not compared: {plural(len(found.not_compared), 'object')} of the database"
        yield f"models    {paint('match the head', 'ok')}{rest if found.not_compared else ''}"
    else:
        yield f"models    {paint(plural(len(found.differences), 'difference'), 'warning')} no revision contains"
        yield from change_lines(found.differences, indent=" " * 12)


def _document(found: Status, why: str) -> dict[str, Any]:
    differences = found.differences
    return {
        "database": found.url,
        "server": found.server,
        "current": list(found.current),
        "heads": list(found.heads),
        "pending": [revision_document(each) for each in found.pending],
        "unknown": list(found.unknown),
        "unfinished": [row.revision for row in found.rows if row.status != "applied"],
        "edited": [each.id for each in found.edited],
        "differences": None if differences is None else [change_document(each) for each in differences],
        "models": why or None,
    }


command = Command(
    "status",
    callback=status,
    help=status.__doc__,
    params=[click.Option(["--check"], is_flag=True, help="exit 1 if revisions are pending")],
)
