"""What a user installs: the wheel is whole, and from an empty folder it does the main job on three databases."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.packaging.conftest import Installed
from tests.support.demo import EMAIL, MODELS, TOKEN
from tests.support.engines import ROOT


def test_the_wheel_carries_the_template_and_the_type_marker(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "schemashift/py.typed",
        "schemashift/migrations_template/script.py.tmpl",
        "schemashift/migrations_template/README.md",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "migrations_template/"))]


def test_the_wheel_needs_sqlalchemy_and_click_only(installed: Installed, tmp_path: Path) -> None:
    script = "from importlib.metadata import requires; print('\\n'.join(requires('schemashift')))"
    listing = installed.run("python", "-c", script, folder=tmp_path).stdout
    assert {line for line in listing.splitlines() if "extra ==" not in line} == {"click", "sqlalchemy>=2.0"}


@pytest.mark.parametrize("start", ["installed", "checkout"])
def test_the_template_is_found(installed: Installed, tmp_path: Path, start: str) -> None:
    script = "from schemashift.scripts.template import template_directory as d; print(d())"
    surroundings = {"PYTHONPATH": str(ROOT)} if start == "checkout" else {}
    ran = installed.run("python", "-c", script, folder=tmp_path, **surroundings)
    expected = {"installed": installed.bin.parent, "checkout": ROOT}[start]
    assert ran.stderr == ""
    assert Path(ran.stdout.strip()).is_relative_to(expected)


@pytest.mark.parametrize("command", [("schemashift",), ("python", "-m", "schemashift")], ids=["script", "module"])
def test_it_is_a_command(installed: Installed, tmp_path: Path, command: tuple[str, ...]) -> None:
    version = installed.run(*command, "--version", folder=tmp_path)
    assert (version.returncode, version.stderr) == (0, "")
    assert "0.1.0" in version.stdout
    usage = installed.run(*command, "--help", folder=tmp_path)
    assert (usage.returncode, usage.stderr) == (0, "")
    assert "upgrade" in usage.stdout


def columns(url: str) -> dict[str, list[str]]:
    """Every table of the database and its columns, but for the table of the versions."""
    engine = sa.create_engine(url)
    inspector = sa.inspect(engine)
    try:
        names = [name for name in inspector.get_table_names() if name != "version"]
        return {name: [column["name"] for column in inspector.get_columns(name)] for name in names}
    finally:
        engine.dispose()


def test_the_main_job_from_an_empty_folder(
    installed: Installed, tmp_path: Path, engine_name: str, database_url: str
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    models = folder / "models.py"
    models.write_text(MODELS)
    # SQLite is the default that nobody has to configure; elsewhere only the URL differs.
    environment = {} if engine_name == "sqlite" else {"SCHEMASHIFT_URL": database_url}
    url = f"sqlite:///{folder / 'app.db'}" if engine_name == "sqlite" else database_url

    def schemashift(*arguments: str) -> str:
        ran = installed.run("schemashift", *arguments, folder=folder, **environment)
        assert ran.returncode == 0, f"schemashift {' '.join(arguments)}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    before = {"user": ["id", "email"], "post": ["id", "author_id", "title"]}
    after = before | {"user": ["id", "email", "token"]}

    schemashift("init")
    schemashift("revision", "--autogenerate", "-m", "initial")
    schemashift("upgrade", "head")
    assert columns(url) == before
    models.write_text(MODELS.replace(EMAIL, EMAIL + TOKEN))
    schemashift("revision", "--autogenerate", "-m", "add token to user")
    schemashift("upgrade", "head")
    assert columns(url) == after
    history = schemashift("history")
    assert "initial" in history
    assert "add token to user" in history
    schemashift("downgrade", "-1")
    assert columns(url) == before
    schemashift("downgrade", "base")
    assert columns(url) == {}
    schemashift("upgrade", "head")
    assert columns(url) == after
