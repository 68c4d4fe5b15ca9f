"""The ``version`` table by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from schemashift.errors import ForeignVersionTable
from schemashift.schema import TableName
from schemashift.state.version_table import State, VersionTable

VERSIONS = VersionTable()


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def test_no_table_is_an_empty_state_and_reading_creates_none(connection: sa.Connection) -> None:
    assert VERSIONS.read(connection) == State()
    assert sa.inspect(connection).get_table_names() == []


def test_what_is_recorded_is_read_back_in_the_order_it_was_applied(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    start = datetime(2026, 11, 20, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    for place, revision in enumerate(["c", "a", "b"]):
        VERSIONS.record(
            connection, revision, checksum=revision * 64, duration_ms=place, applied_at=start + timedelta(seconds=place)
        )
    state = VERSIONS.read(connection)
    assert state.exists
    assert [row.revision for row in state.rows] == ["c", "a", "b"]
    assert state.applied == {"a", "b", "c"}
    row = state.row("a")
    assert row is not None
    assert row.applied_at == start + timedelta(seconds=1)
    assert row.applied_at.tzinfo == UTC
    assert (row.checksum, row.duration_ms, row.status) == ("a" * 64, 1, "applied")


def test_microseconds_are_kept_so_that_the_order_is(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    moment = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    VERSIONS.record(connection, "a", applied_at=moment)
    assert VERSIONS.read(connection).rows[0].applied_at == moment


def test_a_revision_is_recorded_once(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    VERSIONS.record(connection, "a")
    with pytest.raises(sa.exc.IntegrityError):
        VERSIONS.record(connection, "a")


def test_ids_of_255_characters_fit(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    VERSIONS.record(connection, "x" * 255)
    assert VERSIONS.read(connection).applied == {"x" * 255}


def test_remove_says_whether_there_was_a_row(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    VERSIONS.record(connection, "a")
    assert VERSIONS.remove(connection, "a")
    assert not VERSIONS.remove(connection, "a")


def test_stamp_leaves_exactly_that_set_and_does_not_touch_what_is_right(connection: sa.Connection) -> None:
    VERSIONS.stamp(connection, {"a", "b"})
    before = VERSIONS.read(connection).row("a")
    VERSIONS.begin(connection, "z", "upgrading", step=1, checksum=None, replace=False)
    VERSIONS.stamp(connection, {"a", "c"}, checksums={"c": "1" * 64})
    state = VERSIONS.read(connection)
    assert state.applied == {"a", "c"}
    assert state.in_flight == ()
    assert state.row("a") == before
    found = state.row("c")
    assert found is not None
    assert found.checksum == "1" * 64


def test_a_migration_in_flight_is_not_applied_and_a_downgrade_in_flight_still_is(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    VERSIONS.begin(connection, "up", "upgrading", step=1, checksum="1" * 64, replace=False)
    VERSIONS.advance(connection, "up", 2)
    VERSIONS.record(connection, "down")
    VERSIONS.begin(connection, "down", "downgrading", step=0, checksum=None, replace=True)
    state = VERSIONS.read(connection)
    assert state.applied == {"down"}
    assert {(row.revision, row.status, row.step) for row in state.in_flight} == {
        ("up", "upgrading", 2),
        ("down", "downgrading", 0),
    }
    VERSIONS.fail(connection, "up", step=1, steps=3, error="no " * 2_000)
    VERSIONS.clear_in_flight(connection, "down")
    state = VERSIONS.read(connection)
    row = state.row("up")
    assert row is not None
    assert (row.step, row.steps, len(row.error or "")) == (1, 3, 2_000)
    assert [row.revision for row in state.in_flight] == ["up"]
    VERSIONS.finish(connection, "up", checksum="2" * 64, duration_ms=5)
    assert VERSIONS.read(connection).applied == {"up", "down"}
    assert VERSIONS.read(connection).in_flight == ()


def test_a_table_of_that_name_that_is_not_ours_is_an_error_before_anything_is_written(
    connection: sa.Connection,
) -> None:
    connection.execute(sa.text("CREATE TABLE version (id INTEGER, version_num VARCHAR(32))"))
    connection.commit()
    for use in (VERSIONS.read, lambda each: VERSIONS.stamp(each, {"a"})):
        with pytest.raises(ForeignVersionTable) as caught:
            use(connection)
        assert caught.value.hints[0].startswith("version_table = ")
        # The transaction is still good.
        assert connection.execute(sa.text("SELECT count(*) FROM version")).scalar() == 0


def test_a_column_that_a_later_version_adds_is_no_reason_to_refuse(connection: sa.Connection) -> None:
    VERSIONS.create(connection)
    connection.execute(sa.text("ALTER TABLE version ADD COLUMN later INTEGER"))
    VERSIONS.record(connection, "a")
    assert VERSIONS.read(connection).applied == {"a"}


@pytest.mark.databases("postgresql")
def test_it_can_be_in_a_schema_of_its_own(connection: sa.Connection) -> None:
    connection.execute(sa.text('CREATE SCHEMA "My Tools"'))
    versions = VersionTable(TableName("version", "My Tools"))
    assert versions.read(connection) == State()
    versions.stamp(connection, {"a"})
    assert versions.read(connection).applied == {"a"}
    assert not VERSIONS.read(connection).exists
