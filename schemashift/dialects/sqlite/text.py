"""The canonical spelling of SQL texts: SQLite keeps them as they were typed, so they are compared token by token.

White space, comments, the case of keywords and functions, quotes around columns, redundant outer parentheses, the
table's own name before a column, ``==`` and ``<>`` make no difference. Everything else does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemashift.dialects.sqlite.tokens import KEYWORDS, SPACE, Token, TokenError, significant, tokenize

_IN_EXPRESSIONS = frozenset(
    """
    AND AS ASC BETWEEN BY CASE CAST COLLATE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DESC DISTINCT ELSE END ESCAPE
    EXISTS FALSE FILTER FROM GLOB IN IS ISNULL LIKE MATCH NOT NOTNULL NULL ON OR OVER REGEXP SELECT THEN TRUE WHEN
    WHERE
    """.split()
)
"""Words that are keywords in an expression even if a column has that name."""
_FUNCTIONS = frozenset("REPLACE LIKE GLOB IF".split())
"""Keywords that are functions when a parenthesis follows at the beginning of an operand."""
_SPELLINGS = {"==": "=", "<>": "!="}
_ROWID = frozenset({"rowid", "oid", "_rowid_"})
_CONSTANT = frozenset("NULL TRUE FALSE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP".split())
_SIGN = frozenset("-+~")


Quote = Callable[[str], str]
"""Returns an identifier, quoted where it must be."""


@dataclass(frozen=True)
class Names:
    """The names that a table's texts may refer to. ``quote`` returns an identifier, quoted where it must be."""

    table: str
    columns: dict[str, str]
    """The names of the columns, by their lower case."""
    quote: Quote = field(compare=False)

    @classmethod
    def of(cls, table: str, columns: Iterable[str], quote: Quote) -> Names:
        """Return the names for a table and its columns."""
        return cls(table=table, columns={name.lower(): name for name in columns}, quote=quote)

    def spelled(self, name: str) -> str:
        """Return a column's name as the table spells it."""
        return self.columns.get(name.lower(), name)


@dataclass(frozen=True, slots=True)
class Word:
    """One token of a canonical text. ``column`` is the column it names; ``calls`` is True where a call begins."""

    text: str
    column: str | None = None
    calls: bool = False
    operand: bool = True
    """Whether an operand ends here, so that a sign after it is an operator."""


def canonical(sql: str, names: Names) -> tuple[str, tuple[str, ...]]:
    """Return the canonical text of an expression, and the columns it uses in the order of the table.

    A text that cannot be split into SQLite's tokens is left unchanged.
    """
    try:
        tokens = _bare(significant(sql))
    except TokenError:
        return sql.strip(SPACE), ()
    words = _spell(tokens, names)
    used = {word.column for word in words if word.column}
    return _join(words), tuple(name for name in names.columns.values() if name in used)


def as_typed(sql: str, names: Names) -> str:
    """Return *sql* as its author typed it, for a table that may have another name while its rows are copied."""
    sql = sql.strip(SPACE)
    try:
        return unqualified(sql, names.table) if "." in sql else sql
    except TokenError:
        return sql


def enclosed(sql: str) -> str:
    """Return *sql* in parentheses, which a comment at its end does not hide."""
    try:
        last = list(tokenize(sql))[-1:]
    except TokenError:
        last = []
    return f"({sql}\n)" if last and last[0].text.startswith("--") else f"({sql})"


def canonical_default(sql: str, names: Names) -> str | None:
    """Return the canonical text of what follows DEFAULT: a literal, or an expression in parentheses. None for NULL."""
    try:
        tokens = _bare(significant(sql))
    except TokenError:
        return sql.strip(SPACE)
    if len(tokens) == 1 and tokens[0].kind in ("word", "quoted") and tokens[0].keyword not in _CONSTANT:
        # After DEFAULT, SQLite treats a name as a string.
        return _string(tokens[0].name)
    text = _join(_spell(tokens, names))
    if text == "NULL":
        return None
    return text if is_literal(text) else f"({text})"


_LITERAL = re.compile(
    r"(?:'(?:[^']|'')*'|X'[0-9A-F]*'|[+-]?(?:0x[0-9a-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?)"
    r"|NULL|TRUE|FALSE|CURRENT_(?:DATE|TIME|TIMESTAMP))\Z"
)


def is_literal(text: str) -> bool:
    """Whether a canonical text may follow DEFAULT without parentheses."""
    return _LITERAL.match(text) is not None


def is_constant(default: str) -> bool:
    """Whether ALTER TABLE ADD COLUMN accepts this default (canonical) on a table with rows."""
    return is_literal(default) and not default.startswith("CURRENT_")


def renamed_in(sql: str, names: Names, old: str, new: str) -> str:
    """Return a canonical text with the column *old* renamed to *new*."""
    words = [
        Word(names.quote(new), column=new, operand=True) if word.column == old else word
        for word in _spell(significant(sql), names)
    ]
    return _join(words)


def unqualified(sql: str, table: str) -> str:
    """Return *sql*, otherwise unchanged, without the table's name before its columns (``t.a``)."""
    tokens = significant(sql)
    for place in range(len(tokens) - 2, -1, -1):
        token = tokens[place]
        if token.is_name and token.name.lower() == table.lower() and tokens[place + 1].text == ".":
            sql = sql[: token.start] + sql[tokens[place + 1].end :].lstrip()
    return sql


def bare(sql: str) -> str:
    """Return *sql*, otherwise unchanged, without outer parentheses. Raises `TokenError`."""
    tokens = _bare(significant(sql))
    return sql[tokens[0].start : tokens[-1].end] if tokens else ""


def _bare(tokens: list[Token]) -> list[Token]:
    """Return the tokens without outer parentheses."""
    while len(tokens) > 2 and tokens[0].text == "(" and _closes(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closes(tokens: list[Token]) -> int:
    """Return the index of the parenthesis that closes the first token."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return place
    return -1


def _spell(tokens: list[Token], names: Names) -> list[Word]:
    tokens = _unqualified(tokens, names)
    words: list[Word] = []
    for place, token in enumerate(tokens):
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        words.append(_word(token, tokens[place - 1] if place else None, following, names))
    return words


def _unqualified(tokens: list[Token], names: Names) -> list[Token]:
    """Return the tokens without the table's own name before a column."""
    dots = {place for place, token in enumerate(tokens) if token.text == "." and place}
    gone = {place for dot in dots if _is_table(tokens[dot - 1], names) for place in (dot - 1, dot)}
    return [token for place, token in enumerate(tokens) if place not in gone] if gone else tokens


def _is_table(token: Token, names: Names) -> bool:
    return token.is_name and token.name.lower() == names.table.lower()


def _word(token: Token, before: Token | None, following: str, names: Names) -> Word:
    match token.kind:
        case "word":
            return _plain_word(token, before, following, names)
        case "quoted":
            return _quoted_word(token, before, following, names)
        case "number":
            return Word(token.text.lower())
        case "blob":
            return Word(token.text.upper())
        case "operator":
            return Word(_SPELLINGS.get(token.text, token.text), operand=token.text == ")")
    return Word(token.text)


def _plain_word(token: Token, before: Token | None, following: str, names: Names) -> Word:
    upper, column = token.keyword, names.columns.get(token.text.lower())
    if before is not None and before.keyword == "COLLATE":
        return Word(upper)
    if following == "(" and (upper not in KEYWORDS or (upper in _FUNCTIONS and _begins(before))):
        return Word(token.text.lower(), calls=True)
    if upper in ("CAST", "RAISE"):
        return Word(upper, calls=True)
    if upper in _IN_EXPRESSIONS:
        return Word(upper, operand=upper in _CONSTANT or upper in ("END", "ISNULL", "NOTNULL"))
    if column is not None:
        return Word(names.quote(column), column=column)
    return Word(upper, operand=upper not in KEYWORDS)


def _begins(before: Token | None) -> bool:
    """Whether an operand may begin after *before*."""
    if before is None:
        return True
    return (before.kind == "operator" and before.text != ")") or before.keyword in _IN_EXPRESSIONS - _CONSTANT


def _quoted_word(token: Token, before: Token | None, following: str, names: Names) -> Word:
    name = token.name
    if before is not None and before.keyword == "COLLATE":
        return Word(collation_name(name))
    if following == "(":
        return Word(name.lower() if _is_plain(name) else token.text, calls=True)
    column = names.columns.get(name.lower())
    if column is not None:
        return Word(names.quote(column), column=column)
    if name.lower() in _ROWID:
        return Word(name.upper())
    # Not a known column: a column of a table that is only partly known, or a string to SQLite.
    return Word(token.text)


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None and name.upper() not in KEYWORDS


def collation_name(name: str) -> str:
    """Return the canonical name of a collation, whose case SQLite ignores."""
    return name.upper() if _is_plain(name) else '"' + name.replace('"', '""') + '"'


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _join(words: list[Word]) -> str:
    """Join the words with conventional white space, which depends only on the words."""
    text = ""
    for place, word in enumerate(words):
        if place and _spaced(words, place):
            text += " "
        text += word.text
    return text


def _spaced(words: list[Word], place: int) -> bool:
    before, word = words[place - 1], words[place]
    if "." in (before.text, word.text) and (_is_number(before) or _is_number(word)):
        return True
    if before.text in ("(", ".") or word.text in (")", ",", "."):
        return False
    if word.text == "(":
        return not before.calls
    if before.text in _SIGN:
        # No space between a sign and its operand, unless together they would be another token (a comment!).
        return (place > 1 and words[place - 2].operand) or word.text[0] in "-+~<>=|&*/%!"
    return True


def _is_number(word: Word) -> bool:
    return word.text[:1].isdigit() or (word.text[:1] == "." and word.text != ".")
