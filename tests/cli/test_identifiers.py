"""Every form of an identifier, in every command that takes one: they mean the same everywhere.

::

    aa01 -- ab02 -- bb03 (label: left)  -- bb04
               \\
                --- bc05 (label: right) -- bc06        aa01, ab02, bb03 and bc05 are applied

    ab07 (label: solo) -- cc08
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Project

GRAPH = {
    "aa01": None, "ab02": "aa01", "bb03": "ab02", "bb04": "bb03", "bc05": "ab02", "bc06": "bc05", "ab07": None,
    "cc08": "ab07",
}  # fmt: skip
LABELS = {"bb03": "left", "bc05": "right", "ab07": "solo"}
APPLIED = "bb03", "bc05"

FORMS = {
    "bb03": "bb03",
    "aa": "aa01",
    "left": "bb03",
    "heads": "bb04 bc06 cc08",
    "base": "",
    "current": "bb03 bc05",
    "ab02-1": "aa01",
    "bb03+1": "bb04",
    "bb04-2": "ab02",
    "left+1": "bb04",
    "right-1": "ab02",
    "left@head": "bb04",
    "right@heads": "bc06",
    "solo@base": "",
    "solo@head-1": "ab07",
    "left@bb": None,
    "right@bc": None,
    "bb03@bb04": "bb04",
    "left@bb04": "bb04",
    "left@aa": "aa01",
    "right@ab": "ab02",
    "left@ab+1": "bb03",
    "left@bc": None,
    "ab": None,  # ab02 and ab07; in a label it is one of them
    "solo@ab": "ab07",
    "solo@ab+1": "cc08",
    "bb03@head": "bb04",
    "left@+1": "bb04",
    "right@-1": "ab02",
    "bc05@-1": "ab02",
    "solo@+2": "cc08",
    "left@current": "bb03",
    "+1": None,
    "-1": None,
    "head": None,
    "bb": None,
    "zz99": None,
}
"""What each form means; None: it is an error that says what is right."""

RANGES = {
    "aa01:bb03": "aa01 ab02 bb03",
    "aa01:+2": None,  # ab02 has two children
    "aa01:+1": "aa01 ab02",
    "bb03:+1": "bb03 bb04",
    "ab02:left@+2": "ab02 bb03 bb04",
    "solo@base:+2": "ab07 cc08",
    "base:solo@+1": "ab07",
    "-2:bb04": "ab02 bb03 bb04",
    "-1:left": "ab02 bb03",
    "left@-1:bb03": "ab02 bb03",
    "current:left@head": "bb03 bb04",
    "left@current:left@+1": "bb03 bb04",
    "solo@base:heads": "ab07 cc08",
    "left@base:heads": "aa01 ab02 bb03 bb04",
    "left@base:": "aa01 ab02 bb03 bb04",
    "right@base:right@head": "aa01 ab02 bc05 bc06",
    ":solo@head": "ab07 cc08",
    "ab07:": "ab07 cc08",
    "cc:": "cc08",
    "left@ab:bb": None,
    "bb03:aa01": None,
    ":": " ".join(sorted(GRAPH)),
}


@pytest.fixture
def house(project: Project) -> Project:
    project.start()
    for number, (name, parent) in enumerate(GRAPH.items()):
        created = f"\n\nCreated: 2026-11-{number + 10} 10:00:00\n"
        path = project.revision(name, parent)
        text = path.read_text().replace('it is"""', f'it is{created}"""')
        path.write_text(text + (f'branch_labels = "{LABELS[name]}"\n' if name in LABELS else ""))
    return project


@pytest.fixture
def applied(house: Project) -> Project:
    house.ok("upgrade", *APPLIED)
    return house


def ids(documents: list[dict[str, str]]) -> str:
    return " ".join(sorted(each["revision"] for each in documents))


@pytest.mark.parametrize("command", ["show", "edit", "history"])
def test_commands_that_look(applied: Project, command: str) -> None:
    found = {}
    for form in FORMS:
        arguments = ["-r", form] if command == "history" else [form]
        run = applied.run(command, *arguments, "--json")
        if run.code:
            found[form] = None
            continue
        document = run.document
        found[form] = (
            " ".join(sorted(Path(each).stem for each in document["paths"]))
            if command == "edit"
            else ids(document["revisions"])
        )
    assert found == FORMS


def test_ranges_of_history(applied: Project) -> None:
    found = {}
    for text in RANGES:
        run = applied.run("history", "-r", text, "--json")
        found[text] = None if run.code else ids(run.document["revisions"])
    assert found == RANGES


def test_ranges_that_do_not_count_from_what_is_applied_need_no_database(house: Project) -> None:
    house.write("schemashift.toml", 'url = "env:NOT_SET_ANYWHERE"\n')
    for text in ("aa01:+1", "-2:bb04", "solo@base:+2", "left@base:heads"):
        house.ok("history", "-r", text)
    assert house.run("history", "-r", "current:left@head").code == 2


@pytest.mark.parametrize("form", FORMS)
def test_commands_that_write(applied: Project, form: str) -> None:
    """The parents of a new revision, and what it depends on."""
    run = applied.run("revision", "--head", form, "--splice", "--json")
    assert (run.code == 0) == (FORMS[form] is not None), run
    if run.code == 0:
        assert " ".join(sorted(run.document["written"]["down_revision"])) == FORMS[form]
    depends = applied.run("revision", "--head", "cc08", "--depends-on", form, "--json")
    assert depends.code == (0 if len((FORMS[form] or "").split()) == 1 and FORMS[form] not in ("ab07", "cc08") else 2)


@pytest.mark.parametrize("form", FORMS)
def test_commands_that_run(applied: Project, form: str) -> None:
    """There is one meaning of each; an error is one of the command line, never a traceback."""
    before = applied.ok("current").out.split()
    stamped = applied.run("stamp", form, "--json")
    after = applied.ok("current", "--json").document["current"]
    if FORMS[form] is None and form not in ("-1", "+1"):
        assert stamped.code == 2, stamped
        assert sorted(after) == sorted(each for each in before if each in GRAPH)
    elif stamped.code == 0 and form not in ("base", "solo@base", "current", "left@current"):
        assert set((FORMS[form] or "").split()) <= set(after) | {"aa01", "ab02"}
    for command in ("upgrade", "downgrade"):
        run = applied.run(command, form)
        assert run.code in (0, 2), run
        assert "Traceback" not in run.err


def forms_in(error: str) -> list[str]:
    """What a hint says to write instead."""
    found = re.search(r"hint: name one of them:  (.*)", error)
    return found[1].split("  or  ") if found else []


@pytest.mark.parametrize(
    ("line", "right", "then"),
    [
        ("downgrade -1", ["bb03@-1", "bc05@-1"], ["ab02 bc05", "ab02 bb03"]),
        ("upgrade +1", ["bb04@+1", "bc06@+1", "ab07@+1"], None),
        ("show ab02+1", ["bb03", "bc05"], None),
        ("show ab02+2", ["bb03+1", "bc05+1"], None),
        ("show heads-1", ["bb04-1", "bc06-1", "cc08-1"], None),
        ("history -r aa01:+2", ["bb03", "bc05"], None),
        ("upgrade ab02@+1", ["bb04@+1", "bc06@+1"], None),
    ],
)
def test_the_hint_says_the_right_form_and_it_works(
    applied: Project, line: str, right: list[str], then: list[str] | None
) -> None:
    *command, form = line.split()
    error = applied.run(*command, form).err
    assert forms_in(error) == right, error
    for number, each in enumerate(right):
        again = form.replace(form.rpartition(":")[2], each)
        applied.ok(*command, again)
        if then:
            current = applied.ok("current", "--json").document["current"]
            assert set(current) <= set(then[number].split()), (each, current)
            applied.ok("upgrade", *APPLIED)


def test_a_range_where_one_revision_is_expected(applied: Project) -> None:
    assert applied.run("upgrade", "aa01:bb03").err.startswith('error[bad-target]: "aa01:bb03" is a range of revisions')


def test_ids_by_hand_with_dashes_within_a_label(project: Project) -> None:
    project.start()
    project.revision("2026-01")
    project.revision("2026-02", "2026-01")
    for form in ("2026-02", "2026-01@2026-02", "2026-02@head", "2026-01+1", "2026-01@2026-01+1"):
        assert ids(project.ok("show", form, "--json").document["revisions"]) == "2026-02", form
