"""Work on the graph is linear, and reading headers is little more than opening the files: counted, not timed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from schemashift.revisions import Revision, RevisionGraph, draw, plan, read_targets, resolve
from schemashift.scripts.directory import ScriptDirectory
from tests.support.counting import calls, steps

SMALL, LARGE = 300, 1_200
LIMIT = 4.2
"""Four times the revisions: linear work takes 4 times as many steps, quadratic 16."""


def linear(count: int) -> list[Revision]:
    return [Revision(f"{n:012x}", (f"{n - 1:012x}",) if n else ()) for n in range(count)]


def merges(count: int) -> list[Revision]:
    """A fork and a merge at every step."""
    found = [Revision("c0")]
    for n in range(count // 3):
        found += [Revision(f"a{n}", (f"c{n}",)), Revision(f"b{n}", (f"c{n}",))]
        found += [Revision(f"c{n + 1}", (f"a{n}", f"b{n}"))]
    return found


def ladder(count: int) -> list[Revision]:
    """Two lines, each revision of the second depends on one of the first."""
    found = []
    for n in range(count // 2):
        found += [Revision(f"a{n}", (f"a{n - 1}",) if n else ())]
        found += [Revision(f"b{n}", (f"b{n - 1}",) if n else (), (f"a{n}",))]
    return found


def labelled(count: int) -> list[Revision]:
    """A label on every tenth revision of a line, a dependency far back on every third."""
    return [
        Revision(
            f"{n:012x}",
            (f"{n - 1:012x}",) if n else (),
            (f"{n // 2:012x}",) if n and n % 3 == 0 else (),
            (f"label{n}",) if n % 10 == 0 else (),
        )
        for n in range(count)
    ]


def fan(count: int) -> list[Revision]:
    """All on one base."""
    return [Revision("base0"), *(Revision(f"{n:012x}", ("base0",)) for n in range(count))]


def criss_cross(count: int) -> list[Revision]:
    """Two lines that merge each other at every step: the number of paths is exponential."""
    found = [Revision("a0"), Revision("b0")]
    for n in range(1, count // 2):
        found += [Revision(f"a{n}", (f"a{n - 1}", f"b{n - 1}")), Revision(f"b{n}", (f"b{n - 1}", f"a{n - 1}"))]
    return found


SHAPES = [linear, merges, ladder, labelled, fan, criss_cross]


def build(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    assert graph.faults == ()
    assert len(graph.order) == len(some)


def up_and_down(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    up = plan(graph, (), read_targets(graph, "heads"), "upgrade")
    down = plan(graph, up.after, read_targets(graph, "base"), "downgrade")
    assert len(up.steps) == len(down.steps) == len(some)


def label_all(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    for each in graph.heads[:20]:
        graph.labels_of(each)


def picture(some: list[Revision]) -> None:
    assert len(draw(RevisionGraph(some))) >= len(some)


@pytest.mark.parametrize("work", [build, up_and_down, label_all, picture])
@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_revisions_take_four_times_the_steps(
    shape: Callable[[int], list[Revision]], work: Callable[[list[Revision]], None]
) -> None:
    small, large = shape(SMALL), shape(LARGE)
    assert steps(lambda: work(large)) < LIMIT * steps(lambda: work(small))


@pytest.mark.parametrize("work", [build, up_and_down])
@pytest.mark.parametrize("shape", SHAPES)
def test_and_four_times_the_memory(
    shape: Callable[[int], list[Revision]], work: Callable[[list[Revision]], None]
) -> None:
    """A set of ancestors for each revision would be one step, and grow. Dictionaries grow by doubling: hence the 9."""
    small, large = shape(SMALL), shape(LARGE)
    assert peak(lambda: work(large)) < 9 * peak(lambda: work(small))


def peak(work: Callable[[], object]) -> int:
    """The most memory that *work* has at one time, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def walks(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    plan(graph, graph.order[:1], read_targets(graph, f"+{len(some) - 1}"), "upgrade")
    plan(graph, graph.order, read_targets(graph, f"-{len(some)}"), "downgrade")
    resolve(graph, f"{graph.order[0]}+{len(some) - 1}")


@pytest.mark.parametrize("shape", [linear, labelled])
def test_long_walks_are_linear(shape: Callable[[int], list[Revision]]) -> None:
    small, large = shape(SMALL), shape(LARGE)
    assert steps(lambda: walks(large)) < LIMIT * steps(lambda: walks(small))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_revision_costs_few_steps(shape: Callable[[int], list[Revision]]) -> None:
    """40 to 60 to build a graph, about 150 to plan the way up and the way down."""
    some = shape(1_000)
    assert steps(lambda: build(some)) < 80 * len(some)
    assert steps(lambda: up_and_down(some)) < 200 * len(some)


HEADER = '''"""add thing number {n}

Revision ID: {id}
Revises: {down}
Create Date: 2026-11-20 23:04:11

"""
from typing import Sequence, Union

from schemashift import op
import sqlalchemy as sa


# revision identifiers
revision: str = {id!r}
down_revision: Union[str, Sequence[str], None] = {down!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
'''


def test_a_header_is_one_open_file_and_no_python(tmp_path: Path) -> None:
    """What a script is made of is found in its bytes: nothing of it is parsed, compiled, executed or asked twice."""
    number = 200
    versions = tmp_path / "versions"
    versions.mkdir()
    body = "".join(
        f'    op.add_column("users", sa.Column("name{n}", sa.String(50), nullable=False))\n' for n in range(9)
    )
    for n in range(number):
        text = HEADER.format(n=n, id=f"{n:012x}", down=f"{n - 1:012x}" if n else None) + body
        (versions / f"{n:012x}.py").write_text(text)

    def heads() -> None:
        graph = ScriptDirectory(tmp_path).graph()
        assert graph.heads == (f"{number - 1:012x}",)
        assert graph.faults == ()

    found = calls(heads)
    assert found["posix.open"] + found["io.open"] + found["_io.open"] == number
    assert found["posix.stat"] + found["posix.lstat"] < 10, "nothing is asked for each file"
    assert not {"ast.parse", "builtins.compile", "builtins.exec"} & found.keys()
    assert found.total() < 100 * number, found.most_common(10)
