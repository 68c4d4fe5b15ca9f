"""Our commands in another framework's group: the same output, hints and exit codes, and its own state left alone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import AppGroup, FlaskGroup, ScriptInfo

from schemashift.cli import SECTIONS, cli
from schemashift.cli.session import Session
from schemashift.cli.ui import Ui
from schemashift.errors import Hint
from schemashift.migrator import Migrator
from tests.cli.conftest import Project, without_times
from tests.support.scripts import held

CONTEXT = click.Context(cli)
OBJECT = {"mine": True}
NAMES = [name for names in SECTIONS.values() for name in names]
NAMED = re.compile(rf"schemashift (?={'|'.join(NAMES)}|--help)")


def commands() -> list[click.Command]:
    found = [cli.get_command(CONTEXT, name) for name in NAMES]
    return [each for each in found if each is not None]


def check_object(seen: list[object]) -> Callable[..., None]:
    @click.pass_context
    def callback(ctx: click.Context, *args: object, **options: object) -> None:
        ctx.call_on_close(lambda: seen.append(ctx.find_root().obj))

    return callback


class Other:
    """A program that has our commands in it. ``objects`` are its own ``ctx.obj``, looked at after each run."""

    def __init__(self, group: click.Group, name: str, *before: str, **settings: Any) -> None:
        self.group = group
        self.name = name
        self.before = before
        self.settings = settings
        self.program = " ".join([name, *before])

    def run(self, *args: str, typed: str = "") -> Result:
        objects: list[object] = []
        self.group.callback = check_object(objects)
        line = [*self.before, *args]
        found = CliRunner().invoke(self.group, line, input=typed, prog_name=self.name, **self.settings)
        assert objects
        assert all(isinstance(each, ScriptInfo) or each is OBJECT for each in objects)
        assert OBJECT == {"mine": True}
        return found


def in_click() -> Other:
    group = click.Group("tool", commands={str(each.name): each for each in commands()})
    return Other(group, "tool", obj=OBJECT)


def in_our_own_group() -> Other:
    return Other(click.Group("tool", commands={"db": cli}), "tool", "db", obj=OBJECT)


def in_flask() -> Other:
    def create_app() -> Flask:
        app = Flask("shop")
        group = AppGroup("db")
        for each in commands():
            group.add_command(each)
        app.cli.add_command(group)
        return app

    return Other(FlaskGroup(create_app=create_app), "flask", "db")


@pytest.fixture(params=[in_click, in_our_own_group, in_flask], ids=["click", "group", "flask"])
def other(request: pytest.FixtureRequest) -> Other:
    made: Other = request.param()
    return made


def compare(project: Project, other: Other, *args: str, typed: str = "") -> Result:
    """Run under both, and see that they say the same and end alike."""
    ours, theirs = project.run(*args), other.run(*args, typed=typed)
    assert isinstance(theirs.exception, SystemExit | None), theirs.exception
    assert theirs.exit_code == ours.code, theirs.output
    for own, found in ((ours.out, theirs.stdout), (ours.err, theirs.stderr)):
        assert without_times(found) == without_times(NAMED.sub(f"{other.program} ", own))
    return theirs


def test_results_and_errors_of_the_graph(project: Project, other: Other) -> None:
    project.start()
    project.revision("aaa1")
    for line in (["heads"], ["heads", "--json"], ["history"], ["current"], ["show", "nosuch"], ["downgrade"]):
        compare(project, other, *line)
    assert f"{other.program} downgrade base    undoes them all" in other.run("downgrade").stderr


def test_no_project(project: Project, other: Other) -> None:
    found = compare(project, other, "upgrade")
    assert found.exit_code == 2
    assert f"hint: {other.program} init " in found.stderr


def test_the_answer_is_no(project: Project, other: Other) -> None:
    project.start()
    project.revision("aaa1")
    found = compare(project, other, "status", "--check")
    assert found.exit_code == 1
    assert f"hint: {other.program} upgrade head\n" in found.stderr


def test_the_database_cannot_be_reached(project: Project, other: Other) -> None:
    project.start(url="postgresql+psycopg://app:secret@127.0.0.1:1/shop")
    found = compare(project, other, "current")
    assert found.exit_code == 4
    assert "error[database-unreachable]" in found.stderr


@pytest.mark.parametrize("json_flag", [(), ("--json",)], ids=["text", "json"])
def test_a_migration_that_fails(project: Project, other: Other, json_flag: tuple[str, ...]) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("nonsense")')
    found = compare(project, other, "upgrade", *json_flag)
    assert found.exit_code == 5
    if json_flag:
        document = json.loads(found.stdout)
        assert (document["command"], document["ok"], document["exit_code"]) == ("upgrade", False, 5)
        assert document["error"]["code"] == "migration-failed"


MISTAKES = [
    ("upgrade", "--bad"),
    ("upgrade", "--lock-timeout", "x"),
    ("upgrade", "--url", ""),
    ("edit", "head", "head"),
    ("init", "extra"),
    ("revision", "--heda", "x", "--color", "always"),
]
BEFORE_THE_COMMAND = [("-x", "novalue", "upgrade"), ("nope",), ("-q",), ("--json", "nope"), ("--json", "init", "extra")]
"""Mistakes that another group than ours has to find, and shows in its own way."""


@pytest.mark.parametrize("json_flag", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("line", MISTAKES, ids=" ".join)
def test_a_mistake_in_the_line(
    project: Project, other: Other, line: tuple[str, ...], json_flag: tuple[str, ...]
) -> None:
    project.start()
    check_mistake(compare(project, other, *line, *json_flag), line[0] if json_flag else None)


@pytest.mark.parametrize("json_flag", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("line", BEFORE_THE_COMMAND, ids=" ".join)
def test_a_mistake_before_the_command(project: Project, line: tuple[str, ...], json_flag: tuple[str, ...]) -> None:
    project.start()
    json_flag = () if "--json" in line else json_flag
    found = compare(project, in_our_own_group(), *line, *json_flag)
    command = next((each for each in line if each in NAMES), "schemashift")
    check_mistake(found, command if "--json" in line + json_flag else None)


def check_mistake(found: Result, command: str | None) -> None:
    """See that the error is in our format; as JSON if *command* is given."""
    assert found.exit_code == 2
    assert "Usage:" not in found.output
    if command is None:
        assert "error[usage]: " in click.unstyle(found.stderr)
        assert found.stdout == ""
    else:
        document = json.loads(found.stdout)
        assert (document["command"], document["ok"], document["exit_code"]) == (command, False, 2)
        assert document["error"]["code"] == "usage"


def test_help_is_not_an_error(project: Project, other: Other) -> None:
    found = other.run("upgrade", "--help")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.startswith(f"Usage: {other.program} upgrade ")


def test_a_decision_that_is_needed(project: Project, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("CREATE TABLE t AS SELECT 1 AS a")', 'op.drop_table("t")')
    project.ok("upgrade")
    monkeypatch.setattr(Ui, "asks", True)  # a terminal
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    found = compare(project, other, "downgrade", "-1", typed="n\n")
    assert found.exit_code == 3
    assert "hint: --yes" in found.stderr


def test_another_process_holds_the_lock(project: Project, other: Other) -> None:
    project.start()
    project.revision("aaa1")
    with held(f"sqlite:///{project.folder}/app.db"):
        for flags in ([], ["--json"]):
            assert compare(project, other, "upgrade", "--lock-timeout", "0", *flags).exit_code == 6


def test_an_interruption(project: Project, other: Other) -> None:
    project.start()
    project.revision("aaa1", None, "raise KeyboardInterrupt")
    found = compare(project, other, "upgrade")
    assert found.exit_code == 130
    assert f"interrupted: {other.program} status    shows what is applied\n" in found.stderr
    compare(project, other, "upgrade", "--json")


def test_a_mistake_of_ours(project: Project, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError("what")

    project.start()
    monkeypatch.setattr(Migrator, "graph", fail)
    for flags in ([], ["--json"]):
        assert compare(project, other, "heads", *flags).exit_code == 70


def test_a_run_leaves_nothing_for_the_next(project: Project, other: Other) -> None:
    project.start()
    assert json.loads(other.run("heads", "--json").stdout)["heads"] == []
    assert other.run("heads").stdout == ""


def test_flask_itself(project: Project) -> None:
    """In a process of its own, with nothing of this one's."""
    project.start()
    project.revision("aaa1", None, 'op.execute("nonsense")')
    project.write(
        "app.py",
        "import click\nfrom flask import Flask\nfrom flask.cli import AppGroup\nfrom schemashift.cli import cli\n"
        'app = Flask("shop")\ndb = AppGroup("db")\n'
        'for name in ("upgrade", "heads", "downgrade"):\n'
        "    db.add_command(cli.get_command(click.Context(cli), name))\n"
        "app.cli.add_command(db)\n",
    )
    heads = project.shell_python("-m", "flask", "db", "heads")
    assert heads == (0, "aaa1  aaa1 it is  (head)\n", "")
    failed = project.shell_python("-m", "flask", "db", "upgrade")
    assert failed.code == 5
    assert "error[migration-failed]: aaa1 (aaa1 it is)" in failed.err
    assert "Traceback" not in failed.err
    assert "flask db downgrade base    undoes them all" in project.shell_python("-m", "flask", "db", "downgrade").err


# -- hints for the commands that the group has


def with_commands(**names: str) -> Other:
    """A group that has the commands *names*, each with our name for it."""
    return Other(click.Group("tool", commands={name: our(ours) for name, ours in names.items()}), "tool", obj=OBJECT)


def our(name: str) -> click.Command:
    command = cli.get_command(CONTEXT, name)
    assert command is not None
    return command


def test_a_hint_for_a_command_that_the_group_lacks_is_left_out(project: Project) -> None:
    project.start()
    alone = with_commands(migrate="upgrade", down="downgrade")
    found = alone.run("migrate", "nosuch")
    assert found.exit_code == 2
    assert "error[unknown-revision]" in found.stderr
    assert "hint" not in found.stderr
    assert json.loads(alone.run("migrate", "nosuch", "--json").stdout)["error"]["hints"] == []
    assert "tool history" in with_commands(migrate="upgrade", history="history").run("migrate", "nosuch").stderr


def test_a_hint_has_the_name_that_the_group_gives_to_the_command(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    renamed = with_commands(migrate="upgrade", undo="downgrade", look="status", new="revision")
    assert "hint: tool undo base    undoes them all\n" in renamed.run("undo").stderr
    assert renamed.run("look", "--check").stderr.endswith("hint: tool migrate head\n")
    assert renamed.run("new").stderr.endswith("next: read it, then  tool migrate head\n")
    without = with_commands(look="status", new="revision")
    assert "hint" not in without.run("look", "--check").stderr
    assert without.run("new").stderr.endswith("next: read it\n")


def test_flask_looks_the_names_up_in_the_application(project: Project) -> None:
    def create_app() -> Flask:
        app = Flask("shop")
        app.cli.add_command(our("upgrade"), "migrate")
        app.cli.add_command(our("downgrade"), "undo")
        return app

    project.start()
    flask = Other(FlaskGroup(create_app=create_app), "flask")
    assert "hint" not in flask.run("migrate", "nosuch").stderr
    assert "hint: flask undo base    undoes them all\n" in flask.run("undo").stderr


# -- hints with the flags of the line


def test_a_hint_repeats_the_flags_that_name_the_project_and_the_database(project: Project, other: Other) -> None:
    project.start()
    (project.folder / "migrations").rename(project.folder / "my scripts")
    project.revision("aaa1")
    (project.folder / "migrations" / "versions" / "aaa1.py").rename(project.folder / "my scripts/versions/aaa1.py")
    flags = ("-d", "my scripts", "--url", "sqlite:///other.db", "-c", "schemashift.toml", "-q")
    found = compare(project, other, "status", "--check", *flags)
    assert found.stderr.endswith(
        f'hint: {other.program} upgrade head -c schemashift.toml -d "my scripts" --url sqlite:///other.db\n'
    )
    document = json.loads(
        other.run("status", "--check", "--json", "--url=sqlite:///other.db", "-d", "my scripts").stdout
    )
    assert document["error"]["hints"] == [f'{other.program} upgrade head -d "my scripts" --url sqlite:///other.db']


def test_a_hint_has_no_password(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.revision("ccc3", "aaa1")
    found = project.run("upgrade", "--url", "postgresql+psycopg://app:secret@127.0.0.1:1/shop")
    assert "secret" not in found.err
    session = Session()
    session.url = "postgresql+psycopg://app:secret@host/shop?password=other&x=1"
    assert session.write(Hint("upgrade", ("heads",))) == (
        'schemashift upgrade heads --url "postgresql+psycopg://app:***@host/shop?password=***&x=1"'
    )


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (Hint("upgrade", ("head",)), "schemashift upgrade head -c my.toml -d scripts --url env:DATABASE"),
        (Hint("merge", ("-m", "x")), 'schemashift merge -m "x" -c my.toml -d scripts'),
        (Hint("init", ("-d", "FOLDER"), "makes another"), "schemashift init -d FOLDER -c my.toml --url env:DATABASE"),
        (Hint("init", why="elsewhere", here=False), "schemashift init"),
    ],
)
def test_a_hint_has_the_flags_that_its_command_needs(hint: Hint, expected: str) -> None:
    session = Session()
    session.config, session.directory, session.url = "my.toml", "scripts", "env:DATABASE"
    assert session.write(hint) == (f"{expected}    {hint.why}" if hint.why else expected)
    assert session.write("pip install psycopg") == "pip install psycopg"


def test_what_init_has_written_need_not_be_said_again(project: Project) -> None:
    assert project.ok("init", "--url", "sqlite:///x.db", "-d", "scripts").err == (
        '\nnext: schemashift revision --autogenerate -m "initial"\n'
    )


def test_what_init_could_not_write_is_said_again(project: Project) -> None:
    found = project.ok("init", "--url", "postgresql://app:secret@host/shop")
    assert found.err.endswith(' --url "postgresql://app:***@host/shop"\n')
