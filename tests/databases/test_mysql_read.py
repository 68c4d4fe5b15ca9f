"""The reader against real servers: equal to what models declared, equal to SQLAlchemy's Inspector where it can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from schemashift.autogenerate.compare import spelled_alike
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql import MySQL
from schemashift.dialects.mysql.types import normal_type
from schemashift.diff import diff, match
from schemashift.operations import AlterColumn, CreateTable
from schemashift.schema import Check, Schema, Table, TableName, Unique
from schemashift.sqla.lift import lift_metadata
from schemashift.sqla.lift_types import lift_type

pytestmark = pytest.mark.databases("mariadb", "mysql")

GENERIC: list[Any] = [
    *(sa.Integer(), sa.BigInteger(), sa.SmallInteger(), sa.Boolean(), sa.String(50), sa.Unicode(20), sa.Text()),
    *(sa.UnicodeText(), sa.Text(100), sa.Text(60), sa.Text(70000), sa.Numeric(), sa.Numeric(10, 2), sa.Numeric(8)),
    *(sa.Float(), sa.Float(53), sa.Float(10), sa.Double(), sa.REAL(), sa.DOUBLE_PRECISION(), sa.DECIMAL(5, 1)),
    *(sa.Date(), sa.DateTime(), sa.DateTime(timezone=True), sa.Time(), sa.TIMESTAMP(), sa.Interval(), sa.JSON()),
    *(sa.LargeBinary(), sa.LargeBinary(100), sa.LargeBinary(70000), sa.BINARY(16), sa.VARBINARY(20), sa.BLOB()),
    *(sa.Uuid(), sa.Uuid(native_uuid=False), sa.PickleType(), sa.CHAR(3), sa.CHAR(), sa.NCHAR(4), sa.NVARCHAR(5)),
    *(sa.Enum("a", "b'c", "d,e%", "f\nx", "ü"), sa.Enum("x", "y", native_enum=False)),
    sa.String(10, collation="utf8mb4_bin"),
]
OWN: list[Any] = [
    *(mysql.INTEGER(unsigned=True), mysql.INTEGER(display_width=5), mysql.INTEGER(11), mysql.TINYINT()),
    *(mysql.INTEGER(unsigned=True, zerofill=True), mysql.INTEGER(7, zerofill=True), mysql.BIGINT(20, unsigned=True)),
    *(mysql.TINYINT(1), mysql.TINYINT(1, unsigned=True), mysql.MEDIUMINT(), mysql.SMALLINT(unsigned=True)),
    *(mysql.BIT(), mysql.BIT(8), mysql.YEAR(), mysql.YEAR(4), mysql.TIME(fsp=3), mysql.DATETIME(fsp=6)),
    *(mysql.TIMESTAMP(fsp=2), mysql.TINYTEXT(), mysql.MEDIUMTEXT(), mysql.LONGTEXT(), mysql.TINYBLOB()),
    *(mysql.MEDIUMBLOB(), mysql.LONGBLOB(), mysql.SET("a", "b"), mysql.ENUM("q", "r", charset="latin1")),
    *(mysql.VARCHAR(10, charset="latin1"), mysql.VARCHAR(10, charset="latin1", collation="latin1_bin")),
    *(mysql.VARCHAR(10, charset="utf8mb4"), mysql.VARCHAR(10, binary=True), mysql.VARCHAR(10, ascii=True)),
    *(mysql.VARCHAR(10, charset="utf8"), mysql.VARCHAR(10, collation="utf8_general_ci")),
    *(mysql.VARCHAR(10, national=True), mysql.CHAR(3, national=True), mysql.CHAR(3, unicode=True)),
    *(mysql.TEXT(charset="latin1"), mysql.TEXT(500, charset="latin1"), mysql.LONGTEXT(collation="utf8mb4_bin")),
    *(mysql.DECIMAL(10, 2, unsigned=True), mysql.NUMERIC(4, unsigned=True), mysql.DOUBLE(), mysql.DOUBLE(10, 2)),
    *(mysql.DOUBLE(unsigned=True), mysql.FLOAT(7, 3), mysql.FLOAT(unsigned=True), mysql.REAL(), mysql.JSON()),
    *(mysql.NCHAR(3), mysql.NVARCHAR(3)),
]
DEFAULTS: list[tuple[Any, Any]] = [
    *((sa.Integer(), given) for given in ("5", sa.text("5"), sa.text("'5'"), sa.text("-5"), sa.text("(1 + 2)"))),
    *((sa.Boolean(), given) for given in (sa.true(), sa.false(), sa.text("true"), "1")),
    *((sa.Numeric(10, 2), given) for given in ("1.5", sa.text("1"))),
    *((sa.Numeric(10, 3), "0"), (sa.Float(), "0.5"), (sa.Float(), sa.text("1e3")), (sa.Double(), sa.text("1.25"))),
    *((sa.String(40), given) for given in ("it's", "", 'a"b', "100%", "a\\b\nc", "5", "ünï", ":x %s %(y)s", "`")),
    *((sa.DateTime(), given) for given in (sa.func.now(), sa.func.current_timestamp(), sa.text("now()"))),
    *((sa.DateTime(), given) for given in (sa.text("CURRENT_TIMESTAMP"), "2020-01-02", "2020-01-02 03:04:05")),
    *((mysql.DATETIME(fsp=6), sa.text("CURRENT_TIMESTAMP(6)")), (mysql.DATETIME(fsp=2), "2020-01-02 03:04:05")),
    (sa.TIMESTAMP(), sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
    (sa.TIMESTAMP(), sa.text("NULL ON UPDATE CURRENT_TIMESTAMP")),
    (mysql.DATETIME(fsp=3), sa.text("current_timestamp(3) on update current_timestamp(3)")),
    *((sa.Date(), "2020-01-02"), (sa.Time(), "10:00"), (sa.Enum("a", "b"), "a"), (mysql.SET("a", "b"), "a,b")),
    *((mysql.BIT(4), sa.text("b'0101'")), (mysql.YEAR(), "2020"), (sa.Text(), sa.text("('abc')"))),
    *((sa.JSON(), sa.text("('{}')")), (sa.Integer(), sa.text("NULL")), (sa.Integer(), sa.text("0x1f"))),
    *((sa.String(40), sa.text("(uuid())")), (sa.BigInteger(), sa.text("(unix_timestamp())"))),
    *((sa.LargeBinary(), sa.text("('x')")), (sa.CHAR(3), "x"), (sa.BINARY(3), "x")),
]
COMMENT = 'it\'s 100% \\ x\n"ünï" `%s` 🐘'


def both(**settings: object) -> dict[str, object]:
    """An option for MySQL and for MariaDB, which SQLAlchemy tells apart."""
    return {f"{prefix}_{name}": value for name, value in settings.items() for prefix in ("mysql", "mariadb")}


def zoo(*, mariadb: bool) -> sa.MetaData:
    """One of everything."""
    metadata = sa.MetaData()
    types = [*GENERIC, *OWN]
    columns = [sa.Column(f"c{number}", type_) for number, type_ in enumerate(types)]
    sa.Table("types", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    columns = [
        sa.Column(f"d{number}", type_, server_default=default, nullable=number % 2 == 0 or "NULL" in str(default))
        for number, (type_, default) in enumerate(DEFAULTS)
    ]
    sa.Table("defaults", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    sa.Table(
        "team",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("code", sa.String(20), unique=True, comment=COMMENT),
        comment=COMMENT,
        **both(row_format="dynamic"),
    )
    sa.Table(
        "person",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.ForeignKey("team.id")),
        sa.Column("boss_id", sa.ForeignKey("person.id", name="fk_boss", ondelete="SET NULL"), index=True),
        sa.Column("email", sa.String(100), nullable=False),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.Column("bio", sa.Text),
        sa.Column("x", sa.String(50)),
        sa.ForeignKeyConstraint(["a"], ["person.id"], name="fk_a", ondelete="CASCADE", onupdate="RESTRICT"),
        sa.Index("a", "a"),
        sa.UniqueConstraint("email", name="uq_email"),
        sa.Index("ix_u", "a", "b", unique=True),
        sa.UniqueConstraint("b", "a"),
        sa.Index("ix_len", "x", "bio", **both(length={"x": 10, "bio": 20})),
        sa.Index("ix_ulen", "x", unique=True, **both(length=5)),
        sa.Index("ix_ft", "bio", **both(prefix="FULLTEXT")),
        sa.Index("ix_desc", sa.desc("b")),
        sa.Index("ix_text", sa.text("b DESC"), "x"),
        sa.Index("ix_hash", "b", "x", **both(using="hash")),
        sa.Index("ix_btree", "b", "x", **both(using="btree")),
        **both(engine="InnoDB", charset="utf8mb4"),
    )
    sa.Table(
        "nn",
        metadata,
        sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("b", sa.String(10), primary_key=True),
        sa.Column("c", sa.Integer, sa.CheckConstraint("c > 0")),
        sa.Column("g", sa.Integer, sa.Computed("a + 1")),
        sa.Column("h", sa.Integer, sa.Computed("(a * 2)", persisted=True)),
        sa.Column("s", sa.String(50), sa.Computed("upper(concat(b, 'it''s 100%'))")),
        sa.CheckConstraint("a > 1 and b <> 'x%'", name="ck_n"),
        sa.CheckConstraint("a < 100"),
        sa.PrimaryKeyConstraint("a", "b", name="pk_nn"),
        **both(collate="utf8mb4_bin", engine="innodb"),
    )
    sa.Table(
        "other_engine",
        metadata,
        sa.Column("a", sa.Integer, primary_key=True),
        sa.Column("t", sa.String(5, collation="latin1_swedish_ci")),
        **both(engine="MyISAM", charset="latin1"),
    )
    sa.Table(
        "order",
        metadata,
        sa.Column("select", sa.Integer, primary_key=True),
        sa.Column("a b`c", sa.Integer, index=True),
        sa.Column("100%", sa.Integer, index=True),
        sa.Column("group", sa.Boolean(create_constraint=True, name="ck_bool")),
        sa.Column("en", sa.Enum("a", "b", native_enum=False, create_constraint=True, name="ck_en")),
    )
    if not mariadb:
        table = sa.Table(
            "expressions", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(9))
        )
        sa.Index("ix_lower", sa.func.lower(table.c.a))
        sa.Index("ix_two", sa.text("(lower(a)) DESC"), table.c.id)
    return metadata


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def lifted(dialect: MySQL, metadata: sa.MetaData) -> dict[TableName, Table]:
    raw = lift_metadata([metadata], dialect.sa).tables
    return {table.table_name: dialect.normal(table) for table in raw}


def without_texts(table: Table) -> Table:
    """What can be compared without asking the server: no expressions, and no names that the server made up."""
    from dataclasses import replace

    return replace(
        table,
        columns=tuple(replace(c, computed=replace(c.computed, sql="") if c.computed else None) for c in table.columns),
        constraints=tuple(
            replace(c, name=None if isinstance(c, Unique) else c.name)
            for c in table.constraints
            if not isinstance(c, Check)
        ),
        indexes=tuple(i for i in table.indexes if not any(part.expression for part in i.parts)),
    )


def test_a_database_made_by_create_all_reads_as_it_was_declared(connection: sa.Connection) -> None:
    """By text alone; checks, computed columns and expressions are the scratch place's business."""
    metadata = zoo(mariadb=connection.dialect.is_mariadb)
    metadata.create_all(connection)
    dialect = MySQL(connection.dialect)
    read = dialect.read(connection).schema
    declared = lifted(dialect, metadata)
    assert {table.table_name for table in read.tables} == declared.keys()
    for name, model in declared.items():
        found = read.table(name)
        assert found is not None
        said, wanted = without_texts(dialect.spelled_like(found, model)), without_texts(model)
        for left, right in zip(said.columns, wanted.columns, strict=True):
            assert left == right
        assert said.indexes == wanted.indexes
        named = {c.name for c in wanted.constraints if c.name}
        unnamed = {c for c in said.constraints if c.name is None or c.name in named}
        assert unnamed <= set(wanted.constraints)
        assert (said.options, said.comment) == (wanted.options, wanted.comment)


def test_no_false_alarm_on_a_database_made_by_create_all(connection: sa.Connection) -> None:
    metadata = zoo(mariadb=connection.dialect.is_mariadb)
    metadata.create_all(connection)
    dialect = MySQL(connection.dialect)
    declared = lifted(dialect, metadata)
    canonical = dialect.canonical(connection, list(declared.values()))
    assert {table.table_name for table in canonical.schema.tables} == declared.keys()
    assert canonical.doubts == ()
    pairs = spelled_alike(match(dialect.read(connection).schema, canonical.schema, traits=dialect), dialect)
    assert diff(pairs, traits=dialect) == ()


def test_normal_form_is_where_both_sides_stay(connection: sa.Connection) -> None:
    metadata = zoo(mariadb=connection.dialect.is_mariadb)
    metadata.create_all(connection)
    dialect = MySQL(connection.dialect)
    for table in [*dialect.read(connection).schema.tables, *lifted(dialect, metadata).values()]:
        assert dialect.normal(table) == table


def test_types_for_scripts_compile_to_what_was_read(connection: sa.Connection) -> None:
    zoo(mariadb=connection.dialect.is_mariadb).create_all(connection)
    dialect = MySQL(connection.dialect)
    for table in dialect.read(connection).schema.tables:
        for column in table.columns:
            again = normal_type(lift_type(column.type.payload, dialect.sa), dialect.ddl.flavour)
            assert again == column.type


def test_the_inspector_sees_the_same_wherever_it_can_see(connection: sa.Connection) -> None:
    zoo(mariadb=connection.dialect.is_mariadb).create_all(connection)
    dialect = MySQL(connection.dialect)
    inspector = sa.inspect(connection)
    read = dialect.read(connection).schema
    assert sorted(inspector.get_table_names()) == [table.name for table in read.tables]
    for table in read.tables:
        check_table(inspector, table, dialect)


def check_table(inspector: sa.Inspector, table: Table, dialect: MySQL) -> None:
    columns = inspector.get_columns(table.name)
    for column, found in zip(table.columns, columns, strict=True):
        # The Inspector does not read doubled backquotes.
        assert column.name == found["name"].replace("``", "`")
        assert column.nullable == found["nullable"]
        assert column.comment == (found["comment"] or None)
        assert column.autoincrement == bool(found.get("autoincrement"))
        # The Inspector leaves escapes in the values of an ENUM as they are.
        escaped = "\\" in column.type.sql
        # The Inspector gives no default for MariaDB's expressions, and has MariaDB's JSON as LONGTEXT.
        assert column.default is not None or found["default"] in (None, "NULL") or column.computed is not None
        if column.type.sql != "json" and not escaped:
            type_ = normal_type(lift_type(found["type"], dialect.sa), dialect.ddl.flavour)
            assert type_.sql == column.type.sql
    assert (
        list(table.primary_key.columns if table.primary_key else ())
        == (inspector.get_pk_constraint(table.name)["constrained_columns"])
    )
    keys = {
        (k["name"], tuple(k["constrained_columns"]), k["referred_table"])
        for k in inspector.get_foreign_keys(table.name)
    }
    assert keys == {(key.name, key.columns, key.target.name) for key in table.foreign_keys}
    indexes = {str(found["name"]).replace("``", "`"): found["unique"] for found in inspector.get_indexes(table.name)}
    uniques = {c.name: True for c in table.constraints if isinstance(c, Unique)}
    assert indexes == {index.name: index.unique for index in table.indexes} | uniques
    checks = {found["name"] for found in inspector.get_check_constraints(table.name)}
    named = {c.name for c in table.constraints if isinstance(c, Check) and c.name}
    assert named <= checks
    assert table.comment == (inspector.get_table_comment(table.name)["text"] or None)


# What is read, and what is not


def run(connection: sa.Connection, *statements: str) -> None:
    for sql in statements:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def test_only_base_tables_of_the_names_asked_for(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE a (x int)",
        "CREATE TABLE b (x int)",
        "CREATE VIEW v AS SELECT * FROM a",
        "CREATE TEMPORARY TABLE tmp (x int)",
    )
    if connection.dialect.is_mariadb:
        run(connection, "CREATE SEQUENCE s")
    dialect = MySQL(connection.dialect)

    def names(*wanted: str) -> list[str]:
        asked = [TableName(name) for name in wanted] if wanted else None
        return [table.name for table in dialect.read(connection, asked).schema.tables]

    assert names() == ["a", "b"]
    assert names("b") == ["b"]
    assert names("b", "a", "v", "nix") == ["a", "b"]
    assert names("v") == names("nix") == []
    assert dialect.read(connection, []).schema.tables == ()


def test_other_schemas(connection: sa.Connection, new_database: Any) -> None:
    main, other = connection.engine.url.database, sa.make_url(new_database()).database
    run(
        connection,
        "CREATE TABLE p (id int PRIMARY KEY)",
        f"CREATE TABLE {other}.q (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES {main}.p (id))",
        f"CREATE TABLE {other}.r (q int, FOREIGN KEY (q) REFERENCES {other}.q (id))",
        f"CREATE TABLE s (q int, FOREIGN KEY (q) REFERENCES {other}.q (id))",
    )
    read = MySQL(connection.dialect).read(connection, schemas=[str(other)]).schema
    targets = {str(table.table_name): [str(key.target) for key in table.foreign_keys] for table in read.tables}
    run(connection, f"DROP TABLE s, {other}.r", f"DROP TABLE {other}.q")
    assert targets == {"p": [], f"{other}.q": ["p"], f"{other}.r": [f"{other}.q"], "s": [f"{other}.q"]}


def test_a_table_that_cannot_be_read_is_named_and_left_out(
    connection: sa.Connection,
) -> None:
    """A MERGE table over one that is not there: the server lists it and cannot show it."""
    run(connection, "CREATE TABLE a (x int)")
    if connection.dialect.is_mariadb:
        # `frm` files are read at once: a table whose parts are gone is the simplest broken one.
        run(connection, "CREATE TABLE m1 (x int) ENGINE=MyISAM", "CREATE TABLE m (x int) ENGINE=MERGE UNION=(m1)")
        run(connection, "DROP TABLE m1")
    read = MySQL(connection.dialect).read(connection)
    assert TableName("a") in {table.table_name for table in read.schema.tables}
    if connection.dialect.is_mariadb:
        assert [str(doubt.about.table_name) for doubt in read.doubts] == ["m"]
        assert read.schema.table(TableName("m")) is None


def with_mode(url: str, mode: str) -> sa.Engine:
    settings = {"init_command": f"SET SESSION sql_mode = '{mode}'"}
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args=settings)


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI"])
def test_the_sql_mode_of_the_session_changes_nothing(database_url: str, mode: str) -> None:
    def read(mode: str) -> Schema:
        engine = with_mode(database_url, mode)
        with engine.connect() as connection:
            found = MySQL(connection.dialect).read(connection).schema
        engine.dispose()
        return found

    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        run(
            connection,
            "CREATE TABLE `a``b` (`x\"y` varchar(20) DEFAULT 'a\\\\b\\'c' COMMENT 'a\\\\b' CHECK (`x\"y` <> 'it''s'))",
        )
    engine.dispose()
    assert read(mode) == read("")


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
def test_strings_are_written_in_the_sql_mode_of_the_server(database_url: str, mode: str) -> None:
    engine = with_mode(database_url, mode)
    metadata = sa.MetaData()
    value = "a\\b'c\nd"
    sa.Table(
        "t", metadata, sa.Column("a", sa.String(20), server_default=value, comment=value), sa.Column("b", sa.Integer)
    )
    with engine.connect() as connection:
        dialect = MySQL(connection.dialect)
        (declared,) = lifted(dialect, metadata).values()
        for statement in dialect.compile([CreateTable(table=declared)], LiveSchema()):
            run(connection, str(statement.sql))
        run(connection, "INSERT INTO t (b) VALUES (1)")
        assert connection.scalar(sa.text("SELECT a FROM t")) == value
        read = dialect.read(connection).schema
        assert read.tables[0].columns == declared.columns
        change = AlterColumn(table=TableName("t"), name="a", set=(("nullable", False),))
        for statement in dialect.compile([change], LiveSchema(read)):
            run(connection, str(statement.sql))
        assert dialect.read(connection).schema.tables[0].columns[0].default == declared.columns[0].default
    engine.dispose()


# The scratch place


def test_the_scratch_place_leaves_nothing_and_commits_nothing(database_url: str, engine_name: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        run(connection, "CREATE TABLE a (x int) ENGINE=InnoDB", "INSERT INTO a VALUES (1)")
        connection.commit()
        run(connection, "INSERT INTO a VALUES (2)")
        metadata = zoo(mariadb=connection.dialect.is_mariadb)
        dialect = MySQL(connection.dialect)
        assert dialect.canonical(connection, list(lifted(dialect, metadata).values())).schema
        connection.rollback()
        assert list(connection.scalars(sa.text("SELECT x FROM a"))) == [1]
        assert sa.inspect(connection).get_table_names() == ["a"]
        with pytest.raises(sa.exc.DBAPIError, match="schemashift_scratch"):
            run(connection, "SHOW CREATE TABLE schemashift_scratch")
    engine.dispose()


def test_what_the_server_does_not_make_is_left_out_and_named(
    connection: sa.Connection,
) -> None:
    metadata = sa.MetaData()
    sa.Table("good", metadata, sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0")))
    sa.Table("bad", metadata, sa.Column("a", sa.Integer), sa.CheckConstraint("nix > 0"))
    dialect = MySQL(connection.dialect)
    found = dialect.canonical(connection, list(lifted(dialect, metadata).values()))
    assert [table.name for table in found.schema.tables] == ["good"]
    (doubt,) = found.doubts
    assert str(doubt).startswith('table "bad" cannot be compared exactly: ')
    assert "nix" in doubt.reason


def test_the_texts_are_the_servers_and_the_payloads_the_models(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    check, computed = sa.CheckConstraint("A  >0", name="ck"), sa.Computed("a+1")
    sa.Table("t", metadata, sa.Column("a", sa.Integer), check, sa.Column("g", sa.Integer, computed))
    dialect = MySQL(connection.dialect)
    (made,) = dialect.canonical(connection, list(lifted(dialect, metadata).values())).schema.tables
    assert (made.name, made.payload) == ("t", metadata.tables["t"])
    (found,) = made.constraints
    assert isinstance(found, Check)
    assert (found.sql, found.name, found.payload) == ("`A` > 0" if "`A`" in found.sql else "`a` > 0", "ck", check)
    assert made.columns[1].computed is not None
    assert (made.columns[1].computed.sql, made.columns[1].computed.payload) == ("`a` + 1", computed)
