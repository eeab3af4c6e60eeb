"""`$filter`: parsed with odata-query, compiled into a predicate, and held to what Graph lets each property do.

Source of the rules: the page `aad-advanced-queries` of the Graph documentation.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.visitor import NodeVisitor

from local.entra.protocol.errors import GraphError, invalid_filter, not_implemented, unsupported_query
from local.entra.protocol.schema import Schema

Predicate = Callable[[Mapping[str, Any]], bool]

MAXIMUM_CLAUSES = 15
SPELLINGS = (
    (re.compile(r"\bstartsWith\s*\(", re.IGNORECASE), "startswith("),
    (re.compile(r"\bendsWith\s*\(", re.IGNORECASE), "endswith("),
    (re.compile(r"\bnot\s*\(", re.IGNORECASE), "not ("),
)
COMPARATORS = {"Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge", "In": "in"}


LIST_OPENS = re.compile(r"\bin\s*\(\s*$", re.IGNORECASE)


def compile_filter(text: str, *, schema: Schema, advanced: bool) -> Predicate:
    """A predicate on objects of `schema`.

    Args:
        text: the value of `$filter`.
        advanced: whether the call has `ConsistencyLevel: eventual` and `$count=true`.

    Raises:
        GraphError: in Graph's words, for bad syntax and for what the property does not support.
    """
    predicate: Predicate = FilterCompiler(schema=schema, advanced=advanced).visit(parse(text))
    return predicate


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


def needs_advanced(operator: str) -> GraphError:
    return unsupported_query(
        f"Operator '{operator}' is not supported because the required parameters might be missing. Try adding "
        "$count=true query parameter and ConsistencyLevel:eventual header. Refer to "
        "https://aka.ms/graph-docs/advanced-queries for more information"
    )


class FilterCompiler(NodeVisitor):
    """Turns a syntax tree into a predicate."""

    def __init__(self, *, schema: Schema, advanced: bool) -> None:
        self.schema = schema
        self.advanced = advanced
        self.clauses = 0

    def generic_visit(self, node: ast._Node) -> Predicate:
        raise not_implemented(f"{type(node).__name__} in $filter")

    def visit_BoolOp(self, node: ast.BoolOp) -> Predicate:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.And):
            return lambda item: left(item) and right(item)
        self.clauses += 1
        self.check_clauses(self.clauses + 1)
        return lambda item: left(item) or right(item)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Predicate:
        if not isinstance(node.op, ast.Not):
            raise invalid_filter()
        if not self.advanced:
            raise needs_advanced("not")
        operand = self.visit(node.operand)
        return lambda item: not operand(item)

    def visit_Identifier(self, node: ast.Identifier) -> Predicate:
        raise invalid_filter()

    def visit_Compare(self, node: ast.Compare) -> Predicate:
        prop, operator = path_of(node.left), COMPARATORS[type(node.comparator).__name__]
        self.check_support(prop, operator, null=isinstance(node.right, ast.Null))
        if operator == "in":
            return self.one_of(prop, node.right)
        wanted = self.literal(prop, node.right)
        return comparison(prop, operator, wanted, read=self.reader(prop))

    def visit_Call(self, node: ast.Call) -> Predicate:
        name = node.func.name
        if name not in ("startswith", "endswith") or len(node.args) != 2:
            raise not_implemented(f"the function {name} in $filter")
        target, literal = node.args
        if not isinstance(target, ast.Identifier) or not isinstance(literal, ast.String):
            raise invalid_filter()
        self.check_support(target.name, name, null=False)
        prop, affix = target.name, literal.val.lower()
        if name == "startswith":
            return lambda item: str(item.get(prop) or "").lower().startswith(affix)
        return lambda item: str(item.get(prop) or "").lower().endswith(affix)

    def visit_CollectionLambda(self, node: ast.CollectionLambda) -> Predicate:
        """`tags/any(t:t eq 'x')`, the one lambda that clients of this tenant use."""
        inner = node.lambda_.expression if node.lambda_ else None
        if not isinstance(inner, ast.Compare) or not isinstance(inner.comparator, ast.Eq):
            raise not_implemented("this lambda in $filter")
        owner, literal = node.owner, inner.right
        if not isinstance(owner, ast.Identifier) or not isinstance(literal, ast.String):
            raise invalid_filter()
        if not isinstance(node.operator, ast.Any):
            raise not_implemented("all() in $filter")
        prop, wanted = owner.name, literal.val.lower()
        self.check_support(prop, "any", null=False)
        return lambda item: any(str(value).lower() == wanted for value in item.get(prop) or ())

    def one_of(self, prop: str, node: ast._Node) -> Predicate:
        if not isinstance(node, ast.List):
            raise invalid_filter()
        self.check_clauses(len(node.val))
        wanted = {self.literal(prop, item) for item in node.val}
        read = self.reader(prop)
        return lambda item: read(item) in wanted

    def check_clauses(self, count: int) -> None:
        if count > MAXIMUM_CLAUSES:
            raise unsupported_query(
                "Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{count}. Max allowed: {MAXIMUM_CLAUSES}."
            )

    def check_support(self, prop: str, operator: str, *, null: bool) -> None:
        """Refuse what Graph refuses: unknown and unindexed properties, and operators that need advanced mode."""
        if prop.partition("/")[0] not in self.schema.properties:
            raise invalid_filter()
        support = self.schema.filters.get(prop)
        asked = "null" if null else operator
        if support is not None and (asked in support.plain or (self.advanced and asked in support.advanced)):
            return
        if support is None or asked not in support.advanced or not support.plain:
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{prop}' of resource "
                f"'{self.schema.resource}'."
            )
        raise needs_advanced({"endswith": "endsWith", "startswith": "startsWith"}.get(operator, operator))

    def literal(self, prop: str, node: ast._Node) -> Any:
        """The value to compare with; a literal of another type than the property's is a bad filter."""
        if isinstance(node, ast.Null):
            return None
        if prop in self.schema.dates:
            if not isinstance(node, ast.DateTime):
                raise invalid_filter()
            return moment(node.val)
        if prop in self.schema.booleans:
            if not isinstance(node, ast.Boolean):
                raise invalid_filter()
            return node.py_val
        if not isinstance(node, ast.String):
            raise invalid_filter()
        return node.val.lower()

    def reader(self, prop: str) -> Callable[[Mapping[str, Any]], Any]:
        """How to get the comparable value of a property: text without case, a time as a time."""
        if prop in self.schema.booleans:
            return lambda item: item.get(prop)
        if prop in self.schema.dates:
            return lambda item: None if item.get(prop) is None else moment(item[prop])
        owner, _, inner = prop.partition("/")
        if inner:
            return lambda item: None if (item.get(owner) or {}).get(inner) is None else str(item[owner][inner]).lower()
        return lambda item: None if item.get(prop) is None else str(item[prop]).lower()


def path_of(node: ast._Node) -> str:
    """The property a comparison asks for: `employeeId`, or a part of one, as `onPremisesExtensionAttributes/...`."""
    if isinstance(node, ast.Identifier):
        return node.name
    if isinstance(node, ast.Attribute) and isinstance(node.owner, ast.Identifier):
        return f"{node.owner.name}/{node.attr}"
    raise invalid_filter()


def moment(text: str) -> datetime:
    """A literal or stored time; without a zone it is UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_filter() from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def comparison(prop: str, operator: str, wanted: Any, *, read: Callable[[Mapping[str, Any]], Any]) -> Predicate:
    """One comparison. Nothing is greater or less than null, as in OData."""
    if operator == "eq":
        return lambda item: read(item) == wanted
    if operator == "ne":
        return lambda item: read(item) != wanted
    if wanted is None:
        raise unsupported_query(f"Unsupported or invalid query filter clause specified for property '{prop}'.")

    def ordered(item: Mapping[str, Any]) -> bool:
        value = read(item)
        if value is None:
            return False
        verdicts = {"ge": value >= wanted, "gt": value > wanted, "le": value <= wanted, "lt": value < wanted}
        return bool(verdicts[operator])

    return ordered
