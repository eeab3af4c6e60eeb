"""`$filter`: the syntax tree compiled into a predicate, and held to what Graph lets each property do.

Source of the rules: the page `aad-advanced-queries` of the Graph documentation, with the table
`filter-directory-objects`.
"""

import operator as operators
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from odata_query import ast
from odata_query.visitor import NodeVisitor

from local.entra.protocol.errors import invalid_filter, not_implemented, unsupported_query
from local.entra.protocol.filter_rules import check_clauses, check_support, needs_advanced
from local.entra.protocol.filter_syntax import COUNT, parse, path_of
from local.entra.protocol.schema import Schema

Predicate = Callable[[Any], bool]
Read = Callable[[Any], Any]

COMPARATORS = {"Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge", "In": "in"}
ORDERS = {"ge": operators.ge, "gt": operators.gt, "le": operators.le, "lt": operators.lt}
FUNCTIONS = ("startswith", "endswith")
ADVANCED_IN_LAMBDA = frozenset({"ne", "endswith"})


@dataclass(frozen=True)
class Operand:
    """A property, or what the variable of a lambda stands for.

    Args:
        key: the property's path, `assignedLicenses/skuId`, whose rules count.
        read: gets its value from an object or an element.
    """

    key: str
    read: Read


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


class FilterCompiler(NodeVisitor):
    """Turns a syntax tree into a predicate.

    Args:
        variable: inside a lambda, the name of its variable and the property it ranges over.
    """

    def __init__(self, *, schema: Schema, advanced: bool, variable: tuple[str, str] | None = None) -> None:
        self.schema = schema
        self.advanced = advanced
        self.variable = variable
        self.clauses = 0

    def generic_visit(self, node: ast._Node) -> Predicate:
        raise not_implemented(f"{type(node).__name__} in $filter")

    def visit_BoolOp(self, node: ast.BoolOp) -> Predicate:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.And):
            return lambda item: left(item) and right(item)
        self.clauses += 1
        check_clauses(self.clauses + 1)
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
        operator = COMPARATORS[type(node.comparator).__name__]
        operand = self.operand(node.left)
        if operand.key.endswith(f"/{COUNT}"):
            return self.count_is(operand, operator, node.right)
        self.check_support(operand.key, operator, null=isinstance(node.right, ast.Null))
        if operator == "in":
            return self.one_of(operand, node.right)
        wanted = self.literal(operand.key, node.right)
        return comparison(operand.key, operator, wanted, read=self.reader(operand))

    def operand(self, node: ast._Node) -> Operand:
        """The property a node names; in a lambda, the variable or a property of it."""
        path = path_of(node)
        if path is None:
            raise invalid_filter()
        path = (self.spelled(path[0]), *path[1:])
        if self.variable is None:
            return Operand("/".join(path), lambda item: reduce(part_of, path, item))
        name, owner = self.variable
        if path[0] != name:
            raise invalid_filter()
        return Operand("/".join((owner, *path[1:])), lambda item: reduce(part_of, path[1:], item))

    def spelled(self, name: str) -> str:
        """A property in its own spelling; names are read without regard to case."""
        if self.variable is not None or name in self.schema.properties:
            return name
        return next((known for known in self.schema.properties if known.lower() == name.lower()), name)

    def visit_Call(self, node: ast.Call) -> Predicate:
        name = node.func.name
        if name not in FUNCTIONS or len(node.args) != 2:
            raise not_implemented(f"the function {name} in $filter")
        target, literal = node.args
        operand = self.operand(target)
        if not isinstance(literal, ast.String):
            raise invalid_filter()
        self.check_support(operand.key, name, null=False)
        read, affix = operand.read, literal.val.lower()
        if name == "startswith":
            return lambda item: str(read(item) or "").lower().startswith(affix)
        return lambda item: str(read(item) or "").lower().endswith(affix)

    def visit_CollectionLambda(self, node: ast.CollectionLambda) -> Predicate:
        """`tags/any(t:t eq 'x')`, `assignedLicenses/any(x:x/skuId eq …)`, and `tags/any()`: not empty."""
        if not isinstance(node.operator, ast.Any):
            raise not_implemented("all() in $filter")
        if self.variable is not None:
            raise not_implemented("a lambda in a lambda in $filter")
        owner = self.operand(node.owner)
        self.check_support(owner.key, "any", null=False)
        read = owner.read
        if node.lambda_ is None:
            return lambda item: bool(read(item))
        variable = (node.lambda_.identifier.name, owner.key)
        inner = FilterCompiler(schema=self.schema, advanced=self.advanced, variable=variable)
        keep: Predicate = inner.visit(node.lambda_.expression)
        return lambda item: any(keep(element) for element in read(item) or ())

    def count_is(self, operand: Operand, operator: str, node: ast._Node) -> Predicate:
        """`assignedLicenses/$count ne 0`, in advanced queries only."""
        key = operand.key.removesuffix(f"/{COUNT}")
        self.check_support(key, "any", null=False)
        if not self.advanced:
            raise needs_advanced("$count")
        if not isinstance(node, ast.Integer) or operator not in ("eq", "ne"):
            raise invalid_filter()
        path, wanted, equal = key.split("/"), int(node.val), operator == "eq"
        return lambda item: (len(reduce(part_of, path, item) or ()) == wanted) is equal

    def one_of(self, operand: Operand, node: ast._Node) -> Predicate:
        if not isinstance(node, ast.List):
            raise invalid_filter()
        check_clauses(len(node.val))
        wanted = {self.literal(operand.key, item) for item in node.val}
        read = self.reader(operand)
        return lambda item: read(item) in wanted

    def check_support(self, key: str, operator: str, *, null: bool) -> None:
        if self.variable is None:
            check_support(self.schema, key, "null" if null else operator, advanced=self.advanced)
        elif operator in ADVANCED_IN_LAMBDA and not self.advanced:
            raise needs_advanced(operator)

    def literal(self, key: str, node: ast._Node) -> Any:
        """The value to compare with; a literal of another type than the property's is a bad filter."""
        if isinstance(node, ast.Null):
            return None
        if key in self.schema.dates:
            if not isinstance(node, ast.DateTime):
                raise invalid_filter()
            return moment(node.val)
        if key in self.schema.booleans:
            if not isinstance(node, ast.Boolean):
                raise invalid_filter()
            return node.py_val
        if isinstance(node, ast.GUID) and key in self.schema.guids:
            return node.val.lower()
        if not isinstance(node, ast.String):
            raise invalid_filter()
        return node.val.lower()

    def reader(self, operand: Operand) -> Read:
        """How to get the comparable value of a property: text without case, a time as a time."""
        read = operand.read
        if operand.key in self.schema.booleans:
            return read
        if operand.key in self.schema.dates:
            return lambda item: None if (value := read(item)) is None else moment(value)
        return lambda item: None if (value := read(item)) is None else str(value).lower()


def part_of(value: Any, name: str) -> Any:
    """A property of an object, None of nothing."""
    return value.get(name) if isinstance(value, Mapping) else None


def moment(text: str) -> datetime:
    """A literal or stored time; without a zone it is UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_filter() from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def comparison(key: str, operator: str, wanted: Any, *, read: Read) -> Predicate:
    """One comparison. Nothing is greater or less than null, as in OData."""
    if operator == "eq":
        return lambda item: bool(read(item) == wanted)
    if operator == "ne":
        return lambda item: bool(read(item) != wanted)
    if wanted is None:
        raise unsupported_query(f"Unsupported or invalid query filter clause specified for property '{key}'.")
    order = ORDERS[operator]
    return lambda item: (value := read(item)) is not None and bool(order(value, wanted))
