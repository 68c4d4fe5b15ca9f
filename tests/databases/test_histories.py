"""Scripts that came from Alembic, in the forms that published projects use, run up, down and up again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift.errors import MigrationFailed, ScriptDoesNotLoad
from tests.support.histories import History

Begin = Callable[..., History]

PEOPLE = """
op.create_table(
    "people",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=50), nullable=False),
    sa.Column("team_id", sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(["team_id"], ["teams.id"]),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("name"),
)
"""
TEAMS = 'op.create_table("teams", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(30)))'
CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@pytest.fixture
def history(tmp_path: Path, database_url: str) -> Begin:
    return lambda **settings: History(tmp_path, database_url, **settings)


def with_teams(history: History) -> History:
    history.add(TEAMS, 'op.drop_table("teams")')
    history.add(PEOPLE, 'op.drop_table("people")')
    return history


def foreign_keys(history: History, table: str) -> list[str | None]:
    return [key["name"] for key in history.inspector.get_foreign_keys(table)]


# SQLite, where a batch makes the table anew -----------------------------------------------------------------------


@pytest.mark.databases("sqlite")
def test_a_batch_names_unnamed_constraints_by_its_convention(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        f"""
        with op.batch_alter_table("people", naming_convention={CONVENTION!r}) as batch_op:
            batch_op.drop_constraint("fk_people_team_id_teams", type_="foreignkey")
            batch_op.create_foreign_key("fk_people_team", "teams", ["team_id"], ["id"], ondelete="CASCADE")
        """,
        """
        with op.batch_alter_table("people", schema=None) as batch_op:
            batch_op.drop_constraint("fk_people_team", type_="foreignkey")
            batch_op.create_foreign_key("fk_people_team_id_teams", "teams", ["team_id"], ["id"])
        """,
    )
    found.migrator.upgrade("head")
    found.send("INSERT INTO teams VALUES (1, 'a')", "INSERT INTO people VALUES (1, 'x', 1)")
    (key,) = found.inspector.get_foreign_keys("people")
    assert (key["name"], key["options"]) == ("fk_people_team", {"ondelete": "CASCADE"})
    assert found.inspector.get_unique_constraints("people")[0]["name"] == "uq_people_name"
    assert found.inspector.get_pk_constraint("people")["name"] == "pk_people"
    assert found.rows("SELECT * FROM people") == [(1, "x", 1)]
    found.send("DELETE FROM people")
    found.walk()


@pytest.mark.databases("sqlite")
def test_the_convention_of_a_batch_that_only_adds_names_nothing(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        f"""
        with op.batch_alter_table("people", naming_convention={CONVENTION!r}) as batch_op:
            batch_op.add_column(sa.Column("age", sa.Integer()), insert_after="id")
        """
    )
    found.migrator.upgrade("head")
    assert foreign_keys(found, "people") == [None]


@pytest.mark.databases("sqlite")
def test_names_that_scripts_give_are_there_even_if_they_are_postgresqls(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        """
        op.create_table(
            "notes",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("text", sa.String(20)),
            sa.Column("team_id", sa.Integer),
            sa.UniqueConstraint("text", name="notes_text_key"),
        )
        with op.batch_alter_table("notes") as batch_op:
            there = sa.inspect(op.get_bind()).get_foreign_keys("notes")
            if "notes_team_id_fkey" not in {each["name"] for each in there}:
                batch_op.create_foreign_key("notes_team_id_fkey", "teams", ["team_id"], ["id"])
        """,
        """
        names = {each["name"] for each in sa.inspect(op.get_bind()).get_foreign_keys("notes")}
        assert "notes_team_id_fkey" in names
        with op.batch_alter_table("notes") as batch_op:
            batch_op.drop_constraint("notes_team_id_fkey", type_="foreignkey")
            batch_op.drop_constraint("notes_text_key", type_="unique")
        op.drop_table("notes")
        """,
    )
    found.walk()
    assert foreign_keys(found, "notes") == ["notes_team_id_fkey"]
    assert [each["name"] for each in found.inspector.get_unique_constraints("notes")] == ["notes_text_key"]


@pytest.mark.databases("sqlite")
def test_a_batch_replaces_the_primary_key(history: Begin) -> None:
    found = with_teams(history())
    found.add('with op.batch_alter_table("teams") as batch_op:\n    batch_op.create_primary_key("pk_teams", ["id"])')
    found.migrator.upgrade("head")
    assert found.inspector.get_pk_constraint("teams") == {"constrained_columns": ["id"], "name": "pk_teams"}


@pytest.mark.databases("sqlite")
def test_a_batch_may_drop_what_went_with_a_column(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        """
        with op.batch_alter_table("people") as batch_op:
            batch_op.create_index("ix_people_team", ["team_id", "name"])
            batch_op.create_unique_constraint("uq_people_team", ["team_id", "name"])
        """
    )
    found.add(
        """
        with op.batch_alter_table("people") as batch_op:
            batch_op.drop_column("team_id")
            batch_op.drop_index("ix_people_team")
            batch_op.drop_constraint("uq_people_team", type_="unique")
        """
    )
    found.migrator.upgrade("head")
    assert found.inspector.get_indexes("people") == []
    assert [each["column_names"] for each in found.inspector.get_unique_constraints("people")] == [["name"]]


@pytest.mark.databases("sqlite")
def test_table_kwargs_of_a_batch_become_the_tables(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        'with op.batch_alter_table("teams", recreate="always", table_kwargs={"sqlite_autoincrement": True}):\n    pass'
    )
    found.migrator.upgrade("head")
    assert "AUTOINCREMENT" in found.rows("SELECT sql FROM sqlite_master WHERE name = 'teams'")[0][0]


# Errors that scripts catch ------------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("error", ["ValueError", "KeyError", "sa.exc.OperationalError", "sa.exc.NoSuchTableError"])
def test_what_is_not_there_is_caught_by_the_errors_that_alembic_raises(history: Begin, error: str) -> None:
    found = with_teams(history())
    found.add(
        f"""
        try:
            with op.batch_alter_table("people") as batch_op:
                batch_op.drop_constraint("fk_nobody", type_="foreignkey")
        except {error}:
            op.add_column("people", sa.Column("age", sa.Integer))
        """
    )
    found.migrator.upgrade("head")
    assert {each["name"] for each in found.inspector.get_columns("people")} == {"id", "name", "team_id", "age"}


@pytest.mark.databases("sqlite")
def test_a_helper_may_hide_contextlib_suppress(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        """
        with forgiving(), op.batch_alter_table("people") as batch_op:
            batch_op.drop_constraint("fk_nobody", type_="foreignkey")
        op.add_column("people", sa.Column("age", sa.Integer))
        """,
        top="""
        import contextlib

        def forgiving():
            return contextlib.suppress(ValueError)
        """,
    )
    found.migrator.upgrade("head")
    assert len(found.inspector.get_columns("people")) == 4


def test_what_is_not_there_and_is_not_caught_is_said_in_one_line(history: Begin) -> None:
    found = with_teams(history())
    found.add('op.drop_constraint("fk_nobody", "people", type_="foreignkey")')
    with pytest.raises(MigrationFailed, match="fk_nobody") as caught:
        found.migrator.upgrade("head")
    assert "Background on this error" not in str(caught.value)


@pytest.mark.databases("mariadb")
def test_a_try_after_a_killed_run_says_what_that_run_left(history: Begin) -> None:
    """The row in flight is what kill -9 leaves; the table may be there or not."""
    found = history()
    found.add("pass")
    found.add(TEAMS + '\nop.create_table("more", sa.Column("id", sa.Integer))')
    found.migrator.upgrade(found.ids[0])
    found.send(
        "CREATE TABLE teams (id INTEGER)",
        "INSERT INTO version (revision, status, applied_at, applied_by, step) "
        f"VALUES ('{found.ids[1]}', 'upgrading', NOW(), 'somebody', 1)",
    )
    for _ in range(2):
        with pytest.raises(MigrationFailed, match="already exists") as caught:
            found.migrator.upgrade("head")
        assert "an earlier run of 0002abcdef did up to its statement 1 stays" in str(caught.value)
        assert "create_all" not in str(caught.value)
        assert found.rows("SELECT status, step FROM version WHERE revision = '0002abcdef'") == [("upgrading", 1)]
    found.send("DROP TABLE teams")
    found.migrator.upgrade("head")
    assert found.tables() == {"teams", "more"}


# Every database ----------------------------------------------------------------------------------------------------


def test_a_foreign_key_with_use_alter_waits_for_its_own_line(history: Begin) -> None:
    found = history()
    found.add(
        """
        op.create_table(
            "runs",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("last_id", sa.Integer),
            sa.ForeignKeyConstraint(["last_id"], ["states.id"], name="fk_runs_states", use_alter=True),
        )
        op.create_table(
            "states",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", name="fk_states_runs")),
        )
        if op.get_bind().dialect.name != "sqlite":
            op.create_foreign_key("fk_runs_states", "runs", "states", ["last_id"], ["id"], use_alter=True)
        """,
        """
        with op.batch_alter_table("runs") as batch_op:
            batch_op.drop_constraint("fk_runs_states", type_="foreignkey")
        op.drop_table("states")
        op.drop_table("runs")
        """,
    )
    found.walk()
    assert foreign_keys(found, "runs") == ["fk_runs_states"]


def test_keywords_of_sqlalchemy_and_old_names_of_keywords(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        """
        op.alter_column("teams", "title", existing_type=sa.String(30), type_=sa.String(60), default="x")
        op.create_unique_constraint(name="uq_teams", source="teams", local_cols=["title"])
        op.create_index(name="ix_people", tablename="people", columns=["name"])
        op.create_foreign_key(
            name="fk_more", source="people", referent="teams", local_cols=["team_id"], remote_cols=["id"]
        )
        """,
        """
        op.drop_constraint(name="fk_more", tablename="people", type="foreignkey")
        op.drop_index(name="ix_people", tablename="people")
        op.drop_constraint("uq_teams", "teams", "unique")
        op.alter_column("teams", "title", existing_type=sa.String(60), type_=sa.String(30))
        """,
    )
    found.walk()
    assert [each["name"] for each in found.inspector.get_unique_constraints("teams")] == ["uq_teams"]


def test_an_index_on_text_is_an_index_on_the_column(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        'op.create_index("ix_teams", "teams", ["id", sa.text("title DESC")])', 'op.drop_index("ix_teams", "teams")'
    )
    found.walk()
    assert [each["column_names"] for each in found.inspector.get_indexes("teams")] == [["id", "title"]]


@pytest.mark.parametrize("models", [sa.MetaData(naming_convention=CONVENTION), "app_models_of_history:metadata"])
def test_the_models_naming_convention_names_what_scripts_do_not(
    history: Begin, models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app_models_of_history.py").write_text(
        f"import sqlalchemy as sa\nmetadata = sa.MetaData(naming_convention={CONVENTION!r})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = with_teams(history(models=models))
    found.add(
        """
        op.create_unique_constraint(None, "teams", ["title"])
        op.create_check_constraint("positive", "teams", "title <> 'x'")
        op.create_check_constraint(op.f("as_it_is"), "teams", "title <> 'y'")
        op.drop_constraint("fk_people_team_id_teams", "people", type_="foreignkey")
        op.create_foreign_key(None, "people", "teams", ["team_id"], ["id"], ondelete="CASCADE")
        """,
        """
        op.drop_constraint("positive", "teams", type_="check")
        op.drop_constraint(op.f("as_it_is"), "teams", type_="check")
        op.drop_constraint("uq_teams_title", "teams", type_="unique")
        """,
    )
    found.migrator.upgrade("head")
    inspector = found.inspector
    assert foreign_keys(found, "people") == ["fk_people_team_id_teams"]
    assert [each["name"] for each in inspector.get_unique_constraints("teams")] == ["uq_teams_title"]
    assert {each["name"] for each in inspector.get_check_constraints("teams")} == {"ck_teams_positive", "as_it_is"}
    found.walk()


def test_the_context_answers_what_scripts_ask(history: Begin) -> None:
    found = history(x={"tenant": "one"})
    found.add(
        """
        assert not context.is_offline_mode()
        assert context.get_x_argument(as_dictionary=True) == {"tenant": "one"}
        assert context.get_x_argument() == ["tenant=one"]
        assert context.get_context().version_table == "version"
        assert op.get_context().version_table_schema is None
        assert op.get_context().opts["version_table"] == "version"
        assert op.get_context().impl.dialect.name == NAME
        assert context.config.attributes.get("anything", 3) == 3
        assert context.config.get_main_option("script_location", "here") == "here"
        with op.get_context().begin_transaction():
            context.execute("CREATE TABLE made (id INTEGER)")
        op.get_context().impl.execute("INSERT INTO made VALUES (1)")
        """,
        'op.drop_table("made")',
        top="""
        NAME = op.get_bind().dialect.name
        TYPE = sa.Integer if op.get_context().dialect.name == "sqlite" else sa.BigInteger
        """,
    )
    found.walk()
    assert found.rows("SELECT * FROM made") == [(1,)]


def test_the_top_of_a_script_changes_nothing(history: Begin) -> None:
    found = history()
    found.add("pass", top='op.create_table("early", sa.Column("id", sa.Integer))')
    with pytest.raises(ScriptDoesNotLoad, match="must not change the database"):
        found.migrator.upgrade("head")
    assert found.tables() == set()


@pytest.mark.databases("sqlite")
def test_lazy_objects_of_a_script_sleep_until_it_uses_them(history: Begin) -> None:
    found = history()
    found.add(
        "op.create_table('t', sa.Column('id', LAZY.type))",
        top="""
        class Lazy:
            def __getattr__(self, name):
                return getattr(sa, "Integer" if op.get_bind().in_transaction() else "String")

        LAZY = Lazy()

        class Loud:
            def __getattr__(self, name):
                raise RuntimeError(name)

        LOUD = Loud()
        """,
    )
    found.migrator.upgrade("head")
    assert found.tables() == {"t"}


@pytest.mark.parametrize(("name", "way"), [("invoke", "call the function"), ("run_async", "get_bind"), ("nothing", "")])
@pytest.mark.databases("sqlite")
def test_what_op_lacks_says_what_to_write(history: Begin, name: str, way: str) -> None:
    found = history()
    found.add(f"op.{name}(None)")
    with pytest.raises(MigrationFailed, match=f"op has no '{name}'.*{way}"):
        found.migrator.upgrade("head")


@pytest.mark.databases("postgresql")
def test_a_serial_becomes_text_and_counts_no_more(history: Begin) -> None:
    found = with_teams(history())
    found.add(
        """
        op.drop_column("people", "team_id")
        op.alter_column("teams", "id", type_=sa.UnicodeText, server_default=None)
        """
    )
    found.add('op.alter_column("people", "id", type_=sa.Text())')
    found.migrator.upgrade("head")
    (column,) = (each for each in found.inspector.get_columns("teams") if each["name"] == "id")
    assert (str(column["type"]), column["default"]) == ("TEXT", None)


@pytest.mark.databases("postgresql")
def test_an_exclusion_constraint(history: Begin) -> None:
    found = history()
    found.add(
        """
        op.create_table("stays", sa.Column("id", sa.Integer, primary_key=True), sa.Column("room", sa.Integer))
        op.create_exclude_constraint("no_two", "stays", ("room", "="), where=sa.text("room > 0"), using="btree")
        """,
        'op.drop_constraint("no_two", "stays")\nop.drop_table("stays")',
    )
    found.walk()
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'no_two'"
    assert found.rows(query) == [("EXCLUDE USING btree (room WITH =) WHERE ((room > 0))",)]


def test_a_history_with_data_between(history: Begin) -> None:
    """Sessions that commit, loops with LIMIT, tables that look whether they are there."""
    found = with_teams(history())
    found.add(
        """
        bind = op.get_bind()
        if not sa.inspect(bind).has_table("labels"):
            labels = op.create_table(
                "labels",
                sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
                sa.Column("text", sa.String(20), server_default=sa.text("'none'"), nullable=False),
                sa.Column("kind", sa.Enum("warm", "cold", name="kind_of_label"), nullable=True),
                sa.PrimaryKeyConstraint("id"),
                mysql_engine="InnoDB",
            )
            op.bulk_insert(labels, [{"text": f"l{number}"} for number in range(7)])
        session = Session(bind=bind)
        while waiting := session.scalars(sa.select(Label).where(Label.kind.is_(None)).limit(3)).all():
            for label in waiting:
                label.kind = "warm"
            session.commit()
        """,
        """
        op.drop_table("labels")
        sa.Enum(name="kind_of_label").drop(op.get_bind(), checkfirst=True)
        """,
        top="""
        from sqlalchemy.orm import Session, declarative_base

        Base = declarative_base()

        class Label(Base):
            __tablename__ = "labels"
            id = sa.Column(sa.Integer, primary_key=True)
            kind = sa.Column(sa.Enum("warm", "cold", name="kind_of_label"))
        """,
    )
    found.add(
        """
        with op.batch_alter_table("labels", schema=None) as batch_op:
            batch_op.add_column(sa.Column("team_id", sa.Integer(), nullable=True))
            batch_op.create_index(batch_op.f("ix_labels_team_id"), ["team_id"], unique=False)
            batch_op.create_foreign_key("fk_labels_team", "teams", ["team_id"], ["id"], ondelete="SET NULL")
            batch_op.alter_column("kind", existing_type=sa.Enum("warm", "cold", name="kind_of_label"), nullable=False)
        op.execute(sa.text("UPDATE labels SET text = :text WHERE id > 3").bindparams(text="50% of a:b"))
        """,
        """
        with op.batch_alter_table("labels", schema=None) as batch_op:
            batch_op.drop_constraint("fk_labels_team", type_="foreignkey")
            batch_op.drop_index(batch_op.f("ix_labels_team_id"))
            batch_op.drop_column("team_id")
        """,
    )
    found.walk()
    assert found.rows("SELECT kind, COUNT(*) FROM labels GROUP BY kind") == [("warm", 7)]
    assert found.rows(
        "SELECT COUNT(*) FROM labels WHERE text = '50%% of a:b'"
        if "mysql" in str(found.engine.url)
        else "SELECT COUNT(*) FROM labels WHERE text LIKE '50%% of a:b' OR text LIKE '50% of a:b'"
        if "sqlite" in str(found.engine.url)
        else "SELECT COUNT(*) FROM labels WHERE text = '50%% of a:b'"
    ) == [(4,)]
    assert foreign_keys(found, "labels") == ["fk_labels_team"]
