"""``schemashift branches``"""

from __future__ import annotations

from typing import Any

from schemashift.cli.group import Command, in_session
from schemashift.cli.lines import revision_document, revision_lines
from schemashift.cli.session import Session


@in_session
def branches(session: Session) -> dict[str, Any]:
    """Show the revisions with more than one child, each with its children."""
    graph = session.migrator().graph()
    session.warn(graph)
    answer = []
    for name in reversed(graph.branch_points):
        children = [graph[each] for each in graph.children(name)]
        for line in revision_lines(graph, [graph[name]], verbose=bool(session.ui.verbose)):
            session.ui.result(line)
        for line in revision_lines(graph, children, verbose=bool(session.ui.verbose)):
            session.ui.result(f"  {line}")
        answer.append(revision_document(graph[name]) | {"children": [each.id for each in children]})
    if not answer:
        session.ui.say("no branches: no revision has more than one child")
    return {"branches": answer}


command = Command("branches", callback=branches, help=branches.__doc__)
