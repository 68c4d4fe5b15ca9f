"""One model for each public construct of SQLAlchemy's: what ``create_all()`` accepts goes round, and what it refuses is
an error of ours that names the table.

The constructs are found by walking the public namespaces, so that the next one is here without anybody adding it. One
that cannot be made without arguments fails until it has some here.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import dialects
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import functions
from sqlalchemy.types import TypeDecorator, TypeEngine

from schemashift import Migrator, errors
from schemashift.autogenerate.compare import compare
from schemashift.dialects import dialect_for
from tests.support.catalogue import Catalogue, catalogue, difference
from tests.support.circle import names_in
from tests.support.own_types import Absolute, Even, Fixed, Key, Moment, Registered, Status, own_types

NewDatabase = Callable[[], str]
Make = Callable[[sa.MetaData, str], object]
"""Adds tables to a MetaData, with names that begin with the one given."""

NAMESPACES = ("sqlalchemy", "sqlalchemy.types", *(f"sqlalchemy.dialects.{name}" for name in dialects.__all__))


# Types --------------------------------------------------------------------------------------------------------------

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "ARRAY": (sa.Integer,),
    "DOMAIN": ("some_domain", sa.Integer()),
    "ENUM": ("a", "b"),
    "Enum": ("a", "b"),
    "SET": ("a", "b"),
}

ABSTRACT = {
    "AbstractMultiRange", "AbstractRange", "AbstractSingleRange", "Concatenable", "ExternalType", "Indexable",
    "SchemaType", "TypeDecorator", "TypeEngine", "TypeEngineMixin", "UserDefinedType", "Variant",
}  # fmt: skip
"""What is not the type of a column by itself."""


def public_types() -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield every public type of SQLAlchemy's and of its dialects: a name, and how to make an instance for a table."""
    found: dict[type[Any], str] = {}
    for namespace in NAMESPACES:
        for name, each in vars(importlib.import_module(namespace)).items():
            is_type = inspect.isclass(each) and issubclass(each, TypeEngine) and not name.startswith("_")
            if is_type and name not in ABSTRACT:
                found.setdefault(each, f"{namespace.rpartition('.')[2]}_{name}")
    for class_, name in found.items():
        yield name, _instance(class_, name.rpartition("_")[2])


def _instance(class_: type[Any], name: str) -> Callable[[str], Any]:
    arguments = ARGUMENTS.get(name, ())
    takes_name = name == "Enum" or (name == "ENUM" and class_.__module__.split(".")[2] == "postgresql")
    return lambda table: class_(*arguments, **({"name": f"e_{table}"} if takes_name else {}))


def one_column(make: Callable[[str], Any], **kw: Any) -> Make:
    """A table with a column of the type that *make* makes."""

    def build(metadata: sa.MetaData, name: str) -> None:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("c", make(name), **kw))

    return build


def decorated(make: Callable[[str], Any]) -> Callable[[str], Any]:
    """The type in a TypeDecorator whose ``impl`` is abstract and whose constructor calls no other."""

    def build(table: str) -> Any:
        inner = make(table)

        class Decorated(TypeDecorator[Any]):
            impl = TypeEngine
            cache_ok = True

            def __init__(self) -> None:
                pass

            def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
                return dialect.type_descriptor(inner)

        return Decorated()

    return build


# Expressions ---------------------------------------------------------------------------------------------------------


EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "and_": lambda a: sa.and_(a > 0, a < 9),
    "asc": sa.asc,
    "between": lambda a: sa.between(a, 0, 9),
    "bindparam": lambda a: a > sa.bindparam("x", 5),
    "bitwise_not": sa.bitwise_not,
    "case": lambda a: sa.case((a > 0, 1), else_=0),
    "cast": lambda a: sa.cast(a, sa.String(9)),
    "collate": lambda a: sa.collate(sa.cast(a, sa.String(9)), "C"),
    "column": lambda a: sa.column("a") > 0,
    "desc": sa.desc,
    "exists": lambda a: sa.exists(sa.select(a)),
    "extract": lambda a: sa.extract("year", sa.cast("2020-01-02", sa.Date)),
    "false": lambda a: sa.false(),
    "label": lambda a: sa.label("x", a),
    "literal": lambda a: sa.literal("it's 5% :x"),
    "literal_column": lambda a: sa.literal_column("5"),
    "not_": lambda a: sa.not_(a > 0),
    "null": lambda a: sa.null(),
    "nulls_first": sa.nulls_first,
    "nulls_last": sa.nulls_last,
    "nullsfirst": sa.nullsfirst,
    "nullslast": sa.nullslast,
    "or_": lambda a: sa.or_(a < 0, a > 9),
    "text": lambda a: sa.text("5"),
    "true": lambda a: sa.true(),
    "try_cast": lambda a: sa.try_cast(a, sa.String(9)),
    "tuple_": lambda a: sa.tuple_(a, a) == sa.tuple_(1, 1),
    "type_coerce": lambda a: sa.type_coerce(a, sa.String(9)),
    "own": lambda a: Fixed(),
    "own_registered": lambda a: Registered(),
    "own_argument": Absolute,
    "own_inside": lambda a: a + Fixed() > 0,
}
"""With a number, or a column of numbers."""

NOT_EXPRESSIONS = {
    "ColumnExpressionArgument", "NotNullable", "Nullable", "aggregate_order_by", "alias", "all_", "any_",
    "create_engine", "create_mock_engine", "create_pool_from_url", "cte", "delete", "distinct", "engine_from_config",
    "except_", "except_all", "from_dml_column", "func", "funcfilter", "insert", "insert_sentinel", "inspect",
    "intersect", "intersect_all", "join", "lambda_stmt", "lateral", "make_url", "modifier", "outerjoin", "outparam",
    "over", "result_tuple", "select", "table", "tablesample", "tstring", "union", "union_all", "update", "values",
    "within_group",
}  # fmt: skip
"""Of queries, and what is no expression."""


def every_expression() -> dict[str, Callable[[Any], Any]]:
    """The expressions above, and each function of ``sa.func`` that needs no argument."""
    found = dict(EXPRESSIONS)
    for name in functions._registry["_default"]:
        try:
            getattr(sa.func, name)()
        except (TypeError, AssertionError, IndexError, ValueError):
            continue
        found[f"func_{name}"] = lambda a, name=name: getattr(sa.func, name)()
    return found


def test_every_function_of_sqlalchemy_is_tried_or_no_expression() -> None:
    public = {name for name, each in vars(sa).items() if callable(each) and not inspect.isclass(each)}
    assert {name for name in public if not name.startswith("_")} <= EXPRESSIONS.keys() | NOT_EXPRESSIONS


def in_places(name: str, expression: Callable[[Any], Any]) -> Iterator[tuple[str, Make]]:
    """Yield the places where a model can have *expression*."""

    def table(metadata: sa.MetaData, name: str, *parts: Any) -> sa.Table:
        columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)]
        return sa.Table(name, metadata, *columns, *parts)

    def default(metadata: sa.MetaData, name: str) -> None:
        table(metadata, name, sa.Column("c", sa.String(60), server_default=expression(sa.literal(1))))

    def check(metadata: sa.MetaData, name: str) -> None:
        made = table(metadata, name)
        made.append_constraint(sa.CheckConstraint(expression(made.c.a), name=f"ck_{name}"))

    def computed(metadata: sa.MetaData, name: str) -> None:
        made = table(metadata, name)
        made.append_column(sa.Column("c", sa.String(60), sa.Computed(expression(made.c.a), persisted=True)))

    def index(metadata: sa.MetaData, name: str) -> None:
        made = table(metadata, name)
        sa.Index(f"ix_{name}", expression(made.c.a))

    yield from ((f"{name}_{make.__name__}", make) for make in (default, index, check, computed))


CASTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "postgresql": (
        (sa.Text(), "'x'::text"),
        (sa.String(2), "'abc'::varchar(1)"),
        (sa.CHAR(4), "'ab'::bpchar"),
        (sa.Integer(), "'5'::int"),
        (sa.BigInteger(), "'5'::int"),
        (sa.Numeric(8, 2), "'1.555'::numeric(8,1)"),
        (sa.DateTime(), "'2020-01-01 00:00:00+02'::timestamptz"),
        (sa.DateTime(timezone=True), "'2020-01-01 00:00:00'::timestamp"),
        (sa.Date(), "'2020-01-01 23:00:00'::timestamp"),
        (postgresql.INTERVAL(), "'1 day'::interval"),
        (postgresql.JSONB(), "'{}'::json"),
        (postgresql.ARRAY(sa.String(5)), "'{}'::varchar[]"),
        (postgresql.BIT(4), "B'1010'"),
        (sa.Enum("x", "y", name="cast_enum"), "'x'::cast_enum"),
        (postgresql.DOMAIN("cast_domain", sa.String(5)), "'x'::cast_domain"),
    ),
}
"""Types, and defaults with a cast, which may change the value."""


# Parts of a table ----------------------------------------------------------------------------------------------------

ITEMS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "CheckConstraint": lambda: (sa.CheckConstraint("a > 0"), sa.CheckConstraint(sa.column("a") < 9)),
    "Column": lambda: (sa.Column("c", sa.String(9), server_default=Status.NEW, comment=Status.ABOUT),),
    "ColumnDefault": lambda: (sa.Column("c", sa.Integer, default=5),),
    "Computed": lambda: (sa.Column("c", sa.Integer, sa.Computed("a + 1", persisted=True)),),
    "DefaultClause": lambda: (sa.Column("c", sa.String(9), server_default=sa.DefaultClause(Status.NEW)),),
    "ExcludeConstraint": lambda: (postgresql.ExcludeConstraint(("a", "="), using="btree"),),
    "FetchedValue": lambda: (sa.Column("c", sa.Integer, server_default=sa.FetchedValue()),),
    "ForeignKey": lambda: (sa.Column("c", sa.Integer, sa.ForeignKey("parent.id")),),
    "ForeignKeyConstraint": lambda: (sa.ForeignKeyConstraint(["a"], ["parent.id"]),),
    "Identity": lambda: (sa.Column("c", sa.Integer, sa.Identity()),),
    "Index": lambda: (sa.Index(None, "a"),),
    "PrimaryKeyConstraint": lambda: (sa.PrimaryKeyConstraint("id"),),
    "Sequence": lambda: (sa.Column("c", sa.Integer, sa.Sequence("a_sequence")),),
    "Table": tuple,
    "UniqueConstraint": lambda: (sa.UniqueConstraint("a", comment=Status.ABOUT), sa.UniqueConstraint("b")),
    "conv": lambda: (sa.UniqueConstraint("a", name=sa.schema.conv("a_name")),),
}
NOT_ITEMS = {
    "ColumnCollectionConstraint", "ColumnCollectionMixin", "Constraint", "DefaultGenerator", "ForeignKeyTarget",
    "HasConditionalDDL", "MetaData", "Named", "SchemaConst", "SchemaItem", "SchemaVisitable", "SchemaVisitor",
    "CheckFirst", "TypedColumns", "CreateTableAs", "CreateView", "DropView", "InvokeDDLBase",
}  # fmt: skip
"""Abstract, and what is no part of a table."""


def test_every_part_of_a_table_is_tried() -> None:
    public = {
        name
        for module in (sa.schema, *(importlib.import_module(namespace) for namespace in NAMESPACES))
        for name, each in vars(module).items()
        if inspect.isclass(each) and issubclass(each, sa.schema.SchemaItem | sa.schema.conv)
    }
    assert {name for name in public if not name.startswith("_")} <= ITEMS.keys() | NOT_ITEMS


def with_parts(make: Callable[[], tuple[Any, ...]]) -> Make:
    """A table that has the parts."""

    def build(metadata: sa.MetaData, name: str) -> None:
        sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), extend_existing=True)
        columns = [sa.Column(each, sa.Integer, primary_key=each == "id") for each in ("id", "a", "b")]
        sa.Table(name, metadata, *columns, *make(), comment=Status.ABOUT)

    return build


# What is tried -------------------------------------------------------------------------------------------------------


def models(database: str) -> Iterator[tuple[str, Make]]:
    """Yield every model, with a name."""
    for name, make in public_types():
        yield name, one_column(make)
    for name, type_ in own_types(database).items():
        yield name, one_column(lambda table, type_=type_: type_)
    yield "key", lambda metadata, name: sa.Table(name, metadata, sa.Column("id", Key, primary_key=True))
    for name, expression in every_expression().items():
        places = list(in_places(name, expression))
        yield from places[:1] if name.startswith("func_") else places
    for type_, default in CASTS.get(database, ()):
        yield f"cast {default}", one_column(lambda table, type_=type_: type_, server_default=sa.text(default))
    for name, parts in ITEMS.items():
        yield name, with_parts(parts)


def is_created(connection: sa.Connection, metadata: sa.MetaData) -> bool:
    """Return True if create_all() accepts it. It leaves nothing behind."""
    try:
        metadata.create_all(connection)
    except Exception:  # noqa: BLE001 - of SQLAlchemy, or of the server
        return False
    else:
        return True
    finally:
        connection.rollback()
        # Of a type that the database lacks, SQLAlchemy cannot tell whether it exists.
        with contextlib.suppress(Exception):
            metadata.drop_all(connection)
            connection.commit()
        connection.rollback()


def written(connection: sa.Connection, make: Make, name: str) -> str | errors.SchemashiftError:
    """Return the script that creates the model, or the error that autogenerate gives."""
    metadata = sa.MetaData()
    make(metadata, name)
    dialect = dialect_for(connection.dialect)
    try:
        return compare(connection, [metadata], dialect).body(dialect, width=88).upgrade
    except errors.SchemashiftError as error:
        return error
    except Exception as error:
        raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error


def test_every_construct_goes_round(
    engine_name: str, database_url: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Together, in one script: what cannot be created is left out, and said before anything is written."""
    everything = sa.MetaData()
    engine = sa.create_engine(new_database(), poolclass=sa.NullPool)
    for number, (label, make) in enumerate(models(engine_name)):
        name, metadata = f"t{number}_{re.sub('[^a-z]', '', label.lower())}"[:40], sa.MetaData()
        make(metadata, name)
        with engine.connect() as connection:
            created = is_created(connection, metadata)
            found = written(connection, make, name)
        if isinstance(found, errors.SchemashiftError):
            assert not created, f"{label}: {found}"
            assert name in str(found)
        if created:
            make(everything, name)
    goes_round(everything, database_url, new_database(), tmp_path / "migrations")


def test_a_decorated_type_is_written_where_it_compiles(database_url: str) -> None:
    """An abstract impl and a constructor without super() make no difference."""
    with sa.create_engine(database_url, poolclass=sa.NullPool).connect() as connection:
        for number, (label, make) in enumerate(public_types()):
            type_ = decorated(make)(f"t{number}")
            found = written(connection, one_column(lambda table, type_=type_: type_), f"t{number}")
            try:
                type_.compile(connection.dialect)
            except Exception:  # noqa: BLE001 - whatever SQLAlchemy raises
                assert isinstance(found, errors.NotSupported), label
                assert f'"t{number}.c"' in str(found), label
            else:
                assert isinstance(found, str), f"{label}: {found}"


@pytest.mark.parametrize("first", ["sqlite", "postgresql", "mariadb"])
def test_a_script_makes_on_every_database_what_the_models_say_there(
    first: str, new_database_on: Callable[[str], str], tmp_path: Path
) -> None:
    """Types and functions of an application's own are other ones on each; the models are not there when it runs."""
    metadata, drivers = sa.MetaData(), iter(["mysql+pymysql", "mariadb+pymysql"])
    types = {name: type_ for name, type_ in own_types(first).items() if name != "collated"}
    parts: list[Any] = [
        *(sa.Column(f"c_{name}", type_) for name, type_ in types.items()),
        sa.Column("id", Key, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.CheckConstraint(Even(sa.column("a")), name="even"),
        sa.Column("at", sa.DateTime, server_default=Moment()),
        sa.Column("is_even", sa.Boolean, sa.Computed(Even(sa.column("a")), persisted=True)),
        sa.Column("fixed", sa.Integer, server_default=Fixed()),
        sa.Column("registered", sa.Integer, server_default=Registered()),
    ]
    sa.Table("t", metadata, *parts)
    migrator = Migrator(new_database_on(first), models=metadata, directory=tmp_path)
    migrator.init()
    revision = migrator.revision("all", autogenerate=True).revision
    assert revision is not None
    script = Path(revision.path).read_text(encoding="utf-8")
    assert "no_such" not in script
    assert "registered_function" not in script
    for name in ("sqlite", "postgresql", "mariadb", "mariadb"):
        url = sa.make_url(new_database_on(name))
        if name == "mariadb":
            # SQLAlchemy has two names for it, and @compiles knows the name of the URL.
            url = url.set(drivername=next(drivers))
        migrator = Migrator(url.render_as_string(hide_password=False), models=metadata, directory=tmp_path)
        migrator.upgrade()
        assert [str(each) for each in migrator.diff().operations] == [], url.drivername


def goes_round(metadata: sa.MetaData, url: str, created_url: str, folder: Path) -> None:
    """What a script makes is what create_all() makes, and differs in nothing; back to nothing, and up again."""
    created = sa.create_engine(created_url, poolclass=sa.NullPool)
    metadata.create_all(created)
    migrator = Migrator(url, models=metadata, directory=folder)
    migrator.init()
    found = Migrator(created, models=metadata, directory=folder).diff()
    assert [str(each) for each in found.operations] == []
    wanted = seen(created, metadata)
    assert migrator.revision("every construct", autogenerate=True).revision is not None
    for step in ("upgrade", "upgrade again"):
        migrator.upgrade()
        got = seen(sa.create_engine(url, poolclass=sa.NullPool), metadata)
        assert got == wanted, f"{step}: {difference(got, wanted)}"
        assert [str(each) for each in migrator.diff().operations] == []
        migrator.downgrade("base")


def seen(engine: sa.Engine, metadata: sa.MetaData) -> Catalogue:
    """What the database holds: on SQLite the columns alone, since it keeps the text as it was typed."""
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            found = catalogue(connection, names_in(metadata))
            # DEFAULT NULL is no default.
            return {
                name: frozenset(line.replace("'NULL::character varying'", "None") for line in lines)
                for name, lines in found.items()
            }
        sql = 'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(:name)'
        return {
            name: frozenset(str(tuple(row)) for row in connection.execute(sa.text(sql), {"name": name}))
            for name in metadata.tables
        }
