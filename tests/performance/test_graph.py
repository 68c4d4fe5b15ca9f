"""Work on the graph is linear, and small beside reading the files. CPU time, as a ratio to a yardstick of the same run:
a noisy machine slows both.
"""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemashift.revisions import Revision, RevisionGraph, draw, plan
from schemashift.scripts.directory import ScriptDirectory

SMALL, LARGE = 2_000, 8_000
LIMIT = 8.0
"""Four times the revisions: linear work takes 4 times as long, quadratic 16."""


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """Its pauses depend on what other tests left behind."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def cpu(work: Callable[[], object], times: int = 3) -> float:
    """The CPU seconds of the best of ``times``."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


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
    up = plan(graph, (), "heads", "upgrade")
    down = plan(graph, up.after, "base", "downgrade")
    assert len(up.steps) == len(down.steps) == len(some)


def label_all(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    for each in graph.heads[:20]:
        graph.labels_of(each)


def picture(some: list[Revision]) -> None:
    assert len(draw(RevisionGraph(some))) >= len(some)


@pytest.mark.parametrize("work", [build, up_and_down, label_all, picture])
@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_revisions_take_about_four_times_as_long(
    shape: Callable[[int], list[Revision]], work: Callable[[list[Revision]], None]
) -> None:
    small, large = shape(SMALL), shape(LARGE)
    ratios = []
    for _ in range(3):
        ratios.append(cpu(lambda: work(large)) / cpu(lambda: work(small)))
        if ratios[-1] < LIMIT:
            return
    pytest.fail(f"{work.__name__} of {shape.__name__}: {[round(each, 1) for each in ratios]} times as long")


def walks(some: list[Revision]) -> None:
    graph = RevisionGraph(some)
    plan(graph, graph.order[:1], f"+{len(some) - 1}", "upgrade")
    plan(graph, graph.order, f"-{len(some)}", "downgrade")
    graph.resolve(f"{graph.order[0]}+{len(some) - 1}")


@pytest.mark.parametrize("shape", [linear, labelled])
def test_long_walks_are_linear(shape: Callable[[int], list[Revision]]) -> None:
    small, large = shape(SMALL), shape(LARGE)
    assert cpu(lambda: walks(large)) / cpu(lambda: walks(small)) < LIMIT


def dictionaries(size: int) -> None:
    """A yardstick: the least that a graph has to do with each revision, ten times."""
    names = [f"{n:012x}" for n in range(size)]
    for _ in range(10):
        known = {name: (name,) for name in names}
        assert all(each in known for parents in known.values() for each in parents)


@pytest.mark.parametrize("shape", [linear, merges, ladder, labelled])
def test_ten_thousand_revisions_are_a_matter_of_milliseconds(shape: Callable[[int], list[Revision]]) -> None:
    """About 10 to 20 ms; Alembic takes 7 s for the way through the merges."""
    some = shape(10_000)
    assert cpu(lambda: build(some)) < 3 * cpu(lambda: dictionaries(10_000))


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


def test_headers_are_read_in_about_the_time_of_opening_the_files(tmp_path: Path) -> None:
    """Against opening each file and searching it once, the floor of PERFORMANCE.md."""
    versions = tmp_path / "versions"
    versions.mkdir()
    body = "".join(
        f'    op.add_column("users", sa.Column("name{n}", sa.String(50), nullable=False))\n' for n in range(9)
    )
    for n in range(2_000):
        text = HEADER.format(n=n, id=f"{n:012x}", down=f"{n - 1:012x}" if n else None) + body
        (versions / f"{n:012x}.py").write_text(text)
    pattern = re.compile(rb"^(?:revision|down_revision|branch_labels|depends_on)\b.*", re.MULTILINE)

    def floor() -> None:
        with os.scandir(versions) as entries:
            for entry in entries:
                handle = os.open(entry.path, os.O_RDONLY)
                assert len(pattern.findall(os.read(handle, 2048))) == 4
                os.close(handle)

    def heads() -> None:
        graph = ScriptDirectory(tmp_path).graph()
        assert graph.heads == (f"{1999:012x}",)
        assert graph.faults == ()

    assert cpu(heads, 5) < 2.5 * cpu(floor, 5)
