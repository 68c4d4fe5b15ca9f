"""A ``schema_translate_map`` is refused before anything is done: half of a migration would follow it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.errors import NotSupported
from schemashift.results import Checked
from tests.support.scripts import Scripts, state_of, tables_of

MAP: dict[str | None, str | None] = {None: "tenant"}


def raised(checked: Checked) -> None:
    """`Migrator.check` returns its errors."""
    for part in checked.parts:
        if part.error is not None:
            raise part.error


CALLS: dict[str, Callable[[Migrator], Any]] = {
    "current": lambda migrator: migrator.current(),
    "status": lambda migrator: migrator.status(),
    "diff": lambda migrator: migrator.diff(),
    "check": lambda migrator: raised(migrator.check()),
    "revision": lambda migrator: migrator.revision("more", autogenerate=True),
    "stamp": lambda migrator: migrator.stamp("head"),
    "upgrade": lambda migrator: migrator.upgrade(),
    "downgrade": lambda migrator: migrator.downgrade("base"),
}


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("users", 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))')
    return scripts


def models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("where", ["engine", "connection", "listener"])
def test_it_is_refused_before_anything(scripts: Scripts, database_url: str, where: str, call: str) -> None:
    with sa.create_engine(database_url).connect():
        pass  # else the file of SQLite does not exist, and is not connected to
    engine = sa.create_engine(
        database_url, execution_options={"schema_translate_map": MAP} if where == "engine" else {}
    )
    if where == "listener":
        sa.event.listen(engine, "engine_connect", lambda each: each.execution_options(schema_translate_map=MAP))
    database: Any = engine
    if where == "connection":
        database = engine.connect().execution_options(schema_translate_map=MAP)
    migrator = Migrator(database, models=models(), directory=scripts.folder)
    with pytest.raises(NotSupported, match="schema_translate_map") as caught:
        CALLS[call](migrator)
    assert 'translates the default schema to schema "tenant"' in str(caught.value.cause)
    assert caught.value.state == "nothing was done"
    if where == "connection":
        database.close()
    engine.dispose()
    assert tables_of(database_url) == []
    assert not state_of(database_url).exists


@pytest.mark.parametrize("harmless", [{}, None, {None: None}, {"a": "a"}])
def test_one_that_translates_nothing_is_accepted(
    scripts: Scripts, sqlite_url: str, harmless: dict[str | None, str | None] | None
) -> None:
    engine = sa.create_engine(sqlite_url, execution_options={"schema_translate_map": harmless})
    Migrator(engine, directory=scripts.folder).upgrade()
    assert state_of(sqlite_url).applied == {"users"}
    engine.dispose()


TRANSLATED = 'op.get_bind().execution_options(schema_translate_map={None: "tenant"})'


def test_a_script_that_sets_it_cannot_create_tables_elsewhere(scripts: Scripts, database_url: str) -> None:
    scripts.add("it", TRANSLATED + '\nop.create_table("gone", sa.Column("id", sa.Integer))')
    with pytest.raises(NotSupported, match="schema_translate_map") as caught:
        scripts.go(database_url)
    assert [each.source.strip() for each in caught.value.where] == [
        'op.create_table("gone", sa.Column("id", sa.Integer))'
    ]
    assert "the database is at users" in str(caught.value.state)
    assert tables_of(database_url) == ["users"]


def test_a_script_may_translate_its_own_statements(scripts: Scripts, postgresql_url: str) -> None:
    """The version table stays where it is."""
    scripts.add(
        "it",
        f"""
        op.execute("CREATE SCHEMA tenant")
        op.execute("CREATE TABLE tenant.users (id INTEGER)")
        {TRANSLATED}
        op.get_bind().execute(sa.insert(sa.table("users", sa.column("id"))).values(id=1))
        """,
    )
    scripts.go(postgresql_url)
    assert state_of(postgresql_url).applied == {"users", "it"}
