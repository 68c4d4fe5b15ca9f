"""Cycles of foreign keys."""

from __future__ import annotations

from collections.abc import Iterable

from schemashift.schema import Table, TableName

Edge = tuple[TableName, TableName]


def cyclic(tables: Iterable[Table]) -> frozenset[Edge]:
    """Return the pairs (table, target) among *tables* whose foreign keys are part of a cycle of two or more tables.

    Tarjan's algorithm, without recursion: a chain of tables may be longer than Python's stack.
    """
    targets = {table.table_name: sorted({key.target for key in table.foreign_keys}, key=_sort_key) for table in tables}
    component = _components({name: [t for t in out if t in targets and t != name] for name, out in targets.items()})
    return frozenset(
        (name, target)
        for name, out in targets.items()
        for target in out
        if target != name and target in component and component[target] == component[name]
    )


def _sort_key(name: TableName) -> tuple[str, str]:
    return name.schema or "", name.name


def _components(graph: dict[TableName, list[TableName]]) -> dict[TableName, int]:
    """Number the strongly connected components: nodes that can reach each other have the same number."""
    index: dict[TableName, int] = {}
    low: dict[TableName, int] = {}
    component: dict[TableName, int] = {}
    stack: list[TableName] = []
    for root in sorted(graph, key=_sort_key):
        work = [(root, iter(graph[root]))] if root not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    _pop_component(node, stack, component)
            elif following not in index:
                work.append((following, iter(graph[following])))
            elif following not in component:
                low[node] = min(low[node], index[following])
    return component


def _pop_component(root: TableName, stack: list[TableName], component: dict[TableName, int]) -> None:
    number = len(component)
    while True:
        node = stack.pop()
        component[node] = number
        if node == root:
            return
