"""Start-up: what needs no database leaves SQLAlchemy out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Project

WITHOUT = [
    ["--help"],
    ["--version"],
    ["heads"],
    ["heads", "-v"],
    ["history"],
    ["history", "-v"],
    ["history", "-r", "aaa1:"],
    ["show", "bbb2"],
    ["show"],
    ["branches"],
    ["edit", "aaa1"],
    ["revision", "-m", "x"],
    ["merge", "-m", "x"],
    ["init", "-d", "other"],
    ["upgrade", "--help"],
    ["revision", "--help"],
    ["nosuch"],
]

PROGRAM = """
import sys
from schemashift.cli import main
code = main(sys.argv[1:])
dear = {"sqlalchemy", "alembic", "logging", "asyncio", "importlib.metadata"}
print(code, *sorted(dear & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("line", WITHOUT, ids=" ".join)
def test_sqlalchemy_is_left_out(project: Project, line: list[str]) -> None:
    project.start(url="postgresql://nobody@nowhere/db" if line == ["history", "-v"] else "sqlite:///app.db")
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    if line[0] == "merge":
        project.revision("ccc3", "aaa1")
    if line == ["history"]:
        project.ok("upgrade", "aaa1")
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *line],
        cwd=project.folder, env=project.environment({"EDITOR": "true", "VISUAL": ""}), capture_output=True, check=True,
    )  # fmt: skip
    last = found.stderr.decode().splitlines()[-1].split()
    assert last == ["2" if line == ["nosuch"] else "0"]


def test_history_reads_a_sqlite_file_by_itself(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.ok("upgrade", "aaa1")
    plain, asked = project.ok("history"), project.ok("history", "-i")
    assert plain == asked
    assert [line[0] for line in plain.out.splitlines()] == ["○", "●"]
    assert plain.err == ""


def test_history_of_another_database_says_how_to_ask(project: Project) -> None:
    project.start(url="postgresql://nobody@nowhere/db")
    project.revision("aaa1")
    found = project.ok("history")
    assert found.out.startswith("○  aaa1")
    assert found.err == "the applied revisions were not read from the database; schemashift history -i reads them\n"
    assert "applied" not in project.ok("history", "--json").document["revisions"][0]


def test_history_makes_no_database(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    before = project.files()
    for command in (["history"], ["history", "-i"], ["current"], ["status"], ["check"], ["show", "current"]):
        project.run(*command)
        assert project.files() == before
