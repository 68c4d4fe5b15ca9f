"""Write SQLAlchemy's objects as Python source: types by the signature of their constructor, never by ``repr()``.

The ``repr()`` of a type is not source: ``ARRAY(Integer())`` loses its ``sa.``, ``with_variant`` is lost and a
TypeDecorator prints the arguments of its impl.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.functions import FunctionElement, next_value
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from schemashift.errors import NotSupported
from schemashift.schema import Default
from schemashift.scripts.layout import string
from schemashift.sqla.lift import is_domain, lift_expression, lift_type
from schemashift.sqla.texts import is_raw_text
from schemashift.sqla.types import SQLType

# Parameters for the conversion of values in Python, and those that are written as separate constraints.
_NOT_DDL = {
    "as_tuple", "as_uuid", "asdecimal", "astext_type", "cache_ok", "create_constraint", "create_type",
    "decimal_return_scale", "inherit_schema", "metadata", "none_as_null", "omit_aliases", "quote",
    "sort_key_function", "validate_strings", "values_callable", "zero_indexes", "comparator", "pickler", "protocol",
    "enforce_ascii", "storage_format", "regexp", "truncate_microseconds", "retrieve_as_bitwise", "_enums",
    "_adapted_from", "_create_events", "_is_impl_for_variant", "convert_unicode", "strict", "check", "not_null",
}  # fmt: skip
_POSITIONAL = {"length", "precision", "scale", "display_width", "fsp"}


class Source:
    """Writes values as source and collects the imports that they need."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect
        self.imports: set[str] = set()

    def add_import(self, line: str) -> None:
        """Add an import line that the text needs."""
        self.imports.add(line)

    def sa(self, name: str) -> str:
        """Return ``sa.name``, and add the import."""
        self.add_import("import sqlalchemy as sa")
        return f"sa.{name}"

    def text(self, sql: str) -> str:
        """Return ``sa.text("...")``."""
        return f"{self.sa('text')}({string(escape_binds(sql))})"

    def type_(self, type_: Any) -> str:
        """Return a type, with its variants; those that are equal are written once."""
        databases: dict[str, list[str]] = {}
        for name, variant in (getattr(type_, "_variant_mapping", None) or {}).items():
            databases.setdefault(self.type_(variant), []).append(string(name))
        variants = (f".with_variant({variant}, {', '.join(names)})" for variant, names in databases.items())
        return self._plain_type(type_) + "".join(variants)

    def _plain_type(self, type_: TypeEngine[Any]) -> str:
        if isinstance(type_, SQLType):
            return f"op.sql_type({string(type_.sql)})"
        if isinstance(type_, TypeDecorator) and not type(type_).__module__.startswith("sqlalchemy."):
            # With the impl, a script does not depend on the application's code.
            return self.type_(self._implementation(type_))
        if isinstance(type_, sa.PickleType):
            return self.type_(type_.impl_instance)
        if is_domain(type_):
            return self._domain(type_)
        if isinstance(type_, UserDefinedType):
            return f"op.sql_type({string(lift_type(type_, self.dialect).sql)})"
        class_ = _known_class(type(type_))
        if class_ is None:
            return f"op.sql_type({string(lift_type(type_, self.dialect).sql)})"
        return f"{self._class(class_)}({', '.join(self._arguments(type_, class_))})"

    def _implementation(self, type_: TypeDecorator[Any]) -> TypeEngine[Any]:
        """Return the impl of a TypeDecorator; that for this database if the decorator chooses one by database."""
        plain = type_.impl_instance
        try:
            if lift_type(plain, self.dialect) == lift_type(type_, self.dialect):
                return plain
        except NotSupported:
            # SQLModel's AutoString on MySQL: its impl is a String() without a length, which only the decorator adds.
            pass
        return type_.load_dialect_impl(self.dialect)

    def _class(self, class_: type[Any]) -> str:
        if getattr(sa, class_.__name__, None) is class_:
            return self.sa(class_.__name__)
        package = class_.__module__.split(".")[2]
        self.add_import(f"from sqlalchemy.dialects import {package}")
        return f"{package}.{class_.__name__}"

    def _arguments(self, type_: Any, class_: Any) -> Iterator[str]:
        if isinstance(type_, sa.Enum):
            yield from self._enum(type_)
            return
        if isinstance(type_, mysql.SET):
            yield from (string(value) for value in type_.values)
        values = [(name, default, getattr(type_, name, default)) for name, default in _parameters(class_)]
        positional = True
        for name, default, value in values:
            # A Boolean's name is that of its CHECK, which is written separately.
            if (
                name in _NOT_DDL
                or (name == "name" and isinstance(type_, sa.Boolean))
                or value is None
                or _is_default(value, default)
            ):
                positional = positional and name in _NOT_DDL
                continue
            text = self.type_(value) if isinstance(value, TypeEngine) else repr_value(value)
            positional = positional and name in _POSITIONAL
            bare = positional or name == "item_type"
            yield text if bare else f"{name}={text}"

    def _domain(self, type_: Any) -> str:
        """Return a domain by name: its definition is in ``op.create_domain``, in this script or an earlier one."""
        self.add_import("from sqlalchemy.dialects import postgresql")
        schema = f", schema={string(type_.schema)}" if type_.schema else ""
        base = self.type_(type_.data_type)
        return f"postgresql.DOMAIN({string(type_.name)}, {base}{schema}, create_type=False)"

    def _enum(self, type_: Any) -> Iterator[str]:
        yield from (string(value) for value in type_.enums)
        for name in ("charset", "collation", "schema"):
            if getattr(type_, name, None):
                yield f"{name}={string(getattr(type_, name))}"
        native = getattr(type_, "native_enum", True) is not False
        if type_.name and native and hasattr(type_, "native_enum"):
            yield f"name={string(type_.name)}"
        if not native:
            yield "native_enum=False"
            longest = max((len(value) for value in type_.enums), default=0)
            if type_.length and type_.length != longest:
                yield f"length={type_.length}"

    def default(self, default: Default) -> str:
        """Return the value of ``server_default=``."""
        payload: Any = default.payload
        if isinstance(payload, str):
            return string(payload)
        if isinstance(payload, sa.TextClause) and not payload._bindparams:
            return f"{self.sa('text')}({string(payload.text)})"
        if is_raw_text(payload):
            # As its author wrote it, not as the database does.
            return self.text(lift_expression(payload, self.dialect))
        if isinstance(payload, sa.True_ | sa.False_):
            return f"{self.sa('true' if isinstance(payload, sa.True_) else 'false')}()"
        if isinstance(payload, FunctionElement) and (function := _simple_function(payload)):
            return f"{self.sa('func')}.{function}()"
        if payload is None and (literal := _LITERAL.fullmatch(default.sql)):
            return string(literal[1].replace("''", "'"))
        return self.text(default.written or default.sql)


_LITERAL = re.compile(r"'((?:[^'\\]|'')*)'")


def _simple_function(function: Any) -> str | None:
    """Return the name of a function without arguments and packages, such as ``now``; None for others."""
    name = getattr(function, "name", "")
    if isinstance(function, next_value):
        return None
    bare = not list(getattr(function, "clauses", ())) and not getattr(function, "packagenames", ())
    return name if bare and name.isidentifier() else None


def _known_class(class_: Any) -> Any:
    """Return the nearest class that scripts can import: SQLAlchemy's own, not one of a driver or the application."""
    for each in class_.__mro__:
        module = each.__module__
        if not module.startswith("sqlalchemy.") or each is TypeEngine:
            continue
        if getattr(sa, each.__name__, None) is each:
            return each
        parts = module.split(".")
        if parts[1] == "dialects" and not each.__name__.startswith("_"):
            package = __import__(f"sqlalchemy.dialects.{parts[2]}", fromlist=["x"])
            if getattr(package, each.__name__, None) is each:
                return each
    return None


@cache
def _parameters(class_: Any) -> tuple[tuple[str, Any], ...]:
    """Return the constructor's parameters and defaults, including those that ``**kw`` passes on to the bases."""
    defaults: dict[str, Any] = {}
    for each in class_.__mro__:
        if "__init__" not in vars(each) or each is object:
            continue
        parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
        for parameter in parameters:
            if parameter.name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                defaults.setdefault(parameter.name, parameter.default)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return tuple(defaults.items())


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def repr_value(value: Any) -> str:
    """Return a plain value as source."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(repr_value, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(repr_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{repr_value(key)}: {repr_value(each)}" for key, each in value.items()) + "}"
    return repr(value)


def escape_binds(sql: str) -> str:
    """Escape *sql* for ``sa.text()``, in which ``:name`` would be a parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)(?!:)", r"\\:", sql)
