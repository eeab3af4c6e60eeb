"""The way to Graph: retries, waiting, paging, hosts, and what its errors become."""

from datetime import timedelta

import httpx
import orjson
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from kiota_abstractions.method import Method
from msgraph.generated.models.group import Group
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from provisioning.errors import Rejected, TransientError
from provisioning.graph.client import collect
from provisioning.graph.errors import GraphError, read_error
from provisioning.graph.odata import is_object_id, literal, query, same_ids
from provisioning.graph.requests import EVENTUAL, json_request
from provisioning.graph.retry import TRIES
from tests.support import ENDPOINT, NOW, Sleeps, StaticCredential, graph_error, graph_over

UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters


def users_request(graph: object) -> object:
    return graph.build.users.to_get_request_information(query(UsersQuery(select=["id"])))  # type: ignore[attr-defined]


async def fetch(responses: list[httpx.Response], *, sleeps: Sleeps, repeatable: bool = True) -> object:
    waiting = iter(responses)
    graph = graph_over(lambda _: next(waiting), sleeps=sleeps)
    try:
        return await graph.send(users_request(graph), repeatable=repeatable)  # type: ignore[arg-type]
    finally:
        await graph.close()


async def test_a_short_throttle_is_waited_out() -> None:
    sleeps = Sleeps()
    throttled = graph_error(429, "TooManyRequests", "Please retry again later.", headers={"Retry-After": "2.128"})
    assert await fetch([throttled, httpx.Response(200, json={"value": []})], sleeps=sleeps) == {"value": []}
    assert sleeps.asked == [2.128]  # decimal, as in Graph's own sample; the SDK cannot read it


async def test_retry_after_may_be_a_date() -> None:
    sleeps = Sleeps()
    date = (NOW + timedelta(seconds=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    responses = [httpx.Response(503, headers={"Retry-After": date}), httpx.Response(200, json={})]
    await fetch(responses, sleeps=sleeps)
    assert sleeps.asked == [3.0]


@pytest.mark.pitfall("J6")
async def test_a_long_throttle_goes_back_to_the_caller() -> None:
    """msgraph-sdk-python#54: five 429 with Retry-After 60 must not make a function sleep five minutes."""
    sleeps = Sleeps()
    with pytest.raises(TransientError) as caught:
        await fetch([graph_error(429, "TooManyRequests", "", headers={"Retry-After": "60"})], sleeps=sleeps)
    assert caught.value.after == 60
    assert sleeps.asked == []


async def test_an_outage_ends_in_retry_after_a_few_tries() -> None:
    sleeps = Sleeps()
    with pytest.raises(TransientError):
        await fetch([httpx.Response(503)] * TRIES, sleeps=sleeps)
    assert sleeps.asked == [0.5, 1.0]


async def test_a_post_that_must_not_be_repeated_is_sent_once() -> None:
    with pytest.raises(TransientError):
        await fetch([httpx.Response(504)], sleeps=Sleeps(), repeatable=False)


async def test_a_refusal_that_passes_by_itself_is_sent_again() -> None:
    """nais/azurerator#448: 409 although nothing is wrong with the request."""
    sleeps = Sleeps()
    busy = graph_error(409, "Directory_ConcurrencyViolation", "Error due to concurrent requests being made.")
    assert await fetch([busy, httpx.Response(200, json={"value": []})], sleeps=sleeps) == {"value": []}
    assert sleeps.asked == [0.5]


async def test_an_identity_without_a_token_is_said() -> None:
    class NoIdentity(StaticCredential):
        async def get_token(self, *scopes: str, **options: object) -> AccessToken:
            raise ClientAuthenticationError("no identity")

    graph = graph_over(lambda _: httpx.Response(200), credential=NoIdentity())
    with pytest.raises(TransientError, match="managed identity is assigned to this app"):
        await graph.send(users_request(graph))  # type: ignore[arg-type]
    await graph.close()


async def test_a_throttled_post_is_sent_again_since_it_had_no_effect() -> None:
    """Conditional Access takes one request a second and gives no Retry-After."""
    sleeps = Sleeps()
    responses = [
        graph_error(429, "TooManyRequests", "Please retry again later."),
        httpx.Response(201, json={"id": "p"}),
    ]
    assert await fetch(responses, sleeps=sleeps, repeatable=False) == {"id": "p"}
    assert sleeps.asked == [1.1]


async def test_what_is_throttled_again_and_again_waits_longer_each_time() -> None:
    """Conditional Access's second belongs to all of a tenant's applications: equal waits might always come too late."""
    sleeps = Sleeps()
    with pytest.raises(TransientError, match="429"):
        await fetch([graph_error(429, "TooManyRequests", "")] * 5, sleeps=sleeps)
    assert [round(seconds, 1) for seconds in sleeps.asked] == [1.1, 1.4, 1.7, 2.0]


async def test_a_dead_network_is_a_retry_not_a_traceback() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    graph = graph_over(refuse)
    with pytest.raises(TransientError, match="did not reach Microsoft Graph"):
        await graph.send(users_request(graph))  # type: ignore[arg-type]
    await graph.close()


async def test_an_error_keeps_code_message_and_request_id_but_no_query() -> None:
    graph = graph_over(
        lambda _: graph_error(
            403, "Authorization_RequestDenied", "Insufficient privileges.", headers={"request-id": "r-1"}
        )
    )
    with pytest.raises(GraphError) as caught:
        await graph.send(users_request(graph))  # type: ignore[arg-type]
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (
        403,
        "Authorization_RequestDenied",
        "r-1",
    )
    assert caught.value.request == "GET /users"
    await graph.close()


def test_both_conditional_access_envelopes_are_read() -> None:
    """The older one hides the numbered text in innerError.message."""
    older = {"code": "BadRequest", "message": "malformed", "innerError": {"message": "1054: Invalid group value: x"}}
    newer = {"code": "BadRequest", "message": "1034: Policy contains invalid applications: ServicePrincipalNotFound"}
    for error in (older, newer):
        assert read_error(400, orjson.dumps({"error": error})).not_replicated


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":"x"}', b'{"error":null}', b"\xff"])
def test_a_body_that_is_no_graph_error_still_makes_one(body: bytes) -> None:
    assert read_error(502, body).code == "UnreadableAnswer"


async def test_pages_go_on_after_an_empty_one() -> None:
    """msgraph-core's PageIterator stops at the first empty page."""
    pages = iter(
        [
            {"value": [], "@odata.nextLink": f"{ENDPOINT}/v1.0/users?$skiptoken=a"},
            {"value": [{"id": "1"}], "@odata.nextLink": f"{ENDPOINT}/v1.0/users?$skiptoken=b"},
            {"value": [{"id": "2"}]},
        ]
    )
    graph = graph_over(lambda _: httpx.Response(200, json=next(pages)))
    found = await collect(graph.pages(users_request(graph)))  # type: ignore[arg-type]
    assert [item["id"] for item in found] == ["1", "2"]
    await graph.close()


@pytest.mark.pitfall("J4")
async def test_the_consistency_level_is_sent_with_every_page() -> None:
    """msgraph-sdk-dotnet#884: a nextLink forgets the header."""
    seen: list[str | None] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("ConsistencyLevel"))
        link = {} if len(seen) == 3 else {"@odata.nextLink": f"{ENDPOINT}/v1.0/users?$skiptoken={len(seen)}"}
        return httpx.Response(200, json={"value": [], **link})

    graph = graph_over(handle)
    await collect(graph.pages(users_request(graph), headers=EVENTUAL))  # type: ignore[arg-type]
    assert seen == ["eventual"] * 3
    await graph.close()


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        f"{ENDPOINT}@evil.example/v1.0/users",
        f"{ENDPOINT}.evil.example/v1.0/users",
        f"{ENDPOINT}/beta/users",
    ],
)
async def test_a_link_to_another_host_is_never_followed(link: str) -> None:
    requests: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        return httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    graph = graph_over(handle)
    with pytest.raises(Rejected, match="not the configured host"):
        await collect(graph.pages(users_request(graph)))  # type: ignore[arg-type]
    assert len(requests) == 1
    await graph.close()


@pytest.mark.pitfall("J2")
async def test_members_are_bound_with_the_annotation_graph_knows() -> None:
    """msgraph-sdk-python#611: another key is silently ignored, and nobody is added."""
    bodies: list[bytes] = []

    def handle(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(204)

    graph = graph_over(handle)
    body = Group(additional_data={"members@odata.bind": ["x"]})
    await graph.send(graph.build.groups.by_group_id("g").to_patch_request_information(body))
    assert b'"members@odata.bind"' in bodies[0]
    await graph.close()


@pytest.mark.pitfall("C4")
def test_literals_are_quoted() -> None:
    """hashicorp/terraform-provider-azuread#639."""
    assert literal("O'Brien") == "'O''Brien'"
    assert literal("x' or '1' eq '1") == "'x'' or ''1'' eq ''1'"


@pytest.mark.pitfall("B4")
def test_ids_compare_in_any_order_and_case() -> None:
    """Microsoft365DSC#7118: drift on every run."""
    assert same_ids(["AAAA", "bbbb"], ["BBBB", "aaaa"])
    assert not same_ids(["AAAA"], ["AAAA", "bbbb"])
    assert same_ids(None, [])


@pytest.mark.parametrize("text", ["../users", "", "me", "0f5f6c9e3a1d4c8e9b526d2f1a7e4b10", None, 7])
def test_only_an_object_id_may_stand_in_a_path(text: object) -> None:
    assert not is_object_id(text)
    assert is_object_id("0F5F6C9E-3A1D-4C8E-9B52-6D2F1A7E4B10")


async def test_no_redirect_is_followed() -> None:
    """A 302 to another host was followed, and that host's body believed."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"Location": "http://evil.example/v1.0/groups"})

    graph = graph_over(answer)
    with pytest.raises(GraphError):
        await graph.send(graph.build.groups.to_get_request_information())
    assert asked == ["127.0.0.1"]


async def test_json_of_our_own_goes_to_the_address_of_a_builder() -> None:
    """As the SDK's own model would, without its import: a relation, a method, and a body that says what we mean."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(204)

    graph = graph_over(answer)
    builder = graph.build.groups.by_group_id("g").members.ref
    model = ReferenceCreate(odata_id="https://graph.example.com/directoryObjects/x")
    await graph.send(builder.to_post_request_information(model))
    await graph.send(json_request(Method.POST, builder, {"@odata.id": "https://graph.example.com/directoryObjects/x"}))
    theirs, ours = sent
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    assert orjson.loads(ours.content) == orjson.loads(theirs.content)
    assert {name: ours.headers[name] for name in ("accept", "content-type")} == {
        name: theirs.headers[name] for name in ("accept", "content-type")
    }
    await graph.close()
