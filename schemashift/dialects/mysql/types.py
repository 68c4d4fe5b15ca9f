"""Column types: the server's own spelling of each, and the SQLAlchemy type to write in a script.

The normal form is what SHOW CREATE TABLE prints, in lower case and without the default display widths (MariaDB prints
``int(11)``, MySQL ``int``; both become ``int``). The character set is a part of the collation, whose name begins with
it: a type with only a character set gets its default collation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from schemashift.dialects.mysql.text import quoted
from schemashift.dialects.mysql.tokens import tokenize
from schemashift.schema import Type
from schemashift.sqla.private import escapes_with_backslash
from schemashift.sqla.types import SQLType


class Flavour(NamedTuple):
    """The kind of server. ``version`` is empty before the first connection: then the newest version is assumed."""

    mariadb: bool
    version: tuple[int, ...] = ()
    backslash: bool = True

    def before(self, *version: int) -> bool:
        """Whether the server is known to be older than *version*."""
        return bool(self.version) and self.version < version


def flavour_of(dialect: sa.Dialect) -> Flavour:
    """Return the `Flavour` of the server according to SQLAlchemy's dialect object."""
    version = tuple(part for part in getattr(dialect, "server_version_info", None) or () if isinstance(part, int))
    return Flavour(bool(getattr(dialect, "is_mariadb", False)), version, escapes_with_backslash(dialect))


class ParsedType(NamedTuple):
    """A type in parts. ``args`` are numbers, or string literals for ENUM and SET."""

    base: str
    args: tuple[str, ...] = ()
    unsigned: bool = False
    zerofill: bool = False
    collation: str | None = None

    @property
    def sql(self) -> str:
        """The type without its collation."""
        text = self.base + (f"({','.join(self.args)})" if self.args else "")
        return text + (" unsigned" if self.unsigned else "") + (" zerofill" if self.zerofill else "")

    @property
    def is_integer(self) -> bool:
        return self.base in _WIDTHS

    @property
    def is_number(self) -> bool:
        return self.base in _WIDTHS or self.base in ("decimal", "float", "double")

    @property
    def is_text(self) -> bool:
        """Whether the type has a character set."""
        return self.base in TEXTS


TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
EXPRESSION_DEFAULTS_ONLY = frozenset(
    {"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json"}
    | {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection"}
)
"""The types whose literal default MySQL accepts only in parentheses."""

_WIDTHS = {  # signed, unsigned
    "tinyint": ("4", "3"),
    "smallint": ("6", "5"),
    "mediumint": ("9", "8"),
    "int": ("11", "10"),
    "bigint": ("20", "20"),
}
_NAMES = {
    "INTEGER": "int",
    "INT1": "tinyint",
    "INT2": "smallint",
    "INT3": "mediumint",
    "MIDDLEINT": "mediumint",
    "INT4": "int",
    "INT8": "bigint",
    "NUMERIC": "decimal",
    "DEC": "decimal",
    "FIXED": "decimal",
    "REAL": "double",
    "DOUBLE PRECISION": "double",
    "FLOAT4": "float",
    "FLOAT8": "double",
    "CHARACTER": "char",
    "CHARACTER VARYING": "varchar",
    "CHAR VARYING": "varchar",
    "LONG": "mediumtext",
    "LONG VARCHAR": "mediumtext",
    "LONG VARBINARY": "mediumblob",
}
_ATTRIBUTES = frozenset({"UNSIGNED", "SIGNED", "ZEROFILL", "BINARY", "ASCII", "UNICODE"})
_NATIONAL = {
    "NCHAR": "char",
    "NVARCHAR": "varchar",
    "NATIONAL CHAR": "char",
    "NATIONAL CHARACTER": "char",
    "NATIONAL VARCHAR": "varchar",
    "NATIONAL CHAR VARYING": "varchar",
    "NATIONAL CHARACTER VARYING": "varchar",
    "NCHAR VARCHAR": "varchar",
    "NCHAR VARYING": "varchar",
}
_DEFAULT_COLLATIONS = {
    "armscii8": "armscii8_general_ci",
    "ascii": "ascii_general_ci",
    "big5": "big5_chinese_ci",
    "cp1250": "cp1250_general_ci",
    "cp1251": "cp1251_general_ci",
    "cp1256": "cp1256_general_ci",
    "cp1257": "cp1257_general_ci",
    "cp850": "cp850_general_ci",
    "cp852": "cp852_general_ci",
    "cp866": "cp866_general_ci",
    "cp932": "cp932_japanese_ci",
    "dec8": "dec8_swedish_ci",
    "eucjpms": "eucjpms_japanese_ci",
    "euckr": "euckr_korean_ci",
    "gb18030": "gb18030_chinese_ci",
    "gb2312": "gb2312_chinese_ci",
    "gbk": "gbk_chinese_ci",
    "geostd8": "geostd8_general_ci",
    "greek": "greek_general_ci",
    "hebrew": "hebrew_general_ci",
    "hp8": "hp8_english_ci",
    "keybcs2": "keybcs2_general_ci",
    "koi8r": "koi8r_general_ci",
    "koi8u": "koi8u_general_ci",
    "latin1": "latin1_swedish_ci",
    "latin2": "latin2_general_ci",
    "latin5": "latin5_turkish_ci",
    "latin7": "latin7_general_ci",
    "macce": "macce_general_ci",
    "macroman": "macroman_general_ci",
    "sjis": "sjis_japanese_ci",
    "swe7": "swe7_swedish_ci",
    "tis620": "tis620_thai_ci",
    "ucs2": "ucs2_general_ci",
    "ujis": "ujis_japanese_ci",
    "utf16": "utf16_general_ci",
    "utf16le": "utf16le_general_ci",
    "utf32": "utf32_general_ci",
    "utf8mb3": "utf8mb3_general_ci",
}
_UNICODE = ("utf8mb3", "ucs2", "utf8mb4", "utf16", "utf32")


def charset_name(name: str) -> str:
    """Return *name* in lower case; ``utf8`` is an alias of ``utf8mb3`` on every server so far."""
    lower = name.lower()
    return "utf8mb3" if lower == "utf8" else lower


def collation_name(name: str) -> str:
    """Return *name* in lower case and with its character set's real name."""
    lower = name.lower()
    return "utf8mb3" + lower[4:] if lower.startswith("utf8_") else lower


def charset_of(collation: str) -> str:
    """Return the character set that a collation belongs to."""
    return collation.partition("_")[0]


def default_collation(charset: str, flavour: Flavour) -> str:
    """Return the default collation of *charset*. It is built in, so a server may be configured otherwise."""
    name = charset_name(charset)
    if flavour.mariadb and name in _UNICODE and flavour.version >= (11, 6):
        return f"{name}_uca1400_ai_ci"
    if name == "utf8mb4":
        return "utf8mb4_general_ci" if flavour.mariadb else "utf8mb4_0900_ai_ci"
    return _DEFAULT_COLLATIONS.get(name, f"{name}_general_ci")


def normal_type(type_: Type, flavour: Flavour, table_charset: str | None = None) -> Type:
    """Return *type_* in normal form, with its collation written out. A missing payload is created."""
    parsed = parse_type(type_.sql, type_.collation, flavour, table_charset)
    payload = type_.payload if type_.payload is not None else type_engine(parsed)
    return Type(sql=parsed.sql, collation=parsed.collation, payload=payload)


@lru_cache(maxsize=4096)
def parse_type(sql: str, collation: str | None, flavour: Flavour, table_charset: str | None = None) -> ParsedType:
    """Return the parts of a type's text, in normal form. *table_charset* decides what ``TEXT(100)`` means."""
    words: list[str] = []
    args: list[str] = []
    charset = None
    depth = 0
    stream = iter(tokenize(sql, backslash=flavour.backslash))
    for token in stream:
        if token.kind == "mark":
            depth += (token.value == "(") - (token.value == ")")
        elif depth:
            is_string = token.kind == "string"
            args.append(quoted(token.value) if is_string else token.value)
        elif token.word() == "CHARSET" or (token.word() == "SET" and words[-1:] == ["CHARACTER"]):
            charset = next(stream).value
            words = words if token.word() == "CHARSET" else words[:-1]
        else:
            words.append(token.value.upper())
    return _normal(words, tuple(args), charset, collation, flavour, table_charset)


def _normal(
    words: list[str],
    args: tuple[str, ...],
    charset: str | None,
    collation: str | None,
    flavour: Flavour,
    table_charset: str | None,
) -> ParsedType:
    attributes = _ATTRIBUTES.intersection(words[1:])
    name = " ".join(words[:1] + [word for word in words[1:] if word not in _ATTRIBUTES])
    if name in ("BOOL", "BOOLEAN"):
        return ParsedType("tinyint", ("1",))
    if name in _NATIONAL:
        name, charset = _NATIONAL[name], charset or "utf8mb3"
    base = _NAMES.get(name, name.lower())
    if base == "geometrycollection" and not flavour.mariadb:
        base = "geomcollection"
    charset = "latin1" if "ASCII" in attributes else "ucs2" if "UNICODE" in attributes else charset
    if base not in TEXTS:
        collation = None
    elif collation is not None:
        collation = collation_name(collation)
    elif "BINARY" in attributes:
        collation = f"{charset_name(charset or table_charset or 'utf8mb4')}_bin"
    elif charset is not None:
        collation = default_collation(charset, flavour)
    zerofill = "ZEROFILL" in attributes
    parsed = ParsedType(base, args, zerofill or "UNSIGNED" in attributes, zerofill, collation)
    return _sized(parsed, flavour, charset_of(collation) if collation else table_charset or "utf8mb4")


def _sized(type_: ParsedType, flavour: Flavour, charset: str) -> ParsedType:
    """Return *type_* with the lengths and precisions that the server would print."""
    base, args = type_.base, type_.args
    if type_.is_integer:
        return _integer(type_, flavour)
    if base == "decimal":
        return type_._replace(args=(*args, "0")[:2] if args else ("10", "0"))
    if base == "float" and len(args) == 1:
        return type_._replace(base="float" if int(args[0]) <= 24 else "double", args=())
    if base in ("char", "binary", "bit") and not args:
        return type_._replace(args=("1",))
    if base == "year" or (base in ("time", "datetime", "timestamp") and args == ("0",)):
        return type_._replace(args=())
    if base in ("text", "blob") and args:
        size = int(args[0]) * (_BYTES.get(charset, 1) if base == "text" else 1)
        prefix = next(prefix for prefix, limit in _SIZES if size <= limit)
        return type_._replace(base=prefix + base, args=())
    return type_


_SIZES = (("tiny", 255), ("", 65535), ("medium", 16777215), ("long", 1 << 40))
_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "gb18030": 4, "ujis": 3} | (
    dict.fromkeys(("big5", "cp932", "euckr", "gb2312", "gbk", "sjis"), 2) | {"eucjpms": 3}
)


def _integer(type_: ParsedType, flavour: Flavour) -> ParsedType:
    usual = _WIDTHS[type_.base][type_.unsigned]
    width = type_.args[0] if type_.args else usual
    if type_.zerofill:
        return type_._replace(args=(width,))
    is_boolean = type_.base == "tinyint" and width == "1" and not type_.unsigned
    # MySQL 8.0.19 stopped keeping display widths, except for these two.
    if width == usual or not (flavour.mariadb or flavour.before(8, 0, 19) or is_boolean):
        return type_._replace(args=())
    return type_._replace(args=(width,))


# The type to write in a script --------------------------------------------------------------------------------------


def type_engine(type_: ParsedType) -> Any:
    """Return a SQLAlchemy type that compiles to *type_* on these servers, a generic one if possible."""
    generic = _GENERIC.get(type_._replace(collation=None))
    if generic is not None and type_.collation is None:
        return generic()
    maker = _MAKERS.get(type_.base)
    if maker is None or (type_.base, type_.args) == ("binary", ("0",)) or (type_.base == "set" and "''" in type_.args):
        # SQLAlchemy takes a length of 0 for none, and a SET with a blank value needs another argument.
        return SQLType(f"{type_.sql} COLLATE {type_.collation}" if type_.collation else type_.sql)
    return maker(type_)


_GENERIC: dict[ParsedType, Callable[[], Any]] = {
    ParsedType("int"): sa.Integer,
    ParsedType("bigint"): sa.BigInteger,
    ParsedType("smallint"): sa.SmallInteger,
    ParsedType("tinyint", ("1",)): sa.Boolean,
    ParsedType("float"): sa.Float,
    ParsedType("double"): sa.Double,
    ParsedType("date"): sa.Date,
    ParsedType("datetime"): sa.DateTime,
    ParsedType("time"): sa.Time,
    ParsedType("timestamp"): sa.TIMESTAMP,
    ParsedType("year"): mysql.YEAR,
    ParsedType("json"): sa.JSON,
    ParsedType("uuid"): sa.Uuid,
    ParsedType("text"): sa.Text,
    ParsedType("blob"): sa.LargeBinary,
    ParsedType("tinyblob"): mysql.TINYBLOB,
    ParsedType("mediumblob"): mysql.MEDIUMBLOB,
    ParsedType("longblob"): mysql.LONGBLOB,
}


def _int(kind: Any) -> Callable[[ParsedType], Any]:
    def make(type_: ParsedType) -> Any:
        settings: dict[str, Any] = {"display_width": int(type_.args[0])} if type_.args else {}
        return kind(**settings, **_signs(type_))

    return make


def _signs(type_: ParsedType) -> dict[str, Any]:
    return ({"unsigned": True} if type_.unsigned else {}) | ({"zerofill": True} if type_.zerofill else {})


def _exact(type_: ParsedType) -> Any:
    precision, scale = (int(arg) for arg in type_.args)
    return mysql.DECIMAL(precision, scale, **_signs(type_)) if type_.unsigned else sa.Numeric(precision, scale)


def _inexact(kind: Any) -> Callable[[ParsedType], Any]:
    return lambda type_: kind(*(int(arg) for arg in type_.args), **_signs(type_))


def _text(kind: Any) -> Callable[[ParsedType], Any]:
    def make(type_: ParsedType) -> Any:
        collation = {"collation": type_.collation} if type_.collation else {}
        return kind(*(int(arg) for arg in type_.args), **collation)

    return make


def _chosen(generic: Any, kind: Any) -> Callable[[ParsedType], Any]:
    def make(type_: ParsedType) -> Any:
        values = [next(tokenize(arg)).value for arg in type_.args]
        if type_.collation:
            return kind(*values, collation=type_.collation)
        return generic(*values)

    return make


def _fractional(kind: Any) -> Callable[[ParsedType], Any]:
    return lambda type_: kind(fsp=int(type_.args[0]))


def _long(kind: Any) -> Callable[[ParsedType], Any]:
    return lambda type_: kind(int(type_.args[0]))


_MAKERS: dict[str, Callable[[ParsedType], Any]] = {
    "tinyint": _int(mysql.TINYINT),
    "smallint": _int(mysql.SMALLINT),
    "mediumint": _int(mysql.MEDIUMINT),
    "int": _int(mysql.INTEGER),
    "bigint": _int(mysql.BIGINT),
    "decimal": _exact,
    "float": _inexact(mysql.FLOAT),
    "double": _inexact(mysql.DOUBLE),
    "char": _text(sa.CHAR),
    "varchar": _text(sa.String),
    "text": _text(sa.Text),
    "tinytext": _text(mysql.TINYTEXT),
    "mediumtext": _text(mysql.MEDIUMTEXT),
    "longtext": _text(mysql.LONGTEXT),
    "enum": _chosen(sa.Enum, mysql.ENUM),
    "set": _chosen(mysql.SET, mysql.SET),
    "bit": _long(mysql.BIT),
    "binary": _long(sa.BINARY),
    "varbinary": _long(sa.VARBINARY),
    "time": _fractional(mysql.TIME),
    "datetime": _fractional(mysql.DATETIME),
    "timestamp": _fractional(mysql.TIMESTAMP),
}


def row_zero(type_: object) -> str | None:
    """Return, as SQL, the zero value of a type that only MySQL has or gives no default (BLOB); else None."""
    name = str(getattr(type_, "__visit_name__", ""))
    return {"BIT": "0", "YEAR": "1970", "SET": "''"}.get(name) or ("''" if name.endswith("BLOB") else None)
