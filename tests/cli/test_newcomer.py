"""What hurt somebody who had read the README only, and must not hurt the next one."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from tests.cli.conftest import TOKEN, Project
from tests.cli.test_streams import on_terminal
from tests.support.needs import file_name

REQUIRED = "    age: Mapped[int]\n"


def fill(project: Project) -> None:
    """Two users in the table of `MODELS`."""
    with sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')")


@pytest.fixture
def filled(project: Project) -> Project:
    """Models, a first revision that is applied, two rows."""
    project.start()
    project.ok("revision", "--autogenerate", "-m", "first", "--rev-id", "aaa1")
    project.ok("upgrade")
    fill(project)
    return project


# -- which database


@pytest.mark.parametrize("option", ["--url", "--config", "--directory"])
def test_a_flag_whose_variable_is_not_set_is_no_other_database(filled: Project, option: str) -> None:
    """``--url "$DATABASE_URL"`` in a deployment must never mean the default."""
    found = filled.run("downgrade", "base", option, "")
    assert found.code == 2
    assert f"invalid value for '{option}'" in found.err.replace(f"'-{option[2]}' / ", "")
    assert filled.ok("current").out == "aaa1 (head)\n"


def test_env_works_outside_of_the_file_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.start()
    monkeypatch.setenv("SCHEMASHIFT_URL", "env:SHOP_DATABASE")
    found = project.run("status")
    assert found.code == 2
    assert 'cause: the URL is "env:SHOP_DATABASE", and SHOP_DATABASE is not set\n' in found.err
    assert "hint: export SHOP_DATABASE=" in found.err
    monkeypatch.setenv("SHOP_DATABASE", "sqlite:///shop.db")
    assert project.ok("status").out.startswith("database  sqlite:///shop.db")


def test_a_server_without_a_database(project: Project) -> None:
    project.start()
    found = project.run("status", "--url", "mysql+pymysql://root@127.0.0.1:1/")
    assert found.code == 2
    assert "error[bad-url]: mysql+pymysql://root@127.0.0.1:1/ names no database\n" in found.err
    assert "hint: --url mysql+pymysql://root@127.0.0.1:1/NAME\n" in found.err


def test_a_folder_that_is_not_there_holds_no_database(project: Project) -> None:
    project.start(url="sqlite:///nosuch/app.db")
    for command in ("status", "current", "check"):
        found = project.run(command)
        assert found.code == 4
        assert "cannot connect to sqlite:///nosuch/app.db" in found.err
        assert "there is no folder" in found.err


def test_what_is_wrong_with_a_port_is_said(project: Project) -> None:
    project.start()
    found = project.run("status", "--url", "postgresql+psycopg://me:secret@host:abc/shop")
    assert "'abc'" in found.err
    assert "secret" not in found.err


def test_a_file_is_called_what_it_is_called(project: Project) -> None:
    project.start(url="sqlite:///" + file_name("größe & co.db"))
    project.revision("aaa1")
    assert project.ok("upgrade").err.startswith("sqlite:///größe & co.db   base -> aaa1")
    assert project.ok("status").out.startswith("database  sqlite:///größe & co.db  ")


def test_a_warning_of_a_library_is_a_line(project: Project) -> None:
    project.start()
    found = project.shell("status", "--url", "sqlite:///app.db?nosuch=1")
    assert found.code == 0
    assert found.err.count("\n") == 1
    assert re.match(r"warning: .*SAWarning: .*nosuch", found.err)


def test_init_says_what_a_configuration_lacks(project: Project) -> None:
    project.write_models()
    project.write("pyproject.toml", '[tool.schemashift]\nurl = "sqlite:///app.db"\n')
    found = project.ok("init")
    assert f'not set: write  models = "{project.models}:Base"' in found.out


# -- what is pending


def test_pending_is_an_error_of_its_own(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    for command in (["check"], ["status", "--check"]):
        found = project.run(*command)
        assert found.code == 1
        assert "error[pending]: " in found.err
        assert project.run(*command, "--json").document["error"]["code"] == "pending"


def test_a_script_that_was_edited_after_it_ran(filled: Project) -> None:
    assert "edited" not in filled.ok("status").out
    (path,) = (filled.folder / "migrations" / "versions").glob("*.py")
    path.write_text(path.read_text() + "# afterwards\n")
    assert "edited    aaa1 (first) after it was applied here\n" in filled.ok("status").out
    assert filled.ok("status", "--json").document["edited"] == ["aaa1"]


def test_stamped_is_not_applied(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.ok("stamp", "head")
    assert re.search(r"stamped \d{4}-\d\d-\d\d \d\d:\d\d by \S+$", project.ok("status").out, re.MULTILINE)


# -- a new script


def test_a_column_that_the_rows_have_no_value_for(filled: Project) -> None:
    filled.write_models(REQUIRED)
    found = filled.ok("revision", "--autogenerate", "-m", "age")
    assert "warning: users.age is NOT NULL without a server default, and users has 2 rows" in found.err


def test_a_column_that_takes_values_with_it(filled: Project) -> None:
    text = (filled.folder / f"{filled.models}.py").read_text()
    filled.write(f"{filled.models}.py", text.replace("    name: Mapped[str] = mapped_column(String(50))\n", ""))
    found = filled.ok("revision", "--autogenerate", "-m", "no name", "--json").document
    assert found["warnings"] == [
        {"code": "rows", "message": "this deletes users.name (2 values), which a downgrade cannot bring back"}
    ]


def test_no_rows_no_warning(project: Project) -> None:
    project.start()
    project.ok("revision", "--autogenerate", "-m", "first")
    project.ok("upgrade")
    project.write_models(REQUIRED)
    assert "warning" not in project.ok("revision", "--autogenerate", "-m", "age").err


def test_a_database_that_came_before_its_migrations(project: Project) -> None:
    """The first script is written against an empty database, and stamped on the one that is there."""
    project.start()
    project.ok("revision", "--autogenerate", "-m", "aside")
    project.ok("upgrade")
    (path,) = (project.folder / "migrations" / "versions").glob("*.py")
    path.unlink()
    with sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DROP TABLE version")
    found = project.ok("revision", "--autogenerate", "-m", "first")
    assert "no revision creates these tables yet" in found.err
    project.ok("revision", "--autogenerate", "-m", "first", "--url", "sqlite://")
    project.ok("stamp", "head")
    project.ok("check")


def test_two_heads_say_how_a_revision_goes_on(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.revision("ccc3", "aaa1")
    found = project.run("revision", "-m", "x")
    assert found.code == 2
    assert '   hint: schemashift merge -m "merge heads"    one merge revision\n' in found.err
    assert "   hint: --head ccc3                           goes on from one of them\n" in found.err
    project.ok("revision", "-m", "x", "--head", "ccc3")


# -- scripts that fail


@pytest.mark.parametrize("line", ["import sys; sys.exit()", "raise SystemExit(0)", "exit(1)"])
def test_a_script_that_ends_the_program_has_failed(project: Project, line: str) -> None:
    project.start()
    project.revision("aaa1", None, f'op.execute("CREATE TABLE t (id INTEGER)"); {line}')
    found = project.run("upgrade")
    assert found.code == 5
    assert "error[migration-failed]: aaa1 (aaa1 it is): the script calls sys.exit()\n" in found.err
    assert "--> migrations/versions/aaa1.py:" in found.err
    assert "the database is at base\n" in found.err
    assert project.ok("current").out == "base\n"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("json.dumps({})", "import json"),
        ("mysql.DATETIME(fsp=6)", "from sqlalchemy.dialects import mysql"),
        ("mssql.BIT()", "from sqlalchemy.dialects import mssql"),
    ],
)
def test_a_name_that_a_script_forgot_to_import(project: Project, line: str, hint: str) -> None:
    project.start()
    project.revision("aaa1", None, line)
    assert f"hint: add  {hint}  at the top of the script\n" in project.run("upgrade").err


def test_an_error_of_several_lines_keeps_its_shape(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'raise ValueError("one\\ntwo")')
    assert "ValueError: one\n         two\n   --> " in project.run("upgrade").err


# -- on the screen


def test_ids_of_several_lengths(project: Project) -> None:
    project.start()
    project.revision("a1")
    project.revision("bbbb2", "a1")
    lines = [line for line in project.ok("upgrade").err.splitlines() if line.startswith("  ok")]
    assert len({len(line) for line in lines}) == 1


def test_a_long_message_keeps_its_distance(project: Project) -> None:
    project.start()
    project.ok("revision", "-m", "x" * 200)
    assert re.search(r"x{200}  \(head\)   \d{4}-", project.ok("history").out)


def test_help_lists_options_only_among_options(project: Project) -> None:
    assert "\n  [REVISIONS]..." not in project.ok("upgrade", "--help").out


def test_a_line_that_is_rewritten_fits_the_terminal(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, "import time; time.sleep(1.5)")
    path = project.folder / "migrations" / "versions" / "aaa1.py"
    path.write_text(path.read_text().replace("aaa1 it is", "m" * 200))
    shown = on_terminal(project, "upgrade")
    parts = re.findall(r"\r\x1b\[2K(  \.\.[^\r]*)", shown)
    assert parts
    assert all(len(part) < 80 and part.endswith("…") for part in parts)


def test_a_script_that_drops_nothing_runs_once(project: Project) -> None:
    """The question of an upgrade on a terminal is no reason to call a service twice."""
    project.start()
    helper = "from helpers import call\n"
    project.write("helpers.py", "def call():\n    print('called')\n")
    project.revision("aaa1", None, "print('up'); call()", 'op.drop_table("t")')
    path = project.folder / "migrations" / "versions" / "aaa1.py"
    path.write_text(path.read_text().replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\n" + helper))
    shown = on_terminal(project, "upgrade", PYTHONPATH=f"{project.environment()['PYTHONPATH']}:{project.folder}")
    assert "done: 1 revision" in shown
    assert shown.count("up\r\n") == 1
    assert shown.count("called") == 1


def test_a_helper_that_drops_is_asked_about(filled: Project) -> None:
    filled.write("helpers.py", "from schemashift import op\n\ndef away():\n    op.drop_table('users')\n")
    filled.revision("bbb2", "aaa1", "import helpers; helpers.away()")
    path = filled.folder / "migrations" / "versions" / "bbb2.py"
    text = path.read_text().replace("    import helpers; helpers.away()", "    helpers.away()")
    path.write_text(text.replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport helpers\n"))
    shown = on_terminal(
        filled, "upgrade", answer="n\n", PYTHONPATH=f"{filled.environment()['PYTHONPATH']}:{filled.folder}"
    )
    assert "drops users (2 rows)" in shown
    assert "not done" in shown


# -- streams that are not there


@pytest.mark.parametrize("command", ["history", "history --json"])
def test_a_full_disk_is_one_line(project: Project, command: str) -> None:
    project.start()
    project.revision("aaa1")
    line = f"{sys.executable} -m schemashift {command} >/dev/full"
    found = subprocess.run(
        ["bash", "-c", line], cwd=project.folder, env=project.environment(), capture_output=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr.decode() == "error[cannot-write]: cannot write to stdout: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams(project: Project, closed: str) -> None:
    project.start()
    project.revision("aaa1")
    for command in ("upgrade", "history", "status"):
        line = f"{sys.executable} -m schemashift {command} {closed}"
        found = subprocess.run(
            ["bash", "-c", line], cwd=project.folder, env=project.environment(), capture_output=True, check=False
        )
        assert (found.returncode, b"Traceback" in found.stderr) == (0, False)


def test_interrupted_in_json(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, "import time; open('running', 'w').close(); time.sleep(30)")
    process = subprocess.Popen(
        [sys.executable, "-m", "schemashift", "upgrade", "--json"],
        cwd=project.folder, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not (project.folder / "running").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"")
    assert b'"ok": false, "error": {"code": "interrupted"' in out


def test_a_token_is_added_as_the_readme_says(filled: Project) -> None:
    filled.write_models(TOKEN)
    assert "warning" not in filled.ok("revision", "--autogenerate", "-m", "token").err
