"""The text of a `$filter`: Graph's spellings in those of odata-query, and the syntax tree."""

import re

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from local.entra.protocol.errors import invalid_filter

COUNT = "__count"
"""How `/$count` is spelled for the parser, which knows no segment with a dollar sign."""
SPELLINGS = (
    (re.compile(r"\bstartsWith\s*\(", re.IGNORECASE), "startswith("),
    (re.compile(r"\bendsWith\s*\(", re.IGNORECASE), "endswith("),
    (re.compile(r"\bnot\s*\(", re.IGNORECASE), "not ("),
    (re.compile(r"\bany\s*\(\s*", re.IGNORECASE), "any("),
    (re.compile(r"/\$count\b", re.IGNORECASE), f"/{COUNT}"),
    (re.compile(r"(?<![\w/])(AND|OR|NOT|EQ|NE|GE|GT|LE|LT|IN)(?![\w/])"), lambda match: match[0].lower()),
)
LIST_OPENS = re.compile(r"\bin\s*\(\s*$", re.IGNORECASE)


def parse(text: str) -> ast._Node:
    """The syntax tree of a filter.

    Raises:
        GraphError: it is none.
    """
    lexer, parser = ODataLexer(), ODataParser()
    try:
        tree: ast._Node | None = parser.parse(lexer.tokenize(respell(text)))
    except ODataException as error:
        raise invalid_filter() from error
    if tree is None:
        raise invalid_filter()
    return tree


def named_values(text: str) -> tuple[str, list[str]] | None:
    """The property and the values that `p eq 'a'` or `p in (…)` names, also when other conditions follow by `and`.

    None for any other filter.
    """
    node = parse(text)
    while isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        node = node.left
    if not isinstance(node, ast.Compare) or not isinstance(node.comparator, ast.Eq | ast.In):
        return None
    values = node.right.val if isinstance(node.right, ast.List) else [node.right]
    texts = [value.val for value in values if isinstance(value, ast.String)]
    if not isinstance(node.left, ast.Identifier) or len(texts) < len(values):
        return None
    return node.left.name, texts


def respell(text: str) -> str:
    """Graph's spellings in the parser's, outside quoted text."""
    parts = re.split(r"('(?:[^']|'')*')", text)
    for index in range(0, len(parts), 2):
        for pattern, spelling in SPELLINGS:
            parts[index] = pattern.sub(spelling, parts[index])
    for index in range(1, len(parts), 2):
        if LIST_OPENS.search(parts[index - 1]) and parts[index + 1].lstrip().startswith(")"):
            parts[index] += ","  # the parser takes a list of one for a value in parentheses
    return "".join(parts)


def path_of(node: ast._Node) -> tuple[str, ...] | None:
    """The names of `web/redirectUris`, or None when a node is no property."""
    if isinstance(node, ast.Identifier):
        return (node.name,)
    if isinstance(node, ast.Attribute):
        owner = path_of(node.owner)
        return None if owner is None else (*owner, node.attr)
    return None
