"""Each command reads the scripts once, plans once, and opens one connection."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from schemashift.cli.ui import Ui
from tests.cli.conftest import TOKEN, Project
from tests.support.calls import counted

ONCE = ("directories read", "connections", "dialects")


@pytest.fixture(params=["sqlite", "postgresql"])
def project_at_head(project: Project, request: pytest.FixtureRequest) -> Project:
    """Two revisions, applied, and a row."""
    url = "sqlite:///app.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    project.start(url)
    project.revision(
        "aaa1",
        None,
        'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("name", sa.String(50), nullable=False))',
        'op.drop_table("users")',
    )
    project.revision(
        "bbb2", "aaa1", 'op.add_column("users", sa.Column("age", sa.Integer))', 'op.drop_column("users", "age")'
    )
    project.ok("upgrade", "aaa1")
    engine = sa.create_engine(f"sqlite:///{project.folder}/app.db" if request.param == "sqlite" else url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (id, name) VALUES (1, 'a')")
    engine.dispose()
    return project


def test_upgrade(project_at_head: Project) -> None:
    with counted(*ONCE, "plans", "names read", "scripts loaded") as counts:
        project_at_head.ok("upgrade")
    assert set(counts.values()) == {1}, counts


def test_downgrade_at_a_terminal(project_at_head: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ui, "asks", True)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with counted(*ONCE, "plans", "names read", "scripts loaded") as counts:
        shown = project_at_head.ok("downgrade", "base").err
    assert "drops users (1 row)" in shown
    assert set(counts.values()) == {1}, counts


def test_status(project_at_head: Project) -> None:
    project_at_head.ok("upgrade")
    with counted(*ONCE, "models loaded") as counts:
        project_at_head.ok("status")
    assert set(counts.values()) == {1}, counts


def test_check(project_at_head: Project) -> None:
    project_at_head.ok("upgrade")
    with counted(*ONCE, "models loaded") as counts:
        project_at_head.run("check")
    assert set(counts.values()) == {1}, counts


def test_autogenerate(project_at_head: Project) -> None:
    project_at_head.ok("upgrade")
    project_at_head.write_models(TOKEN)
    with counted(*ONCE, "models loaded", "plans") as counts:
        shown = project_at_head.ok("revision", "--autogenerate").err
    assert "schemashift upgrade head" in shown
    assert set(counts.values()) == {1}, counts


def test_what_only_reads_scripts(project_at_head: Project) -> None:
    for command in (["heads"], ["branches"], ["history"], ["show"], ["revision", "-m", "x"], ["revision", "-m", "y"]):
        with counted(*ONCE) as counts:
            project_at_head.ok(*command)
        assert counts == {"directories read": 1, "connections": 0, "dialects": 0}, command
