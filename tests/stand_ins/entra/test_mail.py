"""sendMail and the mailboxes."""

import base64
from typing import Any

import pytest

from local.identities import ADMINISTRATOR_USER_ID

from .support import Caller, Tenant, binding, refused

SENDER = "/users/admin@example.com/sendMail"


def message(*addresses: str, **properties: Any) -> dict[str, Any]:
    return {
        "message": {
            "subject": "Welcome",
            "body": {"contentType": "Text", "content": "Hello"},
            "toRecipients": [{"emailAddress": {"address": address}} for address in addresses or ("mia@example.com",)],
            **properties,
        }
    }


@pytest.fixture
def sender(tenant: Tenant) -> Caller:
    return tenant.with_roles("Mail.Send")


async def test_a_message_arrives_in_a_mailbox(tenant: Tenant, sender: Caller, hires: list[str]) -> None:
    address = tenant.state.users.objects[hires[0]]["mail"]
    response = await sender.post(SENDER, message(address.upper()))
    assert (response.status_code, response.content) == (202, b"")
    box = (await tenant.http.get(f"/_local/mailboxes/{hires[0]}")).json()
    assert [item["message"]["subject"] for item in box["received"]] == ["Welcome"]
    assert (box["received"][0]["from"], box["sent"]) == (ADMINISTRATOR_USER_ID, [])
    sent = (await tenant.http.get("/_local/mailboxes/admin@example.com")).json()
    assert (len(sent["sent"]), len(sent["sentItems"])) == (1, 1)
    assert (await tenant.http.delete("/_local/mailboxes/admin@example.com")).json()["sent"] == []


async def test_the_spelling_of_the_sdk_and_no_idempotency(tenant: Tenant, sender: Caller) -> None:
    body = {"Message": message()["message"], "SaveToSentItems": False}
    for _ in range(2):
        assert (await sender.post(SENDER, body)).status_code == 202
    box = (await tenant.http.get("/_local/mailboxes/admin@example.com")).json()
    assert (len(box["sent"]), box["sentItems"]) == (2, [])


async def raw(sender: Caller, content: bytes) -> Any:
    headers = {"authorization": f"Bearer {sender.token}", "content-type": "text/plain"}
    return await sender.http.post(f"/v1.0{SENDER}", content=content, headers=headers)


async def test_mime(tenant: Tenant, sender: Caller) -> None:
    content = b"Subject: Hi\r\nTo: Mia <mia@example.com>\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n"
    assert (await raw(sender, base64.b64encode(content))).status_code == 202
    assert tenant.state.mail[0]["message"]["body"]["contentType"] == "HTML"
    refused(
        await raw(sender, b"Subject: Hi"),
        400,
        "ErrorMimeContentInvalidBase64String",
        "Invalid base64 string for MIME content.",
    )


@pytest.mark.parametrize(
    ("fault", "status", "code", "text"),
    [
        ("notEnabled", 404, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox."),
        (
            "inactive",
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        ),
        (
            "blocked",
            403,
            "ErrorAccessDenied",
            "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
        ),
        ("denied", 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    ],
)
async def test_broken_mailboxes(tenant: Tenant, sender: Caller, fault: str, status: int, code: str, text: str) -> None:
    path = f"/_local/mailboxes/{ADMINISTRATOR_USER_ID}"
    assert (await tenant.http.patch(path, json={"fault": fault})).json()["fault"] == fault
    refused(await sender.post(SENDER, message()), status, code, text)
    await tenant.http.patch(path, json={"fault": None})
    assert (await sender.post(SENDER, message())).status_code == 202
    assert (await tenant.http.patch(path, json={"fault": "full"})).status_code == 400


async def test_the_permission(tenant: Tenant) -> None:
    text = "Access is denied. Check credentials and try again."
    refused(await tenant.with_roles("User.Read.All").post(SENDER, message()), 403, "ErrorAccessDenied", text)


async def test_nobody(tenant: Tenant, sender: Caller) -> None:
    text = "The requested user 'x@example.com' is invalid."
    refused(await sender.post("/users/x@example.com/sendMail", message()), 404, "ErrorInvalidUser", text)
    tenant.state.settings = tenant.state.settings.changed({"mailUnknownUserCode": "Request_ResourceNotFound"})
    refused(
        await sender.post("/users/x@example.com/sendMail", message()),
        404,
        "Request_ResourceNotFound",
        "Resource 'x@example.com' does not exist or one of its queried reference-property objects are not present.",
    )


async def test_an_access_policy_scopes_the_permission(tenant: Tenant, sender: Caller) -> None:
    group_id = await tenant.new_group()
    tenant.state.settings = tenant.state.settings.changed({"mailScopeGroup": group_id})
    response = await sender.post(SENDER, message())
    assert (response.status_code, "[RAOP]" in response.text) == (403, True)
    await tenant.admin.patch(f"/groups/{group_id}", binding(ADMINISTRATOR_USER_ID))
    assert (await sender.post(SENDER, message())).status_code == 202


async def test_a_new_hire_has_no_mailbox_yet(tenant: Tenant, sender: Caller) -> None:
    tenant.state.settings = tenant.state.settings.changed({"mailboxDelay": 3_600})
    created = await tenant.http.post("/_local/users", json=[{"displayName": "Nia New"}])
    path = f"/users/{created.json()['ids'][0]}/sendMail"
    assert (await sender.post(path, message())).json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    tenant.state.clock.advance(3_600)
    assert (await sender.post(path, message())).status_code == 202


async def test_bad_messages(tenant: Tenant, sender: Caller) -> None:
    foreign = message(**{"from": {"emailAddress": {"address": "ceo@example.com"}}})
    response = await sender.post(SENDER, foreign)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "ErrorSendAsDenied")
    crowd = message(*(f"p{number}@example.com" for number in range(501)))
    for body in (message(toRecipients=[]), crowd):
        response = await sender.post(SENDER, body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "ErrorInvalidRecipients")
    assert (await sender.post(SENDER, {"saveToSentItems": True})).json()["error"]["code"] == "ErrorInvalidParameter"
    large = message(body={"contentType": "Text", "content": "x" * (4 * 1024 * 1024)})
    assert (await sender.post(SENDER, large)).status_code == 413
    tenant.state.settings = tenant.state.settings.changed({"mailTooLargeStatus": 400})
    assert (await sender.post(SENDER, large)).status_code == 400
    assert tenant.state.mail == []
