"""The migrations directory: reading headers, loading a script, writing one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from schemashift.errors import BadConfig, BadTarget, DuplicateRevision, Location, ScriptDoesNotLoad
from schemashift.revisions import Revision
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.files import new_revision_id
from schemashift.scripts.load import script_error

WHEN = datetime(2026, 11, 20, 23, 4, 5, tzinfo=UTC)
TEMPLATE = (Path(__file__).parents[3] / "migrations_template" / "script.py.tmpl").read_text()


@pytest.fixture
def scripts(tmp_path: Path) -> ScriptDirectory:
    (tmp_path / "versions").mkdir()
    (tmp_path / "script.py.tmpl").write_text(TEMPLATE)
    return ScriptDirectory(tmp_path)


def put(scripts: ScriptDirectory, name: str, text: str) -> str:
    path = Path(scripts.directory, "versions", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return str(path)


def files(scripts: ScriptDirectory) -> list[str]:
    return [each.name for each in Path(scripts.directory, "versions").iterdir()]


def script(revision: str, down: str | None = None, body: str = "") -> str:
    return f'"""{revision}"""\nrevision = {revision!r}\ndown_revision = {down!r}\n{dedent(body)}'


class TestReading:
    def test_a_directory(self, scripts: ScriptDirectory) -> None:
        put(scripts, "b.py", script("b", "a"))
        put(scripts, "a.py", script("a"))
        graph = scripts.graph()
        assert graph.order == ("a", "b")
        assert graph["b"].path == str(Path(scripts.directory, "versions", "b.py"))
        assert graph.faults == ()

    def test_what_is_no_script_is_passed_over(self, scripts: ScriptDirectory) -> None:
        for name in ("__init__.py", ".#a.py", ".hidden.py", "README.md", "a.pyc", "sub/b.py", "__pycache__/c.py"):
            put(scripts, name, script("x"))
        put(scripts, "a.py", script("a"))
        Path(scripts.directory, "versions", ".#lock.py").symlink_to("nowhere")
        assert [Path(path).name for path in scripts.paths()] == ["a.py"]

    def test_no_directory_holds_no_scripts(self, tmp_path: Path) -> None:
        assert ScriptDirectory(tmp_path / "nowhere").graph().order == ()

    def test_a_file_in_place_of_the_directory(self, tmp_path: Path) -> None:
        (tmp_path / "versions").write_text("")
        with pytest.raises(BadConfig, match="cannot read the scripts in"):
            ScriptDirectory(tmp_path).paths()

    def test_several_locations_also_one_in_another(self, tmp_path: Path) -> None:
        places = [tmp_path / "one", tmp_path / "two", tmp_path / "one" / "deep", tmp_path / "one"]
        found = ScriptDirectory(tmp_path, places, recursive=True)
        for n, place in enumerate(places[:3]):
            place.mkdir(parents=True)
            (place / f"r{n}.py").write_text(script(f"r{n}"))
        assert sorted(found.graph().order) == ["r0", "r1", "r2"]
        assert found.graph().faults == ()

    def test_recursive(self, tmp_path: Path) -> None:
        deep = tmp_path / "versions" / "2026" / "11"
        deep.mkdir(parents=True)
        (deep / "a.py").write_text(script("a"))
        (tmp_path / "versions" / ".git").mkdir()
        (tmp_path / "versions" / ".git" / "b.py").write_text(script("b"))
        (deep / "loop").symlink_to(tmp_path / "versions")
        assert ScriptDirectory(tmp_path).graph().order == ()
        assert ScriptDirectory(tmp_path, recursive=True).graph().order == ("a",)

    def test_a_script_longer_than_one_read(self, scripts: ScriptDirectory) -> None:
        path = put(scripts, "a.py", script("a") + "x = 1\n" * 50_000 + 'revision = "b"\n')
        assert Path(path).stat().st_size > 1 << 16
        assert scripts.graph().order == ("b",)

    def test_a_broken_script_does_not_hide_the_others(self, scripts: ScriptDirectory) -> None:
        """Headers are read, not run; what cannot be read is a fault that names the file and line."""
        put(scripts, "a.py", script("a", None, "import nowhere_at_all\n"))
        put(scripts, "b.py", script("b", "a", "def upgrade(:\n"))
        broken = put(scripts, "c.py", "revision = 'c\n")
        helper = put(scripts, "d.py", "x = 1\n")
        graph = scripts.graph()
        assert graph.order == ("a", "b")
        assert [type(each) for each in graph.faults] == [ScriptDoesNotLoad, ScriptDoesNotLoad]
        assert graph.faults[0].where == (Location(broken, 1, "", "revision = 'c"),)
        assert graph.faults[1].where == (Location(helper),)
        assert graph.faults[1].message == "there is no revision in this file"
        with pytest.raises(ScriptDoesNotLoad):
            graph.check()

    def test_a_header_that_is_not_literal_is_executed_alone(self, scripts: ScriptDirectory) -> None:
        put(scripts, "a.py", "raise SystemError\nrevision = 'a'\n")
        put(
            scripts,
            "b.py",
            '"""made\n\nCreate Date: 2026-01-02\n"""\nrevision = "".join("bc")\ndown_revision = list("a")\n',
        )
        before = set(sys.modules)
        graph = scripts.graph()
        assert graph.order == ("a", "bc")
        assert (graph["bc"].message, graph["bc"].date, graph["bc"].line) == ("made", "2026-01-02", 5)
        assert not [name for name in set(sys.modules) - before if name.startswith("schemashift._scripts")]

    @pytest.mark.parametrize(
        ("text", "message", "line"),
        [
            ("import sys\nrevision = sys.exit(3)\n", r"the script calls sys\.exit\(\)", 2),
            ("revision = made()\n", "name 'made' is not defined", 1),
            ("def f():\n    return 1 / 0\nrevision = f()\n", "ZeroDivisionError: division by zero", 2),
        ],
    )
    def test_a_header_that_cannot_be_executed(
        self, scripts: ScriptDirectory, text: str, message: str, line: int
    ) -> None:
        put(scripts, "a.py", text)
        (fault,) = scripts.graph().faults
        assert fault.where[0].line == line
        with pytest.raises(ScriptDoesNotLoad, match=message):
            scripts.graph().check()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_that_may_not_be_read(self, scripts: ScriptDirectory) -> None:
        Path(put(scripts, "a.py", script("a"))).chmod(0)
        assert scripts.graph().faults[0].message == "cannot be read: Permission denied"

    @pytest.mark.parametrize("kind", ["fifo", "device", "endless"])
    def test_what_is_not_a_file_is_not_waited_for(self, scripts: ScriptDirectory, kind: str) -> None:
        put(scripts, "b.py", script("b"))
        path = Path(put(scripts, "a.py", ""))
        path.unlink()
        if kind == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/null" if kind == "device" else "/dev/zero")
        (fault,) = scripts.graph().faults
        assert fault.message == "cannot be read: it is not a regular file"
        assert [each.id for each in scripts.graph()] == ["b"]

    def test_source(self, scripts: ScriptDirectory) -> None:
        path = Path(put(scripts, "a.py", ""))
        path.write_bytes(b'\xef\xbb\xbf"""m"""\r\nrevision = "a"\r\n')
        revision = scripts.graph()["a"]
        assert scripts.source(revision) == '"""m"""\nrevision = "a"\n'
        path.write_bytes('# coding: latin-1\n"""\xe9"""\nrevision = "a"\n'.encode("latin-1"))
        assert "\xe9" in scripts.source(revision)

    def test_the_checksum_does_not_see_newlines(self, scripts: ScriptDirectory) -> None:
        path = Path(put(scripts, "a.py", script("a")))
        revision = scripts.graph()["a"]
        sums = set()
        for newline in ("\n", "\r\n", "\r"):
            path.write_bytes(script("a").replace("\n", newline).encode())
            sums.add(scripts.checksum(revision))
        (found,) = sums
        assert found[32:] == sha256(script("a").encode()).hexdigest()[:32]


class TestLoading:
    def test_its_functions(self, scripts: ScriptDirectory) -> None:
        put(scripts, "a.py", script("a", None, "def upgrade(): return 'up'\ndef downgrade(): return 'down'\n"))
        revision = scripts.graph()["a"]
        loaded = scripts.load(revision)
        assert (loaded.upgrade(), loaded.downgrade()) == ("up", "down")
        assert loaded.path == revision.path
        assert loaded.checksum == scripts.checksum(revision)
        assert loaded.module.__file__ == revision.path

    def test_classes_with_postponed_annotations(self, scripts: ScriptDirectory) -> None:
        """A dataclass looks its module up in sys.modules."""
        text = '''\
            """m"""
            from __future__ import annotations
            from dataclasses import dataclass
            from typing import ClassVar, get_type_hints

            revision = "a"

            @dataclass
            class Row:
                here: ClassVar[int] = 1
                name: str = "x"

            def upgrade() -> None:
                assert get_type_hints(Row)["name"] is str
                assert Row("y").name == "y"
            '''
        put(scripts, "a.py", text)
        scripts.load(scripts.graph()["a"]).upgrade()

    def test_once_until_it_changes(self, scripts: ScriptDirectory) -> None:
        put(scripts, "a.py", script("a", None, "def upgrade(): return 1\n"))
        revision = scripts.graph()["a"]
        first = scripts.load(revision)
        assert scripts.load(revision) is first
        put(scripts, "a.py", script("a", None, "def upgrade(): return 2\n"))
        assert scripts.load(revision).upgrade() == 2

    def test_two_projects_with_one_revision(self, tmp_path: Path) -> None:
        some = [ScriptDirectory(tmp_path / name) for name in ("one", "two")]
        for n, each in enumerate(some):
            put(each, "a.py", script("a", None, f"def upgrade(): return {n}\n"))
        loaded = [each.load(each.graph()["a"]) for each in some]
        assert [each.upgrade() for each in loaded] == [0, 1]
        assert loaded[0].module.__name__ != loaded[1].module.__name__
        assert all(sys.modules[each.module.__name__] is each.module for each in loaded)

    def test_nothing_stays_behind(self, tmp_path: Path) -> None:
        scripts = ScriptDirectory(tmp_path)
        put(scripts, "a.py", script("stays_not_behind"))
        name = scripts.load(scripts.graph()["stays_not_behind"]).module.__name__
        assert name == "schemashift._scripts.stays_not_behind"
        del scripts
        put(other := ScriptDirectory(tmp_path / "other"), "b.py", script("b"))
        other.load(other.graph()["b"])
        assert name not in sys.modules

    def test_the_collector_leaves_a_loop_over_the_modules_alone(self, tmp_path: Path) -> None:
        scripts = ScriptDirectory(tmp_path)
        put(scripts, "a.py", script("collected"))
        scripts.load(scripts.graph()["collected"])
        for number, _ in enumerate(sys.modules):
            if number == 0:
                del scripts

    def test_in_twenty_threads(self, scripts: ScriptDirectory) -> None:
        put(scripts, "a.py", script("a", None, "import time\ntime.sleep(0.01)\ndef upgrade(): return 1\n"))
        revision = scripts.graph()["a"]
        own = [ScriptDirectory(scripts.directory) for _ in range(10)] + [scripts] * 10
        found: list[object] = []
        threads = [
            threading.Thread(target=lambda each=each: found.append(each.load(revision).upgrade())) for each in own
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert found == [1] * 20

    def test_a_missing_function(self, scripts: ScriptDirectory) -> None:
        path = put(scripts, "a.py", script("a", None, "def upgrade(): pass\ndowngrade = None\n"))
        loaded = scripts.load(scripts.graph()["a"])
        with pytest.raises(ScriptDoesNotLoad) as caught:
            loaded.downgrade()
        assert caught.value.message == "a (a) has no downgrade()"
        assert caught.value.where == (Location(path),)
        assert "def downgrade()" in caught.value.hints[0]

    @pytest.mark.parametrize(
        ("body", "message", "line", "hint"),
        [
            (
                "x = sa.Column\n",
                "name 'sa' is not defined",
                4,
                "add  import sqlalchemy as sa  at the top of the script",
            ),
            (
                "op.execute\n",
                "name 'op' is not defined",
                4,
                "add  from schemashift import op  at the top of the script",
            ),
            ("y = 1\nx = json.x\n", "name 'json' is not defined", 5, "add  import json  at the top of the script"),
            ("x = nothing_called_so\n", "name 'nothing_called_so' is not defined", 4, None),
            (
                "import no_module_x\n",
                "No module named 'no_module_x'",
                4,
                "is no_module_x installed in this environment",
            ),
            ("import alembic_x\n", "No module named 'alembic_x'", 4, "is alembic_x installed"),
            ("def f(:\n    pass\n", "invalid syntax", 4, None),
            ("x = '\0'\n", "null bytes", None, None),
            ("1 / 0\n", "ZeroDivisionError: division by zero", 4, None),
            ("raise SystemExit\n", r"the script calls sys\.exit\(\)", 4, None),
        ],
    )
    def test_a_script_that_does_not_load(
        self, scripts: ScriptDirectory, body: str, message: str, line: int | None, hint: str | None
    ) -> None:
        path = put(scripts, "a.py", script("a", None, body))
        revision = Revision("fails", path=path)
        with pytest.raises(ScriptDoesNotLoad, match=message) as caught:
            scripts.load(revision)
        (where,) = caught.value.where
        assert (where.path, where.line) == (path, line)
        assert line is None or where.source == body.splitlines()[line - 4].strip()
        assert (caught.value.hints[0] if caught.value.hints else "").startswith(hint or "")
        assert bool(caught.value.hints) == bool(hint)
        assert "schemashift._scripts.fails" not in sys.modules

    def test_an_error_while_it_runs(self, scripts: ScriptDirectory) -> None:
        """The runner meets the NameErrors inside functions."""
        path = put(scripts, "a.py", script("a", None, "def upgrade():\n    sa.Column()\n"))
        loaded = scripts.load(scripts.graph()["a"])
        try:
            loaded.upgrade()
        except NameError as error:
            found = script_error(path, error)
        assert found.where == (Location(path, 5, "upgrade", "sa.Column()"),)
        assert found.hints == ("add  import sqlalchemy as sa  at the top of the script",)

    def test_a_file_that_is_gone(self, scripts: ScriptDirectory) -> None:
        with pytest.raises(ScriptDoesNotLoad, match="cannot be read: No such file"):
            scripts.load(Revision("a", path="nowhere.py"))


class TestWriting:
    def test_a_script(self, scripts: ScriptDirectory) -> None:
        written = scripts.write(
            "c4f1d2a97b3e",
            "Split name",
            created=WHEN,
            parents=["8d1f0c2be917"],
            imports="import sqlalchemy as sa\n\nfrom schemashift import op",
            upgrade="    x = 1\n    return x",
        )
        assert written == scripts.graph()["c4f1d2a97b3e"]
        assert Path(written.path).name == "2026_11_20_c4f1d2a97b3e_split_name.py"
        assert (written.parents, written.message, written.date) == (("8d1f0c2be917",), "Split name", "2026-11-20")
        assert files(scripts) == [Path(written.path).name], "no draft stays"

    def test_it_runs(self, scripts: ScriptDirectory) -> None:
        written = scripts.write("a", "x", created=WHEN, upgrade="    return 5")
        assert scripts.load(written).upgrade() == 5
        assert scripts.load(written).downgrade() is None

    @pytest.mark.parametrize("message", ['"""', "a\\", "two\nlines", 'x"', "$x", "naïve 漢字", "nul\0", ""])
    def test_any_message(self, scripts: ScriptDirectory, message: str) -> None:
        written = scripts.write("a", message, created=WHEN)
        assert written.message == message.partition("\n")[0]
        scripts.load(written)

    def test_lists(self, scripts: ScriptDirectory) -> None:
        written = scripts.write("m", "x", created=WHEN, parents="ab", labels=["l", "m-n"], depends_on=["x", "y"])
        assert (written.parents, written.labels, written.depends_on) == (("a", "b"), ("l", "m-n"), ("x", "y"))
        assert scripts.graph()["m"] == written

    def test_nothing_is_overwritten(self, scripts: ScriptDirectory) -> None:
        first = scripts.write("a", "x", created=WHEN)
        before = Path(first.path).read_text()
        with pytest.raises(DuplicateRevision, match="already exists"):
            scripts.write("a", "x", created=WHEN, upgrade="    return 2")
        assert Path(first.path).read_text() == before
        assert len(files(scripts)) == 1

    def test_nothing_is_overwritten_without_hard_links(
        self, scripts: ScriptDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
        first = scripts.write("a", "x", created=WHEN)
        with pytest.raises(DuplicateRevision, match="already exists"):
            scripts.write("a", "x", created=WHEN, upgrade="    return 2")
        assert scripts.load(first).upgrade() is None
        assert len(files(scripts)) == 1

    def test_a_failure_leaves_nothing(self, scripts: ScriptDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(BadConfig, match="No space left on device"):
            scripts.write("a", "x", created=WHEN)
        assert files(scripts) == []

    def test_where(self, tmp_path: Path) -> None:
        scripts = ScriptDirectory(tmp_path, [tmp_path / "one", tmp_path / "two"])
        assert scripts.write("a", "", created=WHEN, template=TEMPLATE).path.startswith(str(tmp_path / "one"))
        written = scripts.write("b", "", created=WHEN, template=TEMPLATE, location=tmp_path / "two")
        assert written.path.startswith(str(tmp_path / "two"))

    def test_folders_by_date(self, tmp_path: Path) -> None:
        form = "{year}/{revision}.py"
        with pytest.raises(BadConfig, match="folders"):
            ScriptDirectory(tmp_path).write("a", "", created=WHEN, template=TEMPLATE, file_template=form)
        scripts = ScriptDirectory(tmp_path, recursive=True)
        written = scripts.write("a", "", created=WHEN, template=TEMPLATE, file_template=form)
        assert written.path == str(tmp_path / "versions" / "2026" / "a.py")
        assert scripts.graph().order == ("a",)

    def test_a_bad_id_or_label(self, scripts: ScriptDirectory) -> None:
        with pytest.raises(BadTarget):
            scripts.write("a-b", "", created=WHEN)
        with pytest.raises(BadTarget):
            scripts.write("a", "", created=WHEN, labels=["head"])
        assert scripts.paths() == []

    @pytest.mark.parametrize(
        "template",
        ["revision = 'fixed'\n", "$nothing\n", "def f(:\n", "x = 1\n", 'revision = $revision\ndown_revision = "z"\n'],
    )
    def test_a_template_that_does_not_give_the_script(self, scripts: ScriptDirectory, template: str) -> None:
        with pytest.raises(BadConfig, match=r"script\.py\.tmpl"):
            scripts.write("a", "", created=WHEN, template=template)
        assert scripts.paths() == []

    def test_no_template(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfig, match=r"cannot read .*script\.py\.tmpl: No such file"):
            ScriptDirectory(tmp_path).write("a", "", created=WHEN)

    def test_new_ids(self) -> None:
        some = {new_revision_id() for _ in range(100)}
        assert len(some) == 100
        assert all(len(each) == 12 and int(each, 16) >= 0 for each in some)


def test_reading_needs_no_sqlalchemy(tmp_path: Path) -> None:
    """Nor a parser, pathlib, logging or inspect, in a process of its own."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "a.py").write_text(script("a"))
    code = (
        "import sys; from schemashift.scripts.directory import ScriptDirectory; from schemashift.revisions import draw;"
        f"draw(ScriptDirectory({str(tmp_path)!r}).graph());"
        "heavy = {'sqlalchemy', 'ast', 'pathlib', 'logging', 'inspect', 'dataclasses', 'difflib'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=root, check=True, capture_output=True, text=True, env={**os.environ}
    )
    assert done.stdout.strip() == "[]"
