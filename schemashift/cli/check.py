"""``schemashift check``"""

from __future__ import annotations

from typing import Any

from schemashift.cli.changes import change_document, change_lines, warn_of_doubts
from schemashift.cli.group import Command, in_session
from schemashift.cli.session import Session
from schemashift.cli.ui import paint
from schemashift.results import Part


@in_session
def check(session: Session) -> dict[str, Any]:
    """Check that the graph has no faults, the scripts load, the database is at the head, and the models match it.

    The exit code is 0 if so.
    """
    found = session.migrator().check()
    for part in found.parts:
        mark = "--" if part.skipped else "FAIL" if part.error else "ok"
        style = "dim" if part.skipped else "bad" if part.error else "ok"
        session.ui.result(f"  {paint(mark.ljust(4), style)}  {part.name.ljust(8)}  {part.text}")
        for line in change_lines(part.operations, indent=" " * 10):
            session.ui.result(line)
    warn_of_doubts(session, found.not_compared)
    session.answer["parts"] = [_document(part) for part in found.parts]
    errors = [part.error for part in found.parts if part.error]
    if errors:
        session.ui.say()
        raise errors[0]
    return {}


def _document(part: Part) -> dict[str, Any]:
    ok = None if part.skipped else part.error is None
    data = {"part": part.name, "ok": ok, "text": part.text}
    return data | {"differences": [change_document(each) for each in part.operations]} if part.operations else data


command = Command("check", callback=check, help=check.__doc__)
