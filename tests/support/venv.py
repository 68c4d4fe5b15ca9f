"""Create the virtual environment of a checkout: ``python3 tests/support/venv.py .venv``.

Runs on the machine's own Python, with nothing installed. Debian ships Python without ``ensurepip``; then pip comes
out of Debian's own package, unpacked into ``.cache``, so that neither root nor a change to the system is needed.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests/requirements.txt"


def main(folder: Path) -> None:
    """Create ``folder`` if it is missing, and bring it up to date."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever Python is there runs this
        found = sys.version.split()[0]
        sys.exit(f"schemashift needs Python 3.11 or later, this is {found}: make setup PYTHON=python3.x")
    python = folder / "bin/python"
    if not _has_pip(python):
        _create(folder)
    install = _install_command(python)
    _run(*install, "-r", REQUIREMENTS)
    _run(*install, "--no-deps", "--no-build-isolation", "-e", ROOT)


def _create(folder: Path) -> None:
    if importlib.util.find_spec("ensurepip") is not None:
        _run(sys.executable, "-m", "venv", "--clear", folder)
        return
    _run(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
    wheel = _pip_from_debian()
    _run(folder / "bin/python", "-m", "pip", "install", "--quiet", "pip", environment={"PYTHONPATH": str(wheel)})


def _pip_from_debian() -> Path:
    sys.path.insert(0, str(ROOT))
    from tests.support import apt

    advice = (
        "This Python has no ensurepip. Install it (on Debian, as root: apt-get install python3-venv) and try again."
    )
    if not apt.available():
        sys.exit(advice)
    unpacked = ROOT / ".cache/pip"
    try:
        apt.Apt(ROOT / ".cache/apt").unpack(["python3-pip-whl"], unpacked)
    except apt.AptError as error:
        sys.exit(f"{advice}\n{error}")
    return next(unpacked.glob("usr/share/python-wheels/pip-*.whl"))


def _has_pip(python: Path) -> bool:
    return (
        python.exists()
        and subprocess.run([python, "-c", "import pip"], check=False, capture_output=True).returncode == 0
    )


def _install_command(python: Path) -> tuple[str | Path, ...]:
    """Return uv if it is available, because it is some ten times faster, else pip."""
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    got_uv = subprocess.run([*pip, "install", "--quiet", "uv"], check=False).returncode == 0
    uv = python.with_name("uv")
    if got_uv and subprocess.run([uv, "--version"], check=False, capture_output=True).returncode == 0:
        return (uv, "pip", "install", "--quiet", "--python", python, *uv_cache())
    return (*pip, "install", "--quiet")


def uv_cache() -> tuple[str, ...]:
    """Return the option that disables the cache of uv if the user has no home folder."""
    home = os.environ.get("UV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises for a user without one
    return () if os.access(home, os.W_OK) else ("--no-cache",)


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    ran = subprocess.run(command, env=os.environ | (environment or {}), check=False)
    if ran.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
