"""What goes where: stdout and stderr, colours, signs, terminals, pipes, signals, exit codes; in real processes."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.cli.conftest import Project, Result
from tests.support.needs import pseudo_terminal

ESCAPE = "\x1b["


@pytest.fixture
def started(project: Project) -> Project:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    return project


def on_terminal(
    project: Project, *args: str, answer: str = "", meanwhile: Callable[[], object] | None = None, **environment: str
) -> str:
    """What a terminal that is all three streams gets. *meanwhile* is called while the question is open."""
    parent, child = pseudo_terminal()
    process = subprocess.Popen(
        [sys.executable, "-m", "schemashift", *args],
        cwd=project.folder, env=project.environment(environment), stdin=child, stdout=child, stderr=child,
    )  # fmt: skip
    os.close(child)
    if answer and meanwhile is None:
        os.write(parent, answer.encode())
    found = b""
    while select.select([parent], [], [], 30)[0]:
        try:
            data = os.read(parent, 4096)
        except OSError:
            break
        if not data:
            break
        found += data
        if meanwhile is not None and found.endswith(b"[y/N] "):
            meanwhile()
            os.write(parent, answer.encode())
    process.wait(timeout=30)
    os.close(parent)
    return found.decode()


def test_the_result_on_stdout_and_the_talk_on_stderr(started: Project) -> None:
    up = started.shell("upgrade")
    assert up.out == ""
    assert "done: 2 revisions" in up.err
    assert started.shell("current") == Result(0, "bbb2 (head)\n", "")
    failed = started.shell("show", "nosuch")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err.startswith("error[unknown-revision]: ")


# -- colours


def test_colours_only_where_they_are_seen(started: Project) -> None:
    assert ESCAPE not in started.shell("history").out
    assert ESCAPE in started.shell("history", "--color", "always").out
    assert ESCAPE in started.shell("--color=always", "show", "nosuch").err
    assert ESCAPE in started.shell("history", environment={"FORCE_COLOR": "1"}).out
    assert ESCAPE not in started.shell("history", environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert ESCAPE not in started.shell("history", "--color", "never", environment={"FORCE_COLOR": "1"}).out
    assert ESCAPE in started.shell("history", "--color", "always", environment={"NO_COLOR": "1"}).out


def test_colours_on_a_terminal(started: Project) -> None:
    assert ESCAPE in on_terminal(started, "history")
    assert ESCAPE not in on_terminal(started, "history", NO_COLOR="1")
    assert ESCAPE not in on_terminal(started, "history", TERM="dumb")
    assert ESCAPE not in on_terminal(started, "history", "--color", "never")
    assert ESCAPE in on_terminal(started, "show", "nosuch")
    assert ESCAPE not in on_terminal(started, "show", "nosuch", NO_COLOR="1")


def test_json_has_no_colours(started: Project) -> None:
    assert ESCAPE not in started.shell("history", "--json", "--color", "always").out


def test_a_line_is_rewritten_on_a_terminal_only(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, "import time; time.sleep(1.5)")
    shown = on_terminal(project, "upgrade")
    assert re.search(r"\r\x1b\[2K  \.\.  .*aaa1.*1 s", shown)
    assert re.search(r"ok.*  .*aaa1.*  aaa1 it is  +1\.\d+ s\r\n", shown)
    project.ok("downgrade", "base")
    assert "\r" not in project.shell("upgrade").err


# -- signs


def test_ascii_where_the_stream_shows_no_more(started: Project) -> None:
    started.script("ccc3", '"""größer"""\nrevision = "ccc3"\ndown_revision = "aaa1"\n')
    plain = started.shell("history", environment={"PYTHONIOENCODING": "ascii"})
    assert plain.code == 0
    assert plain.out.isascii()
    assert "|-/" in plain.out
    assert "gr\\xf6\\xdfer" in plain.out
    assert "├─╯" in started.shell("history").out


def test_json_on_an_ascii_stream_is_still_json(started: Project) -> None:
    started.script("ccc3", '"""größer"""\nrevision = "ccc3"\ndown_revision = "bbb2"\n')
    found = started.shell("heads", "--json", environment={"PYTHONIOENCODING": "ascii"})
    assert found.document["heads"][0]["message"] == "größer"


# -- ends


def test_nobody_reads_the_pipe(started: Project) -> None:
    for number in range(3000):
        started.script(f"r{number}", f'revision = "r{number:06}"\ndown_revision = "bbb2"\n')
    command = f"{sys.executable} -m schemashift history --oneline | head -1; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(
        ["bash", "-c", command], cwd=started.folder, env=started.environment(), capture_output=True, check=True
    )
    assert found.stderr == b""
    assert found.stdout.splitlines()[-1] == b"0"


def test_interrupted(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)"); import time; time.sleep(30)')
    process = subprocess.Popen(
        [sys.executable, "-m", "schemashift", "upgrade", "-v"],
        cwd=project.folder, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    while b"CREATE TABLE" not in process.stderr.readline():
        pass
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"interrupted" in err
    assert project.ok("current").out == "base\n"


def test_a_traceback_only_when_asked_for(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, "raise ValueError('mine')")
    assert "Traceback" not in project.shell("upgrade").err
    asked = project.shell("upgrade", "--traceback")
    assert asked.code == 5
    assert "Traceback" in asked.err
    assert "ValueError: mine" in asked.err


def test_a_mistake_of_ours_is_one_line_and_exit_70(started: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemashift.migrator.Migrator.graph", lambda self: 1 / 0)
    found = started.run("heads")
    assert found.code == 70
    assert found.err.splitlines() == [
        "error[internal]: ZeroDivisionError: division by zero",
        "  cause: this is a bug in schemashift 0.1.0, not in your project",
        "   hint: run it again with --traceback, and report what it prints together with the command",
    ]
    assert "Traceback" in started.run("heads", "--traceback").err
    assert started.run("heads", "--json").document["error"]["code"] == "internal"


def test_it_is_a_module_and_says_its_version(project: Project) -> None:
    import schemashift

    assert project.shell("--version").out == f"schemashift {schemashift.__version__}\n"
