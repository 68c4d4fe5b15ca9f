"""Types, defaults, options in normal form, and what was read spelled like what is declared."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from schemashift.dialects.mysql.defaults import normal_default
from schemashift.dialects.mysql.foreign_key_indexes import mark_implicit
from schemashift.dialects.mysql.match import spelled_like
from schemashift.dialects.mysql.normal import Collations, normal_table
from schemashift.dialects.mysql.text import without_escapes
from schemashift.dialects.mysql.types import Flavour, normal_type, parse_type, type_engine
from schemashift.errors import NotSupported
from schemashift.schema import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
)
from schemashift.sqla.lift_types import lift_type

MARIADB = Flavour(True, (10, 11, 19))
MYSQL = Flavour(False, (8, 4, 0))
OLD = Flavour(False, (8, 0, 15))


@pytest.mark.parametrize("flavour", [MARIADB, MYSQL], ids=["mariadb", "mysql"])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("INTEGER", "int"),
        ("int(11)", "int"),
        ("int(10) unsigned", "int unsigned"),
        ("INTEGER UNSIGNED ZEROFILL", "int(10) unsigned zerofill"),
        ("INT ZEROFILL", "int(10) unsigned zerofill"),
        ("bigint(20)", "bigint"),
        ("BOOL", "tinyint(1)"),
        ("BOOLEAN", "tinyint(1)"),
        ("tinyint(4)", "tinyint"),
        ("NUMERIC", "decimal(10,0)"),
        ("NUMERIC(8)", "decimal(8,0)"),
        ("NUMERIC(10, 2)", "decimal(10,2)"),
        ("DECIMAL(10,2) UNSIGNED", "decimal(10,2) unsigned"),
        ("FLOAT", "float"),
        ("FLOAT(24)", "float"),
        ("FLOAT(53)", "double"),
        ("float(7,3)", "float(7,3)"),
        ("DOUBLE PRECISION", "double"),
        ("REAL", "double"),
        ("VARCHAR(50)", "varchar(50)"),
        ("CHARACTER VARYING(5)", "varchar(5)"),
        ("CHAR", "char(1)"),
        ("BINARY", "binary(1)"),
        ("BIT", "bit(1)"),
        ("YEAR(4)", "year"),
        ("DATETIME(0)", "datetime"),
        ("DATETIME(6)", "datetime(6)"),
        ("TEXT(60)", "tinytext"),
        ("TEXT(100)", "text"),
        ("TEXT(70000)", "mediumtext"),
        ("BLOB(100)", "tinyblob"),
        ("BLOB(70000)", "mediumblob"),
        ("ENUM('a', 'b''c', 'd,e')", "enum('a','b''c','d,e')"),
        ("SET('x','y')", "set('x','y')"),
        ("JSON", "json"),
        ("POINT", "point"),
    ],
)
def test_types(sql: str, expected: str, flavour: Flavour) -> None:
    assert parse_type(sql, None, flavour).sql == expected
    assert parse_type(expected, None, flavour).sql == expected


@pytest.mark.parametrize(
    ("sql", "collation", "expected"),
    [
        ("VARCHAR(5) CHARACTER SET latin1", None, "latin1_swedish_ci"),
        ("VARCHAR(5) CHARSET latin1", "LATIN1_BIN", "latin1_bin"),
        ("VARCHAR(5) CHARACTER SET utf8", None, "utf8mb3_general_ci"),
        ("VARCHAR(5)", "utf8_general_ci", "utf8mb3_general_ci"),
        ("VARCHAR(5) CHARACTER SET latin1 BINARY", None, "latin1_bin"),
        ("VARCHAR(5) BINARY", None, "utf8mb4_bin"),
        ("NATIONAL VARCHAR(5)", None, "utf8mb3_general_ci"),
        ("NCHAR(5)", None, "utf8mb3_general_ci"),
        ("VARCHAR(5) ASCII", None, "latin1_swedish_ci"),
        ("ENUM('a') CHARACTER SET latin1", None, "latin1_swedish_ci"),
        ("INTEGER", "latin1_bin", None),
        ("VARCHAR(5) CHARACTER SET utf8mb4", None, "utf8mb4_general_ci"),
    ],
)
def test_collations(sql: str, collation: str | None, expected: str | None) -> None:
    assert parse_type(sql, collation, MARIADB).collation == expected


def test_what_a_character_set_means_depends_on_the_server() -> None:
    assert parse_type("TEXT CHARACTER SET utf8mb4", None, MYSQL).collation == "utf8mb4_0900_ai_ci"
    assert parse_type("TEXT CHARACTER SET utf8mb4", None, Flavour(True, (11, 8))).collation == "utf8mb4_uca1400_ai_ci"


def test_display_widths_are_kept_where_the_server_keeps_them() -> None:
    assert parse_type("INTEGER(5)", None, MARIADB).sql == "int(5)"
    assert parse_type("INTEGER(5)", None, OLD).sql == "int(5)"
    assert parse_type("INTEGER(5)", None, MYSQL).sql == "int"
    assert parse_type("TINYINT(1)", None, MYSQL).sql == "tinyint(1)"
    assert parse_type("TINYINT(1) UNSIGNED", None, MYSQL).sql == "tinyint unsigned"


@pytest.mark.parametrize(
    "sql",
    [
        "int",
        "int unsigned",
        "int(5)",
        "bigint",
        "tinyint(1)",
        "tinyint",
        "mediumint",
        "decimal(10,2)",
        "float(7,3)",
        "decimal(4,0) unsigned",
        "float",
        "double",
        "double unsigned",
        "varchar(50)",
        "char(3)",
        "text",
        "tinytext",
        "mediumtext",
        "longtext",
        "blob",
        "tinyblob",
        "longblob",
        "binary(3)",
        "varbinary(9)",
        "date",
        "datetime",
        "datetime(6)",
        "timestamp",
        "timestamp(3)",
        "time",
        "time(2)",
        "year",
        "json",
        "bit(4)",
        "set('a','b,c')",
        "enum('a','b''c','100%')",
        "geometry",
        "inet6",
    ],
)
def test_the_type_for_a_script_compiles_to_the_type_it_was_made_of(sql: str) -> None:
    dialect = mysql.dialect()
    dialect.is_mariadb = True
    for collation in (None, "utf8mb4_bin") if parse_type(sql, None, MARIADB).is_text else (None,):
        type_ = normal_type(Type(sql=sql, collation=collation), MARIADB)
        assert type_.payload is not None
        assert normal_type(lift_type(type_.payload, dialect), MARIADB) == type_


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("int", sa.Integer),
        ("bigint", sa.BigInteger),
        ("tinyint(1)", sa.Boolean),
        ("tinyint", mysql.TINYINT),
        ("varchar(5)", sa.String),
        ("datetime", sa.DateTime),
        ("decimal(5,2)", sa.Numeric),
        ("json", sa.JSON),
        ("blob", sa.LargeBinary),
        ("enum('a')", sa.Enum),
    ],
)
def test_the_type_for_a_script_is_generic_where_it_can_be(sql: str, expected: type) -> None:
    assert type(type_engine(parse_type(sql, None, MARIADB))) is expected


@pytest.mark.parametrize("flavour", [MARIADB, MYSQL], ids=["mariadb", "mysql"])
@pytest.mark.parametrize(
    ("sql", "type_", "expected"),
    [
        ("5", "int", "5"),
        ("'5'", "int", "5"),
        ("+5", "int", "5"),
        ("-5", "int", "-5"),
        ("(-(5))", "int", "-5"),
        ("0x1f", "int", "31"),
        ("true", "tinyint(1)", "1"),
        ("FALSE", "tinyint(1)", "0"),
        ("1.5", "decimal(10,2)", "1.50"),
        ("'0'", "decimal(10,3)", "0.000"),
        ("1e3", "float", "1000"),
        ("'0.50'", "double", "0.5"),
        ("5", "varchar(9)", "'5'"),
        ("'it''s'", "varchar(9)", "'it''s'"),
        ("'it\\'s'", "varchar(9)", "'it''s'"),
        ("'a\\\\b\\n'", "varchar(9)", "'a\\\\b\\n'"),
        ("''", "varchar(9)", "''"),
        ("'100%'", "varchar(9)", "'100%'"),
        ("(_utf8mb4'abc')", "text", "'abc'"),
        ("('abc')", "text", "'abc'"),
        ("0xC3BC", "varchar(9)", "'ü'"),
        ("'x'", "binary(3)", "'x\\0\\0'"),
        ("b'0101'", "bit(4)", "b'101'"),
        ("5", "bit(4)", "b'101'"),
        ("2020", "year", "2020"),
        ("'2020'", "year", "2020"),
        ("'2020-01-02'", "datetime", "'2020-01-02 00:00:00'"),
        ("'2020-01-02 03:04:05'", "datetime(2)", "'2020-01-02 03:04:05.00'"),
        ("'2020-01-02'", "date", "'2020-01-02'"),
        ("'10:00'", "time", "'10:00:00'"),
        ("'0000-00-00'", "date", "'0000-00-00'"),
        ("NULL", "int", None),
        ("(NULL)", "int", None),
        ("now()", "datetime", "CURRENT_TIMESTAMP"),
        ("(now())", "datetime", "CURRENT_TIMESTAMP"),
        ("current_timestamp()", "timestamp", "CURRENT_TIMESTAMP"),
        ("LOCALTIMESTAMP", "datetime", "CURRENT_TIMESTAMP"),
        ("now(6)", "datetime(6)", "CURRENT_TIMESTAMP(6)"),
        (
            "current_timestamp() on update current_timestamp()",
            "timestamp",
            "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
        ),
        ("NULL ON UPDATE now()", "timestamp", "NULL ON UPDATE CURRENT_TIMESTAMP"),
        ("ON UPDATE CURRENT_TIMESTAMP", "timestamp", "ON UPDATE CURRENT_TIMESTAMP"),
        ("uuid()", "varchar(36)", "(uuid())"),
        ("((1 + 2))", "int", "(1 + 2)"),
        ("curdate()", "date", "(curdate())"),
    ],
)
def test_defaults(sql: str, type_: str, expected: str | None, flavour: Flavour) -> None:
    parts = parse_type(type_, None, flavour)
    assert normal_default(sql, parts, flavour) == expected
    if expected is not None:
        assert normal_default(expected, parts, flavour) == expected


def test_the_normal_form_has_backslash_escapes_whatever_the_mode() -> None:
    flavour = MARIADB._replace(backslash=False)
    assert normal_default(r"'a\b'", parse_type("varchar(9)", None, flavour), flavour) == r"'a\\b'"
    assert without_escapes(r"'a\\b'") == r"'a\b'"


def table(**fields: object) -> Table:
    return Table(name="t", **fields)  # type: ignore[arg-type]


def test_mariadbs_json_is_the_type_and_no_check() -> None:
    raw = table(
        columns=(Column(name="j", type=Type(sql="longtext CHARACTER SET utf8mb4", collation="utf8mb4_bin")),),
        constraints=(Check(sql="json_valid(`j`)", columns=("j",), payload=_column_level("j")),),
    )
    found = normal_table(raw, MARIADB)
    assert found.columns[0].type == Type(sql="json")
    assert found.constraints == ()


def test_a_check_that_a_text_is_json_is_a_check() -> None:
    check = Check(sql="json_valid(`j`)", columns=("j",), payload=_column_level("j"))
    raw = table(columns=(Column(name="j", type=Type(sql="varchar(20)")),), constraints=(check,))
    assert normal_table(raw, MARIADB).constraints == (check,)


def _column_level(name: str) -> object:
    from schemashift.dialects.mysql.parse import ColumnLevel

    return ColumnLevel(name)


def test_what_the_servers_do_not_keep_is_left_out() -> None:
    raw = table(
        columns=(Column(name="a", type=Type(sql="INTEGER")),),
        constraints=(
            PrimaryKey(columns=("a",), name="pk_t"),
            Unique(columns=("a",), name="u", deferrable=True, initially="DEFERRED"),
            ForeignKey(
                columns=("a",), target=TableName("p"), target_columns=("a",), on_delete="RESTRICT", match="FULL"
            ),
        ),
    )
    found = normal_table(raw, MARIADB)
    assert found.columns[0].nullable is False
    assert set(found.constraints) == {
        PrimaryKey(columns=("a",)),
        Unique(columns=("a",), name="u"),
        ForeignKey(columns=("a",), target=TableName("p"), target_columns=("a",)),
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"mysql_engine": "innodb"}, {}),
        ({"mariadb_engine": "aria"}, {"mysql_engine": "Aria"}),
        ({"mysql_default_charset": "UTF8"}, {"mysql_charset": "utf8mb3"}),
        ({"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}, {"mysql_collate": "utf8mb4_bin"}),
        ({"mysql_row_format": "dynamic", "sqlite_strict": True}, {"mysql_row_format": "DYNAMIC"}),
        ({"mysql_row_format": "default", "mysql_auto_increment": "5"}, {}),
        ({"mysql_key_block_size": 8}, {"mysql_key_block_size": "8"}),
    ],
)
def test_table_options(given: dict[str, object], expected: dict[str, object]) -> None:
    assert dict(normal_table(table(options=tuple(sorted(given.items()))), MARIADB).options) == expected


def test_prefix_lengths_go_into_the_parts() -> None:
    parts = (IndexPart(column="a"), IndexPart(column="b"))
    columns = (Column(name="a", type=Type(sql="text")), Column(name="b", type=Type(sql="text")))
    index = Index(name="i", parts=parts, options=(("mysql_length", (("a", 5),)), ("postgresql_using", "gin")))
    found = normal_table(table(columns=columns, indexes=(index,)), MARIADB).indexes
    assert found == (Index(name="i", parts=(IndexPart(column="a", length=5), IndexPart(column="b"))),)
    index = replace(index, options=(("mysql_length", 7),))
    assert [
        part.length for part in normal_table(table(columns=columns, indexes=(index,)), MARIADB).indexes[0].parts
    ] == [
        7,
        7,
    ]


@pytest.mark.parametrize("text", ["a DESC", "`a` desc"])
def test_a_column_given_as_text_is_a_column(text: str) -> None:
    columns = (Column(name="a", type=Type(sql="text")),)
    index = Index(name="i", parts=(IndexPart(expression=text),))
    assert normal_table(table(columns=columns, indexes=(index,)), MARIADB).indexes[0].parts == (
        IndexPart(column="a", descending=True),
    )


def test_mariadb_cannot_keep_every_character_of_a_default() -> None:
    type_ = parse_type("varchar(9)", None, MARIADB)
    assert (normal_default("'ü🐘'", type_, MARIADB), normal_default("'ü🐘'", type_, MYSQL)) == ("'ü?'", "'ü🐘'")


def test_mariadb_has_no_index_on_an_expression() -> None:
    index = Index(name="i", parts=(IndexPart(expression="lower(a)"),))
    with pytest.raises(NotSupported, match=r'MariaDB has no index on an expression: "lower\(a\)" of "t"'):
        normal_table(table(indexes=(index,)), MARIADB)
    assert normal_table(table(indexes=(index,)), MYSQL).indexes == (index,)


@pytest.mark.parametrize(
    ("raw", "noun"),
    [
        (Table(name="x" * 65), "table"),
        (table(columns=(Column(name="x" * 65, type=Type(sql="int")),)), "column"),
        (table(indexes=(Index(name="x" * 65, parts=()),)), "index"),
        (table(constraints=(Unique(columns=("a",), name="x" * 65),)), "constraint"),
    ],
)
def test_a_name_that_is_too_long_is_refused_with_its_place(raw: Table, noun: str) -> None:
    with pytest.raises(NotSupported, match=f'the name of {noun} "xxx'):
        normal_table(raw, MARIADB)
    normal_table(Table(name="x" * 64), MARIADB)


def test_comments_lose_what_the_servers_cannot_keep() -> None:
    found = normal_table(table(comment="🐘", columns=(Column(name="a", type=Type(sql="int"), comment="ü🐘"),)), MARIADB)
    assert (found.comment, found.columns[0].comment) == ("?", "ü?")


# Indexes of foreign keys, and spelled_like

FK = ForeignKey(columns=("a",), target=TableName("p"), target_columns=("id",), name="t_ibfk_1")
COLUMNS = (Column(name="a", type=Type(sql="int")), Column(name="b", type=Type(sql="int")))


def index(name: str, *columns: str, unique: bool = False, **fields: object) -> Index:
    parts = tuple(IndexPart(column=column) for column in columns)
    return Index(name=name, parts=parts, unique=unique, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "found", "implicit"),
    [
        (FK, index("a", "a"), True),
        (FK, index("t_ibfk_1", "a"), True),
        (replace(FK, name="fk"), index("fk", "a"), True),
        (replace(FK, name="fk"), index("a", "a"), False),
        (FK, index("a", "a", "b"), False),
        (FK, index("ix_a", "a"), False),
        (FK, index("a", "a", unique=True), False),
        (FK, index("a", "a", options=(("mysql_using", "btree"),)), False),
    ],
)
def test_the_index_of_a_foreign_key_is_known_by_name_and_columns(key: ForeignKey, found: Index, implicit: bool) -> None:
    (marked,) = mark_implicit(table(columns=COLUMNS, constraints=(key,), indexes=(found,))).indexes
    assert marked.implicit is implicit


def test_the_index_of_a_foreign_key_has_a_number_where_its_name_is_taken() -> None:
    """An unnamed UNIQUE that begins with the same column has taken the name."""
    unique = Unique(columns=("a", "b"), name="a")
    found = (index("a_2", "a"), index("a_x", "a"), index("b_2", "a"))
    marked = mark_implicit(table(columns=COLUMNS, constraints=(FK, unique), indexes=found)).indexes
    assert [each.implicit for each in marked] == [True, False, False]
    alone = mark_implicit(table(columns=COLUMNS, constraints=(FK,), indexes=found)).indexes
    assert not any(each.implicit for each in alone)


def test_an_implicit_index_goes_unless_it_is_declared() -> None:
    read = mark_implicit(table(columns=COLUMNS, constraints=(FK,), indexes=(index("a", "a"), index("b", "b"))))
    assert spelled_like(read, table()).indexes == (index("b", "b"),)
    kept = spelled_like(read, table(constraints=(FK,), indexes=(index("a", "a"),))).indexes
    assert [(i.name, i.implicit) for i in kept] == [("a", False), ("b", False)]


def test_an_implicit_index_goes_with_its_key_though_it_is_declared() -> None:
    read = mark_implicit(table(columns=COLUMNS, constraints=(FK,), indexes=(index("a", "a"),)))
    assert spelled_like(read, table(indexes=(index("a", "a"),))).indexes == ()


def test_a_unique_key_is_what_the_model_says_it_is() -> None:
    read = table(columns=COLUMNS, constraints=(Unique(name="u", columns=("a", "b")),))
    as_index = spelled_like(read, table(indexes=(index("u", "a", "b", unique=True),)))
    assert (as_index.constraints, as_index.indexes) == ((), (index("u", "a", "b", unique=True),))
    for declared in (
        table(),
        table(constraints=(Unique(name="u", columns=("a",)),)),
        table(indexes=(index("u", "a"),)),
    ):
        assert spelled_like(read, declared) == read


HERE = Collations("utf8mb4_bin", "utf8mb4_bin", (("latin1", "latin1_swedish_ci"), ("utf8mb4", "utf8mb4_general_ci")))


@pytest.mark.parametrize(
    ("declared", "collations", "expected"),
    [
        ({}, HERE, {}),
        ({"mysql_collate": "utf8mb4_bin"}, HERE, {"mysql_collate": "utf8mb4_bin"}),
        ({"mysql_collate": "latin1_bin"}, HERE, {"mysql_collate": "utf8mb4_bin"}),
        ({"mysql_charset": "utf8mb4"}, HERE, {"mysql_collate": "utf8mb4_bin"}),
        (
            {"mysql_charset": "utf8mb4"},
            replace(HERE, collation="utf8mb4_general_ci"),
            {"mysql_charset": "utf8mb4"},
        ),
        (
            {"mysql_charset": "latin1"},
            replace(HERE, collation="utf8mb4_general_ci"),
            {"mysql_charset": "utf8mb4"},
        ),
    ],
)
def test_the_tables_collation_is_said_as_the_model_says_it(
    declared: dict[str, str], collations: Collations, expected: dict[str, str]
) -> None:
    read = table(payload=collations)
    assert dict(spelled_like(read, table(options=tuple(declared.items()))).options) == expected


def test_a_columns_collation_is_said_as_the_model_says_it() -> None:
    def one(collation: str | None, **fields: object) -> Table:
        return table(columns=(Column(name="a", type=Type(sql="varchar(5)", collation=collation)),), **fields)

    read = one(None, payload=HERE)
    assert spelled_like(read, one("utf8mb4_bin")) == one("utf8mb4_bin")
    assert spelled_like(read, one("latin1_bin")) == one(None)
    own = one("latin1_bin", payload=HERE)
    new_default = (("mysql_collate", "latin1_bin"),)
    # The table's collation changes: the column's explicit one is changed and restored separately.
    assert spelled_like(own, one(None, options=new_default)).columns == one("latin1_bin").columns
    assert spelled_like(own, one(None)).columns == one("latin1_bin").columns


def test_what_a_model_cannot_say_is_left_out() -> None:
    hidden = Column(name="a", type=Type(sql="int"), options=(("mysql_attributes", "INVISIBLE"),))
    read = table(
        columns=(hidden,),
        indexes=(index("i", "a", options=(("mysql_comment", "x"), ("mysql_invisible", True))),),
        options=(("mysql_partition", "PARTITION BY HASH (`a`)"),),
    )
    declared = table(options=(("mysql_partition_by", "HASH(a)"),))
    found = spelled_like(read, declared)
    assert found.columns[0].options == ()
    assert found.indexes == (index("i", "a"),)
    assert found.options == declared.options
