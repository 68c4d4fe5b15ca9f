"""Real MySQL exists in Debian's unstable release only: unpacked with all it needs, run by its own loader.

The C library comes along, so the programs do not depend on the machine's. The address of the mirror is that of the
machine's own sources.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.apt import Apt, AptError

SUITE = "sid"
#: From Debian's package debian-archive-keyring; apt's own trusted keys do where it is missing.
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def unpack(package: str, root: Path, state: Path) -> None:
    """Unpack ``package`` of unstable and everything it depends on into ``root``."""
    state.mkdir(parents=True, exist_ok=True)
    sources = state / "sid.sources"
    sources.write_text(_stanza(Apt(state / "machine").mirror(_release())))
    status = state / "status"
    status.touch()
    options = {
        "Dir::Etc::sourcelist": str(sources),
        "Dir::Etc::sourceparts": "-",
        "Dir::State::status": str(status),
        "Acquire::Check-Valid-Until": "false",  # a mirror that lags is good enough for tests; signatures are checked
    }
    apt = Apt(state, [part for key, value in options.items() for part in ("-o", f"{key}={value}")], system_lists=False)
    apt.unpack_with_dependencies(package, root)


def loader(root: Path) -> tuple[str, ...]:
    """Return the command that runs a program under ``root`` with the C library that came with it."""
    program = next(
        path for pattern in ("usr/lib/*/ld-linux-*.so.*", "usr/lib*/ld-linux-*.so.*") for path in root.glob(pattern)
    )
    libraries = ":".join(str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu*")))
    return (str(program), "--library-path", libraries)


def _release() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    if facts.get("ID") != "debian":
        raise AptError("this is not Debian")
    return facts.get("VERSION_CODENAME", SUITE).strip('"')


def _stanza(address: str) -> str:
    lines = ["Types: deb", f"URIs: {address}", f"Suites: {SUITE}", "Components: main"]
    return "\n".join([*lines, *([f"Signed-By: {KEYRING}"] if KEYRING.exists() else []), ""])
