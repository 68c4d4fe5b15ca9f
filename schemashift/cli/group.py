"""The click classes of the command line: commands that are imported when they are called, and common options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import click

from schemashift.cli.session import Session

SESSION = "schemashift.session"
"""The key of the session in `click.Context.meta`. ``obj`` belongs to the framework whose group the commands are in."""

SECTIONS = {
    "Begin": {
        "init": "create the migrations folder and the settings",
    },
    "Write": {
        "revision": "write a new script; with --autogenerate, from the models",
        "merge": "write a script that joins heads",
        "edit": "open a script in your editor",
    },
    "Run": {
        "upgrade": "apply revisions",
        "downgrade": "undo revisions",
        "stamp": "record revisions as applied without running them",
    },
    "Look": {
        "status": "the state of the database, and what is pending",
        "current": "the revisions the database is at",
        "history": "the graph of revisions",
        "heads": "the newest revisions",
        "branches": "revisions with more than one child",
        "show": "the details of a revision",
        "check": "whether scripts, database and models match; for CI",
    },
}
"""The commands by section, each with its short help. ``--help`` shows it without importing any command."""

# -- options that every command has, before or after its name


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store a common option in the session. The last one on the command line takes precedence."""
    if value in (None, (), False, 0):
        return
    if value == "":
        # A variable that is not set (--url "$DATABASE_URL") must not select another database.
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
        help="a value for op.get_context().get_x_argument() in scripts; may be repeated",
    ),
    _common("-v", "--verbose", count=True, help="show more: with -v, the SQL of a run"),
    _common("-q", "--quiet", is_flag=True, help="show only the result and errors"),
    _common("--json", is_flag=True, help="write one JSON document to stdout"),
    _common("--color", type=click.Choice(["auto", "always", "never"]), help="colours; auto: on a terminal"),
    _common("--traceback", is_flag=True, help="show the Python traceback of an error"),
)


def session_of(ctx: click.Context) -> Session:
    """Return the session of this run, created on the first call. All contexts of a run share it."""
    if SESSION not in ctx.meta:
        ctx.meta[SESSION] = Session()
    session: Session = ctx.meta[SESSION]
    return session


def in_session(function: Callable[..., dict[str, Any] | None]) -> Callable[..., None]:
    """Call *function* with the session as its first argument, and add what it returns to the answer."""

    def call(**values: Any) -> None:
        session = session_of(click.get_current_context())
        session.answer |= function(session, **values) or {}

    call.__doc__ = function.__doc__
    call.__name__ = function.__name__
    return call


# -- commands


@contextmanager
def _showing_usage_errors(ctx: click.Context) -> Iterator[None]:
    """Show an error of click in our format, and exit. The group of another framework would show it in click's."""
    try:
        yield
    except click.ClickException as raised:
        if ctx.resilient_parsing:
            raise
        from schemashift.cli.failure import show_failure

        raise click.exceptions.Exit(show_failure(session_of(ctx), raised)) from raised


def _name_in_group(ctx: click.Context, command: str) -> str | None:
    """Return the name that one of our commands has in the group of *ctx*, or None if the group lacks it."""
    parent = ctx.parent
    if parent is None or isinstance(parent.command, Group) or not isinstance(parent.command, click.Group):
        return command
    siblings: dict[str, click.Command | None] = dict(parent.command.commands)
    if ctx.info_name not in siblings:  # a group that looks its commands up
        siblings = {name: parent.command.get_command(parent, name) for name in parent.command.list_commands(parent)}
    names = [name for name, each in siblings.items() if isinstance(each, Command) and each.name == command]
    return next((name for name in (ctx.info_name, command) if name in names), next(iter(names), None))


class RevisionName(click.ParamType):  # type: ignore[type-arg]
    """A revision identifier. (`ParamType` is generic only to type checkers, and only since click 8.4.)"""

    name = "revision"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        del param, ctx
        text = value.removeprefix("current")
        return text if _is_steps_back(text) else value


REVISION = RevisionName()


class Command(click.Command):
    """A command with the common options that accepts ``-1`` as an argument and shows its own errors.

    The short help is taken from `SECTIONS`. The command behaves in the same way in the group of another framework.
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
        except click.exceptions.Exit:
            raise
        except BaseException as raised:
            from schemashift.cli.failure import show_failure

            raise click.exceptions.Exit(show_failure(session, raised)) from raised

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *COMMON]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        program = ctx.parent.command_path if ctx.parent else None
        session_of(ctx).begin(str(self.name), program, args, partial(_name_in_group, ctx))
        with _showing_usage_errors(ctx):
            return super().parse_args(ctx, list(_with_steps_back(args, self.get_params(ctx))))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [each.get_help_record(ctx) for each in super().get_params(ctx) if isinstance(each, click.Option)]
        with formatter.section("Options"):
            formatter.write_dl([each for each in own if each])
        format_common(ctx, formatter)


def format_common(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the help of the common options."""
    with formatter.section("Common options, anywhere on the line"):
        formatter.write_dl([each for option in COMMON if (each := option.get_help_record(ctx))])


def _is_steps_back(text: str) -> bool:
    return text[:1] == "-" and text[1:].isdecimal()


def _with_steps_back(args: Iterable[str], params: Iterable[click.Parameter]) -> Iterable[str]:
    """Replace ``-1``, unless it is an option's value, by ``current-1``, which does not look like an option."""
    options = [each for each in params if isinstance(each, click.Option) and not each.is_flag and not each.count]
    with_value = {name for each in options for name in each.opts}
    expected = literal = False
    for arg in args:
        steps = _is_steps_back(arg) and not expected and not literal
        yield f"current{arg}" if steps else arg
        expected = not expected and not literal and arg in with_value
        literal = literal or arg == "--"


class Group(click.Group):
    """The commands by section, each with its short help. A command's module is imported when the command is called.

    *sections* maps a heading to commands and their help. The command ``show`` is ``schemashift.cli.show.command``.
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
        command: click.Command = import_module(f"schemashift.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            return super().parse_args(ctx, args)  # shows the help
        before = args[: args.index("--")] if "--" in args else args
        command = next((each for each in before if each in self.list_commands(ctx)), str(self.name))
        session_of(ctx).begin(command, ctx.command_path, args)
        with _showing_usage_errors(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _showing_usage_errors(ctx):
            return super().invoke(ctx)

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

    close = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f"\ndid you mean {close[0]}?" if close else ""
