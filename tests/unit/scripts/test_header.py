"""Headers: what the pattern reads is what the parser reads, and what it does not read it leaves alone."""

from __future__ import annotations

import pytest

from schemashift.errors import ScriptDoesNotLoad
from schemashift.revisions import Revision
from schemashift.scripts.header import read_quickly
from schemashift.scripts.syntax import literal_header, parse, to_revision

ALEMBIC = '''"""add thing

Revision ID: 1975ea83b712
Revises: 27c6a30d7c24
Create Date: 2026-11-20 23:04:11.123456

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '1975ea83b712'
down_revision: Union[str, Sequence[str], None] = '27c6a30d7c24'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table("t", sa.Column("revision", sa.Integer()))
'''


def slow(text: str | bytes) -> Revision | None:
    data = text if isinstance(text, bytes) else text.encode()
    header = literal_header(parse("v/x.py", data))
    return header and to_revision("v/x.py", header)


def quick(text: str | bytes) -> Revision | None:
    return read_quickly("v/x.py", text if isinstance(text, bytes) else text.encode())


def test_alembics_script() -> None:
    expected = Revision(
        "1975ea83b712",
        ("27c6a30d7c24",),
        message="add thing",
        path="v/x.py",
        line=15,
        parents_line=16,
        created="2026-11-20 23:04:11.123456",
    )
    assert quick(ALEMBIC) == slow(ALEMBIC) == expected
    assert expected.date == "2026-11-20"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""m"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\ndown_revision = ("b", "c")\n', Revision("a", ("b", "c"), message="m")),
        ('"""m"""\nrevision = "a"\ndown_revision = ["b", "c",]\n', Revision("a", ("b", "c"), message="m")),
        (
            '"""m"""\nrevision = "a"\ndown_revision = (\n    "b",\n    \'c\',\n)\n',
            Revision("a", ("b", "c"), message="m"),
        ),
        ('"""m"""\nrevision = "a"\ndown_revision = ("b")\n', Revision("a", ("b",), message="m")),
        ('"""m"""\nrevision = "a"\nbranch_labels = {"z", "y"}\n', Revision("a", labels=("y", "z"), message="m")),
        ('"""m"""\nrevision = "a"\ndepends_on = "l"\n', Revision("a", depends_on=("l",), message="m")),
        ('"""m"""\nrevision = """a"""\ndown_revision = \'\'\'b\'\'\'\n', Revision("a", ("b",), message="m")),
        ('"""m"""\nrevision = "a"  # mine\ndown_revision=None# none\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\ndown_revision = ""\ndepends_on = []\n', Revision("a", message="m")),
        ('"""m"""\ndown_revision = "b"\nrevision = "a"', Revision("a", ("b",), message="m")),
        ("'''m'''\nrevision = 'a'\n", Revision("a", message="m")),
        ('# comment\n\n"""\n  m\nmore\n"""\nrevision = "a"\n', Revision("a", message="m")),
        ('import x\nrevision = "a"\n', Revision("a")),
        ('"""ünïcode"""\nrevision = "ä"\n', Revision("ä", message="ünïcode")),
        ('"""m"""\r\nrevision = "a"\r\ndown_revision = "b"\r\n', Revision("a", ("b",), message="m")),
        ('\ufeff"""m"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m\n\nCreated: 2026-11-20\n"""\nrevision = "a"\n', Revision("a", message="m", created="2026-11-20")),
        ('"""m"""\nrevision = "a"\nop.f("ix_revision"); x.revision = 1\n', Revision("a", message="m")),
    ],
)
def test_read_by_the_pattern(text: str, expected: Revision) -> None:
    found = quick(text)
    assert found is not None
    assert found == slow(text)
    assert found._replace(path="", line=None, parents_line=None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('revision = "a"', Revision("a")),
        ('"""m"""\nx = revision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a" "b"\n', Revision("ab", message="m")),
        ('"""m"""\nrevision = "\\x61"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = r"a"\n', Revision("a", message="m")),
        ('r"""m"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""it\\"s"""\nrevision = "a"\n', Revision("a", message='it"s')),
        ('"m"\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\nrevision = "b"\n', Revision("b", message="m")),
        ('"""m"""\nrevision = "a"; down_revision = "b"\n', Revision("a", ("b",), message="m")),
        ('"""m"""\nrevision = "a"\n"""\ndepends_on = "x"\n"""\n', Revision("a", message="m")),
        ('"""m"""\nTEXT = """\nrevision = "x"\n"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nTEXT = """\ndepends_on = "x"\n"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m\nrevision = "x"\n"""\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nf = dict(\ndepends_on = "x"\n)\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\nf = dict(\ndepends_on = "x"\n)\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\ndef f():\n    revision = "b"\n', Revision("a", message="m")),
        (
            '"""m"""\nrevision = "a"\ndown_revision = (\n  "b",  # first\n  "c",\n)\n',
            Revision("a", ("b", "c"), message="m"),
        ),
        ('"""m"""\nrevision: str\nrevision = "a"\n', Revision("a", message="m")),
        ('"""m"""\nrevision = "a"\ndown_revision = None or "b"\ndown_revision = "c"\n', None),
    ],
)
def test_right_whoever_reads_it(text: str, expected: Revision | None) -> None:
    """The pattern reads it the same or not at all; the parser reads it."""
    found = quick(text)
    assert found in (None, slow(text))
    if expected is not None:
        read = slow(text)
        assert read is not None
        assert read._replace(path="", line=None, parents_line=None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "revision = make()\n",
        'revision = "a"\nif x:\n    revision = "b"\n',
        'revision = "a"\nrevision += "b"\n',
        'revision, down_revision = "a", "b"\n',
        'revision = "a"\ndef f():\n    global revision\n',
        'revision = "a"\nfor revision in x: pass\n',
        'revision = "a"\nimport x as revision\n',
        'revision = "a"\nfrom x import revision\n',
        'revision = "a"\n(revision := "b")\n',
        'revision = "a"\ndel revision\n',
        'revision = "a"\nclass depends_on: pass\n',
        'revision = "a"\ntry:\n    pass\nexcept E as depends_on:\n    pass\n',
        'revision = "a"\nwith x as revision: pass\n',
        "from base import *\n",
        '"""m"""\nrevision = f"a"\n',
    ],
)
def test_not_literal(text: str) -> None:
    """Neither reads it: the script has to run."""
    assert quick(text) is None
    assert quick('"""m"""\n' + text) is None
    assert slow(text) is None


def test_a_mistake_below_the_header() -> None:
    text = ALEMBIC + "\n\ndef downgrade(:\n"
    assert quick(text) == quick(ALEMBIC)
    assert slow(text) == slow(ALEMBIC)


def test_a_mistake_in_the_header() -> None:
    with pytest.raises(SyntaxError):
        parse("x.py", b'revision = "a\n')


@pytest.mark.parametrize("text", ["", "x = 1", "revision = None", 'revision = ""'])
def test_no_revision(text: str) -> None:
    assert quick(text) is None
    with pytest.raises(ScriptDoesNotLoad, match="there is no revision in this file"):
        slow(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("revision = 12", "its revision is not a string"),
        ('revision = "a"\ndown_revision = 12', "its down_revision is neither None"),
        ('revision = "a"\nbranch_labels = ("x", 1)', "its branch_labels is neither None"),
        ('revision = "a"\ndepends_on = {"x": 1}', "its depends_on is neither None"),
    ],
)
def test_the_wrong_kind(text: str, message: str) -> None:
    assert quick('"""m"""\n' + text) is None
    with pytest.raises(ScriptDoesNotLoad, match=message) as caught:
        slow('"""m"""\n' + text)
    assert caught.value.where[0].line in (2, 3)


def test_another_encoding() -> None:
    data = '# -*- coding: latin-1 -*-\n"""caf\xe9"""\nrevision = "a"\n'.encode("latin-1")
    assert quick(data) is None
    found = slow(data)
    assert found is not None
    assert found.message == "caf\xe9"
