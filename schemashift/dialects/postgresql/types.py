"""PostgreSQL's type names: the normal form, and a SQLAlchemy type for each of them.

The normal form is upper case and short, the way SQLAlchemy writes it (``VARCHAR(50)``, ``TIMESTAMP WITHOUT TIME
ZONE``); PostgreSQL's ``format_type`` returns ``character varying(50)``. Both are converted to the normal form here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from schemashift.schema import Type
from schemashift.sqla.types import SQLType

_SYNONYMS = {
    "CHARACTER VARYING": "VARCHAR",
    "CHARACTER": "CHAR",
    "BPCHAR": "CHAR",
    "NCHAR": "CHAR",
    "NVARCHAR": "VARCHAR",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "INT2": "SMALLINT",
    "DECIMAL": "NUMERIC",
    "FLOAT8": "DOUBLE PRECISION",
    "FLOAT4": "REAL",
    "BOOL": "BOOLEAN",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMETZ": "TIME WITH TIME ZONE",
    "TIMESTAMP": "TIMESTAMP WITHOUT TIME ZONE",
    "TIME": "TIME WITHOUT TIME ZONE",
    "VARBIT": "BIT VARYING",
}
_ONE_BY_DEFAULT = {"CHAR", "BIT"}
_PARTS = re.compile(r"^(?P<head>[A-Z0-9_ ]+?)\s*(?:\((?P<arguments>[^)]*)\))?\s*(?P<tail>WITH(?:OUT)? TIME ZONE)?$")
_TOKENS = re.compile(r'("(?:[^"]|"")*")|([^"]+)')


def normal_type(type_: Type) -> Type:
    """Return *type_* in normal form."""
    return replace(type_, sql=type_text(type_.sql))


def type_text(sql: str) -> str:
    """Return the normal form of a type's text, from SQLAlchemy or PostgreSQL. Quoted names keep their case."""
    text = " ".join(sql.split())
    text = "".join(quoted or plain.upper() for quoted, plain in _TOKENS.findall(text))
    if text.endswith("]"):
        # PostgreSQL keeps neither the number of dimensions nor their sizes.
        return type_text(re.sub(r"(\s*\[\d*\])+$", "", text)) + "[]"
    if text.endswith(" ARRAY"):
        return type_text(text.removesuffix(" ARRAY")) + "[]"
    match = _PARTS.match(text)
    if match is None or not (match["head"] in _KNOWN or match["head"].startswith("INTERVAL")):
        # A user-defined type: PostgreSQL writes it in lower case.
        return "".join(quoted or plain.lower() for quoted, plain in _TOKENS.findall(text))
    return _spell(match["head"], match["arguments"], match["tail"])


def _spell(head: str, arguments: str | None, tail: str | None) -> str:
    name = _SYNONYMS.get(head, head)
    numbers = [number.strip() for number in arguments.split(",")] if arguments else []
    if head == "FLOAT":
        return "REAL" if numbers and int(numbers[0]) <= 24 else "DOUBLE PRECISION"
    if name == "NUMERIC" and len(numbers) == 1:
        numbers.append("0")
    if name in _ONE_BY_DEFAULT and not numbers and head != "BPCHAR":
        numbers = ["1"]
    inner = f"({', '.join(numbers)})" if numbers else ""
    if name.endswith(" TIME ZONE"):
        base, _, zone = name.partition(" ")
        return f"{base}{inner} {tail or zone}"
    return f"{name}{inner}" + (f" {tail}" if tail else "")


_SIMPLE: dict[str, Any] = {
    "INTEGER": sa.Integer,
    "BIGINT": sa.BigInteger,
    "SMALLINT": sa.SmallInteger,
    "TEXT": sa.Text,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "REAL": sa.REAL,
    "DOUBLE PRECISION": sa.Double,
    "BYTEA": sa.LargeBinary,
    "UUID": sa.Uuid,
    "JSON": sa.JSON,
    "JSONB": pg.JSONB,
    "INET": pg.INET,
    "CIDR": pg.CIDR,
    "MACADDR": pg.MACADDR,
    "MACADDR8": pg.MACADDR8,
    "MONEY": pg.MONEY,
    "OID": pg.OID,
    "REGCLASS": pg.REGCLASS,
    "TSVECTOR": pg.TSVECTOR,
    "TSQUERY": pg.TSQUERY,
    "HSTORE": pg.HSTORE,
    "CITEXT": pg.CITEXT,
    "INT4RANGE": pg.INT4RANGE,
    "INT8RANGE": pg.INT8RANGE,
    "NUMRANGE": pg.NUMRANGE,
    "DATERANGE": pg.DATERANGE,
    "TSRANGE": pg.TSRANGE,
    "TSTZRANGE": pg.TSTZRANGE,
    "INT4MULTIRANGE": pg.INT4MULTIRANGE,
    "INT8MULTIRANGE": pg.INT8MULTIRANGE,
    "NUMMULTIRANGE": pg.NUMMULTIRANGE,
    "DATEMULTIRANGE": pg.DATEMULTIRANGE,
    "TSMULTIRANGE": pg.TSMULTIRANGE,
    "TSTZMULTIRANGE": pg.TSTZMULTIRANGE,
}
_SIZED: dict[str, Any] = {
    "VARCHAR": sa.String,
    "CHAR": sa.CHAR,
    "NUMERIC": sa.Numeric,
    "BIT": pg.BIT,
}
_KNOWN = {*_SYNONYMS, *_SYNONYMS.values(), *_SIMPLE, *_SIZED, "BIT VARYING", "FLOAT", "XML", "INTERVAL"}
_INTERVAL = re.compile(r"^INTERVAL(?: (?P<fields>[A-Z ]+?))?\s*(?:\((?P<precision>\d+)\))?$")


def type_engine(sql: str, collation: str | None = None) -> Any:
    """Return a SQLAlchemy type for *sql*, which is in normal form; a generic one if possible."""
    if sql.endswith("[]"):
        return pg.ARRAY(type_engine(sql.removesuffix("[]"), collation))
    if sql == "TEXT" and collation:
        return sa.Text(collation=collation)
    if (simple := _SIMPLE.get(sql)) is not None:
        return simple()
    if (interval := _INTERVAL.match(sql)) is not None:
        precision = interval["precision"]
        if interval["fields"] is None and precision is None:
            return sa.Interval()
        return pg.INTERVAL(fields=interval["fields"], precision=int(precision) if precision else None)
    match = _PARTS.match(sql)
    numbers = (
        [int(n) for n in (match["arguments"] or "").split(",") if n.strip().lstrip("-").isdigit()] if match else []
    )
    if match is not None and match["tail"]:
        return _time(match["head"], numbers, timezone=match["tail"] == "WITH TIME ZONE") or SQLType(sql)
    if match is not None and match["head"] == "BIT VARYING":
        return pg.BIT(numbers[0] if numbers else None, varying=True)
    if sql == "CHAR":
        # Of any length, while CHAR() is CHAR(1).
        return SQLType(f'bpchar COLLATE "{collation}"' if collation else "bpchar")
    if match is not None and (sized := _SIZED.get(match["head"])) is not None:
        keywords = {"collation": collation} if collation and match["head"] in ("VARCHAR", "CHAR") else {}
        return sized(*numbers, **keywords)
    return SQLType(sql)


def _time(head: str, numbers: list[int], *, timezone: bool) -> Any:
    if head == "TIMESTAMP":
        return pg.TIMESTAMP(timezone=timezone, precision=numbers[0]) if numbers else sa.DateTime(timezone=timezone)
    if head == "TIME":
        return pg.TIME(timezone=timezone, precision=numbers[0]) if numbers else sa.Time(timezone=timezone)
    return None
