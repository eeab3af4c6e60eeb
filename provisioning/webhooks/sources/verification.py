"""One request against the secrets of its source."""

from collections.abc import Sequence
from datetime import datetime

from provisioning.errors import ProductError
from provisioning.http import Request
from provisioning.webhooks.sources.base import AuthenticationFailed, AuthFault, Source, UnreadableDelivery


def verify_any(source: Source, request: Request, secrets: Sequence[str], *, now: datetime) -> None:
    """Verify with each secret that is valid now: during a rotation there are two.

    Raises:
        ConfigurationError: No secret can be one.
        AuthenticationFailed: None of them fits, or the proof is such that checking it fails: a stranger's header must
            not become a 500 that the sender answers by coming back for days.
    """
    failure: Exception = AuthenticationFailed(AuthFault.SECRET, "there is none")
    for secret in secrets:
        try:
            source.verify(request, secret, now)
            return
        except (AuthenticationFailed, ProductError) as error:
            failure = error if not isinstance(failure, ProductError) else failure
        except UnreadableDelivery:
            failure = AuthenticationFailed(AuthFault.SIGNATURE, "the body that should hold it cannot be read")
        except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
            failure = AuthenticationFailed(AuthFault.SIGNATURE, "it cannot be checked")
    raise failure
