"""Databases that other hands made: DDL in each database's habits, and things that are nobody's business but theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from schemashift import Migrator
from schemashift.errors import UsageError


def run(url: str, *statements: str) -> None:
    """Send text as it is, outside transactions where the database has them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def migrator(url: str, metadata: sa.MetaData, folder: Path) -> Migrator:
    made = Migrator(url, models=metadata, directory=folder / "migrations")
    made.init()
    return made


def differences(url: str, metadata: sa.MetaData, folder: Path) -> list[str]:
    return [str(operation) for operation in migrator(url, metadata, folder).diff().operations]


class Habit(NamedTuple):
    """DDL that somebody wrote, and models that mean the same. ``p`` is a table that is there already."""

    sql: str
    models: Callable[[], sa.MetaData]


def table(name: str, *parts: Any, **options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(name, metadata, *parts, **options)
    return metadata


def key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def parent(metadata: sa.MetaData) -> sa.MetaData:
    sa.Table("p", metadata, key())
    return metadata


def indexed() -> sa.MetaData:
    metadata = table("t", key(), sa.Column("a", sa.Integer), sa.Column("b", sa.Text))
    made = metadata.tables["t"]
    sa.Index("ix_a", made.c.a, made.c.b, unique=True)
    sa.Index("ix_lower", sa.func.lower(made.c.b), sqlite_where=sa.text("a IS NOT NULL AND a > 5"))
    return metadata


def options_sqlite() -> sa.MetaData:
    metadata = table("t", key(), sa.Column("a", sa.Text(collation="NOCASE")), sqlite_autoincrement=True)
    sa.Table("w", metadata, sa.Column("a", sa.Text, primary_key=True), sqlite_with_rowid=False)
    return metadata


def identities() -> sa.MetaData:
    metadata = table("t", sa.Column("id", sa.Integer, sa.Identity(), primary_key=True))
    sa.Table("u", metadata, sa.Column("id", sa.BigInteger, sa.Identity(always=True, start=10), primary_key=True))
    return metadata


def indexed_postgresql() -> sa.MetaData:
    metadata = table("t", key(), sa.Column("a", sa.Integer), sa.Column("b", sa.Text), sa.Column("c", postgresql.JSONB))
    made = metadata.tables["t"]
    sa.Index("ix_a", made.c.a, made.c.b, unique=True)
    sa.Index("ix_lower", sa.func.lower(made.c.b), postgresql_where=sa.text("a IS NOT NULL AND a > 5"))
    sa.Index("ix_c", made.c.c, postgresql_using="gin")
    return metadata


SQLITE: dict[str, Habit] = {
    "lower case and tabs": Habit(
        "create table t(id integer not null primary key,\n\tname varchar(20)  not null default 'x',n int)",
        lambda: table(
            "t",
            key(),
            sa.Column("name", sa.String(20), nullable=False, server_default="x"),
            sa.Column("n", sa.Integer),
        ),
    ),
    "names quoted in every way": Habit(
        'CREATE TABLE [t] ("id" INTEGER PRIMARY KEY, `name` VARCHAR(20), [a b] INTEGER, '
        "CONSTRAINT [uq] UNIQUE (`name`))",
        lambda: table(
            "t",
            key(),
            sa.Column("name", sa.String(20)),
            sa.Column("a b", sa.Integer),
            sa.UniqueConstraint("name", name="uq"),
        ),
    ),
    "comments": Habit(
        "CREATE TABLE t ( -- the table, its (columns\n  id INTEGER PRIMARY KEY, /* it's, a comment */\n"
        "  name VARCHAR(20) -- DEFAULT 'x', UNIQUE (name)\n  /* CHECK (n > 0) */, "
        "n INTEGER DEFAULT /* ) */ 5 -- end\n)",
        lambda: table(
            "t", key(), sa.Column("name", sa.String(20)), sa.Column("n", sa.Integer, server_default=sa.text("5"))
        ),
    ),
    "constraints inline": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER CHECK (a > 0) UNIQUE REFERENCES p (id) ON DELETE CASCADE, "
        "b TEXT CONSTRAINT ck_b CHECK (b <> 'x,)') NOT NULL)",
        lambda: parent(
            table(
                "t",
                key(),
                sa.Column("a", sa.Integer, sa.ForeignKey("p.id", ondelete="CASCADE"), unique=True),
                sa.Column("b", sa.Text, nullable=False),
                sa.CheckConstraint("a > 0"),
                sa.CheckConstraint("b <> 'x,)'", name="ck_b"),
            )
        ),
    ),
    "a key to a table without its column": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER REFERENCES p)",
        lambda: parent(table("t", key(), sa.Column("a", sa.Integer, sa.ForeignKey("p.id")))),
    ),
    "parentheses and spaces in texts": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER DEFAULT (5), b INTEGER, CHECK ( ( a>0 AND  b >0 ) ))",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.Integer, server_default=sa.text("5")),
            sa.Column("b", sa.Integer),
            sa.CheckConstraint("a > 0 and b > 0"),
        ),
    ),
    "defaults in other spellings": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME DEFAULT current_timestamp, b BOOLEAN DEFAULT TRUE, "
        'c BOOLEAN DEFAULT 0, d VARCHAR(5) DEFAULT "x", e INTEGER DEFAULT +1, f INTEGER DEFAULT NULL)',
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.DateTime, server_default=sa.func.now()),
            sa.Column("b", sa.Boolean, server_default=sa.true()),
            sa.Column("c", sa.Boolean, server_default=sa.false()),
            sa.Column("d", sa.String(5), server_default="x"),
            sa.Column("e", sa.Integer, server_default=sa.text("1")),
            sa.Column("f", sa.Integer),
        ),
    ),
    "types in other spellings": Habit(
        "CREATE TABLE t (id integer primary key, a character varying(20), b decimal(8,2), c double precision, "
        "d int, e bool, f varchar ( 20 ), g numeric( 8 , 2 ))",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.String(20)),
            sa.Column("b", sa.Numeric(8, 2)),
            sa.Column("c", sa.Double),
            sa.Column("d", sa.Integer),
            sa.Column("e", sa.Boolean),
            sa.Column("f", sa.String(20)),
            sa.Column("g", sa.Numeric(8, 2)),
        ),
    ),
    "indexes": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);\n"
        "create unique index if not exists [ix_a] on [t](a asc , b);\n"
        "CREATE INDEX ix_lower ON t (LOWER(b)) WHERE a IS NOT NULL AND a>5",
        indexed,
    ),
    "a generated column before a check on one line": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, g INTEGER AS (a*2) STORED, "
        "v INTEGER GENERATED ALWAYS AS (a+1), CHECK (a>0))",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.Integer),
            sa.Column("g", sa.Integer, sa.Computed("a * 2", persisted=True)),
            sa.Column("v", sa.Integer, sa.Computed("a + 1", persisted=False)),
            sa.CheckConstraint("a > 0"),
        ),
    ),
    "a table that grew": Habit(
        "CREATE TABLE t (id INTEGER PRIMARY KEY);\nALTER TABLE t ADD COLUMN a TEXT NOT NULL DEFAULT '';\n"
        "ALTER TABLE t ADD b INTEGER REFERENCES p(id);\nALTER TABLE t RENAME COLUMN a TO c",
        lambda: parent(
            table(
                "t",
                key(),
                sa.Column("c", sa.Text, nullable=False, server_default=""),
                sa.Column("b", sa.Integer, sa.ForeignKey("p.id")),
            )
        ),
    ),
    "options": Habit(
        "create table t (id integer primary key autoincrement, a text collate nocase) ;\n"
        "create table w (a text primary key) without  rowid",
        options_sqlite,
    ),
}


POSTGRESQL: dict[str, Habit] = {
    "types in other spellings": Habit(
        "create table t (id serial8 primary key, a int4, b int8, c int2, d bool, e decimal(8,2), f float8, g float4, "
        "h timestamptz, i timestamp(3), j timetz, k varchar(20), l char, m bpchar(4), n varbit(5), o text[], "
        "p integer array, q character varying, r float, s dec)",
        lambda: table(
            "t",
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.BigInteger),
            sa.Column("c", sa.SmallInteger),
            sa.Column("d", sa.Boolean),
            sa.Column("e", sa.Numeric(8, 2)),
            sa.Column("f", sa.Double),
            sa.Column("g", sa.REAL),
            sa.Column("h", sa.DateTime(timezone=True)),
            sa.Column("i", postgresql.TIMESTAMP(precision=3)),
            sa.Column("j", sa.Time(timezone=True)),
            sa.Column("k", sa.String(20)),
            sa.Column("l", sa.CHAR(1)),
            sa.Column("m", sa.CHAR(4)),
            sa.Column("n", postgresql.BIT(5, varying=True)),
            sa.Column("o", postgresql.ARRAY(sa.Text)),
            sa.Column("p", postgresql.ARRAY(sa.Integer)),
            sa.Column("q", sa.String),
            sa.Column("r", sa.Float),
            sa.Column("s", sa.Numeric),
        ),
    ),
    "defaults in other spellings": Habit(
        "CREATE TABLE t (id serial PRIMARY KEY, a timestamptz DEFAULT now(), b timestamp DEFAULT CURRENT_TIMESTAMP, "
        "c bool DEFAULT 't', d bool DEFAULT 'no', e varchar(9) DEFAULT 'x'::varchar, f numeric(8,2) DEFAULT '0', "
        "g int DEFAULT (0), h text DEFAULT E'it\\'s', i jsonb DEFAULT '{}'::jsonb, j date DEFAULT current_date, "
        "k int DEFAULT NULL, l text DEFAULT ''::text)",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.DateTime(timezone=True), server_default=sa.func.now()),
            sa.Column("b", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP")),
            sa.Column("c", sa.Boolean, server_default=sa.true()),
            sa.Column("d", sa.Boolean, server_default=sa.text("false")),
            sa.Column("e", sa.String(9), server_default="x"),
            sa.Column("f", sa.Numeric(8, 2), server_default="0"),
            sa.Column("g", sa.Integer, server_default="0"),
            sa.Column("h", sa.Text, server_default="it's"),
            sa.Column("i", postgresql.JSONB, server_default="{}"),
            sa.Column("j", sa.Date, server_default=sa.text("CURRENT_DATE")),
            sa.Column("k", sa.Integer),
            sa.Column("l", sa.Text, server_default=""),
        ),
    ),
    "constraints inline": Habit(
        'CREATE TABLE T ("id" serial CONSTRAINT pk_t PRIMARY KEY, a int CHECK (a>0) UNIQUE REFERENCES p, '
        "b text CONSTRAINT ck_b CHECK (b in ('x','y')) NOT NULL, c int REFERENCES p (id) ON DELETE NO ACTION)",
        lambda: parent(
            table(
                "t",
                sa.Column("id", sa.Integer),
                sa.Column("a", sa.Integer, sa.ForeignKey("p.id"), unique=True),
                sa.Column("b", sa.Text, nullable=False),
                sa.Column("c", sa.Integer, sa.ForeignKey("p.id", ondelete="NO ACTION")),
                sa.PrimaryKeyConstraint("id", name="pk_t"),
                sa.CheckConstraint("a > 0"),
                sa.CheckConstraint("b IN ('x', 'y')", name="ck_b"),
            )
        ),
    ),
    "a sequence of one's own in place of SERIAL": Habit(
        "CREATE SEQUENCE t_id_seq AS integer; "
        "CREATE TABLE t (id int NOT NULL DEFAULT nextval('t_id_seq') PRIMARY KEY); "
        "ALTER SEQUENCE t_id_seq OWNED BY t.id",
        lambda: table("t", key()),
    ),
    "an identity": Habit(
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY); "
        "CREATE TABLE u (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (START WITH 10))",
        identities,
    ),
    "indexes": Habit(
        "CREATE TABLE t (id serial PRIMARY KEY, a int, b text, c jsonb); "
        "create unique index ix_a on public.t using btree (a asc nulls last, b); "
        "CREATE INDEX ix_lower ON t (LOWER(b::text)) WHERE a IS NOT NULL and a>5; "
        "CREATE INDEX ix_c ON t USING GIN (c jsonb_ops)",
        indexed_postgresql,
    ),
    "an enum": Habit(
        "CREATE TYPE mood AS ENUM ('sad','ok'); CREATE TABLE t (id serial PRIMARY KEY, m mood DEFAULT 'ok'::mood, "
        "n mood[])",
        lambda: table(
            "t",
            key(),
            sa.Column("m", sa.Enum("sad", "ok", name="mood"), server_default="ok"),
            sa.Column("n", postgresql.ARRAY(sa.Enum("sad", "ok", name="mood"))),
        ),
    ),
    "a table that grew": Habit(
        "CREATE TABLE t (id serial PRIMARY KEY, x int); ALTER TABLE t DROP COLUMN x, ADD a varchar(5); "
        "ALTER TABLE t ALTER a TYPE varchar(9), ALTER a SET DEFAULT 'x'; COMMENT ON COLUMN t.a IS 'it''s'",
        lambda: table("t", key(), sa.Column("a", sa.String(9), server_default="x", comment="it's")),
    ),
    "generated": Habit(
        "CREATE TABLE t (id serial PRIMARY KEY, a int, g int GENERATED ALWAYS AS (((a*2))) STORED)",
        lambda: table(
            "t", key(), sa.Column("a", sa.Integer), sa.Column("g", sa.Integer, sa.Computed("a * 2", persisted=True))
        ),
    ),
}


MARIADB: dict[str, Habit] = {
    "types in other spellings": Habit(
        "create table t (id int(11) not null auto_increment primary key, a integer, b bigint(20), c bool, "
        "d tinyint(1), e dec(8,2), f double precision, g real, h numeric(8,2), i character varying(20), "
        "j long varchar, k int unsigned, l smallint(6), m boolean, n nvarchar(20), o datetime(0), p fixed(6))",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.BigInteger),
            sa.Column("c", sa.Boolean),
            sa.Column("d", sa.Boolean),
            sa.Column("e", sa.Numeric(8, 2)),
            sa.Column("f", sa.Double),
            sa.Column("g", sa.Double),
            sa.Column("h", sa.Numeric(8, 2)),
            sa.Column("i", sa.String(20)),
            sa.Column("j", mysql.MEDIUMTEXT),
            sa.Column("k", mysql.INTEGER(unsigned=True)),
            sa.Column("l", sa.SmallInteger),
            sa.Column("m", sa.Boolean),
            sa.Column("n", mysql.NVARCHAR(20)),
            sa.Column("o", sa.DateTime),
            sa.Column("p", sa.Numeric(6)),
        ),
    ),
    "defaults in other spellings": Habit(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a datetime DEFAULT now(), b timestamp NULL DEFAULT NULL, "
        "c bool DEFAULT true, d int DEFAULT '7', e decimal(8,2) DEFAULT 1, f varchar(9) DEFAULT \"it's\", "
        "g datetime DEFAULT LOCALTIME ON UPDATE now(), h date DEFAULT '2020-1-2', i int DEFAULT (1+2))",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.DateTime, server_default=sa.func.now()),
            sa.Column("b", mysql.TIMESTAMP),
            sa.Column("c", sa.Boolean, server_default=sa.true()),
            sa.Column("d", sa.Integer, server_default=sa.text("7")),
            sa.Column("e", sa.Numeric(8, 2), server_default="1.00"),
            sa.Column("f", sa.String(9), server_default="it's"),
            sa.Column("g", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
            sa.Column("h", sa.Date, server_default="2020-01-02"),
            sa.Column("i", sa.Integer, server_default=sa.text("(1 + 2)")),
        ),
    ),
    "keys by their other names": Habit(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, a int, b varchar(50), c int, PRIMARY KEY (id), "
        "KEY ix_a (a) USING BTREE, UNIQUE KEY uq_b (b), INDEX ix_b (b(10)), KEY fk_c (c), "
        "CONSTRAINT fk_c FOREIGN KEY (c) REFERENCES p (id) ON UPDATE RESTRICT) ENGINE=innodb",
        lambda: parent(
            table(
                "t",
                key(),
                sa.Column("a", sa.Integer, index=False),
                sa.Column("b", sa.String(50)),
                sa.Column("c", sa.Integer, sa.ForeignKey("p.id", name="fk_c", onupdate="RESTRICT")),
                sa.UniqueConstraint("b", name="uq_b"),
                sa.Index("ix_a", "a"),
                sa.Index("ix_b", "b", mysql_length=10),
            )
        ),
    ),
    "constraints inline": Habit(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int UNIQUE CHECK (a>0), b int REFERENCES p (id), "
        "c varchar(9) NOT NULL COMMENT 'it''s', CONSTRAINT ck CHECK (c IN ('x','y'))) COMMENT 'table'",
        lambda: parent(
            table(
                "t",
                key(),
                sa.Column("a", sa.Integer, unique=True),
                sa.Column("b", sa.Integer, sa.ForeignKey("p.id")),
                sa.Column("c", sa.String(9), nullable=False, comment="it's"),
                sa.CheckConstraint("a > 0"),
                sa.CheckConstraint("c IN ('x', 'y')", name="ck"),
                comment="table",
            )
        ),
    ),
    "enums and generated columns": Habit(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a enum('x', 'it''s') DEFAULT 'x', b int, "
        "g int AS (b*2) PERSISTENT, v int GENERATED ALWAYS AS ((b + 1)) VIRTUAL, w int as (b) )",
        lambda: table(
            "t",
            key(),
            sa.Column("a", sa.Enum("x", "it's"), server_default="x"),
            sa.Column("b", sa.Integer),
            sa.Column("g", sa.Integer, sa.Computed("b * 2", persisted=True)),
            sa.Column("v", sa.Integer, sa.Computed("b + 1", persisted=False)),
            sa.Column("w", sa.Integer, sa.Computed("b")),
        ),
    ),
    "options": Habit(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a varchar(9) CHARACTER SET latin1, b json) "
        "ENGINE = InnoDB AUTO_INCREMENT = 7 default character set utf8mb4",
        lambda: table("t", key(), sa.Column("a", mysql.VARCHAR(9, charset="latin1")), sa.Column("b", sa.JSON)),
    ),
}
HABITS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mariadb": MARIADB}
PARENTS = {
    "sqlite": "CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY)",
    "postgresql": "CREATE TABLE p (id serial PRIMARY KEY)",
    "mariadb": "CREATE TABLE p (id int AUTO_INCREMENT PRIMARY KEY)",
}


@pytest.mark.parametrize(
    ("name", "habit"), [(name, habit) for name, habits in HABITS.items() for habit in habits], ids=lambda value: value
)
def test_hand_written_ddl(name: str, habit: str, new_database_on: Callable[[str], str], tmp_path: Path) -> None:
    """The models mean what the DDL says in another spelling: nothing to do, forth and back."""
    sql, models = HABITS[name][habit]
    url, metadata = new_database_on(name), models()
    made = [PARENTS[name]] if "p" in metadata.tables else []
    run(url, *made, *(each.strip() for each in sql.split(";") if each.strip()))
    assert differences(url, metadata, tmp_path) == []


THINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sqlite": (
        (
            "CREATE TABLE theirs (id INTEGER PRIMARY KEY, x TEXT)",
            "CREATE TABLE t_theirs (t_id INTEGER REFERENCES t (id))",
            "CREATE VIEW seen AS SELECT * FROM theirs",
            "CREATE VIEW t_seen AS SELECT id, name FROM t",
            "CREATE TRIGGER theirs_trigger AFTER INSERT ON t BEGIN UPDATE theirs SET x = new.name; END",
            "CREATE VIRTUAL TABLE words USING fts5(word)",
            "CREATE INDEX ix_theirs ON theirs (x)",
            "ANALYZE",
        ),
        [("table", "t_theirs"), ("table", "theirs")],
    ),
    "postgresql": (
        (
            "CREATE TABLE theirs (id serial PRIMARY KEY, x text)",
            "CREATE TABLE t_theirs (t_id int REFERENCES t (id))",
            "CREATE VIEW seen AS SELECT * FROM theirs",
            "CREATE VIEW t_seen AS SELECT id, name FROM t",
            "CREATE MATERIALIZED VIEW t_counted AS SELECT count(*) FROM t",
            "CREATE TYPE their_enum AS ENUM ('a', 'b')",
            "CREATE TYPE their_type AS (a int, b text)",
            "CREATE DOMAIN their_domain AS int CHECK (VALUE > 0)",
            "CREATE SEQUENCE their_sequence",
            "CREATE FUNCTION their_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
            "CREATE TRIGGER their_trigger BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION their_function()",
            "CREATE TABLE parted (id int, d date) PARTITION BY RANGE (d)",
            "CREATE TABLE parted_2020 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
            "CREATE TABLE heir (extra int) INHERITS (theirs)",
            "CREATE SCHEMA elsewhere",
            "CREATE TABLE elsewhere.t (id int)",
            "CREATE RULE their_rule AS ON DELETE TO theirs DO INSTEAD NOTHING",
            "CREATE STATISTICS their_statistics ON id, name FROM t",
        ),
        # A partition is a part of its table.
        [
            *(("table", name) for name in ("heir", "parted", "t_theirs", "theirs")),
            ("domain", "their_domain"),
            ("enum", "their_enum"),
            ("sequence", "their_sequence"),
        ],
    ),
    "mariadb": (
        (
            "CREATE TABLE theirs (id int AUTO_INCREMENT PRIMARY KEY, x text)",
            "CREATE TABLE t_theirs (t_id int, FOREIGN KEY (t_id) REFERENCES t (id))",
            "CREATE VIEW seen AS SELECT * FROM theirs",
            "CREATE VIEW t_seen AS SELECT id, name FROM t",
            "CREATE SEQUENCE their_sequence",
            "CREATE FUNCTION their_function() RETURNS int DETERMINISTIC RETURN 1",
            "CREATE TRIGGER their_trigger BEFORE INSERT ON t FOR EACH ROW SET new.name = 'x'",
            "CREATE TABLE parted (id int, d date) PARTITION BY HASH (id) PARTITIONS 2",
        ),
        [("table", "parted"), ("table", "t_theirs"), ("table", "theirs"), ("sequence", "their_sequence")],
    ),
}


@pytest.mark.databases("sqlite", "postgresql", "mariadb")
def test_what_belongs_to_others_is_left_alone(engine_name: str, database_url: str, tmp_path: Path) -> None:
    """Never in a script, whether ours changes or not; their tables are counted."""
    others, unmanaged = THINGS[engine_name]
    ours = migrator(database_url, named(20), tmp_path)
    assert ours.revision("first", autogenerate=True).revision
    ours.upgrade()
    run(database_url, *others)
    found = ours.diff()
    assert [str(each) for each in found.operations] == []
    assert [(each.kind, each.name) for each in found.unmanaged] == unmanaged
    before = things(database_url)

    ours = Migrator(database_url, models=named(20, sa.Column("more", sa.Integer)), directory=tmp_path / "migrations")
    written = ours.revision("second", autogenerate=True)
    assert [each.describe().name for each in written.operations] == ["t.more"]
    assert [(each.kind, each.name) for each in written.unmanaged] == unmanaged
    ours.upgrade()
    assert things(database_url) == before
    ours.downgrade("-1")
    assert things(database_url) == before


@pytest.mark.databases("sqlite", "postgresql", "mariadb")
def test_what_is_left_alone_is_dropped_when_it_is_named(engine_name: str, database_url: str, tmp_path: Path) -> None:
    ours = migrator(database_url, named(20), tmp_path)
    ours.revision("first", autogenerate=True)
    ours.upgrade()
    run(database_url, "CREATE TABLE theirs (id int)", "CREATE TABLE kept (id int)")
    names = ["theirs"]
    if engine_name != "sqlite":
        run(database_url, "CREATE SEQUENCE their_sequence")
        names.append("their_sequence")
    if engine_name == "postgresql":
        run(
            database_url,
            "CREATE SCHEMA s",
            "CREATE TABLE s.theirs (id int)",
            "CREATE TYPE public.their_enum AS ENUM ('a')",
        )
        names += ["s.theirs", "public.their_enum"]
    written = ours.revision("second", autogenerate=True, drop=names)
    assert sorted(operation.describe().name for operation in written.operations) == sorted(
        name.removeprefix("public.") for name in names
    )
    assert [key.name for key in written.unmanaged] == ["kept"]
    ours.upgrade()
    assert ours.diff().operations == ()
    ours.downgrade("-1")
    assert [key.name for key in ours.diff().unmanaged] == ["kept"]
    ours.upgrade()
    with pytest.raises(UsageError, match=r'nothing called "kep" to drop[\s\S]*did you mean kept'):
        ours.revision("third", autogenerate=True, drop="kep")


def test_names_that_a_script_makes_up_are_ours(database_url: str, tmp_path: Path) -> None:
    ours = migrator(database_url, named(20), tmp_path)
    written = ours.revision("by hand").revision
    assert written is not None
    script = Path(written.path)
    body = "for number in range(2):\n        op.create_table(f'made_{number}', sa.Column('id', sa.Integer()))\n"
    script.write_text(script.read_text().replace("pass\n", body, 1))
    ours.upgrade()
    run(database_url, "CREATE TABLE made_2 (id int)")
    found = ours.diff()
    assert sorted(each.describe().name for each in found.operations if each.describe().sign == "-") == [
        "made_0",
        "made_1",
    ]
    assert [key.name for key in found.unmanaged] == ["made_2"]


EXTENSIONS = ("hstore", "citext", "pg_trgm")


def test_what_belongs_to_an_extension_is_left_alone(postgresql_url: str, tmp_path: Path) -> None:
    """Types, functions, operators and tables of extensions; where the server has none of these, of plpgsql alone."""
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        there = set(connection.scalars(sa.text("SELECT name FROM pg_available_extensions")))
    run(postgresql_url, *(f"CREATE EXTENSION {name}" for name in EXTENSIONS if name in there))
    ours = migrator(postgresql_url, named(20), tmp_path)
    written = ours.revision("first", autogenerate=True)
    assert len(written.operations) == 1
    assert written.unmanaged == ()
    ours.upgrade()
    assert ours.diff().operations == ()
    ours.downgrade("base")
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        installed = set(connection.scalars(sa.text("SELECT extname FROM pg_extension")))
    assert installed >= {name for name in EXTENSIONS if name in there}


def named(length: int, *more: sa.Column[Any]) -> sa.MetaData:
    return table("t", key(), sa.Column("name", sa.String(length)), *more)


_THINGS = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT IN ('t', 'version') ORDER BY 1, 2",
    "postgresql": (
        "SELECT relkind::text, relname, NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE nspname IN ('public', 'elsewhere') UNION ALL SELECT 'type', typname, NULL FROM pg_type "
        "UNION ALL SELECT 'trigger', tgname, NULL FROM pg_trigger "
        "UNION ALL SELECT 'function', proname, NULL FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2"
    ),
    "mysql": (
        "SELECT TABLE_TYPE, TABLE_NAME, NULL FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
        "UNION ALL SELECT 'trigger', TRIGGER_NAME, NULL FROM information_schema.TRIGGERS "
        "WHERE TRIGGER_SCHEMA = DATABASE() UNION ALL SELECT 'routine', ROUTINE_NAME, NULL "
        "FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1, 2"
    ),
}


def things(url: str) -> list[tuple[Any, ...]]:
    """Everything there is beside ours, by raw catalogue queries."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        sql = _THINGS[connection.dialect.name]
        return [tuple(row) for row in connection.exec_driver_sql(sql, execution_options={"no_parameters": True})]
