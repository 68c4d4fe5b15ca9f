"""Histories in the style of projects that came from Alembic: complete scripts in a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from schemashift import Migrator

IMPORTS = "import sqlalchemy as sa\nfrom schemashift import context, op\n"


class History:
    """A folder of scripts, and a database that they are run on."""

    def __init__(self, folder: Path, url: str, **settings: Any) -> None:
        self.versions = folder / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        self.engine = sa.create_engine(url, poolclass=NullPool)
        self.migrator = Migrator(self.engine, directory=folder / "migrations", **settings)
        self.ids: list[str] = []

    def add(self, upgrade: str, downgrade: str = "pass", *, top: str = "") -> None:
        """Write the next script; *top* is inserted between its header and its functions."""
        name = f"{len(self.ids) + 1:04}abcdef"
        bodies = (textwrap.indent(textwrap.dedent(each).strip(), "    ") for each in (upgrade, downgrade))
        up, down = bodies
        header = f"revision = {name!r}\ndown_revision = {self.ids[-1] if self.ids else None!r}\n"
        text = f"{IMPORTS}\n{header}\n{textwrap.dedent(top)}\n\ndef upgrade():\n{up}\n\n\ndef downgrade():\n{down}\n"
        (self.versions / f"{name}_.py").write_text(text)
        self.ids.append(name)

    def walk(self) -> None:
        """Up in one run, down a step at a time, and up again a step at a time."""
        self.migrator.upgrade("head")
        for parent in [*reversed(self.ids[:-1]), "base"]:
            self.migrator.downgrade(parent)
        assert self.tables() == set()
        for name in self.ids:
            self.migrator.upgrade(name)

    @property
    def inspector(self) -> sa.Inspector:
        """Return a new Inspector of the database."""
        return sa.inspect(self.engine)

    def tables(self) -> set[str]:
        """Return the tables, except the version table."""
        return set(self.inspector.get_table_names()) - {"version"}

    def send(self, *statements: str) -> None:
        """Run statements and commit."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]
