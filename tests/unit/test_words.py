"""Plurals, and texts that are cut."""

from __future__ import annotations

import pytest

from schemashift.words import cut, plural

WORDS = [
    (0, "head", "0 heads"),
    (1, "revision", "1 revision"),
    (1204, "revision", "1,204 revisions"),
    (2, "foreign key", "2 foreign keys"),
    (2, "index", "2 indexes"),
    (1, "index", "1 index"),
    (3, "query", "3 queries"),
]


@pytest.mark.parametrize(("count", "noun", "text"), WORDS)
def test_a_number_has_its_noun_in_the_right_form(count: int, noun: str, text: str) -> None:
    assert plural(count, noun) == text


def test_a_text_is_cut_where_it_is_longer_than_the_limit() -> None:
    assert cut("a" * 60) == "a" * 60
    assert cut("a" * 61) == "a" * 57 + "..."
    assert cut("abcdef", 5) == "ab..."
