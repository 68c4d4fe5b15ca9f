"""What is compiled together, with a sender that only collects what it is given."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift import op
from schemashift.op.buffer import Buffer, Environment, Group
from schemashift.operations import DropTable, Execute
from schemashift.schema import Table, TableName
from schemashift.scripts.handlers import guarded_lines

BEFORE = Table(name="before")


class Collector:
    """A sender: groups as "a b", alone as "(a)", and what happened between them."""

    def __init__(self) -> None:
        self.environment = Environment(
            dialect=sqlite.dialect(),
            transactional_ddl=True,
            normal=lambda table: table,
            version_table=TableName("v"),
            x={"a": "b"},
        )
        self.happened: list[str] = []
        self.refuses: str | None = None

    def send(self, group: Group) -> None:
        names = [each.name.name if isinstance(each, DropTable) else str(each.statement) for each in group.operations]  # type: ignore[attr-defined]
        if self.refuses in names:
            raise LookupError(self.refuses)
        self.happened.append(f"({' '.join(names)})" if group.alone else " ".join(names))

    def table(self, name: TableName) -> Table:
        self.happened.append(f"table {name}")
        return BEFORE

    def connection(self) -> Any:
        self.happened.append("connection")
        return "the connection"

    @contextmanager
    def outside_transaction(self) -> Iterator[None]:
        self.happened.append("outside")
        yield
        self.happened.append("inside")


Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the body of a script; what happened."""

    def run(body: str, refuses: str | None = None, **names: object) -> list[str]:
        path = tmp_path / "script.py"
        path.write_text(
            "import contextlib\nfrom schemashift import op\n\ndef upgrade():\n"
            + textwrap.indent(textwrap.dedent(body), "    ")
        )
        module = ModuleType("script")
        module.__dict__.update(names, op=op)
        exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
        collector = Collector()
        collector.refuses = refuses
        buffer = Buffer(collector, path=str(path), guarded=guarded_lines(module, str(path)))
        module.__dict__["buffer"] = buffer
        with op.running(buffer):
            module.__dict__["upgrade"]()
        buffer.flush()
        return collector.happened

    return run


CASES = {
    "the end": ('op.drop_table("a")\nop.drop_table("b")', ["a b"]),
    "nothing": ("pass", []),
    "a statement": ('op.drop_table("a")\nop.execute("UPDATE")\nop.drop_table("b")', ["a", "UPDATE", "b"]),
    "the connection": ('op.drop_table("a")\nop.get_bind()\nop.drop_table("b")', ["a", "connection", "b"]),
    "the context's connection": ('op.drop_table("a")\nop.get_context().bind', ["a", "connection"]),
    "its dialect": ('op.drop_table("a")\nop.get_context().dialect\nop.drop_table("b")', ["a b"]),
    "a table": ('op.drop_table("a")\nbuffer.table("t")\nop.drop_table("b")', ["a", "table t", "b"]),
    "a foreign statement": ('op.drop_table("a")\nbuffer.flush()\nop.drop_table("b")', ["a", "b"]),
    "an autocommit block": (
        'op.drop_table("a")\nwith op.autocommit_block():\n    op.drop_table("b")\nop.drop_table("c")',
        ["a", "outside", "b", "inside", "c"],
    ),
    "a batch": (
        'op.drop_table("a")\nwith op.batch_alter_table("t"):\n    op.drop_table("b")\nop.drop_table("c")',
        ["a b c"],
    ),
    "the connection inside a batch": (
        'with op.batch_alter_table("t"):\n    op.drop_table("a")\n    op.get_bind()\n    op.drop_table("b")',
        ["a", "connection", "b"],
    ),
    "try": (
        """
        op.drop_table("a")
        try:
            op.drop_table("b")
            op.drop_table("c")
        except Exception:
            op.drop_table("d")
        op.drop_table("e")
        op.drop_table("f")
        """,
        ["a", "(b)", "(c)", "e f"],
    ),
    "finally": ('op.drop_table("a")\ntry:\n    op.drop_table("b")\nfinally:\n    op.drop_table("c")', ["a b c"]),
    "suppress": ('op.drop_table("a")\nwith contextlib.suppress(KeyError):\n    op.drop_table("b")', ["a", "(b)"]),
    "a batch in a try": (
        """
        op.drop_table("a")
        try:
            with op.batch_alter_table("t"):
                op.drop_table("b")
                op.drop_table("c")
        except Exception:
            pass
        """,
        ["a", "(b c)"],
    ),
    "a statement in a try": (
        'op.drop_table("a")\ntry:\n    op.execute("UPDATE")\nexcept Exception:\n    pass',
        ["a", "(UPDATE)"],
    ),
    "an empty batch in a try": (
        'op.drop_table("a")\ntry:\n    with op.batch_alter_table("t"):\n        pass\nexcept Exception:\n    pass',
        ["a"],
    ),
    "a batch that fails": (
        """
        op.drop_table("a")
        try:
            with op.batch_alter_table("t"):
                op.drop_table("b")
                raise KeyError
        except KeyError:
            op.drop_table("c")
        """,
        ["a", "c"],
    ),
    "a function of the script": (
        """
        def helper():
            op.drop_table("b")

        op.drop_table("a")
        helper()
        op.drop_table("c")
        """,
        ["a b c"],
    ),
    "a function of the script, in a try": (
        """
        def helper():
            op.drop_table("b")

        op.drop_table("a")
        try:
            helper()
        except Exception:
            pass
        op.drop_table("c")
        """,
        ["a", "(b)", "c"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_compiled_together(run: Run, case: str) -> None:
    body, expected = CASES[case]
    assert run(body) == expected


def test_what_another_file_asks_for_does_not_wait(run: Run) -> None:
    def helper() -> None:
        op.drop_table("b")
        op.drop_table("c")

    assert run('op.drop_table("a")\nhelper()\nop.drop_table("d")', helper=helper) == ["a", "(b)", "(c)", "d"]


def test_a_batch_of_another_file_is_one_group_alone(run: Run) -> None:
    def helper() -> None:
        with op.batch_alter_table("t"):
            op.drop_table("b")
            op.drop_table("c")

    assert run('op.drop_table("a")\nhelper()\nop.drop_table("d")', helper=helper) == ["a", "(b c)", "d"]


def test_the_error_of_an_operation_alone_comes_out_at_its_line(run: Run) -> None:
    body = """
    try:
        op.drop_table("a")
    except LookupError:
        op.drop_table("caught")
    """
    assert run(body, refuses="a") == ["caught"]


def test_what_was_sent_is_not_sent_again_after_an_error(run: Run) -> None:
    body = """
    op.drop_table("a")
    try:
        op.get_bind()
    except LookupError:
        op.drop_table("b")
    """
    assert run(body, refuses="a") == ["b"]


def test_without_a_path_nothing_waits() -> None:
    collector = Collector()
    with op.running(Buffer(collector)):
        op.drop_table("a")
        op.drop_table("b")
    assert collector.happened == ["(a)", "(b)"]


def test_it_knows_what_the_environment_says() -> None:
    collector = Collector()
    buffer = Buffer(collector)
    assert (buffer.dialect, buffer.x, buffer.version_table) == (
        collector.environment.dialect,
        {"a": "b"},
        TableName("v"),
    )
    assert buffer.convention is None
    assert buffer.normal(BEFORE) is BEFORE
    assert buffer.table(TableName("t")) is BEFORE
    buffer.execute(Execute(statement="x"))
    assert collector.happened == ["table t", "(x)"]
    assert isinstance(buffer.bind(), (str, sa.Connection))
