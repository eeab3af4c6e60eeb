"""sendMail, and mailboxes that tests can read.

Sources: the page `user-sendmail` of the Graph documentation; the service's texts as public code has them. That a
Microsoft SDK writes `Message` and `SaveToSentItems` was measured with msgraph-sdk 1.65. The limits of 30 messages a
minute and 10,000 recipients a day are not modeled: how the service answers beyond them is not known.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import Any

import orjson

from local.entra.directory.user.routes import find_user
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.protocol.routing import Call, Caller, Reply, Route
from local.entra.state import TenantState

SEND_MAIL = "POST /users/{user}/sendMail"
READ_SETTINGS = "GET /users/{user}/mailboxSettings"
LARGEST_MESSAGE = 4 * 1024 * 1024
MOST_RECIPIENTS = 500
RECIPIENT_LISTS = ("toRecipients", "ccRecipients", "bccRecipients")

FAULTS: Mapping[str, tuple[int, str, str]] = {
    "notEnabled": (404, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox."),
    "inactive": (
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    ),
    "blocked": (
        403,
        "ErrorAccessDenied",
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
    ),
    "denied": (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
}
"""What may be wrong with a mailbox, by the name the control side gives it."""


def mailbox_fault(name: str) -> GraphError:
    status, code, message = FAULTS[name]
    return GraphError(status, code, message)


def in_exchange_scope(state: TenantState, caller: Caller, rule: str, keys: Mapping[str, str]) -> bool:
    """Whether Exchange's RBAC for Applications lets a call pass that the caller's token holds no permission for.

    It adds to what the token allows: a tenant-wide Mail.Send makes the scope void (exchange application-rbac page).
    """
    settings = state.settings
    if not settings.mail_rbac_client or caller.app_id != settings.mail_rbac_client:
        return False
    user = state.user(keys["user"]) if rule == SEND_MAIL else None
    return rule == READ_SETTINGS or (user is not None and user["id"] == settings.mail_rbac_mailbox)


def send_mail(call: Call) -> Reply:
    """202 and nothing: accepted is not delivered. The same call twice sends two messages."""
    state, key = call.state, call.keys["user"]
    if len(call.request.body) > LARGEST_MESSAGE:
        status = state.settings.mail_too_large_status
        raise GraphError(status, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    user = state.user(key)
    if user is None:
        raise nobody(state, key)
    check_mailbox(state, user)
    message, save = mime_message(call) if is_mime(call) else json_message(call)
    check_sender(message, user)
    check_recipients(message)
    check_headers(message)
    state.mail.append(
        {
            "id": state.ids(),
            "from": user["id"],
            "client": call.caller.app_id,
            "sentDateTime": state.clock.text(),
            "saveToSentItems": save,
            "message": message,
        }
    )
    return Reply(202)


def nobody(state: TenantState, key: str) -> GraphError:
    code = state.settings.mail_unknown_user_code
    if code == "ErrorInvalidUser":
        return GraphError(404, code, f"The requested user '{key}' is invalid.")
    text = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, code, text)


def check_mailbox(state: TenantState, user: Entity) -> None:
    """Refuse a mailbox that a test broke, that an access policy keeps from the app, or that is not there yet."""
    fault = state.mailbox_faults.get(user["id"])
    if fault is not None:
        raise mailbox_fault(fault)
    scope = state.settings.mail_scope_group
    if scope and scope not in state.groups_of(user["id"]):
        raise mailbox_fault("blocked")
    delay = state.settings.mailbox_delay
    if delay and user.get("createdDateTime"):
        created = datetime.fromisoformat(user["createdDateTime"])
        if state.clock.now() < created + timedelta(seconds=delay):
            raise mailbox_fault("notEnabled")


def is_mime(call: Call) -> bool:
    return call.request.headers.get("content-type", "").startswith("text/plain")


def mime_message(call: Call) -> tuple[dict[str, Any], bool]:
    """A message in MIME form, as base64."""
    try:
        raw = base64.b64decode(call.request.body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from error
    parsed = message_from_bytes(raw, policy=policy.default)
    body = parsed.get_body(("html", "plain"))
    message: dict[str, Any] = {
        "subject": str(parsed.get("subject", "")),
        "body": {
            "contentType": "HTML" if body is not None and body.get_content_subtype() == "html" else "Text",
            "content": body.get_content() if body is not None else "",
        },
    }
    for name, header in zip(RECIPIENT_LISTS, ("to", "cc", "bcc"), strict=True):
        addresses = getaddresses([str(value) for value in parsed.get_all(header, [])])
        message[name] = [{"emailAddress": {"address": address}} for _, address in addresses]
    return message, True


def json_message(call: Call) -> tuple[dict[str, Any], bool]:
    """The message and whether to save it; names of the action's parameters are read without case."""
    document = {name.lower(): value for name, value in call.document().items()}
    message, save = document.get("message"), document.get("savetosentitems", True)
    if not isinstance(message, dict) or not isinstance(save, bool):
        raise GraphError(400, "ErrorInvalidParameter", "The parameter 'message' of the action sendMail is not valid.")
    return {name: value for name, value in message.items() if name != "@odata.type"}, save


def check_sender(message: Mapping[str, Any], user: Entity) -> None:
    """Only the mailbox itself may be the sender (the text is the Exchange one, not seen for Graph)."""
    sender = address_of(message.get("from")) or address_of(message.get("sender"))
    own = {str(user.get(name) or "").lower() for name in ("mail", "userPrincipalName")}
    if sender and sender.lower() not in own:
        raise GraphError(
            403,
            "ErrorSendAsDenied",
            "The user account which was used to submit this request does not have the right to send mail on behalf of "
            "the specified sending account.",
        )


def recipients(message: Mapping[str, Any]) -> list[str]:
    return [address_of(item) or "" for name in RECIPIENT_LISTS for item in message.get(name) or ()]


def check_recipients(message: Mapping[str, Any]) -> None:
    found = recipients(message)
    if not found or len(found) > MOST_RECIPIENTS or not all("@" in address for address in found):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")


def check_headers(message: Mapping[str, Any]) -> None:
    """Only headers of one's own may be set (message resource type; the error's text is public code's)."""
    for header in message.get("internetMessageHeaders") or ():
        if not str(header.get("name", "")).lower().startswith("x-"):
            text = f"The internet message header name '{header.get('name')}' should start with 'x-' or 'X-'."
            raise GraphError(400, "InvalidInternetMessageHeader", text)


def address_of(item: Any) -> str | None:
    """The address of a recipient such as `{"emailAddress": {"address": …}}`."""
    address = (item.get("emailAddress") or {}).get("address") if isinstance(item, dict) else None
    return address if isinstance(address, str) else None


def mailbox(state: TenantState, user: Entity) -> dict[str, Any]:
    """What a person received and what was sent in their name, oldest first."""
    own = {str(user.get(name) or "").lower() for name in ("mail", "userPrincipalName")} - {""}
    return {
        "userId": user["id"],
        "fault": state.mailbox_faults.get(user["id"]),
        "received": [item for item in state.mail if own & {to.lower() for to in recipients(item["message"])}],
        "sent": [item for item in state.mail if item["from"] == user["id"]],
        "sentItems": [item["id"] for item in state.mail if item["from"] == user["id"] and item["saveToSentItems"]],
    }


def change_mailbox(state: TenantState, user: Entity, body: bytes) -> None:
    """Break or mend a mailbox: `{"fault": "notEnabled"}`, or null; or set what its owner sets: `{"timeZone": …}`.

    Raises:
        ValueError: no such fault; the text names those there are.
    """
    document = orjson.loads(body)
    if isinstance(document, dict) and document.keys() <= {"timeZone", "locale"} and document:
        state.mailbox_settings[user["id"]] = document
        return
    fault = document.get("fault") if isinstance(document, dict) else ""
    if fault is None:
        state.mailbox_faults.pop(user["id"], None)
    elif fault in FAULTS:
        state.mailbox_faults[user["id"]] = fault
    else:
        raise ValueError(f'A mailbox takes {{"fault": name}}, where the name is null or one of {", ".join(FAULTS)}.')


def get_mailbox_settings(call: Call) -> Reply:
    """What a person set; 404 where they have no mailbox."""
    user = find_user(call)
    if not user.get("mail"):
        raise mailbox_fault("notEnabled")
    check_mailbox(call.state, user)
    own = call.state.mailbox_settings.get(user["id"], {})
    context = f"{call.origin}/v1.0/$metadata#users('{user['id']}')/mailboxSettings"
    body = {
        "@odata.context": context,
        "timeZone": own.get("timeZone", ""),
        "language": {"locale": own.get("locale", "en-US"), "displayName": own.get("locale", "en-US")},
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": "user",
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": own.get("timeZone", "UTC")},
        },
    }
    return Reply(body=body)


ROUTES = (
    Route("POST", "/users/{user}/sendMail", send_mail),
    Route("GET", "/users/{user}/mailboxSettings", get_mailbox_settings),
)
