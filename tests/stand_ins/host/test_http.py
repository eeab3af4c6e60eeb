"""HTTP through the sample app: keys, bodies, headers, failures, and the admin API's door."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from azure.functions import meta

from local.host.executor import Outcome
from local.host.http import Keys, response_of


async def test_what_a_function_sees(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/echo/J%C3%B6rg?a=1&a=2&empty=&B=x%20y",
        content=b"hello",
        headers=[
            ("X-Two", "1"),
            ("x-two", "2"),
            ("X-MS-Client-Principal", "forged"),
            ("x-ms-token-aad-id-token", "forged"),
        ],
    )
    seen = answer.json()
    assert seen["method"] == "POST"
    assert seen["url"] == "http://127.0.0.1:7072/echo/J%C3%B6rg?a=1&a=2&empty=&B=x%20y"
    assert seen["route"] == {"word": "Jörg"}
    assert seen["params"] == {"a": "1,2", "B": "x y"}
    assert seen["headers"]["x-two"] == "1,2"
    assert seen["body"] == "hello"
    assert not [name for name in seen["headers"] if name.startswith("x-ms-")]


async def test_a_chunked_upload_arrives_empty(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"hello"

    assert (await client.post("/echo", content=chunks())).json()["body"] == ""


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/keyed", {}, 401),
        ("/keyed?code=function-key", {}, 200),
        ("/keyed", {"x-functions-key": "function-key"}, 200),
        ("/keyed", {"x-functions-key": "master-key"}, 200),
        ("/keyed?code=function-key", {"x-functions-key": "wrong"}, 401),
        ("/keyed?code=", {"x-functions-key": ""}, 401),
        ("/keyed?code=f%C3%BCnction", {}, 401),
        ("/master?code=function-key", {}, 401),
        ("/master?code=master-key", {}, 200),
        ("/echo", {}, 200),
        ("/absent", {}, 404),
        ("/admin/host/status", {}, 401),
        ("/admin/host/status", {"x-functions-key": "function-key"}, 401),
        ("/admin/host/status", {"x-functions-key": "master-key"}, 200),
        ("/admin/nowhere", {"x-functions-key": "master-key"}, 404),
    ],
)
async def test_keys(client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int) -> None:
    assert (await client.get(path, headers=headers)).status_code == status


def test_an_empty_key_opens_nothing() -> None:
    assert not Keys(function="", master="").allows("function", "")
    assert not Keys(function="", master="").allows("admin", None)


@pytest.mark.parametrize("path", ["/boom", "/nothing"])
async def test_a_failure_is_500_without_a_reason(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (500, b"")


async def test_wrong_method_is_404(client: httpx.AsyncClient) -> None:
    answer = await client.put("/echo")
    assert (answer.status_code, answer.content) == (404, b"")


async def test_every_cookie_arrives_with_its_value_encoded(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cookies")
    assert answer.status_code == 201
    assert answer.headers.get_list("set-cookie") == ["first=a%2Bb; HttpOnly; Path=/", "second=2"]


async def test_sync_function_and_context(client: httpx.AsyncClient) -> None:
    assert (await client.get("/master?code=master-key")).text == "master"


async def test_user_log_lines_carry_the_invocation(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await asyncio.gather(*(client.get("/echo") for _ in range(3)))
    assert [record.message for record in caplog.records].count("echo was called") == 3


def test_a_text_result_that_looks_like_a_response_is_one() -> None:
    text = '{"statusCode": 201, "body": {"a": 1}}'
    answer = response_of(Outcome("id", returned=meta.Datum(text, "string")))
    assert (answer.status_code, answer.body) == (201, b'{"a": 1}')
    answer = response_of(Outcome("id", returned=meta.Datum('{"a": 1}', "string")))
    assert (answer.status_code, answer.body) == (200, b'{"a": 1}')
