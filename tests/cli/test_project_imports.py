"""Scripts import the project, as its models do, from whatever folder a command is run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Project

KINDS = (
    "import sqlalchemy as sa\n\n\nclass Money(sa.TypeDecorator):\n    impl = sa.Numeric(10, 2)\n    cache_ok = True\n"
)
MODELS = (
    "import sqlalchemy as sa\nfrom {package}.kinds import Money\n\nmetadata = sa.MetaData()\n"
    'sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", Money))\n'
)
SCRIPT = """import sqlalchemy as sa
from schemashift import op
from {package}.kinds import Money
from migrations.helpers import NAME, FIRST

revision = FIRST
down_revision = None


def upgrade():
    from {package} import kinds

    op.create_table(NAME, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", kinds.Money()))


def downgrade():
    op.drop_table(NAME)
"""
API = "from schemashift import Migrator; m = Migrator.from_config({config!r}); "
API += "m.upgrade(); assert m.check().ok; m.heads()"
COMMANDS = ["heads", "history", "upgrade head", "status", "check", "show head", "downgrade base", "stamp head"]


@pytest.fixture(params=["flat", "src"])
def shop(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project with a package, and a script whose body and whose header need it."""
    package, start = f"{project.models}_shop", "src/" if request.param == "src" else ""
    project.write(f"{start}{package}/__init__.py", "")
    project.write(f"{start}{package}/kinds.py", KINDS)
    project.write(f"{start}{package}/models.py", MODELS.format(package=package))
    project.write("migrations/helpers.py", 'NAME = "item"\nFIRST = "first"\n')
    project.script("first", SCRIPT.format(package=package))
    project.write("schemashift.toml", f'models = "{package}.models:metadata"\nurl = "sqlite:///app.db"\n')
    return project


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_every_command_loads_scripts_that_import_the_project(shop: Project, elsewhere: bool) -> None:
    """With ``-I`` the current folder is not on the path, as it is not for the installed command."""
    run = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\nfrom schemashift.cli import main\n"
    flags = ["-c", str(shop.folder / "schemashift.toml")] if elsewhere else []
    lines = [f"assert main({[*flags, *each.split()]}) == 0, {each!r}" for each in COMMANDS]
    found = shop.shell_python("-I", "-c", run + "\n".join(lines), **({"cwd": "/"} if elsewhere else {}))
    assert found.code == 0, found


def test_so_does_the_api(shop: Project) -> None:
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
    code += API.format(config=str(shop.folder / "schemashift.toml"))
    found = shop.shell_python("-I", "-c", code, cwd="/")
    assert found.code == 0, found


def test_headers_are_read_without_the_project_on_the_path(project: Project) -> None:
    """A file of the project that is named like a standard module would be imported in its place."""
    project.start()
    project.revision("first")
    before = list(sys.path)
    project.ok("heads")
    assert sys.path == before
