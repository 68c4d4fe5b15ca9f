"""Hints are values, written out by whoever shows them."""

from __future__ import annotations

import shlex

import pytest

from schemashift.errors import Hint, MultipleHeads

MERGE = Hint("merge", ("-m", "merge heads"), "one merge revision")


@pytest.mark.parametrize(
    ("program", "flags", "expected"),
    [
        ("schemashift", (), 'schemashift merge -m "merge heads"'),
        ("flask db", (), 'flask db merge -m "merge heads"'),
        ("flask db", ("-d", "my scripts"), 'flask db merge -m "merge heads" -d "my scripts"'),
    ],
)
def test_a_hint_is_written_for_the_program_that_shows_it(program: str, flags: tuple[str, ...], expected: str) -> None:
    assert MERGE.line(program, flags) == expected
    assert MERGE.written(program, flags) == f"{expected}    one merge revision"
    assert MERGE._replace(why="").written(program, flags) == expected


def test_an_error_reads_well_without_an_edge() -> None:
    error = MultipleHeads("2 heads", details=["a", "b"], hints=[MERGE, Hint("upgrade", ("heads",)), "or think again"])
    assert str(error).splitlines() == [
        "[multiple-heads] 2 heads",
        "a",
        "b",
        'hint: schemashift merge -m "merge heads"    one merge revision',
        "hint: schemashift upgrade heads",
        "hint: or think again",
    ]


@pytest.mark.parametrize(
    "word",
    [
        *(
            "head",
            "-1",
            "+1",
            "label@head",
            "a-b",
            "é",
            "",
            "two words",
            "a;b",
            "a\nb",
            "postgresql://u:***@h/d?x=1&y=2",
        ),
        *("a$b", "it's", "it's $5", '"', "~", "a\\b", "`x`", "!", "*", "sqlite:///a b.db"),
    ],
)
def test_a_shell_reads_what_was_meant(word: str) -> None:
    line = Hint("upgrade", (word,)).line()
    assert shlex.split(line) == ["schemashift", "upgrade", word]


def test_a_text_is_always_in_quotes() -> None:
    assert Hint("revision", ("-m", "initial")).line() == 'schemashift revision -m "initial"'


def test_flags_to_add_to_the_same_line_are_written_alone() -> None:
    flags = ("-d", "x")
    assert Hint("", ("--splice",), "starts a branch").written("flask db", flags) == "--splice    starts a branch"
    assert Hint("", ("--url", "a://u:***@h")).written("flask db", flags) == "--url a://u:***@h"
    assert str(Hint("", ("--depends-on", "a1"), sentence="leave out  {}")) == "leave out  --depends-on a1"
