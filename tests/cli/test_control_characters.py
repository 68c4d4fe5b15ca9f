"""Control characters in names, messages and errors never reach a terminal or a pipe: a terminal obeys them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable

import pytest

from schemashift.cli.ui import STYLES, paint, table, unpainted
from tests.cli.conftest import Project

HOSTILE = "x\x1b[31mred\x1b]0;title\x07\x08\x7f\x9b2J\u202egnp\u2066\u200f\ufeff\u2028y"
SHOWN = r"x\x1b[31mred\x1b]0;title\x07\x08\x7f\x9b2J\u202egnp\u2066\u200f\ufeff\u2028y"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
OUR_CODES = re.compile(r"\x1b\[[0-9;]*m")


def message(project: Project) -> list[str]:
    project.revision("aaa1").write_text(f'"""{HOSTILE}"""\nrevision = "aaa1"\ndown_revision = None\n')
    return ["history", "show head", "heads", "status", "history -v", "upgrade"]


def label(project: Project) -> list[str]:
    path = project.revision("aaa1")
    path.write_text(path.read_text() + f"branch_labels = {HOSTILE!r}\n")
    return ["history", "branches", "show aaa1"]


def identifier(project: Project) -> list[str]:
    project.script("aaa1", f"revision = {HOSTILE!r}\ndown_revision = None\n\ndef upgrade(): pass\n")
    return ["history", "heads", "check"]


def missing_parent(project: Project) -> list[str]:
    project.script("aaa1", f"revision = 'aaa1'\ndown_revision = {HOSTILE!r}\n")
    return ["history", "upgrade", "status"]


def model(project: Project) -> list[str]:
    project.write_models(f"\n\nclass Hostile(Base):\n    __tablename__ = {HOSTILE!r}\n    id = User.id.copy()\n")
    project.write_models(
        "\n\nimport sqlalchemy as sa\n"
        f"sa.Table({HOSTILE!r}, Base.metadata, sa.Column({HOSTILE!r}, sa.Integer, comment={HOSTILE!r}))\n"
    )
    return ["revision --autogenerate -m it", "upgrade -v", "downgrade base -v"]


def broken_models(project: Project) -> list[str]:
    project.write_models(f"\nraise RuntimeError({HOSTILE!r})\n")
    return ["check", "revision --autogenerate", "status"]


def broken_script(project: Project) -> list[str]:
    project.revision("aaa1", upgrade=f"raise RuntimeError({HOSTILE!r})  # {HOSTILE}")
    return ["upgrade", "upgrade --traceback"]


def sql(project: Project) -> list[str]:
    project.revision("aaa1", upgrade=f'op.execute("SELECT 1 -- {HOSTILE[:8]}")')
    project.revision("bbb2", "aaa1", upgrade=f'op.execute("nonsense {HOSTILE[:8]}")')
    return ["upgrade -v"]


def rows(project: Project) -> list[str]:
    project.revision("aaa1")
    project.ok("upgrade")
    database = sqlite3.connect(project.folder / "app.db")
    database.execute("UPDATE version SET applied_by = ?", (HOSTILE,))
    database.execute(
        "INSERT INTO version (revision, status, applied_at, applied_by, error) VALUES (?, 'upgrading', ?, ?, ?)",
        (HOSTILE, "2026-01-01 00:00:00.000000", HOSTILE, HOSTILE),
    )
    database.commit()
    database.close()
    return ["status", "current", "history", "upgrade", "check"]


def file_name(project: Project) -> list[str]:
    project.script(f"{HOSTILE[:40]}", "nonsense(")
    return ["history", "heads", "upgrade"]


def configuration(project: Project) -> list[str]:
    project.write("schemashift.toml", f"models = {json.dumps(HOSTILE)}\nurl = {json.dumps('sqlite:///' + HOSTILE)}\n")
    return ["status", "check", "upgrade"]


PLACES: list[Callable[[Project], list[str]]] = [
    message,
    label,
    identifier,
    missing_parent,
    model,
    broken_models,
    broken_script,
    sql,
    rows,
    file_name,
    configuration,
]


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("place", PLACES, ids=lambda each: each.__name__)
def test_none_is_written(project: Project, place: Callable[[Project], list[str]], color: str) -> None:
    project.start()
    seen = ""
    for line in place(project):
        for more in ([], ["--json"]):
            found = project.run(*line.split(), "--color", color, *more)
            assert found.code != 70, found
            text = found.out + found.err
            if color == "always" and not more:
                text = OUR_CODES.sub("", text)
            assert UNSAFE.search(text) is None, ascii(text)
            seen += text
    assert r"\x1b" in seen or r"\u001b" in seen, "the text itself is shown"


@pytest.mark.parametrize(
    "line",
    [
        ["show", HOSTILE],
        ["upgrade", HOSTILE],
        [HOSTILE],
        ["--url", f"sqlite://{HOSTILE}", "status"],
        ["-c", HOSTILE, "heads"],
        ["stamp", "aaa1", f"--{HOSTILE}"],
        ["-d", HOSTILE, "heads"],
        ["revision", "--rev-id", HOSTILE],
    ],
)
def test_none_of_the_command_line_is_repeated(project: Project, line: list[str]) -> None:
    project.start()
    project.revision("aaa1")
    found = project.run(*line)
    assert found.code not in (0, 70), found
    assert UNSAFE.search(found.out + found.err) is None, ascii(found.out + found.err)


def test_what_is_painted_keeps_its_code_and_none_of_its_own() -> None:
    painted = paint(HOSTILE, "ok")
    assert unpainted(painted) == SHOWN
    assert unpainted(paint(paint("a", "dim"), "ok")) == "a"
    assert all("\x1b" not in paint("a", style) for style in STYLES)
    first, second = table([(painted, "b"), ("a" * len(SHOWN), "b")])
    assert unpainted(first).index(" b") == second.index(" b")
