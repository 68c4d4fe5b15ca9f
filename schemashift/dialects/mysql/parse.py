"""Parses the output of SHOW CREATE TABLE: regular, generated text, and the only place with all of a table.

The result is *raw*, like that of `schemashift.sqla.lift`: types and texts as they are printed, with ``CHARACTER SET``
in the type and the collation separate. `normal_table` brings it into normal form.

The grammar is that of MariaDB 10.6 to 12 and MySQL 8.0 to 9. An attribute of a column for which `Column` has no field
is kept unchanged in the column's option ``mysql_attributes``, so that a MODIFY does not lose it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from schemashift.dialects.mysql.tokens import Token, tokenize
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Constraint,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
    options,
)
from schemashift.sqla.lift import default_needs

END = Token("end", "", -1, -1)


@dataclass(frozen=True, slots=True)
class ColumnLevel:
    """The payload of a CHECK that is part of a column's definition (MariaDB) and has no name."""

    column: str


def parse_table(
    text: str, *, schema: str | None = None, default_schema: str | None = None, backslash: bool = True
) -> Table:
    """Return the table that *text* creates, in *schema*. The target of a foreign key into *default_schema* has no
    schema.

    Raises `ValueError` for text that is not a CREATE TABLE statement.
    """
    return _Parser(text, schema, default_schema, backslash=backslash).table()


@dataclass(slots=True)
class _Parts:
    """The parts of a table, collected between the parentheses."""

    columns: list[Column] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)


class _Parser:
    """A cursor over the tokens of one statement."""

    def __init__(self, text: str, schema: str | None, default_schema: str | None, *, backslash: bool) -> None:
        self.text = text
        self.schema = schema
        self.default_schema = default_schema
        self.tokens = list(tokenize(text, backslash=backslash))
        self.at = 0

    # The cursor

    def peek(self, ahead: int = 0) -> Token:
        """Return the token at the cursor, or *ahead* tokens after it; `END` after the last one."""
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def take(self) -> Token:
        """Return the token at the cursor, and move past it. Raises `ValueError` at the end of the text."""
        token = self.peek()
        if token is END:
            raise ValueError(f"not a whole CREATE TABLE: {self.text[:200]!r}")
        self.at += 1
        return token

    def skip(self, *words: str) -> bool:
        """Move past *words* if they are next, and return whether they were."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token.kind not in ("word", "mark") or token.value.upper() != word:
                return False
        self.at += len(words)
        return True

    def need(self, word: str) -> None:
        if not self.skip(word):
            token = self.peek()
            raise ValueError(f"{word} expected at {self.text[token.start : token.start + 40]!r} in {self.text[:200]!r}")

    def group(self) -> str:
        """Return the text inside the parentheses that are next, unchanged, and move past them."""
        start = self.peek().end
        last = self.skip_group()
        return self.text[start : last.start].strip()

    def skip_group(self) -> Token:
        """Move past a group in parentheses, and return its last token."""
        depth = 0
        while True:
            token = self.take()
            if token.kind == "mark":
                depth += (token.value == "(") - (token.value == ")")
            if depth == 0:
                return token

    def names(self) -> tuple[str, ...]:
        """``(`a`,`b`)``."""
        self.need("(")
        names = []
        while not self.skip(")"):
            names.append(self.take().value)
            self.skip(",")
        return tuple(names)

    # The statement

    def table(self) -> Table:
        self.need("CREATE")
        while not self.skip("TABLE"):
            self.take()
        self.skip("IF", "NOT", "EXISTS")
        name = self.take().value
        if self.skip("."):
            name = self.take().value
        self.need("(")
        parts = _Parts()
        while not self.skip(")"):
            self.item(parts)
            if not self.skip(",") and self.peek().value != ")":
                self.need(")")
        comment, settings = self.table_options()
        columns = [column.name for column in parts.columns]
        return Table(
            name=name,
            schema=self.schema,
            columns=tuple(parts.columns),
            constraints=tuple(_with_columns(constraint, columns) for constraint in parts.constraints),
            indexes=tuple(_with_uses(index, columns) for index in parts.indexes),
            comment=comment,
            options=settings,
        )

    def item(self, parts: _Parts) -> None:
        token = self.peek()
        if token.kind == "name":
            self.column(parts)
            return
        match token.word():
            case "CONSTRAINT":
                self.take()
                parts.constraints.append(self.constraint(self.take().value))
            case "CHECK" | "FOREIGN":
                parts.constraints.append(self.constraint(None))
            case "PRIMARY":
                self.at += 2
                columns = tuple(part.column or "" for part in self.parts())
                parts.constraints.append(PrimaryKey(columns=columns, options=self.index_options()))
            case "UNIQUE" | "KEY" | "FULLTEXT" | "SPATIAL" | "VECTOR":
                self.key(parts)
            case _:
                # PERIOD FOR SYSTEM_TIME and what later versions may add: skipped as a whole.
                self.skip_item()

    def skip_item(self) -> None:
        while True:
            token = self.peek()
            if token is END or (token.kind == "mark" and token.value in ",)"):
                return
            if token.kind == "mark" and token.value == "(":
                self.skip_group()
            else:
                self.take()

    # Columns

    def column(self, parts: _Parts) -> None:
        name = self.take().value
        sql, collation = self.type()
        fields: dict[str, Any] = {}
        checks: list[str] = []
        rest: list[str] = []
        while not self.at_end_of_item():
            self.attribute(fields, checks, rest)
        parts.columns.append(
            Column(
                name=name,
                type=Type(sql=sql, collation=fields.pop("collation", None) or collation),
                options=options([("mysql_attributes", " ".join(rest) or None)]),
                **fields,
            )
        )
        parts.constraints += [Check(sql=sql, columns=(name,), payload=ColumnLevel(name)) for sql in checks]

    def type(self) -> tuple[str, str | None]:
        """Return the type's text with its character set, and its collation."""
        start, last = self.peek().start, self.take()
        if self.peek().value == "(" and self.peek().start == last.end:
            last = self.skip_group()
        while self.peek().word() in ("UNSIGNED", "ZEROFILL", "PRECISION", "VARYING", "BINARY"):
            last = self.take()
        sql = self.text[start : last.end]
        if self.skip("CHARACTER", "SET") or self.skip("CHARSET"):
            sql += f" CHARACTER SET {self.take().value}"
        return sql, self.take().value if self.skip("COLLATE") else None

    def at_end_of_item(self) -> bool:
        token = self.peek()
        return token is END or (token.kind == "mark" and token.value in ",)")

    def attribute(self, fields: dict[str, Any], checks: list[str], rest: list[str]) -> None:
        """Parse one attribute of a column."""
        if self.skip("NOT", "NULL"):
            fields["nullable"] = False
        elif self.skip("NULL"):
            fields["nullable"] = True
        elif self.skip("DEFAULT"):
            sql = self.default()
            fields["default"] = Default(sql=sql, needs=default_needs(sql, self.default_schema))
        elif self.skip("ON", "UPDATE"):
            start, last = self.peek().start, self.take()
            last = self.skip_group() if self.peek().value == "(" else last
            before = fields["default"].sql + " " if "default" in fields else ""
            fields["default"] = Default(sql=f"{before}ON UPDATE {self.text[start : last.end]}")
        elif self.skip("AUTO_INCREMENT"):
            fields["autoincrement"] = True
        elif self.skip("COMMENT"):
            fields["comment"] = self.take().value or None
        elif self.skip("COLLATE"):
            fields["collation"] = self.take().value
        elif self.skip("CHECK"):
            checks.append(self.group())
        elif self.skip("GENERATED", "ALWAYS", "AS") or self.skip("AS"):
            if self.peek().value != "(":  # MariaDB: GENERATED ALWAYS AS ROW START
                rest.append("GENERATED ALWAYS AS " + " ".join(self.take().value for _ in range(2)))
                return
            sql = self.group()
            stored = self.skip("STORED") or self.skip("PERSISTENT")
            self.skip("VIRTUAL")
            fields["computed"] = Computed(sql=sql, stored=stored)
        else:
            rest.append(self.unknown_attribute())

    def unknown_attribute(self) -> str:
        """Return one attribute for which there is no field, with its argument."""
        token = self.take()
        text = self.text[token.start : token.end]
        if token.word() in ("COLUMN_FORMAT", "STORAGE", "SRID", "WITH", "WITHOUT", "SYSTEM"):
            return f"{text} {self.unknown_attribute()}"
        if self.skip("="):
            value = self.take()
            return f"{text}={self.text[value.start : value.end]}"
        if self.peek().value == "(" and self.peek().kind == "mark":
            return f"{text}({self.group()})"
        return text

    def default(self) -> str:
        """Return what follows DEFAULT, up to the next attribute."""
        start = self.peek().start
        last = self.skip_group() if self.peek().value == "(" and self.peek().kind == "mark" else self.take()
        while not self.at_end_of_item() and self.peek().word() not in _AFTER_DEFAULT:
            is_group = self.peek().kind == "mark" and self.peek().value == "("
            last = self.skip_group() if is_group else self.take()
        return self.text[start : last.end]

    # Keys and constraints

    def key(self, parts: _Parts) -> None:
        prefix = self.take().value.upper()
        if prefix != "KEY":
            self.need("KEY")
        name = self.take().value
        columns = self.parts()
        settings = list(self.index_options())
        plain = all(part == IndexPart(column=part.column) for part in columns if part.column is not None)
        if prefix == "UNIQUE" and plain and all(part.column for part in columns):
            names = tuple(str(part.column) for part in columns)
            parts.constraints.append(Unique(name=name, columns=names, options=options(settings)))
            return
        if prefix not in ("KEY", "UNIQUE"):
            settings.append(("mysql_prefix", prefix))
        parts.indexes.append(Index(name=name, parts=columns, unique=prefix == "UNIQUE", options=options(settings)))

    def parts(self) -> tuple[IndexPart, ...]:
        """``(`a`(10),`b` DESC,(lower(`c`)))``."""
        self.need("(")
        parts = []
        while not self.skip(")"):
            parts.append(self.part())
            self.skip(",")
        return tuple(parts)

    def part(self) -> IndexPart:
        column = expression = length = None
        if self.peek().kind == "mark":
            expression = self.group()
        else:
            column = self.take().value
            if self.skip("("):
                length = int(self.take().value)
                self.need(")")
        descending = self.skip("DESC")
        self.skip("ASC")
        return IndexPart(column=column, expression=expression, length=length, descending=descending)

    def index_options(self) -> Options:
        settings: list[tuple[str, object]] = []
        while not self.at_end_of_item():
            if self.skip("USING"):
                settings.append(("mysql_using", self.take().value.lower()))
            elif self.skip("COMMENT"):
                settings.append(("mysql_comment", self.take().value))
            elif self.skip("WITH", "PARSER"):
                settings.append(("mysql_with_parser", self.take().value))
            elif self.skip("INVISIBLE") or self.skip("IGNORED"):
                settings.append(("mysql_invisible", True))
            else:
                word = self.take()
                if self.skip("="):
                    settings.append((f"mysql_{word.value.lower()}", self.take().value))
        return options(settings)

    def constraint(self, name: str | None) -> Constraint:
        if self.skip("CHECK"):
            sql = self.group()
            enforced = not self.skip("NOT", "ENFORCED")
            return Check(sql=sql, name=name, options=options([("mysql_enforced", None if enforced else False)]))
        self.need("FOREIGN")
        self.need("KEY")
        if self.peek().kind == "name":
            self.take()
        columns = self.names()
        self.need("REFERENCES")
        target = self.target()
        target_columns = self.names()
        on_delete = on_update = None
        while self.skip("ON"):
            what = self.take().word()
            action = self.action()
            on_delete, on_update = (action, on_update) if what == "DELETE" else (on_delete, action)
        return ForeignKey(
            columns=columns,
            target=target,
            target_columns=target_columns,
            name=name,
            on_delete=on_delete,
            on_update=on_update,
        )

    def target(self) -> TableName:
        name = self.take().value
        if not self.skip("."):
            return TableName(name, self.schema)
        return TableName(self.take().value, None if name == self.default_schema else name)

    def action(self) -> str:
        word = self.take().word()
        return f"{word} {self.take().word()}" if word in ("SET", "NO") else word

    # After the closing parenthesis

    def table_options(self) -> tuple[str | None, Options]:
        comment, settings = None, {}
        while (token := self.peek()) is not END:
            if token.word() == "PARTITION":
                settings["mysql_partition"] = self.text[token.start :].strip().removesuffix("*/").strip()
                break
            name = self.option_name()
            value = self.take().value if self.peek() is not END else ""
            if name == "comment":
                comment = value or None
            elif name not in ("auto_increment", "union"):
                settings[f"mysql_{name}"] = value
            self.skip(",")
        return comment, options(settings.items())

    def option_name(self) -> str:
        """Return the name of an option: ``charset`` for ``DEFAULT CHARSET=``."""
        words = [self.take().value.lower()]
        while not self.skip("="):
            # TABLESPACE `x` STORAGE DISK has no equals sign.
            if self.peek().kind != "word":
                break
            words.append(self.take().value.lower())
        words = [word for word in words if word != "default"] or words
        return _OPTION_NAMES.get("_".join(words), "_".join(words))


_AFTER_DEFAULT = frozenset(
    {"ON", "COMMENT", "CHECK", "AUTO_INCREMENT", "INVISIBLE", "COLUMN_FORMAT", "STORAGE", "COMPRESSED", "WITHOUT"}
    | {"WITH", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE", "NOT", "REF_SYSTEM_ID"}
)
_OPTION_NAMES = {"character_set": "charset", "collation": "collate"}


def _with_columns(constraint: Constraint, names: list[str]) -> Constraint:
    if not isinstance(constraint, Check) or constraint.columns:
        return constraint
    return replace(constraint, columns=_named(constraint.sql, names))


def _with_uses(index: Index, names: list[str]) -> Index:
    texts = " ".join(part.expression for part in index.parts if part.expression)
    if not texts:
        return index
    return replace(index, uses=_named(texts, names))


def _named(sql: str, names: list[str]) -> tuple[str, ...]:
    """Return the columns in an expression as the server prints it, with each in backquotes."""
    used = {token.value for token in tokenize(sql) if token.kind == "name"}
    return tuple(name for name in names if name in used)
