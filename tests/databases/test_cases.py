"""Each case of ``tests/cases`` on each database it is for: the script, the SQL, and that both lead there and back.
Replayed without a database, the scripts say all that the models do.

``CASES=write`` puts what comes out into the files in place of what was expected: read it before it is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.autogenerate.compare import spelled_alike
from schemashift.dialects import dialect_for
from schemashift.diff import diff, match
from schemashift.events import StatementSent
from schemashift.objects import KINDS
from schemashift.operations import Operation
from schemashift.sources.models import read_models
from schemashift.sources.replay import replay
from tests.cases.case import PARTS, Case, cases, updated
from tests.support.catalogue import Catalogue, catalogue, difference
from tests.support.circle import names_in
from tests.support.scripts import environment_of

WRITE = os.environ.get("CASES") == "write"
STANDARD = ("import sqlalchemy as sa", "from schemashift import op")

PAIRS = [(case, name) for case in cases() for name in case.databases]


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=[f"{case.path.stem}-{name}" for case, name in PAIRS])
def test_case(case: Case, name: str, new_database_on: Callable[[str], str], tmp_path: Path) -> None:
    run = Run(case, name, new_database_on, tmp_path / "migrations")
    got = run.there_and_back()
    if WRITE:
        with updated(case.path) as kept:
            for part in PARTS:
                kept.found[part].pop(name, None)
                kept.found[part].update({name: got[part]} if part in got else {})
        return
    for part in PARTS:
        assert got.get(part) == case.found[part].get(name), f"{part} of {case.path.name} (CASES=write rewrites it)"


def test_a_case_is_written_as_it_is_read() -> None:
    for case in cases():
        assert str(case) == case.path.read_text(encoding="utf-8"), case.path.name


class Run:
    """One case on one database."""

    def __init__(self, case: Case, name: str, new_database_on: Callable[[str], str], folder: Path) -> None:
        self.case = case
        self.new_database = lambda: new_database_on(name)
        self.url = self.new_database()
        self.folder = folder
        self.before, self.after = case.models(case.before), case.models(case.after)
        self.named = names_in(self.before) | names_in(self.after)
        self.sent: list[str] = []

    def there_and_back(self) -> dict[str, str]:
        """What came out, by part, when everything else is as it should be."""
        wanted_before, wanted_after = self.created(self.before), self.created(self.after)
        self.migrator(self.before).init()
        if self.before.tables:
            assert self.migrator(self.before).revision("before", autogenerate=True).revision
            self.migrator(self.before).upgrade()
        self.is_like(wanted_before)
        self.insert()
        written = self.migrator(self.after).revision("after", autogenerate=True).revision
        assert written is not None, "nothing changed"
        got = {"Script": _functions(Path(written.path).read_text(encoding="utf-8"))}
        self.migrator(self.after).upgrade()
        upgrade, self.sent = self.sent, []
        self.is_like(wanted_after)
        assert self.migrator(self.after).diff().operations == ()
        assert self.replayed() == ()
        if self.case.rows is not None:
            got["Rows after"] = self.rows()
        self.migrator(self.after).downgrade("-1")
        got["SQL"] = _sql(upgrade, self.sent)
        self.is_like(wanted_before)
        self.migrator(self.after).upgrade()
        self.is_like(wanted_after)
        return got

    def replayed(self) -> tuple[Operation, ...]:
        """What the scripts, replayed without a database, lack of the models; nothing is asked."""
        with sa.create_engine(self.url, poolclass=sa.NullPool).connect() as connection:
            dialect = dialect_for(connection.dialect)
        # The convention under which the first script ran: a case may adopt one.
        project = self.migrator(self.before if self.before.tables else self.after).project
        environment = environment_of(dialect, convention=project.naming_convention)
        replayed = replay((project.scripts.load(each) for each in project.graph()), dialect, environment)
        assert replayed.doubts == ()
        pairs = match(replayed.schema, read_models([self.after], dialect).schema, traits=dialect)
        return diff(spelled_alike(pairs, dialect), kinds=KINDS, traits=dialect)

    def migrator(self, models: sa.MetaData) -> Migrator:
        return Migrator(self.url, models=models, directory=self.folder, listener=self.listen)

    def listen(self, event: object) -> None:
        if isinstance(event, StatementSent):
            self.sent.append(event.sql)

    def created(self, models: sa.MetaData) -> Catalogue:
        """What ``create_all`` makes of *models*, in a database of its own."""
        engine = sa.create_engine(self.new_database(), poolclass=sa.NullPool)
        with engine.begin() as connection:
            for schema in sorted({table.schema for table in models.tables.values() if table.schema}):
                connection.execute(sa.schema.CreateSchema(schema))
            models.create_all(connection)
        return self.seen(engine)

    def seen(self, engine: sa.Engine) -> Catalogue:
        """What the judge says of a database, whatever its name is: MariaDB writes it before a sequence's."""
        with engine.connect() as connection:
            found = catalogue(connection, self.named)
        database = str(engine.url.database)
        return {name: frozenset(line.replace(f"`{database}`.", "") for line in each) for name, each in found.items()}

    def is_like(self, wanted: Catalogue) -> None:
        got = self.seen(sa.create_engine(self.url, poolclass=sa.NullPool))
        assert got == wanted, difference(got, wanted)

    def insert(self) -> None:
        with sa.create_engine(self.url, poolclass=sa.NullPool).begin() as connection:
            for statement in (self.case.rows or "").split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        self.sent.clear()

    def rows(self) -> str:
        """The rows of every table, as a person would note them."""
        lines = []
        with sa.create_engine(self.url, poolclass=sa.NullPool).connect() as connection:
            for table in self.after.sorted_tables:
                found = connection.execute(table.select().order_by(*table.primary_key)).all()
                lines += [f"{table.key}: {', '.join(map(_noted, row))}" for row in found]
        return "".join(f"{line}\n" for line in lines)


def _noted(value: object) -> str:
    """A SET has no order in Python."""
    return str(sorted(value)) if isinstance(value, set) else str(value)


def _functions(script: str) -> str:
    """The two functions, and the imports that not every script has."""
    imports = [line for line in script.splitlines() if re.match(r"import |from ", line) and line not in STANDARD]
    body = script[script.index("def upgrade()") :]
    return "\n".join([*imports, "", "", body] if imports else [body])


def _sql(upgrade: list[str], downgrade: list[str]) -> str:
    return f"-- upgrade\n{_statements(upgrade)}\n-- downgrade\n{_statements(downgrade)}"


def _statements(sent: list[str]) -> str:
    return "".join(f"{re.sub(r'[ ]+$', '', each.strip(), flags=re.MULTILINE)};\n" for each in sent)
