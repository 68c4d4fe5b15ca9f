"""Compile operations to statements on PostgreSQL: those that need several, or depend on the live schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemashift.dialects.compile import Compilation
from schemashift.dialects.postgresql.ddl import SERIALS, PostgreSQLDDL, identity_settings
from schemashift.dialects.postgresql.names import default_name, object_name, sequence_name
from schemashift.dialects.postgresql.normal import normal_identity, retyped_identity
from schemashift.dialects.postgresql.read import OwnedSequence
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.objects.sequences import move_into_limits
from schemashift.operations import (
    AlterColumn,
    AlterConstraint,
    AlterTable,
    Backfill,
    BackfillNumbers,
    InsertMissingRows,
    Operation,
)
from schemashift.schema import Column, Constraint, Default, Identity, Table, TableName, Type, implied_start


class PostgreSQLCompilation(Compilation):
    """Compiles one list of operations."""

    ddl: PostgreSQLDDL

    def texts(self, operation: Operation) -> Iterator[str | Statement]:
        match operation:
            case Backfill() | BackfillNumbers():
                yield from super().texts(operation)
                yield from self._check_now(self.live.table(operation.table))
            case InsertMissingRows():
                yield from self.insert_missing_rows(operation)
            case AlterTable():
                yield from self.alter_table(operation)
            case AlterColumn():
                yield from self.alter_column(operation)
            case AlterConstraint():
                yield from self.alter_constraint(operation)
            case _:
                yield from super().texts(operation)
                if operation.added_constraint is not None:
                    yield from self.comment_on_new(operation.touches[0], operation.added_constraint)

    def comment_on_new(self, table: TableName, constraint: Constraint) -> Iterator[str]:
        """Yield the comment on a constraint that was added, by the name that PostgreSQL has chosen if it had none."""
        if constraint.comment is not None:
            name = constraint.name or default_name(self.live.need(table), constraint)
            yield self.ddl.comment_on_constraint(table, name, constraint.comment)

    def alter_constraint(self, operation: AlterConstraint) -> Iterator[str]:
        head, name = f"ALTER TABLE {self.ddl.table(operation.table)}", operation.name
        if "options" in operation.changes and self.is_unchecked(operation):
            # There is no other way back to NOT VALID.
            after = self.live.complete(operation).after
            assert after is not None
            yield f"{head} DROP CONSTRAINT {self.ddl.quote(name)}"
            yield f"{head} ADD {self.ddl.constraint(after)}"
            if after.comment is not None:
                yield self.ddl.comment_on_constraint(operation.table, name, after.comment)
            return
        if "options" in operation.changes:
            yield f"{head} VALIDATE CONSTRAINT {self.ddl.quote(name)}"
        if "comment" in operation.changes:
            yield self.ddl.comment_on_constraint(operation.table, name, operation.changes["comment"])

    def is_unchecked(self, operation: AlterConstraint) -> bool:
        """Whether a constraint becomes NOT VALID. Raises `NotSupported` for a change of any other option."""
        changed = dict(operation.changes["options"])
        unchecked = bool(changed.pop("postgresql_not_valid", None))
        if changed:
            raise NotSupported(f'PostgreSQL cannot change {", ".join(changed)} of constraint "{operation.name}"')
        return unchecked

    def insert_missing_rows(self, operation: InsertMissingRows) -> Iterator[str | Statement]:
        table = self.live.table(operation.table)
        given = {name for name, _ in (*operation.keys, *operation.values)}
        given_columns = [each for each in table.columns if each.name in given] if table is not None else []
        overriding = " OVERRIDING SYSTEM VALUE" if any(each.identity for each in given_columns) else ""
        yield self.ddl.insert_missing(operation, table, overriding)
        for column in given_columns:
            if column.autoincrement or column.identity:
                # An explicit number does not advance the sequence.
                name = self.ddl.table(operation.table)
                sequence = f"pg_get_serial_sequence({self.ddl.literal(name)}, {self.ddl.literal(column.name)})"
                place, identity = self.ddl.quote(column.name), column.identity or Identity()
                step, start = identity.increment or 1, 1 if identity.start is None else identity.start
                furthest, further = ("max", "greatest") if step > 0 else ("min", "least")
                number = f"{further}({furthest}({place}) + {step}, {start})"
                yield f"SELECT setval({sequence}, {number}, false) FROM {name}"
        yield from self._check_now(table)

    def _check_now(self, table: Table | None) -> Iterator[str]:
        """Yield statements that check the deferred constraints of *table* at once."""
        if table is None:
            return
        waiting = [c.name for c in table.constraints if getattr(c, "initially", None) == "DEFERRED" and c.name]
        names = ", ".join(self.ddl.table(TableName(name, table.schema)) for name in waiting)
        if names:
            # With deferred checks pending, ALTER TABLE fails with "pending trigger events".
            yield f"SET CONSTRAINTS {names} IMMEDIATE"
            yield f"SET CONSTRAINTS {names} DEFERRED"

    def alter_table(self, operation: AlterTable) -> Iterator[str | Statement]:
        operation = self.live.complete(operation) if operation.partial else operation
        for field, value in operation.set:
            if field == "comment" and (value is None or isinstance(value, str)):
                yield self.ddl.comment_on_table(operation.table, value)
            else:
                yield from self.table_settings(self.live.complete(operation), value)

    def table_settings(self, operation: AlterTable, value: Any) -> Iterator[str]:
        """Yield the changes of options that can be changed in place: UNLOGGED, storage parameters, the tablespace."""
        before: Any = dict(operation.before or ()).get("options")
        old: dict[str, Any] = dict(before or ())
        new: dict[str, Any] = dict(value or ())
        head = f"ALTER TABLE {self.ddl.table(operation.table)}"
        for name in sorted(old.keys() | new.keys()):
            was, is_ = old.get(name), new.get(name)
            if was == is_:
                continue
            if name == "postgresql_with":
                gone = sorted(dict(was or ()).keys() - dict(is_ or ()).keys())
                if gone:
                    yield f"{head} RESET ({', '.join(gone)})"
                changed = [f"{key} = {each}" for key, each in is_ or () if dict(was or ()).get(key) != each]
                if changed:
                    yield f"{head} SET ({', '.join(changed)})"
            elif name == "prefixes":
                yield f"{head} SET {'UNLOGGED' if is_ and 'UNLOGGED' in is_ else 'LOGGED'}"
            elif name == "postgresql_inherits":
                yield from self.inheritance(operation, set(was or ()), set(is_ or ()))
            elif name == "postgresql_using":
                # PostgreSQL 15 and later.
                yield f"{head} SET ACCESS METHOD {self.ddl.quote(is_ or 'heap')}"
            elif name == "postgresql_tablespace":
                yield f"{head} SET TABLESPACE {self.ddl.quote(is_ or 'pg_default')}"
            else:
                raise NotSupported(f'PostgreSQL cannot change {name} of table "{operation.table}"')

    def inheritance(self, operation: AlterTable, before: set[str], after: set[str]) -> Iterator[str]:
        """Yield the changes of the tables that a table inherits from."""
        head, schema = f"ALTER TABLE {self.ddl.table(operation.table)}", operation.table.schema
        yield from (f"{head} NO INHERIT {self.ddl.table(TableName(name, schema))}" for name in sorted(before - after))
        yield from (f"{head} INHERIT {self.ddl.table(TableName(name, schema))}" for name in sorted(after - before))

    def alter_column(self, operation: AlterColumn) -> Iterator[str | Statement]:
        changes = operation.changes
        if changes.keys() - {"nullable", "comment"} and changes.keys() != {"default"}:
            operation = self.live.complete(operation)
        yield from ColumnAlteration(self.ddl, operation).statements()


class ColumnAlteration:
    """The statements of one AlterColumn, in an order that works for any combination of changes."""

    def __init__(self, ddl: PostgreSQLDDL, operation: AlterColumn) -> None:
        self.ddl = ddl
        self.operation = operation
        self.changes = operation.changes
        self.before = operation.before
        self.head = f"ALTER TABLE {ddl.table(operation.table)} ALTER COLUMN {ddl.quote(operation.name)}"

    def statements(self) -> Iterator[str]:
        retyped = "type" in self.changes
        if "computed" in self.changes:
            yield from self.regenerate()
        yield from self.stop_numbering()
        if retyped:
            yield from self.retype(self.changes["type"])
            yield from self.keep_limits()
        if "default" in self.changes:
            yield self.default(self.changes["default"])
        if "nullable" in self.changes:
            yield f"{self.head} {'DROP' if self.changes['nullable'] else 'SET'} NOT NULL"
        yield from self.start_numbering()
        if "comment" in self.changes:
            comment = self.changes["comment"]
            yield self.ddl.comment_on_column(self.operation.table, self.operation.name, comment)

    def default(self, default: Default | None) -> str:
        return f"{self.head} DROP DEFAULT" if default is None else f"{self.head} SET DEFAULT {default.sql}"

    def retype(self, type_: Type) -> Iterator[str]:
        """Yield the change of type. The default is dropped before and set again after it: often it cannot be cast."""
        before = self.before
        standing = before.default if before is not None else None
        serial = before is not None and before.autoincrement and self.changes.get("autoincrement", True)
        stops = serial and "default" in self.changes
        if standing is not None or stops:
            yield f"{self.head} DROP DEFAULT"
        yield f"{self.head} TYPE {self.ddl.type(Column(name='', type=type_))}{self.using()}"
        if standing is not None and "default" not in self.changes:
            yield self.default(standing)
        if serial and not stops and type_.sql in SERIALS:
            # A SERIAL's sequence keeps its old type, and its old maximum, when the type of the column changes.
            yield f"ALTER SEQUENCE {self.sequence()} AS {type_.sql}"

    def using(self) -> str:
        given = dict(self.operation.options).get("postgresql_using")
        if given is None and self.before is not None:
            given = self.ddl.conversion(
                self.ddl.quote(self.operation.name), self.before.type, self.operation.after.type
            )
        return f" USING {given}" if given else ""

    def regenerate(self) -> Iterator[str]:
        """Yield DROP EXPRESSION, the only change of a generated column that can be done in place (PostgreSQL 13)."""
        if self.changes["computed"] is not None:
            raise NotSupported(
                f'PostgreSQL cannot change the expression of "{self.operation.table}.{self.operation.name}" in place',
                hints=["drop the column and add it again"],
            )
        yield f"{self.head} DROP EXPRESSION"

    def sequence(self) -> str:
        """Return the sequence of a SERIAL."""
        payload = self.before.payload if self.before is not None else None
        table = self.operation.table
        if isinstance(payload, OwnedSequence):
            return self.ddl.table(TableName(payload.name, payload.schema))
        return self.ddl.table(TableName(sequence_name(table.name, self.operation.name), table.schema))

    @property
    def place(self) -> str:
        """The arguments of ``pg_get_serial_sequence`` for the column."""
        table = self.ddl.literal(self.ddl.table(self.operation.table))
        return f"{table}, {self.ddl.literal(self.operation.name)}"

    @property
    def old_sequence(self) -> str:
        """The old sequence's name while the new one, which replaces it under its name, is created."""
        return self.ddl.table(TableName(self.temporary_name, self.operation.table.schema))

    @property
    def temporary_name(self) -> str:
        return object_name(self.operation.table.name, self.operation.name, "schemashift")

    def stop_numbering(self) -> Iterator[str]:
        """Yield the removal of a SERIAL or identity. Where another follows, the old sequence is kept under another
        name, so that the numbers continue."""
        before = self.before
        if before is None:
            return
        follows = self.changes.get("autoincrement") or self.changes.get("identity")
        if before.autoincrement and self.changes.get("autoincrement", True) is False:
            yield f"{self.head} DROP DEFAULT"
            if follows:
                # While the column owns it, pg_get_serial_sequence() might return it instead of the new one.
                yield f"ALTER SEQUENCE {self.sequence()} OWNED BY NONE"
                yield f"ALTER SEQUENCE {self.sequence()} RENAME TO {self.ddl.quote(self.temporary_name)}"
            else:
                yield f"DROP SEQUENCE {self.sequence()}"
        if before.identity is not None and self.changes.get("identity", before.identity) is None:
            if follows:
                lowest = normal_identity(before.identity, before.type.sql).minimum or 0
                limits = f" MINVALUE {-(2**63)}" if lowest < 1 else ""
                yield f"CREATE SEQUENCE {self.old_sequence}{limits}"
                last = f"nextval(pg_get_serial_sequence({self.place}))"
                yield f"SELECT setval({self.ddl.literal(self.old_sequence)}, {last}, false)"
            yield f"{self.head} DROP IDENTITY"

    @property
    def is_numbered(self) -> bool:
        """Whether the column is a SERIAL or an identity already, and stays one: then there is nothing to number."""
        before = self.before
        serial = before is not None and before.autoincrement
        return serial or (before is not None and before.identity is not None and "identity" not in self.changes)

    def start_numbering(self) -> Iterator[str]:
        if self.changes.get("autoincrement") and not self.is_numbered:
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
        yield from self.continue_numbering(identity)

    def make_serial(self) -> Iterator[str]:
        """Yield what SERIAL does, for an existing column."""
        table, name = self.operation.table, self.operation.name
        sequence = self.ddl.table(TableName(sequence_name(table.name, name), table.schema))
        type_ = self.changes["type"].sql if "type" in self.changes else (self.before.type.sql if self.before else "")
        yield f"CREATE SEQUENCE {sequence}" + (f" AS {type_}" if type_ in SERIALS else "")
        yield f"ALTER SEQUENCE {sequence} OWNED BY {self.ddl.table(table)}.{self.ddl.quote(name)}"
        yield f"{self.head} SET DEFAULT nextval({self.ddl.literal(sequence)}::regclass)"
        yield from self.continue_numbering(Identity())

    def continue_numbering(self, identity: Identity) -> Iterator[str]:
        """Yield statements that continue the new sequence after the old one, or else after the last number."""
        new = f"pg_get_serial_sequence({self.place})"
        numbered = self.before is not None and (self.before.autoincrement or self.before.identity is not None)
        if numbered:
            following = self.inside_limits(f"nextval({self.ddl.literal(self.old_sequence)})", identity)
            yield f"SELECT setval({new}, {following}, false)"
            yield f"DROP SEQUENCE {self.old_sequence}"
            return
        table, column = self.ddl.table(self.operation.table), self.ddl.quote(self.operation.name)
        increment = identity.increment or 1
        furthest = "max" if increment > 0 else "min"
        implied = implied_start(identity.increment, identity.minimum, identity.maximum)
        start = identity.start if identity.start is not None else implied
        following = self.inside_limits(f"coalesce({furthest}({column}) + {increment}, {start})", identity)
        yield f"SELECT setval({new}, {following}, false) FROM {table}"

    def inside_limits(self, number: str, identity: Identity) -> str:
        """Return an expression for *number*, moved into the limits of *identity* where it may be outside them."""
        before = self.before.type.sql if self.before is not None else "BIGINT"
        type_ = self.changes["type"].sql if "type" in self.changes else before
        old = self.before.identity if self.before is not None else None
        limits = [
            (each.minimum, each.maximum)
            for each in (normal_identity(identity, type_), normal_identity(Identity(), type_))
        ]
        if limits[0] == limits[1] and (old is None or (old.increment or 1) > 0):
            return number
        low, high = limits[0]
        return f"greatest({low}, least({high}, {number}))"

    def keep_limits(self) -> Iterator[str]:
        """Yield a change of the limits of an identity back to what they were, if the change of type has moved them."""
        identity = self.before.identity if self.before is not None else None
        if identity is not None and "identity" not in self.changes and self.before is not None:
            yield from self.alter_identity(identity, normal_identity(identity, self.before.type.sql))

    def move_into_limits(self, old: Identity, new: Identity) -> Iterator[str]:
        """Yield statements after which the last number is inside the new limits: see `AlterSequence`."""
        minimum, maximum, lowest, highest = (
            number or 0 for number in (old.minimum, old.maximum, new.minimum, new.maximum)
        )
        if lowest <= minimum and highest >= maximum:
            return
        if lowest < minimum or highest > maximum:
            low, high = min(minimum, lowest), max(maximum, highest)
            yield f"{self.head} SET MINVALUE {low} SET MAXVALUE {high}"
        yield move_into_limits(
            f"pg_get_serial_sequence({self.place})", new.start or 0, new.increment or 1, lowest, highest
        )

    def alter_identity(self, old: Identity, new: Identity) -> Iterator[str]:
        before = self.before.type if self.before else Type(sql="BIGINT")
        type_ = self.changes.get("type") or before
        old, new = retyped_identity(old, before.sql, type_.sql), normal_identity(new, type_.sql)
        yield from self.move_into_limits(old, new)
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
