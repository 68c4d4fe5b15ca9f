"""What a graph knows of itself. Each docstring draws the graph, parents to the left."""

from __future__ import annotations

import itertools
import random

import pytest

from schemashift.errors import Cycle, DuplicateLabel, DuplicateRevision, Location, MissingParent, ScriptDoesNotLoad
from schemashift.revisions import Revision, RevisionGraph
from tests.unit.revisions.shapes import graph, revisions


class TestOrder:
    def test_a_line(self) -> None:
        """a -- b -- c"""
        found = graph("c < b, a, b < a")
        assert found.order == ("a", "b", "c")
        assert (found.heads, found.bases) == (("c",), ("a",))
        assert [each.id for each in found] == ["a", "b", "c"]

    def test_nothing(self) -> None:
        """An empty directory is a graph."""
        found = graph("")
        assert (found.order, found.heads, found.bases, found.faults, len(found)) == ((), (), (), (), 0)

    def test_a_merge_keeps_its_lines_together(self) -> None:
        r"""
           b1 -- b2
          /        \
        a           m -- z
          \        /
           c1 -- c2
        """
        found = graph("a, b1 < a, c1 < a, b2 < b1, c2 < c1, m < b2 c2, z < m")
        assert found.order == ("a", "b1", "b2", "c1", "c2", "m", "z")
        assert found.branch_points == ("a",)
        assert found.merge_points == ("m",)
        assert found.children("a") == ["b1", "c1"]

    def test_the_older_head_comes_first(self) -> None:
        """a -- b (2026-02) and a -- c (2026-01)"""
        dates = {"a": "2026-01-01", "b": "2026-02-01", "c": "2026-01-02"}
        some = [each._replace(created=dates[each.id]) for each in revisions("a, b < a, c < a")]
        assert RevisionGraph(some).order == ("a", "c", "b")

    def test_a_dependency_comes_first(self) -> None:
        """a -- b   x -- y, and b depends on y"""
        found = graph("a, b < a + y, x, y < x")
        assert found.order == ("a", "x", "y", "b")
        assert found.heads == ("y", "b")
        assert found.real_heads == ("b",)

    @pytest.mark.parametrize(
        "text",
        ["a, b < a, c < a, d < b c, e < b, f < e d + x, x", "a, b < a, b2 < a, c < c, d < e, e < d, g < missing"],
    )
    def test_does_not_depend_on_the_order_of_the_files(self, text: str) -> None:
        """Also in graphs with faults."""
        some = revisions(text)
        shuffled = random.Random(1).sample(list(itertools.permutations(some)), 100)
        orders = {(found.order, tuple(map(str, found.faults))) for found in map(RevisionGraph, shuffled)}
        assert len(orders) == 1

    def test_a_deep_graph_needs_no_recursion(self) -> None:
        """5,000 in a line"""
        some = [Revision(f"r{n}", (f"r{n - 1}",) if n else ()) for n in range(5000)]
        found = RevisionGraph(reversed(some))
        assert found.order == tuple(each.id for each in some)
        assert len(found.ancestors(["r4999"])) == len(found.descendants(["r0"])) == 4999


class TestReaching:
    """a -- b -- c   x -- y, and y depends on b, given by a prefix and a label"""

    found = graph("aa, bb1 < aa #left, cc < bb1, xx #right, yy < xx + left, zz + bb")

    def test_both_kinds_of_edges(self) -> None:
        assert self.found.ancestors(["yy"]) == {"xx", "bb1", "aa"}
        assert self.found.descendants(["aa"]) == {"bb1", "cc", "yy", "zz"}
        assert self.found.closure(["yy", "unknown"]) == {"yy", "xx", "bb1", "aa"}
        assert self.found.dependencies("zz") == ("bb1",)
        assert self.found.needs("yy") == ("xx", "bb1")
        assert self.found.needed_by("bb1") == ["cc", "yy", "zz"]

    def test_a_lineage_is_over_down_revision_only(self) -> None:
        assert self.found.lineage("left") == {"aa", "bb1", "cc"}
        assert self.found.lineage("yy") == {"xx", "yy"}

    def test_current_is_the_heads_of_the_applied(self) -> None:
        assert self.found.current({"aa", "bb1", "xx", "yy"}) == ("yy",)
        assert self.found.current({"aa", "bb1", "cc", "xx"}) == ("cc", "xx")
        assert self.found.current(()) == ()

    def test_current_sees_through_a_revision_that_was_merged_in_below(self) -> None:
        """aa and cc applied, bb1 between them not: cc alone is current."""
        assert self.found.current({"aa", "cc"}) == ("cc",)

    def test_current_names_what_is_in_no_file(self) -> None:
        assert self.found.current({"aa", "feedbeef"}) == ("aa", "feedbeef")
        assert self.found.unknown({"aa", "feedbeef", "b"}) == ("b", "feedbeef")

    def test_the_same_parent_or_dependency_twice_is_once(self) -> None:
        found = graph("a, b < a a + a a, c < b")
        assert found.parents("b") == ("a",)
        assert found.needed_by("a") == ["b"]
        assert found.faults == ()


class TestLabels:
    """As Alembic 1.20 propagates them, measured on these graphs."""

    def test_down_to_where_the_lines_part_and_up_through_a_merge(self) -> None:
        r"""
                c#x -- d
               /        \
        a -- b           m -- n
               \        /
                e -- f#y
        """
        found = graph("a, b < a, c < b #x, d < c, e < b, f < e #y, m < d f, n < m")
        labels = {each: " ".join(found.labels_of(each)) for each in found.order}
        assert labels == {"a": "", "b": "", "c": "x", "d": "x", "e": "y", "f": "y", "m": "x y", "n": "x y"}

    def test_a_dependency_parts_the_line_too(self) -> None:
        """a -- b -- c#l   x -- y#k, and x depends on b"""
        found = graph("a, b < a, c < b #l, x + b, y < x #k")
        assert [found.labels_of(each) for each in "abcxy"] == [(), (), ("l",), ("k",), ("k",)]

    def test_a_label_on_a_branch_point_or_merge_does_not_go_down(self) -> None:
        """a -- b#bp -- (c, d) -- e#mg -- f#af -- g#ag"""
        found = graph("a, b < a #bp, c < b, d < b, e < c d #mg, f < e #af, g < f #ag")
        assert found.labels_of("a") == ()
        assert found.labels_of("c") == ("bp",)
        assert found.labels_of("e") == ("bp", "mg")
        assert found.labels_of("g") == ("af", "ag", "bp", "mg")

    def test_to_the_base_of_a_line_of_its_own(self) -> None:
        """g -- h#z -- i -- j#w"""
        found = graph("g, h < g #z, i < h, j < i #w")
        assert {found.labels_of(each) for each in "ghij"} == {("w", "z")}


class TestFaults:
    """A graph with faults is still a graph."""

    def test_a_missing_parent(self) -> None:
        """a -- b, and c revises what is in no file"""
        found = graph("a5b1, b < a5b1, c < a5b2")
        (fault,) = found.faults
        assert isinstance(fault, MissingParent)
        assert fault.message == 'c (C) revises "a5b2", which is in no file'
        assert fault.where == (Location("v/c.py", 4),)
        assert fault.hints[0] == "did you mean a5b1 (A5B1)?"
        assert "git log --all -S a5b2 -- v" in fault.hints[1]
        assert found.order == ("a5b1", "b", "c")
        assert found.heads == ("b", "c")
        assert found.bases == ("a5b1",)
        with pytest.raises(MissingParent):
            found.check()

    def test_a_missing_dependency(self) -> None:
        """Also a prefix that means two."""
        found = graph("aa1, aa2, b + nowhere, c + aa")
        assert [each.message for each in found.faults] == [
            'b (B) depends on "nowhere", which is in no file',
            'c (C) depends on "aa", which starts 2 revisions: aa1 (AA1), aa2 (AA2)',
        ]

    def test_a_duplicate(self) -> None:
        """Two files, one id: the first by path is kept."""
        one, two = Revision("a", (), path="v/1.py", line=8), Revision("a", ("b",), path="v/2.py", line=9)
        for some in ([one, two, Revision("b")], [two, Revision("b"), one]):
            found = RevisionGraph(some)
            (fault,) = found.faults
            assert isinstance(fault, DuplicateRevision)
            assert fault.message == 'two files have revision "a"'
            assert fault.where == (Location("v/1.py", 8), Location("v/2.py", 9))
            assert found["a"] is one
            assert found.heads == ("a", "b")

    def test_three_files_of_one_revision_are_one_fault(self) -> None:
        found = RevisionGraph([Revision("a", path=f"v/{n}.py") for n in "312"])
        (fault,) = found.faults
        assert [each.path for each in fault.where] == ["v/1.py", "v/2.py", "v/3.py"]
        assert found["a"].path == "v/1.py"

    def test_a_cycle_names_its_files(self) -> None:
        """a -- b -- c -- d -- b"""
        found = graph("a, b < a d, c < b, d < c, e < c")
        (fault,) = found.faults
        assert isinstance(fault, Cycle)
        assert fault.message == "b -> c -> d -> b"
        assert [each.path for each in fault.where] == ["v/b.py", "v/c.py", "v/d.py"]
        assert sorted(found.order) == ["a", "b", "c", "d", "e"]

    def test_a_cycle_that_nothing_stands_on(self) -> None:
        """b -- c -- b, no head at all"""
        found = graph("c < b, b < c")
        assert [each.message for each in found.faults] == ["b -> c -> b"]
        assert found.heads == ()
        assert found.ancestors(["b"]) == {"b", "c"}

    def test_a_cycle_through_a_dependency(self) -> None:
        found = graph("a, b < a + c, c < b")
        assert [each.message for each in found.faults] == ["b -> c -> b"]

    def test_a_self_loop(self) -> None:
        found = graph("a < a, b + b")
        assert [(each.message, each.cause) for each in found.faults] == [
            ("a -> a", "it revises itself"),
            ("b -> b", "it depends on itself"),
        ]
        assert found.heads == ("a", "b")

    def test_a_diamond_is_no_cycle(self) -> None:
        """Met twice on the way, closed once."""
        assert graph("a, b < a, c < a, d < b c, e < a d").faults == ()

    def test_a_label_twice(self) -> None:
        found = graph("a #x, b < a #x")
        (fault,) = found.faults
        assert isinstance(fault, DuplicateLabel)
        assert fault.message == 'branch label "x" is set on a (A) and b (B)'
        assert [each.path for each in fault.where] == ["v/a.py", "v/b.py"]

    def test_a_label_that_is_a_revision_or_a_word_of_the_grammar(self) -> None:
        assert [type(each) for each in graph("a #b, b < a, c < b #head").faults] == [DuplicateLabel, DuplicateLabel]

    def test_what_reading_found_comes_first(self) -> None:
        unreadable = ScriptDoesNotLoad("no", where=Location("v/x.py"))
        found = RevisionGraph(revisions("a < b"), [unreadable])
        assert found.faults[0] is unreadable
        with pytest.raises(ScriptDoesNotLoad):
            found.check()
