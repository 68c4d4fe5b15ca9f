"""How a command ends: its answer or its error is shown, and its exit code is chosen.

Commands do this themselves, so that they end alike under `schemashift` and under another framework's group.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator

import click

from schemashift.cli.session import Session
from schemashift.cli.ui import CannotWrite
from schemashift.errors import Hint, SchemashiftError

INTERNAL = 70
INTERRUPTED = 130


_NOT_OURS = (BrokenPipeError, CannotWrite, click.ClickException, click.exceptions.Exit)


class Interrupted(SchemashiftError):
    """Somebody pressed Ctrl-C."""

    code = "interrupted"
    exit_code = INTERRUPTED


class Internal(SchemashiftError):
    """Something in schemashift itself went wrong."""

    code = "internal"
    exit_code = INTERNAL


def conduct(session: Session, command: Callable[[], object]) -> int:
    """Run *command*, show its answer or its error, and return the exit code. What click raises is click's to show."""
    error: SchemashiftError | None = None
    try:
        with _warnings_shown(session):
            try:
                command()
            except BaseException as raised:  # noqa: BLE001  it is shown, or comes out again
                error = as_error(session, raised)
            return conclude(session, error)
    except CannotWrite as unwritable:
        return give_up(session, unwritable)


def as_error(session: Session, raised: BaseException) -> SchemashiftError:
    """*raised* as one of our errors; with ``--traceback`` it is shown. A broken pipe and what click raises come out."""
    if isinstance(raised, (KeyboardInterrupt, click.Abort)):
        return Interrupted("interrupted", hints=[Hint("status", why="shows what is applied")])
    if not isinstance(raised, Exception) or isinstance(raised, _NOT_OURS):
        raise raised
    if session.traceback:
        session.ui.trace(raised)
    return raised if isinstance(raised, SchemashiftError) else _internal(raised)


def conclude(session: Session, error: SchemashiftError | None) -> int:
    """Show how it ended, and flush while a broken pipe can still be noticed. Return the exit code."""
    if session.ui.json:
        _document(session, error)
    elif isinstance(error, Interrupted):
        session.ui.rewrite("")
        session.ui.say(f"interrupted: {session.write(error.hints[0])}" if session.migrates else "interrupted")
    elif error:
        session.ui.error(error)
    session.ui.flush()
    return error.exit_code if error else 0


def give_up(session: Session, error: BrokenPipeError | CannotWrite | KeyboardInterrupt) -> int:
    """End where not even the end can be shown on stdout. Return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    _silence()
    if isinstance(error, BrokenPipeError):
        return 0
    with contextlib.suppress(CannotWrite):
        session.ui.error(error)
    return error.exit_code


def _silence() -> None:
    """Nobody reads stdout any more: let the interpreter flush into nothing when it exits."""
    with contextlib.suppress(OSError):  # it is no file: a test's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _document(session: Session, error: SchemashiftError | None) -> None:
    head = {"schemashift": 1, "command": session.command, "ok": error is None}
    tail = {"error": session.ui.error_document(error), "exit_code": error.exit_code} if error else {}
    session.ui.document(head | session.answer | tail)


def _internal(error: Exception) -> SchemashiftError:
    from schemashift import __version__

    return Internal(
        f"{type(error).__name__}: {error}",
        cause=f"this is a mistake in schemashift {__version__}, not in your project",
        hints=["run it again with --traceback, and report what it prints together with the command"],
    )


@contextlib.contextmanager
def _warnings_shown(session: Session) -> Iterator[None]:
    """As lines of ours, for as long as a command runs."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: object = None,
    ) -> None:
        del file, line
        session.ui.python_warning(message, category, filename, lineno)

    before = warnings.showwarning
    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before
