"""The command line. `main` runs it and is the only place that turns an error into an exit code.

====  ==============================================================================
0     done, or nothing to do
1     the answer is no: differences, pending revisions
2     usage, configuration, models, scripts or the graph
3     needs a decision
4     the database cannot be reached or used; worth retrying
5     a migration failed
6     another process holds the lock; worth retrying
70    an error inside schemashift
130   interrupted
====  ==============================================================================
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence

import click

from schemashift.cli.group import Group
from schemashift.cli.session import Session
from schemashift.cli.ui import CannotWrite
from schemashift.errors import SchemashiftError, UsageError

INTERNAL = 70
INTERRUPTED = 130
PROGRAM = "schemashift"

SECTIONS = {
    "Begin": {
        "init": "make the migrations folder and the settings",
    },
    "Write": {
        "revision": "write a new script; --autogenerate fills it in from the models",
        "merge": "join heads with one more script",
        "edit": "open a script in your editor",
    },
    "Run": {
        "upgrade": "apply what the database lacks",
        "downgrade": "undo what is applied, down to a revision",
        "stamp": "record revisions as applied without running them",
    },
    "Look": {
        "status": "where the database is, and what is pending",
        "current": "the revisions the database is at, for scripts",
        "history": "the graph of revisions",
        "heads": "the newest revisions",
        "branches": "where lines part, and into what",
        "show": "one revision in full",
        "check": "does everything fit together? for CI",
    },
}


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's signature
    del param
    if value and not ctx.resilient_parsing:
        from schemashift import __version__

        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


def _width() -> int:
    """Of the terminal, for help; click would import `shutil` and all its compressions to find out."""
    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(1).columns
    except (ValueError, OSError):
        try:
            columns = os.get_terminal_size(1).columns
        except (ValueError, OSError):
            columns = 80
    return max(min(columns, 100) - 2, 50)


cli = Group(
    PROGRAM,
    sections=SECTIONS,
    help="Schema migrations for SQLAlchemy: models change, a script is written, the database follows.",
    context_settings={"terminal_width": _width()},
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version, help="show the version"
        )
    ],
)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        cli.main(prog_name=PROGRAM)
    arguments = list(sys.argv[1:] if args is None else args) or ["--help"]
    session = Session()
    _open_streams()
    _forgive(sys.stdout, sys.stderr)
    try:
        with _warnings_shown(session):
            return _finish(session, _run(session, arguments))
    except BrokenPipeError:
        _silence()
        return 0
    except CannotWrite as error:
        _silence()
        with contextlib.suppress(CannotWrite):
            session.ui.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(session: Session, arguments: list[str]) -> SchemashiftError | int:
    """Call the command; what it raised, or the exit code that click chose."""
    _foresee(session, arguments)
    try:
        with cli.make_context(PROGRAM, arguments, obj=session) as ctx:
            cli.invoke(ctx)
    except click.exceptions.Exit as exit_:  # --help and --version, which are no answers
        session.ui.json = False
        return exit_.exit_code
    except click.ClickException as error:
        return _usage_error(error)
    except (BrokenPipeError, CannotWrite):
        raise
    except SchemashiftError as error:
        _trace(session, error)
        return error
    except (KeyboardInterrupt, click.Abort):
        return _Interrupted("interrupted", hints=["schemashift status    shows what is applied"])
    except Exception as error:  # noqa: BLE001  whatever it is, a user gets one line and a way to report it
        _trace(session, error)
        return _internal(error)
    return 0


def _finish(session: Session, outcome: SchemashiftError | int) -> int:
    """Show how it ended, and flush while a broken pipe can still be noticed."""
    error = outcome if isinstance(outcome, SchemashiftError) else None
    code = outcome if isinstance(outcome, int) else outcome.exit_code
    if session.ui.json and session.command:
        _document(session, error, code)
    elif isinstance(error, _Interrupted):
        session.ui.rewrite("")
        session.ui.say(f"interrupted: {error.hints[0]}" if session.migrates else "interrupted")
    elif error:
        session.ui.error(error)
    session.ui.flush()
    return code


def _document(session: Session, error: SchemashiftError | None, code: int) -> None:
    from schemashift.cli.ui import error_document

    head = {PROGRAM: 1, "command": session.command, "ok": code == 0}
    tail = {"error": error_document(error), "exit_code": code} if error else {}
    session.ui.document(head | session.answer | tail)


class _Interrupted(SchemashiftError):
    """Somebody pressed Ctrl-C."""

    code = "interrupted"
    exit_code = INTERRUPTED


class _Internal(SchemashiftError):
    """Something in schemashift itself went wrong."""

    code = "internal"
    exit_code = INTERNAL


def _internal(error: Exception) -> SchemashiftError:
    from schemashift import __version__

    return _Internal(
        f"{type(error).__name__}: {error}",
        cause=f"this is a mistake in schemashift {__version__}, not in your project",
        hints=["run it again with --traceback, and report what it prints together with the command"],
    )


def _trace(session: Session, error: BaseException) -> None:
    if session.traceback:
        session.ui.trace(error)


def _usage_error(error: click.ClickException) -> SchemashiftError:
    context = getattr(error, "ctx", None)
    message, _, guess = error.format_message().partition("\n")
    path = context.command_path if context else PROGRAM
    message = message[:1].lower() + message[1:]
    if isinstance(error, click.NoSuchOption):
        message, guess = f"no such option: {error.option_name}", _option_guess(error)
    return UsageError(message.rstrip("."), hints=[*([guess] if guess else []), f"{path} --help"])


def _option_guess(error: click.NoSuchOption) -> str:
    import difflib

    close = difflib.get_close_matches(error.option_name, error.possibilities or [], 1)
    return f"did you mean {close[0]}?" if close else ""


def _foresee(session: Session, arguments: Sequence[str]) -> None:
    """The flags that decide how an error looks, also one about the flags."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    session.ui.json = "--json" in before
    session.command = next((each for each in before if each in cli.list_commands(_NO_CONTEXT)), "") or PROGRAM
    for number, each in enumerate(before):
        if each.startswith("--color"):
            value = each.partition("=")[2] or (before[number + 1] if number + 1 < len(before) else "")
            session.ui.color = value if value in ("always", "never") else "auto"


_NO_CONTEXT = click.Context(cli)


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


def _open_streams() -> None:
    """A stream that was closed (``>&-``, a service without a console) takes everything and shows nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  until the process ends


def _forgive(*streams: object) -> None:
    """A character that a stream cannot show is written as an escape, not a traceback."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _silence() -> None:
    """Nobody reads stdout any more: let the interpreter flush into nothing when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
