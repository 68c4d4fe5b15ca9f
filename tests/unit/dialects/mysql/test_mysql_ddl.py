"""The SQL of operations where it can be told without a server. What servers make of it: tests/databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.dialects import mysql

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql import MySQL
from schemashift.errors import NotSupported
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
    default_name,
)
from schemashift.schema import (
    Check,
    Column,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
    Unique,
)

T = TableName("t")


def dialect(*, mariadb: bool) -> MySQL:
    bare = mysql.dialect()
    bare.is_mariadb = mariadb
    bare.server_version_info = (10, 11, 19) if mariadb else (8, 4, 0)
    return MySQL(bare)


MARIADB, ORACLE = dialect(mariadb=True), dialect(mariadb=False)

ID = Column(name="id", type=Type(sql="int"), nullable=False, autoincrement=True)
A = Column(name="a", type=Type(sql="int"))
NAME = Column(
    name="name",
    type=Type(sql="varchar(20)", collation="utf8mb4_bin"),
    nullable=False,
    default=Default(sql="'x'"),
    comment="it's 100%",
    options=(("mysql_attributes", "INVISIBLE"),),
)
FK = ForeignKey(columns=("a",), target=TableName("p"), target_columns=("id",), name="fk")
IMPLICIT = Index(name="fk", parts=(IndexPart(column="a"),), implicit=True)
PLAIN = Table(name="t", columns=(ID, A, NAME), constraints=(PrimaryKey(columns=("id",)),))
WITH_KEY = replace(PLAIN, constraints=(*PLAIN.constraints, FK), indexes=(IMPLICIT,))


def compiled(
    operations: Sequence[Operation] | Operation, table: Table | None = PLAIN, on: MySQL = MARIADB
) -> list[str]:
    given = [operations] if isinstance(operations, Operation) else operations
    live = LiveSchema(Schema([table] if table else []))
    return [str(statement.sql) for statement in on.compile(given, live)]


def index(name: str, *columns: str) -> Index:
    return Index(name=name, parts=tuple(IndexPart(column=column) for column in columns))


def test_modify_says_the_whole_column() -> None:
    operation = AlterColumn(table=T, name="name", set=(("type", Type(sql="varchar(30)", collation="utf8mb4_bin")),))
    assert compiled(operation) == [
        (
            "ALTER TABLE t MODIFY COLUMN name varchar(30) COLLATE utf8mb4_bin NOT NULL DEFAULT 'x' INVISIBLE "
            "COMMENT 'it''s 100%'"
        )
    ]


def test_modify_takes_what_is_there_and_not_what_a_comparison_made_of_it() -> None:
    said = replace(NAME, options=())
    operation = AlterColumn(table=T, name="name", set=(("comment", None),), before=said)
    assert "INVISIBLE" in compiled(operation)[0]


def test_modify_repeats_the_checks_that_mariadb_keeps_in_a_column() -> None:
    from schemashift.dialects.mysql.parse import ColumnLevel

    check = Check(sql="`a` > 0", columns=("a",), payload=ColumnLevel("a"))
    table = replace(PLAIN, constraints=(*PLAIN.constraints, check))
    operation = AlterColumn(table=T, name="a", set=(("comment", "x"),))
    assert compiled(operation, table) == ["ALTER TABLE t MODIFY COLUMN a int COMMENT 'x' CHECK (`a` > 0)"]
    for name in (default_name("t", check), "a"):
        drop = DropConstraint(table=T, name=name, kind=Check)
        assert compiled([drop, operation], table) == [
            "ALTER TABLE t MODIFY COLUMN a int",
            "ALTER TABLE t MODIFY COLUMN a int COMMENT 'x'",
        ]


def test_without_the_table_at_hand_what_the_script_says_must_do() -> None:
    said = (("type", Type(sql="int")), ("nullable", False))
    operation = AlterColumn(table=T, name="a", set=(("comment", "x"),), existing=said)
    assert compiled(operation, None) == ["ALTER TABLE t MODIFY COLUMN a int NOT NULL COMMENT 'x'"]
    with pytest.raises(NotSupported, match=r'"t.a" cannot be altered without knowing its type'):
        compiled(replace(operation, existing=()), None)


@pytest.mark.parametrize(("on", "expected"), [(MARIADB, "DEFAULT '{}'"), (ORACLE, "DEFAULT ('{}')")])
def test_mysql_wants_the_default_of_a_json_column_in_parentheses(on: MySQL, expected: str) -> None:
    column = Column(name="j", type=Type(sql="json"), default=Default(sql="'{}'"))
    assert compiled(AddColumn(table=T, column=column), on=on) == [f"ALTER TABLE t ADD COLUMN j json {expected}"]


def test_a_timestamp_says_null_and_on_update() -> None:
    column = Column(name="m", type=Type(sql="timestamp(6)"), default=Default(sql="NULL ON UPDATE CURRENT_TIMESTAMP(6)"))
    assert compiled(AddColumn(table=T, column=column)) == [
        "ALTER TABLE t ADD COLUMN m timestamp(6) NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(6)"
    ]
    column = replace(column, nullable=False, default=Default(sql="ON UPDATE CURRENT_TIMESTAMP"))
    assert compiled(AddColumn(table=T, column=column)) == [
        "ALTER TABLE t ADD COLUMN m timestamp(6) NOT NULL ON UPDATE CURRENT_TIMESTAMP"
    ]


def test_a_counting_column_comes_with_its_key() -> None:
    table = replace(PLAIN, columns=(A,), constraints=())
    key = AddConstraint(table=T, constraint=PrimaryKey(columns=("id",)))
    elsewhere = AddColumn(table=TableName("other"), column=A)
    assert compiled([AddColumn(table=T, column=ID), elsewhere, key], table) == [
        "ALTER TABLE t\n\tADD COLUMN id int NOT NULL AUTO_INCREMENT,\n\tADD PRIMARY KEY (id)",
        "ALTER TABLE other ADD COLUMN a int",
    ]


def test_a_primary_key_changes_in_one_statement_under_a_counting_column() -> None:
    operations = [
        DropConstraint(table=T, name="whatever", kind=PrimaryKey),
        AddConstraint(table=T, constraint=PrimaryKey(columns=("id", "a"))),
    ]
    assert compiled(operations) == ["ALTER TABLE t\n\tDROP PRIMARY KEY,\n\tADD PRIMARY KEY (id, a)"]


def test_a_column_that_stops_counting_loses_its_key_in_one_statement() -> None:
    operations = [
        DropConstraint(table=T, name="t_pkey", kind=PrimaryKey),
        AlterColumn(table=T, name="id", set=(("autoincrement", False),)),
    ]
    assert compiled(operations) == ["ALTER TABLE t\n\tDROP PRIMARY KEY,\n\tMODIFY COLUMN id int NOT NULL"]


def test_what_cannot_be_made_legal_is_left_to_the_server() -> None:
    assert compiled(DropConstraint(table=T, name="t_pkey", kind=PrimaryKey)) == ["ALTER TABLE t DROP PRIMARY KEY"]


def test_an_index_replaces_the_one_that_innodb_made() -> None:
    assert compiled(CreateIndex(table=T, index=index("ix", "a", "id")), WITH_KEY) == [
        "ALTER TABLE t\n\tADD INDEX ix (a, id),\n\tDROP INDEX fk"
    ]
    assert compiled(CreateIndex(table=T, index=index("ix", "id", "a")), WITH_KEY) == ["CREATE INDEX ix ON t (id, a)"]


def test_an_index_that_a_foreign_key_needs_gets_a_successor() -> None:
    table = replace(WITH_KEY, indexes=(index("ix", "a", "id"),))
    assert compiled(DropIndex(table=T, name="ix"), table) == ["ALTER TABLE t\n\tDROP INDEX ix,\n\tADD INDEX fk (a)"]
    unnamed = replace(table, constraints=(*PLAIN.constraints, replace(FK, name="t_ibfk_1")))
    assert compiled(DropIndex(table=T, name="ix"), unnamed) == ["ALTER TABLE t\n\tDROP INDEX ix,\n\tADD INDEX a (a)"]


def test_a_foreign_key_takes_its_index_along() -> None:
    drop = DropConstraint(table=T, name="fk", kind=ForeignKey)
    assert compiled(drop, WITH_KEY) == ["ALTER TABLE t\n\tDROP FOREIGN KEY fk,\n\tDROP INDEX fk"]
    explicit = replace(WITH_KEY, indexes=(index("ix", "a"),))
    assert compiled(drop, explicit) == ["ALTER TABLE t DROP FOREIGN KEY fk"]
    other = replace(FK, name="fk2", columns=("a",), target=TableName("q"))
    shared = replace(WITH_KEY, constraints=(*WITH_KEY.constraints, other))
    # Named after a key that no longer exists, it would not be recognized as implicit by the next comparison.
    assert compiled(drop, shared) == ["ALTER TABLE t\n\tDROP FOREIGN KEY fk,\n\tDROP INDEX fk,\n\tADD INDEX fk2 (a)"]
    assert compiled(replace(drop, name="fk2"), shared) == ["ALTER TABLE t DROP FOREIGN KEY fk2"]


def test_foreign_keys_are_dropped_and_made_without_the_index_showing() -> None:
    drop = DropConstraint(table=T, name="fk", kind=ForeignKey)
    add = AddConstraint(table=T, constraint=FK)
    live = LiveSchema(Schema([WITH_KEY]))
    list(MARIADB.compile([drop, add], live))
    assert live.schema == Schema([WITH_KEY])
    assert live.need(T).indexes[0].implicit


def test_a_column_goes_with_everything_that_stands_on_it() -> None:
    table = replace(
        WITH_KEY,
        constraints=(
            *WITH_KEY.constraints,
            Unique(name="u1", columns=("a",)),
            Unique(name="u2", columns=("a", "name")),
            Check(name="ck", sql="`a` > `id`", columns=("a", "id")),
        ),
        indexes=(IMPLICIT, index("ix", "name", "a")),
    )
    assert compiled(DropColumn(table=T, name="a"), table) == [
        "ALTER TABLE t\n\tDROP INDEX u2,\n\tDROP CONSTRAINT ck,\n\tDROP FOREIGN KEY fk,\n\tDROP INDEX ix,\n\tDROP COLUMN a"  # noqa: E501
    ]


@pytest.mark.parametrize(
    ("constraint", "sql"),
    [
        (Unique(name="u", columns=("a",)), "DROP INDEX u"),
        (Check(name="ck", sql="`a` > 0"), "DROP CONSTRAINT ck"),
    ],
)
def test_constraints_are_dropped_by_kind_known_or_found(constraint: Unique | Check, sql: str) -> None:
    table = replace(PLAIN, constraints=(*PLAIN.constraints, constraint))
    for kind in (type(constraint), None):
        operation = DropConstraint(table=T, name=str(constraint.name), kind=kind)
        assert compiled(operation, table) == [
            f"ALTER TABLE t {sql}",
        ]


def test_mysql_before_8_0_19_has_no_drop_constraint() -> None:
    old = dialect(mariadb=False)
    old.sa.server_version_info = (8, 0, 16)
    old = MySQL(old.sa)
    table = replace(PLAIN, constraints=(Check(name="ck", sql="`a` > 0"),))
    assert compiled(DropConstraint(table=T, name="ck", kind=Check), table, old) == ["ALTER TABLE t DROP CHECK ck"]


def test_a_unique_constraint_may_be_said_as_an_index_and_the_other_way_round() -> None:
    as_constraint = replace(PLAIN, constraints=(*PLAIN.constraints, Unique(name="u", columns=("a",))))
    as_index = replace(PLAIN, indexes=(replace(index("u", "a"), unique=True),))
    for table in (as_constraint, as_index):
        for operation in (DropIndex(table=T, name="u"), DropConstraint(table=T, name="u", kind=Unique)):
            live = LiveSchema(Schema([table]))
            (statement,) = MARIADB.compile([operation], live)
            assert "DROP INDEX u" in str(statement.sql)
            assert live.need(T) == PLAIN
    live = LiveSchema(Schema([as_constraint]))
    (statement,) = MARIADB.compile([RenameIndex(table=T, old="u", new="v")], live)
    assert statement.sql == "ALTER TABLE t RENAME INDEX u TO v"
    assert live.need(T).constraint("v") is not None


def test_conditional_operations_do_nothing_where_there_is_nothing_to_do() -> None:
    assert compiled(AddColumn(table=T, column=A, if_not_exists=True)) == []
    assert compiled(DropColumn(table=T, name="nix", if_exists=True)) == []
    assert compiled(DropIndex(table=T, name="nix", if_exists=True)) == []
    assert compiled(DropConstraint(table=T, name="nix", if_exists=True)) == []
    assert compiled(CreateTable(table=PLAIN, if_not_exists=True)) == []
    ix = replace(PLAIN, indexes=(index("ix", "a"),))
    assert compiled(CreateIndex(table=T, index=index("ix", "a"), if_not_exists=True), ix) == []


@pytest.mark.parametrize(
    ("on", "constraint", "name"),
    [
        (MARIADB, Unique(columns=("a", "id")), "a"),
        (MARIADB, replace(FK, name=None), "t_ibfk_1"),
        (MARIADB, Check(sql="`a` > 0"), "CONSTRAINT_1"),
        (ORACLE, Check(sql="`a` > 0"), "t_chk_1"),
        (ORACLE, PrimaryKey(columns=("id",)), None),
    ],
)
def test_the_names_that_the_server_gives(on: MySQL, constraint: Unique, name: str | None) -> None:
    assert on.default_name(PLAIN, constraint) == name


def test_the_next_name_where_some_are_taken() -> None:
    table = replace(
        PLAIN,
        constraints=(
            Unique(name="a", columns=("id",)),
            replace(FK, name="t_ibfk_3"),
            replace(FK, name="t_ibfk_x"),
            Check(name="CONSTRAINT_1", sql="1"),
            Check(name="CONSTRAINT_3", sql="1"),
            Check(name="t_chk_4", sql="1"),
        ),
        indexes=(index("a_2", "a"),),
    )
    assert MARIADB.default_name(table, Unique(columns=("a",))) == "a_3"
    assert MARIADB.default_name(table, replace(FK, name=None)) == "t_ibfk_4"
    assert MARIADB.default_name(table, Check(sql="2")) == "CONSTRAINT_2"
    assert ORACLE.default_name(table, Check(sql="2")) == "t_chk_5"


def test_a_foreign_key_with_the_servers_own_name_is_sent_without_it() -> None:
    """The index is then named after the column, as with create_all()."""
    assert compiled(AddConstraint(table=T, constraint=replace(FK, name="t_ibfk_1"))) == [
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)"
    ]
    assert compiled(AddConstraint(table=T, constraint=replace(FK, name="t_ibfk_7"))) == [
        "ALTER TABLE t\n\tADD CONSTRAINT t_ibfk_7 FOREIGN KEY (a) REFERENCES p (id),\n\tADD INDEX a (a)"
    ]


def test_create_table_has_everything_in_it() -> None:
    table = replace(
        WITH_KEY,
        constraints=(
            *WITH_KEY.constraints,
            Unique(columns=("name",)),
            Check(name="ck", sql="a > 0"),
            replace(FK, name=None),
        ),
        indexes=(
            Index(name="ft", parts=(IndexPart(column="name", length=5),), options=(("mysql_prefix", "FULLTEXT"),)),
        ),
        comment="it's",
        options=(("mysql_collate", "utf8mb4_bin"), ("mysql_engine", "Aria"), ("mysql_partition_by", "HASH(id)")),
    )
    assert compiled(CreateTable(table=table), None) == [
        """CREATE TABLE t (
	id int NOT NULL AUTO_INCREMENT,
	a int,
	name varchar(20) COLLATE utf8mb4_bin NOT NULL DEFAULT 'x' INVISIBLE COMMENT 'it''s 100%',
	PRIMARY KEY (id),
	UNIQUE KEY (name),
	CHECK (a > 0),
	FULLTEXT INDEX ft (name(5)),
	FOREIGN KEY (a) REFERENCES p (id),
	CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id)
) COLLATE=utf8mb4_bin ENGINE=Aria COMMENT='it''s'
PARTITION BY HASH(id)""".replace("CHECK (a > 0)", "CONSTRAINT ck CHECK (a > 0)")
    ]


def test_a_table_in_another_schema_is_named_in_full_everywhere() -> None:
    on = dialect(mariadb=True)
    on.sa.default_schema_name = "main"
    there = TableName("t", "other")
    assert compiled(AddConstraint(table=there, constraint=FK), replace(PLAIN, schema="other"), on) == [
        "ALTER TABLE other.t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES main.p (id)"
    ]
    assert compiled(RenameTable(old=there, new="u"), None, on) == ["ALTER TABLE other.t RENAME TO other.u"]


def test_numbered_names_follow_a_renamed_table() -> None:
    table = replace(
        WITH_KEY, constraints=(replace(FK, name="t_ibfk_1"), Check(name="t_chk_1", sql="1"), Check(name="x", sql="1"))
    )
    live = LiveSchema(Schema([table]))
    assert [str(s.sql) for s in ORACLE.compile([RenameTable(old=T, new="u")], live)] == ["ALTER TABLE t RENAME TO u"]
    assert {c.name for c in live.need(TableName("u")).constraints} == {"u_ibfk_1", "u_chk_1", "x"}


def test_a_renamed_column_is_followed_in_texts() -> None:
    check = Check(name="ck", sql="`a` > 0", columns=("a",))
    table = replace(PLAIN, constraints=(check,))
    rename = RenameColumn(table=T, old="a", new="b")
    assert compiled(rename, table, MARIADB) == ["ALTER TABLE t RENAME COLUMN a TO b"]
    assert compiled(rename, table, ORACLE) == [
        "ALTER TABLE t\n\tDROP CONSTRAINT ck,\n\tRENAME COLUMN a TO b,\n\tADD CONSTRAINT ck CHECK (`b` > 0)"
    ]
    live = LiveSchema(Schema([table]))
    list(MARIADB.compile([rename], live))
    assert live.need(T).constraints == (replace(check, sql="`b` > 0"),)


def test_the_index_called_after_a_column_is_renamed_with_it() -> None:
    table = replace(
        WITH_KEY,
        constraints=(replace(FK, name="t_ibfk_1"),),
        indexes=(Index(name="a", parts=(IndexPart(column="a"),), implicit=True),),
    )
    assert compiled(RenameColumn(table=T, old="a", new="b"), table) == [
        "ALTER TABLE t\n\tRENAME COLUMN a TO b,\n\tRENAME INDEX a TO b"
    ]


def test_table_options_change_and_go_back() -> None:
    table = replace(PLAIN, options=(("mysql_engine", "Aria"), ("mysql_row_format", "PAGE")))
    assert compiled(AlterTable(table=T, set=(("options", ()),)), table) == [
        "ALTER TABLE t\n\tENGINE=InnoDB,\n\tROW_FORMAT=DEFAULT"
    ]
    assert compiled(AlterTable(table=T, set=(("comment", "it's"), ("options", table.options)))) == [
        "ALTER TABLE t\n\tCOMMENT='it''s',\n\tENGINE=Aria,\n\tROW_FORMAT=PAGE"
    ]
    assert compiled(AlterTable(table=T, set=(("comment", None),)), None) == ["ALTER TABLE t COMMENT=''"]


def test_a_new_collation_is_given_to_the_columns_that_follow_the_table() -> None:
    table = replace(PLAIN, columns=(ID, replace(NAME, name="own"), Column(name="c", type=Type(sql="text"))))
    assert compiled(AlterTable(table=T, set=(("options", (("mysql_collate", "latin1_bin"),)),)), table) == [
        "ALTER TABLE t\n\tCOLLATE=latin1_bin,\n\tMODIFY COLUMN c text"
    ]


def test_partitions_cannot_be_changed() -> None:
    operation = AlterTable(table=T, set=(("options", (("mysql_partition_by", "HASH(id)"),)),))
    with pytest.raises(NotSupported, match='partitions of table "t" cannot be changed'):
        compiled(operation)


def test_what_may_change_under_a_foreign_key() -> None:
    wider, unsigned = (
        replace(NAME, type=replace(NAME.type, sql="varchar(30)")),
        replace(A, type=Type(sql="int unsigned")),
    )
    for on in (MARIADB, ORACLE):
        assert on.keeps_foreign_key(A, replace(A, nullable=False, comment="x", default=Default(sql="1")))
        assert not on.keeps_foreign_key(A, unsigned)
        assert not on.keeps_foreign_key(NAME, wider)
    assert MARIADB.keeps_foreign_key(ID, replace(ID, autoincrement=False))
    assert not ORACLE.keeps_foreign_key(ID, replace(ID, autoincrement=False))
