"""``schemashift show``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.lines import detail_lines, notes_of, revision_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint
from schemashift.revisions import resolve


@in_session
def show(session: Session, revision: str) -> dict[str, Any]:
    """Show the details of a revision; REVISION defaults to head."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = graph.in_order(resolve(graph, revision, migrator.applied_for(revision)))
    for name in reversed(found):
        each = graph[name]
        parts = (paint(name, "bold"), each.message, notes_of(graph, each))
        session.ui.result("  ".join(part for part in parts if part))
        for line in detail_lines(graph, each):
            session.ui.result(line)
    if not found:
        session.ui.say(f"{revision} is before every revision: nothing to show")
    return {"revisions": [revision_document(graph[each]) for each in found]}


command = Command(
    "show",
    callback=show,
    help=show.__doc__,
    params=[click.Argument(["revision"], default="head", type=REVISION)],
)
