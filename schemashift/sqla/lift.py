"""Lift SQLAlchemy's schema objects: convert them to our values.

The result is *raw*: SQL as the given SQLAlchemy dialect compiles it, and the options of all dialects. The ``normal`` of
our own dialect then changes it to the database's spelling. Uses of SQLAlchemy's private names are explained where they
are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import UnaryExpression

from schemashift.errors import NotSupported, SchemashiftError
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Computed,
    Constraint,
    Default,
    Exclude,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Options,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Unique,
    mentioned,
    options,
    referential_action,
)
from schemashift.sqla.lift_types import lift_type
from schemashift.sqla.names import names_of, own_option, plain
from schemashift.sqla.percent_signs import without_percent_doubling
from schemashift.sqla.private import is_disabling
from schemashift.sqla.refusal import is_refused, no_sql
from schemashift.sqla.texts import is_raw_text, raw_text, separated
from schemashift.sqla.traits import stored_name, traits_of


def lift_metadata(metadatas: Iterable[sa.MetaData], dialect: sa.Dialect) -> Schema:
    """Lift all tables of *metadatas*. Raises `NotSupported` for anything that *dialect* cannot express."""
    clone = without_percent_doubling(dialect)
    return Schema(
        lift_table(table, clone)
        for metadata in metadatas
        for table in metadata.tables.values()
        # SQLAlchemy 2.1 keeps views among the tables.
        if not getattr(table, "is_view", False)
    )


def lift_table(table: sa.Table, dialect: sa.Dialect) -> Table:
    """Lift one table with all its parts. Raises `NotSupported`, naming table and column, if *dialect* lacks one."""
    lifter = _Lifter(without_percent_doubling(dialect), table)
    try:
        return lifter.table()
    except SchemashiftError:
        raise
    except Exception as error:
        if is_refused(table, lifter.dialect):
            raise no_sql(error, lifter.place, dialect) from error
        raise


def declared_sequences(metadatas: Iterable[sa.MetaData]) -> Iterator[Any]:
    """Yield the sequences that create_all() creates: those of the MetaData, and those that are defaults of columns."""
    for metadata in metadatas:
        sequences = dict(metadata._sequences)
        for table in metadata.tables.values():
            for column in table.columns:
                if isinstance(column.default, sa.Sequence) and not column.default.optional:
                    sequences.setdefault(plain(column.default.name), column.default)
        yield from (each for each in sequences.values() if not each.optional)


def lift_default(server_default: Any, dialect: sa.Dialect) -> Default | None:
    """Lift a ``server_default=``: a string, ``sa.text``, an expression or a clause. None if there is no DEFAULT."""
    if server_default is None or isinstance(server_default, (sa.Computed, sa.Identity)):
        return None
    clause = server_default
    if not isinstance(clause, sa.FetchedValue):
        clause = sa.DefaultClause(server_default)
    if not isinstance(clause, sa.DefaultClause):
        # A FetchedValue stands for something else in the database that fills the column, such as a trigger.
        return None
    compiler: Any = without_percent_doubling(dialect).ddl_compiler(without_percent_doubling(dialect), None)  # type: ignore[arg-type]
    sql = plain(compiler.render_default_string(clause.arg))
    return Default(sql=sql, needs=default_needs(sql, dialect.default_schema_name), payload=clause.arg)


def default_needs(sql: str, default_schema: str | None) -> tuple[Key, ...]:
    """Return the sequences that a default uses: ``nextval('a.b'::regclass)``, ``nextval(`a`)``."""
    keys = []
    for literal, name in _NEXTVAL.findall(sql):
        words = [(a or b or c).replace('""', '"') for a, b, c in _WORD.findall(literal or name)]
        schema = words[-2] if len(words) > 1 else None
        keys.append(Key.of_sequence(TableName(words[-1], None if schema == default_schema else schema)))
    return tuple(keys)


_NEXTVAL = re.compile(r"""\bnextval\s*\(\s*(?:'([^']+)'|((?:`[^`]+`|[\w.$])+))""", re.IGNORECASE)
_WORD = re.compile(r'"((?:[^"]|"")+)"|`([^`]+)`|([^".`]+)')


def lift_constraint(constraint: sa.Constraint, dialect: sa.Dialect) -> Constraint | None:
    """Lift a constraint that belongs to a table; None for one that is not created on *dialect*."""
    return _Lifter(without_percent_doubling(dialect), constraint.table).constraint(constraint)


def lift_index(index: sa.Index, dialect: sa.Dialect) -> Index:
    """Lift an index that belongs to a table."""
    if index.table is None:
        raise ValueError(f"index {index.name!r} belongs to no table")
    return _Lifter(without_percent_doubling(dialect), index.table).index(index)


def lift_expression(expression: sa.ClauseElement, dialect: sa.Dialect) -> str:
    """Compile a SQL expression to text, with literal values and unqualified column names."""
    clone = without_percent_doubling(dialect)
    compiler: Any = clone.ddl_compiler(clone, None)  # type: ignore[arg-type]
    return str(compiler.sql_compiler.process(expression, include_table=False, literal_binds=True))


def lift_options(thing: Any, dialect: sa.Dialect) -> Options:
    """Return the dialect options of a table or of a part of one, as declared; none if *thing* is not SQLAlchemy's."""
    if not isinstance(thing, (sa.Table, sa.Column, sa.Constraint, sa.Index)):
        return ()
    table = _table_of(thing)
    return _Lifter(without_percent_doubling(dialect), table).all_options(thing) if table is not None else ()


def _table_of(thing: sa.Table | sa.Column[Any] | sa.Constraint | sa.Index) -> sa.Table | None:
    """Return the table of a part; None if it belongs to none. The parent of a CHECK may be a column."""
    if isinstance(thing, sa.Table):
        return thing
    parent = getattr(thing, "parent", None) if isinstance(thing, sa.Constraint) else thing
    if isinstance(parent, sa.Constraint) or parent is None:
        return None
    return parent if isinstance(parent, sa.Table) else parent.table


class _Lifter:
    """Lifts the parts of one table."""

    def __init__(self, dialect: sa.Dialect, table: sa.Table) -> None:
        self.dialect = dialect
        self.traits = traits_of(dialect)
        self.database = names_of(dialect)[0]
        self.source = table
        self.compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
        self.name = TableName(self.stored(table.name), self.schema(table.schema))
        self.place = f'table "{self.name}"'
        """What is being lifted, for errors."""

    def schema(self, schema: str | None) -> str | None:
        """Return the name of a schema, or None if it is the default schema."""
        name = None if schema is None else self.stored(schema)
        return None if name == self.dialect.default_schema_name else name

    def stored(self, name: object) -> str:
        """Return a name as the database stores it."""
        return stored_name(name, self.dialect)

    def table(self) -> Table:
        """Lift the whole table."""
        self.check_length("table", self.name.name)
        return Table(
            name=self.name.name,
            schema=self.name.schema,
            # A system column, such as PostgreSQL's xmin, is there by itself.
            columns=tuple(self.column(column) for column in self.source.columns if not column.system),
            constraints=tuple(self.constraints()),
            indexes=tuple(self.index(index) for index in self.source.indexes if self.is_created(index)),
            comment=self.comment() if self.dialect.supports_comments else None,
            options=self.table_options(),
            payload=self.source,
        )

    def comment(self) -> str | None:
        """Return the table's comment, which some dialects of SQLAlchemy also accept as an option."""
        options = (value for name, value in self.options(self.source) if name.partition("_")[2] == "comment")
        given = self.source.comment or next(options, None)
        return _comment(given if isinstance(given, str) else None)

    def table_options(self) -> Options:
        """Return the table's dialect options, and its prefixes (``UNLOGGED``), which SQLAlchemy stores separately."""
        words = tuple(plain(prefix).upper() for prefix in self.source._prefixes)
        return options([*self.options(self.source), ("prefixes", words or None)])

    def constraints(self) -> Iterator[Constraint]:
        """Lift the constraints of the table and of its columns."""
        everywhere = [*self.source.constraints, *(c for column in self.source.columns for c in column.constraints)]
        # The order of SQLAlchemy's DDL: the set has none, and databases number unnamed constraints in that order.
        for constraint in sorted(everywhere, key=lambda each: each._creation_order):
            lifted = self.constraint(constraint)
            if lifted is not None:
                yield lifted

    def is_created(self, thing: Any) -> bool:
        """Return True if create_all() would create it: see ``ddl_if``, and the CHECKs of Boolean and Enum."""
        if isinstance(thing, sa.Index):
            ddl_if = thing._ddl_if
            return ddl_if is None or bool(
                ddl_if._should_execute(sa.schema.CreateIndex(thing), thing, None, compiler=self.compiler)
            )
        rule = thing._create_rule
        if is_disabling(rule):
            # Left by an earlier AddConstraint, for example by create_all() of tables in a cycle: it means that the
            # constraint was created separately, not that it is not created.
            thing._create_rule = None
            try:
                return bool(thing._should_create_for_compiler(self.compiler))
            finally:
                thing._create_rule = rule
        return bool(thing._should_create_for_compiler(self.compiler))

    def check_length(self, noun: str, name: str) -> None:
        """Raise `NotSupported` for a name that the database would truncate."""
        # The limit of SQLAlchemy's MySQL dialect is that of aliases: our dialect's normal form checks names again.
        limit = self.dialect.max_identifier_length
        in_bytes = self.traits.names_in_bytes
        if len(name.encode() if in_bytes else name) > limit:
            whose = "" if noun == "table" else f' of table "{self.name}"'
            raise NotSupported(
                f'the name of {noun} "{name}"{whose} is too long for {self.dialect.name}',
                cause=f"{self.dialect.name} keeps {limit} {'bytes' if in_bytes else 'characters'}",
            )

    def sql(self, expression: Any) -> str:
        """Compile a SQL expression to text, with literal values and unqualified column names."""
        if isinstance(expression, str):
            return plain(expression)
        return str(self.compiler.sql_compiler.process(expression, include_table=False, literal_binds=True))

    def columns_in(self, expression: Any) -> tuple[str, ...]:
        """Return the columns of this table that an expression uses."""
        names = [self.stored(column.name) for column in self.source.columns]
        if isinstance(expression, str):
            return mentioned(expression, names)
        found = list(visitors.iterate(expression))
        used = {self.stored(part.name) for part in found if isinstance(part, sa.Column)}
        texts = " ".join(map(raw_text, found))
        return tuple(name for name in names if name in used or mentioned(texts, [name]))

    def column(self, column: sa.Column[Any]) -> Column:
        """Lift one column."""
        self.place = f'column "{self.name}.{column.name}"'
        self.check_length("column", column.name)
        identity = self.identity(column.identity) if self.dialect.supports_identity_columns else None
        computed = column.computed
        return Column(
            name=self.stored(column.name),
            type=lift_type(column.type, self.dialect, column),
            nullable=bool(column.nullable) and (self.traits.nullable_keys or not column.primary_key),
            default=lift_default(column.server_default, self.dialect),
            computed=self.computed(computed, self.stored(column.name)) if computed is not None else None,
            identity=identity,
            autoincrement=identity is None and self.is_autonumbered(column),
            comment=_comment(column.comment) if self.dialect.supports_comments else None,
            options=self.options(column),
            payload=column,
        )

    def is_autonumbered(self, column: sa.Column[Any]) -> bool:
        """Return True if SQLAlchemy would create the column as SERIAL or AUTO_INCREMENT."""
        if column.table.autoincrement_column is not column:
            return False
        if column.server_default is not None and not isinstance(column.server_default, sa.Identity):
            return False
        default: Any = column.default
        if isinstance(default, sa.Sequence) and not default.optional:
            return not self.dialect.supports_sequences
        return default is None or isinstance(default, sa.Sequence)

    def computed(self, computed: sa.Computed, column: str) -> Computed:
        """Lift a computed column. With ``persisted=None``, only PostgreSQL before 18 stores its values.

        Raises `NotSupported` if the server is too old for it. A server whose version is not known supports everything.
        """
        version: tuple[int, ...] | None = getattr(self.dialect, "server_version_info", None)
        since, virtual_since = self.traits.stored_since, self.traits.virtual_since
        stored = computed.persisted
        if stored is None:
            stored = virtual_since > since and (version or (0,)) < virtual_since
        what = "computed columns" if stored else "virtual computed columns (persisted=False)"
        required = since if stored else virtual_since
        if version and required and version < required:
            raise NotSupported(
                f'column "{self.name}.{column}": {self.database} {".".join(map(str, version[:2]))} has no {what}',
                cause=f"they require {self.database} {'.'.join(map(str, required))}",
                hints=["use persisted=True"] if required > since else [],
            )
        return Computed(sql=self.sql(computed.sqltext), stored=stored, payload=computed)

    @staticmethod
    def identity(identity: sa.Identity | None) -> Identity | None:
        if identity is None:
            return None
        return Identity(
            always=bool(identity.always),
            start=identity.start,
            increment=identity.increment,
            minimum=identity.minvalue,
            maximum=identity.maxvalue,
            cycle=bool(identity.cycle),
            cache=identity.cache,
        )

    def options(self, thing: Any) -> Options:
        """Return the dialect options that were given and that SQLAlchemy does not ignore on this dialect."""
        given = dict(thing.dialect_kwargs)
        named = ((own_option(name, given, self.dialect), value) for name, value in given.items())
        return options((name, self.valued(name, value)) for name, value in named if name is not None)

    def all_options(self, thing: Any) -> Options:
        """Return all dialect options that were given, with hashable values."""
        return options((name, self.valued(name, value)) for name, value in thing.dialect_kwargs.items())

    def valued(self, name: str, value: Any) -> object:
        """Return the value of the option *name*, with the conditions of indexes as SQL."""
        return SQL(self.sql(value), payload=value) if _is_condition(name, value) else self.option(value)

    def option(self, value: Any) -> object:
        """Return the value of an option: expressions become `SQL`, columns their names, containers tuples."""
        if isinstance(value, sa.Column):
            return self.stored(value.name)
        if isinstance(value, (sa.ClauseElement,)):
            return SQL(self.sql(value), payload=value)
        if isinstance(value, dict):
            return tuple(sorted((plain(key), self.option(each)) for key, each in value.items()))
        if isinstance(value, (list, tuple, set)):
            return tuple(self.option(each) for each in value)
        return plain(value) if isinstance(value, str) else value

    def constraint(self, constraint: Any) -> Constraint | None:
        """Lift a constraint; None for one that is not created."""
        self.place = f'a {type(constraint).__name__} of table "{self.name}"'
        if constraint not in self.source.constraints:
            # Given to a column: create_all() writes it there, without regard to ddl_if(), and without its comment.
            return self.constraint_alone(constraint, self.final_name(constraint))
        if not self.is_created(constraint):
            return None
        lifted = self.constraint_alone(constraint, self.final_name(constraint))
        if lifted is None or not self.dialect.supports_constraint_comments:
            return lifted
        return replace(lifted, comment=_comment(constraint.comment))

    def constraint_alone(self, constraint: Any, name: str | None) -> Constraint | None:
        """Lift a constraint without its comment; None for a key without columns, and for an unknown kind."""
        match constraint:
            case sa.PrimaryKeyConstraint():
                columns = tuple(self.stored(column.name) for column in constraint.columns)
                if not columns:
                    return None
                return PrimaryKey(columns=columns, name=name, **self.common(constraint), **_deferral(constraint))
            case sa.ForeignKeyConstraint():
                return self.foreign_key(constraint, name)
            case sa.UniqueConstraint():
                names = tuple(self.plain_columns(constraint))
                if not names:  # such as one that is given to a column: SQLAlchemy does not add that column
                    return None
                return Unique(columns=names, name=name, **self.common(constraint), **_deferral(constraint))
            case sa.CheckConstraint():
                return Check(
                    sql=self.sql(constraint.sqltext),
                    name=name,
                    columns=self.columns_in(constraint.sqltext),
                    **self.common(constraint),
                )
        # Compared by name, so that PostgreSQL's dialect is not imported for other databases.
        return self.exclude(constraint, name) if constraint.__visit_name__ == "exclude_constraint" else None

    def common(self, constraint: Any) -> dict[str, Any]:
        """Return what all kinds of constraints have: the options and the payload."""
        return {"options": self.options(constraint), "payload": constraint}

    def plain_columns(self, constraint: sa.UniqueConstraint) -> Iterator[str]:
        """Yield the columns of a UNIQUE. Raises `NotSupported` for an expression, which SQLAlchemy would quote."""
        for column in constraint.columns:
            if is_raw_text(column):
                raise NotSupported(
                    f'a UNIQUE constraint of table "{self.name}" has columns only, not an expression: "{column.name}"',
                    hints=[f'use a unique index: sa.Index("name", sa.text("{column.name}"), unique=True)'],
                )
            yield self.stored(column.name)

    def exclude(self, constraint: Any, name: str | None) -> Exclude:
        """Lift a `postgresql.ExcludeConstraint`. Raises `NotSupported` on other databases."""
        if not self.traits.exclusion_constraints:
            raise NotSupported(
                f'table "{self.name}": {self.database} has no exclusion constraints',
                hints=['append .ddl_if(dialect="postgresql") to it, so that other databases leave it out'],
            )
        where = constraint.where
        # SQLAlchemy resolves strings and expressions when the constraint is attached to its table.
        elements = constraint._render_exprs
        parts = [self.part(expression) for expression, _, _ in elements]
        texts = [each for each in (*(first for first, _, _ in elements), where) if not isinstance(each, sa.Column)]
        return Exclude(
            parts=tuple(
                replace(part, opclass=part.opclass or constraint.ops.get(getattr(expression, "key", None)))
                for part, (expression, _, _) in zip(parts, elements, strict=True)
            ),
            operators=tuple(str(operator) for _, _, operator in elements),
            using=plain(constraint.using),
            where=None if where is None else SQL(self.sql(where), payload=where),
            name=name,
            **_deferral(constraint),
            uses=tuple(dict.fromkeys(name for text in texts if text is not None for name in self.columns_in(text))),
            payload=constraint,
        )

    def final_name(self, thing: Any) -> str | None:
        """Return the name, with naming convention and truncation applied. Raises `NotSupported` if it is too long."""
        if thing.name is None:
            return None
        try:
            # _alembic_quote=False is SQLAlchemy's own switch for "the name, not quoted".
            name = self.dialect.identifier_preparer.format_constraint(thing, _alembic_quote=False)
        except exc.IdentifierError as error:
            raise NotSupported(
                f'a name of table "{self.name}" is too long for {self.dialect.name}', cause=str(error)
            ) from None
        if name is None:
            return None
        # SQLAlchemy counts characters where PostgreSQL counts bytes.
        self.check_length("index" if isinstance(thing, sa.Index) else "constraint", plain(name))
        return stored_name(thing.name, self.dialect) if getattr(thing.name, "quote", None) is False else plain(name)

    def foreign_key(self, constraint: sa.ForeignKeyConstraint, name: str | None) -> ForeignKey:
        """Lift a foreign key, whose target may be missing from the MetaData."""
        targets = [self.target(element) for element in constraint.elements]
        return ForeignKey(
            columns=tuple(self.stored(element.parent.name) for element in constraint.elements),
            target=targets[0][0],
            target_columns=tuple(column for _, column in targets),
            name=name,
            on_delete=referential_action(constraint.ondelete),
            on_update=referential_action(constraint.onupdate),
            match=_upper(constraint.match),
            **self.common(constraint),
            **_deferral(constraint),
        )

    def target(self, element: sa.ForeignKey) -> tuple[TableName, str]:
        """Return the table and the column that one element references."""
        try:
            column: Any = element.column
        except exc.NoReferenceError:
            # The text of ForeignKey("schema.table.column"), parsed as SQLAlchemy does it.
            schema, table, name = element._column_tokens
            return TableName(plain(table), self.schema(schema)), plain(name or element.parent.key)
        return TableName(self.stored(column.table.name), self.schema(column.table.schema)), self.stored(column.name)

    def index(self, index: sa.Index) -> Index:
        """Lift an index with its parts."""
        self.place = f'index "{index.name}" of table "{self.name}"'
        name = self.final_name(index)
        if name is None:
            raise NotSupported(f'an index of table "{self.name}" has no name')
        return Index(
            name=name,
            parts=tuple(part for expression in index.expressions for part in self.parts(expression)),
            unique=bool(index.unique),
            options=self.options(index),
            uses=tuple(dict.fromkeys(n for e in self.texts(index) for n in self.columns_in(e))),
            payload=index,
        )

    @staticmethod
    def texts(index: sa.Index) -> Iterator[Any]:
        """Yield everything in an index that may use columns in addition to the plain ones."""
        yield from (expression for expression in index.expressions if not isinstance(expression, sa.Column))
        yield from (value for name, value in index.dialect_kwargs.items() if name.endswith("_where"))

    def parts(self, expression: Any) -> Iterator[IndexPart]:
        """Lift a member of an index, which is one part, except for ``sa.text("name, age DESC")``."""
        texts = list(separated(self.sql(expression))) if is_raw_text(expression) else []
        if len(texts) > 1:
            yield from (IndexPart(expression=text) for text in texts)
        else:
            yield self.part(expression)

    def part(self, expression: Any) -> IndexPart:
        """Lift a part: a column or an expression, and what the index adds to it (DESC, NULLS, an operator class)."""
        descending, nulls = False, None
        while isinstance(expression, UnaryExpression) and expression.modifier in _MODIFIERS:
            word = _MODIFIERS[expression.modifier]
            descending = descending or word == "desc"
            nulls = word if word in ("first", "last") else nulls
            expression = expression.element
        if isinstance(expression, sa.ColumnClause) and not is_raw_text(expression):
            return IndexPart(column=self.stored(expression.name), descending=descending, nulls=nulls)
        # Also sa.text() and sa.literal_column(), whose text SQLAlchemy does not parse: "lower(name) DESC". What it
        # consists of is known to the dialect, and becomes visible in its normal form.
        text = self.sql(expression).strip()
        return IndexPart(expression=text, descending=descending, nulls=nulls, payload=expression)


def _comment(text: str | None) -> str | None:
    return plain(text) if text else None


_MODIFIERS: dict[Any, str] = {
    operators.desc_op: "desc",
    operators.asc_op: "asc",
    operators.nulls_first_op: "first",
    operators.nulls_last_op: "last",
}


def _is_condition(option: str, value: object) -> bool:
    """Return True if the value of an option is a condition (``postgresql_where``), even if it is a single column."""
    return option.endswith("_where") and isinstance(value, sa.ClauseElement)


def _deferral(constraint: Any) -> dict[str, Any]:
    return {"deferrable": constraint.deferrable, "initially": _upper(constraint.initially)}


def _upper(word: str | None) -> str | None:
    return word.upper() if word else None
