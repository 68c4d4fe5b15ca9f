"""Texts as PostgreSQL writes them down."""

from __future__ import annotations


def bare(expression: str) -> str:
    """*expression* without the one pair of parentheses that PostgreSQL puts round a whole CHECK or predicate."""
    if not (expression.startswith("(") and expression.endswith(")")):
        return expression
    depth, quoted = 0, ""
    for place, character in enumerate(expression):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0 and place < len(expression) - 1:
                return expression
    return expression[1:-1]
