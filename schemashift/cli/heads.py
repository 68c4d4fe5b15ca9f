"""``schemashift heads``"""

from __future__ import annotations

from typing import Any

from schemashift.cli.group import Command, in_session
from schemashift.cli.lines import revision_document, revision_lines
from schemashift.cli.session import Session


@in_session
def heads(session: Session) -> dict[str, Any]:
    """Show the revisions that no other revision revises. With -v, also their paths."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = [graph[each] for each in graph.heads]
    for line in revision_lines(graph, found, verbose=bool(session.ui.verbose)):
        session.ui.result(line)
    if not found:
        session.ui.say("no revisions yet")
    return {"heads": [revision_document(each) for each in found]}


command = Command("heads", callback=heads, help=heads.__doc__)
