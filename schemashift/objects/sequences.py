"""Independent sequences, as PostgreSQL and MariaDB have them.

The sequence behind a SERIAL or identity column belongs to the column and is not one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Self

import sqlalchemy as sa

from schemashift.diff import RELATION
from schemashift.objects.kind import Kind, within
from schemashift.objects.uses import names_sequence
from schemashift.operations import Compiler, Description, Incomplete, Live, Operation, Sql, Writer, by_name, no_sql
from schemashift.operations.base import Keys, Node, need_object, without
from schemashift.schema import INTEGER_LIMITS, Doubt, Key, Schema, TableName, implied_start
from schemashift.sqla.errors import driver_message
from schemashift.sqla.lift import declared_sequences
from schemashift.sqla.names import names_of
from schemashift.sqla.traits import stored_name

_MARIADB_LIMIT = 2**63 - 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSequence:
    """A sequence. Values that the database chooses by default are explicit here."""

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
        """The object's key in a `Schema`."""
        return Key.of_sequence(self.full_name)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)

    def settings(self) -> str:
        """Return the options of CREATE SEQUENCE."""
        cycle = "CYCLE" if self.cycle else ""
        return (
            f"START WITH {self.start} INCREMENT BY {self.increment} MINVALUE {self.minimum} "
            f"MAXVALUE {self.maximum} CACHE {self.cache} {cycle}"
        ).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSequence(Operation):
    """Create a sequence."""

    sequence: NumberSequence
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.sequence.key})

    @property
    def uses(self) -> Keys:
        return within(self.sequence.schema)

    def inverse(self) -> DropSequence:
        return DropSequence(name=self.sequence.full_name, sequence=self.sequence)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.sequence)

    def describe(self) -> Description:
        return Description("+", "sequence", str(self.sequence.full_name))

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._create_typed, "mariadb": self._create, "*": no_sql}

    def _create_typed(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        type_ = f"AS {self.sequence.type} " if self.sequence.type != "BIGINT" else ""
        yield f"{self._head(compiler)} {type_}{self.sequence.settings()}"

    def _create(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"{self._head(compiler)} {self.sequence.settings()}"

    def _head(self, compiler: Compiler[object]) -> str:
        exists = "IF NOT EXISTS " if self.if_not_exists else ""
        return f"CREATE SEQUENCE {exists}{compiler.table(self.sequence.full_name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.create_sequence", [self.sequence.name], **_keywords(self.sequence, writer.databases))


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSequence(Operation):
    """Drop a sequence. ``sequence`` is its definition, where the caller knows it."""

    name: TableName
    sequence: NumberSequence | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_sequence(self.name)})

    @property
    def frees(self) -> Keys:
        return within(self.name.schema)

    def inverse(self) -> CreateSequence:
        if self.sequence is None:
            raise Incomplete(f'the definition of sequence "{self.name}" is not known')
        return CreateSequence(sequence=self.sequence)

    def complete(self, schema: Schema) -> Self:
        if self.sequence is not None:
            return self
        return replace(self, sequence=need_object(schema, Key.of_sequence(self.name), NumberSequence))

    def apply(self, schema: Schema) -> Schema:
        return without(schema, Key.of_sequence(self.name))

    def describe(self) -> Description:
        return Description("-", "sequence", str(self.name))

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._drop, "mariadb": self._drop, "*": no_sql}

    def _drop(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"DROP SEQUENCE {'IF EXISTS ' if self.if_exists else ''}{compiler.table(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.drop_sequence", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterSequence(Operation):
    """Change the options of a sequence. Its next number stays, or becomes the nearest one inside the new limits."""

    after: NumberSequence
    before: NumberSequence | None = None

    def narrowed(self, live: Live) -> NumberSequence | None:
        """Return the sequence before, if its next number may be outside the new limits."""
        before = self.before or live.get(self.after.key)
        if not isinstance(before, NumberSequence):
            return None
        return before if self.after.minimum > before.minimum or self.after.maximum < before.maximum else None

    @property
    def alters(self) -> Keys:
        return frozenset({self.after.key})

    def inverse(self) -> AlterSequence:
        if self.before is None:
            raise Incomplete(f'the previous options of sequence "{self.after.full_name}" are not known')
        return AlterSequence(after=self.before, before=self.after)

    def complete(self, schema: Schema) -> Self:
        return self if self.before else replace(self, before=need_object(schema, self.after.key, NumberSequence))

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.after)

    def describe(self) -> Description:
        return Description("~", "sequence", str(self.after.full_name), self.after.settings())

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._alter_typed, "mariadb": self._alter, "*": no_sql}

    def _alter_typed(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        after, before = self.after, self.narrowed(live)
        head = f"ALTER SEQUENCE {compiler.table(after.full_name)}"
        if before is not None:
            # setval() accepts what is inside the limits, and ALTER SEQUENCE limits that the last number is inside of.
            low, high = min(before.minimum, after.minimum), max(before.maximum, after.maximum)
            if (low, high) != (before.minimum, before.maximum):
                type_ = max(before.type, after.type, key=INTEGER_LIMITS.__getitem__)
                yield f"{head} AS {type_} MINVALUE {low} MAXVALUE {high}"
            name = compiler.literal(compiler.table(after.full_name))
            yield move_into_limits(name, after.start, after.increment, after.minimum, after.maximum)
        yield f"{head} AS {after.type} {after.settings()}" + ("" if after.cycle else " NO CYCLE")

    def _alter(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        after, name = self.after, compiler.table(self.after.full_name)
        sql = f"ALTER SEQUENCE {name} {after.settings()}" + ("" if after.cycle else " NOCYCLE")
        if self.narrowed(live) is None:
            yield sql
            return
        # MariaDB reports 4085 for limits that the next number is not inside of, unless it restarts. NEXTVAL(), since
        # next_not_cached_value is 1,000 numbers further.
        nearest = f"greatest(@next, {after.minimum})" if after.increment > 0 else f"least(@next, {after.maximum})"
        yield f"SET @next = NEXTVAL({name})"
        yield f"EXECUTE IMMEDIATE concat({compiler.literal(f'{sql} RESTART ')}, {nearest})"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        keywords = _keywords(self.after, writer.databases)
        if self.before is not None:
            # An option that goes back to its default has to be explicit.
            changed = [each for each in _NAMES if getattr(self.before, each) != getattr(self.after, each)]
            keywords |= {_NAMES[each]: getattr(self.after, each) for each in changed}
        yield writer.call("op.alter_sequence", [self.after.name], **keywords)


def move_into_limits(sequence: str, start: int, increment: int, minimum: int, maximum: int) -> str:
    """Return PostgreSQL's statement that moves a sequence to the number in the limits that is nearest to its last one.

    *sequence* is an expression for its name. One that was never used has not started.
    """
    # Beyond the end, all numbers are used; before the beginning, the first is not.
    beyond = f"v > {maximum}" if increment > 0 else f"v < {minimum}"
    nearest = f"CASE WHEN v < {minimum} THEN {minimum} WHEN v > {maximum} THEN {maximum} ELSE v END"
    used = f"coalesce(v BETWEEN {minimum} AND {maximum} OR {beyond}, false)"
    return (
        f"SELECT setval({sequence}, coalesce({nearest}, {start})::bigint, {used}) "
        f"FROM pg_sequence_last_value({sequence}::regclass) AS v"
    )


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


def _keywords(sequence: NumberSequence, databases: tuple[str, ...]) -> dict[str, object]:
    """Return the options that are not the defaults of the database, as keyword arguments."""
    database = by_name(_DEFAULTS, databases) or _MARIADB_DEFAULTS
    lowest, highest = database.limits(sequence.type)
    defaults: dict[str, object] = {
        "type": "BIGINT",
        "start": implied_start(sequence.increment, sequence.minimum, sequence.maximum),
        "increment": 1,
        "minimum": 1 if sequence.increment > 0 else lowest,
        "maximum": highest if sequence.increment > 0 else -1,
        "cycle": False,
        "cache": database.cache,
    }
    values = {field: getattr(sequence, field) for field in _NAMES}
    keywords = {_NAMES[field]: None if value == defaults[field] else value for field, value in values.items()}
    return {**keywords, "schema": sequence.schema}


class _Defaults(NamedTuple):
    """The defaults of a database. ``typed`` is True if a sequence has a type, whose limits apply to it."""

    typed: bool
    cache: int

    def limits(self, type_: str) -> tuple[int, int]:
        """Return the lowest and the highest number of a type."""
        if not self.typed:
            return -INTEGER_LIMITS["BIGINT"], _MARIADB_LIMIT
        highest = INTEGER_LIMITS.get(type_, INTEGER_LIMITS["BIGINT"])
        return -highest - 1, highest


_MARIADB_DEFAULTS = _Defaults(typed=False, cache=1000)
_DEFAULTS = {"postgresql": _Defaults(typed=True, cache=1), "mariadb": _MARIADB_DEFAULTS}


def lift_sequence(sequence: sa.Sequence, dialect: sa.Dialect) -> NumberSequence:
    """Lift a SQLAlchemy sequence, with the defaults of *dialect* for options that it does not set."""
    defaults = by_name(_DEFAULTS, names_of(dialect)) or _MARIADB_DEFAULTS
    increment = sequence.increment if sequence.increment is not None else 1
    data_type = sequence.data_type
    type_ = dialect.type_compiler_instance.process(data_type) if data_type is not None else "BIGINT"
    lowest, highest = defaults.limits(type_)
    minimum = sequence.minvalue if sequence.minvalue is not None else (1 if increment > 0 else lowest)
    maximum = sequence.maxvalue if sequence.maxvalue is not None else (highest if increment > 0 else -1)
    start = sequence.start if sequence.start is not None else (minimum if increment > 0 else maximum)
    schema = None if sequence.schema is None else stored_name(sequence.schema, dialect)
    return NumberSequence(
        name=stored_name(sequence.name, dialect),
        schema=None if schema == dialect.default_schema_name else schema,
        type=type_ if defaults.typed else "BIGINT",
        start=start,
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        cycle=bool(sequence.cycle),
        cache=sequence.cache or defaults.cache,
    )


def declared(
    name: str,
    dialect: sa.Dialect,
    *,
    start: int | None,
    increment: int | None,
    minvalue: int | None,
    maxvalue: int | None,
    cycle: bool | None,
    cache: int | None,
    data_type: str | None,
    schema: str | None,
) -> NumberSequence:
    """Return the sequence that the arguments of ``op.create_sequence`` and ``op.alter_sequence`` describe."""
    types = {"SMALLINT": sa.SmallInteger(), "INTEGER": sa.Integer(), "BIGINT": sa.BigInteger()}
    sequence = sa.Sequence(
        name,
        start=start,
        increment=increment,
        minvalue=minvalue,
        maxvalue=maxvalue,
        cycle=cycle,
        cache=cache,
        schema=schema,
        data_type=types[data_type.upper()] if data_type else None,
    )
    return lift_sequence(sequence, dialect)


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


class Sequences(Kind[NumberSequence]):
    """The kind of sequences."""

    name = "sequence"
    namespace = RELATION
    name_parameters: ClassVar = {"create_sequence": "name"}

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[NumberSequence]:
        if _reader(dialect) is not None:
            yield from (lift_sequence(each, dialect) for each in declared_sequences(metadatas))

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[NumberSequence | Doubt]:
        read = _reader(connection.dialect)
        return read(connection, schemas) if read is not None else iter(())

    def is_managed(self, thing: NumberSequence, tables: Schema) -> bool:
        """Return True if a default in *tables* uses it: a sequence is dropped with the last such default."""
        return any(
            column.default is not None and thing.key in column.default.needs
            for table in tables.tables
            for column in table.columns
        )

    def is_named_in(self, text: str, thing: NumberSequence, *, anywhere: bool = False) -> bool:
        return names_sequence(text, thing.name, anywhere=anywhere)

    def create(self, thing: NumberSequence) -> Iterator[Operation]:
        yield CreateSequence(sequence=thing)

    def drop(self, thing: NumberSequence) -> Iterator[Operation]:
        yield DropSequence(name=thing.full_name, sequence=thing)

    def alter(self, before: NumberSequence, after: NumberSequence, old: Schema, new: Schema) -> Iterator[Operation]:
        del old, new
        yield AlterSequence(after=after, before=before)


Read = Callable[[sa.Connection, Iterable[str]], Iterator[NumberSequence | Doubt]]


def _reader(dialect: sa.Dialect) -> Read | None:
    """Return the function that reads sequences; None where *dialect* has none."""
    return by_name({"postgresql": _read_postgresql, "mariadb": _read_mariadb}, names_of(dialect))


def _read_postgresql(connection: sa.Connection, schemas: Iterable[str]) -> Iterator[NumberSequence | Doubt]:
    default = connection.dialect.default_schema_name
    for row in connection.execute(sa.text(_POSTGRESQL), {"schemas": [default, *schemas]}).mappings():
        yield NumberSequence(**{**row, "schema": None if row["schema"] == default else row["schema"]})


def _read_mariadb(connection: sa.Connection, schemas: Iterable[str]) -> Iterator[NumberSequence | Doubt]:
    del schemas
    names = [row.name for row in connection.execute(sa.text(_MARIADB))]
    for name in names:
        try:
            yield _read_one(connection, name)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            yield Doubt(about=Key.of_sequence(TableName(name)), reason=driver_message(error))


def _read_one(connection: sa.Connection, name: str) -> NumberSequence:
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


KIND = Sequences()
