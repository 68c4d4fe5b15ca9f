"""Server defaults: one normal form for the spellings of the servers, SQLAlchemy and people.

The normal form is valid after DEFAULT on both servers, with one exception that `ddl` handles (MySQL requires
parentheses around the literal default of a TEXT, BLOB or JSON column): a literal is written as the column's type prints
it, NOW() in all its spellings is ``CURRENT_TIMESTAMP``, an expression is in one pair of parentheses, ``DEFAULT NULL``
is no default. ``ON UPDATE`` is a part of it, because that is where SQLAlchemy's users write it:
``server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")``. Strings are always written with backslash
escapes; under NO_BACKSLASH_ESCAPES `ddl` changes that when it writes them.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from schemashift.dialects.mysql.text import bare, quoted
from schemashift.dialects.mysql.tokens import Token, tokenize
from schemashift.dialects.mysql.types import Flavour, ParsedType

BEYOND = re.compile("[\U00010000-\U0010ffff]")
_ON_UPDATE = re.compile(r"(.*?)\s*\bON\s+UPDATE\s+(\w+\s*(?:\(\s*\d*\s*\))?)\s*$", re.IGNORECASE | re.DOTALL)
_NOW = re.compile(r"(?:now|current_timestamp|localtime|localtimestamp)\s*(?:\(\s*(\d*)\s*\))?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def normal_default(sql: str, type_: ParsedType, flavour: Flavour) -> str | None:
    """Return a default of a column of that type in normal form; None for DEFAULT NULL."""
    value, on_update = split_on_update(sql)
    if on_update is None:
        return _value(value, type_, flavour)
    update = "ON UPDATE " + (_now(on_update) or on_update)
    if not value:
        return update
    return f"{_value(value, type_, flavour) or 'NULL'} {update}"


def split_on_update(sql: str) -> tuple[str, str | None]:
    """Split *sql* into the default proper and the value of ON UPDATE."""
    match = _ON_UPDATE.match(sql) if "update" in sql.lower() else None
    return (match[1].strip(), match[2].strip()) if match else (sql.strip(), None)


def is_literal(sql: str) -> bool:
    """Whether a default in normal form is a string."""
    return sql.startswith("'")


def _now(text: str) -> str | None:
    match = _NOW.fullmatch(text.strip())
    if match is None:
        return None
    return f"CURRENT_TIMESTAMP({match[1]})" if match[1] not in (None, "", "0") else "CURRENT_TIMESTAMP"


def _value(text: str, type_: ParsedType, flavour: Flavour) -> str | None:
    inner = bare(text, backslash=flavour.backslash)
    tokens = list(tokenize(inner, backslash=flavour.backslash))
    if len(tokens) == 1 and tokens[0].word() == "NULL":
        return None
    literal = _literal(tokens, type_, flavour)
    if literal is not None:
        return literal
    if type_.base in ("datetime", "timestamp") and (now := _now(inner)):
        return now
    return f"({inner})"


def _literal(tokens: list[Token], type_: ParsedType, flavour: Flavour) -> str | None:
    sign, tokens = _signed(tokens)
    if len(tokens) == 2 and tokens[1].kind == "string" and tokens[0].end == tokens[1].start:
        return _introduced(tokens[0].value, tokens[1].value, type_, flavour)
    if len(tokens) != 1:
        return None
    token = tokens[0]
    if token.kind == "string":
        return _string(token.value, type_, flavour)
    if token.word() in ("TRUE", "FALSE"):
        return _number(Decimal(token.word() == "TRUE"), type_)
    if token.value.lower().startswith(("0x", "0b")):
        if type_.is_text or type_.base in ("binary", "varbinary"):
            return _hexadecimal(token.value, type_, flavour)
        number = int(token.value, 0)
        return _bits(number) if type_.base == "bit" else _number(Decimal(number), type_)
    try:
        return _number(Decimal(sign + token.value), type_)
    except InvalidOperation:
        return None


def _signed(tokens: list[Token]) -> tuple[str, list[Token]]:
    """Return the sign and the number after it. MySQL prints the expression -5 as ``-(5)``."""
    if len(tokens) < 2 or tokens[0].kind != "mark" or tokens[0].value not in "+-":
        return "", tokens
    number = tokens[1:]
    if len(number) == 3 and (number[0].value, number[2].value) == ("(", ")"):
        number = number[1:2]
    return (tokens[0].value.replace("+", ""), number) if number[0].kind == "word" else ("", tokens)


def _introduced(introducer: str, value: str, type_: ParsedType, flavour: Flavour) -> str | None:
    """Return the literal for ``_utf8mb4'text'``, ``n'text'``, ``b'101'`` or ``x'1f'``."""
    kind = introducer.lower()
    if kind.startswith("_utf8") or kind == "n":
        return _string(value, type_, flavour)
    try:
        number = int(value or "0", {"b": 2, "x": 16}[kind])
    except (KeyError, ValueError):
        return None
    if type_.base == "bit":
        return _bits(number)
    return _number(Decimal(number), type_) if type_.is_number else None


def _hexadecimal(text: str, type_: ParsedType, flavour: Flavour) -> str | None:
    """Return the literal for hexadecimal digits: MySQL prints strings with characters outside the BMP that way."""
    try:
        return _string(bytes.fromhex(text[2:]).decode(), type_, flavour)
    except ValueError:
        return None


def _bits(number: int) -> str:
    return f"b'{number:b}'"


def _number(number: Decimal, type_: ParsedType) -> str:
    """Return a number as a column of that type prints it."""
    if type_.is_integer or type_.base == "year":
        return str(number.to_integral_value(ROUND_HALF_UP))
    if type_.base == "decimal":
        return format(number.quantize(Decimal(1).scaleb(-int(type_.args[1])), ROUND_HALF_UP), "f")
    if type_.base == "bit":
        return _bits(int(number))
    if type_.is_number:
        return _plain(number)
    if type_.is_text:
        return quoted(_plain(number))
    return _plain(number)


def _plain(number: Decimal) -> str:
    """Return *number* without an exponent and without redundant zeros."""
    return format(number.normalize(), "f") if number else "0"


def _string(value: str, type_: ParsedType, flavour: Flavour) -> str:
    if type_.is_number or type_.base == "year":
        try:
            return _number(Decimal(value.strip()), type_)
        except InvalidOperation:
            pass
    if type_.base == "binary":
        value = value.ljust(int(type_.args[0]), "\0")
    if flavour.mariadb:
        # MariaDB keeps defaults in three-byte UTF-8; MySQL does not.
        value = BEYOND.sub("?", value)
    return quoted(_moment(value, type_) or value)


def _moment(value: str, type_: ParsedType) -> str | None:
    """Return a date or time as a column of that type prints it; None for any other value, such as a zero date."""
    try:
        match type_.base:
            case "date":
                return datetime.datetime.fromisoformat(value).date().isoformat()
            case "datetime" | "timestamp":
                moment = datetime.datetime.fromisoformat(value)
                return None if moment.tzinfo else moment.strftime("%Y-%m-%d %H:%M:%S") + _fraction(moment, type_)
            case "time":
                clock = datetime.time.fromisoformat(value)
                return None if clock.tzinfo else clock.strftime("%H:%M:%S") + _fraction(clock, type_)
    except ValueError:
        return None
    return None


def _fraction(moment: datetime.datetime | datetime.time, type_: ParsedType) -> str:
    digits = int(type_.args[0]) if type_.args else 0
    return f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
