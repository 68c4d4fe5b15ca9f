"""Several changes of one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, NamedTuple, cast

import sqlalchemy as sa

from schemashift.op.aliases import ColumnType, ConstraintKind, ServerDefault
from schemashift.op.arguments import metadata_of, unattached
from schemashift.op.columns import add_column, alter_column, drop_column, rename_column
from schemashift.op.constraints import (
    alter_constraint,
    create_check_constraint,
    create_foreign_key,
    create_primary_key,
    create_unique_constraint,
    drop_constraint,
)
from schemashift.op.context import Context
from schemashift.op.indexes import create_index, drop_index, rename_index
from schemashift.op.migration import execute, f, get_bind, get_context, inline_literal
from schemashift.op.naming import Convention, named
from schemashift.op.running import Running, current, full_name, origin
from schemashift.op.tables import alter_table, create_table_comment, drop_table_comment
from schemashift.operations import AddConstraint, DropConstraint, Operation, default_name
from schemashift.schema import Constraint, PrimaryKey, Table
from schemashift.sqla.lift import lift_table


@contextmanager
def batch_alter_table(
    table_name: str,
    schema: str | None = None,
    recreate: Literal["auto", "always", "never"] = "auto",
    *,
    naming_convention: Convention | None = None,
    table_kwargs: Mapping[str, Any] | None = None,
    table_args: Iterable[sa.Constraint] = (),
    copy_from: sa.Table | None = None,
    **_kw: Any,
) -> Iterator[Batch]:
    """Return a context manager that groups changes of one table. Its methods are those of ``op`` without *table_name*.

    ::

        with op.batch_alter_table("users") as batch_op:
            batch_op.add_column(sa.Column("age", sa.Integer()))
            batch_op.drop_column("nick")

    The changes form one group, executed after the block. If the block raises an error, those not yet executed
    are discarded. No database requires the grouping, SQLite included; it is provided for scripts written for Alembic.

    As with Alembic, where a batch rebuilds a SQLite table, constraints without a name are named by *naming_convention*,
    and the table gets the options in *table_kwargs* (``sqlite_autoincrement=True``) and those constraints in
    *table_args* that it does not have. With *copy_from*, it has that table's constraints and no others. *recreate* set
    to ``"always"`` forces that. Alembic's other keywords (``reflect_args``, ...) are accepted and ignored: they
    describe what its copy of the table would lose, and nothing is lost here. Raises ValueError if *copy_from* has other
    columns than the table.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    there = None
    restated = _Restated(tuple(table_args), copy_from)
    if not migration.dialect.supports_alter and (naming_convention or restated.args or copy_from is not None):
        there = migration.table(table)
    with migration.group():
        batch = Batch(table_name, schema)
        batch._remake = _Remake(migration, there, naming_convention, dict(table_kwargs or {}), restated)
        if recreate == "always":
            batch._submit_remake()
        yield batch


class _Restated(NamedTuple):
    """What a batch says of a table: constraints to have too, or the table with all its constraints."""

    args: tuple[sa.Constraint, ...]
    copy_from: sa.Table | None


class _Remake:
    """The names, constraints and options that a batch gives to a SQLite table which it rebuilds."""

    def __init__(
        self,
        migration: Running,
        table: Table | None,
        convention: Convention | None,
        options: Mapping[str, Any],
        restated: _Restated,
    ) -> None:
        self.migration = migration
        self.table = table
        self.convention = convention
        self.options = options
        self.restated = restated

    def restating(self) -> Iterator[Operation]:
        """Yield the operations that drop and add constraints."""
        if self.table is None:
            return
        name, here, copy_from = self.table.table_name, origin(), self.restated.copy_from
        there = {replace(each, name=None): each for each in self.table.constraints}
        wanted = {replace(each, name=None): each for each in self.lifted(self.table)}
        for constraint in there.values() if copy_from is not None else ():
            if replace(constraint, name=None) not in wanted and not isinstance(constraint, PrimaryKey):
                known = constraint.name or getattr(constraint.payload, "name", None)
                known = known or default_name(name.name, constraint)
                yield DropConstraint(table=name, name=known, kind=type(constraint), origin=here)
        for bare, constraint in wanted.items():
            if bare not in there and not isinstance(constraint, PrimaryKey):
                known = constraint.name or default_name(name.name, constraint)
                yield AddConstraint(table=name, constraint=replace(constraint, name=known), origin=here)

    def lifted(self, table: Table) -> tuple[Constraint, ...]:
        """Return the constraints that the batch states, in the database's normal form."""
        args, copy_from = self.restated
        metadata, names = metadata_of(self.migration), [column.name for column in table.columns]
        if copy_from is not None:
            if sorted(column.name for column in copy_from.columns) != sorted(names):
                raise ValueError(f'copy_from has other columns than table "{table.table_name}": {", ".join(names)}')
            source = copy_from.to_metadata(metadata, name=table.name)
        else:
            columns = [sa.Column(each, sa.Integer) for each in names]
            source = sa.Table(table.name, metadata, *columns, schema=table.schema)
        for constraint in args:
            source.append_constraint(cast("sa.Constraint", unattached(constraint)))
        return self.migration.normal(lift_table(source, self.migration.dialect)).constraints

    def operations(self) -> Iterator[Operation]:
        """Yield the operations that name the table's unnamed constraints. A CHECK has no name to build on."""
        if self.table is None:
            return
        name, here = self.table.table_name, origin()
        for constraint in self.table.constraints:
            said = constraint.name or getattr(constraint.payload, "name", None)
            new = named(constraint, name, self.convention)
            if said is None and new.name is not None:
                kind = type(constraint)
                yield DropConstraint(table=name, name=new.name, kind=kind, constraint=constraint, origin=here)
                yield AddConstraint(table=name, constraint=new, origin=here)


class Batch:
    """The operations of this module with the table's name filled in. See `batch_alter_table`."""

    def __init__(self, table_name: str, schema: str | None) -> None:
        self.table_name = table_name
        self.schema = schema
        self._remake: _Remake | None = None

    def _submit_remake(self) -> None:
        """Submit the names and options: the next operation rebuilds the table on SQLite."""
        remake, self._remake = self._remake, None
        if remake is not None and not remake.migration.dialect.supports_alter:
            remake.migration.submit([*remake.operations(), *remake.restating()])
            if remake.options:
                alter_table(self.table_name, schema=self.schema, **remake.options)

    def add_column(
        self,
        column: sa.Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """See `op.add_column`. The column is added last; ``insert_before`` and ``insert_after`` are ignored."""
        del insert_before, insert_after
        options = {"if_not_exists": if_not_exists, "autoincrement": autoincrement}
        add_column(self.table_name, column, schema=self.schema, **options, **kw)

    def drop_column(self, column_name: str, *, if_exists: bool | None = None, **kw: Any) -> None:
        """See `op.drop_column`."""
        self._submit_remake()
        drop_column(self.table_name, column_name, schema=self.schema, if_exists=if_exists, **kw)

    def rename_column(self, old_column_name: str, new_column_name: str) -> None:
        """See `op.rename_column`."""
        rename_column(self.table_name, old_column_name, new_column_name, schema=self.schema)

    def alter_column(
        self,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: ServerDefault | Literal[False] | None = False,
        new_column_name: str | None = None,
        type_: ColumnType | None = None,
        autoincrement: bool | Literal["auto", "ignore_fk"] | None = None,
        existing_type: ColumnType | None = None,
        existing_server_default: ServerDefault | Literal[False] | None = False,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | Literal["auto", "ignore_fk"] | None = None,
        existing_comment: str | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """See `op.alter_column`. The order of the columns stays as it is."""
        del insert_before, insert_after
        self._submit_remake()
        alter_column(
            self.table_name,
            column_name,
            nullable=nullable,
            comment=comment,
            server_default=server_default,
            new_column_name=new_column_name,
            type_=type_,
            autoincrement=autoincrement,
            existing_type=existing_type,
            existing_server_default=existing_server_default,
            existing_nullable=existing_nullable,
            existing_autoincrement=existing_autoincrement,
            existing_comment=existing_comment,
            schema=self.schema,
            **kw,
        )

    def create_index(
        self,
        index_name: str,
        columns: Sequence[str | sa.TextClause | sa.ColumnElement[Any]],
        *,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """See `op.create_index`."""
        create_index(
            index_name,
            self.table_name,
            columns,
            schema=self.schema,
            unique=unique,
            if_not_exists=if_not_exists,
            **kw,
        )

    def drop_index(self, index_name: str, *, if_exists: bool | None = None, **kw: Any) -> None:
        """See `op.drop_index`."""
        drop_index(index_name, self.table_name, schema=self.schema, if_exists=if_exists, **kw)

    def rename_index(self, old_index_name: str, new_index_name: str) -> None:
        """See `op.rename_index`."""
        rename_index(self.table_name, old_index_name, new_index_name, schema=self.schema)

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **kw: Any,
    ) -> None:
        """See `op.create_foreign_key`."""
        self._submit_remake()
        create_foreign_key(
            constraint_name,
            self.table_name,
            referent_table,
            local_cols,
            remote_cols,
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            source_schema=self.schema,
            referent_schema=referent_schema,
            **kw,
        )

    def create_unique_constraint(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """See `op.create_unique_constraint`."""
        self._submit_remake()
        create_unique_constraint(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """See `op.create_primary_key`."""
        self._submit_remake()
        create_primary_key(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_check_constraint(
        self, constraint_name: str | None, condition: str | sa.TextClause | sa.ColumnElement[bool], **kw: Any
    ) -> None:
        """See `op.create_check_constraint`."""
        self._submit_remake()
        create_check_constraint(constraint_name, self.table_name, condition, schema=self.schema, **kw)

    def alter_constraint(self, constraint_name: str, type_: ConstraintKind | None = None, **kw: Any) -> None:
        """See `op.alter_constraint`."""
        alter_constraint(constraint_name, self.table_name, type_, schema=self.schema, **kw)

    def drop_constraint(
        self, constraint_name: str, type_: ConstraintKind | None = None, *, if_exists: bool | None = None
    ) -> None:
        """See `op.drop_constraint`."""
        self._submit_remake()
        drop_constraint(constraint_name, self.table_name, type_, schema=self.schema, if_exists=if_exists)

    def create_table_comment(self, comment: str | None, *, existing_comment: str | None = None) -> None:
        """See `op.create_table_comment`."""
        create_table_comment(self.table_name, comment, existing_comment=existing_comment, schema=self.schema)

    def drop_table_comment(self, *, existing_comment: str | None = None) -> None:
        """See `op.drop_table_comment`."""
        drop_table_comment(self.table_name, existing_comment=existing_comment, schema=self.schema)

    def execute(self, sqltext: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
        """See `op.execute`."""
        execute(sqltext, execution_options)

    def f(self, name: str) -> str:
        """See `op.f`."""
        return f(name)

    def inline_literal(self, value: Any, type_: ColumnType | None = None) -> sa.ColumnElement[Any]:
        """See `op.inline_literal`."""
        return inline_literal(value, type_)

    def get_bind(self) -> sa.Connection:
        """See `op.get_bind`."""
        return get_bind()

    def get_context(self) -> Context:
        """See `op.get_context`."""
        return get_context()
