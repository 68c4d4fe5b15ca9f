"""Several of us at once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import sqlalchemy as sa

from tests.cli.conftest import Project


def test_four_processes_apply_each_revision_once(project: Project, database_url: str) -> None:
    project.start(url=database_url)
    for number in range(5):
        revises = f"aaa{number - 1}" if number else None
        project.revision(f"aaa{number}", revises, f'op.create_table("t{number}", sa.Column("id", sa.Integer))')
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "schemashift", "upgrade", "head"],
            cwd=project.folder, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    told = [process.communicate(timeout=120)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, told
    done = Counter(line.split()[1] for text in told for line in text.splitlines() if line.startswith("  ok  "))
    assert done == {f"aaa{number}": 1 for number in range(5)}
    assert all(text.rstrip().endswith("aaa4 (head)") for text in told)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"version", *(f"t{number}" for number in range(5))}


def test_who_waits_too_long_says_so(project: Project) -> None:
    project.start()
    project.revision("aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    engine = sa.create_engine(f"sqlite:///{project.folder}/app.db", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        connection.commit()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = project.run("upgrade", "--lock-timeout", "0.3")
        connection.rollback()
    assert found.code == 6
    assert "error[locked]: " in found.err
    assert project.ok("current").out == "base\n"
