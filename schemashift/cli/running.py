"""The common part of `upgrade`, `downgrade` and `stamp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from schemashift.cli.progress import Progress, marked, places, run_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, table, time_taken
from schemashift.errors import Hint, MigrationFailed, NeedsDecision
from schemashift.revisions import Direction
from schemashift.words import plural

if TYPE_CHECKING:
    from schemashift.migrator import Migrator
    from schemashift.results import Loss, Run
    from schemashift.revisions import Plan, Revision
    from schemashift.runner.consent import Confirm


def lock_timeout() -> click.Option:
    """Return the option ``--lock-timeout``."""
    return click.Option(
        ["--lock-timeout"],
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="how long to wait for another migration; 60 unless set",
    )


def options() -> list[click.Parameter]:
    """Return the options of the two commands that run scripts."""
    return [
        click.Option(["--single-transaction"], is_flag=True, help="all revisions or none, where DDL is transactional"),
        click.Option(["--yes"], is_flag=True, help="delete data without asking (only terminals are asked)"),
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
    """Run, and show the result. *nothing* begins the line for a run that had nothing to do.

    On a terminal, unless *yes*, ask for confirmation if data would be deleted. Raises `NeedsDecision` if it is refused.
    """
    migrator = session.migrator(**({} if lock_timeout is None else {"lock_timeout": lock_timeout}))
    graph = migrator.graph()
    with Progress(session.ui, lambda: migrator.database.shown) as progress:
        migrator.listener = progress
        session.migrates = True
        confirm = _question(session, progress) if session.ui.asks and not yes else None
        try:
            result = _runner(migrator, direction, single_transaction=single_transaction, confirm=confirm)(targets)
        except SystemExit as error:
            raise _script_exited(migrator, progress.running, error) from error
    _show_result(session, result, marked(graph, result.current), nothing)
    return run_document(result)


def _script_exited(migrator: Migrator, revision: Revision | None, error: SystemExit) -> MigrationFailed:
    """Return the error for a script that ends the program: it has not finished, even with exit code 0."""
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
    method = migrator.upgrade if direction == "upgrade" else migrator.downgrade
    return lambda targets: method(targets, single_transaction=single_transaction, confirm=confirm)


def _question(session: Session, progress: Progress) -> Confirm:
    """Return a function that asks the user at the terminal. Nothing is locked or changed until they answer."""

    def confirm(planned: Plan, losses: Sequence[Loss]) -> bool:
        session.migrates = False
        progress.introduce(planned)
        _show_losses(session, losses)
        if not session.ui.ask("Go on?"):
            raise NeedsDecision(
                "not done: you did not say yes",
                state="nothing changed",
                hints=[Hint("", ("--yes",), "goes on without asking")],
            )
        session.ui.say()
        session.migrates = True
        return True

    return confirm


def _show_losses(session: Session, losses: Sequence[Loss]) -> None:
    rows = [(paint(each.revision.id, "dim"), each.revision.message, each.describe()) for each in losses]
    for line in table(rows):
        session.ui.say(line)
    session.ui.say()


def _show_result(session: Session, result: Run, now: str, nothing: str) -> None:
    if result.done:
        session.ui.say()
        taken = time_taken(result.seconds)
        session.ui.say(f"done: {plural(len(result.done), 'revision')} in {taken}, now at {now}")
    elif result.start != result.current:
        session.ui.say(f"done: now at {now}")
    else:
        session.ui.say(f"{nothing} {now}")
