"""Sequences that stand for themselves, as PostgreSQL and MariaDB have them.

The sequence behind a SERIAL or identity column belongs to the column and is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemashift.operations import Description, Incomplete, ObjectOperation, Operation
from schemashift.operations.base import Keys
from schemashift.schema import INTEGER_LIMITS, Doubt, Key, Keyed, Schema, TableName
from schemashift.sqla.errors import driver_message
from schemashift.sqla.lift import declared_sequences

_MARIADB_LIMIT = 2**63 - 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSequence:
    """A sequence; the numbers that a database chooses by itself are written out."""

    name: str
    schema: str | None = None
    type: str = "BIGINT"
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = 2**63 - 1
    cycle: bool = False
    cache: int = 1

    @property
    def key(self) -> Key:
        """Its key in a `Schema`."""
        return Key.of_sequence(self.full_name)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)

    def settings(self) -> str:
        """What follows the name in CREATE SEQUENCE."""
        cycle = "CYCLE" if self.cycle else ""
        return (
            f"START WITH {self.start} INCREMENT BY {self.increment} MINVALUE {self.minimum} "
            f"MAXVALUE {self.maximum} CACHE {self.cache} {cycle}"
        ).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSequence(ObjectOperation):
    """Create a sequence."""

    sequence: NumberSequence
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.sequence.key})

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_schema(self.sequence.schema)}) if self.sequence.schema else frozenset()

    def inverse(self) -> DropSequence:
        return DropSequence(name=self.sequence.full_name, sequence=self.sequence)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.sequence)

    def describe(self) -> Description:
        return Description("+", "sequence", str(self.sequence.full_name))

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if not _has_sequences(ddl.dialect):
            return
        exists = "IF NOT EXISTS " if self.if_not_exists else ""
        type_ = (
            f"AS {self.sequence.type} " if ddl.dialect.name == "postgresql" and self.sequence.type != "BIGINT" else ""
        )
        yield f"CREATE SEQUENCE {exists}{ddl.table(self.sequence.full_name)} {type_}{self.sequence.settings()}"

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.create_sequence", [self.sequence.name], **_words(self.sequence))


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSequence(ObjectOperation):
    """Drop a sequence. ``sequence`` is what it was, where the caller knows."""

    name: TableName
    sequence: NumberSequence | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_sequence(self.name)})

    @property
    def frees(self) -> Keys:
        return frozenset({Key.of_schema(self.name.schema)}) if self.name.schema else frozenset()

    def inverse(self) -> CreateSequence:
        if self.sequence is None:
            raise Incomplete(f'what the sequence "{self.name}" was is not known')
        return CreateSequence(sequence=self.sequence)

    def apply(self, schema: Schema) -> Schema:
        key = Key.of_sequence(self.name)
        return schema.drop(key) if key in schema else schema

    def describe(self) -> Description:
        return Description("-", "sequence", str(self.name))

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if _has_sequences(ddl.dialect):
            yield f"DROP SEQUENCE {'IF EXISTS ' if self.if_exists else ''}{ddl.table(self.name)}"

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.drop_sequence", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterSequence(ObjectOperation):
    """Change a sequence's options. It goes on counting where it was."""

    after: NumberSequence
    before: NumberSequence | None = None

    @property
    def alters(self) -> Keys:
        return frozenset({self.after.key})

    def inverse(self) -> AlterSequence:
        if self.before is None:
            raise Incomplete(f'what the sequence "{self.after.full_name}" was before is not known')
        return AlterSequence(after=self.before, before=self.after)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.after)

    def describe(self) -> Description:
        return Description("~", "sequence", str(self.after.full_name), self.after.settings())

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if not _has_sequences(ddl.dialect):
            return
        type_ = f"AS {self.after.type} " if ddl.dialect.name == "postgresql" else ""
        settings = self.after.settings() + ("" if self.after.cycle else (" NO CYCLE" if type_ else " NOCYCLE"))
        yield f"ALTER SEQUENCE {ddl.table(self.after.full_name)} {type_}{settings}"

    def source(self, printer: Any) -> Iterator[Any]:
        words = _words(self.after)
        if self.before is not None:
            # What it goes back to, also where that goes without saying.
            changed = [each for each in _NAMES if getattr(self.before, each) != getattr(self.after, each)]
            words |= {_NAMES[each]: getattr(self.after, each) for each in changed}
        yield printer.call("op.alter_sequence", [self.after.name], **words)


def _has_sequences(dialect: sa.Dialect) -> bool:
    return dialect.name == "postgresql" or bool(getattr(dialect, "is_mariadb", False))


_NAMES = {
    "type": "data_type",
    "start": "start",
    "increment": "increment",
    "minimum": "minvalue",
    "maximum": "maxvalue",
    "cycle": "cycle",
    "cache": "cache",
}
"""The keywords of ``op`` for the fields of a sequence."""


def _words(sequence: NumberSequence) -> dict[str, Any]:
    """The options that do not go without saying, as keywords."""
    plain = normal(NumberSequence(name=sequence.name, schema=sequence.schema, type=sequence.type))
    words: dict[str, Any] = {}
    for field, word in _NAMES.items():
        value = getattr(sequence, field)
        goes_without_saying = value == ("BIGINT" if field == "type" else getattr(plain, field))
        if field == "maximum" and value in (_MARIADB_LIMIT, *INTEGER_LIMITS.values()):
            goes_without_saying = True
        words[word] = None if goes_without_saying or (field == "cache" and value == 1000) else value
    return {**words, "schema": sequence.schema}


def normal(sequence: NumberSequence) -> NumberSequence:
    """A smaller type has a smaller end."""
    limit = INTEGER_LIMITS.get(sequence.type, INTEGER_LIMITS["BIGINT"])
    return replace(sequence, maximum=min(sequence.maximum, limit))


def lift_sequence(sequence: Any, dialect: sa.Dialect) -> NumberSequence:
    """The value of a SQLAlchemy sequence, with what *dialect* chooses where it says nothing."""
    mariadb = dialect.name != "postgresql"
    increment = sequence.increment if sequence.increment is not None else 1
    type_ = dialect.type_compiler_instance.process(sequence.data_type) if sequence.data_type is not None else "BIGINT"
    limit = _MARIADB_LIMIT if mariadb else INTEGER_LIMITS.get(type_, INTEGER_LIMITS["BIGINT"])
    lowest = -INTEGER_LIMITS["BIGINT"] if mariadb else -limit - 1
    minimum = sequence.minvalue if sequence.minvalue is not None else (1 if increment > 0 else lowest)
    maximum = sequence.maxvalue if sequence.maxvalue is not None else (limit if increment > 0 else -1)
    start = sequence.start if sequence.start is not None else (minimum if increment > 0 else maximum)
    schema = None if sequence.schema == dialect.default_schema_name else sequence.schema
    return NumberSequence(
        name=str(sequence.name),
        schema=schema,
        type="BIGINT" if mariadb else type_,
        start=start,
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        cycle=bool(sequence.cycle),
        cache=sequence.cache or (1000 if mariadb else 1),
    )


_POSTGRESQL = """
SELECT c.relname AS name, n.nspname AS schema, upper(format_type(q.seqtypid, NULL)) AS type, q.seqstart AS start,
       q.seqincrement AS increment, q.seqmin AS minimum, q.seqmax AS maximum, q.seqcycle AS cycle, q.seqcache AS cache
  FROM pg_catalog.pg_sequence q JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY(CAST(:schemas AS text[]))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
"""
_MARIADB = """
SELECT TABLE_NAME AS name, TABLE_SCHEMA AS place FROM information_schema.TABLES
 WHERE TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA = DATABASE()
"""


class Sequences:
    """The kind."""

    name = "sequence"

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[NumberSequence]:
        if not _has_sequences(dialect):
            return
        yield from (lift_sequence(each, dialect) for each in declared_sequences(metadatas))

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[NumberSequence | Doubt]:
        dialect = connection.dialect
        if dialect.name == "postgresql":
            default = dialect.default_schema_name
            for row in connection.execute(sa.text(_POSTGRESQL), {"schemas": [default, *schemas]}).mappings():
                yield NumberSequence(**{**row, "schema": None if row["schema"] == default else row["schema"]})
        elif _has_sequences(dialect):
            names = [row.name for row in connection.execute(sa.text(_MARIADB))]
            for name in names:
                try:
                    yield self._mariadb(connection, name)
                except sa.exc.DBAPIError as error:
                    if error.connection_invalidated:
                        raise
                    yield Doubt(about=Key.of_sequence(TableName(name)), reason=driver_message(error))

    @staticmethod
    def _mariadb(connection: sa.Connection, name: str) -> NumberSequence:
        quoted = connection.dialect.identifier_preparer.quote(name)
        row = connection.execute(sa.text(f"SELECT * FROM {quoted}")).mappings().one()
        return NumberSequence(
            name=name,
            start=row["start_value"],
            increment=row["increment"],
            minimum=row["minimum_value"],
            maximum=row["maximum_value"],
            cycle=bool(row["cycle_option"]),
            cache=row["cache_size"],
        )

    def is_ours(self, thing: Keyed, tables: Schema) -> bool:
        """A sequence goes with the last column that takes its default from it."""
        return any(
            column.default is not None and thing.key in column.default.needs
            for table in tables.tables
            for column in table.columns
        )

    def create(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, NumberSequence)
        yield CreateSequence(sequence=thing)

    def drop(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, NumberSequence)
        yield DropSequence(name=thing.full_name, sequence=thing)

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterator[Operation]:
        assert isinstance(before, NumberSequence)
        assert isinstance(after, NumberSequence)
        yield AlterSequence(after=after, before=before)


KIND = Sequences()
