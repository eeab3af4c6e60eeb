"""/policies: security defaults."""

from local.tenant.routing import Call, Reply, Route

SECURITY_DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"
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


ROUTES = (Route("GET", SECURITY_DEFAULTS, get_security_defaults),)
