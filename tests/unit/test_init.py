"""The public door: its names, and that opening it costs nothing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import schemashift


def test_the_names_are_sorted_and_there() -> None:
    assert schemashift.__all__ == sorted(schemashift.__all__)
    for name in schemashift.__all__:
        assert getattr(schemashift, name) is not None
    assert set(schemashift.__all__) <= set(dir(schemashift))


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(schemashift.__file__ or "").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {each.asname for node in block.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert seen | {"__version__"} == set(schemashift.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nosuch"):
        _ = schemashift.nosuch
    with pytest.raises(ImportError):
        from schemashift import nosuch  # noqa: F401


@pytest.mark.parametrize("code", ["import schemashift", "from schemashift import Migrator, Config, errors"])
def test_importing_it_leaves_sqlalchemy_out(code: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    check = f"{code}; import sys; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, env=environment)


def test_the_names_come_from_where_they_are_written() -> None:
    from schemashift import Config, Migrator, SchemashiftError, errors, op

    assert Migrator.__module__ == "schemashift.migrator"
    assert Config.__module__ == "schemashift.config"
    assert SchemashiftError is errors.SchemashiftError
    assert op.__name__ == "schemashift.op"
