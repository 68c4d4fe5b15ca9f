"""When operations wait, and when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import op
from schemashift.errors import MigrationFailed, OutsideMigration
from tests.support.scripts import Scripts, rows_of, send, state_of, tables_of

USERS = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))'
ADD = 'op.add_column("users", sa.Column("a", sa.Integer))'


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("users", USERS)
    return scripts


FOREIGN = {
    "execute": 'op.execute("UPDATE users SET a = 1")',
    "taken before": 'before.execute(sa.text("UPDATE users SET a = 1"))',
    "driver sql": 'before.exec_driver_sql("UPDATE users SET a = 1")',
    "get_bind": 'op.get_bind().execute(sa.text("UPDATE users SET a = 1"))',
    "session": 'Session(bind=before).execute(sa.text("UPDATE users SET a = 1"))',
    "inspector": 'assert "a" in [each["name"] for each in sa.inspect(before).get_columns("users")]',
    "reflection": 'assert "a" in sa.Table("users", sa.MetaData(), autoload_with=before).c',
    "bulk_insert": 'op.bulk_insert(sa.table("users", sa.column("a")), [{"a": 1}])',
}


@pytest.mark.parametrize("how", FOREIGN)
def test_whatever_else_is_sent_finds_the_operations_done(scripts: Scripts, database_url: str, how: str) -> None:
    scripts.add("it", f"before = op.get_bind()\n{ADD}\n{FOREIGN[how]}", imports="from sqlalchemy.orm import Session")
    scripts.go(database_url)
    assert state_of(database_url).applied == {"users", "it"}


def test_operations_wait_for_the_end_of_the_script(scripts: Scripts, sqlite_url: str) -> None:
    """On SQLite a run of operations is one rebuild."""
    scripts.add(
        "it",
        """
        op.alter_column("users", "name", nullable=False)
        op.create_check_constraint("ck", "users", "name <> ''")
        op.create_unique_constraint("uq", "users", ["name"])
        """,
    )
    assert sum(sql.startswith("CREATE TABLE") for sql in scripts.sql(sqlite_url)) == 2


def test_an_error_of_a_waiting_operation_names_the_line_it_was_written_on(scripts: Scripts, database_url: str) -> None:
    scripts.add("it", f'{ADD}\nop.rename_table("nowhere", "elsewhere")\nop.drop_table("users")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert [place.line for place in caught.value.where] == [scripts.line("it", "nowhere")]


CAUGHT = {
    "try": """
        try:
            op.drop_table("nowhere")
        except Exception as error:
            op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
    "suppress": """
        with contextlib.suppress(Exception):
            op.drop_table("nowhere")
        op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
    "further up": """
        def helper():
            op.drop_table("nowhere")

        try:
            helper()
        except Exception:
            op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
    "statement": """
        try:
            op.execute("DELETE FROM nowhere")
        except Exception:
            op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
    "batch": """
        try:
            with op.batch_alter_table("users") as batch:
                batch.add_column(sa.Column("gone", sa.Integer))
                batch.drop_column("nowhere")
        except Exception:
            op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
    "lookup": """
        try:
            op.alter_column("nowhere", "a", nullable=False)
        except Exception:
            op.execute("INSERT INTO users (id, name) VALUES (1, 'caught')")
        """,
}


@pytest.mark.parametrize("how", CAUGHT)
def test_an_error_that_the_script_catches_comes_out_there_and_the_script_goes_on(
    scripts: Scripts, database_url: str, how: str
) -> None:
    """On PostgreSQL only a SAVEPOINT makes that possible."""
    scripts.add("it", f"{ADD}\n{_dedent(CAUGHT[how])}", imports="import contextlib")
    scripts.go(database_url)
    assert rows_of(database_url, "SELECT name, a FROM users") == [("caught", None)]
    assert state_of(database_url).applied == {"users", "it"}


def test_a_caught_error_takes_back_its_operation_and_no_other(scripts: Scripts, database_url: str) -> None:
    scripts.add(
        "it",
        """
        op.create_table("kept", sa.Column("id", sa.Integer))
        try:
            op.create_table("users", sa.Column("id", sa.Integer))
        except Exception:
            pass
        op.create_table("also_kept", sa.Column("id", sa.Integer))
        """,
    )
    scripts.go(database_url)
    assert tables_of(database_url) == ["also_kept", "kept", "users"]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_caught_batch_is_taken_back_whole(scripts: Scripts, database_url: str) -> None:
    scripts.add("it", _dedent(CAUGHT["batch"]))
    scripts.go(database_url)
    with pytest.raises(sa.exc.DBAPIError):
        send(database_url, "SELECT gone FROM users")


def test_a_finally_alone_catches_nothing(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add(
        "it",
        """
        try:
            op.alter_column("users", "name", nullable=False)
            op.create_unique_constraint("uq", "users", ["name"])
        finally:
            pass
        """,
    )
    assert sum(sql.startswith("CREATE TABLE") for sql in scripts.sql(sqlite_url)) == 2


def test_an_operation_called_from_another_file_does_not_wait(
    scripts: Scripts, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours_helpers.py").write_text(
        "from schemashift import op\n\n"
        "def drop(name):\n    try:\n        op.drop_table(name)\n"
        "    except Exception:\n        return False\n    return True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    scripts.add(
        "it",
        'assert not drop("nowhere")\nassert drop("users")\nop.execute("SELECT 1")',
        imports="from ours_helpers import drop",
    )
    scripts.go(database_url)
    assert tables_of(database_url) == []


def test_an_error_from_another_file_names_both_lines(
    scripts: Scripts, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other_helpers.py").write_text(
        "from schemashift import op\n\ndef drop(name):\n    op.drop_table(name)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    scripts.add("it", 'drop("nowhere")', imports="from other_helpers import drop")
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    script, helper = caught.value.where
    assert (script.line, script.function) == (scripts.line("it", 'drop("nowhere")'), "upgrade")
    assert (Path(helper.path).name, helper.line, helper.source.strip()) == (
        "other_helpers.py",
        4,
        "op.drop_table(name)",
    )


def test_a_batch_is_one_group_and_an_error_in_it_takes_back_what_it_asked_for(
    scripts: Scripts, database_url: str
) -> None:
    scripts.add(
        "it",
        """
        try:
            with op.batch_alter_table("users") as batch:
                batch.add_column(sa.Column("gone", sa.Integer))
                raise LookupError
        except LookupError:
            pass
        """,
    )
    scripts.go(database_url)
    with pytest.raises(sa.exc.DBAPIError):
        send(database_url, "SELECT gone FROM users")


def test_op_is_unbound_again_when_the_script_is_over(scripts: Scripts, sqlite_url: str) -> None:
    scripts.go(sqlite_url)
    with pytest.raises(OutsideMigration):
        op.get_bind()


def test_a_thread_of_the_script_has_no_migration_unless_it_takes_the_context_along(
    scripts: Scripts, postgresql_url: str
) -> None:
    scripts.add(
        "it",
        """
        found = []
        def work():
            try:
                op.f("x"), op.get_context().dialect.name
            except Exception as error:
                found.append(type(error).__name__)
        for target in (work, functools.partial(contextvars.copy_context().run, work)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        assert found == ["OutsideMigration"], found
        """,
        imports="import contextvars, functools, threading",
    )
    scripts.go(postgresql_url)


def _dedent(text: str) -> str:
    import textwrap

    return textwrap.dedent(text).strip()
