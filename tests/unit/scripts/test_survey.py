"""What a script calls, without running it."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from schemashift import op
from schemashift.scripts.survey import calls, may_call

SIGNATURES = {name: inspect.signature(getattr(op, name)) for name in ("create_table", "rename_table")}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('op.create_table("users", sa.Column("id"), schema="auth")', [("create_table", "users", "auth")]),
        ('create_table(table_name="users")', [("create_table", "users", None)]),
        ("op.create_table(name)", [("create_table", None, None)]),
        ("op.create_table(*args, **words)", [("create_table", None, None)]),
        ("op.create_table()", [("create_table", None, None)]),
        ('op.rename_table("a", "b", "c")', [("rename_table", None, None)]),
        ('a.b.op.create_table("users")', [("create_table", "users", None)]),
        ('other("users")', []),
        ('"create_table"', []),
        ("op.create_table(", []),
    ],
)
def test_calls_and_their_literal_arguments(source: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    parameter = {"create_table": "table_name", "rename_table": "new_table_name"}
    found = [
        (call.function, call.text(parameter[call.function]), call.text("schema")) for call in calls(source, SIGNATURES)
    ]
    assert found == expected


def function(source: str, name: str = "upgrade", **names: object) -> Callable[..., object]:
    module = types.ModuleType("script")
    vars(module).update(names)
    exec(source, vars(module))
    found = vars(module)[name]
    assert callable(found)
    return found  # type: ignore[no-any-return]


HELPERS = types.ModuleType("helpers")
exec("def clean():\n    op.drop_table('t')\n\ndef other():\n    pass", vars(HELPERS))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def upgrade():\n    op.drop_table('t')", True),
        ("def upgrade():\n    op.add_column('t', c)", False),
        ("def upgrade():\n    (lambda: op.drop_table('t'))()", True),
        ("def upgrade():\n    later()\n\ndef later():\n    op.drop_table('t')", True),
        ("def upgrade():\n    helpers.clean()", True),
        ("def upgrade():\n    helpers.other()", False),
        ("def upgrade():\n    upgrade()", False),
        ("def upgrade():\n    getattr(op, 'drop_table')('t')", False),
        # Batches drop, too: what the functions of op name is not asked for.
        ("def upgrade():\n    op.batch_alter_table('t')\n    op.drop_index('i')", False),
    ],
)
def test_whether_a_function_may_call_another(source: str, expected: bool) -> None:
    found = function(source, op=op, helpers=HELPERS)
    assert may_call(found, {"drop_table", "drop_column"}, stop="schemashift.op") is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def upgrade():\n    op.execute('DROP TABLE t')", True),
        ("def upgrade():\n    op.execute(f'DROP TABLE {t}')", True),
        ("def upgrade():\n    [op.execute(s) for s in ('SELECT 1', 'DROP TABLE t')]", True),
        ("SQL = {'a': ['DROP TABLE t']}\ndef upgrade():\n    op.execute(SQL['a'])", True),
        ("SQL = sa.text('DROP TABLE t')\ndef upgrade():\n    op.execute(SQL)", True),
        ("SQL = 'DROP TABLE t'\ndef upgrade():\n    op.execute('SELECT 1')", False),
        ("def upgrade():\n    gone('t')", True),
        ("def upgrade():\n    execute('SELECT 1')", False),
    ],
)
def test_whether_a_function_refers_to_a_text(source: str, expected: bool) -> None:
    found = function(source, op=op, sa=sa, gone=op.drop_table, execute=op.execute)
    text = re.compile("DROP TABLE")
    assert may_call(found, {"drop_table"}, stop=("schemashift.op", "sqlalchemy."), text=text) is expected
