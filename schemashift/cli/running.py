"""What `upgrade`, `downgrade` and `stamp` have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from schemashift.cli.progress import Progress, marked, places, run_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, plural, table, time_taken
from schemashift.errors import MigrationFailed, NeedsDecision
from schemashift.revisions import Direction

if TYPE_CHECKING:
    from schemashift.migrator import Migrator
    from schemashift.results import Loss, Run
    from schemashift.revisions import Plan, Revision
    from schemashift.runner.consent import Confirm


def lock_timeout() -> click.Option:
    """How long to wait for another process."""
    return click.Option(
        ["--lock-timeout"],
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="wait so long for another process that migrates; 60 unless set",
    )


def options() -> list[click.Parameter]:
    """Of the two commands that run scripts."""
    return [
        click.Option(["--single-transaction"], is_flag=True, help="all revisions or none, where DDL is transactional"),
        click.Option(["--yes"], is_flag=True, help="delete data without asking (it is asked on a terminal only)"),
        lock_timeout(),
    ]


def run(
    session: Session,
    direction: Direction,
    targets: Sequence[str],
    *,
    lock_timeout: float | None,
    single_transaction: bool = False,
    yes: bool = True,
    nothing: str = "already at",
) -> dict[str, Any]:
    """Run and tell how it went. *nothing* begins the line for a run that had nothing to do.

    On a terminal, unless *yes*, it is asked first where data would be deleted. Raises `NeedsDecision` for a no.
    """
    migrator = session.migrator(**({} if lock_timeout is None else {"lock_timeout": lock_timeout}))
    graph = migrator.graph()
    with Progress(session.ui, lambda: migrator.database.shown) as progress:
        migrator.listener = progress
        session.migrates = True
        confirm = _question(session, progress) if session.ui.asks and not yes else None
        try:
            found = _runner(migrator, direction, single_transaction=single_transaction, confirm=confirm)(targets)
        except SystemExit as error:
            raise _ended(migrator, progress.running, error) from error
    _conclude(session, found, marked(graph, found.current), nothing)
    return run_document(found)


def _ended(migrator: Migrator, revision: Revision | None, error: SystemExit) -> MigrationFailed:
    """A script that ends the program, even with exit code 0, has not done what it should."""
    from schemashift.scripts.load import script_location

    now = places(migrator.current())
    return MigrationFailed(
        f"{revision.title}: the script calls sys.exit()" if revision else "something called sys.exit()",
        where=script_location(revision.path, error) if revision else (),
        state=f"the script was stopped there; the database is at {now}",
    )


def _runner(
    migrator: Migrator, direction: Direction, *, single_transaction: bool, confirm: Confirm | None
) -> Callable[[Sequence[str]], Run]:
    if direction == "stamp":
        return migrator.stamp
    go = migrator.upgrade if direction == "upgrade" else migrator.downgrade
    return lambda targets: go(targets, single_transaction=single_transaction, confirm=confirm)


def _question(session: Session, progress: Progress) -> Confirm:
    """What asks the person at the terminal. Nothing is changed while they think."""

    def confirm(planned: Plan, losses: Sequence[Loss]) -> bool:
        session.migrates = False
        progress.introduce(planned)
        _show_losses(session, losses)
        if not session.ui.ask("Go on?"):
            raise NeedsDecision(
                "not done: you did not say yes", state="nothing changed", hints=["--yes    goes on without asking"]
            )
        session.ui.say()
        session.migrates = True
        return True

    return confirm


def _show_losses(session: Session, losses: Sequence[Loss]) -> None:
    rows = [(paint(each.revision.id, "dim"), each.revision.message, f"drops {', '.join(each.what)}") for each in losses]
    for line in table(rows):
        session.ui.say(line)
    session.ui.say()


def _conclude(session: Session, found: Run, now: str, nothing: str) -> None:
    if found.done:
        session.ui.say()
        taken = time_taken(found.seconds)
        session.ui.say(f"done: {plural(len(found.done), 'revision')} in {taken}, now at {now}")
    elif found.start != found.current:
        session.ui.say(f"done: now at {now}")
    else:
        session.ui.say(f"{nothing} {now}")
