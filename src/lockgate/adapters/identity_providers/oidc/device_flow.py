"""Logging in with a code typed elsewhere, where there is no browser (RFC 8628)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lockgate.adapters.identity_providers.oidc.grants import (
    Client,
    RefusedByProvider,
    TokenSet,
    refusal,
)
from lockgate.adapters.identity_providers.oidc.json_answer import (
    read_object,
    seconds_of,
    secret_of,
    text_of,
)
from lockgate.adapters.identity_providers.tokens.discovery import allowed
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.errors import AuthenticationFailed, ConfigurationError
from lockgate.limits import DEFAULT_LIMITS, Limits

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5
_LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class DevicePrompt:
    """What the person is shown: the page to open anywhere, the code to type there, for how long."""

    page: str
    code: str
    seconds: int


def log_in_by_device(
    client: Client,
    show: Callable[[DevicePrompt], None],
    sleep: Callable[[float], None] = time.sleep,
    ticks: Callable[[], float] = time.monotonic,
    limits: Limits = DEFAULT_LIMITS,
) -> TokenSet:
    """Show a code, then ask until somebody typed it.

    Raises AuthenticationFailed if it was refused or its time is up, RemoteFailed, and
    ConfigurationError if the provider has no such way.
    """
    address = client.metadata.device_endpoint
    if not address:
        raise ConfigurationError(
            f"the provider {client.spec.name} offers no log-in by a code",
            hint=f"lockgate login {client.spec.name}, without --device",
        )
    service = client.http.service
    scope = " ".join(client.spec.scopes)
    answer = client.ask(address, {"scope": scope, **client.resource})
    found = read_object(answer.body, service)
    if answer.status != 200:
        raise refusal(client, client.code_of(found))
    code = secret_of(found, "device_code", service)
    seconds = seconds_of(found, "expires_in", service, limits.login_seconds)
    pause = max(1, seconds_of(found, "interval", service, _SLOWER))
    prompt = DevicePrompt(
        text_of(found, "verification_uri", service, needed=True),
        text_of(found, "user_code", service, needed=True),
        min(seconds, limits.login_seconds),
    )
    shown_safely = allowed(prompt.page, client.metadata.issuer)
    if code is None or len(prompt.code) > _LONGEST_CODE or not shown_safely:
        raise RemoteFailed(service, FaultKind.STRANGE)
    until = ticks() + prompt.seconds
    show(prompt)
    while ticks() + pause < until:
        sleep(pause)
        try:
            return client.tokens(GRANT, {"device_code": code, **client.resource})
        except RefusedByProvider as refused:
            said = refused.code
        if said == "slow_down":
            pause += _SLOWER
        elif said != "authorization_pending":
            raise refusal(client, said)
    raise AuthenticationFailed(
        "nobody typed the code in time", hint="log in again; the code is shown for a while only"
    )
