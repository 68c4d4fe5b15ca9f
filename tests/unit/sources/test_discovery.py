"""Finding models by reading files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from schemashift.sources.discovery import find_models

BASE = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"
USER = "class User(Base):\n    __tablename__ = 'users'\n"
ITEM = "class Item(Base):\n    __tablename__ = 'items'\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "spec", "imports", "tables"),
    [
        ({"models.py": BASE + USER}, "models:Base", (), 1),
        ({"app/models.py": BASE + USER + ITEM}, "app.models:Base", (), 2),
        ({"src/app/models.py": BASE + USER}, "app.models:Base", (), 1),
        (
            {"app/db.py": BASE, "app/users.py": "from app.db import Base\n" + USER},
            "app.db:Base", ("app.users",), 1,
        ),
        (
            {
                "app/models/__init__.py": "from .base import Base\nfrom .user import User\n",
                "app/models/base.py": BASE,
                "app/models/user.py": "from .base import Base\n" + USER,
            },
            "app.models:Base", (), 1,
        ),
        (
            {
                "app/models/__init__.py": "from .base import Base\n",
                "app/models/base.py": BASE,
                "app/models/user.py": "from .base import Base\n" + USER,
            },
            "app.models:Base", ("app.models.user",), 1,
        ),
        ({"m.py": "import sqlalchemy.orm as o\nBase = o.declarative_base()\n" + USER}, "m:Base", (), 1),
        (
            {"app.py": "from flask_sqlalchemy import SQLAlchemy\nclass B(DeclarativeBase): ...\n"
                       "db = SQLAlchemy(model_class=B)\nclass User(db.Model): ...\n"},
            "app:db", (), 1,
        ),
        (
            {"models.py": "from sqlmodel import SQLModel\nclass Hero(SQLModel, table=True):\n    id: int\n"},
            "models:SQLModel", (), 1,
        ),
        (
            {"t.py": "import sqlalchemy as sa\nmetadata = sa.MetaData()\nusers = sa.Table('users', metadata)\n"},
            "t:metadata", (), 1,
        ),
        ({"t.py": "from sqlalchemy import MetaData\nmetadata: MetaData = MetaData()\n"}, "t:metadata", (), 0),
        (
            {"db.py": "from sqlalchemy import MetaData\nmeta = MetaData()\n" + BASE + USER},
            "db:Base", (), 1,
        ),
    ],
)  # fmt: skip
def test_models_are_found(
    tmp_path: Path, files: dict[str, str], spec: str, imports: tuple[str, ...], tables: int
) -> None:
    assert find_models(str(write(tmp_path, files))) == (spec, imports, tables)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find_models(str(write(tmp_path, {"a.py": "x = 1\n", "b.txt": BASE}))) is None


@pytest.mark.parametrize(
    "name",
    [
        "venv/lib/models.py",
        ".hidden/models.py",
        "node_modules/models.py",
        "migrations/versions/models.py",
        "my-folder/models.py",
        "__pycache__/models.py",
    ],
)
def test_folders_of_others_are_skipped(tmp_path: Path, name: str) -> None:
    folder = str(write(tmp_path, {name: BASE}))
    assert find_models(folder, besides=f"{folder}/migrations") is None


def test_a_virtual_environment_of_any_name_is_skipped(tmp_path: Path) -> None:
    assert find_models(str(write(tmp_path, {"py311/pyvenv.cfg": "", "py311/models.py": BASE}))) is None


def test_tests_come_last(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_models.py": BASE + USER + ITEM, "zoo/models.py": BASE + USER})
    assert find_models(str(tmp_path)) == ("zoo.models:Base", (), 1)
    (tmp_path / "zoo" / "models.py").unlink()
    found = find_models(str(tmp_path))
    assert found is not None
    assert found.spec == "tests.test_models:Base"


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "class Base(DeclarativeBase\n", "b.py": BASE, "c.py": "\x00DeclarativeBase"})
    found = find_models(str(tmp_path))
    assert found is not None
    assert found.spec == "b:Base"


def test_nothing_is_imported(tmp_path: Path) -> None:
    write(tmp_path, {"only_read_me.py": BASE + "raise SystemExit('imported')\n"})
    assert find_models(str(tmp_path)) is not None
    assert "only_read_me" not in sys.modules
