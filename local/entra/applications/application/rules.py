"""The limits of an application's properties.

Sources: supported-accounts-validation of the Entra documentation and the application resource page.
"""

from typing import Any

from local.entra.protocol.errors import GraphError, invalid_value

PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
LONGEST_NAME_WITH_PERSONAL_ACCOUNTS = 90
MOST_RESOURCES, MOST_PERMISSIONS = 50, 400
MOST_ENTRIES = 1_200
LONGEST_URI = 255
MOST_OWNERS = 100
COUNTED = ("identifierUris", "appRoles", "tags", "keyCredentials", "passwordCredentials", "requiredResourceAccess")


def check_limits(document: dict[str, Any], *, audience: str) -> None:
    """Refuse what is too long or too many.

    Args:
        audience: the application's `signInAudience` after the write.

    Raises:
        GraphError: 400 naming the property.
    """
    if audience in PERSONAL_AUDIENCES and len(document.get("displayName") or "") > LONGEST_NAME_WITH_PERSONAL_ACCOUNTS:
        raise invalid_value("displayName", "Application")
    if any(len(uri) > LONGEST_URI for uri in document.get("identifierUris") or ()):
        raise invalid_value("identifierUris", "Application")
    logout = (document.get("web") or {}).get("logoutUrl")
    if logout and (len(logout) > LONGEST_URI or not logout.startswith("https://")):
        raise invalid_value("logoutUrl", "Application")
    wanted = document.get("requiredResourceAccess") or ()
    permissions = sum(len(item.get("resourceAccess") or ()) for item in wanted)
    if len(wanted) > MOST_RESOURCES or permissions > MOST_PERMISSIONS:
        raise invalid_value("requiredResourceAccess", "Application")
    entries = permissions + sum(len(document.get(name) or ()) for name in COUNTED)
    if entries > MOST_ENTRIES:
        # The service's own text is not known.
        raise GraphError(400, "Request_BadRequest", f"The application has more than {MOST_ENTRIES} entries.")


def too_many_owners(count: int) -> GraphError:
    """403 for the owner after the hundredth."""
    return GraphError(
        403,
        "Directory_QuotaExceeded",
        f"Unable to perform operation as '{count + 1}' would exceed the maximum quota count '{MOST_OWNERS}' for "
        "forward-link owners.",
    )
