"""Operations as lines: ``+ column  users.age  INTEGER NOT NULL``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from schemashift.cli.progress import places
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, table
from schemashift.connection.drivers import product
from schemashift.errors import Hint
from schemashift.words import plural

if TYPE_CHECKING:
    from schemashift.migrator import Migrator
    from schemashift.operations import Operation
    from schemashift.results import Written
    from schemashift.schema import Doubt, Key

SIGNS = {"+": "ok", "-": "warning", "~": "path"}


def _say_how_to_begin(session: Session, migrator: Migrator) -> None:
    """Say how to start with a database that already has the tables of the models."""
    name = migrator.database.engine.dialect.name
    empty = f"--url {name}://" if product(name).embedded else "--url of an empty database"
    stamp = session.write(Hint("stamp", ("head",)))
    session.ui.say(
        f"{paint('   hint:', 'hint')} no revision creates these tables yet: write the first one with {empty}"
        + (f", then  {stamp}" if stamp else "")
    )


def change_lines(operations: Iterable[Operation], *, indent: str = "  ") -> list[str]:
    """Return one line for each operation."""
    lines = [operation.describe() for operation in operations]
    rows = [(paint(f"{each.sign} {each.noun}", SIGNS.get(each.sign, "dim")), each.name, each.detail) for each in lines]
    return table(rows, indent=indent)


def change_document(operation: Operation) -> dict[str, Any]:
    """Return an operation for ``--json``."""
    return {**operation.describe()._asdict(), "operation": type(operation).__name__}


def warn_of_doubts(session: Session, doubts: Iterable[Doubt]) -> None:
    """Show a warning for each of *doubts*, and add them to the answer as ``not_compared``.

    ``what`` is what could not be done with the object: ``read``, ``compared exactly`` or ``replayed``.
    """
    doubts = list(doubts)
    for doubt in doubts:
        session.ui.say(f"{paint('warning:', 'warning')} {doubt}")
    session.answer["not_compared"] = [
        {
            "kind": doubt.about.kind,
            "name": str(doubt.about.table_name),
            "what": doubt.what,
            "reason": doubt.reason,
        }
        for doubt in doubts
    ]


def unmanaged_line(keys: Iterable[Key], most: int = 5) -> str:
    """Return ``2 tables and 1 sequence (legacy, audit.log, numbers)``."""
    keys = list(keys)
    kinds = Counter(key.kind for key in keys)
    counts = [plural(number, kind) for kind, number in kinds.items()]
    names = ", ".join(str(key.table_name) for key in keys[:most]) + (", ..." if len(keys) > most else "")
    return " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts) + f" ({names})"


def show_changes(session: Session, migrator: Migrator, written: Written) -> None:
    """Show what was compared, and the differences."""
    ui = session.ui
    models = ", ".join(str(each) for each in migrator.project.models)
    compared = f"{models} ({plural(written.tables, 'table')}) against {migrator.database.shown}"
    if written.unmanaged:
        ui.say(f"{paint('unmanaged:', 'warning')} {unmanaged_line(written.unmanaged)}")
        ui.say(f"{paint('     hint:', 'hint')} neither the models nor a migration knows them; --drop NAME drops one")
    if written.revision is None:
        verb = "matches" if written.tables == 1 else "match"
        ui.say(f"no changes: {plural(written.tables, 'table')} {verb}; nothing written")
        if not len(migrator.graph()):
            _say_how_to_begin(session, migrator)
        return
    ui.say(f"{compared} at {places(written.revision.parents)}")
    ui.say()
    for line in change_lines(written.operations):
        ui.say(line)
    ui.say()
    for each in written.warnings:
        ui.say(f"{paint('warning:', 'warning')} {each}")
    if written.warnings:
        ui.say()
