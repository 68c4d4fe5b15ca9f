"""A database for each test, created in milliseconds on a server that the whole run shares.

What is specific to PostgreSQL and MySQL is in :mod:`tests.support.postgresql` and :mod:`tests.support.mysql`.
"""

from __future__ import annotations

import abc
import contextlib
import random
import secrets
import socket
from typing import Any, ClassVar

from sqlalchemy.engine import URL, make_url

HOST = "127.0.0.1"
#: On somebody's server, nothing without it is ever touched.
PREFIX = "schemashift_test_"
#: Below what systems hand out to outgoing connections: between the choice and the server's start nobody takes it.
PORTS = range(20_000, 32_000)


class Databases(abc.ABC):
    """The administrator of one server, over one connection: creates and drops databases."""

    errors: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._connection: Any = None

    def create(self) -> str:
        """Create an empty database and return its URL."""
        name = f"{PREFIX}{secrets.token_hex(6)}"
        self._create(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop the database of ``url``, even if it is in use."""
        name = make_url(url).database or ""
        if not name.startswith(PREFIX):
            raise ValueError(f"not a database of the tests: {name!r}")
        self._drop(name)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with contextlib.suppress(*self.errors):
                self._connection.close()
            self._connection = None

    def run(self, statement: str) -> list[Any]:
        """Execute ``statement`` outside transactions and return its rows."""
        if self._connection is None:
            self._connection = self._connect(self._url)
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    @abc.abstractmethod
    def version(self) -> str:
        """Return the version of the server, as in ``15.18`` or ``10.11.18-MariaDB``."""

    @abc.abstractmethod
    def _connect(self, url: URL) -> Any: ...

    @abc.abstractmethod
    def _create(self, name: str) -> None: ...

    @abc.abstractmethod
    def _drop(self, name: str) -> None: ...


def free_port() -> int:
    """Return a TCP port that is free at the moment."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
