"""A parser for the CREATE TABLE and CREATE INDEX statements that SQLite keeps in its catalogue.

SQLite keeps the text as it was typed, so the parser accepts everything that SQLite's own grammar does (``parse.y``),
including its oddities: any quotes, comments anywhere, no commas between table constraints, names without a constraint,
a misplaced DEFERRABLE. It does not check what SQLite would reject: a statement in the catalogue was accepted.

Each part has its position in the text, so that a rebuild can keep it unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from schemashift.dialects.sqlite.tokens import Token, TokenError, comments, significant, tokenize
from schemashift.schema import Check, Constraint, ForeignKey, PrimaryKey, TableName, Unique, options, referential_action

Span = tuple[int, int]


class ParseError(ValueError):
    """A statement that this parser does not understand. ``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a column: NOT NULL, DEFAULT, ... ``spans`` are the ranges of text that it occupies.

    ``text`` is its expression (default, generated), its collation, or its ON CONFLICT; ``constraint`` is the constraint
    that it declares, in raw form.
    """

    kind: str
    spans: tuple[Span, ...]
    text: str = ""
    stored: bool = False
    constraint: Constraint | None = None


@dataclass(frozen=True, slots=True)
class ColumnItem:
    """A column definition."""

    name: str
    span: Span
    type: str = ""
    type_span: Span = (0, 0)
    clauses: tuple[Clause, ...] = ()
    autoincrement: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def of(self, kind: str) -> tuple[Clause, ...]:
        """Return the clauses of one kind."""
        return tuple(clause for clause in self.clauses if clause.kind == kind)


@dataclass(frozen=True, slots=True)
class ConstraintItem:
    """A table constraint."""

    constraint: Constraint
    span: Span
    autoincrement: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableText:
    """A CREATE TABLE statement in parts. ``body`` is the range between its parentheses."""

    sql: str
    name: str
    name_end: int
    body: Span
    columns: tuple[ColumnItem, ...]
    constraints: tuple[ConstraintItem, ...]
    strict: bool = False
    without_rowid: bool = False

    @property
    def autoincrement(self) -> bool:
        """Whether the statement has AUTOINCREMENT, inline or in a table constraint."""
        return any(c.autoincrement for c in self.columns) or any(c.autoincrement for c in self.constraints)


@dataclass(frozen=True, slots=True)
class PartText:
    """One element of an index: its text without COLLATE, ASC and DESC, and ``name`` if it is only a name."""

    text: str
    name: str | None = None
    collation: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IndexText:
    """A CREATE INDEX statement in parts."""

    name: str
    table: str
    unique: bool
    parts: tuple[PartText, ...]
    where: str | None = None


_CLAUSES = frozenset("CONSTRAINT DEFAULT NULL NOT PRIMARY UNIQUE CHECK REFERENCES COLLATE AS DEFERRABLE".split())
_TABLE_CLAUSES = frozenset("CONSTRAINT PRIMARY UNIQUE CHECK FOREIGN".split())
_ON_CONFLICT = "sqlite_on_conflict"
_PLAIN = re.compile(r"[A-Za-z_\x80-\U0010ffff][\w$ ]*\Z")
"""What may be part of a type without quotes."""


@dataclass(slots=True)
class _Reader:
    """A cursor over a list of tokens."""

    sql: str
    tokens: Sequence[Token]
    words: Sequence[str]
    """The keyword of each token, or its text if it is not a word, followed by empty strings after the end."""
    at: int = 0
    named: int | None = field(default=None)
    """The position of the CONSTRAINT that declares ``name``, until a constraint follows."""
    name: str | None = None

    # The cursor --------------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        """Return the token *ahead* of the cursor, or an empty one at the end."""
        place = self.at + ahead
        if place < len(self.tokens):
            return self.tokens[place]
        return Token("end", "", len(self.sql), len(self.sql))

    def sees(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or operators."""
        if self.words[self.at] != words[0]:
            return False
        return len(words) == 1 or tuple(self.words[self.at : self.at + len(words)]) == words

    def accept(self, *words: str) -> bool:
        """Take these keywords or operators if they come next, and return whether they did."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> Token:
        """Take these keywords or operators, and return the last. Raises `ParseError` if others come next."""
        for word in words:
            if not self.accept(word):
                raise self.error(word)
        return self.tokens[self.at - 1]

    def take(self) -> Token:
        """Take and return the next token."""
        token = self.peek()
        if token.kind == "end":
            raise self.error("more")
        self.at += 1
        return token

    def take_name(self) -> Token:
        """Take and return an identifier."""
        if not self.peek().is_name:
            raise self.error("a name")
        return self.take()

    def error(self, wanted: str) -> ParseError:
        """Return the error for a token other than *wanted*."""
        token = self.peek()
        return ParseError(f"expected {wanted}, found {token.text or 'the end'!r}", token.start)

    @property
    def last_end(self) -> int:
        """The position at which the last token that was taken ends."""
        return self.tokens[self.at - 1].end

    def group(self) -> str:
        """Take a group in parentheses, and return the text inside."""
        start = self.expect("(").end
        depth = 1
        while depth:
            text = self.take().text
            if text == "(":
                depth += 1
            elif text == ")":
                depth -= 1
        return self.sql[start : self.tokens[self.at - 1].start].strip()

    # Constraints of columns and tables ---------------------------------------------------------------------------

    def start(self) -> int:
        """Return where a constraint begins: at the CONSTRAINT that names it, or at the cursor."""
        return self.peek().start if self.named is None else self.named

    def take_constraint_name(self) -> None:
        """Take ``CONSTRAINT name``. SQLite accepts several, and the last one names what follows."""
        begin = self.expect("CONSTRAINT").start
        if self.named is None:
            self.named = begin
        self.name = self.take_name().name

    def drop_name(self) -> str | None:
        """Return and forget the name of the constraint that was just taken."""
        name, self.name, self.named = self.name, None, None
        return name

    def conflict(self) -> str | None:
        """Take ON CONFLICT, and return its action in upper case; None if it does not come next."""
        return self.take().text.upper() if self.accept("ON", "CONFLICT") else None

    def key_columns(self) -> tuple[tuple[str, ...], bool]:
        """Take ``(a, b COLLATE NOCASE DESC)``, and return the names, and whether AUTOINCREMENT is at the end."""
        inner = _Reader(self.sql, self.tokens, self.words, self.at)
        inner.expect("(")
        names, autoincrement = [inner.take_name().name], False
        while not inner.sees(")"):
            if inner.accept(","):
                names.append(inner.take_name().name)
            else:
                autoincrement = inner.take().keyword == "AUTOINCREMENT" or autoincrement
        self.at = inner.at + 1
        return tuple(names), autoincrement

    def names(self) -> tuple[str, ...]:
        """``(a, b)``."""
        self.expect("(")
        names = [self.take_name().name]
        while not self.accept(")"):
            self.accept(",")
            token = self.take()
            if token.is_name:
                names.append(token.name)
        return tuple(names)

    def references(self, columns: tuple[str, ...]) -> ForeignKey:
        """Take what follows REFERENCES, including its options, and return the foreign key."""
        target = TableName(self.take_name().name)
        key = ForeignKey(
            columns=columns, target=target, target_columns=self.names() if self.sees("(") else (), name=self.name
        )
        while True:
            if self.accept("MATCH"):
                key = replace(key, match=self.take_name().name.upper())
            elif self.sees("ON") and self.peek(1).keyword in ("DELETE", "UPDATE", "INSERT"):
                key = self.action(key)
            else:
                return self.deferral(key)

    def action(self, key: ForeignKey) -> ForeignKey:
        """Take ON DELETE or ON UPDATE. ON INSERT is accepted by SQLite and has no effect."""
        self.expect("ON")
        event = self.take().keyword
        action = self.take().keyword
        action += f" {self.take().keyword}" if action in ("SET", "NO") else ""
        value = referential_action(action)
        if event == "DELETE":
            return replace(key, on_delete=value)
        return replace(key, on_update=value) if event == "UPDATE" else key

    def deferral(self, key: ForeignKey) -> ForeignKey:
        """Take ``[NOT] DEFERRABLE [INITIALLY ...]`` if it comes next."""
        if not self.sees("DEFERRABLE") and not self.sees("NOT", "DEFERRABLE"):
            return key
        deferrable = not self.accept("NOT")
        self.expect("DEFERRABLE")
        initially = self.take().keyword if self.accept("INITIALLY") else None
        return replace(key, deferrable=deferrable, initially=initially)

    # Columns -----------------------------------------------------------------------------------------------------

    def column(self) -> ColumnItem:
        """A column definition."""
        name = self.take_name()
        type_, type_span = self.type(name.end)
        clauses: list[Clause] = []
        autoincrement = False
        while not self.sees(",") and not self.sees(")"):
            if self.sees("CONSTRAINT"):
                self.take_constraint_name()
                continue
            begin = self.start()
            word = self.peek().keyword
            clause = self.clause(name.name, clauses)
            if clause is None:
                continue
            if word == "PRIMARY":
                autoincrement = self.tokens[self.at - 1].keyword == "AUTOINCREMENT"
            clauses.append(replace(clause, spans=((begin, self.last_end), *clause.spans)))
            self.drop_name()
        self.drop_name()
        return ColumnItem(
            name=name.name,
            span=(name.start, self.last_end),
            type=type_,
            type_span=type_span,
            clauses=tuple(clauses),
            autoincrement=autoincrement,
        )

    def type(self, after: int) -> tuple[str, Span]:
        """Take a type, and return it as it was typed, without comments, and its range; empty if there is none."""
        words: list[Token] = []
        while self.peek().is_name and self.peek().keyword not in _CLAUSES:
            if self.sees("GENERATED", "ALWAYS", "AS"):
                break
            words.append(self.take())
        if [word.keyword for word in words[-2:]] == ["GENERATED", "ALWAYS"]:
            # SQLite parses GENERATED ALWAYS as the end of the type, and removes it.
            words = words[:-2]
        if not words:
            return "", (after, after)
        if words[0].kind != "word":
            # SQLite removes the quotes from the whole type, and loses what follows the closing one.
            text = words[0].name if _PLAIN.match(words[0].name) else words[0].text
        else:
            text = " ".join(word.name if _PLAIN.match(word.name) else word.text for word in words)
        end = words[-1].end
        if self.sees("("):
            arguments = ", ".join(part.strip() for part in self.group().split(","))
            text += f"({arguments})" if words[0].kind == "word" else ""
            end = self.last_end
        return text, (words[0].start, end)

    def clause(self, column: str, clauses: list[Clause]) -> Clause | None:
        """Take one clause; None if it became a part of another. Its ``spans`` do not include the text just taken."""
        token = self.take()
        match token.keyword:
            case "NOT" if self.sees("DEFERRABLE"):
                self.at -= 1
                self.late_deferral(clauses)
                return None
            case "DEFERRABLE":
                self.at -= 1
                self.late_deferral(clauses)
                return None
            case "NOT":
                self.expect("NULL")
                return Clause("not null", (), self.conflict() or "")
            case "NULL":
                self.conflict()
                return Clause("null", ())
            case "DEFAULT":
                return Clause("default", (), self.default())
            case "COLLATE":
                return Clause("collate", (), self.take_name().name)
            case "GENERATED" | "AS":
                return self.generated(token)
            case _:
                return Clause("constraint", (), constraint=self.inline(token, column))

    def default(self) -> str:
        """Take what follows DEFAULT. A bare name is a string there."""
        begin = self.peek()
        if self.sees("("):
            return f"({self.group()})"
        if self.accept("-") or self.accept("+"):
            self.take()
            return self.sql[begin.start : self.last_end]
        return self.take().text

    def generated(self, token: Token) -> Clause:
        """Take ``[GENERATED ALWAYS] AS (expression) [STORED | VIRTUAL]``."""
        if token.keyword == "GENERATED":
            self.expect("ALWAYS", "AS")
        text = self.group()
        stored = self.accept("STORED")
        if not stored:
            self.accept("VIRTUAL")
        return Clause("generated", (), text, stored=stored)

    def inline(self, token: Token, column: str) -> Constraint:
        """Take an inline constraint of a column."""
        match token.keyword:
            case "PRIMARY":
                self.expect("KEY")
                if not self.accept("ASC"):
                    self.accept("DESC")
                found = options([(_ON_CONFLICT, self.conflict())])
                self.accept("AUTOINCREMENT")
                return PrimaryKey(columns=(column,), name=self.name, options=found)
            case "UNIQUE":
                return Unique(columns=(column,), name=self.name, options=options([(_ON_CONFLICT, self.conflict())]))
            case "CHECK":
                return Check(sql=self.group(), name=self.name)
            case "REFERENCES":
                return self.references((column,))
        raise ParseError(f"unexpected {token.text!r} in column {column!r}", token.start)

    def late_deferral(self, clauses: list[Clause]) -> None:
        """Take a DEFERRABLE that does not follow REFERENCES directly: it belongs to the last foreign key."""
        begin = self.start()
        for place in range(len(clauses) - 1, -1, -1):
            clause = clauses[place]
            if isinstance(clause.constraint, ForeignKey):
                key = self.deferral(clause.constraint)
                clauses[place] = replace(clause, constraint=key, spans=(*clause.spans, (begin, self.last_end)))
                return
        # Without a foreign key it has no effect.
        self.deferral(ForeignKey(columns=(), target=TableName(""), target_columns=()))

    # Tables ------------------------------------------------------------------------------------------------------

    def table_constraint(self) -> ConstraintItem | None:
        """Take a table constraint; None for a name that nothing follows."""
        while self.sees("CONSTRAINT"):
            self.take_constraint_name()
        begin = self.start()
        if self.sees(",") or self.sees(")"):
            self.drop_name()
            return None
        token, autoincrement = self.take(), False
        constraint: Constraint
        match token.keyword:
            case "PRIMARY":
                self.expect("KEY")
                columns, autoincrement = self.key_columns()
                constraint = PrimaryKey(
                    columns=columns, name=self.name, options=options([(_ON_CONFLICT, self.conflict())])
                )
            case "UNIQUE":
                columns, _ = self.key_columns()
                constraint = Unique(columns=columns, name=self.name, options=options([(_ON_CONFLICT, self.conflict())]))
            case "CHECK":
                text = self.group()
                constraint = Check(sql=text, name=self.name, options=options([(_ON_CONFLICT, self.conflict())]))
            case "FOREIGN":
                self.expect("KEY")
                columns = self.names()
                self.expect("REFERENCES")
                constraint = self.references(columns)
            case _:
                raise ParseError(f"unexpected {token.text!r}", token.start)
        self.drop_name()
        return ConstraintItem(constraint=constraint, span=(begin, self.last_end), autoincrement=autoincrement)

    def is_table_constraint(self) -> bool:
        """Whether a table constraint comes next, rather than a column."""
        # None of these words can be the name of a column without quotes.
        return self.peek().keyword in _TABLE_CLAUSES


def parse_table(sql: str) -> TableText:
    """Parse a CREATE TABLE statement. Raises `ParseError`."""
    reader = _reader(sql)
    reader.expect("CREATE")
    if not reader.accept("TEMP"):
        reader.accept("TEMPORARY")
    reader.expect("TABLE")
    reader.accept("IF", "NOT", "EXISTS")
    name = reader.take_name()
    if reader.accept("."):
        name = reader.take_name()
    body = reader.expect("(").end
    columns: list[ColumnItem] = []
    constraints: list[ConstraintItem] = []
    while True:
        if columns and reader.is_table_constraint():
            if (item := reader.table_constraint()) is not None:
                constraints.append(item)
        else:
            columns.append(reader.column())
        if reader.accept(")"):
            break
        if not reader.accept(",") and not reader.is_table_constraint():
            raise reader.error(", or )")
    end = reader.tokens[reader.at - 1].start
    words = [token.keyword or token.text for token in reader.tokens[reader.at :]]
    if unknown := set(words) - {"STRICT", "WITHOUT", "ROWID", ",", ";"}:
        raise ParseError(f"unexpected {min(unknown)!r} after the columns", end + 1)
    return _with_comments(
        TableText(
            sql=sql,
            name=name.name,
            name_end=name.end,
            body=(body, end),
            columns=tuple(columns),
            constraints=tuple(constraints),
            strict="STRICT" in words,
            without_rowid="WITHOUT" in words,
        )
    )


def parse_index(sql: str) -> IndexText:
    """Parse a CREATE INDEX statement. Raises `ParseError`."""
    reader = _reader(sql)
    reader.expect("CREATE")
    unique = reader.accept("UNIQUE")
    reader.expect("INDEX")
    reader.accept("IF", "NOT", "EXISTS")
    name = reader.take_name().name
    if reader.accept("."):
        name = reader.take_name().name
    reader.expect("ON")
    table = reader.take_name().name
    reader.expect("(")
    parts = [_part(reader)]
    while reader.accept(","):
        parts.append(_part(reader))
    reader.expect(")")
    where = None
    if reader.accept("WHERE"):
        where = sql[reader.peek().start :].rstrip().rstrip(";").rstrip()
    return IndexText(name=name, table=table, unique=unique, parts=tuple(parts), where=where)


def parse_part(text: str) -> PartText:
    """Parse one element of an index: ``name COLLATE NOCASE DESC``. Raises `ParseError`."""
    return _part(_reader(text))


def _part(reader: _Reader) -> PartText:
    """Parse an element up to the comma or parenthesis after it."""
    first, depth = reader.at, 0
    while reader.peek().kind != "end" and (depth or not (reader.sees(",") or reader.sees(")"))):
        depth += {"(": 1, ")": -1}.get(reader.take().text, 0)
    tokens = list(reader.tokens[first : reader.at])
    descending, collation = False, None
    if len(tokens) > 1 and tokens[-1].keyword in ("ASC", "DESC"):
        descending = tokens.pop().keyword == "DESC"
    if len(tokens) > 2 and tokens[-2].keyword == "COLLATE":
        collation = tokens[-1].name
        tokens = tokens[:-2]
    if not tokens:
        raise reader.error("an element of an index")
    name = tokens[0].name if len(tokens) == 1 and tokens[0].is_name else None
    text = reader.sql[tokens[0].start : tokens[-1].end]
    return PartText(text=text, name=name, collation=collation, descending=descending)


def _reader(sql: str) -> _Reader:
    try:
        tokens = significant(sql)
    except TokenError as error:
        raise ParseError(str(error), error.position) from None
    words = [token.text.upper() if token.kind == "word" else token.text for token in tokens]
    return _Reader(sql, tokens, [*words, "", ""])


def _with_comments(text: TableText) -> TableText:
    """Return *text* with the comments before and after each part assigned to it.

    A comment after the comma, on the same line, belongs to the part before the comma.
    """
    spans = sorted([*(item.span for item in text.columns), *(item.span for item in text.constraints)])
    before: dict[Span, tuple[str, ...]] = {}
    after: dict[Span, tuple[str, ...]] = {}
    edges = [(text.body[0], text.body[0]), *spans, (text.body[1], text.body[1])]
    for place, (left, right) in enumerate(pairwise(edges)):
        gap = text.sql[left[1] : right[0]]
        after[left], before[right] = _split_gap(gap, first=place == 0, last=place == len(spans))
    columns = tuple(replace(c, before=before[c.span], after=after[c.span]) for c in text.columns)
    constraints = tuple(replace(c, before=before[c.span], after=after[c.span]) for c in text.constraints)
    return replace(text, columns=columns, constraints=constraints)


def _split_gap(gap: str, *, first: bool, last: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the comments between two parts: those about the first, and those about the second."""
    if "-" not in gap and "/" not in gap:
        return (), ()
    if first:
        return (), tuple(comments(gap))
    if last:
        return tuple(comments(gap)), ()
    position = next((token.end for token in tokenize(gap) if token.text == ","), 0)
    line = gap.find("\n", position)
    if line >= 0 and "/*" not in gap[position:line]:
        position = line
    return tuple(comments(gap[:position])), tuple(comments(gap[position:]))
