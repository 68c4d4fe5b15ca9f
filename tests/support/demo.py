"""A walk through a migration: an empty folder, a ``models.py``, and SQLite. ``make demo`` runs it.

The commands are executed, with their real output; the demo ends with the first one that fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = """\
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    title: Mapped[str] = mapped_column(String(200), server_default="untitled")
"""
EMAIL = "    email: Mapped[str] = mapped_column(String(120), unique=True)\n"
TOKEN = "    token: Mapped[str | None] = mapped_column(String(64))\n"


class Demo:
    """A folder, and the commands typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bold, self.plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
        programs = Path(sys.executable).parent
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMASHIFT_")}
        self.environment |= {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}

    def say(self, text: str) -> None:
        """Print a sentence between commands."""
        print(f"\n# {text}", flush=True)

    def type(self, command: str) -> None:
        """Run ``command`` in the folder, below the line that a user would type."""
        print(f"\n{self.bold}$ {command}{self.plain}", flush=True)
        ran = subprocess.run(command, shell=True, cwd=self.folder, env=self.environment, check=False)
        if ran.returncode != 0:
            sys.exit(f"the demo ends here: {command} answered {ran.returncode}")

    def newest_script(self) -> str:
        """Return the script that was written last, relative to the folder."""
        scripts = (self.folder / "migrations").rglob("*.py")
        return str(max(scripts, key=lambda path: path.stat().st_mtime_ns).relative_to(self.folder))


def main() -> None:
    """The flow of the README, from nothing to two revisions and back."""
    with tempfile.TemporaryDirectory(prefix="schemashift-demo-") as folder:
        demo = Demo(Path(folder))
        models = demo.folder / "models.py"
        models.write_text(MODELS)
        demo.type("cat models.py")
        demo.type("schemashift init")
        demo.type('schemashift revision --autogenerate -m "initial"')
        demo.type(f"cat {demo.newest_script()}")
        demo.type("schemashift upgrade head")
        models.write_text(MODELS.replace(EMAIL, EMAIL + TOKEN))
        demo.say("models.py: User gets a token")
        demo.type('schemashift revision --autogenerate -m "add token to user"')
        demo.type(f"cat {demo.newest_script()}")
        demo.type("schemashift upgrade head")
        demo.type("schemashift history")
        demo.type("schemashift status")
        demo.type("schemashift downgrade -1")
        demo.type("schemashift downgrade base")


if __name__ == "__main__":
    main()
