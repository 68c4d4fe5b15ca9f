"""An independent description of a database: raw catalogue queries, as plain sets of lines.

It shares no code with the engine's readers, nor with SQLAlchemy's Inspector. Two databases are the same if `catalogue`
returns the same for both. Names that the database chose (*named* are the others) are left out,
and so is the order of columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import sqlalchemy as sa

Catalogue = dict[str, frozenset[str]]

OWN = "version"


def catalogue(connection: sa.Connection, named: Collection[str]) -> Catalogue:
    """For every table (and "objects" for what is beside tables), a line for each of its parts."""
    reader = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}
    found = reader[connection.dialect.name](connection, frozenset(named))
    return {name: frozenset(lines) for name, lines in found.items() if name != OWN}


def difference(got: Catalogue, wanted: Catalogue) -> str:
    """Return the differences as text."""
    lines = []
    for name in sorted(got.keys() | wanted.keys()):
        ours, theirs = got.get(name), wanted.get(name)
        if ours is None or theirs is None:
            lines.append(f"{name}: only in {'ours' if theirs is None else 'create_all'}")
            continue
        lines += [f"{name}: ours   {line}" for line in sorted(ours - theirs)]
        lines += [f"{name}: wanted {line}" for line in sorted(theirs - ours)]
    return "\n".join(lines)


# PostgreSQL --------------------------------------------------------------------------------------------------------

_RELATIONS = """
SELECT c.oid, n.nspname || '.' || c.relname, c.relpersistence::text, obj_description(c.oid, 'pg_class')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       a.attidentity::text, a.attgenerated::text, col_description(a.attrelid, a.attnum),
       (SELECT collname FROM pg_collation WHERE oid = a.attcollation),
       (SELECT format('%%s %%s %%s %%s %%s %%s %%s', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement,
                      q.seqmin, q.seqmax, q.seqcycle, q.seqcache)
          FROM pg_depend p JOIN pg_sequence q ON q.seqrelid = p.objid
         WHERE p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype IN ('a', 'i'))
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""
_OBJECTS = """
SELECT 'enum ' || n.nspname || '.' || t.typname || ' ' ||
       (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_enum e
         WHERE e.enumtypid = t.oid)
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'
UNION ALL
SELECT 'domain ' || n.nspname || '.' || t.typname || ' ' ||
       concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                 (SELECT collname FROM pg_collation c WHERE c.oid = t.typcollation),
                 (SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), ',' ORDER BY conname)
                    FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'd' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'sequence ' || n.nspname || '.' || c.relname || ' ' ||
       format('%%s %%s %%s %%s %%s %%s', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
              q.seqcycle)
  FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
"""


def _postgresql(connection: sa.Connection, named: frozenset[str]) -> dict[str, set[str]]:
    def rows(sql: str, *values: object) -> list[tuple[object, ...]]:
        # Without values the text is sent as it is: a percent sign is just a character.
        options = {"no_parameters": not values}
        return [tuple(row) for row in connection.exec_driver_sql(sql, values or None, execution_options=options)]

    found: dict[str, set[str]] = {"objects": {str(row[0]) for row in rows(_OBJECTS.replace("%%", "%"))}}
    for oid, name, persistence, comment in rows(_RELATIONS.replace("%%", "%")):
        lines = {f"table {persistence} {comment!r}"}
        lines |= {f"column {row!r}" for row in rows(_COLUMNS, oid)}
        constraints = rows(
            "SELECT conname, concat_ws(' -- ', pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')) "
            "FROM pg_constraint WHERE conrelid = %s",
            oid,
        )
        lines |= {f"constraint {each if each in named else '-'} {text}" for each, text in constraints}
        indexes = rows(
            "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = %s AND NOT EXISTS "
            "(SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))",
            oid,
        )
        lines |= {f"index {text}" for (text,) in indexes}
        found[str(name).removeprefix("public.")] = lines
    return found


# SQLite ------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|[\w.]+|\S""")
_IDLE = re.compile(r" ON (DELETE|UPDATE) NO ACTION| NOT DEFERRABLE| INITIALLY IMMEDIATE")
"""The defaults of a foreign key."""
_PLAIN = re.compile(r'^"[a-z_][a-z0-9_]*"$')


def _sqlite(connection: sa.Connection, named: frozenset[str]) -> dict[str, set[str]]:
    """Return the lines of a SQLite database. A constraint without a name may have the one that a script adds it by."""
    found: dict[str, set[str]] = {"objects": set()}
    rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    for type_, name, table, sql in rows:
        if type_ == "table" and not name.startswith("sqlite_"):
            found.setdefault(name, set()).update(_items(sql, named))
        elif type_ == "index":
            found.setdefault(table, set()).add(_flat(sql))
        elif type_ in ("view", "trigger"):
            found["objects"].add(f"{name}: {sql}")
    return found


def _tokens(sql: str) -> list[str]:
    tokens = [token for token in _TOKEN.findall(sql) if not token.startswith("--")]
    # SQLite's TRUE and FALSE are 1 and 0 by another name.
    tokens = [{"TRUE": "1", "FALSE": "0"}.get(token.upper(), token) for token in tokens]
    return [token[1:-1] if _PLAIN.match(token) else token for token in tokens]


def _flat(sql: str) -> str:
    """Return a CREATE INDEX without ASC, which is the default."""
    tokens = (token if token[0] in "'\"" else token.upper() for token in _tokens(sql))
    return " ".join(token for token in tokens if token != "ASC")


def _given(tokens: list[str], named: frozenset[str]) -> Iterator[str]:
    """*tokens* without the names of constraints that nobody gave."""
    following = iter(tokens)
    for token in following:
        if token.upper() != "CONSTRAINT":
            yield token
            continue
        name = next(following)
        if (name[1:-1].replace('""', '"') if name.startswith('"') else name) in named:
            yield from (token, name)


def _items(sql: str, named: frozenset[str]) -> set[str]:
    """The definitions between the outer parentheses of a CREATE TABLE, and what follows them."""
    depth, items, current = 0, [], [""]
    for token in _given(_tokens(sql), named):
        depth += {"(": 1, ")": -1}.get(token, 0)
        opening = token == "(" and depth == 1
        closing = token == ")" and depth == 0
        if opening or closing or (token == "," and depth == 1):
            items.append(current)
            current = [""]
        elif token.upper() == "CHECK" and depth == 1 and len(current) > 1 and [*current[1:-1]] != ["CONSTRAINT"]:
            # A CHECK behind a column is the same as one of the table.
            given = current[-2:] if current[-2].upper() == "CONSTRAINT" else []
            items.append(current[: len(current) - len(given)])
            current = ["", *given, "CHECK"]
        else:
            current.append(token if token[0] in "'\"" else token.upper())
    lines = (" ".join(item[1:]) for item in [*items[1:], ["", "options", *current[1:]]])
    return {_IDLE.sub("", line) for line in lines}


# MySQL and MariaDB -------------------------------------------------------------------------------------------------


def _mysql(connection: sa.Connection, named: frozenset[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"objects": set()}
    for name, type_ in connection.exec_driver_sql("SHOW FULL TABLES").all():
        quoted = connection.dialect.identifier_preparer.quote_identifier(name)
        if type_ == "BASE TABLE":
            text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted}").one()[1]
            # In a default, MariaDB names the database of a sequence.
            text = text.replace(f"`{connection.engine.url.database}`.", "")
            lines = (part for line in text.splitlines()[1:] for part in _without_column_check(line))
            found[name] = {_without_chosen_names(line, named) for line in lines}
        elif type_ == "SEQUENCE":
            row = connection.exec_driver_sql(f"SELECT * FROM {quoted}").one()
            found["objects"].add(f"sequence {name} {tuple(row)[1:]!r}")
    return found


def _without_column_check(line: str) -> tuple[str, ...]:
    """A CHECK behind a column is the same as one of the table without a name."""
    match = re.match(r"(\s*`.*?) (CHECK \(.*\)),?$", line)
    return (match[1], f"CONSTRAINT `-` {match[2]}") if match else (line,)


def _without_chosen_names(line: str, named: frozenset[str]) -> str:
    line = _IDLE.sub("", re.sub(r" AUTO_INCREMENT=\d+", "", line.strip().rstrip(",")))
    match = re.match(r"(CONSTRAINT|KEY|UNIQUE KEY) `((?:[^`]|``)+)` (.*)", line)
    if match and match[2] not in named:
        return f"{match[1]} - {match[3]}"
    return line
