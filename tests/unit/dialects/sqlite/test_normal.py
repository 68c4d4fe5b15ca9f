"""The normal form: what means the same to SQLite is equal, what does not is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from schemashift.dialects.sqlite import SQLite
from schemashift.dialects.sqlite.text import Names, canonical, canonical_default, renamed_in
from schemashift.dialects.sqlite.tokens import SPACE, TokenError, significant
from schemashift.dialects.sqlite.types import affinity, type_engine, type_text
from schemashift.schema import (
    Check,
    Column,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
    options,
)
from schemashift.sqla import lift

DIALECT = SQLite(sqlite_dialect())
NAMES = Names.of("t", ["a", "B", "order", "c d", "key"], DIALECT.ddl.quote)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a>0", "( (a  > 0) )"),
        ("a > 0 AND a<5", "A > 0 and \"a\" < 5"),
        ("t.a > 0", '[a] > 0'),
        ('"t"."a" > 0', "a /* why */ > 0 -- so"),
        ("a <> 1", "a != 1"),
        ("a == 1", "a = 1"),
        ("LOWER(a) = 'X'", "lower ( a ) = 'X'"),
        ("a in (1,2)", "a IN ( 1, 2 )"),
        ("a - -1", "a - - 1"),
        ("-a", "- a"),
        ("a collate nocase = 'x'", 'a COLLATE "NOCASE" = \'x\''),
        ("\"order\" > 1", "[order] > 1"),
        ("cast(a as integer)", "CAST (a AS INTEGER)"),
        ("a || x'0f'", "a||X'0F'"),
        ("key = 1", '"key" = 1'),
        ("replace(a, 'x', 'y')", "REPLACE (a,'x','y')"),
        ("a is not null", "a IS NOT NULL"),
        ("1E5", "1e5"),
    ],
)  # fmt: skip
def test_the_same(one: str, other: str) -> None:
    assert canonical(one, NAMES) == canonical(other, NAMES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a = 'x'", "a = 'X'"),
        ("a = 'x y'", "a = 'x  y'"),
        ("(a) + (b)", "a) + (b"),
        ("a + B * 2", "(a + B) * 2"),
        ("a = 1", "a = '1'"),
        ("a -1", "a + 1"),
        ("a = b'", "a = 'b'"),
        ("[word] = 1", "'word' = 1"),
        ("a > 0", "B > 0"),
        ("not a", "a"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert canonical(one, NAMES) != canonical(other, NAMES)


def test_texts_read_as_a_person_writes_them() -> None:
    assert canonical('a>0 and(ORDER_(a)or b in(1,-2)) AND NOT "c d"', NAMES) == (
        'a > 0 AND (order_(a) OR "B" IN (1, -2)) AND NOT "c d"',
        ("a", "B", "c d"),
    )
    assert canonical("case when a then 1 else-1 end", NAMES)[0] == "CASE WHEN a THEN 1 ELSE -1 END"


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("(1)", "1"),
        ("((current_timestamp))", "CURRENT_TIMESTAMP"),
        ("null", None),
        ("1+2", "(1 + 2)"),
        ("(datetime('now'))", "(datetime('now'))"),
        ("word", "'word'"),
        ('"it\'s"', "'it''s'"),
        ("true", "TRUE"),
        ("- 5", "-5"),
        ("'a%:b'", "'a%:b'"),
        ("x'ab'", "X'AB'"),
    ],
)
def test_defaults(sql: str, wanted: str | None) -> None:
    assert canonical_default(sql, NAMES) == wanted
    if wanted is not None:
        assert canonical_default(wanted, NAMES) == wanted


WORDS = st.sampled_from(
    """a "a" B [order] 'x' 1 - + ( ) AND not in , lower( || t.a = x'00' collate nocase is cast( /*c*/""".split()
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_canonical_is_idempotent_and_keeps_the_meaning(text: str) -> None:
    once, used = canonical(text, NAMES)
    assert canonical(once, NAMES) == (once, used)
    # A sign must never become a comment, and no token may swallow its neighbour.
    assert canonical("  ".join(token.text for token in significant(text)), NAMES) == (once, used)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_has_a_canonical_form(text: str) -> None:
    once, _ = canonical(text, NAMES)
    try:
        significant(text)
    except TokenError:
        assert once == text.strip(SPACE)
    assert canonical(once, NAMES)[0] == once


def test_a_renamed_column_in_a_text() -> None:
    assert renamed_in("a > 0 AND a != 'a' AND lower(a) = 1", NAMES, "a", "New") == (
        '"New" > 0 AND "New" != \'a\' AND lower("New") = 1'
    )


# Types --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "wanted", "kind"),
    [
        ("varchar ( 10,2 )", "VARCHAR(10, 2)", "TEXT"),
        ("double   precision", "DOUBLE PRECISION", "REAL"),
        ("", "", "BLOB"),
        ("Unsigned Big Int", "UNSIGNED BIG INT", "INTEGER"),
        ("decimal(10, 5)", "DECIMAL(10, 5)", "NUMERIC"),
        ("datetime", "DATETIME", "NUMERIC"),
        ("POINT", "POINT", "INTEGER"),
        ('"odd Type"', '"odd Type"', "NUMERIC"),
        ("VARCHAR(10,2)", "VARCHAR(10, 2)", "TEXT"),
    ],
)
def test_types(sql: str, wanted: str, kind: str) -> None:
    assert type_text(sql) == wanted == type_text(wanted)
    assert affinity(sql) == kind


TYPES = """
    INTEGER BIGINT SMALLINT BOOLEAN DATE DATETIME TIME TIMESTAMP FLOAT DOUBLE REAL NUMERIC DECIMAL VARCHAR TEXT CLOB
    CHAR NVARCHAR NCHAR BLOB JSON INT TINYTEXT ANY BOOL VARCHAR(50) CHAR(32) NUMERIC(10) DECIMAL(7) BINARY(16)
    VARBINARY(3) VARCHAR(max) FLOAT(5)
""".split()


@pytest.mark.parametrize("sql", [*TYPES, "", "NUMERIC(10, 2)", "VARCHAR(10, 2)", "INT UNSIGNED", "DOUBLE PRECISION"])
@pytest.mark.parametrize("collation", [None, "NOCASE"])
def test_a_type_that_was_read_is_written_back_exactly(sql: str, collation: str | None) -> None:
    engine = type_engine(sql, collation)
    lifted = lift.lift_type(engine, DIALECT.sa)
    column = Column(name="a", type=lifted)
    (found,) = DIALECT.normal(Table(name="t", columns=(column,))).columns
    assert found.type == Type(sql=type_text(sql), collation=collation)


# Tables -------------------------------------------------------------------------------------------------------------


def table(*constraints: object, **changes: object) -> Table:
    columns = tuple(Column(name=name, type=Type(sql="INTEGER"), nullable=True) for name in ("id", "a", "b"))
    return Table(name="t", columns=columns, constraints=constraints, **changes)  # type: ignore[arg-type]


def test_what_says_nothing_is_left_out() -> None:
    key = ForeignKey(
        columns=("A",),
        target=TableName("T"),
        target_columns=("ID",),
        on_delete="no action",
        deferrable=False,
        initially="IMMEDIATE",
        match="simple",
    )
    noisy = table(
        key,
        Unique(columns=("a",), options=options([("sqlite_on_conflict", "abort"), ("postgresql_x", 1)])),
        comment="words",
        options=options([("mysql_engine", "InnoDB"), ("sqlite_strict", False), ("sqlite_with_rowid", True)]),
    )
    noisy = replace(noisy, columns=tuple(replace(c, comment="words", autoincrement=True) for c in noisy.columns))
    quiet = table(ForeignKey(columns=("a",), target=TableName("t"), target_columns=("id",)), Unique(columns=("a",)))
    assert DIALECT.normal(noisy) == DIALECT.normal(quiet) == quiet


def test_a_collation_that_goes_without_saying() -> None:
    binary = Column(name="a", type=Type(sql="TEXT", collation="binary"))
    (found,) = DIALECT.normal(Table(name="t", columns=(binary,))).columns
    assert found.type == Type(sql="TEXT")


def test_a_table_that_is_only_partly_known_keeps_its_names() -> None:
    """`op` creates constraints without the table's columns: a quoted one must not become a string."""
    (check,) = DIALECT.normal(Table(name="t", constraints=(Check(sql='"when" > 1 AND "b" = 2'),))).constraints
    (known,) = DIALECT.normal(table(check)).constraints
    assert known == Check(sql='"when" > 1 AND b = 2')


def test_a_key_to_another_database_file_is_left_out() -> None:
    away = ForeignKey(columns=("a",), target=TableName("x", "other"), target_columns=("id",))
    assert DIALECT.normal(table(away)).constraints == ()


def test_a_column_of_the_primary_key_is_compared_without_its_not_null() -> None:
    """Both spellings mean the same to people; a column that is no key on one side is compared."""
    nullable = DIALECT.normal(table(PrimaryKey(columns=("A",))))
    required = replace(nullable, columns=tuple(replace(each, nullable=False) for each in nullable.columns))
    assert [each.nullable for each in DIALECT.spelled_like(nullable, required).columns] == [True, False, True]
    assert [each.nullable for each in DIALECT.spelled_like(required, nullable).columns] == [False, True, False]
    keyless = replace(nullable, constraints=())
    assert DIALECT.spelled_like(keyless, required) == keyless
    assert DIALECT.spelled_like(nullable, replace(required, constraints=())) == nullable


@pytest.mark.parametrize("name", ["t_a_key", "t_a_key1", None])
def test_a_default_name_is_no_name(name: str | None) -> None:
    assert DIALECT.normal(table(Unique(columns=("a",), name=name))).constraints == (Unique(columns=("a",)),)
    kept = Unique(columns=("a",), name="t_a_key_x")
    assert DIALECT.normal(table(kept)).constraints == (kept,)


def test_a_unique_index_is_no_unique_constraint() -> None:
    index = Index(name="i", parts=(IndexPart(column="a"),), unique=True)
    normal = DIALECT.normal(table(indexes=(index,)))
    assert normal.constraints == ()
    assert normal.indexes == (index,)


def test_index_parts_are_taken_apart() -> None:
    written = Index(name="i", parts=(IndexPart(expression='"A" COLLATE "nocase" DESC'), IndexPart(expression="(b+1)")))
    (normal,) = DIALECT.normal(table(indexes=(written,))).indexes
    assert normal.parts == (IndexPart(column="a", collation="NOCASE", descending=True), IndexPart(expression="b + 1"))
    assert normal.uses == ("b",)


def test_spelled_like_takes_the_models_spelling_where_sqlite_sees_no_difference() -> None:
    def made(type_: str, default: str, *constraints: PrimaryKey) -> Table:
        column = Column(name="a", type=Type(sql=type_), default=Default(sql=default))
        return Table(name="t", columns=(column,), constraints=constraints)

    assert DIALECT.spelled_like(made("INT", "0"), made("INTEGER", "'0'")) == made("INTEGER", "'0'")
    assert DIALECT.spelled_like(made("BOOL", "TRUE"), made("BOOLEAN", "1")) == made("BOOLEAN", "1")
    assert DIALECT.spelled_like(made("TEXT", "0"), made("TEXT", "'0'")) == made("TEXT", "0")
    key = PrimaryKey(columns=("a",))
    assert DIALECT.spelled_like(made("INT", "0", key), made("INTEGER", "0", key)) == made("INT", "0", key)


def test_checks_know_their_columns() -> None:
    (check,) = DIALECT.normal(table(Check(sql="b > 'a' and ID=1"))).constraints
    assert (check.columns, check) == (("id", "b"), Check(sql="b > 'a' AND id = 1"))


# Models -------------------------------------------------------------------------------------------------------------


def zoo() -> sa.MetaData:
    """Everything that a model can declare for SQLite."""
    metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(column_0_label)s"})
    parent = sa.Table(
        "Parent",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("Name", sa.String(50, collation="NOCASE"), unique=True, sqlite_on_conflict_unique="IGNORE"),
        sa.Column("order", sa.Text, server_default="it's 100%", index=True),
        sa.Column("number", sa.Numeric(10, 2), server_default=sa.text("-1")),
        sa.Column("made", sa.DateTime, server_default=sa.func.now(), nullable=False),
        sa.Column("on", sa.Boolean(create_constraint=True), server_default=sa.true()),
        sa.Column(
            "kind",
            sa.Enum("a", "b'c", create_constraint=True, name="kinds"),
            nullable=False,
            sqlite_on_conflict_not_null="FAIL",
        ),
        sa.Column("twice", sa.Integer, sa.Computed("number * 2 - -1", persisted=True)),
        sa.Column("text", sa.String, sa.Computed(sa.text("\"Name\"||' x'"))),
        sa.Column("data", sa.JSON, comment="words", server_default=sa.text("'{}'")),
        sa.Column("bytes", sa.LargeBinary, server_default=sa.null()),
        sa.Column("uuid", sa.Uuid),
        sa.Column("long", sa.Interval),
        sa.Column("real", sa.Double),
        sa.Column("day", sa.Date, server_default=sa.text("(date('now'))")),
        sa.Column("empty", sa.Unicode(5), server_default=""),
        sa.CheckConstraint("number>0 and \"order\" <> 'x'", name="ck1"),
        sa.CheckConstraint("number < 10"),
        sa.CheckConstraint("number < 1000 OR 1=1"),
        sa.UniqueConstraint("number", "made", name="Parent_number_made_key"),
        comment="words",
        sqlite_autoincrement=True,
    )
    sa.Index(None, parent.c.number.desc(), sa.func.lower(parent.c.order), unique=True, sqlite_where=parent.c.number > 5)
    sa.Index("collated", parent.c.order.collate("NOCASE").desc(), postgresql_where=parent.c.number > 1)
    sa.Index("plain", sa.text("number + 1"), parent.c.order, sqlite_where=sa.text("\"order\" like 'x%'"))
    sa.Table(
        "child",
        metadata,
        sa.Column(
            "a",
            sa.ForeignKey("Parent.id", ondelete="cascade", deferrable=True, initially="deferred", name="fk"),
            primary_key=True,
        ),
        sa.Column("b", sa.String, primary_key=True),
        sa.Column("up_a", sa.Integer),
        sa.Column("up_b", sa.String, sqlite_on_conflict_not_null="IGNORE"),
        sa.ForeignKeyConstraint(["up_a", "up_b"], ["child.a", "child.b"], onupdate="SET NULL", ondelete="NO ACTION"),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "strict", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("t", sa.Text), sqlite_strict=True
    )
    sa.Table(
        "key",
        metadata,
        sa.Column("key", sa.Text, primary_key=True, sqlite_on_conflict_primary_key="REPLACE"),
        sa.Column("select", sa.BigInteger, server_default="0", nullable=False),
    )
    sa.Table(
        "cycle1",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.ForeignKey("cycle2.id", name="x1")),
    )
    sa.Table(
        "cycle2",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.ForeignKey("cycle1.id", name="x2", use_alter=True)),
    )
    sa.Table(
        "counted_foreign",
        metadata,
        sa.Column("id", sa.ForeignKey("Parent.id"), primary_key=True),
        sqlite_autoincrement=True,
    )
    return metadata  # fmt: skip


@pytest.mark.parametrize("name", sorted(zoo().tables))
def test_a_model_equals_what_create_all_makes_of_it(name: str) -> None:
    metadata = zoo()
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    dialect = SQLite(engine.dialect)
    with engine.connect() as connection:
        read = dialect.read(connection).schema.table(TableName(name))
    wanted = dialect.normal(lift.lift_table(metadata.tables[name], engine.dialect))
    assert read is not None
    if name == "cycle2":
        # SQLAlchemy leaves a foreign key with use_alter out on SQLite.
        wanted = replace(wanted, constraints=tuple(c for c in wanted.constraints if c.name != "x2"))
        read = replace(read, constraints=tuple(c for c in read.constraints if c.name != "x2"))
    assert read == wanted
    assert dialect.normal(read) == read
    assert dialect.normal(wanted) == wanted
    again = sa.create_engine("sqlite://")
    with again.connect() as connection:
        connection.exec_driver_sql(dialect.ddl.create(read), execution_options={"no_parameters": True})
        for index in read.indexes:
            sql = dialect.ddl.index(read.table_name, index)
            connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        found = dialect.read(connection).schema.table(TableName(name))
        assert found is not None
        known = {k.name: k.target_columns for k in read.foreign_keys}
        assert {k.name: k.target_columns for k in found.foreign_keys} == known
        assert found == read
