"""What is not lifted is invisible: every parameter and option of SQLAlchemy's is lifted, or ignored for a reason.

For a parameter that is lifted two models that differ in it alone have different values on the databases that are named,
and equal ones on the others.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import interfaces

from schemashift.dialects import dialect_for
from schemashift.objects import KINDS
from schemashift.schema import Schema
from schemashift.sqla import reflect
from schemashift.sqla.lift import lift_metadata

pytestmark = pytest.mark.smoke  # on SQLAlchemy 2.0, too

DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.psycopg.dialect(),
    "mysql": mysql.pymysql.dialect(),
}
ALL = "sqlite postgresql mysql"
PG = "postgresql"
MY = "mysql"
LITE = "sqlite"
PG_MY = "postgresql mysql"
LITE_PG = "sqlite postgresql"


# Models that differ in one thing -----------------------------------------------------------------------------------


def table(*parts: Any, name: str = "t", metadata: sa.MetaData | None = None, **kw: Any) -> sa.MetaData:
    """A table with three columns, and another that it may point to."""
    metadata = metadata or sa.MetaData()
    sa.Table(
        "parent",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Integer, unique=True),
        sa.Column("y", sa.Integer, unique=True),
    )
    columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("b", sa.String(20)))
    sa.Table(name, metadata, *columns, *parts, **kw)
    return metadata


def column(*args: Any, name: str = "c", type_: Any = sa.Integer, **kw: Any) -> sa.MetaData:
    return table(sa.Column(name, type_, *args, **kw))


def primary(*columns: str, **kw: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    parts = [sa.Column("a", sa.Integer, nullable=False), sa.Column("b", sa.Integer, nullable=False)]
    sa.Table("t", metadata, *parts, sa.PrimaryKeyConstraint(*(columns or ("a", "b")), **kw))
    return metadata


def unique(*columns: str, name: str = "uq", **kw: Any) -> sa.MetaData:
    return table(sa.UniqueConstraint(*(columns or ("a",)), name=name, **kw))


def check(sqltext: str = "a > 0", *, name: str = "ck", **kw: Any) -> sa.MetaData:
    return table(sa.CheckConstraint(sqltext, name=name, **kw))


def foreign(columns: Any = ("a",), refcolumns: Any = ("parent.x",), *, name: str = "fk", **kw: Any) -> sa.MetaData:
    return table(sa.ForeignKeyConstraint(list(columns), list(refcolumns), name=name, **kw))


def points(target: str = "parent.x", *, name: str = "fk", **kw: Any) -> sa.MetaData:
    return column(sa.ForeignKey(target, name=name, **kw))


def index(*expressions: Any, name: str = "ix", **kw: Any) -> sa.MetaData:
    return table(sa.Index(name, *(expressions or ("a",)), **kw))


def identity(**kw: Any) -> sa.MetaData:
    return column(sa.Identity(**kw), type_=sa.BigInteger, nullable=False)


def computed(sqltext: str = "a + 1", *, persisted: bool = True) -> sa.MetaData:
    return column(sa.Computed(sqltext, persisted=persisted))


def sequence(name: str = "s", **kw: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Sequence(name, metadata=metadata, **kw)
    return metadata


def enumerated(*labels: Any, name: str = "e", table_schema: str | None = None, **kw: Any) -> sa.MetaData:
    return table(sa.Column("c", sa.Enum(*(labels or ("x", "y")), name=name, **kw)), schema=table_schema)


def own_enum(*labels: Any, name: str = "e", table_schema: str | None = None, **kw: Any) -> sa.MetaData:
    type_ = sa.String(9).with_variant(postgresql.ENUM(*(labels or ("x", "y")), name=name, **kw), "postgresql")
    return table(sa.Column("c", type_), schema=table_schema)


def domain(name: str = "d", data_type: Any = sa.Integer, **kw: Any) -> sa.MetaData:
    type_ = sa.Integer().with_variant(postgresql.DOMAIN(name, data_type, **kw), "postgresql")
    return table(sa.Column("c", type_))


def plain_enum(**kw: Any) -> sa.MetaData:
    return enumerated(native_enum=False, **kw)


def own(type_: Any) -> sa.MetaData:
    """A type of MySQL's, which other databases have a string for."""
    return table(sa.Column("c", sa.String(9).with_variant(type_, "mysql")))


def own_of(class_: Any, **kw: Any) -> sa.MetaData:
    return own(class_("x", "y", **kw))


def excludes(*elements: Any, name: str = "ex", **kw: Any) -> sa.MetaData:
    elements = elements or (("a", "="),)
    return table(postgresql.ExcludeConstraint(*elements, name=name, **kw).ddl_if(dialect="postgresql"))


def lifted(metadata: sa.MetaData, name: str) -> Schema:
    """As a comparison has it."""
    dialect = dialect_for(DIALECTS[name])
    schema = Schema(dialect.normal(each) for each in lift_metadata([metadata], dialect.sa).tables)
    return schema.put(*(kind.normal(each, dialect) for kind in KINDS for each in kind.lift([metadata], dialect.sa)))


class _Colour(enum.Enum):
    RED = "r"


def _values(members: Any) -> list[str]:
    return [str(each.value) for each in members]


def _named_by(convention: dict[str, str]) -> sa.MetaData:
    return table(sa.UniqueConstraint("a"), metadata=sa.MetaData(naming_convention=convention))


def _counts(on: bool) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=on))
    return metadata


def _deferred(build: Callable[..., sa.MetaData]) -> tuple[Callable[[], sa.MetaData], Callable[[], sa.MetaData]]:
    return lambda: build(deferrable=True), lambda: build(deferrable=True, initially="DEFERRED")


def _inherits(build: Callable[..., sa.MetaData]) -> tuple[Callable[[], sa.MetaData], Callable[[], sa.MetaData]]:
    return tuple(partial(build, table_schema="other", inherit_schema=each) for each in (True, False))  # type: ignore[return-value]


def _called(build: Callable[..., sa.MetaData]) -> tuple[Callable[[], sa.MetaData], Callable[[], sa.MetaData]]:
    return lambda: build(_Colour), lambda: build(_Colour, values_callable=_values)


def _checked() -> sa.MetaData:
    return domain(check="VALUE > 0")


class Pair(NamedTuple):
    """Two models that differ in one parameter, and the databases where that makes a difference."""

    on: str
    one: Callable[[], sa.MetaData]
    other: Callable[[], sa.MetaData]


LIFTED: dict[str, Pair] = {
    "Column.system": Pair(ALL, lambda: column(name="xmin"), lambda: column(name="xmin", system=True)),
    "MetaData.schema": Pair(ALL, table, lambda: table(metadata=sa.MetaData(schema="other"))),
    "MetaData.naming_convention": Pair(
        ALL, lambda: _named_by({"uq": "uq_%(column_0_name)s"}), lambda: _named_by({"uq": "u_%(column_0_name)s"})
    ),
    "Table.name": Pair(ALL, table, lambda: table(name="u")),
    "Table.args": Pair(ALL, table, lambda: table(sa.Column("c", sa.Integer))),
    "Table.schema": Pair(ALL, table, lambda: table(schema="other")),
    "Table.comment": Pair(PG_MY, table, lambda: table(comment="what for")),
    "Table.prefixes": Pair(PG, table, lambda: table(prefixes=["UNLOGGED"])),
    "Column.name": Pair(ALL, column, lambda: column(name="d")),
    "Column.type_": Pair(ALL, column, lambda: column(type_=sa.BigInteger)),
    "Column.args": Pair(ALL, column, lambda: column(sa.ForeignKey("parent.x"))),
    "Column.autoincrement": Pair(PG_MY, lambda: _counts(True), lambda: _counts(False)),
    "Column.default": Pair(PG, column, lambda: column(default=sa.Sequence("s"))),
    "Column.insert_default": Pair(PG, column, lambda: column(insert_default=sa.Sequence("s"))),
    "Column.index": Pair(ALL, column, lambda: column(index=True)),
    "Column.unique": Pair(ALL, column, lambda: column(unique=True)),
    "Column.nullable": Pair(ALL, column, lambda: column(nullable=False)),
    "Column.primary_key": Pair(ALL, column, lambda: column(primary_key=True)),
    "Column.server_default": Pair(ALL, column, lambda: column(server_default="5")),
    "Column.comment": Pair(PG_MY, column, lambda: column(comment="what for")),
    "Index.name": Pair(ALL, index, lambda: index(name="ix2")),
    "Index.expressions": Pair(ALL, index, lambda: index("b")),
    "Index.unique": Pair(ALL, index, lambda: index(unique=True)),
    "PrimaryKeyConstraint.columns": Pair(ALL, primary, lambda: primary("b", "a")),
    "PrimaryKeyConstraint.deferrable": Pair(PG, primary, lambda: primary(deferrable=True)),
    "PrimaryKeyConstraint.initially": Pair(PG, *_deferred(primary)),
    "PrimaryKeyConstraint.comment": Pair(PG, primary, lambda: primary(comment="what for")),
    "PrimaryKeyConstraint.name": Pair(LITE_PG, primary, lambda: primary(name="pk")),
    "UniqueConstraint.columns": Pair(ALL, unique, lambda: unique("b")),
    "UniqueConstraint.name": Pair(ALL, unique, lambda: unique(name="uq2")),
    "UniqueConstraint.comment": Pair(PG, unique, lambda: unique(comment="what for")),
    "UniqueConstraint.deferrable": Pair(PG, unique, lambda: unique(deferrable=True)),
    "UniqueConstraint.initially": Pair(PG, *_deferred(unique)),
    "CheckConstraint.sqltext": Pair(ALL, check, lambda: check("a > 1")),
    "CheckConstraint.comment": Pair(PG, check, lambda: check(comment="what for")),
    "CheckConstraint.name": Pair(ALL, check, lambda: check(name="ck2")),
    "ForeignKeyConstraint.columns": Pair(ALL, foreign, lambda: foreign(["id"])),
    "ForeignKeyConstraint.refcolumns": Pair(ALL, foreign, lambda: foreign(refcolumns=["parent.y"])),
    "ForeignKeyConstraint.comment": Pair(PG, foreign, lambda: foreign(comment="what for")),
    "ForeignKeyConstraint.name": Pair(ALL, foreign, lambda: foreign(name="fk2")),
    "ForeignKeyConstraint.onupdate": Pair(ALL, foreign, lambda: foreign(onupdate="CASCADE")),
    "ForeignKeyConstraint.ondelete": Pair(ALL, foreign, lambda: foreign(ondelete="CASCADE")),
    "ForeignKeyConstraint.deferrable": Pair(LITE_PG, foreign, lambda: foreign(deferrable=True)),
    "ForeignKeyConstraint.initially": Pair(LITE_PG, *_deferred(foreign)),
    "ForeignKeyConstraint.match": Pair(LITE_PG, foreign, lambda: foreign(match="FULL")),
    "ForeignKey.column": Pair(ALL, points, lambda: points("parent.y")),
    "ForeignKey.comment": Pair(PG, points, lambda: points(comment="what for")),
    "ForeignKey.name": Pair(ALL, points, lambda: points(name="fk2")),
    "ForeignKey.onupdate": Pair(ALL, points, lambda: points(onupdate="CASCADE")),
    "ForeignKey.ondelete": Pair(ALL, points, lambda: points(ondelete="CASCADE")),
    "ForeignKey.deferrable": Pair(LITE_PG, points, lambda: points(deferrable=True)),
    "ForeignKey.initially": Pair(LITE_PG, *_deferred(points)),
    "ForeignKey.match": Pair(LITE_PG, points, lambda: points(match="FULL")),
    "Identity.always": Pair(PG, identity, lambda: identity(always=True)),
    "Identity.start": Pair(PG, identity, lambda: identity(start=5)),
    "Identity.increment": Pair(PG, identity, lambda: identity(increment=5)),
    "Identity.minvalue": Pair(PG, lambda: identity(start=9), lambda: identity(start=9, minvalue=5)),
    "Identity.maxvalue": Pair(PG, identity, lambda: identity(maxvalue=5)),
    "Identity.cycle": Pair(PG, identity, lambda: identity(cycle=True)),
    "Identity.cache": Pair(PG, identity, lambda: identity(cache=5)),
    "Computed.sqltext": Pair(ALL, computed, lambda: computed("a + 2")),
    "Computed.persisted": Pair(ALL, computed, lambda: computed(persisted=False)),
    "Sequence.name": Pair(PG, sequence, lambda: sequence("s2")),
    "Sequence.start": Pair(PG, sequence, lambda: sequence(start=5)),
    "Sequence.increment": Pair(PG, sequence, lambda: sequence(increment=5)),
    "Sequence.minvalue": Pair(PG, lambda: sequence(start=9), lambda: sequence(start=9, minvalue=5)),
    "Sequence.maxvalue": Pair(PG, sequence, lambda: sequence(maxvalue=5)),
    "Sequence.cycle": Pair(PG, sequence, lambda: sequence(cycle=True)),
    "Sequence.schema": Pair(PG, sequence, lambda: sequence(schema="other")),
    "Sequence.cache": Pair(PG, sequence, lambda: sequence(cache=5)),
    "Sequence.data_type": Pair(PG, sequence, lambda: sequence(data_type=sa.Integer())),
    "Sequence.optional": Pair(PG, sequence, lambda: sequence(optional=True)),
    "Sequence.metadata": Pair(PG, sequence, sa.MetaData),
    "Enum.enums": Pair(PG_MY, enumerated, lambda: enumerated("x", "z")),
    "Enum.name": Pair(PG, enumerated, lambda: enumerated(name="e2")),
    "Enum.schema": Pair(PG, enumerated, lambda: enumerated(schema="other")),
    "Enum.metadata": Pair(PG, enumerated, lambda: enumerated(metadata=sa.MetaData(schema="other"))),
    "Enum.inherit_schema": Pair(PG, *_inherits(enumerated)),
    "Enum.native_enum": Pair(PG_MY, enumerated, lambda: enumerated(native_enum=False)),
    "Enum.create_constraint": Pair(ALL, plain_enum, lambda: plain_enum(create_constraint=True)),
    "Enum.length": Pair(ALL, plain_enum, lambda: plain_enum(length=9)),
    "Enum.values_callable": Pair(ALL, *_called(enumerated)),
    "ENUM.enums": Pair(PG, own_enum, lambda: own_enum("x", "z")),
    "ENUM.name": Pair(PG, own_enum, lambda: own_enum(name="e2")),
    "ENUM.schema": Pair(PG, own_enum, lambda: own_enum(schema="other")),
    "ENUM.metadata": Pair(PG, own_enum, lambda: own_enum(metadata=sa.MetaData(schema="other"))),
    "ENUM.inherit_schema": Pair(PG, *_inherits(own_enum)),
    "ENUM.values_callable": Pair(PG, *_called(own_enum)),
    "DOMAIN.name": Pair(PG, domain, lambda: domain("d2")),
    "DOMAIN.data_type": Pair(PG, domain, lambda: domain(data_type=sa.Text)),
    "DOMAIN.collation": Pair(PG, lambda: domain(data_type=sa.Text), lambda: domain(data_type=sa.Text, collation="C")),
    "DOMAIN.default": Pair(PG, domain, lambda: domain(default="5")),
    "DOMAIN.constraint_name": Pair(PG, _checked, lambda: domain(check="VALUE > 0", constraint_name="ck")),
    "DOMAIN.not_null": Pair(PG, domain, lambda: domain(not_null=True)),
    "DOMAIN.check": Pair(PG, domain, _checked),
    "DOMAIN.schema": Pair(PG, domain, lambda: domain(schema="other")),
    "DOMAIN.metadata": Pair(PG, domain, lambda: domain(metadata=sa.MetaData(schema="other"))),
    "Table.quote": Pair(PG, lambda: table(name="T"), lambda: table(name="T", quote=False)),
    "Table.quote_schema": Pair(PG, lambda: table(schema="O"), lambda: table(schema="O", quote_schema=False)),
    "MetaData.quote_schema": Pair(PG, lambda: _in_schema(None), lambda: _in_schema(False)),
    "Column.quote": Pair(PG, lambda: column(name="C"), lambda: column(name="C", quote=False)),
    "Index.quote": Pair(PG, lambda: index(name="IX"), lambda: index(name="IX", quote=False)),
    "Sequence.quote": Pair(PG, lambda: sequence("S"), lambda: sequence("S", quote=False)),
    "Sequence.quote_schema": Pair(PG, lambda: sequence(schema="O"), lambda: sequence(schema="O", quote_schema=False)),
    "Enum.quote": Pair(
        PG, lambda: enumerated(name="E"), lambda: enumerated(name="E", quote=False)
    ),  # in the column's type
    "ENUM.quote": Pair(PG, lambda: own_enum(name="E"), lambda: own_enum(name="E", quote=False)),  # in the column's type
    "DOMAIN.quote": Pair(PG, lambda: domain("D"), lambda: domain("D", quote=False)),  # in the column's type
    "ExcludeConstraint.elements": Pair(PG, excludes, lambda: excludes(("id", "="))),
    "ExcludeConstraint.name": Pair(PG, excludes, lambda: excludes(name="ex2")),
    "ExcludeConstraint.deferrable": Pair(PG, excludes, lambda: excludes(deferrable=True)),
    "ExcludeConstraint.initially": Pair(PG, *_deferred(excludes)),
    "ExcludeConstraint.using": Pair(PG, excludes, lambda: excludes(using="btree")),
    "ExcludeConstraint.where": Pair(PG, excludes, lambda: excludes(where=sa.text("a > 0"))),
    "ExcludeConstraint.ops": Pair(PG, excludes, lambda: excludes(ops={"a": "int4_ops"})),
    "mysql.ENUM.enums": Pair(MY, lambda: own(mysql.ENUM("x")), lambda: own(mysql.ENUM("y"))),
    "mysql.SET.values": Pair(MY, lambda: own(mysql.SET("x")), lambda: own(mysql.SET("y"))),
}
for _type in ("ENUM", "SET"):
    _class = getattr(mysql, _type)
    _plain = partial(own_of, _class)
    LIFTED |= {
        f"mysql.{_type}.{name}": Pair(MY, _plain, partial(own_of, _class, **{name: value}))
        for name, value in {
            "charset": "latin1",
            "collation": "utf8mb4_bin",
            "ascii": True,
            "unicode": True,
            "binary": True,
            "collate": "utf8mb4_bin",
        }.items()
    }

_PYTHON = "what Python does with it, not what the database keeps"
_MAKING = "how the object is made, not what it is"
_APPLICATION = "the application's own"
_BASE = "of a base class, which this class gives a value of its own"
_NO_ENUM_TYPE = "there is no type with a name here"
IGNORED: dict[str, str] = {
    "MetaData.info": _APPLICATION,
    "Table.metadata": "where the table is kept",
    "Table.autoload_with": _MAKING,
    "Table.autoload_replace": _MAKING,
    "Table.keep_existing": _MAKING,
    "Table.extend_existing": _MAKING,
    "Table.resolve_fks": _MAKING,
    "Table.include_columns": _MAKING,
    "Table.listeners": _MAKING,
    "Table.implicit_returning": _PYTHON,
    "Table.info": _APPLICATION,
    "Table.columns": _BASE,
    "Column.doc": _APPLICATION,
    "Column.info": _APPLICATION,
    "Column.key": _PYTHON,
    "Column.onupdate": _PYTHON,
    "Column.server_onupdate": "a mark for the ORM; MySQL's ON UPDATE is said in the server default",
    "Column.insert_sentinel": _PYTHON,
    "Column.text": _BASE,
    "Column.is_literal": _BASE,
    "Index.info": _APPLICATION,
    "Index.columns": _BASE,
    "PrimaryKeyConstraint.info": _APPLICATION,
    "UniqueConstraint.info": _APPLICATION,
    "CheckConstraint.info": _APPLICATION,
    "CheckConstraint.table": _MAKING,
    "CheckConstraint.columns": _BASE,
    "CheckConstraint.deferrable": "no database has CHECKs that can be deferred",
    "CheckConstraint.initially": "no database has CHECKs that can be deferred",
    "ForeignKeyConstraint.info": _APPLICATION,
    "ForeignKeyConstraint.table": _MAKING,
    "ForeignKeyConstraint.use_alter": "the order of creation is ours",
    "ForeignKeyConstraint.link_to_name": _MAKING,
    "ForeignKey.info": _APPLICATION,
    "ForeignKey.use_alter": "the order of creation is ours",
    "ForeignKey.link_to_name": _MAKING,
    "Identity.on_null": "Oracle's",
    "Identity.order": "Oracle's",
    "Identity.nominvalue": "says what is so without it",
    "Identity.nomaxvalue": "says what is so without it",
    "Identity.for_update": _BASE,
    "Computed.for_update": _BASE,
    "Sequence.nominvalue": "says what is so without it",
    "Sequence.nomaxvalue": "says what is so without it",
    "Sequence.order": "Oracle's",
    "Sequence.for_update": _PYTHON,
    "Enum.sort_key_function": _PYTHON,
    "Enum.omit_aliases": _PYTHON,
    "Enum.validate_strings": _PYTHON,
    "Enum.create_type": "who creates it: we do, where the models name it",
    "Enum.collation": _BASE,
    "Enum.collation_schema": _BASE,
    "ENUM.native_enum": "the type has a name, always",
    "ENUM.create_constraint": "the type has a name, always",
    "ENUM.length": "the type has a name, always",
    "ENUM.sort_key_function": _PYTHON,
    "ENUM.omit_aliases": _PYTHON,
    "ENUM.validate_strings": _PYTHON,
    "ENUM.create_type": "who creates it: we do, where the models name it",
    "ENUM.collation": _BASE,
    "ENUM.collation_schema": _BASE,
    "DOMAIN.collation_schema": "PostgreSQL's own collations need no schema",
    "DOMAIN.create_type": "who creates it: we do, where the models name it",
    "DOMAIN.inherit_schema": "a domain has the schema that it is given",
    "ExcludeConstraint.info": _APPLICATION,
    "ExcludeConstraint.comment": "SQLAlchemy ignores it",
    "ExcludeConstraint.columns": _BASE,
    "mysql.ENUM.strict": _PYTHON,
    "mysql.ENUM.native_enum": _NO_ENUM_TYPE,
    "mysql.ENUM.create_constraint": _NO_ENUM_TYPE,
    "mysql.ENUM.create_type": _NO_ENUM_TYPE,
    "mysql.ENUM.inherit_schema": _NO_ENUM_TYPE,
    "mysql.ENUM.metadata": _NO_ENUM_TYPE,
    "mysql.ENUM.name": _NO_ENUM_TYPE,
    "mysql.ENUM.schema": _NO_ENUM_TYPE,
    "mysql.ENUM.quote": _NO_ENUM_TYPE,
    "mysql.ENUM.length": "of a base class: it follows from the values",
    "mysql.ENUM.national": "MySQL has no NATIONAL for it",
    "mysql.ENUM.collation_schema": _BASE,
    "mysql.ENUM.omit_aliases": _PYTHON,
    "mysql.ENUM.sort_key_function": _PYTHON,
    "mysql.ENUM.validate_strings": _PYTHON,
    "mysql.ENUM.values_callable": _PYTHON,
    "mysql.SET.retrieve_as_bitwise": _PYTHON,
    "mysql.SET.length": "of a base class: it follows from the values",
    "mysql.SET.national": "MySQL has no NATIONAL for it",
    "mysql.SET.collation_schema": _BASE,
}


def _in_schema(quoted: bool | None) -> sa.MetaData:
    return table(metadata=sa.MetaData(schema="O", quote_schema=quoted))


CLASSES: dict[str, Any] = {
    **{
        class_.__name__: class_
        for class_ in (
            sa.MetaData,
            sa.Table,
            sa.Column,
            sa.Index,
            sa.PrimaryKeyConstraint,
            sa.UniqueConstraint,
            sa.CheckConstraint,
            sa.ForeignKeyConstraint,
            sa.ForeignKey,
            sa.Identity,
            sa.Computed,
            sa.Sequence,
            sa.Enum,
            postgresql.ENUM,
            postgresql.DOMAIN,
            postgresql.ExcludeConstraint,
        )
    },
    "mysql.ENUM": mysql.ENUM,
    "mysql.SET": mysql.SET,
}


def parameters(class_: type) -> Iterator[str]:
    """What can be said when one is made; where a constructor takes ``**kw``, also what it takes out of them."""
    for each in class_.__mro__:
        init = vars(each).get("__init__")
        if not inspect.isfunction(init):
            continue
        signature = inspect.signature(init).parameters.values()
        yield from (p.name for p in signature if p.kind is not p.VAR_KEYWORD and p.name != "self")
        code = inspect.getsource(init) + (inspect.getsource(sa.Enum._enum_init) if "_enum_init" in vars(each) else "")
        yield from re.findall(r"""\bkw\w*\.(?:pop|get|setdefault)\(\s*"(\w+)\"""", code)


def every_parameter() -> set[str]:
    """Of all classes. A leading underscore is SQLAlchemy's own affair."""
    return {f"{name}.{each}" for name, class_ in CLASSES.items() for each in parameters(class_) if each[0] != "_"}


ONLY_IN_21 = {name for name in IGNORED if name.endswith((".collation_schema", ".create_type"))} | {
    "Identity.for_update"
}
LISTED = LIFTED.keys() | IGNORED.keys()


def test_every_parameter_is_lifted_or_ignored_for_a_reason() -> None:
    assert every_parameter() - LISTED == set()
    assert LISTED - every_parameter() - ONLY_IN_21 == set(), "SQLAlchemy has it no more"
    assert all(IGNORED.values())
    assert len(LISTED) == len(LIFTED) + len(IGNORED), "listed twice"


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("parameter", LIFTED)
def test_what_is_lifted_makes_a_difference(parameter: str, name: str) -> None:
    on, one, other = LIFTED[parameter]
    assert (lifted(one(), name) != lifted(other(), name)) == (name in on.split())


# Options of dialects -----------------------------------------------------------------------------------------------


def strings(**kw: Any) -> sa.MetaData:
    return index("b", **kw)


def rows(**kw: Any) -> sa.MetaData:
    """A table whose key can do without a rowid, or count."""
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), **kw)
    return metadata


def keyed(**kw: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True, **kw))
    return metadata


class Option(NamedTuple):
    """Something that a dialect's keyword is given to, and a value that makes a difference."""

    build: Callable[..., sa.MetaData]
    value: Any


OPTIONS: dict[str, Option] = {
    "Table sqlite_autoincrement": Option(rows, True),
    "Table sqlite_with_rowid": Option(rows, False),
    "Table sqlite_strict": Option(rows, True),
    "Index sqlite_where": Option(index, sa.text("a > 0")),
    "Column sqlite_on_conflict_primary_key": Option(keyed, "FAIL"),
    "Column sqlite_on_conflict_not_null": Option(partial(column, nullable=False), "FAIL"),
    "Column sqlite_on_conflict_unique": Option(partial(column, unique=True), "FAIL"),
    "Constraint sqlite_on_conflict": Option(unique, "FAIL"),
    "Index postgresql_using": Option(index, "hash"),
    "Index postgresql_include": Option(index, ["b"]),
    "Index postgresql_where": Option(index, sa.text("a > 0")),
    "Index postgresql_ops": Option(strings, {"b": "text_pattern_ops"}),
    "Index postgresql_with": Option(index, {"fillfactor": 50}),
    "Index postgresql_tablespace": Option(index, "fast"),
    "Index postgresql_nulls_not_distinct": Option(partial(index, unique=True), True),
    "Table postgresql_tablespace": Option(rows, "fast"),
    "Table postgresql_with": Option(rows, {"fillfactor": 50}),
    "Table postgresql_with_oids": Option(rows, True),
    "Table postgresql_on_commit": Option(rows, "DROP"),
    "Table postgresql_inherits": Option(rows, "parent"),
    "Table postgresql_using": Option(rows, "heap2"),
    "Table postgresql_partition_by": Option(rows, "RANGE (id)"),
    "PrimaryKeyConstraint postgresql_include": Option(partial(primary, "a"), ["b"]),
    "UniqueConstraint postgresql_include": Option(unique, ["b"]),
    "UniqueConstraint postgresql_nulls_not_distinct": Option(unique, True),
    # Lifted from models; that it is read from the database as well is another matter, and not so yet.
    "CheckConstraint postgresql_not_valid": Option(check, True),
    "ForeignKeyConstraint postgresql_not_valid": Option(foreign, True),
    "Table mysql_*": Option(
        lambda **kw: rows(**{name.replace("*", "engine"): each for name, each in kw.items()}), "Aria"
    ),
    "PrimaryKeyConstraint mysql_using": Option(primary, "btree"),
    "Index mysql_using": Option(index, "btree"),
    "Index mysql_length": Option(strings, {"b": 5}),
    "Index mysql_prefix": Option(strings, "FULLTEXT"),
    "Index mysql_with_parser": Option(partial(strings, mysql_prefix="FULLTEXT"), "ngram"),
}
OPTIONS_IGNORED: dict[str, str] = {
    "Index postgresql_concurrently": "how it is made, once",
    "Index postgresql_invalid": "only read",
    "Table postgresql_ignore_search_path": "how it is read",
}
OPTIONS_ONLY_IN_21 = {"Index postgresql_invalid", "Table postgresql_with"}


def every_option() -> set[str]:
    return {
        f"{class_.__name__} {name}_{argument}"
        for name, dialect in DIALECTS.items()
        for class_, arguments in dialect.construct_arguments or ()
        if issubclass(class_, (sa.Table, sa.Column, sa.Index, sa.Constraint))
        for argument in arguments
    }


@pytest.mark.parametrize("option", [each for each in OPTIONS if each in every_option()])
def test_options(option: str) -> None:
    build, value = OPTIONS[option]
    keyword = option.partition(" ")[2]
    different = [name for name in DIALECTS if lifted(build(), name) != lifted(build(**{keyword: value}), name)]
    assert different == [keyword.partition("_")[0]]


def test_every_option_is_lifted_or_ignored_for_a_reason() -> None:
    listed = OPTIONS.keys() | OPTIONS_IGNORED.keys()
    assert every_option() - listed == set()
    assert listed - every_option() - OPTIONS_ONLY_IN_21 == set(), "SQLAlchemy has it no more"
    assert all(OPTIONS_IGNORED.values())


# What is reflected -------------------------------------------------------------------------------------------------

REFLECTED: dict[str, dict[str, Any]] = {
    "ReflectedColumn": {
        "name": "c", "type": sa.Integer(), "nullable": True, "default": None, "autoincrement": False, "comment": None,
        "computed": None, "identity": None, "dialect_options": {},
    },
    "ReflectedComputed": {"sqltext": "a + 1", "persisted": True},
    "ReflectedIdentity": {
        "always": False, "start": 1, "increment": 1, "minvalue": 1, "maxvalue": 9, "cycle": False, "cache": 1,
        "on_null": False, "nominvalue": False, "nomaxvalue": False, "order": False,
    },
    "ReflectedPrimaryKeyConstraint": {
        "constrained_columns": ["a"], "name": "pk", "comment": None, "dialect_options": {},
    },
    "ReflectedForeignKeyConstraint": {
        "constrained_columns": ["a"], "referred_schema": None, "referred_table": "parent", "referred_columns": ["x"],
        "options": {}, "name": "fk", "comment": None,
    },
    "ReflectedUniqueConstraint": {
        "column_names": ["a"], "name": "uq", "duplicates_index": None, "dialect_options": {}, "comment": None,
    },
    "ReflectedCheckConstraint": {"sqltext": "a > 0", "name": "ck", "dialect_options": {}, "comment": None},
    "ReflectedIndex": {
        "name": "ix", "column_names": ["a", None], "expressions": ["a", "lower(b)"], "unique": False,
        "duplicates_constraint": None, "include_columns": [], "column_sorting": {}, "dialect_options": {},
    },
    "ReflectedTableComment": {"text": None},
}  # fmt: skip
"""One of each, as the Inspector gives it."""

CHANGED: dict[str, Any] = {
    "ReflectedColumn.name": "d",
    "ReflectedColumn.type": sa.BigInteger(),
    "ReflectedColumn.nullable": False,
    "ReflectedColumn.default": "5",
    "ReflectedColumn.autoincrement": True,
    "ReflectedColumn.comment": "what for",
    "ReflectedColumn.computed": REFLECTED["ReflectedComputed"],
    "ReflectedColumn.identity": REFLECTED["ReflectedIdentity"],
    "ReflectedComputed.sqltext": "a + 2",
    "ReflectedComputed.persisted": False,
    "ReflectedIdentity.always": True,
    "ReflectedIdentity.start": 5,
    "ReflectedIdentity.increment": 5,
    "ReflectedIdentity.minvalue": 5,
    "ReflectedIdentity.maxvalue": 5,
    "ReflectedIdentity.cycle": True,
    "ReflectedIdentity.cache": 5,
    "ReflectedPrimaryKeyConstraint.constrained_columns": ["b"],
    "ReflectedPrimaryKeyConstraint.comment": "what for",
    "ReflectedPrimaryKeyConstraint.name": "pk2",
    "ReflectedForeignKeyConstraint.constrained_columns": ["b"],
    "ReflectedForeignKeyConstraint.referred_schema": "other",
    "ReflectedForeignKeyConstraint.referred_table": "u",
    "ReflectedForeignKeyConstraint.referred_columns": ["y"],
    "ReflectedForeignKeyConstraint.options": {"ondelete": "CASCADE"},
    "ReflectedForeignKeyConstraint.comment": "what for",
    "ReflectedForeignKeyConstraint.name": "fk2",
    "ReflectedUniqueConstraint.column_names": ["b"],
    "ReflectedUniqueConstraint.comment": "what for",
    "ReflectedUniqueConstraint.name": "uq2",
    "ReflectedUniqueConstraint.dialect_options": {"postgresql_nulls_not_distinct": True},
    "ReflectedCheckConstraint.sqltext": "a > 1",
    "ReflectedCheckConstraint.comment": "what for",
    "ReflectedCheckConstraint.name": "ck2",
    "ReflectedIndex.name": "ix2",
    "ReflectedIndex.column_names": ["b", None],
    "ReflectedIndex.expressions": ["a", "upper(b)"],
    "ReflectedIndex.unique": True,
    "ReflectedIndex.duplicates_constraint": "uq",
    "ReflectedIndex.column_sorting": {"a": ("desc",)},
    "ReflectedTableComment.text": "what for",
}
_FALLBACK = "the Inspector is for databases that have no reader of their own; what is special to one is not known"
NOT_READ: dict[str, str] = {
    "ReflectedColumn.dialect_options": _FALLBACK,
    "ReflectedIdentity.on_null": "Oracle's",
    "ReflectedIdentity.order": "Oracle's",
    "ReflectedIdentity.nominvalue": "says what is so without it",
    "ReflectedIdentity.nomaxvalue": "says what is so without it",
    "ReflectedPrimaryKeyConstraint.dialect_options": _FALLBACK,
    "ReflectedUniqueConstraint.duplicates_index": "the constraint is what is wanted, and its index goes with it",
    "ReflectedCheckConstraint.dialect_options": _FALLBACK,
    "ReflectedIndex.include_columns": _FALLBACK,
    "ReflectedIndex.dialect_options": _FALLBACK,
    "ReflectedConstraint.name": "of a base class: see each constraint",
    "ReflectedConstraint.comment": "of a base class: see each constraint",
}


class Inspected:
    """What an Inspector would say of one table, with one key changed."""

    def __init__(self, changed: str, value: Any) -> None:
        self.changed, _, self.key = changed.partition(".")
        self.value = value

    def one(self, name: str) -> dict[str, Any]:
        found = dict(REFLECTED[name])
        if name == self.changed:
            found[self.key] = self.value
        if name == "ReflectedColumn" and self.changed in ("ReflectedComputed", "ReflectedIdentity"):
            found[self.changed.removeprefix("Reflected").lower()] = self.one(self.changed)
        return found

    def __getattr__(self, name: str) -> Any:
        kind = {
            "pk_constraint": "PrimaryKeyConstraint", "foreign_keys": "ForeignKeyConstraint", "columns": "Column",
            "unique_constraints": "UniqueConstraint", "check_constraints": "CheckConstraint", "indexes": "Index",
            "table_comment": "TableComment",
        }[name.removeprefix("get_multi_")]  # fmt: skip
        found = self.one(f"Reflected{kind}")
        return lambda **_: {(None, "t"): found if kind in ("PrimaryKeyConstraint", "TableComment") else [found]}


def reading(changed: str = ".", value: Any = None) -> Any:
    inspected: Any = Inspected(changed, value)
    return tuple(reflect._Reader(inspected, sa.create_engine("sqlite://").dialect, None, None).tables())


@pytest.mark.parametrize("key", CHANGED)
def test_what_is_reflected_makes_a_difference(key: str) -> None:
    named = key.partition(".")[0]
    like = reading(f"{named}.", None) if named in ("ReflectedComputed", "ReflectedIdentity") else reading()
    assert reading(key, CHANGED[key]) != like


def test_every_key_of_what_is_reflected_is_read_or_ignored_for_a_reason() -> None:
    every = {
        f"{name}.{key}"
        for name, each in vars(interfaces).items()
        if name.startswith("Reflected") and hasattr(each, "__annotations__")
        for key in each.__annotations__
    }
    assert every - CHANGED.keys() - NOT_READ.keys() == set()
    assert (CHANGED.keys() | NOT_READ.keys()) - every == set(), "SQLAlchemy has it no more"
    assert all(NOT_READ.values())
