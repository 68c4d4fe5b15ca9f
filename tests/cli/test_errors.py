"""Bad input: one clear error each, and nothing written or changed."""

from __future__ import annotations

import socket

import pytest
import sqlalchemy as sa

from tests.cli.conftest import MODELS, TOKEN, Project, Result, script_text


def refused(project: Project, *args: str, slug: str, code: int) -> Result:
    """Run, and see that it fails as it should and leaves every file as it was."""
    before = project.files()
    found = project.run(*args)
    assert found.err.startswith(f"error[{slug}]: "), found
    assert found.code == code
    assert "Traceback" not in found.err
    assert project.files() == before
    document = project.run(*args, "--json").document
    assert document["ok"] is False
    assert document["exit_code"] == code
    assert document["error"]["code"] == slug
    assert project.files() == before
    return found


# -- no project, no URL, wrong URL


@pytest.mark.parametrize("command", ["history", "upgrade", "revision", "check", "status", "current"])
def test_no_project(project: Project, command: str) -> None:
    found = refused(project, command, slug="no-project", code=2)
    assert found.err == (
        "error[no-project]: no schemashift project here or above\n"
        "   hint: schemashift init    (or pass -c path/to/pyproject.toml)\n"
    )


def test_a_project_whose_folder_is_gone(project: Project) -> None:
    project.write("schemashift.toml", 'url = "sqlite:///app.db"\n')
    found = refused(project, "history", slug="no-project", code=2)
    assert "there is no folder migrations" in found.err


def test_no_url(project: Project) -> None:
    project.start(url="env:SHOP_DATABASE")
    found = refused(project, "upgrade", slug="no-url", code=2)
    assert 'cause: schemashift.toml url = "env:SHOP_DATABASE", and SHOP_DATABASE is not set' in found.err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("app.db", '"app.db" is not a database URL'),
        ("postgresql//app:secret@host/db", "is not a database URL"),
        ("postgrs://app:secret@host/db", "did you mean postgresql?"),
        ("driver://user:secret@localhost/dbname", 'no database "driver" is known to SQLAlchemy'),
        ("postgresql+nosuch://app:secret@host/db", 'no driver "nosuch" for postgresql'),
        ("postgresql+psycopg://app:secret@host:port/db", "is not a database URL"),
    ],
)
def test_wrong_url(project: Project, url: str, message: str) -> None:
    project.start()
    for command in (["upgrade"], ["status"], ["revision", "--autogenerate"]):
        found = refused(project, *command, "--url", url, slug="bad-url", code=2)
        assert message in found.err
        assert "secret" not in found.err


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgresql+pg8000://app:secret@host/db", "pip install pg8000"),
        ("mysql+mysqldb://app:secret@host/db", "pip install mysqlclient"),
        ("postgresql+psycopg2://app:secret@host/db", "pip install psycopg2-binary"),
    ],
)
def test_missing_driver(project: Project, url: str, hint: str) -> None:
    project.start()
    found = refused(project, "upgrade", "--url", url, slug="driver-missing", code=4)
    assert f"   hint: {hint}\n" in found.err
    assert "secret" not in found.err


@pytest.mark.parametrize("driver", ["postgresql+asyncpg", "sqlite+aiosqlite", "mysql+aiomysql"])
def test_asynchronous_drivers_are_named_with_the_url_to_use(project: Project, driver: str) -> None:
    project.start()
    found = refused(project, "upgrade", "--url", f"{driver}://app:secret@host/db", slug="not-supported", code=2)
    assert "--url " in found.err
    assert "secret" not in found.err


# -- the database cannot be reached


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    "driver", ["postgresql+psycopg", "mysql+pymysql", "postgresql", "mysql", "mariadb", "postgres"]
)
def test_nobody_listens(project: Project, driver: str) -> None:
    project.start()
    url = f"{driver}://app:secret@127.0.0.1:{free_port()}/shop"
    found = refused(project, "upgrade", "--url", url, slug="database-unreachable", code=4)
    assert "  cause: connection refused\n" in found.err
    assert "secret" not in found.err
    assert "app:***@127.0.0.1" in found.err


@pytest.mark.databases("postgresql", "mariadb")
def test_no_such_database(project: Project, database_url: str) -> None:
    project.start(url=sa.make_url(database_url).set(database="nosuch_db").render_as_string(hide_password=False))
    for command in (["upgrade"], ["status"], ["revision", "--autogenerate"], ["current"]):
        found = refused(project, *command, slug="database-unreachable", code=4)
        assert 'cause: database "nosuch_db" does not exist' in found.err


@pytest.mark.databases("mariadb")
def test_rejected_password(project: Project, database_url: str) -> None:
    url = sa.make_url(database_url).set(username="nobody_here", password="secret")
    project.start(url=url.render_as_string(hide_password=False))
    found = refused(project, "upgrade", slug="database-unreachable", code=4)
    assert 'cause: password rejected for "nobody_here"' in found.err
    assert "secret" not in found.err


def test_a_sqlite_folder_that_is_not_there(project: Project) -> None:
    project.start(url="sqlite:///nowhere/app.db")
    project.revision("aaa1")
    found = refused(project, "upgrade", slug="database-unreachable", code=4)
    assert f"cause: there is no folder {project.folder}/nowhere" in found.err


def test_a_file_that_is_no_database(project: Project) -> None:
    project.start()
    project.write("app.db", "this is text, and quite long enough to be taken for a database header by anyone\n" * 20)
    project.revision("aaa1")
    found = project.run("upgrade")
    assert found.code == 4
    assert "file is not a database" in found.err
    assert "Traceback" not in found.err


# -- the models


def test_no_models(project: Project) -> None:
    project.start()
    project.write("schemashift.toml", 'url = "sqlite:///app.db"\n')
    found = refused(project, "revision", "--autogenerate", slug="no-models", code=2)
    assert 'hint: models = "package.module:Base"   under [tool.schemashift]' in found.err


def test_models_that_name_nothing(project: Project) -> None:
    project.start(models="Bsae")
    found = refused(project, "revision", "--autogenerate", slug="no-models", code=2)
    assert f'did you mean  models = "{project.models}:Base"  ?' in found.err


def test_models_that_are_something_else(project: Project) -> None:
    project.start(models="String")
    found = refused(project, "revision", "--autogenerate", slug="no-models", code=2)
    assert "what works: a MetaData" in found.err


def test_models_whose_module_is_not_there(project: Project) -> None:
    project.start()
    project.write("schemashift.toml", 'models = "nosuch_app.models:Base"\nurl = "sqlite:///app.db"\n')
    found = refused(project, "revision", "--autogenerate", slug="models-do-not-load", code=2)
    assert "there is no module nosuch_app.models" in found.err
    assert f'did you mean  models = "{project.models}:Base"  ?' in found.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import nosuch_package", "ModuleNotFoundError: No module named 'nosuch_package'"),
        ("x = nosuch_name", "NameError: name 'nosuch_name' is not defined"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "it calls sys.exit(3)"),
    ],
)
def test_models_that_fail_to_import(project: Project, line: str, message: str) -> None:
    project.start()
    project.write_models(f"\n{line}\n")
    found = refused(project, "revision", "--autogenerate", slug="models-do-not-load", code=2)
    number = len(MODELS.splitlines()) + 2
    assert f"--> {project.models}.py:{number}\n" in found.err
    assert line in found.err
    assert f"cause: {message}" in found.err


def test_the_application_line_is_shown_not_the_library_line(project: Project) -> None:
    project.start()
    project.write_models('\n\nclass Twice(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column()\n')
    found = refused(project, "revision", "--autogenerate", slug="models-do-not-load", code=2)
    assert f"--> {project.models}.py:" in found.err


def test_empty_metadata_never_drops_everything(project: Project) -> None:
    project.start()
    project.ok("revision", "--autogenerate", "-m", "first")
    project.ok("upgrade")
    project.write_models()
    project.write(f"{project.models}.py", MODELS.partition("class User")[0])
    found = refused(project, "revision", "--autogenerate", slug="no-tables", code=2)
    assert "nothing written; as it stands the revision would drop the only table of the database" in found.err
    assert project.run("check").code == 2


# -- the scripts


def test_a_script_with_a_syntax_error(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1", "x = (1")
    found = refused(project, "upgrade", slug="script-does-not-load", code=2)
    assert "--> migrations/versions/bbb2.py:" in found.err
    shown = project.run("history")
    assert shown.code == 0
    assert "aaa1" in shown.out
    assert shown.err.startswith("warning[script-does-not-load]: ") or "bbb2" in shown.out


def test_a_script_that_fails_to_load(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.script("bbb2", script_text("bbb2", "aaa1") + "\nx = sqlmodel.String\n")
    found = refused(project, "upgrade", slug="script-does-not-load", code=2)
    assert "name 'sqlmodel' is not defined" in found.err
    assert "aaa1" in project.ok("history").out


def test_a_script_without_a_revision(project: Project) -> None:
    project.start()
    project.script("odd", "x = 1\n")
    assert refused(project, "upgrade", slug="script-does-not-load", code=2)


def test_unknown_and_ambiguous_revisions(project: Project) -> None:
    project.start()
    project.revision("c4f1d2a97b3e")
    project.revision("c4990be1d7a2", "c4f1d2a97b3e")
    for command in ("upgrade", "show", "stamp"):
        found = refused(project, command, "c4f1d2b", slug="unknown-revision", code=2)
        assert "did you mean c4f1d2a97b3e" in found.err
        refused(project, command, "c4", slug="ambiguous-revision", code=2)


def test_faults_of_the_graph_stop_what_walks_and_not_what_looks(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "nosuch")
    for command in (["upgrade", "heads"], ["revision", "-m", "x", "--head", "aaa1"], ["merge"]):
        refused(project, *command, slug="missing-parent", code=2)
    for command in (["history"], ["heads"], ["branches"], ["show", "aaa1"], ["current"], ["status"]):
        found = project.ok(*command)
        assert found.err.startswith("warning[missing-parent]: ")
        assert project.run(*command, "--json").document["warnings"][0]["code"] == "missing-parent"


def test_two_heads(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.revision("ccc3", "aaa1")
    found = refused(project, "upgrade", slug="multiple-heads", code=2)
    assert "bbb2" in found.err
    assert "ccc3" in found.err
    refused(project, "revision", "-m", "x", slug="multiple-heads", code=2)


# -- the database and the scripts do not fit


def test_a_table_that_exists_already(project: Project) -> None:
    project.start()
    project.ok("revision", "--autogenerate", "-m", "first")
    engine = sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
    found = project.run("upgrade")
    assert found.code == 5
    assert "error[already-exists]: " in found.err
    assert "users" in found.err
    assert "--> migrations/versions/" in found.err
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == tables


def test_a_database_that_is_behind(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.ok("upgrade", "aaa1")
    project.write_models(TOKEN)
    found = refused(project, "revision", "--autogenerate", slug="behind", code=2)
    assert "the database is 1 revision behind" in found.err
    assert "         bbb2 (bbb2 it is)\n" in found.err
    assert "   hint: schemashift upgrade head\n" in found.err


def test_a_database_that_is_ahead(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    later = project.revision("feedbeef", "aaa1")
    project.ok("upgrade")
    later.unlink()
    for command in (["upgrade"], ["downgrade", "base"], ["revision", "--autogenerate"]):
        found = refused(project, *command, slug="database-ahead", code=2)
        assert 'the database is at "feedbeef", which is in no file' in found.err
    assert project.ok("current").out == "aaa1 (head)\nfeedbeef (in no file)\n"
    assert "feedbeef  in no file" in project.ok("status").out
    assert "feedbeef" in project.ok("history").err
    assert project.run("check").code == 2
    assert project.ok("stamp", "aaa1").err == "done: now at aaa1 (head)\n"


def test_a_foreign_version_table(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    engine = sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE version (number INTEGER)")
    for command in (["upgrade"], ["stamp", "head"], ["current"]):
        found = refused(project, *command, slug="foreign-version-table", code=2)
        assert "version_table = " in found.err


def test_a_migration_that_fails(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    project.revision("bbb2", "aaa1", 'op.execute("INSERT INTO nosuch VALUES (1)")')
    found = project.run("upgrade")
    assert found.code == 5
    lines = found.err.splitlines()
    assert any(line.startswith("  ok  aaa1  aaa1 it is") for line in lines)
    assert "  FAIL  bbb2  bbb2 it is" in lines
    assert "error[migration-failed]: bbb2 (bbb2 it is): no such table: nosuch" in lines
    assert "   --> migrations/versions/bbb2.py:11 in upgrade()" in lines
    assert any(line.startswith("  state: ") for line in lines)
    assert project.ok("current").out == "aaa1\n"


# -- the line itself


def test_downgrade_needs_a_target(project: Project) -> None:
    project.start()
    found = refused(project, "downgrade", slug="usage", code=2)
    assert "schemashift downgrade -1 " in found.err
    assert "schemashift downgrade base " in found.err
    assert "schemashift stamp head" in refused(project, "stamp", slug="usage", code=2).err


def test_initialised_twice(project: Project) -> None:
    project.ok("init")
    found = refused(project, "init", slug="already-initialised", code=2)
    assert "migrations/ already exists" in found.err


def test_bad_settings(project: Project) -> None:
    project.start()
    project.write("schemashift.toml", 'modles = "x"\n')
    found = refused(project, "history", slug="bad-config", code=2)
    assert found.err == (
        'error[bad-config]: unknown key "modles"\n   --> schemashift.toml:1\n   hint: did you mean models?\n'
    )


def test_new_revisions_that_cannot_be(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    assert "--splice" in refused(project, "revision", "--head", "aaa1", slug="bad-target", code=2).err
    refused(project, "revision", "--rev-id", "aaa1", slug="duplicate-revision", code=2)
    refused(project, "revision", "--rev-id", "a:b", slug="bad-target", code=2)
    refused(project, "revision", "--branch-label", "aaa1", slug="duplicate-label", code=2)
    refused(project, "revision", "--depends-on", "nosuch", slug="unknown-revision", code=2)
    refused(project, "revision", "--version-path", "elsewhere", slug="bad-config", code=2)
    refused(project, "merge", "aaa1", "bbb2", slug="bad-target", code=2)
    refused(project, "merge", slug="bad-target", code=2)


# -- what the project's own code raises


BROKEN = """
import sqlalchemy as sa

class Db:
    @property
    def engine(self):
        raise RuntimeError("Working outside of application context.\\n\\nMore lines")

    metadata = engine

db = Db()
engine = sa.create_engine("sqlite://", creator=lambda: db.engine)
made = sa.create_engine("sqlite:///app.db")

def get():
    return db.engine

def leave():
    raise SystemExit(3)

@sa.event.listens_for(made, "connect")
def listen(connection, record):
    raise KeyError("tenant")
"""


@pytest.mark.parametrize("command", ["upgrade", "status", "current", "check", "revision --autogenerate"])
@pytest.mark.parametrize(
    ("setting", "cause"),
    [
        ('engine = "{app}:db.engine"', "RuntimeError: Working outside of application context."),
        ('engine = "{app}:get"', "RuntimeError: Working outside of application context."),
        ('engine = "{app}:leave"', "it calls sys.exit(3)"),
        ('engine = "{app}:engine"', "Working outside of application context."),
        ('engine = "{app}:made"', "tenant"),
        ('engine = "{app}:db.engin"', ""),
        ('models = "{app}:db"', "RuntimeError: Working outside of application context."),
        ('models = "{app}:get"', "RuntimeError: Working outside of application context."),
        ('models = "{app}:leave"', "it calls sys.exit(3)"),
        ('models = "{app}:db.metadata"', "RuntimeError: Working outside of application context."),
    ],
)
def test_what_the_project_raises_is_an_error_of_the_project(
    project: Project, command: str, setting: str, cause: str
) -> None:
    project.start()
    app = f"app_{project.models}"
    project.write(f"{app}.py", BROKEN)
    project.write("app.db", "")
    lines = [setting.format(app=app)]
    lines += [f'models = "{project.models}:Base"'] if setting.startswith("engine") else ['url = "sqlite:///x.db"']
    project.write("schemashift.toml", "\n".join(lines))
    found = project.run(*command.split())
    assert found.code != 70
    assert "schemashift 0" not in found.err
    if setting.startswith("engine") or command in ("check", "revision --autogenerate"):
        assert found.code in (2, 4), found
        assert cause in found.err


# -- edit opens an editor only for a person


def test_edit_as_json_opens_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.start()
    project.revision("aaa1")
    monkeypatch.setenv("EDITOR", "touch opened")
    monkeypatch.setenv("VISUAL", "touch opened")
    document = project.ok("edit", "aaa1", "--json").document
    assert document["paths"] == ["migrations/versions/aaa1.py"]
    assert document["edited"] == []
    assert not (project.folder / "opened").exists()


def test_edit_without_an_editor_or_a_terminal(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.start()
    project.revision("aaa1")
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    refused_text = project.run("edit", "aaa1")
    assert refused_text.code == 2
    assert "neither $VISUAL nor $EDITOR is set" in refused_text.err


# -- several folders of scripts


def test_version_locations_add_to_the_folder_of_the_project(project: Project) -> None:
    project.start()
    project.revision("aaa1")
    project.write("billing/versions/bbb2.py", script_text("bbb2", "aaa1"))
    settings = (project.folder / "schemashift.toml").read_text()
    project.write("schemashift.toml", settings + 'version_locations = ["billing/versions", "migrations/versions"]\n')
    assert [each["revision"] for each in project.ok("history", "--json").document["revisions"]] == ["bbb2", "aaa1"]
    project.ok("upgrade")
    project.ok("revision", "--head", "base", "-m", "own")
    assert any("own" in each for each in project.scripts()), "a new base goes to the folder of the project"
    project.ok("revision", "--head", "bbb2", "-m", "more", "--version-path", "billing/versions")
    assert any("more" in each.name for each in (project.folder / "billing" / "versions").iterdir())
