"""Random models, realistic edits of them, and rows to fill them with.

Everything is decided by a `random.Random`, so that a seed is the whole case. Models are plain data (`Tables`), turned
into a `MetaData` by `build`: plain data can be edited, printed and shrunk.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

TABLES = ("users", "orders", "items", "tags", "logs", "roles", "teams", "Order Lines", "group")
COLUMNS = ("a", "b", "c", "d", "e", "name", "status", "order", "Total", "note", "when", "x y")

TYPES: dict[str, Callable[[], Any]] = {
    "int": sa.Integer,
    "bigint": sa.BigInteger,
    "smallint": sa.SmallInteger,
    "str20": lambda: sa.String(20),
    "str50": lambda: sa.String(50),
    "str200": lambda: sa.String(200),
    "text": sa.Text,
    "bool": sa.Boolean,
    "date": sa.Date,
    "datetime": sa.DateTime,
    "time": sa.Time,
    "num8": lambda: sa.Numeric(8, 2),
    "num12": lambda: sa.Numeric(12, 2),
    "num14": lambda: sa.Numeric(14, 4),
    "float": sa.Float,
    "double": sa.Double,
    "json": sa.JSON,
    "binary": sa.LargeBinary,
    "uuid": sa.Uuid,
    "char4": lambda: sa.CHAR(4),
}
FAMILIES = (
    ("int", "bigint", "smallint", "num8", "num12", "num14", "str20", "str50", "text"),
    ("str20", "str50", "str200", "text"),
    ("float", "double", "num14"),
    ("date", "datetime"),
    ("bool", "int", "smallint"),
)
"""Types between which values like those of `value` survive, both ways."""

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "int": ("0", "5", sa.text("1"), sa.text("-1"), sa.text("(1 + 2)")),
    "bigint": ("0", sa.text("12345678901")),
    "smallint": ("0", sa.text("3")),
    "str20": ("", "new", "it's", "100%", "a:b", 'q"q', sa.text("'x'")),
    "str50": ("", "new", "it's", "NULL", "null", "1"),
    "str200": ("", "new", "back"),
    "bool": (sa.true(), sa.false(), sa.text("true")),
    "date": ("2020-01-02",),
    "datetime": (sa.func.now(), sa.text("CURRENT_TIMESTAMP"), "2020-01-02 03:04:05"),
    "num8": ("0", "1.50", sa.text("2.5")),
    "num12": ("0", sa.text("100")),
    "num14": ("0.1234",),
    "float": ("1.5", sa.text("0")),
    "double": ("2.5",),
    "char4": ("abcd",),
}
INDEXABLE = frozenset(TYPES) - {"text", "json", "binary"}


@dataclass
class Col:
    """A column, as plain data."""

    name: str
    type: str
    nullable: bool = True
    default: Any = None
    comment: str | None = None


@dataclass
class Tab:
    """A table, as plain data. Names of constraints may be None."""

    name: str
    cols: list[Col]
    pk: tuple[str, ...] = ("id",)
    pk_name: str | None = None
    uniques: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    checks: list[tuple[str | None, str]] = field(default_factory=list)
    fks: list[tuple[str | None, str, str, str | None]] = field(default_factory=list)
    indexes: list[tuple[str, tuple[str, ...], bool]] = field(default_factory=list)
    comment: str | None = None

    @property
    def key(self) -> str:
        """Its key in ``MetaData.tables``."""
        return self.name

    def col(self, name: str) -> Col:
        return next(col for col in self.cols if col.name == name)

    def used(self, name: str) -> bool:
        """Whether anything but the column itself mentions it."""
        return (
            name in self.pk
            or any(name in cols for _, cols in self.uniques)
            or any(f'"{name}"' in text for _, text in self.checks)
            or any(name == col for _, col, _, _ in self.fks)
            or any(name in cols for _, cols, _ in self.indexes)
        )


Tables = dict[str, Tab]


def random_models(rng: random.Random, *, most: int = 5) -> Tables:
    """Up to *most* tables with everything in them."""
    tables: Tables = {}
    for name in rng.sample(TABLES, rng.randint(1, most)):
        tables[name] = Tab(name, [Col("id", rng.choice(("int", "int", "bigint", "str20")), nullable=False)])
    for tab in tables.values():
        for name in rng.sample(COLUMNS, rng.randint(0, 6)):
            tab.cols.append(random_column(rng, name))
        for make in (add_unique, add_check, add_index, add_fk):
            for _ in range(rng.randint(0, 2)):
                make(rng, tables, tab)
        tab.comment = rng.choice((None, None, "it's a table", "100% sure"))
        tab.pk_name = rng.choice((None, None, f"pk_{tab.name}"))
    return tables


def random_column(rng: random.Random, name: str, *, filled: bool = False) -> Col:
    """A column; with *filled* one that can be added to a table that has rows."""
    type_ = rng.choice(list(TYPES))
    default = rng.choice((None, *DEFAULTS.get(type_, ())))
    nullable = rng.random() < 0.6 or (filled and default is None)
    return Col(name, type_, nullable, default, rng.choice((None, None, None, "a comment", "it's 5%")))


def edit(rng: random.Random, tables: Tables, edits: int) -> Tables:
    """A copy of *tables* after that many realistic edits."""
    before, tables = tables, copy.deepcopy(tables)
    for _ in range(edits):
        rng.choice(EDITS)(rng, tables)
    for name in tables.keys() & before.keys():
        old = {col.name for col in before[name].cols}
        for col in tables[name].cols:
            # A column that is NOT NULL without a default cannot be added to a table that has rows.
            col.nullable = col.nullable or (col.name not in old and col.default is None)
    return tables


def _some(rng: random.Random, tables: Tables) -> Tab | None:
    return rng.choice(sorted(tables.values(), key=lambda tab: tab.name)) if tables else None


def _free(rng: random.Random, tab: Tab) -> str | None:
    names = [name for name in COLUMNS if all(col.name != name for col in tab.cols)]
    return rng.choice(names) if names else None


def _indexable(tab: Tab) -> list[str]:
    return [col.name for col in tab.cols if col.type in INDEXABLE]


def add_unique(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    names = _indexable(tab) if tab else []
    if not tab or not names:
        return
    cols = tuple(rng.sample(names, min(len(names), rng.randint(1, 2))))
    # Unique with the id in it, so that any rows satisfy it, and nothing else the same.
    cols = cols if "id" in cols else (*cols, "id")
    if all(set(cols) != set(others) for _, others in tab.uniques) and set(cols) != set(tab.pk):
        tab.uniques.append((rng.choice((None, f"uq_{tab.name}_{cols[0]}")), cols))
        _dedupe(tab)


def add_check(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    if not tab:
        return
    numbers = [col for col in tab.cols if col.type in ("int", "bigint", "smallint", "num8", "num12")]
    # MariaDB takes no CHECK on an AUTO_INCREMENT column, nor on one that a foreign key sets to NULL.
    numbers = [col for col in numbers if col.name != "id" and not col.name.endswith("_id")]
    if numbers:
        name = rng.choice(numbers).name
        text = rng.choice(
            (f'"{name}" > -100', f'"{name}" >= -100 AND "{name}" < 100000000000', f'"{name}" IS NOT NULL')
        )
        tab.checks.append((rng.choice((None, f"ck_{tab.name}_{len(tab.checks)}_{rng.randint(0, 3)}")), text))
        _dedupe(tab)


def add_index(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    names = _indexable(tab) if tab else []
    if tab and names:
        cols = tuple(rng.sample(names, min(len(names), rng.randint(1, 2))))
        unique = rng.random() < 0.2 and "id" in cols
        tab.indexes.append((f"ix_{tab.name}_{rng.choice(cols)}", cols, unique))
        _dedupe(tab)


def add_fk(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    if not tab:
        return
    target = rng.choice(sorted(tables.values(), key=lambda each: each.name))
    name = f"{target.name}_id"
    if target.pk != ("id",) or any(col.name == name for col in tab.cols):
        return
    tab.cols.append(Col(name, target.col("id").type))
    action = rng.choice((None, "CASCADE", "SET NULL"))
    tab.fks.append((rng.choice((None, f"fk_{tab.name}_{target.name}")), name, target.name, action))
    if rng.random() < 0.3:
        tab.indexes.append((f"ix_{tab.name}_{name}", (name,), False))


def _dedupe(tab: Tab) -> None:
    """Names are unique, and so are the contents of what has no name."""
    seen: set[Any] = set()
    for attribute in ("uniques", "checks", "indexes"):
        kept = []
        for entry in getattr(tab, attribute):
            keys = {entry[0] or ("unnamed", entry[1]), ("content", attribute, entry[1])}
            if not keys & seen:
                kept.append(entry)
                seen |= keys
        setattr(tab, attribute, kept)


def _add_table(rng: random.Random, tables: Tables) -> None:
    names = [name for name in TABLES if name not in tables]
    if names:
        name = rng.choice(names)
        tables[name] = Tab(name, [Col("id", rng.choice(("int", "bigint")), nullable=False)])
        for column in rng.sample(COLUMNS, rng.randint(0, 4)):
            tables[name].cols.append(random_column(rng, column))
        add_fk(rng, tables, tables[name])
        add_index(rng, tables, tables[name])


def _drop_table(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and len(tables) > 1:
        del tables[tab.name]
        for other in tables.values():
            # The columns that pointed to it go, too: to rows that a downgrade cannot bring back.
            _take_out(other, f"{tab.name}_id")


def _take_out(tab: Tab, name: str) -> None:
    tab.cols = [col for col in tab.cols if col.name != name]
    tab.uniques = [entry for entry in tab.uniques if name not in entry[1]]
    tab.checks = [entry for entry in tab.checks if f'"{name}"' not in entry[1]]
    tab.indexes = [entry for entry in tab.indexes if name not in entry[1]]
    tab.fks = [entry for entry in tab.fks if entry[1] != name]


def _add_column(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and (name := _free(rng, tab)):
        tab.cols.append(random_column(rng, name, filled=True))


def _drop_column(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    names = [col.name for col in tab.cols if col.name not in tab.pk and col.nullable] if tab else []
    if tab and names:
        _take_out(tab, rng.choice(names))


def _alter_type(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = [col for col in tab.cols if col.name != "id" and not col.name.endswith("_id")] if tab else []
    if not tab or not cols:
        return
    col = rng.choice(cols)
    family = [each for family in FAMILIES if col.type in family for each in family if each != col.type]
    family = [each for each in family if each in INDEXABLE or not tab.used(col.name)]
    if family and not any(f'"{col.name}"' in text for _, text in tab.checks):
        col.type = rng.choice(family)
        col.default = rng.choice((None, *DEFAULTS.get(col.type, ())))


def _alter_id(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and tab.pk == ("id",) and tab.col("id").type in ("int", "bigint"):
        new = "bigint" if tab.col("id").type == "int" else "int"
        tab.col("id").type = new
        for other in tables.values():
            for _, name, target, _ in other.fks:
                if target == tab.name:
                    other.col(name).type = new


def _alter_nullable(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = [col for col in tab.cols if col.name not in tab.pk and not col.name.endswith("_id")] if tab else []
    if cols:
        col = rng.choice(cols)
        col.nullable = not col.nullable


def _alter_default(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = [col for col in tab.cols if col.name != "id" and not col.name.endswith("_id")] if tab else []
    if cols:
        col = rng.choice(cols)
        col.default = rng.choice((None, *DEFAULTS.get(col.type, ())))


def _alter_comment(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and rng.random() < 0.3:
        tab.comment = rng.choice((None, "new comment", "it's \\ back"))
    elif tab:
        rng.choice(tab.cols).comment = rng.choice((None, "new comment", "50% 'off'"))


def _drop_part(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    parts = (
        [getattr(tab, name) for name in ("uniques", "checks", "indexes", "fks") if getattr(tab, name)] if tab else []
    )
    if parts:
        part = rng.choice(parts)
        part.pop(rng.randrange(len(part)))


def _rename_part(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    names = [name for name in ("uniques", "checks", "indexes", "fks") if tab and getattr(tab, name)]
    if tab and names:
        part = getattr(tab, rng.choice(names))
        place = rng.randrange(len(part))
        part[place] = (f"nm_{tab.name}_{rng.randint(0, 99)}", *part[place][1:])
        _dedupe(tab)


def _alter_fk(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and tab.fks:
        place = rng.randrange(len(tab.fks))
        name, col, target, _ = tab.fks[place]
        tab.fks[place] = (name, col, target, rng.choice((None, "CASCADE", "SET NULL")))


def _alter_pk(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if not tab or any(entry[2] == tab.name for other in tables.values() for entry in other.fks):
        return
    if rng.random() < 0.4:
        tab.pk_name = rng.choice((None, f"pk_{tab.name}", f"{tab.name}_primary"))
        return
    if len(tab.pk) > 1:
        tab.pk = ("id",)
        return
    cols = [col for col in tab.cols if not col.nullable and col.name != "id" and col.type in ("int", "str20", "str50")]
    if cols:
        tab.pk = ("id", rng.choice(cols).name)


EDITS: tuple[Callable[[random.Random, Tables], None], ...] = (
    _add_table,
    _drop_table,
    _add_column,
    _add_column,
    _drop_column,
    _alter_type,
    _alter_type,
    _alter_id,
    _alter_nullable,
    _alter_default,
    _alter_default,
    _alter_comment,
    _drop_part,
    _drop_part,
    _rename_part,
    _alter_fk,
    _alter_pk,
    add_unique,
    add_check,
    add_index,
    add_fk,
    add_fk,
)


def build(tables: Tables, dialect: str) -> sa.MetaData:
    """The models as a `MetaData`; *dialect* decides what the text of a CHECK quotes names with."""
    metadata = sa.MetaData()
    for tab in tables.values():
        sa.Table(tab.name, metadata, *_columns(tab), *_constraints(tab, dialect), comment=tab.comment)
    return metadata


def _columns(tab: Tab) -> list[Any]:
    return [
        sa.Column(
            col.name,
            TYPES[col.type](),
            nullable=col.nullable,
            primary_key=False,
            server_default=copy.copy(col.default) if isinstance(col.default, str) else col.default,
            comment=col.comment,
        )
        for col in tab.cols
    ]


def _constraints(tab: Tab, dialect: str) -> list[Any]:
    quote = "`" if dialect in ("mysql", "mariadb") else '"'
    return [
        sa.PrimaryKeyConstraint(*tab.pk, name=tab.pk_name),
        *(sa.UniqueConstraint(*cols, name=name) for name, cols in tab.uniques),
        *(sa.CheckConstraint(text.replace('"', quote), name=name) for name, text in tab.checks),
        *(
            sa.ForeignKeyConstraint([col], [f"{target}.id"], name=name, ondelete=action)
            for name, col, target, action in tab.fks
        ),
        *(sa.Index(name, *cols, unique=unique) for name, cols, unique in tab.indexes),
    ]


def value(type_: str, number: int) -> Any:
    """A value of a type that tells rows apart, and survives within its family."""
    match type_:
        case "int" | "bigint" | "smallint":
            return number
        case "str20" | "str50" | "str200" | "text":
            return str(number)
        case "char4":
            return f"{number:04d}"
        case "bool":
            return bool(number % 2)
        case "date":
            return datetime.date(2020, 1, 1 + number)
        case "datetime":
            return datetime.datetime(2020, 1, 1 + number)
        case "time":
            return datetime.time(number, 30)
        case "num8" | "num12" | "num14":
            return decimal.Decimal(number)
        case "float" | "double":
            return float(number)
        case "json":
            return {"n": number}
        case "binary":
            return bytes([number])
        case "uuid":
            return uuid.UUID(int=number)
    raise ValueError(type_)


def rows(tab: Tab, count: int = 3) -> list[dict[str, Any]]:
    """Rows for a table: every column has a value, and foreign keys point to rows of the same number."""
    return [{col.name: value(col.type, number) for col in tab.cols} for number in range(1, count + 1)]


def kept_columns(before: Tab, after: Tab) -> list[str]:
    """The columns that are in both with the same type, the id first."""
    old = {col.name: col.type for col in before.cols}
    kept = [col.name for col in after.cols if old.get(col.name) == col.type]
    return sorted(kept, key=lambda name: name != "id") or ["id"]
