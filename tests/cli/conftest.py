"""A project in a folder of its own, and two ways to run the command line there: in this process, and in a real one."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from schemashift.cli import main

ROOT = Path(__file__).parents[2]
_numbers = itertools.count()

MODELS = """
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
"""

TOKEN = "    token: Mapped[str | None] = mapped_column(String(40))\n"


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Project:
    """A folder. `models` is the name of its module of models, unlike that of any other test's."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.models = f"models_{os.getpid()}_{next(_numbers)}"
        self._capsys = capsys

    def run(self, *args: str) -> Result:
        """In this process, from the folder."""
        self._forget()
        self._capsys.readouterr()
        code = main([str(each) for each in args])
        out, err = self._capsys.readouterr()
        return Result(code, out, err)

    def ok(self, *args: str) -> Result:
        """The same; it must succeed."""
        found = self.run(*args)
        assert found.code == 0, found
        return found

    def shell(self, *args: str, environment: Mapping[str, str] | None = None, **settings: Any) -> Result:
        """In a process of its own."""
        return self.shell_python("-m", "schemashift", *args, environment=environment, **settings)

    def shell_python(self, *args: str, environment: Mapping[str, str] | None = None, **settings: Any) -> Result:
        """Any Python program in a process of its own."""
        settings = {"stdin": subprocess.DEVNULL, "cwd": self.folder, **settings}
        found = subprocess.run(
            [sys.executable, *args],
            env=self.environment(environment),
            capture_output=True,
            timeout=60,
            check=False,
            **settings,
        )
        return Result(found.returncode, found.stdout.decode(), found.stderr.decode())

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """For a process: nothing of this one's that changes output."""
        dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SCHEMASHIFT_URL", "SCHEMASHIFT_CONFIG")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm", **(more or {})}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_models(self, more: str = "") -> None:
        """The models, with *more* at their end."""
        self.write(f"{self.models}.py", MODELS + more)

    def start(self, url: str = "sqlite:///app.db", models: str = "Base") -> None:
        """What `init` leaves, with models."""
        self.write_models()
        (self.folder / "migrations" / "versions").mkdir(parents=True)
        template = (ROOT / "migrations_template" / "script.py.tmpl").read_text()
        self.write("migrations/script.py.tmpl", template)
        self.write("schemashift.toml", f'models = "{self.models}:{models}"\nurl = "{url}"\n')

    def scripts(self) -> list[str]:
        """The names of the scripts, sorted."""
        return sorted(path.name for path in (self.folder / "migrations" / "versions").glob("*.py"))

    def script(self, name: str, text: str) -> Path:
        return self.write(f"migrations/versions/{name}.py", text)

    def revision(self, name: str, revises: str | None = None, upgrade: str = "pass", downgrade: str = "pass") -> Path:
        """A script made by hand."""
        return self.script(name, script_text(name, revises, upgrade, downgrade))

    def files(self) -> dict[str, bytes]:
        """Every file and what it holds, to see that nothing changed."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(paths)}

    def _forget(self) -> None:
        for name, module in sys.modules.copy().items():  # list(...) can collect garbage, which unloads scripts
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]


def script_text(name: str, revises: str | None = None, upgrade: str = "pass", downgrade: str = "pass") -> str:
    parent = "None" if revises is None else revises if revises.startswith("(") else f'"{revises}"'
    return (
        f'"""{name} it is"""\n\nimport sqlalchemy as sa\nfrom schemashift import op\n\n'
        f'revision = "{name}"\ndown_revision = {parent}\n\n\n'
        f"def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    )


def without_times(text: str) -> str:
    """Times and random ids as ``TIME`` and ``ID``."""
    text = re.sub(r" *(<|\b)\d+(\.\d+)? (ms|s)\b", " TIME", text)
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])", "ID", text)
    return re.sub(r"(?<!\d)\d{4}([-_])\d\d\1\d\d(?!\d)( \d\d:\d\d)?", "DATE", text)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty folder, which is the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("SCHEMASHIFT_URL", "SCHEMASHIFT_CONFIG", "SCHEMASHIFT_DIRECTORY", "SCHEMASHIFT_MODELS"):
        monkeypatch.delenv(name, raising=False)
    before = list(sys.path)
    yield Project(folder, capsys)
    sys.path[:] = before
