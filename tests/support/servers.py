"""Private servers for one test run, each started once, when the first test asks for it.

:class:`Servers` lives in the process that owns the run: the only one, or pytest-xdist's controller. Workers ask it
over a socket (:class:`SharedServers`), so that two workers share one server. Everything lives in one folder on
``/dev/shm``, since DDL on a disk is ten to a hundred times slower, and ends with the run: see
:mod:`tests.support.keeper`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Protocol

from pytest_postgresql.executors import PostgreSQLExecutor

from tests.support import engines, mysql, postgresql
from tests.support.databases import Databases
from tests.support.engines import Engine, EngineMissing

KEEPER = Path(__file__).with_name("keeper.py")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server. ``url`` is that of its administrator, without a database."""

    engine: str
    version: str
    source: str
    seconds: float
    url: str

    def databases(self) -> Databases:
        """Return the administrator that creates databases here, over a separate connection."""
        return _databases(self.engine, self.url)


class EngineBroken(Exception):
    """An engine was found and does not start: always an error, required or not."""


Answer = Server | EngineMissing | EngineBroken


class Provider(Protocol):
    """Provides the servers of engines."""

    def get(self, name: str) -> Server:
        """The server of the engine ``name``; :class:`EngineMissing` or :class:`EngineBroken` where there is none."""


class Servers:
    """The servers of this run, started on demand and stopped together."""

    def __init__(self, scratch: Path | None = None) -> None:
        self._scratch = scratch or scratch_directory()
        self._lock = threading.RLock()
        self._locks: dict[str, threading.Lock] = {}
        self._answers: dict[str, Answer] = {}
        self._processes: list[subprocess.Popen[bytes] | PostgreSQLExecutor] = []
        self._folder: Path | None = None
        self._keeper: subprocess.Popen[str] | None = None
        self._listener: Listener | None = None

    def get(self, name: str) -> Server:
        """The server of the engine ``name``, started now if nobody asked before."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._answers:
                self._answers[name] = self._start(name)
        return _server(self._answers[name])

    def started(self) -> list[Server]:
        """The servers that were asked for and are there."""
        servers = [answer for answer in self._answers.values() if isinstance(answer, Server)]
        return sorted(servers, key=lambda server: server.engine)

    def listen(self) -> str:
        """Start to answer other processes; return the address for :class:`SharedServers`."""
        if self._listener is None:
            self._listener = Listener(str(self._home() / "ask"), family="AF_UNIX", backlog=64)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return str(self._listener.address)

    def close(self) -> None:
        """Stop every server, wait until they have ended, and remove their files."""
        if self._keeper is None:
            return
        if self._listener is not None:
            self._listener.close()
        self._keeper.communicate()  # closes the pipe, which is what the keeper waits for
        for process in self._processes:
            if isinstance(process, subprocess.Popen):
                process.wait()
        self._keeper = self._listener = self._folder = None

    def _start(self, name: str) -> Answer:
        began = time.monotonic()
        try:
            engine = engines.find(name)
            url = engine.url or self._start_private(engine)
            with contextlib.closing(_databases(name, url)) as databases:
                version = databases.version()
        except EngineMissing as missing:
            return missing
        except Exception as error:  # noqa: BLE001 - whatever it was, every test that asks is told the same
            return EngineBroken(f"{name} was found but did not start: {error}")
        seconds = time.monotonic() - began
        return Server(engine=name, version=version, source=engine.source, seconds=seconds, url=url)

    def _start_private(self, engine: Engine) -> str:
        folder = self._home() / engine.name
        folder.mkdir()
        start = postgresql.start if _is_postgresql(engine.name) else mysql.start
        url, process = start(engine, folder)
        self._processes.append(process)
        return url

    def _home(self) -> Path:
        """The folder of this run, and with it the keeper that will remove it."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="schemashift-", dir=self._scratch))
                self._keeper = subprocess.Popen(
                    [sys.executable, KEEPER], stdin=subprocess.PIPE, text=True, bufsize=1, start_new_session=True
                )
                print(self._folder, file=self._keeper.stdin)
            return self._folder

    def _accept(self, listener: Listener) -> None:
        with contextlib.suppress(OSError):  # closed: the run is over
            while True:
                threading.Thread(target=self._answer, args=(listener.accept(),), daemon=True).start()

    def _answer(self, connection: Connection) -> None:
        with contextlib.closing(connection), contextlib.suppress(EOFError, OSError):
            try:
                connection.send(self.get(connection.recv()))
            except (EngineMissing, EngineBroken) as error:
                connection.send(error)


class SharedServers:
    """The servers of the process that listens at ``address``."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, name: str) -> Server:
        """The server of the engine ``name``, started by its owner if nobody asked before."""
        with contextlib.closing(Client(self._address, family="AF_UNIX")) as connection:
            connection.send(name)
            answer: Answer = connection.recv()
        return _server(answer)


def scratch_directory() -> Path:
    """Return a folder in memory if there is one, else the folder for temporary files.

    ``SCHEMASHIFT_TEST_SCRATCH`` names another one.
    """
    if chosen := os.environ.get("SCHEMASHIFT_TEST_SCRATCH"):
        return Path(chosen)
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """Provide servers for a ``with`` block."""
    servers = Servers()
    try:
        yield servers
    finally:
        servers.close()


def _server(answer: Answer) -> Server:
    """Raise a new exception each time: an object that is raised repeatedly accumulates tracebacks."""
    if isinstance(answer, Server):
        return answer
    raise type(answer)(*answer.args)


def _databases(engine: str, url: str) -> Databases:
    return postgresql.PostgreSQLDatabases(url) if _is_postgresql(engine) else mysql.MySQLDatabases(url)


def _is_postgresql(engine: str) -> bool:
    return engine.startswith("postgresql")
