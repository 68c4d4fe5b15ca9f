"""Servers are shared by the workers of one run and never outlive it, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import engines, keeper, servers
from tests.support.engines import Engine, EngineMissing
from tests.support.servers import EngineBroken, Servers, SharedServers

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30

#: A session that has both servers running and then waits for its end, or comes to it.
WAITS = """
import pathlib, time
import pytest

@pytest.mark.parametrize("worker", range(2))
def test_waits(postgresql_url, mariadb_url, worker):
    pathlib.Path({folder!r}, f"ready{{worker}}").touch()
    time.sleep({seconds})
"""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short name: a socket's path may have a hundred characters, and `tmp_path` takes most of them."""
    folder = Path(tempfile.mkdtemp(prefix="ss", dir=servers.scratch_directory()))
    yield folder
    shutil.rmtree(folder)


def start_session(scratch: Path, tmp_path: Path, *, seconds: int, workers: int) -> subprocess.Popen[bytes]:
    file = tmp_path / "test_waits.py"
    file.write_text(WAITS.format(folder=str(tmp_path), seconds=seconds))
    command = [sys.executable, "-m", "pytest", f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={ROOT}"]
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'base'}", f"-n{workers}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "SCHEMASHIFT_TEST_SCRATCH": str(scratch),
        "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}",
    }
    return subprocess.Popen([*command, *options, str(file)], cwd=tmp_path, env=environment, start_new_session=True)


def postmasters(scratch: Path) -> list[psutil.Process]:
    return [process for process in keeper.processes_on(str(scratch)) if process.name() == "postgres"]


def test_a_session_that_ends_leaves_nothing(scratch: Path, tmp_path: Path) -> None:
    assert start_session(scratch, tmp_path, seconds=0, workers=2).wait(PATIENCE) == 0
    assert len(list(tmp_path.glob("ready*"))) == 2
    assert keeper.processes_on(str(scratch)) == []
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("end", "workers"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, 2)],
    ids=["ctrl-c", "terminated", "killed"],
)
def test_a_session_that_is_stopped_leaves_nothing(
    scratch: Path, tmp_path: Path, end: signal.Signals, workers: int
) -> None:
    session = start_session(scratch, tmp_path, seconds=600, workers=workers)
    wait_until(lambda: len(list(tmp_path.glob("ready*"))) == max(workers, 1) or session.poll() is not None)
    assert session.poll() is None, "it ended before it was stopped"
    assert len(postmasters(scratch)) == 1, "workers share one server"
    session.send_signal(end)
    session.wait(PATIENCE)
    wait_until(lambda: not keeper.processes_on(str(scratch)) and not list(scratch.iterdir()))


@pytest.fixture
def private_servers(scratch: Path) -> Iterator[Servers]:
    own = Servers(scratch)
    yield own
    own.close()


class NoDatabases:
    """Stands where a server's administrator would, and counts."""

    made = 0

    def __init__(self, engine: str, url: str) -> None:
        NoDatabases.made += 1

    def version(self) -> str:
        return "1.0"

    def close(self) -> None:
        pass


def test_a_server_is_started_once_and_told_to_whoever_asks(
    private_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find", lambda name: Engine(name=name, source="here", url=f"{name}://"))
    monkeypatch.setattr(servers, "_databases", NoDatabases)
    shared = SharedServers(private_servers.listen())
    assert private_servers.listen() == private_servers.listen()
    assert shared.get("mariadb") == shared.get("mariadb") == private_servers.get("mariadb")
    assert NoDatabases.made == 1
    assert [server.engine for server in private_servers.started()] == ["mariadb"]


def test_a_missing_engine_is_told_to_workers_too(private_servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Engine:
        raise EngineMissing(f"no {name}; install it")

    monkeypatch.setattr(engines, "find", missing)
    shared = SharedServers(private_servers.listen())
    for _ in range(2):
        with pytest.raises(EngineMissing, match="no mysql; install it"):
            shared.get("mysql")


def test_an_engine_that_does_not_start_is_broken_and_not_missing(
    private_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find", lambda name: Engine(name=name, source="here", command=("false",)))
    for name in ("mysql", "postgresql"):
        with pytest.raises(EngineBroken, match=f"{name} was found but did not start"):
            private_servers.get(name)
