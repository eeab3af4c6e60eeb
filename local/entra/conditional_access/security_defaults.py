"""/policies: security defaults."""

from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.errors import invalid_value
from local.entra.protocol.routing import Call, Reply, Route

SECURITY_DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"
SECURITY_DEFAULTS_BODY = BodyRules(
    type_name="identitySecurityDefaultsEnforcementPolicy",
    resource="IdentitySecurityDefaultsEnforcementPolicy",
    writable=frozenset({"isEnabled"}),
)
SECURITY_DEFAULTS_ID = "00000000-0000-0000-0000-000000000005"


def get_security_defaults(call: Call) -> Reply:
    return Reply(
        body={
            "@odata.context": f"{call.origin}/v1.0/$metadata#{SECURITY_DEFAULTS[1:]}/$entity",
            "id": SECURITY_DEFAULTS_ID,
            "displayName": "Security Defaults",
            "description": "Identity security mechanisms recommended by Microsoft, switched on for everybody.",
            "isEnabled": call.state.settings.security_defaults,
        }
    )


def update_security_defaults(call: Call) -> Reply:
    """204. The same as the setting `securityDefaults`."""
    enabled = SECURITY_DEFAULTS_BODY.checked(call.document()).get("isEnabled")
    if not isinstance(enabled, bool):
        raise invalid_value("isEnabled", "IdentitySecurityDefaultsEnforcementPolicy")
    call.state.settings = call.state.settings.changed({"securityDefaults": enabled})
    return Reply(204)


ROUTES = (
    Route("GET", SECURITY_DEFAULTS, get_security_defaults),
    Route("PATCH", SECURITY_DEFAULTS, update_security_defaults),
)
