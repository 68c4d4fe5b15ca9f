"""`check` says ok only where it is: what it fails on, and what it only notes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.errors import Edited, ModelsDiffer, SeveralHeads
from schemashift.results import Part
from tests.support.scripts import send


def models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(20)))
    return metadata


@pytest.fixture
def migrator(database_url: str, tmp_path: Path) -> Migrator:
    migrator = Migrator(database_url, models=models(), directory=tmp_path / "m")
    migrator.init()
    return migrator


def part(migrator: Migrator, name: str) -> Part:
    checked = migrator.check()
    (found,) = (each for each in checked.parts if each.name == name)
    assert checked.ok is all(each.error is None for each in checked.parts)
    return found


def applied(migrator: Migrator) -> Path:
    written = migrator.revision("first", autogenerate=True).revision
    assert written is not None
    migrator.upgrade()
    assert migrator.check().ok
    return Path(written.path)


def test_an_edited_script(migrator: Migrator) -> None:
    path = applied(migrator)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("sa.String(20)", "sa.String(30)"), encoding="utf-8")
    error = part(migrator, "database").error
    assert isinstance(error, Edited)
    assert "first" in str(error)
    assert not migrator.check().ok


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def upgrade", "# a comment\ndef upgrade"),
        ('        sa.Column("a", sa.String(20)),\n', '        sa.Column( "a",  sa.String(20)   )\n'),
        ("\n", "\r\n"),
    ],
    ids=["comment", "formatting", "newlines"],
)
def test_a_script_that_was_only_formatted_is_noted(migrator: Migrator, old: str, new: str) -> None:
    path = applied(migrator)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    found = part(migrator, "database")
    assert found.error is None
    assert ("formatting of 1 applied script" in found.text) == (old != "\n")


def test_what_is_inside_a_string_is_no_formatting(migrator: Migrator) -> None:
    written = migrator.revision("first", autogenerate=True).revision
    assert written is not None
    path = Path(written.path)
    text = path.read_text(encoding="utf-8").replace(
        "def downgrade", "    op.execute(\"INSERT INTO t (id, a) VALUES (1, 'a  # b')\")\n\n\ndef downgrade", 1
    )
    path.write_text(text, encoding="utf-8")
    migrator.upgrade()
    for changed in ("'a # b'", "'a'"):
        path.write_text(text.replace("'a  # b'", changed), encoding="utf-8")
        assert isinstance(part(migrator, "database").error, Edited)


def test_several_heads(migrator: Migrator) -> None:
    applied(migrator)
    first = migrator.project.graph().heads[0]
    migrator.revision("one", head=first)
    migrator.revision("two", head=first, splice=True)
    migrator.upgrade("heads")
    error = part(migrator, "database").error
    assert isinstance(error, SeveralHeads)
    assert "merge" in str(error)
    migrator.merge()
    migrator.upgrade()
    assert migrator.check().ok


def test_tables_that_no_revision_creates(migrator: Migrator, database_url: str) -> None:
    models().create_all(sa.create_engine(database_url))
    error = part(migrator, "models").error
    assert isinstance(error, ModelsDiffer)
    assert "no revision creates" in str(error)


def test_a_checksum_that_an_earlier_version_recorded(migrator: Migrator, database_url: str) -> None:
    path = applied(migrator)
    digest = sha256(path.read_bytes()).hexdigest()
    send(database_url, f"UPDATE version SET checksum = '{digest}'")
    assert migrator.check().ok
    assert migrator.status().edited == ()
    path.write_text(path.read_text(encoding="utf-8").replace("String(20)", "String(30)"), encoding="utf-8")
    assert isinstance(part(migrator, "database").error, Edited)
