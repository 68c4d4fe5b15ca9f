"""``schemashift current``"""

from __future__ import annotations

from typing import Any

from schemashift.cli.group import Command, in_session
from schemashift.cli.lines import detail_lines
from schemashift.cli.session import Session


@in_session
def current(session: Session) -> dict[str, Any]:
    """Show the revisions the database is at, one per line: 8d1f0c2be917 (head), or base."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = graph.current(migrator.applied())
    for name in found:
        mark = " (head)" if name in graph.heads else "" if name in graph else " (in no file)"
        session.ui.result(f"{name}{mark}")
        if session.ui.verbose and name in graph:
            for line in detail_lines(graph, graph[name]):
                session.ui.result(line)
    if not found:
        session.ui.result("base")
    return {"current": list(found), "heads": list(graph.heads), "unknown": list(graph.unknown(found))}


command = Command("current", callback=current, help=current.__doc__)
