"""What a migration script imports: ``from schemashift import op``.

One typed function per operation, with the names and keyword names that Alembic's users know. They are
ordinary functions of an ordinary module: ``from schemashift.op import add_column`` works, and ``op`` can be handed to
a function. They find the migration that runs in a `ContextVar`; outside of one they raise `OutsideMigration`.

Where SQLAlchemy takes a name for a schema object, ``op.f("...")`` marks it as final, past any naming convention.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, Literal, Protocol, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem, conv

from schemashift.errors import Location, NotSupported, OutsideMigration
from schemashift.operations import (
    CHANGEABLE,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    BulkInsert,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import (
    SQL,
    Check,
    Constraint,
    ForeignKey,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    options,
)
from schemashift.sqla.lift import lift_constraint, lift_index, lift_table

ServerDefault: TypeAlias = str | sa.ColumnElement[Any] | sa.TextClause | sa.FetchedValue | sa.Identity | sa.Computed
ColumnType: TypeAlias = sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]
ConstraintKind: TypeAlias = Literal["foreignkey", "primary", "unique", "check"]

_KINDS: dict[str, type[Constraint]] = {
    "foreignkey": ForeignKey,
    "primary": PrimaryKey,
    "unique": Unique,
    "check": Check,
}

_OF_THE_ACT = ("concurrently", "algorithm", "lock")
"""Options of creating or dropping an index, not of the index."""


# The migration that runs -------------------------------------------------------------------------------------------


class Running(Protocol):
    """What a migration that runs does for the functions of this module. The runner and replay are the two that can."""

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect, for lifting what the script says."""

    @property
    def x(self) -> Mapping[str, str]:
        """The ``-x key=value`` arguments of the command line."""

    def normal(self, table: Table) -> Table:
        """*table* in the database's normal form."""

    def do(self, operations: Sequence[Operation]) -> None:
        """Changes of the schema, in order; they may wait until something else happens."""

    def now(self, operation: Operation) -> None:
        """A statement of the script's own, after everything before it."""

    def bind(self) -> sa.Connection:
        """The run's connection, with everything before it done."""

    def group(self) -> AbstractContextManager[None]:
        """What is done inside is one group: all of it, or an error."""

    def autocommit_block(self) -> AbstractContextManager[None]:
        """What is done inside runs outside of any transaction."""


RUNNING: ContextVar[Running] = ContextVar("schemashift.op")


@contextmanager
def running(migration: Running) -> Iterator[None]:
    """Have the functions of this module talk to *migration*, in this context (thread, task) only."""
    token = RUNNING.set(migration)
    try:
        yield
    finally:
        RUNNING.reset(token)


def _running() -> Running:
    try:
        return RUNNING.get()
    except LookupError:
        raise OutsideMigration(
            "op works only inside upgrade() and downgrade() while schemashift runs them",
            hints=["a thread that a script starts has no migration: start it with contextvars.copy_context().run"],
        ) from None


class Context:
    """What ``op.get_context()`` gives: the little that scripts ask of it."""

    as_sql = False

    def __init__(self, migration: Running) -> None:
        self._migration = migration

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect: ``op.get_context().dialect.name`` is "postgresql"."""
        return self._migration.dialect

    @property
    def bind(self) -> sa.Connection:
        """The connection, as `get_bind` gives it."""
        return self._migration.bind()

    @property
    def connection(self) -> sa.Connection:
        """The connection, as `get_bind` gives it."""
        return self._migration.bind()

    def autocommit_block(self) -> AbstractContextManager[None]:
        """The same as `op.autocommit_block`."""
        return self._migration.autocommit_block()

    def get_x_argument(self) -> dict[str, str]:
        """The ``-x key=value`` arguments of the command line."""
        return dict(self._migration.x)


def get_context() -> Context:
    """The migration's context: ``.dialect``, ``.bind``, ``.autocommit_block()``, ``.get_x_argument()``."""
    return Context(_running())


def get_bind() -> sa.Connection:
    """The connection of the run, with everything before this line already done on the database.

    It stays usable: whatever is sent over it later, operations written before are sent first.
    """
    return _running().bind()


def autocommit_block() -> AbstractContextManager[None]:
    """For statements that refuse a transaction (VACUUM): what came before is committed, what follows begins anew.

    ::

        with op.autocommit_block():
            op.execute("VACUUM users")
    """
    return _running().autocommit_block()


# Names and values --------------------------------------------------------------------------------------------------


def f(name: str) -> str:
    """*name*, final: no naming convention is applied to it."""
    return conv(name)


def inline_literal(value: Any, type_: ColumnType | None = None) -> sa.ColumnElement[Any]:
    """A value written into the SQL text instead of being sent as a parameter."""
    return sa.literal(value, type_, literal_execute=True)


# Tables ------------------------------------------------------------------------------------------------------------


def create_table(
    table_name: str,
    *columns: SchemaItem,
    if_not_exists: bool | None = None,
    schema: str | None = None,
    comment: str | None = None,
    info: dict[Any, Any] | None = None,
    prefixes: Sequence[str] | None = None,
    **kw: Any,
) -> sa.Table:
    """Create a table from columns, constraints and indexes.

    Returns the ``sa.Table``, for `bulk_insert`. Keywords are dialect options: ``mysql_engine="InnoDB"``.
    """
    migration = _running()
    table = sa.Table(
        table_name,
        sa.MetaData(),
        *(_free(column) for column in columns),
        schema=schema,
        comment=comment,
        info=info,
        prefixes=prefixes,
        **kw,
    )
    value = migration.normal(lift_table(table, migration.dialect))
    migration.do([CreateTable(table=value, if_not_exists=bool(if_not_exists), origin=_origin())])
    return table


def drop_table(table_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any) -> None:
    """Drop a table."""
    migration = _running()
    _check(migration, kw)
    name = _name(migration, table_name, schema)
    migration.do([DropTable(name=name, if_exists=bool(if_exists), origin=_origin())])


def rename_table(old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
    """Give a table another name in the same schema."""
    migration = _running()
    old = _name(migration, old_table_name, schema)
    migration.do([RenameTable(old=old, new=str(new_table_name), origin=_origin())])


def create_table_comment(
    table_name: str, comment: str | None, *, existing_comment: str | None = None, schema: str | None = None
) -> None:
    """Set a table's comment."""
    _set_comment(table_name, schema, comment or None, existing_comment)


def drop_table_comment(table_name: str, *, existing_comment: str | None = None, schema: str | None = None) -> None:
    """Take a table's comment away."""
    _set_comment(table_name, schema, None, existing_comment)


def _set_comment(table_name: str, schema: str | None, comment: str | None, existing: str | None) -> None:
    migration = _running()
    migration.do(
        [
            AlterTable(
                table=_name(migration, table_name, schema),
                set=(("comment", comment),),
                before=(("comment", existing),) if existing is not None else None,
                origin=_origin(),
            )
        ]
    )


# Columns -----------------------------------------------------------------------------------------------------------


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
    migration = _running()
    _check(migration, kw)
    source = sa.Table(table_name, sa.MetaData(), _free(column), schema=schema)
    table = migration.normal(lift_table(source, migration.dialect))
    name, origin = table.table_name, _origin()
    migration.do(
        [
            AddColumn(table=name, column=table.columns[0], if_not_exists=bool(if_not_exists), origin=origin),
            *(AddConstraint(table=name, constraint=each, origin=origin) for each in table.constraints),
            *(CreateIndex(table=name, index=each, origin=origin) for each in table.indexes),
        ]
    )


def drop_column(
    table_name: str, column_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any
) -> None:
    """Drop a column."""
    migration = _running()
    _check(migration, kw)
    table = _name(migration, table_name, schema)
    migration.do([DropColumn(table=table, name=str(column_name), if_exists=bool(if_exists), origin=_origin())])


def rename_column(table_name: str, old_column_name: str, new_column_name: str, *, schema: str | None = None) -> None:
    """Give a column another name."""
    migration = _running()
    table = _name(migration, table_name, schema)
    migration.do([RenameColumn(table=table, old=str(old_column_name), new=str(new_column_name), origin=_origin())])


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
    existing_type: ColumnType | None = None,
    existing_server_default: ServerDefault | Literal[False] | None = False,
    existing_nullable: bool | None = None,
    existing_autoincrement: bool | Literal["auto", "ignore_fk"] | None = None,
    existing_comment: str | None = None,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Change a column: only what is given changes. None takes a comment or a server default away.

    ``existing_...`` say what the column is now; nothing needs them, the database is asked where that matters.
    Keywords are dialect options of the change: ``postgresql_using="age::integer"``.
    """
    migration = _running()
    _check(migration, kw)
    origin = _origin()
    changes = _Facts(type_, nullable, server_default, comment, autoincrement)
    existing = _Facts(
        existing_type,
        existing_nullable,
        existing_server_default,
        False if existing_comment is None else existing_comment,
        existing_autoincrement,
    )
    table = _name(migration, table_name, schema)
    found: list[Operation] = []
    before = existing.of(migration, table, column_name, like=None, lenient=True)
    after = changes.of(migration, table, column_name, like=existing_type, lenient=False)
    if after.set:
        found.append(
            AlterColumn(
                table=table,
                name=str(column_name),
                set=after.set,
                existing=before.set,
                options=_options(migration, kw),
                origin=origin,
            )
        )
    if type_ is not None:
        # The CHECK of a Boolean or an Enum belongs to its type.
        gone = [check for check in before.checks if check.name and check not in after.checks]
        new = [check for check in after.checks if check not in before.checks]
        found[:0] = [DropConstraint(table=table, name=str(each.name), kind=Check, origin=origin) for each in gone]
        found += [AddConstraint(table=table, constraint=each, origin=origin) for each in new]
    if new_column_name is not None and new_column_name != column_name:
        found.append(RenameColumn(table=table, old=str(column_name), new=str(new_column_name), origin=origin))
    migration.do(found)


class _Column:
    """What a call of `alter_column` says of a column, lifted: fields of `Column`, and the CHECKs of its type."""

    def __init__(self, set: tuple[tuple[str, Any], ...], checks: Sequence[Constraint]) -> None:  # noqa: A002
        self.set = set
        self.checks = checks


class _Facts:
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
            if self.server_default not in (False, None):
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
        source = sa.Table(table.name, sa.MetaData(), column, schema=table.schema)
        return migration.normal(lift_table(source, migration.dialect))


# Indexes -----------------------------------------------------------------------------------------------------------


def create_index(
    index_name: str,
    table_name: str,
    columns: Sequence[str | sa.TextClause | sa.ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    if_not_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Create an index on columns and expressions. Keywords are dialect options: ``postgresql_where=sa.text(...)``."""
    migration = _running()
    act, own = _split(kw)
    index = sa.Index(index_name, *columns, unique=unique, **own)
    if index.table is None:
        named = dict.fromkeys(each for each in columns if isinstance(each, str))
        sa.Table(table_name, sa.MetaData(), *(sa.Column(each) for each in named), index)
    name = _name(migration, table_name, schema)
    lifted = Table(name=name.name, schema=name.schema, indexes=(lift_index(index, migration.dialect),))
    table = migration.normal(lifted)
    migration.do(
        [
            CreateIndex(
                table=table.table_name,
                index=table.indexes[0],
                if_not_exists=bool(if_not_exists),
                options=_options(migration, act),
                origin=_origin(),
            )
        ]
    )


def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index. *table_name* is not needed; it spares the database a question."""
    migration = _running()
    table = _name(migration, table_name, schema) if table_name is not None else None
    migration.do(
        [
            DropIndex(
                table=table,
                name=str(index_name),
                schema=_name(migration, "", schema).schema,
                if_exists=bool(if_exists),
                options=_options(migration, _split(kw)[0]),
                origin=_origin(),
            )
        ]
    )


def rename_index(table_name: str, old_index_name: str, new_index_name: str, *, schema: str | None = None) -> None:
    """Give an index another name."""
    migration = _running()
    table = _name(migration, table_name, schema)
    migration.do([RenameIndex(table=table, old=str(old_index_name), new=str(new_index_name), origin=_origin())])


# Constraints -------------------------------------------------------------------------------------------------------


def create_foreign_key(
    constraint_name: str | None,
    source_table: str,
    referent_table: str,
    local_cols: Sequence[str],
    remote_cols: Sequence[str],
    *,
    onupdate: str | None = None,
    ondelete: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    match: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a foreign key to a table that is there. Without a name the database gives it one."""
    migration = _running()
    key = ForeignKey(
        name=_text(constraint_name),
        columns=tuple(map(str, local_cols)),
        target=_name(migration, referent_table, referent_schema),
        target_columns=tuple(map(str, remote_cols)),
        on_delete=_action(ondelete),
        on_update=_action(onupdate),
        deferrable=deferrable,
        initially=_upper(initially),
        match=_upper(match),
        options=_options(migration, kw),
    )
    _add_constraint(migration, _name(migration, source_table, source_schema), key)


def create_unique_constraint(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    **kw: Any,
) -> None:
    """Add a UNIQUE to a table that is there. Without a name the database gives it one."""
    migration = _running()
    unique = Unique(
        name=_text(constraint_name),
        columns=tuple(map(str, columns)),
        deferrable=deferrable,
        initially=_upper(initially),
        options=_options(migration, kw),
    )
    _add_constraint(migration, _name(migration, table_name, schema), unique)


def create_primary_key(
    constraint_name: str | None, table_name: str, columns: Sequence[str], *, schema: str | None = None, **kw: Any
) -> None:
    """Add a primary key to a table that has none."""
    migration = _running()
    key = PrimaryKey(name=_text(constraint_name), columns=tuple(map(str, columns)), options=_options(migration, kw))
    _add_constraint(migration, _name(migration, table_name, schema), key)


def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | sa.TextClause | sa.ColumnElement[bool],
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a CHECK to a table that is there. Without a name the database gives it one."""
    migration = _running()
    own = {name: value for name, value in kw.items() if "_" in name}
    source = sa.Table(table_name, sa.MetaData(), schema=schema)
    check = sa.CheckConstraint(condition, name=constraint_name, **own)
    source.append_constraint(check)
    lifted = lift_constraint(check, migration.dialect)
    if lifted is not None:
        _add_constraint(migration, _name(migration, table_name, schema), lifted)


def drop_constraint(
    constraint_name: str,
    table_name: str,
    type_: ConstraintKind | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
) -> None:
    """Drop a constraint by name. *type_* is not needed; where the database knows several kinds it spares a question."""
    if not constraint_name:
        raise ValueError("drop_constraint needs the constraint's name")
    if type_ is not None and type_ not in _KINDS:
        raise ValueError(f"type_ is one of {', '.join(_KINDS)}, not {type_!r}")
    migration = _running()
    migration.do(
        [
            DropConstraint(
                table=_name(migration, table_name, schema),
                name=str(constraint_name),
                kind=_KINDS[type_] if type_ is not None else None,
                if_exists=bool(if_exists),
                origin=_origin(),
            )
        ]
    )


def _add_constraint(migration: Running, table: TableName, constraint: Constraint) -> None:
    alone = migration.normal(Table(name=table.name, schema=table.schema, constraints=(constraint,)))
    migration.do([AddConstraint(table=table, constraint=each, origin=_origin()) for each in alone.constraints])


# Statements of the script's own ------------------------------------------------------------------------------------


def execute(sqltext: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
    """Run a statement. A string is ``sa.text``: ``:name`` is a parameter, ``\\:`` a colon."""
    _running().now(Execute(statement=sqltext, options=tuple((execution_options or {}).items()), origin=_origin()))


def bulk_insert(
    table: sa.Table | sa.TableClause, rows: Sequence[Mapping[str, Any]], *, multiinsert: bool = True
) -> None:
    """Insert rows: dictionaries from column name to value, or to an `inline_literal`."""
    if isinstance(rows, (str, bytes, Mapping)) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("bulk_insert takes a list of dictionaries")
    migration = _running()
    plain = not any(isinstance(value, sa.ClauseElement) for row in rows for value in row.values())
    migration.now(
        BulkInsert(
            table=_name(migration, table.name, getattr(table, "schema", None)),
            target=table,
            rows=tuple(rows),
            multi=multiinsert and plain,
            origin=_origin(),
        )
    )


# Several changes of one table --------------------------------------------------------------------------------------


@contextmanager
def batch_alter_table(table_name: str, schema: str | None = None, **_kw: Any) -> Iterator[Batch]:
    """Several changes of one table as one group; its methods leave out the table's name.

    A plain grouping: no database needs it, SQLite neither. It is here for scripts that come from Alembic, whose other
    keywords (``recreate``, ``copy_from``, ...) mean nothing here.
    """
    with _running().group():
        yield Batch(table_name, schema)


class Batch:
    """The operations of this module with the table's name filled in. See `batch_alter_table`."""

    def __init__(self, table_name: str, schema: str | None) -> None:
        self.table_name = table_name
        self.schema = schema

    def add_column(self, column: sa.Column[Any], *, if_not_exists: bool | None = None, **kw: Any) -> None:
        """See `op.add_column`."""
        add_column(self.table_name, column, schema=self.schema, if_not_exists=if_not_exists, **kw)

    def drop_column(self, column_name: str, *, if_exists: bool | None = None, **kw: Any) -> None:
        """See `op.drop_column`."""
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
        """See `op.alter_column`. The place among the columns stays as it is."""
        del insert_before, insert_after
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
        create_unique_constraint(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """See `op.create_primary_key`."""
        create_primary_key(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_check_constraint(
        self, constraint_name: str | None, condition: str | sa.TextClause | sa.ColumnElement[bool], **kw: Any
    ) -> None:
        """See `op.create_check_constraint`."""
        create_check_constraint(constraint_name, self.table_name, condition, schema=self.schema, **kw)

    def drop_constraint(
        self, constraint_name: str, type_: ConstraintKind | None = None, *, if_exists: bool | None = None
    ) -> None:
        """See `op.drop_constraint`."""
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


# Lifting what a script says ----------------------------------------------------------------------------------------


def _name(migration: Running, table: str, schema: str | None) -> TableName:
    """None for the default schema, whether it is named or not, as `lift_table` has it."""
    if schema is not None and schema == migration.dialect.default_schema_name:
        schema = None
    return TableName(str(table), str(schema) if schema is not None else None)


def _free(item: SchemaItem) -> SchemaItem:
    """*item*, or a copy where it belongs to a table already: scripts share columns between tables."""
    owner = getattr(item, "table" if isinstance(item, sa.Column) else "parent", None)
    copy = getattr(item, "_copy", None)  # SQLAlchemy has no public way to copy a column
    return item if owner is None or copy is None else cast("SchemaItem", copy())


_DATABASES = frozenset({"sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle"})


def _check(migration: Running, kw: Mapping[str, Any]) -> None:
    """Keywords that no parameter took are options of a database, not spelling mistakes."""
    for name in kw:
        database, _, rest = name.partition("_")
        if not rest or database not in _DATABASES | {migration.dialect.name}:
            raise TypeError(f"unexpected keyword argument {name!r}")


def _options(migration: Running, pairs: Mapping[str, Any]) -> Options:
    _check(migration, pairs)
    return options((name, _value(value)) for name, value in pairs.items())


def _value(value: Any) -> object:
    if isinstance(value, sa.TextClause):
        return SQL(value.text, payload=value)
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _value(each)) for key, each in value.items()))
    if isinstance(value, (list, tuple, set)):
        return tuple(_value(each) for each in value)
    return value


def _split(kw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of creating or dropping an index, and those of the index itself."""
    act = {name: value for name, value in kw.items() if name.partition("_")[2] in _OF_THE_ACT}
    return act, {name: value for name, value in kw.items() if name not in act}


def _text(name: str | None) -> str | None:
    return None if name is None else str(name)


def _upper(word: str | None) -> str | None:
    return word.upper() if word else None


def _action(action: str | None) -> str | None:
    """None for NO ACTION, the standard's default."""
    upper = _upper(action)
    return None if upper == "NO ACTION" else upper


# Where an operation was written ------------------------------------------------------------------------------------

_HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep
_CONTEXTLIB = contextmanager.__code__.co_filename


def caller() -> FrameType | None:
    """The innermost frame outside of this package: the line that called ``op``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_HOME, _CONTEXTLIB)):
        frame = frame.f_back
    return frame


def _origin() -> Location | None:
    frame = caller()
    return None if frame is None else Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
