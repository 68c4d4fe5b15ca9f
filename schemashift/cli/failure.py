"""Show the error that a command raised, and determine the exit code. A command that succeeds does not import this.

Each command calls it itself, so that commands fail in the same way under `schemashift` and in another click group.
"""

from __future__ import annotations

import contextlib
import os
import sys

import click

from schemashift.cli.session import Session
from schemashift.cli.ui import CannotWrite
from schemashift.errors import Hint, SchemashiftError, UsageError

INTERNAL = 70
INTERRUPTED = 130


class Interrupted(SchemashiftError):
    """The user pressed Ctrl-C."""

    code = "interrupted"
    exit_code = INTERRUPTED


class Internal(SchemashiftError):
    """An error in schemashift itself."""

    code = "internal"
    exit_code = INTERNAL


def show_failure(session: Session, raised: BaseException) -> int:
    """Show *raised*, and return the exit code. A broken pipe, and what is not an error, is raised again."""
    try:
        error = _as_error(session, raised)
        if isinstance(error, Interrupted) and not session.ui.json:
            session.ui.rewrite("")
            hint = session.write(error.hints[0]) if session.migrates else ""
            session.ui.say(f"interrupted: {hint}" if hint else "interrupted")
        else:
            session.finish(error)
    except CannotWrite as unwritable:
        return give_up(session, unwritable)
    return error.exit_code


def give_up(session: Session, error: BrokenPipeError | CannotWrite | KeyboardInterrupt) -> int:
    """End without writing to stdout, because that failed. Return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    _discard_stdout()
    if isinstance(error, BrokenPipeError):
        return 0
    with contextlib.suppress(CannotWrite):
        session.ui.error(error)
    return error.exit_code


def _as_error(session: Session, raised: BaseException) -> SchemashiftError:
    if isinstance(raised, click.ClickException):
        return _usage_error(raised)
    if isinstance(raised, (KeyboardInterrupt, click.Abort)):
        return Interrupted("interrupted", hints=[Hint("status", why="shows what is applied")])
    if isinstance(raised, (BrokenPipeError, CannotWrite)) or not isinstance(raised, Exception):
        raise raised
    if session.traceback:
        session.ui.trace(raised)
    return raised if isinstance(raised, SchemashiftError) else _internal(raised)


def _discard_stdout() -> None:
    """Redirect stdout, which nobody reads any more: the interpreter flushes it when it exits."""
    with contextlib.suppress(OSError):  # not a file, in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _internal(error: Exception) -> SchemashiftError:
    from schemashift import __version__

    return Internal(
        f"{type(error).__name__}: {error}",
        cause=f"this is a bug in schemashift {__version__}, not in your project",
        hints=["run it again with --traceback, and report what it prints together with the command"],
    )


def _usage_error(error: click.ClickException) -> SchemashiftError:
    context = getattr(error, "ctx", None)
    message, _, guess = error.format_message().partition("\n")
    path = context.command_path if context else "schemashift"
    message = message[:1].lower() + message[1:]
    if isinstance(error, click.NoSuchOption):
        message, guess = f"no such option: {error.option_name}", _option_guess(error)
    return UsageError(message.rstrip("."), hints=[*([guess] if guess else []), f"{path} --help"])


def _option_guess(error: click.NoSuchOption) -> str:
    import difflib

    close = difflib.get_close_matches(error.option_name, error.possibilities or [], 1)
    return f"did you mean {close[0]}?" if close else ""
