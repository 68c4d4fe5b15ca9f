"""The identifier grammar. Most tests walk one graph::

                c1#left -- c2
               /             \\
    a1 -- b1 --               m1 -- n1
               \\             /
                d1#right -- d2

    x1#solo -- y1       y1 depends on b1
"""

from __future__ import annotations

import pytest

from schemashift.errors import AmbiguousRevision, BadTarget, Hint, MultipleHeads, SchemashiftError, UnknownRevision
from schemashift.revisions import Target, parse, resolve, resolve_range, split_range
from tests.unit.revisions.shapes import graph

HOUSE = graph(
    "a1, b1 < a1, c1 < b1 #left, c2 < c1, d1 < b1 #right, d2 < d1, m1 < c2 d2, n1 < m1, x1 #solo, y1 < x1 + b1"
)
OPEN = graph("a1, b1 < a1, c1 < b1 #left, c2 < c1, d1 < b1 #right, d2 < d1")
"""The left half: two heads, c2 and d2."""


def resolved(text: str, applied: str = "", house: object = HOUSE) -> str:
    return " ".join(sorted(resolve(house, text, set(applied.split()))))  # type: ignore[attr-defined]


class TestParse:
    @pytest.mark.parametrize(
        ("text", "target"),
        [
            ("c4f1", Target("c4f1")),
            ("head", Target("head")),
            ("head-2", Target("head", "", -2)),
            ("c4f1+3", Target("c4f1", "", 3)),
            ("+1", Target("current", "", 1)),
            ("current-1", Target("current", "", -1)),
            ("left@head", Target("head", "left")),
            ("left@+2", Target("current", "left", 2)),
            ("my-left@c4f1-1", Target("c4f1", "my-left", -1)),
            (" head ", Target("head")),
        ],
    )
    def test_forms(self, text: str, target: Target) -> None:
        assert parse(text) == target
        assert parse(str(target)) == target

    @pytest.mark.parametrize("text", ["", "  ", "@", "left@", "@head", "a@b@c", "a:b", "+", "-", "@+1"])
    def test_no_form(self, text: str) -> None:
        """The lonely sign is a name that no revision has, said when it is looked up."""
        with pytest.raises(SchemashiftError):
            resolve(HOUSE, text)

    def test_an_id_that_looks_like_something_else_is_itself(self) -> None:
        """Ids by hand: a date. (New ones may not hold a dash.)"""
        house = graph("2026-01, 2026-02 < 2026-01 #my-1")
        assert resolved("2026-02", house=house) == "2026-02"
        assert resolved("my-1", house=house) == "2026-02"
        assert resolved("2026-02-1", house=house) == "2026-01"


class TestNames:
    def test_an_id_or_the_start_of_one(self) -> None:
        house = graph("c4f1d2, c4990b, 8d, 8d1f0c")
        assert resolved("c4f", house=house) == "c4f1d2"
        assert resolved("8d", house=house) == "8d", "an id is itself, also where it starts another"
        with pytest.raises(AmbiguousRevision) as caught:
            resolve(house, "c4")
        assert caught.value.message == '"c4" matches 2 revisions: c4990b (C4990B), c4f1d2 (C4F1D2)'

    def test_one_character_is_no_name(self) -> None:
        with pytest.raises(UnknownRevision):
            resolve(HOUSE, "n")

    def test_a_label_is_the_revision_that_sets_it(self) -> None:
        assert resolved("left") == "c1"

    def test_unknown_with_a_guess(self) -> None:
        house = graph("c4f1d2a97b3e, 8d1f0c2be917 #billing")
        hints = {"c4f1d2b": "c4f1d2a97b3e (C4F1D2A97B3E)", "biling": "billing", "haed": "head"}
        for text, guess in hints.items():
            with pytest.raises(UnknownRevision) as caught:
                resolve(house, text)
            assert caught.value.hints == (f"did you mean {guess}?",)

    def test_unknown_without_a_guess(self) -> None:
        with pytest.raises(UnknownRevision) as caught:
            resolve(HOUSE, "zzzzzz")
        assert caught.value.hints == (Hint("history"),)
        assert caught.value.message == 'no revision starts with "zzzzzz", and there is no such branch label'


class TestPlaces:
    def test_base(self) -> None:
        assert resolved("base") == resolved("left@base") == ""

    def test_heads(self) -> None:
        assert resolved("heads") == "n1 y1"
        assert resolved("left@heads") == resolved("left@head") == resolved("a1@head") == "n1"
        assert resolved("solo@head") == resolved("y1@head") == "y1"

    def test_a_head_that_another_depends_on_is_a_head(self) -> None:
        """As Alembic's command says. Its identifier `heads` leaves it out, so that `merge heads` misses it there."""
        assert resolved("heads", house=graph("a1, b1 + a1")) == "a1 b1"

    def test_no_revision_at_all(self) -> None:
        assert resolved("head", house=graph("")) == resolved("heads", house=graph("")) == ""

    def test_several_heads(self) -> None:
        some = graph("0b9d2f #reports, a4c6e1 #tags")
        with pytest.raises(MultipleHeads) as caught:
            resolve(some, "head")
        assert str(caught.value).splitlines() == [
            '[multiple-heads] 2 heads, "head" is ambiguous',
            "0b9d2f  0B9D2F  branch reports",
            "a4c6e1  A4C6E1  branch tags",
            'hint: schemashift merge -m "merge heads"    one merge revision',
            "hint: schemashift upgrade heads    apply all of them",
        ]

    def test_several_heads_of_a_branch(self) -> None:
        with pytest.raises(MultipleHeads) as caught:
            resolve(OPEN, "b1@head")
        assert caught.value.message == '2 heads on the branch "b1", "b1@head" is ambiguous'
        assert caught.value.hints[0] == Hint("merge", ("-m", "merge heads", "c2", "d2"), "one merge revision")

    def test_a_revision_in_a_branch(self) -> None:
        assert resolved("left@b1") == "b1"
        assert resolved("left@c2") == "c2"
        assert resolved("left@n1") == "n1"
        with pytest.raises(BadTarget, match=r"d1 \(D1\) is not on the branch left"):
            resolve(HOUSE, "left@d1")

    def test_current(self) -> None:
        assert resolved("current") == ""
        assert resolved("current", "a1 b1 c1 x1") == "c1 x1"
        assert resolved("left@current", "a1 b1 c1 x1") == "c1"
        assert resolved("current", "a1 feedbeef") == "a1", "what is in no file is no revision"


class TestSteps:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a1+1", "b1"),
            ("left@b1+2", "c2"),
            ("right@b1+1", "d1"),
            ("c2-1", "c1"),
            ("c1-3", ""),
            ("a1-1", ""),
            ("solo@head-1", "x1"),
            ("base+0", ""),
            ("solo@base+2", "y1"),
            ("left+1", "c2"),
            ("m1-0", "m1"),
        ],
    )
    def test_along_the_line(self, text: str, expected: str) -> None:
        assert resolved(text) == expected

    @pytest.mark.parametrize(
        ("text", "names"),
        [("b1+1", ["c1", "d1"]), ("m1-1", ["c2", "d2"]), ("n1-2", ["c2", "d2"]), ("base+1", ["a1", "x1"])],
    )
    def test_where_it_parts(self, text: str, names: list[str]) -> None:
        with pytest.raises(BadTarget, match="ambiguous") as caught:
            resolve(HOUSE, text)
        assert [each[:2] for each in caught.value.details] == names

    @pytest.mark.parametrize("text", ["c1-4", "a1-2", "n1+1", "head+1"])
    def test_too_far(self, text: str) -> None:
        with pytest.raises(BadTarget, match="leads nowhere"):
            resolve(graph("a1, b1 < a1, c1 < b1, n1 < c1"), text)

    def test_from_several(self) -> None:
        with pytest.raises(MultipleHeads):
            resolve(HOUSE, "heads-1")

    def test_from_what_is_applied(self) -> None:
        assert resolved("+1", "a1", OPEN) == "b1"
        assert resolved("-1", "a1 b1", OPEN) == "a1"
        assert resolved("-2", "a1 b1", OPEN) == ""
        assert resolved("current+1", "a1", OPEN) == "b1"
        assert resolved("left@+2", "a1 b1", OPEN) == "c2"
        assert resolved("left@-1", "a1 b1 c1 c2 d1", OPEN) == "c1"

    def test_plus_two_through_a_dependency(self) -> None:
        """x1 runs, then y1 waits for b1: outside a branch what it needs is not taken along."""
        house = graph("x1, y1 < x1 + b1, b1 < x1")
        assert resolved("+2", "x1", house) == "y1"

    def test_in_a_branch_what_it_needs_comes_along(self) -> None:
        assert resolved("solo@+2", "", HOUSE) == "y1"


class TestRanges:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("b1:c2", "b1 c1 c2"),
            (":b1", "a1 b1"),
            ("m1:", "m1 n1"),
            ("c1:head", "c1 c2 m1 n1"),
            ("head-1:", "m1 n1"),
            ("a1:a1", "a1"),
            (":", "a1 b1 c1 c2 d1 d2 m1 n1"),
            ("base:left", "a1 b1 c1"),
            ("current:head", "c1 c2 d1 d2 m1 n1"),
        ],
    )
    def test_both_ends_included(self, text: str, expected: str) -> None:
        house = graph("a1, b1 < a1, c1 < b1 #left, c2 < c1, d1 < b1, d2 < d1, m1 < c2 d2, n1 < m1")
        assert " ".join(sorted(resolve_range(house, text, {"a1", "b1", "c1", "d1"}))) == expected

    def test_from_what_was_before_the_last(self) -> None:
        house = graph("a1, b1 < a1, c1 < b1, d1 < c1")
        assert resolve_range(house, "-1:current", {"a1", "b1", "c1"}) == {"b1", "c1"}

    def test_a_range_over_a_dependency(self) -> None:
        assert " ".join(sorted(resolve_range(HOUSE, "b1:y1"))) == "b1 y1"

    def test_text_without_a_colon_is_one_identifier(self) -> None:
        assert resolve_range(HOUSE, "left") == {"c1"}

    def test_no_way(self) -> None:
        with pytest.raises(BadTarget, match='"c1:d1" is empty: c1 is not below d1'):
            resolve_range(HOUSE, "c1:d1")
        with pytest.raises(BadTarget) as caught:
            resolve_range(HOUSE, "c2:b1")
        assert caught.value.hints == ("did you mean b1:c2?",)

    def test_split(self) -> None:
        assert split_range("a:b") == ("a", "b")
        assert split_range(":") == ("base", "heads")
        with pytest.raises(BadTarget):
            split_range("a:b:c")


def test_long_walks_take_linear_time() -> None:
    """5,000 steps from what is applied, one by one."""
    house = graph(", ".join(f"r{n}" + (f" < r{n - 1}" if n else "") for n in range(5001)))
    applied = set(house.order)
    assert resolved("-5000", " ".join(applied), house) == "r0"
    assert resolved("+5000", "r0", house) == "r5000"
    assert resolved("r0+5000", "", house) == "r5000"
