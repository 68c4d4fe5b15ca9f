"""A private PostgreSQL, started by stock pytest-postgresql, as root too; and databases on it."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from pytest_postgresql.executors import PostgreSQLExecutor
from sqlalchemy.engine import URL

from tests.support.databases import HOST, Databases, free_port
from tests.support.engines import Engine, EngineMissing

#: Workers of pytest-xdist, each with pools, and tests in which many connections race. A crash may lose everything.
OPTIONS = "-c max_connections=300 -c full_page_writes=off -c synchronous_commit=off"
START_SECONDS = 120
#: "nobody": initdb looks the user up in /etc/passwd.
NOBODY = 65534
#: Where user namespaces are forbidden, as they often are in containers, a capability opens root's folders instead; the
#: secure bit is for access(2), which asks for the rights of the real user otherwise.
AS_NOBODY = (
    ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"),
    (
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",
    ),
)


def start(engine: Engine, folder: Path) -> tuple[str, PostgreSQLExecutor]:
    """Start a server in ``folder``: its administrator's URL, and what stops it as soon as nobody holds it."""
    port = free_port()
    executor = PostgreSQLExecutor(
        executable=str(_pg_ctl(engine, folder)),
        host=HOST,
        port=port,
        datadir=str(folder / "data"),
        unixsocketdir=str(folder),
        logfile=str(folder / "log"),
        startparams="-w",
        dbname="postgres",
        timeout=START_SECONDS,
        postgres_options=OPTIONS,
    )
    try:
        executor.start()  # comes back when the port is open, which is before the server lets anybody in
        executor.process.wait(START_SECONDS)  # `pg_ctl start -w`: comes back when it does
    except Exception as error:
        log = folder / "log"
        raise RuntimeError(f"{error} {log.read_text(errors='replace')[-800:] if log.exists() else ''}") from error
    return f"postgresql+psycopg://postgres@{HOST}:{port}/", executor


def _pg_ctl(engine: Engine, folder: Path) -> Path:
    """PostgreSQL refuses to run as root: there its ``pg_ctl`` is called through a wrapper."""
    if os.geteuid() != 0:
        return Path(engine.command[0])
    wrapper = folder / "pg_ctl"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join([*as_nobody(), *engine.command])} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


@functools.cache
def as_nobody() -> tuple[str, ...]:
    """The command that runs another one as somebody who is not root, and can still use root's folders."""
    for command in AS_NOBODY:
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    raise EngineMissing(
        "PostgreSQL does not run as root, and neither `unshare --user` nor `setpriv` is allowed here: "
        "run the tests as an ordinary user."
    )


class PostgreSQLDatabases(Databases):
    """``template0``, because nobody can be connected to it; files copied, because the log is slower."""

    errors = (psycopg.Error,)

    def version(self) -> str:
        return str(self.run("SHOW server_version")[0][0]).split()[0]

    @functools.cached_property
    def _strategy(self) -> str:
        return "STRATEGY file_copy" if int(self.version().split(".")[0]) >= 15 else ""

    def _connect(self, url: URL) -> Any:
        return psycopg.connect(
            host=url.host,
            port=url.port or 5432,
            user=url.username,
            password=url.password,
            dbname=url.database or "postgres",
            autocommit=True,
        )

    def _create(self, name: str) -> None:
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {self._strategy}")

    def _drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
