"""The main job, as a person sees it."""

from __future__ import annotations

import sqlalchemy as sa

from tests.cli.conftest import TOKEN, Project, without_times

INIT = """\
  created  migrations/versions/
  created  migrations/script.py.tmpl
  created  migrations/README.md
  created  schemashift.toml

  models    {models}:Base (1 table)  found
  database  sqlite:///app.db{pad}default; set url or SCHEMASHIFT_URL for another
"""


def test_the_whole_flow_on_sqlite(project: Project) -> None:
    project.write_models()
    init = project.ok("init")
    pad = " " * (len(f"{project.models}:Base (1 table)") - len("sqlite:///app.db") + 2)
    assert init.out == INIT.format(models=project.models, pad=pad)
    assert init.err == '\nnext: schemashift revision --autogenerate -m "initial"\n'

    first = project.ok("revision", "--autogenerate", "-m", "initial")
    assert without_times(first.out) == "wrote migrations/versions/DATE_ID_initial.py\n"
    assert first.err == (
        f"{project.models}:Base (1 table) against sqlite:///app.db at base\n"
        "\n  + table  users  2 columns\n\n"
        "next: read it, then  schemashift upgrade head\n"
    )
    assert not (project.folder / "app.db").exists()

    up = project.ok("upgrade", "head")
    assert up.out == ""
    assert without_times(up.err) == (
        "sqlite:///app.db   base -> ID   1 revision\n\n  ok  ID  initial TIME\n\n"
        "done: 1 revision in TIME, now at ID (head)\n"
    )
    assert without_times(project.ok("upgrade", "head").err) == "already at ID (head)\n"

    project.write_models(TOKEN)
    second = project.ok("revision", "--autogenerate", "-m", "add token to user")
    assert "  + column  users.token  VARCHAR(40)\n" in second.err
    project.ok("upgrade")
    assert project.ok("check").code == 0

    nothing = project.ok("revision", "--autogenerate", "-m", "nothing")
    assert (nothing.out, nothing.err) == ("", "no changes: 1 table matches; nothing written\n")
    assert len(project.scripts()) == 2

    assert without_times(project.ok("history").out) == (
        f"●  ID  add token to user  (head, current)   DATE\n●  ID  initial{' ' * 30}DATE\n"
    )
    assert without_times(project.ok("downgrade", "-1").err).endswith("done: 1 revision in TIME, now at ID\n")
    assert without_times(project.ok("downgrade", "base").err).endswith("done: 1 revision in TIME, now at base\n")
    assert project.ok("current").out == "base\n"
    assert without_times(project.ok("downgrade", "base").err) == "nothing to undo: at base\n"


def test_the_whole_flow_on_each_database(project: Project, database_url: str) -> None:
    project.start(url=database_url)
    project.ok("revision", "--autogenerate", "-m", "initial")
    project.ok("upgrade", "head")
    project.write_models(TOKEN)
    project.ok("revision", "--autogenerate", "-m", "add token to user")
    behind = project.run("check")
    assert behind.code == 1
    project.ok("upgrade", "head")
    assert project.ok("check").out.count("  ok  ") == 4
    assert _columns(database_url) == {"id", "name", "token"}
    assert len(project.ok("history", "-i").out.splitlines()) == 2
    assert "match the head" in project.ok("status").out
    project.ok("downgrade", "-1")
    assert _columns(database_url) == {"id", "name"}
    project.ok("downgrade", "base")
    assert _columns(database_url) == set()
    project.ok("upgrade", "+1")
    project.ok("upgrade", "+1")
    assert _columns(database_url) == {"id", "name", "token"}


def _columns(url: str) -> set[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {each["name"] for each in inspector.get_columns("users")} if inspector.has_table("users") else set()


def test_pending_and_applied_are_told(project: Project) -> None:
    project.start()
    for number, name in enumerate(("aaa1", "bbb2", "ccc3")):
        project.revision(name, (None, "aaa1", "bbb2")[number])
    project.ok("upgrade", "bbb2")
    status = project.ok("status")
    assert without_times(status.out).splitlines()[2:6] == [
        "head      ccc3  ccc3 it is",
        "pending   1",
        "            ccc3  ccc3 it is",
        "models    not compared: the database is behind",
    ]
    assert "applied " in status.out
    assert project.ok("current").out == "bbb2\n"
    assert project.run("status", "--check").code == 1
    project.ok("upgrade")
    assert project.ok("current").out == "ccc3 (head)\n"
    assert project.run("status", "--check").code == 0


def test_stamp_records_without_running(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'raise RuntimeError("ran")')
    project.revision("bbb2", "aaa1")
    stamped = project.ok("stamp", "head")
    assert (stamped.out, stamped.err) == ("", "done: now at bbb2 (head)\n")
    assert project.ok("stamp", "head").err == "already at bbb2 (head)\n"
    assert project.ok("stamp", "aaa1").err == "done: now at aaa1\n"
    assert "stamped" in project.ok("status").out
    assert project.ok("stamp", "base").err == "done: now at base\n"


def test_the_sql_is_shown_with_v(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    assert "      CREATE TABLE t (id INTEGER)\n" in project.ok("upgrade", "-v").err
