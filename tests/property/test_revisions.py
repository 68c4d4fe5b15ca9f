"""Laws of the graph, its names, its plans and its drawings, on random graphs against slow sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemashift.errors import GraphError
from schemashift.revisions import (
    Direction,
    Line,
    Plan,
    Revision,
    RevisionGraph,
    Target,
    draw,
    parse,
    plan,
    read_targets,
    resolve,
)
from schemashift.scripts.header import read_quickly
from schemashift.scripts.syntax import literal_header, to_revision
from schemashift.scripts.syntax import parse as parse_script
from schemashift.scripts.text import render

Known = dict[str, Revision]


def plan_to(graph: RevisionGraph, applied: Iterable[str], name: str, direction: Direction) -> Plan:
    """The plan to one identifier."""
    return plan(graph, applied, read_targets(graph, name), direction)


def law(*strategies: st.SearchStrategy[object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`given`, without a limit for one example: a busy machine is no counterexample."""
    return lambda test: settings(deadline=None)(given(*strategies)(test))


@st.composite
def histories(draw_from: st.DrawFn) -> list[Revision]:
    """Up to twelve revisions: parents and dependencies among those before, some labels; in any order."""
    count = draw_from(st.integers(1, 12))
    names = draw_from(st.permutations([f"{n:x}{n * 7 % 16:x}c" for n in range(count)]))
    found: list[Revision] = []
    for n, name in enumerate(names):
        before = st.lists(st.sampled_from(names[:n]), max_size=3, unique=True) if n else st.just([])
        needs = st.lists(st.sampled_from(names[:n]), max_size=1) if n else st.just([])
        labels = (f"label{n}",) if draw_from(st.integers(0, 3)) == 0 else ()
        created = draw_from(st.sampled_from(["", "2026-01-01", "2026-01-02"]))
        found.append(Revision(name, (*draw_from(before),), (*draw_from(needs),), labels, "m", created=created))
    return draw_from(st.permutations(found))


def known(history: list[Revision]) -> Known:
    return {each.id: each for each in history}


def below(all_: Known, name: str, *, dependencies: bool = True) -> set[str]:
    """The ancestors of a revision, the slow way."""
    needs = {*all_[name].parents, *(all_[name].depends_on if dependencies else ())}
    return needs.union(*(below(all_, each, dependencies=dependencies) for each in needs))


def above(all_: Known, name: str, *, dependencies: bool = True) -> set[str]:
    return {each for each in all_ if name in below(all_, each, dependencies=dependencies)}


def applied_sets(history: list[Revision]) -> st.SearchStrategy[set[str]]:
    """Any set that upgrades can leave: closed downwards."""
    all_ = known(history)
    some = st.lists(st.sampled_from(sorted(all_)), max_size=4)
    return some.map(lambda names: {*names}.union(*(below(all_, each) for each in names)))


@law(histories())
def test_the_order_puts_what_is_needed_first(history: list[Revision]) -> None:
    all_ = known(history)
    order = RevisionGraph(history).order
    place = {name: n for n, name in enumerate(order)}
    assert sorted(order) == sorted(all_)
    assert all(place[each] < place[name] for name in all_ for each in below(all_, name))


@law(histories(), st.booleans())
def test_a_graph_with_one_more_revision_is_the_graph_of_them_all(history: list[Revision], twice: bool) -> None:
    *some, last = [
        *history,
        *(each._replace(path="other.py", message="n") for each in history[:2] if twice),
        history[0],
    ]
    last = last._replace(path="last.py")
    one, two = RevisionGraph(some).with_revision(last), RevisionGraph([*some, last])
    assert (one.order, one.heads, one.labels) == (two.order, two.heads, two.labels)
    assert list(one) == list(two)
    assert list(map(str, one.faults)) == list(map(str, two.faults))


@law(histories(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_the_files(history: list[Revision], random: object) -> None:
    turned = [*history]
    random.shuffle(turned)  # type: ignore[attr-defined]
    one, two = RevisionGraph(history), RevisionGraph(turned)
    assert one.order == two.order
    assert one.heads == two.heads
    assert draw(one) == draw(two)
    assert plan_to(one, (), "heads", "upgrade") == plan_to(two, (), "heads", "upgrade")


@law(histories())
def test_reaching_is_what_the_slow_way_finds(history: list[Revision]) -> None:
    all_ = known(history)
    graph = RevisionGraph(history)
    for name in all_:
        assert graph.ancestors([name]) == below(all_, name)
        assert graph.descendants([name]) == above(all_, name)
        line = {name} | below(all_, name, dependencies=False) | above(all_, name, dependencies=False)
        assert graph.lineage(name) == line
    assert set(graph.heads) == {each for each in all_ if not any(each in other.parents for other in history)}
    assert graph.faults == ()


@law(histories())
def test_labels_are_those_of_the_slow_way(history: list[Revision]) -> None:
    """Below: every descendant. Above: the only line, as long as nothing else leaves or joins it."""
    all_ = known(history)
    users = {name: {each.id for each in history if name in (*each.parents, *each.depends_on)} for name in all_}
    expected: dict[str, set[str]] = {name: set() for name in all_}
    for each in history:
        for label in each.labels:
            for other in (each.id, *above(all_, each.id, dependencies=False)):
                expected[other].add(label)
            name = each.id
            while len(users[name]) < 2 and len(all_[name].parents) < 2:
                expected[name].add(label)
                if not all_[name].parents:
                    break
                (name,) = all_[name].parents
    graph = RevisionGraph(history)
    assert {name: set(graph.labels_of(name)) for name in all_} == expected


@law(histories())
def test_every_prefix_is_its_revision_or_ambiguous(history: list[Revision]) -> None:
    graph = RevisionGraph(history)
    for name in known(history):
        assert resolve(graph, name) == {name}
        for length in range(2, len(name)):
            same = [each for each in known(history) if each.startswith(name[:length])]
            try:
                assert resolve(graph, name[:length]) == {name}
                assert same == [name]
            except GraphError:
                assert len(same) > 1


@law(
    st.text("abc019._", min_size=1, max_size=5).filter(lambda text: text != "current"),
    st.sampled_from(["", "left", "a-b"]),
    st.integers(-20, 20),
)
def test_a_target_is_read_as_it_is_written(name: str, label: str, count: int) -> None:
    target = Target(name, label, count)
    assert parse(str(target)) == target


@law(st.data())
def test_an_upgrade_runs_what_is_missing(data: st.DataObject) -> None:
    history = data.draw(histories())
    all_ = known(history)
    applied = data.draw(applied_sets(history))
    target = data.draw(st.sampled_from(sorted(all_)))
    found = plan_to(RevisionGraph(history), applied, target, "upgrade")
    assert {each.id for each in found.revisions} == ({target} | below(all_, target)) - applied
    state = set(applied)
    for each in found.revisions:
        assert {*each.parents, *each.depends_on} <= state, "what it needs is there when it runs"
        state.add(each.id)
    assert state == found.after


@law(st.data())
def test_a_downgrade_undoes_what_stands_on_it(data: st.DataObject) -> None:
    history = data.draw(histories())
    all_ = known(history)
    applied = data.draw(applied_sets(history))
    graph = RevisionGraph(history)
    target = data.draw(st.sampled_from([*sorted(applied), "base"]))
    found = plan_to(graph, applied, target, "downgrade")
    gone = applied if target == "base" else applied & above(all_, target)
    assert {each.id for each in found.revisions} == gone
    state = set(applied)
    for each in found.revisions:
        assert not any(each.id in (*all_[other].parents, *all_[other].depends_on) for other in state)
        state.remove(each.id)
    assert state == found.after


@law(st.data())
def test_a_downgrade_in_a_branch_leaves_the_others(data: st.DataObject) -> None:
    history = data.draw(histories())
    all_ = known(history)
    applied = data.draw(applied_sets(history))
    graph = RevisionGraph(history)
    anchor = data.draw(st.sampled_from(sorted(all_)))
    line = {anchor} | below(all_, anchor, dependencies=False) | above(all_, anchor, dependencies=False)
    target = data.draw(st.sampled_from([*sorted(applied & line), "base"]))
    found = plan_to(graph, applied, f"{anchor}@{target}", "downgrade")
    gone = (applied if target == "base" else applied & above(all_, target)) & line
    gone |= {each for each in applied if below(all_, each) & gone}
    assert {each.id for each in found.revisions} == gone


@law(st.data())
def test_up_and_down_again_is_where_it_began(data: st.DataObject) -> None:
    history = data.draw(histories())
    graph = RevisionGraph(history)
    up = plan_to(graph, (), data.draw(st.sampled_from([*sorted(known(history)), "heads"])), "upgrade")
    down = plan_to(graph, up.after, "base", "downgrade")
    assert down.after == frozenset()
    assert [each.id for each in down.revisions] == [each.id for each in reversed(up.revisions)]


@law(st.data())
def test_two_hops_are_one(data: st.DataObject) -> None:
    history = data.draw(histories())
    all_ = known(history)
    graph = RevisionGraph(history)
    far = data.draw(st.sampled_from(sorted(all_)))
    near = data.draw(st.sampled_from([far, *sorted(below(all_, far))]))
    first = plan_to(graph, (), near, "upgrade")
    second = plan_to(graph, first.after, far, "upgrade")
    once = plan_to(graph, (), far, "upgrade")
    assert second.after == once.after
    assert {*first.revisions, *second.revisions} == {*once.revisions}
    assert plan_to(graph, once.after, far, "upgrade").steps == ()
    assert plan_to(graph, once.after, far, "downgrade").steps == ()


@law(st.data())
def test_a_stamp_is_where_the_plan_goes(data: st.DataObject) -> None:
    history = data.draw(histories())
    graph = RevisionGraph(history)
    applied = data.draw(applied_sets(history))
    target = data.draw(st.sampled_from(sorted(known(history))))
    found = plan_to(graph, applied, target, "stamp")
    going = plan_to(graph, applied, target, "downgrade" if target in applied else "upgrade")
    assert found.after == going.after
    assert target in found.end


@law(st.data())
def test_minus_one_and_plus_one(data: st.DataObject) -> None:
    """Where they are not ambiguous they are one step, and one undoes the other as far as it is unambiguous."""
    history = data.draw(histories())
    graph = RevisionGraph(history)
    applied = data.draw(applied_sets(history))
    heads = graph.current(applied)
    if len(heads) != 1:
        with pytest.raises(GraphError):
            plan_to(graph, applied, "-1", "downgrade")
        return
    found = plan_to(graph, applied, "-1", "downgrade")
    assert [each.id for each in found.revisions] == list(heads)
    ready = [each.id for each in history if each.id not in found.after and graph.ancestors([each.id]) <= found.after]
    if len(ready) == 1:
        assert plan_to(graph, found.after, "+1", "upgrade").after == applied


# -- drawings


def _cells(line: Line) -> list[str]:
    return [*line.lanes.rstrip()]


def _at(cells: list[str], column: int) -> str:
    return cells[column] if column < len(cells) else " "


def _edges(lines: list[Line], graph: RevisionGraph) -> Iterator[tuple[str, str]]:
    """Child and parent, read from the drawing alone: lanes are followed downwards from each revision."""
    carried: dict[int, set[str]] = {}
    for line in lines:
        cells = _cells(line)
        following: dict[int, set[str]] = {}
        for column in range(0, len(cells), 2):
            if cells[column] in "│├":
                following[column] = set(carried.get(column, set()))
        if line.revision is not None:
            (column,) = [n for n, cell in enumerate(cells) if cell in "●○"]
            yield from ((child, line.revision.id) for child in carried.get(column, ()))
            following[column] = {line.revision.id}
        elif "├" in cells:
            left = cells.index("├")
            right = max(n for n, cell in enumerate(cells) if cell in "╮╯")
            assert all(cell in "─│" for cell in cells[left + 1 : right])
            if cells[right] == "╮":
                following[right] = {_last_drawn(lines, line)}
            else:
                following[left] |= carried[right]
        carried = following


def _last_drawn(lines: list[Line], here: Line) -> str:
    place = next(n for n, line in enumerate(lines) if line is here)
    return next(line.revision.id for line in reversed(lines[:place]) if line.revision)


@law(histories(), st.booleans())
def test_a_drawing_holds_each_revision_once_and_every_edge(history: list[Revision], some_applied: bool) -> None:
    graph = RevisionGraph(history)
    applied = set(graph.order[: len(graph) // 2]) if some_applied else set()
    lines = draw(graph, applied)
    shown = [line.revision.id for line in lines if line.revision]
    assert shown == list(reversed(graph.order))
    edges = {(each.id, parent) for each in history for parent in each.parents}
    assert set(_edges(lines, graph)) == edges
    assert {line.revision.id for line in lines if line.revision and "●" in line.lanes} == applied
    assert len({len(line.lanes) for line in lines}) == 1


@law(histories(), st.data())
def test_a_drawing_with_holes_still_has_everything(history: list[Revision], data: st.DataObject) -> None:
    """One revision is taken away, or one edge turned into a cycle."""
    gone = data.draw(st.sampled_from(history))
    broken = [each for each in history if each is not gone]
    if data.draw(st.booleans()) and broken:
        first = broken[0]
        broken[0] = first._replace(parents=(*first.parents, broken[-1].id))
    graph = RevisionGraph(broken)
    lines = draw(graph)
    assert sorted(line.revision.id for line in lines if line.revision) == sorted(each.id for each in broken)
    wanted = sum(gone.id in each.parents for each in broken)
    assert sum(f"{gone.id} is in no file" in line.notes for line in lines) == wanted
    assert len(graph.faults) >= wanted


# -- scripts


@law(histories(), st.text(max_size=30))
def test_a_header_is_read_as_it_is_written(history: list[Revision], message: str) -> None:
    template = '"""$message\n\nCreated: $created\n"""\n\n$imports\n\nrevision: str = $revision\n'
    template += "down_revision: str | None = $down_revision\nbranch_labels = $branch_labels\ndepends_on = $depends_on\n"
    for each in history:
        data = render(template, each._replace(message=message), created=each.created).encode(
            "utf-8", "backslashreplace"
        )
        header = literal_header(parse_script("x.py", data))
        assert header is not None
        slow = to_revision("x.py", header)
        assert read_quickly("x.py", data) in (None, slow)
        assert (slow.id, slow.parents, slow.depends_on, slow.labels) == (
            each.id,
            each.parents,
            each.depends_on,
            each.labels,
        )


_PIECES = [
    'revision = "a"', "down_revision = 'b'", 'depends_on = ("x", "y")', "branch_labels = None", '"""', "'''", "x = 1",
    'TEXT = """', "f(", ")", "if x:", '    revision = "z"', "# revision identifiers", "global revision", "",
    'revision: str = "c"', "revision += 'd'", "\\", '"""doc"""', "def f():", "    pass", 'revision = "a" if x else "b"',
    "import revision",
    "x.revision = 1", 'y = ["', '"revision"', "[", "]", "depends_on: str = 'q'  # why", "pass",
]  # fmt: skip


@law(st.lists(st.sampled_from(_PIECES), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_pattern_never_reads_what_the_parser_does_not(pieces: list[str], newline: str) -> None:
    data = newline.join(pieces).encode()
    found = read_quickly("x.py", data)
    if found is None:
        return
    try:
        compile(data, "x.py", "exec", dont_inherit=True)
    except SyntaxError:
        return  # below the header, or it will be said when the script is loaded
    header = literal_header(parse_script("x.py", data))
    assert header is not None
    assert found == to_revision("x.py", header)
