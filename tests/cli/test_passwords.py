"""Passwords are neither shown nor written, wherever they are in a URL, and whatever is wrong with it."""

from __future__ import annotations

import sqlite3

import pytest

from tests.cli.conftest import Project

SECRET = "Hunter2Hunter2"

URLS = [
    "postgresql+psycopg://me:{}@127.0.0.1:1/shop",
    "postgresql+psycopg://me@127.0.0.1:1/shop?password={}",
    "postgresql+psycopg://me@127.0.0.1:1/shop?sslpassword={}&x=1",
    "postgresql+psycopg://me@127.0.0.1:1/shop?api_key={}",
    "postgresql+psycopg://me:{}@[broken/shop",
    "postgresql+psycopg://me:{}@host:port/shop",
    "postgresql+psycopg://me:a@b:{}@127.0.0.1:1/shop",
    "postgresql+psycopg://:{}@127.0.0.1:1/shop",
    "postgresql+asyncpg://me@127.0.0.1:1/shop?password={}",
    "postgresql:/me:{}@host/shop",
    "postgresql//me:{}@host/shop",
    "me:{}@host/shop",
    "postgresql+nosuch://me:{}@127.0.0.1/shop?password={}",
    "nosuch://me@127.0.0.1/shop?token={}",
    "mysql+pymysql://me@127.0.0.1:1?passwd={}",
    "mysql+pymysql://me@127.0.0.1:1/shop?passwd={}",
    "mysql+pymysql://me@127.0.0.1:1/shop?pwd={}",
    "mysql+pymysql://me:{}@127.0.0.1:1",
    "mysql+mysqldb://me@127.0.0.1:1/shop?passwd={}",
    "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BUID%3Dme%3BPWD%3D{}",
    "oracle+oracledb://me:{}@127.0.0.1:1/?service_name=x",
    "sqlite:///nosuch/app.db?password={}",
    "sqlite:///app.db?token={}",
]


@pytest.mark.parametrize("url", URLS)
def test_they_are_not_shown(project: Project, url: str) -> None:
    project.start(url=url.format(SECRET, SECRET))
    project.revision("aaa1")
    for line in ("status", "upgrade -v", "check --json", "current --traceback", "revision --autogenerate"):
        found = project.run(*line.split())
        assert found.code != 70, found
        # A traceback shows the line of the program, and the driver's own error, where there is one.
        assert SECRET not in (found.out + found.err).replace("\n", ""), found


@pytest.mark.parametrize("url", URLS)
def test_they_are_not_written_and_not_repeated(project: Project, url: str) -> None:
    project.write_models()
    found = project.run("init", "--url", url.format(SECRET, SECRET))
    assert SECRET not in found.out + found.err, found
    assert not any(SECRET.encode() in each for each in project.files().values())
    assert not any(b"***" in each for each in project.files().values())


def test_the_version_table_has_no_parameters_of_a_statement(project: Project) -> None:
    project.start()
    project.revision(
        "aaa1",
        upgrade=(
            f'with op.autocommit_block():\n        op.execute("CREATE TABLE t (a INTEGER CHECK (a > 0))")\n'
            f'    op.execute(sa.text("INSERT INTO t SELECT :a WHERE :b <> 1").bindparams(a=-1, b="{SECRET}"))'
        ),
    )
    assert project.run("upgrade").code == 5
    database = sqlite3.connect(project.folder / "app.db")
    ((error,),) = database.execute("SELECT error FROM version")
    database.close()
    assert "CHECK constraint failed" in error
    assert SECRET not in error
    assert SECRET not in project.run("upgrade").err
    assert SECRET not in project.run("status").out
