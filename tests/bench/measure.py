"""CPU seconds of whole processes, two programs in turns, so that what else the machine does is in both."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

USAGE = Path(__file__).with_name("usage.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One of the two: what stands before a command, and its own part of the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Runs:
    """What each run of one program cost: CPU seconds of its process and its children, peak memory in MB."""

    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{min(self.cpu):7.3f} {median(self.cpu):7.3f} {max(self.cpu):7.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Both programs on one workload, run by run."""

    first: Runs
    second: Runs

    def __str__(self) -> str:
        ratios = sorted(one / other for one, other in zip(self.first.cpu, self.second.cpu, strict=True))
        memory = f"{median(self.first.memory):5.0f} {median(self.second.memory):5.0f}"
        spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
        return f"{self.first}  {self.second}  {median(ratios):6.3f} ({spread})  {memory}"


def compare(
    first: tuple[Program, Sequence[str]],
    second: tuple[Program, Sequence[str]],
    folder: Path,
    *,
    runs: int,
    environment: Mapping[str, str],
    before: Callable[[], None] = lambda: None,
) -> Result:
    """Run both *runs* times in turns, after one run each that does not count (imports are compiled in it)."""
    result = Result(first=Runs(), second=Runs())
    for turn in range(runs + 1):
        sides = [(first, result.first), (second, result.second)]
        for (program, line), found in sides if turn % 2 else reversed(sides):
            before()
            cpu, memory = run(program, line, folder, environment)
            if turn:
                found.cpu.append(cpu)
                found.memory.append(memory)
    return result


def run(program: Program, line: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """CPU seconds and peak MB of one process. Raises RuntimeError where it does not succeed."""
    found = folder / "usage"
    ran = subprocess.run(
        [sys.executable, "-S", "-E", str(USAGE), str(found), *program.command, *line],
        cwd=folder,
        env={**os.environ, **environment, **program.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode != 0:
        said = (ran.stdout + ran.stderr)[-2000:]
        raise RuntimeError(f"{program.name} {' '.join(line)} ended with {ran.returncode}:\n{said}")
    cpu, memory = map(float, found.read_text(encoding="utf-8").split())
    return cpu, memory
