"""What is asked, of whom, and what the answers do."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from schemashift.cli.ui import Ui
from tests.cli.conftest import Project
from tests.cli.test_streams import on_terminal


@pytest.fixture
def full(project: Project) -> Project:
    """Two tables, three rows, two revisions."""
    project.start()
    project.revision(
        "aaa1",
        None,
        'op.create_table("users", sa.Column("id", sa.Integer), sa.Column("name", sa.String(9)))\n'
        '    op.create_table("empty", sa.Column("id", sa.Integer))',
        'op.drop_table("empty")\n    op.drop_table("users")',
    )
    project.revision(
        "bbb2", "aaa1", 'op.add_column("users", sa.Column("age", sa.Integer))', 'op.drop_column("users", "age")'
    )
    project.ok("upgrade")
    with _engine(project).begin() as connection:
        connection.exec_driver_sql("INSERT INTO users VALUES (1, 'a', 30), (2, 'b', NULL), (3, 'c', NULL)")
    return project


def _engine(project: Project) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool)


def test_no_keeps_everything(full: Project) -> None:
    shown = on_terminal(full, "downgrade", "base", answer="n\n", NO_COLOR="1").replace("\r\n", "\n")
    assert "sqlite:///app.db   bbb2 -> base   2 revisions\n\n" in shown
    assert "  bbb2  bbb2 it is  drops users.age (1 value)\n" in shown
    assert "  aaa1  aaa1 it is  drops users (3 rows)\n" in shown
    assert "? Go on? [y/N] " in shown
    assert "error[needs-decision]: not done" in shown
    assert full.ok("current").out == "bbb2 (head)\n"


def test_an_empty_answer_is_no(full: Project) -> None:
    assert "not done" in on_terminal(full, "downgrade", "-1", answer="\n")
    assert full.ok("current").out == "bbb2 (head)\n"


def test_yes_goes_on(full: Project) -> None:
    shown = on_terminal(full, "downgrade", "-1", answer="y\n", NO_COLOR="1")
    assert shown.count("bbb2 -> aaa1") == 1
    assert re.search(r"  ok  bbb2  bbb2 it is +\S+ ms", shown)
    assert full.ok("current").out == "aaa1\n"


def test_the_flag_answers(full: Project) -> None:
    assert "Go on?" not in on_terminal(full, "downgrade", "base", "--yes")
    assert full.ok("current").out == "base\n"


def test_what_deletes_nothing_asks_nothing(full: Project) -> None:
    with _engine(full).begin() as connection:
        connection.exec_driver_sql("DELETE FROM users")
    assert "Go on?" not in on_terminal(full, "downgrade", "base")
    assert "Go on?" not in on_terminal(full, "upgrade", "head")


def test_without_a_terminal_nobody_is_asked(full: Project) -> None:
    found = full.shell("downgrade", "base")
    assert found.code == 0
    assert "?" not in found.err


def test_an_upgrade_that_deletes_asks_too(full: Project) -> None:
    full.revision("ccc3", "bbb2", 'op.drop_column("users", "name")')
    shown = on_terminal(full, "upgrade", answer="n\n", NO_COLOR="1")
    assert "drops users.name (3 values)" in shown
    assert full.ok("current").out == "bbb2\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('op.rename_table("users", "people")\n    op.drop_table("people")', "drops users (3 rows)"),
        (
            'op.get_bind().execute(sa.text("SELECT 1")).all()\n    op.drop_table("users")',
            "may delete what cannot be counted: it asks the database: SELECT 1",
        ),
        ('op.execute("DROP TABLE users")', "executes SQL that deletes: DROP TABLE users"),
    ],
)
def test_what_cannot_be_counted_is_asked_about(full: Project, body: str, expected: str) -> None:
    full.revision("ccc3", "bbb2", body)
    shown = on_terminal(full, "upgrade", answer="n\n", NO_COLOR="1")
    assert f"  ccc3  ccc3 it is  {expected}" in shown
    assert "? Go on? [y/N] " in shown
    assert full.ok("current").out == "bbb2\n"


# -- while somebody thinks


def test_what_another_process_changed_in_the_meantime_stops_the_run(full: Project) -> None:
    full.revision(
        "ccc3", "bbb2", 'op.add_column("users", sa.Column("more", sa.Integer))', 'op.drop_column("users", "more")'
    )
    changed: list[int] = []
    shown = on_terminal(
        full, "downgrade", "base", answer="y\n", NO_COLOR="1",
        meanwhile=lambda: changed.append(full.shell("upgrade").code),
    ).replace("\r\n", "\n")  # fmt: skip
    assert changed == [0]
    assert "error[needs-decision]: not done: the database changed while you were asked\n" in shown
    assert "it would now downgrade ccc3 (ccc3 it is)\n" in shown
    assert "it would now downgrade bbb2 (bbb2 it is), which drops users.age (1 value)\n" in shown
    assert "it was at bbb2, and now it is at ccc3" in shown
    assert "run it again" in shown
    assert full.ok("current").out == "ccc3 (head)\n"
    with _engine(full).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM users").scalar() == 3


def test_what_another_process_has_done_already_is_not_done_twice(full: Project) -> None:
    shown = on_terminal(
        full, "downgrade", "aaa1", answer="y\n", NO_COLOR="1", meanwhile=lambda: full.shell("downgrade", "aaa1")
    )
    assert "nothing to undo: at aaa1" in shown
    assert full.ok("current").out == "aaa1\n"


def test_an_interrupted_question_says_that_nothing_happened(full: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Ui, question: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ui, "asks", True)
    monkeypatch.setattr(Ui, "ask", interrupt)
    found = full.run("downgrade", "base")
    assert found.code == 130
    assert found.err.endswith("\ninterrupted\n")
    assert full.ok("current").out == "bbb2 (head)\n"
