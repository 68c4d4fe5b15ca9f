"""What each function of `op` asks for, taken down by a recorder: no database."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from schemashift import op
from schemashift.dialects import dialect_for
from schemashift.errors import OutsideMigration
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    Backfill,
    BackfillNumbers,
    BulkInsert,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    InsertMissingRows,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import SQL, Check, ForeignKey, IndexPart, PrimaryKey, TableName, Unique
from schemashift.sources.replay import Recorder
from tests.support.scripts import environment_of

T = TableName("t")
DIALECTS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect, "mysql": mysql.dialect}


class Script:
    """Stands for a script that runs: what it asked for is in ``operations``."""

    def __init__(self, name: str) -> None:
        self.recorder = Recorder(environment_of(dialect_for(DIALECTS[name]()), x={"a": "b"}))

    def __call__(self, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        with op.running(self.recorder.buffer):
            return function(*args, **kw)

    @property
    def operations(self) -> list[Operation]:
        return list(self.recorder.recording().operations)

    @property
    def one(self) -> Any:
        (operation,) = self.operations
        return operation


@pytest.fixture
def script() -> Script:
    return Script("postgresql")


FUNCTIONS = [
    (name, function)
    for name, function in vars(op).items()
    if inspect.isfunction(function) and function.__module__.startswith(op.__name__) and not name.startswith("_")
]
FREE = {"f", "inline_literal", "running", "caller", "sql_text", "sql_type"}
ARGUMENTS: dict[str, Any] = {
    "column": sa.Column("a", sa.Integer),
    "columns": ["a"],
    "local_cols": ["a"],
    "remote_cols": ["b"],
    "table": sa.table("t"),
    "rows": [],
}


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_outside_a_migration_every_function_says_so_in_one_line(name: str, function: Callable[..., Any]) -> None:
    if name in FREE:
        return
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    named = {
        parameter.name: "x"
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY
    }

    def call() -> None:
        result = function(*(ARGUMENTS.get(parameter.name, "x") for parameter in needed), **named)
        if hasattr(result, "__enter__"):
            result.__enter__()

    with pytest.raises(OutsideMigration) as caught:
        call()
    assert "\n" not in caught.value.message
    assert "copy_context" in caught.value.hints[0]


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_every_function_is_typed_and_documented(name: str, function: Callable[..., Any]) -> None:
    assert inspect.getdoc(function), name
    signature = inspect.signature(function)
    assert signature.return_annotation is not signature.empty
    assert all(parameter.annotation is not parameter.empty for parameter in signature.parameters.values())


def test_a_batch_has_the_functions_of_op_without_the_table() -> None:
    batch = {name for name in vars(op.Batch) if not name.startswith("_")}
    assert batch >= {
        "add_column",
        "alter_column",
        "create_check_constraint",
        "create_foreign_key",
        "create_index",
        "create_primary_key",
        "create_unique_constraint",
        "drop_column",
        "drop_constraint",
        "drop_index",
        "f",
    }


# Tables ---------------------------------------------------------------------------------------------------------------


def test_create_table_takes_columns_constraints_and_indexes_and_returns_the_table(script: Script) -> None:
    table = script(
        op.create_table,
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.String(5), nullable=False, index=True),
        sa.Column("b", sa.Integer, sa.ForeignKey("other.id", ondelete="CASCADE")),
        sa.UniqueConstraint("a", name="uq"),
        sa.CheckConstraint("b > 0", name=op.f("ck")),
        sa.Index("ix", "b"),
        comment="what for",
        if_not_exists=True,
    )
    assert isinstance(table, sa.Table)
    assert table.c.keys() == ["id", "a", "b"]
    operation = script.one
    assert isinstance(operation, CreateTable)
    assert operation.if_not_exists
    value = operation.table
    assert [column.name for column in value.columns] == ["id", "a", "b"]
    assert {type(each) for each in value.constraints} == {PrimaryKey, Unique, Check, ForeignKey}
    assert {index.name for index in value.indexes} == {"ix", "ix_t_a"}
    assert value.comment == "what for"


def test_a_column_can_be_used_for_two_tables(script: Script) -> None:
    shared = sa.Column("at", sa.DateTime)
    check = sa.CheckConstraint("at IS NOT NULL", name="ck")
    script(op.create_table, "a", shared, check)
    script(op.create_table, "b", shared, check)
    script(op.add_column, "c", shared)
    first, second, third = script.operations
    assert isinstance(first, CreateTable)
    assert isinstance(second, CreateTable)
    assert isinstance(third, AddColumn)
    assert [c.name for c in second.table.constraints] == ["ck"]
    assert first.table.columns == second.table.columns == (third.column,)


def test_dialect_options_of_every_database_are_accepted_and_spelling_mistakes_are_not(script: Script) -> None:
    script(op.create_table, "t", sa.Column("a", sa.Integer), mysql_engine="InnoDB", sqlite_strict=True)
    script(op.drop_table, "t", mysql_something=1)
    for function, args in [
        (op.drop_table, ("t",)),
        (op.add_column, ("t", sa.Column("a", sa.Integer))),
        (op.drop_column, ("t", "a")),
        (op.create_unique_constraint, ("u", "t", ["a"])),
    ]:
        with pytest.raises(TypeError, match="if_exist"):
            script(function, *args, if_exist=True)
    # Published scripts have such keywords, and Alembic passes over them.
    with pytest.warns(UserWarning, match="the keyword '_type' is not known"):
        script(op.alter_column, "t", "a", _type=sa.BigInteger(), nullable=True)


def test_tables_are_dropped_renamed_and_commented(script: Script) -> None:
    script(op.drop_table, "t", if_exists=True, schema="s")
    script(op.rename_table, "t", "u", schema="s")
    script(op.create_table_comment, "t", "now", existing_comment="before")
    script(op.drop_table_comment, "t")
    assert script.operations == [
        DropTable(name=TableName("t", "s"), if_exists=True),
        RenameTable(old=TableName("t", "s"), new="u"),
        AlterTable(table=T, set=(("comment", "now"),), before=(("comment", "before"),)),
        AlterTable(table=T, set=(("comment", None),)),
    ]


# Columns --------------------------------------------------------------------------------------------------------------


def test_a_column_brings_what_it_carries(script: Script) -> None:
    script(
        op.add_column,
        "t",
        sa.Column("a", sa.Integer, sa.ForeignKey("u.id"), sa.CheckConstraint("a > 0"), unique=True, index=True),
    )
    script(op.add_column, "t", sa.Column("b", sa.Integer, unique=True))
    kinds = [type(each) for each in script.operations]
    assert kinds[0] is AddColumn
    assert CreateIndex in kinds
    constraints = [each.constraint for each in script.operations if isinstance(each, AddConstraint)]
    assert [type(each) for each in constraints] == [Check, ForeignKey, Unique]
    assert all(each.name is None for each in constraints)


def test_a_column_can_bring_the_primary_key(script: Script) -> None:
    script(op.add_column, "t", sa.Column("id", sa.Integer, primary_key=True))
    first, second = script.operations
    assert isinstance(first, AddColumn)
    assert not first.column.nullable
    assert isinstance(second, AddConstraint)
    assert second.constraint == PrimaryKey(columns=("id",))


def test_alter_column_changes_only_what_is_given(script: Script) -> None:
    script(op.alter_column, "t", "a")
    assert script.operations == []
    script(op.alter_column, "t", "a", nullable=False)
    assert script.one == AlterColumn(table=T, name="a", set=(("nullable", False),))


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"server_default": None}, "default", None),
        ({"server_default": "x"}, "default", "'x'"),
        ({"server_default": sa.text("5")}, "default", "5"),
        ({"comment": None}, "comment", None),
        ({"comment": ""}, "comment", None),
        ({"comment": "c"}, "comment", "c"),
        ({"autoincrement": True}, "autoincrement", True),
        ({"nullable": True}, "nullable", True),
    ],
)
def test_alter_column_fields(name: str, given: dict[str, Any], field: str, value: Any) -> None:
    script = Script(name)
    script(op.alter_column, "t", "a", existing_type=sa.Integer() if "5" in str(given) else sa.String(9), **given)
    ((found, new),) = script.one.set
    assert found == field
    # MySQL spells every constant default as a string.
    assert (new.sql.strip("'" if name == "mysql" and value == "5" else "") if hasattr(new, "sql") else new) == value
    assert dict(script.one.existing)["type"] is not None


def test_alter_column_with_a_type_and_a_using(script: Script) -> None:
    script(op.alter_column, "t", "a", type_=sa.Integer, existing_type=sa.String(5), postgresql_using="a::integer")
    assert [(field, value.sql) for field, value in script.one.set] == [("type", "INTEGER")]
    assert script.one.options == (("postgresql_using", "a::integer"),)


def test_an_existing_type_of_another_database_says_nothing(script: Script) -> None:
    sqlite = Script("sqlite")
    sqlite(op.alter_column, "t", "a", nullable=False, existing_type=postgresql.INET())
    assert sqlite.one.existing == ()


def test_a_default_needs_no_type(script: Script) -> None:
    script(op.alter_column, "t", "a", server_default=sa.text("now()"))
    assert script.one.set[0][1].sql == "now()"


def test_a_new_name_is_an_operation_of_its_own_behind_the_change(script: Script) -> None:
    script(op.alter_column, "t", "a", new_column_name="b", nullable=False)
    script(op.alter_column, "t", "a", new_column_name="a")
    script(op.rename_column, "t", "c", "d", schema="s")
    assert script.operations == [
        AlterColumn(table=T, name="a", set=(("nullable", False),)),
        RenameColumn(table=T, old="a", new="b"),
        RenameColumn(table=TableName("t", "s"), old="c", new="d"),
    ]


def test_the_check_of_a_type_comes_and_goes_with_it(script: Script) -> None:
    old = sa.Enum("a", "b", name="ck_old", native_enum=False, create_constraint=True)
    new = sa.Enum("a", "c", name="ck_new", native_enum=False, create_constraint=True)
    script(op.alter_column, "t", "a", type_=new, existing_type=old)
    assert [type(each) for each in script.operations] == [DropConstraint, AlterColumn, AddConstraint]


def test_columns_are_dropped(script: Script) -> None:
    script(op.drop_column, "t", "a", if_exists=True)
    assert script.one == DropColumn(table=T, name="a", if_exists=True)


# Indexes --------------------------------------------------------------------------------------------------------------


def test_an_index_on_columns_and_expressions(script: Script) -> None:
    users = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.String(9)))
    script(op.create_index, "one", "t", ["a", "b"], unique=True)
    script(op.create_index, "two", "t", [sa.text("lower(b)"), "a"])
    script(op.create_index, "three", "t", [sa.func.lower(users.c.b)])
    script(op.create_index, "four", "t", [users.c.a.desc()])
    parts = [each.index.parts for each in script.operations if isinstance(each, CreateIndex)]
    assert parts[0] == (IndexPart(column="a"), IndexPart(column="b"))
    assert parts[1][0].expression == "lower(b)"
    assert parts[2][0].expression == "lower(b)"
    assert parts[3] == (IndexPart(column="a", descending=True),)
    assert all(each.touches == (T,) for each in script.operations)


def test_options_of_an_index_and_of_making_it_are_told_apart(script: Script) -> None:
    script(
        op.create_index,
        "ix",
        "t",
        ["a"],
        if_not_exists=True,
        postgresql_where=sa.text("a > 0"),
        postgresql_concurrently=True,
    )
    operation = script.one
    assert operation.options == (("postgresql_concurrently", True),)
    assert dict(operation.index.options)["postgresql_where"] == SQL("a > 0")
    assert operation.if_not_exists


def test_indexes_are_dropped_and_renamed(script: Script) -> None:
    script(op.drop_index, "ix")
    script(op.drop_index, "ix", "t", schema="s", if_exists=True, postgresql_concurrently=True)
    script(op.rename_index, "t", "a", "b")
    assert script.operations == [
        DropIndex(table=None, name="ix"),
        DropIndex(
            table=TableName("t", "s"),
            name="ix",
            schema="s",
            if_exists=True,
            options=(("postgresql_concurrently", True),),
        ),
        RenameIndex(table=T, old="a", new="b"),
    ]


# Constraints ----------------------------------------------------------------------------------------------------------


def test_constraints(script: Script) -> None:
    script(op.create_primary_key, "pk", "t", ["a"])
    script(op.create_unique_constraint, None, "t", ["a", "b"], deferrable=True, initially="deferred")
    script(op.create_check_constraint, op.f("ck"), "t", "a > 0 AND b <> '%'")
    script(op.create_check_constraint, None, "t", sa.column("a") > 5)
    script(
        op.create_foreign_key,
        "fk",
        "t",
        "u",
        ["a"],
        ["id"],
        ondelete="cascade",
        onupdate="NO ACTION",
        source_schema="s",
        referent_schema="r",
    )
    found = [each.constraint for each in script.operations if isinstance(each, AddConstraint)]
    assert found == [
        PrimaryKey(name="pk", columns=("a",)),
        Unique(columns=("a", "b"), deferrable=True, initially="DEFERRED"),
        Check(name="ck", sql="a > 0 AND b <> '%'"),
        Check(sql="a > 5"),
        ForeignKey(name="fk", columns=("a",), target=TableName("u", "r"), target_columns=("id",), on_delete="CASCADE"),
    ]
    assert script.operations[-1].touches == (TableName("t", "s"),)


def test_drop_constraint_takes_its_kind_or_not(script: Script) -> None:
    script(op.drop_constraint, "c", "t")
    script(op.drop_constraint, "c", "t", "foreignkey", if_exists=True)
    script(op.drop_constraint, "c", "t", type_="unique", schema="s")
    assert script.operations == [
        DropConstraint(table=T, name="c"),
        DropConstraint(table=T, name="c", kind=ForeignKey, if_exists=True),
        DropConstraint(table=TableName("t", "s"), name="c", kind=Unique),
    ]


@pytest.mark.parametrize(("name", "kind"), [(None, "unique"), ("c", "nonsense")])
def test_a_constraint_cannot_be_dropped_without_a_name_nor_as_an_unknown_kind(
    script: Script, name: Any, kind: Any
) -> None:
    with pytest.raises(ValueError, match=r"name|nonsense"):
        script(op.drop_constraint, name, "t", kind)


# Statements -----------------------------------------------------------------------------------------------------------


def test_statements_and_rows(script: Script) -> None:
    statement = sa.text("SELECT 1")
    table = sa.table("t", sa.column("a"))
    script(op.execute, "UPDATE t SET a = 1")
    script(op.execute, statement, execution_options={"stream_results": True})
    script(op.bulk_insert, table, [{"a": 1}, {"a": 2}])
    script(op.bulk_insert, table, [{"a": op.inline_literal(1)}])
    text, executable, rows, literal = script.operations
    assert isinstance(text, Execute)
    assert text.statement == "UPDATE t SET a = 1"
    assert isinstance(executable, Execute)
    assert executable.options == (("stream_results", True),)
    assert isinstance(rows, BulkInsert)
    assert rows == BulkInsert(table=T, target=table, rows=({"a": 1}, {"a": 2}))
    assert isinstance(literal, BulkInsert)
    assert not literal.multi, "an expression cannot be one of many parameters"


def test_rows_that_are_there_or_needed_get_values(script: Script) -> None:
    script(op.backfill, "t", "a", sa.text("1"))
    script(op.backfill_numbers, "t", "b")
    script(
        op.insert_missing_rows, "t", {"a": "it's", "b": None}, children="c", keys={"id": "t_id"}, children_schema="s"
    )
    script(op.insert_missing_rows, "t", {"a": sa.text("1")}, schema="s")
    first, second, parents, one = script.operations
    assert isinstance(first, Backfill)
    assert (str(first.table), first.column, str(first.value)) == ("t", "a", "1")
    assert second == BackfillNumbers(table=T, column="b")
    assert isinstance(parents, InsertMissingRows)
    assert parents.children == TableName("c", "s")
    assert parents.keys == (("id", "t_id"),)
    assert [(name, value and value.sql) for name, value in parents.values] == [("a", "'it''s'"), ("b", None)]
    assert isinstance(one, InsertMissingRows)
    assert one.table == TableName("t", "s")
    assert one.children is None


def test_what_rows_are_filled_with_must_be_said(script: Script) -> None:
    with pytest.raises(ValueError, match="children="):
        script(op.insert_missing_rows, "t", keys={"id": "t_id"})
    with pytest.raises(ValueError, match="values, or keys"):
        script(op.insert_missing_rows, "t", children="c")
    with pytest.raises(ValueError, match="can be written as SQL"):
        script(op.insert_missing_rows, "t", {"id": sa.FetchedValue()})
    with pytest.raises(ValueError, match="needs a value"):
        script(op.backfill, "t", "a", None)


@pytest.mark.parametrize("rows", [{"a": 1}, "abc", [("a", 1)]])
def test_rows_are_dictionaries(script: Script, rows: Any) -> None:
    with pytest.raises(TypeError, match="dictionaries"):
        script(op.bulk_insert, sa.table("t", sa.column("a")), rows)


def test_an_inline_literal_is_in_the_text() -> None:
    statement = sa.select(op.inline_literal("it's"))
    assert "'it''s'" in str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}))


# The rest -------------------------------------------------------------------------------------------------------------


def test_a_batch_fills_in_table_and_schema(script: Script) -> None:
    def body() -> None:
        with op.batch_alter_table("t", schema="s", recreate="always", copy_from=None) as batch:
            batch.add_column(sa.Column("a", sa.Integer), insert_after=None) if False else None
            batch.add_column(sa.Column("a", sa.Integer))
            batch.alter_column("a", nullable=False, new_column_name="b", insert_after="c")
            batch.drop_column("d")
            batch.create_index(batch.f("ix"), ["a"])
            batch.drop_index("old")
            batch.create_foreign_key("fk", "u", ["a"], ["id"])
            batch.create_unique_constraint("uq", ["a"])
            batch.create_check_constraint("ck", "a > 0")
            batch.create_primary_key("pk", ["a"])
            batch.drop_constraint("uq", type_="unique")
            batch.create_table_comment("c")
            batch.drop_table_comment()
            batch.rename_column("x", "y")
            batch.rename_index("i", "j")
            batch.execute("SELECT 1")
            assert batch.get_bind().dialect.name == batch.get_context().dialect.name == "postgresql"

    script(body)
    assert len(script.operations) == 16
    assert {each.touches for each in script.operations if each.touches} == {(TableName("t", "s"),)}


def test_the_default_schema_by_its_name_is_the_default_schema(script: Script) -> None:
    script.recorder.environment.dialect.default_schema_name = "public"
    script(op.drop_table, "t", schema="public")
    script(op.create_table, "t", sa.Column("a", sa.Integer), schema="public")
    assert {each.touches for each in script.operations} == {(T,)}


def test_each_operation_knows_the_line_it_was_written_on(script: Script) -> None:
    def upgrade() -> None:
        op.drop_table("t")
        with op.batch_alter_table("t") as batch:
            batch.drop_column("a")

    script(upgrade)
    first = upgrade.__code__.co_firstlineno
    origins = [each.origin for each in script.operations]
    assert [(each.line, each.function, each.path) for each in origins if each] == [
        (first + 1, "upgrade", __file__),
        (first + 3, "upgrade", __file__),
    ]


def test_the_context_knows_dialect_and_arguments(script: Script) -> None:
    context = script(op.get_context)
    assert context.dialect.name == "postgresql"
    assert context.get_x_argument() == {"a": "b"}
    assert context.as_sql is False
    assert context.bind.dialect.name == "postgresql"
    assert context.connection.engine.dialect.name == "postgresql"


@pytest.mark.parametrize(("name", "transactional"), [("sqlite", True), ("postgresql", True), ("mysql", False)])
def test_the_context_knows_whether_ddl_is_rolled_back(name: str, transactional: bool) -> None:
    script = Script(name)
    assert script(lambda: op.get_context().impl.transactional_ddl) is transactional


@pytest.mark.parametrize("option", ["mariadb_engine", "mssql_clustered", "oracle_compress", "sqlite_strict"])
def test_options_of_any_database_are_accepted(script: Script, option: str) -> None:
    script(op.alter_table, "t", **{option: True})
    assert script.operations == []


@pytest.mark.parametrize("option", ["postgresq_with", "engine", "_engine", "mysql"])
def test_other_keywords_are_spelling_mistakes(script: Script, option: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
        script(op.alter_table, "t", **{option: True})


@pytest.mark.parametrize("option", ["mysql_engine", "mariadb_engine"])
def test_options_for_mysql_and_mariadb_mean_the_same(option: str) -> None:
    script = Script("mysql")
    script(op.alter_table, "t", **{option: "InnoDB"})
    assert script.one.set == (("options", ((option, "InnoDB"),)),)


def test_two_migrations_in_two_contexts_do_not_meet() -> None:
    import contextvars

    one, two = Script("sqlite"), Script("postgresql")

    def inner() -> None:
        with op.running(two.recorder.buffer):
            op.drop_table("b")

    with op.running(one.recorder.buffer):
        contextvars.copy_context().run(inner)
        op.drop_table("a")
    assert [each.name.name for each in one.operations if isinstance(each, DropTable)] == ["a"]
    assert [each.name.name for each in two.operations if isinstance(each, DropTable)] == ["b"]
