"""A script whose ``upgrade()`` returns at once, and does nothing, is not recorded as applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemashift.errors import MigrationFailed, ScriptDoesNotLoad
from tests.support.scripts import Scripts, state_of, tables_of

CREATES = 'op.create_table("t", sa.Column("id", sa.Integer))'


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("users", 'op.create_table("users", sa.Column("id", sa.Integer))')
    scripts.add("later", CREATES, 'op.drop_table("t")')
    return scripts


@pytest.mark.parametrize(
    ("begin", "end", "what"),
    [
        ("async def", "", "a coroutine function"),
        ("def", "\n    yield", "a generator"),
        ("async def", "\n    yield", "an asynchronous generator"),
    ],
)
@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_it_is_refused_before_anything_runs(
    scripts: Scripts, database_url: str, begin: str, end: str, what: str, direction: str
) -> None:
    if direction == "downgrade":
        scripts.go(database_url)
    before = state_of(database_url), tables_of(database_url)
    body = CREATES if direction == "upgrade" else 'op.drop_table("t")'
    scripts.rewrite("later", f"def {direction}():\n    {body}", f"{begin} {direction}():\n    {body}{end}")
    with pytest.raises(ScriptDoesNotLoad, match=what) as caught:
        scripts.go(database_url, "head" if direction == "upgrade" else "base", direction)
    (place,) = caught.value.where
    assert (place.line, place.source) == (scripts.line("later", f"def {direction}"), f"{begin} {direction}():")
    assert (state_of(database_url), tables_of(database_url)) == before


@pytest.mark.parametrize("returned", ["(None for _ in [])", "work()"])
def test_what_is_returned_and_has_not_run_is_an_error(scripts: Scripts, database_url: str, returned: str) -> None:
    scripts.rewrite("later", CREATES, f"return {returned}")
    path = scripts.folder / "versions" / "later.py"
    path.write_text(path.read_text() + f"\n\nasync def work():\n    {CREATES}\n")
    with pytest.raises(MigrationFailed, match="what is in it has not run"):
        scripts.go(database_url)
    assert "later" not in state_of(database_url).applied
    assert "users" in tables_of(database_url)
    assert "t" not in tables_of(database_url)
