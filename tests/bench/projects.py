"""The same project twice: scripts and models for schemashift, and what Alembic needs to run on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.package import ROOT

HEADER = '''"""add thing number {n}

Revision ID: {id}
Revises: {down}
Create Date: 2026-11-20 23:04:11

"""
from typing import Sequence, Union

from {package} import op
import sqlalchemy as sa


# revision identifiers
revision: str = {id!r}
down_revision: Union[str, Sequence[str], None] = {down!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''
UP = (
    'op.create_table("t{0}", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(50)))',
    'op.add_column("t{1}", sa.Column("c{0}", sa.Integer()))',
    'op.create_index("ix{0}", "t{2}", ["name"])',
    'op.add_column("t{3}", sa.Column("d{0}", sa.String(20), server_default="x"))',
)
DOWN = (
    'op.drop_table("t{0}")',
    'op.drop_column("t{1}", "c{0}")',
    'op.drop_index("ix{0}", "t{2}")',
    'op.drop_column("t{3}", "d{0}")',
)
MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
for n in range({tables}):
    changed = {changed} and n % 10 == 0
    sa.Table(
        f"thing{{n}}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.ForeignKey(f"thing{{n - 1}}.id", name=f"fk_thing{{n}}")) if n else
        sa.Column("parent_id", sa.Integer),
        sa.Column("name", sa.String(60 if changed else 50), nullable=False, server_default=""),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, server_default="new"),
        sa.Column("amount", sa.Numeric(12, 2), server_default="0"),
        sa.Column("number", sa.BigInteger, index=True),
        sa.Column("made_at", sa.DateTime, server_default=sa.func.now()),
        sa.Column("day", sa.Date),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("note", sa.Text),
        sa.Column("extra", sa.Integer, index=True) if not changed else sa.Column("more", sa.Integer),
        sa.UniqueConstraint("code", name=f"uq_thing{{n}}_code"),
        sa.Index(f"ix_thing{{n}}_state", "state", "day"),
    )
"""
ENVIRONMENT = """
import os
import sys

import sqlalchemy as sa
from alembic import context

sys.path.insert(0, os.getcwd())
import models

engine = sa.create_engine(os.environ["BENCH_URL"], poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
TEMPLATE = """
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
"""


def make(folder: Path, *, revisions: int = 0, tables: int = 0, changed: bool = False) -> Path:
    """A project for both in one folder: ``migrations`` with ``schemashift.toml``, ``alembic`` with ``alembic.ini``."""
    for place, package in (("migrations", "schemashift"), ("alembic", "alembic")):
        versions = folder / place / "versions"
        versions.mkdir(parents=True)
        for n in range(revisions):
            _write(versions / f"{n:012x}.py", _script(n, package))
    _write(folder / "models.py", MODELS.format(tables=tables, changed=changed))
    _write(folder / "schemashift.toml", 'models = "models:metadata"\nurl = "env:BENCH_URL"\n')
    template = ROOT / "migrations_template/script.py.tmpl"
    _write(folder / "migrations/script.py.tmpl", template.read_text(encoding="utf-8"))
    _write(folder / "alembic.ini", "[alembic]\nscript_location = alembic\n")
    _write(folder / "alembic/env.py", ENVIRONMENT)
    _write(folder / "alembic/script.py.mako", TEMPLATE)
    return folder


def _script(n: int, package: str) -> str:
    numbers = (n, n - 1, n - 2, n - 3)
    return HEADER.format(
        n=n,
        id=f"{n:012x}",
        down=f"{n - 1:012x}" if n else None,
        package=package,
        upgrade=UP[n % 4].format(*numbers),
        downgrade=DOWN[n % 4].format(*numbers),
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def create_all(folder: Path, url: str) -> None:
    """The models' tables in the database, as SQLAlchemy makes them."""
    code = "import sys, models, sqlalchemy as sa; models.metadata.create_all(sa.create_engine(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, url], cwd=folder, check=True)


def clean(folder: Path) -> None:
    """Without what an autogenerate has written."""
    for place in ("migrations", "alembic"):
        for path in (folder / place / "versions").glob("*.py"):
            path.unlink()
