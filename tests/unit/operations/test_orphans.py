"""Which operations may have left rows that point to nothing."""

from __future__ import annotations

import pytest

from schemashift.operations import (
    AddConstraint,
    AlterTable,
    BulkInsert,
    CreateTable,
    DropTable,
    Execute,
    Operation,
    Reference,
    RenameTable,
    those_that_broke,
)
from schemashift.schema import ForeignKey, Table, TableName

CHILD, PARENT, OTHER = TableName("c"), TableName("p"), TableName("o")


def key_to(target: TableName) -> ForeignKey:
    return ForeignKey(columns=("x",), target=target, target_columns=("id",))


KEY = AddConstraint(table=CHILD, constraint=key_to(PARENT))
OTHER_KEY = AddConstraint(table=CHILD, constraint=key_to(OTHER))
CREATE = CreateTable(table=Table(name="c", constraints=(key_to(PARENT),)))
ITSELF = CreateTable(table=Table(name="c", constraints=(key_to(CHILD),)))
CREATE_OTHER = CreateTable(table=Table(name="o"))
INSERT = BulkInsert(table=CHILD, target="c", rows=())
INSERT_PARENT = BulkInsert(table=PARENT, target="p", rows=())
DELETE = Execute(statement='DELETE FROM "P"')
UPDATE_OTHER = Execute(statement="UPDATE cp SET a = 1")
COMMENT = AlterTable(table=CHILD, set=(("comment", "x"),))
COMMENT_PARENT = AlterTable(table=PARENT, set=(("comment", "x"),))
BROKEN = Reference("C", "p")

FOUND: dict[str, tuple[list[Operation], Reference, list[int]]] = {
    "the key that is added": ([COMMENT, OTHER_KEY, KEY, UPDATE_OTHER], BROKEN, [2]),
    "any key, if the parent is not known": ([COMMENT, OTHER_KEY], Reference("c", None), [1]),
    "rows that change before the key do not matter": ([INSERT, DELETE, KEY], BROKEN, [2]),
    "rows that change after it do": ([KEY, INSERT_PARENT, INSERT, DELETE], BROKEN, [0, 2, 3]),
    "the parent that is dropped": ([COMMENT, DropTable(name=PARENT)], BROKEN, [1]),
    "a table that is created, and its rows": ([CREATE, INSERT], BROKEN, [1]),
    "any statement, as it may fire a trigger": ([COMMENT, UPDATE_OTHER], BROKEN, [1]),
    "the table that has the key, if nothing else is known": ([CREATE_OTHER, CREATE, COMMENT], BROKEN, [1]),
    "a table that refers to itself": ([ITSELF, COMMENT], Reference("c", "c"), [0]),
    "what changes one of the tables": ([CREATE_OTHER, COMMENT, COMMENT_PARENT], BROKEN, [1, 2]),
    "nothing": ([CREATE_OTHER], BROKEN, []),
    "a child that was renamed": ([OTHER_KEY, KEY, RenameTable(old=CHILD, new="d")], Reference("d", "p"), [1]),
    "a parent that was renamed": ([OTHER_KEY, KEY, RenameTable(old=PARENT, new="q")], Reference("c", "q"), [1]),
    "a name that another table had before": (
        [KEY, RenameTable(old=PARENT, new="q"), RenameTable(old=OTHER, new="p"), OTHER_KEY],
        Reference("c", "q"),
        [0],
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_broken_references_lead_to_the_operations_that_broke_them(case: str) -> None:
    operations, reference, places = FOUND[case]
    assert those_that_broke(operations, [reference]) == tuple(operations[place] for place in places)


def test_several_references_name_each_operation_once_in_order() -> None:
    operations = [OTHER_KEY, KEY]
    references = [BROKEN, Reference("c", "o"), BROKEN]
    assert those_that_broke(operations, references) == (OTHER_KEY, KEY)
