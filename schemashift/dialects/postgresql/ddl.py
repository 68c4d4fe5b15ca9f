"""PostgreSQL's DDL: the parts of statements, and the operations that need one statement."""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.ddl import DDL, enclosed
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.postgresql.convert import conversion
from schemashift.dialects.postgresql.names import named_as_created
from schemashift.dialects.postgresql.normal import normal_identity
from schemashift.dialects.postgresql.types import normal_type
from schemashift.dialects.statement import Statement
from schemashift.operations import (
    CreateIndex,
    DropConstraint,
    DropIndex,
)
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    Exclude,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
    implied_start,
)
from schemashift.sqla.lift_types import is_domain, lift_type

SERIALS = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}


class PostgreSQLDDL(DDL):
    """Writes PostgreSQL's DDL."""

    prefix = "postgresql_"

    # Parts -------------------------------------------------------------------------------------------------------

    def column(self, column: Column, table: Table) -> str:
        if column.autoincrement and column.type.sql in SERIALS:
            return f"{self.quote(column.name)} {SERIALS[column.type.sql]} NOT NULL"
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
                return f"PRIMARY KEY ({self.names(constraint.columns)}){tail}{self.deferral(constraint)}"
            case Unique():
                distinct = " NULLS NOT DISTINCT" if self.option(constraint.options, "nulls_not_distinct") else ""
                return f"UNIQUE{distinct} ({self.names(constraint.columns)}){tail}{self.deferral(constraint)}"
            case Check() | ForeignKey():
                return super().constraint_body(constraint) + self.validity(constraint)
            case Exclude():
                pairs = zip(constraint.parts, constraint.operators, strict=True)
                elements = ", ".join(f"{self.part(part)} WITH {operator}" for part, operator in pairs)
                where = f" WHERE {enclosed(constraint.where.text)}" if constraint.where else ""
                return f"EXCLUDE USING {constraint.using} ({elements}){where}{self.deferral(constraint)}"

    def index_expression(self, part: IndexPart) -> str:
        # What may follow the expression is separate in the normal form.
        return enclosed(str(part.expression))

    def validity(self, constraint: Check | ForeignKey) -> str:
        """Return NOT VALID, with a leading space."""
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
        settings, method = self.option(table.options, "with"), self.option(table.options, "using")
        tablespace = self.option(table.options, "tablespace")
        words = [
            f" INHERITS ({self.names([inherits] if isinstance(inherits, str) else inherits)})" if inherits else "",
            f" PARTITION BY {partition}" if partition else "",
            f" USING {self.quote(method)}" if method else "",
            f" WITH ({', '.join(f'{name} = {value}' for name, value in settings)})" if settings else "",
            f" TABLESPACE {self.quote(tablespace)}" if tablespace else "",
        ]
        return "".join(words)

    def conversion(self, column: str, before: Type, after: Type) -> str | None:
        """Return the USING expression that converts *column* (quoted) to another type; None where none is needed.

        A domain is converted as its base type: a cast to the domain itself would truncate a text that is too long.
        """
        return conversion(column, self._base_type(before), self._base_type(after))

    def _base_type(self, type_: Type) -> Type:
        if is_domain(type_.payload):
            return self._base_type(lift_type(type_.payload.data_type, self.dialect))  # type: ignore[attr-defined]
        return normal_type(type_)

    # Operations --------------------------------------------------------------------------------------------------

    def comments(self, table: Table) -> Iterator[str]:
        yield from super().comments(table)
        for constraint in named_as_created(table):
            if constraint.comment is not None:
                yield self.comment_on_constraint(table.table_name, constraint.name or "", constraint.comment)

    def number_rows(self, table: Table, column: str) -> str:
        name = self.table(table.table_name)
        numbered = f"SELECT ctid AS place, row_number() OVER () AS number FROM {name}"
        return f"UPDATE {name} AS t SET {column} = n.number FROM ({numbered}) AS n WHERE t.ctid = n.place"

    def drop_constraint(self, operation: DropConstraint, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        exists = "IF EXISTS " if operation.if_exists else ""
        yield f"ALTER TABLE {self.table(operation.table)} DROP CONSTRAINT {exists}{self.quote(operation.name)}"

    def create_index(self, operation: CreateIndex, live: LiveSchema) -> Iterator[str | Statement]:
        if operation.if_not_exists and live.need(operation.table).index(operation.index.name) is not None:
            return
        concurrently = bool(dict(operation.options).get("postgresql_concurrently"))
        sql = self._index(operation.table, operation.index, concurrently=concurrently)
        yield Statement(sql=sql, operations=(operation,), transactional=not concurrently)

    def drop_index(self, operation: DropIndex, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        concurrently = bool(dict(operation.options).get("postgresql_concurrently"))
        schema = operation.table.schema if operation.table else operation.schema
        words = f"{'CONCURRENTLY ' if concurrently else ''}{'IF EXISTS ' if operation.if_exists else ''}"
        sql = f"DROP INDEX {words}{self.table(TableName(operation.name, schema))}"
        yield Statement(sql=sql, operations=(operation,), transactional=not concurrently)


def identity_settings(identity: Identity, type_: str) -> str:
    """Return the sequence options of an identity column of that type, without the defaults."""
    written = normal_identity(identity, type_)
    plain = normal_identity(Identity(increment=written.increment), type_)
    implied = implied_start(written.increment, written.minimum, written.maximum)
    words = [f"START WITH {written.start}"] if written.start != implied else []
    words += [f"INCREMENT BY {written.increment}"] if written.increment != 1 else []
    words += [f"MINVALUE {written.minimum}"] if written.minimum != plain.minimum else []
    words += [f"MAXVALUE {written.maximum}"] if written.maximum != plain.maximum else []
    words += [f"CACHE {written.cache}"] if written.cache != 1 else []
    return " ".join([*words, *(["CYCLE"] if written.cycle else [])])
