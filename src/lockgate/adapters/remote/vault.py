"""Sessions with Vault and OpenBao through hvac: token, AppRole or Kubernetes, renewed in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.answers import bound_answers
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed, kind_of_status
from lockgate.adapters.remote.missing import missing_library
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.errors import EnvironmentFailed
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

VaultClient: TypeAlias = Any
"""``hvac.Client``, whose package has no types."""

Credential = Callable[[], SecretText]
"""Reads a credential now: it is asked for at every login, so that a new one is taken up."""

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_TOKEN_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class VaultToken:
    """Log in with a token."""

    token: Credential


@dataclass(frozen=True, slots=True)
class VaultAppRole:
    """Log in as a machine with a role."""

    role_id: str
    secret_id: Credential
    mount: str = "approle"


@dataclass(frozen=True, slots=True)
class VaultKubernetes:
    """Log in as the pod's service account, whose token stands in a file that is replaced."""

    role: str
    token_file: Path = SERVICE_ACCOUNT_TOKEN
    mount: str = "kubernetes"


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where the server is and how to log in; nothing of it comes from the environment."""

    address: str
    auth: VaultToken | VaultAppRole | VaultKubernetes
    namespace: str = ""
    ca_file: Path | None = None


def vault_session(
    settings: VaultSettings, retries: Retries | None = None
) -> RemoteSession[VaultClient]:
    """A session whose client is an ``hvac.Client`` that is logged in.

    TLS is verified, redirects are refused, every wait is bounded. Raises ConfigurationError for
    an address where no secret may go; it connects at the first call.
    """
    check_address(settings.address)
    return RemoteSession("the Vault server", lambda: _connect(settings), vault_fault, retries)


def vault_fault(error: Exception) -> FaultKind:
    """Which kind of fault an exception of hvac, or of requests below it, is."""
    import requests
    from hvac import exceptions

    statuses = (
        (exceptions.InvalidRequest, 400),
        (exceptions.Unauthorized, 401),
        (exceptions.Forbidden, 403),
        (exceptions.InvalidPath, 404),
        (exceptions.RateLimitExceeded, 429),
        (exceptions.InternalServerError, 500),
        (exceptions.BadGateway, 502),
        (exceptions.VaultDown, 503),
    )
    for kind, status in statuses:
        if isinstance(error, kind):
            return kind_of_status(status)
    if isinstance(error, exceptions.VaultNotInitialized):
        return FaultKind.BUSY
    if isinstance(error, requests.TooManyRedirects):
        return FaultKind.STRANGE
    if isinstance(error, requests.RequestException | OSError):
        return FaultKind.UNREACHABLE
    return FaultKind.STRANGE


def _connect(settings: VaultSettings) -> Connection[VaultClient]:
    try:
        import hvac
        import requests
    except ImportError:
        raise missing_library("hvac", "vault") from None
    http = bound_answers(requests.Session())
    http.trust_env = False  # no proxy, no .netrc, no other bundle of certificates
    http.verify = str(settings.ca_file) if settings.ca_file else True
    client = hvac.Client(
        url=settings.address.rstrip("/"),
        token="",  # and none from VAULT_TOKEN or ~/.vault-token
        cert=(),  # and none from VAULT_CLIENT_CERT
        timeout=(DEFAULT_LIMITS.remote_connect_seconds, DEFAULT_LIMITS.remote_read_seconds),
        session=http,
        namespace=settings.namespace or None,
        allow_redirects=False,
    )
    until, renewable = _log_in(client, settings.auth)
    return Connection(client, until, (lambda: _renew(client)) if renewable else None)


def _log_in(
    client: VaultClient, auth: VaultToken | VaultAppRole | VaultKubernetes
) -> tuple[float, bool]:
    """Until when the client's token should be used, and whether it can be renewed."""
    if isinstance(auth, VaultToken):
        client.token = auth.token().reveal()
        return _looked_up(client)
    if isinstance(auth, VaultAppRole):
        answer = client.auth.approle.login(
            role_id=auth.role_id, secret_id=auth.secret_id().reveal(), mount_point=auth.mount
        )
    else:
        answer = client.auth.kubernetes.login(
            role=auth.role, jwt=_read(auth.token_file), mount_point=auth.mount
        )
    granted = answer["auth"]
    return _half_of(granted["lease_duration"]), bool(granted["renewable"])


def _looked_up(client: VaultClient) -> tuple[float, bool]:
    from hvac import exceptions

    try:
        token = client.auth.token.lookup_self()["data"]
    except exceptions.Forbidden:  # expired, or not allowed to look: the first call will tell
        return math.inf, False
    return _half_of(token["ttl"]), bool(token.get("renewable"))


def _renew(client: VaultClient) -> float:
    return _half_of(client.auth.token.renew_self()["auth"]["lease_duration"])


def _half_of(seconds: Any) -> float:
    """Half of a token's time from now; one of 0 seconds has no end."""
    if not isinstance(seconds, int) or seconds < 0:
        raise RemoteFailed("the Vault server", FaultKind.STRANGE)
    return time.monotonic() + seconds / 2 if seconds else math.inf


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        raise EnvironmentFailed(
            "the token of the Kubernetes service account cannot be read",
            hint="run in a pod with a service account, or log in another way",
        ) from None
