"""Tokens and string literals of MariaDB and MySQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemashift.dialects.mysql.text import bare, quoted, renamed_in
from schemashift.dialects.mysql.tokens import tokenize, unescape


def test_tokens_of_every_kind() -> None:
    found = [
        (token.kind, token.value)
        for token in tokenize("`a``b` varchar(10) DEFAULT 'it''s \\'x\\'' /*!80023 INVISIBLE */")
    ]
    assert found == [
        ("name", "a`b"),
        ("word", "varchar"),
        ("mark", "("),
        ("word", "10"),
        ("mark", ")"),
        ("word", "DEFAULT"),
        ("string", "it's 'x'"),
        ("word", "INVISIBLE"),
    ]


def test_double_quotes_are_identifiers_as_in_show_create_under_ansi_quotes() -> None:
    assert [(t.kind, t.value) for t in tokenize('"a""b"')] == [("name", 'a"b')]


def test_a_number_with_exponent_is_one_token() -> None:
    assert [t.value for t in tokenize("1.5e-3")] == ["1.5e-3"]


def test_without_backslash_escapes_a_backslash_is_a_character() -> None:
    assert [t.value for t in tokenize(r"'a\' 'b'", backslash=False)] == ["a\\", "b"]


@given(st.text())
def test_a_literal_means_the_text_it_was_made_of(text: str) -> None:
    assert unescape(quoted(text)[1:-1]) == text
    assert [token.value for token in tokenize(quoted(text))] == [text]
    assert [token.value for token in tokenize(quoted(text, backslash=False), backslash=False)] == [text]


def test_the_wildcards_of_like_keep_their_backslash() -> None:
    assert unescape(r"a\_b\%") == r"a\_b\%"


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("((a + 1))", "a + 1"),
        ("(a) + (b)", "(a) + (b)"),
        ("(a = ')')", "a = ')'"),
        ("f(x)", "f(x)"),
        (" ( a ) ", "a"),
        ("(a", "(a"),
    ],
)
def test_parentheses_around_the_whole_are_taken_off(text: str, inner: str) -> None:
    assert bare(text) == inner


def test_a_column_is_renamed_in_a_text_but_not_in_its_strings() -> None:
    assert renamed_in("`a` > 1 and `b` <> '`a`'", "a", "x`y") == "`x``y` > 1 and `b` <> '`a`'"
