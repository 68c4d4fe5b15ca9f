"""Directives for columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import sqlalchemy as sa

from schemashift.errors import NotSupported
from schemashift.op.aliases import ColumnType, ServerDefault
from schemashift.op.given import OF_COLUMN, check_keywords, free, lift_keywords, metadata_of, once
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
    **kw: Any,
) -> None:
    """Add a column, with the foreign key, UNIQUE, CHECK, primary key and index that it carries.

    ``inline_...`` mean nothing here: what belongs to the column is made with it, or right behind it.
    """
    del inline_references, inline_primary_key
    migration = current()
    check_keywords(migration, kw)
    source = sa.Table(table_name, metadata_of(migration), free(column), schema=schema)
    table = lift_table(source, migration.dialect)
    if column.autoincrement is True and column.server_default is None:
        # SQLAlchemy lets only a primary key count, and that comes in a step of its own.
        table = replace(table, columns=(replace(table.columns[0], autoincrement=True),))
    table = migration.normal(table)
    name, here = table.table_name, origin()
    migration.submit(
        [
            *missing_types(migration, [column.type]),
            AddColumn(table=name, column=table.columns[0], if_not_exists=bool(if_not_exists), origin=here),
            *(AddConstraint(table=name, constraint=each, origin=here) for each in table.constraints),
            *(CreateIndex(table=name, index=each, origin=here) for each in table.indexes),
        ]
    )


def drop_column(
    table_name: str, column_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any
) -> None:
    """Drop a column."""
    migration = current()
    check_keywords(migration, kw)
    table = full_name(migration, table_name, schema)
    migration.submit([DropColumn(table=table, name=str(column_name), if_exists=bool(if_exists), origin=origin())])


def rename_column(table_name: str, old_column_name: str, new_column_name: str, *, schema: str | None = None) -> None:
    """Give a column another name."""
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit([RenameColumn(table=table, old=str(old_column_name), new=str(new_column_name), origin=origin())])


@once(name="new_column_name", tabname="table_name")
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
    """Change a column: only what is given changes. None takes a comment, a default, a generation away.

    ``existing_...`` say what the column is now; nothing needs them, the database is asked where that matters.
    Keywords are dialect options of the change: ``postgresql_using="age::integer"``.
    """
    migration = current()
    kw = {name: value for name, value in kw.items() if name not in OF_COLUMN}
    check_keywords(migration, kw)
    here = origin()
    changes = _ColumnArguments(type_, nullable, server_default, comment, autoincrement)
    existing = _ColumnArguments(
        existing_type,
        existing_nullable,
        existing_server_default,
        False if existing_comment is None else existing_comment,
        existing_autoincrement,
    )
    table = full_name(migration, table_name, schema)
    found: list[Operation] = []
    before = existing.of(migration, table, column_name, like=None, lenient=True)
    after = changes.of(migration, table, column_name, like=existing_type, lenient=False)
    after = after.with_generation(migration, table, column_name, computed, identity, type_ or existing_type)
    if after.set:
        found.append(
            AlterColumn(
                table=table,
                name=str(column_name),
                set=after.set,
                existing=before.set,
                options=lift_keywords(migration, kw),
                origin=here,
            )
        )
    if type_ is not None:
        found[:0] = missing_types(migration, [type_])
        # The CHECK of a Boolean or an Enum belongs to its type.
        gone = [check for check in before.checks if check.name and check not in after.checks]
        new = [check for check in after.checks if check not in before.checks]
        found[:0] = [DropConstraint(table=table, name=str(each.name), kind=Check, origin=here) for each in gone]
        found += [AddConstraint(table=table, constraint=each, origin=here) for each in new]
    if new_column_name is not None and new_column_name != column_name:
        found.append(RenameColumn(table=table, old=str(column_name), new=str(new_column_name), origin=here))
    migration.submit(found)


class _Column:
    """What a call of `alter_column` says of a column, lifted: fields of `Column`, and the CHECKs of its type."""

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
        """With ``computed=`` and ``identity=``, which a column may have in the place of a default."""
        said = dict(self.set)
        for field, value in (("computed", computed), ("identity", identity)):
            if value is None:
                said[field] = None
            elif value is not False:
                facts = _ColumnArguments(
                    type_=None, nullable=None, server_default=value, comment=False, autoincrement=None
                )
                found = facts.of(migration, table, name, like=like, lenient=False)
                said[field] = dict(found.set).get(field)
        return _Column(tuple((field, said[field]) for field in CHANGEABLE if field in said), self.checks)


class _ColumnArguments:
    """The same, as it was given: False and None are "not said", where None is no value of its own."""

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
        """Lifted. *like* is the type where none is given; *lenient* leaves out what this database does not know."""
        try:
            return self._of(migration, table, name, like)
        except NotSupported:
            if lenient:
                return _Column((), ())
            raise

    def _of(self, migration: Running, table: TableName, name: str, like: ColumnType | None) -> _Column:
        said: dict[str, Any] = {}
        checks: Sequence[Constraint] = ()
        defaulted = self.server_default is not False and self.server_default is not None
        if self.type_ is not None or defaulted:
            lifted = self._lift(migration, table, name, like)
            column = lifted.columns[0]
            checks = [each for each in lifted.constraints if isinstance(each, Check)] if self.type_ is not None else ()
            if self.type_ is not None:
                said["type"] = column.type
            if defaulted:
                field = next(
                    (each for each in ("computed", "identity") if getattr(column, each) is not None), "default"
                )
                said[field] = getattr(column, field)
        if self.server_default is None:
            said["default"] = None
        if self.nullable is not None:
            said["nullable"] = self.nullable
        if self.comment is not False:
            said["comment"] = self.comment or None
        if isinstance(self.autoincrement, bool):
            said["autoincrement"] = self.autoincrement
        return _Column(tuple((field, said[field]) for field in CHANGEABLE if field in said), checks)

    def _lift(self, migration: Running, table: TableName, name: str, like: ColumnType | None) -> Table:
        type_ = self.type_ if self.type_ is not None else like
        default = None if self.server_default is False else self.server_default
        generated = [default] if isinstance(default, (sa.Identity, sa.Computed)) else []
        column: sa.Column[Any] = sa.Column(
            name,
            # Without a type nothing can be compiled; any that takes a text will do to spell a default.
            type_ if type_ is not None else sa.String(255),
            *generated,
            server_default=None if generated else cast("Any", default),
        )
        source = sa.Table(table.name, metadata_of(migration), column, schema=table.schema)
        return migration.normal(lift_table(source, migration.dialect))
