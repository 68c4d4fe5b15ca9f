"""The DDL of MariaDB and MySQL: parts, the statements of a table, the clauses of an ALTER TABLE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from schemashift.dialects.ddl import DDL, enclosed
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql.defaults import is_literal, split_on_update
from schemashift.dialects.mysql.foreign_key_indexes import maintain_foreign_key_indexes
from schemashift.dialects.mysql.names import default_name, is_numbered
from schemashift.dialects.mysql.normal import Collations, is_column_level
from schemashift.dialects.mysql.parse import ColumnLevel
from schemashift.dialects.mysql.renaming import renamed_in_column
from schemashift.dialects.mysql.text import quoted, renamed_in, without_escapes
from schemashift.dialects.mysql.types import EXPRESSION_DEFAULTS_ONLY, default_collation, flavour_of, parse_type
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.operations import Backfill
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Unique,
)

ConstraintClass = type[Constraint]


class Clause(NamedTuple):
    """A clause of ALTER TABLE. ``column`` is set where it defines a column, so that a later one can replace it."""

    text: str
    column: str = ""


class MySQLDDL(DDL):
    """Writes the DDL of MariaDB and MySQL."""

    prefix = "mysql_"

    def __init__(self, dialect: sa.Dialect) -> None:
        super().__init__(dialect)
        self.flavour = flavour_of(dialect)

    # Parts -------------------------------------------------------------------------------------------------------

    def literal(self, text: str) -> str:
        """Return a string literal. Backslashes are escaped except under NO_BACKSLASH_ESCAPES."""
        return quoted(text, backslash=self.flavour.backslash)

    def in_sql_mode(self, text: str) -> str:
        """Return a text in normal form as this server's SQL mode needs it."""
        return text if self.flavour.backslash else without_escapes(text)

    def type(self, column: Column) -> str:
        return self.in_sql_mode(super().type(column))

    def column(self, column: Column, table: Table) -> str:
        """Return the definition of a column for CREATE TABLE, ADD and MODIFY, including MariaDB's column CHECKs."""
        words = [self.quote(column.name), self.type(column), *self.attributes(column)]
        words += [f"CHECK {enclosed(check.sql)}" for check in self.checks_in(column.name, table)]
        return " ".join(words)

    def checks_in(self, column: str, table: Table) -> tuple[Check, ...]:
        """Return the CHECKs of *table* that are part of the definition of *column*."""
        if not self.flavour.mariadb:
            return ()
        checks = (each for each in table.constraints if isinstance(each, Check) and is_column_level(each))
        return tuple(check for check in checks if column_of_check(check) == column)

    def attributes(self, column: Column) -> Iterator[str]:
        computed = column.computed
        if computed is not None:
            yield f"GENERATED ALWAYS AS {enclosed(computed.sql)} {'STORED' if computed.stored else 'VIRTUAL'}"
        if not column.nullable:
            yield "NOT NULL"
        elif column.type.sql.startswith("timestamp") and computed is None:
            # Unless explicit_defaults_for_timestamp is on, a TIMESTAMP is NOT NULL by default.
            yield "NULL"
        if column.default is not None:
            yield self.default(column.default.sql, column)
        if column.autoincrement:
            yield "AUTO_INCREMENT"
        attributes = self.option(column.options, "attributes")
        if attributes:
            yield str(attributes)
        if column.comment is not None:
            yield f"COMMENT {self.literal(column.comment)}"

    def default(self, sql: str, column: Column) -> str:
        """Return DEFAULT and ON UPDATE."""
        sql = self.in_sql_mode(sql)
        if sql.startswith("ON UPDATE"):
            return sql
        base = parse_type(column.type.sql, None, self.flavour).base
        if not self.flavour.mariadb and is_literal(sql) and base in EXPRESSION_DEFAULTS_ONLY:
            return f"DEFAULT ({sql})"
        return f"DEFAULT {sql}"

    def constraint_body(self, constraint: Constraint) -> str:
        match constraint:
            case PrimaryKey():
                return f"PRIMARY KEY ({self.names(constraint.columns)}){self.key_options(constraint.options)}"
            case Check():
                enforced = "" if self.option(constraint.options, "enforced") is None else " NOT ENFORCED"
                return f"CHECK {enclosed(constraint.sql)}{enforced}"
            case _:
                return super().constraint_body(constraint)

    def constraint(self, constraint: Constraint) -> str:
        if isinstance(constraint, Unique):
            name = f" {self.quote(constraint.name)}" if constraint.name else ""
            return f"UNIQUE KEY{name} ({self.names(constraint.columns)}){self.key_options(constraint.options)}"
        return super().constraint(constraint)

    def constraint_of(self, constraint: Constraint, table: TableName) -> str:
        """Return the definition of a constraint of *table*: an unqualified target would mean one in its schema."""
        if isinstance(constraint, ForeignKey):
            schema = constraint.target.schema or (self.dialect.default_schema_name if table.schema else None)
            constraint = replace(constraint, target=TableName(constraint.target.name, schema))
        return self.constraint(constraint)

    def key_options(self, options: Options) -> str:
        """Return what follows the columns of a key, with a leading space."""
        text = ""
        for name, value in options:
            match name.removeprefix(self.prefix):
                case "using":
                    text += f" USING {str(value).upper()}"
                case "comment":
                    text += f" COMMENT {self.literal(str(value))}"
                case "with_parser":
                    text += f" WITH PARSER {self.quote(str(value))}"
                case "key_block_size":
                    text += f" KEY_BLOCK_SIZE={value}"
                case "invisible":
                    text += " IGNORED" if self.flavour.mariadb else " INVISIBLE"
        return text

    def part(self, part: IndexPart) -> str:
        text = self.quote(part.column) if part.column is not None else enclosed(str(part.expression))
        return text + (f"({part.length})" if part.length else "") + (" DESC" if part.descending else "")

    def index_words(self, index: Index) -> tuple[str, str]:
        """Return ``UNIQUE INDEX`` or the like, and what follows the name and the table."""
        kind = "UNIQUE" if index.unique else self.option(index.options, "prefix")
        parts = ", ".join(map(self.part, index.parts))
        return (f"{kind} INDEX" if kind else "INDEX"), f"({parts}){self.key_options(index.options)}"

    def index(self, table: TableName, index: Index) -> str:
        words, rest = self.index_words(index)
        return f"CREATE {words} {self.quote(index.name)} ON {self.table(table)} {rest}"

    def index_clause(self, index: Index) -> str:
        """Return the definition of an index for CREATE TABLE and ADD."""
        words, rest = self.index_words(index)
        return f"{words} {self.quote(index.name)} {rest}"

    # Tables ------------------------------------------------------------------------------------------------------

    def number_rows(self, table: Table, column: str) -> str:
        name, kept = self.table(table.table_name), self.kept(table, column)
        return f"UPDATE {name} JOIN (SELECT @number := 0) AS start SET {column} = (@number := @number + 1){kept}"

    def backfill(self, operation: Backfill, live: LiveSchema) -> Iterator[str | Statement]:
        column = self.quote(operation.column)
        kept = self.kept(live.table(operation.table), column)
        set_ = f"{column} = {operation.value.sql}{kept}"
        yield f"UPDATE {self.table(operation.table)} SET {set_} WHERE {column} IS NULL"

    def kept(self, table: Table | None, changed: str) -> str:
        """Return assignments with which an UPDATE of *changed* (quoted) leaves other columns with ON UPDATE alone."""
        columns = table.columns if table is not None else ()
        kept = (self.quote(each.name) for each in columns if each.default and split_on_update(each.default.sql)[1])
        return "".join(f", {name} = {name}" for name in kept if name != changed)

    def create(self, table: Table) -> str:
        return self.create_as(table, "CREATE TABLE")

    def create_as(self, table: Table, verb: str) -> str:
        """Return the CREATE statement, including indexes and comments."""
        in_columns = {id(check) for column in table.columns for check in self.checks_in(column.name, table)}
        apart = [c for c in table.constraints if id(c) not in in_columns and not isinstance(c, ForeignKey)]
        keys, implicit = self.keys_in_create(table)
        items = [self.column(column, table) for column in table.columns]
        items += [self.constraint(constraint) for constraint in apart]
        items += [self.index_clause(index) for index in table.indexes if not index.implicit]
        items += [self.index_clause(index) for index in implicit]
        items += [self.constraint_of(key, table.table_name) for key in keys]
        inner = ",\n\t".join(items)
        return f"{verb} {self.table(table.table_name)} (\n\t{inner}\n){self.table_options(table)}"

    def keys_in_create(self, table: Table) -> tuple[list[ForeignKey], list[Index]]:
        """Return the foreign keys as CREATE declares them, and the indexes for them that it must declare as well.

        The server names an unnamed key by a number, and its index after its column; if that name were declared, the
        index would have it too. So a name that the server would choose is left out. Where it would choose another, all
        names are declared, and so are the indexes.
        """
        prefix = f"{table.name}_ibfk_"
        keys = list(table.foreign_keys)
        numbered = [key.name for key in keys if key.name is None or is_numbered(key.name, prefix)]
        if all(name in (None, f"{prefix}{number}") for number, name in enumerate(numbered, 1)):
            return [replace(key, name=None) if key.name in numbered else key for key in keys], []
        created = self.as_created(table)
        return list(created.foreign_keys), [index for index in created.indexes if index.implicit]

    def table_options(self, table: Table) -> str:
        words = [*self.settings(table.options)]
        if table.comment is not None:
            words.append(f"COMMENT={self.literal(table.comment)}")
        return "".join(f" {word}" for word in words) + self.partitions(table.options)

    def settings(self, options: Options) -> Iterator[str]:
        """``ENGINE=MyISAM``, ``COLLATE=utf8mb4_bin``."""
        for name, value in options:
            bare = name.removeprefix(self.prefix)
            if bare.startswith(("partition", "subpartition")):
                continue
            word = {"charset": "DEFAULT CHARSET", "collate": "COLLATE"}.get(bare, bare.upper())
            if bare in ("data_directory", "index_directory"):
                word = word.replace("_", " ")
            plain = str(value).replace("_", "").replace(".", "").isalnum()
            yield f"{word}={value if plain else self.literal(str(value))}"

    def partitions(self, options: Options) -> str:
        """Return ``PARTITION BY HASH (id) PARTITIONS 4`` for SQLAlchemy's options."""
        text = ""
        for name in ("partition_by", "partitions", "subpartition_by", "subpartitions", "partition_definitions"):
            value = self.option(options, name)
            if value is not None:
                word = "" if name == "partition_definitions" else name.upper().replace("_", " ") + " "
                text += f"\n{word}{getattr(value, 'text', value)}"
        return text

    def as_created(self, table: Table) -> Table:
        """Return *table* as the server has it once it is created: everything named, foreign keys with their indexes."""
        named = replace(table, constraints=tuple(c for c in table.constraints if c.name is not None))
        for constraint in (c for c in table.constraints if c.name is None):
            name = None if self.is_in_column(constraint) else default_name(named, constraint, self.flavour)
            named = replace(named, constraints=(*named.constraints, replace(constraint, name=name)))
        return maintain_foreign_key_indexes(replace(named, constraints=()), named, self.flavour).table

    def is_in_column(self, constraint: Constraint) -> bool:
        """Whether MariaDB keeps *constraint* in a column's definition, without a name."""
        return self.flavour.mariadb and isinstance(constraint, Check) and is_column_level(constraint)

    def new_settings(self, table: Table, wanted: Options) -> Iterator[str]:
        """Yield the clauses that change the table's options, and the columns that follow its collation."""
        before, after = dict(table.options), dict(wanted)
        if self.partitions(tuple(before.items())) != self.partitions(wanted):
            raise NotSupported(f'partitions of table "{table.table_name}" cannot be changed: use op.execute()')
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        yield from self.settings(tuple(pair for pair in wanted if pair[0] in changed - COLLATIONS))
        for name in sorted(changed - COLLATIONS - after.keys()):
            yield f"{name.removeprefix(self.prefix).upper()}={_BACK.get(name, 'DEFAULT')}"
        if changed & COLLATIONS:
            yield from self.settings(tuple(pair for pair in wanted if pair[0] in COLLATIONS) or self.database(table))
            for column in table.columns:
                if column.type.collation is None and parse_type(column.type.sql, None, self.flavour).is_text:
                    yield f"MODIFY COLUMN {self.column(column, table)}"

    def database(self, table: Table) -> Options:
        """Return the options of a table that sets none: those of its database."""
        if isinstance(table.payload, Collations):
            return (("mysql_collate", table.payload.database_collation),)
        return (("mysql_collate", default_collation("utf8mb4", self.flavour)),)

    # Renamed columns ---------------------------------------------------------------------------------------------

    def rewritten(self, table: Table, old: str, new: str) -> tuple[list[str], list[str]]:
        """Return the clauses before and after the RENAME COLUMN, which rewrite the expressions that use the column.
        MySQL refuses to rename such a column; MariaDB renames it in the expressions."""
        before, after = [], []
        for check in table.constraints:
            sql = renamed_in(check.sql, old, new) if isinstance(check, Check) else ""
            if isinstance(check, Check) and sql != check.sql:
                before.append(f"DROP {self.check_word} {self.quote(str(check.name))}")
                after.append(f"ADD {self.constraint(replace(check, sql=sql))}")
        for column in table.columns:
            following = renamed_in_column(column, old, new)
            if following != column and column.name != old:
                after.append(f"MODIFY COLUMN {self.column(following, table)}")
        return before, after

    @property
    def check_word(self) -> str:
        """The word that drops a CHECK: MySQL before 8.0.19 has no DROP CONSTRAINT."""
        return "CHECK" if not self.flavour.mariadb and self.flavour.before(8, 0, 19) else "CONSTRAINT"

    # ALTER TABLE --------------------------------------------------------------------------------------------------

    def alter_text(self, table: TableName, clauses: Iterable[str]) -> str:
        """Return one ALTER TABLE. Of several clauses, each is on its own line."""
        texts = list(clauses)
        head = f"ALTER TABLE {self.table(table)}"
        return f"{head} {texts[0]}" if len(texts) == 1 else f"{head}\n\t" + ",\n\t".join(texts)

    def drop_dependents(self, column: str, table: Table | None) -> Iterator[Clause]:
        """Yield the drops of what depends on a column: the servers would only remove the column from its keys."""
        if table is None:
            return
        for constraint in table.constraints:
            alone = constraint.columns == (column,) and not isinstance(constraint, ForeignKey)
            if column in constraint.columns and not alone:
                yield self.drop_clause(constraint.name or "", type(constraint), constraint, table)
        for index in table.indexes:
            if column in index.columns and index.columns != (column,):
                yield Clause(f"DROP INDEX {self.quote(index.name)}")

    def drop_clause(
        self, constraint_name: str, kind: ConstraintClass | None, constraint: Constraint | None, table: Table | None
    ) -> Clause:
        """Return the DROP clause for the kind of constraint. *constraint* and *table* are None where they are not
        known."""
        name = self.quote(constraint_name)
        if kind is PrimaryKey:
            return Clause("DROP PRIMARY KEY")
        if kind is Unique:
            return Clause(f"DROP INDEX {name}")
        if kind is ForeignKey:
            return Clause(f"DROP FOREIGN KEY {name}")
        if isinstance(constraint, Check) and constraint.name is None and table is not None:
            # MariaDB: it is dropped by a MODIFY of its column without it.
            column = table.column(column_of_check(constraint))
            kept = tuple(each for each in table.constraints if each is not constraint)
            if column is not None:
                return Clause(f"MODIFY COLUMN {self.column(column, replace(table, constraints=kept))}", column.name)
        return Clause(f"DROP {self.check_word if kind is Check else 'CONSTRAINT'} {name}")


COLLATIONS = frozenset({"mysql_charset", "mysql_collate"})
"""The options of a table that its columns follow by default."""

_NUMBERS = (
    "avg_row_length",
    "autoextend_size",
    "checksum",
    "delay_key_write",
    "key_block_size",
    "max_rows",
    "min_rows",
)
_BACK = {
    "mysql_engine": "InnoDB",
    "mysql_insert_method": "NO",
    "mysql_connection": "''",
    "mysql_compression": "''",
    "mysql_encryption": "'N'",
    **{f"mysql_{name}": "0" for name in _NUMBERS},
}
"""The values of options that have no DEFAULT: https://mariadb.com/kb/en/create-table/#table-options"""


def column_of_check(check: Check) -> str:
    if isinstance(check.payload, ColumnLevel):
        return check.payload.column
    parent = getattr(check.payload, "parent", None)
    return str(getattr(parent, "name", ""))
