"""`$orderby` and `$search` of the directory.

Sources: the pages `aad-advanced-queries` (what can be sorted by) and `search-query-parameter` (what is searched how).
The text for a property that cannot be sorted by is from public issues.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.entra.protocol.errors import bad_request, not_implemented, unsupported_query

Row = Mapping[str, Any]
DATES = {"createdDateTime": True, "deletedDateTime": True}
SORTS: Mapping[str, Mapping[str, bool]] = {
    "User": {**DATES, "displayName": False, "userPrincipalName": False},
    "Group": {"deletedDateTime": True, "displayName": False},
    "Application": {**DATES, "displayName": True},
    "ServicePrincipal": {**DATES, "displayName": True},
    "AdministrativeUnit": {**DATES, "displayName": True},
    "DirectoryObject": {"displayName": True},
}
"""By kind, the properties to sort by, and whether that takes an advanced query."""

SEARCHED: Mapping[str, frozenset[str]] = {
    "User": frozenset(
        {"displayName", "givenName", "mail", "mailNickname", "otherMails", "surname", "userPrincipalName"}
    ),
    "Group": frozenset({"description", "displayName", "mail", "mailNickname"}),
    "Application": frozenset({"displayName", "appId", "description"}),
    "ServicePrincipal": frozenset({"displayName", "appId", "description"}),
    "AdministrativeUnit": frozenset({"description", "displayName"}),
    "DirectoryObject": frozenset({"description", "displayName", "mail"}),
}
TOKENIZED = frozenset({"description", "displayName"})
TOKENS = re.compile(r"[^\W_]+")
CLAUSE = re.compile(r'\s*(?:(?P<joint>AND|OR)\s+)?(?P<negated>NOT\s+)?"(?P<name>\w+):(?P<text>[^"]*)"\s*')


def ordered(rows: Iterable[Row], text: str, *, resource: str, advanced: bool, filtered: bool) -> list[Row]:
    """The rows in the order that `$orderby` asks for.

    Raises:
        GraphError: 400 for what Graph cannot sort by, 501 for a kind whose rules are not modelled.
    """
    sorts = SORTS.get(resource)
    if sorts is None:
        raise not_implemented(f"$orderby of {resource}")
    if filtered and not advanced:
        raise unsupported_query("Sorting not supported for current query.")
    result = list(rows)
    for part in reversed(text.split(",")):
        name, _, direction = part.strip().partition(" ")
        if name not in sorts or direction.strip().lower() not in ("", "asc", "desc"):
            raise unsupported_query(f"Unsupported sort property '{name}' for '{resource}'.")
        if sorts[name] and not advanced:
            raise unsupported_query("Sorting not supported for current query.")
        result.sort(key=lambda row: str(row.get(name) or "").lower(), reverse=direction.strip().lower() == "desc")
    return result


def compile_search(text: str, *, resource: str) -> Callable[[Row], bool]:
    """A predicate for a `$search` such as `"displayName:ada" AND "mail:ada@"`.

    Raises:
        GraphError: 400 for bad syntax or a property that cannot be searched, 501 for a kind that is not modelled.
    """
    searched = SEARCHED.get(resource)
    if searched is None:
        raise not_implemented(f"$search of {resource}")
    alternatives: list[list[Callable[[Row], bool]]] = [[]]
    position = 0
    while position < len(text):
        clause = CLAUSE.match(text, position)
        if clause is None or (clause["joint"] is None) != (position == 0):
            raise bad_request(
                f"Syntax error: character '{text[position]}' is not valid at position {position} in '{text}'."
            )
        if clause["name"] not in searched:
            raise unsupported_query(f"Unsupported property '{clause['name']}' in $search of resource '{resource}'.")
        if clause["joint"] == "OR":
            alternatives.append([])
        alternatives[-1].append(finder(clause["name"], clause["text"], wanted=clause["negated"] is None))
        position = clause.end()
    return lambda row: any(all(found(row) for found in clauses) for clauses in alternatives)


def finder(name: str, text: str, *, wanted: bool) -> Callable[[Row], bool]:
    """Whether a property has every word of a text as the beginning of a word, or begins with the text."""
    words = [word.lower() for word in TOKENS.findall(text)]

    def found(row: Row) -> bool:
        value = row.get(name)
        values = value if isinstance(value, list | tuple) else [value]
        if name not in TOKENIZED:
            return any(str(item or "").lower().startswith(text.lower()) for item in values) is wanted
        tokens = [token.lower() for token in TOKENS.findall(str(value or ""))]
        return all(any(token.startswith(word) for token in tokens) for word in words) is wanted

    return found
