"""One runner at a time: processes of their own, killed ones too."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.dialects.session import Wait, user_at_host
from schemashift.errors import Locked
from schemashift.events import Event, RevisionDone, RunStarted, Waiting
from schemashift.schema import TableName
from schemashift.state.version_table import VersionTable
from tests.support.scripts import Scripts, connected, held, rows_of, send, state_of, tables_of

ROOT = Path(__file__).parents[2]
VERSION = TableName("version")

WORKER = """
import sys
from tests.support.scripts import Scripts
from pathlib import Path

url, folder = sys.argv[1:3]
scripts = Scripts(Path(folder))
print("ready", flush=True)
sys.stdin.readline()
for event in scripts.go(url, "head"):
    print(type(event).__name__, getattr(getattr(event, "revision", None), "id", ""), flush=True)
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("users", 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))')
    return scripts


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between the tries, which are made. Their length is exact, whatever else the machine does."""
    from schemashift.dialects import session as module

    pauses: list[float] = []
    sleep = time.sleep

    def record(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(module.time, "sleep", record)
    return pauses


def start(url: str, scripts: Scripts) -> subprocess.Popen[str]:
    """A process that waits for the word go."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(scripts.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def go(*processes: subprocess.Popen[str]) -> None:
    """Wait until all are there, and give the word."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def test_four_processes_at_once_apply_each_revision_once(scripts: Scripts, database_url: str) -> None:
    for number in range(8):
        scripts.add(f"r{number}", f'op.create_table("t{number}", sa.Column("id", sa.Integer))\nop.execute("SELECT 1")')
    processes = [start(database_url, scripts) for _ in range(4)]
    go(*processes)
    results = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], results
    done = [line for out, _ in results for line in out.splitlines() if line.startswith("RevisionDone")]
    assert sorted(done) == sorted(["RevisionDone users", *(f"RevisionDone r{number}" for number in range(8))])
    assert state_of(database_url).applied == {"users", *(f"r{number}" for number in range(8))}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_runner_that_is_killed_leaves_no_lock_and_no_half_of_a_revision(
    scripts: Scripts, database_url: str, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    scripts.add(
        "slow",
        f"""
        op.execute("INSERT INTO users (id) VALUES (1)")
        if not pathlib.Path({str(mark)!r}).exists():
            pathlib.Path({str(mark)!r}).touch()
            time.sleep(60)
        """,
        imports="import pathlib, time",
    )
    process = start(database_url, scripts)
    go(process)
    deadline = time.monotonic() + 30
    while not mark.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    if "users" in tables_of(database_url):
        assert rows_of(database_url, "SELECT id FROM users") == []
    scripts.go(database_url, lock_timeout=20)
    assert rows_of(database_url, "SELECT id FROM users") == [(1,)]
    assert state_of(database_url).applied == {"users", "slow"}
    assert state_of(database_url).in_flight == ()


def test_after_the_timeout_the_error_names_the_holder(scripts: Scripts, database_url: str, pauses: list[float]) -> None:
    with held(database_url) as connection:
        with pytest.raises(Locked) as caught:
            scripts.go(database_url, lock_timeout=0.2)
        assert sum(pauses) <= 0.21
        cause = caught.value.cause or ""
        assert re.search(r"\(waited \d+ s\)$", cause)
        if database_url.startswith("postgresql"):
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            assert cause.startswith(f"{user_at_host()[:36]} pid {pid}, for ")
        elif database_url.startswith("mysql"):
            number = connection.connection.driver_connection.thread_id()  # type: ignore[union-attr]
            assert f" connection {number}" in cause
    assert tables_of(database_url) == []


def test_waiting_is_told_and_ends_when_the_lock_is_free(
    scripts: Scripts, database_url: str, pauses: list[float]
) -> None:
    heard: list[Event] = []
    paused: list[int] = []
    with connected(database_url) as connection, ExitStack() as other:
        other.enter_context(held(database_url))

        def listen(event: Event) -> None:
            heard.append(event)
            paused.append(len(pauses))
            other.close()

        scripts.run(connection, listener=listen, lock_timeout=30)
    first = heard[0]
    assert isinstance(first, Waiting)
    assert paused[0] == 0, "told before the first pause, not after the last"
    assert first.holder
    assert next(type(each) for each in heard if not isinstance(each, Waiting)) is RunStarted
    assert any(isinstance(each, RevisionDone) for each in heard)


def test_the_state_is_read_again_behind_the_lock(scripts: Scripts, database_url: str) -> None:
    """What another runner did while this one waited is not done twice."""
    heard: list[str] = []
    with connected(database_url) as connection, ExitStack() as other:
        runner = other.enter_context(held(database_url))

        def listen(event: Event) -> None:
            if isinstance(event, Waiting) and "Waiting" not in heard:
                VersionTable().stamp(runner, {"users"})
                runner.commit()
                other.close()
            heard.append(type(event).__name__)

        found = scripts.run(connection, listener=listen, lock_timeout=30)
    assert [name for name, _ in itertools.groupby(heard)] == ["Waiting", "RunStarted", "RunFinished"]
    assert found.plan.steps == ()
    assert tables_of(database_url) == []


def test_the_lock_is_free_after_a_run_and_after_a_failed_one(scripts: Scripts, database_url: str) -> None:
    engine = sa.create_engine(database_url)
    scripts.go(engine)
    with held(database_url):
        pass
    scripts.add("bad", 'op.execute("x")')
    with pytest.raises(Exception, match="bad"):
        scripts.go(engine)
    with held(database_url):
        pass
    engine.dispose()


def test_waiting_holds_no_transaction_open(scripts: Scripts, postgresql_url: str) -> None:
    """A blocked waiter's snapshot would hang CREATE INDEX CONCURRENTLY."""
    states: list[tuple[str]] = []

    def look_once(event: Event) -> None:
        assert isinstance(event, Waiting)
        states.extend(
            rows_of(
                postgresql_url,
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'",
            )
        )
        raise StopIteration

    with connected(postgresql_url) as connection, held(postgresql_url), pytest.raises(StopIteration):
        scripts.run(connection, listener=look_once, lock_timeout=30)
    assert set(states) == {("idle",)}


def test_an_index_is_built_concurrently_while_others_wait(scripts: Scripts, postgresql_url: str) -> None:
    scripts.go(postgresql_url)
    scripts.add("it", 'op.create_index("ix", "users", ["id"], postgresql_concurrently=True)')
    processes = [start(postgresql_url, scripts) for _ in range(3)]
    go(*processes)
    results = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], results


def test_the_name_of_the_application_is_put_back(scripts: Scripts, postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url, connect_args={"application_name": "the shop"})
    with engine.connect() as connection:
        scripts.go(connection)
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "the shop"
    engine.dispose()


def test_another_version_table_is_another_lock(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("the lock of SQLite is that of the whole file")
    with held(database_url), connected(database_url) as connection:
        session = dialect_for(connection.dialect).session(connection)
        assert session.try_lock(TableName("other"))
        session.unlock()


def test_the_lock_belongs_to_the_database(new_database, engine_name: str) -> None:  # type: ignore[no-untyped-def]
    """MariaDB's named locks are the server's, so the database is in the name."""
    with held(new_database()), held(new_database()):
        pass


def test_polls_get_slower_and_reports_come_once_a_second(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from schemashift.dialects import session as module

    now, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(module.Session, "try_lock", lambda self, name: False)
    with connected(sqlite_url) as connection:
        waits: list[Wait] = []
        with pytest.raises(Locked):
            waits.extend(module.Session(connection).wait_for_lock(VERSION, 10.0))
    assert 6 <= len(waits) <= 10
    assert waits[0].seconds == 0
    assert pauses[0] < 0.05
    assert max(pauses) <= 1.5
    assert len(pauses) < 60
    assert sum(pauses) == pytest.approx(10.0, abs=0.01)


def test_without_patience_the_lock_is_tried_once_and_nobody_sleeps(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still: only the tries and the pauses count."""
    from schemashift.dialects import session as module

    tries: list[TableName] = []
    pauses: list[float] = []

    def try_lock(self: module.Session, name: TableName) -> bool:
        tries.append(name)
        return False

    monkeypatch.setattr(module.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    monkeypatch.setattr(module.Session, "try_lock", try_lock)
    with connected(sqlite_url) as connection, pytest.raises(Locked) as caught:
        list(module.Session(connection).wait_for_lock(VERSION, 0))
    assert tries == [VERSION]
    assert pauses == []
    assert (caught.value.cause or "").endswith("(waited 0 s)")


def test_a_run_without_patience_does_not_sleep(scripts: Scripts, database_url: str, pauses: list[float]) -> None:
    with held(database_url), pytest.raises(Locked):
        scripts.go(database_url, lock_timeout=0)
    assert pauses == []


def test_a_stalled_write_of_the_application_is_waited_for_on_sqlite(scripts: Scripts, sqlite_url: str) -> None:
    send(sqlite_url, "CREATE TABLE other (id INTEGER)")
    with connected(sqlite_url) as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Locked):
            scripts.go(sqlite_url, lock_timeout=0.1)
        connection.rollback()
    scripts.go(sqlite_url, lock_timeout=0.1)


def test_a_run_that_outgrew_the_cache_is_waited_for_although_it_lets_nobody_read(
    scripts: Scripts, sqlite_url: str
) -> None:
    """SQLite shuts readers out then, until the transaction ends."""
    send(sqlite_url, "CREATE TABLE other (x BLOB)")
    with connected(sqlite_url) as connection, connected(f"{sqlite_url}?timeout=0") as other:
        connection.exec_driver_sql("PRAGMA cache_size=1")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for _ in range(50):
            connection.exec_driver_sql("INSERT INTO other VALUES (zeroblob(10000))")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            other.execute(sa.text("SELECT * FROM other"))
        with pytest.raises(Locked):
            scripts.go(other, lock_timeout=0.1)
        connection.rollback()
        scripts.go(other, lock_timeout=0.1)


def test_what_another_runner_did_in_a_gap_of_the_lock_is_not_done_twice(scripts: Scripts, sqlite_url: str) -> None:
    """On SQLite the transaction is the lock, and a script that commits lets others in."""
    scripts.add(
        "gap",
        f"""
        op.get_bind().commit()
        other = sqlite3.connect({sa.make_url(sqlite_url).database!r})
        other.execute("CREATE TABLE later (id INTEGER)")
        other.execute("INSERT INTO version (revision, status, applied_at, applied_by) VALUES"
            " ('later', 'applied', '2026-11-20 12:00:00.000000', 'x')")
        other.commit()
        other.close()
        """,
        imports="import sqlite3",
    )
    scripts.add("later", 'op.create_table("later", sa.Column("id", sa.Integer))')
    scripts.add("last", 'op.create_table("last", sa.Column("id", sa.Integer))')
    scripts.rewrite("gap", "op.get_bind().commit()", 'op.execute("SELECT 1")\n    op.get_bind().commit()')
    scripts.go(sqlite_url)
    assert state_of(sqlite_url).applied == {"users", "gap", "later", "last"}
