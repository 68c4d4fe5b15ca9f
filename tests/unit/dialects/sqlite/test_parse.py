"""The reader of stored statements, against what SQLite itself made of them (PRAGMAs) and what was meant."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemashift.dialects.sqlite.parse import ParseError, parse_index, parse_table
from schemashift.dialects.sqlite.tokens import TokenError, names_in, significant, tokenize
from schemashift.schema import Check, ForeignKey, PrimaryKey, TableName, Unique

ACCEPTED = [
    "CREATE TABLE t (a)",
    "CREATE TABLE t(a,b)",
    "CREATE TABLE\n\tt\n(\na INT\n,\nb TEXT\n)",
    "create table T (A integer PRIMARY key autoincrement, B text collate nocase)",
    "CREATE TABLE t (x /*c*/ int --foo\n,y)",
    "CREATE TABLE t ([a b] int, `c` int, \"d\"\"e\" int, 'f''g' int)",
    "CREATE TABLE t (a 'x y' (1, -2), b VARCHAR(10,2), c DOUBLE   PRECISION, d unsigned big int(5))",
    "CREATE TABLE t (a int constraint nn not null on conflict ignore null unique, b default 'x' collate rtrim)",
    "CREATE TABLE t (a int, b as (a + 1), c text GENERATED ALWAYS AS (a || ')') STORED NOT NULL, d as (1) virtual)",
    "CREATE TABLE t (y generated always, always int, key int, generated int)",
    "CREATE TABLE t (x constraint a constraint b check (x) , y constraint z)",
    "CREATE TABLE t (x, y, primary key (x) unique (y) check (x) foreign key (x) references p, constraint q unique (y))",
    "CREATE TABLE t (x references p (a) not deferrable, y references p not null deferrable initially deferred)",
    "CREATE TABLE t (x references p match full on update set null on delete no action deferrable not null)",
    "CREATE TABLE t (a, b, c, foreign key (a, b) references p (x, y) on delete set default on insert cascade)",
    'CREATE TABLE t (a default abc, b default true, c default "q", d default -1.5e3, e default (1 + (2)))',
    "CREATE TABLE t (a default +5, b default (-5))",
    "CREATE TABLE t (a default current_timestamp, b default x'00', c default `q`, d default [z], e default 'it''s')",
    "CREATE TABLE t (a TEXT, b TEXT, UNIQUE (a COLLATE nocase DESC, b) ON CONFLICT REPLACE)",
    "CREATE TABLE t (a integer, primary key (a autoincrement))",
    "CREATE TABLE t (a int primary key desc)",
    "CREATE TABLE t (a int primary key) strict, without rowid",
    "CREATE TABLE t (a int primary key, b text) WITHOUT  rowid",
    "CREATE TABLE t (a check (t.a > 0 and 'x)' <> a /* ) */), check (a in (1, 2)))",
    "CREATE TABLE t (temp int, view int, end int, begin int, row int, cast int, cross int, replace int)",
    "CREATE TABLE t (été int, a$b int, _x int)",
    "CREATE TABLE t (a collate nocase collate rtrim, b default 1 default 2, c not null not null)",
    'CREATE TABLE "t" ("check" CHECK ("check" > 0) , "primary" int, "unique" UNIQUE)',
    "CREATE TABLE t (a int not deferrable initially immediate, b int)",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", CAST(2 AS REAL) AS d",
]


def made(sql: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE p (a PRIMARY KEY, x, y, UNIQUE (x, y))")
    connection.execute(sql)
    return connection


def stored(connection: sqlite3.Connection, name: str = "t") -> str:
    (row,) = connection.execute("SELECT sql FROM sqlite_master WHERE lower(name) = ?", (name,))
    return str(row[0])


@pytest.mark.parametrize("sql", ACCEPTED)
def test_it_sees_what_sqlite_sees(sql: str) -> None:
    compare_with_pragmas(made(sql))


def compare_with_pragmas(connection: sqlite3.Connection) -> None:
    """Columns, defaults, NOT NULL, generated, primary key, unique, foreign keys, table options."""
    text = parse_table(stored(connection))
    columns = connection.execute("PRAGMA table_xinfo(t)").fetchall()
    assert [column.name for column in text.columns] == [row[1] for row in columns]
    for column, (_, name, type_, not_null, default, _, hidden) in zip(text.columns, columns, strict=True):
        assert squeezed(column.type) == squeezed(without_comments(type_)), name
        assert bool(column.of("not null")) == bool(not_null) or without_rowid_key(text, name), name
        assert {0: (0, False), 2: (1, False), 3: (1, True)}[hidden] == (
            len(column.of("generated")),
            any(clause.stored for clause in column.of("generated")),
        )
        if not hidden:
            defaults = column.of("default")
            text_ = defaults[-1].text if defaults else None
            # A PRAGMA leaves the parentheses out.
            assert squeezed(text_[1:-1] if text_ and text_[0] == "(" else text_) == squeezed(default)
    constraints = [c.constraint for column in text.columns for c in column.of("constraint") if c.constraint]
    constraints += [item.constraint for item in text.constraints]
    keys = [c for c in constraints if isinstance(c, PrimaryKey)]
    by_place = sorted((row[5], row[1]) for row in columns if row[5])
    assert [name.lower() for c in keys for name in c.columns] == [name.lower() for _, name in by_place]
    assert sorted({lowered(c.columns) for c in constraints if isinstance(c, Unique)}) == sorted(unique_in(connection))
    assert sorted(described(c) for c in constraints if isinstance(c, ForeignKey)) == sorted(foreign_in(connection))
    (listed,) = connection.execute("SELECT wr, strict FROM pragma_table_list WHERE name = 't' COLLATE nocase")
    assert (text.without_rowid, text.strict) == (bool(listed[0]), bool(listed[1]))


def squeezed(text: str | None) -> str | None:
    return None if text is None else "".join(text.split()).lower()


def without_comments(text: str) -> str:
    return "".join(token.text for token in tokenize(text) if token.kind != "comment")


def without_rowid_key(text: object, name: str) -> bool:
    return bool(getattr(text, "without_rowid", False))


def lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def unique_in(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    found = set()
    for row in connection.execute("PRAGMA index_list(t)").fetchall():
        if row[3] == "u":
            parts = connection.execute(f"PRAGMA index_info({row[1]})").fetchall()
            found.add(tuple(part[2].lower() for part in parts))
    return found


def described(key: ForeignKey) -> tuple[object, ...]:
    return (
        key.target.name.lower(),
        lowered(key.columns),
        lowered(key.target_columns),
        key.on_update or "NO ACTION",
        key.on_delete or "NO ACTION",
    )


def foreign_in(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    keys: dict[int, list[tuple[object, ...]]] = {}
    for row in connection.execute("PRAGMA foreign_key_list(t)").fetchall():
        keys.setdefault(row[0], []).append(row)
    return [
        (
            str(rows[0][2]).lower(),
            tuple(str(row[3]).lower() for row in rows),
            tuple(str(row[4]).lower() for row in rows if row[4] is not None),
            rows[0][5],
            rows[0][6],
        )
        for rows in keys.values()
    ]


# What PRAGMAs do not tell -------------------------------------------------------------------------------------------


def test_names_checks_and_conflicts() -> None:
    text = parse_table(
        "CREATE TABLE t (a INT CONSTRAINT one CHECK (a > 0) CONSTRAINT two UNIQUE ON CONFLICT IGNORE "
        'CONSTRAINT three REFERENCES p (x) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "fo ur" CHECK (a < 9), CHECK (1))'
    )
    inline = [clause.constraint for clause in text.columns[0].of("constraint")]
    assert inline == [
        Check(sql="a > 0", name="one"),
        Unique(columns=("a",), name="two", options=(("sqlite_on_conflict", "IGNORE"),)),
        ForeignKey(
            columns=("a",),
            target=TableName("p"),
            target_columns=("x",),
            name="three",
            deferrable=True,
            initially="DEFERRED",
        ),
    ]
    assert [item.constraint for item in text.constraints] == [Check(sql="a < 9", name="fo ur"), Check(sql="1")]


def test_a_name_that_nothing_follows_names_nothing() -> None:
    text = parse_table("CREATE TABLE t (a CONSTRAINT one, b, CHECK (a), CONSTRAINT two, UNIQUE (b))")
    assert [item.constraint.name for item in text.constraints] == [None, None]


def test_a_deferrable_that_comes_late_belongs_to_the_foreign_key() -> None:
    (column,) = parse_table("CREATE TABLE t (a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED)").columns
    clause = column.of("constraint")[0]
    assert isinstance(clause.constraint, ForeignKey)
    assert clause.constraint.initially == "DEFERRED"
    assert len(clause.spans) == 2


def test_comments_belong_to_the_part_on_their_line() -> None:
    text = parse_table(
        "CREATE TABLE t ( -- first\n a INT, -- the a\n -- before b\n b INT /* in */ NOT NULL, /* c's */ c INT -- end\n)"
    )
    assert [(c.before, c.after) for c in text.columns] == [
        (("-- first",), ("-- the a",)),
        (("-- before b",), ()),
        (("/* c's */",), ("-- end",)),
    ]


def test_an_index() -> None:
    index = parse_index(
        "CREATE UNIQUE INDEX \"i x\" ON t (a COLLATE nocase DESC, lower(b), (c + 1) ASC, 'd')  WHERE a > ')' -- mostly"
    )
    assert (index.name, index.table, index.unique) == ("i x", "t", True)
    assert [(p.text, p.name, p.collation, p.descending) for p in index.parts] == [
        ("a", "a", "nocase", True),
        ("lower(b)", None, None, False),
        ("(c + 1)", None, None, False),
        ("'d'", "d", None, False),
    ]
    assert index.where == "a > ')' -- mostly"


@pytest.mark.parametrize(
    ("sql", "position"),
    [
        ("CREATE TABLE t (a INT", 21),
        ("CREATE TABLE t (a INT ? b)", 22),
        ("CREATE TABLE t ()", 16),
        ("CREATE TABLE t (a) WITH MAGIC", 18),
        ("CREATE TABLE t (a 'b", 18),
        ("CREATE VIEW v AS SELECT 1", 7),
    ],
)
def test_what_it_does_not_understand_it_says_where(sql: str, position: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse_table(sql)
    assert caught.value.position == position


# Properties ---------------------------------------------------------------------------------------------------------

NAME = st.one_of(
    st.sampled_from(["a", "b1", "_c", "key", "desc", "é", "first", "row"]), st.text(min_size=1, max_size=6)
).filter(lambda text: "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text))


@st.composite
def quoted_name(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and how it may be written."""
    name = draw(NAME)
    ways = ['"' + name.replace('"', '""') + '"', "`" + name.replace("`", "``") + "`"]
    ways += [f"[{name}]"] if "]" not in name else []
    ways += [name] if name in ("a", "b1", "_c", "key", "é", "first", "row") else []
    return name, draw(st.sampled_from(ways))


GAP = st.sampled_from([" ", "\n", "\t ", " /* ) , ' */ ", " -- x, '\n", "/**/"])
TYPE = st.sampled_from(["", "INT", "varchar(10)", "double  precision", "'odd type'", "DECIMAL(10, -2)", "x y z"])
CLAUSE = st.sampled_from(
    [
        "NOT NULL",
        "not null on conflict ignore",
        "DEFAULT 'a,)b'",
        "DEFAULT (1 + (2))",
        "default -5",
        "COLLATE nocase",
        "CHECK (1 > 0 or ')' = '(')",
        'CONSTRAINT "c x" CHECK (1)',
        "CONSTRAINT only_a_name",
        "NULL",
        "REFERENCES p (x) ON DELETE CASCADE DEFERRABLE",
        "references p not deferrable initially deferred",
        "UNIQUE",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(quoted_name(), TYPE, st.lists(CLAUSE, max_size=4)), min_size=1, max_size=4), st.data())
def test_random_tables(columns: list[tuple[tuple[str, str], str, list[str]]], data: st.DataObject) -> None:
    def gap() -> str:
        return str(data.draw(GAP))

    items = []
    for (_, written), type_, clauses in columns:
        items.append(gap().join([written, *filter(None, [type_]), *clauses]))
    if data.draw(st.booleans()):
        items.append(
            f"CHECK{gap()}({gap()}1{gap()}){gap()}CONSTRAINT u UNIQUE{gap()}({columns[0][0][1]} COLLATE nocase)"
        )
    sql = f"CREATE TABLE{gap()}t{gap()}({gap()}{(gap() + ',' + gap()).join(items)}{gap()})"
    try:
        connection = made(sql)
    except sqlite3.Error:
        return
    compare_with_pragmas(connection)


@settings(max_examples=500, deadline=None)
@given(st.text())
def test_tokens_cover_the_text(text: str) -> None:
    try:
        tokens = list(tokenize(text))
    except TokenError:
        with pytest.raises(TokenError) as caught:
            list(tokenize(text))
        assert 0 <= caught.value.position < len(text)
        return
    assert "".join(token.text for token in tokens) == text
    assert names_in(text) >= {token.name.lower() for token in significant(text) if token.kind == "quoted"}


def test_the_inspector_agrees_where_it_can_see() -> None:
    """SQLAlchemy reads names by patterns over lines: on its own statements both see the same."""
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a b", sa.String(5), nullable=False, server_default="x"),
        sa.Column("p", sa.ForeignKey("p.id", name="fk", ondelete="CASCADE", deferrable=True, initially="DEFERRED")),
        sa.UniqueConstraint("a b", "p", name="uq"),
        sa.CheckConstraint("p > 0", name="ck"),
    )
    metadata.create_all(engine)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        text = parse_table(str(connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar()))
        own = {item.constraint.name: item.constraint for item in text.constraints}
        assert [column["name"] for column in inspector.get_columns("t")] == [column.name for column in text.columns]
        (unique,) = inspector.get_unique_constraints("t")
        assert own[unique["name"]].columns == tuple(unique["column_names"])
        (check,) = inspector.get_check_constraints("t")
        found = own[check["name"]]
        assert isinstance(found, Check)
        assert found.sql == check["sqltext"]
        (key,) = inspector.get_foreign_keys("t")
        foreign = own[key["name"]]
        assert isinstance(foreign, ForeignKey)
        assert foreign.on_delete == key["options"]["ondelete"]
        assert foreign.initially == key["options"]["initially"]
