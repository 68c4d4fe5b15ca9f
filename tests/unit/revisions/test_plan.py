"""Where a plan leads. The same graph as in test_target::

                c1#left -- c2
               /             \\
    a1 -- b1 --               m1 -- n1
               \\             /
                d1#right -- d2

    x1#solo -- y1       y1 depends on b1
"""

from __future__ import annotations

import pytest

from schemashift.errors import BadTarget, Cycle, DatabaseAhead, Hint, MissingParent
from schemashift.revisions import Direction, Plan, RevisionGraph, plan, read_targets, resolve
from tests.unit.revisions.shapes import graph

HOUSE = graph(
    "a1, b1 < a1, c1 < b1 #left, c2 < c1, d1 < b1 #right, d2 < d1, m1 < c2 d2, n1 < m1, x1 #solo, y1 < x1 + b1"
)
ALL = "a1 b1 c1 c2 d1 d2 m1 n1 x1 y1"


def going(applied: str, target: str, direction: Direction, house: RevisionGraph = HOUSE) -> Plan:
    return plan(house, applied.split(), read_targets(house, target), direction)


def steps(applied: str, target: str, direction: Direction, house: RevisionGraph = HOUSE) -> str:
    found = going(applied, target, direction, house)
    assert all(step.direction == direction for step in found.steps)
    return " ".join(each.id for each in found.revisions)


class TestUpgrade:
    @pytest.mark.parametrize(
        ("applied", "target", "expected"),
        [
            ("", "b1", "a1 b1"),
            ("", "heads", "a1 b1 c1 c2 d1 d2 m1 n1 x1 y1"),
            ("a1 b1 c1", "m1", "c2 d1 d2 m1"),
            ("", "y1", "a1 b1 x1 y1"),
            ("", "solo@head", "a1 b1 x1 y1"),
            ("a1 x1", "+1", "b1"),
            ("a1 b1", "left@+1", "c1"),
            ("a1 b1", "solo@+2", "x1 y1"),
            ("", "solo@+2", "a1 b1 x1 y1"),
            ("a1 b1", "b1+0", ""),
            ("a1 b1", "b1", ""),
            ("a1 b1", "a1", ""),
            ("a1 b1", "base", ""),
            ("a1 b1", "current", ""),
            ("a1 b1", "n1-1", "c1 c2 d1 d2 m1"),
        ],
    )
    def test_runs_it_and_what_it_needs(self, applied: str, target: str, expected: str) -> None:
        assert steps(applied, target, "upgrade") == expected

    def test_what_was_merged_in_below_the_head_runs(self) -> None:
        """a1 and c1 applied; b1 came between them from another branch."""
        assert steps("a1 c1", "head", "upgrade", graph("a1, b1 < a1, c1 < b1")) == "b1"

    def test_ends(self) -> None:
        found = going("a1 b1", "c2", "upgrade")
        assert (found.start, found.end) == (("b1",), ("c2",))
        assert found.after - found.before == {"c1", "c2"}

    def test_several_targets(self) -> None:
        found = plan(HOUSE, ["a1"], read_targets(HOUSE, ["c1", "d1"]), "upgrade")
        assert [each.id for each in found.revisions] == ["b1", "c1", "d1"]

    def test_ambiguous(self) -> None:
        with pytest.raises(BadTarget, match="2 revisions could run next") as caught:
            going("a1 b1 x1 y1", "+1", "upgrade")
        assert [each[:2] for each in caught.value.details] == ["c1", "d1"]
        with pytest.raises(BadTarget, match="ambiguous after 1 step"):
            going("a1 x1", "+2", "upgrade", graph("a1, b1 < a1, c1 < b1, d1 < b1, x1"))

    def test_too_far(self) -> None:
        with pytest.raises(BadTarget, match=r'"\+1" leads too far: none is left to run$'):
            going(ALL, "+1", "upgrade")
        with pytest.raises(BadTarget, match=r'"solo@\+3" leads too far: only 2 are left to run on the branch "solo"'):
            going("", "solo@+3", "upgrade")

    def test_backwards(self) -> None:
        with pytest.raises(BadTarget) as caught:
            going("a1 b1", "-1", "upgrade")
        assert caught.value.hints == (Hint("downgrade", ("-1",)),)


class TestDowngrade:
    @pytest.mark.parametrize(
        ("applied", "target", "expected"),
        [
            ("a1 b1 c1", "a1", "c1 b1"),
            ("a1 b1 c1", "base", "c1 b1 a1"),
            ("a1 b1 c1", "c1", ""),
            ("a1 b1 c1", "-1", "c1"),
            ("a1 b1 c1", "-3", "c1 b1 a1"),
            ("a1 b1 c1", "c1-2", "c1 b1"),
            ("a1 b1 c1", "current", ""),
            ("", "base", ""),
            (ALL, "c2", "n1 m1"),
            (ALL, "c1", "n1 m1 c2"),
            (ALL, "b1", "y1 n1 m1 d2 d1 c2 c1"),
            (ALL, "x1", "y1"),
            (ALL, "right@b1", "n1 m1 d2 d1"),
            (ALL, "solo@base", "y1 x1"),
            (ALL, "solo@-1", "y1"),
            (ALL, "solo@-2", "y1 x1"),
            (ALL, "left@base", "y1 n1 m1 d2 d1 c2 c1 b1 a1"),
            ("a1 b1 c1 c2 d1 d2", "left@b1", "c2 c1"),
            ("a1 b1 c1 c2 d1 d2", "left@-1", "c2"),
            ("a1 b1 c1 c2 d1 d2", "left@-3", "d2 d1 c2 c1 b1"),
            (ALL, "y1-2", "y1 x1"),
            (ALL, "heads", ""),
        ],
    )
    def test_undoes_what_stands_on_it(self, applied: str, target: str, expected: str) -> None:
        assert steps(applied, target, "downgrade") == expected

    def test_the_only_revision_of_the_plan_may_be_a_dependency(self) -> None:
        """y1 depends on b1: Alembic refuses `downgrade b1` here."""
        found = going("a1 b1 x1 y1", "b1", "downgrade")
        assert (found.start, found.end) == (("y1",), ("b1", "x1"))

    def test_a_target_that_is_not_applied(self) -> None:
        with pytest.raises(BadTarget) as caught:
            going("a1 b1", "c1", "downgrade")
        assert caught.value.message == "c1 (C1) is not applied, so nothing can be downgraded to it"
        assert caught.value.cause == "the database is at b1"
        assert caught.value.hints == (Hint("upgrade", ("c1",)),)

    def test_one_step_with_several_heads(self) -> None:
        with pytest.raises(BadTarget, match='"-1" is ambiguous: 2 revisions could be undone') as caught:
            going("a1 b1 c1 d1", "-1", "downgrade")
        assert [each[:2] for each in caught.value.details] == ["c1", "d1"]

    def test_too_far(self) -> None:
        with pytest.raises(BadTarget, match='"-3" leads too far: only 2 are applied'):
            going("a1 b1", "-3", "downgrade")
        with pytest.raises(BadTarget, match='"-1" leads too far: none is applied'):
            going("", "-1", "downgrade")

    def test_forwards(self) -> None:
        with pytest.raises(BadTarget) as caught:
            going("a1", "+1", "downgrade")
        assert caught.value.hints == (Hint("upgrade", ("+1",)),)


class TestStamp:
    @pytest.mark.parametrize(
        ("applied", "target", "end"),
        [
            ("", "c2", "c2"),
            ("", "heads", "n1 y1"),
            (ALL, "base", ""),
            ("a1 b1 c1 c2", "b1", "b1"),
            ("a1 b1 c1 d1", "+0", "c1 d1"),
            ("a1", "+1", "b1"),
            ("a1 b1 c1", "-1", "b1"),
            ("a1 b1 c1 c2 d1 d2 m1", "c2", "c2 d2"),
            ("a1 b1 c1", "d1", "c1 d1"),
            (ALL, "solo@base", "n1"),
            ("", "y1", "y1"),
        ],
    )
    def test_records_what_going_there_would_leave(self, applied: str, target: str, end: str) -> None:
        if target == "+1":
            applied += " x1"
            end += " x1"
        found = going(applied, target, "stamp")
        assert found.steps == ()
        assert " ".join(found.end) == end

    def test_is_the_way_out_of_an_unknown_revision(self) -> None:
        found = going("a1 feedbeef", "b1", "stamp")
        assert found.before == {"a1", "feedbeef"}
        assert found.after == {"a1", "b1"}
        assert found.start == ("a1", "feedbeef")

    def test_works_on_a_graph_with_faults(self) -> None:
        found = going("", "b1", "stamp", graph("a1 < lost, b1 < a1"))
        assert found.after == {"a1", "b1"}

    @pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
    @pytest.mark.parametrize("target", ["a1", "b1", "c2", "d1", "m1", "heads", "base", "solo@head", "solo@base", "y1"])
    @pytest.mark.parametrize("applied", ["", "a1 b1", "a1 b1 c1 d1", ALL])
    def test_is_where_the_plan_goes(self, applied: str, target: str, direction: Direction) -> None:
        """Going up where the target is not applied, down where it is."""
        known = set(applied.split())
        place = resolve(HOUSE, target)
        if (place <= known) == (direction == "downgrade") and (place or direction == "downgrade"):
            assert going(applied, target, direction).after == going(applied, target, "stamp").after


class TestFaults:
    def test_a_graph_with_faults_is_not_walked(self) -> None:
        with pytest.raises(MissingParent):
            going("", "b1", "upgrade", graph("a1 < lost, b1 < a1"))
        with pytest.raises(Cycle):
            going("a1", "base", "downgrade", graph("a1 < b1, b1 < a1"))

    def test_a_database_ahead(self) -> None:
        with pytest.raises(DatabaseAhead) as caught:
            going("a1 b1 feedbeef", "head", "upgrade")
        assert str(caught.value).splitlines() == [
            '[database-ahead] the database is at "feedbeef", which is in no file',
            "cause: probably another git branch, or a newer release, migrated it",
            "hint: git log --all -S feedbeef -- v",
            "hint: schemashift stamp b1    if you know the schema really is that one",
        ]

    def test_a_plan_is_a_value(self) -> None:
        one, two = going("a1", "heads", "upgrade"), going("a1", "heads", "upgrade")
        assert one == two
        assert hash(one) == hash(two)
