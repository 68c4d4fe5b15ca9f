"""The whole circle for a pair of models, on a real database and through real scripts.

A by autogenerate from nothing and upgrade, equal to ``A.create_all()``; nothing more to do; rows; to B, equal to
``B.create_all()``; rows there; nothing more to do; downgrade, equal to A; upgrade again, equal to B.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import sqlalchemy as sa

from schemashift import Migrator
from tests.support import models
from tests.support.catalogue import Catalogue, catalogue, difference

ROWS = 3


class Impossible(Exception):
    """``create_all()`` itself cannot make these models on this database."""


class Circle:
    """One pair; `run` raises AssertionError, or what a step raised, with the step's name in its notes."""

    def __init__(
        self, first: models.Tables, second: models.Tables, folder: pathlib.Path, new_database: Callable[[], str]
    ) -> None:
        self.url = new_database()
        self.folder = folder
        self.new_database = new_database
        self.dialect = sa.make_url(self.url).get_backend_name()
        self.first, self.second = first, second
        self.step = ""

    def run(self) -> None:
        """Run all steps."""
        try:
            self._run()
        except Exception as error:
            scripts = sorted((self.folder / "versions").glob("*.py"))
            text = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
            error.add_note(f"at {self.step} on {self.dialect}\n{text}")
            raise

    def _run(self) -> None:
        try:
            first, second = (models.build(tables, self.dialect) for tables in (self.first, self.second))
        except (KeyError, StopIteration, RuntimeError, sa.exc.SQLAlchemyError) as error:
            # A smaller case that is none: a key to a column that was taken out.
            raise Impossible(str(error)) from error
        migrator = self._migrator(first)
        migrator.init()
        wanted_first, wanted_second = self._created(first), self._created(second)
        self._forward(first, "first", wanted_first)
        self.step = "inserting rows"
        self._insert(first)
        changed = self._forward(second, "second", wanted_second)
        self.step = "looking for the rows"
        self._count(second)
        if not changed:
            return
        self.step = "downgrade"
        migrator.downgrade("-1")
        self._equal(first, wanted_first)
        self.step = "upgrade again"
        migrator.upgrade("head")
        self._equal(second, wanted_second)

    def _migrator(self, metadata: sa.MetaData) -> Migrator:
        return Migrator(self.url, models=metadata, directory=self.folder)

    def _created(self, metadata: sa.MetaData) -> Catalogue:
        """Return the catalogue after ``create_all`` in a separate database, where autogenerate must find no
        differences.
        """
        self.step = "create_all"
        url = self.new_database()
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        try:
            if self.dialect == "postgresql":
                # create_all() creates tables, but not their schemas.
                with engine.begin() as connection:
                    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS other")
            metadata.create_all(engine)
        except sa.exc.SQLAlchemyError as error:
            raise Impossible(str(error)) from error
        self.step = "comparing with create_all's"
        found = Migrator(engine, models=metadata, directory=self.folder).diff()
        assert not found.operations, _list(found.operations)
        with engine.connect() as connection:
            return _checked(catalogue(connection, names_in(metadata)))

    def _forward(self, metadata: sa.MetaData, message: str, wanted: Catalogue) -> bool:
        """Autogenerate and upgrade to *metadata*; return False if there was nothing to do."""
        migrator = self._migrator(metadata)
        self.step = f"writing {message}"
        written = migrator.revision(message, autogenerate=True)
        self.step = f"upgrading to {message}"
        migrator.upgrade("head")
        self._equal(metadata, wanted)
        self.step = f"comparing again after {message}"
        found = migrator.diff()
        assert not found.operations, _list(found.operations)
        return written.revision is not None

    def _equal(self, metadata: sa.MetaData, wanted: Catalogue) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            got = _checked(catalogue(connection, names_in(metadata)))
        assert got == wanted, difference(got, wanted)

    def _insert(self, metadata: sa.MetaData) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        off = {
            "sqlite": "PRAGMA foreign_keys=OFF",
            "postgresql": "SET session_replication_role = replica",
        }.get(self.dialect, "SET foreign_key_checks = 0")
        with engine.begin() as connection:
            connection.exec_driver_sql(off)
            for tab in self.first.values():
                connection.execute(metadata.tables[tab.key].insert(), models.rows(tab, self.first, ROWS))

    def _count(self, metadata: sa.MetaData) -> None:
        """Check that every row, and every value of an unchanged column, still exists."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            for name, tab in self.second.items():
                if name not in self.first:
                    continue
                inserted = models.rows(self.first[name], self.first, ROWS)
                kept = [each for each in models.kept_columns(self.first[name], tab) if each in inserted[0]]
                # Rows without a value in a column that is NOT NULL now were given one.
                lacking = {each for row in inserted for each, value in row.items() if value is None}
                kept = [each for each in kept if each not in lacking or tab.col(each).nullable]
                table = metadata.tables[tab.key]
                chosen = [*(table.c[each] for each in kept), sa.literal_column("1")]
                found = connection.execute(sa.select(*chosen).select_from(table).order_by(table.c.id)).all()
                wanted = [(*(row[each] for each in kept), 1) for row in inserted]
                assert [tuple(row) for row in found] == wanted, f"rows of {name}"


def names_in(metadata: sa.MetaData) -> set[str]:
    """Return the names that the models declare; the others are chosen by the database."""
    tables = metadata.tables.values()
    columns = (part for table in tables for column in table.columns for part in column.constraints)
    parts = (*(part for table in tables for part in (*table.constraints, *table.indexes)), *columns)
    return {str(part.name) for part in parts if part.name}


def _list(operations: object) -> str:
    return "\n".join(str(operation.describe()) for operation in operations)  # type: ignore[attr-defined]


def _checked(found: Catalogue) -> Catalogue:
    """Return *found* as if all rows had been checked: in CREATE TABLE, PostgreSQL ignores NOT VALID."""
    return {name: frozenset(line.replace(" NOT VALID", "") for line in lines) for name, lines in found.items()}
