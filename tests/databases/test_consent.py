"""What a run deletes is agreed to before it runs: what was shown runs, or nothing does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors
from schemashift.config import Config
from schemashift.project import Project
from schemashift.results import Loss
from schemashift.revisions import Plan
from tests.support.calls import counted
from tests.support.scripts import Scripts, connected, rows_of, send, state_of, tables_of


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """Two tables, one revision each, and a third revision that makes nothing."""
    scripts = Scripts(tmp_path / "migrations")
    for name in ("users", "orders"):
        scripts.add(
            name,
            f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True))',
            f'op.drop_table("{name}")',
        )
    scripts.add("notes")
    return scripts


@pytest.fixture
def there(scripts: Scripts, database_url: str) -> str:
    """A database that is at ``notes``, with a row in each table."""
    migrator(scripts, database_url).upgrade()
    send(database_url, "INSERT INTO users VALUES (1)", "INSERT INTO orders VALUES (1)")
    return database_url


def migrator(scripts: Scripts, database: str | sa.Engine | sa.Connection, **settings: Any) -> Migrator:
    return Migrator(database, directory=scripts.folder, lock_timeout=0.0, **settings)


IMPATIENCE = {"postgresql": ("SET lock_timeout = '5s'",), "mysql": ("SET lock_wait_timeout = 5",)}
"""So that a statement that has to wait fails."""


class Answer:
    """What is asked, and what happens while somebody thinks."""

    def __init__(self, answer: bool, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.answer = answer
        self.meanwhile = meanwhile
        self.asked: list[tuple[Plan, tuple[Loss, ...]]] = []

    def __call__(self, plan: Plan, losses: tuple[Loss, ...]) -> bool:
        self.asked.append((plan, losses))
        self.meanwhile()
        return self.answer


def test_yes_runs_what_was_shown(scripts: Scripts, there: str) -> None:
    yes = Answer(True)
    run = migrator(scripts, there).downgrade("users", confirm=yes)
    ((shown, losses),) = yes.asked
    assert run.plan == shown
    assert [(each.revision.id, each.what) for each in losses] == [("orders", ("orders (1 row)",))]
    assert tables_of(there) == ["users"]


def test_no_runs_nothing(scripts: Scripts, there: str) -> None:
    with pytest.raises(errors.NeedsDecision, match="not confirmed") as caught:
        migrator(scripts, there).downgrade("base", confirm=Answer(False))
    assert (caught.value.exit_code, caught.value.state) == (3, "nothing changed")
    assert state_of(there).applied == {"users", "orders", "notes"}
    assert tables_of(there) == ["orders", "users"]


def test_what_deletes_nothing_is_not_asked_about(scripts: Scripts, there: str) -> None:
    no = Answer(False)
    assert migrator(scripts, there).downgrade("-1", confirm=no).current == ("orders",)
    assert migrator(scripts, there).upgrade(confirm=no).current == ("notes",)
    assert migrator(scripts, there).upgrade(confirm=no).done == ()
    assert no.asked == []


def test_an_upgrade_that_deletes_asks_too(scripts: Scripts, there: str) -> None:
    scripts.add("gone", 'op.drop_table("orders")')
    no = Answer(False)
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, there).upgrade(confirm=no)
    assert len(no.asked) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('op.rename_table("orders", "o2")\nop.drop_table("o2")', "drops orders (1 row)"),
        ('op.rename_table("orders", "o2")\nop.drop_column("o2", "n")', "drops orders.n (1 value)"),
        (
            'op.rename_column("orders", "n", "m")\nop.rename_table("orders", "o2")\nop.drop_column("o2", "m")',
            "drops orders.n (1 value)",
        ),
        (
            """
            with op.batch_alter_table("orders") as batch:
                batch.alter_column("n", new_column_name="m", existing_type=sa.Integer())
            with op.batch_alter_table("orders") as batch:
                batch.drop_column("m")
            """,
            "drops orders.n (1 value)",
        ),
        (
            'op.execute("ALTER TABLE orders RENAME TO o2")\nop.drop_table("o2")',
            "drops o2, which cannot be counted",
        ),
        (
            'op.get_bind().execute(sa.text("SELECT 1")).scalar()\nop.drop_table("orders")',
            "may delete what cannot be counted: it asks the database: SELECT 1",
        ),
        (
            'if sa.inspect(op.get_bind()).has_table("orders"):\n    op.drop_table("orders")',
            "may delete what cannot be counted: it asks the database: ",
        ),
        (
            'op.drop_table("orders")\nop.get_bind().scalar(sa.text("SELECT 1"))\nop.drop_table("users")',
            "drops orders (1 row); may delete what cannot be counted: it asks the database: SELECT 1",
        ),
        ('op.execute("DROP TABLE orders")', "executes SQL that deletes: DROP TABLE orders"),
        ('op.execute(sa.text("DELETE FROM orders"))', "executes SQL that deletes: DELETE FROM orders"),
        ('op.execute(sa.delete(sa.table("orders")))', "executes SQL that deletes: DELETE FROM orders"),
        (
            'op.get_bind().exec_driver_sql("ALTER TABLE orders DROP COLUMN n")',
            "executes SQL that deletes: ALTER TABLE orders DROP COLUMN n",
        ),
        ("op.execute(SQL)", "executes SQL that deletes: DELETE FROM orders"),
        (
            'for name in ("orders",):\n    op.execute(f"DROP TABLE {name}")',
            "executes SQL that deletes: DROP TABLE orders",
        ),
        ('getattr(op, "drop_table")("orders")', "drops orders (1 row)"),
        ("gone('orders')", "drops orders (1 row)"),
    ],
)
def test_nothing_is_deleted_without_a_question(scripts: Scripts, there: str, body: str, expected: str) -> None:
    send(there, "ALTER TABLE orders ADD COLUMN n INTEGER", "UPDATE orders SET n = 1")
    scripts.add(
        "gone", body, imports='from schemashift.op import drop_table as gone\n\nSQL = sa.text("DELETE FROM orders")'
    )
    no = Answer(False)
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, there).upgrade(confirm=no)
    ((_, (loss,)),) = no.asked
    assert loss.describe().startswith(expected)
    yes = Answer(True)
    assert migrator(scripts, there).upgrade(confirm=yes).current == ("gone",)


def test_a_rename_in_an_earlier_revision_is_followed(scripts: Scripts, there: str) -> None:
    scripts.add("renamed", 'op.rename_table("orders", "o2")')
    scripts.add("gone", 'op.drop_table("o2")')
    scripts.add("again", 'op.create_table("o2", sa.Column("id", sa.Integer))\nop.drop_table("o2")')
    no = Answer(False)
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, there).upgrade(confirm=no)
    ((_, losses),) = no.asked
    assert [(each.revision.id, each.what, each.uncounted) for each in losses] == [("gone", ("orders (1 row)",), ())]


@pytest.mark.parametrize(
    "body",
    [
        'op.execute("UPDATE orders SET id = 2")\nop.get_bind().execute(sa.text("SELECT 1")).scalar()',
        'sa.inspect(op.get_bind()).get_table_names()\nop.execute("INSERT INTO orders VALUES (3)")',
        'op.create_table("t", sa.Column("id", sa.Integer))\nop.rename_table("t", "t2")\nop.drop_table("t2")',
    ],
)
def test_a_script_that_deletes_no_data_is_not_asked_about(scripts: Scripts, there: str, body: str) -> None:
    scripts.add("more", body)
    assert migrator(scripts, there).upgrade(confirm=Answer(False)).current == ("more",)


def test_sql_from_a_file_is_asked_about(scripts: Scripts, there: str) -> None:
    (scripts.folder / "down.sql").write_text("DELETE FROM orders", encoding="utf-8")
    scripts.add(
        "gone",
        'op.execute((Path(__file__).parents[1] / "down.sql").read_text())',
        imports="from pathlib import Path",
    )
    no = Answer(False)
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, there).upgrade(confirm=no)
    assert len(no.asked) == 1


# -- while somebody thinks


def test_nobody_waits_for_a_person(scripts: Scripts, there: str) -> None:
    """Neither the lock nor a table is held while the question is open."""
    scripts.add("more", 'op.create_table("more", sa.Column("id", sa.Integer))', 'op.drop_table("more")')

    def meanwhile() -> None:
        assert migrator(scripts, there).upgrade("more").current == ("more",)
        assert migrator(scripts, there).downgrade("notes").current == ("notes",)
        send(there, *IMPATIENCE.get(there.partition("+")[0], ()), "ALTER TABLE orders ADD COLUMN x INTEGER")

    assert migrator(scripts, there).downgrade("users", confirm=Answer(True, meanwhile)).current == ("users",)
    assert tables_of(there) == ["users"]


@pytest.mark.databases("postgresql")
def test_no_transaction_is_open_during_a_question(scripts: Scripts, there: str) -> None:
    seen: list[Any] = []

    def meanwhile() -> None:
        seen.extend(
            rows_of(
                there,
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'",
            )
        )

    migrator(scripts, there).downgrade("users", confirm=Answer(True, meanwhile))
    assert seen == [("idle",)]


def test_another_upgrade_in_the_meantime_stops_the_run(scripts: Scripts, there: str) -> None:
    scripts.add("more", downgrade='op.drop_table("users")')
    with pytest.raises(errors.NeedsDecision, match="the database changed while you were asked") as caught:
        migrator(scripts, there).downgrade("users", confirm=Answer(True, lambda: migrator(scripts, there).upgrade()))
    assert caught.value.exit_code == 3
    assert caught.value.cause == "it was at notes, and now it is at more"
    assert caught.value.details == (
        "it would now downgrade more (the more), which drops users (1 row)",
        "it would now downgrade notes (the notes)",
        "it would now downgrade orders (the orders), which drops orders (1 row)",
    )
    assert state_of(there).applied == {"users", "orders", "notes", "more"}
    assert tables_of(there) == ["orders", "users"]


def test_another_downgrade_in_the_meantime_stops_a_run_that_counts_steps(scripts: Scripts, there: str) -> None:
    """``-2`` was agreed to for other revisions than it would undo now."""
    other = Answer(True, lambda: migrator(scripts, there).downgrade("orders"))
    with pytest.raises(errors.NeedsDecision, match="the database changed"):
        migrator(scripts, there).downgrade("-2", confirm=other)
    assert state_of(there).applied == {"users", "orders"}
    assert tables_of(there) == ["orders", "users"]


def test_where_another_has_done_it_there_is_nothing_left_to_do(scripts: Scripts, there: str) -> None:
    other = Answer(True, lambda: migrator(scripts, there).downgrade("users"))
    run = migrator(scripts, there).downgrade("users", confirm=other)
    assert (run.done, run.current) == ((), ("users",))
    assert tables_of(there) == ["users"]


def test_the_lock_is_free_after_a_run_that_was_stopped(scripts: Scripts, there: str) -> None:
    engine = sa.create_engine(there)
    other = Answer(True, lambda: migrator(scripts, there).downgrade("orders"))
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, engine).downgrade("-2", confirm=other)
    with pytest.raises(errors.NeedsDecision):
        migrator(scripts, engine).downgrade("base", confirm=Answer(False))
    assert migrator(scripts, there).downgrade("base").current == ()
    engine.dispose()


def test_a_script_that_changes_in_the_meantime_runs_as_it_was_shown(scripts: Scripts, there: str) -> None:
    other = Answer(True, lambda: scripts.rewrite("orders", 'op.drop_table("orders")', 'op.drop_table("users")'))
    migrator(scripts, there).downgrade("users", confirm=other)
    assert tables_of(there) == ["users"]


def test_a_plan_that_nobody_could_be_asked_about_is_held_to_the_same(scripts: Scripts, sqlite_url: str) -> None:
    """A run that outgrew SQLite's cache lets nobody read, so the first plan is the one behind the lock."""
    migrator(scripts, sqlite_url).upgrade()
    send(sqlite_url, "INSERT INTO users VALUES (1)", "CREATE TABLE other (x BLOB)")
    with connected(sqlite_url) as blocker, connected(f"{sqlite_url}?timeout=0") as connection:
        blocker.exec_driver_sql("PRAGMA cache_size=1")
        blocker.exec_driver_sql("BEGIN IMMEDIATE")
        for _ in range(50):
            blocker.exec_driver_sql("INSERT INTO other VALUES (zeroblob(10000))")
        config = Config(root=str(scripts.folder), directory=str(scripts.folder), lock_timeout=30.0)
        waited: list[object] = []

        def listener(event: object) -> None:
            waited.append(event)
            blocker.rollback()

        no = Answer(False)
        with pytest.raises(errors.NeedsDecision, match="while another process was waited for") as caught:
            Migrator.of(Project(config), database=connection, listener=listener).downgrade("base", confirm=no)
    assert type(waited[0]).__name__ == "Waiting"
    assert no.asked == []
    assert caught.value.details[-1].endswith(", which drops users (1 row)")
    assert state_of(sqlite_url).applied == {"users", "orders", "notes"}


# -- how much work it is


@pytest.mark.parametrize("confirm", [None, Answer(True)], ids=["silent", "asked"])
def test_a_downgrade_reads_plans_and_connects_once(scripts: Scripts, there: str, confirm: Answer | None) -> None:
    once = ("directories read", "names read", "plans", "connections", "dialects")
    with counted(*once, "scripts loaded") as counts:
        migrator(scripts, there).downgrade("users", confirm=confirm)
    assert counts == {**dict.fromkeys(once, 1), "scripts loaded": 2}


def test_a_question_that_changes_nothing_costs_no_second_plan(scripts: Scripts, there: str) -> None:
    with counted("plans", "connections") as counts, pytest.raises(errors.NeedsDecision):
        migrator(scripts, there).downgrade("users", confirm=Answer(False))
    assert counts == {"plans": 1, "connections": 1}


def test_an_upgrade_reads_plans_and_connects_once(scripts: Scripts, database_url: str) -> None:
    once = ("directories read", "names read", "plans", "connections", "dialects")
    send(database_url, "CREATE TABLE other (id INTEGER)")
    with counted(*once, "scripts loaded") as counts:
        migrator(scripts, database_url).upgrade("head-2")
    assert counts == {**dict.fromkeys(once, 1), "scripts loaded": 1}
