"""Options anywhere on the line, ``-1``, ``--json``, did-you-mean, and help that tells the truth."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import schemashift
from schemashift.cli import SECTIONS, cli
from schemashift.cli.group import COMMON, Command
from tests.cli.conftest import Project

COMMANDS = [name for commands in SECTIONS.values() for name in commands]


@pytest.fixture
def started(project: Project) -> Project:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    return project


# -- common options


@pytest.mark.parametrize(
    "line",
    [
        ["-d", "other", "heads"],
        ["heads", "-d", "other"],
        ["heads", "--directory=other"],
        ["--directory", "other", "heads"],
        ["-d", "nowhere", "heads", "-d", "other"],
    ],
)
def test_options_go_anywhere_and_the_last_wins(project: Project, line: list[str]) -> None:
    project.start()
    (project.folder / "migrations").rename(project.folder / "other")
    project.write("other/versions/zzz9.py", 'revision = "zzz9"\ndown_revision = None\n')
    assert project.ok(*line).out == "zzz9  (head)\n"


def test_the_url_and_the_configuration_file(started: Project, tmp_path: Path) -> None:
    started.ok("upgrade", "--url", f"sqlite:///{tmp_path}/one.db")
    assert started.ok("--url", f"sqlite:///{tmp_path}/one.db", "current").out == "bbb2 (head)\n"
    assert started.ok("current").out == "base\n"
    other = started.write(
        "elsewhere/schemashift.toml", f'url = "sqlite:///{tmp_path}/one.db"\ndirectory = "../migrations"\n'
    )
    assert started.ok("current", "-c", str(other)).out == "bbb2 (head)\n"


def test_environment_variables(started: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMASHIFT_URL", f"sqlite:///{tmp_path}/two.db")
    started.ok("upgrade")
    assert (tmp_path / "two.db").exists()
    assert started.ok("current", "--url", f"sqlite:///{tmp_path}/three.db").out == "base\n"
    monkeypatch.setenv("SCHEMASHIFT_DIRECTORY", "nowhere")
    assert started.run("heads").code == 2
    monkeypatch.setenv("SCHEMASHIFT_CONFIG", "nowhere.toml")
    assert "no such file" in started.run("heads").err
    monkeypatch.delenv("SCHEMASHIFT_CONFIG")
    monkeypatch.delenv("SCHEMASHIFT_DIRECTORY")
    monkeypatch.setenv("SCHEMASHIFT_MODELS", "nosuch_module:Base")
    assert "nosuch_module" in started.run("revision", "--autogenerate").err


def test_from_a_folder_below(started: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    below = started.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    started.ok("upgrade")
    assert (started.folder / "app.db").exists()
    assert not list(below.iterdir())


def test_x_reaches_the_scripts(project: Project) -> None:
    project.start()
    project.revision(
        "aaa1",
        None,
        'op.execute("CREATE TABLE t_" + op.get_context().get_x_argument()["tenant"] + " (id INTEGER)")',
    )
    assert "CREATE TABLE t_blue (id INTEGER)" in project.ok("upgrade", "-x", "tenant=blue", "-v").err
    assert "is not key=value" in project.run("upgrade", "-x", "tenant").err


def test_q_says_nothing_but_the_result(started: Project) -> None:
    assert started.ok("upgrade", "-q")[1:] == ("", "")
    assert started.ok("current", "-q")[1:] == ("bbb2 (head)\n", "")
    written = started.ok("revision", "-q", "-m", "x")
    assert written.err == ""
    assert written.out.strip() == next(str(path.relative_to(started.folder)) for path in started.folder.rglob("*_x.py"))


# -- steps back


@pytest.mark.parametrize(
    "line", [["downgrade", "-1"], ["-q", "downgrade", "-1", "--color", "never"], ["downgrade", "--", "-1"]]
)
def test_a_step_back_is_no_option(started: Project, line: list[str]) -> None:
    started.ok("upgrade")
    started.ok(*line)
    assert started.ok("current").out == "aaa1\n"


def test_steps_in_other_places(started: Project) -> None:
    started.ok("upgrade", "+1")
    assert started.ok("current").out == "aaa1\n"
    started.ok("upgrade", "+1")
    assert started.ok("show", "head-1").out.startswith("aaa1")
    assert started.ok("show", "current").out.startswith("bbb2")
    assert [line[3:7] for line in started.ok("history", "-r", "-1:current").out.splitlines()] == ["bbb2", "aaa1"]
    assert started.ok("revision", "-m", "-1").code == 0
    found = started.run("downgrade", "-9")
    assert found.code == 2
    assert '"-9"' in found.err


# -- JSON


def test_every_command_answers_with_one_document(started: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    lines = {
        "revision": ["-m", "x"],
        "upgrade": [],
        "downgrade": ["-1"],
        "stamp": ["head"],
        "merge": [],
        "init": [],
        **{name: [] for name in ("status", "current", "history", "heads", "branches", "show", "edit", "check")},
    }
    assert set(lines) == set(COMMANDS)
    for command in ["revision", "upgrade", "downgrade", "stamp", *sorted(lines)]:
        found = started.run(command, "--json", *lines[command])
        assert found.err == "", command
        document = found.document
        assert list(document)[:3] == ["schemashift", "command", "ok"]
        assert (document["schemashift"], document["command"]) == (1, command)
        assert document["ok"] is (found.code == 0)
        assert found.out.count("\n") == 1


def test_what_the_documents_hold(started: Project) -> None:
    up = started.ok("upgrade", "--json").document
    assert [each["revision"] for each in up["revisions"]] == ["aaa1", "bbb2"]
    assert (up["from"], up["current"]) == ([], ["bbb2"])
    history = started.ok("history", "--json").document
    assert [(each["revision"], each["applied"]) for each in history["revisions"]] == [("bbb2", True), ("aaa1", True)]
    status = started.ok("status", "--json").document
    assert (status["pending"], status["current"], status["heads"]) == ([], ["bbb2"], ["bbb2"])
    assert [each["sign"] for each in status["differences"]] == ["+"]
    written = started.ok("revision", "--autogenerate", "-m", "a", "--json").document
    assert written["written"]["down_revision"] == ["bbb2"]
    assert [each["noun"] for each in written["changes"]] == ["table"]


def test_a_mistake_on_the_line_is_a_document_too(started: Project) -> None:
    document = started.run("heads", "--json", "--nosuch").document
    assert (document["ok"], document["exit_code"], document["error"]["code"]) == (False, 2, "usage")


# -- mistakes on the line


def test_did_you_mean(started: Project) -> None:
    assert "hint: did you mean history?" in started.run("histroy").err
    assert "hint: did you mean --oneline?" in started.run("history", "--onelin").err
    assert started.run("histroy").code == started.run("history", "--onelin").code == 2
    assert started.run("nothinglikeit").err == (
        'error[usage]: no such command "nothinglikeit"\n   hint: schemashift --help\n'
    )
    assert "unexpected extra argument" in started.run("current", "aaa1").err


# -- help


def test_the_one_line_help_is_that_of_the_commands() -> None:
    context = click.Context(cli)
    for commands in SECTIONS.values():
        for name, text in commands.items():
            command = cli.get_command(context, name)
            assert isinstance(command, Command)
            assert (command.name, command.short_help) == (name, text)
            assert command.help


def test_the_one_line_help_is_written_once() -> None:
    folder = Path(schemashift.__file__).parent / "cli"
    sources = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    for text in (text for commands in SECTIONS.values() for text in commands.values()):
        assert [name for name, source in sources.items() if f'"{text}"' in source] == ["group.py"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(project: Project, command: str) -> None:
    found = project.ok(command, "--help")
    assert f"Usage: schemashift {command}" in found.out
    names = [name for option in COMMON for name in option.opts]
    assert all(name in found.out for name in names)
    assert max(len(line) for line in found.out.splitlines()) <= 80


def test_help_lists_every_command(project: Project) -> None:
    found = project.ok("--help")
    assert all(f"\n  {name} " in found.out for name in COMMANDS)
    assert project.run().out == found.out
    assert project.ok("--version").out.startswith("schemashift 0.")


def test_every_command_has_a_file() -> None:
    import schemashift.cli

    folder = Path(schemashift.cli.__file__).parent
    assert all((folder / f"{name}.py").exists() for name in COMMANDS)
