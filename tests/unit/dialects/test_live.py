"""The schema of a run: what is read when, and what is known after an operation."""

from __future__ import annotations

import pytest

from schemashift.dialects.live import LiveSchema
from schemashift.objects.enums import AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum
from schemashift.operations import AddColumn, DropColumn, Execute, Incomplete
from schemashift.schema import Column, Key, Keyed, Schema, Table, TableName, Type

T = TableName("t")
TABLE = Table(name="t", columns=(Column(name="a", type=Type(sql="INTEGER")),))
MOOD, OTHER = (Enum(name=name, labels=("a", "b")) for name in ("mood", "other"))


class Database:
    """The existing tables, and the reads that were made."""

    def __init__(self, *things: Keyed) -> None:
        self.there = Schema(things)
        self.asked: list[str] = []
        self.live = LiveSchema(read=self.read, read_all=self.read_all, read_objects=self.read_objects)

    def read(self, name: TableName) -> Table | None:
        self.asked.append(str(name))
        return self.there.table(name)

    def read_all(self) -> Schema:
        self.asked.append("*")
        return Schema(self.there.tables)

    def read_objects(self, key: Key) -> list[Keyed]:
        self.asked.append(f"{key.kind} {key.name}")
        return [each for each in self.there.values() if each.key.kind == key.kind != "table"]


def test_a_table_is_read_once_and_so_is_one_that_is_not_there() -> None:
    database = Database(TABLE)
    assert [database.live.table(T), database.live.get(TABLE.key)] == [TABLE, TABLE]
    assert [database.live.table(TableName("x")) for _ in range(2)] == [None, None]
    assert database.asked == ["t", "x"]


def test_an_object_is_read_with_those_of_its_kind() -> None:
    database = Database(MOOD, OTHER)
    assert [database.live.get(MOOD.key), database.live.get(OTHER.key)] == [MOOD, OTHER]
    assert [database.live.get(Key("enum", None, "none")) for _ in range(2)] == [None, None]
    assert database.asked == ["enum mood", "enum none"]


def test_an_operation_on_an_object_is_completed_without_reading_tables() -> None:
    database = Database(MOOD, TABLE)
    assert database.live.complete(DropEnum(name=MOOD.full_name)).enum == MOOD
    assert database.live.complete(AlterEnum(name=MOOD.full_name, labels=())).before == ("a", "b")
    assert database.asked == ["enum mood"]


def test_what_is_nowhere_is_incomplete() -> None:
    with pytest.raises(Incomplete, match='there is no enum "mood"'):
        Database(TABLE).live.complete(DropEnum(name=MOOD.full_name))


def test_what_was_absent_is_known_when_it_was_created() -> None:
    database = Database()
    assert database.live.get(MOOD.key) is None
    database.live.apply(CreateEnum(enum=MOOD))
    assert database.live.get(MOOD.key) == MOOD
    assert database.asked == ["enum mood"]


def test_what_got_its_name_unseen_is_read() -> None:
    database = Database()
    assert database.live.get(OTHER.key) is None
    database.there = Schema([OTHER])
    database.live.apply(RenameEnum(old=MOOD.full_name, new="other"))
    assert database.live.get(OTHER.key) == OTHER


def test_objects_stay_known_when_all_tables_are_read() -> None:
    database = Database(MOOD, TABLE)
    database.live.get(MOOD.key)
    assert set(database.live.schema) == {MOOD.key, TABLE.key}
    assert database.asked == ["enum mood", "*"]


def test_a_statement_that_nobody_understands_has_everything_read_again() -> None:
    database = Database(MOOD, TABLE)
    database.live.get(MOOD.key)
    database.live.table(T)
    database.live.forget()
    assert [database.live.get(MOOD.key), database.live.table(T)] == [MOOD, TABLE]
    assert database.asked == ["enum mood", "t"] * 2


def test_a_table_that_is_not_known_is_not_read_for_a_change() -> None:
    database = Database(TABLE)
    database.live.apply([AddColumn(table=T, column=Column(name="b", type=Type(sql="TEXT")))])
    assert database.asked == []


def test_a_change_that_does_not_fit_is_the_databases_affair() -> None:
    database = Database(TABLE)
    database.live.table(T)
    database.live.apply(DropColumn(table=T, name="nowhere"))
    assert database.live.table(T) == TABLE
    assert database.asked == ["t", "t"]


def test_without_readers_the_schema_is_the_whole_truth() -> None:
    live = LiveSchema(Schema([TABLE]))
    live.forget()
    live.apply(Execute(statement="SELECT 1"))
    assert (live.table(T), live.get(MOOD.key), live.table(TableName("x"))) == (TABLE, None, None)
