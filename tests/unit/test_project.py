"""What is known without a database, and how often it is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors
from schemashift.config import Config
from schemashift.project import Project
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.draft import draft
from tests.unit.test_migrator import metadata_of, script

TEMPLATE = Path(__file__).parents[2] / "migrations_template" / "script.py.tmpl"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two revisions; each time one is executed a line is added to ``runs.txt``."""
    mark = f"open({str(tmp_path / 'runs.txt')!r}, 'a').write(revision + chr(10))"
    for name, revises in (("aaa1", None), ("bbb2", "aaa1")):
        script(tmp_path, name, revises, f'op.execute("CREATE TABLE {name} (id INTEGER)")', "pass")
        path = tmp_path / "migrations" / "versions" / f"{name}.py"
        path.write_text(f"{path.read_text()}\n{mark}\n")
    (tmp_path / "migrations" / "script.py.tmpl").write_text(TEMPLATE.read_text())
    return Project(Config(root=str(tmp_path), directory=str(tmp_path / "migrations")), models=metadata_of())


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[ScriptDirectory]:
    """One for each time that a directory of scripts is read."""
    found: list[ScriptDirectory] = []
    read: Callable[[ScriptDirectory], object] = ScriptDirectory.graph

    def counted(self: ScriptDirectory) -> object:
        found.append(self)
        return read(self)

    monkeypatch.setattr(ScriptDirectory, "graph", counted)
    return found


def test_no_database_no_models_no_sqlalchemy(project: Project) -> None:
    code = (
        "import sys; from schemashift.config import Config; from schemashift.project import Project; "
        f"project = Project(Config(root={project.config.root!r}, directory={project.config.directory!r})); "
        "print(project.heads()[0].id, len(project.history()), project.show('aaa')[0].id, project.branches()); "
        "print(sorted(name for name in sys.modules if name.startswith('sqlalchemy')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["bbb2 2 aaa1 ()", "[]"]


def test_what_is_read_once_is_kept_until_it_is_refreshed(
    project: Project, readings: list[ScriptDirectory], tmp_path: Path
) -> None:
    assert [each.id for each in project.heads()] == ["bbb2"]
    script(tmp_path, "ccc3", "bbb2")
    assert [each.id for each in project.history()] == ["bbb2", "aaa1"]
    assert len(readings) == 1
    project.refresh()
    assert [each.id for each in project.show()] == ["ccc3"]
    assert len(readings) == 2


def test_what_a_project_writes_it_knows_without_reading_again(
    project: Project, readings: list[ScriptDirectory]
) -> None:
    header = draft(project.graph(), project.scripts, heads=["head"], rev_id="ccc3", branch_label="side")
    written = project.write(header, "more")
    assert project.heads() == (written,)
    assert project.graph().labels == {"side": "ccc3"}
    assert len(readings) == 1
    project.refresh()
    assert project.heads() == (written,)


def test_only_some_names_count_from_what_is_applied(project: Project) -> None:
    assert [project.is_relative(each) for each in ("current", "+1", "-1", "current:heads", ":-1")] == [True] * 5
    assert [project.is_relative(each) for each in ("head", "bbb2-1", "aaa", ":", "aaa1:head")] == [False] * 5
    assert project.is_relative("head", "+1")
    assert [each.id for each in project.history("current:", {"aaa1"})] == ["bbb2", "aaa1"]
    assert [each.id for each in project.show("+1", {"aaa1"})] == ["bbb2"]


def test_without_a_folder_there_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(errors.NoProject, match="there is no folder"):
        Project(Config(root=str(tmp_path), directory=str(tmp_path / "nowhere"))).graph()


def test_models_are_loaded_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def models() -> sa.MetaData:
        calls.append(1)
        return metadata_of()

    project = Project(Config(root=str(tmp_path)), models=models)
    assert project.metadata() is project.metadata()
    assert calls == [1]


def test_models_that_do_not_load_name_nothing(tmp_path: Path) -> None:
    named = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})
    assert Project(Config(root=str(tmp_path)), models=named).naming_convention() == {"pk": "pk_%(table_name)s"}
    assert Project(Config(root=str(tmp_path)), models="nowhere:Base").naming_convention() is None
    assert Project(Config(root=str(tmp_path))).naming_convention() is None


# -- several databases


def test_databases_share_what_a_project_has_read(
    project: Project, readings: list[ScriptDirectory], tmp_path: Path
) -> None:
    tenants = [Migrator.of(project, database=f"sqlite:///{tmp_path}/{name}.db") for name in ("one", "two")]
    assert [each.upgrade().current for each in tenants] == [("bbb2",), ("bbb2",)]
    assert tenants[0].downgrade("-1").current == ("aaa1",)
    assert [each.current() for each in tenants] == [("aaa1",), ("bbb2",)]
    assert [len(each.status().pending) for each in tenants] == [1, 0]
    assert len(readings) == 1
    assert (tmp_path / "runs.txt").read_text().split() == ["aaa1", "bbb2"]
    for name, tables in (("one", ["aaa1", "bbb2", "version"]), ("two", ["aaa1", "bbb2", "version"])):
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{name}.db", poolclass=sa.NullPool)
        assert sa.inspect(engine).get_table_names() == tables


def test_databases_share_a_project_in_threads(
    project: Project, readings: list[ScriptDirectory], tmp_path: Path
) -> None:
    def job(number: int) -> tuple[str, ...]:
        return Migrator.of(project, database=f"sqlite:///{tmp_path}/{number}.db").upgrade().current

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(job, range(16))) == [("bbb2",)] * 16
    assert len(readings) == 1
    assert sorted((tmp_path / "runs.txt").read_text().split()) == ["aaa1", "bbb2"]


def test_a_migrator_of_its_own_project_sees_new_scripts_in_each_call(
    project: Project, readings: list[ScriptDirectory], tmp_path: Path
) -> None:
    migrator = Migrator.of(project.config, database=f"sqlite:///{tmp_path}/app.db")
    assert migrator.upgrade().current == ("bbb2",)
    script(tmp_path, "ccc3", "bbb2")
    assert migrator.upgrade().current == ("ccc3",)
    assert [each.id for each in migrator.heads()] == ["ccc3"]
    assert len(readings) == 3


def test_a_shared_project_has_its_own_models(project: Project) -> None:
    with pytest.raises(TypeError, match="passed to the Project"):
        Migrator.of(project, models=metadata_of())
