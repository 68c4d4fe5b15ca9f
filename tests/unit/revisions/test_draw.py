"""Golden drawings. What is right here is what a person sees as right: look at them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from schemashift.revisions import Revision, RevisionGraph, draw
from tests.unit.revisions.shapes import graph, picture


def check(text: str, expected: str, applied: str = "", **options: bool) -> None:
    drawn = picture(draw(graph(text), set(applied.split()), **options))
    assert drawn == dedent(expected).strip("\n"), "\n" + drawn


def test_a_line_is_a_plain_list() -> None:
    check(
        "a, b < a, c < b",
        """
        ○  c  (head)
        ●  b  (current)
        ●  a
        """,
        applied="a b",
    )


def test_nothing() -> None:
    assert draw(graph("")) == []


EXAMPLE = [
    Revision("426a350c5f40", message="create users"),
    Revision("8d1f0c2be917", ("426a350c5f40",), labels=("billing",), message="add billing"),
    Revision("c2f8a91d4e03", ("8d1f0c2be917",), message="billing index"),
    Revision("51e0b7a6d2c4", ("426a350c5f40",), labels=("reports",), message="add reports"),
    Revision("f07c93ab1d5e", ("c2f8a91d4e03", "51e0b7a6d2c4"), message="merge billing and reports"),
    Revision("0b9d2f7e8a61", ("f07c93ab1d5e",), message="drop legacy", created="2026-11-18"),
    Revision("a4c6e1f3970b", ("f07c93ab1d5e",), message="add tags", created="2026-11-19"),
]


@pytest.mark.parametrize("unicode", [True, False])
def test_the_example_of_the_documentation(unicode: bool) -> None:
    expected = """
    ○    a4c6e1f3970b  (head)
    │ ○  0b9d2f7e8a61  (head)
    ├─╯
    ○    f07c93ab1d5e
    ├─╮
    │ ●  51e0b7a6d2c4  (current, label: reports)
    ● │  c2f8a91d4e03  (current)
    ● │  8d1f0c2be917  (label: billing)
    ├─╯
    ●    426a350c5f40
    """
    if not unicode:
        expected = expected.translate(str.maketrans("●○│├╮╯─", "*o||\\/-"))
    applied = {each.id for each in EXAMPLE[:4]}
    drawn = picture(draw(RevisionGraph(EXAMPLE), applied, unicode=unicode))
    assert drawn == dedent(expected).strip("\n"), "\n" + drawn


def test_a_fan_stays_narrow() -> None:
    check(
        "a, b < a, c < a, d < a, e < a",
        """
        ○    e  (head)
        │ ○  d  (head)
        ├─╯
        │ ○  c  (head)
        ├─╯
        │ ○  b  (head)
        ├─╯
        ○    a
        """,
    )


def test_a_merge_of_three() -> None:
    check(
        "a, b < a, c < a, d < a, m < b c d",
        """
        ○      m  (head)
        ├─╮
        ├─│─╮
        │ │ ○  d
        │ ○ │  c
        │ ├─╯
        ○ │    b
        ├─╯
        ○      a
        """,
    )


def test_lanes_that_cross() -> None:
    """x and y both merge p and q."""
    check(
        "a, p < a, q < a, x < p q, y < q p",
        """
        ○        y  (head)
        ├─╮
        │ │ ○    x  (head)
        │ │ ├─╮
        │ ├─╯ │
        ├─│───╯
        ○ │      q
        │ ○      p
        ├─╯
        ○        a
        """,
    )


def test_two_bases_and_a_dependency_which_is_a_note() -> None:
    check(
        "a, b < a, x #right, y < x + b",
        """
        ○  y  (head, needs b)
        ○  x  (label: right)

        ○  b  (head)
        ○  a
        """,
    )


def test_a_free_lane_is_used_again() -> None:
    check(
        "a, x, y < x, b < a y, c < b, z < b",
        """
        ○    z  (head)
        │ ○  c  (head)
        ├─╯
        ○    b
        ├─╮
        │ ○  y
        │ ○  x
        ○    a
        """,
    )


def test_a_hole() -> None:
    check(
        "a, b < a gone, c < lost, d < b c",
        """
        ○    d  (head)
        ├─╮
        │ ○  c
        │ ◌    (lost is in no file)
        ○    b
        ├─╮
        │ ◌    (gone is in no file)
        ○    a
        """,
    )


def test_what_starts_below_an_end_is_not_joined_to_it() -> None:
    check(
        "a, b < gone, c, d < lost c",
        """
        ○    d  (head)
        ├─╮
        ◌ │    (lost is in no file)
          ○  c
        ○    b  (head)
        ◌      (gone is in no file)

        ○    a  (head)
        """,
    )


def test_a_cycle_ends_in_a_hole() -> None:
    check(
        "a, b < a d, c < b, d < c, e < d",
        """
        ○    e  (head)
        ○    d
        ○    c
        ○    b
        ├─╮
        │ ◌    (d is above: a cycle)
        ○    a
        """,
    )


def test_a_part() -> None:
    drawn = draw(graph("a, b < a, c < b, d < b"), {"a"}, ids={"b", "c"})
    assert picture(drawn) == "○  c  (head)\n○  b"


def test_a_drawing_that_is_too_wide_is_not_aligned() -> None:
    """Thirty lines side by side, then one revision: its text does not start far to the right."""
    text = (
        "a, " + ", ".join(f"b{n} < a" for n in range(30)) + ", m < " + " ".join(f"b{n}" for n in range(30)) + ", z < m"
    )
    lines = draw(graph(text))
    assert lines[0].lanes == "○  "
    assert max(len(line.lanes) for line in lines) > 40
