"""The parser of SHOW CREATE TABLE, over what real servers printed."""

from __future__ import annotations

import pytest

from schemashift.dialects.mysql.parse import ColumnLevel, parse_table
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
)


def column(line: str) -> Column:
    return parse_table(f"CREATE TABLE `t` (\n  {line}\n) ENGINE=InnoDB").columns[0]


def key(line: str) -> Table:
    return parse_table(f"CREATE TABLE `t` (\n  `a` int,\n  `b` int,\n  {line}\n) ENGINE=InnoDB")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "`a` int(11) NOT NULL AUTO_INCREMENT",
            Column(name="a", type=Type(sql="int(11)"), nullable=False, autoincrement=True),
        ),
        (
            "`a` int(10) unsigned zerofill DEFAULT NULL",
            Column(name="a", type=Type(sql="int(10) unsigned zerofill"), default=Default(sql="NULL")),
        ),
        ("`a``b` text", Column(name="a`b", type=Type(sql="text"))),
        (
            "`a` varchar(50) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s, \\\\ (x'",
            Column(
                name="a",
                type=Type(sql="varchar(50) CHARACTER SET latin1", collation="latin1_bin"),
                default=Default(sql="'it''s, \\\\ (x'"),
            ),
        ),
        ("`a` varchar(5) COLLATE utf8mb4_bin", Column(name="a", type=Type(sql="varchar(5)", collation="utf8mb4_bin"))),
        (
            "`a` enum('a,b','c''d)','') NOT NULL",
            Column(name="a", type=Type(sql="enum('a,b','c''d)','')"), nullable=False),
        ),
        ("`a` timestamp NULL DEFAULT NULL", Column(name="a", type=Type(sql="timestamp"), default=Default(sql="NULL"))),
        (
            "`a` datetime(6) DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)",
            Column(
                name="a",
                type=Type(sql="datetime(6)"),
                default=Default(sql="current_timestamp(6) ON UPDATE current_timestamp(6)"),
            ),
        ),
        (
            "`a` timestamp NOT NULL ON UPDATE CURRENT_TIMESTAMP",
            Column(
                name="a", type=Type(sql="timestamp"), nullable=False, default=Default(sql="ON UPDATE CURRENT_TIMESTAMP")
            ),
        ),
        (
            "`a` int DEFAULT ((1 + 2)) COMMENT 'x'",
            Column(name="a", type=Type(sql="int"), default=Default(sql="((1 + 2))"), comment="x"),
        ),
        (
            "`a` varchar(9) DEFAULT concat('a',',b')",
            Column(name="a", type=Type(sql="varchar(9)"), default=Default(sql="concat('a',',b')")),
        ),
        ("`a` bit(8) DEFAULT b'101'", Column(name="a", type=Type(sql="bit(8)"), default=Default(sql="b'101'"))),
        ("`a` int DEFAULT -5", Column(name="a", type=Type(sql="int"), default=Default(sql="-5"))),
        (
            "`a` json DEFAULT (_utf8mb4'{}')",
            Column(name="a", type=Type(sql="json"), default=Default(sql="(_utf8mb4'{}')")),
        ),
        (
            "`a` int GENERATED ALWAYS AS ((`b` + 1)) VIRTUAL",
            Column(name="a", type=Type(sql="int"), computed=Computed(sql="(`b` + 1)", stored=False)),
        ),
        (
            "`a` int GENERATED ALWAYS AS (`b` * 2) STORED NOT NULL COMMENT 'x'",
            Column(
                name="a",
                type=Type(sql="int"),
                nullable=False,
                computed=Computed(sql="`b` * 2", stored=True),
                comment="x",
            ),
        ),
        (
            "`a` varchar(9) GENERATED ALWAYS AS (upper(`b`)) PERSISTENT",
            Column(name="a", type=Type(sql="varchar(9)"), computed=Computed(sql="upper(`b`)", stored=True)),
        ),
        (
            "`a` int COMMENT 'it''s 100% \\\\ back\\nnew'",
            Column(name="a", type=Type(sql="int"), comment="it's 100% \\ back\nnew"),
        ),
        (
            "`a` int INVISIBLE DEFAULT 1",
            Column(
                name="a", type=Type(sql="int"), default=Default(sql="1"), options=(("mysql_attributes", "INVISIBLE"),)
            ),
        ),
        (
            "`a` int DEFAULT NULL /*!80023 INVISIBLE */",
            Column(
                name="a",
                type=Type(sql="int"),
                default=Default(sql="NULL"),
                options=(("mysql_attributes", "INVISIBLE"),),
            ),
        ),
        (
            "`a` point NOT NULL /*!80003 SRID 4326 */",
            Column(name="a", type=Type(sql="point"), nullable=False, options=(("mysql_attributes", "SRID 4326"),)),
        ),
        (
            "`a` longtext /*M!100301 COMPRESSED*/ DEFAULT NULL",
            Column(
                name="a",
                type=Type(sql="longtext"),
                default=Default(sql="NULL"),
                options=(("mysql_attributes", "COMPRESSED"),),
            ),
        ),
        (
            "`a` int /*!50606 STORAGE DISK */ /*!50606 COLUMN_FORMAT DYNAMIC */ DEFAULT NULL",
            Column(
                name="a",
                type=Type(sql="int"),
                default=Default(sql="NULL"),
                options=(("mysql_attributes", "STORAGE DISK COLUMN_FORMAT DYNAMIC"),),
            ),
        ),
        (
            "`a` int WITHOUT SYSTEM VERSIONING DEFAULT NULL",
            Column(
                name="a",
                type=Type(sql="int"),
                default=Default(sql="NULL"),
                options=(("mysql_attributes", "WITHOUT SYSTEM VERSIONING"),),
            ),
        ),
        (
            "`a` timestamp(6) GENERATED ALWAYS AS ROW START",
            Column(
                name="a",
                type=Type(sql="timestamp(6)"),
                options=(("mysql_attributes", "GENERATED ALWAYS AS ROW START"),),
            ),
        ),
        (
            "`a` double unsigned DEFAULT 1e10",
            Column(name="a", type=Type(sql="double unsigned"), default=Default(sql="1e10")),
        ),
    ],
)
def test_columns(line: str, expected: Column) -> None:
    assert column(line) == expected


def test_a_check_of_a_column_has_no_name_and_belongs_to_it() -> None:
    (check,) = parse_table(
        "CREATE TABLE `t` (\n `a` int DEFAULT NULL CHECK (`a` > (1)),\n `b` int) ENGINE=InnoDB"
    ).constraints
    assert check == Check(sql="`a` > (1)")
    assert check.columns == ("a",)
    assert check.payload == ColumnLevel("a")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("PRIMARY KEY (`a`,`b`)", PrimaryKey(columns=("a", "b"))),
        ("PRIMARY KEY (`a`) USING BTREE", PrimaryKey(columns=("a",), options=(("mysql_using", "btree"),))),
        ("UNIQUE KEY `u` (`b`,`a`)", Unique(name="u", columns=("b", "a"))),
        ("CONSTRAINT `c` CHECK (`a` > 0 and `b` <> ')')", Check(name="c", sql="`a` > 0 and `b` <> ')'")),
        (
            "CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */",
            Check(name="c", sql="(`a` > 0)", options=(("mysql_enforced", False),)),
        ),
        (
            "CONSTRAINT `f` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`x`, `y`) ON DELETE SET NULL ON UPDATE NO ACTION",
            ForeignKey(
                name="f",
                columns=("a", "b"),
                target=TableName("p"),
                target_columns=("x", "y"),
                on_delete="SET NULL",
                on_update="NO ACTION",
            ),
        ),
        (
            "CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `other`.`p` (`x`) ON UPDATE CASCADE",
            ForeignKey(
                name="f", columns=("a",), target=TableName("p", "other"), target_columns=("x",), on_update="CASCADE"
            ),
        ),
    ],
)
def test_constraints(line: str, expected: object) -> None:
    assert key(line).constraints == (expected,)


def test_the_columns_of_a_check_are_those_in_backquotes() -> None:
    (check,) = key("CONSTRAINT `c` CHECK (a(`b`) > 'a')").constraints
    assert check.columns == ("b",)


def test_a_key_into_the_default_schema_has_no_schema() -> None:
    text = "CREATE TABLE `t` (`a` int, CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `main`.`p` (`x`)) ENGINE=InnoDB"
    (found,) = parse_table(text, schema="other", default_schema="main").foreign_keys
    assert found.target == TableName("p")
    (found,) = parse_table(text.replace("`main`.", ""), schema="other", default_schema="main").foreign_keys
    assert found.target == TableName("p", "other")


A, B = IndexPart(column="a"), IndexPart(column="b")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "KEY `i` (`a`(10),`b` DESC)",
            Index(name="i", parts=(IndexPart(column="a", length=10), IndexPart(column="b", descending=True))),
        ),
        ("UNIQUE KEY `i` (`a`(10))", Index(name="i", parts=(IndexPart(column="a", length=10),), unique=True)),
        (
            "FULLTEXT KEY `i` (`a`) /*!50100 WITH PARSER `ngram` */ ",
            Index(name="i", parts=(A,), options=(("mysql_prefix", "FULLTEXT"), ("mysql_with_parser", "ngram"))),
        ),
        ("SPATIAL KEY `i` (`a`)", Index(name="i", parts=(A,), options=(("mysql_prefix", "SPATIAL"),))),
        (
            "KEY `i` (`a`) USING BTREE COMMENT 'it''s'",
            Index(name="i", parts=(A,), options=(("mysql_comment", "it's"), ("mysql_using", "btree"))),
        ),
        ("KEY `i` (`a`) /*!80000 INVISIBLE */", Index(name="i", parts=(A,), options=(("mysql_invisible", True),))),
        ("KEY `i` (`a`) IGNORED", Index(name="i", parts=(A,), options=(("mysql_invisible", True),))),
        ("KEY `i` ((lower(`a`)),`b`)", Index(name="i", parts=(IndexPart(expression="lower(`a`)"), B))),
        ("KEY `i` (`a`) KEY_BLOCK_SIZE=4", Index(name="i", parts=(A,), options=(("mysql_key_block_size", "4"),))),
    ],
)
def test_indexes(line: str, expected: Index) -> None:
    assert key(line).indexes == (expected,)


def test_an_expression_tells_the_columns_it_uses() -> None:
    (index,) = key("KEY `i` ((lower(`a`)))").indexes
    assert index.columns == ("a",)


@pytest.mark.parametrize(
    ("text", "comment", "expected"),
    [
        (
            "ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='it''s \\\\'",  # noqa: E501
            "it's \\",
            {
                "mysql_engine": "InnoDB",
                "mysql_charset": "utf8mb4",
                "mysql_collate": "utf8mb4_bin",
                "mysql_row_format": "DYNAMIC",
            },
        ),
        (
            "ENGINE=InnoDB STATS_PERSISTENT=1 `PAGE_COMPRESSED`=1",
            None,
            {"mysql_engine": "InnoDB", "mysql_stats_persistent": "1", "mysql_page_compressed": "1"},
        ),
        (
            "/*!50100 TABLESPACE `x` */ ENGINE=InnoDB\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 4 */",
            None,
            {
                "mysql_tablespace": "x",
                "mysql_engine": "InnoDB",
                "mysql_partition": "PARTITION BY HASH (`id`)\nPARTITIONS 4",
            },
        ),
        ("ENGINE=InnoDB WITH SYSTEM VERSIONING", None, {"mysql_engine": "InnoDB", "mysql_with_system_versioning": ""}),
    ],
)
def test_table_options(text: str, comment: str | None, expected: dict[str, str]) -> None:
    table = parse_table(f"CREATE TABLE `t` (\n  `a` int\n) {text}")
    assert (table.comment, dict(table.options)) == (comment, expected)


def test_ansi_quotes_and_temporary_tables_and_periods() -> None:
    text = """CREATE TEMPORARY TABLE "t" ("a" int, PRIMARY KEY ("a"), PERIOD FOR SYSTEM_TIME ("s", "e"))"""
    assert parse_table(text) == Table(
        name="t", columns=(Column(name="a", type=Type(sql="int")),), constraints=(PrimaryKey(columns=("a",)),)
    )


@pytest.mark.parametrize("text", ["CREATE VIEW `v` AS SELECT 1", "CREATE TABLE `t` (`a` int", "", "CREATE TABLE `t`"])
def test_what_is_no_table_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"CREATE TABLE|expected"):
        parse_table(text)
