"""A private MariaDB or MySQL, and databases on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pymysql
from sqlalchemy.engine import URL, make_url

from tests.support.databases import HOST, Databases, free_port
from tests.support.engines import Engine

START_SECONDS = 120
#: A crash of the machine may lose everything. Connections: see tests/support/postgresql.py.
OPTIONS = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    f"--bind-address={HOST}",
    "--max-connections=300",
)
#: Without the second, MySQL looks for a folder of its package's installation and gives up.
MYSQL_ONLY = ("--mysqlx=OFF", "--secure-file-priv=NULL")
#: `root` exists for "localhost" only, which without name resolution is not 127.0.0.1.
ADMINISTRATOR = (
    f"CREATE USER IF NOT EXISTS 'root'@'{HOST}' IDENTIFIED BY '';\n"
    f"GRANT ALL PRIVILEGES ON *.* TO 'root'@'{HOST}' WITH GRANT OPTION;\n"
)


def start(engine: Engine, folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Start a server in ``folder``: its administrator's URL, and its process."""
    environment = os.environ | engine.environment
    _initialise(engine, folder, environment)
    administrator = folder / "administrator.sql"
    administrator.write_text(ADMINISTRATOR)
    port = free_port()
    places = [f"--port={port}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
    command = [*_server(engine, folder), *OPTIONS, *places, f"--init-file={administrator}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    url = f"mysql+pymysql://root@{HOST}:{port}/?charset=utf8mb4"
    _wait(url, process, folder / "log")
    return url, process


def _initialise(engine: Engine, folder: Path, environment: Mapping[str, str]) -> None:
    """Fill the empty data folder."""
    ran = subprocess.run(
        _initialiser(engine, folder), env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if ran.returncode != 0:
        raise RuntimeError((ran.stderr or ran.stdout).strip()[-800:])


def _initialiser(engine: Engine, folder: Path) -> Sequence[str]:
    if engine.name == "mysql":
        return [*_server(engine, folder), "--initialize-insecure"]
    return [
        str(engine.prefix / "bin/mariadb-install-db"),
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        f"--basedir={engine.prefix}",
        f"--datadir={folder / 'data'}",
        *_as_root(),
    ]


def _server(engine: Engine, folder: Path) -> Sequence[str]:
    # A server that starts removes what it takes for its own leftovers in the folder for temporary tables, which two
    # servers must therefore not share.
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    places = [f"--basedir={engine.prefix}", f"--datadir={folder / 'data'}", f"--tmpdir={temporary}"]
    return [*engine.command, "--no-defaults", *places, *_as_root(), *(MYSQL_ONLY if engine.name == "mysql" else ())]


def _as_root() -> Sequence[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers. Raises RuntimeError with the end of its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _connection(make_url(url)).close()
        except pymysql.MySQLError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise RuntimeError(log.read_text(errors="replace").strip()[-800:]) from None
            time.sleep(0.02)
        else:
            return


def _connection(url: URL) -> Any:
    return pymysql.connect(
        host=url.host or HOST,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        charset="utf8mb4",
        autocommit=True,
    )


class MySQLDatabases(Databases):
    """On MariaDB as on MySQL."""

    errors = (pymysql.MySQLError,)

    def version(self) -> str:
        return str(self.run("SELECT version()")[0][0]).split()[0]

    def _connect(self, url: URL) -> Any:
        return _connection(url)

    def _create(self, name: str) -> None:
        self.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")

    def _drop(self, name: str) -> None:
        """A transaction that a test left open would hold its tables for ever: whoever is connected goes first."""
        for (connection,) in self.run(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
            with contextlib.suppress(pymysql.MySQLError):
                self.run(f"KILL {connection}")
        self.run(f"DROP DATABASE IF EXISTS {name}")
