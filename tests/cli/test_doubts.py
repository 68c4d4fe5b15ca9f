"""What could not be read or compared is said: a warning for each, in the line that says all is well, and in JSON."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from schemashift.dialects.sqlite.parse import ParseError, parse_table
from tests.cli.conftest import Project

WARNING = 'warning: table "odd" cannot be read: nor does the Inspector'
DOUBT = {"kind": "table", "name": "odd", "what": "read", "reason": "nor does the Inspector"}


@pytest.fixture
def doubtful(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose models match a database that has one table more, which nobody can read."""
    project.start()
    project.ok("revision", "--autogenerate", "-m", "users")
    project.ok("upgrade")
    engine = sa.create_engine(f"sqlite:///{project.folder / 'app.db'}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE odd (id INTEGER PRIMARY KEY)")

    def parse(sql: str) -> object:
        if "odd" in sql:
            raise ParseError("a word that nobody knows", 13)
        return parse_table(sql)

    def inspect(connection: sa.Connection, names: object) -> object:
        raise sa.exc.UnreflectableTableError("nor does the Inspector")

    monkeypatch.setattr("schemashift.dialects.sqlite.read.parse_table", parse)
    monkeypatch.setattr("schemashift.dialects.sqlite.read.reflect.tables", inspect)
    return project


def test_check_does_not_just_say_that_all_is_well(doubtful: Project) -> None:
    found = doubtful.ok("check")
    assert "models    1 table matches; not compared: 1 object of the database" in found.out
    assert found.err.splitlines() == [WARNING]
    assert "not compared: 1 object of the database" in doubtful.ok("check", "-q").out


def test_check_says_it_in_json(doubtful: Project) -> None:
    document = doubtful.ok("check", "--json").document
    assert document["not_compared"] == [DOUBT]
    assert document["parts"][-1]["text"] == "1 table matches; not compared: 1 object of the database"


def test_status_says_it(doubtful: Project) -> None:
    found = doubtful.ok("status")
    assert "models    match the head; not compared: 1 object of the database" in found.out
    assert WARNING in found.err.splitlines()
    assert doubtful.ok("status", "--json").document["not_compared"] == [DOUBT]


def test_autogenerate_says_it_whether_something_is_written_or_not(doubtful: Project) -> None:
    assert WARNING in doubtful.ok("revision", "--autogenerate").err.splitlines()
    assert doubtful.ok("revision", "--autogenerate", "--json").document["not_compared"] == [DOUBT]
    doubtful.write_models("    token: Mapped[str | None] = mapped_column(String(40))\n")
    written = doubtful.ok("revision", "--autogenerate", "-m", "token", "--json").document
    assert written["written"] is not None
    assert written["not_compared"] == [DOUBT]


def test_without_doubts_there_is_nothing_to_say(project: Project) -> None:
    project.start()
    project.ok("revision", "--autogenerate", "-m", "users")
    project.ok("upgrade")
    assert project.ok("check").err == ""
    for command in (["check"], ["status"], ["revision", "--autogenerate"]):
        assert project.ok(*command, "--json").document["not_compared"] == []
