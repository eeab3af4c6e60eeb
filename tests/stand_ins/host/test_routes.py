"""Routing by the host's rules: functions by name, the first fit wins, a wrong method is no fit."""

import contextlib

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.indexing import index
from local.host.routes import RouteTable, build_routes, parse_template, split_path
from local.host.settings import HostError, HostSettings


def table(prefix: str = "", **routes: str) -> RouteTable:
    """A table with one function per keyword: its name, and its route with methods before it ("GET /x")."""
    app = func.FunctionApp()
    for name, text in routes.items():
        methods, _, route = text.partition(" ")

        async def handler(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse()

        app.function_name(name)(app.route(route=route, methods=methods.split(","))(handler))
    settings = HostSettings(environment={"SECTION": "people"}, route_prefix=prefix)
    return build_routes(index(app, settings=settings), settings=settings)


def found(routes: RouteTable, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = routes.find(method, path)
    return (match[0].function.name, match[1]) if match else None


def test_first_function_by_name_wins_whatever_its_shape() -> None:
    routes = table(zeta="GET hires/known", alpha="GET {*rest}")
    assert found(routes, "GET", "/hires/known") == ("alpha", {"rest": "hires/known"})


def test_wrong_method_is_no_match_and_goes_on_to_the_next() -> None:
    routes = table(a="GET thing", b="POST {name}")
    assert found(routes, "POST", "/thing") == ("b", {"name": "thing"})
    assert found(routes, "PUT", "/thing") is None
    assert found(routes, "HEAD", "/thing") is None


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("hires/{source}", "/hires/bamboohr", {"source": "bamboohr"}),
        ("hires/{source}", "/HIRES/BambooHR/", {"source": "BambooHR"}),
        ("hires/{source}", "/hires", None),
        ("hires/{source}", "/hires/a/b", None),
        ("hires/{source}", "//hires/a", None),
        ("hires/{source}", "/hires//", None),
        ("hires/{source?}", "/hires", {}),
        ("x/{n:int}", "/x/-7", {"n": "-7"}),
        ("x/{n:int}", "/x/7a", None),
        ("x/{n:int}", "/x/99999999999", None),
        ("x/{n:int:min(1):max(5)}", "/x/6", None),
        ("x/{n:alpha:length(2,3)}", "/x/abc", {"n": "abc"}),
        ("x/{n:guid}", "/x/0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10", {"n": "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"}),
        ("x/{n:bool}", "/x/True", {"n": "True"}),
        ("static/{*rest}", "/static/css/page.css", {"rest": "css/page.css"}),
        ("static/{*rest}", "/static", {}),
        ("{ignored:maxlength(0)?}", "/", {}),
        ("{ignored:maxlength(0)?}", "/x", None),
        ("/", "/", {}),
        ("a b", "/a%20b", {}),
        ("x/{name}", "/x/a%2Fb", {"name": "a%2Fb"}),
        ("x/{name}", "/x/J%C3%B6rg", {"name": "Jörg"}),
        ("%SECTION%/list", "/people/list", {}),
    ],
)
def test_match(template: str, path: str, values: dict[str, str] | None) -> None:
    expected = None if values is None else ("only", values)
    assert found(table(only=f"GET {template}"), "GET", path) == expected


def test_prefix() -> None:
    routes = table("api", only="GET hires")
    assert found(routes, "GET", "/api/hires") == ("only", {})
    assert found(routes, "GET", "/hires") is None
    assert not routes.has_root


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("admin/users", "'admin' or 'runtime'"),
        ("administration", "'admin' or 'runtime'"),
        ("/Runtime", "'admin' or 'runtime'"),
        ("a//b", "two slashes"),
        ("a/{b?}/c", "not the last part"),
        ("{*all}/c", "not the last part"),
        ("x-{name}", "not understood"),
        ("x/{name:regex(^a$)}", "is not known"),
        ("%MISSING%/x", "no app setting MISSING"),
    ],
)
def test_refused(route: str, reason: str) -> None:
    with pytest.raises(HostError, match=reason) as raised:
        table(only=f"GET {route}")
    assert "'only'" in str(raised.value)


def test_leading_slash_below_a_prefix_is_refused() -> None:
    with pytest.raises(HostError, match="two slashes"):
        table("api", only="GET /hires")


ANY = table(one="GET a/{b:int}", two="GET {*rest}")


@given(st.text(max_size=40))
def test_any_path_is_answered(path: str) -> None:
    assert ANY.find("GET", path) is None or isinstance(split_path(path), list)


@given(st.text(alphabet="ab{}:?*/()1,", max_size=16))
def test_any_template_is_parsed_or_refused(template: str) -> None:
    with contextlib.suppress(HostError):
        assert isinstance(parse_template(template, function="f"), tuple)
