"""A plan runs: whole revisions, in order, recorded, on every database."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.errors import AlreadyExists, Hint, MigrationFailed, ScriptDoesNotLoad, Unfinished
from schemashift.events import Event, RevisionDone, RevisionStarted, RunFinished, RunStarted, StatementSent, Waiting
from schemashift.state.version_table import VersionTable
from tests.support.scripts import Scripts, connected, held, rows_of, send, state_of, tables_of

USERS = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))'


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path / "migrations")


@pytest.fixture
def three(scripts: Scripts) -> Scripts:
    """Users, posts, and a column: each with its way back."""
    scripts.add("users", USERS, 'op.drop_table("users")')
    scripts.add(
        "posts",
        """
        op.create_table(
            "posts",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
        )
        """,
        'op.drop_table("posts")',
    )
    scripts.add(
        "title", 'op.add_column("posts", sa.Column("title", sa.String(20)))', 'op.drop_column("posts", "title")'
    )
    return scripts


def test_runs_up_and_down_again_and_records_each_revision(three: Scripts, database_url: str) -> None:
    three.go(database_url)
    assert tables_of(database_url) == ["posts", "users"]
    assert state_of(database_url).applied == {"users", "posts", "title"}
    three.go(database_url, "posts", "downgrade")
    assert state_of(database_url).applied == {"users", "posts"}
    three.go(database_url, "base", "downgrade")
    assert tables_of(database_url) == []
    assert state_of(database_url).applied == frozenset()
    three.go(database_url)
    assert state_of(database_url).applied == {"users", "posts", "title"}


def test_tells_what_happens_in_order(three: Scripts, sqlite_url: str) -> None:
    found = three.go(sqlite_url, "posts")
    kinds = [kind for kind, _ in itertools.groupby(type(event) for event in found)]
    one = [RevisionStarted, StatementSent, RevisionDone]
    assert kinds == [RunStarted, *one, *one, RunFinished]
    assert found[0].current == ()
    assert found[0].plan.end == ("posts",)
    assert found[1].revision.id == "users"
    assert found[1].direction == "upgrade"
    assert found[-1][:2] == (2, ("posts",))


def test_every_event_is_told_in_order_while_it_happens(scripts: Scripts, database_url: str, tmp_path: Path) -> None:
    """A lock that is waited for, two revisions that run and one that fails; the scripts write into the same log."""
    log = tmp_path / "log"

    def line(text: str) -> str:
        return f"with open({str(log)!r}, 'a') as log:\n    print({text!r}, file=log)"

    scripts.add("users", "\n".join([line("begin"), USERS, 'op.execute("SELECT 1")', line("end")]))
    scripts.add("posts", 'op.create_table("posts", sa.Column("id", sa.Integer))\n' + line("end"))
    scripts.add("bad", 'op.execute("UPDATE nowhere SET a = 1")\n' + line("never"))
    with connected(database_url) as connection, ExitStack() as other:
        other.enter_context(held(database_url))

        def listen(event: Event) -> None:
            exec(line(_in_words(event)))
            if isinstance(event, Waiting):
                other.close()

        with pytest.raises(MigrationFailed):
            scripts.run(connection, listener=listen, lock_timeout=30)
    assert [text for text, _ in itertools.groupby(log.read_text().splitlines())] == [
        "Waiting",
        "RunStarted",
        *("RevisionStarted users", "begin", "CREATE TABLE users", "SELECT 1", "end", "RevisionDone users"),
        *("RevisionStarted posts", "end", "CREATE TABLE posts", "RevisionDone posts"),
        *("RevisionStarted bad", "UPDATE nowhere SET"),
    ]


def _in_words(event: Event) -> str:
    match event:
        case StatementSent():
            return " ".join(event.sql.split()[:3])
        case RevisionStarted() | RevisionDone():
            return f"{type(event).__name__} {event.revision.id}"
        case _:
            return type(event).__name__


def test_a_run_returns_what_it_did(three: Scripts, sqlite_url: str) -> None:
    with connected(sqlite_url) as connection:
        found = three.run(connection, "posts")
    assert [(each.revision.id, each.direction) for each in found.done] == [("users", "upgrade"), ("posts", "upgrade")]
    assert (found.start, found.current, found.plan.end) == ((), ("posts",), ("posts",))
    assert sum(each.seconds for each in found.done) <= found.seconds


def test_an_empty_plan_creates_nothing_and_locks_nothing(
    scripts: Scripts, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from schemashift.dialects.session import Session

    monkeypatch.setattr(Session, "wait_for_lock", None)
    assert [type(each) for each in scripts.go(database_url, "heads")] == [RunStarted, RunFinished]
    with connected(database_url) as connection:
        assert sa.inspect(connection).get_table_names() == []


def test_a_row_says_when_how_long_what_and_who(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.go(database_url)
    row = state_of(database_url).row("users")
    assert row is not None
    assert row.status == "applied"
    assert row.checksum == scripts.directory.load(scripts.graph["users"]).checksum
    assert row.duration_ms is not None
    assert 0 <= row.duration_ms < 60_000
    assert "@" in row.applied_by
    assert row.applied_at.utcoffset() is not None
    assert (row.step, row.steps, row.error) == (None, None, None)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_revision_that_fails_leaves_nothing_and_those_before_it_stay(three: Scripts, database_url: str) -> None:
    three.add("bad", 'op.create_table("gone", sa.Column("id", sa.Integer))\nop.execute("UPDATE nowhere SET a = 1")')
    with pytest.raises(MigrationFailed) as caught:
        three.go(database_url)
    assert tables_of(database_url) == ["posts", "users"]
    assert state_of(database_url).applied == {"users", "posts", "title"}
    error = caught.value
    assert error.state == "rolled back; the database is at title, the 3 revisions before it are applied"
    assert error.message.startswith("bad (the bad): ")
    assert "nowhere" in error.message
    assert error.cause is not None
    assert error.cause.startswith("UPDATE nowhere SET a = 1   (")
    (place,) = error.where
    assert place.path.endswith("versions/bad.py")
    assert place.line == three.line("bad", "nowhere")
    assert place.function == "upgrade"
    assert place.source.strip() == 'op.execute("UPDATE nowhere SET a = 1")'


@pytest.mark.databases("mariadb")
def test_without_transactional_ddl_the_error_says_how_much_stays(three: Scripts, database_url: str) -> None:
    three.add(
        "bad",
        """
        op.create_table("kept", sa.Column("id", sa.Integer))
        op.add_column("nowhere", sa.Column("a", sa.Integer))
        op.drop_table("kept")
        """,
    )
    with pytest.raises(MigrationFailed) as caught:
        three.go(database_url)
    assert caught.value.state == (
        "1 of 3 statements of bad stays applied (MariaDB commits DDL at once);"
        " the database is at title, the 3 revisions before it are applied"
    )
    assert caught.value.where[0].line == three.line("bad", "nowhere")
    assert tables_of(database_url) == ["kept", "posts", "users"]
    state = state_of(database_url)
    assert state.applied == {"users", "posts", "title"}
    (flight,) = state.in_flight
    assert (flight.revision, flight.status, flight.step, flight.steps) == ("bad", "upgrading", 1, 3)
    assert "nowhere" in (flight.error or "")


@pytest.mark.databases("mariadb")
def test_a_revision_in_flight_can_be_run_again_when_it_is_mended(three: Scripts, database_url: str) -> None:
    three.add("bad", 'op.create_table("kept", sa.Column("id", sa.Integer))\nop.drop_table("nowhere")')
    with pytest.raises(MigrationFailed):
        three.go(database_url)
    three.rewrite("bad", 'op.create_table("kept", sa.Column("id", sa.Integer))', "pass")
    three.rewrite("bad", "nowhere", "kept")
    three.go(database_url)
    row = state_of(database_url).row("bad")
    assert row is not None
    assert (row.status, row.step, row.steps, row.error) == ("applied", None, None, None)
    assert row.checksum == three.directory.load(three.graph["bad"]).checksum


@pytest.mark.databases("mariadb")
def test_a_failed_first_ddl_leaves_no_row_in_flight(three: Scripts, database_url: str) -> None:
    three.add("bad", 'op.drop_table("nowhere")')
    with pytest.raises(MigrationFailed) as caught:
        three.go(database_url)
    assert state_of(database_url).in_flight == ()
    assert (caught.value.state or "").startswith("rolled back; the database is at title")


@pytest.mark.databases("mariadb", "mysql")
def test_what_is_half_applied_is_not_passed_over(scripts: Scripts, database_url: str) -> None:
    """MariaDB keeps the first of two tables; undoing the revision below would find what nobody expects."""
    scripts.add("users", USERS, 'op.drop_table("users")')
    half = 'op.create_table("a", sa.Column("id", sa.Integer))\nop.execute("SELECT nothing FROM nowhere")'
    scripts.add("half", half, 'op.drop_table("a")')
    with pytest.raises(MigrationFailed):
        scripts.go(database_url)
    with pytest.raises(Unfinished) as raised:
        scripts.go(database_url, "base", "downgrade")
    assert "half" in raised.value.message
    assert Hint("upgrade", ("half",), "tries it again") in raised.value.hints
    assert tables_of(database_url) == ["a", "users"]


@pytest.mark.databases("mariadb")
def test_a_downgrade_that_stops_half_way_can_be_run_again(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS, 'op.drop_column("users", "name")\nop.drop_table("nowhere")')
    scripts.go(database_url)
    with pytest.raises(MigrationFailed):
        scripts.go(database_url, "base", "downgrade")
    state = state_of(database_url)
    assert state.applied == {"users"}
    assert [(row.status, row.step) for row in state.in_flight] == [("downgrading", 1)]
    scripts.rewrite("users", 'op.drop_column("users", "name")', "pass")
    scripts.rewrite("users", "nowhere", "users")
    scripts.go(database_url, "base", "downgrade")
    assert state_of(database_url).rows == ()


def test_data_statements_of_a_failed_revision_are_rolled_back_everywhere(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add(
        "bad",
        """
        op.execute("INSERT INTO users (id, name) VALUES (1, 'a')")
        raise ValueError("no")
        """,
    )
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert rows_of(database_url, "SELECT * FROM users") == []
    assert caught.value.message == "bad (the bad): ValueError: no"
    assert caught.value.where[0].line == scripts.line("bad", "raise ValueError")
    assert caught.value.state == "rolled back; the database is at users, the revision before it is applied"
    assert state_of(database_url).in_flight == ()


def test_a_first_revision_that_fails_leaves_an_empty_database(scripts: Scripts, database_url: str) -> None:
    scripts.add("bad", 'op.execute("UPDATE nowhere SET a = 1")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert caught.value.state == "rolled back; the database is at base"
    if not database_url.startswith("mysql"):  # there the version table must be made before
        with connected(database_url) as connection:
            assert sa.inspect(connection).get_table_names() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_revision_is_rolled_back_and_the_interruption_goes_on(
    three: Scripts, database_url: str, error: type[BaseException]
) -> None:
    three.add("bad", f'op.execute("INSERT INTO users (id) VALUES (1)")\nraise {error.__name__}')
    with pytest.raises(error):
        three.go(database_url)
    assert rows_of(database_url, "SELECT id FROM users") == []
    assert state_of(database_url).applied == {"users", "posts", "title"}
    assert state_of(database_url).in_flight == ()


def test_who_stops_listening_keeps_what_is_done(three: Scripts, database_url: str) -> None:
    def stop_after_posts(event: Event) -> None:
        if isinstance(event, RevisionDone) and event.revision.id == "posts":
            raise StopIteration

    with connected(database_url) as connection, pytest.raises(StopIteration):
        three.run(connection, listener=stop_after_posts)
    assert state_of(database_url).applied == {"users", "posts"}
    assert tables_of(database_url) == ["posts", "users"]
    three.go(database_url)
    assert state_of(database_url).applied == {"users", "posts", "title"}


def test_a_table_that_exists_is_an_error_of_its_own(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    send(database_url, "CREATE TABLE users (id INTEGER)")
    with pytest.raises(AlreadyExists) as caught:
        scripts.go(database_url)
    assert caught.value.cause == ("the tables were made outside migrations (create_all?), the database has no version")
    assert caught.value.hints == (Hint("stamp", ("users",), "if the schema is that of this revision"),)


def test_a_script_that_does_not_load_stops_the_run_before_anything_is_written(
    three: Scripts, database_url: str
) -> None:
    three.add("bad").write_text('revision = "bad"\ndown_revision = "title"\n\ndef upgrade():\n    (\n')
    with pytest.raises(ScriptDoesNotLoad):
        three.go(database_url)
    with connected(database_url) as connection:
        assert sa.inspect(connection).get_table_names() == []


def test_a_script_without_a_downgrade_stops_the_run_before_anything_is_written(
    three: Scripts, database_url: str
) -> None:
    three.rewrite("users", "def downgrade", "def other")
    three.go(database_url)
    with pytest.raises(ScriptDoesNotLoad):
        three.go(database_url, "base", "downgrade")
    assert state_of(database_url).applied == {"users", "posts", "title"}


def test_stamp_records_without_running(three: Scripts, database_url: str) -> None:
    three.go(database_url, "posts", "stamp")
    assert state_of(database_url).applied == {"users", "posts"}
    assert tables_of(database_url) == []
    three.go(database_url, "base", "stamp")
    assert state_of(database_url).rows == ()


def test_percent_signs_and_colons_in_our_own_text_mean_nothing(scripts: Scripts, database_url: str) -> None:
    scripts.add(
        "a",
        """
        op.create_table("a", sa.Column("x", sa.String(20), server_default="100% :a %s %(b)s"))
        op.execute("INSERT INTO a (x) VALUES ('5% \\\\:c')")
        op.execute("INSERT INTO a (x) VALUES (':x a:b ::y')")
        op.execute(sa.text("INSERT INTO a (x) VALUES (:d)").bindparams(d="6% :e"))
        """,
    )
    scripts.go(database_url)
    default = {"sqlite": "DEFAULT VALUES", "postgresql": "DEFAULT VALUES"}.get(
        sa.make_url(database_url).get_backend_name()
    )
    send(database_url, f"INSERT INTO a {default or '() VALUES ()'}")
    assert sorted(rows_of(database_url, "SELECT x FROM a")) == [
        ("100% :a %s %(b)s",),
        ("5% :c",),
        ("6% :e",),
        (":x a:b ::y",),
    ]


def test_rows_with_other_keys_get_all_their_values(scripts: Scripts, database_url: str) -> None:
    scripts.add(
        "a",
        """
        columns = [sa.Column(name, sa.Integer, server_default="7") for name in "abc"]
        t = op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), *columns)
        op.bulk_insert(t, [{"id": 1}, {"id": 2, "a": 2}, {"b": 3, "id": 3}, {"id": 4, "b": 4}, {"id": 5, "c": None}])
        op.bulk_insert(t, [{"id": 6, "a": 1}, {"id": 7, "b": 1}], multiinsert=False)
        """,
    )
    scripts.go(database_url)
    rows = [(1, 7, 7, 7), (2, 2, 7, 7), (3, 7, 3, 7), (4, 7, 4, 7), (5, 7, 7, None), (6, 1, 7, 7), (7, 7, 1, 7)]
    assert sorted(rows_of(database_url, "SELECT id, a, b, c FROM t")) == rows


def test_the_version_table_can_have_another_name_and_is_no_table_of_ours(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    versions = VersionTable("my versions")
    scripts.go(database_url, versions=versions)
    with connected(database_url) as connection:
        assert versions.read(connection).applied == {"users"}
        assert not VersionTable().read(connection).exists


@pytest.mark.parametrize("how", ["connection", "engine"])
def test_a_connection_comes_back_as_it_was(
    three: Scripts, database_url: str, how: str, request: pytest.FixtureRequest
) -> None:
    engine = sa.create_engine(database_url, pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        if how == "connection":
            three.go(connection)
            assert not connection.in_transaction()
            before = connection.get_isolation_level()
            assert before == connection.default_isolation_level
            connection.rollback()
            connection.execute(sa.text("INSERT INTO users (id) VALUES (1)"))
            connection.rollback()
            assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 0
    if how == "engine":
        three.go(engine)
    assert not engine.dispatch.before_cursor_execute
    engine.dispose()


def test_one_connection_is_enough(three: Scripts, database_url: str) -> None:
    engine = sa.create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=1)
    three.go(engine)
    three.go(engine, "base", "downgrade")
    engine.dispose()


def test_x_arguments_reach_the_script(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("a", 'assert op.get_context().get_x_argument() == {"tenant": "one"}')
    scripts.go(sqlite_url, x={"tenant": "one"})


@pytest.mark.databases("postgresql")
def test_a_single_transaction_keeps_all_or_nothing(three: Scripts, database_url: str) -> None:
    three.add("bad", 'op.execute("UPDATE nowhere SET a = 1")')
    with pytest.raises(MigrationFailed) as caught:
        three.go(database_url, single_transaction=True)
    assert tables_of(database_url) == []
    assert caught.value.state == "rolled back; the database is at base"
    three.go(database_url, "title", single_transaction=True)
    assert state_of(database_url).applied == {"users", "posts", "title"}


def make(body: str) -> Callable[[Scripts], Scripts]:
    def made(scripts: Scripts) -> Scripts:
        scripts.add("users", USERS)
        scripts.add("it", body)
        return scripts

    return made


ENDS = {
    "commit": 'op.get_bind().commit()\nop.execute("INSERT INTO users (id) VALUES (2)")',
    "text": 'op.execute("COMMIT")\nop.execute("INSERT INTO users (id) VALUES (2)")',
    "last": 'op.execute("INSERT INTO users (id) VALUES (2)")\nop.get_bind().commit()',
    "again": 'op.execute("COMMIT")\nop.execute("BEGIN")\nop.execute("INSERT INTO users (id) VALUES (2)")',
}


@pytest.mark.parametrize("how", ENDS)
def test_a_script_that_commits_by_itself_is_recorded_and_the_next_one_is_whole_again(
    scripts: Scripts, database_url: str, how: str
) -> None:
    scripts.add("users", USERS)
    scripts.add("it", f'op.execute("INSERT INTO users (id) VALUES (1)")\n{ENDS[how]}')
    scripts.add("bad", 'op.execute("DELETE FROM users")\nraise ValueError')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert caught.value.message.startswith("bad (")
    assert state_of(database_url).applied == {"users", "it"}
    assert sorted(rows_of(database_url, "SELECT id FROM users")) == [(1,), (2,)]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_script_that_commits_and_then_fails_says_that_something_stays(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add("it", 'op.execute("INSERT INTO users (id) VALUES (1)")\nop.get_bind().commit()\nop.execute("x")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert rows_of(database_url, "SELECT id FROM users") == [(1,)]
    assert (caught.value.state or "").startswith(
        "1 statement of it stays applied (its transaction was committed on the way)"
    )


def test_an_orm_session_on_the_bind_commits_nothing_of_ours(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add(
        "it",
        """
        session = Session(bind=op.get_bind())
        session.execute(sa.text("INSERT INTO users (id) VALUES (1)"))
        session.commit()
        raise ValueError
        """,
        imports="from sqlalchemy.orm import Session",
    )
    with pytest.raises(MigrationFailed):
        scripts.go(database_url)
    assert rows_of(database_url, "SELECT id FROM users") == []
    scripts.rewrite("it", "raise ValueError", "pass")
    scripts.go(database_url)
    assert rows_of(database_url, "SELECT id FROM users") == [(1,)]


@pytest.mark.databases("postgresql")
def test_what_refuses_a_transaction_is_split_around(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add(
        "it",
        """
        op.add_column("users", sa.Column("a", sa.Integer))
        op.create_index("ix_a", "users", ["a"], postgresql_concurrently=True)
        with op.autocommit_block():
            op.execute("VACUUM users")
        op.add_column("users", sa.Column("b", sa.Integer))
        """,
    )
    scripts.go(database_url)
    assert state_of(database_url).applied == {"users", "it"}
    assert state_of(database_url).in_flight == ()


@pytest.mark.databases("postgresql")
def test_a_split_revision_that_fails_stays_in_flight_and_can_be_run_again(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add(
        "it", 'op.add_column("users", sa.Column("a", sa.Integer))\nwith op.autocommit_block():\n    op.execute("x")'
    )
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert (caught.value.state or "").startswith("1 statement of it stays applied")
    assert [(row.revision, row.step) for row in state_of(database_url).in_flight] == [("it", 1)]
    scripts.rewrite("it", 'op.add_column("users", sa.Column("a", sa.Integer))', "pass")
    scripts.rewrite("it", '"x"', '"VACUUM users"')
    scripts.go(database_url)
    assert state_of(database_url).applied == {"users", "it"}
    assert state_of(database_url).in_flight == ()


@pytest.mark.databases("sqlite")
def test_vacuum_in_an_autocommit_block_on_sqlite(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", USERS)
    scripts.add(
        "it",
        'with op.autocommit_block():\n    op.execute("VACUUM")\nop.add_column("users", sa.Column("a", sa.Integer))',
    )
    scripts.go(database_url)
    assert state_of(database_url).applied == {"users", "it"}


def test_a_connection_that_is_lost_on_the_way_is_told_with_what_the_database_says_then(
    three: Scripts, postgresql_url: str
) -> None:
    three.add("bad", 'op.execute("DELETE FROM users")\nop.execute("SELECT pg_terminate_backend(pg_backend_pid())")')
    with pytest.raises(MigrationFailed) as caught:
        three.go(postgresql_url)
    assert caught.value.state == "rolled back; the database is at title, the 3 revisions before it are applied"
    three.rewrite("bad", 'op.execute("SELECT pg_terminate_backend(pg_backend_pid())")', "pass")
    three.go(postgresql_url, lock_timeout=5)


def test_what_the_database_cannot_do_keeps_its_class_and_says_where_and_what_stays(
    scripts: Scripts, sqlite_url: str
) -> None:
    from schemashift.errors import NotSupported

    scripts.add("users", USERS)
    scripts.add(
        "bad",
        'op.create_table("t", sa.Column("a", sa.dialects.postgresql.INET))',
        imports="import sqlalchemy.dialects.postgresql",
    )
    with pytest.raises(NotSupported) as caught:
        scripts.go(sqlite_url)
    assert caught.value.where[0].line == scripts.line("bad", "INET")
    assert caught.value.state == "rolled back; the database is at users, the revision before it is applied"


def test_an_operation_on_something_that_is_not_there_is_a_failed_migration(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("bad", 'op.alter_column("nowhere", "a", nullable=False)')
    with pytest.raises(MigrationFailed, match='there is no table "nowhere"') as caught:
        scripts.go(sqlite_url)
    assert caught.value.where[0].line == scripts.line("bad", "nowhere")


def test_rows_without_a_value_are_told_of_by_the_tables_own_name(scripts: Scripts, database_url: str) -> None:
    scripts.add("users", f'{USERS}\nop.execute("INSERT INTO users (id) VALUES (1)")')
    scripts.add("required", 'op.alter_column("users", "name", nullable=False, existing_type=sa.String(20))')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(database_url)
    assert "name" in caught.value.message
    assert "_schemashift_" not in caught.value.message
    assert "op.backfill" in caught.value.hints[0]
    assert caught.value.where[0].line == scripts.line("required", "alter_column")


def test_a_statement_behind_a_comment_commits_or_not_as_the_session_says(database_url: str) -> None:
    send(database_url, "CREATE TABLE t (id INTEGER)")
    statements = ["SELECT 1", "UPDATE t SET id = 2", "CREATE TABLE t{} (id INTEGER)"]
    statements += [] if database_url.startswith("sqlite") else ["(SELECT 1)"]
    with connected(database_url) as connection:
        session = dialect_for(connection.dialect).session(connection)
        with session.run():
            for number, before in enumerate(["", "-- c\n", "/* UPDATE */ ", "/* a */\n-- b\n"]):
                for sql in (before + each.format(number) for each in statements):
                    session.begin()
                    session.execute("INSERT INTO t VALUES (1)")
                    session.execute(sql).close()
                    assert session.in_transaction is not session.commits(sql), sql
                    session.rollback()
