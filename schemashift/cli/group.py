"""How the command line is put together: commands that are imported when they are called, options that go anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import click

from schemashift.cli.session import Session

SESSION = "schemashift.session"
"""Where the state of a run is, in `click.Context.meta`. ``obj`` is left to the framework whose group we are in."""

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
        "branches": "revisions with more than one child",
        "show": "one revision in full",
        "check": "does everything fit together? for CI",
    },
}
"""The commands by section, each with its one line of help: what ``--help`` shows without importing any of them."""

# -- options that every command has, before or after its name


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Put a common flag where the session keeps it. What stands later on the line wins."""
    if value in (None, (), False, 0):
        return
    if value == "":
        # A variable that is not set (--url "$DATABASE_URL") must not mean some other database.
        raise click.BadParameter("it is empty", ctx=ctx, param=param)
    session = session_of(ctx)
    name = str(param.name)
    if name == "x":
        session.x |= dict(_key_value(each, ctx, param) for each in value)
    elif name in ("quiet", "json", "color"):
        setattr(session.ui, name, value)
    elif name == "verbose":
        session.ui.verbose += value
    else:
        setattr(session, name, value)


def _key_value(text: str, ctx: click.Context, param: click.Parameter) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f'"{text}" is not key=value', ctx=ctx, param=param)
    return key, value


def _common(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_remember, **settings)


COMMON: tuple[click.Option, ...] = (
    _common("--url", metavar="URL", help="the database"),
    _common("-c", "--config", metavar="FILE", help="pyproject.toml or schemashift.toml"),
    _common("-d", "--directory", metavar="FOLDER", help="where the scripts are"),
    _common(
        "-x",
        multiple=True,
        metavar="KEY=VALUE",
        help="for op.get_context().get_x_argument() in scripts; may be repeated",
    ),
    _common("-v", "--verbose", count=True, help="say more: -v shows the SQL of a run"),
    _common("-q", "--quiet", is_flag=True, help="say nothing but the result and errors"),
    _common("--json", is_flag=True, help="one JSON document on stdout"),
    _common("--color", type=click.Choice(["auto", "always", "never"]), help="colours; auto: on a terminal"),
    _common("--traceback", is_flag=True, help="show where an error was raised"),
)


def session_of(ctx: click.Context) -> Session:
    """The session of this run; made on the first call. All contexts of a run share it."""
    if SESSION not in ctx.meta:
        ctx.meta[SESSION] = Session()
    found: Session = ctx.meta[SESSION]
    return found


def in_session(function: Callable[..., dict[str, Any] | None]) -> Callable[..., None]:
    """Call *function* with the session first; what it returns is added to the answer."""

    def call(**values: Any) -> None:
        session = session_of(click.get_current_context())
        session.answer |= function(session, **values) or {}

    call.__doc__ = function.__doc__
    call.__name__ = function.__name__
    return call


# -- commands


class RevisionName(click.ParamType):  # type: ignore[type-arg]
    """An identifier of a place in the graph. (`ParamType` is generic to type checkers only, and since click 8.4.)"""

    name = "revision"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        del param, ctx
        text = value.removeprefix("current")
        return text if _is_steps_back(text) else value


REVISION = RevisionName()


class Command(click.Command):
    """A command with the common options, and with ``-1`` as an argument, that shows its own errors.

    Its short help is that of `SECTIONS`. In another framework's group it ends as it does in ours.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        short_help = next((commands[name] for commands in SECTIONS.values() if name in commands), None)
        super().__init__(name, short_help=short_help, **settings)

    def invoke(self, ctx: click.Context) -> None:
        session = session_of(ctx)
        try:
            with session.ui.showing_warnings():
                super().invoke(ctx)
            session.finish()
        except (click.exceptions.Exit, click.ClickException):
            raise
        except BaseException as raised:
            from schemashift.cli.failure import show_failure

            raise click.exceptions.Exit(show_failure(session, raised)) from raised

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *COMMON]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        session_of(ctx).begin(str(self.name), ctx.parent.command_path if ctx.parent else None)
        return super().parse_args(ctx, list(_with_steps_back(args, self.get_params(ctx))))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [each.get_help_record(ctx) for each in super().get_params(ctx) if isinstance(each, click.Option)]
        with formatter.section("Options"):
            formatter.write_dl([each for each in own if each])
        format_common(ctx, formatter)


def format_common(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """The options that go anywhere on the line."""
    with formatter.section("Common options, anywhere on the line"):
        formatter.write_dl([each for option in COMMON if (each := option.get_help_record(ctx))])


def _is_steps_back(text: str) -> bool:
    return text[:1] == "-" and text[1:].isdecimal()


def _with_steps_back(args: Iterable[str], params: Iterable[click.Parameter]) -> Iterable[str]:
    """``-1`` where it is no option's value as ``current-1``, which means the same and does not look like an option."""
    options = [each for each in params if isinstance(each, click.Option) and not each.is_flag and not each.count]
    with_value = {name for each in options for name in each.opts}
    expected = literal = False
    for arg in args:
        steps = _is_steps_back(arg) and not expected and not literal
        yield f"current{arg}" if steps else arg
        expected = not expected and not literal and arg in with_value
        literal = literal or arg == "--"


class Group(click.Group):
    """The commands by section, each with one line of help; a module is imported when its command is called.

    *sections* maps a heading to commands and their help; a command ``show`` is ``command`` of ``schemashift.cli.show``.
    """

    def __init__(self, name: str, *, sections: dict[str, dict[str, str]], **settings: Any) -> None:
        super().__init__(name, **settings)
        self.sections = sections

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *COMMON]

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [name for commands in self.sections.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"schemashift.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            ctx.fail(f'no such command "{name}"{_guess(name, self.list_commands(ctx))}')
        return name, command, args[1:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in self.list_commands(ctx))
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])
        format_common(ctx, formatter)
        with formatter.section("Other"):
            formatter.write_dl([each for param in super().get_params(ctx) if (each := param.get_help_record(ctx))])


def _guess(name: str, known: Iterable[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f"\ndid you mean {found[0]}?" if found else ""
