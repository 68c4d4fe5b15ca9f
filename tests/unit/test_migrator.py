"""The Python API on SQLite: values come back, errors are raised, nothing is printed, nobody shares anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator, errors
from schemashift.config import Config
from schemashift.events import RevisionDone, RevisionStarted, RunFinished, RunStarted, StatementSent


def metadata_of(*columns: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "users", metadata, sa.Column("id", sa.Integer, primary_key=True), *(sa.Column(c, sa.Text) for c in columns)
    )
    return metadata


def script(folder: Path, name: str, revises: str | None = None, upgrade: str = "pass", downgrade: str = "pass") -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / f"{name}.py").write_text(
        f'"""{name} it is"""\nfrom schemashift import op\nrevision = "{name}"\ndown_revision = {revises!r}\n'
        f"def upgrade():\n    {upgrade}\ndef downgrade():\n    {downgrade}\n"
    )


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Migrator]:
    """A `Migrator` on a SQLite file of this test's, unless another database is given."""

    def made(database: Any = None, **settings: Any) -> Migrator:
        url = f"sqlite:///{tmp_path}/app.db" if database is None else database
        return Migrator(url, directory=tmp_path / "migrations", **settings)

    return made


Make = Callable[..., Migrator]


def test_the_whole_job(make: Make, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = make().init()
    assert [Path(each).name for each in made.created] == ["versions", "script.py.tmpl", "README.md"]
    first = make(models=metadata_of()).revision("first", autogenerate=True)
    assert first.revision is not None
    assert [str(each.describe()) for each in first.operations] == ["+ table users  1 column"]
    assert make(models=metadata_of()).upgrade().current == (first.revision.id,)
    second = make(models=metadata_of("name")).revision(autogenerate=True)
    assert second.revision is not None
    assert second.revision.message == "add name to users"
    run = make().upgrade("head")
    assert [(each.revision.id, each.direction) for each in run.done] == [(second.revision.id, "upgrade")]
    assert (run.start, run.current) == ((first.revision.id,), (second.revision.id,))
    assert make(models=metadata_of("name")).revision("x", autogenerate=True).revision is None
    assert make(models=metadata_of("name")).check().ok
    assert [each.id for each in make().history()] == [second.revision.id, first.revision.id]
    assert [each.id for each in make().heads()] == [second.revision.id]
    assert make().show("base") == ()
    assert [each.id for each in make().show("current")] == [second.revision.id]
    assert [each.direction for each in make().downgrade("base").done] == ["downgrade", "downgrade"]
    assert make().current() == ()
    assert capsys.readouterr() == ("", "")


def test_events_are_handed_over_as_they_happen(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    events: list[Any] = []
    make(listener=events.append).upgrade()
    kinds = [type(each) for each in events]
    assert kinds == [RunStarted, RevisionStarted, StatementSent, RevisionDone, RunFinished]


# -- databases


def test_an_engine_is_used_and_not_disposed(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    make(engine).upgrade()
    assert make(engine).current() == ("aaa1",)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["t", "version"]


def test_a_connection_is_its_owners(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        make(connection).upgrade()
        assert not connection.closed
        assert make(connection).current() == ("aaa1",)


def test_memory_lives_as_long_as_its_migrator(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    migrator = make("sqlite://")
    migrator.upgrade()
    assert migrator.current() == ("aaa1",)
    assert make("sqlite://").current() == ()


def test_looking_makes_no_file(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    assert make().current() == ()
    assert [each.id for each in make().status().pending] == ["aaa1"]
    assert make().status().server.endswith("no file yet")
    make(models=metadata_of()).diff()
    assert not make(models=metadata_of()).check().ok
    with pytest.raises(errors.UnknownRevision):
        make().upgrade("nosuch")
    assert make().downgrade("base").done == ()
    assert not (tmp_path / "app.db").exists()


def test_an_async_engine_is_refused_with_a_way_out(make: Make, tmp_path: Path) -> None:
    class AsyncEngine:
        sync_engine = sa.create_engine("sqlite://")

    script(tmp_path, "aaa1")
    with pytest.raises(errors.NotSupported, match="AsyncEngine"):
        make(AsyncEngine()).upgrade()


def test_no_database_is_needed_for_scripts(tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    migrator = Migrator(directory=tmp_path / "migrations")
    assert [each.id for each in migrator.heads()] == ["aaa1"]
    with pytest.raises(errors.NoUrl):
        migrator.current()


def test_the_version_table_may_have_another_name(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    make(version_table="applied").upgrade()
    assert make(version_table="applied").current() == ("aaa1",)
    assert make().current() == ()
    diff = make(version_table="applied", models=metadata_of()).diff()
    assert [type(each).__name__ for each in diff.operations] == ["CreateTable"]


# -- configuration


def test_from_config(tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    (tmp_path / "schemashift.toml").write_text('url = "sqlite:///app.db"\n')
    Migrator.from_config(tmp_path / "schemashift.toml").upgrade()
    assert (tmp_path / "app.db").exists()
    assert Migrator.from_config(folder=tmp_path).current() == ("aaa1",)
    assert Migrator.from_config(folder=tmp_path, url="sqlite://").current() == ()
    assert Migrator.from_config(folder=tmp_path, lock_timeout=1.0).config.lock_timeout == 1.0
    with pytest.raises(errors.NoProject):
        Migrator.from_config(folder=tmp_path.parent)


@pytest.mark.parametrize("body", ["engine = create_engine('{url}')", "def engine(): return create_engine('{url}')"])
def test_an_engine_of_the_application(tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "aaa1")
    name = f"app_db_{abs(hash((body, tmp_path)))}"
    url = f"sqlite:///{tmp_path}/own.db"
    (tmp_path / f"{name}.py").write_text("from sqlalchemy import create_engine\n" + body.format(url=url) + "\n")
    (tmp_path / "schemashift.toml").write_text(f'engine = "{name}:engine"\n')
    monkeypatch.syspath_prepend(tmp_path)
    Migrator.from_config(folder=tmp_path).upgrade()
    assert (tmp_path / "own.db").exists()


def test_file_names_and_time_zones(make: Make, tmp_path: Path) -> None:
    make().init()
    written = make(file_template="{revision}_{slug}.py", timezone="Asia/Tokyo").revision("a b", rev_id="aaa1").revision
    assert written is not None
    assert Path(written.path).name == "aaa1_a_b.py"
    assert written.created.endswith("+09:00")
    with pytest.raises(errors.BadConfig, match="time zone"):
        make(timezone="Nowhere/Land").revision("x")


# -- new revisions


def test_a_new_revision_goes_where_its_parent_is(tmp_path: Path) -> None:
    billing = tmp_path / "billing"
    billing.mkdir()
    script(tmp_path, "aaa1")
    (tmp_path / "migrations" / "script.py.tmpl").write_text(
        (Path(__file__).parents[2] / "migrations_template" / "script.py.tmpl").read_text()
    )
    places = (str(tmp_path / "migrations" / "versions"), str(billing))
    migrator = Migrator(directory=tmp_path / "migrations", version_locations=places)
    base = migrator.revision("billing", head="base", branch_label="billing", version_path=billing).revision
    assert base is not None
    assert Path(base.path).parent == billing
    above = migrator.revision("more", head="billing@head").revision
    assert above is not None
    assert Path(above.path).parent == billing
    assert above.parents == (base.id,)
    other = migrator.revision("main", head="aaa1", depends_on=base.id[:6]).revision
    assert other is not None
    assert (Path(other.path).parent, other.depends_on) == (tmp_path / "migrations" / "versions", (base.id,))
    merged = migrator.merge().revision
    assert merged is not None
    assert set(merged.parents) == {above.id, other.id}
    assert [each.revision.id for each in migrator.branches()] == []


def test_ids_differ_in_their_first_four_characters(make: Make) -> None:
    migrator = make()
    migrator.init()
    ids = {migrator.revision(str(number)).revision.id[:4] for number in range(40)}  # type: ignore[union-attr]
    assert len(ids) == 40


def test_tables_that_nobody_knows_are_left_alone(make: Make) -> None:
    migrator = make(models=metadata_of())
    migrator.init()
    with sa.create_engine(migrator.database.engine.url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE legacy (id INTEGER)")
    written = migrator.revision("first", autogenerate=True)
    assert [each.name for each in written.unmanaged] == ["legacy"]
    assert [type(each).__name__ for each in written.operations] == ["CreateTable"]
    migrator.upgrade()
    other = sa.MetaData()
    sa.Table("items", other, sa.Column("id", sa.Integer, primary_key=True))
    found = make(models=other).diff()
    assert sorted(type(each).__name__ for each in found.operations) == ["CreateTable", "DropTable"]


# -- checks


def test_check_says_each_part(make: Make, tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    behind = make(models=metadata_of()).check()
    assert [(part.name, part.error is None, part.skipped) for part in behind.parts] == [
        ("graph", True, False), ("scripts", True, False), ("database", False, False), ("models", True, True),
    ]  # fmt: skip
    make().upgrade()
    differ = make(models=metadata_of()).check()
    assert isinstance(differ.parts[-1].error, errors.ModelsDiffer)
    assert len(differ.parts[-1].operations) == 1
    assert isinstance(make().check().parts[-1].error, errors.NoModels)
    script(tmp_path, "bbb2", "aaa1", "x = (1")
    assert isinstance(make().check().parts[1].error, errors.ScriptDoesNotLoad)
    script(tmp_path, "ccc3", "nosuch")
    assert isinstance(make().check().parts[0].error, errors.MissingParent)


# -- threads


def test_twenty_threads_each_run_one(tmp_path: Path) -> None:
    begin = threading.Barrier(20)

    def job(number: int) -> tuple[str, tuple[str, ...]]:
        folder = tmp_path / str(number)
        script(folder, f"aaa{number}", None, f'op.execute("CREATE TABLE t{number} (id INTEGER)")')
        migrator = Migrator(f"sqlite:///{folder}/app.db", directory=folder / "migrations", models=metadata_of())
        begin.wait(30)
        (folder / "migrations" / "script.py.tmpl").write_text(
            (Path(__file__).parents[2] / "migrations_template" / "script.py.tmpl").read_text()
        )
        migrator.upgrade()
        written = migrator.revision("users", autogenerate=True).revision
        assert written is not None
        migrator.upgrade()
        with sa.create_engine(migrator.database.engine.url, poolclass=sa.NullPool).connect() as connection:
            tables = sa.inspect(connection).get_table_names()
        assert tables == [f"t{number}", "users", "version"]
        return written.id, migrator.current()

    with ThreadPoolExecutor(20) as pool:
        for written, current in pool.map(job, range(20)):
            assert current == (written,)


def test_threads_on_one_database_apply_each_revision_once(tmp_path: Path) -> None:
    for number in range(3):
        revises = f"aaa{number - 1}" if number else None
        script(tmp_path, f"aaa{number}", revises, f'op.execute("CREATE TABLE t{number} (id INTEGER)")')
    url, begin = f"sqlite:///{tmp_path}/app.db", threading.Barrier(8)

    def job(_: int) -> int:
        migrator = Migrator(url, directory=tmp_path / "migrations")
        begin.wait(30)
        return len(migrator.upgrade().done)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(job, range(8))) == 3


def test_a_config_may_be_given_whole(tmp_path: Path) -> None:
    script(tmp_path, "aaa1")
    config = Config(root=str(tmp_path), directory=str(tmp_path / "migrations"), url="sqlite://")
    assert [each.id for each in Migrator.of(config).heads()] == ["aaa1"]
    assert Migrator.of(config).current() == ()
