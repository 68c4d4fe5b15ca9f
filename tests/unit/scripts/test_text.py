"""The text and the name of a new script."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from schemashift.errors import BadConfig, BadTarget
from schemashift.revisions import Revision, check_label, check_revision_id
from schemashift.scripts.text import file_name, render, slug

TEMPLATE = (
    '"""$message\n\nRevises: $revises\n"""\n\n$imports\n\nrevision: str = $revision\ndown_revision = $down_revision\n'
)
WHEN = datetime(2026, 11, 20, 23, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "message",
    [
        "add users", 'say "hi"', 'ends in "', '"', '"""', '""""', "back\\slash", "ends in \\", "\\\"", "two\nlines",
        "$revision", "${x}", "naïve 漢字 🎉", "nul\0 bell\a", "it's", "tab\there", "\\N{BULLET}", "\\x41", 'a\\"""b',
    ],
)  # fmt: skip
def test_no_message_breaks_a_script(message: str) -> None:
    text = render(TEMPLATE, Revision("a", ("b",), message=message), created="now")
    tree = ast.parse(text)
    doc = ast.get_docstring(tree, clean=False) or ""
    assert doc.startswith(message + "\n\nRevises: b")
    assert len(tree.body) == 3


def test_windows_newlines_in_a_message() -> None:
    assert "\r" not in render(TEMPLATE, Revision("a", message="one\r\ntwo\rthree"), created="now")


def test_literals() -> None:
    assert 'down_revision = ("b", "c")' in render(TEMPLATE, Revision("a", ("b", "c")), created="now")
    assert "down_revision = 'an \"odd\" one'" in render(TEMPLATE, Revision("a", ('an "odd" one',)), created="now")
    assert "down_revision = None" in render(TEMPLATE, Revision("a"), created="now")
    assert "Revises: nothing" in render(TEMPLATE, Revision("a"), created="now")


def test_no_imports_leave_no_hole() -> None:
    assert '"""\n\nrevision' in render(TEMPLATE, Revision("a"), created="now")
    assert '"""\n\nimport x\n\nrevision' in render(TEMPLATE, Revision("a"), created="now", imports="import x")


@pytest.mark.parametrize("template", ["$unknown", "costs 5$", "${revision"])
def test_a_template_with_a_mistake(template: str) -> None:
    with pytest.raises(BadConfig, match=r"script\.py\.tmpl"):
        render(template, Revision("a"), created="now")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Split name", "split_name"),
        ("", "revision"),
        ("!!!", "revision"),
        ("漢字", "revision"),
        ("Füße & café", "fusse_cafe"),
        ("a/b\\c..d", "a_b_c_d"),
        ("add the column that holds the second address line", "add_the_column_that_holds_the_second"),
        ("x" * 60, "x" * 40),
        ("first\nsecond", "first"),
    ],
)
def test_slug(message: str, expected: str) -> None:
    assert slug(message) == expected
    assert len(slug(message)) <= 40


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{date}_{revision}_{slug}.py", "2026_11_20_c4f1_split_name.py"),
        ("{revision}", "c4f1.py"),
        ("{year}/{month}/{day}_{hour}{minute}{second}_{slug}.py", "2026/11/20_230405_split_name.py"),
        ("{epoch}_{slug}", "1795215845_split_name.py"),
    ],
)
def test_file_name(template: str, expected: str) -> None:
    assert file_name(template, Revision("c4f1", message="split name"), WHEN) == expected


@pytest.mark.parametrize(
    "template", ["{rev}", "{", "{0}", ".{slug}", "__init__", "../{slug}", "{slug.x}", "/etc/{slug}"]
)
def test_a_file_name_that_does_not_work(template: str) -> None:
    with pytest.raises(BadConfig, match="file_template"):
        file_name(template, Revision("c4f1"), WHEN)


@pytest.mark.parametrize("text", ["c4f1d2a97b3e", "0001", "v1.2", "add_users", "x" * 255])
def test_a_good_id(text: str) -> None:
    assert check_revision_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "a b", "a@b", "a-b", "a+b", "a:b", "head", "heads", "base", "current", "x" * 256, 'a"', "a\n"]
)
def test_a_bad_id(text: str) -> None:
    with pytest.raises(BadTarget):
        check_revision_id(text)


def test_labels() -> None:
    assert check_label("my-team/billing") == "my-team/billing"
    for text in ("head", "a@b", "a:b", "", "a b"):
        with pytest.raises(BadTarget):
            check_label(text)
