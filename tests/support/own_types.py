"""Types and functions of an application's own, as people write them: their SQL is in ``@compiles``, in ``get_col_spec``
or in ``load_dialect_impl``, not in their class.
"""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType


class Status(str, enum.Enum):  # noqa: UP042 - the str() of a StrEnum is its value
    """Its members are strings, whose ``str()`` is another one."""

    NEW, OLD, ABOUT = "new", "old", "what it's about"


class Spelled(UserDefinedType[str]):
    """Its SQL, by database."""

    cache_ok = True

    def __init__(self, **spelled: str) -> None:
        self.spelled = spelled

    def get_col_spec(self, **kw: Any) -> str:
        raise AssertionError("compiled below")


@compiles(Spelled)
def _spelled(type_: Spelled, compiler: Any, **kw: Any) -> str:
    return type_.spelled.get(compiler.dialect.name) or type_.spelled["default"]


class Collated(UserDefinedType[str]):
    """A COLLATE in the SQL of the type."""

    cache_ok = True

    def __init__(self, collation: str) -> None:
        self.collation = collation

    def get_col_spec(self, **kw: Any) -> str:
        return f"VARCHAR(20) COLLATE {self.collation}"


class LongText(sa.Text):
    """Another type on one database."""


@compiles(LongText, "mysql", "mariadb")
def _long_text(type_: LongText, compiler: Any, **kw: Any) -> str:
    return "LONGTEXT"


class Code(sa.String):
    """Another type on each."""


@compiles(Code)
def _code(type_: Code, compiler: Any, **kw: Any) -> str:
    return "CHAR(7)"


class Unused(sa.CHAR):
    """What SQLAlchemy's own class does not write."""


@compiles(Unused, "sqlite", "mysql", "mariadb")
def _unused(type_: Unused, compiler: Any, **kw: Any) -> str:
    return "CHAR(0)"


class Key(sa.Integer):
    """A primary key that numbers its rows."""


@compiles(Key, "mysql", "mariadb")
def _key(type_: Key, compiler: Any, **kw: Any) -> str:
    return "BIGINT UNSIGNED"


class ByDatabase(TypeDecorator[str]):
    """The usual recipe for a UUID."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(postgresql.UUID(as_uuid=False) if dialect.name == "postgresql" else sa.CHAR(32))


class Abstract(TypeDecorator[str]):
    """No type but that of the database."""

    impl = TypeEngine
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        # What type_descriptor() makes of a CHAR depends on the driver.
        return sa.CHAR(36)


class WithoutSuper(TypeDecorator[str]):
    """Its ``impl`` stays a class."""

    impl = sa.Text
    cache_ok = True

    def __init__(self) -> None:
        pass


class Returned(TypeDecorator[str]):
    """A class in place of an instance."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return sa.Text


class Spoken(TypeDecorator[str]):
    """A decorator with a compiler of its own."""

    impl = sa.Unicode
    cache_ok = True


@compiles(Spoken)
def _spoken(type_: Spoken, compiler: Any, **kw: Any) -> str:
    return "VARCHAR(40)"


def binary_collation(database: str) -> str:
    """A collation that the database has."""
    return {"sqlite": '"NOCASE"', "postgresql": '"C"'}.get(database, "utf8mb4_bin")


def own_types(database: str) -> dict[str, Any]:
    return {
        "spelled": Spelled(default="VARCHAR(9)", postgresql="TEXT"),
        "collated": Collated(binary_collation(database)),
        "long_text": LongText(),
        "code": Code(20),
        "unused": Unused(),
        "by_database": ByDatabase(),
        "abstract": Abstract(),
        "variant_without_super": sa.JSON().with_variant(WithoutSuper(), "oracle"),
        "variant_returned": sa.JSON().with_variant(Returned(), "oracle", "mssql"),
        "spoken": Spoken(),
        "variant_abstract": sa.Text().with_variant(Abstract(), "postgresql", "sqlite"),
        "variant_spelled": sa.Text().with_variant(Spelled(default="VARCHAR(9)"), "mysql", "mariadb", "sqlite"),
        "enum_of_members": sa.Enum(Status.NEW, Status.OLD, name="enum_of_members"),
        "enum_by_value": sa.Enum(Status, values_callable=list, name="enum_by_value"),
        "class": Abstract,
    }


class Fixed(FunctionElement[Any]):
    """An application's own function, whose name is not what it compiles to."""

    name = "no_such_function"
    inherit_cache = True
    type = sa.Integer()


@compiles(Fixed)
def _fixed(element: Fixed, compiler: Any, **kw: Any) -> str:
    return "(1 + 1)"


class Registered(GenericFunction[Any]):
    """One that ``sa.func`` knows by its name."""

    name = "registered_function"
    inherit_cache = True
    type = sa.Integer()


@compiles(Registered)
def _registered(element: Registered, compiler: Any, **kw: Any) -> str:
    return "(2 + 2)"


class Absolute(FunctionElement[Any]):
    """One with an argument."""

    name = "no_such_function"
    inherit_cache = True
    type = sa.Integer()


@compiles(Absolute)
def _absolute(element: Absolute, compiler: Any, **kw: Any) -> str:
    return f"abs({compiler.process(element.clauses, **kw)})"


class Moment(FunctionElement[Any]):
    """Another function on each database."""

    name = "no_such_moment"
    inherit_cache = True
    type = sa.DateTime()


@compiles(Moment)
def _moment(element: Moment, compiler: Any, **kw: Any) -> str:
    return "CURRENT_TIMESTAMP"


@compiles(Moment, "mysql", "mariadb")
def _moment_mysql(element: Moment, compiler: Any, **kw: Any) -> str:
    return "now()"


@compiles(Moment, "postgresql")
def _moment_postgresql(element: Moment, compiler: Any, **kw: Any) -> str:
    return "timezone('utc', now())"


class Even(FunctionElement[Any]):
    """A condition, with an operator on one database and a function on the others."""

    inherit_cache = True
    type = sa.Boolean()


@compiles(Even)
def _even(element: Even, compiler: Any, **kw: Any) -> str:
    return f"{compiler.process(element.clauses, **kw)} % 2 = 0"


@compiles(Even, "mysql")
def _even_mysql(element: Even, compiler: Any, **kw: Any) -> str:
    return f"mod({compiler.process(element.clauses, **kw)}, 2) = 0"
