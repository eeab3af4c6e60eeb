"""One request against the secrets of its source."""

from collections.abc import Sequence
from datetime import datetime

from provisioning.errors import ProductError
from provisioning.http import Request
from provisioning.webhooks.sources.base import AuthenticationFailed, Source


def verify_any(source: Source, request: Request, secrets: Sequence[str], *, now: datetime) -> None:
    """Verify with each secret that is valid now: during a rotation there are two.

    Raises:
        Misconfigured: A secret cannot be one.
        Unverified: None of them fits, or the proof is such that checking it fails: a stranger's header must not become
            a 500 that the sender answers by coming back for days.
    """
    for number, secret in enumerate(secrets, 1):
        try:
            source.verify(request, secret, now)
            return
        except ProductError:
            raise
        except Exception as error:
            if number == len(secrets):
                raise AuthenticationFailed(
                    str(error) if isinstance(error, AuthenticationFailed) else type(error).__name__
                ) from error
    raise AuthenticationFailed("no secret")
