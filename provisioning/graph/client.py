"""Requests built with msgraph-sdk, answers taken as bytes.

The SDK's typed answers cost 3 ms a user and a second for the first one; its builders, authentication, telemetry and
continuous access evaluation cost next to nothing. So: its addresses, our JSON, raw answers. Its retry handler
is switched off, because it sleeps up to three minutes, repeats every POST and cannot read a decimal Retry-After.
"""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson
from azure.core.exceptions import AzureError
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http.middleware.options import RedirectHandlerOption, ResponseHandlerOption, RetryHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from provisioning.clock import Clock, Sleep
from provisioning.errors import AnswerLost, Rejected, TransientError
from provisioning.graph.errors import GraphError, name_request, read_error
from provisioning.graph.requests import add_headers
from provisioning.graph.retry import (
    LONGEST_SLEEP,
    RETRIED_STATUSES,
    THROTTLED,
    TRIES,
    backoff,
    tries_for,
    wait_before_retry,
)
from provisioning.graph.tokens import IDENTITY_REMEDY, claims_of, token_for
from provisioning.log import EventLog

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

log = EventLog(__name__)

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # nothing of the request left this process


class Graph:
    """One identity's way to one tenant's Graph. Belongs to the event loop it was made in; close it there.

    Args:
        credential: An azure-identity credential.
        endpoint: The root, such as https://graph.microsoft.com, without version.
        scope: What to ask a token for.
        sleep: Injected asyncio.sleep.
        now: Injected clock, for a Retry-After that is a date.
        transport: For tests: where requests go instead of the network.
    """

    def __init__(
        self,
        credential: "AsyncTokenCredential",
        *,
        endpoint: str,
        scope: str,
        sleep: Sleep,
        now: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.root = f"{endpoint}/v1.0"
        self.scope = scope
        self.credential = credential
        self.sleep = sleep
        self.now = now
        self.transport = transport or httpx.AsyncHTTPTransport(http2=True)
        self.http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(timeout=TIMEOUT, transport=self.transport),
            options={
                **options,
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
                # Graph redirects nowhere: what answers so is another host, whose words must not be believed.
                RedirectHandlerOption.get_key(): RedirectHandlerOption(max_redirect=0, should_redirect=False),
            },
        )
        # Without allowed hosts the SDK would send the token to any host that a link names.
        provider = AzureIdentityAuthenticationProvider(
            credential, scopes=[scope], allowed_hosts=[str(urlsplit(endpoint).hostname)]
        )
        self.adapter = GraphRequestAdapter(provider, self.http)
        self.adapter.base_url = self.root
        self.build = GraphServiceClient(request_adapter=self.adapter)

    async def close(self) -> None:
        """Close connections and the credential.

        The transport by itself: msgraph-core wraps it in one that does not pass the closing on (1.5.2).
        """
        await self.http.aclose()
        await self.transport.aclose()
        await self.credential.close()

    async def claims(self) -> dict[str, Any]:
        """Return the claims of the token in use: `roles` of an app, `oid`, `appid`, `idtyp`.

        Read without checking the signature, which is Graph's to check; it decides nothing but what is reported.

        Raises:
            TransientError: There is no token.
        """
        return claims_of(await token_for(self.credential, self.scope))

    async def renew_token(self) -> None:
        """Get a token past the credential's own cache; the platform's may still hand out an old one.

        Raises:
            TransientError: There is no token.
        """
        await token_for(self.credential, self.scope, claims="{}")  # azure-identity looks into no cache then

    async def send(self, info: RequestInformation, *, repeatable: bool = True) -> Any:
        """Send a request and return its parsed JSON, or None for an answer without a body.

        Args:
            info: Built with `self.build...to_..._request_information`.
            repeatable: False for a POST whose repetition does harm; then a lost answer is not tried again.

        Raises:
            GraphError: Graph refused it.
            AnswerLost: It is not repeatable, and may have taken effect.
            TransientError: Graph or the network is unwell, or asks for a longer wait than a function may sleep.
        """
        self.fill_in(info)
        request = name_request(info.http_method.value if info.http_method else "?", info.url)
        info.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        attempt = 0
        while True:
            attempt += 1
            delay, harmless, most = backoff(attempt), repeatable, TRIES
            failure: type[TransientError] = TransientError
            try:
                response = await self.exchange(info)
                if response.status_code not in RETRIED_STATUSES:
                    return self.read(response, request)
                reason = f"Microsoft Graph answered {response.status_code} to {request}."
                most = tries_for(response.status_code)
                delay = wait_before_retry(response.status_code, response.headers, attempt=attempt, now=self.now())
                harmless = repeatable or response.status_code == THROTTLED  # which had no effect, even of a POST
                failure = TransientError if harmless else AnswerLost
            except httpx.HTTPError as error:
                reason = f"{request} did not reach Microsoft Graph ({type(error).__name__})."
                harmless = repeatable or isinstance(error, NEVER_SENT)
                failure = TransientError if harmless else AnswerLost
            except AzureError as error:
                reason = f"No token was issued for {request} ({type(error).__name__}). {IDENTITY_REMEDY}"
                harmless = True
            except GraphError as error:
                if not error.transient:
                    raise
                reason = str(error)
            if attempt >= most or not harmless or delay > LONGEST_SLEEP:
                raise failure(reason, after=delay if delay > LONGEST_SLEEP else None)
            log.info("graph_retry", request=request, attempt=attempt, delay=round(delay, 1))
            await self.sleep(delay)

    def fill_in(self, info: RequestInformation) -> None:
        """Fill in the template of a request's address once; the SDK does so at every look at it, a millisecond each.

        The parameters are let go, not cleared: a builder that is used again shares them.
        """
        self.adapter.set_base_url_for_request_information(info)
        address = info.url
        info.path_parameters, info.query_parameters = {}, {}
        info.url = address

    async def send_or_none(self, info: RequestInformation) -> Any:
        """Send a GET and return its answer; None for a 404. Raises what `send` does for anything else."""
        try:
            return await self.send(info)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    async def exchange(self, info: RequestInformation) -> httpx.Response:
        """Send one request and return its answer, whatever the status."""
        response = await self.adapter.send_primitive_async(info, "bytes", {})
        if not isinstance(response, httpx.Response):
            raise TypeError("The native response handler must hand over the response itself.")
        return response

    def read(self, response: httpx.Response, request: str) -> Any:
        """Return the parsed body of a good answer, or the error of a bad one."""
        if response.is_success:
            return orjson.loads(response.content) if response.content else None
        raise read_error(response.status_code, response.content, headers=response.headers, request=request)

    async def pages(
        self, info: RequestInformation, *, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the items of a collection, page by page, an empty page included (the SDK's PageIterator stops there).

        Args:
            info: The first request.
            headers: Sent with every page: a nextLink forgets them (msgraph-sdk-dotnet#884).

        Raises:
            Rejected: A link leads to another host, so that following it would hand over the token.
        """
        add_headers(info, headers)
        while True:
            page = await self.send(info)
            yield page["value"]
            link = page.get("@odata.nextLink")
            if link is None:
                return
            info = self.follow(link, headers=headers)

    def follow(self, link: str, *, headers: Mapping[str, str] | None = None) -> RequestInformation:
        """Make a request for a link that Graph gave, unchanged.

        Raises:
            Rejected: The link is not under our own Graph root.
        """
        if not link.startswith(f"{self.root}/"):
            raise Rejected(
                f"Microsoft Graph returned a link to {urlsplit(link).netloc}, which is not the configured host.",
                remedy="Check GRAPH_ENDPOINT and any proxy between this app and Microsoft Graph.",
            )
        info = RequestInformation(Method.GET)
        info.url = link
        info.headers.try_add("Accept", "application/json")
        add_headers(info, headers)
        return info


async def collect(pages: AsyncIterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return all items of all pages; only for collections that are known to be short."""
    return [item async for page in pages for item in page]
