"""Directives for columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import sqlalchemy as sa

from schemashift.errors import NotSupported
from schemashift.op.aliases import ColumnType, ServerDefault
from schemashift.op.arguments import (
    IGNORED_COLUMN_KEYWORDS,
    check_keywords,
    lift_keywords,
    metadata_of,
    old_keywords,
    unattached,
    without_unknown,
)
from schemashift.op.running import Running, current, full_name, origin
from schemashift.op.types import missing_types
from schemashift.operations import (
    CHANGEABLE,
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    DropColumn,
    DropConstraint,
    Operation,
    RenameColumn,
)
from schemashift.schema import Check, Constraint, Table, TableName
from schemashift.sqla.lift import lift_table


def add_column(
    table_name: str,
    column: sa.Column[Any],
    *,
    schema: str | None = None,
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    autoincrement: bool | None = None,
    **kw: Any,
) -> None:
    """Add a column to a table, with the foreign key, UNIQUE, CHECK, primary key and index that it carries.

    ::

        op.add_column("users", sa.Column("age", sa.Integer(), nullable=False, server_default="0"))

    *column* may be shared with other tables; it is copied then. An enum or domain that its type needs is created first
    if it does not exist. On SQLite, a column that ALTER TABLE cannot add (one with a constraint, say) is added by
    rebuilding the table, once for all changes to it. Constraints without a name are named by the naming convention of
    the models, or else by the database.

    With *autoincrement*, the database numbers the rows, existing ones too, although the primary key is added by a
    separate operation: on its own, ``sa.Column(autoincrement=True)`` does that only together with ``primary_key=True``.

    With *if_not_exists*, an existing column is left as it is. *inline_references* and *inline_primary_key* are accepted
    for Alembic's sake and have no effect. A table with rows needs a ``server_default`` for a column that is NOT NULL;
    see also `backfill`.
    """
    del inline_references, inline_primary_key
    migration = current()
    check_keywords(migration, kw)
    source = sa.Table(table_name, metadata_of(migration), unattached(column), schema=schema)
    table = lift_table(source, migration.dialect)
    if autoincrement:
        table = replace(table, columns=(replace(table.columns[0], autoincrement=True),))
    table = migration.normal(table)
    name, location = table.table_name, origin()
    migration.submit(
        [
            *missing_types(migration, [column.type]),
            AddColumn(table=name, column=table.columns[0], if_not_exists=bool(if_not_exists), origin=location),
            *(AddConstraint(table=name, constraint=constraint, origin=location) for constraint in table.constraints),
            *(CreateIndex(table=name, index=index, origin=location) for index in table.indexes),
        ]
    )


def drop_column(
    table_name: str, column_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any
) -> None:
    """Drop a column of a table. The values in it are lost.

    On SQLite, a column that ALTER TABLE cannot drop (one in an index, a key or a constraint of the table) is dropped by
    rebuilding the table. MySQL and MariaDB refuse to drop a column of a foreign key: drop the key first.

    With *if_exists*, a missing column is no error.
    """
    migration = current()
    check_keywords(migration, kw)
    table = full_name(migration, table_name, schema)
    migration.submit([DropColumn(table=table, name=str(column_name), if_exists=bool(if_exists), origin=origin())])


def rename_column(table_name: str, old_column_name: str, new_column_name: str, *, schema: str | None = None) -> None:
    """Rename a column. Its constraints, indexes and values are kept, and foreign keys of other tables follow.

    Every database does this with its own RENAME COLUMN; no table is rebuilt for it.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit([RenameColumn(table=table, old=str(old_column_name), new=str(new_column_name), origin=origin())])


@old_keywords(name="new_column_name", tabname="table_name")
def alter_column(
    table_name: str,
    column_name: str,
    *,
    nullable: bool | None = None,
    comment: str | Literal[False] | None = False,
    server_default: ServerDefault | Literal[False] | None = False,
    new_column_name: str | None = None,
    type_: ColumnType | None = None,
    autoincrement: bool | Literal["auto", "ignore_fk"] | None = None,
    computed: sa.Computed | Literal[False] | None = False,
    identity: sa.Identity | Literal[False] | None = False,
    existing_type: ColumnType | None = None,
    existing_server_default: ServerDefault | Literal[False] | None = False,
    existing_nullable: bool | None = None,
    existing_autoincrement: bool | Literal["auto", "ignore_fk"] | None = None,
    existing_comment: str | None = None,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Change a column. Only what is given changes.

    ::

        op.alter_column("users", "age", type_=sa.BigInteger(), nullable=False)
        op.alter_column("users", "age", type_=sa.Integer(), postgresql_using="age::integer")
        op.alter_column("users", "name", new_column_name="full_name")

    For *server_default*, *comment*, *computed* and *identity*, None removes what the column has, and False, the
    default, leaves it as it is. A string given as *server_default* is a value, ``sa.text(...)`` an SQL expression. An
    enum or domain that *type_* needs is created first if it does not exist.

    On PostgreSQL, each change is an ALTER COLUMN, with a USING clause if the conversion of a type needs one. On MySQL
    and MariaDB, where MODIFY restates the whole column, the rest of the definition is read from the database, so
    nothing of it is lost. On SQLite, the table is rebuilt, once for all changes to it.

    The ``existing_...`` keywords tell what the column is before. None of them is required: the database is asked where
    it matters. Other keywords are dialect options of the change, such as *postgresql_using*; what is not known is
    ignored with a warning.
    """
    migration = current()
    kw = {name: value for name, value in kw.items() if name not in IGNORED_COLUMN_KEYWORDS}
    kw = without_unknown(migration, kw)
    location = origin()
    changes = _ColumnArguments(type_, nullable, server_default, comment, autoincrement)
    existing = _ColumnArguments(
        existing_type,
        existing_nullable,
        existing_server_default,
        False if existing_comment is None else existing_comment,
        existing_autoincrement,
    )
    table = full_name(migration, table_name, schema)
    operations: list[Operation] = []
    before = existing.of(migration, table, column_name, like=None, lenient=True)
    after = changes.of(migration, table, column_name, like=existing_type, lenient=False)
    after = after.with_generation(migration, table, column_name, computed, identity, type_ or existing_type)
    if after.set:
        operations.append(
            AlterColumn(
                table=table,
                name=str(column_name),
                set=after.set,
                existing=before.set,
                options=lift_keywords(migration, kw),
                origin=location,
            )
        )
    if type_ is not None:
        operations[:0] = missing_types(migration, [type_])
        # The CHECK of a Boolean or an Enum belongs to its type.
        old = [check for check in before.checks if check.name and check not in after.checks]
        new = [check for check in after.checks if check not in before.checks]
        operations[:0] = [DropConstraint(table=table, name=str(c.name), kind=Check, origin=location) for c in old]
        operations += [AddConstraint(table=table, constraint=check, origin=location) for check in new]
    if new_column_name is not None and new_column_name != column_name:
        operations.append(RenameColumn(table=table, old=str(column_name), new=str(new_column_name), origin=location))
    migration.submit(operations)


class _Column:
    """The column as a call of `alter_column` describes it, lifted: fields of `Column`, and the CHECKs of its type."""

    def __init__(self, set: tuple[tuple[str, Any], ...], checks: Sequence[Constraint]) -> None:  # noqa: A002
        self.set = set
        self.checks = checks

    def with_generation(
        self,
        migration: Running,
        table: TableName,
        name: str,
        computed: sa.Computed | Literal[False] | None,
        identity: sa.Identity | Literal[False] | None,
        like: ColumnType | None,
    ) -> _Column:
        """Return this with ``computed=`` and ``identity=``, which a column may have in place of a default."""
        fields = dict(self.set)
        for field, value in (("computed", computed), ("identity", identity)):
            if value is None:
                fields[field] = None
            elif value is not False:
                arguments = _ColumnArguments(
                    type_=None, nullable=None, server_default=value, comment=False, autoincrement=None
                )
                lifted = arguments.of(migration, table, name, like=like, lenient=False)
                fields[field] = dict(lifted.set).get(field)
        return _Column(tuple((field, fields[field]) for field in CHANGEABLE if field in fields), self.checks)


class _ColumnArguments:
    """The arguments of that call: False stands for "not given", and so does None where it is not a value itself."""

    def __init__(
        self,
        type_: ColumnType | None,
        nullable: bool | None,  # noqa: FBT001
        server_default: ServerDefault | Literal[False] | None,
        comment: str | Literal[False] | None,
        autoincrement: bool | str | None,  # noqa: FBT001
    ) -> None:
        self.type_ = type_
        self.nullable = nullable
        self.server_default = server_default
        self.comment = comment
        self.autoincrement = autoincrement

    def of(self, migration: Running, table: TableName, name: str, *, like: ColumnType | None, lenient: bool) -> _Column:
        """Return the arguments lifted.

        *like* is the type to use where none is given. With *lenient*, nothing is set where the database does not
        support the arguments.
        """
        try:
            return self._of(migration, table, name, like)
        except NotSupported:
            if lenient:
                return _Column((), ())
            raise

    def _of(self, migration: Running, table: TableName, name: str, like: ColumnType | None) -> _Column:
        fields: dict[str, Any] = {}
        checks: Sequence[Constraint] = ()
        defaulted = self.server_default is not False and self.server_default is not None
        if self.type_ is not None or defaulted:
            lifted = self._lift(migration, table, name, like)
            column = lifted.columns[0]
            if self.type_ is not None:
                checks = [constraint for constraint in lifted.constraints if isinstance(constraint, Check)]
                fields["type"] = column.type
            if defaulted:
                generated = (field for field in ("computed", "identity") if getattr(column, field) is not None)
                field = next(generated, "default")
                fields[field] = getattr(column, field)
        if self.server_default is None:
            fields["default"] = None
        if self.nullable is not None:
            fields["nullable"] = self.nullable
        if self.comment is not False:
            fields["comment"] = self.comment or None
        if isinstance(self.autoincrement, bool):
            fields["autoincrement"] = self.autoincrement
        return _Column(tuple((field, fields[field]) for field in CHANGEABLE if field in fields), checks)

    def _lift(self, migration: Running, table: TableName, name: str, like: ColumnType | None) -> Table:
        type_ = self.type_ if self.type_ is not None else like
        default = None if self.server_default is False else self.server_default
        generated = [default] if isinstance(default, (sa.Identity, sa.Computed)) else []
        column: sa.Column[Any] = sa.Column(
            name,
            # Nothing can be compiled without a type; any that accepts text will do to render a default.
            type_ if type_ is not None else sa.String(255),
            *generated,
            server_default=None if generated else cast("Any", default),
        )
        source = sa.Table(table.name, metadata_of(migration), column, schema=table.schema)
        return migration.normal(lift_table(source, migration.dialect))
