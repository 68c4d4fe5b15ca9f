"""Loading models: everything that may stand for them, and errors that point at the application."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, declarative_base, registry

from schemashift.errors import ModelsDoNotLoad, NoModels, NoTables
from schemashift.paths import put_on_path
from schemashift.schema import TableName
from schemashift.sources.models import load_metadata, require_tables

_numbers = itertools.count()


class Base(DeclarativeBase):
    pass


class FlaskDb:
    """What Flask-SQLAlchemy's ``db`` looks like from here."""

    metadata = sa.MetaData()


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A callable: write a module, and have its name."""
    before = list(sys.path)

    def written(text: str) -> str:
        name = f"loaded_{next(_numbers)}_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield written
    sys.path[:] = before


MODELS = "import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table('t', metadata, sa.Column('id', sa.Integer))\n"
plain = sa.MetaData()


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (plain, [plain]),
        (Base, [Base.metadata]),
        (declared := declarative_base(), [declared.metadata]),
        (mapped := registry(), [mapped.metadata]),
        (FlaskDb(), [FlaskDb.metadata]),
        ([Base, plain], [Base.metadata, plain]),
        ((Base, Base), [Base.metadata]),
        (lambda: Base, [Base.metadata]),
        (lambda: [plain, Base], [plain, Base.metadata]),
    ],
)
def test_what_may_stand_for_models(thing: object, expected: list[sa.MetaData]) -> None:
    assert [id(each) for each in load_metadata([thing])] == [id(each) for each in expected]


@pytest.mark.parametrize("thing", [3, object(), lambda: 3, lambda: lambda: Base, [3], str])
def test_what_may_not(thing: object) -> None:
    with pytest.raises(NoModels, match="not models"):
        load_metadata([thing])


def test_a_name_is_imported_from_the_root(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module(MODELS)
    (found,) = load_metadata([f"{name}:metadata"], root=str(tmp_path))
    assert list(found.tables) == ["t"]


def test_more_modules_register_more_tables(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module(MODELS)
    more = module(f"import sqlalchemy as sa\nfrom {name} import metadata\nsa.Table('u', metadata)\n")
    (found,) = load_metadata([f"{name}:metadata"], imports=[more], root=str(tmp_path))
    assert sorted(found.tables) == ["t", "u"]


def test_an_attribute_of_an_attribute(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module(MODELS + "class app:\n    class db:\n        metadata = metadata\n")
    assert load_metadata([f"{name}:app.db"], root=str(tmp_path))


def test_no_models_at_all() -> None:
    with pytest.raises(NoModels) as caught:
        load_metadata([])
    assert "models = " in caught.value.hints[0]


@pytest.mark.parametrize("spec", ["models", "models:", ":Base"])
def test_a_spec_without_a_name(spec: str) -> None:
    with pytest.raises(NoModels, match="names nothing"):
        load_metadata([spec])


def test_a_function_that_fails(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module("def models():\n    return {}['nosuch']\n")
    with pytest.raises(ModelsDoNotLoad) as caught:
        load_metadata([f"{name}:models"], root=str(tmp_path))
    assert caught.value.cause == "KeyError: 'nosuch'"
    assert (caught.value.where[0].line, caught.value.where[0].function) == (2, "models")


def test_the_line_is_the_applications_also_below_a_library(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module(MODELS + "sa.Table('t', metadata, sa.Column('x', sa.Integer))\n")
    with pytest.raises(ModelsDoNotLoad) as caught:
        load_metadata([f"{name}:metadata"], root=str(tmp_path))
    assert caught.value.where[0].path == str(tmp_path / f"{name}.py")
    assert caught.value.where[0].line == 4


def test_a_module_below_that_is_missing_is_not_the_module(tmp_path: Path, module: Callable[[str], str]) -> None:
    name = module("import nosuch_at_all\n")
    with pytest.raises(ModelsDoNotLoad, match="does not load") as caught:
        load_metadata([f"{name}:metadata"], root=str(tmp_path))
    assert caught.value.hints[0].startswith("pip install nosuch_at_all ")


def test_a_src_folder_is_importable_too(tmp_path: Path, module: Callable[[str], str]) -> None:
    (tmp_path / "src").mkdir()
    put_on_path(str(tmp_path))
    assert sys.path[:2] == [str(tmp_path), str(tmp_path / "src")]
    put_on_path(str(tmp_path))
    assert sys.path.count(str(tmp_path)) == 1


def test_empty_models_are_an_error_whatever_the_database_holds() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        require_tables([Base.metadata, _filled()], ["a:b"], connection, TableName("version"))
        with pytest.raises(NoTables) as caught:
            require_tables([sa.MetaData()], ["a:b"], connection, TableName("version"))
        assert caught.value.state is None
        for name in ("version", "t", "u"):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER)")
        with pytest.raises(NoTables, match="a:b has no tables") as caught:
            require_tables([sa.MetaData()], ["a:b"], connection, TableName("version"))
        assert "all 2 tables" in (caught.value.state or "")


def _filled() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata)
    return metadata
