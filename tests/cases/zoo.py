"""One of everything that a database can have and models can say: `zoo`.

Nothing here is a likely schema. It is what must come back from the database without a single difference.
"""

from __future__ import annotations

import datetime
import decimal
import enum
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite


class Colour(enum.Enum):
    """A Python enum: its names are the labels."""

    RED = 1
    GREEN = 2


class Shout(sa.TypeDecorator[str]):
    """A type of the application's own."""

    impl = sa.String(33)
    cache_ok = True


def zoo(dialect: str) -> sa.MetaData:
    """Everything, for ``sqlite``, ``postgresql`` or ``mysql`` (and ``mariadb``)."""
    metadata = sa.MetaData()
    for make in (_types, _defaults, _comments, _keys, _names, _cycle, *_OWN[dialect]):
        make(metadata)
    return metadata


def _columns(types: dict[str, Any]) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_) for name, type_ in types.items()]


def _types(metadata: sa.MetaData) -> None:
    """Every generic type."""
    types = {
        "big": sa.BigInteger(),
        "boolean": sa.Boolean(),
        "boolean_checked": sa.Boolean(create_constraint=True, name="boolean_checked"),
        "char": sa.CHAR(3),
        "date": sa.Date(),
        "datetime": sa.DateTime(),
        "datetime_tz": sa.DateTime(timezone=True),
        "double": sa.Double(),
        "enum": sa.Enum("a", "b", name="zoo_enum"),
        "enum_quoted": sa.Enum("it's", "100%", 'a "b"', "c:d", name="Zoo Enum"),
        "enum_python": sa.Enum(Colour),
        "enum_text": sa.Enum("a", "longer", native_enum=False, length=20),
        "enum_checked": sa.Enum("a", "b", native_enum=False, create_constraint=True, name="enum_checked"),
        "float": sa.Float(),
        "float_precise": sa.Float(53),
        "integer": sa.Integer(),
        "interval": sa.Interval(),
        "json": sa.JSON(),
        "binary": sa.LargeBinary(),
        "binary_long": sa.LargeBinary(1000),
        "numeric": sa.Numeric(10, 2),
        "numeric_big": sa.Numeric(38, 10),
        "numeric_whole": sa.Numeric(10),
        "pickle": sa.PickleType(),
        "real": sa.REAL(),
        "small": sa.SmallInteger(),
        "string": sa.String(50),
        "text": sa.Text(),
        "time": sa.Time(),
        "unicode": sa.Unicode(20),
        "unicode_text": sa.UnicodeText(),
        "uuid": sa.Uuid(),
        "uuid_text": sa.Uuid(native_uuid=False),
        "decorated": Shout(),
        "variant": sa.String(20).with_variant(sa.Text(), "sqlite").with_variant(postgresql.JSONB(), "postgresql"),
    }
    sa.Table("types", metadata, sa.Column("id", sa.Integer, primary_key=True), *_columns(types))


def _defaults(metadata: sa.MetaData) -> None:
    """Server defaults of every kind."""
    strings = {
        "empty": "",
        "quote": "it's",
        "double_quote": 'say "x"',
        "percent": "100%",
        "percents": "50%% %s %(a)s",
        "colon": "a:b",
        "backslash": "a\\b",
        "null_word": "NULL",
        "number_word": "1",
        "function_word": "now()",
        "newline": "a\nb",
        "letters": "ünï",
        "parentheses": "(a)",
        "spaces": "  a  ",
    }
    values: dict[str, tuple[Any, Any]] = {name: (sa.String(40), value) for name, value in strings.items()}
    values |= {
        "zero": (sa.Integer, "0"),
        "zero_sql": (sa.Integer, sa.text("0")),
        "negative": (sa.Integer, sa.text("-1")),
        "sum": (sa.Integer, sa.text("(1 + 2)")),
        "big": (sa.BigInteger, sa.text("12345678901")),
        "literal": (sa.Integer, sa.literal(5)),
        "numeric": (sa.Numeric(8, 2), "1.50"),
        "numeric_sql": (sa.Numeric(8, 2), sa.text("2.5")),
        "numeric_literal": (sa.Numeric(8, 2), sa.literal(decimal.Decimal("3.10"))),
        "float": (sa.Float, sa.text("1.5")),
        "exponent": (sa.Double, sa.text("1e3")),
        "yes": (sa.Boolean, sa.true()),
        "no": (sa.Boolean, sa.false()),
        "yes_sql": (sa.Boolean, sa.text("true")),
        "now": (sa.DateTime, sa.func.now()),
        "current": (sa.DateTime, sa.text("CURRENT_TIMESTAMP")),
        "current_lower": (sa.DateTime, sa.text("current_timestamp")),
        "today": (sa.Date, sa.text("'2020-01-02'")),
        "date": (sa.Date, "2020-01-02"),
        "datetime": (sa.DateTime, "2020-01-02 03:04:05"),
        "time": (sa.Time, "03:04:05"),
        "date_literal": (sa.Date, sa.literal(datetime.date(2020, 1, 2))),
        "enum": (sa.Enum("a", "b", name="zoo_enum", metadata=metadata), "b"),
        "null_sql": (sa.String(10), sa.text("NULL")),
        "char": (sa.CHAR(4), "abcd"),
    }
    columns = [sa.Column(name, type_, server_default=value) for name, (type_, value) in values.items()]
    filled = [sa.Column(f"{c.name}_set", c.type, server_default=c.server_default.arg, nullable=False)  # type: ignore[union-attr]
              for c in columns if c.name != "null_sql" and not isinstance(c.type, sa.Enum)]  # fmt: skip
    sa.Table("defaults", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, *filled)


def _comments(metadata: sa.MetaData) -> None:
    texts = ["plain", "it's", "100%", "50%% %s", 'say "x"', "a\\b", "two\nlines", "ünï", " spaces ", ":colon", "*/ --"]
    columns = [sa.Column(f"c{number}", sa.Integer, comment=text) for number, text in enumerate(texts)]
    sa.Table("comments", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, comment="it's 100% \\ fine")


def _keys(metadata: sa.MetaData) -> None:
    """Constraints with and without names, and indexes that every database has."""
    sa.Table(
        "parent",
        metadata,
        sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("b", sa.String(5), primary_key=True),
        sa.Column("code", sa.String(20), unique=True),
        sa.Column("n", sa.Integer),
        sa.UniqueConstraint("n", "a"),
        sa.UniqueConstraint("a", "n", name="uq_parent_a_n"),
        sa.Column("checked", sa.Integer, sa.CheckConstraint("checked > 0")),
        sa.CheckConstraint("n > 0"),
        sa.CheckConstraint("n < 100 AND a <> 5", name="ck_parent_n"),
        sa.CheckConstraint("code <> '100%' OR code IN ('a', 'b''c')", name="ck_parent_code"),
        sa.PrimaryKeyConstraint("b", "a", name="pk_parent"),
    )
    child = sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(5)),
        sa.Column("code", sa.String(20), sa.ForeignKey("parent.code", ondelete="CASCADE", onupdate="SET NULL")),
        sa.Column("self_id", sa.BigInteger, sa.ForeignKey("child.id", name="fk_child_self", ondelete="SET NULL")),
        sa.ForeignKeyConstraint(["b", "a"], ["parent.b", "parent.a"], name="fk_child_parent", ondelete="RESTRICT"),
        sa.Index("ix_child_a_b", "a", "b"),
        sa.Index("ux_child_b", "b", "id", unique=True),
    )
    sa.Index("ix_child_newest", child.c.id.desc(), child.c.a)
    sa.Table("keyless", metadata, sa.Column("a", sa.Integer, index=True), sa.Column("b", sa.Integer, unique=True))


def _names(metadata: sa.MetaData) -> None:
    """Names that must be quoted, everywhere."""
    table = sa.Table(
        "Select From",
        metadata,
        sa.Column("Order", sa.Integer, primary_key=True),
        sa.Column("group", sa.Integer),
        sa.Column("a b", sa.String(10), server_default="x"),
        sa.Column("100%", sa.Integer, comment="50%"),
        sa.Column("ünï", sa.Integer),
        sa.Column("CamelCase", sa.Integer),
        sa.UniqueConstraint("a b", "Order", name="Unique %"),
        sa.ForeignKeyConstraint(["group"], ["Select From.Order"], name="Key to self"),
    )
    sa.Index("Index %", table.c["100%"], table.c.CamelCase)


def _cycle(metadata: sa.MetaData) -> None:
    sa.Table(
        "hens",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("egg_id", sa.Integer, sa.ForeignKey("eggs.id", name="fk_hens_egg", use_alter=True)),
    )
    sa.Table(
        "eggs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hen_id", sa.Integer, sa.ForeignKey("hens.id", name="fk_eggs_hen")),
    )


def _computed(metadata: sa.MetaData) -> None:
    sa.Table(
        "computed",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer, nullable=False),
        sa.Column("s", sa.String(20)),
        sa.Column("double_a", sa.Integer, sa.Computed("a * 2", persisted=True)),
        sa.Column("more", sa.BigInteger, sa.Computed("coalesce(a, 0) + 1", persisted=True)),
        sa.Column("text", sa.String(40), sa.Computed("lower(s)", persisted=True), index=True),
    )


def _partial(metadata: sa.MetaData) -> None:
    """Indexes on expressions and on some rows."""
    table = sa.Table(
        "partial",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(50)),
        sa.Column("n", sa.Integer),
        sa.Column("gone", sa.DateTime),
    )
    for number, where in enumerate((table.c.n > 5, table.c.gone.is_(None), sa.text("email <> 'it''s 100%'"))):
        sa.Index(f"ix_partial_where{number}", table.c.n, postgresql_where=where, sqlite_where=where)
    sa.Index("ux_partial", table.c.email, unique=True, postgresql_where=table.c.n > 0, sqlite_where=table.c.n > 0)
    sa.Index("ix_partial_lower", sa.func.lower(table.c.email))
    sa.Index("ix_partial_sum", table.c.n + sa.literal_column("1"), table.c.email.desc())
    sa.Index("ix_partial_text", sa.text("(n * 2) DESC"), _table=table)
    sa.Index("ix_partial_coalesce", sa.func.coalesce(table.c.email, "it's"), table.c.n)


# SQLite ------------------------------------------------------------------------------------------------------------


def _sqlite(metadata: sa.MetaData) -> None:
    sa.Table(
        "counted", metadata, sa.Column("id", sa.Integer, primary_key=True), sqlite_autoincrement=True,
    )  # fmt: skip
    sa.Table(
        "rowless",
        metadata,
        sa.Column("a", sa.String(10), primary_key=True),
        sa.Column("b", sa.Integer),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "nullable_keys",
        metadata,
        sa.Column("a", sa.String(10), primary_key=True, nullable=True),
        sa.Column("b", sa.String(10), nullable=True),
        sa.Column("c", sa.String(10)),
        sa.PrimaryKeyConstraint("a", "b", "c"),
    )
    sa.Table("nullable_key", metadata, sa.Column("a", sa.Integer, primary_key=True, nullable=True))
    sa.Table(
        "strict",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("b", sa.TEXT),
        sa.Column("r", sa.REAL),
        sqlite_strict=True,
    )
    sa.Table(
        "own",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nocase", sa.String(10, collation="NOCASE"), index=True),
        sa.Column("rtrim", sa.Text(collation="RTRIM"), server_default="x"),
        sa.Column("json", sqlite.JSON),
        sa.Column("moment", sqlite.DATETIME),
        sa.Column("virtual", sa.Integer, sa.Computed("id + 1", persisted=False)),
        sa.Column("plain", sa.Integer, sa.Computed("id + 2")),
        sa.Column("clock", sa.DateTime, server_default=sa.text("(datetime('now', 'localtime'))")),
        sa.Column("day", sa.Date, server_default=sa.text("CURRENT_DATE")),
        sa.Column("number", sa.Float, server_default=sa.text("(random() / 2.0)")),
        sa.Column("late", sa.Integer, sa.ForeignKey("counted.id", deferrable=True, initially="DEFERRED")),
        sa.Column("required", sa.Integer, nullable=False, sqlite_on_conflict_not_null="FAIL"),
        sa.UniqueConstraint("nocase", "id", name="uq_own", sqlite_on_conflict="IGNORE"),
    )


# PostgreSQL --------------------------------------------------------------------------------------------------------


def _domains(metadata: sa.MetaData) -> None:
    """Domains of everything that they can be made of."""
    mood = sa.Enum("sad", "it's", name="domain_mood", metadata=metadata)
    positive = postgresql.DOMAIN("positive", sa.Integer, check=sa.text("VALUE > 0"))
    short = postgresql.DOMAIN(
        "Short Text", sa.String(10), collation="C", default="it's", check="VALUE <> '%'", constraint_name="ck %"
    )
    domains = {
        "positive": positive,
        "above": postgresql.DOMAIN("above", positive, check="VALUE > 10 AND VALUE < 100", constraint_name="between"),
        "short": short,
        "elsewhere": postgresql.DOMAIN("elsewhere", sa.Numeric(8, 2), schema="other", default=sa.text("1.5 + 1")),
        "strict": postgresql.DOMAIN(
            "strict", sa.Date, not_null=True, check="VALUE > '2000-01-01'", constraint_name="a"
        ),
        "mood": postgresql.DOMAIN("good_mood", mood, check="VALUE <> 'sad'"),
        "many": postgresql.DOMAIN("many", postgresql.ARRAY(sa.Integer), check="array_length(VALUE, 1) < 5"),
        "moods": postgresql.DOMAIN("moods", postgresql.ARRAY(mood)),
        "shorts": postgresql.ARRAY(short),
        "quoted": postgresql.DOMAIN("Quoted", sa.Text, check="VALUE !~ '%:x' AND VALUE <> 'a''b'"),
    }
    sa.Table("pg_domains", metadata, sa.Column("id", sa.Integer, primary_key=True), *_columns(domains))


def _sequences(metadata: sa.MetaData) -> None:
    """Keys that are numbered by a sequence of the models, one of them named as that of a SERIAL."""
    for table, sequence in (("by_sequence", "key_numbers"), ("by_own", "by_own_id_seq")):
        numbers: sa.Sequence = sa.Sequence(sequence, start=1, minvalue=0)
        sa.Table(table, metadata, sa.Column("id", sa.Integer, numbers, primary_key=True, autoincrement=True))


def _postgresql(metadata: sa.MetaData) -> None:
    mood = postgresql.ENUM("sad", "it's", name="mood", schema="other", metadata=metadata)
    size = sa.Enum("s", "l", name="size", metadata=metadata)
    # fmt: off
    types: dict[str, Any] = {
        "array": postgresql.ARRAY(sa.Integer), "array2": postgresql.ARRAY(sa.String(10), dimensions=2),
        "array_text": sa.ARRAY(sa.Text), "array_enum": postgresql.ARRAY(size), "array_mood": postgresql.ARRAY(mood),
        "array_numeric": postgresql.ARRAY(sa.Numeric(8, 2)), "array_tz": postgresql.ARRAY(sa.DateTime(timezone=True)),
        "bit": postgresql.BIT(4), "bit_varying": postgresql.BIT(8, varying=True),
        "bytea": postgresql.BYTEA, "cidr": postgresql.CIDR, "inet": postgresql.INET,
        "macaddr": postgresql.MACADDR, "macaddr8": postgresql.MACADDR8, "oid": postgresql.OID,
        "regclass": postgresql.REGCLASS, "money": postgresql.MONEY, "jsonb": postgresql.JSONB, "json": postgresql.JSON,
        "double": postgresql.DOUBLE_PRECISION, "tsvector": postgresql.TSVECTOR, "tsquery": postgresql.TSQUERY,
        "uuid": postgresql.UUID, "mood": mood, "size": size,
        "interval": postgresql.INTERVAL, "interval_fields": postgresql.INTERVAL(fields="YEAR TO MONTH"),
        "interval_precise": postgresql.INTERVAL(fields="DAY TO SECOND", precision=3),
        "interval_precision": postgresql.INTERVAL(precision=2),
        "timestamp0": postgresql.TIMESTAMP(precision=0), "timestamp3": postgresql.TIMESTAMP(True, 3),
        "time0": postgresql.TIME(precision=0), "time_tz": postgresql.TIME(True), "time_tz3": postgresql.TIME(True, 3),
        "int4range": postgresql.INT4RANGE, "int8range": postgresql.INT8RANGE, "numrange": postgresql.NUMRANGE,
        "daterange": postgresql.DATERANGE, "tsrange": postgresql.TSRANGE, "tstzrange": postgresql.TSTZRANGE,
        "multirange": postgresql.INT4MULTIRANGE, "name_c": sa.String(20, collation="C"),
        "text_posix": sa.Text(collation="POSIX"), "char": sa.CHAR, "varchar": sa.String, "numeric": sa.Numeric,
        "float24": sa.Float(24), "float25": sa.Float(25),
    }
    # fmt: on
    sa.Table("pg_types", metadata, sa.Column("id", sa.Integer, primary_key=True), *_columns(types))
    numbers = sa.Sequence("numbers", start=100, increment=5, metadata=metadata)
    sa.Sequence("Odd Sequence", minvalue=-10, maxvalue=10, start=0, cycle=True, cache=3, metadata=metadata)
    sa.Sequence("small", data_type=sa.SmallInteger, metadata=metadata)
    sa.Sequence("down", increment=-1, schema="other", metadata=metadata)
    sa.Table(
        "pg_defaults",
        metadata,
        sa.Column("id", sa.BigInteger, numbers, server_default=numbers.next_value(), primary_key=True),
        sa.Column("now", sa.DateTime(timezone=True), server_default=sa.text("now()")),
        sa.Column("utc", sa.DateTime, server_default=sa.text("timezone('utc', now())")),
        sa.Column("utc2", sa.DateTime, server_default=sa.text("(now() AT TIME ZONE 'utc')")),
        sa.Column("clock", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp()),
        sa.Column("later", sa.DateTime, server_default=sa.text("now() + interval '1 day'")),
        sa.Column("uuid", postgresql.UUID, server_default=sa.func.gen_random_uuid()),
        sa.Column("json", postgresql.JSONB, server_default='{"a": [1, "it\'s"]}'),
        sa.Column("json2", postgresql.JSONB, server_default=sa.text("'{}'::jsonb")),
        sa.Column("array", postgresql.ARRAY(sa.Integer), server_default="{}"),
        sa.Column("array2", postgresql.ARRAY(sa.Integer), server_default=sa.text("ARRAY[1, 2]")),
        sa.Column("array3", postgresql.ARRAY(sa.Text), server_default=sa.text("ARRAY[]::text[]")),
        sa.Column("size", size, server_default="s"),
        sa.Column("size2", size, server_default=sa.text("'l'::size")),
        sa.Column("mood", mood, server_default="it's"),
        sa.Column("inet", postgresql.INET, server_default="10.0.0.1"),
        sa.Column("interval", sa.Interval, server_default="1 day"),
        sa.Column("bits", postgresql.BIT(4), server_default=sa.text("B'0101'")),
        sa.Column("user", sa.String(63), server_default=sa.text("CURRENT_USER")),
        sa.Column("today", sa.Date, server_default=sa.func.current_date()),
        sa.Column("escape", sa.String(10), server_default=sa.text(r"E'a\nb'")),
        sa.Column("typed", sa.String(10), server_default=sa.text("'a'::varchar")),
        sa.Column("money", postgresql.MONEY, server_default=sa.text("0")),
        sa.Column("case", sa.Integer, server_default=sa.text("CASE WHEN 1 > 0 THEN 1 ELSE 2 END")),
    )
    for number, identity in enumerate(
        (
            sa.Identity(),
            sa.Identity(always=True),
            sa.Identity(start=100, increment=10, minvalue=5, maxvalue=5000, cycle=True, cache=7),
            sa.Identity(start=-1, increment=-1, maxvalue=-1, minvalue=-100),
        )
    ):
        kind = (sa.Integer, sa.BigInteger, sa.SmallInteger, sa.Integer)[number]
        sa.Table(f"identity{number}", metadata, sa.Column("id", kind, identity, primary_key=True))
    sa.Table("serials", metadata, sa.Column("id", sa.SmallInteger, primary_key=True), sa.Column("n", sa.Integer))
    table = sa.Table(
        "pg_keys",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.Column("s", sa.String(50)),
        sa.Column("t", sa.Text),
        sa.Column("j", postgresql.JSONB),
        sa.Column("ts", postgresql.TSVECTOR),
        sa.Column("during", postgresql.TSRANGE),
        sa.Column("hen_id", sa.Integer),
        sa.Column("up", sa.Integer, sa.ForeignKey("other.far.id", deferrable=True, initially="IMMEDIATE")),
        sa.UniqueConstraint("a", name="uq_deferred", deferrable=True, initially="DEFERRED"),
        sa.UniqueConstraint("b", name="uq_nulls", postgresql_nulls_not_distinct=True),
        sa.UniqueConstraint("a", "b", name="uq_include", postgresql_include=["s"]),
        sa.ForeignKeyConstraint(
            ["hen_id"], ["hens.id"], name="fk_late", deferrable=True, initially="DEFERRED", match="FULL"
        ),
        sa.CheckConstraint("a > 0 AND s ~ '^[a-z]+$' AND t LIKE '100%'", name="ck_pg"),
        sa.CheckConstraint("s IN ('a', 'b') OR a BETWEEN 1 AND 5"),
        postgresql_with={"fillfactor": 70},
        comment="keys",
    )
    sa.Index("ix_pg_hash", table.c.s, postgresql_using="hash")
    sa.Index("ix_pg_gin", table.c.j, postgresql_using="gin")
    sa.Index("ix_pg_gin_ops", table.c.j, postgresql_using="gin", postgresql_ops={"j": "jsonb_path_ops"})
    sa.Index("ix_pg_gist", table.c.during, postgresql_using="gist")
    sa.Index("ix_pg_brin", table.c.a, postgresql_using="brin", postgresql_with={"pages_per_range": 32})
    sa.Index("ix_pg_ts", table.c.ts, postgresql_using="gin")
    sa.Index("ix_pg_to_ts", sa.text("to_tsvector('english', t)"), postgresql_using="gin", _table=table)
    sa.Index("ix_pg_include", table.c.a, postgresql_include=["b", "s"])
    sa.Index("ix_pg_ops", table.c.s, table.c.t, postgresql_ops={"s": "varchar_pattern_ops", "t": "text_pattern_ops"})
    sa.Index("ix_pg_fill", table.c.a, postgresql_with={"fillfactor": 50})
    sa.Index("ix_pg_nulls", table.c.a.desc().nulls_last(), table.c.b.asc().nulls_first())
    sa.Index("ix_pg_collate", sa.func.lower(table.c.s).collate("C"))
    sa.Index("ix_pg_collate_plain", table.c.s.collate("C"))
    sa.Index("ux_pg_nulls", table.c.s, unique=True, postgresql_nulls_not_distinct=True)
    sa.Index("ix_pg_arrow", sa.text("(j ->> 'a')"), _table=table)
    sa.Index("ix_pg_where", table.c.a, postgresql_where=sa.text("s IS NOT NULL AND t LIKE 'a%'"))
    sa.Table(
        "far",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", mood),
        sa.Column("near", sa.Integer, sa.ForeignKey("pg_keys.id", name="fk_far_near", use_alter=True)),
        sa.UniqueConstraint("near", name="uq_far"),
        schema="other",
    )
    sa.Table(
        "quick", metadata, sa.Column("id", sa.Integer, primary_key=True), prefixes=["UNLOGGED"],
    )  # fmt: skip


# MySQL and MariaDB -------------------------------------------------------------------------------------------------


def _mysql(metadata: sa.MetaData) -> None:
    # fmt: off
    types: dict[str, Any] = {
        "tiny": mysql.TINYINT, "tiny1": mysql.TINYINT(1), "tiny_unsigned": mysql.TINYINT(unsigned=True),
        "medium": mysql.MEDIUMINT, "unsigned": mysql.INTEGER(unsigned=True), "big": mysql.BIGINT(unsigned=True),
        "zerofill": mysql.INTEGER(5, zerofill=True), "width": mysql.INTEGER(11), "bit": mysql.BIT(8),
        "year": mysql.YEAR, "datetime6": mysql.DATETIME(fsp=6), "timestamp3": mysql.TIMESTAMP(fsp=3), "time2":
        mysql.TIME(fsp=2), "tinytext": mysql.TINYTEXT, "mediumtext": mysql.MEDIUMTEXT, "longtext": mysql.LONGTEXT,
        "tinyblob": mysql.TINYBLOB, "mediumblob": mysql.MEDIUMBLOB, "longblob": mysql.LONGBLOB,
        "binary": mysql.BINARY(8), "varbinary": mysql.VARBINARY(8), "set": mysql.SET("a", "it's", "100%"),
        "enum": mysql.ENUM("a", "b\\c", "d'e"), "json": mysql.JSON, "double": mysql.DOUBLE(10, 3),
        "float": mysql.FLOAT(8, 2), "decimal": mysql.DECIMAL(10, 2, unsigned=True), "real": mysql.REAL,
        "latin": mysql.VARCHAR(20, charset="latin1"), "bin": mysql.VARCHAR(20, collation="utf8mb4_bin"),
        "ascii": mysql.VARCHAR(20, charset="ascii", collation="ascii_bin"), "national": mysql.NVARCHAR(20),
        "char": mysql.CHAR(5, charset="latin1"), "text_latin": mysql.TEXT(charset="latin1"), "int8": mysql.BIGINT(20),
    }
    # fmt: on
    sa.Table("my_types", metadata, sa.Column("id", sa.Integer, primary_key=True), *_columns(types))
    sa.Table(
        "my_defaults",
        metadata,
        sa.Column("id", mysql.BIGINT(unsigned=True), primary_key=True),
        sa.Column("updated", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
        sa.Column("exact", mysql.DATETIME(fsp=6), server_default=sa.text("CURRENT_TIMESTAMP(6)")),
        sa.Column("stamp", mysql.TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("json", sa.JSON, server_default=sa.text("('{\"a\": 1}')")),
        sa.Column("uuid", sa.String(36), server_default=sa.text("(uuid())")),
        sa.Column("text", sa.Text, server_default=sa.text("('it''s')")),
        sa.Column("bit", mysql.BIT(4), server_default=sa.text("b'101'")),
        sa.Column("set", mysql.SET("a", "b"), server_default="a,b"),
        sa.Column("unsigned", mysql.INTEGER(unsigned=True), server_default="7"),
        sa.Column("sum", sa.Integer, server_default=sa.text("(1 + 2 * 3)")),
        sa.Column("concat", sa.String(20), server_default=sa.text("(concat('a', 'b'))")),
        sa.Column("binary", mysql.BINARY(4), server_default="ab"),
    )
    table = sa.Table(
        "my_keys",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("s", sa.String(200)),
        sa.Column("t", sa.Text),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.Column("virtual", sa.Integer, sa.Computed("a + b", persisted=False)),
        sa.Column("unindexed_id", sa.Integer, sa.ForeignKey("hens.id", name="fk_unindexed")),
        sa.Column("unnamed_id", sa.Integer, sa.ForeignKey("hens.id", onupdate="CASCADE")),
        sa.Column("indexed_id", sa.Integer, sa.ForeignKey("eggs.id"), index=True),
        sa.CheckConstraint("s LIKE '100%' OR a IN (1, 2)", name="ck_my"),
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
        mysql_row_format="COMPRESSED",
        mariadb_row_format="COMPRESSED",
        mysql_collate="utf8mb4_bin",
        mariadb_collate="utf8mb4_bin",
        mysql_key_block_size="8",
        mariadb_key_block_size="8",
        comment="my keys",
    )
    sa.Index("ix_my_prefix", table.c.s, table.c.t, mysql_length={"s": 10, "t": 20}, mariadb_length={"s": 10, "t": 20})
    sa.Index("ix_my_text", table.c.t, mysql_length=5, mariadb_length=5)
    sa.Index("ft_my", table.c.s, table.c.t, mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")
    sa.Index("ix_my_btree", table.c.a, mysql_using="btree", mariadb_using="btree")
    sa.Index("ix_my_desc", table.c.a.desc(), table.c.b)
    sa.Table(
        "aria", metadata, sa.Column("id", sa.Integer, primary_key=True), mysql_engine="MyISAM", mariadb_engine="MyISAM"
    )
    sa.Table(
        "latin",
        metadata,
        sa.Column("id", sa.String(10), primary_key=True),
        mysql_charset="latin1",
        mariadb_charset="latin1",
    )


def _mariadb(metadata: sa.MetaData) -> None:
    numbers = sa.Sequence("numbers", start=100, increment=5, metadata=metadata)
    sa.Sequence("Odd Sequence", minvalue=-10, maxvalue=10, start=0, cycle=True, cache=3, metadata=metadata)
    sa.Table(
        "maria",
        metadata,
        sa.Column("id", sa.Integer, server_default=numbers.next_value(), primary_key=True),
        sa.Column("inet", mysql.VARCHAR(20)),
    )


_OWN: dict[str, tuple[Callable[[sa.MetaData], None], ...]] = {
    "sqlite": (_computed, _partial, _sqlite),
    "postgresql": (_computed, _partial, _domains, _sequences, _postgresql),
    "mysql": (_computed, _mysql),
    "mariadb": (_computed, _mysql, _sequences, _mariadb),
}
