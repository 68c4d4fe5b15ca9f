"""Random models, realistic edits of them, and rows to fill them with.

Everything is decided by a `random.Random`, so that a seed is the whole case. Models are plain data (`Tables`), turned
into a `MetaData` by `build`: plain data can be edited, printed and shrunk.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from tests.support import own_types

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
OWN_TYPES: dict[str, dict[str, Callable[[], Any]]] = {
    "sqlite": {
        "nocase": lambda: sa.String(30, collation="NOCASE"),
    },
    "postgresql": {
        "jsonb": postgresql.JSONB,
        "inet": postgresql.INET,
        "ints": lambda: postgresql.ARRAY(sa.Integer),
        "strs": lambda: postgresql.ARRAY(sa.String(10)),
        "interval": sa.Interval,
        "interval3": lambda: postgresql.INTERVAL(fields="DAY TO SECOND", precision=3),
        "tz": lambda: sa.DateTime(timezone=True),
        "ts3": lambda: postgresql.TIMESTAMP(precision=3),
        "collated": lambda: sa.String(30, collation="C"),
        "bits": lambda: postgresql.BIT(4),
        "tsv": postgresql.TSVECTOR,
        "money": postgresql.MONEY,
        "range": postgresql.INT4RANGE,
    },
    "mysql": {
        "unsigned": lambda: mysql.INTEGER(unsigned=True),
        "tiny": mysql.TINYINT,
        "dt6": lambda: mysql.DATETIME(fsp=6),
        "medium": mysql.MEDIUMTEXT,
        "year": mysql.YEAR,
        "collated": lambda: sa.String(30, collation="utf8mb4_bin"),
        "latin": lambda: mysql.VARCHAR(30, charset="latin1"),
        "set": lambda: mysql.SET("a", "b"),
        "blob": mysql.MEDIUMBLOB,
    },
}
"""What only one of the databases has."""

COMPILED: dict[str, Callable[[str], Any]] = {
    "own_spelled": lambda _: own_types.Spelled(default="VARCHAR(9)", postgresql="TEXT"),
    "own_collated": lambda dialect: own_types.Collated(own_types.binary_collation(dialect)),
    "own_long": lambda _: own_types.LongText(),
    "own_code": lambda _: own_types.Code(20),
    "own_uuid": lambda _: own_types.ByDatabase(),
    "own_abstract": lambda _: own_types.Abstract(),
    "own_spoken": lambda _: own_types.Spoken(),
    "own_variant": lambda _: sa.String(9).with_variant(own_types.Spelled(default="VARCHAR(8)"), "mysql", "sqlite"),
    "own_int": lambda _: own_types.Key(),
}
"""Types of an application's own, on every database: what they are, only compiling them tells."""

FAMILIES = (
    ("own_long", "text", "str50"),
    ("own_spelled", "own_spoken", "own_collated", "own_variant", "str20"),
    ("own_int", "int", "bigint"),
    ("int", "bigint", "smallint", "num8", "num12", "num14", "str20", "str50", "text"),
    ("str20", "str50", "str200", "text"),
    ("float", "double", "num14"),
    ("date", "datetime"),
    ("bool", "int", "smallint"),
)
"""Types between which values like those of `value` survive, both ways."""

OWN_FAMILIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "sqlite": (("str50", "nocase"),),
    "postgresql": (
        ("json", "jsonb"),
        ("str50", "collated"),
        ("datetime", "tz"),
        ("datetime", "ts3"),
        ("date", "tz"),
        ("interval", "interval3"),
        ("ints", "strs"),
        ("int", "ints"),
    ),
    "mysql": (
        ("int", "unsigned", "bigint"),
        ("datetime", "dt6"),
        ("text", "medium", "str50"),
        ("str50", "collated", "latin"),
        ("tiny", "int"),
        ("binary", "blob"),
    ),
}

LABELS = ("new", "paid", "it's", "sent", "100%", "done")
ENUMS = ("status", "Mood", "size")
DOMAINS = ("email", "amount", "Zip Code")
DOMAIN_FAMILIES = (("int", "bigint", "num8"), ("str20", "str50", "text"))
DOMAIN_CHECKS = {
    "int": ("VALUE > -50", "VALUE <> -999 AND VALUE < 1000000"),
    "str20": ("VALUE <> '-'", "VALUE !~ '%x:y'"),
}
NAMED = frozenset({"enum", "domain"})

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "int": ("0", "5", sa.text("1"), sa.text("-1"), sa.text("(1 + 2)"), own_types.Fixed(), own_types.Registered()),
    "bigint": ("0", sa.text("12345678901")),
    "smallint": ("0", sa.text("3")),
    "str20": ("", "new", "it's", "100%", "a:b", sa.text("'x'"), own_types.Status.NEW),
    "str50": ("", "new", "it's", "NULL", "null", "1"),
    "str200": ("", "new", "back"),
    "bool": (sa.true(), sa.false(), sa.text("true")),
    "date": ("2020-01-02",),
    "datetime": (sa.func.now(), sa.text("CURRENT_TIMESTAMP"), "2020-01-02 03:04:05", own_types.Moment()),
    "num8": ("0", "1.50", sa.text("2.5")),
    "num12": ("0", sa.text("100")),
    "num14": ("0.1234",),
    "float": ("1.5", sa.text("0")),
    "double": ("2.5",),
    "char4": ("abcd",),
    "ts3": (sa.text("'2020-01-02 03:04:05+02'::timestamptz"),),
    "tz": ("2020-01-02 03:04:05+00", sa.text("'2020-01-02 03:04:05'::timestamp")),
    "inet": (sa.text("'10.0.0.1'::inet"),),
    "own_spelled": ("", "new", own_types.Status.OLD),
    "own_collated": ("it's", own_types.Status.NEW),
    "own_spoken": ("100%",),
    "own_variant": ("new",),
    "own_code": ("0000000",),
    "own_int": ("5", own_types.Fixed()),
}
INDEXABLE = frozenset(TYPES) - {"text", "json", "binary"} | {"nocase", "collated", "tz", "ts3", "unsigned", "dt6"}
INDEXABLE |= frozenset(COMPILED) - {"own_long"}
STRINGS = frozenset({"str20", "str50", "str200", "char4", "nocase", "collated"})
NUMBERS = frozenset({"int", "bigint", "smallint", "num8", "num12"})

INDEX_STYLES: dict[str, tuple[str, ...]] = {
    "sqlite": ("plain", "plain", "desc", "lower", "where", "own"),
    "postgresql": (
        "plain", "plain", "desc", "lower", "where", "nulls", "include", "hash", "fillfactor", "ops", "distinct", "sum",
        "own",
    ),
    "mysql": ("plain", "plain", "desc", "length", "fulltext"),
}  # fmt: skip

TEXT_INDEXES: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "{} DESC", "lower( {} )", "Lower({})   COLLATE nocase desc", "({} || 'x DESC') desc", "{} COLLATE nocase",
    ),
    "postgresql": (
        "{} DESC NULLS LAST", "(lower({}))text_pattern_ops", "{} varchar_pattern_ops DESC", '{} COLLATE "C"',
        'lower({}) COLLATE "C" text_pattern_ops DESC', "coalesce({}, 'x)')", "({} || 'x')", "({} IS NULL), {} DESC",
    ),
    "mysql": ("{} DESC", "{}(3)", "{} (4) DESC"),
}  # fmt: skip
"""Elements of an index as people type them, for a column of text."""
TEXT_CONDITIONS = ('"{}"<>-998', '"{}"  !=  -997 or "{}" is NULL', 'not("{}"=-996)', '("{}" > -995 /* at least */)')
"""Conditions on a number that is none of them, in odd spellings."""


@dataclass
class Col:
    """A column, as plain data. ``named`` is the one in `Tables.enums` or `Tables.domains` for these two types."""

    name: str
    type: str
    nullable: bool = True
    default: Any = None
    comment: str | None = None
    named: str | None = None
    computed: tuple[str, bool] | None = None
    identity: tuple[bool, dict[str, Any]] | None = None


@dataclass
class Dom:
    """A domain, as plain data: NOT NULL only with a default, so that columns can be added to rows."""

    base: str
    default: Any = None
    check: tuple[str | None, str] | None = None
    nullable: bool = True


@dataclass
class Fk:
    """A foreign key, as plain data. ``deferral`` is what ``deferrable=`` and ``initially=`` are given."""

    name: str | None
    cols: tuple[str, ...]
    target: str
    target_cols: tuple[str, ...] = ("id",)
    ondelete: str | None = None
    onupdate: str | None = None
    deferral: tuple[bool | None, str | None] = (None, None)
    use_alter: bool = False


@dataclass
class Tab:
    """A table, as plain data. Names of constraints may be None."""

    name: str
    cols: list[Col]
    pk: tuple[str, ...] = ("id",)
    pk_name: str | None = None
    uniques: list[tuple[str | None, tuple[str, ...], str | None]] = field(default_factory=list)
    """Name, columns, and INITIALLY what for those that are DEFERRABLE."""
    checks: list[tuple[str | None, str]] = field(default_factory=list)
    fks: list[Fk] = field(default_factory=list)
    excludes: list[tuple[str | None, str, str, str | None]] = field(default_factory=list)
    """Name, column, style (see `add_exclude`), and INITIALLY what for those that are DEFERRABLE."""
    indexes: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    comment: str | None = None
    schema: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    pk_deferral: str | None = None
    """INITIALLY what, if the primary key is DEFERRABLE."""
    on_columns: set[tuple[str | None, str]] = field(default_factory=set)
    """The `checks` that are given to their column."""
    notes: dict[str, str] = field(default_factory=dict)
    """Comments of constraints, by name."""
    unchecked: set[str] = field(default_factory=set)
    """The names of CHECKs and foreign keys that are added as NOT VALID."""

    @property
    def key(self) -> str:
        """Its key in ``MetaData.tables``."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def col(self, name: str) -> Col:
        return next(col for col in self.cols if col.name == name)

    def used(self, name: str) -> bool:
        """True if anything but the column itself refers to it."""
        return (
            name in self.pk
            or any(name in cols for _, cols, _ in self.uniques)
            or any(f'"{name}"' in text for _, text in self.checks)
            or any(name in fk.cols for fk in self.fks)
            or any(name == col for _, col, _, _ in self.excludes)
            or any(name in cols for _, cols, _ in self.indexes)
            or any(col.computed and f'"{name}"' in col.computed[0] for col in self.cols)
        )


class Tables(dict[str, Tab]):
    """Tables by name, with enums, domains and the like."""

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self.dialect = "mysql" if dialect == "mariadb" else dialect
        self.enums: dict[str, tuple[str, ...]] = {}
        self.domains: dict[str, Dom] = {}
        self.sequences: dict[str, dict[str, Any]] = {}
        self.taken: set[str] = set()
        self.pinned: set[tuple[str, str]] = set()
        self.targets: set[tuple[str, tuple[str, ...]]] = set()

    @property
    def types(self) -> dict[str, Callable[[], Any]]:
        """Return the types that a column may have."""
        compiled = {name: partial(make, self.dialect) for name, make in COMPILED.items()}
        return {**TYPES, **OWN_TYPES[self.dialect], **compiled}


def random_models(rng: random.Random, dialect: str, *, most: int = 5) -> Tables:
    """Up to *most* tables with everything in them."""
    tables = Tables(dialect)
    for name in rng.sample(ENUMS, rng.randint(0, 2)):
        tables.enums[name] = tuple(rng.sample(LABELS, rng.randint(1, 4)))
    if tables.dialect == "postgresql":
        for name in rng.sample(DOMAINS, rng.randint(0, 2)):
            tables.domains[name] = _domain(rng, rng.choice(DOMAIN_FAMILIES))
    for name in rng.sample(TABLES, rng.randint(1, most)):
        tables[name] = Tab(name, [Col("id", rng.choice(("int", "int", "bigint", "str20")), nullable=False)])
        if tables.dialect == "postgresql" and rng.random() < 0.2:
            tables[name].schema = "other"
        _add_code(rng, tables, tables[name])
    for tab in tables.values():
        for name in rng.sample(COLUMNS, rng.randint(0, 6)):
            tab.cols.append(random_column(rng, tables, name))
        for make in (add_unique, add_check, add_index, add_fk, add_exclude, _add_computed, add_text):
            for _ in range(rng.randint(0, 2)):
                make(rng, tables, tab)
        tab.comment = rng.choice((None, None, "it's a table", "100% sure"))
        tab.pk_name = rng.choice((None, None, f"pk_{tab.name}"))
        for _ in range(rng.randint(0, 2)):
            alter_facts(rng, tables, tab)
        if rng.random() < 0.3:
            _alter_options(rng, tables, tab)
        if rng.random() < 0.3:
            _alter_counting(rng, tables, tab)
    if rng.random() < 0.3:
        _alter_sequence(rng, tables)
        for tab in tables.values():
            if rng.random() < 0.3:
                _count_by_text(rng, tables, tab)
    return tables


def random_column(rng: random.Random, tables: Tables, name: str, *, filled: bool = False) -> Col:
    """A column; with *filled* one that can be added to a table that has rows."""
    comment = rng.choice((None, None, None, "a comment", "it's 5%", own_types.Status.ABOUT))
    if tables.enums and rng.random() < 0.15:
        enum = rng.choice(sorted(tables.enums))
        default = rng.choice((None, tables.enums[enum][0]))
        return Col(name, "enum", nullable=default is None, default=default, comment=comment, named=enum)
    if tables.domains and rng.random() < 0.2:
        domain = rng.choice(sorted(tables.domains))
        default = rng.choice((None, _domain_default(rng, tables.domains[domain].base)))
        return Col(name, "domain", rng.random() < 0.6 or default is None, default, comment, domain)
    own = list(OWN_TYPES[tables.dialect])
    type_ = rng.choice(own) if rng.random() < 0.25 else rng.choice(list(TYPES))
    type_ = rng.choice(list(COMPILED)) if rng.random() < 0.15 else type_
    default = rng.choice((None, *DEFAULTS.get(type_, ())))
    nullable = rng.random() < 0.6 or (filled and default is None)
    return Col(name, type_, nullable, default, comment)


def _domain(rng: random.Random, family: tuple[str, ...]) -> Dom:
    base = rng.choice(family)
    default = rng.choice((None, _domain_default(rng, base)))
    check = rng.choice((None, *DOMAIN_CHECKS[family[0]]))
    named = (rng.choice((None, "ck_domain")), check) if check else None
    return Dom(base, default, named, nullable=default is None or rng.random() < 0.6)


def _domain_default(rng: random.Random, base: str) -> Any:
    return rng.choice(("0", "5", sa.text("1"))) if base in DOMAIN_FAMILIES[0] else rng.choice(("", "it's", "100%"))


def _alter_domain(rng: random.Random, tables: Tables) -> None:
    """Another type of the same family, another default, another CHECK."""
    if tables.domains:
        name = rng.choice(sorted(tables.domains))
        family = next(each for each in DOMAIN_FAMILIES if tables.domains[name].base in each)
        tables.domains[name] = _domain(rng, family)


def _swap_domain(rng: random.Random, tables: Tables) -> None:
    """Change the type of a column to a domain, or to the type of its domain."""
    tab = _some(rng, tables)
    if tab is None or not tables.domains:
        return
    name, domain = rng.choice(sorted(tables.domains.items()))
    for col in tab.cols:
        if col.type == "domain" and col.named == name and not tab.used(col.name):
            col.type, col.named = domain.base, None
            return
    plain = [col for col in _ordinary(tables, tab) if col.type == domain.base and not tab.used(col.name)]
    if plain:
        col = rng.choice(plain)
        col.type, col.named = "domain", name


def edit(rng: random.Random, tables: Tables, edits: int) -> Tables:
    """A copy of *tables* after that many realistic edits."""
    before, tables = tables, copy.deepcopy(tables)
    # A name that was another table's, or another column's, is not used again: values that cannot become each other.
    tables.taken = {*before, *(f"{tab.name}.{col.name}" for tab in before.values() for col in tab.cols)}
    # Columns that keys refer to keep their values: the downgrade creates the keys again.
    tables.targets = {(fk.target, fk.target_cols) for tab in before.values() for fk in tab.fks}
    tables.pinned = {(fk.target, col) for tab in before.values() for fk in tab.fks for col in fk.target_cols}
    for _ in range(edits):
        rng.choice(EDITS)(rng, tables)
    for name in tables.keys() & before.keys():
        old = {col.name for col in before[name].cols}
        for col in tables[name].cols:
            # A column that is NOT NULL without a default cannot be added to a table that has rows.
            col.nullable = col.nullable or (col.name not in old and col.default is None)
            if col.name in old and not col.nullable and col.default is None and not col.computed:
                # Rows that have no value need one, too.
                col.nullable = _may_lack(before[name], before[name].col(col.name))
        if not all(_keyed(tables[name], col) for col in tables[name].pk):
            tables[name].pk = before[name].pk
    return tables


def _keyed(tab: Tab, name: str) -> bool:
    return any(col.name == name and not col.nullable for col in tab.cols)


def _some(rng: random.Random, tables: Tables) -> Tab | None:
    return rng.choice(sorted(tables.values(), key=lambda tab: tab.name)) if tables else None


def _free(rng: random.Random, tables: Tables, tab: Tab) -> str | None:
    names = [name for name in COLUMNS if all(col.name != name for col in tab.cols)]
    names = [name for name in names if f"{tab.name}.{name}" not in tables.taken]
    return rng.choice(names) if names else None


def _indexable(tab: Tab) -> list[str]:
    return [col.name for col in tab.cols if col.type in INDEXABLE and col.computed is None]


def add_unique(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    names = _indexable(tab) if tab else []
    if not tab or not names:
        return
    cols = tuple(rng.sample(names, min(len(names), rng.randint(1, 2))))
    # Unique with the id in it, so that any rows satisfy it, and nothing else the same.
    cols = cols if "id" in cols else (*cols, "id")
    if all(set(cols) != set(others) for _, others, _ in tab.uniques) and set(cols) != set(tab.pk):
        deferral = rng.choice((None, None, None, "IMMEDIATE", "DEFERRED")) if tables.dialect == "postgresql" else None
        tab.uniques.append((rng.choice((None, f"uq_{tab.name}_{cols[0]}")), cols, deferral))
        _dedupe(tab)


def add_check(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    if not tab:
        return
    numbers = [col for col in tab.cols if col.type in NUMBERS and col.computed is None]
    # MariaDB takes no CHECK on an AUTO_INCREMENT column, nor on one that a foreign key sets to NULL.
    numbers = [col for col in numbers if col.name != "id" and not col.name.endswith("_id")]
    strings = [col for col in tab.cols if col.type in ("str20", "str50", "str200") and not col.name.endswith("_id")]
    if strings and rng.random() < 0.3:
        # Every value, and every default that such a column may have.
        listed = "'1', '2', '3', 'x', '', 'new', 'it''s', '100%', 'a:b', 'NULL', 'null', 'back'"
        name, word = rng.choice(strings).name, rng.choice((f"IN ({listed})", "NOT IN ('-', '?')"))
        tab.checks.append((rng.choice((None, f"ck_{tab.name}_in_{rng.randint(0, 3)}")), f'"{name}" {word}'))
        _dedupe(tab)
    elif numbers:
        name = rng.choice(numbers).name
        text = rng.choice((f'"{name}" > -100', f'"{name}" >= -100 AND "{name}" < 100000000000', f'"{name}" <> -999'))
        tab.checks.append((rng.choice((None, f"ck_{tab.name}_{len(tab.checks)}_{rng.randint(0, 3)}")), text))
        _dedupe(tab)


def add_index(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    names = _indexable(tab) if tab else []
    if not tab or not names:
        return
    style = rng.choice(INDEX_STYLES[tables.dialect])
    needs = {"lower": STRINGS, "ops": STRINGS, "length": STRINGS, "fulltext": STRINGS, "where": NUMBERS, "sum": NUMBERS}
    needs["own"] = NUMBERS
    fitting = [col.name for col in tab.cols if col.name in names and col.type in needs.get(style, INDEXABLE)]
    if style in needs or style == "hash":
        cols = tuple(rng.sample(fitting, 1)) if fitting else ()
    else:
        cols = tuple(rng.sample(names, min(len(names), rng.randint(1, 2))))
    if style == "fulltext" and any(set(fk.cols) & set(cols) for fk in tab.fks):
        # MariaDB drops the index it keeps for the key, as if this one could serve it.
        return
    if style == "distinct" and "id" not in cols:
        cols = (*cols, "id")
    if style == "plain" and "id" in cols and rng.random() < 0.3:
        style = "unique"
    if cols:
        tab.indexes.append((f"ix_{tab.name}_{rng.choice(cols)}", cols, style))
        _dedupe(tab)


def add_text(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """Add an index or a CHECK that is typed as text, on a column that only texts or only numbers are in."""
    tab = tab or _some(rng, tables)
    cols = (
        [col for col in tab.cols if col.name != "id" and not col.name.endswith("_id") and not col.computed]
        if tab
        else []
    )
    strings = [col.name for col in cols if col.type in ("str20", "str50", "str200")]
    numbers = [col.name for col in cols if col.type in NUMBERS]
    number = rng.randint(0, 9)
    if tab and strings and rng.random() < 0.5:
        style = f"{rng.choice(('text', 'literal'))} {rng.choice(TEXT_INDEXES[tables.dialect])}"
        tab.indexes.append((f"ix_{tab.name}_text{number}", (rng.choice(strings),), style))
    elif tab and numbers and tables.dialect != "mysql" and rng.random() < 0.5:
        style = f"where {rng.choice(TEXT_CONDITIONS)}"
        tab.indexes.append((f"ix_{tab.name}_where{number}", (rng.choice(numbers),), style))
    elif tab and numbers:
        name, text = rng.choice(numbers), rng.choice(TEXT_CONDITIONS)
        tab.checks.append((rng.choice((None, f"ck_{tab.name}_text{number}")), text.replace("{}", name)))
    if tab:
        _dedupe(tab)


ACTIONS: dict[str, tuple[str | None, ...]] = {
    "sqlite": (None, None, "CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"),
    "postgresql": (None, None, "CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"),
    "mysql": (None, None, "CASCADE", "SET NULL", "RESTRICT", "NO ACTION"),
}
DEFERRALS = ((None, None), (None, None), (True, None), (False, None), (True, "DEFERRED"), (True, "IMMEDIATE"))


def add_fk(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """A foreign key to a primary key or to a unique constraint, with separate columns."""
    tab = tab or _some(rng, tables)
    if not tab:
        return
    target = rng.choice(sorted(tables.values(), key=lambda each: each.name))
    # A key cannot point to what may be untrue for a while.
    found = [target.pk] if target.pk_deferral is None else []
    found += [cols for _, cols, deferral in target.uniques if deferral is None]
    if not found:
        return
    target_cols = rng.choice(found)
    cols = tuple(f"{target.name}_id" if each == "id" else f"{target.name}_{each}_id" for each in target_cols)
    if any(col.name in cols for col in tab.cols) or (tables.dialect != "sqlite" and tab.options != target.options):
        return
    nullable = rng.random() < 0.7
    tab.cols += [Col(name, target.col(to).type, nullable) for name, to in zip(cols, target_cols, strict=True)]
    name = rng.choice((None, f"fk_{tab.name}_{target.name}_{len(cols)}"))
    tab.fks.append(Fk(name, cols, target.name, target_cols))
    _alter_actions(rng, tables, tab, tab.fks[-1])
    if rng.random() < 0.3:
        tab.indexes.append((f"ix_{tab.name}_{cols[0]}", cols, "plain"))
    _dedupe(tab)


def _alter_actions(rng: random.Random, tables: Tables, tab: Tab, fk: Fk) -> None:
    actions = ACTIONS[tables.dialect]
    if not all(tab.col(name).nullable for name in fk.cols):
        actions = tuple(action for action in actions if action != "SET NULL")
    fk.ondelete = rng.choice(actions)
    # MariaDB cascades no update from a nullable column to one that is NOT NULL, and does not always report it.
    updates = actions if "SET NULL" in actions or tables.dialect != "mysql" else (None, "RESTRICT", "NO ACTION")
    fk.onupdate = rng.choice(updates)
    fk.deferral = rng.choice(DEFERRALS) if tables.dialect != "mysql" else (None, None)
    # create_all() needs a name for a key that it adds by ALTER TABLE.
    fk.use_alter = fk.name is not None and rng.random() < 0.2


def _add_code(rng: random.Random, tables: Tables, tab: Tab) -> None:
    """A column that is unique without the id, which keys can point to; or one that the primary key has, too."""
    how = rng.random()
    if how < 0.3:
        tab.cols.append(Col("code", rng.choice(("str20", "int", "bigint")), nullable=False))
        if how < 0.1:
            tab.pk = rng.choice((("id", "code"), ("code", "id")))
        else:
            tab.uniques.append((rng.choice((None, f"uq_{tab.name}_code")), ("code",), None))


def add_exclude(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """PostgreSQL: no two rows with the same id; no two with the same range, or with ranges that touch."""
    tab = tab or _some(rng, tables)
    if not tab or tables.dialect != "postgresql":
        return
    ranges = [col.name for col in tab.cols if col.type == "range"]
    if not ranges and (name := _free(rng, tables, tab)) and rng.random() < 0.5:
        tab.cols.append(Col(name, "range"))
        ranges = [name]
    col = rng.choice(["id", *ranges])
    style = "btree" if col == "id" else rng.choice(("same", "touching", "expression"))
    name = rng.choice((None, f"ex_{tab.name}_{col}"))
    tab.excludes.append((name, col, style, rng.choice((None, None, "IMMEDIATE", "DEFERRED"))))
    _dedupe(tab)


def _points_to(tables: Tables, tab: Tab, cols: tuple[str, ...]) -> bool:
    """Return True if a foreign key refers to these columns of *tab*."""
    return any(fk.target == tab.name and fk.target_cols == cols for other in tables.values() for fk in other.fks)


def _add_computed(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    numbers = [c.name for c in tab.cols if c.type in ("int", "smallint", "bigint") and not c.computed] if tab else []
    # MariaDB generates nothing from an AUTO_INCREMENT column, nor from one that a foreign key sets to NULL.
    numbers = [name for name in numbers if name != "id" and not name.endswith("_id")]
    name = _free(rng, tables, tab) if tab else None
    if tab and numbers and name:
        stored = tables.dialect == "postgresql" or rng.random() < 0.5
        tab.cols.append(Col(name, "bigint", computed=(f'"{rng.choice(numbers)}" + {rng.randint(1, 3)}', stored)))


def _alter_computed(rng: random.Random, tables: Tables) -> None:
    found = [(tab, col) for tab in tables.values() for col in tab.cols if col.computed]
    if not found:
        return
    tab, col = rng.choice(found)
    assert col.computed is not None
    base = col.computed[0].rpartition(" + ")[0]
    how = rng.random()
    if how < 0.2:
        col.computed, col.default = None, rng.choice((None, "7"))
    elif how < 0.5:
        col.computed = (f"{base} + {rng.randint(4, 9)}", col.computed[1])
    elif how < 0.7 and tables.dialect != "postgresql":
        col.computed = (col.computed[0], not col.computed[1])
    else:
        _take_out(tables, tab, col.name)


def _alter_options(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    tab = tab or _some(rng, tables)
    choices: dict[str, tuple[dict[str, Any], ...]] = {
        "sqlite": ({}, {"sqlite_autoincrement": True}, {"sqlite_with_rowid": False}),
        "postgresql": ({}, {"postgresql_with": {"fillfactor": 70}}, {"prefixes": ["UNLOGGED"]}),
        "mysql": ({}, _both(row_format="DYNAMIC"), _both(collate="utf8mb4_bin")),
    }
    if not tab:
        return
    options = rng.choice(choices[tables.dialect])
    keyed = tab.pk == ("id",) and tab.col("id").type == "int"
    if "sqlite_autoincrement" in options and not (keyed and tab.pk_name is None):
        # SQLAlchemy writes such a key at the column, without its name.
        return
    if tables.dialect in ("postgresql", "mysql") and (tab.fks or _is_target(tables, tab)) and options:
        # A logged table may not point to an unlogged one; strings under keys keep their collation.
        return
    tab.options = dict(options)


def _is_target(tables: Tables, tab: Tab) -> bool:
    return any(fk.target == tab.name for other in tables.values() for fk in other.fks)


def _both(**options: Any) -> dict[str, Any]:
    """Options for MySQL's dialect, and the same for MariaDB's."""
    return {f"{prefix}_{name}": value for prefix in ("mysql", "mariadb") for name, value in options.items()}


_NUMBERS: tuple[dict[str, Any], ...] = (
    {"start": 1, "increment": 1},
    {"start": 5, "increment": 10},
    {"start": 100, "increment": 10},
    {},
    {"start": 1, "minvalue": 0},
    {"minvalue": 50},
    {"minvalue": 50, "maxvalue": 2**31 - 1, "cycle": True},
    {"start": 7, "maxvalue": 90, "cache": 5},
    {"increment": -1},
    {"increment": -2, "start": 40, "minvalue": -90, "maxvalue": 60},
)
"""Options of sequences and identities."""


def _alter_counting(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """PostgreSQL: SERIAL or identity, with options."""
    tab = tab or _some(rng, tables)
    if tab and tables.dialect == "postgresql" and tab.col("id").type in ("int", "bigint"):
        numbers = dict(rng.choice(_NUMBERS))
        # The rows of an identity that is always generated are expected in the order of their numbers.
        plain = numbers.get("increment", 1) == 1 and numbers.get("start", numbers.get("minvalue", 1)) == 1
        always = rng.random() < 0.5 and plain
        tab.col("id").identity = rng.choice((None, (always, numbers)))


def _alter_sequence(rng: random.Random, tables: Tables) -> None:
    if tables.dialect == "sqlite":
        return
    name = rng.choice(("numbers", "Ticket No"))
    how = rng.random()
    if name not in tables.sequences or how < 0.5:
        tables.sequences[name] = dict(rng.choice(_NUMBERS))
    else:
        del tables.sequences[name]


def _count_by_text(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """A default that is known by its text only to use a sequence."""
    tab = tab or _some(rng, tables)
    if tab and tables.sequences:
        # A number of the sequence is the key of no row, so a column that refers to one cannot have it.
        keys = {name for fk in tab.fks for name in fk.cols}
        free = [
            col
            for col in tab.cols
            if col.nullable and col.type in ("int", "bigint") and not col.computed and col.name not in keys
        ]
        for col in free[:1]:
            col.default = f"{_NEXTVAL}{rng.choice(sorted(tables.sequences))}"


_NEXTVAL = "nextval of "


def _default(col: Col, tables: Tables) -> Any:
    if not isinstance(col.default, str) or not col.default.startswith(_NEXTVAL):
        return col.default
    name = col.default.removeprefix(_NEXTVAL)
    if name not in tables.sequences:
        return None
    return sa.text(f"nextval(`{name}`)" if tables.dialect == "mysql" else f"""nextval('"{name}"')""")


def _alter_enum(rng: random.Random, tables: Tables) -> None:
    if not tables.enums:
        return
    name = rng.choice(sorted(tables.enums))
    labels = list(tables.enums[name])
    fresh = [label for label in LABELS if label not in labels]
    how = rng.random()
    if how < 0.4 and fresh:
        labels.insert(rng.randint(1, len(labels)), rng.choice(fresh))
    elif how < 0.6 and len(labels) > 1:
        # The first label is the one that rows have.
        labels.pop(rng.randrange(1, len(labels)))
    elif how < 0.8 and len(labels) > 1 and fresh:
        labels[rng.randrange(1, len(labels))] = rng.choice(fresh)
    elif len(labels) > 2:
        labels[1:] = rng.sample(labels[1:], len(labels) - 1)
    tables.enums[name] = tuple(labels)


def _dedupe(tab: Tab) -> None:
    """Names are unique, and so are the contents of what has no name."""
    seen: set[Any] = set()
    tab.fks = list({fk.name or fk.cols: fk for fk in tab.fks}.values())
    seen |= {fk.name for fk in tab.fks if fk.name}
    for attribute in ("uniques", "checks", "indexes", "excludes"):
        kept = []
        for entry in getattr(tab, attribute):
            keys = {entry[0] or ("unnamed", entry[1]), ("content", attribute, *entry[1:])}
            if not keys & seen:
                kept.append(entry)
                seen |= keys
        setattr(tab, attribute, kept)


def _add_table(rng: random.Random, tables: Tables) -> None:
    names = [name for name in TABLES if name not in tables and name not in tables.taken]
    if names:
        name = rng.choice(names)
        tables[name] = Tab(name, [Col("id", rng.choice(("int", "bigint")), nullable=False)])
        _add_code(rng, tables, tables[name])
        for column in rng.sample(COLUMNS, rng.randint(0, 4)):
            tables[name].cols.append(random_column(rng, tables, column))
        add_fk(rng, tables, tables[name])
        add_index(rng, tables, tables[name])


def _drop_table(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and len(tables) > 1 and not _woven(tables, tab):
        del tables[tab.name]
        keep = rng.random() < 0.5
        for other in tables.values():
            other.fks = [fk for fk in other.fks if fk.target != tab.name]
            # The columns that pointed to it may go, too.
            for col in list(other.cols):
                if not keep and col.name.startswith(f"{tab.name}_") and col.name.endswith("_id"):
                    _take_out(tables, other, col.name)


def _woven(tables: Tables, tab: Tab) -> bool:
    """Whether rows that a downgrade brings back are out of reach.

    Keys of several columns and other keys point to *tab*, and would have to share them; or they exclude each other.
    """
    if tab.excludes:
        return True
    keys = {columns for target, columns in tables.targets if target == tab.name}
    return len(keys) > 1 and any(len(columns) > 1 for columns in keys)


def _take_out(tables: Tables, tab: Tab, name: str) -> None:
    for col in [each for each in tab.cols if each.computed and f'"{name}"' in each.computed[0]]:
        _take_out(tables, tab, col.name)
    for other in tables.values():
        other.fks = [fk for fk in other.fks if fk.target != tab.name or name not in fk.target_cols]
    tab.cols = [col for col in tab.cols if col.name != name]
    tab.uniques = [entry for entry in tab.uniques if name not in entry[1]]
    tab.checks = [entry for entry in tab.checks if f'"{name}"' not in entry[1]]
    tab.indexes = [entry for entry in tab.indexes if name not in entry[1]]
    tab.fks = [fk for fk in tab.fks if name not in fk.cols]
    tab.excludes = [entry for entry in tab.excludes if entry[1] != name]


def _add_column(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and (name := _free(rng, tables, tab)):
        tab.cols.append(random_column(rng, tables, name, filled=True))


def _drop_column(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    # On the way back a NOT NULL column needs a value, which only the types that every database has are given.
    names = [c.name for c in tab.cols if c.name not in tab.pk and (c.nullable or c.type in TYPES)] if tab else []
    names = [name for name in names if tab and (tab.name, name) not in tables.pinned]
    if tab and names:
        _take_out(tables, tab, rng.choice(names))


def _ordinary(tables: Tables, tab: Tab | None) -> list[Col]:
    """Return the plain columns: no foreign key refers from or to them, and they are not generated."""
    if tab is None:
        return []
    targets = {col for other in tables.values() for fk in other.fks if fk.target == tab.name for col in fk.target_cols}
    targets |= {"id", "code", *(col for name, col in tables.pinned if name == tab.name)}
    return [
        c
        for c in tab.cols
        if c.name not in targets and not c.name.endswith("_id") and not c.computed and c.type not in NAMED
    ]


def _alter_type(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = _ordinary(tables, tab)
    if not tab or not cols:
        return
    col = rng.choice(cols)
    families = (*FAMILIES, *OWN_FAMILIES[tables.dialect])
    family = [each for family in families if col.type in family for each in family if each != col.type]
    family = [each for each in family if each in INDEXABLE or not tab.used(col.name)]
    styled = [entry for entry in tab.indexes if col.name in entry[1] and entry[2] not in ("plain", "desc", "unique")]
    if (
        family
        and not styled
        and (
            not any(f'"{col.name}"' in text for _, text in tab.checks) or (col.type in STRINGS and "int" not in family)
        )
        and not _generates(tab, col)
    ):
        col.type = rng.choice(family)
        col.default = rng.choice((None, *DEFAULTS.get(col.type, ())))


def _generates(tab: Tab, col: Col) -> bool:
    return any(each.computed and f'"{col.name}"' in each.computed[0] for each in tab.cols)


def _alter_id(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if (
        tab
        and tab.pk == ("id",)
        and tab.col("id").type in ("int", "bigint")
        and "sqlite_autoincrement" not in tab.options
    ):
        new = "bigint" if tab.col("id").type == "int" else "int"
        _retype(tables, tab, "id", new)


def _retype(tables: Tables, tab: Tab, name: str, new: str) -> None:
    """Give a column another type, and those of the keys that point to it."""
    if tab.col(name).type == new:
        return
    tab.col(name).type = new
    for other in tables.values():
        for fk in other.fks:
            for col, to in zip(fk.cols, fk.target_cols, strict=True):
                if (fk.target, to) == (tab.name, name):
                    _retype(tables, other, col, new)


def _alter_nullable(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = [col for col in _ordinary(tables, tab) if tab and col.name not in tab.pk]
    if cols:
        col = rng.choice(cols)
        col.nullable = not col.nullable
        if not col.nullable and col.default is None:
            # The rows that have none get it.
            col.default = next(iter(DEFAULTS.get(col.type, ())), None)


def _may_lack(tab: Tab, col: Col) -> bool:
    """Return True if the column may be NULL."""
    return col.nullable and col.type not in NAMED and not tab.used(col.name)


def _alter_default(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    cols = _ordinary(tables, tab)
    if cols:
        col = rng.choice(cols)
        col.default = rng.choice((None, *DEFAULTS.get(col.type, ())))


def _alter_label_default(rng: random.Random, tables: Tables) -> None:
    found = [col for tab in tables.values() for col in tab.cols if col.type == "enum"]
    if found:
        col = rng.choice(found)
        col.default = rng.choice((None, *tables.enums[str(col.named)])) if col.nullable else col.default


def _alter_comment(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and rng.random() < 0.3:
        tab.comment = rng.choice((None, "new comment", "it's \\ back"))
    elif tab:
        rng.choice(tab.cols).comment = rng.choice((None, "new comment", "50% 'off'"))


def alter_facts(rng: random.Random, tables: Tables, tab: Tab | None = None) -> None:
    """What a constraint has beside its definition; or a CHECK that is given to a column."""
    tab = tab or _some(rng, tables)
    if tab is None:
        return
    # create_all() writes a CHECK of a column with its name, which MariaDB does not accept, and without its comment.
    checks = [each for each in tab.checks if tables.dialect != "mysql" or each[0] is None]
    checks = [each for each in checks if len(set(re.findall(r'"(\w+)"', each[1]))) == 1]
    if checks and rng.random() < 0.5:
        tab.on_columns ^= {rng.choice(checks)}
    if tables.dialect != "postgresql":
        return
    names = [each[0] for each in (*tab.uniques, *tab.checks) if each[0] and each not in tab.on_columns]
    names += [name for name in (tab.pk_name, *(fk.name for fk in tab.fks if not fk.use_alter)) if name]
    if names and rng.random() < 0.6:
        tab.notes[rng.choice(names)] = rng.choice(("", "a note", "it's 100% \\ sure"))
    names = [each[0] for each in tab.checks if each[0]] + [fk.name for fk in tab.fks if fk.name]
    if names and rng.random() < 0.3:
        tab.unchecked ^= {rng.choice(names)}
    if rng.random() < 0.3 and not _points_to(tables, tab, tab.pk):
        tab.pk_deferral = rng.choice((None, "IMMEDIATE", "DEFERRED"))


PARTS = ("uniques", "checks", "indexes", "fks", "excludes")


def _drop_part(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    parts = [getattr(tab, name) for name in PARTS if getattr(tab, name)] if tab else []
    if parts:
        part = rng.choice(parts)
        gone = part.pop(rng.randrange(len(part)))
        if tab and part is tab.uniques:
            for other in tables.values():
                other.fks = [fk for fk in other.fks if (fk.target, fk.target_cols) != (tab.name, gone[1])]


def _rename_part(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    names = [name for name in PARTS if tab and getattr(tab, name)]
    if tab and names:
        part = getattr(tab, rng.choice(names))
        place = rng.randrange(len(part))
        name = f"nm_{tab.name}_{rng.randint(0, 99)}"
        entry = part[place]
        part[place] = replace(entry, name=name) if isinstance(entry, Fk) else (name, *entry[1:])
        _dedupe(tab)


def _alter_fk(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if tab and tab.fks:
        _alter_actions(rng, tables, tab, rng.choice(tab.fks))


def _alter_unique(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    free = [place for place, entry in enumerate(tab.uniques) if not _points_to(tables, tab, entry[1])] if tab else []
    if tab and free and tables.dialect == "postgresql":
        place = rng.choice(free)
        tab.uniques[place] = (*tab.uniques[place][:2], rng.choice((None, "IMMEDIATE", "DEFERRED")))


def _alter_pk(rng: random.Random, tables: Tables) -> None:
    tab = _some(rng, tables)
    if not tab or tab.options:
        return
    if rng.random() < 0.4 and "sqlite_autoincrement" not in tab.options:
        tab.pk_name = rng.choice((None, f"pk_{tab.name}", f"{tab.name}_primary"))
        return
    if _points_to(tables, tab, tab.pk):
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
    _alter_label_default,
    _alter_comment,
    add_text,
    _drop_part,
    _drop_part,
    _rename_part,
    _alter_fk,
    _alter_unique,
    _alter_pk,
    alter_facts,
    alter_facts,
    add_unique,
    add_check,
    add_index,
    add_index,
    add_fk,
    add_fk,
    add_exclude,
    _add_computed,
    _alter_computed,
    _alter_options,
    _alter_counting,
    _alter_sequence,
    _count_by_text,
    _alter_enum,
    _alter_enum,
    _alter_domain,
    _swap_domain,
)


def build(tables: Tables, dialect: str) -> sa.MetaData:
    """Return the models as a `MetaData`."""
    metadata = sa.MetaData()
    for name, numbers in tables.sequences.items():
        sa.Sequence(name, metadata=metadata, **numbers)
    for tab in tables.values():
        parts = [*_columns(tab, tables), *_constraints(tab, tables)]
        table = sa.Table(tab.name, metadata, *parts, comment=tab.comment, schema=tab.schema, **tab.options)
        for name, cols, style in tab.indexes:
            _index(table, name, cols, style, dialect)
    return metadata


def _columns(tab: Tab, tables: Tables) -> list[Any]:
    return [
        sa.Column(
            col.name,
            _type(col, tables),
            *_generation(col, tables),
            *(
                _check(*each, tab, tables)
                for each in tab.checks
                if each in tab.on_columns and f'"{col.name}"' in each[1]
            ),
            nullable=col.nullable,
            server_default=_default(col, tables),
            comment=col.comment,
        )
        for col in tab.cols
    ]


def _type(col: Col, tables: Tables) -> Any:
    # One schema for all: types of the default schema, also for tables elsewhere.
    if col.type == "enum":
        return sa.Enum(*tables.enums[str(col.named)], name=col.named)
    if col.type == "domain":
        domain = tables.domains[str(col.named)]
        name, check = domain.check or (None, None)
        return postgresql.DOMAIN(
            str(col.named),
            tables.types[domain.base](),
            default=domain.default,
            not_null=not domain.nullable,
            constraint_name=name,
            check=check,
        )
    return tables.types[col.type]()


def _generation(col: Col, tables: Tables) -> list[Any]:
    if col.computed:
        quote = "`" if tables.dialect == "mysql" else '"'
        return [sa.Computed(col.computed[0].replace('"', quote), persisted=col.computed[1])]
    if col.identity and col.type in ("int", "bigint"):
        always, numbers = col.identity
        return [sa.Identity(always=always, **numbers)]
    return []


def _constraints(tab: Tab, tables: Tables) -> list[Any]:
    return [
        sa.PrimaryKeyConstraint(
            *tab.pk, name=tab.pk_name, comment=_note(tab, tab.pk_name), **_initially(tab.pk_deferral)
        ),
        *(
            sa.UniqueConstraint(*cols, name=name, comment=_note(tab, name), **_initially(initially))
            for name, cols, initially in tab.uniques
        ),
        *(_check(*each, tab, tables) for each in tab.checks if each not in tab.on_columns),
        *(
            sa.ForeignKeyConstraint(
                fk.cols,
                [f"{tables[fk.target].key}.{col}" for col in fk.target_cols],
                name=fk.name,
                ondelete=fk.ondelete,
                onupdate=fk.onupdate,
                deferrable=fk.deferral[0],
                initially=fk.deferral[1],
                use_alter=fk.use_alter,
                comment=_note(tab, fk.name),
                postgresql_not_valid=fk.name in tab.unchecked,
            )
            for fk in tab.fks
        ),
        *(_exclude(*entry) for entry in tab.excludes),
    ]


def _check(name: str | None, text: str, tab: Tab, tables: Tables) -> sa.CheckConstraint:
    quote = "`" if tables.dialect == "mysql" else '"'
    return sa.CheckConstraint(
        text.replace('"', quote),
        name=name,
        comment=_note(tab, name),
        postgresql_not_valid=name in tab.unchecked,
    )


def _note(tab: Tab, name: str | None) -> str | None:
    return tab.notes.get(name or "") or None


def _initially(deferral: str | None) -> dict[str, Any]:
    return {} if deferral is None else {"deferrable": True, "initially": deferral}


def _exclude(name: str | None, col: str, style: str, initially: str | None) -> postgresql.ExcludeConstraint:
    quoted = f'"{col}"'
    elements: dict[str, tuple[Any, str, dict[str, Any]]] = {
        "btree": (col, "=", {"using": "btree"}),
        "same": (col, "=", {}),
        "touching": (col, "-|-", {"where": sa.text(f"lower({quoted}) > 5")}),
        "expression": (sa.text(f"({quoted} * {quoted})"), "=", {}),
    }
    element, operator, options = elements[style]
    options |= {"deferrable": True, "initially": initially} if initially else {}
    return postgresql.ExcludeConstraint((element, operator), name=name, **options)


def _text_index(table: sa.Table, name: str, column: str, style: str, dialect: str) -> None:
    how, _, text = style.partition(" ")
    if how == "where":
        condition = sa.text(text.replace("{}", column))
        sa.Index(name, table.c[column], postgresql_where=condition, sqlite_where=condition)
        return
    quoted = f"`{column}`" if dialect in ("mysql", "mariadb") else f'"{column}"'
    make: Callable[[str], Any] = sa.text if how == "text" else sa.literal_column
    sa.Index(name, make(text.replace("{}", quoted)), _table=table)


def _index(table: sa.Table, name: str, cols: tuple[str, ...], style: str, dialect: str) -> None:
    if " " in style:
        _text_index(table, name, cols[0], style, dialect)
        return
    first = table.c[cols[0]]
    rest = [table.c[each] for each in cols[1:]]
    every: list[Any] = [first, *rest]
    styles: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "plain": (every, {}),
        "unique": (every, {"unique": True}),
        "desc": ([first.desc(), *rest], {}),
        "nulls": ([first.desc().nulls_last(), *rest], {}),
        "lower": ([sa.func.lower(first)], {}),
        "sum": ([first + sa.literal_column("1")], {}),
        "own": ([own_types.Absolute(first)], {}),
        "where": ([first], {"postgresql_where": first > 5, "sqlite_where": first > 5}),
        "include": (every, {"postgresql_include": ["id"]}),
        "hash": ([first], {"postgresql_using": "hash"}),
        "fillfactor": (every, {"postgresql_with": {"fillfactor": 60}}),
        "ops": ([first], {"postgresql_ops": {first.name: _opclass(first)}}),
        "distinct": (every, {"unique": True, "postgresql_nulls_not_distinct": True}),
        "length": ([first], _both(length=3)),
        "fulltext": ([first], _both(prefix="FULLTEXT")),
    }
    parts, options = styles[style]
    sa.Index(name, *parts, **options)


def _opclass(column: sa.Column[Any]) -> str:
    return "bpchar_pattern_ops" if isinstance(column.type, sa.CHAR) else "varchar_pattern_ops"


def value(type_: str, number: int) -> Any:
    """A value of a type that tells rows apart, and survives within its family."""
    match type_:
        case "int" | "bigint" | "smallint" | "unsigned" | "tiny":
            return number
        case "str20" | "str50" | "str200" | "text" | "nocase" | "collated" | "latin" | "medium" | "tsv":
            return str(number)
        case "own_spelled" | "own_collated" | "own_long" | "own_spoken" | "own_variant":
            return str(number)
        case "own_int":
            return number
        case "own_code":
            return f"{number:07d}"
        case "own_uuid":
            return f"{number:032x}"
        case "own_abstract":
            return f"{number:036d}"
        case "jsonb":
            return {"n": number}
        case "inet":
            return f"10.0.0.{number}"
        case "ints":
            return [number]
        case "strs":
            return [str(number)]
        case "interval" | "interval3":
            return datetime.timedelta(days=number)
        case "tz":
            return datetime.datetime(2020, 1, 1 + number, tzinfo=datetime.UTC)
        case "ts3" | "dt6":
            return datetime.datetime(2020, 1, 1 + number)
        case "bits":
            return f"{number:04b}"
        case "money":
            return f"{number}"
        case "range":
            return postgresql.Range(number, number + 5)
        case "year":
            return 2000 + number
        case "set":
            return {"a"}
        case "blob":
            return bytes([number])
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


def rows(tab: Tab, tables: Tables, count: int = 3) -> list[dict[str, Any]]:
    """Rows for a table: every column has a value, and foreign keys point to rows of the same number."""
    return [
        {
            col.name: _value(col, tables, number) if number < count or not _may_lack(tab, col) else None
            for col in tab.cols
            if not col.computed and not (col.identity and col.identity[0] and col.type in ("int", "bigint"))
        }
        for number in range(1, count + 1)
    ]


def _value(col: Col, tables: Tables, number: int) -> Any:
    if col.type == "enum":
        return tables.enums[str(col.named)][0]
    return value(tables.domains[str(col.named)].base if col.type == "domain" else col.type, number)


_UNLIKE = frozenset({"own_uuid", "money", "tsv", "bits", "inet", "range"})
"""Types whose values are returned in a different form."""


def kept_columns(before: Tab, after: Tab) -> list[str]:
    """The columns that are in both with the same type, the id first."""
    old = {col.name: (col.type, col.named) for col in before.cols if not col.computed and col.type not in _UNLIKE}
    kept = [col.name for col in after.cols if not col.computed and old.get(col.name) == (col.type, col.named)]
    return sorted({"id", *kept}, key=lambda name: (name != "id", name))
