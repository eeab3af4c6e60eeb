"""A person with a browser, without the browser: follows redirects, keeps cookies, fills in forms and submits them.

The demo and the tests walk the sign-in pages with it. It runs no script, so it also proves that none is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

MOST_FORMS = 8  # a sign-in takes at most four; more is a loop


@dataclass
class Form:
    """A form as a browser would send it if nothing was changed."""

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)


class PageParser(HTMLParser):
    """Collects a page's forms and the text of its main part."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.inside: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open forms, and take what their inputs hold."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=values.get("action", ""), method=values.get("method", "get").lower()))
        elif tag == "input" and self.forms and values.get("name"):
            kind = values.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in values:
                self.forms[-1].values[values["name"]] = values.get("value", "")
        elif tag in ("main", "script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave the main part, a script or a style."""
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep what a person would read."""
        if self.inside == ["main"] and data.strip():
            self.text.append(" ".join(data.split()))


@dataclass(frozen=True)
class Page:
    """What the person sees.

    Args:
        url: Where it is.
        status: HTTP status.
        html: The page as it came.
        text: What its main part says.
        forms: What could be submitted.
    """

    url: str
    status: int
    html: str
    text: str
    forms: tuple[Form, ...]


class Person:
    """A person with a user name, a credential and a method they would register.

    Args:
        user_name: The user principal name.
        temporary_access_pass: Signs in with this code instead of a password.
        registers: The method they choose when asked to register one.
        transport: For tests that call the sites without a network.
    """

    def __init__(
        self,
        user_name: str,
        *,
        temporary_access_pass: str | None = None,
        registers: str = "fido2",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.answers: dict[str, str] = {"login_hint": user_name, "credential": "password", "method": registers}
        if temporary_access_pass is not None:
            self.answers |= {"credential": "temporaryAccessPass", "code": temporary_access_pass}
        self.http = httpx.AsyncClient(follow_redirects=True, trust_env=False, timeout=30, transport=transport)

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def open(self, url: str) -> Page:
        """Open an address and go through every form on the way until a page without one is reached.

        Raises:
            RuntimeError: The forms do not end.
        """
        page = read(await self.http.get(url))
        for _ in range(MOST_FORMS):
            if page.status >= 400 or not page.forms:
                return page
            page = await self.submit(page)
        raise RuntimeError(f"The sign-in did not end after {MOST_FORMS} forms; the last page was {page.url}.")

    async def submit(self, page: Page, changes: Mapping[str, str] | None = None) -> Page:
        """Fill in the page's first form with this person's answers and submit it."""
        form = page.forms[0]
        known = {name: value for name, value in self.answers.items() if name in form.values}
        return read(
            await self.http.post(urljoin(page.url, form.action), data={**form.values, **known, **(changes or {})})
        )

    async def get_json(self, url: str) -> Any:
        """What an address answers a script with."""
        answer = await self.http.get(url, headers={"Accept": "application/json"})
        answer.raise_for_status()
        return answer.json()


def read(answer: httpx.Response) -> Page:
    """Parse an answer."""
    parser = PageParser()
    parser.feed(answer.text)
    parser.close()
    return Page(str(answer.url), answer.status_code, answer.text, " ".join(parser.text), tuple(parser.forms))
