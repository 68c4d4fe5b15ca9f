"""USING for changes of type: PostgreSQL converts automatically only where it has an assignment cast."""

from __future__ import annotations

import re

from schemashift.schema import Type

_TEXT = {"VARCHAR", "TEXT", "CHAR", "CITEXT"}
_INTEGERS = {"SMALLINT", "INTEGER", "BIGINT"}
_NUMBERS = _INTEGERS | {"NUMERIC", "REAL", "DOUBLE PRECISION"}
_ASSIGNABLE: dict[str, set[str]] = {
    **{name: _NUMBERS | _TEXT | ({"MONEY"} if name != "REAL" else set()) for name in _NUMBERS},
    **dict.fromkeys(_TEXT, _TEXT),
    "DATE": {"DATE", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"} | _TEXT,
    "TIMESTAMP WITHOUT TIME ZONE": {
        "DATE",
        "TIME WITHOUT TIME ZONE",
        "TIMESTAMP WITHOUT TIME ZONE",
        "TIMESTAMP WITH TIME ZONE",
    }
    | _TEXT,
    "TIMESTAMP WITH TIME ZONE": {
        "DATE",
        "TIME WITHOUT TIME ZONE",
        "TIME WITH TIME ZONE",
        "TIMESTAMP WITHOUT TIME ZONE",
        "TIMESTAMP WITH TIME ZONE",
    }
    | _TEXT,
    "TIME WITHOUT TIME ZONE": {"TIME WITHOUT TIME ZONE", "TIME WITH TIME ZONE", "INTERVAL"} | _TEXT,
    "TIME WITH TIME ZONE": {"TIME WITHOUT TIME ZONE", "TIME WITH TIME ZONE"} | _TEXT,
    "INTERVAL": {"INTERVAL", "TIME WITHOUT TIME ZONE"} | _TEXT,
    "BIT": {"BIT", "BIT VARYING"} | _TEXT,
    "BIT VARYING": {"BIT", "BIT VARYING"} | _TEXT,
    "JSON": {"JSON", "JSONB"} | _TEXT,
    "JSONB": {"JSON", "JSONB"} | _TEXT,
    "CIDR": {"CIDR", "INET"} | _TEXT,
    "INET": {"INET", "CIDR"} | _TEXT,
}
"""The types to which there is an assignment cast (``pg_cast.castcontext`` in 'i', 'a'). Everything casts to text."""

_ZERO = {"TRUE": "1", "FALSE": "0"}


def base(sql: str) -> str:
    """Return a type's name without its arguments: ``VARCHAR`` for ``VARCHAR(50)``."""
    return " ".join(re.sub(r"\([^)]*\)", "", sql).split())


def conversion(column: str, before: Type, after: Type) -> str | None:
    """Return the USING expression for a change of type of *column* (already quoted); None where none is needed."""
    if before.sql == after.sql:
        return None
    old, new = base(before.sql), base(after.sql)
    if old == new or new in _ASSIGNABLE.get(old, _TEXT):
        return None
    if old == "BOOLEAN" and new in _NUMBERS - {"INTEGER"}:
        return f"{column}::integer::{_lower(after.sql)}"
    if old in _NUMBERS - {"INTEGER"} and new == "BOOLEAN":
        return f"{column} <> 0"
    if new.endswith("[]") and not old.endswith("[]") and old not in _TEXT:
        return f"ARRAY[{column}]::{_lower(after.sql)}"
    if old.endswith("[]") and not new.endswith("[]"):
        # A single value can only keep the first element of an array.
        return f"{column}[1]::{_lower(after.sql)}"
    return _through_text(column, old, new, after.sql)


_DIRECT = {("INTEGER", "BOOLEAN"), ("BOOLEAN", "INTEGER")}


def _through_text(column: str, old: str, new: str, target: str) -> str:
    """Return a cast that converts through text, as most pairs of types have no cast. PostgreSQL reports values whose
    text the new type does not accept."""
    if old in _TEXT or new in _TEXT or (old, new) in _DIRECT:
        return f"{column}::{_lower(target)}"
    if {old, new} <= {"TIME WITHOUT TIME ZONE", "TIME WITH TIME ZONE", "INTERVAL"}:
        return f"{column}::{_lower(target)}"
    return f"{column}::text::{_lower(target)}"


def _lower(sql: str) -> str:
    return sql if '"' in sql else sql.lower()
