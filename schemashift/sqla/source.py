"""Write SQLAlchemy's types and server defaults as Python source."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.functions import Function, GenericFunction, next_value

from schemashift.schema import Default
from schemashift.sqla.lift import lift_default, lift_expression
from schemashift.sqla.literals import escape_binds, string
from schemashift.sqla.names import of_one_family, plain
from schemashift.sqla.private import is_own
from schemashift.sqla.texts import is_raw_text
from schemashift.sqla.traits import DATABASES, offline_dialect
from schemashift.sqla.type_source import TypeSource, imports_of


class Source:
    """Writes values as source and collects the imports that they need."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect
        self.imports: set[str] = set()
        self._types = TypeSource(dialect)

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

    def type_(self, type_: Any, column: object = None) -> str:
        """Return a type, with its variants. *column* is the SQLAlchemy column that has it, if there is one.

        Raises `NotSupported` if the database has no such type.
        """
        text = self._types.source(type_, column if isinstance(column, sa.Column) else None)
        for line in imports_of(text):
            self.add_import(line)
        return text

    def default(self, default: Default) -> str:
        """Return the value of ``server_default=``."""
        payload: Any = default.payload
        if isinstance(payload, str):
            return string(payload)
        if is_raw_text(payload) and not is_own(payload):
            # As its author wrote it, not as the database does.
            if isinstance(payload, sa.TextClause) and not payload._bindparams:
                return f"{self.sa('text')}({string(payload.text)})"
            return self.text(lift_expression(payload, self.dialect))
        if payload is None and (literal := _LITERAL.fullmatch(default.sql)):
            return string(literal[1].replace("''", "'"))
        for text, value in _constructs(payload):
            # The class may be the application's, with @compiles: then the script says what it compiles to.
            if type(value) is type(payload) and not is_own(value) and self._sql(value) == self._sql(payload):
                return f"{self.sa(text)}"
        return self._by_database(payload) or self.text(default.written or default.sql)

    def condition(self, payload: object, sql: str) -> str:
        """Return the SQL of a CHECK or of a computed column, whose expression is *payload*: a literal, if possible."""
        return self._by_database(payload) or string(escape_binds(sql))

    def _by_database(self, payload: object) -> str | None:
        """Return ``op.sql_text(...)`` for an expression with constructs of an application's own, which may compile to
        something else on each database; None for other expressions."""
        if not isinstance(payload, sa.ClauseElement) or not is_own(payload):
            return None
        own = lift_expression(payload, self.dialect)
        texts = {name: _compiled(payload, name) for name in DATABASES if name != self.dialect.name}
        differing = {name: text for name, text in texts.items() if text not in (own, None)}
        for name, other in of_one_family(DATABASES):
            if differing.get(name) == differing.get(other) and name in differing and name < other:
                del differing[name]
            elif name in differing and texts.get(other, own) == own:
                differing[other] = own
        if not differing:
            return None
        keywords = (f"{name}={string(text)}" for name, text in differing.items())
        return f"op.sql_text({string(own)}, {', '.join(keywords)})"

    def _sql(self, value: Any) -> str | None:
        lifted = lift_default(value, self.dialect)
        return None if lifted is None else lifted.sql


def _compiled(payload: sa.ClauseElement, name: str) -> str | None:
    dialect = offline_dialect(name)
    try:
        return None if dialect is None else lift_expression(payload, dialect)
    except Exception:  # noqa: BLE001  SQLAlchemy's CompileError, and whatever constructs of an application raise
        return None


_LITERAL = re.compile(r"'((?:[^'\\]|'')*)'")


def _constructs(payload: Any) -> Iterator[tuple[str, sa.ClauseElement]]:
    """Yield constructs of SQLAlchemy's that may be *payload*: the text after ``sa.``, and the value."""
    if isinstance(payload, sa.True_ | sa.False_):
        yield ("true()", sa.true()) if isinstance(payload, sa.True_) else ("false()", sa.false())
    if isinstance(payload, Function | GenericFunction) and not isinstance(payload, next_value):
        name = plain(payload.name)
        bare = not list(payload.clauses) and not payload.packagenames and not keyword.iskeyword(name)
        # A name such as ``in_`` or ``opts`` is something else as an attribute of ``sa.func``.
        if bare and name.isidentifier() and not name.endswith("_") and name != "opts":
            yield f"func.{name}()", getattr(sa.func, name)()
