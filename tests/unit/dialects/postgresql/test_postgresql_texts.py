"""What PostgreSQL's texts consist of, and which two spellings certainly mean the same."""

from __future__ import annotations

import pytest

from schemashift.dialects.postgresql.parse import Element, normal_opclass, parse_element, parse_index
from schemashift.dialects.postgresql.tokens import spelling

SAME = [
    ("a>3", "(a > 3)"),
    ("A > 3 and b<2", "((a > 3) AND (b < 2))"),
    ("a > 3 AND b < 2 OR NOT c = 1", "(((a > 3) AND (b < 2)) OR (NOT (c = 1)))"),
    ('"a" != 3', "a <> 3"),
    ("a>-1", "(a > -1)"),
    ("lower(a) = 'X y'", "lower( A )='X y'"),
    ("a IS NOT NULL AND b IS NULL", "((a IS NOT NULL) AND (b IS NULL))"),
    ("a > 3 -- at least", "a > 3"),
    ("a AND (b AND c)", "a AND b AND c"),
    ("(a OR b) AND NOT c", "((a OR b) AND (NOT c))"),
]
DIFFERENT = [
    ("a > 3", "a > 4"),
    ("a = 'X'", "a = 'x'"),
    ('"A" > 3', "a > 3"),
    ("(a OR b) AND c", "a OR b AND c"),
    ("NOT (a AND b)", "NOT a AND b"),
    ("(a = b) IS NULL", "a = (b IS NULL)"),
    ("a - (b - c) > 0", "a - b - c > 0"),
    ("(a = b) = c", "a = (b = c)"),
    ("a > '-- 3'", "a > '"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_condition(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_conditions(one: str, other: str) -> None:
    assert spelling(one) != spelling(other)


@pytest.mark.parametrize(
    "text",
    [
        "a + b",
        "a ISNULL",
        "a IS NULL",
        "NOT a",
        "a DESC b",
        "a,b",
        "t.a",
        "",
        "a COLLATE",
        "(a",
        "a NULLS",
        "'x'",
        "now() - b",
    ],
)
def test_what_needs_parentheses_is_no_element(text: str) -> None:
    element = parse_element(text)
    # NULLS alone is a name like any other: an operator class.
    assert element is None or text == "a NULLS"


def test_an_expression_in_parentheses_has_no_parts_of_its_own() -> None:
    assert parse_element("(a DESC)") == Element(text="a DESC")
    assert parse_element("((a + b)) DESC") == Element(text="a + b", descending=True)
    assert parse_element('((a COLLATE "C"))') == Element(text="a", column="a", collation="C")


def test_the_elements_of_a_statement() -> None:
    sql = (
        'CREATE UNIQUE INDEX "USING" ON public."t (x)" USING gist (a, lower((b)::text) COLLATE "C" ext.ops '
        '(siglen=\'64\') DESC NULLS LAST, "C, d" "My Ops") INCLUDE (e) WHERE (a > 3)'
    )
    assert [(each.column, each.opclass, each.collation, each.nulls) for each in parse_index(sql)] == [
        ("a", None, None, None),
        (None, "ext.ops(siglen=64)", "C", "last"),
        ("C, d", '"My Ops"', None, None),
    ]


def test_an_operator_class_in_one_spelling() -> None:
    assert normal_opclass("Ext.Gist_Trgm_Ops ( SigLen = '64' , b=1)") == "ext.gist_trgm_ops(b=1, siglen=64)"
    assert normal_opclass("pg_catalog.text_ops") == "text_ops"
    assert normal_opclass('"a.b".c') == '"a.b".c'
