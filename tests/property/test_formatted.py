"""What is written is formatted: ``ruff format --check`` and ``ruff check --select I`` have nothing to say.

The lines are as long as ``line_length`` says, and a line that is longer is one string or one name.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.dialects import dialect_for
from schemashift.objects import KINDS
from schemashift.operations import CreateTable, Operation
from schemashift.render import body
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.layout import layout, string
from schemashift.sources.models import read_models
from tests.cases.zoo import zoo
from tests.property.test_source import DIALECTS, steps

CASES = range(int(os.environ.get("LAWS", "200")) // 10)
WIDTHS = (50, 88, 120)
TEXTS = (
    "",
    "plain",
    "it's",
    'say "hi"',
    'it\'s "both"',
    "two '' one \"",
    'two "" one \'',
    "back\\slash",
    "back\\'slash\\\"",
    "line\nbreak\ttab",
    "\x1b[0m\u202e",
    "ø",
    "{}",
    "a: b",
    "name=value",
)


@pytest.mark.parametrize("name", DIALECTS)
def test_scripts_are_formatted(name: str, tmp_path: Path) -> None:
    dialect = dialect_for(DIALECTS[name])
    for width in WIDTHS:
        folder = tmp_path / str(width)
        for number, changes in enumerate(_changes(name)):
            written = body(changes, changes[:3], dialect.sa, width=width)
            _write(folder, f"r{number}", written.imports, written.upgrade, written.downgrade, width=width)
        _is_formatted(folder, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_headers_are_formatted(width: int, tmp_path: Path) -> None:
    for number, text in enumerate(TEXTS):
        _write(tmp_path, f"m{number}", message=text, width=width)
    for count in (1, 2, 3, 12):
        names = [f"{'x' * 30}{each}" for each in range(count)]
        _write(tmp_path, f"h{count}", parents=names, labels=[f"l{each}" for each in names], width=width)
    for length in (8, 33, 60, 75, 120):
        _write(tmp_path, "r" * length, parents=["p" * length], width=width)
    _is_formatted(tmp_path, width)


def test_a_string_is_written_as_formatters_write_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("".join(f"x = {string(text)}\n" for text in TEXTS), encoding="utf-8")
    _is_formatted(tmp_path, 88)
    assert [ast.literal_eval(string(text)) for text in TEXTS] == list(TEXTS)


@pytest.mark.parametrize("width", range(20, 130, 10))
@pytest.mark.parametrize(
    "text",
    [
        'sa.String(36).with_variant(mysql.VARCHAR(36, charset="utf8mb4"), "mysql")',
        'sa.String(36).with_variant(mysql.VARCHAR(36), "mysql").with_variant(sa.Text(), "sqlite")',
        'sa.Enum("aaaaaaaaaaaaaa", "bbbbbbbbbbbbbb", "cccccc", name="x").with_variant(sa.String(36), "mysql")',
        'sa.Enum("aaaaaaaa", "bbbb", name="x").with_variant(sa.String(36), "mysql").with_variant(sa.Text(), "oracle")',
        'sa.column("a_column_with_a_long_name").desc().nulls_last()',
        'sa.column("a_column_with_a_long_name").desc()',
        'f({"one": "a value of some length", "two": [1, 2, 3], "three": {"four": -5}})',
        'f(name="a text that does not fit on the line that it is on", other=sa.text("a text"), last=None)',
        'f((sa.column("during"), "&&"), ("one",), [sa.text("lower(name)"), "plain"])',
        'postgresql.ARRAY(sa.Enum("aaaaaaaaaaaaaaa", "bbbbbbbbbbbb", name="some_name"), dimensions=2)',
    ],
)
def test_an_expression_is_laid_out_as_formatters_do(text: str, width: int, tmp_path: Path) -> None:
    """As an argument, as a keyword, as the value of a dictionary and in a list: and it means the same."""
    sources = [text, f"name={text}", f'{{"key": {text}}}', f"[{text}, 1]"]
    calls = [layout(f"call({source})", "", width=width) for source in sources]
    for source, call in zip(sources, calls, strict=True):
        assert ast.dump(ast.parse(call)) == ast.dump(ast.parse(f"call({source})"))
    (tmp_path / "a.py").write_text("\n".join(calls) + "\n", encoding="utf-8")
    _is_formatted(tmp_path, width)


def test_line_length_is_that_of_the_project(tmp_path: Path) -> None:
    """Written by the command: a type with equal variants, which stand together, and a merge of many heads."""
    metadata = sa.MetaData()
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite").with_variant(sa.Text(), "mysql")
    number = number.with_variant(sa.Integer(), "oracle").with_variant(sa.Text(), "mariadb")
    sa.Table("a_table_with_a_long_name", metadata, sa.Column("a_number_with_a_long_name", number, nullable=False))
    (tmp_path / "schemashift.toml").write_text('directory = "migrations"\nline_length = 60\n', encoding="utf-8")
    settings = {"url": f"sqlite:///{tmp_path / 'app.db'}"}
    migrator = Migrator.from_config(tmp_path / "schemashift.toml", models=metadata, **settings)
    migrator.init()
    written = migrator.revision("first", autogenerate=True).revision
    assert written is not None
    text = Path(written.path).read_text(encoding="utf-8")
    assert '.with_variant(sa.Integer(), "sqlite", "oracle")' in text
    assert '.with_variant(sa.Text(), "mysql", "mariadb")' in text
    for head in range(5):
        migrator.revision(f"head {head}", splice=True, head=written.id)
    migrator.merge()
    _is_formatted(tmp_path / "migrations", 60)


def _changes(name: str) -> Iterator[tuple[Operation, ...]]:
    """Yield what makes random models, what edits them and edits them back; and what makes the zoo."""
    for seed in CASES:
        yield tuple(operation for operation, _, _ in steps(name, seed))
    schema = read_models([zoo(name)], dialect_for(DIALECTS[name]), KINDS).schema
    yield tuple(CreateTable(table=table) for table in schema.tables)


def _write(
    folder: Path,
    revision: str,
    imports: tuple[str, ...] = (),
    upgrade: str = "",
    downgrade: str = "",
    *,
    message: str = "message",
    parents: list[str] | None = None,
    labels: list[str] | None = None,
    width: int,
) -> None:
    ScriptDirectory("migrations_template", [folder]).write(
        revision,
        message,
        created=datetime.now(UTC),
        parents=parents or [],
        labels=labels or [],
        imports="\n".join(imports),
        upgrade=upgrade.rstrip() or "    pass",
        downgrade=downgrade.rstrip() or "    pass",
        line_length=width,
    )


def _is_formatted(folder: Path, width: int) -> None:
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    for command in (["format", "--diff"], ["check", "--select", "I", "--diff"]):
        options = ["--isolated", "--no-cache", "--line-length", str(width), "--target-version", "py311"]
        run = subprocess.run([*ruff, *command, *options, "."], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[:3000] + run.stderr[:1000]
