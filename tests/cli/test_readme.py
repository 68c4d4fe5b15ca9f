"""What README.md says can be pasted: its console blocks run in an empty folder, and what they name is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest
import sqlalchemy as sa

from schemashift.cli import cli
from schemashift.cli.group import COMMON
from tests.cli.conftest import ROOT, Project, without_times

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOKEN = "    token: Mapped[str | None] = mapped_column(String(64))\n"


class Typed(NamedTuple):
    """A command line, and what the README shows below it."""

    line: str
    words: list[str]
    shown: str


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def typed(text: str = README) -> Iterator[Typed]:
    for block in blocks("console", text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            words = shlex.split(line, comments=True)
            if words[0] == "schemashift":
                yield Typed(line, words[1:], shown.strip("\n"))


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def mentioned() -> list[str]:
    """Every ``schemashift ...`` in the README, in a block or in a sentence."""
    inline = re.findall(r"`schemashift ([^`]+)`", README)
    return [" ".join(shlex.quote(word) for word in each.words) for each in typed()] + inline


CONTEXT = click.Context(cli)
COMMON_OPTIONS = {name for option in COMMON for name in option.opts} | {"--help", "--version"}


@pytest.mark.parametrize("line", sorted(set(mentioned())))
def test_every_command_and_option_is_there(line: str) -> None:
    words = shlex.split(re.sub(r"\s\(.*", "", line), comments=True)
    known = set(COMMON_OPTIONS)
    if words[0] != "COMMAND":
        command = cli.get_command(CONTEXT, words[0])
        assert command is not None, words[0]
        known |= {name for param in command.params if isinstance(param, click.Option) for name in param.opts}
    for word in words[1:]:
        if re.match(r"--?[a-z]", word):
            assert word.partition("=")[0] in known, f"{words[0]} has no {word}"


def test_every_command_of_the_table_is_there() -> None:
    rows = [row.split("|")[1:3] for row in section("Coming from Alembic").splitlines() if row.startswith("| ")]
    named = {word for row in rows for text in row for word in re.findall(r"`([a-z]+)`", text)}
    assert named & {"current", "history", "heads", "branches", "show", "stamp", "merge", "edit", "check"}
    assert {each for each in named if cli.get_command(CONTEXT, each) is None} <= {"label", "base", "version"}


def test_ten_minutes(project: Project) -> None:
    """The tutorial, line by line; where an output is shown, that is what comes."""
    text = section("Ten minutes")
    start, _, rest = text.partition("\n**PostgreSQL")
    python, more = blocks("python", start)
    project.write("models.py", python)
    assert more == TOKEN
    project.models = "models"
    before, _, after = start.partition(more)
    ran = 0
    for part in (before, after):
        if part is after:
            project.write("models.py", python.replace("unique=True)\n", "unique=True)\n" + more, 1))
        for each in typed(part):
            found = project.ok(*each.words)
            ran += 1
            if each.shown:
                assert lines_of(each.shown) <= lines_of(found.out + found.err), each.line
    assert ran >= 10
    assert "schemashift upgrade head" in rest


def lines_of(text: str) -> set[str]:
    """Lines whose dates, times, ids and widths do not count."""
    return {" ".join(without_times(line).split()) for line in text.splitlines() if line.strip()}


def test_the_history_at_the_top_is_what_is_drawn(project: Project) -> None:
    shown = next(typed()).shown
    project.start()
    ids = re.findall(r"[0-9a-f]{12}", shown)
    for name, parent, message in zip(
        ids, [*ids[1:], None], ["billing index", "add billing", "create users"], strict=True
    ):
        header = f"revision = {name!r}\ndown_revision = {parent!r}\n"
        date = re.search(rf"{name}.*(\d{{4}}-\d\d-\d\d)", shown)
        assert date is not None
        body = "def upgrade(): pass\ndef downgrade(): pass\n"
        project.script(name, f'"""{message}\n\nCreated: {date[1]} 10:00:00+00:00\n"""\n{header}{body}')
    project.ok("upgrade", ids[1])
    assert project.ok("history").out.splitlines() == shown.splitlines()


def test_the_settings_are_settings(project: Project) -> None:
    project.start()
    (text,) = blocks("toml")
    project.write("schemashift.toml", text)
    project.ok("heads")
    found = project.run("status")
    assert "DATABASE_URL is not set" in found.err


def test_the_python_of_the_readme(project: Project) -> None:
    project.write("models.py", blocks("python")[0])
    project.ok("init")
    project.ok("revision", "--autogenerate", "-m", "first")
    code = next(each for each in blocks("python") if "Migrator(" in each)
    project.write("go.py", "from models import Base\n" + code)
    found = project.shell_python("go.py")
    assert found.code == 0, found.err
    assert found.out.endswith("[]\n")


def test_the_script_of_the_readme(project: Project) -> None:
    code = next(each for each in blocks("python") if "op.add_column(" in each)
    project.start()
    tables = """op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("posts", sa.Column("author_id", sa.Integer))
    op.execute("INSERT INTO posts VALUES (7)")"""
    project.revision("aaa1", None, tables)
    project.revision("bbb2", "aaa1", "\n    ".join(code.splitlines()), 'op.drop_column("users", "age")')
    project.ok("upgrade")
    with sa.create_engine(f"sqlite:///{project.folder / 'app.db'}").connect() as connection:
        assert connection.exec_driver_sql("SELECT id, age FROM users").all() == [(7, 0)]
    project.ok("downgrade", "-1")
