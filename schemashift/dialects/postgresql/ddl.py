"""PostgreSQL's DDL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from schemashift.dialects.ddl import DDL
from schemashift.dialects.live import Known
from schemashift.dialects.postgresql.convert import conversion
from schemashift.dialects.postgresql.names import object_name, sequence_name
from schemashift.dialects.postgresql.normal import normal_identity
from schemashift.dialects.postgresql.read import OwnedSequence
from schemashift.dialects.postgresql.types import normal_type
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.operations import (
    AlterColumn,
    AlterTable,
    CreateIndex,
    DropConstraint,
    DropIndex,
    FillColumn,
    FillTable,
)
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    Default,
    Exclude,
    ForeignKey,
    Identity,
    Index,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
)
from schemashift.sqla.lift import is_domain, lift_type

_SERIAL = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}


class PostgreSQLDDL(DDL):
    """Operations to PostgreSQL's SQL."""

    prefix = "postgresql_"

    # Parts -------------------------------------------------------------------------------------------------------

    def column(self, column: Column, table: Table) -> str:
        if column.autoincrement and column.type.sql in _SERIAL:
            return f"{self.quote(column.name)} {_SERIAL[column.type.sql]} NOT NULL"
        return super().column(column, table)

    def attributes(self, column: Column) -> Iterator[str]:
        yield from super().attributes(column)
        if column.identity is not None:
            yield f"GENERATED {'ALWAYS' if column.identity.always else 'BY DEFAULT'} AS IDENTITY"
            if settings := identity_settings(column.identity, column.type.sql):
                yield f"({settings})"

    def constraint_body(self, constraint: Constraint) -> str:
        include = self.option(constraint.options, "include")
        tail = f" INCLUDE ({self.names(include)})" if include else ""
        match constraint:
            case PrimaryKey():
                return super().constraint_body(constraint) + tail
            case Unique():
                distinct = " NULLS NOT DISTINCT" if self.option(constraint.options, "nulls_not_distinct") else ""
                return f"UNIQUE{distinct} ({self.names(constraint.columns)}){tail}{self.deferral(constraint)}"
            case Check() | ForeignKey():
                return super().constraint_body(constraint) + self.validity(constraint)
            case Exclude():
                pairs = zip(constraint.parts, constraint.operators, strict=True)
                elements = ", ".join(f"{self.part(part)} WITH {operator}" for part, operator in pairs)
                where = f" WHERE ({constraint.where.text})" if constraint.where else ""
                return f"EXCLUDE USING {constraint.using} ({elements}){where}{self.deferral(constraint)}"

    def validity(self, constraint: Check | ForeignKey) -> str:
        """NOT VALID, with a space before it."""
        return " NOT VALID" if self.option(constraint.options, "not_valid") else ""

    def index(self, table: TableName, index: Index) -> str:
        return self._index(table, index, concurrently=False)

    def _index(self, table: TableName, index: Index, *, concurrently: bool) -> str:
        method = self.option(index.options, "using")
        include = self.option(index.options, "include")
        settings = self.option(index.options, "with")
        tablespace = self.option(index.options, "tablespace")
        where = self.option(index.options, "where")
        head = f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {'CONCURRENTLY ' if concurrently else ''}"
        words = [
            f"{head}{self.quote(index.name)} ON {self.table(table)}",
            f"USING {method}" if method else "",
            f"({', '.join(map(self.part, index.parts))})",
            f"INCLUDE ({self.names(include)})" if include else "",
            "NULLS NOT DISTINCT" if self.option(index.options, "nulls_not_distinct") else "",
            f"WITH ({', '.join(f'{name} = {value}' for name, value in settings)})" if settings else "",
            f"TABLESPACE {self.quote(tablespace)}" if tablespace else "",
            f"WHERE {where.text}" if where else "",
        ]
        return " ".join(word for word in words if word)

    def create(self, table: Table) -> str:
        prefixes = next((value for name, value in table.options if name == "prefixes"), ())
        text = super().create(table)
        return text.replace("CREATE TABLE", f"CREATE {' '.join(prefixes)} TABLE", 1) if prefixes else text  # type: ignore[arg-type]

    def table_options(self, table: Table) -> str:
        inherits = self.option(table.options, "inherits")
        partition = self.option(table.options, "partition_by")
        settings = self.option(table.options, "with")
        tablespace = self.option(table.options, "tablespace")
        words = [
            f" INHERITS ({self.names([inherits] if isinstance(inherits, str) else inherits)})" if inherits else "",
            f" PARTITION BY {partition}" if partition else "",
            f" WITH ({', '.join(f'{name} = {value}' for name, value in settings)})" if settings else "",
            f" TABLESPACE {self.quote(tablespace)}" if tablespace else "",
        ]
        return "".join(words)

    def conversion(self, column: str, before: Type, after: Type) -> str | None:
        """The USING expression that brings *column* (quoted) to another type; None where PostgreSQL needs none.

        A domain is converted as what it is made of: a cast to the domain itself would cut a text that is too long.
        """
        return conversion(column, self._beneath(before), self._beneath(after))

    def _beneath(self, type_: Type) -> Type:
        if is_domain(type_.payload):
            return self._beneath(lift_type(type_.payload.data_type, self.dialect))  # type: ignore[attr-defined]
        return replace(type_, sql=normal_type(type_.sql))

    # Operations --------------------------------------------------------------------------------------------------

    def fill_column(self, operation: FillColumn, known: Known) -> Iterator[str | Statement]:
        yield from super().fill_column(operation, known)
        yield from self._check_now(known.table(operation.table))

    def fill_table(self, operation: FillTable, known: Known) -> Iterator[str | Statement]:
        table = known.table(operation.table)
        given = {name for name, _ in (*operation.keys, *operation.values)}
        given_columns = [each for each in table.columns if each.name in given] if table is not None else []
        overriding = " OVERRIDING SYSTEM VALUE" if any(each.identity for each in given_columns) else ""
        yield self.insert_missing(operation, table, overriding)
        for column in given_columns:
            if column.autoincrement or column.identity:
                # What was given a number did not count.
                name = self.table(operation.table)
                sequence = f"pg_get_serial_sequence({self.literal(name)}, {self.literal(column.name)})"
                place, identity = self.quote(column.name), column.identity or Identity()
                step, start = identity.increment or 1, 1 if identity.start is None else identity.start
                furthest, further = ("max", "greatest") if step > 0 else ("min", "least")
                number = f"{further}({furthest}({place}) + {step}, {start})"
                yield f"SELECT setval({sequence}, {number}, false) FROM {name}"
        yield from self._check_now(table)

    def _check_now(self, table: Table | None) -> Iterator[str]:
        """Have the constraints of *table* checked that wait for the end of the transaction."""
        if table is None:
            return
        waiting = [c.name for c in table.constraints if getattr(c, "initially", None) == "DEFERRED" and c.name]
        names = ", ".join(self.table(TableName(name, table.schema)) for name in waiting)
        if names:
            # What waits for the end of the transaction would have ALTER TABLE refused: "pending trigger events".
            yield f"SET CONSTRAINTS {names} IMMEDIATE"
            yield f"SET CONSTRAINTS {names} DEFERRED"

    def number_rows(self, table: Table, column: str) -> str:
        name = self.table(table.table_name)
        numbered = f"SELECT ctid AS place, row_number() OVER () AS number FROM {name}"
        return f"UPDATE {name} AS t SET {column} = n.number FROM ({numbered}) AS n WHERE t.ctid = n.place"

    def alter_table(self, operation: AlterTable, known: Known) -> Iterator[str | Statement]:
        operation = known.complete(operation) if operation.partial else operation
        for field, value in operation.set:
            if field == "comment" and (value is None or isinstance(value, str)):
                yield self.comment_on_table(operation.table, value)
            else:
                yield from self.table_settings(known.complete(operation), value)

    def table_settings(self, operation: AlterTable, value: Any) -> Iterator[str]:
        """Options of a table that can be changed in place: UNLOGGED, storage parameters, the tablespace."""
        before: Any = dict(operation.before or ()).get("options")
        old: dict[str, Any] = dict(before or ())
        new: dict[str, Any] = dict(value or ())
        head = f"ALTER TABLE {self.table(operation.table)}"
        for name in sorted(old.keys() | new.keys()):
            was, is_ = old.get(name), new.get(name)
            if was == is_:
                continue
            if name == "postgresql_with":
                gone = sorted(dict(was or ()).keys() - dict(is_ or ()).keys())
                if gone:
                    yield f"{head} RESET ({', '.join(gone)})"
                if is_:
                    yield f"{head} SET ({', '.join(f'{key} = {each}' for key, each in is_)})"
            elif name == "prefixes":
                yield f"{head} SET {'UNLOGGED' if is_ and 'UNLOGGED' in is_ else 'LOGGED'}"
            elif name == "postgresql_tablespace":
                yield f"{head} SET TABLESPACE {self.quote(is_ or 'pg_default')}"
            else:
                raise NotSupported(f'PostgreSQL cannot change {name} of table "{operation.table}"')

    def alter_column(self, operation: AlterColumn, known: Known) -> Iterator[str | Statement]:
        changes = dict(operation.set)
        if changes.keys() - {"nullable", "comment"} and changes.keys() != {"default"}:
            operation = known.complete(operation)
        yield from _Alteration(self, operation).statements()

    def drop_constraint(self, operation: DropConstraint, known: Known) -> Iterator[str | Statement]:
        del known
        exists = "IF EXISTS " if operation.if_exists else ""
        yield f"ALTER TABLE {self.table(operation.table)} DROP CONSTRAINT {exists}{self.quote(operation.name)}"

    def create_index(self, operation: CreateIndex, known: Known) -> Iterator[str | Statement]:
        if operation.if_not_exists and known.need(operation.table).index(operation.index.name) is not None:
            return
        concurrently = bool(dict(operation.options).get("postgresql_concurrently"))
        sql = self._index(operation.table, operation.index, concurrently=concurrently)
        yield Statement(sql=sql, operation=operation, transactional=not concurrently)

    def drop_index(self, operation: DropIndex, known: Known) -> Iterator[str | Statement]:
        del known
        concurrently = bool(dict(operation.options).get("postgresql_concurrently"))
        schema = operation.table.schema if operation.table else operation.schema
        words = f"{'CONCURRENTLY ' if concurrently else ''}{'IF EXISTS ' if operation.if_exists else ''}"
        sql = f"DROP INDEX {words}{self.table(TableName(operation.name, schema))}"
        yield Statement(sql=sql, operation=operation, transactional=not concurrently)


def identity_settings(identity: Identity, type_: str) -> str:
    """The sequence options of an identity column of that type, those that go without saying left out."""
    given = normal_identity(identity, type_)
    plain = normal_identity(Identity(increment=given.increment), type_)
    words = [f"START WITH {given.start}"] if given.start != plain.start else []
    words += [f"INCREMENT BY {given.increment}"] if given.increment != 1 else []
    words += [f"MINVALUE {given.minimum}"] if given.minimum != plain.minimum else []
    words += [f"MAXVALUE {given.maximum}"] if given.maximum != plain.maximum else []
    words += [f"CACHE {given.cache}"] if given.cache != 1 else []
    return " ".join([*words, *(["CYCLE"] if given.cycle else [])])


class _Alteration:
    """The statements of one AlterColumn, in an order that works whatever changes together."""

    def __init__(self, ddl: PostgreSQLDDL, operation: AlterColumn) -> None:
        self.ddl = ddl
        self.operation = operation
        self.changes: dict[str, Any] = dict(operation.set)
        self.before = operation.before
        self.head = f"ALTER TABLE {ddl.table(operation.table)} ALTER COLUMN {ddl.quote(operation.name)}"

    def statements(self) -> Iterator[str]:
        retyped = "type" in self.changes
        if "computed" in self.changes:
            yield from self.regenerate()
        yield from self.stop_counting()
        if retyped:
            yield from self.retype(self.changes["type"])
        if "default" in self.changes:
            yield self.default(self.changes["default"])
        if "nullable" in self.changes:
            yield f"{self.head} {'DROP' if self.changes['nullable'] else 'SET'} NOT NULL"
        yield from self.start_counting()
        if "comment" in self.changes:
            comment = self.changes["comment"]
            yield self.ddl.comment_on_column(self.operation.table, self.operation.name, comment)

    def default(self, default: Default | None) -> str:
        return f"{self.head} DROP DEFAULT" if default is None else f"{self.head} SET DEFAULT {default.sql}"

    def retype(self, type_: Type) -> Iterator[str]:
        """The default is taken off before and put back after: PostgreSQL would have to cast it, and often cannot."""
        before = self.before
        standing = before.default if before is not None else None
        counts = before is not None and before.autoincrement and self.changes.get("autoincrement", True)
        stops = counts and "default" in self.changes
        if standing is not None or stops:
            yield f"{self.head} DROP DEFAULT"
        yield f"{self.head} TYPE {self.ddl.type(Column(name='', type=type_))}{self.using()}"
        if standing is not None and "default" not in self.changes:
            yield self.default(standing)
        if counts and not stops and type_.sql in _SERIAL:
            # A SERIAL's sequence keeps its old type, and its old end, when the column is widened.
            yield f"ALTER SEQUENCE {self.sequence()} AS {type_.sql}"

    def using(self) -> str:
        given = dict(self.operation.options).get("postgresql_using")
        if given is None and self.before is not None:
            given = self.ddl.conversion(
                self.ddl.quote(self.operation.name), self.before.type, self.operation.after.type
            )
        return f" USING {given}" if given else ""

    def regenerate(self) -> Iterator[str]:
        """Only dropping the expression can be done in place (PostgreSQL 13)."""
        if self.changes["computed"] is not None:
            raise NotSupported(
                f'PostgreSQL cannot change the expression of "{self.operation.table}.{self.operation.name}" in place',
                hints=["drop the column and add it again"],
            )
        yield f"{self.head} DROP EXPRESSION"

    def sequence(self) -> str:
        """The sequence behind a SERIAL."""
        payload = self.before.payload if self.before is not None else None
        table = self.operation.table
        if isinstance(payload, OwnedSequence):
            return self.ddl.table(TableName(payload.name, payload.schema))
        return self.ddl.table(TableName(sequence_name(table.name, self.operation.name), table.schema))

    @property
    def place(self) -> str:
        """The column as ``pg_get_serial_sequence`` takes it."""
        table = self.ddl.literal(self.ddl.table(self.operation.table))
        return f"{table}, {self.ddl.literal(self.operation.name)}"

    @property
    def aside(self) -> str:
        """A name for the old sequence while the new one, which takes its name, is made."""
        return self.ddl.table(TableName(self._aside, self.operation.table.schema))

    @property
    def _aside(self) -> str:
        return object_name(self.operation.table.name, self.operation.name, "schemashift")

    def stop_counting(self) -> Iterator[str]:
        """Take the old way of counting off; where another follows, its sequence is kept aside to go on from."""
        before = self.before
        if before is None:
            return
        follows = self.changes.get("autoincrement") or self.changes.get("identity")
        if before.autoincrement and self.changes.get("autoincrement", True) is False:
            yield f"{self.head} DROP DEFAULT"
            if follows:
                # While the column owned it, pg_get_serial_sequence() might name it in the new one's place.
                yield f"ALTER SEQUENCE {self.sequence()} OWNED BY NONE"
                yield f"ALTER SEQUENCE {self.sequence()} RENAME TO {self.ddl.quote(self._aside)}"
            else:
                yield f"DROP SEQUENCE {self.sequence()}"
        if before.identity is not None and self.changes.get("identity", before.identity) is None:
            if follows:
                yield f"CREATE SEQUENCE {self.aside}"
                last = f"nextval(pg_get_serial_sequence({self.place}))"
                yield f"SELECT setval({self.ddl.literal(self.aside)}, {last}, false)"
            yield f"{self.head} DROP IDENTITY"

    def start_counting(self) -> Iterator[str]:
        if self.changes.get("autoincrement"):
            yield from self.make_serial()
        identity = self.changes.get("identity")
        if identity is None:
            return
        if self.before is not None and self.before.identity is not None:
            yield from self.alter_identity(self.before.identity, identity)
            return
        type_ = self.changes.get("type") or (self.before.type if self.before else Type(sql="BIGINT"))
        settings = identity_settings(identity, type_.sql)
        always = "ALWAYS" if identity.always else "BY DEFAULT"
        if self.before is None or self.before.nullable:
            yield f"{self.head} SET NOT NULL"
        yield f"{self.head} ADD GENERATED {always} AS IDENTITY" + (f" ({settings})" if settings else "")
        yield from self.continue_counting(identity)

    def make_serial(self) -> Iterator[str]:
        """What SERIAL does, on a column that is there."""
        table, name = self.operation.table, self.operation.name
        sequence = self.ddl.table(TableName(sequence_name(table.name, name), table.schema))
        type_ = self.changes["type"].sql if "type" in self.changes else (self.before.type.sql if self.before else "")
        yield f"CREATE SEQUENCE {sequence}" + (f" AS {type_}" if type_ in _SERIAL else "")
        yield f"ALTER SEQUENCE {sequence} OWNED BY {self.ddl.table(table)}.{self.ddl.quote(name)}"
        yield f"{self.head} SET DEFAULT nextval({self.ddl.literal(sequence)}::regclass)"
        yield from self.continue_counting(Identity())

    def continue_counting(self, identity: Identity) -> Iterator[str]:
        """Let the new sequence go on where the old one was, or else one past the furthest row."""
        new = f"pg_get_serial_sequence({self.place})"
        counted = self.before is not None and (self.before.autoincrement or self.before.identity is not None)
        if counted:
            yield f"SELECT setval({new}, nextval({self.ddl.literal(self.aside)}), false)"
            yield f"DROP SEQUENCE {self.aside}"
            return
        table, column = self.ddl.table(self.operation.table), self.ddl.quote(self.operation.name)
        increment = identity.increment or 1
        furthest = "max" if increment > 0 else "min"
        start = identity.start if identity.start is not None else 1
        yield f"SELECT setval({new}, coalesce({furthest}({column}) + {increment}, {start}), false) FROM {table}"

    def alter_identity(self, old: Identity, new: Identity) -> Iterator[str]:
        type_ = self.changes.get("type") or (self.before.type if self.before else Type(sql="BIGINT"))
        old, new = (normal_identity(identity, type_.sql) for identity in (old, new))
        words = []
        if old.always != new.always:
            words.append(f"SET GENERATED {'ALWAYS' if new.always else 'BY DEFAULT'}")
        if old.increment != new.increment:
            words.append(f"SET INCREMENT BY {new.increment}")
        if old.minimum != new.minimum:
            words.append(f"SET MINVALUE {new.minimum}")
        if old.maximum != new.maximum:
            words.append(f"SET MAXVALUE {new.maximum}")
        if old.start != new.start:
            words.append(f"SET START WITH {new.start}")
        if old.cache != new.cache:
            words.append(f"SET CACHE {new.cache or 1}")
        if old.cycle != new.cycle:
            words.append("SET CYCLE" if new.cycle else "SET NO CYCLE")
        if words:
            yield f"{self.head} {' '.join(words)}"
