"""``schemashift init``: what it finds, writes and leaves alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import MODELS, Project

PYPROJECT = '[project]\nname = "shop"\n'


def settings(project: Project) -> dict[str, object]:
    own = project.folder / "schemashift.toml"
    if own.exists():
        return tomllib.loads(own.read_text())
    found: dict[str, object] = tomllib.loads((project.folder / "pyproject.toml").read_text())["tool"]["schemashift"]
    return found


def test_a_pyproject_is_updated(project: Project) -> None:
    project.write("pyproject.toml", PYPROJECT)
    project.write("app/models.py", MODELS)
    found = project.ok("init")
    assert "  updated  pyproject.toml             [tool.schemashift]\n" in found.out
    assert (project.folder / "pyproject.toml").read_text() == (
        PYPROJECT + '\n[tool.schemashift]\nmodels = "app.models:Base"\nurl = "sqlite:///app.db"\n'
    )
    assert not (project.folder / "schemashift.toml").exists()


def test_the_next_commands_work_as_they_are(project: Project) -> None:
    project.write(f"{project.models}/__init__.py", "")
    project.write(f"{project.models}/db.py", MODELS.partition("class User")[0])
    project.write(
        f"{project.models}/users.py",
        f"from {project.models}.db import *\nfrom {project.models}.db import Base\n\n\n"
        "class User(Base):" + MODELS.partition("class User(Base):")[2],
    )
    project.ok("init")
    assert settings(project) == {
        "models": f"{project.models}.db:Base",
        "import": [f"{project.models}.users"],
        "url": "sqlite:///app.db",
    }
    assert "+ table  users" in project.ok("revision", "--autogenerate", "-m", "initial").err
    project.ok("upgrade", "head")
    project.ok("check")


def test_no_models(project: Project) -> None:
    found = project.ok("init")
    assert '  models    not found: set models = "package.module:Base"\n' in found.out
    assert settings(project) == {"url": "sqlite:///app.db"}
    assert project.run("revision", "--autogenerate").err.startswith("error[no-models]: ")


@pytest.mark.parametrize(
    ("url", "written", "words"),
    [
        ("sqlite:///other.db", "sqlite:///other.db", "from --url"),
        ("postgresql://db/shop", "postgresql://db/shop", "from --url"),
        ("postgresql://app:secret@db/shop", None, "has a password, so not written"),
    ],
)
def test_a_url_is_written_unless_it_has_a_password(project: Project, url: str, written: str | None, words: str) -> None:
    found = project.ok("init", "--url", url)
    assert settings(project).get("url") == written
    assert words in found.out
    assert "secret" not in found.out + found.err + (project.folder / "schemashift.toml").read_text()


def test_a_url_of_the_environment_is_not_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMASHIFT_URL", "postgresql://app:secret@db/shop")
    found = project.ok("init")
    assert settings(project) == {}
    assert "postgresql://app:***@db/shop" in found.out


def test_another_directory(project: Project) -> None:
    project.ok("init", "-d", "db/scripts")
    assert settings(project)["directory"] == "db/scripts"
    assert sorted(path.name for path in (project.folder / "db" / "scripts").iterdir()) == [
        "README.md", "script.py.tmpl", "versions",
    ]  # fmt: skip
    project.ok("revision", "-m", "x")


def test_settings_that_are_there_stay(project: Project) -> None:
    text = 'url = "sqlite:///mine.db"  # mine\ndirectory = "steps"\n'
    project.write("schemashift.toml", text)
    found = project.ok("init")
    assert (project.folder / "schemashift.toml").read_text() == text
    assert (project.folder / "steps" / "versions").is_dir()
    assert "sqlite:///mine.db" in found.out
    assert "schemashift.toml" not in found.out


def test_a_project_above_is_another_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.ok("init")
    below = project.folder / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    project.ok("init")
    assert (below / "schemashift.toml").exists()
    assert (below / "migrations" / "versions").is_dir()


@pytest.mark.parametrize("text", ["[tool\n", "tool = 3\n", "[[tool.schemashift]]\nx = 1\n"])
def test_a_pyproject_that_cannot_take_it_is_left_alone(project: Project, text: str) -> None:
    project.write("pyproject.toml", text + "# schemashift\n")
    before = project.files()
    found = project.run("init")
    assert found.code == 2
    assert found.err.startswith("error[bad-config]: ")
    assert project.files() == before
    assert not (project.folder / "migrations").exists()


def test_a_folder_with_something_in_it_is_left_alone(project: Project) -> None:
    project.write("migrations/env.py", "# Alembic's")
    before = project.files()
    found = project.run("init")
    assert (found.code, project.files()) == (2, before)
    project.ok("init", "-d", "steps")


def test_an_empty_folder_will_do(project: Project) -> None:
    (project.folder / "migrations").mkdir()
    project.ok("init")
    assert Path("migrations/versions").is_dir()
