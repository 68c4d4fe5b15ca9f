"""The command line. `main` runs it and returns its exit code. Each command shows its own errors: see `failure`.

====  ==============================================================================
0     success, or nothing to do
1     a check failed: differences, pending revisions
2     an error in the command, configuration, models, scripts or graph
3     not confirmed
4     the database cannot be reached or used; worth retrying
5     a migration failed
6     another process holds the lock; worth retrying
70    an error inside schemashift
130   interrupted
====  ==============================================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from schemashift.cli.group import SECTIONS, SESSION, Group
from schemashift.cli.session import Session
from schemashift.cli.ui import CannotWrite

PROGRAM = "schemashift"


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's signature
    del param
    if value and not ctx.resilient_parsing:
        from schemashift import __version__

        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


def _width() -> int:
    """Return the width of the terminal, for help. click would import `shutil` with its compression modules."""
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
    help="Schema migrations for SQLAlchemy: generate scripts from changed models, and run them.",
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
    _escape_unencodable(sys.stdout, sys.stderr)
    try:
        return _run(session, arguments)
    except (BrokenPipeError, CannotWrite, KeyboardInterrupt) as error:
        from schemashift.cli.failure import give_up

        return give_up(session, error)


def _run(session: Session, arguments: list[str]) -> int:
    """Call the command. It shows its own errors, and the group those about its arguments; any other is shown here."""
    try:
        _invoke(session, arguments)
    except click.exceptions.Exit as exit_:  # also --help and --version
        session.ui.flush()
        return exit_.exit_code
    except BaseException as raised:  # noqa: BLE001  shown, or raised again
        from schemashift.cli.failure import show_failure

        return show_failure(session, raised)
    return 0


def _invoke(session: Session, arguments: list[str]) -> None:
    """Do what `click.Command.main` does, in a context that has the session before the arguments are parsed."""
    with click.Context(cli, info_name=PROGRAM, **cli.context_settings) as ctx:
        ctx.meta[SESSION] = session
        cli.parse_args(ctx, arguments)
        cli.invoke(ctx)


def _open_streams() -> None:
    """Replace a closed stream (``>&-``, a service without a console) by one that discards its input."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  until the process ends


def _escape_unencodable(*streams: object) -> None:
    """Write characters that a stream cannot encode as escapes, rather than failing."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
