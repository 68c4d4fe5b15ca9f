"""Where in a script an error would be caught."""

from __future__ import annotations

import linecache
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from schemashift.scripts.handlers import guarded_lines

CASES = {
    "nothing": ("a()", set()),
    "try": ("try:\n    a()\n    b(\n        1)\nexcept E:\n    c()\nd()", {3, 4, 5}),
    "try star": ("try:\n    a()\nexcept* E:\n    c()", {3}),
    "finally": ("try:\n    a()\nfinally:\n    b()", set()),
    "suppress": ("with contextlib.suppress(E):\n    a()\nb()", {2, 3}),
    "bare suppress": ("with suppress(E), other():\n    a()", {2, 3}),
    "helper that may suppress": ("with other():\n    a()", {2, 3}),
    "batch": ("with op.batch_alter_table(t) as b:\n    a()", set()),
    "nested function": ("def inner():\n    try:\n        a()\n    except E:\n        c()\ninner()", {4}),
}
"""The body of a function that begins in line 2, and the lines in it that are guarded."""


def guarded(path: Path, source: str) -> frozenset[int]:
    path.write_text(source)
    module = ModuleType("script")
    exec(compile(source, str(path), "exec"), vars(module))
    return guarded_lines(module, str(path))


@pytest.mark.parametrize("name", CASES)
def test_guarded_lines(tmp_path: Path, name: str) -> None:
    body, expected = CASES[name]
    source = f"def upgrade():\n{textwrap.indent(body, '    ')}\n"
    assert guarded(tmp_path / "script.py", source) == expected


def test_a_helper_of_the_script_counts_and_an_import_does_not(tmp_path: Path) -> None:
    source = "try:\n    import json\nexcept ImportError:\n    pass\ndef upgrade():\n    helper()\n"
    assert guarded(tmp_path / "one.py", source) == frozenset()
    source = "def helper():\n    try:\n        a()\n    except E:\n        pass\ndef upgrade():\n    helper()\n"
    assert guarded(tmp_path / "two.py", source) == {3}


def test_the_source_is_not_read_where_no_function_can_catch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "getlines", None)
    path = str(tmp_path / "script.py")
    module = ModuleType("script")
    source = textwrap.dedent("""
        import contextlib
        from tempfile import TemporaryDirectory
        def upgrade():
            a()
    """)
    exec(compile(source, path, "exec"), vars(module))
    assert guarded_lines(module, path) == frozenset()
