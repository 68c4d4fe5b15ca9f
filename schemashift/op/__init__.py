"""What a migration script imports: ``from schemashift import op``.

One typed function per operation, with the names and keyword names that Alembic's users know. They are
ordinary functions of an ordinary module: ``from schemashift.op import add_column`` works, and ``op`` can be handed to
a function. They find the migration that runs in a `ContextVar`; outside of one they raise `OutsideMigration`.

Where SQLAlchemy takes a name for a schema object, ``op.f("...")`` marks it as final, past any naming convention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Literal, NoReturn, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem, conv

from schemashift.errors import NotSupported
from schemashift.operations import (
    CHANGEABLE,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
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
    Exclude,
    ForeignKey,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    options,
)
from schemashift.sqla.lift import lift_constraint, lift_index, lift_table

from .aliases import ColumnType as ColumnType
from .aliases import ConstraintKind as ConstraintKind
from .aliases import ServerDefault as ServerDefault
from .context import Context as Context
from .naming import Convention, named
from .objects import alter_sequence as alter_sequence
from .objects import create_schema as create_schema
from .objects import create_sequence as create_sequence
from .objects import drop_schema as drop_schema
from .objects import drop_sequence as drop_sequence
from .rows import bulk_insert as bulk_insert
from .rows import fill_column as fill_column
from .rows import fill_table as fill_table
from .rows import number_column as number_column
from .running import RUNNING as RUNNING
from .running import Running as Running
from .running import caller as caller
from .running import current, full_name, origin
from .running import running as running
from .types import alter_domain as alter_domain
from .types import alter_enum as alter_enum
from .types import create_domain as create_domain
from .types import create_enum as create_enum
from .types import drop_domain as drop_domain
from .types import drop_enum as drop_enum
from .types import missing_types
from .types import rename_enum as rename_enum
from .types import sql_type as sql_type

_KINDS: dict[str, type[Constraint]] = {
    "foreignkey": ForeignKey,
    "primary": PrimaryKey,
    "unique": Unique,
    "check": Check,
    "exclude": Exclude,
}

Function = TypeVar("Function", bound=Callable[..., Any])

_OF_THE_ACT = ("concurrently", "algorithm", "lock")
"""Options of creating or dropping an index, not of the index."""


def _once(**names: str) -> Callable[[Function], Function]:
    """Take keywords by the names that Alembic once had for them, too: ``source`` for ``source_table``."""

    def take(function: Function) -> Function:
        @wraps(function)
        def call(*arguments: Any, **kw: Any) -> Any:
            return function(*arguments, **{names.get(name, name): value for name, value in kw.items()})

        return cast("Function", call)

    return take


# The migration that runs -------------------------------------------------------------------------------------------


def get_context() -> Context:
    """The migration's context: ``.dialect``, ``.bind``, ``.autocommit_block()``, ``.get_x_argument()``."""
    return Context(current())


def get_bind() -> sa.Connection:
    """The connection of the run, with everything before this line already done on the database.

    It stays usable: whatever is sent over it later, operations written before are sent first.
    """
    return current().bind()


def autocommit_block() -> AbstractContextManager[None]:
    """For statements that refuse a transaction (VACUUM): what came before is committed, what follows begins anew.

    ::

        with op.autocommit_block():
            op.execute("VACUUM users")
    """
    return current().autocommit_block()


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

    A foreign key marked ``use_alter`` waits for its own `create_foreign_key`, as with SQLAlchemy's CREATE TABLE; on
    SQLite, which has no other way, it is made here.
    """
    migration = current()
    table = sa.Table(
        table_name,
        _metadata(migration),
        *(_free(column) for column in columns),
        schema=schema,
        comment=comment,
        info=info,
        prefixes=prefixes,
        **kw,
    )
    if migration.dialect.supports_alter:
        table.constraints -= {key for key in table.foreign_key_constraints if key.use_alter}
    value = migration.normal(lift_table(table, migration.dialect))
    needed = missing_types(migration, [column.type for column in table.columns])
    migration.do([*needed, CreateTable(table=value, if_not_exists=bool(if_not_exists), origin=origin())])
    return table


def drop_table(table_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any) -> None:
    """Drop a table."""
    migration = current()
    _check(migration, kw)
    name = full_name(migration, table_name, schema)
    migration.do([DropTable(name=name, if_exists=bool(if_exists), origin=origin())])


def rename_table(old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
    """Give a table another name in the same schema."""
    migration = current()
    old = full_name(migration, old_table_name, schema)
    migration.do([RenameTable(old=old, new=str(new_table_name), origin=origin())])


def alter_table(table_name: str, *, schema: str | None = None, **options: Any) -> None:
    """Change a table's dialect options: ``mysql_engine="InnoDB"``, ``prefixes=["UNLOGGED"]``. None takes one away."""
    migration = current()
    _check(migration, {name: value for name, value in options.items() if name != "prefixes"})
    own = (*_own_prefixes(migration), "prefixes")
    changed = tuple(sorted((key, _value(value)) for key, value in options.items() if key.startswith(own)))
    if changed:
        name = full_name(migration, table_name, schema)
        migration.do([AlterTable(table=name, set=(("options", changed),), partial=True, origin=origin())])


def _own_prefixes(migration: Running) -> tuple[str, ...]:
    """Other databases' options are for the other databases."""
    name = migration.dialect.name
    return ("mysql_", "mariadb_") if name in ("mysql", "mariadb") else (f"{name}_",)


def create_table_comment(
    table_name: str, comment: str | None, *, existing_comment: str | None = None, schema: str | None = None
) -> None:
    """Set a table's comment."""
    _set_comment(table_name, schema, comment or None, existing_comment)


def drop_table_comment(table_name: str, *, existing_comment: str | None = None, schema: str | None = None) -> None:
    """Take a table's comment away."""
    _set_comment(table_name, schema, None, existing_comment)


def _set_comment(table_name: str, schema: str | None, comment: str | None, existing: str | None) -> None:
    migration = current()
    migration.do(
        [
            AlterTable(
                table=full_name(migration, table_name, schema),
                set=(("comment", comment),),
                before=(("comment", existing),) if existing is not None else None,
                origin=origin(),
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
    migration = current()
    _check(migration, kw)
    source = sa.Table(table_name, _metadata(migration), _free(column), schema=schema)
    table = lift_table(source, migration.dialect)
    if column.autoincrement is True and column.server_default is None:
        # SQLAlchemy lets only a primary key count, and that comes in a step of its own.
        table = replace(table, columns=(replace(table.columns[0], autoincrement=True),))
    table = migration.normal(table)
    name, here = table.table_name, origin()
    migration.do(
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
    _check(migration, kw)
    table = full_name(migration, table_name, schema)
    migration.do([DropColumn(table=table, name=str(column_name), if_exists=bool(if_exists), origin=origin())])


def rename_column(table_name: str, old_column_name: str, new_column_name: str, *, schema: str | None = None) -> None:
    """Give a column another name."""
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.do([RenameColumn(table=table, old=str(old_column_name), new=str(new_column_name), origin=origin())])


@_once(name="new_column_name", tabname="table_name")
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
    kw = {name: value for name, value in kw.items() if name not in _OF_COLUMN}
    _check(migration, kw)
    here = origin()
    changes = _Facts(type_, nullable, server_default, comment, autoincrement)
    existing = _Facts(
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
                options=_options(migration, kw),
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
    migration.do(found)


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
                facts = _Facts(type_=None, nullable=None, server_default=value, comment=False, autoincrement=None)
                found = facts.of(migration, table, name, like=like, lenient=False)
                said[field] = dict(found.set).get(field)
        return _Column(tuple((field, said[field]) for field in CHANGEABLE if field in said), self.checks)


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
        source = sa.Table(table.name, _metadata(migration), column, schema=table.schema)
        return migration.normal(lift_table(source, migration.dialect))


# Indexes -----------------------------------------------------------------------------------------------------------


@_once(name="index_name", tablename="table_name")
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
    migration = current()
    act, own = _split(kw)
    index = sa.Index(index_name, *columns, unique=unique, **own)
    if index.table is None:
        used = dict.fromkeys(each for each in columns if isinstance(each, str))
        sa.Table(table_name, _metadata(migration), *(sa.Column(each) for each in used), index)
    name = full_name(migration, table_name, schema)
    lifted = Table(name=name.name, schema=name.schema, indexes=(lift_index(index, migration.dialect),))
    table = migration.normal(lifted)
    migration.do(
        [
            CreateIndex(
                table=table.table_name,
                index=table.indexes[0],
                if_not_exists=bool(if_not_exists),
                options=_options(migration, act),
                origin=origin(),
            )
        ]
    )


@_once(name="index_name", tablename="table_name")
def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index. *table_name* is not needed; it spares the database a question."""
    migration = current()
    table = full_name(migration, table_name, schema) if table_name is not None else None
    migration.do(
        [
            DropIndex(
                table=table,
                name=str(index_name),
                schema=full_name(migration, "", schema).schema,
                if_exists=bool(if_exists),
                options=_options(migration, _split(kw)[0]),
                origin=origin(),
            )
        ]
    )


def rename_index(table_name: str, old_index_name: str, new_index_name: str, *, schema: str | None = None) -> None:
    """Give an index another name."""
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.do([RenameIndex(table=table, old=str(old_index_name), new=str(new_index_name), origin=origin())])


# Constraints -------------------------------------------------------------------------------------------------------


@_once(name="constraint_name", source="source_table", referent="referent_table")
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
    migration = current()
    key = ForeignKey(
        name=constraint_name,
        columns=tuple(map(str, local_cols)),
        target=full_name(migration, referent_table, referent_schema),
        target_columns=tuple(map(str, remote_cols)),
        on_delete=_action(ondelete),
        on_update=_action(onupdate),
        deferrable=deferrable,
        initially=_upper(initially),
        match=_upper(match),
        options=_options(migration, kw),
    )
    _name_and_add(migration, full_name(migration, source_table, source_schema), key)


@_once(name="constraint_name", source="table_name", local_cols="columns")
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
    migration = current()
    unique = Unique(
        name=constraint_name,
        columns=tuple(map(str, columns)),
        deferrable=deferrable,
        initially=_upper(initially),
        options=_options(migration, kw),
    )
    _name_and_add(migration, full_name(migration, table_name, schema), unique)


@_once(name="constraint_name", cols="columns")
def create_primary_key(
    constraint_name: str | None, table_name: str, columns: Sequence[str], *, schema: str | None = None, **kw: Any
) -> None:
    """Add a primary key to a table that has none."""
    migration = current()
    key = PrimaryKey(name=constraint_name, columns=tuple(map(str, columns)), options=_options(migration, kw))
    _name_and_add(migration, full_name(migration, table_name, schema), key)


@_once(name="constraint_name", source="table_name")
def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | sa.TextClause | sa.ColumnElement[bool],
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a CHECK to a table that is there. Without a name the database gives it one."""
    migration = current()
    own = {name: value for name, value in kw.items() if "_" in name}
    source = sa.Table(table_name, _metadata(migration), schema=schema)
    check = sa.CheckConstraint(condition, name=constraint_name, **own)
    source.append_constraint(check)
    lifted = lift_constraint(check, migration.dialect)
    if lifted is not None:
        _add_constraint(migration, full_name(migration, table_name, schema), lifted)  # named by its MetaData


@_once(name="constraint_name", tablename="table_name", type="type_")
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
    migration = current()
    table, kind = full_name(migration, table_name, schema), _KINDS[type_] if type_ is not None else None
    if kind is Check:
        # A convention for CHECKs is made of the name that it is given.
        constraint_name = named(Check(sql="1", name=constraint_name), table, migration.convention).name or ""
    migration.do(
        [
            DropConstraint(
                table=table,
                name=str(constraint_name),
                kind=kind,
                if_exists=bool(if_exists),
                origin=origin(),
            )
        ]
    )


def create_exclude_constraint(
    constraint_name: str | None,
    table_name: str,
    *elements: tuple[Any, str],
    where: Any = None,
    schema: str | None = None,
    using: str = "gist",
    ops: Mapping[str, str] | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
) -> None:
    """Add an EXCLUDE to a table that is there (PostgreSQL): ``("room", "="), (sa.text("during"), "&&")``."""
    migration = current()
    if migration.dialect.name != "postgresql":
        raise NotSupported(f"{migration.dialect.name} has no exclusion constraints")
    columns = (sa.Column(each, sa.Integer) for each, _ in elements if isinstance(each, str))
    table = sa.Table(table_name, _metadata(migration), *columns, schema=schema)
    constraint = postgresql.ExcludeConstraint(
        *elements,
        name=constraint_name,
        where=where,
        using=using,
        ops=dict(ops or {}),
        deferrable=bool(deferrable),
        initially=initially,
    )
    table.append_constraint(constraint)
    lifted = lift_constraint(constraint, migration.dialect)
    if lifted is not None:
        _name_and_add(migration, full_name(migration, table_name, schema), lifted)


def _name_and_add(migration: Running, table: TableName, constraint: Constraint) -> None:
    constraint = named(constraint, table, migration.convention)
    name = None if constraint.name is None else str(constraint.name)
    _add_constraint(migration, table, replace(constraint, name=name))


def _add_constraint(migration: Running, table: TableName, constraint: Constraint) -> None:
    alone = migration.normal(Table(name=table.name, schema=table.schema, constraints=(constraint,)))
    migration.do([AddConstraint(table=table, constraint=each, origin=origin()) for each in alone.constraints])


# Statements of the script's own ------------------------------------------------------------------------------------


def execute(sqltext: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
    """Run a statement. A string is ``sa.text``: ``:name`` is a parameter, ``\\:`` a colon."""
    current().now(Execute(statement=sqltext, options=tuple((execution_options or {}).items()), origin=origin()))


# Several changes of one table --------------------------------------------------------------------------------------


@contextmanager
def batch_alter_table(
    table_name: str,
    schema: str | None = None,
    recreate: Literal["auto", "always", "never"] = "auto",
    *,
    naming_convention: Convention | None = None,
    table_kwargs: Mapping[str, Any] | None = None,
    **_kw: Any,
) -> Iterator[Batch]:
    """Several changes of one table as one group; its methods leave out the table's name.

    A plain grouping: no database needs it, SQLite neither. It is here for scripts that come from Alembic, and so is
    what it does there beside: where it makes a SQLite table anew, the constraints without a name get theirs by
    *naming_convention*, and the table *table_kwargs* (``sqlite_autoincrement=True``). Alembic's other keywords
    (``copy_from``, ``reflect_args``, ...) say what its copy would lose, and nothing is lost here.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    there = None
    if migration.dialect.name == "sqlite" and naming_convention:
        there = migration.table(table)
    with migration.group():
        batch = Batch(table_name, schema)
        batch._remake = _Remake(migration, there, naming_convention, dict(table_kwargs or {}))
        if recreate == "always":
            batch._anew()
        yield batch


class _Remake:
    """What goes with making a SQLite table anew."""

    def __init__(
        self, migration: Running, table: Table | None, convention: Convention | None, options: Mapping[str, Any]
    ) -> None:
        self.migration = migration
        self.table = table
        self.convention = convention
        self.options = options

    def operations(self) -> Iterator[Operation]:
        """The table's unnamed constraints get their names. A CHECK has none that a convention could begin with."""
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

    def _anew(self) -> None:
        """The table is made anew on SQLite by what comes next."""
        remake, self._remake = self._remake, None
        if remake is not None and remake.migration.dialect.name == "sqlite":
            remake.migration.do(list(remake.operations()))
            if remake.options:
                alter_table(self.table_name, schema=self.schema, **remake.options)

    def add_column(
        self,
        column: sa.Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """See `op.add_column`. A new column stands behind the others."""
        del insert_before, insert_after
        add_column(self.table_name, column, schema=self.schema, if_not_exists=if_not_exists, **kw)

    def drop_column(self, column_name: str, *, if_exists: bool | None = None, **kw: Any) -> None:
        """See `op.drop_column`."""
        self._anew()
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
        self._anew()
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
        self._anew()
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
        self._anew()
        create_unique_constraint(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """See `op.create_primary_key`."""
        self._anew()
        create_primary_key(constraint_name, self.table_name, columns, schema=self.schema, **kw)

    def create_check_constraint(
        self, constraint_name: str | None, condition: str | sa.TextClause | sa.ColumnElement[bool], **kw: Any
    ) -> None:
        """See `op.create_check_constraint`."""
        self._anew()
        create_check_constraint(constraint_name, self.table_name, condition, schema=self.schema, **kw)

    def drop_constraint(
        self, constraint_name: str, type_: ConstraintKind | None = None, *, if_exists: bool | None = None
    ) -> None:
        """See `op.drop_constraint`."""
        self._anew()
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


def _metadata(migration: Running) -> sa.MetaData:
    """A `MetaData` for one call, which names things as the models do."""
    return sa.MetaData(naming_convention=cast("Any", migration.convention))


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


_OF_SQLALCHEMY = frozenset({"use_alter", "link_to_name", "info", "comment", "quote"})
"""Keywords of SQLAlchemy's constraints and indexes that say nothing of what is in the database."""


_OF_COLUMN = frozenset({"default", "onupdate", "index", "unique", "primary_key", "info", "key", "quote", "name"})
"""Keywords of `sa.Column` that change nothing of a column that is there; Alembic passes over them."""


def _options(migration: Running, pairs: Mapping[str, Any]) -> Options:
    said = {name: value for name, value in pairs.items() if name not in _OF_SQLALCHEMY}
    _check(migration, said)
    return options((name, _value(value)) for name, value in said.items())


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


def _upper(word: str | None) -> str | None:
    return word.upper() if word else None


def _action(action: str | None) -> str | None:
    """None for NO ACTION, the standard's default."""
    upper = _upper(action)
    return None if upper == "NO ACTION" else upper


_ELSEWHERE = {
    "invoke": "call the function of op for it, as in op.add_column(...)",
    "run_async": "use op.get_bind(), which is an ordinary connection for async drivers too",
    "register_operation": "write a function that calls op",
    "implementation_for": "write a function that calls op",
}


def __getattr__(name: str) -> NoReturn:
    """What Alembic has and this has not says what to write."""
    way = _ELSEWHERE.get(name)
    raise AttributeError(f"op has no {name!r}" + (f": {way}" if way else ""))
