"""Migration scripts in a separate folder, run over real connections without the command line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from schemashift.dialects import Dialect, dialect_for
from schemashift.events import Event, RunFinished, StatementSent
from schemashift.op.buffer import Environment
from schemashift.results import Run
from schemashift.revisions import Plan, RevisionGraph, plan, read_targets
from schemashift.runner import run
from schemashift.schema import TableName
from schemashift.scripts.directory import ScriptDirectory
from schemashift.state.version_table import State, VersionTable

_SCRIPT = '''"""{message}"""
import sqlalchemy as sa
from schemashift import op
{imports}
revision = "{revision}"
down_revision = {parent!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''


class Scripts:
    """A migrations directory. Each script `add` writes revises the one before it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "versions").mkdir(parents=True, exist_ok=True)
        self.directory = ScriptDirectory(folder)
        self.last: str | None = None
        self.graph = RevisionGraph([])

    def add(
        self, revision: str, upgrade: str = "pass", downgrade: str = "pass", *, message: str = "", imports: str = ""
    ) -> Path:
        """Write a script; bodies are dedented. The path of its file."""
        path = self.folder / "versions" / f"{revision}.py"
        path.write_text(
            _SCRIPT.format(
                message=message or f"the {revision}",
                imports=textwrap.dedent(imports),
                revision=revision,
                parent=self.last,
                upgrade=textwrap.indent(textwrap.dedent(upgrade).strip(), "    "),
                downgrade=textwrap.indent(textwrap.dedent(downgrade).strip(), "    "),
            ),
            encoding="utf-8",
        )
        self.last = revision
        return path

    def rewrite(self, revision: str, old: str, new: str) -> None:
        """Mend a script."""
        path = self.folder / "versions" / f"{revision}.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def line(self, revision: str, text: str) -> int:
        """Return the number of the line of a script that contains *text*."""
        lines = (self.folder / "versions" / f"{revision}.py").read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def plan_for(self, target: str, direction: str = "upgrade") -> Callable[[frozenset[str]], Plan]:
        """Return the plan as a function, as `run` accepts it."""
        self.graph = self.directory.graph()
        targets = read_targets(self.graph, target)
        return lambda applied: plan(self.graph, applied, targets, direction)  # type: ignore[arg-type]

    def run(
        self,
        connection: sa.Connection,
        target: str = "head",
        direction: str = "upgrade",
        *,
        versions: VersionTable | None = None,
        **options: Any,
    ) -> Run:
        """Run over a connection."""
        plan_for = self.plan_for(target, direction)
        return run(
            connection,
            plan_for,
            dialect=dialect_for(connection.dialect),
            load=lambda revision: self.directory.load(self.graph[revision]),
            versions=versions or VersionTable(),
            **options,
        )

    def go(
        self,
        database: str | sa.Engine | sa.Connection,
        target: str = "head",
        direction: str = "upgrade",
        **options: Any,
    ) -> list[Event]:
        """Run over a URL, an engine or a connection. The last event must be the end of the run."""
        found: list[Event] = []
        if isinstance(database, sa.Connection):
            self.run(database, target, direction, listener=found.append, **options)
        else:
            with connected(database) as connection:
                self.run(connection, target, direction, listener=found.append, **options)
        assert isinstance(found[-1], RunFinished)
        return found

    def sql(self, database: str | sa.Engine | sa.Connection, target: str = "head", **options: Any) -> list[str]:
        """The statements of `go`."""
        return [event.sql for event in self.go(database, target, **options) if isinstance(event, StatementSent)]


def environment_of(dialect: Dialect, **options: Any) -> Environment:
    """What a script can find out in a run with these options (``x``, ``convention``), to record it."""
    versions = options.pop("version_table", TableName("version"))
    return Environment(
        dialect=dialect.sa,
        transactional_ddl=dialect.transactional_ddl,
        normal=dialect.normal,
        version_table=versions,
        **options,
    )


@contextmanager
def connected(database: str | sa.Engine) -> Iterator[sa.Connection]:
    """Yield a separate connection, and close it afterwards."""
    if isinstance(database, sa.Engine):
        with database.connect() as connection:
            yield connection
        return
    engine = sa.create_engine(database, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def held(database: str) -> Iterator[sa.Connection]:
    """Hold the migration lock on another connection."""
    with connected(database) as connection:
        session = dialect_for(connection.dialect).session(connection)
        with session.run():
            assert list(session.wait_for_lock(TableName("version"), 0)) == []
            try:
                yield connection
            finally:
                session.unlock()


def state_of(database: str | sa.Engine) -> State:
    """Return the state in the version table."""
    with connected(database) as connection:
        return VersionTable().read(connection)


def tables_of(database: str | sa.Engine) -> list[str]:
    """Return the names of the tables, except the version table, sorted."""
    with connected(database) as connection:
        return sorted(name for name in sa.inspect(connection).get_table_names() if name != "version")


def rows_of(
    database: str | sa.Engine, query: str, parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connected(database) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), parameters or {})]


def send(database: str | sa.Engine, *statements: str) -> None:
    """Run statements and commit."""
    with connected(database) as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
        connection.commit()
