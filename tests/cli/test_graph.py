"""Commands that read the scripts alone, and those that write empty ones."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Project, without_times


@pytest.fixture
def branched(project: Project) -> Project:
    """aaa1 <- bbb2 and ccc3 (label: side)."""
    project.start()
    project.revision("aaa1")
    project.revision("bbb2", "aaa1")
    project.script("ccc3", '"""side\n\nCreated: 2026-11-20 10:00:00\n"""\nrevision = "ccc3"\n'
                           'down_revision = "aaa1"\nbranch_labels = ("side",)\n'
                           "def upgrade(): pass\ndef downgrade(): pass\n")  # fmt: skip
    return project


def test_heads(branched: Project) -> None:
    assert branched.ok("heads").out == ("bbb2  bbb2 it is  (head)\nccc3  side        (head, label: side)  2026-11-20\n")
    verbose = branched.ok("heads", "-v").out
    assert "    path     migrations/versions/ccc3.py:5\n" in verbose
    assert "    revises  aaa1 (aaa1 it is)\n" in verbose


def test_branches(branched: Project) -> None:
    found = branched.ok("branches").out.splitlines()
    assert found[0] == "aaa1  aaa1 it is"
    assert found[1:] == ["  bbb2  bbb2 it is  (head)", "  ccc3  side        (head, label: side)  2026-11-20"]


def test_no_branches_and_no_revisions(project: Project) -> None:
    project.start()
    for command, words in (("branches", "no branches"), ("heads", "no revisions yet"), ("history", "no revisions yet")):
        found = project.ok(command)
        assert found.out == ""
        assert words in found.err


def test_show(branched: Project) -> None:
    assert branched.ok("show", "side").out == (
        "ccc3  side  (head, label: side)\n"
        "    path     migrations/versions/ccc3.py:5\n"
        "    created  2026-11-20 10:00:00\n"
        "    revises  aaa1 (aaa1 it is)\n"
        "    branch   side\n"
    )
    assert "nothing: it is a base" in branched.ok("show", "aaa1").out
    assert branched.ok("show", "heads").out.count("migrations/versions/") == 2
    assert branched.ok("show", "base").err == "base is before every revision: nothing to show\n"


def test_history_of_branches(branched: Project) -> None:
    branched.ok("upgrade", "bbb2")
    lines = branched.ok("history").out.splitlines()
    assert {lines[0].partition("  ")[0], lines[1][:3]} <= {"○", "●", "│ ●", "│ ○"}
    assert "├─╯" in lines
    assert lines[-1].startswith("●    aaa1  aaa1 it is")
    assert len(branched.ok("history", "--oneline").out.splitlines()) == 3
    assert len(branched.ok("history", "-r", "side").out.splitlines()) == 1
    assert len(branched.ok("history", "-r", ":side").out.splitlines()) == 2
    assert "path " in branched.ok("history", "-v").out


def test_merge(branched: Project) -> None:
    found = branched.ok("merge", "-m", "together")
    assert without_times(found.out) == "wrote migrations/versions/DATE_ID_together.py\n"
    assert branched.ok("history").out.splitlines()[1] == "├─╮"
    branched.ok("upgrade", "head")
    assert branched.ok("current").out.endswith(" (head)\n")


def test_a_merge_names_itself(branched: Project) -> None:
    assert "merge_bbb2_and_ccc3" in branched.ok("merge", "bbb2", "side").out


def test_revision_by_hand(branched: Project) -> None:
    written = branched.ok(
        "revision", "-m", "by hand", "--rev-id", "ddd4", "--head", "side@head", "--branch-label", "more",
        "--depends-on", "bbb2",
    )  # fmt: skip
    assert without_times(written.out) == "wrote migrations/versions/DATE_ddd4_by_hand.py\n"
    assert written.err == "next: read it, then  schemashift upgrade heads\n"
    shown = branched.ok("show", "ddd4").out
    assert "revises  ccc3 (side)" in shown
    assert "needs    bbb2 (bbb2 it is)" in shown
    assert "(head, label: more)" in shown
    branched.ok("revision", "--head", "aaa1", "--splice")
    assert len(branched.ok("heads").out.splitlines()) == 3
    branched.ok("revision", "--head", "base", "-m", "other root")
    branched.ok("revision", "--head", "bbb2", "--head", "ddd4", "-m", "two parents")


def test_edit(branched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i s/side/changed/")
    branched.ok("edit", "ccc3")
    assert "changed" in branched.ok("show", "ccc3").out
    monkeypatch.setenv("EDITOR", "false")
    found = branched.run("edit", "ccc3")
    assert (found.code, found.err.partition(":")[0]) == (2, "error[bad-config]")
